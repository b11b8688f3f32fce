#!/usr/bin/env python3
# needs: pip vdirsyncer==0.21.0 khard==0.22.0
# timeout: 180
"""One set of tags, seen as categories by khard (with vdirsyncer), as groups by Contacts on macOS and,
in the form of vCard 4.0, by DAVx5: what one of them changes, the others show."""

import subprocess
import tempfile
import uuid

from cards import card, value, values
from dav import D, Client
from rolodav import Server, need
from steps import Steps, equal, holds, one_of
from vdir_profile import Profile, client_environment

MACOS = "macOS/14.5 (23F79) AddressBookCore/2663.600.1"
DAVX5 = "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15"
KHARD = "[addressbooks]\n[[contacts]]\npath = {folder}\n[vcard]\npreferred_version = 3.0\n"
PEOPLE = {"ada": "Ada", "ben": "Bjørn", "eva": "Éva"}


class Groups:
    """A device that shows groups, as it syncs: what it has of each group card."""

    def __init__(self, client, book, kind, member):
        self.client, self.book, self.kind, self.member = client, book, kind, member
        self.tags, self.texts = {}, {}

    def sync(self):
        """Fetches what has another tag; gives the number of cards that came or went."""
        listing = self.client.propfind(self.book, D + "getetag", depth="1").multistatus()
        now = {one.href: one.text(D + "getetag") for one in listing if one.href != self.book}
        other = [href for href in now if self.tags.get(href) != now[href]]
        gone = [href for href in self.tags if href not in now]
        for href in other:
            self.texts[href] = self.client.get(href).text
        for href in gone:
            self.texts.pop(href)
        self.tags = now
        return len(other) + len(gone)

    def shown(self):
        """The members' UIDs by the group's name."""
        self.sync()
        groups = [text for text in self.texts.values() if value(text, self.kind) == "group"]
        equal(len({value(text, "FN") for text in groups}), len(groups), "groups of one name")
        return {value(text, "FN"): sorted(uid.removeprefix("urn:uuid:") for uid in values(text, self.member))
                for text in groups}

    def find(self, name):
        """The group's href and text."""
        [found] = [(href, text) for href, text in self.texts.items()
                   if value(text, self.kind) == "group" and value(text, "FN") == name]
        return found

    def write(self, name, change):
        """PUT of the group as `change` makes it, on condition that it is what was fetched."""
        href, text = self.find(name)
        reply = self.client.put(href, change(text), If_Match=self.tags[href])
        one_of(reply.status, (200, 204), f"{reply}")

    def delete(self, name):
        """DELETE of the group, on condition that it is what was fetched."""
        href, _ = self.find(name)
        one_of(self.client.delete(href, If_Match=self.tags[href]).status, (200, 204))


class Khard:
    """khard on the folder of a vdirsyncer profile; `made`: the UIDs of groups that another client made."""

    def __init__(self, home, profile):
        self.home, self.profile, self.config = home, profile, f"{home}/khard.conf"
        self.made = set()
        with open(self.config, "w") as out:
            out.write(KHARD.format(folder=profile.cards / "contacts"))

    def categorize(self, uid, *categories):
        """Gives a contact these categories, and no others, and syncs."""
        with open(f"{self.home}/edit.yaml", "w") as out:
            out.write(f"First name: {PEOPLE[uid]}\nLast name: Ångström\nCategories: [{', '.join(categories)}]\n")
        done = subprocess.run(
            ["khard", "-c", self.config, "edit", "-i", f"{self.home}/edit.yaml", PEOPLE[uid]], input="y\n", text=True,
            timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=client_environment(self.home))
        holds(done.returncode == 0, f"khard gave {done.returncode}: {done.stdout[-400:]}")
        self.profile.sync()

    def shown(self):
        """The categories of each contact after a sync."""
        self.profile.sync()
        # What a client wrote as a group stays a card for all; what the server made of categories does not show here.
        texts = {value(text, "UID"): text for text in self.profile.read().values()
                 if value(text, "X-ADDRESSBOOKSERVER-KIND") != "group" or value(text, "UID") not in self.made}
        equal(sorted(texts), sorted(PEOPLE), "the folder's cards")
        return {uid: sorted(name for line in values(text, "CATEGORIES") for name in line.split(",") if name)
                for uid, text in texts.items()}


def with_members(kind, *uids):
    """An edit of a group: these members and no others."""
    def change(text):
        rest = [line for line in text.split("\r\n") if line and not line.upper().startswith(kind)]
        return "\r\n".join([*rest[:-1], *(f"{kind}:urn:uuid:{uid}" for uid in uids), rest[-1], ""])
    return change


def apple_group(uid, name, *members):
    """A group as macOS makes it."""
    lines = [f"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{member}" for member in members]
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", "PRODID:-//Apple Inc.//macOS 14.5//EN", f"N:{name}", f"FN:{name}",
                        "X-ADDRESSBOOKSERVER-KIND:group", *lines, "REV:2026-11-20T10:20:00Z", f"UID:{uid}", "END:VCARD", ""])


def scenario(steps, server, directory):
    book = server.book("alice")
    mac = Groups(Client(server.url, "alice", headers={"User-Agent": MACOS}), book,
                 "X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER")
    password = server.add_device("alice", "android", "--groups", "cards")
    accept = {"User-Agent": DAVX5, "Accept": "text/vcard;version=4.0, text/vcard;q=0.7"}
    android = Groups(Client(server.url, "alice", password, headers=accept), book, "KIND", "MEMBER")
    profile = Profile(f"{directory}/vdir", server.url + "/")
    plain = Client(server.url, "alice")
    for uid, given in PEOPLE.items():
        equal(plain.put(f"{book}{uid}.vcf", card(uid, given, "Ångström")).status, 201)
    profile.discover()
    profile.sync()
    khard = Khard(directory, profile)

    def all_show(tags):
        """Fails unless all three show these tags, and nothing changes any more after that."""
        for name, device in (("macOS", mac), ("DAVx5", android)):
            equal(device.shown(), {tag: sorted(uids) for tag, uids in tags.items()}, f"groups on {name}")
        wanted = {uid: sorted(tag for tag, uids in tags.items() if uid in uids) for uid in PEOPLE}
        equal(khard.shown(), wanted, "categories in khard")
        equal((mac.sync(), android.sync()), (0, 0), "cards that changed without anybody's doing")

    with steps("categories given in khard are groups on the Mac and on Android, and no cards in khard"):
        khard.categorize("ada", "Friends", "Chess")
        khard.categorize("ben", "Friends")
        all_show({"Friends": ["ada", "ben"], "Chess": ["ada"]})
    with steps("somebody put into a group on the Mac has its category in khard"):
        mac.write("Chess", with_members("X-ADDRESSBOOKSERVER-MEMBER", "ada", "eva"))
        all_show({"Friends": ["ada", "ben"], "Chess": ["ada", "eva"]})
    with steps("somebody taken out of a group on Android has lost its category"):
        android.write("Friends", with_members("MEMBER", "ben"))
        all_show({"Friends": ["ben"], "Chess": ["ada", "eva"]})
    with steps("a group made on the Mac is a category, under the name and UID it was given"):
        uid = str(uuid.uuid4()).upper()
        khard.made.add(uid)
        equal(mac.client.put(f"{book}{uid}.vcf", apple_group(uid, "Choir", "ben", "eva"), If_None_Match="*").status, 201)
        all_show({"Friends": ["ben"], "Chess": ["ada", "eva"], "Choir": ["ben", "eva"]})
        equal(value(mac.find("Choir")[1], "UID"), uid)
    with steps("a group renamed on the Mac is another category on every card"):
        mac.write("Chess", lambda text: text.replace(":Chess\r\n", ":Chess club\r\n"))
        all_show({"Friends": ["ben"], "Chess club": ["ada", "eva"], "Choir": ["ben", "eva"]})
    with steps("a category that khard takes off its last contact leaves an empty group"):
        khard.categorize("ben", "Choir")
        all_show({"Friends": [], "Chess club": ["ada", "eva"], "Choir": ["ben", "eva"]})
    with steps("a group deleted on the Mac takes the category along and leaves the people"):
        mac.delete("Choir")
        all_show({"Friends": [], "Chess club": ["ada", "eva"]})
    with steps("a tag renamed at the server is renamed everywhere"):
        server.command("tag", "rename", "alice", "Chess club", "Clubs/Chess")
        all_show({"Friends": [], "Clubs/Chess": ["ada", "eva"]})


def main():
    need("vdirsyncer", "khard")
    steps = Steps()
    with tempfile.TemporaryDirectory() as directory, Server() as server:
        scenario(steps, server, directory)
        steps.finish()


main()
