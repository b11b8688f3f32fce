#!/usr/bin/env python3
# needs: apt libfaketime
# needs: pip vdirsyncer==0.21.0
# timeout: 240
"""A segment as a book that vdirsyncer syncs and as a group on an iPhone: people come and go with their
cards, with what is logged, and overnight, when the clock is turned and nobody touches anything."""

import sys
import tempfile

from cards import card, value, values
from clock import LIBRARY, Clock
from dav import CARD, Client, D
from rolodav import Server, need
from steps import Steps, equal, holds
from vdir_profile import Profile

IOS = "iOS/17.0.2 (21A351) dataaccessd/1.0"
BOOK = "segment-quiet-in-lyon"
MEMBER = "X-ADDRESSBOOKSERVER-MEMBER"


class Phone:
    """An iPhone that keeps a sync token: what it has of each card."""

    def __init__(self, server):
        self.client, self.book = Client(server.url, "alice", headers={"User-Agent": IOS}), server.book("alice")
        self.token, self.texts = "", {}

    def sync(self):
        """sync-collection from its token and a multiget; the number of changes it was told of."""
        delta = self.client.sync(self.book, self.token).multistatus()
        self.token = delta.token
        gone = {one.href for one in delta if one.status is not None}
        changed = sorted({one.href for one in delta if one.status is None} - {self.book})
        for href in gone:
            self.texts.pop(href, None)
        for one in self.client.multiget(self.book, changed).multistatus() if changed else []:
            self.texts[one.href] = one.text(CARD + "address-data")
        return len(gone) + len(changed)

    def groups(self):
        """The members' UIDs by the group's name."""
        groups = [text for text in self.texts.values() if value(text, "X-ADDRESSBOOKSERVER-KIND") == "group"]
        return {value(text, "FN"): sorted(uid.removeprefix("urn:uuid:") for uid in values(text, MEMBER)) for text in groups}


def people(profile, book):
    """The UIDs in a folder of vdirsyncer."""
    return sorted(value(text, "UID") for text in profile.read(book).values())


def scenario(steps, server, clock, directory):
    http, profile, phone = Client(server.url, "alice"), Profile(f"{directory}/vdir", server.url + "/"), Phone(server)
    own, book = server.book("alice"), server.book("alice", BOOK)

    def put(uid, city, *lines):
        return http.put(f"{own}{uid}.vcf", card(uid, uid.title(), "Test", f"ADR;TYPE=home:;;;{city};;;", *lines))

    with steps("three cards, two of people in Lyon who were called today; the segment is empty"):
        for uid, city in (("ada", "Lyon"), ("bob", "LYON"), ("cleo", "Paris")):
            equal(put(uid, city).status, 201, uid)
        for uid in ("ada", "bob"):
            server.command("note", "add", "alice", uid, "--kind", "call", "spoke of looms")
        query = "city is Lyon and last_contact older than 90 days"
        server.command("segment", "add", "alice", "Quiet in Lyon", query, "--book")
        server.command("segment", "add", "alice", "Lyon", "city is Lyon")
        profile.discover()
        profile.sync()
        equal(people(profile, "contacts"), ["ada", "bob", "cleo"])
        equal(people(profile, BOOK), [])
        phone.sync()
        equal(phone.groups(), {"Lyon": ["ada", "bob"]}, "groups on the iPhone")
    with steps("ninety days later nothing has changed, and nobody is told of a change"):
        clock.turn(90)
        profile.sync()
        equal((people(profile, BOOK), phone.sync()), ([], 0))
    with steps("the day after both are in the book and in the group, though nobody touched a card"):
        clock.turn(91)
        profile.sync()
        equal(people(profile, BOOK), ["ada", "bob"])
        phone.sync()
        equal(phone.groups(), {"Lyon": ["ada", "bob"], "Quiet in Lyon": ["ada", "bob"]}, "groups on the iPhone")
    with steps("a copy is the card, byte for byte"):
        own_texts = {value(text, "UID"): text for text in profile.read("contacts").values()}
        for text in profile.read(BOOK).values():
            equal(text, own_texts[value(text, "UID")])
    with steps("who is called leaves at the next sync, who moves to Lyon and was never called does not come"):
        server.command("note", "add", "alice", "ada", "--kind", "call", "spoke of cards")
        equal(put("cleo", "Lyon").status, 204)
        profile.sync()
        equal(people(profile, BOOK), ["bob"])
        phone.sync()
        equal(phone.groups(), {"Lyon": ["ada", "bob", "cleo"], "Quiet in Lyon": ["bob"]}, "groups on the iPhone")
    with steps("an edit in the own book reaches the copy"):
        name = next(name for name, text in profile.read("contacts").items() if value(text, "UID") == "bob")
        profile.edit(name, "END:VCARD", "TITLE:Weaver\r\nEND:VCARD", "contacts")
        profile.sync()
        profile.sync()
        [text] = profile.read(BOOK).values()
        equal(value(text, "TITLE"), "Weaver")
        phone.sync()
    with steps("nobody writes into the book, and a sync without changes changes nothing"):
        [name] = profile.read(BOOK)
        for reply in (http.put(book + name, card("bob", "Other", "Name")), http.put(f"{book}x.vcf", card("x", "X", "Y")),
                      http.delete(book + name), http.delete(book)):
            equal(reply.status, 403)
            holds(b"need-privileges" in reply.body, reply.body)
        profile.sync()
        equal((people(profile, BOOK), phone.sync()), (["bob"], 0))
    with steps("the server started anew, months later: ada is quiet again"):
        server.stop()
        clock.turn(91 + 91)
        server.start()
        profile.sync()
        equal(people(profile, BOOK), ["ada", "bob"])


def main():
    need("vdirsyncer")
    if not LIBRARY:
        sys.exit("missing: libfaketime")
    with tempfile.TemporaryDirectory() as directory:
        clock, steps = Clock(directory), Steps()
        with Server(environment=clock.environment()) as server:
            scenario(steps, server, clock, directory)
            steps.finish()


main()
