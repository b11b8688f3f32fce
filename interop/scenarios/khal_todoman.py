#!/usr/bin/env python3
# needs: pip vdirsyncer==0.21.0 khal==0.14.1 todoman==4.7.0
# timeout: 240
"""khal and todoman on folders that vdirsyncer keeps in sync: events and tasks, both ways; a second
installation; conflicts; a new calendar; a folder restricted to tasks and to a time."""

import json
import pathlib
import subprocess
import tempfile

from calendars import CAL, ICAL, CalendarClient, texts
from cards import lines_of, value
from dav import D
from events import VIENNA, calendar, component, event, read, todo
from rolodav import Server, need
from steps import Steps, equal, holds
from vdir_profile import CalendarProfile, client_environment

KHAL = """[calendars]
[[calendar]]
path = {folder}/calendar
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Vienna
default_timezone = Europe/Vienna
[default]
default_calendar = calendar
[sqlite]
path = {home}/khal.db
"""
TODOMAN = """path = "{folder}/*"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
default_list = "tasks"
cache_path = "{home}/todoman.db"
"""
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT10M", "DESCRIPTION:Gleich", "END:VALARM")
SERIES = calendar(
    VIENNA,
    component("VEVENT", "series", "DTSTART;TZID=Europe/Vienna:20270105T090000", "DURATION:PT45M", "SUMMARY:Yoga für Anfänger",
              "RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Europe/Vienna:20270119T090000", *ALARM),
    component("VEVENT", "series", "RECURRENCE-ID;TZID=Europe/Vienna:20270112T090000",
              "DTSTART;TZID=Europe/Vienna:20270113T180000", "DURATION:PT45M", "SUMMARY:Yoga abends"))


class Desk:
    """khal and todoman on the folders of one vdirsyncer installation."""

    def __init__(self, directory, url):
        self.profile = CalendarProfile(directory, url)
        self.home = pathlib.Path(directory)
        settings = {"home": self.home, "folder": self.profile.cards}
        (self.home / "khal.conf").write_text(KHAL.format(**settings))
        (self.home / "todoman.py").write_text(TODOMAN.format(**settings))

    def _run(self, *words, given=""):
        done = subprocess.run(words, input=given, text=True, timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**client_environment(self.home), "TZ": "Europe/Vienna", "NO_COLOR": "1"})
        holds(done.returncode == 0, f"{' '.join(words)} gave {done.returncode}: {done.stdout[-400:]}")
        return done.stdout

    def khal(self, *words, given=""):
        """A khal command."""
        return self._run("khal", "-c", str(self.home / "khal.conf"), *words, given=given)

    def agenda(self, start="2027-01-01", end="2027-02-15"):
        """What khal shows, as (beginning, title, sign of an alarm)."""
        shown = self.khal("list", "-df", "", "-f", "{start}|{title}|{alarm-symbol}", start, end)
        return [tuple(part.strip() for part in line.split("|")) for line in shown.splitlines() if "|" in line]

    def todo(self, *words):
        """A todoman command."""
        return self._run("todo", "-c", str(self.home / "todoman.py"), *words)

    def tasks(self, status="NEEDS-ACTION,IN-PROCESS"):
        """What todoman lists, by title."""
        listed = json.loads(self._run("todo", "-c", str(self.home / "todoman.py"), "--porcelain", "list", "--status", status))
        return {each["summary"]: each for each in listed}

    def file_of(self, title, folder="calendar"):
        """The name of the file that holds the title."""
        [name] = [name for name, text in self.profile.read(folder).items() if f"SUMMARY:{title}" in text]
        return name


def held(client, path):
    """All objects of a calendar on the server as {file name: text}."""
    hrefs = [each.href for each in client.propfind(path, D + "getetag", depth="1").multistatus() if each.href != path]
    found = texts(client.objects(path, hrefs).multistatus()) if hrefs else {}
    return {href.rsplit("/", 1)[1]: text for href, text in found.items()}


def titled(client, path, title, kind="VEVENT"):
    """The components with a title on the server."""
    found = [each for text in held(client, path).values() for each in read(text).all(kind)]
    return [each for each in found if each.value("SUMMARY") == title]


def agree(what, *sides):
    """All sides hold the same objects, line for line; each side names its files as it likes."""
    by_uid = [{value(text, "UID"): lines_of(text) for text in side.values()} for side in sides]
    for other in by_uid[1:]:
        equal(sorted(other), sorted(by_uid[0]), what)
        for uid, lines in by_uid[0].items():
            equal(other[uid], lines, f"{what}: {uid}")


def downwards(steps, client, calendar_path, tasks_path, one):
    """From the server to the programs."""
    with steps("both lists are found from the bare address, and what the server holds arrives"):
        equal(client.put(f"{calendar_path}series.ics", SERIES).status, 201)
        equal(client.put(f"{calendar_path}plain.ics", event("plain", ":20270107T080000Z", "DTEND:20270107T090000Z", "LOCATION:Graz",
                                                           "X-KEEP;X-P=\"1;2\":stays " + "ü" * 80, summary="Zahnarzt")).status, 201)
        equal(client.put(f"{calendar_path}day.ics", event("day", ";VALUE=DATE:20270106", summary="Dreikönig 漢字 😀")).status, 201)
        equal(client.put(f"{tasks_path}milk.ics", todo("milk", "DUE:20270110T090000Z", "PRIORITY:1", "X-OWN:kept", summary="Milch & Käse")).status, 201)
        shown = one.profile.discover()
        holds((one.profile.cards / "calendar").is_dir() and (one.profile.cards / "tasks").is_dir(), f"a folder is missing: {shown}")
        one.profile.sync()
    with steps("khal shows the series with the moved and without the deleted instance, the alarm, the whole day"):
        wanted = [("2027-01-05 09:00", "Yoga für Anfänger", "⏰"), ("2027-01-06", "Dreikönig 漢字 😀", ""),
                  ("2027-01-07 09:00", "Zahnarzt", ""), ("2027-01-13 18:00", "Yoga abends", ""),
                  ("2027-01-26 09:00", "Yoga für Anfänger", "⏰"), ("2027-02-02 09:00", "Yoga für Anfänger", "⏰")]
        equal(one.agenda(), wanted)
    with steps("todoman shows the task with due time and priority"):
        found = one.tasks()["Milch & Käse"]
        equal((found["due"], found["priority"]), (1799571600, 1))


def upwards(steps, client, calendar_path, tasks_path, one):
    """From the programs to the server."""
    with steps("an event made in khal reaches the server whole"):
        one.khal("new", "-a", "calendar", "-l", "Café Ångström", "-m", "15m,1h", "2027-01-20", "10:00", "11:30",
                 "Besprechung Größe", "::", "Zeile eins; zwei, drei")
        one.profile.sync()
        [found] = titled(client, calendar_path, "Besprechung Größe")
        equal((found.parameters("DTSTART"), found.value("DTSTART")), ("TZID=Europe/Vienna", "20270120T100000"))
        equal((found.value("LOCATION"), found.value("DESCRIPTION")), ("Café Ångström", r"Zeile eins\; zwei\, drei"))
        equal(sorted(each.value("TRIGGER") for each in found.all("VALARM")), ["-PT15M", "-PT1H"])
    with steps("a series made in khal reaches the server and is found there by its later instances"):
        one.khal("new", "-a", "calendar", "-r", "weekly", "-u", "2027-02-01", "2027-01-04", "07:00", "08:00", "Laufen")
        one.profile.sync()
        reply = client.query(calendar_path, '<C:comp-filter name="VEVENT"><C:time-range start="20270125T000000Z" '
                             'end="20270125T235900Z"/></C:comp-filter>').multistatus()
        holds(any("SUMMARY:Laufen" in text for text in texts(reply).values()), f"{reply.hrefs()}")
    with steps("an edit in khal changes what was edited and nothing else"):
        one.khal("edit", "--show-past", "Zahnarzt", given="s\nZahnärztin\nl\nLinz\nn\n")
        one.profile.sync()
        [found] = titled(client, calendar_path, "Zahnärztin")
        equal((found.value("LOCATION"), found.value("X-KEEP"), found.parameters("X-KEEP")), ("Linz", "stays " + "ü" * 80, 'X-P="1;2"'))
    with steps("an event deleted in khal is deleted on the server"):
        one.khal("edit", "--show-past", "Laufen", given="D\ny\nq\n")
        one.profile.sync()
        equal(titled(client, calendar_path, "Laufen"), [])
    with steps("a task made in todoman, its change and its completion reach the server"):
        one.todo("new", "-l", "tasks", "-d", "2027-01-15 18:00", "--priority", "high", "Brot für Łukasz")
        one.profile.sync()
        [found] = titled(client, tasks_path, "Brot für Łukasz", "VTODO")
        equal(found.value("STATUS"), "NEEDS-ACTION")
        one.todo("edit", str(one.tasks()["Brot für Łukasz"]["id"]), "-d", "2027-01-16 12:00")
        one.todo("done", str(one.tasks()["Milch & Käse"]["id"]))
        one.profile.sync()
        equal(titled(client, tasks_path, "Brot für Łukasz", "VTODO")[0].value("DUE"), "20270116T110000Z")
        [done] = titled(client, tasks_path, "Milch & Käse", "VTODO")
        equal((done.value("STATUS"), done.value("X-OWN")), ("COMPLETED", "kept"))


def both_ways(steps, client, calendar_path, tasks_path, one, two):
    """A second installation, deletions and conflicts."""
    with steps("a second installation receives the same"):
        two.profile.discover()
        two.profile.sync()
        equal(two.agenda(), one.agenda())
        agree("calendar", one.profile.read(), two.profile.read(), held(client, calendar_path))
        agree("tasks", one.profile.read("tasks"), two.profile.read("tasks"), held(client, tasks_path))
    with steps("deletions travel: made with todoman, in a folder, on the server"):
        one._run("todo", "-c", str(one.home / "todoman.py"), "delete", "--yes", str(one.tasks()["Brot für Łukasz"]["id"]))
        two.profile.remove(two.file_of("Besprechung Größe"))
        equal(client.delete(f"{calendar_path}day.ics").status, 204)
        for desk in (one, two, one):
            desk.profile.sync()
        equal(sorted(one.tasks()), [])
        for desk in (one, two):
            titles = {title for _, title, _ in desk.agenda()}
            holds(not titles & {"Besprechung Größe", "Dreikönig 漢字 😀"}, f"{titles}")
        agree("after deletions", one.profile.read(), two.profile.read(), held(client, calendar_path))
    with steps("a change of a time on the server shows in both"):
        got = client.get(f"{calendar_path}plain.ics")
        changed = got.text.replace("20270107T080000Z", "20270108T080000Z").replace("20270107T090000Z", "20270108T090000Z")
        equal(client.put(f"{calendar_path}plain.ics", changed, If_Match=got.etag).status, 204)
        for desk in (one, two):
            desk.profile.sync()
            holds(("2027-01-08 09:00", "Zahnärztin", "") in desk.agenda(), f"{desk.agenda()}")
    with steps("a conflict is reported and overwrites nothing; with a rule the chosen side wins"):
        one.profile.edit("plain.ics", "LOCATION:Linz", "LOCATION:Eins")
        two.profile.edit("plain.ics", "LOCATION:Linz", "LOCATION:Zwei")
        one.profile.sync()
        shown = two.profile.sync(may_fail=True)
        holds(two.profile.status != 0 and "conflict" in shown.lower(), f"vdirsyncer gave {two.profile.status}: {shown[-300:]}")
        equal(titled(client, calendar_path, "Zahnärztin")[0].value("LOCATION"), "Eins")
        two.profile.on_conflict('"a wins"')
        two.profile.sync()
        one.profile.sync()
        equal(titled(client, calendar_path, "Zahnärztin")[0].value("LOCATION"), "Zwei")
        agree("after the conflict", one.profile.read(), two.profile.read(), held(client, calendar_path))


def collections(steps, server, client, one, two, directory):
    """A calendar made in a folder, and folders that take only a part."""
    made = server.calendar("alice", "family")
    with steps("a new folder becomes a calendar on the server, its name and colour travel"):
        (one.profile.cards / "family").mkdir()
        one.profile.write("kin.ics", event("kin", ";VALUE=DATE:20270301", summary="Oma"), "family")
        one.profile.discover()
        one.profile.sync()
        kind = client.property(made, D + "resourcetype").names(D + "resourcetype")
        holds(CAL + "calendar" in kind, f"{made} is {kind}")
        one.profile.run("metasync")
        (one.profile.cards / "family" / "displayname").write_text("Familie Ü")
        (one.profile.cards / "family" / "color").write_text("#ff8800")
        one.profile.run("metasync")
        shown = client.propfind(made, D + "displayname", ICAL + "calendar-color").multistatus().only()
        equal(shown.text(D + "displayname"), "Familie Ü")
        holds(shown.text(ICAL + "calendar-color").lower().startswith("#ff8800"), shown.text(ICAL + "calendar-color"))
        two.profile.discover()
        two.profile.sync()
        two.profile.run("metasync")
        equal((two.profile.cards / "family" / "displayname").read_text(), "Familie Ü")
        holds((two.profile.cards / "family" / "color").read_text().lower().startswith("#ff8800"), "the colour")
        agree("family", one.profile.read("family"), two.profile.read("family"), held(client, made))
    with steps("a folder of tasks only receives tasks and no events"):
        part = CalendarProfile(f"{directory}/tasks", server.url + "/", more='item_types = ["VTODO"]')
        part.discover()
        part.sync()
        equal((sorted(part.read()), sorted(part.read("tasks"))), ([], ["milk.ics"]))
    with steps("a folder of two days receives what lies in them, a series by one of its instances"):
        part = CalendarProfile(f"{directory}/days", server.url + "/", more=(
            'item_types = ["VEVENT"]\nstart_date = "datetime(2027, 1, 13)"\nend_date = "datetime(2027, 1, 15)"'))
        part.discover()
        part.sync()
        equal((sorted(part.read()), sorted(part.read("family"))), (["series.ics"], []))


def main():
    need("vdirsyncer", "khal", "todo")
    steps = Steps()
    with tempfile.TemporaryDirectory() as directory, Server() as server:
        client = CalendarClient(server.url, "alice")
        one, two = (Desk(f"{directory}/{name}", server.url + "/") for name in ("one", "two"))
        calendar_path, tasks_path = server.calendar("alice"), server.calendar("alice", "tasks")
        downwards(steps, client, calendar_path, tasks_path, one)
        upwards(steps, client, calendar_path, tasks_path, one)
        both_ways(steps, client, calendar_path, tasks_path, one, two)
        collections(steps, server, client, one, two, directory)
        steps.finish()


main()
