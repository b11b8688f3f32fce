#!/usr/bin/env python3
# needs: apt libfaketime
# needs: pip vdirsyncer==0.21.0 khard==0.22.0
# timeout: 300
"""vdirsyncer and khard on a book whose cards bear tags of what is wrong with them: a tag comes with its finding, and goes when
the card is mended in khard or two people are said not to be one; and a rule of the book, which announces and then acts,
when the clock is turned."""

import pathlib
import subprocess
import sys
import tempfile
import time

from cards import card, value
from clock import LIBRARY, Clock
from rolodav import Server, need
from steps import Steps, equal, holds
from vdir_profile import Profile, client_environment

MAIL, TWICE, LEAVING = (f"Needs attention: {what}" for what in ("e-mail", "possible duplicate", "leaving"))
PATIENCE = 60
CONFIG = """[addressbooks]
[[contacts]]
path = {folder}
[general]
default_action = list
[vcard]
preferred_version = 3.0
"""


class Desk:
    """Somebody with khard on a folder that vdirsyncer keeps in sync."""

    def __init__(self, directory, server):
        self.home, self.profile = directory, Profile(f"{directory}/vdir", server.url + "/")
        self.config = pathlib.Path(directory) / "khard.conf"
        self.config.write_text(CONFIG.format(folder=self.profile.cards / "contacts"))

    def khard(self, *words, given=""):
        """Runs khard; gives what it printed."""
        done = subprocess.run(["khard", "-c", str(self.config), *words], input=given, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=client_environment(self.home))
        holds(done.returncode == 0, f"khard {' '.join(words)} gave {done.returncode}: {done.stdout[-400:]}")
        return done.stdout

    def tags(self):
        """The tags of each card in the folder, by its UID."""
        self.profile.sync()
        cards = self.profile.read("contacts").values()
        return {value(text, "UID"): sorted(filter(None, (value(text, "CATEGORIES") or "").split(","))) for text in cards}

    def wait_for(self, wanted):
        """Syncs until the folder has these cards with these tags."""
        end = time.monotonic() + PATIENCE
        while (seen := self.tags()) != wanted and time.monotonic() < end:
            time.sleep(2)
        equal(seen, wanted, "cards and their tags")

    def file(self, uid):
        """The name of a card in the folder."""
        return next(name for name, text in self.profile.read("contacts").items() if value(text, "UID") == uid)


def scenario(steps, server, clock, directory):
    desk = Desk(directory, server)

    def write(uid, given, *lines):
        desk.profile.write(f"{uid}.vcf", card(uid, given, "Berg", *lines))

    def later(days):
        """Rules are looked at when the server starts, and every few minutes."""
        server.stop()
        clock.turn(days)
        server.start()

    with steps("a card that vdirsyncer brings has a flaw, and soon a tag that tells so"):
        desk.profile.discover()
        server.command("quality", "tag", "alice", "on", "--kind", "broken-mail", "--kind", "possible-duplicate", "--kind", "leaving")
        desk.profile.sync()
        write("bert", "Bert", "EMAIL:bert@@example.org", "TEL;TYPE=HOME:+49 30 7654321", "TITLE:Weaver")
        write("cleo", "Cleo", "EMAIL:cleo@example.org", "CATEGORIES:friends")
        desk.wait_for({"bert": [MAIL], "cleo": ["friends"]})
    with steps("khard shows the tag; once the address is mended in khard, the tag goes, and nothing else"):
        holds(MAIL in desk.khard("show", "Bert"), "no tag in khard")
        template = (f"First name: Bert\nLast name: Berg\nFormatted name: Bert Berg\nTitle: Weaver\n"
                    f"Phone:\n    home: +49 30 7654321\nEmail:\n    home: bert@example.org\nCategories: \"{MAIL}\"\n")
        pathlib.Path(f"{directory}/edit.yaml").write_text(template)
        desk.khard("edit", "-i", f"{directory}/edit.yaml", "Bert", given="y\n")
        desk.wait_for({"bert": [], "cleo": ["friends"]})
        text = desk.profile.read("contacts")[desk.file("bert")]
        equal((value(text, "EMAIL"), value(text, "TITLE")), ("bert@example.org", "Weaver"))
    with steps("a card that may be of the same person gives both a tag, until they are said to be two"):
        write("robert", "Bert", "EMAIL:bert@example.org", "TEL;TYPE=HOME:+49 30 7654321", "ORG:Loom")
        desk.wait_for({"bert": [TWICE], "cleo": ["friends"], "robert": [TWICE]})
        told = server.command("quality", "alice", "--kind", "possible-duplicate").stdout
        holds("contacts/robert.vcf" in told and "of the same person as contacts/bert.vcf" in told, told)
        server.command("duplicates", "not-same", "alice", "bert", "robert")
        desk.wait_for({"bert": [], "cleo": ["friends"], "robert": []})
    with steps("a rule says that cards go: nothing happens before its time"):
        server.command("retention", "set", "alice/contacts", "move-to-trash", "--after", "60", "--unit", "days",
                       "--since", "changed", "--notice", "14", "--exempt-tag", "VIP")
        later(59)
        equal(desk.tags(), {"bert": [], "cleo": ["friends"], "robert": []})
    with steps("the rule announces what it will do, on the cards"):
        later(61)
        desk.wait_for({"bert": [LEAVING], "cleo": sorted([LEAVING, "friends"]), "robert": [LEAVING]})
        holds(LEAVING in desk.khard("show", "Cleo"), "no tag in khard")
    with steps("who gets the exempt tag in the folder stays, and so does who is said to; the others go after the notice"):
        desk.profile.edit(desk.file("cleo"), "friends", "friends,VIP", "contacts")
        desk.profile.sync()
        server.command("retention", "keep", "alice", "robert")
        desk.wait_for({"bert": [LEAVING], "cleo": ["VIP", "friends"], "robert": []})
        later(74)
        equal(set(desk.tags()), {"bert", "cleo", "robert"}, "the notice is not over")
        later(76)
        desk.wait_for({"cleo": ["VIP", "friends"], "robert": []})
        holds(desk.khard("list").count("Bert Berg") == 1, "khard has one of the two")
    with steps("what went can be brought back, and the next sync has it"):
        holds("bert" in server.command("book", "trash", "alice").stdout, "it is in the trash")
        server.command("restore", "alice", "contacts/bert.vcf")
        holds("bert" in desk.tags(), "vdirsyncer has it")


def main():
    need("vdirsyncer", "khard")
    if not LIBRARY:
        sys.exit("missing: libfaketime")
    with tempfile.TemporaryDirectory() as directory:
        clock, steps = Clock(directory), Steps()
        with Server(environment=clock.environment()) as server:
            scenario(steps, server, clock, directory)
            steps.finish()


main()
