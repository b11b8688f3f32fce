#!/usr/bin/env python3
# timeout: 120
"""Protocol: XML as clients and enemies write it, and bodies that must be refused (RFC 4918 sections 8 and 17)."""

import socket
import time

from cards import card
from dav import CARD, D, Client
from rolodav import Server
from steps import Steps, equal, holds, one_of

BIG = 17 << 20
PROPFIND = '<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/></D:prop></D:propfind>'


def taken(steps, client, book):
    """Unusual, but right."""
    cases = {
        "UTF-8 with a byte order mark": b"\xef\xbb\xbf" + PROPFIND.encode(),
        "UTF-16 with a byte order mark": ('<?xml version="1.0" encoding="utf-16"?>' + PROPFIND).encode("utf-16"),
        "UTF-16 little endian": b"\xff\xfe" + ('<?xml version="1.0" encoding="UTF-16"?>' + PROPFIND).encode("utf-16-le"),
        "UTF-16 big endian": b"\xfe\xff" + ('<?xml version="1.0" encoding="UTF-16"?>' + PROPFIND).encode("utf-16-be"),
        "a default namespace": PROPFIND.replace("D:", "").replace("xmlns:D", "xmlns").replace(':D="DAV:"', '="DAV:"').encode(),
        "another prefix for the same name": PROPFIND.replace("D:", "x1:").replace("xmlns:D", "xmlns:x1").encode(),
        "comments, processing instructions and white space": ('<?xml version="1.0"?>\n<!-- a --><?pi x?>' + PROPFIND.replace("<D:prop>", " <!-- b -->\n<D:prop>\t") + "<!-- c -->\n").encode(),
        "unknown elements and attributes": PROPFIND.replace("<D:prop>", '<x:y xmlns:x="urn:x" a="b"><x:z/></x:y><D:prop c="d">').encode(),
        "single quotes and references": PROPFIND.replace('"DAV:"', "'&#68;AV&#x3a;'").encode(),
    }
    for title, body in cases.items():
        with steps(f"taken: {title}"):
            for kind in ("application/xml", "text/xml; charset=utf-8", "text/plain", None):
                reply = client.request("PROPFIND", book, body, {"Depth": "0", "Content-Type": kind})
                holds(CARD + "addressbook" in reply.multistatus().only().names(D + "resourcetype"), f"{kind}: {reply.body[:200]}")
    with steps("an empty PROPFIND means allprop, with what RFC 4918 lists and not with what extensions add"):
        client.put(f"{book}all.vcf", card("all"))
        for body in (None, "", '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>'):
            response = client.request("PROPFIND", f"{book}all.vcf", body, {"Depth": "0"}).multistatus().only()
            names = {name for propstat in response.propstats for name in propstat.properties}
            holds({D + "getetag", D + "resourcetype", D + "getlastmodified", D + "getcontentlength"} <= names, f"{names}")
            equal({propstat.status for propstat in response.propstats}, {"HTTP/1.1 200 OK"})
            holds(CARD + "address-data" not in names and D + "acl" not in names, f"{names}")
    with steps("allprop with include, and propname"):
        body = '<D:propfind xmlns:D="DAV:"><D:allprop/><D:include><D:supported-report-set/></D:include></D:propfind>'
        equal(client.request("PROPFIND", book, body, {"Depth": "0"}).multistatus().only().status_of(D + "supported-report-set"), 200)
        body = '<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>'
        response = client.request("PROPFIND", book, body, {"Depth": "0"}).multistatus().only()
        names = response.propstats[0].properties
        holds(D + "sync-token" in names and all(not each.text and len(each) == 0 for each in names.values()), "propname with values")
    with steps("one local name in two namespaces are two properties"):
        body = '<D:propfind xmlns:D="DAV:"><D:prop><D:displayname/><x:displayname xmlns:x="urn:x"/><displayname xmlns=""/></D:prop></D:propfind>'
        reply = client.request("PROPFIND", book, body, {"Depth": "0"})
        response = reply.multistatus().only()
        equal((response.status_of("{urn:x}displayname"), response.status_of("displayname")), (404, 404))
    with steps("what cards hold comes through XML as it is, and nothing breaks out of it"):
        text = card("escape", "]]>", "<D:status>", "NOTE:&lt;&amp;<![CDATA[x]]></D:multistatus>", "X-C:\u0085\u2028\ufdd0 \U0001f600")
        client.put(f"{book}escape.vcf", text)
        data = client.multiget(book, [f"{book}escape.vcf"]).multistatus().only().text(CARD + "address-data")
        equal(data.replace("\r\n", "\n"), text.replace("\r\n", "\n"))


def refused(steps, client, book):
    """Wrong, or made to hurt."""
    entity = '<!DOCTYPE a [<!ENTITY x "y">]>'
    laughs = ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)) + ']><D:propfind xmlns:D="DAV:"><D:prop>&l9;</D:prop></D:propfind>')
    with steps("a DOCTYPE is refused with no-external-entities, whatever it holds"):
        for body in (entity + PROPFIND, "<!DOCTYPE a>" + PROPFIND, laughs,
                     '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><D:propfind xmlns:D="DAV:"><D:prop><D:displayname>&x;</D:displayname></D:prop></D:propfind>',
                     '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">' + PROPFIND):
            began = time.monotonic()
            reply = client.request("PROPFIND", book, body, {"Depth": "0"})
            equal((reply.status, reply.conditions()[:1]), (403, [D + "no-external-entities"]), body[:60])
            holds(time.monotonic() - began < 1, "it took more than a second")
    broken = {
        "not closed": PROPFIND[:-5], "closed wrongly": PROPFIND.replace("</D:prop>", "</D:porp>"), "two roots": PROPFIND + PROPFIND,
        "text after the root": PROPFIND + "x", "text before it": "x" + PROPFIND, "a prefix without namespace": "<D:propfind><D:prop/></D:propfind>",
        "an entity that is not known": PROPFIND.replace("<D:prop>", "&nbsp;<D:prop>"), "an attribute twice": PROPFIND.replace("<D:prop>", '<D:prop a="1" a="2">'),
        "a bare ampersand": PROPFIND.replace("<D:prop>", "a & b<D:prop>"), "NUL": PROPFIND.replace("<D:prop>", "\0<D:prop>"),
        "a reference to NUL": PROPFIND.replace("<D:prop>", "&#0;<D:prop>"), "not XML": "hello", "JSON": '{"a": 1}', "only a declaration": '<?xml version="1.0"?>',
        "invalid UTF-8": PROPFIND.encode() .replace(b"<D:prop>", b"\xff\xfe\xfd<D:prop>"), "cut UTF-16": ("\ufeff" + PROPFIND).encode("utf-16-le")[:-3],
        "another root": '<D:multistatus xmlns:D="DAV:"/>', "the root in another namespace": PROPFIND.replace("DAV:", "urn:x"),
        "nothing asked for": '<D:propfind xmlns:D="DAV:"/>',
    }
    for title, body in broken.items():
        with steps(f"400: {title}"):
            equal(client.request("PROPFIND", book, body, {"Depth": "0"}).status, 400)
    with steps("wrong XML in REPORT, PROPPATCH and MKCOL is refused and changes nothing"):
        for method, path in (("REPORT", book), ("PROPPATCH", book), ("MKCOL", book.replace("contacts", "made"))):
            for body in ("<a", "<a/>", '<D:propfind xmlns:D="DAV:"/>', entity + "<a/>"):
                one_of(client.request(method, path, body).status, (400, 403, 415), f"{method} {body}")
        equal(client.propfind(book.replace("contacts", "made"), D + "resourcetype").status, 404)
    with steps("a Depth that is none is refused"):
        for depth in ("2", "-1", "one", ""):
            equal(client.request("PROPFIND", book, PROPFIND, {"Depth": depth}).status, 400, repr(depth))
    with steps("Depth infinity on a collection of collections is refused with propfind-finite-depth, or answered"):
        for headers in ({"Depth": "infinity"}, {}):
            reply = client.request("PROPFIND", "/dav/", PROPFIND, headers)
            one_of(reply.status, (207, 403))
            holds(reply.status == 207 or reply.conditions() == [D + "propfind-finite-depth"] or D + "propfind-finite-depth" in reply.conditions(), f"{reply.body[:200]}")
    hostile = {
        "nested ten thousand deep": "<a>" * 10_000 + "</a>" * 10_000,
        "nested inside a property": '<D:propfind xmlns:D="DAV:"><D:prop>' + "<a>" * 5_000 + "</a>" * 5_000 + "</D:prop></D:propfind>",
        "a hundred thousand properties": '<D:propfind xmlns:D="DAV:"><D:prop>' + "".join(f"<p{n}/>" for n in range(100_000)) + "</D:prop></D:propfind>",
        "fifty thousand attributes": '<D:propfind xmlns:D="DAV:"><D:prop ' + " ".join(f'a{n}="1"' for n in range(50_000)) + "/></D:propfind>",
        "fifty thousand namespaces": '<D:propfind xmlns:D="DAV:" ' + " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(50_000)) + "><D:prop/></D:propfind>",
        "a megabyte of name": '<D:propfind xmlns:D="DAV:"><D:prop><' + "n" * 1_000_000 + "/></D:prop></D:propfind>",
        "a megabyte of comment": "<!--" + "x" * 1_000_000 + "-->" + "<a/>",
        "expand-property a thousand deep": '<D:expand-property xmlns:D="DAV:">' + '<D:property name="owner">' * 1000 + "</D:property>" * 1000 + "</D:expand-property>",
        "expand-property ten wide, six deep": '<D:expand-property xmlns:D="DAV:">' + '<D:property name="owner">' * 6 + "".join(
            f'<D:property name="p{n}"/>' for n in range(10)) + "</D:property>" * 6 + "</D:expand-property>",
    }
    for title, body in hostile.items():
        with steps(f"bounded in time, and no failure of the server: {title}"):
            method = "REPORT" if "expand" in title else "PROPFIND"
            began = time.monotonic()
            reply = client.request(method, book, body, {"Depth": "0"})
            holds(time.monotonic() - began < 3, "it took more than three seconds")
            holds(reply.status == 207 or 400 <= reply.status < 500, repr(reply))


def sizes(steps, server, client, book):
    """Bodies that are too large are refused before they are read."""
    host = server.url.removeprefix("http://")
    for method, path, kind in (("PUT", f"{book}big.vcf", "text/vcard"), ("PROPFIND", book, "application/xml"), ("REPORT", book, "application/xml")):
        with steps(f"{method} that announces {BIG >> 20} MiB is refused before a byte of it is sent"):
            address, port = host.split(":")
            with socket.create_connection((address, int(port)), timeout=10) as wire:
                wire.sendall((f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {client.headers['Authorization']}\r\nContent-Type: {kind}\r\n"
                              f"Content-Length: {1 << 40}\r\nExpect: 100-continue\r\n\r\n").encode())
                answer = wire.recv(4096).decode()
            holds(answer.startswith(("HTTP/1.1 413", "HTTP/1.1 403")), answer[:200])
    with steps("one that announces nothing is cut off when it has grown too large"):
        address, port = host.split(":")
        with socket.create_connection((address, int(port)), timeout=20) as wire:
            wire.sendall((f"PUT {book}big.vcf HTTP/1.1\r\nHost: {host}\r\nAuthorization: {client.headers['Authorization']}\r\nContent-Type: text/vcard\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n").encode())
            block = b"%x\r\n" % 65536 + b"x" * 65536 + b"\r\n"
            sent = 0
            try:
                while sent < BIG * 2:
                    wire.sendall(block)
                    sent += 65536
                wire.sendall(b"0\r\n\r\n")
            except OSError:
                pass
            try:
                answer = wire.recv(4096).decode()
            except OSError:
                answer = ""
            holds(answer == "" or answer.startswith(("HTTP/1.1 413", "HTTP/1.1 403")), answer[:200])
        equal(client.get(f"{book}big.vcf").status, 404)
    with steps("headers and addresses without measure are refused"):
        for headers in ({"X-Big": "x" * 200_000}, {f"X-{n}": "y" for n in range(500)}):
            reply = None
            try:
                reply = Client(server.url, "alice").request("GET", book, None, headers)
            except OSError:
                pass
            holds(reply is None or reply.status in (400, 413, 431), repr(reply))
    with steps("meanwhile and after, others are served"):
        equal(Client(server.url, "alice").propfind(book, D + "resourcetype").status, 207)


def main():
    steps = Steps()
    with Server() as server:
        client, book = Client(server.url, "alice"), server.book("alice")
        taken(steps, client, book)
        refused(steps, client, book)
        sizes(steps, server, client, book)
        steps.finish()


main()
