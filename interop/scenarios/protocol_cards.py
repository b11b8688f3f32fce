#!/usr/bin/env python3
# timeout: 120
"""Protocol: cards go in and come out whole, whatever they hold, in every form (RFC 6352, 6350, 7095)."""

import base64
import json
import random
import re

from cards import card, fold, lines_of, value, values
from dav import CARD, D, Client
from rolodav import Server
from steps import Steps, equal, holds, one_of

V4 = "text/vcard; version=4.0"
V3 = "text/vcard; version=3.0"
JCARD = "application/vcard+json"


def photo(size, seed=1):
    """Base64 of random bytes."""
    return base64.b64encode(random.Random(seed).randbytes(size)).decode()


def folded(head, data):
    """A property with a long value, folded as most programs do."""
    first = 75 - len(head)
    return "\r\n ".join([head + data[:first]] + [data[at:at + 74] for at in range(first, len(data), 74)])


WHOLE = {
    "own properties, groups, odd parameters": card("whole-1", "Ada", "L", "item1.EMAIL;TYPE=\"a,b\";X-P=\"x;y:z\":a@example.org",
        "item1.X-ABLabel:_$!<Other>!$_", "X-OWN:a\\,b\\;c\\\\d\\n", "x-lower;p=^n^'^^:v", "ITEM2.Tel;cell;VOICE:1", "X-EMPTY:", "NOTE;LANGUAGE=de:;;;"),
    "emoji and combining characters at the folds": card("whole-2", "👩‍👩‍👧‍👦" * 12, "e\u0301" * 40, *fold(["NOTE:" + "漢字😀ü" * 60])),
    "folded with tabs and inside a word": card("whole-3", "A", "B", "NOTE:one\r\n\ttwo\r\n  three\r\n \r\n four"),
    "bare line feeds": card("whole-5").replace("\r\n", "\n"),
    "mixed line ends and blank lines": card("whole-6").replace("\r\n", "\n", 2).replace("FN:", "\r\nFN:"),
    "no line end at the end": card("whole-7").rstrip(),
    "lower case": card("whole-8").replace("BEGIN:VCARD", "begin:vcard").replace("FN:", "fn:").replace("END:VCARD", "End:VCard"),
    "characters that XML must escape": card("whole-9", "<&>", "]]>", "NOTE:&amp; <b>\"'</b> ]]> &#13; &lt;"),
    "version 4.0 with everything": card("whole-10", "A", "B", "KIND:individual", "TEL;VALUE=uri;PREF=1;TYPE=\"voice,home\":tel:+1-555",
        "BDAY:--0412", "ANNIVERSARY:1999", "GENDER:O;it", "RELATED;TYPE=friend:urn:uuid:x", "ADR;LABEL=\"a\\nb\";GEO=\"geo:1,2\":;;c;;;;",
        "CLIENTPIDMAP:1;urn:uuid:y", "EMAIL;PID=4.1,5.1:a@b", "NOTE;CREATED=20261101T101500Z;AUTHOR-NAME=J;PROP-ID=n1:x", version="4.0"),
    "several of what there should be one of": card("whole-11", "A", "B", "FN:Another", "N:Two;;;;", "PHOTO;VALUE=uri:http://example.org/1", "PHOTO;VALUE=uri:http://example.org/2"),
    "a hundred kilobytes in one line": card("whole-12", "A", "B", "X-LONG:" + "x" * 100_000),
}


def whole(steps, client, book):
    for number, (title, text) in enumerate(WHOLE.items()):
        path = f"{book}whole{number}.vcf"
        sent = text.encode()
        with steps(f"comes back byte for byte: {title}"):
            reply = client.put(path, sent)
            equal(reply.status, 201)
            got = client.get(path)
            equal(got.body, sent)
            if reply.etag is not None:
                equal(reply.etag, got.etag)
            listed = client.propfind(path, D + "getcontentlength", D + "getcontenttype").multistatus().only()
            equal(int(listed.text(D + "getcontentlength")), len(sent))
            holds(listed.text(D + "getcontenttype").startswith("text/vcard"), "not a vCard")
            data = client.multiget(book, [path]).multistatus().only().text(CARD + "address-data")
            equal(data.replace("\r\n", "\n"), text.replace("\r\n", "\n"), "in multiget")
    with steps("nine megabytes of photo come back byte for byte"):
        sent = card("photo", "Mit", "Bild", folded("PHOTO;ENCODING=b;TYPE=JPEG:", photo(9 << 20))).encode()
        reply = client.put(f"{book}photo.vcf", sent)
        equal(reply.status, 201)
        holds(reply.etag is not None, "stored as sent, but without ETag")
        holds(client.get(f"{book}photo.vcf").body == sent, "the bytes differ")
        data = client.multiget(book, [f"{book}photo.vcf"]).multistatus().only().text(CARD + "address-data")
        equal(len(lines_of(data)), len(lines_of(sent.decode())))
        equal(client.delete(f"{book}photo.vcf").status, 204)


def forms(steps, client, book):
    three = card("form-3", "Zoë", "Ünal", "TEL;TYPE=CELL,pref:+49 1", "item1.URL:https://example.org", "item1.X-ABLabel:Blog",
                 folded("PHOTO;ENCODING=b;TYPE=JPEG:", photo(300)), "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12", "X-OWN;X-P=1:kept", "NOTE:a\\nb\\, c")
    four = card("form-4", "Zoë", "Ünal", "TEL;VALUE=uri;TYPE=\"cell,voice\";PREF=1:tel:+49-1", "item1.URL:https://example.org", "item1.X-ABLabel:Blog",
                folded("PHOTO:data:image/jpeg;base64,", photo(300)), "BDAY:--0412", "X-OWN;X-P=1:kept", "NOTE:a\\nb\\, c", version="4.0")
    for name, text in (("three", three), ("four", four)):
        client.put(f"{book}{name}.vcf", text)
    got = {}
    for name, stored in (("three", three), ("four", four)):
        for wish, version in ((V3, "3.0"), (V4, "4.0"), ("text/vcard;charset=utf-8;version=4.0;q=0.9, text/vcard;version=3.0;q=0.2", "4.0"),
                              ("text/vcard;q=0.1;version=4.0, text/vcard; version=3.0", "3.0")):
            with steps(f"GET of the card stored as {value(stored, 'VERSION')}, Accept: {wish} gives {version}"):
                reply = client.get(f"{book}{name}.vcf", Accept=wish)
                equal(reply.status, 200)
                text = got[name, version] = reply.text
                equal(value(text, "VERSION"), version)
                holds("version" not in reply.headers["Content-Type"] or version in reply.headers["Content-Type"], reply.headers["Content-Type"])
                if value(stored, "VERSION") == version:
                    equal(text, stored)
                for own, want in (("X-OWN", "kept"), ("URL", "https://example.org"), ("X-ABLABEL", "Blog"), ("NOTE", "a\\nb\\, c"),
                                  ("FN", "Zoë Ünal"), ("UID", value(stored, "UID"))):
                    equal(value(text, own), want)
                data = "".join(value(text, "PHOTO").split("base64,")[-1].split())
                equal(data, photo(300), "PHOTO")
                holds(all(len(line.encode()) <= 75 for line in text.split("\r\n")) or text == stored, "a line longer than 75 octets")
    with steps("year-less birthdays take the form of each version"):
        equal(value(got["three", "4.0"], "BDAY"), "--0412")
        equal(value(got["four", "3.0"], "BDAY"), "1604-04-12")
        holds(re.search(r"(?im)^BDAY;[^:]*X-APPLE-OMIT-YEAR=1604", got["four", "3.0"]), "no X-APPLE-OMIT-YEAR")
    with steps("the same conversions are there in multiget and sync-collection"):
        for version, name in (("3.0", "four"), ("4.0", "three")):
            body = (f'<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:prop><D:getetag/>'
                    f'<C:address-data content-type="text/vcard" version="{version}"/></D:prop><D:href>{book}{name}.vcf</D:href></C:addressbook-multiget>')
            response = client.report(book, body).multistatus().only()
            equal(lines_of(response.text(CARD + "address-data")), lines_of(got[name, version]))
            equal(response.text(D + "getetag"), client.get(f"{book}{name}.vcf").etag, "the tag is that of the card in every form")
    with steps("jCard by GET and in reports (RFC 7095)"):
        reply = client.get(f"{book}four.vcf", Accept=JCARD)
        holds(reply.headers["Content-Type"].startswith(JCARD), reply.headers["Content-Type"])
        kind, properties = json.loads(reply.body)
        equal((kind, properties[0]), ("vcard", ["version", {}, "text", "4.0"]))
        named = {each[0]: each for each in properties}
        equal(named["note"][3], "a\nb, c")
        equal(named["n"][3], ["Ünal", "Zoë", "", "", ""])
        equal(named["x-own"][2], "unknown")
        equal(named["url"][1].get("group"), "item1")
    with steps("what cannot be given is refused with 406, or a condition in reports"):
        equal(client.get(f"{book}four.vcf", Accept="image/png").status, 406)
        body = (f'<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:prop>'
                f'<C:address-data content-type="text/vcard" version="9.0"/></D:prop><D:href>{book}four.vcf</D:href></C:addressbook-multiget>')
        reply = client.report(book, body)
        if reply.status == 207:
            equal(reply.multistatus().only().status, "HTTP/1.1 415 Unsupported Media Type")
        else:
            one_of(reply.status, (403, 406, 415))
            one_of(reply.conditions()[0], (CARD + "supported-address-data", CARD + "supported-address-data-conversion"))
    with steps("VERSION in the card counts, not what the Content-Type says"):
        for kind in ("text/vcard", "text/vcard; version=3.0", "text/x-vcard", "application/octet-stream", "text/plain", "application/xml"):
            equal(client.put(f"{book}kind.vcf", card("kind", version="4.0"), Content_Type=kind).status in (201, 204), True, kind)
            equal(value(client.get(f"{book}kind.vcf", Accept=V4).text, "VERSION"), "4.0")


def flawed(steps, client, book):
    """Cards are repaired where they must be, and never refused for their looks."""
    plain = card("x")
    cases = {
        "no-uid": (plain.replace("UID:x\r\n", ""), lambda text: holds(value(text, "UID"), "no UID")),
        "no-fn": (plain.replace("FN:Ada Lövelace\r\n", ""), lambda text: holds("Lövelace" in value(text, "FN"), text)),
        "no-n": (plain.replace("N:Lövelace;Ada;;;\r\n", ""), lambda text: equal(value(text, "FN"), "Ada Lövelace")),
        "no-version": (plain.replace("VERSION:3.0\r\n", ""), lambda text: one_of(value(text, "VERSION"), ("3.0", "4.0"))),
        "no-end": (plain.replace("END:VCARD\r\n", ""), lambda text: holds("END:VCARD" in text, text)),
        "bom": ("\ufeff" + plain, lambda text: holds(text.startswith("BEGIN:VCARD"), repr(text[:20]))),
        "control": (plain.replace("Ada", "A\x07\x01da"), lambda text: equal(value(text, "FN"), "Ada Lövelace")),
        "latin-1": (plain.encode("latin-1"), lambda text: equal(value(text, "FN"), "Ada Lövelace")),
        "quoted-printable": ("BEGIN:VCARD\r\nVERSION:2.1\r\nUID:x\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:L=C3=B6velace;Ada\r\n"
                             "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Ada =\r\nL=C3=B6velace\r\nTEL;CELL;VOICE:1\r\nEND:VCARD\r\n",
                             lambda text: equal(value(text, "FN"), "Ada Lövelace")),
        "no-colon": (plain.replace("END:", "NOT A PROPERTY\r\nEND:"), lambda text: equal(value(text, "FN"), "Ada Lövelace")),
        "split-character": (plain.encode().replace(b"L\xc3\xb6v", b"L\xc3\r\n \xb6v"), lambda text: equal(value(text, "FN"), "Ada Lövelace")),
        "two-uids": (plain.replace("FN:", "UID:second\r\nFN:"), lambda text: equal(values(text, "UID")[0], "two-uids")),
    }
    for name, (text, check) in cases.items():
        with steps(f"taken and served in order: {name}"):
            sent = text if isinstance(text, bytes) else text.replace("UID:x\r\n", f"UID:{name}\r\n").encode()
            if isinstance(text, bytes):
                sent = text.replace(b"UID:x\r\n", f"UID:{name}\r\n".encode())
            reply = client.put(f"{book}flaw-{name}.vcf", sent)
            equal(reply.status, 201)
            got = client.get(f"{book}flaw-{name}.vcf")
            check(got.text)
            if got.body != sent:
                equal(reply.etag, None, "an ETag in the answer to a PUT that was repaired")
            response = client.multiget(book, [f"{book}flaw-{name}.vcf"]).multistatus().only()
            check(response.text(CARD + "address-data"))
            equal(response.text(D + "getetag"), got.etag)


def refused(steps, client, book):
    with steps("what is no card is refused with the right condition, and leaves nothing behind"):
        before = client.sync(book).multistatus().token
        for title, body, conditions, statuses in (
                ("text", b"hello", {"valid-address-data", "supported-address-data"}, (403, 415)),
                ("nothing", b"", {"valid-address-data", "supported-address-data"}, (403, 415, 400)),
                ("a calendar", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", {"valid-address-data", "supported-address-data"}, (403, 415)),
                ("JSON", b'{"a":1}', {"valid-address-data", "supported-address-data"}, (403, 415)),
                ("two cards", (card("two-1") + card("two-2")).encode(), {"valid-address-data"}, (403, 415)),
                ("noise", random.Random(3).randbytes(4000), {"valid-address-data", "supported-address-data"}, (403, 415))):
            reply = client.put(f"{book}refused.vcf", body)
            one_of(reply.status, statuses, title)
            if body:
                holds({name.split("}")[1] for name in reply.conditions()} & conditions, f"{title}: {reply.body[:300]}")
        equal(client.get(f"{book}refused.vcf").status, 404)
        equal(client.sync(book).multistatus().token, before)
    with steps("one larger than the limit is refused with max-resource-size"):
        reply = client.put(f"{book}big.vcf", card("big", "A", "B", folded("PHOTO;ENCODING=b:", photo(13 << 20))))
        one_of(reply.status, (403, 413))
        holds(CARD + "max-resource-size" in reply.conditions(), f"{reply.body[:300]}")
    with steps("a UID is held by one card of a book, in every spelling; the answer names the holder"):
        uid = "5a3e8f6c-2a55-4c5e-9d1e-0c8b7f4a1d20"
        equal(client.put(f"{book}holder.vcf", card(uid)).status, 201)
        for spelling in (uid, f"urn:uuid:{uid}", uid.upper(), f"urn:uuid:urn:uuid:{uid}"):
            reply = client.put(f"{book}second.vcf", card(spelling), If_None_Match="*")
            one_of(reply.status, (403, 409), spelling)
            equal(reply.conditions()[:1], [CARD + "no-uid-conflict"])
            equal(reply.xml()[0].findtext(D + "href"), f"{book}holder.vcf")
    with steps("a card keeps its UID: another one under its name is refused"):
        reply = client.put(f"{book}holder.vcf", card("quite-another"))
        one_of(reply.status, (403, 409))
        equal(reply.conditions()[:1], [CARD + "no-uid-conflict"])
        equal(value(client.get(f"{book}holder.vcf").text, "UID"), uid)
    with steps("the UID of a deleted card is free at once"):
        equal(client.delete(f"{book}holder.vcf").status, 204)
        equal(client.put(f"{book}second.vcf", card(uid), If_None_Match="*").status, 201)


def names(steps, client, book):
    with steps("names of any characters have one address that never changes"):
        for name in ("a%20b.vcf", "%C3%BC%E6%BC%A2.vcf", "a+b;c=d,e.vcf", "%25.vcf", "a'(b)!*.vcf", "%23%3F%26.vcf", "no-ending", "a%3Ab@c.vcf", "~.-_.vcf"):
            path = book + name
            reply = client.put(path, card(f"name-{name}"), If_None_Match="*")
            equal(reply.status, 201, name)
            equal(client.get(path).status, 200, name)
            href = client.propfind(path, D + "getetag").multistatus().only().href
            for listing in (client.propfind(book, D + "getetag", depth="1"), client.sync(book)):
                holds(href in listing.multistatus().hrefs(), f"{href} is not in a listing")
            equal(client.multiget(book, [path]).multistatus().only().href, href)
            equal(client.get(href).body, client.get(path).body, name)


def main():
    steps = Steps()
    with Server() as server:
        client, book = Client(server.url, "alice"), server.book("alice")
        whole(steps, client, book)
        forms(steps, client, book)
        flawed(steps, client, book)
        refused(steps, client, book)
        names(steps, client, book)
        steps.finish()


main()
