"""What GNOME's address books do: a session of evolution-data-server that opens them.

Runs inside the session; `evolution_client.py` starts it and hands it what it is asked.
"""

import gi

gi.require_version("EDataServer", "1.2")
gi.require_version("EBook", "1.2")
gi.require_version("EBookContacts", "1.2")
from gi.repository import EBook, EBookContacts, EDataServer  # noqa: E402

from evolution_account import Account  # noqa: E402

CONFLICTS = {
    "keep-local": EBookContacts.BookOperationFlags.CONFLICT_KEEP_LOCAL,
    "keep-server": EBookContacts.BookOperationFlags.CONFLICT_KEEP_SERVER,
    "fail": EBookContacts.BookOperationFlags.CONFLICT_FAIL,
}


class Session(Account):
    """One desktop session with the address books of its account."""

    def discover(self, url, user, password):
        """What "Find address books" of the account dialog finds behind an address."""
        found = self.found(url, user, password, EDataServer.WebDAVDiscoverSupports.CONTACTS)
        return [
            {"href": b.href, "name": b.display_name, "description": b.description}
            for b in found.out_discovered_sources
        ]

    def add_account(self, account, url, user, password):
        """Adds an account by its server's address alone; the session looks for its books."""
        self.add(account, url, user, password, contacts=True)

    def account_books(self, account):
        """Source id, name and path of the books an account has."""
        return [
            {"book": one["source"], "name": one["name"], "path": one["path"]}
            for one in self.collections(account, EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK)
        ]

    def open(self, book):
        """Opens an added book; answers whether it can be written to."""
        client = EBook.BookClient.connect_sync(self.source(book), 0, None)
        self.opened[book] = client
        return {"writable": not client.is_readonly(), "online": client.is_online()}

    def refresh(self, book):
        """Asks the back end to look at the server; returns before it has."""
        self.opened[book].refresh_sync(None)

    def contacts(self, book):
        """UID to vCard text of everything in the book."""
        every = EBookContacts.BookQuery.any_field_contains("").to_string()
        _, found = self.opened[book].get_contacts_sync(every, None)
        version = EBookContacts.VCardFormat(1)
        return {c.get_property("id"): c.to_string(version) for c in found}

    def create(self, book, vcard):
        """Adds a card; answers its UID."""
        contact = EBookContacts.Contact.new_from_vcard(vcard)
        _, uid = self.opened[book].add_contact_sync(contact, 0, None)
        return uid

    def modify(self, book, uid, fields, conflict="keep-local"):
        """Sets named fields of the contact (EContact's names) as an editor does.

        `conflict` says what becomes of a card that meanwhile changed on the server.
        """
        _, contact = self.opened[book].get_contact_sync(uid, None)
        for name, value in fields.items():
            contact.set_property(name, value)
        self.opened[book].modify_contact_sync(contact, CONFLICTS[conflict], None)

    def remove(self, book, uid, conflict="keep-local"):
        """Deletes a card."""
        self.opened[book].remove_contact_by_uid_sync(uid, CONFLICTS[conflict], None)

    def make_book(self, account, url, name, description):
        """Creates an address book as the collection browser of Evolution does."""
        self.browser(account).mkcol_addressbook_sync(url, name, description, None)

    def rename_book(self, account, url, name):
        """Renames an address book as the collection browser of Evolution does."""
        change = EDataServer.WebDAVPropertyChange.new_set("DAV:", "displayname", name)
        self.browser(account).update_properties_sync(url, [change], None)

    def delete_book(self, account, url):
        """Deletes an address book as the collection browser of Evolution does."""
        self.browser(account).delete_sync(url, "infinity", None, None)

    def status(self, book):
        """Whether the book is reachable, writable, and what asked for credentials."""
        return self.state(book)

    def enter_password(self, account, book, password):
        """What a person does when asked: enters the password, which is saved and tried."""
        self.give_password(account, book, password)
