#!/usr/bin/env python3
# needs: apt thunderbird
# timeout: 240
"""Thunderbird, the distribution's package, headless: a calendar, everything both ways."""

import re
import shutil
import signal
import sys
import tempfile

from agenda import agenda, alarm, expanded, main_part, many_events, rules, vienna, zoned
from calendars import CalendarClient, D
from events import component, event, read
from marionette import MarionetteError
from rolodav import Server, need
from steps import Steps, equal, holds
from thunderbird_agenda import FETCH, ONE_REPORT, Agenda
from thunderbird_driver import Thunderbird
from thunderbird_events import FLAWED, ODD, RICH, SERIES

need("thunderbird")

EVENTS = 200
TWO_YEARS = ("20270101T000000Z", "20290101T000000Z")


def own(found, wanted):
    """Fails unless the CalDAV calendars found to write to are the wanted ones; there may be more to read."""
    caldav = [one for one in found if one.get("kind", "caldav") == "caldav"]
    equal({one["url"] for one in caldav if not one["readOnly"]}, wanted)


def first_contact(steps, server, thunderbird, events, tasks):
    """Discovery, the account, the first download."""
    desk, both = thunderbird.calendars, {server.url + events.path, server.url + tasks.path}
    places = {"": both, "/.well-known/caldav": both, "/dav/": both, server.principal("alice"): both,
              server.calendar_home("alice"): both, events.path: {server.url + events.path}}
    for place, wanted in places.items():
        with steps(f"the calendars are found from {place or 'the bare address'}"):
            own(desk.detect(server.url + place, "alice", "secret"), wanted)
    with steps("a password of a device finds the calendars too"):
        own(desk.detect(server.url, "alice", server.add_device("alice", "laptop")), both)
    with steps("looking for calendars left nothing behind on the server"):
        equal(len(events.listing()), EVENTS)
        equal(tasks.listing(), {})
    with steps("the dialog adds them by the bare address, name and password"):
        holds(not desk.record()["prompts"], f"a dialog opened: {desk.record()['prompts']}")
        desk.clearRecord()
        added = {one["url"]: one for one in desk.addAccount(server.url, "alice", "secret")}
        own(added.values(), both)
        for side in (events, tasks):
            one = added[server.url + side.path]
            side.id = one["id"]
            shown = side.http.propfind(side.path, D + "displayname").multistatus().only().text(D + "displayname")
            equal((one["name"], one["readOnly"]), (shown, False))
    with steps("one is for events, the other for tasks, both can be written to"):
        for side, kind in ((events, "VEVENT"), (tasks, "VTODO")):
            found = desk.firstSync(side.id, 60)
            equal((found["kinds"], found["readOnly"]), ([kind], False))
    with steps(f"the first sync brings {EVENTS} events"):
        equal(len(events.items()), EVENTS)
        events.same()
        tasks.same()
    if steps.failures:
        return
    with steps("the first sync is one question what there is and multigets of a hundred"):
        reports = [one for one in events.signed_in() if one[0] == "REPORT"]
        equal(reports, ONE_REPORT * (2 + (EVENTS - 1) // 100))
    with steps("every event came with all its lines"):
        events.same_content(*events.items())
    with steps("whole days, alarms and zones are shown as they are meant"):
        for uid, item in events.items().items():
            part = main_part(events.stored(uid))
            equal(item["wholeDay"], part.parameters("DTSTART") == "VALUE=DATE", f"whole day of {uid}")
            equal(item["alarms"], [each.value("TRIGGER") for each in part.all("VALARM")], f"alarms of {uid}")
            if part.parameters("DTSTART") == "TZID=Europe/Vienna":
                hour = int(part.value("DTSTART")[9:11]) - 1
                equal(item["start"][9:], f"{hour:02}0000Z", f"start of {uid}")


def stillness(steps, sides, when):
    """A sync without changes is one small request and touches nothing."""
    with steps(f"{when}, a sync without changes is one small request"):
        equal(sides.sync(), ONE_REPORT)
        requests = sides.requests()
        holds(len(requests) <= 2, f"{len(requests)} requests, the signed-out ones included")
        holds(requests[-1]["bytes"] < 1000, f"the answer has {requests[-1]['bytes']} bytes")
        equal(sides.touched(), (0, 0, 0), "items touched")


def server_changes(steps, events):
    """What other clients do arrives in Thunderbird."""
    with steps("an event created, one edited and one deleted elsewhere arrive by two requests"):
        events.put("elsewhere", event("elsewhere", ":20270105T100000Z", "DTEND:20270105T110000Z", summary="Ænderung"))
        events.put("event-0001", event("event-0001", ":20270105T120000Z", "DTEND:20270105T130000Z", summary="Später"))
        events.delete("event-0002")
        equal(events.sync(), FETCH)
        equal(events.touched(), (1, 1, 1), "items touched")
        equal(events.item("elsewhere")["title"], "Ænderung")
        equal((events.item("event-0001")["title"], events.item("event-0001")["start"]), ("Später", "20270105T120000Z"))
        equal(events.item("event-0002"), None, "the deleted event")
        events.same()
    with steps("40 events created, 40 edited and 10 deleted elsewhere arrive"):
        for number, (uid, text) in enumerate(many_events(40, "more").items()):
            events.put(uid, text)
            events.put(f"event-{100 + number:04}", event(
                f"event-{100 + number:04}", ":20270210T100000Z", "DURATION:PT1H", summary=f"Verschoben {number}"))
        for number in range(140, 150):
            events.delete(f"event-{number:04}")
        equal(events.sync(), FETCH)
        equal(events.touched(), (40, 40, 10), "items touched")
        events.same()
    with steps("an event deleted and created again under the same name arrives once"):
        events.delete("event-0003")
        events.put("event-0003", event("event-0003", ":20270105T100000Z", "DURATION:PT1H", summary="Wieder da"))
        equal(events.sync(), FETCH)
        equal(events.item("event-0003")["title"], "Wieder da")
        events.same()
    with steps("a series arrives with its changed and its deleted occurrence"):
        moved = component("VEVENT", "series", f"RECURRENCE-ID{vienna(12, 10)}", f"DTSTART{vienna(12, 15)}",
                          f"DTEND{vienna(12, 16)}", "SUMMARY:Verlegt")
        events.put("series", zoned(component("VEVENT", "series", *SERIES, f"EXDATE{vienna(19, 10)}"), moved))
        equal(events.sync(), FETCH)
        equal([one for one in events.shown("20270101T000000Z", "20270131T000000Z") if one[0] in ("Jour fixe", "Verlegt")],
              [("Jour fixe", "20270105T090000Z"), ("Verlegt", "20270112T140000Z"), ("Jour fixe", "20270126T090000Z")])
        events.same_content("series")
    with steps("what Thunderbird shows of two years of series is what the server makes of them"):
        # It does not know weeks by their number, and moves 29 February to 1 March.
        kept = {uid: text for uid, text in rules().items() if uid not in ("week-20", "leap-day")}
        for uid, text in kept.items():
            events.put(uid, text)
        events.sync()
        shown = sorted((one["uid"], one["start"], one["title"]) for one in events.desk.shown(events.id, *TWO_YEARS))
        made = expanded(events.http, events.path, *TWO_YEARS)
        for uid in kept:
            equal([one[1:] for one in shown if one[0] == uid], [one[1:] for one in made if one[0] == uid], uid)
        equal(len(shown), len(made))
        events.same_content(*kept)
    for uid, text in FLAWED.items():
        with steps(f"a flawed event arrives and can be edited: {uid}"):
            events.put(uid, text)
            equal(events.sync(), FETCH)
            equal(events.item(uid)["title"], uid)
            events.edit(uid, ("DESCRIPTION", "edited"))
            equal(main_part(events.stored(uid)).value("DESCRIPTION"), "edited")
            events.sync()
            events.same()


def client_changes(steps, events):
    """What is done in Thunderbird arrives on the server."""
    with steps("an event created in Thunderbird is on the server under its own name"):
        uid = events.add(event("new-1", f"{vienna(7, 9)}", f"DTEND{vienna(7, 10)}", "LOCATION:Café Ü",
                               "X-ORIGIN;X-P=1:form", *alarm("-PT10M"), summary="Frühstück"))
        part = main_part(events.stored(uid))
        equal((part.value("SUMMARY"), part.value("LOCATION"), part.value("X-ORIGIN")), ("Frühstück", "Café Ü", "form"))
        equal((part.parameters("DTSTART"), part.value("DTSTART")), ("TZID=Europe/Vienna", "20270107T090000"))
        equal(part.one("VALARM").value("TRIGGER"), "-PT10M")
        equal(read(events.stored(uid)).one("VTIMEZONE").value("TZID"), "Europe/Vienna")
        events.same()
    with steps("an event of a whole day stays one"):
        uid = events.add(event("day-1", ";VALUE=DATE:20270108", "DTEND;VALUE=DATE:20270110", summary="Messe"))
        part = main_part(events.stored(uid))
        equal([(part.parameters(name), part.value(name)) for name in ("DTSTART", "DTEND")],
              [("VALUE=DATE", "20270108"), ("VALUE=DATE", "20270110")])
    with steps("20 events created one after the other are all on the server"):
        for uid, text in many_events(20, "burst").items():
            events.add(text)
        events.sync()
        events.same()
        events.same_content(*many_events(20, "burst"))
    with steps("an edit keeps every line that Thunderbird does not know, alarms and categories too"):
        events.put("rich", RICH)
        events.sync()
        events.edit("rich", ("LOCATION", "Gasse 2"), ("title", "Höhe"))
        before, after = agenda(RICH)[None], agenda(events.stored("rich"))[None]
        # A place that is another one has another map.
        lost = [line for line in before if line not in after and line[0] not in ("SUMMARY", "LOCATION")]
        equal(lost, [], "lost or changed")
        equal(main_part(events.stored("rich")).value("SUMMARY"), "Höhe")
        equal(main_part(events.stored("rich")).value("LOCATION"), "Gasse 2")
    for name, uid in ODD.items():
        with steps(f"an event named {name} comes here, and an edit of it goes back there"):
            reply = events.http.put(events.path + name, event(uid, ":20270105T100000Z", "DURATION:PT1H"))
            equal(reply.status, 201)
            events.hrefs.add(events.path + name)
            events.sync()
            events.edit(uid, ("LOCATION", "Büro"))
            equal(main_part(events.http.get(events.path + name).text).value("LOCATION"), "Büro")
            events.sync()
            events.same()
    with steps("a series made in Thunderbird, one occurrence changed and one deleted, is right on the server"):
        uid = events.add(zoned(component("VEVENT", "own-series", *SERIES)))
        events.edit_one(uid, "20270112T090000Z", ("title", "Verlegt"), ("start", "20270112T140000Z"),
                        ("end", "20270112T150000Z"))
        events.remove_one(uid, "20270119T090000Z")
        found = read(events.stored(uid)).all("VEVENT")
        equal(len(found), 2, "components")
        equal(main_part(events.stored(uid)).values("EXDATE"), ["20270119T100000"])
        equal(expanded(events.http, events.path, "20270101T000000Z", "20270201T000000Z", uid), [
            (uid, "20270105T090000Z", "Jour fixe"), (uid, "20270112T140000Z", "Verlegt"), (uid, "20270126T090000Z", "Jour fixe")])
        events.sync()
        events.same()
    with steps("an occurrence of a series from elsewhere is changed and deleted here"):
        events.edit_one("series", "20270126T090000Z", ("title", "Ausnahme"))
        events.remove_one("series", "20270105T090000Z")
        equal([one for one in events.shown("20270101T000000Z", "20270131T000000Z")
               if one[0] in ("Jour fixe", "Verlegt", "Ausnahme") and one[1].startswith(("20270105", "20270126"))],
              [("Jour fixe", "20270105T090000Z"), ("Jour fixe", "20270126T090000Z"), ("Ausnahme", "20270126T090000Z")])
        equal(sorted(str(at) for at in agenda(events.stored("series"))), ["20270112T100000", "20270126T100000", "None"])
        events.same_content("series")
    with steps("events deleted in Thunderbird are gone from the server"):
        events.remove("event-0010", "event-0011", "own-series")
        events.gone("event-0010", "event-0011", "own-series")
        events.same()
    with steps("Thunderbird's own changes come back without effect"):
        equal(events.sync(), ONE_REPORT)
        equal(events.touched(), (0, 0, 0), "items touched")
        events.same()


def both_sides(steps, events):
    """The same event changed on both sides, and changes made without a connection."""
    mine = event("event-0020", ":20270105T100000Z", "DURATION:PT1H", summary="Server")
    for overwrite, kept in ((True, "Mine"), (False, "Server")):
        with steps(f"an event edited on both sides: the person is asked and {kept.lower()} stays"):
            events.put("event-0020", mine)
            events.sync()
            events.put("event-0020", mine.replace("DURATION:PT1H", f"DURATION:PT{2 + overwrite}H"))
            events.desk.clearRecord()
            events.desk.expectConflict(overwrite)
            events.edit("event-0020", ("title", "Mine"))
            puts = [status for method, _, status in events.signed_in() if method == "PUT"]
            holds(puts[0] == 412 and puts[1:] == ([204] if overwrite else []), f"PUTs were answered {puts}")
            events.sync()
            equal(events.item("event-0020")["title"], kept)
            equal(main_part(events.stored("event-0020")).value("SUMMARY"), kept)
            events.same()
    with steps("changes made while the server is away wait and arrive once it is back"):
        events.server.stop()
        try:
            events.add(event("offline-1", ":20270105T100000Z", "DURATION:PT1H", summary="Öffline"))
            events.edit("event-0030", ("title", "Offline geändert"))
            events.remove("event-0031")
            equal(events.desk.waiting(events.id), {"created": 1, "changed": 1, "deleted": 1})
        finally:
            events.server.start()
        events.put("event-0032", event("event-0032", ":20270105T100000Z", "DURATION:PT1H", summary="Inzwischen"))
        events.sync()
        equal(events.desk.waiting(events.id), {"created": 0, "changed": 0, "deleted": 0})
        equal(main_part(events.stored("offline-1")).value("SUMMARY"), "Öffline")
        equal(main_part(events.stored("event-0030")).value("SUMMARY"), "Offline geändert")
        events.gone("event-0031")
        equal(events.item("event-0032")["title"], "Inzwischen")
        events.sync()
        events.same()


def foreign_token():
    """A token of another store, which has seen just as much."""
    with Server() as other:
        client, path = CalendarClient(other.url, "alice"), other.calendar("alice")
        equal(client.put(path + "one.ics", event("one", ":20270105T100000Z")).status, 201)
        return client.propfind(path, D + "sync-token").multistatus().only().text(D + "sync-token")


def lost_tokens(steps, events):
    """A token the server cannot use is refused, and Thunderbird starts over by itself."""
    own = events.desk.token(events.id)
    tokens = {
        "that is nonsense": lambda: "bogus",
        "of another store": foreign_token,
        "of the future": lambda: re.sub(r"(\d+)(?!.*\d)", "99999999999", own),
    }
    for number, (kind, make) in enumerate(tokens.items()):
        with steps(f"after a token {kind}, Thunderbird has everything again"):
            token = make()
            holds(token != own, "the token is the right one")
            events.put(f"event-{170 + number:04}", event(
                f"event-{170 + number:04}", ":20270105T100000Z", "DURATION:PT1H", summary="Ungesehen"))
            events.put(f"unseen-{number}", event(f"unseen-{number}", ":20270105T100000Z"))
            events.delete(f"event-{180 + number:04}")
            events.desk.setToken(events.id, token)
            first, *rest = events.sync()
            holds(first[0] == "REPORT" and 400 <= first[2] < 500, f"the token was answered {first}")
            equal(rest, FETCH)
            equal(events.touched(), (1, 1, 1), "items touched")
            events.same()
            equal(events.sync(), ONE_REPORT)


def restarts(steps, events, tasks):
    """Neither side forgets anything when it starts again."""
    thunderbird, server, desk = events.thunderbird, events.server, events.desk
    with steps("after a kill of the server the old token still gives the change, and only it"):
        events.put("event-0040", event("event-0040", ":20270105T100000Z", summary="Vor dem Ende"))
        server.kill()
        server.start()
        equal(events.sync(), FETCH)
        equal(events.touched(), (0, 1, 0), "items touched")
        equal(events.item("event-0040")["title"], "Vor dem Ende")
        events.same()
    with steps("the password was saved once, under one realm"):
        logins = desk.savedLogins()
        equal([(one["origin"], one["username"]) for one in logins], [(server.url, "alice")])
        realms = set(desk.record()["challenges"])
        equal(len(realms), 1, f"challenges {realms}")
        holds(f'Basic realm="{logins[0]["realm"]}"' in realms.pop(), "the saved realm is another one")
    with steps("no dialog opened but the one for the account and the two questions which version to keep"):
        equal([prompt["answered"] for prompt in desk.record()["prompts"]], [True, True, False])
    with steps("after a restart of Thunderbird a sync brings the change without a prompt"):
        thunderbird.stop()
        events.put("event-0041", event("event-0041", ":20270105T100000Z", summary="Nach dem Neustart"))
        thunderbird.start()
        holds({events.id, tasks.id} <= {one["id"] for one in desk.calendars()}, "it forgot a calendar")
        events.sync()
        equal(events.item("event-0041")["title"], "Nach dem Neustart")
        equal(desk.record()["prompts"], [])
        events.same()
        tasks.sync()
        tasks.same()
    with steps("a wrong password is refused without a prompt, and the right one works right after"):
        try:
            found = desk.detect(server.url, "alice", "wrong")
        except MarionetteError:
            found = []
        equal(found, [])
        own(desk.detect(server.url, "alice", "secret"), {server.url + side.path for side in (events, tasks)})
        equal(desk.record()["prompts"], [])


def main():
    """Runs every part; nothing after the first contact can hold without it."""
    # Ended from outside, it still takes Thunderbird, the server and their files with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was done"))
    steps = Steps()
    home = tempfile.mkdtemp(prefix="rolodav-thunderbird-")
    try:
        with Server() as server, Thunderbird(home) as thunderbird:
            events = Agenda(server, thunderbird, server.calendar("alice"))
            tasks = Agenda(server, thunderbird, server.calendar("alice", "tasks"))
            with steps(f"{EVENTS} events are put"):
                for uid, text in many_events(EVENTS).items():
                    events.put(uid, text)
            first_contact(steps, server, thunderbird, events, tasks)
            if not steps.failures:
                stillness(steps, events, "after the first sync")
                server_changes(steps, events)
                client_changes(steps, events)
                both_sides(steps, events)
                stillness(steps, events, "after all changes")
                lost_tokens(steps, events)
                restarts(steps, events, tasks)
            if steps.failures:
                print("--- Thunderbird's last lines", *thunderbird.log()[-60:], "---", sep="\n", flush=True)
            steps.finish()
    finally:
        shutil.rmtree(home, ignore_errors=True)


main()
