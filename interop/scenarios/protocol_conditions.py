#!/usr/bin/env python3
# timeout: 120
"""Protocol: conditional requests (RFC 9110 section 13, RFC 4918 section 10.4), and races for one card."""

import threading

from cards import card, value
from dav import CARD, D, Client
from rolodav import Server
from steps import Steps, equal, holds, one_of

ROUNDS = 60


def headers(steps, client, book):
    path = f"{book}c.vcf"
    first = client.put(path, card("c", "One")).etag
    now = client.put(path, card("c", "Two")).etag
    with steps("tags are strong, quoted, and differ when the bytes do"):
        holds(first != now and all(tag.startswith('"') and tag.endswith('"') for tag in (first, now)), f"{first} {now}")
    with steps("one card has one tag: GET, HEAD, PROPFIND, multiget and sync agree"):
        tags = {client.get(path).etag, client.request("HEAD", path).etag,
                client.propfind(path, D + "getetag").multistatus().only().text(D + "getetag"),
                client.multiget(book, [path]).multistatus().only().text(D + "getetag"),
                client.sync(book).multistatus().by_href(path).text(D + "getetag")}
        equal(tags, {now})
    reading = [
        ("If-None-Match of the current tag", {"If-None-Match": now}, 304),
        ("If-None-Match, weak", {"If-None-Match": "W/" + now}, 304),
        ("If-None-Match in a list", {"If-None-Match": f'"x", {now}'}, 304),
        ("If-None-Match *", {"If-None-Match": "*"}, 304),
        ("If-None-Match of an old tag", {"If-None-Match": first}, 200),
        ("If-Match of the current tag", {"If-Match": now}, 200),
        ("If-Match of an old tag", {"If-Match": first}, 412),
        ("If-Modified-Since long ago", {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200),
        ("If-Modified-Since the modification", {"If-Modified-Since": client.get(path).headers["Last-Modified"]}, 304),
        ("If-Modified-Since is ignored beside If-None-Match",
         {"If-None-Match": first, "If-Modified-Since": client.get(path).headers["Last-Modified"]}, 200),
        ("If-Unmodified-Since long ago", {"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 412),
        ("a date that is none is ignored", {"If-Modified-Since": "yesterday"}, 200),
    ]
    for title, given, status in reading:
        with steps(f"GET: {title} -> {status}"):
            for method in ("GET", "HEAD"):
                reply = client.request(method, path, None, given)
                equal(reply.status, status, method)
                equal(reply.etag, now, method)
                holds(status != 304 or reply.body == b"", "a body with 304")
    opaque = now.strip('"')
    writing = [
        ("the current tag", {"If-Match": now}, True),
        ("a list with it", {"If-Match": f'"x", {now} , "y"'}, True),
        ("*", {"If-Match": "*"}, True),
        ("without quotes, as some write it", {"If-Match": opaque}, True),
        ("with backslashes, as some write it", {"If-Match": f'\\"{opaque}\\"'}, True),
        ("made weak by a proxy", {"If-Match": f'W/"{opaque}"'}, True),
        ("with what a proxy adds when it compresses", {"If-Match": f'"{opaque}-gzip"'}, True),
        ("an old tag", {"If-Match": first}, False),
        ("no tag at all", {"If-Match": '""'}, False),
        ("If-None-Match *", {"If-None-Match": "*"}, False),
        ("If-None-Match of the current tag", {"If-None-Match": now}, False),
        ("If-None-Match of another tag", {"If-None-Match": first}, True),
        ("If-Unmodified-Since long ago", {"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, False),
        ("If with the tag", {"If": f"([{now}])"}, True),
        ("If with an old tag", {"If": f"([{first}])"}, False),
        ("If with one of two lists true", {"If": f"([{first}]) ([{now}])"}, True),
        ("If with Not", {"If": f"(Not [{first}] [{now}])"}, True),
        ("If with Not of the current tag", {"If": f"(Not [{now}])"}, False),
        ("If about this address by name", {"If": f"<{path}> ([{now}])"}, True),
        ("If about another card, with its tag wrong", {"If": f'<{book}none.vcf> (["x"])'}, False),
        ("If with a lock that does not exist", {"If": "(<urn:uuid:0b9a4c3e-6b1e-4d0e-8f4a-5f1f0c7c2a11>)"}, False),
        ("If-Match true but If false", {"If-Match": now, "If": f"([{first}])"}, False),
    ]
    same = card("c", "Two")
    for title, given, passes in writing:
        with steps(f"PUT, {title}: {'taken' if passes else 'refused with 412'}"):
            reply = client.request("PUT", path, same, {"Content-Type": "text/vcard", **given})
            if passes:
                one_of(reply.status, (200, 204), f"{reply!r} {reply.body[:200]!r}")
            else:
                equal(reply.status, 412)
                holds("If" in given or reply.etag == client.get(path).etag, f"ETag {reply.etag}")
            equal(client.get(path).text, same)
            tag = client.get(path).etag
            equal(tag, now, "the bytes are the same, the tag")
    with steps("an If header that cannot be read is refused"):
        one_of(client.put(path, same, If="([broken").status, (400, 412))
    with steps("If-Match on what is not there fails, If-None-Match: * creates it"):
        for given in ("*", now, "nothing"):
            equal(client.put(f"{book}new.vcf", card("new"), If_Match=given).status, 412, given)
        equal(client.get(f"{book}new.vcf").status, 404)
        equal(client.put(f"{book}new.vcf", card("new"), If_None_Match="*").status, 201)
    with steps("DELETE obeys, too"):
        equal(client.delete(f"{book}new.vcf", If_Match=now).status, 412)
        equal(client.delete(f"{book}new.vcf", If_None_Match="*").status, 412)
        equal(client.delete(f"{book}new.vcf", If_Match=client.get(f"{book}new.vcf").etag).status, 204)
        equal(client.delete(f"{book}new.vcf", If_Match="*").status in (404, 412), True)
    with steps("conditions are looked at only after the right to see: strangers learn nothing by them"):
        # The 412 of a conditional request would tell that a card exists.
        stranger = Client(client.url.geturl(), "mallory")
        answers = {stranger.get(path, If_None_Match="*").status, stranger.get(f"{book}none.vcf", If_None_Match="*").status}
        equal(len(answers), 1, f"{answers}")


def race(clients, work):
    """Runs work(client, number) for all clients at once; gives their results in order."""
    results, barrier = [None] * len(clients), threading.Barrier(len(clients))

    def run(number):
        barrier.wait()
        results[number] = work(clients[number], number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def races(steps, server, book):
    clients = [Client(server.url, "alice") for _ in range(8)]
    one = clients[0]
    with steps(f"{len(clients)} writers with one tag, {ROUNDS} times: exactly one wins, and what it wrote stands"):
        path = f"{book}race.vcf"
        tag = one.put(path, card("race", "Start")).etag
        for number in range(ROUNDS):
            replies = race(clients, lambda client, writer: client.put(path, card("race", f"R{number}W{writer}"), If_Match=tag))
            winners = [writer for writer, reply in enumerate(replies) if reply.status == 204]
            equal(sorted(reply.status for reply in replies), [204] + [412] * (len(clients) - 1))
            got = one.get(path)
            equal(value(got.text, "FN"), f"R{number}W{winners[0]} Lövelace")
            tag = replies[winners[0]].etag
            equal(tag, got.etag)
    with steps("the same for creating one name"):
        for number in range(ROUNDS):
            path = f"{book}make{number}.vcf"
            replies = race(clients, lambda client, writer: client.put(path, card(f"make{number}"), If_None_Match="*"))
            equal(sorted(reply.status for reply in replies), [201] + [412] * (len(clients) - 1))
    with steps("the same for one UID under several names: the others hear who holds it"):
        for number in range(ROUNDS):
            replies = race(clients, lambda client, writer: client.put(f"{book}uid{number}-{writer}.vcf", card(f"uid{number}"), If_None_Match="*"))
            winner = [reply for reply in replies if reply.status == 201]
            equal(len(winner), 1, f"{replies}")
            for reply in replies:
                if reply.status != 201:
                    one_of(reply.status, (403, 409))
                    equal(reply.conditions()[:1], [CARD + "no-uid-conflict"])
                    equal(reply.xml()[0].findtext(D + "href"), winner[0].path)
    with steps("deletion against edit with one tag: one of them, never both"):
        for number in range(ROUNDS):
            path = f"{book}del.vcf"
            tag = one.put(path, card("del", f"V{number}")).etag
            replies = race(clients[:2], lambda client, writer: client.delete(path, If_Match=tag) if writer
                           else client.put(path, card("del", "Edited"), If_Match=tag))
            codes = sorted(reply.status for reply in replies)
            one_of(codes, ([204, 404], [204, 412]))
            equal(one.get(path).status, 200 if replies[0].status == 204 else 404)


def main():
    steps = Steps()
    with Server(users=("alice", "mallory")) as server:
        headers(steps, Client(server.url, "alice"), server.book("alice"))
        races(steps, server, server.book("alice"))
        steps.finish()


main()
