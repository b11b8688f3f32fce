// What a person does in Thunderbird's calendars and task lists, as functions on globalThis.calendarDesk.
// Runs inside Thunderbird with chrome rights; thunderbird_driver.py loads it and calls it.

const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const { CalAlarm } = ChromeUtils.importESModule("resource:///modules/CalAlarm.sys.mjs");
const { until, notices, prompts } = globalThis.watch;

const errors = []; // what a calendar complained about
const counted = new Set(); // calendars whose items are counted
let overwrite = false; // the answer to the next question which of two versions to keep

const main = () => Services.wm.getMostRecentWindow("mail:3pane");

// Kept on the window: an observer that nothing refers to may be collected.
const observer = {
  QueryInterface: ChromeUtils.generateQI(["calIObserver"]),
  onStartBatch() {},
  onEndBatch() {},
  onLoad() {
    notices.synced++;
  },
  onAddItem() {
    notices.created++;
  },
  onModifyItem() {
    notices.updated++;
  },
  onDeleteItem() {
    notices.deleted++;
  },
  onError(calendar, code, message) {
    notices.failed++;
    errors.push(`${calendar?.name}: ${code} ${message}`);
  },
  onPropertyChanged() {},
  onPropertyDeleting() {},
};

// The question "changed on the server: overwrite?" comes as a window of its own.
const windows = {
  observe(subject, topic) {
    if (topic != "domwindowopened") {
      return;
    }
    subject.addEventListener("load", async () => {
      if (!subject.location.href.endsWith("/calendar-conflicts-dialog.xhtml")) {
        return;
      }
      const answer = overwrite;
      overwrite = false;
      prompts.push({ text: "changed on the server", answered: answer });
      const button = () => subject.document.querySelector("dialog").getButton(answer ? "accept" : "cancel");
      (await until("the buttons", () => button() && !button().disabled && button())).click();
    }, { once: true });
  },
};
Services.ww.registerNotification(windows);

function calendarOf(id) {
  const found = cal.manager.getCalendarById(id);
  if (!found) {
    throw new Error(`no calendar ${id}`);
  }
  if (!counted.has(id)) {
    counted.add(id);
    found.addObserver(observer);
  }
  return found;
}

// What speaks CalDAV, behind the copy that is kept on the disk.
function wire(id) {
  return calendarOf(id).wrappedJSObject.mUncachedCalendar.wrappedJSObject;
}

async function itemOf(id, uid) {
  return (await calendarOf(id).getItem(uid)) ?? Promise.reject(new Error(`no item ${uid}`));
}

// A time as UTC, a day as it is: 20270105T100000Z or 20270105.
function written(time) {
  return time && (time.isDate ? time : time.getInTimezone(cal.dtz.UTC)).icalString;
}

function parsed(text) {
  const parser = Cc["@mozilla.org/calendar/ics-parser;1"].createInstance(Ci.calIIcsParser);
  parser.parseString(text);
  return parser.getItems()[0];
}

function describe(id, item) {
  const info = wire(id).mItemInfoCache[item.id] ?? {};
  const serializer = Cc["@mozilla.org/calendar/ics-serializer;1"].createInstance(Ci.calIIcsSerializer);
  serializer.addItems([item]);
  return {
    uid: item.id,
    href: info.locationPath ? wire(id).mLocationPath + info.locationPath : null,
    etag: info.etag ?? null,
    title: item.title,
    task: item.isTodo(),
    start: written(item.startDate ?? item.entryDate),
    end: written(item.endDate ?? item.dueDate),
    wholeDay: Boolean((item.startDate ?? item.dueDate)?.isDate),
    completed: item.isTodo() && item.isCompleted,
    alarms: item.getAlarms().map(alarm => alarm.offset?.icalString ?? written(alarm.alarmDate)),
    organizer: item.organizer?.id ?? null,
    attendees: item.getAttendees().map(one => ({ id: one.id, status: one.participationStatus })),
    text: serializer.serializeToString(),
  };
}

// The occurrence that the rule puts at `at` (as `written` gives it).
function occurrenceOf(item, at) {
  const end = cal.createDateTime(at);
  end.day++;
  const found = item.recurrenceInfo.getOccurrences(item.recurrenceStartDate, end, 0)
    .find(one => written(one.recurrenceId) == at);
  if (!found) {
    throw new Error(`no occurrence of ${item.id} at ${at}`);
  }
  return found;
}

// `changes`: [field, value]; title, start, end, due, rule, done, alarm, or the name of a property.
function change(item, changes) {
  for (const [field, value] of changes) {
    switch (field) {
      case "title":
        item.title = value;
        break;
      case "start":
        item.startDate = cal.createDateTime(value);
        break;
      case "end":
        item.endDate = cal.createDateTime(value);
        break;
      case "due":
        item.dueDate = cal.createDateTime(value);
        break;
      case "done":
        item.isCompleted = value;
        break;
      case "alarm": {
        const alarm = new CalAlarm();
        alarm.related = Ci.calIAlarm.ALARM_RELATED_START;
        alarm.offset = cal.createDuration(value);
        alarm.action = "DISPLAY";
        item.addAlarm(alarm);
        break;
      }
      default:
        item.setProperty(field, value);
    }
  }
}

globalThis.calendarDesk = {
  ...globalThis.watch.words,
  observer,
  windows,

  // Calendars that an account finds from `location`; nothing is added.
  async detect(location, username, secret) {
    const found = await cal.provider.detection.detect(username, secret, location, false, [], {});
    const all = [];
    for (const [provider, calendars] of found) {
      all.push(...calendars.map(one => ({
        kind: provider.type,
        url: one.uri.spec,
        name: one.name,
        color: one.getProperty("color"),
        readOnly: one.readOnly,
      })));
    }
    return all;
  },

  // Adds an account through the dialog "New calendar": on the network, name and location typed in, the
  // password typed into the sign-in dialog, every found calendar ticked. Returns the calendars added.
  async addAccount(location, username, secret) {
    const known = new Set(cal.manager.getCalendars().map(one => one.id));
    globalThis.watch.expectSignIn(secret);
    const dialog = main().openDialog(
      "chrome://calendar/content/calendar-creation.xhtml",
      "_blank",
      "chrome,titlebar,resizable",
      null
    );
    const byId = id => dialog.document.getElementById(id);
    const shown = id => byId(id) && !byId(id).hidden;
    const accept = () => byId("calendar-creation-dialog").getButton("accept").click();
    await until("the dialog", () => dialog.document.readyState == "complete" && shown("panel-select-calendar-type"));
    byId("calendar-type").value = "network";
    accept();
    await until("its second page", () => shown("panel-network-calendar-settings"));
    for (const [field, text] of [["network-username-input", username], ["network-location-input", location]]) {
      byId(field).value = text;
      byId(field).dispatchEvent(new dialog.Event("input", { bubbles: true }));
    }
    accept();
    const status = () => dialog.document.querySelector(".network-status-row").getAttribute("status");
    try {
      await until(
        "discovery",
        () => shown("panel-select-calendars") || ["notfound", "authfail", "certerror"].includes(status()),
        60
      );
      if (!shown("panel-select-calendars")) {
        throw new Error(`the dialog says: ${status()}`);
      }
    } catch (error) {
      dialog.close();
      throw error;
    }
    const boxes = [...dialog.document.querySelectorAll("#network-calendar-list .calendar-selected")];
    const offered = boxes.filter(box => box.checked).length;
    accept();
    const added = await until("the calendars", () => {
      const fresh = cal.manager.getCalendars().filter(one => !known.has(one.id));
      return fresh.length == offered ? fresh : null;
    });
    return added.map(one => ({ id: one.id, name: one.name, url: one.uri.spec, readOnly: one.readOnly }));
  },

  // CalDAV calendars known to this profile.
  async calendars() {
    return cal.manager.getCalendars()
      .filter(one => one.type == "caldav")
      .map(one => ({ id: one.id, name: one.name, url: one.uri.spec, readOnly: one.readOnly }));
  },

  // Waits until the first download, started by adding the account, has ended; what the calendar can hold.
  async firstSync(id, seconds) {
    await until("the first sync", () => {
      const calendar = calendarOf(id);
      if (calendar.getProperty("disabled")) {
        throw new Error("Thunderbird switched the calendar off");
      }
      return wire(id).mFirstRefreshDone && wire(id).mWebdavSyncToken && !calendar.wrappedJSObject.mPendingSync;
    }, seconds);
    return {
      kinds: wire(id).supportedItemTypes,
      readOnly: calendarOf(id).readOnly,
      schedules: wire(id).hasAutoScheduling,
      addresses: wire(id).calendarUserAddresses,
    };
  },

  // Synchronize, as the menu entry does: what waits is sent, what is new is fetched.
  async sync(id) {
    const calendar = calendarOf(id);
    await until("a running sync to end", () => !calendar.wrappedJSObject.mPendingSync);
    const before = errors.length;
    // Through the interface it would not say when it has ended.
    await calendar.wrappedJSObject.refresh();
    if (errors.length > before) {
      throw new Error(errors.slice(before).join("; "));
    }
  },

  async items(id) {
    const found = await calendarOf(id).getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
    return found.map(item => describe(id, item));
  },

  async item(id, uid) {
    const item = await calendarOf(id).getItem(uid);
    return item && describe(id, item);
  },

  // What the views show between two times, in order.
  async shown(id, from, to) {
    const found = await calendarOf(id).getItemsAsArray(
      Ci.calICalendar.ITEM_FILTER_ALL_ITEMS | Ci.calICalendar.ITEM_FILTER_CLASS_OCCURRENCES,
      0,
      cal.createDateTime(from),
      cal.createDateTime(to)
    );
    return found
      .map(item => ({ uid: item.id, title: item.title, start: written(item.startDate ?? item.entryDate ?? item.dueDate) }))
      .sort((one, other) => one.start.localeCompare(other.start));
  },

  // Saves a new item, as its dialog does, and waits until the server has it. Returns its UID.
  async add(id, text) {
    const item = parsed(text).clone();
    const calendar = calendarOf(id);
    item.calendar = calendar;
    await main().doTransaction("add", item, calendar, null);
    return item.id;
  },

  // Changes an item as its dialog does, and waits until the server has it.
  async edit(id, uid, changes) {
    const old = await itemOf(id, uid);
    const item = old.clone();
    change(item, changes);
    await main().doTransaction("modify", item, calendarOf(id), old);
  },

  // Changes one occurrence.
  async editOne(id, uid, at, changes) {
    const old = occurrenceOf(await itemOf(id, uid), at);
    const item = old.clone();
    change(item, changes);
    await main().doTransaction("modify", item, calendarOf(id), old);
  },

  // Deletes one occurrence of it.
  async removeOne(id, uid, at) {
    const old = await itemOf(id, uid);
    const item = old.clone();
    item.recurrenceInfo.removeOccurrenceAt(occurrenceOf(item, at).recurrenceId);
    await main().doTransaction("modify", item, calendarOf(id), old);
  },

  async remove(id, uid) {
    const item = await itemOf(id, uid);
    await main().doTransaction("delete", item, calendarOf(id), null);
  },

  // The answer to the next question whether to overwrite what changed on the server.
  async expectConflict(answer) {
    overwrite = answer;
  },

  // How many items could not be sent yet.
  async waiting(id) {
    const count = async flag =>
      (await calendarOf(id).wrappedJSObject.mCachedCalendar.getItemsAsArray(
        Ci.calICalendar.ITEM_FILTER_ALL_ITEMS | flag, 0, null, null
      )).length;
    return {
      created: await count(Ci.calICalendar.ITEM_FILTER_OFFLINE_CREATED),
      changed: await count(Ci.calICalendar.ITEM_FILTER_OFFLINE_MODIFIED),
      deleted: await count(Ci.calICalendar.ITEM_FILTER_OFFLINE_DELETED),
    };
  },

  async token(id) {
    return wire(id).mWebdavSyncToken;
  },

  async setToken(id, token) {
    wire(id).mWebdavSyncToken = token;
    wire(id).saveCalendarProperties();
  },

  // Titles of the invitations that wait for an answer.
  async invitations() {
    const found = await cal.iterate.streamToArray(main().getInvitationsManager().getInvitations());
    return found.map(item => ({ uid: item.id, title: item.title, organizer: item.organizer?.id ?? null }));
  },

  // Opens the list of invitations, accepts or declines the one with this title, and closes it.
  async answer(title, accepted) {
    const args = { queue: [], finishedCallBack() {}, invitationsManager: main().getInvitationsManager() };
    const dialog = main().openDialog(
      "chrome://calendar/content/calendar-invitations-dialog.xhtml",
      "_blank",
      "chrome,titlebar,resizable",
      args
    );
    const rows = () => [...(dialog.document.getElementById("invitations-listbox")?.children ?? [])];
    const row = await until("the invitation", () => rows().find(one => one.calendarItem?.title == title));
    const { calendar, id } = row.calendarItem;
    row[accepted ? "accept" : "decline"]();
    dialog.document.querySelector("dialog").getButton("accept").click();
    // The dialog is gone before its answer is sent, and does not say when it was.
    await until("the answer to be sent", async () => {
      const status = cal.itip.getInvitedAttendee(await calendar.getItem(id))?.participationStatus;
      return status == (accepted ? "ACCEPTED" : "DECLINED");
    });
  },

  // When somebody is busy, as the dialog for inviting people asks it: [from, to, kind].
  async busy(address, from, to) {
    const found = [];
    await new Promise(resolve => {
      cal.freeBusyService.getFreeBusyIntervals(
        address,
        cal.createDateTime(from),
        cal.createDateTime(to),
        Ci.calIFreeBusyInterval.BUSY_ALL,
        {
          onResult(operation, intervals) {
            found.push(...(intervals ?? []));
            if (!operation?.isPending) {
              resolve();
            }
          },
        }
      );
    });
    return found.map(one => [written(one.interval.start), written(one.interval.end), one.freeBusyType]);
  },
};
