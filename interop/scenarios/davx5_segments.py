#!/usr/bin/env python3
# needs: apt libfaketime
# timeout: 120
"""A segment on Android with DAVx5, groups kept as separate contacts: as a group in the own book and as a book
that nobody writes to. People come overnight, when the clock is turned and nobody touches anything; what is
written on the phone all the same is refused or put back, and the phone ends with what the server has."""

import sys
import tempfile

from cards import card, same, value, values
from clock import LIBRARY, Clock
from dav import CARD, D, Client
from davx5_collection import HEADERS, propfind
from davx5_phone import HOME, Phone
from rolodav import Server
from steps import Steps, equal, holds

BOOK = "segment-quiet-in-lyon"
QUERY = "city is Lyon and last_contact older than 90 days"


class Account:
    """A DAVx5 account: the own book and that of the segment, each with its token."""

    def __init__(self, server):
        password = server.add_device("alice", "android", "--groups", "cards")
        self.client = Client(server.url, "alice", password, headers=HEADERS)
        self.own = Phone(self.client, server.book("alice"))
        self.segment = Phone(self.client, server.book("alice", BOOK))

    def sync(self):
        """Both books, as the periodic sync does it; the cards loaded of each."""
        return self.own.sync(), self.segment.sync()

    def groups(self):
        """The members' UIDs by the group's name."""
        groups = [text for text in self.own.objects.values() if value(text, "KIND") == "group"]
        return {value(text, "FN"): sorted(uid.removeprefix("urn:uuid:") for uid in values(text, "MEMBER")) for text in groups}

    def group(self, name):
        """The address of a group's card in the own book."""
        [href] = [href for href, text in self.own.objects.items() if (value(text, "KIND"), value(text, "FN")) == ("group", name)]
        return href

    def people(self):
        """The UIDs in the segment's book."""
        return sorted(value(text, "UID") for text in self.segment.objects.values())


def agree(account, other):
    """What the phone has is what the server has, of both books, card by card and tag by tag."""
    for phone in (account.own, account.segment):
        listing = propfind(phone.client, phone.path, [D + "getetag"], depth="1").multistatus()
        equal(phone.tags, {one.href: one.text(D + "getetag") for one in listing if one.href != phone.path}, "tags")
        for href, text in phone.objects.items():
            equal(phone.get(href).text, text, href)


def undo(phone):
    """What DAVx5 does after a 403 in a book: it takes local changes back and lists everything anew."""
    phone.token, phone.objects, phone.tags = "", {}, {}


def comes_and_goes(steps, server, clock, account, other):
    """Members by cards, by what is logged, and by the clock alone."""
    own = server.book("alice")
    with steps("the book of the segment is listed with the right to read, and no other: DAVx5 makes it read-only"):
        listing = propfind(account.client, server.home("alice"), HOME, depth="1").multistatus()
        held = listing.by_href(account.segment.path).privileges()
        holds("read" in held and not held & {"write", "write-content", "bind", "unbind"}, f"{held}")
        holds({"write-content", "bind"} <= listing.by_href(own).privileges(), "the own book cannot be written")
    with steps("the first sync brings people and the group that has members; the book is empty"):
        equal(account.sync(), (4, 0))
        equal((account.groups(), account.people()), ({"Lyon": ["ada", "bob"]}, []))
        agree(account, other)
    with steps("ninety days later the tokens are the same, so that nothing is asked for"):
        clock.turn(90)
        equal(account.sync(), (0, 0))
    with steps("the day after both are in the book and in its group, though nobody touched a card"):
        clock.turn(91)
        equal(account.sync(), (1, 2))
        equal(account.groups(), {"Lyon": ["ada", "bob"], "Quiet in Lyon": ["ada", "bob"]})
        equal(account.people(), ["ada", "bob"])
        copies = {value(text, "UID"): text for text in account.segment.objects.values()}
        holds(all(same(copies[uid], account.own.objects[f"{own}{uid}.vcf"]) for uid in copies), "a copy is another card")
        agree(account, other)
    with steps("an edit on the phone in the own book is in the segment's at the next sync"):
        href = f"{own}bob.vcf"
        text = account.own.objects[href].replace("END:VCARD", "TITLE:Weaver\r\nEND:VCARD")
        equal(account.own.upload("bob.vcf", text).status, 204)
        account.sync()
        [copy] = [text for text in account.segment.objects.values() if value(text, "UID") == "bob"]
        equal(value(copy, "TITLE"), "Weaver")
        agree(account, other)
    with steps("who moves away on the phone leaves the group and the book"):
        text = account.own.objects[f"{own}ada.vcf"].replace(";Lyon;", ";Graz;")
        equal(account.own.upload("ada.vcf", text).status, 204)
        account.sync()
        equal((account.groups(), account.people()), ({"Lyon": ["bob"], "Quiet in Lyon": ["bob"]}, ["bob"]))
        agree(account, other)
    with steps("who moves back comes again"):
        text = account.own.objects[f"{own}ada.vcf"].replace(";Graz;", ";Lyon;")
        equal(account.own.upload("ada.vcf", text).status, 204)
        account.sync()
        equal((account.groups()["Quiet in Lyon"], account.people()), (["ada", "bob"], ["ada", "bob"]))
        agree(account, other)


def writes(steps, server, account, other):
    """What a phone writes that does not heed the rights, or into a group that the query makes."""
    segment = account.segment
    with steps("a change, a new card and a deletion in the book are refused with the error that DAVx5 resets on"):
        href = next(iter(segment.objects))
        before = dict(segment.objects)
        changed = before[href].replace("FN:", "FN:Not ")
        deletion = segment.client.request("DELETE", href, None, {"If-Match": segment.tags[href]})
        for reply in (segment.upload(href.rsplit("/", 1)[1], changed), segment.upload("new.vcf", card("new")), deletion):
            equal((reply.status, reply.conditions()[:1]), (403, [D + "need-privileges"]))
        segment.objects[href] = changed
    with steps("after the reset the phone has what the server has"):
        undo(segment)
        equal(segment.sync(), len(before))
        equal(segment.objects, before)
        equal(account.sync(), (0, 0))
        agree(account, other)
    with steps("the book cannot be deleted or moved into"):
        equal(account.client.request("DELETE", segment.path).status, 403)
        moved = {"Destination": server.url + segment.path + "moved.vcf", "Overwrite": "F"}
        equal(account.client.request("MOVE", f"{account.own.path}cleo.vcf", None, moved).status, 403)
        equal(account.sync(), (0, 0))
    with steps("a group edited on the phone is put back: no tag in the answer, and the next sync brings it as it was"):
        href = account.group("Quiet in Lyon")
        before = account.own.objects[href]
        changed = before.replace("MEMBER:urn:uuid:ada\r\n", "MEMBER:urn:uuid:cleo\r\n").replace("FN:Quiet", "FN:Loud")
        holds(changed != before, before)
        reply = account.own.upload(href.rsplit("/", 1)[1], changed)
        equal((reply.status, reply.etag), (204, None))
        account.sync()
        equal(account.groups(), {"Lyon": ["ada", "bob"], "Quiet in Lyon": ["ada", "bob"]})
        agree(account, other)
        equal(account.sync(), (0, 0))
    with steps("a group deleted on the phone is there again"):
        href = account.group("Quiet in Lyon")
        equal(account.client.request("DELETE", href, None, {"If-Match": account.own.tags[href]}).status, 204)
        account.own.objects.pop(href), account.own.tags.pop(href)
        account.sync()
        equal(account.groups(), {"Lyon": ["ada", "bob"], "Quiet in Lyon": ["ada", "bob"]})
        agree(account, other)
    with steps("the query changed and the segment ended: group and book follow"):
        server.command("segment", "edit", "alice", "Lyon", "--query", "city is Paris")
        account.sync()
        equal(account.groups(), {"Lyon": ["cleo"], "Quiet in Lyon": ["ada", "bob"]})
        server.command("segment", "remove", "alice", "Quiet in Lyon")
        account.own.sync()
        equal(account.groups(), {"Lyon": ["cleo"]})
        equal(propfind(account.client, segment.path, [D + "sync-token"]).status, 404)
        listing = propfind(account.client, server.home("alice"), HOME, depth="1").multistatus()
        holds(segment.path not in listing.hrefs(), "the book is still listed")


def main():
    if not LIBRARY:
        sys.exit("missing: libfaketime")
    with tempfile.TemporaryDirectory() as directory:
        clock, steps = Clock(directory), Steps()
        with Server(environment=clock.environment()) as server:
            other = Client(server.url, "alice")
            for uid, city in (("ada", "Lyon"), ("bob", "LYON"), ("cleo", "Paris")):
                text = card(uid, uid.title(), "Test", f"ADR;TYPE=home:;;;{city};;;", version="4.0")
                equal(other.put(f"{server.book('alice')}{uid}.vcf", text).status, 201, uid)
            for uid in ("ada", "bob"):
                server.command("note", "add", "alice", uid, "--kind", "call", "spoke of looms")
            server.command("segment", "add", "alice", "Quiet in Lyon", QUERY, "--book")
            server.command("segment", "add", "alice", "Lyon", "city is Lyon")
            account = Account(server)
            comes_and_goes(steps, server, clock, account, other)
            writes(steps, server, account, other)
            steps.finish()


main()
