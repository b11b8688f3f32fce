// What a person does in Thunderbird's address book, as functions on globalThis.addressBook.
// Runs inside Thunderbird with chrome rights; thunderbird_driver.py loads it and calls it.

const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { CardDAVUtils } = ChromeUtils.importESModule("resource:///modules/CardDAVUtils.sys.mjs");
const { CardDAVDirectory } = ChromeUtils.importESModule("resource:///modules/CardDAVDirectory.sys.mjs");
const { AddrBookCard } = ChromeUtils.importESModule("resource:///modules/AddrBookCard.sys.mjs");
const { VCardPropertyEntry } = ChromeUtils.importESModule("resource:///modules/VCardUtils.sys.mjs");
const { until, notices } = globalThis.watch;

// Kept on the window: an observer that nothing refers to may be collected.
const observer = {
  observe(subject, topic) {
    switch (topic) {
      case "addrbook-directory-synced":
        notices.synced++;
        break;
      case "addrbook-directory-sync-failed":
        notices.failed++;
        break;
      case "addrbook-contact-updated":
        notices.updated++;
        break;
      case "addrbook-contact-created":
      case "addrbook-contacts-created":
        notices.created++;
        break;
      case "addrbook-contact-deleted":
        notices.deleted++;
        break;
    }
  },
};

for (const topic of [
  "addrbook-directory-synced",
  "addrbook-directory-sync-failed",
  "addrbook-contact-updated",
  "addrbook-contact-created",
  "addrbook-contacts-created",
  "addrbook-contact-deleted",
]) {
  Services.obs.addObserver(observer, topic);
}

function directory(uid) {
  const book = MailServices.ab.getDirectoryFromUID(uid);
  const found = book && CardDAVDirectory.forFile(book.fileName);
  if (!found) {
    throw new Error(`no CardDAV address book ${uid}`);
  }
  return found;
}

function describe(card) {
  return {
    uid: card.UID,
    href: card.getProperty("_href", ""),
    etag: card.getProperty("_etag", ""),
    name: card.displayName,
    mail: card.primaryEmail,
    vcard: card.getProperty("_vCard", ""),
  };
}

globalThis.addressBook = {
  ...globalThis.watch.words,
  observer,

  // Address books that an account finds from `location`; nothing is added.
  async detect(location, username, secret) {
    const found = await CardDAVUtils.detectAddressBooks(username, secret, location, false, false);
    return found.map(book => ({ url: book.url.href, name: book.name }));
  },

  // Adds an account through the dialog "New CardDAV address book": name and location typed in, the
  // password typed into the sign-in dialog, every found book ticked. Returns the books added.
  async addAccount(location, username, secret) {
    const known = new Set(MailServices.ab.directories.map(book => book.UID));
    globalThis.watch.expectSignIn(secret);
    const main = Services.wm.getMostRecentWindow("mail:3pane");
    const result = {};
    const dialog = main.openDialog(
      "chrome://messenger/content/addressbook/abCardDAVDialog.xhtml",
      "_blank",
      "chrome,resizable,centerscreen",
      result
    );
    await until("the dialog", () => dialog.document.readyState == "complete" && dialog.uiElements?.username);
    const byId = id => dialog.document.getElementById(id);
    for (const [field, text] of [["carddav-username", username], ["carddav-location", location]]) {
      byId(field).value = text;
      byId(field).dispatchEvent(new dialog.Event("input", { bubbles: true }));
    }
    const accept = () => byId("carddav-dialog").getButton("accept").click();
    accept();
    const area = byId("carddav-statusArea");
    try {
      await until(
        "discovery",
        () => !byId("carddav-resultsArea").hidden || area.getAttribute("status") == "error",
        60
      );
      if (area.getAttribute("status") == "error") {
        const message = byId("carddav-statusMessage");
        throw new Error(`the dialog says: ${message.textContent} (${message.getAttribute("data-l10n-id")})`);
      }
    } catch (error) {
      dialog.close();
      throw error;
    }
    const offered = [...byId("carddav-availableBooks").children].length;
    accept();
    const added = await until("the address books", () => {
      const fresh = MailServices.ab.directories.filter(book => !known.has(book.UID));
      return fresh.length == offered && result.newDirectoryUID ? fresh : null;
    });
    return added.map(book => ({
      uid: book.UID,
      name: book.dirName,
      url: book.getStringValue("carddav.url", ""),
      readOnly: book.readOnly,
    }));
  },

  // CardDAV address books known to this profile.
  async books() {
    return MailServices.ab.directories
      .filter(book => book.dirType == Ci.nsIAbManager.CARDDAV_DIRECTORY_TYPE)
      .map(book => ({ uid: book.UID, name: book.dirName, url: book.getStringValue("carddav.url", "") }));
  },

  // Deletes an address book from this profile, not from the server.
  async forget(book) {
    const target = MailServices.ab.getDirectoryFromUID(book);
    MailServices.ab.deleteAddressBook(target.URI);
    await until("the address book to go", () => !MailServices.ab.getDirectoryFromUID(book));
  },

  // Waits until the first download, started by adding the account, has ended.
  async firstSync(book, seconds) {
    await until("the first sync", () => directory(book)._syncToken && !directory(book)._syncInProgress, seconds);
  },

  // Synchronize, as the menu entry does. Throws where Thunderbird gives up.
  async sync(book) {
    const target = directory(book);
    await until("a running sync to end", () => !target._syncInProgress);
    const before = notices.synced;
    await target.syncWithServer();
    if (notices.synced == before) {
      throw new Error("Thunderbird did not report a finished sync");
    }
  },

  async cards(book) {
    return directory(book).childCards.map(describe);
  },

  async card(book, uid) {
    const target = directory(book);
    return target.cards.has(uid) ? describe(target.getCard(uid)) : null;
  },

  // The photo as the address book shows it: a data: URI, or "".
  async photo(book, uid) {
    return directory(book).getCard(uid).photoURL;
  },

  // Adds cards, each a vCard without UID, as the form "New contact" does; returns their UIDs and what is sent.
  async add(book, vcards) {
    const target = directory(book);
    return vcards.map(vcard => {
      const card = new AddrBookCard();
      card.setProperty("_vCard", vcard);
      return { uid: card.UID, sent: target.addCard(card).getProperty("_vCard", "") };
    });
  },

  // Changes lines of a card as the edit form does. `changes`: [property, value, parameters?]; a property
  // the card has gets the value in its first line, another one is added. Returns the vCard to be sent.
  async edit(book, uid, changes) {
    const target = directory(book);
    const card = target.getCard(uid);
    const lines = card.vCardProperties;
    for (const [name, value, parameters, type] of changes) {
      const line = lines.getFirstEntry(name);
      if (line) {
        line.value = value;
      } else {
        lines.addEntry(new VCardPropertyEntry(name, parameters ?? {}, type ?? "text", value));
      }
    }
    card.setProperty("_vCard", lines.toVCard());
    target.modifyCard(card);
    return target.getCard(uid).getProperty("_vCard", "");
  },

  async remove(book, uids) {
    const target = directory(book);
    target.deleteCards(uids.map(uid => target.getCard(uid)));
  },

  // Waits until the server has acknowledged these cards and Thunderbird took over what it stored.
  // `old`: the ETags before the change, by UID.
  async settled(book, uids, old, seconds) {
    await until(
      `the server to take ${uids.length} cards`,
      () => uids.every(uid => {
        const etag = directory(book).getCard(uid)?.getProperty("_etag", "");
        return etag && etag != old[uid];
      }),
      seconds
    );
  },

  // Waits until that many changes and deletions could not be sent.
  async waits(book, changed, deleted, seconds) {
    const target = directory(book);
    await until(
      "the changes to be put by",
      () => target._uidsToSync.size == changed && target._hrefsToRemove.size == deleted,
      seconds
    );
  },

  // Changes and deletions that Thunderbird has not been able to send yet.
  async waiting(book) {
    const target = directory(book);
    return { changed: [...target._uidsToSync], deleted: [...target._hrefsToRemove] };
  },

  async token(book) {
    return directory(book)._syncToken;
  },

  async setToken(book, token) {
    directory(book)._syncToken = token;
  },
};
