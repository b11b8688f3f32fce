#!/usr/bin/env python3
# needs: apt syncevolution
# timeout: 170
"""SyncEvolution: a folder of cards and the server, two-way, with add-member for what is new."""

import re
import tempfile

from cards import card, lines_of, many, value, values
from dav import CARD, Client, D
from rolodav import Server, need
from steps import Steps, equal, holds, one_of
from syncevolution_peer import TARGET, Peer
from wiretap import Wiretap

COUNT = 100
OFFERED = re.compile(rb"<(?:\w+:)?add-member[^>/]*>\s*<(?:\w+:)?href[^>]*>([^<]+)<")


def on_server(client, book):
    """The server's cards by their FN."""
    hrefs = client.propfind(book, D + "getetag", depth="1").multistatus().hrefs()
    hrefs = [href for href in hrefs if href != book]
    if not hrefs:
        return {}
    texts = [each.text(CARD + "address-data") for each in client.multiget(book, hrefs).multistatus()]
    return {value(text, "FN"): text for text in texts}


def agree(peer, client, book):
    """Both sides hold the same people with the same addresses, numbers and own properties."""
    mine, theirs = peer.texts(), on_server(client, book)
    odd = sorted(mine.keys() ^ theirs.keys())
    holds(not odd, f"the sides differ in {odd[:5]} ({len(odd)} in all)")
    for name, text in theirs.items():
        for property_name in ("N", "EMAIL", "TEL", "X-INTEROP-KEEP"):
            # The folder's side writes an empty line for what it knows and a card lacks.
            here = [v for v in values(mine[name], property_name) if v.strip(";")]
            equal(sorted(here), sorted(values(text, property_name)), f"{property_name} of {name}")


def first_contact(steps, peer, tap, server, client, book, cards):
    """From the bare address to a full folder."""
    with steps(f"{COUNT} cards are put on the server"):
        for uid, text in cards.items():
            equal(client.put(f"{book}{uid}.vcf", text, If_None_Match="*").status, 201, f"PUT {uid}")
    with steps("the bare address is enough to find the book"):
        peer.configure(tap.url + "/", "alice", "secret")
        shown = peer.run("--print-databases", "backend=carddav", f"syncURL={tap.url}/",
                         "username=alice", "password=secret")
        holds(f"{tap.url}{book}" in shown, "the list of databases lacks the book")
    with steps("the first synchronization fills the folder"):
        tap.clear()
        equal(peer.sync("slow"), ((COUNT, 0, 0), (0, 0, 0)))
        agree(peer, client, book)
        odd = [e for e in tap.exchanges() if e.status not in (200, 207, 301, 302, 307, 308, 401)]
        holds(not odd, f"answers it did not count on: {odd}")
    with steps("without a change nothing is fetched or written"):
        tap.clear()
        equal(peer.sync(), ((0, 0, 0), (0, 0, 0)))
        said = tap.exchanges()
        holds({e.method for e in said} == {"PROPFIND"}, f"it asked {said}")


def server_changes(steps, peer, tap, client, book, uids, cards):
    """What was done on the server arrives in the folder."""
    with steps("edits, deletions and creations on the server come down"):
        for uid in uids[:3]:
            text = cards[uid].replace("END:VCARD", "TITLE:Größer\\, by server\r\nEND:VCARD")
            one_of(client.put(f"{book}{uid}.vcf", text).status, (200, 204))
        for uid in uids[3:5]:
            one_of(client.delete(f"{book}{uid}.vcf").status, (200, 204))
        for number in range(2):
            fresh = f"server-{number}"
            equal(client.put(f"{book}{fresh}.vcf", card(fresh, "Neu", f"Größe {number}")).status, 201)
        tap.clear()
        equal(peer.sync(), ((2, 3, 2), (0, 0, 0)))
        agree(peer, client, book)
        equal(value(peer.texts()[value(cards[uids[0]], "FN")], "TITLE"), "Größer\\, by server")
        asked = sum(e.body.count(b"<D:href>") for e in tap.exchanges("REPORT"))
        asked += len(tap.exchanges("GET"))
        equal(asked, 5, "cards fetched for 3 edits and 2 creations")


def folder_changes(steps, peer, tap, client, book, uids, cards):
    """What was done in the folder arrives on the server."""
    kept = value(cards[uids[10]], "FN")
    with steps("edits, deletions and creations in the folder go up"):
        peer.edit(kept, "NICKNAME:Spitz")
        peer.edit(value(cards[uids[11]], "FN"), "NICKNAME:Name")
        for uid in uids[12:14]:
            peer.remove(value(cards[uid], "FN"))
        for number in range(3):
            peer.write(f"new-{number}.vcf", card(
                f"folder-{number}", "Chloé", f"Été {number}", f"EMAIL;TYPE=HOME:chloe{number}@example.org",
                "NOTE:first\\nsecond\\, third", "X-INTEROP-KEEP;X-P=1:from the folder"))
        tap.clear()
        equal(peer.sync(), ((0, 0, 0), (3, 2, 2)))
        held = on_server(client, book)
        equal(value(held[kept], "NICKNAME"), "Spitz")
        equal(value(held["Chloé Été 1"], "EMAIL"), "chloe1@example.org")
        equal(value(held["Chloé Été 1"], "X-INTEROP-KEEP"), "from the folder")
        agree(peer, client, book)
    with steps("an edit leaves properties it does not know on the server"):
        equal(value(held[kept], "X-INTEROP-KEEP"), value(cards[uids[10]], "X-INTEROP-KEEP"))
        equal(value(held[kept], "UID"), uids[10], "the UID")
    with steps("new cards went up by POST where add-member is offered, and were named"):
        offered = [m for e in tap.exchanges("PROPFIND") for m in OFFERED.findall(e.answer_body)]
        if offered:
            posts = tap.exchanges("POST")
            equal((len(posts), {e.target.encode() for e in posts}), (3, {offered[0]}))
            for each in posts:
                equal(each.status, 201)
                place = re.sub(r"^https?://[^/]*", "", each.answer_headers.get("location", ""))
                holds(place.startswith(book), f"Location is {each.answer_headers.get('location')}")
                got = client.get(place)
                equal((got.status, value(got.text, "FN")[:5]), (200, "Chloé"))
        else:
            equal([e.headers.get("if-none-match") for e in tap.exchanges("PUT")].count("*"), 3)
    with steps("its own changes do not come back"):
        tap.clear()
        equal(peer.sync(), ((0, 0, 0), (0, 0, 0)))
        equal([e for e in tap.exchanges() if e.method not in ("PROPFIND", "OPTIONS")], [])


def both_change(steps, peer, client, book, uids, cards):
    """Changes on both sides at once."""
    with steps("changes to different cards on both sides meet"):
        text = cards[uids[20]].replace("END:VCARD", "TITLE:server\r\nEND:VCARD")
        one_of(client.put(f"{book}{uids[20]}.vcf", text).status, (200, 204))
        peer.edit(value(cards[uids[21]], "FN"), "TITLE:folder")
        equal(peer.sync(), ((0, 1, 0), (0, 1, 0)))
        agree(peer, client, book)
    with steps("one card changed on both sides ends the same on both, with both addresses"):
        name = value(cards[uids[22]], "FN")
        text = cards[uids[22]].replace("END:VCARD", "EMAIL;TYPE=HOME:server@example.org\r\nEND:VCARD")
        one_of(client.put(f"{book}{uids[22]}.vcf", text).status, (200, 204))
        peer.edit(name, "EMAIL;TYPE=HOME:folder@example.org")
        peer.sync()
        peer.sync()
        agree(peer, client, book)
        held = values(on_server(client, book)[name], "EMAIL")
        holds({"server@example.org", "folder@example.org"} <= set(held), f"the server holds {held}")
    with steps("a card deleted here and edited there is on both sides or on neither"):
        peer.remove(value(cards[uids[23]], "FN"))
        text = cards[uids[23]].replace("END:VCARD", "TITLE:rescued\r\nEND:VCARD")
        one_of(client.put(f"{book}{uids[23]}.vcf", text).status, (200, 204))
        peer.sync()
        peer.sync()
        agree(peer, client, book)
    with steps("a book deleted and made anew under its name replaces the folder's cards"):
        one_of(client.delete(book).status, (200, 204))
        equal(client.make_book(book).status, 201)
        for number in range(3):
            equal(client.put(f"{book}anew-{number}.vcf", card(f"anew-{number}", "Von", f"Vorn {number}")).status, 201)
        peer.sync("refresh-from-remote")
        equal(sorted(peer.texts()), ["Von Vorn 0", "Von Vorn 1", "Von Vorn 2"])
        agree(peer, client, book)


def direct(steps, peer, client, book, directory):
    """The server used without a folder, item by item."""
    with steps("a card imported straight into the server is there to the byte, and can be deleted"):
        text = card("direct-1", "Dírect", "Ímport", "item1.TEL:+1 202 555 0147", "item1.X-ABLABEL:Boat",
                    "X-INTEROP-KEEP;X-ROLE=\"a;b\":as\\, is")
        with open(f"{directory}/direct.vcf", "w", newline="") as file:
            file.write(text)
        told = peer.run("--import", f"{directory}/direct.vcf", "--delimiter", "none", TARGET, "addressbook")
        luid = re.search(r"^#0: (.*)$", told, re.M).group(1)
        held = on_server(client, book)["Dírect Ímport"]
        equal(lines_of(held), lines_of(text))
        listed = [line for line in peer.run("--print-items", TARGET, "addressbook").splitlines()
                  if line and not line.startswith("[")]
        equal((len(listed), sum(line.startswith(luid) for line in listed)), (4, 1), "items listed")
        peer.run("--delete-items", TARGET, "addressbook", luid)
        holds("Dírect Ímport" not in on_server(client, book), "the deleted card is still there")


def main():
    need("syncevolution")
    steps = Steps()
    with (tempfile.TemporaryDirectory() as directory, Server() as server,
          Wiretap("127.0.0.1", server.port) as tap):
        client, book, cards = Client(server.url, "alice"), server.book("alice"), many(COUNT)
        peer, uids = Peer(f"{directory}/peer"), sorted(cards)
        first_contact(steps, peer, tap, server, client, book, cards)
        server_changes(steps, peer, tap, client, book, uids, cards)
        folder_changes(steps, peer, tap, client, book, uids, cards)
        both_change(steps, peer, client, book, uids, cards)
        direct(steps, peer, client, book, directory)
        steps.finish()


main()
