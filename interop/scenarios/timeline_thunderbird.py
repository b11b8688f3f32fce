#!/usr/bin/env python3
# needs: apt thunderbird
# timeout: 240
"""Thunderbird edits a card that has a history, types a call into its notes, and sees it there."""

import re
import shutil
import signal
import sys
import tempfile

from dav import Client
from rolodav import Server, need
from steps import Steps, equal, holds
from thunderbird_cards import properties, vcard
from thunderbird_driver import Thunderbird
from thunderbird_sides import Sides

need("thunderbird")

TOP = "--- History (rolodav) ---"
UID = "timeline-1"


def note(text):
    """The notes of a card as they are shown."""
    [shown] = [value for name, _, value in properties(text) if name == "note"] or [""]
    return re.sub(r"\\([\\,;])", r"\1", shown.replace("\\n", "\n").replace("\\N", "\n"))


def typing(steps, sides):
    """What is typed becomes history, and what others tell arrives."""
    server, name = sides.server, f"{UID}.vcf"
    with steps("a card without history comes as it is"):
        sides.put(name, vcard("VERSION:4.0", f"UID:{UID}", "FN:Tilda Time", "N:Time;Tilda;;;", "X-KEEP;X-P=1:kept", "NOTE:likes tea"))
        sides.sync()
        equal(note(sides.card(UID)["vcard"]), "likes tea")
    with steps("an interaction logged at the server arrives at the next sync"):
        server.command("note", "add", "alice", "Tilda Time", "--kind", "call", "first contact")
        sides.sync()
        shown = note(sides.card(UID)["vcard"])
        holds(shown.startswith("likes tea") and "first contact" in shown.split(TOP)[1], shown)
        sides.same()
    with steps("`+call yesterday spoke about the offer` typed into the notes is history"):
        sides.change(UID, ["note", "+call yesterday spoke about the offer\n" + shown])
        sides.sync()
        shown = note(sides.card(UID)["vcard"])
        holds("+call" not in shown, f"the command is still there: {shown}")
        holds(shown.startswith("likes tea"), shown)
        history = shown.split(TOP)[1]
        equal((history.count("spoke about the offer"), history.count("first contact")), (1, 1), shown)
        holds(re.search(r"\d{4}-\d\d-\d\d call: spoke about the offer", history), history)
        sides.same()
    with steps("text typed below the history is a note in it"):
        sides.change(UID, ["note", shown + "\nasked for a discount"])
        sides.sync()
        history = note(sides.card(UID)["vcard"]).split(TOP)[1]
        holds(re.search(r"\d\d:\d\d note: asked for a discount", history), history)
        sides.same()
    with steps("a card of which Thunderbird has an old version: its edit and the other one are both there"):
        stale = sides.card(UID)
        http = Client(server.url, "alice")
        text = sides.stored(stale["href"], "4.0").decode()
        equal(http.put(stale["href"], text.replace("FN:Tilda Time", "FN:Tilda Tempo")).status, 204)
        sides.change(UID, ["title", "Dr."])
        sides.sync()
        text = sides.stored(stale["href"], "4.0").decode()
        holds("Tilda Tempo" in text, "the other edit is overwritten")
        holds("TITLE:Dr." in text, "the edit in Thunderbird is lost")
        holds("X-KEEP" in text, "an unknown property is lost")
        sides.same()
    with steps("a sync after all that changes nothing any more"):
        sides.sync()
        equal(sides.touched(), (0, 0, 0))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was done"))
    steps = Steps()
    home = tempfile.mkdtemp(prefix="rolodav-thunderbird-")
    try:
        with Server() as server, Thunderbird(home) as thunderbird:
            sides = Sides(server, thunderbird)
            [book] = thunderbird.addAccount(server.url, "alice", "secret")
            sides.book = book["uid"]
            thunderbird.firstSync(sides.book, 60)
            typing(steps, sides)
            if steps.failures:
                print("--- Thunderbird's last lines", *thunderbird.log()[-40:], "---", sep="\n", flush=True)
            steps.finish()
    finally:
        shutil.rmtree(home, ignore_errors=True)


main()
