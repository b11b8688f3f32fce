#!/usr/bin/env python3
# needs: apt thunderbird
# timeout: 240
"""Two Thunderbirds, headless, of two users of the server: one invites, the other answers."""

import pathlib
import shutil
import signal
import sys
import tempfile

from agenda import main_part, vienna, zoned
from events import component, read
from rolodav import Server, need
from steps import Steps, equal, holds, one_of
from thunderbird_agenda import Agenda
from thunderbird_driver import Thunderbird

need("thunderbird")

ALICE, BOB, CAROL = (f"mailto:{name}@example.org" for name in ("alice", "bob", "carol"))
STRANGER = "mailto:stranger@example.net"
WEEK = ("20270103T000000Z", "20270110T000000Z")


def meeting(uid, title, *attendees, start=(5, 10), end=(5, 11), lines=()):
    """A meeting of Alice's, as Thunderbird's dialog writes it."""
    invited = [f"ATTENDEE;CN={one[7:].split('@')[0]};PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:{one}"
               for one in attendees]
    return zoned(component("VEVENT", uid, f"SUMMARY:{title}", f"DTSTART{vienna(*start)}", f"DTEND{vienna(*end)}",
                           f"ORGANIZER;CN=Alice;PARTSTAT=ACCEPTED:{ALICE}",
                           f"ATTENDEE;CN=Alice;PARTSTAT=ACCEPTED;ROLE=CHAIR:{ALICE}", *invited, *lines))


def attendees(item):
    """What each attendee of Thunderbird's item answered, by address."""
    return {one["id"].lower(): one["status"] for one in item["attendees"]}


def parameter(part, address, name):
    """A parameter of the ATTENDEE line for an address."""
    for line, given, value in part.lines:
        if line == "ATTENDEE" and value.lower() == address:
            found = [one.split("=", 1)[1] for one in given.split(";") if one.upper().startswith(name + "=")]
            return found[0].strip('"') if found else None
    return None


def accounts(steps, sides):
    """Both users add their account."""
    for side, address in zip(sides, (ALICE, BOB)):
        name = address[7:].split("@")[0]
        with steps(f"{name}'s Thunderbird finds the calendar, and that the server invites by itself"):
            added = {one["url"]: one["id"] for one in side.desk.addAccount(side.server.url, name, "secret")}
            side.id = added[side.server.url + side.path]
            found = side.desk.firstSync(side.id, 60)
            equal((found["schedules"], found["readOnly"]), (True, False))
            holds(address in found["addresses"], f"the addresses are {found['addresses']}")


def invite(steps, alice, bob):
    """An invitation goes out, is accepted, and the answer comes back."""
    with steps("Alice invites Bob: the event is saved, and no mail or dialog is wanted"):
        alice.add(meeting("lunch", "Mittagessen Ü", BOB))
        alice.sync()
        equal(attendees(alice.item("lunch")), {ALICE: "ACCEPTED", BOB: "NEEDS-ACTION"})
        status = parameter(main_part(alice.stored("lunch")), BOB, "SCHEDULE-STATUS")
        one_of(status, ("1.1", "1.2", "1.1;Delivered", "1.2;Delivered"), "SCHEDULE-STATUS of Bob")
    with steps("Bob's Thunderbird shows the invitation in his calendar and in the list of invitations"):
        bob.sync()
        items = {one["title"]: one for one in bob.items().values()}
        equal(sorted(items), ["Mittagessen Ü"])
        item = items["Mittagessen Ü"]
        equal((item["organizer"].lower(), item["start"]), (ALICE, "20270105T090000Z"))
        equal(attendees(item)[BOB], "NEEDS-ACTION")
        equal([(one["title"], one["organizer"].lower()) for one in bob.desk.invitations()], [("Mittagessen Ü", ALICE)])
    with steps("Bob accepts; his copy says so and the invitation no longer waits"):
        bob.desk.answer("Mittagessen Ü", True)
        equal(attendees(bob.item("lunch"))[BOB], "ACCEPTED")
        bob.sync()
        equal(attendees(bob.item("lunch"))[BOB], "ACCEPTED")
        equal(bob.desk.invitations(), [])
    with steps("Alice's Thunderbird sees ACCEPTED after a sync, and nothing else changed"):
        alice.sync()
        item = alice.item("lunch")
        equal(attendees(item), {ALICE: "ACCEPTED", BOB: "ACCEPTED"})
        equal((item["title"], item["start"]), ("Mittagessen Ü", "20270105T090000Z"))
    with steps("Bob's own alarm and category stay his"):
        bob.edit("lunch", ("alarm", "-PT10M"), ("X-BOB", "his"))
        bob.sync()
        equal(bob.item("lunch")["alarms"], ["-PT10M"])
        alice.sync()
        equal(alice.item("lunch")["alarms"], [])
        holds("X-BOB" not in alice.stored("lunch"), "Alice has Bob's property")


def decline(steps, alice, bob):
    """An invitation is declined."""
    with steps("an invitation that Bob declines is declined for Alice"):
        alice.add(meeting("early", "Frühsport", BOB, start=(6, 6), end=(6, 7)))
        bob.sync()
        bob.desk.answer("Frühsport", False)
        alice.sync()
        equal(attendees(alice.item("early")), {ALICE: "ACCEPTED", BOB: "DECLINED"})


def change(steps, alice, bob):
    """The organizer changes and cancels."""
    with steps("a meeting that Alice moves moves for Bob, who keeps his alarm"):
        alice.edit("lunch", ("start", "20270105T120000Z"), ("end", "20270105T130000Z"))
        bob.sync()
        item = bob.item("lunch")
        equal((item["start"], item["end"]), ("20270105T120000Z", "20270105T130000Z"))
        equal(item["alarms"], ["-PT10M"])
    with steps("a title that Alice corrects is corrected for Bob"):
        alice.edit("lunch", ("title", "Abendessen Ü"))
        bob.sync()
        equal(bob.item("lunch")["title"], "Abendessen Ü")
    with steps("a meeting that Alice deletes is cancelled for Bob"):
        alice.remove("lunch")
        bob.sync()
        item = bob.item("lunch")
        holds(item is None or "STATUS:CANCELLED" in item["text"], "Bob still has it")
        alice.gone("lunch")


def series(steps, alice, bob):
    """A series: one occurrence is moved by the organizer."""
    with steps("Bob accepts a series; an occurrence that Alice moves moves for him alone"):
        alice.add(meeting("weekly", "Jour fixe", BOB, start=(4, 14), end=(4, 15), lines=["RRULE:FREQ=DAILY;COUNT=4"]))
        bob.sync()
        bob.desk.answer("Jour fixe", True)
        alice.sync()
        equal(attendees(alice.item("weekly"))[BOB], "ACCEPTED")
        alice.edit_one("weekly", "20270106T130000Z", ("start", "20270106T160000Z"), ("end", "20270106T170000Z"))
        bob.sync()
        shown = [start for title, start in bob.shown(*WEEK) if title == "Jour fixe"]
        equal(shown, ["20270104T130000Z", "20270105T130000Z", "20270106T160000Z", "20270107T130000Z"])
    with steps("an occurrence that Alice deletes is gone or cancelled for Bob"):
        alice.remove_one("weekly", "20270107T130000Z")
        bob.sync()
        parts = {part.value("RECURRENCE-ID"): part for part in read(bob.item("weekly")["text"]).all("VEVENT")}
        left = [start for title, start in bob.shown(*WEEK) if title == "Jour fixe"]
        cancelled = [at for at, part in parts.items() if part.value("STATUS") == "CANCELLED"]
        holds("20270107T130000Z" not in left or any("20270107" in str(at) for at in cancelled), f"Bob is shown {left}")


def others(steps, alice, bob):
    """People who are no users, and when somebody is busy."""
    with steps("somebody who is no user here cannot be reached, which the event says; Bob is invited all the same"):
        alice.add(meeting("mixed", "Gemischt", BOB, STRANGER, start=(8, 9), end=(8, 10)))
        part = main_part(alice.stored("mixed"))
        status = parameter(part, STRANGER, "SCHEDULE-STATUS") or ""
        holds(status[:1] in ("3", "5"), f"SCHEDULE-STATUS of the stranger is {status!r}")
        bob.sync()
        holds("Gemischt" in [one["title"] for one in bob.desk.invitations()], "Bob was not invited")
    with steps("Alice's Thunderbird is told when Bob is busy, and nothing more"):
        busy = alice.desk.busy(BOB, *WEEK)
        holds(busy, "the server told nothing")
        holds(["20270106T160000Z", "20270106T170000Z"] in [one[:2] for one in busy], f"Bob is busy at {busy}")
    with steps("no dialog opened but the one for each account"):
        for side in (alice, bob):
            equal([prompt["answered"] for prompt in side.desk.record()["prompts"]], [True])


def main():
    """Runs every part; nothing after the accounts can hold without them."""
    # Ended from outside, it still takes both Thunderbirds, the server and their files with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was done"))
    steps = Steps()
    home = pathlib.Path(tempfile.mkdtemp(prefix="rolodav-thunderbird-"))
    try:
        with Server(users=()) as server, Thunderbird(home / "alice") as first, Thunderbird(home / "bob") as second:
            for name in ("alice", "bob"):
                server.add_user(name, "secret", "--mail", f"{name}@example.org")
            alice = Agenda(server, first, server.calendar("alice"), "alice")
            bob = Agenda(server, second, server.calendar("bob"), "bob")
            accounts(steps, (alice, bob))
            if not steps.failures:
                invite(steps, alice, bob)
                decline(steps, alice, bob)
                change(steps, alice, bob)
                series(steps, alice, bob)
                others(steps, alice, bob)
            if steps.failures:
                for thunderbird in (first, second):
                    print("--- Thunderbird's last lines", *thunderbird.log()[-30:], "---", sep="\n", flush=True)
            steps.finish()
    finally:
        shutil.rmtree(home, ignore_errors=True)


main()
