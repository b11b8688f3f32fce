#!/usr/bin/env python3
# needs: apt thunderbird
# needs: pip vdirsyncer==0.21.0
# timeout: 240
"""Two cards of one person are merged, taken apart and merged again, while vdirsyncer, Thunderbird, an
iPhone and DAVx5 sync, and a phone that was away brings the card that is gone back with an edit."""

import json
import shutil
import signal
import sys
import tempfile

from cards import card, value, values
from dav import CARD, D, Client
from rolodav import Server, need
from steps import Steps, equal, holds, one_of
from thunderbird_driver import Thunderbird
from thunderbird_sides import Sides
from vdir_profile import Profile

IOS = "iOS/17.0.2 (21A351) dataaccessd/1.0"
DAVX5 = "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15"
STAYS, GOES, OTHER = "merged-stays", "merged-goes", "merged-other"
MEMBER = "X-ADDRESSBOOKSERVER-MEMBER"
NAMES = {STAYS: "mine.vcf", GOES: "from%20the%20office.vcf", OTHER: "other.vcf"}


class Phone:
    """A phone that keeps a sync token: what it has of each card."""

    def __init__(self, server, agent, book, version):
        self.client = Client(server.url, "alice", headers={"User-Agent": agent})
        self.book, self.version, self.token = book, version, ""
        self.texts, self.tags = {}, {}

    def sync(self):
        """sync-collection from its token and a multiget; gives the names that changed and that went."""
        delta = self.client.sync(self.book, self.token).multistatus()
        gone = {one.href for one in delta if one.status is not None}
        changed = {one.href for one in delta if one.status is None and one.text(D + "getetag") != self.tags.get(one.href)}
        for href in gone:
            self.texts.pop(href, None)
            self.tags.pop(href, None)
        changed.discard(self.book)
        if changed:
            self._load(sorted(changed))
        self.token = delta.token
        return {name(href) for href in changed}, {name(href) for href in gone}

    def _load(self, hrefs):
        wish = f' content-type="text/vcard" version="{self.version}"' if self.version == "4.0" else ""
        body = ('<c:addressbook-multiget xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><prop><getetag/>'
                f"<c:address-data{wish}/></prop>" + "".join(f"<href>{href}</href>" for href in hrefs)
                + "</c:addressbook-multiget>")
        for one in self.client.report(self.book, body, depth="0").multistatus():
            self.texts[one.href], self.tags[one.href] = one.text(CARD + "address-data"), one.text(D + "getetag")

    def put(self, uid, text):
        """PUT of an edit of the card as the phone has it, on condition that nobody changed it."""
        return self.client.put(self.book + NAMES[uid], text, If_Match=self.tags[self.book + NAMES[uid]])

    def of(self, uid):
        """Its copy of a card, or None."""
        return self.texts.get(self.book + NAMES[uid])

    def people(self):
        """The tags of its cards by address, without the groups that it is shown."""
        return {href: tag for href, tag in self.tags.items() if not is_group(self.texts[href])}

    def groups(self):
        """The members' UIDs by the group's name."""
        groups = filter(is_group, self.texts.values())
        return {value(text, "FN"): sorted(uid.removeprefix("urn:uuid:") for uid in values(text, MEMBER)) for text in groups}


def is_group(text):
    """Is it a group as Apple's programs have them?"""
    return value(text, "X-ADDRESSBOOKSERVER-KIND") == "group"


def name(href):
    """The last part of an address."""
    return href.rsplit("/", 1)[-1]


def with_lines(text, *lines):
    """The card with more lines."""
    return text.replace("END:VCARD", "\r\n".join([*lines, "END:VCARD"]))


class House:
    """Everybody who syncs the book, and the server's commands."""

    def __init__(self, server, thunderbird, directory):
        self.server = server
        self.sides = Sides(server, thunderbird)
        self.http, self.path = self.sides.http, self.sides.path
        self.profile = Profile(f"{directory}/vdir", server.url + "/")
        self.ios = Phone(server, IOS, self.path, "3.0")
        self.android = Phone(server, DAVX5, self.path, "4.0")

    def begin(self):
        """The first sync of all."""
        self.profile.discover()
        self.profile.sync()
        [book] = self.sides.thunderbird.addAccount(self.server.url, "alice", "secret")
        self.sides.book = book["uid"]
        self.sides.thunderbird.firstSync(self.sides.book, 60)
        self.ios.sync()
        self.android.sync()

    def stored(self):
        """Bytes and ETags of the book."""
        return {href: (self.http.get(href).body, etag) for href, etag in self.sides.listing().items()}

    def merge(self):
        """Merges the two into the one that stays; gives the merge's number."""
        done = self.server.command("merge", "alice", GOES, STAYS, "--into", STAYS, "--json")
        return str(json.loads(done.stdout)["merge"])

    def converge(self, *uids):
        """All sync; fails unless each has these cards and no others, as the server has them, and is quiet then."""
        self.sides.hrefs = {self.path + NAMES[uid] for uid in uids}
        self.sides.sync()
        self.sides.same()
        self.profile.sync()
        self.ios.sync()
        self.android.sync()
        stored = self.stored()
        for phone in (self.ios, self.android):
            equal(phone.people(), {href: etag for href, (_, etag) in stored.items()}, phone.version)
        equal(sorted(value(text, "UID") for text in self.profile.read().values()), sorted(uids), "vdirsyncer's folder")
        folder = sorted(text.encode() for text in self.profile.read().values())
        equal(folder, sorted(body for body, _ in stored.values()), "the cards in vdirsyncer's folder")
        self.sides.sync()
        equal(self.sides.touched(), (0, 0, 0), "cards that Thunderbird touches at the next sync")
        before = self.stored()
        self.profile.sync()
        equal((self.ios.sync(), self.android.sync()), ((set(), set()), (set(), set())), "a phone's next sync")
        equal(self.stored(), before, "what a sync without changes leaves")

    def shows(self, uid, *what):
        """Fails unless every client has all of `what` in its copy of the card."""
        [folder] = [text for text in self.profile.read().values() if value(text, "UID") == uid]
        copies = {"vdirsyncer": folder, "Thunderbird": self.sides.card(uid)["vcard"], "the iPhone": self.ios.of(uid),
                  "DAVx5": self.android.of(uid)}
        for who, text in copies.items():
            flat = text.replace("\r\n ", "").replace("\n ", "")
            for one in what:
                holds(one in flat, f"{who} does not show {one}: {flat}")


def scenario(steps, house):
    """The whole story."""
    server, http, path = house.server, house.http, house.path
    with steps("everybody has three cards, two of them of one person with a history each"):
        own = ["TEL;TYPE=cell:+49 30 1", "EMAIL:rosa@example.org", "X-KEEP;P=1:kept", "CATEGORIES:friends"]
        office = ["TEL;TYPE=work:+49 40 2", "EMAIL;TYPE=work:rosa@example.com", "ORG:Example GmbH", "NOTE:likes tea", "CATEGORIES:clients"]
        cards = {STAYS: card(STAYS, "Rosa", "Berg", *own), GOES: card(GOES, "Rosa", "Berg", *office, version="4.0"),
                 OTHER: card(OTHER, "Otto", "Other", f"RELATED;TYPE=friend:urn:uuid:{GOES}", version="4.0")}
        for uid, text in cards.items():
            equal(http.put(path + NAMES[uid], text).status, 201, uid)
        for uid, told in ((GOES, "spoke of boats"), (STAYS, "met at the fair")):
            server.command("note", "add", "alice", uid, "--kind", "call", told)
        house.begin()
        house.converge(*cards)
        equal(house.ios.groups(), {"friends": [STAYS], "clients": [GOES]}, "groups on the iPhone")
    before = house.stored()
    away = Phone(server, IOS, path, "3.0")
    away.sync()
    with steps("the two are proposed as one person"):
        pairs = json.loads(server.command("duplicates", "scan", "alice", "--json").stdout)
        holds(STAYS in json.dumps(pairs) and GOES in json.dumps(pairs), f"{pairs}")
    with steps("merged: one card less on every client, and the one that stays has all"):
        first = house.merge()
        house.converge(STAYS, OTHER)
        house.shows(STAYS, "+49 30 1", "+49 40 2", "rosa@example.com", "likes tea", "spoke of boats", "met at the fair")
        holds(f"urn:uuid:{STAYS}" in house.stored()[path + NAMES[OTHER]][0].decode(), "what led to the other card")
        equal(house.ios.groups(), {"friends": [STAYS], "clients": [STAYS]}, "groups on the iPhone")
        equal(house.sides.card(GOES), None, "the card that went, in Thunderbird")
        equal(http.get(path + NAMES[GOES]).status, 404)
    with steps("taken back: every card is there again byte for byte, under its address, with its tag"):
        server.command("undo", "alice", first)
        equal(house.stored(), before, "the book")
        house.converge(*cards)
        house.shows(GOES, "spoke of boats", "+49 40 2")
        equal(house.ios.groups(), {"friends": [STAYS], "clients": [GOES]}, "groups on the iPhone")
    with steps("and is not proposed again"):
        pairs = json.loads(server.command("duplicates", "scan", "alice", "--json").stdout)
        holds(GOES not in json.dumps(pairs), f"{pairs}")
    with steps("merged again: everybody agrees again"):
        second = house.merge()
        house.converge(STAYS, OTHER)
        house.shows(STAYS, "+49 40 2", "spoke of boats", "met at the fair")
    late_phone(steps, house, away)
    with steps("an edit in Thunderbird of the card that stayed, and another timeline entry, reach all"):
        house.sides.change(STAYS, ["title", "Captain"])
        server.command("note", "add", "alice", STAYS, "--kind", "call", "about the harbour")
        house.converge(STAYS, OTHER)
        house.shows(STAYS, "Captain", "about the harbour")
    with steps("taken back after all: the card that went is as it was, what was edited since stays in the other"):
        server.command("undo", "alice", second)
        house.converge(*cards)
        equal(house.stored()[path + NAMES[GOES]][0], before[path + NAMES[GOES]][0], "the card that went")
        equal(house.stored()[path + NAMES[OTHER]][0], before[path + NAMES[OTHER]][0], "the card that led there")
        house.shows(STAYS, "Captain", "about the harbour", "+49 30 1")


def late_phone(steps, house, away):
    """A phone that synced before the merge sends the card that went."""
    path = house.path
    with steps("a phone that was away uploads the card that is gone, with a number more: it reaches the one that stays"):
        text = with_lines(away.of(GOES), "TEL;TYPE=home:+49 50 3")
        reply = away.put(GOES, text)
        one_of(reply.status, (200, 201, 204), f"{reply}")
        equal(reply.etag, None, "the tag of a card that is stored elsewhere")
        equal(http_status(house, GOES), 404, "the old address")
        house.converge(STAYS, OTHER)
        house.shows(STAYS, "+49 50 3")
    with steps("its next sync takes the card away and brings the one that stays"):
        away.tags.pop(path + NAMES[GOES])
        changed, gone = away.sync()
        equal((NAMES[STAYS] in changed, NAMES[GOES] in gone), (True, True), f"{changed} {gone}")
        equal(away.people(), {href: etag for href, (_, etag) in house.stored().items()}, "the phone's cards")
    with steps("stored anew under another name, as after a reset of the phone, it raises nobody"):
        text = card(GOES, "Rosa", "Berg", "TEL;TYPE=work:+49 40 2", "EMAIL:rosa@example.net")
        one_of(house.http.put(f"{path}{GOES}-again.vcf", text, If_None_Match="*").status, (201, 204))
        house.converge(STAYS, OTHER)
        house.shows(STAYS, "rosa@example.net")
        equal(len(values(house.stored()[path + NAMES[STAYS]][0].decode(), "TEL")), 3, "phone numbers")


def http_status(house, uid):
    """What GET of a card answers."""
    return house.http.get(house.path + NAMES[uid]).status


def main():
    need("vdirsyncer", "thunderbird")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was done"))
    steps = Steps()
    home = tempfile.mkdtemp(prefix="rolodav-merged-")
    try:
        with Server() as server, Thunderbird(f"{home}/tb") as thunderbird:
            scenario(steps, House(server, thunderbird, home))
            if steps.failures:
                print("--- Thunderbird's last lines", *thunderbird.log()[-40:], "---", sep="\n", flush=True)
            steps.finish()
    finally:
        shutil.rmtree(home, ignore_errors=True)


main()
