#!/usr/bin/env python3
# needs: apt evolution-data-server gir1.2-ecal-2.0 python3-gi dbus-daemon
# timeout: 120
"""Two GNOME desktops of two users of the server: one invites, the other answers."""

import os
import pathlib
import sys

from agenda import main_part, vienna
from calendars import CalendarClient
from events import VIENNA, component, read
from evolution_agenda import CalendarDesk, on_server
from evolution_session import Evolution, missing
from rolodav import WORK, Server
from steps import Steps, equal, holds
from wiretap import Wiretap

ALICE, BOB = "alice@example.org", "bob@example.org"
# The first week of January 2027.
WEEK = {"start": 1798934400, "end": 1799539200}


def meeting(uid, title, day):
    """A meeting of Alice's with Bob at ten in Vienna."""
    return component(
        "VEVENT", uid, f"SUMMARY:{title}", f"DTSTART{vienna(day, 10)}", f"DTEND{vienna(day, 11)}",
        f"ORGANIZER;CN=Alice:mailto:{ALICE}", f"ATTENDEE;CN=Alice;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:{ALICE}",
        f"ATTENDEE;CN=Bob;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{BOB}")


def answers(text):
    """What each attendee of an event says, by address."""
    out = {}
    for name, given, value in main_part(text).lines:
        if name == "ATTENDEE":
            said = [one.partition("=")[2] for one in given.split(";") if one.startswith("PARTSTAT=")]
            out[value.removeprefix("mailto:").lower()] = said[0] if said else "NEEDS-ACTION"
    return out


class Person:
    """A user at a desktop of their own, and what the server holds of theirs."""

    def __init__(self, server, tap, session, name):
        self.name, self.mail, self.server = name, f"{name}@example.org", server
        self.desk, self.session = CalendarDesk(session, tap, "events"), session
        self.client, self.path = CalendarClient(server.url, name), server.calendar(name)

    def sign_in(self, user):
        """Adds the account by the mail address or the name, and opens the calendar."""
        url = self.desk.tap.url + "/"
        equal(self.session.discover(url=url, user=user, password="secret")["addresses"], [self.mail])
        self.session.add_account(account="account", url=url, user=user, password="secret")
        self.desk.find("account", [self.path])
        equal(self.desk.open(), True, "writable")
        self.desk.agrees(self.client, self.path)

    def refresh(self):
        """Looks at the server; the desktop shows what is there."""
        self.desk.refresh()
        self.desk.agrees(self.client, self.path)

    def event(self, uid):
        """The server's text of the event with a UID, or None."""
        found = [text for text in on_server(self.client, self.path).values()
                 if any(part.value("UID") == uid for part in read(text).all("VEVENT"))]
        return found[0] if found else None


def invite(steps, alice, bob):
    """An invitation, its answers, its end."""
    with steps("both find their calendar and their address, Alice by that address, Bob by his name"):
        alice.sign_in(ALICE)
        bob.sign_in("bob")
    with steps("Alice invites Bob, who is shown the invitation after a refresh"):
        alice.session.create(source=alice.desk.source, text=meeting("lunch", "Mittagessen Ü", 5), zone=VIENNA)
        equal(answers(alice.event("lunch")), {ALICE: "ACCEPTED", BOB: "NEEDS-ACTION"})
        bob.refresh()
        holds(("lunch", None) in bob.desk.mine(), "Bob's desktop does not show it")
        equal(answers(bob.event("lunch"))[BOB], "NEEDS-ACTION")
    with steps("Bob accepts, and Alice is shown that after a refresh"):
        bob.session.answer(source=bob.desk.source, uid="lunch", address=f"mailto:{BOB}", status="ACCEPTED")
        equal(answers(bob.event("lunch"))[BOB], "ACCEPTED")
        alice.refresh()
        equal(answers(alice.event("lunch")), {ALICE: "ACCEPTED", BOB: "ACCEPTED"})
    with steps("Bob declines another, and Alice is shown that"):
        alice.session.create(source=alice.desk.source, text=meeting("early", "Frühsport", 6), zone=VIENNA)
        bob.refresh()
        bob.session.answer(source=bob.desk.source, uid="early", address=f"mailto:{BOB}", status="DECLINED")
        alice.refresh()
        equal(answers(alice.event("early")), {ALICE: "ACCEPTED", BOB: "DECLINED"})
    with steps("Alice is told when Bob is busy"):
        [busy] = alice.session.busy(source=alice.desk.source, address=BOB, **WEEK)
        holds("20270105T090000Z/20270105T100000Z" in busy or "20270105T090000Z/PT1H" in busy, busy)
        holds("20270106T" not in busy, f"what Bob declined keeps him busy: {busy}")
        holds("Mittagessen" not in busy, f"it tells more: {busy}")
    with steps("Bob, whose desktop names him by how he signed in, is told when Alice is busy"):
        [busy] = bob.session.busy(source=bob.desk.source, address=ALICE, **WEEK)
        holds("20270105T090000Z/" in busy, busy)
    with steps("what Alice changes changes for Bob, and what she deletes is cancelled for him"):
        alice.session.modify(source=alice.desk.source, uid="lunch", lines=["SUMMARY:Abendessen Ü"])
        bob.refresh()
        equal(main_part(bob.event("lunch")).value("SUMMARY"), "Abendessen Ü")
        alice.session.remove(source=alice.desk.source, uid="lunch")
        bob.refresh()
        left = bob.event("lunch")
        holds(left is None or main_part(left).value("STATUS") == "CANCELLED", f"Bob still has {left}")


def main():
    lacking = missing("evolution_calendars")
    if lacking:
        sys.exit(f"missing: {lacking}")
    steps = Steps()
    pathlib.Path(WORK, "logs").mkdir(parents=True, exist_ok=True)
    log = os.path.join(WORK, "logs", "evolution-invitation-session.log")
    with (Server(users=()) as server, Wiretap("127.0.0.1", server.port) as tap,
          Evolution(log, "evolution_calendars") as first, Evolution(log, "evolution_calendars") as second):
        for name, mail in (("alice", ALICE), ("bob", BOB)):
            server.add_user(name, "secret", "--mail", mail)
        invite(steps, Person(server, tap, first, "alice"), Person(server, tap, second, "bob"))
        steps.finish()


main()
