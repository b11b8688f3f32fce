#!/usr/bin/env python3
# needs: apt evolution-data-server gir1.2-ebook-1.2 python3-gi dbus-daemon
# timeout: 170
"""evolution-data-server with rights that change: shared books, device profiles, revoked passwords."""

import json
import os
import pathlib
import sys

from cards import card, many, value
from dav import Client, D
from evolution_desk import Desk, fetched, on_server, until
from evolution_session import Evolution, EvolutionError, missing
from rolodav import WORK, Server
from steps import Steps, equal, holds, one_of
from wiretap import Wiretap

COUNT = 30


def account(desk, name, user, password, wanted):
    """Adds an account by the bare address and waits for the number of books it must find."""
    session = desk.session
    session.add_account(account=name, url=desk.tap.url + "/", user=user, password=password)

    def differs():
        paths = sorted(b["path"] for b in session.account_books(account=name))
        return None if len(paths) == wanted else f"the paths are {paths}"
    until(f"{user}'s account {name} has {wanted} books", differs)
    return {b["path"]: b["book"] for b in session.account_books(account=name)}


def opened(desk, book):
    """Opens the book and gives whether it can be written to, once it is known."""
    desk.book = book
    desk.session.open(book=book)
    desk.settle()
    equal(desk.session.status(book=book)["connection"], "connected", "the connection")
    return desk.session.status(book=book)["writable"]


def refused(action, **words):
    """The session does not do it."""
    try:
        action(**words)
    except EvolutionError:
        return
    holds(False, "it was done")


def shared(steps, session, tap, server, client, book, log):
    """Alice's book in Bob's account."""
    desk = Desk(session, tap)
    cards = on_server(client, book)
    uid = sorted(cards)[0]
    with steps("a book shared for reading is in the other's account, opens and shows its cards"):
        server.share("alice", "contacts", "bob")
        found = account(desk, "bob", "bob", "secret", wanted=2)
        own = found.pop(server.book("bob"))
        (theirs, identifier), = found.items()
        equal(opened(desk, own), True, "Bob may write to his own book")
        equal(opened(desk, identifier), False, "Bob may write to the shared book")
        desk.agrees(client, book)
    with steps("nothing can be changed in it"):
        refused(session.create, book=identifier, vcard=card("bob-1", "Von", "Bob"))
        refused(session.modify, book=identifier, uid=uid, fields={"nickname": "Bob"})
        refused(session.remove, book=identifier, uid=uid)
        equal(on_server(client, book), cards)
    with steps("changes of the owner come down"):
        text = cards[uid].replace("END:VCARD", "NICKNAME:owner\r\nEND:VCARD")
        one_of(client.put(f"{book}{uid}.vcf", text).status, (200, 204))
        desk.refresh()
        desk.agrees(client, book)
    with steps("shared for writing it opens for writing on another desktop, and edits reach the owner"):
        server.share("alice", "contacts", "bob", write=True)
        with Evolution(log) as session_two:
            other = Desk(session_two, tap)
            again = account(other, "bob", "bob", "secret", wanted=2)[theirs]
            equal(opened(other, again), True, "Bob may write to the shared book")
            other.agrees(client, book)
            session_two.modify(book=again, uid=uid, fields={"nickname": "Bob"})
            made = session_two.create(book=again, vcard=card("bob-2", "Von", "Bob"))
        held = on_server(client, book)
        equal((value(held[uid], "NICKNAME"), value(held[made], "FN")), ("Bob", "Von Bob"))
    with steps("no longer shared it leaves the account"):
        server.unshare("alice", "contacts", "bob")
        listing = Client(server.url, "bob").propfind(theirs, D + "getetag", depth="1")
        one_of(listing.status, (403, 404))
        session.look_again(account="bob")
        until("the shared book is gone", lambda: None if [
            b["path"] for b in session.account_books(account="bob")] == [server.book("bob")]
            else "it is still there")


def devices(steps, tap, server, client, book, log):
    """Alice's desktops, each with a password of its own."""
    with (steps("a device that may only read opens the owner's book for reading"),
          Evolution(log) as session):
        desk = Desk(session, tap)
        password = server.add_device("alice", "Hall", "--read-only")
        found = account(desk, "hall", "alice", password, wanted=1)
        equal(opened(desk, found[book]), False, "the device may write")
        desk.agrees(client, book)
    with steps("a device that may see one book finds that one"), Evolution(log) as session:
        desk = Desk(session, tap)
        equal(client.make_book(server.book("alice", "club")).status, 201)
        equal(client.put(server.book("alice", "club") + "c.vcf", card("c-1", "Im", "Club")).status, 201)
        password = server.add_device("alice", "Club room", "--book", "club")
        found = account(desk, "club", "alice", password, wanted=1)
        equal(list(found), [server.book("alice", "club")])
        equal(opened(desk, found[server.book("alice", "club")]), True)
        desk.agrees(client, server.book("alice", "club"))
    with (steps("a revoked password stops the desktop, which asks for another and loses nothing"),
          Evolution(log) as session):
        desk = Desk(session, tap)
        password = server.add_device("alice", "Lost laptop")
        found = account(desk, "laptop", "alice", password, wanted=2)
        equal(opened(desk, found[book]), True)
        desk.agrees(client, book)
        listed = json.loads(server.command("device", "list", "alice", "--json").stdout)
        number = next(row["device"] for row in listed if row["label"] == "Lost laptop")
        server.command("device", "revoke", "alice", str(number))
        equal(session.status(book=desk.book)["credentials_required"], [])
        session.refresh(book=desk.book)
        until("the desktop asks for a password", lambda: None if session.status(
            book=desk.book)["credentials_required"] else "it did not")
        tap.clear()
        session.enter_password(account="laptop", book=desk.book, password=server.add_device("alice", "New laptop"))
        equal(client.put(f"{book}after.vcf", card("after-1", "Wieder", "Da")).status, 201)
        desk.settle()
        session.refresh(book=desk.book)
        desk.agrees(client, book)
        equal(set(fetched(tap.exchanges())), {f"{book}after.vcf".encode()}, "what it downloaded")


def main():
    lacking = missing()
    if lacking:
        sys.exit(f"missing: {lacking}")
    steps = Steps()
    pathlib.Path(WORK, "logs").mkdir(parents=True, exist_ok=True)
    log = os.path.join(WORK, "logs", "evolution-access-session.log")
    with Server(users=("alice", "bob")) as server, Wiretap("127.0.0.1", server.port) as tap:
        client, book = Client(server.url, "alice"), server.book("alice")
        with steps(f"{COUNT} cards are put on the server"):
            for uid, text in many(COUNT).items():
                equal(client.put(f"{book}{uid}.vcf", text, If_None_Match="*").status, 201, f"PUT {uid}")
        with Evolution(log) as session:
            shared(steps, session, tap, server, client, book, log)
        devices(steps, tap, server, client, book, log)
        steps.finish()


main()
