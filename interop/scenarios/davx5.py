#!/usr/bin/env python3
# timeout: 180
"""DAVx5 on Android, as a sequence of its requests: service detection, sync in both directions,
groups both ways, a shared book, an unknown token."""

import base64
import random
import uuid

from cards import card, value, values
from dav import CARD, D, Client
from davx5_collection import HEADERS, PUSH, XML, propfind
from davx5_phone import DETECT, HOME, PRINCIPAL, Phone
from rolodav import Server
from steps import Steps, equal, holds, one_of


def detection(steps, server, client):
    """From the address somebody typed to the list of books."""
    with steps("the principal is found from the bare address, the DAV root and well-known"):
        for path in ("/", "/dav", "/dav/", "/.well-known/carddav"):
            reply = propfind(client, path, DETECT)
            if reply.status in (301, 302, 307, 308):
                reply = propfind(client, reply.headers["Location"], DETECT)
            equal(reply.multistatus().only().href_of(D + "current-user-principal"), server.principal("alice"), path)
    with steps("a book's own address is taken, too"):
        book = propfind(client, server.book("alice"), DETECT).multistatus().only()
        holds(CARD + "addressbook" in book.names(D + "resourcetype"), f"{book.names(D + 'resourcetype')}")
    with steps("OPTIONS of the principal says addressbook, or the service would be dropped"):
        reply = client.request("OPTIONS", server.principal("alice"))
        equal((reply.status, "addressbook" in reply.tokens("DAV")), (200, True))
    with steps("home and books are listed with the right to write, delete and create"):
        principal = propfind(client, server.principal("alice"), PRINCIPAL).multistatus().only()
        holds(D + "principal" in principal.names(D + "resourcetype"), "not a principal")
        home = principal.href_of(CARD + "addressbook-home-set")
        listing = propfind(client, home, HOME, depth="1").multistatus()
        holds("bind" in listing.by_href(home).privileges(), "no bind on the home: no book could be created")
        book = listing.by_href(server.book("alice"))
        holds({"write-content", "unbind"} <= book.privileges(), f"{book.privileges()}")
        equal(book.status_of(PUSH + "transports"), 404)


def downwards(steps, server, phone, other):
    """What others store arrives."""
    book = phone.path
    with steps("the first sync brings everything, ten cards at a time, in the version the book lists"):
        for number in range(35):
            equal(other.put(f"{book}d{number}.vcf", card(f"d{number}", "Dä", str(number), "X-OWN;P=1:kept")).status, 201)
        equal(phone.sync(), 35)
        equal(phone.version, "4.0")
        holds(all(value(text, "X-OWN") == "kept" for text in phone.objects.values()), "a property is lost")
    with steps("an unchanged token ends the next sync at once"):
        equal(phone.sync(), 0)
    with steps("changes, deletions and additions arrive, each once"):
        other.put(f"{book}d1.vcf", card("d1", "Changed", "One"))
        other.put(f"{book}d1.vcf", card("d1", "Changed", "Twice"))
        other.delete(f"{book}d2.vcf")
        other.put(f"{book}e.vcf", card("e", "Neu", "E"))
        other.put(f"{book}f.vcf", card("f", "Kurz", "F"))
        other.delete(f"{book}f.vcf")
        equal(phone.sync(), 2)
        equal(value(phone.objects[f"{book}d1.vcf"], "FN"), "Changed Twice")
        holds(f"{book}d2.vcf" not in phone.objects and f"{book}f.vcf" not in phone.objects, "a deleted card is still there")
        equal(len(phone.objects), 35)
    with steps("a photo of a megabyte comes whole"):
        photo = base64.b64encode(random.Random(1).randbytes(1_000_000)).decode()
        lines = [f"PHOTO;ENCODING=b;TYPE=JPEG:{photo[:40]}"] + [" " + photo[at:at + 74] for at in range(40, len(photo), 74)]
        equal(other.put(f"{book}photo.vcf", card("photo", "Mit", "Bild", *lines)).status, 201)
        phone.sync()
        equal(value(phone.objects[f"{book}photo.vcf"], "PHOTO").split("base64,")[-1], photo)


def upwards(steps, server, phone, other):
    """What is changed on the phone reaches the server."""
    book = phone.path
    uid = str(uuid.uuid4())
    text = card(uid, "Vom", "Handy", "TEL;TYPE=cell;PREF=1:+43 1", "X-PHONE;X=\"a:b\":kept", version="4.0")
    with steps("a new contact is stored as sent; its tag is that of the next sync"):
        reply = phone.upload(f"{uid}.vcf", text)
        equal(reply.status, 201)
        holds(reply.etag is not None, "no ETag although the card is stored as sent")
        equal(phone.sync(), 0, "cards loaded again")
        equal(phone.get(f"{book}{uid}.vcf").body, text.encode())
    with steps("a change with the known tag is taken, without loading it again"):
        equal(phone.upload(f"{uid}.vcf", text.replace("Vom Handy", "Vom Telefon")).status, 204)
        equal(phone.sync(), 0, "cards loaded again")
        equal(value(other.get(f"{book}{uid}.vcf").text, "FN"), "Vom Telefon")
    with steps("a change over somebody else's is refused with 412, and the other one arrives"):
        other.put(f"{book}{uid}.vcf", text.replace("Vom Handy", "Vom Notebook"))
        equal(phone.upload(f"{uid}.vcf", text.replace("Vom Handy", "Zu spät")).status, 412)
        equal(phone.sync(), 1)
        equal(value(phone.objects[f"{book}{uid}.vcf"], "FN"), "Vom Notebook")
    with steps("a change to a contact deleted meanwhile is refused, and it can be uploaded as new"):
        other.delete(f"{book}{uid}.vcf")
        one_of(phone.upload(f"{uid}.vcf", text).status, (404, 410, 412))
        phone.tags.pop(f"{book}{uid}.vcf")
        equal(phone.upload(f"{uid}.vcf", text).status, 201)
        phone.sync()
    with steps("deletion wants the known tag"):
        href = f"{book}{uid}.vcf"
        equal(phone.client.request("DELETE", href, None, {"If-Match": '"other"'}).status, 412)
        equal(phone.client.request("DELETE", href, None, {"If-Match": phone.tags.pop(href)}).status, 204)
        phone.objects.pop(href)
        equal(phone.sync(), 0)
    with steps("no card stops the sync of the book for its looks"):
        flawed = {"no-fn": card("no-fn").replace("FN:Ada Lövelace\r\n", ""), "lf": card("lf").replace("\r\n", "\n"),
                  "bom": "\ufeff" + card("bom"), "ctl": card("ctl", "A\x07da"), "pref": card("pref", "A", "B", "TEL;TYPE=pref:1"),
                  "blank": card("blank").replace("FN:", "\r\nFN:"), "bday": card("bday", "A", "B", "BDAY:circa 1800")}
        for name, text in flawed.items():
            one_of(phone.upload(f"{name}.vcf", text).status, (201, 204), name)
        phone.sync()
        for name in flawed:
            equal(value(phone.get(f"{book}{name}.vcf").text, "UID"), name)


def groups(steps, server, phone, other):
    """Both ways DAVx5 keeps groups."""
    book, uid = phone.path, str(uuid.uuid4())
    with steps("groups as categories stay as they were written"):
        equal(phone.upload("cat.vcf", card("cat", "In", "Gruppen", "CATEGORIES:Fußball,A\\,B", version="4.0")).status, 201)
        equal(value(phone.get(f"{book}cat.vcf").text, "CATEGORIES"), "Fußball,A\\,B")
    with steps("groups as cards stay as they were written, also with members that are no UUIDs"):
        text = (f"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{uid}\r\nKIND:group\r\nFN:Verein\r\n"
                "MEMBER:urn:uuid:cat\r\nMEMBER:urn:uuid:d1\r\nEND:VCARD\r\n")
        equal(phone.upload(f"{uid}.vcf", text).status, 201)
        equal(phone.get(f"{book}{uid}.vcf").body, text.encode())
        apple = Client(server.url, "alice", headers={"User-Agent": "iOS/17.0.2 (21A351) dataaccessd/1.0"})
        shown = apple.get(f"{book}{uid}.vcf").text
        equal(values(shown, "X-ADDRESSBOOKSERVER-MEMBER"), ["urn:uuid:cat", "urn:uuid:d1"])
    with steps("the same UID with and without urn:uuid: is one contact"):
        reply = phone.client.request("PUT", f"{book}second.vcf", text.replace(f"UID:{uid}", f"UID:urn:uuid:{uid.upper()}"),
                                     {"Content-Type": "text/vcard;version=4.0", "If-None-Match": "*"})
        one_of(reply.status, (403, 409))
        equal(reply.conditions()[:1], [CARD + "no-uid-conflict"])
        equal(reply.xml()[0].findtext(D + "href"), f"{book}{uid}.vcf")


def shares(steps, server, client):
    """Books of others: one to read, one to write, one through a group."""
    with steps("a book shared for reading cannot be written; the refusal is the one DAVx5 resets on"):
        server.add_user("bob")
        bob = Client(server.url, "bob")
        equal(bob.put(f"{server.book('bob')}b.vcf", card("b", "Von", "Bob")).status, 201)
        server.share("bob", "contacts", "alice")
        shared = shared_hrefs(client, server)[0]
        held = propfind(client, shared, HOME).multistatus().only()
        holds("write-content" not in held.privileges() and "read" in held.privileges(), f"{held.privileges()}")
        phone = Phone(client, shared)
        equal(phone.sync(), 1)
        reply = phone.upload("new.vcf", card("new"))
        equal((reply.status, reply.conditions()[:1]), (403, [D + "need-privileges"]))
        href = next(iter(phone.objects))
        equal(client.request("DELETE", href, None, {"If-Match": phone.tags[href]}).status, 403)
        equal(bob.get(f"{server.book('bob')}b.vcf").status, 200)
    with steps("made writable, it is written, and the owner sees it"):
        server.unshare("bob", "contacts", "alice")
        server.share("bob", "contacts", "alice", write=True)
        phone = Phone(client, shared_hrefs(client, server)[0])
        phone.sync()
        equal(phone.upload("new.vcf", card("new", "Von", "Alice")).status, 201)
        equal(value(bob.get(f"{server.book('bob')}new.vcf").text, "FN"), "Von Alice")
    with steps("a stranger learns nothing of it"):
        server.add_user("mallory")
        mallory = Client(server.url, "mallory", headers=HEADERS)
        for ask in (lambda owner: propfind(mallory, server.book(owner), HOME), lambda owner: propfind(mallory, server.home(owner), HOME, depth="1"),
                    lambda owner: mallory.get(f"{server.book(owner)}b.vcf"), lambda owner: mallory.put(f"{server.book(owner)}m.vcf", card("m")),
                    lambda owner: mallory.delete(f"{server.book(owner)}b.vcf")):
            reply, nobody = ask("bob"), ask("nobody")
            one_of(reply.status, (403, 404, 409), repr(reply))
            equal((reply.status, reply.body), (nobody.status, nobody.body), f"{reply!r} tells that there is something")
        reply = mallory.multiget(server.book("mallory"), [f"{server.book('bob')}b.vcf", phone.path + "b.vcf"])
        holds(b"Von Bob" not in reply.body, "multiget hands out a card of another user")

    with steps("deleting a shared book on the phone leaves the share; the owner keeps the book"):
        equal(client.request("DELETE", phone.path).status, 204)
        equal(shared_hrefs(client, server), [])
        one_of(client.get(phone.path + "b.vcf").status, (403, 404))
        equal(value(bob.get(f"{server.book('bob')}b.vcf").text, "FN"), "Von Bob")


def shared_hrefs(client, server):
    """The books in alice's home that others own."""
    listing = propfind(client, server.home("alice"), HOME, depth="1").multistatus()
    books = [each for each in listing if CARD + "addressbook" in each.names(D + "resourcetype")]
    return [each.href for each in books if each.href_of(D + "owner") != server.principal("alice")]


def books(steps, server, client):
    """Books created and deleted on the phone, and an address book that is too old to continue."""
    made = f"{server.home('alice')}{uuid.uuid4()}/"
    with steps("a book is created with name and description, and deleted"):
        body = ("<?xml version='1.0' encoding='UTF-8' ?><mkcol xmlns=\"DAV:\" xmlns:CARD=\"urn:ietf:params:xml:ns:carddav\">"
                "<set><prop><resourcetype><collection /><CARD:addressbook /></resourcetype><displayname>Kunden &amp; Söhne</displayname>"
                "<CARD:addressbook-description>Nur für Kunden</CARD:addressbook-description></prop></set></mkcol>")
        equal(client.request("MKCOL", made, body, {"Content-Type": XML}).status, 201)
        book = propfind(client, server.home("alice"), HOME, depth="1").multistatus().by_href(made)
        equal(book.text(D + "displayname"), "Kunden & Söhne")
        equal(book.text(CARD + "addressbook-description"), "Nur für Kunden")
        equal(client.request("DELETE", made).status, 204)
        holds(made not in propfind(client, server.home("alice"), HOME, depth="1").multistatus().hrefs(), "still listed")
    with steps("a token of another server is refused in the way that makes DAVx5 list all again"):
        reply = Phone(client, server.book("alice")).changes("https://example.org/sync/1")
        holds(400 <= reply.status < 500 and D + "valid-sync-token" in reply.conditions(), f"{reply}: {reply.body[:200]}")
        listing = propfind(client, server.book("alice"), [D + "resourcetype", D + "getetag"], depth="1").multistatus()
        equal(listing.hrefs()[0], server.book("alice"))
        for response in listing.responses[1:]:
            holds(response.text(D + "getetag").startswith('"'), f"{response.href} has no tag")


def main():
    steps = Steps()
    with Server() as server:
        # Most people give each phone an app password of its own.
        password = server.add_device("alice", "phone")
        client = Client(server.url, "alice", password, headers=HEADERS)
        other = Client(server.url, "alice")
        phone = Phone(client, server.book("alice"))
        detection(steps, server, client)
        downwards(steps, server, phone, other)
        upwards(steps, server, phone, other)
        groups(steps, server, phone, other)
        books(steps, server, client)
        shares(steps, server, client)
        steps.finish()


main()
