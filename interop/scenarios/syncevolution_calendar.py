#!/usr/bin/env python3
# needs: apt syncevolution tzdata
# timeout: 170
"""SyncEvolution: a folder of events and one of tasks and the server, two-way."""

import tempfile

from agenda import KINDS, alarm, expanded, in_utc, main_part, many_events, vienna, zoned
from calendars import CalendarClient, D, texts
from events import component, event, read, todo
from rolodav import Server, need
from steps import Steps, equal, holds, one_of
from syncevolution_peer import CALENDAR, TASKS, Peer
from wiretap import Wiretap

COUNT = 100
# 10:00 in Vienna on four Tuesdays.
SERIES = [f"DTSTART{vienna(5, 10)}", f"DTEND{vienna(5, 11)}", "RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:Jour fixe"]


def when(part, name):
    """A time of a component in UTC, a day as it is; SyncEvolution gives the zone a name of its own."""
    text, given = part.value(name), part.parameters(name)
    if text is None or not given or "TZID" not in given:
        return text
    holds("Vienna" in given, f"the zone of {name} is {given}")
    return in_utc(text, "Europe/Vienna")


def facts(objects):
    """What the events and tasks of calendar texts say, by their titles."""
    out = {}
    for text in objects:
        for part in read(text).children:
            if part.name in KINDS:
                categories = sorted(one for line in part.values("CATEGORIES") for one in line.split(","))
                out[part.value("SUMMARY")] = (
                    [when(part, name) for name in ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID")],
                    part.value("LOCATION"), part.value("DESCRIPTION"), categories, part.value("RRULE") is not None)
    return out


def on_server(client, path):
    """The server's objects by their addresses."""
    hrefs = client.propfind(path, D + "getetag", depth="1").multistatus().hrefs()
    hrefs = [href for href in hrefs if href != path]
    return texts(client.objects(path, hrefs).multistatus()) if hrefs else {}


def agree(peer, client, path):
    """Both sides hold the same items, which say the same."""
    mine, theirs = facts(peer.texts().values()), facts(on_server(client, path).values())
    odd = sorted(mine.keys() ^ theirs.keys())
    holds(not odd, f"the sides differ in {odd[:5]} ({len(odd)} in all)")
    for title, said in theirs.items():
        equal(mine[title], said, f"what the folder says of {title}")


def january(client, path, uid):
    """What the server makes of a series in January: (start, title) of every occurrence, in UTC."""
    return [one[1:] for one in expanded(client, path, "20270101T000000Z", "20270201T000000Z", uid)]


def first_contact(steps, peer, tap, client, path):
    """From the bare address to a full folder."""
    with steps(f"{COUNT} events are put on the server"):
        for uid, text in many_events(COUNT).items():
            equal(client.put(f"{path}{uid}.ics", text, If_None_Match="*").status, 201, f"PUT {uid}")
    with steps("the bare address is enough to find the calendar, and the task list"):
        peer.configure(tap.url + "/", "alice", "secret")
        for backend, place in (("caldav", path), ("caldavtodo", path.replace("/calendar/", "/tasks/"))):
            shown = peer.run("--print-databases", f"backend={backend}", f"syncURL={tap.url}/",
                             "username=alice", "password=secret")
            chosen = [line for line in shown.splitlines() if line.endswith("<default>")]
            holds(len(chosen) == 1 and f"({tap.url}{place})" in chosen[0], f"databases of {backend}: {shown}")
    with steps("the first synchronization fills the folder"):
        tap.clear()
        equal(peer.sync("slow"), ((COUNT, 0, 0), (0, 0, 0)))
        agree(peer, client, path)
        odd = [e for e in tap.exchanges() if e.status not in (200, 207, 301, 302, 307, 308, 401)]
        holds(not odd, f"answers it did not count on: {odd}")
    with steps("without a change nothing is fetched or written"):
        tap.clear()
        equal(peer.sync(), ((0, 0, 0), (0, 0, 0)))
        said = tap.exchanges()
        holds(not any(b"calendar-data" in e.body for e in said), f"it asked {said}")
        holds({e.method for e in said} <= {"PROPFIND", "REPORT", "OPTIONS"}, f"it asked {said}")


def server_changes(steps, peer, tap, client, path):
    """What was done on the server arrives in the folder."""
    with steps("edits, deletions and creations on the server come down"):
        for number in range(3):
            text = event(f"event-{number:04}", ":20270105T100000Z", "DTEND:20270105T120000Z",
                         "LOCATION:Größer\\, by server", summary=f"Später {number}")
            one_of(client.put(f"{path}event-{number:04}.ics", text).status, (200, 204))
        for number in range(3, 5):
            one_of(client.delete(f"{path}event-{number:04}.ics").status, (200, 204))
        for uid, text in many_events(2, "server").items():
            text = text.replace("SUMMARY:", "SUMMARY:Neu ")
            equal(client.put(f"{path}{uid}.ics", text).status, 201)
        equal(peer.sync(), ((2, 3, 2), (0, 0, 0)))
        agree(peer, client, path)
    with steps("a series with a changed and a deleted occurrence comes down"):
        moved = component("VEVENT", "series", f"RECURRENCE-ID{vienna(12, 10)}", f"DTSTART{vienna(12, 15)}",
                          f"DTEND{vienna(12, 16)}", "SUMMARY:Verlegt")
        text = zoned(component("VEVENT", "series", *SERIES, f"EXDATE{vienna(19, 10)}"), moved)
        equal(client.put(f"{path}series.ics", text).status, 201)
        equal(peer.sync(), ((2, 0, 0), (0, 0, 0)))
        agree(peer, client, path)
        equal(when(main_part(peer.texts()["Jour fixe"]), "EXDATE"), "20270119T090000Z")


def folder_changes(steps, peer, tap, client, path):
    """What was done in the folder arrives on the server."""
    with steps("edits, deletions and creations in the folder go up"):
        kept, other, *gone = [main_part(client.get(f"{path}event-{number:04}.ics").text).value("SUMMARY")
                              for number in (10, 11, 12, 13)]
        peer.edit(kept, "PRIORITY:1")
        peer.edit(other, "PRIORITY:5")
        for title in gone:
            peer.remove(title)
        for number in range(3):
            peer.write(f"new-{number}.ics", event(
                f"folder-{number}", f":2027020{number + 1}T100000Z", f"DTEND:2027020{number + 1}T110000Z",
                "DESCRIPTION:first\\nsecond\\, third", "LOCATION:Café Ü", *alarm("-PT10M"), summary=f"Été {number}"))
        tap.clear()
        equal(peer.sync(), ((0, 0, 0), (3, 2, 2)))
        equal(main_part(client.get(f"{path}event-0010.ics").text).value("PRIORITY"), "1")
        part = main_part(client.get(f"{path}folder-1.ics").text)
        equal((part.value("SUMMARY"), part.value("DESCRIPTION")), ("Été 1", "first\\nsecond\\, third"))
        equal(part.one("VALARM").value("TRIGGER"), "-PT10M")
        agree(peer, client, path)
    with steps("its own changes do not come back"):
        equal(peer.sync(), ((0, 0, 0), (0, 0, 0)))
    with steps("a changed occurrence is changed in the folder, and the series keeps its other occurrences"):
        peer.replace("Verlegt", "SUMMARY:Verlegt", "SUMMARY:Nochmals verlegt")
        equal(peer.sync(), ((0, 0, 0), (0, 1, 0)))
        equal(january(client, path, "series"), [
            ("20270105T090000Z", "Jour fixe"), ("20270112T140000Z", "Nochmals verlegt"), ("20270126T090000Z", "Jour fixe")])
        agree(peer, client, path)
    with steps("a series of the folder goes up with its changed and its deleted occurrence"):
        peer.write("mine.ics", zoned(component("VEVENT", "mine", *SERIES[:3], "SUMMARY:Eigene", f"EXDATE{vienna(19, 10)}")))
        peer.write("mine-moved.ics", zoned(component(
            "VEVENT", "mine", f"RECURRENCE-ID{vienna(12, 10)}", f"DTSTART{vienna(12, 15)}", f"DTEND{vienna(12, 16)}",
            "SUMMARY:Eigene verlegt")))
        equal(peer.sync(), ((0, 0, 0), (2, 0, 0)))
        equal(january(client, path, "mine"), [
            ("20270105T090000Z", "Eigene"), ("20270112T140000Z", "Eigene verlegt"), ("20270126T090000Z", "Eigene")])
        agree(peer, client, path)
    with steps("a changed occurrence deleted in the folder is deleted from the series"):
        peer.remove("Eigene verlegt")
        peer.sync()
        holds("Eigene verlegt" not in [title for _, title in january(client, path, "mine")], "it is still there")
        equal(len(read(client.get(f"{path}mine.ics").text).all("VEVENT")), 1, "components")


def both_change(steps, peer, client, path):
    """Changes on both sides at once."""
    with steps("changes to different events on both sides meet"):
        text = event("event-0020", ":20270105T100000Z", "DTEND:20270105T120000Z", summary="Server 20")
        one_of(client.put(f"{path}event-0020.ics", text).status, (200, 204))
        title = main_part(client.get(f"{path}event-0021.ics").text).value("SUMMARY")
        peer.edit(title, "PRIORITY:3")
        equal(peer.sync(), ((0, 1, 0), (0, 1, 0)))
        agree(peer, client, path)
    with steps("one event changed on both sides ends the same on both"):
        title = main_part(client.get(f"{path}event-0022.ics").text).value("SUMMARY")
        text = event("event-0022", ":20270105T100000Z", "DTEND:20270105T120000Z", "LOCATION:Server", summary=title)
        one_of(client.put(f"{path}event-0022.ics", text).status, (200, 204))
        peer.edit(title, "PRIORITY:3")
        peer.sync()
        peer.sync()
        agree(peer, client, path)
    with steps("an event deleted here and edited there is on both sides or on neither"):
        title = main_part(client.get(f"{path}event-0023.ics").text).value("SUMMARY")
        peer.remove(title)
        text = event("event-0023", ":20270105T100000Z", "DTEND:20270105T120000Z", summary="Gerettet")
        one_of(client.put(f"{path}event-0023.ics", text).status, (200, 204))
        peer.sync()
        peer.sync()
        agree(peer, client, path)


def anew(steps, peer, tap, client, path):
    """A calendar that is not the one it was."""
    with steps("a calendar deleted and made anew under its name replaces the folder's events"):
        equal(client.make_calendar(path).status, 201)
        for uid, text in many_events(5, "old").items():
            equal(client.put(f"{path}{uid}.ics", text).status, 201)
        peer.configure(tap.url + "/", "alice", "secret", tap.url + path)
        equal(peer.sync("slow"), ((5, 0, 0), (0, 0, 0)))
        one_of(client.delete(path).status, (200, 204))
        equal(client.make_calendar(path).status, 201)
        for uid, text in many_events(3, "anew").items():
            equal(client.put(f"{path}{uid}.ics", text).status, 201)
        peer.sync("refresh-from-remote")
        equal(len(peer.texts()), 3)
        agree(peer, client, path)


def task_list(steps, peer, tap, client, path):
    """Tasks, both ways."""
    with steps("tasks come down, with their due dates and what is done"):
        for number, lines in enumerate((
                ["DUE:20270105T100000Z", "PRIORITY:1"],
                ["DUE;VALUE=DATE:20270106", "STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:20261201T080000Z"],
                ["STATUS:IN-PROCESS", "PERCENT-COMPLETE:40", "DESCRIPTION:eins\\nzwei"])):
            equal(client.put(f"{path}task-{number}.ics", todo(f"task-{number}", *lines, summary=f"Größe {number}")).status, 201)
        peer.configure(tap.url + "/", "alice", "secret")
        equal(peer.sync("slow"), ((3, 0, 0), (0, 0, 0)))
        agree(peer, client, path)
        equal(main_part(peer.texts()["Größe 1"]).value("STATUS"), "COMPLETED")
    with steps("a task made and one completed in the folder go up, one deleted goes away"):
        peer.write("new.ics", todo("folder-1", "DUE:20270107T100000Z", summary="Aufräumen"))
        peer.replace("Größe 2", "STATUS:IN-PROCESS", "STATUS:COMPLETED\r\nCOMPLETED:20270102T080000Z")
        peer.replace("Größe 2", "PERCENT-COMPLETE:40", "PERCENT-COMPLETE:100")
        peer.remove("Größe 1")
        equal(peer.sync(), ((0, 0, 0), (1, 1, 1)))
        equal(main_part(client.get(f"{path}task-2.ics").text).value("STATUS"), "COMPLETED")
        holds("Aufräumen" in facts(on_server(client, path).values()), "the new task is not on the server")
        agree(peer, client, path)
    with steps("a task completed on the server is completed in the folder, one deleted is gone"):
        one_of(client.put(f"{path}task-0.ics", todo("task-0", "STATUS:COMPLETED", "COMPLETED:20270102T080000Z",
                                                    summary="Größe 0")).status, (200, 204))
        one_of(client.delete(f"{path}task-2.ics").status, (200, 204))
        equal(peer.sync(), ((0, 1, 1), (0, 0, 0)))
        equal(main_part(peer.texts()["Größe 0"]).value("STATUS"), "COMPLETED")
        agree(peer, client, path)
    with steps("without a change nothing is written"):
        tap.clear()
        equal(peer.sync(), ((0, 0, 0), (0, 0, 0)))
        holds({e.method for e in tap.exchanges()} <= {"PROPFIND", "REPORT", "OPTIONS"}, f"it asked {tap.exchanges()}")


def main():
    need("syncevolution")
    steps = Steps()
    with (tempfile.TemporaryDirectory() as directory, Server() as server,
          Wiretap("127.0.0.1", server.port) as tap):
        client, path = CalendarClient(server.url, "alice"), server.calendar("alice")
        peer = Peer(f"{directory}/events", CALENDAR)
        first_contact(steps, peer, tap, client, path)
        server_changes(steps, peer, tap, client, path)
        folder_changes(steps, peer, tap, client, path)
        both_change(steps, peer, client, path)
        anew(steps, Peer(f"{directory}/team", CALENDAR), tap, client, server.calendar("alice", "team"))
        task_list(steps, Peer(f"{directory}/tasks", TASKS), tap, client, server.calendar("alice", "tasks"))
        steps.finish()


main()
