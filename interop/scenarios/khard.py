#!/usr/bin/env python3
# needs: pip vdirsyncer==0.21.0 khard==0.22.0
# timeout: 180
"""khard on a folder that vdirsyncer keeps in sync: list, show, new, edit, remove, and back."""

import subprocess
import tempfile

from cards import card, fold, value, values
from dav import Client
from rolodav import Server, need
from steps import Steps, equal, holds
from vdir_profile import Profile, client_environment

CONFIG = """[addressbooks]
[[contacts]]
path = {folder}
[general]
default_action = list
[contact table]
display = formatted_name
[vcard]
private_objects = Jabber,
preferred_version = 3.0
"""
NEW = """First name: Chloé
Last name: Brontë
Phone:
    cell: "+44 20 7946 0001"
Email:
    work: chloe@example.org
Categories: friends
Private:
    Jabber: chloe@jabber.example
Note: |
    erste Zeile
    second line, with comma; and semicolon
"""


class Khard:
    """khard with a configuration of its own."""

    def __init__(self, home, folder):
        self.home = home
        self.config = f"{home}/khard.conf"
        with open(self.config, "w") as out:
            out.write(CONFIG.format(folder=folder))

    def __call__(self, *words, given=""):
        done = subprocess.run(
            ["khard", "-c", self.config, *words], input=given, text=True, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=client_environment(self.home))
        holds(done.returncode == 0, f"khard {' '.join(words)} gave {done.returncode}: {done.stdout[-400:]}")
        return done.stdout

    def edit(self, name, template):
        """Replaces what khard knows of a contact by a filled-in template."""
        with open(f"{self.home}/edit.yaml", "w") as out:
            out.write(template)
        return self("edit", "-i", f"{self.home}/edit.yaml", name, given="y\n")


def scenario(steps, server, directory):
    client = Client(server.url, "alice")
    book = server.book("alice")
    profile = Profile(f"{directory}/vdir", server.url + "/")
    khard = Khard(directory, profile.cards / "contacts")
    chloe = f"{book}nobody.vcf"

    def by_name(name):
        """The path of a card on the server and its text, found by FN."""
        for file, text in profile.read().items():
            if value(text, "FN") == name:
                return f"{book}{file}", client.get(f"{book}{file}").text
        raise AssertionError(f"no card in the folder is named {name}")

    with steps("cards of the server show in `khard list`"):
        for number, given in enumerate(["Ada", "Bjørn", "İpek"]):
            text = card(f"seed-{number}", given, "Ångström", *fold(
                [f"EMAIL;TYPE=WORK:seed{number}@example.org", "item1.X-SOCIALPROFILE;type=matrix:@x:example.org",
                 "item1.X-ABLABEL:_$!<Matrix>!$_", "X-KEEP;X-A=\"1;2\":" + "ü" * 80]))
            equal(client.put(f"{book}seed-{number}.vcf", text).status, 201)
        profile.discover()
        profile.sync()
        shown = khard("list")
        for given in ("Ada", "Bjørn", "İpek"):
            holds(f"{given} Ångström" in shown, f"no {given} in: {shown}")
    with steps("`khard show` and `khard email` give what the server has"):
        holds("seed0@example.org" in khard("show", "Ada"), "no mail address in `show`")
        holds("seed1@example.org" in khard("email", "Bjørn"), "no mail address in `email`")
    with steps("a contact made with `khard new` reaches the server whole"):
        khard("new", "-a", "contacts", given=NEW)
        profile.sync()
        chloe, text = by_name("Chloé Brontë")
        equal(value(text, "X-JABBER"), "chloe@jabber.example")
        equal(value(text, "NOTE"), r"erste Zeile\nsecond line\, with comma\; and semicolon")
        equal(value(text, "CATEGORIES"), "friends")
    with steps("`khard edit` keeps what khard does not know, groups and own properties too"):
        khard.edit("Ada", "First name: Ada\nLast name: Ångström\n"
                   "Formatted name: Ada King\nEmail:\n    work: ada@example.org\nRole: Countess\n")
        profile.sync()
        path, text = by_name("Ada King")
        equal(path, f"{book}seed-0.vcf")
        equal(value(text, "ROLE"), "Countess")
        equal(value(text, "X-KEEP"), "ü" * 80)
        equal(value(text, "X-ABLABEL"), "_$!<Matrix>!$_")
    with steps("a change on the server shows in khard after a sync"):
        text = client.get(f"{book}seed-1.vcf")
        changed = text.text.replace("END:VCARD", "TITLE:Skald\r\nEND:VCARD")
        equal(client.put(f"{book}seed-1.vcf", changed, If_Match=text.etag).status, 204)
        profile.sync()
        holds("Skald" in khard("show", "Bjørn"), "the title did not arrive")
    with steps("khard's edit and the server's edit of one card: the sync reports the conflict"):
        khard.edit("Bjørn", "First name: Bjørn\nLast name: Ångström\n"
                   "Email:\n    work: seed1@example.org\nTitle: Jarl\n")
        client.put(f"{book}seed-1.vcf", changed.replace("Skald", "Konge"))
        shown = profile.sync(may_fail=True)
        holds(profile.status != 0 and "conflict" in shown.lower(), f"no conflict in: {shown[-300:]}")
        equal(value(client.get(f"{book}seed-1.vcf").text, "TITLE"), "Konge")
        profile.on_conflict('"b wins"')
        profile.sync()
        holds("Konge" in khard("show", "Bjørn"), "the server's title did not arrive")
    with steps("`khard remove` deletes on the server, a deletion there removes it from khard"):
        khard("remove", "--force", "Chloé")
        equal(client.delete(f"{book}seed-2.vcf").status, 204)
        profile.sync()
        equal(client.get(chloe).status, 404)
        holds("İpek" not in khard("list"), "a card deleted on the server is still listed")
        equal(len(profile.read()), 2)
    with steps("khard and the server agree about every mail address"):
        listed = khard("email", "-p", "--remove-first-line")
        for file, text in profile.read().items():
            for address in values(client.get(f"{book}{file}").text, "EMAIL"):
                holds(address in listed, f"{address} of {file} is not in: {listed}")


def main():
    need("vdirsyncer", "khard")
    steps = Steps()
    with tempfile.TemporaryDirectory() as directory, Server() as server:
        scenario(steps, server, directory)
        steps.finish()


main()
