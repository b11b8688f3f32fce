#!/usr/bin/env python3
# needs: apt thunderbird
# timeout: 240
"""Thunderbird, the distribution's package, headless: one account, one book, everything both ways."""

import base64
import re
import shutil
import signal
import sys
import tempfile

from dav import Client, D
from marionette import MarionetteError
from rolodav import Server, need
from steps import Steps, equal, holds
from thunderbird_driver import Thunderbird
from thunderbird_cards import (CARDS, FLAWED, ODD, PICTURE, PICTURE_TEXT, RICH_3, RICH_4, holds_lines,
                               new_contact, plain, properties, seeds, unfolded, vcard)
from thunderbird_sides import Sides

need("thunderbird")

# Requests of one sync, as (method, depth, status).
ONE_REPORT = [("REPORT", "1", 207)]
RESYNC = [("REPORT", "1", 400), ("PROPFIND", "1", 207), ("REPORT", "1", 207), ("PROPFIND", "0", 207)]


def first_contact(steps, sides):
    """Discovery, the account, the first download."""
    server, thunderbird = sides.server, sides.thunderbird
    book_url = server.url + sides.path
    for place in ("", "/.well-known/carddav", "/dav/", server.principal("alice"), server.home("alice"), sides.path):
        with steps(f"the book is found from {place or 'the bare address'}"):
            found = thunderbird.detect(server.url + place, "alice", "secret")
            equal([book["url"] for book in found], [book_url])
    with steps("a password of a device finds the book too"):
        found = thunderbird.detect(server.url, "alice", server.add_device("alice", "laptop"))
        equal([book["url"] for book in found], [book_url])
    with steps("the dialog adds the account by the bare address, name and password"):
        holds(not thunderbird.record()["prompts"], f"a dialog opened: {thunderbird.record()['prompts']}")
        thunderbird.clearRecord()
        [book] = thunderbird.addAccount(server.url, "alice", "secret")
        sides.book = book["uid"]
        equal((book["url"], book["readOnly"]), (book_url, False))
        shown = sides.http.propfind(sides.path, D + "displayname").multistatus().only().text(D + "displayname")
        equal(book["name"], shown, "name of the book")
    with steps(f"the first sync brings {CARDS} cards"):
        thunderbird.firstSync(sides.book, 60)
        equal(len(thunderbird.cards(sides.book)), CARDS, "cards")
        sides.same()
    if steps.failures:
        return
    with steps("the first sync is one listing, one multiget and one token"):
        equal(sides.signed_in()[-3:], [("PROPFIND", "1", 207), ("REPORT", "1", 207), ("PROPFIND", "0", 207)])
    with steps("every card came with all its lines, in their order"):
        cards = {card["href"]: card["vcard"] for card in thunderbird.cards(sides.book)}
        for name, card in seeds().items():
            equal(properties(cards[sides.path + name]), properties(card.decode()), name)
    for uid in ("photo-3", "photo-4"):
        with steps(f"the photo of {uid} is shown whole"):
            kind, data = thunderbird.photo(sides.book, uid).split(",", 1)
            equal(kind, "data:image/jpeg;base64")
            holds(base64.b64decode(data) == PICTURE, "the picture is another one")


def stillness(steps, sides, when):
    """A sync without changes is one small request and touches nothing."""
    with steps(f"{when}, a sync without changes is one small request"):
        equal(sides.sync(), ONE_REPORT)
        requests = sides.requests()
        holds(len(requests) <= 2, f"{len(requests)} requests, the signed-out ones included")
        holds(requests[-1]["bytes"] < 1000, f"the answer has {requests[-1]['bytes']} bytes")
        equal(sides.touched(), (0, 0, 0), "cards touched")


def server_changes(steps, sides):
    """What other clients do arrives in Thunderbird."""
    with steps("a card created, one edited and one deleted elsewhere arrive by one request"):
        sides.put("elsewhere.vcf", vcard("VERSION:4.0", "UID:elsewhere", "FN:Elsa Where", "EMAIL:elsa@example.org"))
        sides.put("plain-0001.vcf", plain(1, "second"))
        sides.delete("plain-0002.vcf")
        equal(sides.sync(), ONE_REPORT)
        equal(sides.card("elsewhere")["mail"], "elsa@example.org")
        holds("NOTE:second of 1" in sides.card("plain-0001")["vcard"], "the edit did not arrive")
        equal(sides.card("plain-0002"), None, "the deleted card")
        sides.same()
    with steps("40 cards created, 40 edited and 10 deleted elsewhere arrive by one request"):
        for number in range(100, 140):
            sides.put(f"plain-{number:04}.vcf", plain(number, "third"))
            sides.put(f"more-{number:04}.vcf", plain(number + 1000))
        for number in range(140, 150):
            sides.delete(f"plain-{number:04}.vcf")
        equal(sides.sync(), ONE_REPORT)
        sides.same()
    with steps("a card deleted and created again under the same name arrives once"):
        sides.delete("plain-0003.vcf")
        sides.put("plain-0003.vcf", plain(3, "again"))
        equal(sides.sync(), ONE_REPORT)
        sides.same()
    for name, (card, shown) in FLAWED.items():
        with steps(f"a flawed card arrives and can be edited: {name}"):
            sides.put(f"{name}.vcf", card)
            equal(sides.sync(), ONE_REPORT)
            [found] = [one for one in sides.thunderbird.cards(sides.book) if one["href"] == f"{sides.path}{name}.vcf"]
            equal(found["name"], shown, "the name shown")
            sides.change(found["uid"], ["note", "edited"])
            sides.sync()
            sides.same()


def client_changes(steps, sides):
    """What is done in Thunderbird arrives on the server as it was sent."""
    thunderbird = sides.thunderbird
    with steps("a contact created in Thunderbird is on the server as it was sent"):
        [made] = sides.add(new_contact("Nora Neu", "EMAIL:nora@example.org", "X-ORIGIN:form"))
        sides.settled([made])
        equal(sides.card(made["uid"])["href"], f"{sides.path}{made['uid']}.vcf", "href")
        equal(sides.stored(f"{sides.path}{made['uid']}.vcf", "4.0"), made["sent"].encode(), "the stored card")
        sides.same()
    with steps("30 contacts created at once are all on the server"):
        sides.settled(sides.add(*[new_contact(f"Burst {number}") for number in range(30)]))
        sides.same()
    with steps("a contact with a photo is on the server whole"):
        [made] = sides.add(new_contact("Petra Photo", f"PHOTO:data:image/jpeg;base64,{PICTURE_TEXT}"))
        sides.settled([made])
        stored = sides.stored(sides.card(made["uid"])["href"], "4.0")
        holds(PICTURE_TEXT in unfolded(stored.decode()), "the picture is not in the stored card")
        sides.same()
    with steps("the photo reaches a client that reads vCard 3.0 only"):
        reply = sides.http.get(sides.card(made["uid"])["href"], User_Agent="iOS/17.0.2 (21A351) dataaccessd/1.0")
        lines = {name: (parameters, value) for name, parameters, value in properties(reply.text)}
        equal(lines["version"][1], "3.0", "version")
        holds("encoding=b" in lines["photo"][0], f"parameters of the photo: {lines['photo'][0]}")
        holds(lines["photo"][1] == PICTURE_TEXT, "the picture is another one")
    for uid, original, version in (("rich-4", RICH_4, "4.0"), ("rich-3", RICH_3, "3.0")):
        with steps(f"an edit of {uid} keeps X- properties, groups and parameters"):
            sent = sides.change(uid, ["note", "after"], ["nickname", "Riki"])
            stored = sides.stored(f"{sides.path}{uid}.vcf", version)
            equal(stored, sent.encode(), "the stored card")
            holds_lines(stored.decode(), original, but=("note",))
            holds(("note", (), "after") in properties(stored.decode()), "the edit is missing")
            holds_lines(sides.card(uid)["vcard"], original, but=("note",))
    for uid in ("photo-3", "photo-4"):
        with steps(f"an edit of {uid} keeps the photo"):
            sides.change(uid, ["note", "after"])
            stored = sides.stored(f"{sides.path}{uid}.vcf", f"{uid[-1]}.0")
            holds(PICTURE_TEXT in unfolded(stored.decode()), "the picture is not in the stored card")
            shown = base64.b64decode(thunderbird.photo(sides.book, uid).split(",", 1)[1])
            holds(shown == PICTURE, "Thunderbird shows another picture")
    for name, uid in ODD.items():
        with steps(f"an edit of {name} goes to {name}"):
            sides.change(uid, ["note", "after"])
            holds(b"\r\nNOTE:after\r\n" in sides.stored(sides.path + name), "the edit is missing")
            sides.same()
    with steps("contacts deleted in Thunderbird are gone from the server"):
        thunderbird.clearRecord()
        hrefs = sides.remove("plain-0010.vcf", "plain-0011.vcf", *ODD)
        thunderbird.answered("DELETE", len(hrefs), 30)
        equal([sides.http.get(href).status for href in hrefs], [404] * len(hrefs))
        sides.same()
    with steps("Thunderbird's own changes come back without effect"):
        equal(sides.sync(), ONE_REPORT)
        equal(sides.touched(), (0, 0, 0), "cards touched")
        sides.same()


def both_sides(steps, sides):
    """The same card changed on both sides, and changes made without a connection."""
    thunderbird = sides.thunderbird
    with steps("a card edited on both sides ends the same on both"):
        sides.put("plain-0020.vcf", plain(20, "server"))
        sides.change("plain-0020", ["note", "mine"])
        sides.sync()
        holds("NOTE:mine" in sides.card("plain-0020")["vcard"], "Thunderbird lost its edit")
        sides.same()
    with steps("a card deleted elsewhere and edited here is there again on both"):
        sides.delete("plain-0021.vcf")
        sides.change("plain-0021", ["note", "mine"])
        sides.hrefs.add(sides.path + "plain-0021.vcf")
        sides.sync()
        sides.same()
    with steps("changes made while the server is away wait and arrive once it is back"):
        sides.server.stop()
        try:
            [made] = sides.add(new_contact("Olaf Offline"))
            thunderbird.edit(sides.book, "plain-0030", [["note", "offline"]])
            sides.remove("plain-0031.vcf")
            thunderbird.waits(sides.book, 2, 1, 30)
        finally:
            sides.server.start()
        sides.put("plain-0032.vcf", plain(32, "meanwhile"))
        sides.sync()
        equal(thunderbird.waiting(sides.book), {"changed": [], "deleted": []})
        equal(sides.stored(f"{sides.path}{made['uid']}.vcf", "4.0"), made["sent"].encode(), "the new card")
        holds(b"NOTE:offline" in sides.stored(sides.path + "plain-0030.vcf", "4.0"), "the edit is missing")
        equal(sides.http.get(sides.path + "plain-0031.vcf").status, 404)
        holds("meanwhile of 32" in sides.card("plain-0032")["vcard"], "the other client's edit is missing")
        sides.same()


def shares(steps, sides):
    """A book shared by somebody else is offered, is read-only, and is gone when the share ends."""
    server, thunderbird = sides.server, sides.thunderbird
    server.add_user("bob", "secret")
    bob, path = Client(server.url, "bob"), server.book("bob")
    bob.put(path + "one.vcf", vcard("VERSION:4.0", "UID:bob-one", "FN:Bob One"))
    shared = None
    with steps("a book shared for reading is offered by the dialog and comes read-only"):
        server.share("bob", "contacts", "alice")
        [book] = thunderbird.addAccount(server.url, "alice", "secret")
        shared = book["uid"]
        equal(book["readOnly"], True, "read-only")
        thunderbird.firstSync(shared, 30)
        equal([card["name"] for card in thunderbird.cards(shared)], ["Bob One"])
    with steps("what its owner changes arrives by one request"):
        bob.put(path + "one.vcf", vcard("VERSION:4.0", "UID:bob-one", "FN:Bob First"))
        bob.put(path + "two.vcf", vcard("VERSION:3.0", "UID:bob-two", "FN:Bob Two", "N:Two;Bob;;;"))
        thunderbird.clearRecord()
        thunderbird.sync(shared)
        equal(sides.signed_in(), ONE_REPORT)
        equal(sorted(card["name"] for card in thunderbird.cards(shared)), ["Bob First", "Bob Two"])
    with steps("once the share has ended, its sync is refused and the own book still syncs"):
        server.unshare("bob", "contacts", "alice")
        thunderbird.clearRecord()
        try:
            thunderbird.sync(shared)
        except MarionetteError:
            pass  # Thunderbird reports the refusal
        answers = sides.signed_in()
        equal(len(answers), 1, f"requests {answers}")
        holds(answers[0][2] in (403, 404), f"{answers}")
        equal(sides.sync(), ONE_REPORT)
        sides.same()
    with steps("the book of the ended share is no longer found"):
        found = thunderbird.detect(server.url, "alice", "secret")
        equal([book["url"] for book in found], [server.url + sides.path])
    if shared:
        thunderbird.forget(shared)


def foreign_token():
    """A token of another store, which has seen just as much."""
    with Server() as other:
        client = Client(other.url, "alice")
        equal(client.put(other.book("alice") + "one.vcf", plain(1)).status, 201)
        answer = client.propfind(other.book("alice"), D + "sync-token").multistatus()
        return answer.only().text(D + "sync-token")


def lost_tokens(steps, sides):
    """A token the server cannot use is answered with 400, and Thunderbird starts over by itself."""
    thunderbird = sides.thunderbird
    own = thunderbird.token(sides.book)
    tokens = {
        "that is nonsense": lambda: "bogus",
        "of another store": foreign_token,
        "of the future": lambda: re.sub(r"(\d+)(?!.*\d)", "99999999999", own),
    }
    for number, (kind, make) in enumerate(tokens.items()):
        with steps(f"after a token {kind}, Thunderbird has everything again"):
            token = make()
            holds(token != own, "the token is the right one")
            sides.put(f"plain-{200 + number:04}.vcf", plain(200 + number, "unseen"))
            sides.put(f"unseen-{number}.vcf", vcard("VERSION:4.0", f"UID:unseen-{number}", "FN:Un Seen"))
            sides.delete(f"plain-{210 + number:04}.vcf")
            thunderbird.setToken(sides.book, token)
            equal(sides.sync(), RESYNC)
            equal(sides.touched(), (1, 1, 1), "cards touched")
            sides.same()
            equal(sides.sync(), ONE_REPORT)


def restarts(steps, sides):
    """Neither side forgets anything when it starts again."""
    thunderbird, server = sides.thunderbird, sides.server
    with steps("after a kill of the server the old token still gives the change, and only it"):
        sides.put("plain-0040.vcf", plain(40, "before the kill"))
        server.kill()
        server.start()
        equal(sides.sync(), ONE_REPORT)
        holds("before the kill" in sides.card("plain-0040")["vcard"], "the edit did not arrive")
        equal(sides.touched(), (0, 1, 0), "cards touched")
        sides.same()
    with steps("the password was saved once, under one realm"):
        logins = thunderbird.savedLogins()
        equal([(one["origin"], one["username"]) for one in logins], [(server.url, "alice")])
        realms = set(thunderbird.record()["challenges"])
        equal(len(realms), 1, f"challenges {realms}")
        holds(f'Basic realm="{logins[0]["realm"]}"' in realms.pop(), "the saved realm is another one")
    with steps("no sign-in dialog opened but those for the two accounts"):
        equal([prompt["answered"] for prompt in thunderbird.record()["prompts"]], [True, True])
    with steps("after a restart of Thunderbird a sync brings the change without a prompt"):
        thunderbird.stop()
        sides.put("plain-0041.vcf", plain(41, "after the restart"))
        thunderbird.start()
        [book] = thunderbird.books()
        equal(book["uid"], sides.book)
        equal(sides.sync(), ONE_REPORT)
        holds("after the restart" in sides.card("plain-0041")["vcard"], "the edit did not arrive")
        equal(thunderbird.record()["prompts"], [])
        sides.same()
    with steps("a wrong password is refused without a prompt, and the right one works right after"):
        try:
            found = thunderbird.detect(server.url, "alice", "wrong")
        except MarionetteError as error:
            holds("Authorization failure" in str(error), str(error))
        else:
            raise AssertionError(f"found {found}")
        equal(len(thunderbird.detect(server.url, "alice", "secret")), 1, "books")
        equal(thunderbird.record()["prompts"], [])


def main():
    """Runs every part; nothing after the first contact can hold without it."""
    # Ended from outside, it still takes Thunderbird, the server and their files with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was done"))
    steps = Steps()
    home = tempfile.mkdtemp(prefix="rolodav-thunderbird-")
    try:
        with Server() as server, Thunderbird(home) as thunderbird:
            sides = Sides(server, thunderbird)
            with steps(f"{CARDS} cards are put"):
                for name, card in seeds().items():
                    sides.put(name, card)
            first_contact(steps, sides)
            if not steps.failures:
                stillness(steps, sides, "after the first sync")
                server_changes(steps, sides)
                client_changes(steps, sides)
                both_sides(steps, sides)
                stillness(steps, sides, "after all changes")
                lost_tokens(steps, sides)
                shares(steps, sides)
                restarts(steps, sides)
            if steps.failures:
                print("--- Thunderbird's last lines", *thunderbird.log()[-60:], "---", sep="\n", flush=True)
            steps.finish()
    finally:
        shutil.rmtree(home, ignore_errors=True)


main()
