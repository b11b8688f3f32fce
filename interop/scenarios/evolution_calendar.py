#!/usr/bin/env python3
# needs: apt evolution-data-server gir1.2-ecal-2.0 python3-gi dbus-daemon tzdata
# timeout: 170
"""evolution-data-server, what GNOME Calendar and Evolution sync with: events and tasks, every change both ways."""

import os
import pathlib
import sys

from agenda import agenda, alarm, expanded, in_utc, main_part, many_events, rules, vienna, zoned
from calendars import CAL, ICAL, CalendarClient, D
from cards import card
from dav import Client
from events import VIENNA, calendar, component, event, todo
from evolution_agenda import CalendarDesk
from evolution_desk import fetched, settle
from evolution_session import Evolution, EvolutionError, missing
from rolodav import WORK, Server
from steps import Steps, equal, holds, one_of
from wiretap import Wiretap

COUNT = 200
JANUARY = ("20270101T000000Z", "20270201T000000Z")
# The years 2027 and 2028, as iCalendar and in Unix seconds.
TWO_YEARS = ("20270101T000000Z", "20290101T000000Z")
IN_SECONDS = {"start": 1798761600, "end": 1861920000}
RICH = zoned(component(
    "VEVENT", "rich", "SUMMARY:Größe\\, Länge\\; Tiefe", f"DTSTART{vienna(4, 9)}", f"DTEND{vienna(4, 10)}",
    "LOCATION:Straße 1", "CLASS:PRIVATE", "PRIORITY:1", "TRANSP:TRANSPARENT", "STATUS:TENTATIVE",
    # It cuts the backslash off a comma in a property that it does not know.
    "URL:https://example.org/größe", "X-INTEROP-KEEP;X-ROLE=\"a;b\":as it was",
    "DESCRIPTION:eins\\nzwei\\, drei", "CATEGORIES:Ärger,Büro", *alarm("-PT20M", "Los"), *alarm("-P1D", "Morgen")))
# 10:00 in Vienna on four Tuesdays.
SERIES = [f"DTSTART{vienna(5, 10)}", f"DTEND{vienna(5, 11)}", "RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:Jour fixe"]


def january(client, path, uid):
    """What the server makes of a series in January: (start, title) of every occurrence, in UTC."""
    return [one[1:] for one in expanded(client, path, *JANUARY, uid)]


def arrive(steps, server, events, tasks, client, paths):
    """Discovery, the account, and the first download."""
    session, tap = events.session, events.tap
    password = server.add_device("alice", "GNOME desktop")
    with steps(f"{COUNT} events and a rich one are put on the server"):
        for uid, text in many_events(COUNT).items():
            equal(client.put(f"{paths[0]}{uid}.ics", text, If_None_Match="*").status, 201, f"PUT {uid}")
        equal(client.put(f"{paths[0]}rich.ics", RICH).status, 201)
    with steps("`Find calendars` of the dialog finds both behind the bare address, each for its kind"):
        found = session.discover(url=tap.url + "/", user="alice", password=password)["calendars"]
        kinds = {one["href"]: (one["events"], one["tasks"]) for one in found}
        equal([kinds.get(tap.url + path) for path in paths], [(True, False), (False, True)])
    with steps("a wrong password is refused there, with the same realm everywhere"):
        tap.clear()
        try:
            session.discover(url=tap.url + "/", user="alice", password="wrong")
            holds(False, "a wrong password found calendars")
        except EvolutionError:
            pass
        realms = {e.answer_headers.get("www-authenticate") for e in tap.exchanges() if e.status == 401}
        holds(len(realms) == 1 and "Basic realm=" in str(realms), f"the challenges are {realms}")
    with steps("an account made of the bare address finds the calendar and the task list by itself"):
        session.add_account(account="account", url=tap.url + "/", user="alice", password=password)
        for desk, path in zip((events, tasks), paths):
            name = client.propfind(path, D + "displayname").multistatus().only().text(D + "displayname")
            equal(desk.find("account", [path]), [name])
    with steps("the calendar opens for writing and all events come down as they are served"):
        settle(tap)
        tap.clear()
        equal(events.open(), True)
        events.agrees(client, paths[0])
        settle(tap)
        status = session.status(source=events.source)
        equal((status["writable"], status["connection"]), (True, "connected"))
        equal(status["credentials_required"], [], "the user was asked for the password")
    with steps("every event was asked for once"):
        asked = [href for href in fetched(tap.exchanges()) if href.startswith(paths[0].encode())]
        equal((len(asked), len(set(asked))), (COUNT + 1, COUNT + 1))
    with steps("the calendar of birthdays is there too, follows the cards, and cannot be written to"):
        born = CalendarDesk(session, tap, "events")
        born.find("account", [server.calendar("alice", "birthdays")])
        equal(Client(server.url, "alice").put(server.book("alice") + "zoe.vcf", card(
            "zoe", "Zoë", "Ü", "BDAY:1990-05-17")).status, 201)
        equal(born.open(), False, "writable")
        born.agrees(client, server.calendar("alice", "birthdays"))
        shown = session.shown(source=born.source, **IN_SECONDS)
        equal([start for _, start, _ in shown], ["20270517", "20280517"])
    with steps("the task list opens for writing"):
        equal(tasks.open(), True)
        tasks.agrees(client, paths[1])


def exchange_changes(steps, events, client, path):
    """Every kind of change, in both directions."""
    session, tap = events.session, events.tap
    with steps("without a change a refresh costs one small question"):
        exchanges = events.refresh()
        equal([e.status for e in exchanges], [207])
        holds(len(exchanges[0].answer_body) < 2000, "the answer grows with the calendar")
    with steps("changes on the server come down, and only those are fetched"):
        for number in range(5):
            uid = f"event-{number:04}"
            text = event(uid, ":20270105T100000Z", "DURATION:PT2H", "LOCATION:Größer\\, by server", summary="Neu")
            one_of(client.put(f"{path}{uid}.ics", text).status, (200, 204), f"PUT {uid}")
        for number in range(5, 8):
            one_of(client.delete(f"{path}event-{number:04}.ics").status, (200, 204))
        for uid, text in many_events(4, "server").items():
            equal(client.put(f"{path}{uid}.ics", text).status, 201)
        exchanges = events.refresh()
        events.agrees(client, path)
        equal(len(set(fetched(exchanges))), 9, "events fetched for 5 edits and 4 creations")
    with steps("an event deleted and made again under its name arrives as it is now"):
        client.delete(f"{path}event-0008.ics")
        equal(client.put(f"{path}event-0008.ics", event("event-0008", ":20270105T100000Z", summary="Wieder da")).status, 201)
        events.refresh()
        events.agrees(client, path)
    with steps("a series comes down with its changed and its deleted occurrence"):
        moved = component("VEVENT", "series", f"RECURRENCE-ID{vienna(12, 10)}", f"DTSTART{vienna(12, 15)}",
                          f"DTEND{vienna(12, 16)}", "SUMMARY:Verlegt")
        text = zoned(component("VEVENT", "series", *SERIES, f"EXDATE{vienna(19, 10)}"), moved)
        equal(client.put(f"{path}series.ics", text).status, 201)
        events.refresh()
        events.agrees(client, path)
        holds(("series", "20270112T100000") in events.mine(), "the changed occurrence is missing")
    with steps("what the desktop shows of two years of series is what the server makes of them"):
        for uid, text in rules().items():
            equal(client.put(f"{path}{uid}.ics", text).status, 201)
        events.refresh()
        events.agrees(client, path)
        shown = sorted((uid, in_utc(start, zone)) for uid, start, zone in session.shown(source=events.source, **IN_SECONDS))
        made = [one[:2] for one in expanded(client, path, *TWO_YEARS)]
        for uid in rules():
            equal([start for one, start in shown if one == uid], [start for one, start in made if one == uid], uid)
        equal(len(shown), len(made))
    with steps("a new event goes up with If-None-Match and arrives whole"):
        tap.clear()
        text = component("VEVENT", "desk-1", "SUMMARY:Bjørn Ångström", f"DTSTART{vienna(7, 9)}", f"DTEND{vienna(7, 10)}",
                         "LOCATION:Café Ü", "X-DESK;X-P=1:own", *alarm("-PT10M"))
        uid = session.create(source=events.source, text=text, zone=VIENNA)
        put = tap.exchanges("PUT")[0]
        equal((put.status, put.headers.get("if-none-match")), (201, "*"))
        equal(agenda(client.get(f"{path}{uid}.ics").text), agenda(calendar(text)))
        etag = put.answer_headers.get("etag")
        if etag is not None:
            equal(client.get(put.target).etag, etag, "the ETag in the answer to PUT")
            equal(client.get(put.target).body, put.body, "an ETag was answered, so the bytes as sent")
    with steps("an edit keeps alarms, parameters and unknown properties on the server"):
        session.modify(source=events.source, uid="rich", lines=["LOCATION:Gasse 2", "SUMMARY:Höhe"])
        after = agenda(client.get(f"{path}rich.ics").text)[None]
        lost = [line for line in agenda(RICH)[None] if line not in after and line[0] not in ("SUMMARY", "LOCATION")]
        equal(lost, [], "lost or changed")
        part = main_part(client.get(f"{path}rich.ics").text)
        equal((part.value("SUMMARY"), part.value("LOCATION")), ("Höhe", "Gasse 2"))
    with steps("a series made here, one occurrence changed and one deleted, is right on the server"):
        uid = session.create(source=events.source, text=component("VEVENT", "mine", *SERIES), zone=VIENNA)
        session.modify_one(source=events.source, uid=uid, at=vienna(12, 10), start=vienna(12, 15), end=vienna(12, 16),
                           lines=["SUMMARY:Verlegt"])
        session.remove_one(source=events.source, uid=uid, at="20270119T100000")
        equal(january(client, path, uid), [("20270105T090000Z", "Jour fixe"), ("20270112T140000Z", "Verlegt"),
                                             ("20270126T090000Z", "Jour fixe")])
    with steps("occurrences of a series from elsewhere are changed and deleted here"):
        session.modify_one(source=events.source, uid="series", at=vienna(26, 10), start=vienna(26, 11), end=vienna(26, 12),
                           lines=["SUMMARY:Ausnahme"])
        session.remove_one(source=events.source, uid="series", at="20270105T100000")
        equal(january(client, path, "series"), [("20270112T140000Z", "Verlegt"), ("20270126T100000Z", "Ausnahme")])
    with steps("a deleted day of a series of whole days is gone on the server too"):
        text = component("VEVENT", "ferien", "DTSTART;VALUE=DATE:20270111", "DTEND;VALUE=DATE:20270112",
                         "RRULE:FREQ=DAILY;COUNT=4", "SUMMARY:Ferien")
        session.create(source=events.source, text=text)
        session.remove_one(source=events.source, uid="ferien", at="20270112")
        equal([start for start, _ in january(client, path, "ferien")], ["20270111", "20270113", "20270114"])
    with steps("a deletion goes up"):
        tap.clear()
        session.remove(source=events.source, uid="desk-1")
        gone = tap.exchanges("DELETE")[0]
        holds(gone.status in (200, 204), f"{gone}")
        equal(client.get(gone.target).status, 404)
    with steps("its own changes are not downloaded again"):
        exchanges = events.refresh()
        equal(fetched(exchanges), [])
        events.agrees(client, path)


def task_list(steps, tasks, client, path):
    """Tasks, both ways."""
    session, tap = tasks.session, tasks.tap
    with steps("tasks come down, with their due dates and what is done"):
        for uid, lines in {
            "task-1": ["DUE:20270105T100000Z", "PRIORITY:1", *alarm("-PT1H")],
            "task-2": ["DUE;VALUE=DATE:20270106", "STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:20261201T080000Z"],
            "task-3": ["STATUS:IN-PROCESS", "PERCENT-COMPLETE:40", "X-INTEROP-KEEP:kept", "RELATED-TO:task-1"],
        }.items():
            equal(client.put(f"{path}{uid}.ics", todo(uid, *lines, summary=f"Größe {uid}")).status, 201)
        tasks.refresh()
        tasks.agrees(client, path)
    with steps("a task made here goes up, is completed here, and keeps its lines"):
        tap.clear()
        uid = session.create(source=tasks.source, text=component(
            "VTODO", "desk-task", "SUMMARY:Aufräumen", "DUE:20270107T100000Z", "X-DESK:own"))
        equal([e.status for e in tap.exchanges("PUT")], [201])
        done = ["STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:20270102T080000Z"]
        for each in (uid, "task-3"):
            session.modify(source=tasks.source, uid=each, lines=done)
            part = main_part(client.get(f"{path}{each}.ics").text)
            equal([part.value(name) for name in ("STATUS", "PERCENT-COMPLETE", "COMPLETED")],
                  ["COMPLETED", "100", "20270102T080000Z"], each)
        equal(main_part(client.get(f"{path}task-3.ics").text).value("RELATED-TO"), "task-1")
        equal(main_part(client.get(f"{path}task-3.ics").text).value("X-INTEROP-KEEP"), "kept")
        equal(main_part(client.get(f"{path}desk-task.ics").text).value("X-DESK"), "own")
    with steps("a task completed elsewhere is completed here, and deletions pass both ways"):
        one_of(client.put(f"{path}task-1.ics", todo("task-1", "STATUS:COMPLETED", "COMPLETED:20261201T080000Z")).status, (200, 204))
        client.delete(f"{path}task-2.ics")
        session.remove(source=tasks.source, uid="desk-task")
        equal(client.get(f"{path}desk-task.ics").status, 404)
        tasks.refresh()
        tasks.agrees(client, path)
        equal(sorted(uid for uid, _ in tasks.mine()), ["task-1", "task-3"])


def collide(steps, events, client, path):
    """Both sides change one event."""
    session, tap = events.session, events.tap

    def meanwhile(uid):
        text = event(uid, ":20270105T100000Z", "DURATION:PT1H", summary="server")
        holds(client.put(f"{path}{uid}.ics", text).status in (200, 204), f"PUT {uid}")

    def title(uid):
        return main_part(client.get(f"{path}{uid}.ics").text).value("SUMMARY")

    def refused(action, **words):
        try:
            action(source=events.source, conflict="fail", **words)
        except EvolutionError as error:
            holds("out of sync" in str(error), f"the reason given is {error}")
            return
        holds(False, "a stale change was taken")

    with steps("a stale edit with a precondition is refused and the server's version stands"):
        meanwhile("event-0020")
        tap.clear()
        refused(session.modify, uid="event-0020", lines=["SUMMARY:desk"])
        put = tap.exchanges("PUT")[0]
        equal(put.status, 412)
        holds(put.headers.get("if-match"), "the client sent no If-Match")
        equal(title("event-0020"), "server")
    with steps("a stale deletion with a precondition is refused"):
        meanwhile("event-0021")
        refused(session.remove, uid="event-0021")
        equal(client.get(f"{path}event-0021.ics").status, 200)
    with steps("after a refresh the desktop shows what the server kept"):
        events.refresh()
        events.agrees(client, path)
    with steps("an edit without a precondition is taken and both sides agree afterwards"):
        meanwhile("event-0023")
        tap.clear()
        session.modify(source=events.source, uid="event-0023", lines=["SUMMARY:desk"])
        put = tap.exchanges("PUT")[0]
        holds(put.status in (200, 204) and "if-match" not in put.headers, f"{put} {put.headers}")
        equal(title("event-0023"), "desk")
        events.refresh()
        events.agrees(client, path)


def manage_calendars(steps, server, events, client, path):
    """The collection browser, and a calendar that is not the one it was."""
    session, family = events.session, server.calendar("alice", "family")
    url = events.tap.url + family
    with steps("a calendar made and deleted from the desktop follows in the account"):
        session.make_calendar(account="account", url=url, name="Familie Ü", description="d & <e>", color="#ff8800")
        shown = client.propfind(family, D + "displayname", CAL + "calendar-description", ICAL + "calendar-color",
                                CAL + "supported-calendar-component-set").multistatus().only()
        equal(shown.text(D + "displayname"), "Familie Ü")
        equal(shown.text(CAL + "calendar-description"), "d & <e>")
        holds(shown.text(ICAL + "calendar-color").lower().startswith("#ff8800"), shown.text(ICAL + "calendar-color"))
        kinds = [kind.get("name") for kind in shown.get(CAL + "supported-calendar-component-set")]
        equal(kinds, ["VEVENT"])
        session.look_again(account="account")
        equal(events.find("account", [path, family])[1], "Familie Ü")
        session.delete_calendar(account="account", url=url)
        session.look_again(account="account")
        events.find("account", [path], gone=[family])
    with steps("a calendar deleted and made anew under its name replaces every event on the desktop"):
        team, place = CalendarDesk(session, events.tap, "events"), server.calendar("alice", "team")
        name = "<D:displayname>Team</D:displayname>"
        equal(client.make_calendar(place, name).status, 201)
        for uid, text in many_events(5, "team").items():
            equal(client.put(f"{place}{uid}.ics", text).status, 201)
        session.look_again(account="account")
        team.find("account", [place])
        team.open()
        team.agrees(client, place)
        holds(client.delete(place).status in (200, 204), "DELETE of the calendar")
        equal(client.make_calendar(place, name).status, 201)
        equal(client.put(f"{place}team-0001.ics", event("team-0001", ":20270105T100000Z", summary="Ganz anders")).status, 201)
        equal(client.put(f"{place}first.ics", event("first", ":20270105T100000Z", summary="Erster")).status, 201)
        team.refresh()
        team.agrees(client, place)


def restart(steps, server, events, client, path):
    """The server goes away and comes back."""
    session = events.session
    with steps("while the server is down a change is refused; after its restart both sides agree"):
        settle(events.tap)
        server.stop()
        try:
            session.create(source=events.source, text=component("VEVENT", "lost-1", "DTSTART:20270105T100000Z"))
            holds(False, "an event was saved on a server that does not run")
        except EvolutionError:
            pass
        server.start()
        client.close()
        equal(client.put(f"{path}back.ics", event("back", ":20270105T100000Z", summary="Wieder da")).status, 201)
        events.refresh()
        events.agrees(client, path)
        session.create(source=events.source, text=component("VEVENT", "found-1", "DTSTART:20270105T100000Z"))
        equal(client.get(f"{path}found-1.ics").status, 200)
        equal(session.status(source=events.source)["credentials_required"], [])


def main():
    lacking = missing("evolution_calendars")
    if lacking:
        sys.exit(f"missing: {lacking}")
    steps = Steps()
    pathlib.Path(WORK, "logs").mkdir(parents=True, exist_ok=True)
    log = os.path.join(WORK, "logs", "evolution-calendar-session.log")
    with (Server() as server, Wiretap("127.0.0.1", server.port) as tap,
          Evolution(log, "evolution_calendars") as session):
        client = CalendarClient(server.url, "alice")
        events, tasks = CalendarDesk(session, tap, "events"), CalendarDesk(session, tap, "tasks")
        paths = server.calendar("alice"), server.calendar("alice", "tasks")
        arrive(steps, server, events, tasks, client, paths)
        exchange_changes(steps, events, client, paths[0])
        task_list(steps, tasks, client, paths[1])
        collide(steps, events, client, paths[0])
        manage_calendars(steps, server, events, client, paths[0])
        restart(steps, server, events, client, paths[0])
        steps.finish()


main()
