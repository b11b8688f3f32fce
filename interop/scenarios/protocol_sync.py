#!/usr/bin/env python3
# timeout: 120
"""Protocol: sync-collection (RFC 6578), every change once and none missed."""

import threading

from cards import card, value
from dav import CARD, CS, D, Client, escape
from rolodav import Server
from steps import Steps, equal, holds, one_of


def token_of(client, book):
    """The sync-token property."""
    return client.propfind(book, D + "sync-token").multistatus().only().text(D + "sync-token")


def changes(client, book, token, *names, **more):
    """The delta since a token as ({changed href: tag}, removed hrefs, new token); pages are followed."""
    changed, removed = {}, []
    while True:
        answer = client.sync(book, token, *names, **more).multistatus()
        equal(len(set(answer.hrefs())), len(answer), "a member came twice")
        cut = False
        for response in answer:
            if response.href == book:
                equal(response.status, "HTTP/1.1 507 Insufficient Storage")
                holds(response.element.find(f"{D}error/{D}number-of-matches-within-limits") is not None, "507 without its reason")
                cut = True
            elif response.status is not None:
                equal(response.status, "HTTP/1.1 404 Not Found", response.href)
                removed.append(response.href)
            else:
                tag = response.text(D + "getetag")
                # A member that changed often may be named by several pages, by one only once.
                equal(changed.setdefault(response.href, tag), tag, response.href)
        holds(answer.token and answer.token != token or not cut, "a page without progress")
        token = answer.token
        if not cut:
            return changed, removed, token


def basics(steps, server, client, book):
    with steps("an empty book gives no member and the token that the property has"):
        changed, removed, token = changes(client, book, "")
        equal((changed, removed, token), ({}, [], token_of(client, book)))
        holds(":" in token, f"{token} is no URI: some clients ignore it")
    with steps("the first sync lists every member with its tag and never the book itself"):
        tags = {}
        for number in range(7):
            reply = client.put(f"{book}{number}.vcf", card(f"s{number}"))
            equal(reply.status, 201)
            tags[f"{book}{number}.vcf"] = reply.etag
        equal(changes(client, book, "")[:2], (tags, []))
        answer = client.sync(book, "").xml()
        equal(answer[-1].tag, D + "sync-token", "the token is not the last element")
    with steps("nothing changed: nothing is listed and the token stays"):
        now = token_of(client, book)
        equal(changes(client, book, now), ({}, [], now))
    with steps("one of each: changed, added, deleted, made again; each once"):
        client.put(f"{book}0.vcf", card("s0", "Changed"))
        client.put(f"{book}0.vcf", card("s0", "Changed twice"))
        client.put(f"{book}new.vcf", card("new"))
        client.delete(f"{book}1.vcf")
        client.delete(f"{book}2.vcf")
        client.put(f"{book}2.vcf", card("s2", "Again"))
        changed, removed, after = changes(client, book, now)
        equal(sorted(changed), [f"{book}0.vcf", f"{book}2.vcf", f"{book}new.vcf"])
        equal(removed, [f"{book}1.vcf"])
        equal(changed[f"{book}0.vcf"], client.get(f"{book}0.vcf").etag)
    with steps("made and deleted since: told as removed, so that nobody keeps it"):
        client.put(f"{book}brief.vcf", card("brief"))
        client.delete(f"{book}brief.vcf")
        equal(changes(client, book, after)[:2], ({}, [f"{book}brief.vcf"]))
    with steps("a member moved to another book is removed here and new there"):
        equal(client.request("MKCOL", server.book("alice", "other"), (
            '<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:set><D:prop><D:resourcetype><D:collection/>'
            "<C:addressbook/></D:resourcetype></D:prop></D:set></D:mkcol>")).status, 201)
        here, there = token_of(client, book), token_of(client, server.book("alice", "other"))
        reply = client.request("MOVE", f"{book}3.vcf", None, {"Destination": f"{server.url}{server.book('alice', 'other')}moved.vcf"})
        equal(reply.status, 201)
        equal(changes(client, book, here)[:2], ({}, [f"{book}3.vcf"]))
        equal(list(changes(client, server.book("alice", "other"), there)[0]), [f"{server.book('alice', 'other')}moved.vcf"])
    with steps("getctag moves exactly when the token does"):
        def ctag():
            return client.propfind(book, CS + "getctag").multistatus().only().text(CS + "getctag")
        before = ctag(), token_of(client, book)
        equal((ctag(), token_of(client, book)), before)
        client.put(f"{book}ctag.vcf", card("ctag"))
        holds(ctag() != before[0] and token_of(client, book) != before[1], "one of them did not move")


def forms(steps, client, book):
    with steps("Depth 0, 1 and none, sync-level 1, infinite and none are all taken"):
        now = token_of(client, book)
        client.put(f"{book}forms.vcf", card("forms"))
        for depth in ("0", "1", None):
            for level in ("1", "infinite", "infinity"):
                equal(list(changes(client, book, now, level=level, depth=depth)[0]), [f"{book}forms.vcf"], f"{depth} {level}")
        equal(list(changes(client, book, now, level=None, depth="1")[0]), [f"{book}forms.vcf"])
    with steps("the cards can be asked for in the same answer"):
        response = client.sync(book, now, D + "getetag", CARD + "address-data").multistatus().only()
        equal(value(response.text(CARD + "address-data"), "UID"), "forms")
    with steps("an empty prop still names every changed member"):
        body = f'<D:sync-collection xmlns:D="DAV:"><D:sync-token>{escape(now)}</D:sync-token><D:sync-level>1</D:sync-level><D:prop/></D:sync-collection>'
        equal(client.report(book, body).multistatus().hrefs(), [f"{book}forms.vcf"])
    with steps("a limit pages through all members and misses none, from any token"):
        everything = changes(client, book, "")[0]
        for limit in (1, 3, len(everything), len(everything) + 1):
            equal(changes(client, book, "", limit=limit)[0], everything, f"limit {limit}")
        start = token_of(client, book)
        for number in range(5):
            client.put(f"{book}p{number}.vcf", card(f"p{number}"))
        client.delete(f"{book}p0.vcf")
        changed, removed, last = changes(client, book, start, limit=2)
        equal((sorted(changed), set(removed)), ([f"{book}p{number}.vcf" for number in range(1, 5)], {f"{book}p0.vcf"}))
        equal(last, token_of(client, book))


def bad_tokens(steps, server, client, book):
    other = token_of(client, server.book("alice", "other"))
    good = token_of(client, book)
    with steps("tokens that are not the book's are refused with valid-sync-token, whatever they look like"):
        wrong = ["nonsense", "http://example.org/1", other, good + "0000", good[:-1] + "x", "data:,", "::/", "\u00fc" * 50, "9" * 400]
        for token in wrong:
            reply = client.sync(book, token)
            equal((reply.status, reply.conditions()[:1]), (403, [D + "valid-sync-token"]), token)
    with steps("the status is one that the client recovers from: 400 for Thunderbird's address book"):
        agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0"}
        reply = client.sync(book, "nonsense", headers=agent)
        equal((reply.status, reply.conditions()[:1]), (400, [D + "valid-sync-token"]))
    with steps("a limit of nothing or of words is refused, not obeyed"):
        for limit in ("0", "-1", "many"):
            reply = client.sync(book, "", limit=limit)
            one_of(reply.status, (207, 400, 403, 507), limit)
    with steps("the token stands in an If header: a write goes through only while it is current"):
        reply = client.put(f"{book}if.vcf", card("if"), If=f"<{book}> (<{good}>)")
        equal(reply.status, 201)
        equal(client.put(f"{book}if.vcf", card("if", "Late"), If=f"<{book}> (<{good}>)").status, 412)
        equal(value(client.get(f"{book}if.vcf").text, "FN"), "Ada Lövelace")


def durability(steps, server, client, book):
    with steps("old tokens hold over a crash and give the right delta"):
        token = token_of(client, book)
        for number in range(20):
            client.put(f"{book}crash{number}.vcf", card(f"crash{number}"))
        client.delete(f"{book}crash0.vcf")
        client.close()
        server.kill()
        server.start()
        changed, removed, _ = changes(client, book, token)
        equal((sorted(changed), removed), (sorted(f"{book}crash{number}.vcf" for number in range(1, 20)), [f"{book}crash0.vcf"]))
    with steps("a reader that syncs while four write ends with exactly what is there"):
        state, start = dict(changes(client, book, "")[0]), token_of(client, book)
        faults = []

        def write(writer):
            own = Client(server.url, "alice")
            try:
                for number in range(40):
                    path = f"{book}w{writer}-{number % 10}.vcf"
                    if number % 7 == 6:
                        one_of(own.delete(path).status, (204, 404), path)
                    else:
                        one_of(own.put(path, card(f"w{writer}-{number % 10}", f"N{number}")).status, (201, 204), path)
            except Exception as fault:
                faults.append(fault)

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
        for writer in writers:
            writer.start()
        token, rounds = start, 0
        while True:
            busy = any(writer.is_alive() for writer in writers)
            changed, removed, token = changes(client, book, token, limit=5)
            state.update(changed)
            for href in removed:
                state.pop(href, None)
            rounds += 1
            if not busy:
                break
        equal(faults, [])
        listing = client.propfind(book, D + "getetag", depth="1").multistatus()
        equal(state, {each.href: each.text(D + "getetag") for each in listing if each.href != book}, f"after {rounds} syncs")


def main():
    steps = Steps()
    with Server() as server:
        client, book = Client(server.url, "alice"), server.book("alice")
        basics(steps, server, client, book)
        forms(steps, client, book)
        bad_tokens(steps, server, client, book)
        durability(steps, server, client, book)
        steps.finish()


main()
