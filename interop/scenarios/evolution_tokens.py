#!/usr/bin/env python3
# timeout: 60
"""What evolution-data-server asks since it knows sync-collection and vCard 4.0.

The distribution's package (3.46, scenario `evolution`) compares tags and reads 3.0; later ones
take 4.0 when the book lists it and go by tokens. These are their requests, in their order.
"""

import re

from cards import card, lines_of, many, value, values
from dav import CARD, CS, NAMESPACES, Client, D, escape
from evolution_desk import on_server
from rolodav import Server
from steps import Steps, equal, holds, one_of

COUNT = 230
BATCH = 100
FOUR = card("four-0001", "Zoë", "Viér", "TEL;VALUE=uri;TYPE=\"voice,cell\":tel:+33-1-23-45-67-89",
            "GENDER:F", "X-INTEROP-KEEP;X-ROLE=\"a;b\":as it was", version="4.0")


class Backend:
    """The back end of one address book: its token and what it has downloaded."""

    def __init__(self, url, book):
        self.client = Client(url, "alice", headers={
            "User-Agent": "Evolution/3.56.2", "Cache-Control": "no-cache", "Pragma": "no-cache",
            "Accept-Language": "en"})
        self.book, self.token, self.tags, self.cards = book, "", {}, {}

    def connect(self):
        """The properties it decides by; answers the version of vCard it settles on."""
        reply = self.client.request("OPTIONS", self.book)
        holds("addressbook" in reply.tokens("DAV"), f"{reply} has DAV: {reply.tokens('DAV')}")
        names = (CS + "getctag", CARD + "supported-address-data", D + "supported-report-set")
        shown = self.client.propfind(self.book, *names).multistatus().only()
        holds(D + "sync-collection" in shown.reports(), f"the reports are {shown.reports()}")
        holds(shown.text(CS + "getctag"), "there is no getctag")
        types = shown.get(CARD + "supported-address-data").iter(CARD + "address-data-type")
        return max(each.get("version") for each in types if each.get("content-type") == "text/vcard")

    def changes(self, token=None):
        """sync-collection without Depth and limit; gives the reply."""
        token = self.token if token is None else token
        return self.client.sync(self.book, token, D + "getetag")

    def pull(self, version):
        """One refresh; gives the hrefs that changed and those that are gone."""
        answer = self.changes().multistatus()
        holds(re.search(r"[:/]", answer.token or ""), f"it takes no token like {answer.token!r}")
        gone = [each.href for each in answer if each.status is not None]
        for each in answer:
            if each.status is not None:
                equal(each.status.split()[1], "404", f"the status of {each.href}")
        changed = {each.href: each.text(D + "getetag") for each in answer
                   if each.status is None and not each.href.endswith("/")}
        wanted = sorted(href for href, tag in changed.items() if self.tags.get(href) != tag)
        for start in range(0, len(wanted), BATCH):
            self.fetch(wanted[start:start + BATCH], version)
        for href in gone:
            self.cards.pop(href, None)
            self.tags.pop(href, None)
        self.token = answer.token
        return wanted, gone

    def fetch(self, hrefs, version):
        """A multiget in the version it settled on, without Depth."""
        listed = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
        body = (f"<C:addressbook-multiget {NAMESPACES}><D:prop><D:getetag/>"
                f'<C:address-data content-type="text/vcard" version="{version}"/>'
                f"</D:prop>{listed}</C:addressbook-multiget>")
        found = self.client.report(self.book, body).multistatus()
        equal(sorted(found.hrefs()), sorted(hrefs), "the hrefs of the multiget")
        for each in found:
            text = each.text(CARD + "address-data")
            equal(value(text, "VERSION"), version, f"VERSION of {each.href}")
            self.tags[each.href], self.cards[each.href] = each.text(D + "getetag"), text


def download(steps, backend, client, book, cards):
    """From an empty cache to the whole book."""
    with steps("the book lists 4.0, and the first pull brings every card in it, nothing lost"):
        for uid, text in cards.items():
            equal(client.put(f"{book}{uid}.vcf", text).status, 201)
        equal(client.put(f"{book}four.vcf", FOUR).status, 201)
        equal(backend.connect(), "4.0")
        changed, gone = backend.pull("4.0")
        equal((len(changed), gone), (COUNT + 1, []))
        for uid, text in cards.items():
            got = backend.cards[f"{book}{uid}.vcf"]
            for name in ("UID", "FN", "X-INTEROP-KEEP", "X-ABLABEL", "NOTE"):
                equal(values(got, name), values(text, name), f"{name} of {uid}")
            holds("item1.URL" not in text or "item1.URL" in got, f"{uid} lost its group")
    with steps("the card stored as 4.0 comes to the byte; who names no version reads it as 3.0"):
        equal(lines_of(backend.cards[f"{book}four.vcf"]), lines_of(FOUR))
        whole = backend.client.get(f"{book}four.vcf", Accept="text/vcard;version=4.0")
        equal(whole.body.decode(), FOUR)
        hrefs = [f"{book}four.vcf"]
        text = backend.client.multiget(book, hrefs, depth=None).multistatus().only()
        text = text.text(CARD + "address-data")
        equal((value(text, "VERSION"), value(text, "FN")), ("3.0", "Zoë Viér"))
        equal(value(text, "X-INTEROP-KEEP"), "as it was")
    with steps("without a change the token stays and nothing is listed"):
        before = backend.token
        equal(backend.pull("4.0"), ([], []))
        equal(backend.token, before, "the token")
    with steps("a query for what exists, with Depth 0 and without a filter, is answered"):
        body = (f"<C:addressbook-query {NAMESPACES}><D:prop><D:getetag/><C:address-data>"
                '<C:prop name="VERSION"/><C:prop name="UID"/></C:address-data></D:prop>'
                "</C:addressbook-query>")
        backend.client.report(book, body, depth="0").multistatus()
        found = backend.client.report(book, body, depth="1").multistatus()
        equal(len(found), COUNT + 1)
        held = {value(each.text(CARD + "address-data"), "UID") for each in found}
        equal(held, {*cards, "four-0001"})


def changes(steps, backend, client, book, uids, cards):
    """Deltas in both directions."""
    with steps("a pull lists what changed since, once each, and what is gone"):
        for uid in uids[:3]:
            text = cards[uid].replace("END:VCARD", "NICKNAME:server\r\nEND:VCARD")
            one_of(client.put(f"{book}{uid}.vcf", text).status, (200, 204))
        for uid in uids[3:5]:
            one_of(client.delete(f"{book}{uid}.vcf").status, (200, 204))
        equal(client.put(f"{book}fresh.vcf", card("fresh-1", "Neu", "Größe")).status, 201)
        equal(client.put(f"{book}brief.vcf", card("brief-1", "Kurz", "Da")).status, 201)
        client.delete(f"{book}brief.vcf")
        changed, gone = backend.pull("4.0")
        equal(changed, sorted([*(f"{book}{uid}.vcf" for uid in uids[:3]), f"{book}fresh.vcf"]))
        holds(set(gone) >= {f"{book}{uid}.vcf" for uid in uids[3:5]}, f"gone are {gone}")
        holds(set(gone) <= {f"{book}brief.vcf", *(f"{book}{uid}.vcf" for uid in uids[3:5])}, f"gone are {gone}")
    with steps("an edit written as 4.0 with If-Match stands, and is 3.0 for who asks for that"):
        href = f"{book}{uids[10]}.vcf"
        text = backend.cards[href].replace("END:VCARD", "NICKNAME:desk\r\nEND:VCARD")
        headers = {"If-Match": backend.tags[href], "Content-Type": 'text/vcard; charset="utf-8"',
                   "Prefer": "return=minimal"}
        one_of(backend.client.request("PUT", href, text, headers).status, (200, 204))
        equal(backend.client.request("PUT", href, text, headers).status, 412, "the same tag again")
        shown = on_server(client, book, "3.0")[uids[10]]
        equal((value(shown, "VERSION"), value(shown, "NICKNAME")), ("3.0", "desk"))
        equal(values(shown, "X-INTEROP-KEEP"), values(cards[uids[10]], "X-INTEROP-KEEP"))
        changed, _ = backend.pull("4.0")
        equal(changed, [href])
        equal(value(backend.cards[href], "NICKNAME"), "desk")


def recovery(steps, backend, server, client, book):
    """Tokens that mean nothing, and the way back."""
    def refused(token, what):
        reply = backend.changes(token)
        one_of(reply.status, (403, 412), f"{what}: {reply}")
        holds(D + "valid-sync-token" in reply.conditions(), f"{what}: the error holds {reply.conditions()}")

    with steps("a token that is none, of another book or from the future is told invalid"):
        refused("https://example.org/nothing", "a foreign address")
        refused(backend.token + "0", "the token with a digit more")
        refused("data:,0", "something short")
        other = server.book("alice", "other")
        equal(client.make_book(other).status, 201)
        refused(client.sync(other).multistatus().token, "the token of another book")
    with steps("with an empty token it finds back, and downloads nothing it has"):
        backend.token = ""
        changed, gone = backend.pull("4.0")
        equal((changed, gone), ([], []))
        equal(backend.pull("4.0"), ([], []))
    with steps("the token of a book that was deleted is not one of its successor"):
        before = backend.token
        one_of(client.delete(book).status, (200, 204))
        equal(client.make_book(book).status, 201)
        refused(before, "the old token")
        backend.token, backend.tags, backend.cards = "", {}, {}
        equal(backend.pull("4.0"), ([], []))


def main():
    steps = Steps()
    with Server() as server:
        client, book, cards = Client(server.url, "alice"), server.book("alice"), many(COUNT)
        backend, uids = Backend(server.url, book), sorted(cards)
        download(steps, backend, client, book, cards)
        changes(steps, backend, client, book, uids, cards)
        recovery(steps, backend, server, client, book)
        steps.finish()


main()
