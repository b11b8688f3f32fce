#!/usr/bin/env python3
# needs: pip vdirsyncer==0.21.0
# timeout: 120
"""Somebody is erased while vdirsyncer, an iPhone and DAVx5 sync. A phone that was away uploads them again, with an edit, and
vdirsyncer has them as a card of its own: nothing comes back, and every client converges without an error."""

import json
import tempfile

from cards import card, value
from dav import D, Client
from rolodav import Server, need
from steps import Steps, equal, holds, one_of
from vdir_profile import Profile

IOS = "iOS/17.0.2 (21A351) dataaccessd/1.0"
DAVX5 = "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15"
GOES, STAYS = "erased-goes", "erased-stays"
SECRETS = ("Bert Berg", "bert@example.org", "w000word")


class Phone:
    """A phone that keeps a sync token and the tags of its cards."""

    def __init__(self, server, agent, book):
        self.client = Client(server.url, "alice", headers={"User-Agent": agent})
        self.book, self.token, self.tags, self.texts = book, "", {}, {}

    def sync(self):
        """sync-collection from its token; gives the addresses that went."""
        delta = self.client.sync(self.book, self.token).multistatus()
        gone = {one.href for one in delta if one.status is not None}
        for one in delta:
            if one.status is None and one.href != self.book and one.text(D + "getetag") != self.tags.get(one.href):
                self.texts[one.href] = self.client.get(one.href).text
                self.tags[one.href] = one.text(D + "getetag")
        for href in gone:
            self.tags.pop(href, None)
            self.texts.pop(href, None)
        self.token = delta.token
        return gone

    def uids(self):
        """The UIDs of what it has."""
        return sorted(value(text, "UID") for text in self.texts.values())


def bert(uid=GOES, *lines):
    """The card of whoever is erased."""
    return card(uid, "Bert", "Berg", "EMAIL:bert@example.org", "NOTE:likes w000word", *lines)


def main():
    need("vdirsyncer")
    steps = Steps()
    with Server() as server, tempfile.TemporaryDirectory() as directory:
        http = Client(server.url, "alice")
        book = "/dav/addressbooks/alice/contacts/"
        ios, android, away = (Phone(server, agent, book) for agent in (IOS, DAVX5, DAVX5))
        profile = Profile(f"{directory}/vdir", server.url + "/")

        with steps("everybody has two cards"):
            for uid, text in ((GOES, bert()), (STAYS, card(STAYS, "Cy", "Cole"))):
                one_of(http.put(f"{book}{uid}.vcf", text).status, (201, 204))
            profile.discover()
            profile.sync()
            for phone in (ios, android, away):
                phone.sync()
                equal(phone.uids(), [GOES, STAYS], "a phone's cards")

        with steps("one is erased, and everybody's next sync deletes it"):
            server.command("person", "erase", "alice", GOES, "--yes")
            for phone in (ios, android):
                holds(f"{book}{GOES}.vcf" in phone.sync(), "the phone is told")
                equal(phone.uids(), [STAYS], "a phone's cards")
            profile.sync()
            equal([value(text, "UID") for text in profile.read().values()], [STAYS], "vdirsyncer's folder")

        with steps("a phone that was away uploads it with an edit, then as a new card"):
            path = f"{book}{GOES}.vcf"
            equal(away.client.put(path, bert(GOES, "TITLE:Dr"), If_Match=away.tags[path]).status, 412, "an edit")
            for href in (path, f"{book}anew.vcf"):
                answer = away.client.put(href, bert(GOES, "TITLE:Dr"), If_None_Match="*")
                equal(answer.status, 403, "a new card")
                holds("need-privileges" in answer.text, "DAVx5 lets go of it and goes on")
            holds(path in away.sync(), "it is told that there is nothing")
            equal(away.uids(), [STAYS], "its cards")

        with steps("vdirsyncer has it as a card of its own, and lets go of it without an error"):
            profile.write("again.vcf", bert())
            profile.sync()
            profile.sync()
            equal([value(text, "UID") for text in profile.read().values()], [STAYS], "vdirsyncer's folder")

        with steps("nothing came back"):
            for phone in (ios, android):
                phone.sync()
                equal(phone.uids(), [STAYS], "a phone's cards")
            for command in (["export", "alice"], ["conflicts", "alice"], ["book", "trash", "alice"], ["audit"]):
                printed = server.command(*command).stdout
                for secret in SECRETS:
                    holds(secret not in printed, f"{secret} is printed by {command}")
            [tombstone] = json.loads(server.command("person", "erased", "alice", "--json").stdout)
            holds(tombstone["done"], "the erasure is done")
            server.command("check")
        steps.finish()


main()
