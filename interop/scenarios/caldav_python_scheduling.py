#!/usr/bin/env python3
# needs: pip caldav==3.6.0
# timeout: 120
"""python-caldav between two users of the server: addresses, invitation, answers, changes, cancellation,
and who is free."""

from datetime import datetime, timezone

import caldav
from caldav.lib.error import DAVError, NotFoundError
from events import calendar, component, event, read
from rolodav import Server
from steps import Steps, equal, holds

MEETING = event("meeting", ":20270105T100000Z", "DTEND:20270105T110000Z", "SEQUENCE:0", summary="Besprechung Größe")
SERIES = calendar(component("VEVENT", "series", "DTSTART:20270111T100000Z", "DTEND:20270111T110000Z",
                            "SUMMARY:Serie", "SEQUENCE:0", "RRULE:FREQ=WEEKLY;COUNT=4"))


class Person:
    """One user signed in with the library."""

    def __init__(self, server, name):
        self.client = caldav.DAVClient(url=server.url + "/", username=name, password="secret", enable_rfc6764=False)
        self.principal = self.client.principal()
        self.calendar = caldav.Calendar(self.client, url=server.url + server.calendar(name))
        self.address = next(each for each in self.principal.calendar_user_address_set() if each.startswith("mailto:"))

    def event(self, uid):
        """The event as this user has it, loaded now."""
        return self.calendar.get_event_by_uid(uid).load()

    def has(self, uid):
        """Whether this user has the event."""
        try:
            self.calendar.get_event_by_uid(uid)
            return True
        except NotFoundError:
            return False

    def parameter(self, uid, whose, name):
        """A parameter of somebody's ATTENDEE line in this user's copy."""
        lines = self.event(uid).component.get("ATTENDEE", [])
        lines = [lines] if isinstance(lines, str) else lines
        found = [line for line in lines if str(line).lower() == whose.address.lower()]
        assert len(found) == 1, f"{len(found)} ATTENDEE lines for {whose.address}"
        return found[0].params.get(name)

    def messages(self, method, uid):
        """The messages of a kind about an event in the inbox."""
        for each in self.principal.schedule_inbox().get_items():
            held = read(each.load().data)
            if held.value("METHOD") == method and str(each.component["UID"]) == uid:
                yield each


def addresses(steps, server, people):
    """What discovery says about scheduling."""
    with steps("the server says that it schedules, and gives each user an address, an inbox and an outbox"):
        for name in ("alice", "bob"):
            people[name] = Person(server, name)
            holds(people[name].client.supports_scheduling(), f"DAV: {people[name].client.check_dav_support()}")
            holds(people[name].principal.schedule_inbox().url != people[name].principal.schedule_outbox().url, "one box for both")
    with steps("two users have different addresses"):
        holds(people["alice"].address != people["bob"].address, people["alice"].address)


def invitation(steps, alice, bob):
    """An invitation, its acceptance, a change, a refusal, the end."""
    with steps("an invitation reaches the other user's inbox and calendar, without a METHOD there"):
        alice.calendar.save_with_invites(MEETING, [alice.principal, bob.principal])
        [request] = bob.messages("REQUEST", "meeting")
        holds(request.is_invite_request(), "not a request")
        held = read(bob.event("meeting").data)
        equal((held.value("METHOD"), held.one("VEVENT").value("SUMMARY")), (None, "Besprechung Größe"))
        equal(bob.parameter("meeting", bob, "PARTSTAT"), "NEEDS-ACTION")
    with steps("the organizer's copy says that it was delivered, the attendee's copy tells nothing of that"):
        holds(alice.parameter("meeting", bob, "SCHEDULE-STATUS") in ("1.2", "1.1", "1.0"), f"{alice.event('meeting').data}")
        equal(bob.parameter("meeting", bob, "SCHEDULE-STATUS"), None)
    with steps("accepting it reaches the organizer: in the copy, and as a reply in the inbox"):
        tag = alice.event("meeting").schedule_tag
        request.accept_invite()
        equal(bob.parameter("meeting", bob, "PARTSTAT"), "ACCEPTED")
        equal(alice.parameter("meeting", bob, "PARTSTAT"), "ACCEPTED")
        [reply] = alice.messages("REPLY", "meeting")
        holds(reply.is_invite_reply(), "not a reply")
        equal(alice.event("meeting").schedule_tag, tag, "Schedule-Tag after a reply")
    with steps("messages that were read can be deleted"):
        request.delete()
        reply.delete()
        equal((list(bob.messages("REQUEST", "meeting")), list(alice.messages("REPLY", "meeting"))), ([], []))
    with steps("a new time reaches the attendee, who is asked again"):
        held = alice.event("meeting")
        held.component["DTSTART"].dt = datetime(2027, 1, 5, 14, tzinfo=timezone.utc)
        held.component["DTEND"].dt = datetime(2027, 1, 5, 15, tzinfo=timezone.utc)
        held.save()
        equal(bob.event("meeting").component["DTSTART"].dt, datetime(2027, 1, 5, 14, tzinfo=timezone.utc))
        equal(len(list(bob.messages("REQUEST", "meeting"))), 1)
    with steps("what only the attendee sees stays: an alarm of one's own travels nowhere"):
        text = bob.event("meeting").data.replace("END:VEVENT", (
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:Mine\r\nEND:VALARM\r\nEND:VEVENT"))
        mine = bob.event("meeting")
        mine.data = text
        mine.save(increase_seqno=False)
        holds("Mine" in bob.event("meeting").data and "Mine" not in alice.event("meeting").data, "the alarm is lost or travelled")
    with steps("an attendee cannot move the meeting"):
        mine = bob.event("meeting")
        mine.component["DTSTART"].dt = datetime(2027, 1, 6, 14, tzinfo=timezone.utc)
        try:
            mine.save()
            raise RuntimeError("it was moved")
        except DAVError:
            equal(bob.event("meeting").component["DTSTART"].dt, datetime(2027, 1, 5, 14, tzinfo=timezone.utc))
    with steps("declining it reaches the organizer, too"):
        mine = bob.event("meeting")
        mine.change_attendee_status(partstat="DECLINED")
        mine.save(increase_seqno=False)
        equal(alice.parameter("meeting", bob, "PARTSTAT"), "DECLINED")
    with steps("the organizer's deletion cancels it for the attendee"):
        alice.event("meeting").delete()
        equal(len(list(bob.messages("CANCEL", "meeting"))), 1)
        if bob.has("meeting"):
            equal(str(bob.event("meeting").component["STATUS"]), "CANCELLED")


def series(steps, alice, bob):
    """A repeated meeting."""
    with steps("a repeated meeting arrives whole; the attendee declines one instance by deleting it"):
        alice.calendar.save_with_invites(SERIES, [alice.principal, bob.principal])
        mine = bob.event("series")
        equal(str(mine.component["RRULE"].to_ical(), "ascii"), "FREQ=WEEKLY;COUNT=4")
        mine.data = mine.data.replace("RRULE:", "EXDATE:20270118T100000Z\r\nRRULE:")
        mine.save(increase_seqno=False)
        held = {each.value("RECURRENCE-ID"): each for each in read(alice.event("series").data).all("VEVENT")}
        holds("20270118T100000Z" in held, f"no override for the declined instance: {list(held)}")
        line = next(given for name, given, value in held["20270118T100000Z"].lines
                    if name == "ATTENDEE" and value.lower() == bob.address.lower())
        holds("PARTSTAT=DECLINED" in line, line)
    with steps("an instance the organizer takes out goes from the attendee's calendar"):
        held = alice.event("series")
        held.data = held.data.replace("RRULE:", "EXDATE:20270125T100000Z\r\nRRULE:", 1)
        held.save()
        equal(len(list(bob.messages("CANCEL", "series"))), 1)
        day = [datetime(2027, 1, day, tzinfo=timezone.utc) for day in (25, 26)]
        left = bob.calendar.search(event=True, start=day[0], end=day[1], post_filter=False, expand=True, server_expand=True)
        equal([str(each.component.get("STATUS")) for each in left if str(each.component.get("STATUS")) != "CANCELLED"], [])
    with steps("the attendee's deletion of all of it declines it"):
        bob.event("series").delete()
        equal(alice.parameter("series", bob, "PARTSTAT"), "DECLINED")


def free_busy(steps, alice, bob):
    """Who is free, asked through the outbox."""
    with steps("free-busy of the other user tells when, and nothing of what"):
        bob.calendar.add_event(event("private", ":20270106T080000Z", "DTEND:20270106T093000Z", summary="Zahnarzt"))
        bob.calendar.add_event(event("free", ":20270106T120000Z", "DTEND:20270106T130000Z", "TRANSP:TRANSPARENT", summary="Frei"))
        answer = alice.principal.freebusy_request(
            datetime(2027, 1, 6, tzinfo=timezone.utc), datetime(2027, 1, 7, tzinfo=timezone.utc), [bob.address, "nobody@nowhere.invalid"])
        text = next(held for address, held in answer.items() if address.lower() == bob.address.lower()).data
        busy = [period for value in read(text).one("VFREEBUSY").values("FREEBUSY") for period in value.split(",")]
        holds(busy in (["20270106T080000Z/20270106T093000Z"], ["20270106T080000Z/PT1H30M"]), f"{busy}")
        holds("Zahnarzt" not in text and "private" not in text, f"it tells too much: {text}")
    with steps("somebody the server does not know has a status of his own that says so"):
        [(address, status)] = answer["errors"].items()
        equal(address.lower().removeprefix("mailto:"), "nobody@nowhere.invalid")
        holds(status.startswith("3.") or status.startswith("5."), status)


def main():
    steps = Steps()
    with Server(users=()) as server:
        people = {}
        for name in ("alice", "bob"):
            server.add_user(name, "secret", "--mail", f"{name}@example.org")
        addresses(steps, server, people)
        if len(people) == 2:
            invitation(steps, people["alice"], people["bob"])
            series(steps, people["alice"], people["bob"])
            free_busy(steps, people["alice"], people["bob"])
        steps.finish()


main()
