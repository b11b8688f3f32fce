#!/usr/bin/env python3
# needs: apt evolution-data-server gir1.2-ebook-1.2 python3-gi dbus-daemon
# timeout: 170
"""evolution-data-server, what GNOME Contacts and Evolution sync with: every change both ways."""

import os
import pathlib
import re
import sys

from cards import card, fold, many, value, values
from dav import CARD, Client, D
from evolution_desk import Desk, fetched, on_server, said, until
from evolution_session import Evolution, EvolutionError, missing
from rolodav import WORK, Server
from steps import Steps, equal, holds, one_of
from wiretap import Wiretap

COUNT = 200

FOUR = card(
    "four-0001", "Zoë", "Viér", "EMAIL;PREF=1:zoe@example.org",
    "TEL;VALUE=uri;TYPE=\"voice,cell\":tel:+33-1-23-45-67-89", "KIND:individual",
    "X-INTEROP-KEEP;X-ROLE=\"a;b\":as it was", "RELATED;TYPE=friend:urn:uuid:ada", version="4.0")
RICH = card(
    "rich-0001", "Grace", "Hopper", *fold([
        "ORG:Navy\\; US;Research", "TITLE:Rear admiral", "BDAY:1906-12-09", "CATEGORIES:friends,chess",
        "item1.TEL;TYPE=CELL:+1 202 555 0147", "item1.X-ABLABEL:Boat",
        "item2.X-ABDATE;TYPE=pref:1944-07-02", "item2.X-ABLABEL:_$!<Anniversary>!$_",
        "X-SOCIALPROFILE;TYPE=mastodon:https://social.example/@grace",
        "X-INTEROP-KEEP;X-ROLE=\"a;b\":one\\, two\\; three",
        # It cuts a value off at a comma that is not escaped.
        "X-INTEROP-LONG:" + "Größe und Länge\\, ohne Ende " * 12,
        "NOTE:first line\\nsecond\\, with comma",
        "PHOTO;ENCODING=b;TYPE=PNG:" + "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    ]))


def arrive(steps, desk, server, client, book, cards, password):
    """Discovery, the account, and the first download."""
    session, tap = desk.session, desk.tap
    with steps(f"{COUNT} cards and two special ones are put on the server"):
        for uid, text in cards.items():
            equal(client.put(f"{book}{uid}.vcf", text, If_None_Match="*").status, 201, f"PUT {uid}")
        equal(client.put(f"{book}four.vcf", FOUR).status, 201)
        equal(client.put(f"{book}rich.vcf", RICH).status, 201)
    with steps("`Find address books` of the dialog finds the book behind the bare address"):
        found = session.discover(url=tap.url + "/", user="alice", password=password)
        equal([b["href"] for b in found], [tap.url + book])
    with steps("a wrong password is refused there, with the same realm everywhere"):
        tap.clear()
        try:
            session.discover(url=tap.url + "/", user="alice", password="wrong")
            holds(False, "a wrong password found books")
        except EvolutionError:
            pass
        realms = {e.answer_headers.get("www-authenticate") for e in tap.exchanges() if e.status == 401}
        holds(len(realms) == 1 and "Basic realm=" in str(realms), f"the challenges are {realms}")
    with steps("an account made of the bare address finds the book by itself"):
        session.add_account(account="account", url=tap.url + "/", user="alice", password=password)
        def differs():
            paths = [b["path"] for b in session.account_books(account="account")]
            return None if paths == [book] else f"the paths are {paths}"
        until("the account's books", differs)
        desk.book = session.account_books(account="account")[0]["book"]
    with steps("the book opens for writing and all cards come down as they are served"):
        tap.clear()
        equal(session.open(book=desk.book)["online"], True)
        desk.agrees(client, book)
        desk.settle()
        status = session.status(book=desk.book)
        equal((status["writable"], status["connection"]), (True, "connected"))
        equal(status["credentials_required"], [], "the user was asked for the password")
    with steps("every card was asked for once"):
        asked = fetched(tap.exchanges())
        equal((len(asked), len(set(asked))), (COUNT + 2, COUNT + 2))
    with steps("the version of vCard is the one the client can read"):
        reads_four = any(b"supported-address-data" in e.body for e in tap.exchanges())
        sent = [e for e in tap.exchanges("REPORT") if b"four-0001" in e.answer_body]
        holds(sent, "the 4.0 card was not among the answers")
        body = sent[-1].answer_body.decode()
        versions = set(re.findall(r"VERSION:(\d\.\d)", body))
        asked_four = 'version="4.0"' in sent[-1].body.decode()
        wanted = {"3.0", "4.0"} if reads_four and asked_four else {"3.0"}
        holds(versions <= wanted, f"served {versions}, the client reads {wanted}")
        mine = session.contacts(book=desk.book)["four-0001"]
        equal(value(mine, "FN"), "Zoë Viér")
        equal(value(mine, "X-INTEROP-KEEP"), "as it was")
        holds("23" in (value(mine, "TEL") or ""), f"the number became {values(mine, 'TEL')}")


def exchange_changes(steps, desk, client, book, cards):
    """Every kind of change, in both directions."""
    session, tap, uids = desk.session, desk.tap, sorted(cards)

    def path(uid):
        return f"{book}{uid}.vcf"

    with steps("without a change a refresh costs one small question"):
        exchanges = desk.refresh()
        equal([e.status for e in exchanges], [207] * len(exchanges))
        holds(len(exchanges) == 1, f"the session asked {exchanges}")
        holds(len(exchanges[0].answer_body) < 2000, "the answer grows with the book")
    with steps("changes on the server come down, and only those are fetched"):
        for uid in uids[:5]:
            text = cards[uid].replace("END:VCARD", "TITLE:Größer\\, by server\r\nEND:VCARD")
            one_of(client.put(path(uid), text).status, (200, 204), f"PUT {uid}")
        for uid in uids[5:8]:
            one_of(client.delete(path(uid)).status, (200, 204))
        for number in range(4):
            fresh = f"server-{number}"
            equal(client.put(path(fresh), card(fresh, "Neu", f"Größe {number}")).status, 201)
        exchanges = desk.refresh()
        desk.agrees(client, book)
        # Edits among creations it asks for twice: by multiget and each by GET.
        equal(len(set(fetched(exchanges))), 9, "cards fetched for 5 edits and 4 creations")
    with steps("a card deleted and made again under its name arrives as it is now"):
        client.delete(path(uids[8]))
        equal(client.put(path(uids[8]), card(uids[8], "Wieder", "Da")).status, 201)
        desk.refresh()
        desk.agrees(client, book)
    with steps("a new contact goes up with If-None-Match and arrives whole"):
        tap.clear()
        text = card("desk-1", "Bjørn", "Ångström", "EMAIL;TYPE=HOME:bjorn@example.org",
                    "X-DESK;X-P=1:own", "NOTE:tab\there\\nand ümläut").replace("UID:desk-1\r\n", "")
        uid = session.create(book=desk.book, vcard=text)
        put = tap.exchanges("PUT")[0]
        equal((put.status, put.headers.get("if-none-match")), (201, "*"))
        held = on_server(client, book)
        holds(uid in held, f"the server does not hold {uid}")
        equal(said(held[uid]), said(text.replace("END:", f"UID:{uid}\r\nEND:")))
        etag = put.answer_headers.get("etag")
        if etag is not None:
            equal(client.get(put.target).etag, etag, "the ETag in the answer to PUT")
            equal(client.get(put.target).body, put.body, "an ETag was answered, so the bytes as sent")
    with steps("an edit keeps groups, parameters and unknown properties on the server"):
        tap.clear()
        session.modify(book=desk.book, uid="rich-0001", fields={"nickname": "Amazing", "title": "Großadmiral"})
        put = tap.exchanges("PUT")[0]
        holds(put.status in (200, 204), f"{put}")
        held = client.get(f"{book}rich.vcf").text
        wanted = RICH.replace("TITLE:Rear admiral", "TITLE:Großadmiral")
        wanted = wanted.replace("END:VCARD", "NICKNAME:Amazing\r\nEND:VCARD")
        # evolution-data-server writes X-ABDATE's and PHOTO's parameters its own way; lines count.
        for line in said(wanted):
            name = line.split(";")[0].split(":")[0].rsplit(".", 1)[-1]
            if name not in ("PHOTO", "TEL"):
                holds(line in said(held), f"{line} is not in {said(held)}")
        equal(value(held, "PHOTO"), value(RICH, "PHOTO"), "the photo")
        holds("item1.TEL" in held, "the group of the number is lost")
    with steps("an edit of a card stored as 4.0 keeps it one card with its own properties"):
        session.modify(book=desk.book, uid="four-0001", fields={"nickname": "Vierte"})
        held = client.get(f"{book}four.vcf").text
        equal((value(held, "NICKNAME"), value(held, "FN")), ("Vierte", "Zoë Viér"))
        equal(value(held, "X-INTEROP-KEEP"), "as it was")
    with steps("a deletion goes up"):
        tap.clear()
        session.remove(book=desk.book, uid=uid)
        gone = tap.exchanges("DELETE")[0]
        holds(gone.status in (200, 204), f"{gone}")
        equal(client.get(gone.target).status, 404)
    with steps("its own changes are not downloaded again"):
        exchanges = desk.refresh()
        equal(fetched(exchanges), [])
        desk.agrees(client, book)


def collide(steps, desk, server, client, book, cards):
    """Both sides change one card."""
    session, tap, uids = desk.session, desk.tap, sorted(cards)

    def meanwhile(uid):
        text = cards[uid].replace("END:VCARD", "NICKNAME:server\r\nEND:VCARD")
        holds(client.put(f"{book}{uid}.vcf", text).status in (200, 204), f"PUT {uid}")

    def refused(action, **words):
        try:
            action(book=desk.book, conflict="fail", **words)
        except EvolutionError as error:
            holds("out of sync" in str(error), f"the reason given is {error}")
            return
        holds(False, "a stale change was taken")

    with steps("a stale edit with a precondition is refused and the server's version stands"):
        meanwhile(uids[20])
        tap.clear()
        refused(session.modify, uid=uids[20], fields={"nickname": "desk"})
        put = tap.exchanges("PUT")[0]
        equal(put.status, 412)
        holds(put.headers.get("if-match"), "the client sent no If-Match")
        equal(value(client.get(f"{book}{uids[20]}.vcf").text, "NICKNAME"), "server")
    with steps("a stale deletion with a precondition is refused"):
        meanwhile(uids[21])
        refused(session.remove, uid=uids[21])
        equal(client.get(f"{book}{uids[21]}.vcf").status, 200)
    with steps("an edit of a card that is gone, with a precondition, does not bring it back"):
        client.delete(f"{book}{uids[22]}.vcf")
        refused(session.modify, uid=uids[22], fields={"nickname": "desk"})
        equal(client.get(f"{book}{uids[22]}.vcf").status, 404)
    with steps("after a refresh the desktop shows what the server kept"):
        desk.refresh()
        desk.agrees(client, book)
    with steps("an edit without a precondition is taken and both sides agree afterwards"):
        meanwhile(uids[23])
        tap.clear()
        session.modify(book=desk.book, uid=uids[23], fields={"nickname": "desk"})
        put = tap.exchanges("PUT")[0]
        holds(put.status in (200, 204) and "if-match" not in put.headers, f"{put} {put.headers}")
        equal(value(client.get(f"{book}{uids[23]}.vcf").text, "NICKNAME"), "desk")
        desk.refresh()
        desk.agrees(client, book)
    with steps("what the desktop overwrote or deleted is restored, and comes down to it"):
        server.command("restore", "alice", f"contacts/{uids[23]}.vcf")
        equal(value(client.get(f"{book}{uids[23]}.vcf").text, "NICKNAME"), "server")
        session.remove(book=desk.book, uid=uids[24])
        equal(client.get(f"{book}{uids[24]}.vcf").status, 404)
        server.command("restore", "alice", f"contacts/{uids[24]}.vcf")
        equal(client.get(f"{book}{uids[24]}.vcf").body.decode(), cards[uids[24]])
        desk.refresh()
        desk.agrees(client, book)


def manage_books(steps, desk, server, client, book):
    """The collection browser, and a book that is not the one it was."""
    session, home = desk.session, server.home("alice")
    family = desk.tap.url + home + "family/"
    with steps("a book made, renamed and deleted from the desktop follows in the account"):
        name = client.propfind(book, D + "displayname").multistatus().only().text(D + "displayname")
        session.make_book(account="account", url=family, name="Familie Ü", description="d & <e>")
        shown = client.propfind(home + "family/", D + "displayname", CARD + "addressbook-description",
                                D + "resourcetype").multistatus().only()
        equal(shown.text(D + "displayname"), "Familie Ü")
        equal(shown.text(CARD + "addressbook-description"), "d & <e>")
        holds(CARD + "addressbook" in shown.names(D + "resourcetype"), "it is not an address book")
        session.look_again(account="account")
        desk.find_books("account", [name, "Familie Ü"])
        session.rename_book(account="account", url=family, name="Neu & <x>")
        session.look_again(account="account")
        desk.find_books("account", [name, "Neu & <x>"])
        session.delete_book(account="account", url=family)
        session.look_again(account="account")
        desk.find_books("account", [name])
    with steps("a book deleted and made anew under its name replaces every card on the desktop"):
        shared = sorted(on_server(client, book))[0]
        holds(client.delete(book).status in (200, 204), "DELETE of the book")
        equal(client.make_book(book).status, 201)
        equal(client.put(f"{book}{shared}.vcf", card(shared, "Ganz", "Anders")).status, 201)
        equal(client.put(f"{book}first.vcf", card("first", "Erste", "Neue")).status, 201)
        desk.refresh()
        desk.agrees(client, book)


def restart(steps, desk, server, client, book):
    """The server goes away and comes back."""
    session = desk.session
    with steps("while the server is down a change is refused; after its restart both sides agree"):
        desk.settle()
        server.stop()
        try:
            session.create(book=desk.book, vcard=card("lost-1", "Off", "Line"))
            holds(False, "a contact was saved on a server that does not run")
        except EvolutionError:
            pass
        server.start()
        client.close()
        equal(client.put(f"{book}back.vcf", card("back-1", "Wieder", "Da")).status, 201)
        desk.refresh()
        desk.agrees(client, book)
        uid = session.create(book=desk.book, vcard=card("found-1", "On", "Line"))
        holds(uid in on_server(client, book), "the contact made after the restart is not on the server")
        equal(session.status(book=desk.book)["credentials_required"], [])


def main():
    lacking = missing()
    if lacking:
        sys.exit(f"missing: {lacking}")
    steps = Steps()
    pathlib.Path(WORK, "logs").mkdir(parents=True, exist_ok=True)
    log = os.path.join(WORK, "logs", "evolution-session.log")
    with Server() as server, Wiretap("127.0.0.1", server.port) as tap, Evolution(log) as session:
        client, book, cards = Client(server.url, "alice"), server.book("alice"), many(COUNT)
        desk = Desk(session, tap)
        arrive(steps, desk, server, client, book, cards, server.add_device("alice", "GNOME desktop"))
        exchange_changes(steps, desk, client, book, cards)
        collide(steps, desk, server, client, book, cards)
        manage_books(steps, desk, server, client, book)
        restart(steps, desk, server, client, book)
        steps.finish()


main()
