#!/usr/bin/env python3
# needs: apt thunderbird
# timeout: 120
"""Thunderbird, the distribution's package, headless: a task list both ways, and a calendar only to read."""

import shutil
import signal
import sys
import tempfile

from agenda import alarm, main_part
from dav import Client
from events import event, todo
from rolodav import Server, need
from steps import Steps, equal, holds
from thunderbird_agenda import FETCH, ONE_REPORT, Agenda
from thunderbird_cards import vcard
from thunderbird_driver import Thunderbird

need("thunderbird")

TWO_YEARS = ("20270101T000000Z", "20290101T000000Z")


def task_list(steps, tasks):
    """Tasks, both ways."""
    with steps("tasks created elsewhere arrive, with their due dates and what is done"):
        tasks.put("task-1", todo("task-1", "DUE:20270105T100000Z", "PRIORITY:1", *alarm("-PT1H"), summary="Größeres"))
        tasks.put("task-2", todo("task-2", "DUE;VALUE=DATE:20270106", "STATUS:COMPLETED", "PERCENT-COMPLETE:100",
                                 "COMPLETED:20261201T080000Z"))
        tasks.put("task-3", todo("task-3", "STATUS:IN-PROCESS", "PERCENT-COMPLETE:40", "X-INTEROP-KEEP:kept",
                                 "RELATED-TO:task-1"))
        equal(tasks.sync(), FETCH)
        items = tasks.items()
        equal({uid: (one["task"], one["end"], one["completed"]) for uid, one in items.items()},
              {"task-1": (True, "20270105T100000Z", False), "task-2": (True, "20270106", True), "task-3": (True, None, False)})
        tasks.same()
        tasks.same_content("task-1", "task-2", "task-3")
    with steps("a task created in Thunderbird is on the server"):
        uid = tasks.add(todo("task-4", "DUE:20270107T100000Z", summary="Aufräumen"))
        equal(main_part(tasks.stored(uid)).value("SUMMARY"), "Aufräumen")
        tasks.same()
    with steps("tasks completed in Thunderbird are completed on the server and keep their other lines"):
        for uid in ("task-1", "task-3", "task-4"):
            tasks.edit(uid, ("done", True))
            part = main_part(tasks.stored(uid))
            equal((part.value("STATUS"), part.value("PERCENT-COMPLETE")), ("COMPLETED", "100"), uid)
            holds(part.value("COMPLETED"), f"{uid} has no COMPLETED")
        equal(main_part(tasks.stored("task-3")).value("X-INTEROP-KEEP"), "kept")
        equal(main_part(tasks.stored("task-3")).value("RELATED-TO"), "task-1")
        tasks.same()
    with steps("a task completed elsewhere is completed here, and one reopened here is open there"):
        tasks.edit("task-1", ("done", False))
        holds(main_part(tasks.stored("task-1")).value("STATUS") != "COMPLETED", "it is still completed")
        tasks.put("task-1", todo("task-1", "STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:20261201T080000Z"))
        equal(tasks.sync(), FETCH)
        equal(tasks.item("task-1")["completed"], True)
        tasks.same()
    with steps("a task deleted here is gone there, and the other way round"):
        tasks.remove("task-4")
        tasks.gone("task-4")
        tasks.delete("task-2")
        equal(tasks.sync(), ONE_REPORT)
        equal(tasks.item("task-2"), None)
        tasks.same()
    with steps("the server keeps events out of the list and tasks out of the calendar"):
        other = tasks.path.replace("/tasks/", "/calendar/") + "odd.ics"
        refused = [tasks.http.put(tasks.href("odd"), event("odd", ":20270105T100000Z")).status,
                   tasks.http.put(other, todo("odd")).status]
        tasks.http.delete(tasks.href("odd"))
        tasks.http.delete(other)
        equal(refused, [403, 403])


def read_only(steps, server, desk):
    """A calendar that the server makes by itself."""
    path = server.calendar("alice", "birthdays")
    with steps("the calendar of birthdays was added too, cannot be written to, and follows the cards"):
        [born] = [one for one in desk.calendars() if one["url"] == server.url + path]
        equal((born["readOnly"], desk.firstSync(born["id"], 30)["kinds"]), (True, ["VEVENT"]))
        equal(desk.items(born["id"]), [])
        cards = Client(server.url, "alice")
        card = vcard("VERSION:3.0", "UID:zoe", "FN:Zoë Ü", "N:Ü;Zoë;;;", "BDAY:1990-05-17")
        equal(cards.put(server.book("alice") + "zoe.vcf", card).status, 201)
        desk.sync(born["id"])
        shown = desk.shown(born["id"], *TWO_YEARS)
        equal([one["start"] for one in shown], ["20270517", "20280517"])
        holds(all("Zoë Ü" in one["title"] for one in shown) and "37" in shown[0]["title"], f"{shown}")


def main():
    """Adds the account and runs every part."""
    # Ended from outside, it still takes Thunderbird, the server and their files with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was done"))
    steps = Steps()
    home = tempfile.mkdtemp(prefix="rolodav-thunderbird-")
    try:
        with Server() as server, Thunderbird(home) as thunderbird:
            tasks = Agenda(server, thunderbird, server.calendar("alice", "tasks"))
            with steps("the account is added, and its task list is empty"):
                added = {one["url"]: one["id"] for one in tasks.desk.addAccount(server.url, "alice", "secret")}
                tasks.id = added[server.url + tasks.path]
                equal(tasks.desk.firstSync(tasks.id, 60)["kinds"], ["VTODO"])
                tasks.same()
            if not steps.failures:
                task_list(steps, tasks)
                read_only(steps, server, tasks.desk)
            if steps.failures:
                print("--- Thunderbird's last lines", *thunderbird.log()[-60:], "---", sep="\n", flush=True)
            steps.finish()
    finally:
        shutil.rmtree(home, ignore_errors=True)


main()
