#!/usr/bin/env python3
# timeout: 120
"""Contacts on iOS, as a sequence of its requests: setting the account up, syncing, editing."""

import re
import uuid

from cards import value, values
from dav import CARD, CS, D, ME, Client, elements
from rolodav import Server
from steps import Steps, equal, holds, one_of

# The account is set up by one process and synced by another.
SETUP = "iOS/17.0.2 (21A351) accountsd/1.0"
SYNC = "iOS/17.0.2 (21A351) dataaccessd/1.0"
HEADERS = {"Accept": "*/*", "Content-Type": "text/xml", "Brief": "t", "Prefer": "return=minimal",
           "Accept-Language": "en-GB,en;q=0.9", "Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}
PRINCIPAL_PROPERTIES = (CARD + "addressbook-home-set", CARD + "directory-gateway", D + "displayname",
                        CS + "email-address-set", D + "principal-collection-set", D + "principal-URL",
                        D + "resource-id", D + "supported-report-set")
HOME_PROPERTIES = (D + "add-member", ME + "bulk-requests", D + "current-user-privilege-set", D + "displayname",
                   CARD + "max-image-size", CARD + "max-resource-size", CS + "me-card", D + "owner",
                   CS + "push-transports", CS + "pushkey", D + "quota-available-bytes", D + "quota-used-bytes",
                   D + "resource-id", D + "resourcetype", D + "supported-report-set", D + "sync-token", CS + "getctag")

PERSON = """BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iOS 17.0.2//EN
N:Brontë;Chloé;;;
FN:Chloé Brontë
ORG:Example GmbH;
item1.EMAIL;type=INTERNET;type=pref:chloe@example.org
item1.X-ABLabel:_$!<Other>!$_
TEL;type=CELL;type=VOICE;type=pref:+44 20 7946 0001
item2.ADR;type=HOME;type=pref:;;High Street 1;Haworth;;BD22;England
item2.X-ABADR:gb
BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-21
item3.X-ABDATE;type=pref:2011-06-05
item3.X-ABLabel:_$!<Anniversary>!$_
item4.X-ABRELATEDNAMES;type=pref:Emily
item4.X-ABLabel:_$!<Sister>!$_
X-SOCIALPROFILE;type=mastodon;x-user=chloe:https://social.example/@chloe
PHOTO;ENCODING=b;TYPE=JPEG;X-ABCROP-RECTANGLE=ABClipRect_1&0&0&100&100&abc==:
 /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKC
 gkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEA
 X/2gAIAQEAAD8A0s8g/9k=
REV:2026-11-20T10:15:00Z
UID:{uid}
END:VCARD
"""
GROUP = """BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iOS 17.0.2//EN
N:Family
FN:Family
X-ADDRESSBOOKSERVER-KIND:group
X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{member}
REV:2026-11-20T10:20:00Z
UID:{uid}
END:VCARD
"""
# What another client stored as 4.0: every line of it has a form of its own in 3.0.
MODERN = """BEGIN:VCARD
VERSION:4.0
UID:urn:uuid:7e6f2a10-4f5b-4c3d-9a77-0d1c2b3a4f50
FN:Bjørn Ångström
N:Ångström;Bjørn;;;
BDAY:19851224T080000Z
ANNIVERSARY:20110605
TEL;VALUE=uri;TYPE="voice,cell";PREF=1:tel:+47-22-00-00-01
EMAIL;PREF=1:bjorn@example.org
RELATED;TYPE=spouse;VALUE=text:Solveig
PHOTO:data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/2wBD
X-KEEP;X-ROLE="a;b":stays
item9.URL:https://example.org/bjorn
item9.X-ABLabel:Blog
END:VCARD
"""
MODERN_GROUP = """BEGIN:VCARD
VERSION:4.0
UID:urn:uuid:0b9a4c3e-6b1e-4d0e-8f4a-5f1f0c7c2a11
FN:Crew
KIND:group
MEMBER:urn:uuid:7e6f2a10-4f5b-4c3d-9a77-0d1c2b3a4f50
END:VCARD
"""


def crlf(text, **values):
    """The card with CRLF line ends."""
    return text.format(**values).replace("\n", "\r\n")


def propfind(client, path, names, depth="0", auth=True):
    """PROPFIND as iOS writes it."""
    body = ('<?xml version="1.0" encoding="UTF-8"?>\n<A:propfind xmlns:A="DAV:">\n  <A:prop>\n    '
            f"{elements(names)}\n  </A:prop>\n</A:propfind>\n")
    headers = {"Depth": depth} if auth else {"Depth": depth, "Authorization": None}
    return client.request("PROPFIND", path, body, headers)


def sync(client, book, token=""):
    """sync-collection as iOS writes it."""
    return client.request("REPORT", book, (
        '<?xml version="1.0" encoding="UTF-8"?>\n<A:sync-collection xmlns:A="DAV:">\n'
        f"  <A:sync-token>{token}</A:sync-token>\n  <A:sync-level>1</A:sync-level>\n"
        "  <A:prop>\n    <A:getetag/>\n  </A:prop>\n</A:sync-collection>\n"))


def multiget(client, book, hrefs):
    """addressbook-multiget as iOS writes it: it names no version of vCard."""
    return client.request("REPORT", book, (
        '<?xml version="1.0" encoding="UTF-8"?>\n<B:addressbook-multiget xmlns:B="urn:ietf:params:xml:ns:carddav">\n'
        '  <A:prop xmlns:A="DAV:">\n    <A:getetag/>\n    <B:address-data/>\n  </A:prop>\n'
        + "".join(f'  <A:href xmlns:A="DAV:">{href}</A:href>\n' for href in hrefs)
        + "</B:addressbook-multiget>\n"), {"Depth": "0"}).multistatus()


def put(client, path, card, **headers):
    """PUT as iOS does it."""
    return client.request("PUT", path, card, {
        "Content-Type": "text/vcard", **{name.replace("_", "-"): each for name, each in headers.items()}})


def set_up(steps, server, client, found):
    """From the bare host name to the books."""
    with steps("well-known redirects to the DAV root by a path, before any password"):
        reply = propfind(client, "/.well-known/carddav", [D + "current-user-principal"], auth=False)
        one_of(reply.status, (301, 308))
        equal(reply.headers["Location"], "/dav/")
    with steps("without credentials it is asked for Basic ones, the realm being the same everywhere"):
        realms = set()
        for path in ("/dav/", server.principal("alice"), server.home("alice"), server.book("alice")):
            reply = propfind(client, path, [D + "current-user-principal"], auth=False)
            equal(reply.status, 401, path)
            realms.add(reply.headers["WWW-Authenticate"])
        equal(len(realms), 1, f"realms {realms}")
        holds(next(iter(realms)).startswith("Basic realm="), f"{realms}")
    with steps("the DAV root and the server's root name the principal"):
        for path in ("/dav/", "/"):
            names = [D + "current-user-principal", D + "principal-URL", D + "resourcetype"]
            response = propfind(client, path, names).multistatus().only()
            equal(response.href_of(D + "current-user-principal"), server.principal("alice"), path)
    with steps("OPTIONS of the principal offers address books, with 200 and no body"):
        reply = client.request("OPTIONS", server.principal("alice"))
        equal(reply.status, 200)
        equal(reply.body, b"")
        for token in ("1", "3", "access-control", "addressbook", "extended-mkcol"):
            holds(token in reply.tokens("DAV"), f"no {token} in DAV: {reply.tokens('DAV')}")
        for method in ("OPTIONS", "PROPFIND", "REPORT"):
            holds(method in reply.tokens("Allow"), f"no {method} in Allow: {reply.tokens('Allow')}")
    with steps("the principal gives exactly one home, its name and its reports"):
        response = propfind(client, server.principal("alice"), PRINCIPAL_PROPERTIES).multistatus().only()
        equal(response.href_of(CARD + "addressbook-home-set"), server.home("alice"))
        equal(response.href_of(D + "principal-URL"), server.principal("alice"))
        holds(response.text(D + "displayname"), "an empty name")
        holds(D + "expand-property" in response.reports(), f"reports {response.reports()}")
    with steps("the home lists itself first, then the book, with all that iOS asks for and no error"):
        listing = propfind(client, server.home("alice"), HOME_PROPERTIES, depth="1").multistatus()
        equal(listing.hrefs()[0], server.home("alice"))
        holds(listing.responses[0].text(CS + "getctag"), "the home has no getctag")
        books = [each for each in listing if CARD + "addressbook" in each.names(D + "resourcetype")]
        equal([each.href for each in books], [server.book("alice")])
        book = books[0]
        holds({"read", "write", "write-content", "bind", "unbind"} <= book.privileges(), f"{book.privileges()}")
        equal(book.href_of(D + "owner"), server.principal("alice"))
        for report in (D + "sync-collection", CARD + "addressbook-multiget"):
            holds(report in book.reports(), f"{report} is not in {book.reports()}")
        holds(book.text(CS + "getctag") and ":" in book.text(D + "sync-token"), "no getctag or token")
        found["add-member"] = book.get(D + "add-member")
    with steps("asked to be brief, the answer has no 404 propstats; otherwise it has them"):
        holds(all(propstat.status == "HTTP/1.1 200 OK" for each in listing for propstat in each.propstats),
              "a 404 propstat although Brief: t was sent")
        body = f'<A:propfind xmlns:A="DAV:"><A:prop>{elements(HOME_PROPERTIES)}</A:prop></A:propfind>'
        reply = client.request("PROPFIND", server.home("alice"), body, {"Depth": "1", "Brief": None, "Prefer": None})
        for response in reply.multistatus():
            answered = {name for propstat in response.propstats for name in propstat.properties}
            equal(answered, set(HOME_PROPERTIES), response.href)


def first_sync(steps, server, client, book):
    """Cards that other clients stored come down as vCard 3.0."""
    other = Client(server.url, "alice")
    person, group = f"{book}bjorn.vcf", f"{book}crew.vcf"
    with steps("cards that others stored as 4.0 come down as 3.0"):
        for path, text in ((person, MODERN), (group, MODERN_GROUP)):
            one_of(other.put(path, crlf(text)).status, (201, 204), path)
        listing = sync(client, book).multistatus()
        equal(sorted(listing.hrefs()), sorted([person, group]))
        found = multiget(client, book, listing.hrefs())
        for response in found:
            equal(value(response.text(CARD + "address-data"), "VERSION"), "3.0", response.href)
            equal(response.text(D + "getetag"), listing.by_href(response.href).text(D + "getetag"))
    with steps("the 3.0 form holds what the 4.0 one did, in the ways iOS reads"):
        text = found.by_href(person).text(CARD + "address-data")
        one_of(value(text, "UID").removeprefix("urn:uuid:"), ("7e6f2a10-4f5b-4c3d-9a77-0d1c2b3a4f50",))
        equal(value(text, "FN"), "Bjørn Ångström")
        holds(value(text, "BDAY").startswith("1985-12-24"), f"BDAY:{value(text, 'BDAY')} is not in the long form")
        one_of(value(text, "TEL"), ("+47-22-00-00-01", "+47 22 00 00 01", "tel:+47-22-00-00-01"))
        holds("data:" not in value(text, "PHOTO"), "PHOTO is still a data: address")
        holds(re.search(r"(?im)^PHOTO;[^:]*ENCODING=b", text.replace("\r\n ", "")), "PHOTO has no ENCODING=b")
        equal(value(text, "X-KEEP"), "stays")
        equal(value(text, "URL"), "https://example.org/bjorn")
        holds("Blog" in values(text, "X-ABLABEL"), "the label in a group is gone")
        holds("Solveig" in text and "2011-06-05" in text, f"spouse or wedding day is gone: {text}")
    with steps("a 4.0 group is a group card of Apple's kind"):
        text = found.by_href(group).text(CARD + "address-data")
        equal(value(text, "X-ADDRESSBOOKSERVER-KIND"), "group")
        equal(values(text, "X-ADDRESSBOOKSERVER-MEMBER"), ["urn:uuid:7e6f2a10-4f5b-4c3d-9a77-0d1c2b3a4f50"])
        one_of(value(text, "N"), ("Crew", "Crew;;;;"))
    with steps("another client still gets the bytes that were stored"):
        thunderbird = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0"}
        stored = Client(server.url, "alice", headers=thunderbird).get(person).body
        # The group is a tag of its member, too.
        tagged = crlf(MODERN).replace("END:VCARD", "CATEGORIES:Crew\r\nEND:VCARD")
        equal(stored, tagged.encode())


def editing(steps, server, client, book):
    """Creating, changing and deleting on the phone."""
    uid, group_uid = str(uuid.uuid4()).upper(), str(uuid.uuid4()).upper()
    path, group_path = f"{book}{uid}.vcf", f"{book}{group_uid}.vcf"
    card = crlf(PERSON, uid=uid)
    token = sync(client, book).multistatus().token
    with steps("a new contact is stored and comes back byte for byte, so the answer has its ETag"):
        reply = put(client, path, card, If_None_Match="*")
        equal(reply.status, 201)
        etag = reply.etag
        holds(etag and etag.startswith('"'), f"ETag is {etag}")
        got = client.request("GET", path)
        equal(got.body, card.encode())
        equal(got.etag, etag)
        equal(multiget(client, book, [path]).only().text(D + "getetag"), etag)
    with steps("a new group is stored likewise"):
        reply = put(client, group_path, crlf(GROUP, uid=group_uid, member=uid), If_None_Match="*")
        equal(reply.status, 201)
        equal(client.request("GET", group_path).body, crlf(GROUP, uid=group_uid, member=uid).encode())
    with steps("the next sync names exactly these two, with the tags of the answers"):
        delta = sync(client, book, token).multistatus()
        equal(sorted(delta.hrefs()), sorted([path, group_path]))
        # The contact is a member of the group, which is a tag, and so has another one.
        grouped = delta.by_href(path).text(D + "getetag")
        holds(grouped != etag, "the group left no trace in its member")
    with steps("creating it once more under that name is refused with 412 and the current tag"):
        reply = put(client, path, card, If_None_Match="*")
        equal((reply.status, reply.etag), (412, grouped))
    with steps("an edit from before the group was made is taken, and the contact stays in the group"):
        edited = card.replace("High Street 1", "High Street 2")
        equal(put(client, path, edited, If_Match=etag).status, 204)
        reply = client.request("GET", path)
        holds("High Street 2" in reply.text and "CATEGORIES:Family" in reply.text, reply.text)
    with steps("an edit with an old tag is refused with the current one, and changes nothing"):
        stale = put(client, path, card.replace("High Street 1", "High Street 3"), If_Match=etag)
        equal((stale.status, stale.etag), (412, reply.etag))
        equal(client.request("GET", path).body, reply.body)
    with steps("deletion wants the current tag, too"):
        equal(client.request("DELETE", path, None, {"If-Match": etag}).status, 412)
        equal(client.request("DELETE", path, None, {"If-Match": reply.etag}).status, 204)
        delta = sync(client, book, token).multistatus()
        equal(delta.by_href(path).status, "HTTP/1.1 404 Not Found")
        equal(client.request("GET", path).status, 404)
    with steps("the deleted contact can be added again under its UID and name"):
        equal(put(client, path, card, If_None_Match="*").status, 201)
        holds(sync(client, book, token).multistatus().by_href(path).status is None, "still reported as removed")
    with steps("addresses that iOS does not encode as the server does are understood"):
        odd = f"{book}Anna%20(work)%20%2B%20%C3%BC@x.vcf"
        equal(put(client, odd, crlf(PERSON, uid="odd-name"), If_None_Match="*").status, 201)
        href = next(each for each in sync(client, book, token).multistatus().hrefs() if "Anna" in each)
        for spelling in (odd, f"{book}Anna%20%28work%29%20+%20%c3%bc%40x.vcf", href):
            equal(multiget(client, book, [spelling]).only().href, href, spelling)
        equal(client.request("DELETE", href).status, 204)
    with steps("a token the server never gave is refused with 403 and valid-sync-token"):
        reply = sync(client, book, "https://example.org/nonsense/1")
        equal((reply.status, reply.conditions()[:1]), (403, [D + "valid-sync-token"]))


def add_member(steps, server, client, book, found):
    """POST to the address in add-member (RFC 5995)."""
    with steps("a contact posted to add-member is stored under a name that the answer gives"):
        href = found["add-member"].findtext(D + "href")
        reply = client.request("POST", href, crlf(PERSON, uid="posted"), {"Content-Type": "text/vcard"})
        equal(reply.status, 201)
        location = reply.headers["Location"].removeprefix(server.url)
        holds(location.startswith(book), f"Location {location}")
        equal(client.request("GET", location).body, crlf(PERSON, uid="posted").encode())


def shared_book(steps, server, client):
    """A book that bob lets alice read."""
    with steps("a book shared for reading comes after alice's own, without the right to write"):
        server.add_user("bob")
        bob = Client(server.url, "bob")
        equal(bob.put(f"{server.book('bob')}b.vcf", crlf(PERSON, uid="of-bob")).status, 201)
        server.share("bob", "contacts", "alice")
        listing = propfind(client, server.home("alice"), HOME_PROPERTIES, depth="1").multistatus()
        books = [each for each in listing if CARD + "addressbook" in each.names(D + "resourcetype")]
        equal(len(books), 2)
        equal(books[0].href, server.book("alice"))
        shared = books[1]
        equal(shared.href_of(D + "owner"), server.principal("bob"))
        holds("read" in shared.privileges(), f"{shared.privileges()}")
        holds(not shared.privileges() & {"write", "write-content", "bind", "unbind", "all"}, f"{shared.privileges()}")
    with steps("its cards come down, and writing to it is refused with need-privileges"):
        hrefs = sync(client, shared.href).multistatus().hrefs()
        equal(len(hrefs), 1)
        equal(value(multiget(client, shared.href, hrefs).only().text(CARD + "address-data"), "UID"), "of-bob")
        for reply in (put(client, f"{shared.href}new.vcf", crlf(PERSON, uid="new"), If_None_Match="*"),
                      put(client, hrefs[0], crlf(PERSON, uid="of-bob")), client.request("DELETE", hrefs[0])):
            equal((reply.status, reply.conditions()[:1]), (403, [D + "need-privileges"]), repr(reply))
    with steps("taken back, it is gone from the home at once and cannot be read"):
        server.unshare("bob", "contacts", "alice")
        listing = propfind(client, server.home("alice"), HOME_PROPERTIES, depth="1").multistatus()
        holds(shared.href not in listing.hrefs(), "still listed")
        one_of(sync(client, shared.href).status, (403, 404))
        one_of(client.request("GET", hrefs[0]).status, (403, 404))


def main():
    steps, found = Steps(), {}
    with Server() as server:
        set_up(steps, server, Client(server.url, "alice", headers={**HEADERS, "User-Agent": SETUP}), found)
        client = Client(server.url, "alice", headers={**HEADERS, "User-Agent": SYNC})
        book = server.book("alice")
        first_sync(steps, server, client, book)
        editing(steps, server, client, book)
        add_member(steps, server, client, book, found)
        shared_book(steps, server, client)
        steps.finish()


main()
