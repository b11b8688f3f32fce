#!/usr/bin/env python3
# timeout: 120
"""What was overwritten or deleted comes back: history, trash and restore, with clients watching."""

import json

from cards import card, lines_of, many, value
from dav import D, Client
from rolodav import Server
from steps import Steps, equal, holds, one_of


def told(server, *words):
    """What a command prints as JSON."""
    return json.loads(server.command(*words, "--json").stdout)


def members(client, book):
    """The members' tags."""
    listing = client.propfind(book, D + "getetag", depth="1").multistatus()
    return {each.href: each.text(D + "getetag") for each in listing if each.href != book}


def cards(steps, server, client, book):
    path, versions = f"{book}a.vcf", [card("a", f"Version {number}", "X", "X-OWN:kept") for number in range(4)]
    with steps("every overwritten version of a card is kept, with who wrote it and when"):
        for text in versions:
            one_of(client.put(path, text).status, (201, 204))
        phone = Client(server.url, "alice", server.add_device("alice", "phone"))
        equal(phone.put(path, card("a", "From the", "Phone")).status, 204)
        history = told(server, "history", "alice", "contacts/a.vcf")
        equal(len(history), len(versions))
        holds(all(each["reason"] == "replaced" and each["written"] <= each["until"] for each in history), f"{history}")
    with steps("each can be shown, byte for byte"):
        for number, text in enumerate(reversed(versions), 1):
            shown = server.command("history", "alice", "contacts/a.vcf", "--show", str(number)).stdout
            equal(lines_of(shown), lines_of(text), f"version {number}")
    with steps("an earlier version comes back, a client's next sync brings it, and nothing is lost by that"):
        token = client.sync(book).multistatus().token
        server.command("restore", "alice", "contacts/a.vcf", "--version", "2")
        equal(client.get(path).body, versions[-2].encode())
        equal(client.sync(book, token).multistatus().hrefs(), [path])
        shown = server.command("history", "alice", "contacts/a.vcf", "--show", "1").stdout
        equal(value(shown, "FN"), "From the Phone")
    with steps("a deleted card comes back under its name"):
        token = client.sync(book).multistatus().token
        equal(client.delete(path).status, 204)
        equal(client.sync(book, token).multistatus().only().status, "HTTP/1.1 404 Not Found")
        server.command("restore", "alice", "contacts/a.vcf")
        equal(client.get(path).body, versions[-2].encode())
        response = client.sync(book, token).multistatus().only()
        equal((response.href, response.status), (path, None))
    with steps("a card whose UID another one has taken meanwhile is not brought back over it"):
        equal(client.delete(path).status, 204)
        equal(client.put(f"{book}other.vcf", card("a", "The", "Other")).status, 201)
        done = server.command("restore", "alice", "contacts/a.vcf", may_fail=True)
        equal(done.returncode, 1)
        holds(done.stderr.strip(), "refused without a word")
        equal((client.get(path).status, value(client.get(f"{book}other.vcf").text, "FN")), (404, "The Other"))
    with steps("what cannot be is refused with 1, wrong usage with 2, each with words"):
        for words, status in ((("restore", "alice", "contacts/never.vcf"), 1), (("restore", "nobody", "contacts"), 1),
                              (("history", "alice", "contacts/a.vcf", "--show", "99"), 1), (("history",), 2), (("restore", "alice"), 2),
                              (("frobnicate",), 2)):
            done = server.command(*words, may_fail=True)
            equal(done.returncode, status, " ".join(words))
            holds(done.stderr.strip(), f"{words}: without a word")


def books(steps, server, client, book):
    kept = many(30, "kept")
    with steps("a deleted book is in the trash and comes back whole"):
        for uid, text in kept.items():
            equal(client.put(f"{book}{uid}.vcf", text).status, 201)
        before = members(client, book)
        equal(client.delete(book).status, 204)
        equal(client.get(next(iter(before))).status, 404)
        trash = told(server, "book", "trash", "alice")
        equal([(each["what"], each["cards"]) for each in trash if each["what"] == "contacts"], [("contacts", len(before))])
        server.command("restore", "alice", "contacts")
        equal(members(client, book), before)
        uid = next(iter(kept))
        equal(client.get(f"{book}{uid}.vcf").body, kept[uid].encode())
    with steps("with a new book under its name it comes back under another"):
        equal(client.delete(book).status, 204)
        server.command("book", "create", "alice", "contacts")
        equal(members(client, book), {})
        equal(server.command("restore", "alice", "contacts", may_fail=True).returncode, 1)
        server.command("restore", "alice", "contacts", "--as", "contacts-old")
        old = server.book("alice", "contacts-old")
        equal(len(members(client, old)), len(before))
        equal(members(client, book), {})
    with steps("export prints every card of the user, whole"):
        shown = server.command("export", "alice").stdout
        equal(shown.count("BEGIN:VCARD"), len(before))
        for text in kept.values():
            holds(text.replace("\r\n", "\n").strip() in shown.replace("\r\n", "\n"), f"{value(text, 'UID')} is not whole")
        equal(server.command("export", "alice", "contacts").stdout.count("BEGIN:VCARD"), 0)
    with steps("flawed cards are listed with what was repaired; a good one put in its place ends that"):
        path = f"{book}flawed.vcf"
        equal(client.put(path, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:flawed\r\nEND:VCARD\r\n").status, 201)
        found = told(server, "book", "attention", "alice")
        equal([(each["book"], each["card"]) for each in found], [("contacts", "flawed.vcf")])
        holds(all(found[0]["notes"]), f"{found}")
        equal(client.put(path, card("flawed")).status, 204)
        equal(told(server, "book", "attention", "alice"), [])


def restart(steps, server, client, book):
    with steps("all of it is there after a crash, and the commands work on a stopped store, too"):
        client.close()
        server.kill()
        equal(len(told(server, "history", "alice", "contacts/flawed.vcf")), 1)
        server.check()
        server.start()
        equal(len(told(server, "history", "alice", "contacts/flawed.vcf")), 1)
        server.check()


def main():
    steps = Steps()
    with Server() as server:
        client, book = Client(server.url, "alice"), server.book("alice")
        cards(steps, server, client, book)
        books(steps, server, client, book)
        restart(steps, server, client, book)
        steps.finish()


main()
