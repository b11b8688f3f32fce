#!/usr/bin/env python3
# timeout: 60
"""Protocol: finding the way in, and what every address answers (RFC 6764, 5397, 4918, 9110)."""

from cards import card
from dav import CARD, CS, D, Client
from rolodav import Server
from steps import Steps, equal, holds, one_of

TOKENS = ("1", "3", "access-control", "addressbook", "extended-mkcol")


def follow(client, path, *names, **more):
    """PROPFIND that follows one redirect, as clients do."""
    reply = client.propfind(path, *names, **more)
    if reply.status in (301, 302, 307, 308):
        location = reply.headers["Location"]
        holds(location.startswith("/"), f"{path} redirects to {location}, not to a path")
        reply = client.propfind(location, *names, **more)
    return reply


def discovery(steps, server, client):
    """Every address somebody may type leads to the principal and to one home."""
    starts = ["/", "/dav", "/dav/", "/.well-known/carddav", "/.well-known/caldav", "/dav/principals/alice/",
              "/dav/principals/alice", "/dav/addressbooks/alice/", "/dav/addressbooks/alice",
              "/dav/addressbooks/alice/contacts/", "/dav/addressbooks/alice/contacts"]
    for start in starts:
        with steps(f"{start} leads to the principal and the home"):
            response = follow(client, start, D + "current-user-principal", D + "resourcetype").multistatus().only()
            principal = response.href_of(D + "current-user-principal")
            equal(principal, server.principal("alice"))
            home = follow(client, principal, CARD + "addressbook-home-set").multistatus().only()
            equal(home.href_of(CARD + "addressbook-home-set"), server.home("alice"))
    with steps("collections are named with a slash at their end, however they were asked for"):
        for path in ("/dav/addressbooks/alice/contacts", "/dav/addressbooks/alice", "/dav/principals/alice"):
            equal(follow(client, path, D + "resourcetype").multistatus().only().href, path + "/")
    with steps("well-known redirects every method to a path and may be cached"):
        for name in ("carddav", "caldav"):
            for method in ("GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"):
                reply = Client(server.url).request(method, f"/.well-known/{name}")
                one_of(reply.status, (301, 308), f"{method} {name}")
                equal(reply.headers["Location"], "/dav/")
                holds(reply.headers["Cache-Control"], "no Cache-Control")
    with steps("the principal is told on every resource"):
        equal(client.put(server.book("alice") + "a.vcf", card("a")).status, 201)
        for path in ("/dav/principals/", "/dav/addressbooks/", server.home("alice"), server.book("alice") + "a.vcf"):
            response = client.propfind(path, D + "current-user-principal", D + "resourcetype").multistatus().only()
            equal(response.href_of(D + "current-user-principal"), server.principal("alice"), path)


def signing_in(steps, server):
    """Who may come in, and by which names."""
    with steps("nothing private is told without a password; the challenge is the same everywhere"):
        nobody = Client(server.url)
        seen = set()
        for method, path in (("PROPFIND", "/dav/"), ("PROPFIND", "/"), ("GET", server.book("alice") + "a.vcf"),
                             ("REPORT", server.book("alice")), ("PUT", server.book("alice") + "x.vcf"),
                             ("DELETE", server.book("alice")), ("PROPFIND", "/dav/principals/nobody/"),
                             ("MKCOL", server.book("alice", "x")), ("PROPPATCH", server.book("alice"))):
            reply = nobody.request(method, path)
            equal(reply.status, 401, repr(reply))
            seen.add(reply.headers["WWW-Authenticate"])
        equal(len(seen), 1, f"{seen}")
        challenge = seen.pop()
        holds(challenge.startswith("Basic realm=") and 'charset="UTF-8"' in challenge, challenge)
    with steps("wrong passwords, unknown users and broken headers are refused alike"):
        answers = set()
        for header in ("Basic YWxpY2U6d3Jvbmc=", "Basic bm9ib2R5OndhdA==", "Basic !!!", "Basic", "Basic YWxpY2U=", "Bearer x"):
            reply = Client(server.url).request("PROPFIND", "/dav/", None, {"Authorization": header})
            one_of(reply.status, (401, 429), header)
            answers.add(reply.headers["WWW-Authenticate"])
        equal(len(answers - {None}), 1, f"{answers}")
        equal(Client(server.url, "alice").propfind("/dav/", D + "resourcetype").status, 207, "the owner is locked out")
    with steps("people sign in by name or mail address in any case; addresses need no escaping"):
        server.add_user("zoe@example.org", "pässwörd")
        for name in ("zoe@example.org", "Zoe@Example.ORG"):
            zoe = Client(server.url, name, "pässwörd")
            response = zoe.propfind("/dav/", D + "current-user-principal").multistatus().only()
            principal = response.href_of(D + "current-user-principal")
            holds("@" not in principal and "%" not in principal, principal)
            home = zoe.propfind(principal, CARD + "addressbook-home-set").multistatus().only()
            listing = zoe.propfind(home.href_of(CARD + "addressbook-home-set"), D + "resourcetype", depth="1").multistatus()
            equal(len([each for each in listing if CARD + "addressbook" in each.names(D + "resourcetype")]), 1)
    with steps("each request on one connection is answered for whoever signed it"):
        server.add_user("bob")
        shared = Client(server.url)
        alice, bob = (Client(server.url, name).headers for name in ("alice", "bob"))
        for name, headers in (("alice", alice), ("bob", bob), ("alice", alice)):
            response = shared.propfind("/dav/", D + "current-user-principal", headers=headers).multistatus().only()
            equal(response.href_of(D + "current-user-principal"), server.principal(name))
        equal(shared.propfind("/dav/", D + "current-user-principal").status, 401)


def every_address(steps, server, client):
    """OPTIONS, wrong methods, HEAD, missing things."""
    card_path = server.book("alice") + "a.vcf"
    with steps("OPTIONS tells the same classes everywhere, with 200 and no body"):
        for path in ("/dav/", server.principal("alice"), server.home("alice"), server.book("alice"), card_path, "/dav/principals/"):
            reply = client.request("OPTIONS", path)
            equal((reply.status, reply.body, reply.headers["Content-Length"]), (200, b"", "0"), path)
            for token in TOKENS:
                holds(token in reply.tokens("DAV"), f"{path}: no {token} in {reply.tokens('DAV')}")
            holds("PROPFIND" in reply.tokens("Allow"), f"{path}: Allow is {reply.tokens('Allow')}")
        holds("2" not in reply.tokens("DAV") or "LOCK" in reply.tokens("Allow"), "class 2 without LOCK")
    with steps("a method that is impossible here is refused with 405 and what is possible"):
        # 403 names the reason for these two: no collection inside a book; the root stays.
        also = {("MKCOL", card_path): (403,), ("DELETE", "/dav/"): (403,), ("FROBNICATE", card_path): (501,)}
        for method, path in (("PUT", server.book("alice")), ("MKCOL", card_path), ("FROBNICATE", card_path),
                             ("MKCOL", server.book("alice")), ("DELETE", "/dav/")):
            reply = client.request(method, path, card("x") if method == "PUT" else None)
            one_of(reply.status, also.get((method, path), ()) + (405,), repr(reply))
            holds(reply.status != 405 or "OPTIONS" in reply.tokens("Allow"), f"{reply!r}: Allow is {reply.tokens('Allow')}")
    with steps("HEAD is GET without the body"):
        got, head = client.get(card_path), client.request("HEAD", card_path)
        equal((head.status, head.body), (200, b""))
        for name in ("ETag", "Content-Type", "Content-Length", "Last-Modified"):
            equal(head.headers[name], got.headers[name], name)
    with steps("what is not there is 404, for PROPFIND too, and without a multistatus"):
        for path in (server.book("alice") + "none.vcf", server.book("alice", "none"), server.book("alice", "none") + "a.vcf",
                     "/dav/nothing/", "/dav/principals/none/", "/dav/addressbooks/none/"):
            for method in ("PROPFIND", "GET", "DELETE"):
                one_of(client.request(method, path).status, (404, 403, 405) if method == "DELETE" else (404,), f"{method} {path}")
    with steps("PUT / with If-Match: nothing, as a calendar program probes, writes nothing"):
        reply = client.request("PUT", "/", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", {"If-Match": "nothing", "Content-Type": "text/calendar"})
        holds(400 <= reply.status < 500, repr(reply))
    with steps("traversal, NUL and broken escapes in a path do no harm"):
        book = server.book("alice")
        for path in (book + "%00.vcf", book + "..%2f..%2fb.vcf", book + "%2e%2e/%2e%2e/bob/", book + "a%ff%fe.vcf",
                     book + "../../bob/contacts/a.vcf", book + "a//b.vcf", book + "x" * 6000 + ".vcf", "/dav//addressbooks//alice//"):
            for method in ("GET", "PUT", "PROPFIND"):
                reply = client.request(method, path, card("bad") if method == "PUT" else None)
                holds(400 <= reply.status < 500, f"{method} {path[:60]} -> {reply.status}")
        equal(client.propfind(book, D + "getetag", depth="1").multistatus().hrefs(), [book, book + "a.vcf"])
    with steps("the properties that every resource must have are there"):
        everywhere = (D + "resourcetype", D + "current-user-principal", D + "current-user-privilege-set",
                      D + "supported-report-set", D + "principal-collection-set")
        for path in ("/dav/", server.principal("alice"), server.home("alice"), server.book("alice"), card_path):
            response = client.propfind(path, *everywhere).multistatus().only()
            for name in everywhere:
                equal(response.status_of(name), 200, f"{path} {name}")
        book = client.propfind(server.book("alice"), D + "sync-token", CS + "getctag", CARD + "supported-address-data",
                               CARD + "max-resource-size", CARD + "supported-collation-set", D + "owner").multistatus().only()
        equal(len(book.propstats), 1, "a property of the book is missing")
        versions = {each.get("version") for each in book.get(CARD + "supported-address-data")}
        holds({"3.0", "4.0"} <= versions, f"{versions}")
        holds(int(book.text(CARD + "max-resource-size")) >= 10 << 20, "less than 10 MiB")


def proxy(steps):
    """Behind a reverse proxy that speaks https to the world."""
    with Server(environment={"ROLODAV__SERVER__TRUSTED_PROXIES": "127.0.0.1"}) as server:
        client = Client(server.url, "alice", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "dav.example.org",
                                                      "X-Forwarded-For": "192.0.2.7"})
        book = server.book("alice")
        with steps("behind a proxy hrefs and redirects stay paths, and Destination names the outer address"):
            equal(client.put(book + "a.vcf", card("a")).status, 201)
            equal(client.request("GET", "/.well-known/carddav").headers["Location"], "/dav/")
            reply = client.request("MOVE", book + "a.vcf", None, {"Destination": f"https://dav.example.org{book}b.vcf"})
            equal(reply.status, 201)
            equal(client.request("MOVE", book + "b.vcf", None, {"Destination": f"https://other.example{book}c.vcf"}).status, 502)
            equal(client.propfind(book, D + "getetag", depth="1").multistatus().hrefs(), [book, book + "b.vcf"])


def main():
    steps = Steps()
    with Server() as server:
        client = Client(server.url, "alice")
        discovery(steps, server, client)
        signing_in(steps, server)
        every_address(steps, server, client)
        proxy(steps)
        steps.finish()


main()
