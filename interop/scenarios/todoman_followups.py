#!/usr/bin/env python3
# needs: pip vdirsyncer==0.21.0 todoman==4.7.0
# timeout: 180
"""What is to be done about a contact, from the note of a card to todoman and back into the card; a meeting that
ended; and the calendar that shows both."""

import datetime
import json
import pathlib
import subprocess
import tempfile

from calendars import CalendarClient
from dav import D
from events import event
from rolodav import Server, need
from steps import Steps, equal, holds
from vdir_profile import CalendarProfile, client_environment

TODOMAN = """path = "{folder}/*"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
default_list = "tasks"
cache_path = "{home}/todoman.db"
"""
CARD = "\r\n".join(("BEGIN:VCARD", "VERSION:3.0", "UID:bert-1", "FN:Bert Łang", "N:Łang;Bert;;;", "EMAIL:bert@example.org",
                    "NOTE:mag Tee\\n+todo 2027-01-15 call about the offer", "END:VCARD", ""))


class Todoman:
    """todoman on the folders of a vdirsyncer installation."""

    def __init__(self, directory, url):
        self.profile = CalendarProfile(directory, url)
        self.home = pathlib.Path(directory)
        (self.home / "todoman.py").write_text(TODOMAN.format(home=self.home, folder=self.profile.cards))

    def run(self, *words):
        """A todoman command."""
        done = subprocess.run(("todo", "-c", str(self.home / "todoman.py"), *words), text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**client_environment(self.home), "TZ": "UTC", "NO_COLOR": "1"})
        holds(done.returncode == 0, f"todo {' '.join(words)} gave {done.returncode}: {done.stdout[-400:]}")
        return done.stdout

    def tasks(self):
        """What is to be done, by title."""
        return {each["summary"]: each for each in json.loads(self.run("--porcelain", "list"))}


def unfolded(client, path):
    """A card's text without folds."""
    return client.get(path).text.replace("\r\n ", "")


def follow_up(steps, server, client, card, desk):
    """The task, ticked off."""
    title = "Bert Łang: call about the offer"
    with steps("what was typed into the notes is a task in todoman, due on its day"):
        equal(client.put(card, CARD, kind="text/vcard; charset=utf-8").status, 201)
        desk.profile.discover()
        desk.profile.sync()
        due = datetime.datetime.fromtimestamp(desk.tasks()[title]["due"], datetime.timezone.utc)
        equal(due.date().isoformat(), "2027-01-15")
        holds("X-ROLODAV-NEXT" in unfolded(client, card), unfolded(client, card))
    with steps("moved in todoman, the card says so"):
        desk.run("edit", str(desk.tasks()[title]["id"]), "-d", "2027-02-01")
        desk.profile.sync()
        holds("2027-02-01" in unfolded(client, card), unfolded(client, card))
    with steps("ticked off in todoman, it stands in the card as a call, and nothing is next"):
        desk.run("done", str(desk.tasks()[title]["id"]))
        desk.profile.sync()
        text = unfolded(client, card)
        [line] = [line for line in text.splitlines() if line.startswith("X-ROLODAV-INTERACTION")]
        holds("KIND=call" in line and line.endswith("call about the offer"), line)
        holds("X-ROLODAV-NEXT" not in text and "mag Tee" in text, text)
        rows = json.loads(server.command("followup", "list", "alice", "--all", "--json").stdout)
        equal([(row["text"], row["state"]) for row in rows], [("call about the offer", "done")])
    with steps("a follow-up of the command line arrives, and dropped there it is gone from todoman"):
        [row] = json.loads(server.command("followup", "add", "alice", "bert@example.org", "send the book", "--due", "2027-03-01",
                                          "--json").stdout)
        desk.profile.sync()
        holds("Bert Łang: send the book" in desk.tasks(), f"{desk.tasks()}")
        server.command("followup", "drop", "alice", row["id"])
        desk.profile.sync()
        equal(sorted(desk.tasks()), [])


def meeting(steps, server, client, card):
    """The event that ended."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    start, end = ((now - datetime.timedelta(hours=hours)).strftime("%Y%m%dT%H%M%SZ") for hours in (3, 2))
    with steps("a meeting that ended stands in the card of who attended, once"):
        text = event("meal", f":{start}", f"DTEND:{end}", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bert@example.org", summary="Lunch")
        equal(client.put(f"{server.calendar('alice')}meal.ics", text).status, 201)
        for _ in range(2):
            server.command("capture", "events", "alice")
            lines = [line for line in unfolded(client, card).splitlines() if "KIND=meeting" in line]
            holds(len(lines) == 1 and lines[0].endswith(":Lunch"), f"{lines}")
    with steps("the calendar of interactions shows both"):
        path = f"{server.calendar_home('alice')}interactions/"
        home = [each.href for each in client.propfind(server.calendar_home("alice"), D + "resourcetype", depth="1").multistatus()]
        holds(path in home, f"{home}")
        hrefs = [each.href for each in client.propfind(path, D + "getetag", depth="1").multistatus() if each.href != path]
        titles = sorted(line for href in hrefs for line in unfolded(client, href).splitlines() if line.startswith("SUMMARY:"))
        equal(titles, ["SUMMARY:Call: Bert Łang", "SUMMARY:Meeting: Bert Łang"])
        equal(client.put(f"{path}own.ics", event("own", f":{start}", f"DTEND:{end}")).status, 403)


def main():
    need("vdirsyncer", "todo")
    steps = Steps()
    with tempfile.TemporaryDirectory() as directory, Server() as server:
        client = CalendarClient(server.url, "alice")
        card = f"{server.book('alice')}bert.vcf"
        desk = Todoman(f"{directory}/one", server.url + "/")
        follow_up(steps, server, client, card, desk)
        meeting(steps, server, client, card)
        steps.finish()


main()
