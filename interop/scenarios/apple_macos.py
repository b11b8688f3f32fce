#!/usr/bin/env python3
# timeout: 120
"""Contacts on macOS, as a sequence of its requests: one book, groups as cards, the own card."""

import uuid

from cards import value, values
from dav import CARD, CS, D, ME, Client, elements
from rolodav import Server
from steps import Steps, equal, holds, one_of

AGENT = "macOS/14.5 (23F79) AddressBookCore/2663.600.1"
HEADERS = {"User-Agent": AGENT, "Accept": "*/*", "Content-Type": "text/xml", "Connection": "keep-alive",
           "Accept-Language": "en-GB,en;q=0.9", "Accept-Encoding": "gzip, deflate"}
HOME_PROPERTIES = (D + "add-member", ME + "bulk-requests", D + "current-user-privilege-set", D + "displayname",
                   CARD + "max-image-size", CARD + "max-resource-size", CS + "me-card", D + "owner",
                   CS + "push-transports", CS + "pushkey", D + "quota-available-bytes", D + "quota-used-bytes",
                   D + "resource-id", D + "resourcetype", D + "supported-report-set", D + "sync-token")

PERSON = """BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//macOS 14.5//EN
N:{family};{given};;;
FN:{given} {family}
item1.ADR;type=WORK;type=pref:;;Rue de la Paix 1;Lyon;;69001;France
item1.X-ABADR:fr
CATEGORIES:Friends,Chess
NOTE:erste Zeile\\nsecond line\\, with a comma
X-ABShowAs:COMPANY
UID:{uid}
X-ABUID:{uid}:ABPerson
END:VCARD
"""
GROUP = """BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//macOS 14.5//EN
N:{name}
FN:{name}
X-ADDRESSBOOKSERVER-KIND:group
{members}REV:2026-11-20T10:20:00Z
UID:{uid}
END:VCARD
"""


def person(uid, given="Zoë", family="Martin"):
    """A contact as macOS writes it."""
    return PERSON.format(uid=uid, given=given, family=family).replace("\n", "\r\n")


def group(uid, name, *members):
    """A group as macOS writes it."""
    lines = "".join(f"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{member}\n" for member in members)
    return GROUP.format(uid=uid, name=name, members=lines).replace("\n", "\r\n")


def propfind(client, path, names, depth="0", **headers):
    """PROPFIND as macOS writes it."""
    body = ('<?xml version="1.0" encoding="UTF-8"?>\n<A:propfind xmlns:A="DAV:">\n  <A:prop>\n    '
            f"{elements(names)}\n  </A:prop>\n</A:propfind>\n")
    return client.request("PROPFIND", path, body, {"Depth": depth, **headers})


def multiget(client, book, hrefs):
    """addressbook-multiget as macOS writes it."""
    return client.request("REPORT", book, (
        '<?xml version="1.0" encoding="UTF-8"?>\n<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:A="DAV:">'
        "<A:prop><A:getetag/><C:address-data/></A:prop>"
        + "".join(f"<A:href>{href}</A:href>" for href in hrefs) + "</C:addressbook-multiget>")).multistatus()


def etags(client, book):
    """The members' tags, as macOS polls them."""
    listing = propfind(client, book, [D + "getetag", D + "resourcetype"], depth="1").multistatus()
    return {each.href: each.text(D + "getetag") for each in listing if each.href != book}


def ctag(client, path):
    """The getctag of a book or home."""
    return propfind(client, path, [CS + "getctag", D + "sync-token"]).multistatus().by_href(path).text(CS + "getctag")


def discovery(steps, server, client):
    """The account assistant."""
    with steps("principal, home and reports are found from the server's root"):
        first = propfind(client, "/", [D + "current-user-principal", D + "principal-URL", D + "resourcetype"],
                         Authorization=None)
        equal(first.status, 401)
        response = propfind(client, "/", [D + "current-user-principal"]).multistatus().only()
        principal = response.href_of(D + "current-user-principal")
        options = client.request("OPTIONS", principal)
        equal((options.status, "addressbook" in options.tokens("DAV")), (200, True))
        names = [D + "principal-collection-set", CARD + "addressbook-home-set", CARD + "directory-gateway",
                 D + "displayname", CS + "email-address-set", D + "resource-id", D + "supported-report-set"]
        response = propfind(client, principal, names).multistatus().only()
        equal(response.href_of(CARD + "addressbook-home-set"), server.home("alice"))
        equal(response.href_of(D + "principal-collection-set"), "/dav/principals/")
        equal(response.status_of(CARD + "directory-gateway"), 404)
    with steps("the collection of principals answers without listing strangers"):
        server.add_user("mallory")
        listing = propfind(client, "/dav/principals/", [D + "displayname"], depth="1").multistatus()
        holds(server.principal("mallory") not in listing.hrefs(), f"{listing.hrefs()}")
    with steps("unknown properties of the home are answered with 404 and nothing else fails"):
        listing = propfind(client, server.home("alice"), HOME_PROPERTIES, depth="1").multistatus()
        home = listing.by_href(server.home("alice"))
        for name in (CS + "pushkey", CS + "push-transports"):
            equal(home.status_of(name), 404, name)
        for response in listing:
            answered = {name for propstat in response.propstats for name in propstat.properties}
            equal(answered, set(HOME_PROPERTIES), response.href)


def own_card(steps, server, client, book):
    """PROPPATCH of me-card on the home."""
    uid = str(uuid.uuid4()).upper()
    with steps("the own card can be set on the home and is remembered"):
        path = f"{book}{uid}.vcf"
        equal(client.put(path, person(uid, "Alice", "Own")).status, 201)
        body = ('<?xml version="1.0" encoding="UTF-8"?><A:propertyupdate xmlns:A="DAV:"><A:set><A:prop>'
                f'<B:me-card xmlns:B="http://calendarserver.org/ns/"><A:href>{path}</A:href></B:me-card>'
                "</A:prop></A:set></A:propertyupdate>")
        answer = client.request("PROPPATCH", server.home("alice"), body).multistatus().only()
        equal(answer.status_of(CS + "me-card"), 200)
        got = propfind(client, server.home("alice"), [CS + "me-card"]).multistatus().only()
        equal(got.href_of(CS + "me-card"), path)
    with steps("it can be taken away again"):
        body = ('<A:propertyupdate xmlns:A="DAV:"><A:remove><A:prop><B:me-card xmlns:B="http://calendarserver.org/ns/"/>'
                "</A:prop></A:remove></A:propertyupdate>")
        equal(client.request("PROPPATCH", server.home("alice"), body).multistatus().only().status_of(CS + "me-card"), 200)
        got = propfind(client, server.home("alice"), [CS + "me-card"]).multistatus().only()
        equal(got.status_of(CS + "me-card"), 404)


def editing(steps, server, client, book):
    """Contacts and groups made, renamed, filled and deleted on the Mac."""
    ids = [str(uuid.uuid4()).upper() for _ in range(5)]
    paths = [f"{book}{uid}.vcf" for uid in ids]
    group_id = str(uuid.uuid4()).upper()
    group_path = f"{book}{group_id}.vcf"
    with steps("new contacts come back as sent and are found by the poll of tags"):
        before, sent = (ctag(client, book), ctag(client, server.home("alice"))), {}
        for number, (uid, path) in enumerate(zip(ids, paths)):
            sent[path] = person(uid, "Zoë", f"Martin {number}")
            reply = client.put(path, sent[path], If_None_Match="*")
            equal((reply.status, reply.etag), (201, etags(client, book)[path]))
        for response in multiget(client, book, paths):
            equal(response.text(CARD + "address-data"), sent[response.href], response.href)
    with steps("getctag of book and home moved, and moves no more while nothing changes"):
        after = ctag(client, book), ctag(client, server.home("alice"))
        holds(before[0] != after[0] and before[1] != after[1], f"{before} and {after}")
        equal((ctag(client, book), ctag(client, server.home("alice"))), after)
    with steps("a group is filled, renamed and keeps its kind and its plain N"):
        equal(client.put(group_path, group(group_id, "Kunden", *ids[:2]), If_None_Match="*").status, 201)
        tag = etags(client, book)[group_path]
        equal(client.put(group_path, group(group_id, "Kunden Lyon", *ids[:3]), If_Match=tag).status, 204)
        text = multiget(client, book, [group_path]).only().text(CARD + "address-data")
        equal(value(text, "N"), "Kunden Lyon")
        equal(values(text, "X-ADDRESSBOOKSERVER-MEMBER"), [f"urn:uuid:{uid}" for uid in ids[:3]])
    with steps("a contact deleted on the Mac is gone; the group still names it"):
        tag = etags(client, book)[paths[2]]
        equal(client.delete(paths[2], If_Match=tag).status, 204)
        holds(paths[2] not in etags(client, book), "still listed")
        missing = multiget(client, book, [paths[2], paths[0]])
        equal(missing.by_href(paths[2]).status, "HTTP/1.1 404 Not Found")
        holds(missing.by_href(paths[0]).status is None, "the other one is missing, too")
    with steps("tags that the Mac never shows survive its edits"):
        tag = etags(client, book)[paths[0]]
        edited = person(ids[0], "Zoë", "Martin 0").replace("Rue de la Paix 1", "Rue de la Paix 2")
        equal(client.put(paths[0], edited, If_Match=tag).status, 204)
        equal(value(client.get(paths[0]).text, "CATEGORIES"), "Friends,Chess")


def first_book(steps, server, client):
    """macOS syncs the first book of the home and no other."""
    with steps("a book made later, whatever its name, does not come first"):
        body = ('<A:mkcol xmlns:A="DAV:" xmlns:B="urn:ietf:params:xml:ns:carddav"><A:set><A:prop><A:resourcetype>'
                "<A:collection/><B:addressbook/></A:resourcetype><A:displayname>AAA first by name</A:displayname>"
                "</A:prop></A:set></A:mkcol>")
        equal(client.request("MKCOL", server.book("alice", "aaa"), body).status, 201)
        equal(books(client, server)[0], server.book("alice"))
    with steps("a device whose default is another book gets that one first"):
        password = server.add_device("alice", "mac", "--default-book", "aaa")
        mac = Client(server.url, "alice", password, headers=HEADERS)
        equal(books(mac, server)[0], server.book("alice", "aaa"))
        equal(books(client, server)[0], server.book("alice"))
    with steps("a device that may only read cannot write, and its privileges say so"):
        password = server.add_device("alice", "display", "--read-only")
        display = Client(server.url, "alice", password, headers=HEADERS)
        book = server.book("alice")
        shown = propfind(display, book, [D + "current-user-privilege-set"]).multistatus().only()
        holds("write-content" not in shown.privileges(), f"{shown.privileges()}")
        reply = display.put(f"{book}no.vcf", person("no"), If_None_Match="*")
        equal((reply.status, reply.conditions()[:1]), (403, [D + "need-privileges"]))


def books(client, server):
    """The hrefs of the books in the order of the home's listing."""
    listing = propfind(client, server.home("alice"), HOME_PROPERTIES, depth="1").multistatus()
    return [each.href for each in listing if CARD + "addressbook" in each.names(D + "resourcetype")]


def search(steps, server, client, book):
    """The search field asks the server, and so do principals."""
    with steps("a search over name, mail and organisation finds what matches one of them"):
        body = ('<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:A="DAV:"><A:prop><A:getetag/>'
                '<C:address-data><C:prop name="FN"/><C:prop name="UID"/></C:address-data></A:prop><C:filter test="anyof">'
                + "".join(f'<C:prop-filter name="{name}"><C:text-match collation="i;unicode-casemap" '
                          f'match-type="contains">MARTIN 1</C:text-match></C:prop-filter>' for name in ("FN", "EMAIL", "ORG"))
                + "</C:filter><C:limit><C:nresults>50</C:nresults></C:limit></C:addressbook-query>")
        found = client.request("REPORT", book, body, {"Depth": "1"}).multistatus()
        text = found.only().text(CARD + "address-data")
        equal(value(text, "FN"), "Zoë Martin 1")
        equal(value(text, "NOTE"), None)
    with steps("expand-property of the principal gives the home with its properties inside"):
        body = ('<A:expand-property xmlns:A="DAV:"><A:property name="addressbook-home-set" '
                'namespace="urn:ietf:params:xml:ns:carddav"><A:property name="displayname"/>'
                '<A:property name="resourcetype"/></A:property></A:expand-property>')
        reply = client.request("REPORT", server.principal("alice"), body, {"Depth": "0"})
        inner = reply.multistatus().only().get(CARD + "addressbook-home-set").find(D + "response")
        equal(inner.findtext(D + "href"), server.home("alice"))
    with steps("a search for principals by a part of a name answers and lists no stranger"):
        body = ('<A:principal-property-search xmlns:A="DAV:" test="anyof"><A:property-search><A:prop><A:displayname/></A:prop>'
                "<A:match>mallory</A:match></A:property-search><A:prop><A:displayname/></A:prop></A:principal-property-search>")
        reply = client.request("REPORT", "/dav/principals/", body, {"Depth": "0"})
        one_of(reply.status, (207, 403))
        holds(b"mallory" not in reply.body, "a stranger is found")


def main():
    steps = Steps()
    with Server() as server:
        client = Client(server.url, "alice", headers=HEADERS)
        book = server.book("alice")
        discovery(steps, server, client)
        own_card(steps, server, client, book)
        editing(steps, server, client, book)
        search(steps, server, client, book)
        first_book(steps, server, client)
        steps.finish()


main()
