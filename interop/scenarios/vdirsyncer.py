#!/usr/bin/env python3
# needs: pip vdirsyncer==0.21.0
# timeout: 240
"""vdirsyncer: two installations of one user; every kind of change, conflicts, a created book."""

import tempfile

from cards import card, lines_of, many, same, value
from dav import CARD, Client, D
from rolodav import Server, need
from steps import Steps, equal, holds
from vdir_profile import Profile

COUNT = 300


def seed(client, book):
    """Puts the cards on the server as another client would."""
    cards = many(COUNT)
    for uid, text in cards.items():
        reply = client.put(f"{book}{uid}.vcf", text, If_None_Match="*")
        equal(reply.status, 201, f"PUT {uid}")
    return {f"{uid}.vcf": text for uid, text in cards.items()}


def on_server(client, book):
    """All cards of a book as {file name: text}."""
    names = (D + "getetag", D + "getcontenttype")
    hrefs = client.propfind(book, *names, depth="1").multistatus().hrefs()
    hrefs = [href for href in hrefs if href != book]
    found = client.multiget(book, hrefs).multistatus() if hrefs else []
    return {each.href.rsplit("/", 1)[1]: each.text(CARD + "address-data") for each in found}


def agree(what, *sides):
    """All sides hold the same cards."""
    first = sides[0]
    for number, side in enumerate(sides[1:], 2):
        lacking = sorted(first.keys() ^ side.keys())
        holds(not lacking, f"{what}: side {number} differs in {lacking[:5]} ({len(lacking)} in all)")
        for name, text in first.items():
            holds(same(text, side[name]),
                  f"{what}: {name} on side {number}: {lines_of(side[name])} is not {lines_of(text)}")


def etags(client, book):
    """The tags of all members."""
    found = client.propfind(book, D + "getetag", depth="1").multistatus()
    return {each.href: each.text(D + "getetag") for each in found if each.href != book}


def scenario(steps, server, directory):
    client = Client(server.url, "alice")
    book = server.book("alice")
    one = Profile(f"{directory}/one", server.url + "/")
    two = Profile(f"{directory}/two", server.url + "/")
    seeded = {}

    with steps(f"{COUNT} cards are put on the server"):
        seeded = seed(client, book)
    with steps("both installations find the book from the server's bare address"):
        for profile in (one, two):
            shown = profile.discover()
            holds((profile.cards / "contacts").is_dir(), f"no folder `contacts`: {shown}")
    with steps("both receive all cards whole"):
        for profile in (one, two):
            profile.sync()
        agree("after the first sync", seeded, one.read(), two.read())
    with steps("a sync without changes changes nothing on the server"):
        before = etags(client, book)
        one.sync()
        two.sync()
        equal(etags(client, book), before)

    names = sorted(seeded)
    with steps("edits, deletions and creations travel from one to the other"):
        for name in names[:10]:
            one.edit(name, "END:VCARD", "TITLE:Edited by one\r\nEND:VCARD")
        for name in names[10:15]:
            one.remove(name)
        for number in range(5):
            one.write(f"new-{number}.vcf", card(f"new-{number}", "Neu", f"Größe {number}", "X-NEW:kept"))
        expected = one.read()
        one.sync()
        two.sync()
        agree("one to two", expected, one.read(), two.read(), on_server(client, book))
        equal(len(expected), COUNT)
    with steps("changes on both sides to different cards meet"):
        one.edit(names[20], "END:VCARD", "ROLE:one\r\nEND:VCARD")
        two.edit(names[21], "END:VCARD", "ROLE:two\r\nEND:VCARD")
        two.remove(names[22])
        two.write("both.vcf", card("both", "Von", "Zwei"))
        for profile in (one, two, one):
            profile.sync()
        agree("both ways", one.read(), two.read(), on_server(client, book))
        equal(value(one.read()[names[21]], "ROLE"), "two")
        equal(value(two.read()[names[20]], "ROLE"), "one")
        holds(names[22] not in one.read() and "both.vcf" in one.read(), "one lacks what two did")
    with steps("a card deleted and made again under its name and UID arrives as it is now"):
        one.remove(names[30])
        one.sync()
        one.write(names[30], card(names[30][:-4], "Wieder", "Da"))
        one.sync()
        two.sync()
        equal(value(two.read()[names[30]], "FN"), "Wieder Da")

    with steps("a conflict without a rule is reported and overwrites nothing"):
        one.edit(names[40], "END:VCARD", "NICKNAME:one\r\nEND:VCARD")
        two.edit(names[40], "END:VCARD", "NICKNAME:two\r\nEND:VCARD")
        one.sync()
        shown = two.sync(may_fail=True)
        holds(two.status != 0 and "conflict" in shown.lower(), f"vdirsyncer gave {two.status}: {shown[-300:]}")
        equal(value(on_server(client, book)[names[40]], "NICKNAME"), "one")
        equal(value(two.read()[names[40]], "NICKNAME"), "two")
    with steps("`a wins` puts the folder's version on the server"):
        two.on_conflict('"a wins"')
        two.sync()
        equal(value(on_server(client, book)[names[40]], "NICKNAME"), "two")
        one.sync()
        equal(value(one.read()[names[40]], "NICKNAME"), "two")
    with steps("`b wins` takes the server's version"):
        one.edit(names[41], "END:VCARD", "NICKNAME:one\r\nEND:VCARD")
        two.edit(names[41], "END:VCARD", "NICKNAME:two\r\nEND:VCARD")
        one.sync()
        two.on_conflict('"b wins"')
        two.sync()
        equal(value(two.read()[names[41]], "NICKNAME"), "one")
        equal(value(on_server(client, book)[names[41]], "NICKNAME"), "one")

    with steps("a new folder becomes a book on the server (MKCOL)"):
        (one.cards / "family").mkdir()
        for number in range(3):
            one.write(f"kin-{number}.vcf", card(f"kin-{number}", "Kin", str(number)), "family")
        one.discover()
        one.sync()
        made = server.book("alice", "family")
        kind = client.propfind(made, D + "resourcetype").multistatus().only().names(D + "resourcetype")
        holds(CARD + "addressbook" in kind, f"{made} is {kind}")
        agree("family", one.read("family"), on_server(client, made))
    with steps("its name set in the folder reaches the server and the other installation"):
        one.run("metasync")
        (one.cards / "family" / "displayname").write_text("Familie Ü")
        one.run("metasync")
        shown = client.propfind(made, D + "displayname").multistatus().only()
        equal(shown.text(D + "displayname"), "Familie Ü")
        two.discover()
        two.sync()
        two.run("metasync")
        equal((two.cards / "family" / "displayname").read_text(), "Familie Ü")
        agree("family on two", one.read("family"), two.read("family"))
    with steps("after all this all three hold the same"):
        for profile in (one, two, one, two):
            profile.sync()
        agree("at the end", one.read(), two.read(), on_server(client, book))


def main():
    need("vdirsyncer")
    steps = Steps()
    with tempfile.TemporaryDirectory() as directory, Server() as server:
        scenario(steps, server, directory)
        steps.finish()


main()
