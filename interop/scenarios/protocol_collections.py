#!/usr/bin/env python3
# timeout: 120
"""Protocol: books made, renamed, copied and deleted; properties written all or none (RFC 4918, 5689, 3744, 7240)."""

import xml.etree.ElementTree as ET

from cards import card, value
from dav import CARD, CS, D, Client, elements
from rolodav import Server
from steps import Steps, equal, holds, one_of

ICAL = "{http://apple.com/ns/ical/}"
BOOK_TYPE = "<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>"


def mkcol(client, path, properties=BOOK_TYPE, **headers):
    """Extended MKCOL."""
    return client.request("MKCOL", path, f'<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:set><D:prop>{properties}'
                          "</D:prop></D:set></D:mkcol>", {"Content-Type": "application/xml", **headers})


def proppatch(client, path, *changes, **headers):
    """PROPPATCH; each change is ("set" or "remove", elements)."""
    inner = "".join(f"<D:{verb}><D:prop>{what}</D:prop></D:{verb}>" for verb, what in changes)
    return client.request("PROPPATCH", path, f'<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">{inner}</D:propertyupdate>',
                          {name.replace("_", "-"): each for name, each in headers.items()})


def members(client, book):
    """The names of a book's members."""
    return sorted(href.removeprefix(book) for href in client.propfind(book, D + "getetag", depth="1").multistatus().hrefs() if href != book)


def making(steps, server, client):
    made = server.book("alice", "made")
    with steps("a book is made with all its properties at once"):
        reply = mkcol(client, made, BOOK_TYPE + "<D:displayname>Kunden ü &amp; Söhne</D:displayname><C:addressbook-description xml:lang=\"de\">"
                      "Für uns</C:addressbook-description><x:own xmlns:x=\"urn:x\">kept</x:own>")
        equal(reply.status, 201)
        shown = client.propfind(made, D + "displayname", CARD + "addressbook-description", "{urn:x}own", D + "resourcetype").multistatus().only()
        equal((shown.text(D + "displayname"), shown.text(CARD + "addressbook-description"), shown.text("{urn:x}own")), ("Kunden ü & Söhne", "Für uns", "kept"))
        equal(shown.get(CARD + "addressbook-description").get("{http://www.w3.org/XML/1998/namespace}lang"), "de")
        equal(set(shown.names(D + "resourcetype")), {D + "collection", CARD + "addressbook"})
    with steps("without a slash at the end, and with the type alone"):
        equal(mkcol(client, made.rstrip("/") + "2").status, 201)
        equal(client.propfind(server.book("alice", "made2"), D + "resourcetype").multistatus().only().href, server.book("alice", "made2"))
    with steps("what is there, what has no parent, and what may not be there is refused"):
        equal(mkcol(client, made).status, 405)
        equal(mkcol(client, made + "inner/").status in (403, 409), True, "a book inside a book")
        equal(mkcol(client, server.book("nobody", "x")).status in (403, 404, 409), True, "in a home that does not exist")
        one_of(mkcol(client, "/dav/x/").status, (403, 404, 405, 409))
        one_of(mkcol(client, server.principal("alice") + "x/").status, (403, 404, 405, 409))
        reply = mkcol(client, server.book("alice", "bad"), '<D:resourcetype><D:collection/><x:y xmlns:x="urn:x"/></D:resourcetype>')
        equal(reply.status, 403)
        holds(b"valid-resourcetype" in reply.body, f"{reply.body[:300]}")
        one_of(client.request("MKCOL", server.book("alice", "bad"), "hello", {"Content-Type": "text/plain"}).status, (400, 415))
    with steps("one property that cannot be set: no book is made, and each property has its status"):
        reply = mkcol(client, server.book("alice", "bad"), BOOK_TYPE + "<D:displayname>x</D:displayname><D:getetag>\"x\"</D:getetag>")
        one_of(reply.status, (403, 409, 207, 424))
        root = reply.xml()
        holds(root.tag in (D + "mkcol-response", D + "error") or D + "mkcol-response" in {each.tag for each in root.iter()}, root.tag)
        statuses = {name.tag: stat.findtext(D + "status").split()[1] for stat in root.iter(D + "propstat") for name in stat.find(D + "prop")}
        equal((statuses.get(D + "getetag"), statuses.get(D + "displayname")), ("403", "424"))
        equal(client.propfind(server.book("alice", "bad"), D + "resourcetype").status, 404)
    with steps("a deleted book is gone with its members, and its name is free again and empty"):
        equal(client.put(made + "a.vcf", card("a")).status, 201)
        equal(client.delete(made).status, 204)
        for path in (made, made + "a.vcf"):
            equal(client.get(path).status, 404, path)
        equal(mkcol(client, made).status, 201)
        equal(members(client, made), [])
        equal(client.put(made + "a.vcf", card("a"), If_None_Match="*").status, 201)
        equal(client.propfind(made, "{urn:x}own").multistatus().only().status_of("{urn:x}own"), 404, "a property of the old one")
    with steps("a token of the deleted book is not one of the new book"):
        token = client.propfind(made, D + "sync-token").multistatus().only().text(D + "sync-token")
        client.delete(made)
        mkcol(client, made)
        equal(client.sync(made, token).status, 403)


def writing(steps, server, client, book):
    with steps("name, description, colour and order of a book can be set and taken away"):
        properties = {D + "displayname": "Neu ü", CARD + "addressbook-description": "Text", ICAL + "calendar-color": "#FF0000FF",
                      "{http://inf-it.com/ns/ab/}addressbook-color": "#00ff00", ICAL + "calendar-order": "3"}
        for name, text in properties.items():
            namespace, local = name[1:].split("}")
            answer = proppatch(client, book, ("set", f'<x:{local} xmlns:x="{namespace}">{text}</x:{local}>')).multistatus().only()
            equal(answer.status_of(name), 200, name)
            equal(client.propfind(book, name).multistatus().only().text(name), text)
        for name in list(properties)[1:]:
            equal(proppatch(client, book, ("remove", elements([name]))).multistatus().only().status_of(name), 200, name)
            equal(client.propfind(book, name).multistatus().only().status_of(name), 404, name)
    with steps("one wrong change: nothing is changed, the culprit has its status and the others 424"):
        before = client.propfind(book, D + "displayname").multistatus().only().text(D + "displayname")
        for name in ("getetag", "resourcetype", "sync-token", "owner", "current-user-privilege-set", "supported-report-set"):
            reply = proppatch(client, book, ("set", '<D:displayname>Never</D:displayname><x:own xmlns:x="urn:x">1</x:own>'), ("set", f"<D:{name}>x</D:{name}>"))
            answer = reply.multistatus().only()
            equal((answer.status_of(D + name), answer.status_of(D + "displayname"), answer.status_of("{urn:x}own")), (403, 424, 424), name)
            holds(b"cannot-modify-protected-property" in reply.body, "without its condition")
        shown = client.propfind(book, D + "displayname", "{urn:x}own").multistatus().only()
        equal((shown.text(D + "displayname"), shown.status_of("{urn:x}own")), (before, 404))
    with steps("resourcetype cannot be removed: the book would be dead"):
        answer = proppatch(client, book, ("remove", "<D:resourcetype/>")).multistatus().only()
        equal(answer.status_of(D + "resourcetype"), 403)
        holds(CARD + "addressbook" in client.propfind(book, D + "resourcetype").multistatus().only().names(D + "resourcetype"), "it is dead")
    with steps("changes are done in the order of the document; removing what is not there is no fault"):
        one = '<x:own xmlns:x="urn:x">1</x:own>'
        equal(proppatch(client, book, ("set", one), ("remove", one)).multistatus().only().status_of("{urn:x}own"), 200)
        equal(client.propfind(book, "{urn:x}own").multistatus().only().status_of("{urn:x}own"), 404)
        equal(proppatch(client, book, ("remove", one), ("set", one)).multistatus().only().status_of("{urn:x}own"), 200)
        equal(client.propfind(book, "{urn:x}own").multistatus().only().text("{urn:x}own"), "1")
        equal(proppatch(client, book, ("remove", '<x:never xmlns:x="urn:x"/>')).multistatus().only().status_of("{urn:x}never"), 200)


def dead(steps, server, client, book):
    """Properties of clients, kept as they were written."""
    path = book + "dead.vcf"
    client.put(path, card("dead"))
    values = {
        "with attributes and a language": '<x:a xmlns:x="urn:x" b="1 &lt; 2" xml:lang="de-AT">Grüß &amp; Gott</x:a>',
        "with elements inside, in three namespaces": '<x:c xmlns:x="urn:x" xmlns:y="urn:y"><y:d y:e="f"><g xmlns="urn:g"/>text<x:h/></y:d> tail </x:c>',
        "without a namespace": '<plain xmlns="">v</plain>',
        "with white space alone": '<x:ws xmlns:x="urn:x">  \n\t </x:ws>',
        "with nothing": '<x:empty xmlns:x="urn:x"/>',
        "with a prefix that the content needs": '<x:q xmlns:x="urn:x" xmlns:t="urn:t" type="t:name">t:name</x:q>',
        "in the namespace of the standard": '<D:own-made xmlns:D="DAV:">1</D:own-made>',
        "with markup as text": '<x:m xmlns:x="urn:x">&lt;b&gt; ]]&gt; <![CDATA[<c/>]]></x:m>',
    }
    for where, target in (("a book", book), ("a card", path), ("the home", server.home("alice"))):
        for title, element in values.items():
            with steps(f"kept on {where}: {title}"):
                sent = ET.fromstring(f'<w xmlns:D="DAV:">{element}</w>')[0]
                equal(proppatch(client, target, ("set", element)).multistatus().only().status_of(sent.tag), 200)
                got = client.propfind(target, sent.tag).multistatus().only().get(sent.tag)
                equal(ET.canonicalize(ET.tostring(got, encoding="unicode").rstrip() if not got.tail else ET.tostring(got, encoding="unicode")[:-len(got.tail)]),
                      ET.canonicalize(ET.tostring(sent, encoding="unicode")))
    with steps("prefixes that the content means are still declared"):
        reply = client.propfind(path, "{urn:x}q")
        holds(b'"urn:t"' in reply.body or b"'urn:t'" in reply.body, f"{reply.body[:500]}")
    with steps("they stay when the card is edited, go with a move, are copied by a copy, and end with a deletion"):
        client.put(path, card("dead", "Edited"))
        holds(client.propfind(path, "{urn:x}a").multistatus().only().status_of("{urn:x}a") == 200, "lost by an edit")
        equal(client.request("MOVE", path, None, {"Destination": book + "dead2.vcf"}).status, 201)
        equal(client.propfind(book + "dead2.vcf", "{urn:x}a").multistatus().only().status_of("{urn:x}a"), 200, "lost by a move")
        equal(client.delete(book + "dead2.vcf").status, 204)
        client.put(book + "dead2.vcf", card("dead"))
        equal(client.propfind(book + "dead2.vcf", "{urn:x}a").multistatus().only().status_of("{urn:x}a"), 404, "inherited from a deleted card")
        equal(client.delete(book + "dead2.vcf").status, 204)
    with steps("more than there is room for is refused with 507 and changes nothing"):
        reply = proppatch(client, book, ("set", f'<x:big xmlns:x="urn:x">{"x" * 300_000}</x:big>'))
        equal(reply.multistatus().only().status_of("{urn:x}big"), 507)
        equal(client.propfind(book, "{urn:x}big").multistatus().only().status_of("{urn:x}big"), 404)


def moving(steps, server, client, book):
    other = server.book("alice", "other")
    mkcol(client, other)

    def go(method, source, destination, **headers):
        return client.request(method, source, None, {"Destination": destination, **{name.replace("_", "-"): each for name, each in headers.items()}})

    with steps("COPY and MOVE of cards: 201 new, 204 replaced, 412 when it must not be replaced"):
        client.put(book + "m.vcf", card("m"))
        equal(go("MOVE", book + "m.vcf", server.url + book + "n.vcf").status, 201)
        equal((client.get(book + "m.vcf").status, client.get(book + "n.vcf").status), (404, 200))
        equal(go("COPY", book + "n.vcf", other + "n.vcf").status, 201)
        equal(go("COPY", book + "n.vcf", other + "n.vcf", Overwrite="F").status, 412)
        equal(go("COPY", book + "n.vcf", other + "n.vcf", Overwrite="T").status, 204)
        equal(client.get(other + "n.vcf").body, client.get(book + "n.vcf").body)
    with steps("a copy beside its source would be one UID twice: refused with no-uid-conflict"):
        reply = go("COPY", book + "n.vcf", book + "copy.vcf")
        one_of(reply.status, (403, 409))
        equal(reply.conditions()[:1], [CARD + "no-uid-conflict"])
    with steps("wrong destinations are refused"):
        equal(go("COPY", book + "n.vcf", book + "n.vcf").status, 403, "onto itself")
        equal(go("MOVE", book + "n.vcf", server.book("alice", "none") + "n.vcf").status, 409)
        equal(go("MOVE", book + "n.vcf", "http://other.example" + book + "x.vcf").status, 502)
        for destination in ("", "::", "/dav/../../x", book + "%00.vcf", "file:///etc/passwd"):
            holds(400 <= go("MOVE", book + "n.vcf", destination).status < 600, destination)
            equal(client.get(book + "n.vcf").status, 200, destination)
        equal(client.request("MOVE", book + "n.vcf").status, 400, "without Destination")
        one_of(go("MOVE", book + "n.vcf", server.book("bob") + "n.vcf").status, (403, 404, 409))
        one_of(go("MOVE", book + "n.vcf", server.home("alice") + "n.vcf").status, (403, 405, 409))
        equal(go("COPY", book + "none.vcf", book + "x.vcf").status, 404)
    with steps("a book is renamed with all it holds; its token and cards go with it"):
        client.put(other + "o.vcf", card("o"))
        equal(go("MOVE", other, server.book("alice", "renamed")).status, 201)
        equal((client.get(other).status, members(client, server.book("alice", "renamed"))), (404, ["n.vcf", "o.vcf"]))
        equal(go("MOVE", server.book("alice", "renamed"), book, Overwrite="F").status, 412)
    with steps("a book is copied with all it holds"):
        equal(go("COPY", server.book("alice", "renamed"), server.book("alice", "copied")).status, 201)
        equal(members(client, server.book("alice", "copied")), ["n.vcf", "o.vcf"])
        equal(members(client, server.book("alice", "renamed")), ["n.vcf", "o.vcf"])
    with steps("a book cannot go into a book"):
        reply = go("MOVE", server.book("alice", "copied"), book + "copied/")
        one_of(reply.status, (403, 409))
        equal(members(client, server.book("alice", "copied")), ["n.vcf", "o.vcf"])


def preferences(steps, server, client, book):
    with steps("Prefer: return=minimal leaves out what is not found and the body of a good PROPPATCH"):
        response = client.propfind(book, D + "resourcetype", "{urn:x}none", headers={"Prefer": "return=minimal"}).multistatus().only()
        equal([propstat.status for propstat in response.propstats], ["HTTP/1.1 200 OK"])
        response = client.propfind(book, "{urn:x}none", headers={"Brief": "t"}).multistatus().only()
        equal([(propstat.status, propstat.properties) for propstat in response.propstats], [("HTTP/1.1 200 OK", {})])
        reply = proppatch(client, book, ("set", "<D:displayname>Minimal</D:displayname>"), Prefer="return=minimal")
        equal((reply.status, reply.body), (200, b""))
        holds("return=minimal" in (reply.headers["Preference-Applied"] or ""), f"{reply.headers['Preference-Applied']}")
        equal(proppatch(client, book, ("set", "<D:getetag>x</D:getetag>"), Prefer="return=minimal").status, 207)
    with steps("Prefer: return=representation gives the stored card and its tag, after 412 the one in the way"):
        reply = client.put(book + "pref.vcf", card("pref"), Prefer="return=representation")
        equal((reply.status, reply.body), (201, card("pref").encode()))
        equal(reply.etag, client.get(book + "pref.vcf").etag)
        reply = client.put(book + "pref.vcf", card("pref", "Late"), If_None_Match="*", Prefer="return=representation")
        equal((reply.status, reply.body), (412, card("pref").encode()))
    with steps("Prefer: depth-noroot leaves out the collection itself"):
        hrefs = client.propfind(book, D + "getetag", depth="1", headers={"Prefer": "depth-noroot"}).multistatus().hrefs()
        holds(book not in hrefs and book + "pref.vcf" in hrefs, f"{hrefs}")


def rights(steps, server, client, book):
    with steps("the ACL properties say who may do what"):
        shown = client.propfind(book, D + "owner", D + "acl", D + "supported-privilege-set", D + "acl-restrictions", D + "inherited-acl-set",
                                D + "principal-collection-set").multistatus().only()
        equal({name: shown.status_of(name) for name in (D + "owner", D + "acl", D + "supported-privilege-set")},
              {D + "owner": 200, D + "acl": 200, D + "supported-privilege-set": 200})
        holds(any(each.text == server.principal("alice") or each.tag == D + "owner" for each in shown.get(D + "acl").iter()), "the owner is not in the ACL")
    with steps("LOCK is not offered, and asking for it harms nothing"):
        reply = client.request("LOCK", book + "pref.vcf", '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>')
        one_of(reply.status, (405, 501))
    with steps("a stranger sees and does nothing, by any door"):
        bob = Client(server.url, "bob")
        mine = book + "pref.vcf"
        for reply in (bob.get(mine), bob.put(mine, card("pref", "Bob")), bob.delete(mine), bob.propfind(book, D + "displayname"), proppatch(bob, book, ("set", "<D:displayname>Bob</D:displayname>")),
                      bob.delete(book), bob.sync(book), bob.multiget(book, [mine]), mkcol(bob, server.book("alice", "bobs")), bob.propfind(server.home("alice"), D + "displayname", depth="1"),
                      bob.request("COPY", mine, None, {"Destination": server.book("bob") + "stolen.vcf"}), bob.request("MOVE", mine, None, {"Destination": server.book("bob") + "stolen.vcf"}),
                      bob.put(book + "new.vcf", card("new")), bob.request("POST", book, card("new"), {"Content-Type": "text/vcard"})):
            one_of(reply.status, (403, 404, 409), repr(reply))
        equal(members(bob, server.book("bob")), [])
        equal(value(client.get(mine).text, "FN"), "Ada Lövelace")
        reply = bob.put(server.book("bob") + "if.vcf", card("if"), If=f"<{mine}> ([{client.get(mine).etag}])")
        equal(reply.status, 412, "an If header tells a stranger the tag of a card")


def main():
    steps = Steps()
    with Server(users=("alice", "bob")) as server:
        client, book = Client(server.url, "alice"), server.book("alice")
        making(steps, server, client)
        writing(steps, server, client, book)
        dead(steps, server, client, book)
        moving(steps, server, client, book)
        preferences(steps, server, client, book)
        rights(steps, server, client, book)
        steps.finish()


main()
