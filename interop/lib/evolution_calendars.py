"""What GNOME's calendars and task lists do: a session of evolution-data-server that opens them.

Runs inside the session; `evolution_client.py` starts it and hands it what it is asked.
"""

import gi

gi.require_version("EDataServer", "1.2")
gi.require_version("ECal", "2.0")
gi.require_version("ICalGLib", "3.0")
from gi.repository import ECal, EDataServer, ICalGLib  # noqa: E402

from evolution_account import Account  # noqa: E402

KINDS = {
    "events": (ECal.ClientSourceType.EVENTS, EDataServer.SOURCE_EXTENSION_CALENDAR),
    "tasks": (ECal.ClientSourceType.TASKS, EDataServer.SOURCE_EXTENSION_TASK_LIST),
}
CONFLICTS = {
    "keep-local": ECal.OperationFlags.CONFLICT_KEEP_LOCAL,
    "keep-server": ECal.OperationFlags.CONFLICT_KEEP_SERVER,
    "fail": ECal.OperationFlags.CONFLICT_FAIL,
}
# What belongs to the rule of a series and not to one occurrence of it.
OF_THE_SERIES = (
    ICalGLib.PropertyKind.RRULE_PROPERTY, ICalGLib.PropertyKind.RDATE_PROPERTY,
    ICalGLib.PropertyKind.EXDATE_PROPERTY, ICalGLib.PropertyKind.DTSTART_PROPERTY,
    ICalGLib.PropertyKind.DTEND_PROPERTY,
)


def replace(component, line):
    """Puts a line (`SUMMARY:text`) in the place of the lines of that name."""
    fresh = ICalGLib.Property.new_from_string(line)
    while old := component.get_first_property(fresh.isa()):
        component.remove_property(old)
    component.add_property(fresh)


class Session(Account):
    """One desktop session with the calendars and task lists of its account."""

    def discover(self, url, user, password):
        """What "Find calendars" of the account dialog finds behind an address, and the user's addresses."""
        supports = EDataServer.WebDAVDiscoverSupports
        result = self.found(url, user, password, supports.EVENTS | supports.TASKS | supports.MEMOS)
        return {
            "calendars": [
                {"href": one.href, "name": one.display_name, "color": one.color,
                 "events": bool(one.supports & supports.EVENTS), "tasks": bool(one.supports & supports.TASKS)}
                for one in result.out_discovered_sources
            ],
            "addresses": list(result.out_calendar_user_addresses or []),
        }

    def add_account(self, account, url, user, password):
        """Adds an account by its server's address alone; the session looks for its calendars."""
        self.add(account, url, user, password, calendars=True)

    def account_calendars(self, account, kind):
        """Source id, name and path of the calendars of one kind that an account has."""
        return self.collections(account, KINDS[kind][1])

    def open(self, source, kind):
        """Opens a calendar; answers whether it can be written to."""
        self.opened[source] = ECal.Client.connect_sync(self.source(source), KINDS[kind][0], 0, None)
        return {"writable": not self.opened[source].is_readonly(), "online": self.opened[source].is_online()}

    def refresh(self, source):
        """Asks the back end to look at the server; returns before it has."""
        self.opened[source].refresh_sync(None)

    def objects(self, source):
        """The text of every component in the calendar, changed occurrences too."""
        _, found = self.opened[source].get_object_list_sync("#t", None)
        return [one.as_ical_string() for one in found]

    def shown(self, source, start, end):
        """What the views show between two times in Unix seconds: [UID, start] of every occurrence."""
        found = []

        def take(component, start, end, *_):
            found.append([component.get_uid(), start.as_ical_string(), start.get_tzid()])
            return True
        self.opened[source].generate_instances_sync(start, end, None, take)
        return found

    def create(self, source, text, zone=None):
        """Adds a component; answers its UID. `zone` is the text of the VTIMEZONE that it names."""
        client = self.opened[source]
        if zone:
            known = ICalGLib.Timezone.new()
            known.set_component(ICalGLib.Component.new_from_string(zone))
            client.add_timezone_sync(known, None)
        component = ICalGLib.Component.new_from_string(text)
        _, uid = client.create_object_sync(component, ECal.OperationFlags.NONE, None)
        return uid

    def modify(self, source, uid, lines, conflict="keep-local"):
        """Replaces lines of a whole event or task, as an editor does.

        `conflict` says what becomes of an object that meanwhile changed on the server.
        """
        client = self.opened[source]
        _, component = client.get_object_sync(uid, None, None)
        for line in lines:
            replace(component, line)
        client.modify_object_sync(component, ECal.ObjModType.ALL, CONFLICTS[conflict], None)

    def modify_one(self, source, uid, at, start, end, lines):
        """Changes the occurrence `at`; `at`, `start` and `end` begin with `:` or with parameters."""
        client = self.opened[source]
        _, component = client.get_object_sync(uid, None, None)
        for kind in OF_THE_SERIES:
            while old := component.get_first_property(kind):
                component.remove_property(old)
        for line in [f"RECURRENCE-ID{at}", f"DTSTART{start}", f"DTEND{end}", *lines]:
            replace(component, line)
        client.modify_object_sync(component, ECal.ObjModType.THIS, ECal.OperationFlags.NONE, None)

    def answer(self, source, uid, address, status):
        """Answers an invitation: sets what an attendee says to it."""
        client = self.opened[source]
        _, component = client.get_object_sync(uid, None, None)
        kind = ICalGLib.PropertyKind.ATTENDEE_PROPERTY
        line = component.get_first_property(kind)
        while line is not None and line.get_attendee().lower() != address:
            line = component.get_next_property(kind)
        if line is None:
            raise LookupError(f"{address} is not invited to {uid}")
        line.set_parameter_from_string("PARTSTAT", status)
        client.modify_object_sync(component, ECal.ObjModType.ALL, ECal.OperationFlags.NONE, None)

    def remove(self, source, uid, conflict="keep-local"):
        """Deletes an event or task, with all its occurrences."""
        self.opened[source].remove_object_sync(uid, None, ECal.ObjModType.ALL, CONFLICTS[conflict], None)

    def remove_one(self, source, uid, at):
        """Deletes the occurrence at a time (as RECURRENCE-ID's value has it)."""
        self.opened[source].remove_object_sync(
            uid, at, ECal.ObjModType.THIS, ECal.OperationFlags.NONE, None)

    def busy(self, source, address, start, end):
        """When somebody is busy between two times in Unix seconds: texts of VFREEBUSY components."""
        _, found = self.opened[source].get_free_busy_sync(start, end, [address], None)
        return [one.get_as_string() for one in found]

    def make_calendar(self, account, url, name, description, color):
        """Creates a calendar for events as the collection browser of Evolution does."""
        supports = EDataServer.WebDAVResourceSupports.EVENTS
        self.browser(account).mkcalendar_sync(url, name, description, color, supports, None)

    def delete_calendar(self, account, url):
        """Deletes a calendar as the collection browser of Evolution does."""
        self.browser(account).delete_sync(url, "infinity", None, None)

    def status(self, source):
        """Whether the calendar is reachable, writable, and what asked for credentials."""
        return self.state(source)
