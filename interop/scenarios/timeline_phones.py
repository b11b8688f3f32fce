#!/usr/bin/env python3
# timeout: 120
"""A contact with a history, edited by phones: iOS, which drops what it does not know, and DAVx5,
which keeps it. What is typed into the notes becomes history, and neither loses anything."""

import re

from cards import card, lines_of, value, values
from dav import CARD, D, Client
from rolodav import Server
from steps import Steps, equal, holds, one_of

IOS = "iOS/17.0.2 (21A351) dataaccessd/1.0"
DAVX5 = "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15"
TOP = "--- History (rolodav) ---"
# What iOS writes back of a card.
KNOWN_TO_IOS = ("VERSION", "N", "FN", "ORG", "TITLE", "TEL", "EMAIL", "ADR", "URL", "BDAY", "NOTE", "PHOTO", "UID")


def name_of(line):
    """The property's name, without group and parameters."""
    return re.split("[;:]", line)[0].rsplit(".", 1)[-1].upper()


def note(text):
    """The notes as they are shown."""
    shown = "\n".join(values(text, "NOTE"))
    return re.sub(r"\\([\\,;])", r"\1", shown.replace("\\n", "\n").replace("\\N", "\n"))


def with_note(text, shown):
    """The card with another note."""
    escaped = re.sub(r"([\\,;])", r"\\\1", shown).replace("\n", "\\n")
    rest = [line for line in lines_of(text) if name_of(line) != "NOTE"]
    return "\r\n".join([*rest[:-1], f"NOTE:{escaped}", rest[-1], ""])


class Phone:
    """One card as a phone has it: its text and tag."""

    def __init__(self, server, agent, path, version):
        self.client = Client(server.url, "alice", headers={"User-Agent": agent})
        self.path, self.version = path, version
        self.text = self.etag = None

    def load(self):
        """addressbook-multiget of the card; the note as it is shown."""
        book = self.path.rsplit("/", 1)[0] + "/"
        wish = f' content-type="text/vcard" version="{self.version}"' if self.version == "4.0" else ""
        body = ('<CARD:addressbook-multiget xmlns="DAV:" xmlns:CARD="urn:ietf:params:xml:ns:carddav"><prop><getetag/>'
                f"<CARD:address-data{wish}/></prop><href>{self.path}</href></CARD:addressbook-multiget>")
        [found] = self.client.report(book, body, depth="0").multistatus()
        self.text, self.etag = found.text(CARD + "address-data"), found.text(D + "getetag")
        equal(value(self.text, "VERSION"), self.version)
        return note(self.text)

    def put(self, text):
        """PUT of an edit of what was loaded."""
        return self.client.request("PUT", self.path, text, {"Content-Type": "text/vcard; charset=utf-8", "If-Match": self.etag})


def as_ios(text):
    """The card as iOS writes it: unknown properties dropped, phones in groups, blanks at ends of lines gone."""
    lines = [line for line in lines_of(text) if name_of(line) in KNOWN_TO_IOS]
    out, item = ["BEGIN:VCARD"], 0
    for line in lines:
        if name_of(line) in ("TEL", "EMAIL"):
            item += 1
            out += [f"item{item}.{line}", f"item{item}.X-ABLabel:_$!<Other>!$_"]
        else:
            out.append(line)
    text = "\r\n".join([*out, "REV:2026-11-22T10:00:00Z", "END:VCARD", ""])
    stripped = "\n".join(line.rstrip() for line in note(text).split("\n"))
    return with_note(text, stripped) if values(text, "NOTE") else text



def typing(steps, server, other, path):
    """Commands typed on one phone are history on all."""
    ios = Phone(server, IOS, path, "3.0")
    android = Phone(server, DAVX5, path, "4.0")
    uid = "5f0c8b0e-1111-4222-8333-944455556666"
    with steps("a plain card is served as it was stored"):
        text = card(uid, "Ada", "Lövelace", "TEL;TYPE=cell:+44 1", "X-OWN;P=1:kept", "CATEGORIES:clients,lyon", "NOTE:likes tea")
        equal(other.put(path, text).status, 201)
        equal(other.get(path).text, text)
    with steps("typed on the iPhone: `+call yesterday spoke about the offer`; the answer has no tag"):
        shown = ios.load()
        equal(shown, "likes tea")
        reply = ios.put(as_ios(with_note(ios.text, shown + "\n+call yesterday spoke about the offer")))
        one_of(reply.status, (200, 204))
        equal(reply.etag, None, "an ETag although what is stored is not what was sent")
    with steps("it shows as history at the next sync, under what the user wrote"):
        shown = ios.load()
        holds(shown.startswith("likes tea\n"), f"the user's note is {shown!r}")
        holds(TOP in shown and "spoke about the offer" in shown.split(TOP)[1], shown)
        holds("+call" not in shown, f"the command is still there: {shown!r}")
        equal(values(ios.text, "CATEGORIES"), ["clients,lyon"], "tags that the iPhone dropped")
        equal(value(ios.text, "X-OWN"), None if value(ios.text, "X-OWN") is None else "kept")
    with steps("another edit on the iPhone, which drops all that it does not know, loses nothing of it"):
        reply = ios.put(as_ios(ios.text.replace("+44 1", "+44 2")))
        one_of(reply.status, (200, 204))
        shown = ios.load()
        equal(shown.count("spoke about the offer"), 1, "the interaction in the note")
        equal(value(ios.text, "TEL"), "+44 2")
        equal(len(values(android_text(other, path), "X-ROLODAV-INTERACTION")), 1, "lines of interactions")
    with steps("DAVx5 sees the same, types below the history and keeps the unknown"):
        shown = android.load()
        holds("spoke about the offer" in shown, shown)
        reply = android.put(with_note(android.text, shown + "\nasked for a discount"))
        one_of(reply.status, (200, 204))
        shown = android.load()
        equal(shown.count("asked for a discount"), 1)
        entry = next(line for line in shown.split("\n") if "asked for a discount" in line)
        holds(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d note: ", entry), f"it is no entry of the history: {entry!r}")
    with steps("+met, +tag and +every typed by DAVx5 at the head of the note are all understood"):
        reply = android.put(with_note(android.text, "+met 2026-11-03 14:00 lunch, paid by us\n+tag vip\n+every 30d\n" + shown))
        one_of(reply.status, (200, 204))
        shown = android.load()
        holds("2026-11-03 14:00 meeting: lunch, paid by us" in shown, shown)
        holds("vip" in value(android.text, "CATEGORIES").split(","), value(android.text, "CATEGORIES"))
        equal(value(android.text, "X-ROLODAV-CADENCE"), "30d")
        holds("likes tea" in shown.split(TOP)[0], f"the user's note is {shown!r}")
    with steps("the whole history is cut off on the iPhone, and is there again"):
        ios.load()
        one_of(ios.put(as_ios(with_note(ios.text, "likes coffee"))).status, (200, 204))
        shown = ios.load()
        holds(shown.startswith("likes coffee"), shown)
        for words in ("spoke about the offer", "asked for a discount", "lunch"):
            equal(shown.count(words), 1, words)


def android_text(client, path):
    """The card as it is stored."""
    return client.get(path).text


def conflicts(steps, server, other, path):
    """An edit that was not sent yet meets changes at the server."""
    ios, android = Phone(server, IOS, path, "3.0"), Phone(server, DAVX5, path, "4.0")
    with steps("an interaction logged at the server while DAVx5 holds an unsent edit: both are there"):
        shown = android.load()
        server.command("note", "add", "alice", "Ada Lövelace", "--kind", "call", "rang about the invoice")
        one_of(android.put(with_note(android.text, "met her brother\n" + shown)).status, (200, 204))
        shown = android.load()
        equal(shown.count("rang about the invoice"), 1, shown)
        holds("met her brother" in shown.split(TOP)[0], shown)
    with steps("two phones edit the card offline: one is taken, the other is told 412 and kept as a conflict copy"):
        ios.load()
        android.load()
        one_of(ios.put(as_ios(ios.text.replace("+44 2", "+44 3"))).status, (200, 204))
        equal(android.put(android.text.replace("+44 2", "+44 4")).status, 412)
        equal(value(other.get(path).text, "TEL"), "+44 3")
        listed = server.command("conflicts", "alice").stdout
        holds("Ada" in listed or path.rsplit("/", 1)[1] in listed, f"no conflict copy: {listed}")
    with steps("a repeated upload after a lost answer logs nothing twice"):
        shown = android.load()
        text = with_note(android.text, "+call today the line dropped\n" + shown)
        one_of(android.put(text).status, (200, 204))
        one_of(android.put(text).status, (200, 204, 412))
        equal(android.load().count("the line dropped"), 1)
    with steps("deleted and stored again, the contact has its history"):
        text = android.text
        equal(other.delete(path).status, 204)
        equal(other.put(path, with_note(card("5f0c8b0e-1111-4222-8333-944455556666", "Ada", "Lövelace"), "new")).status, 201)
        holds("spoke about the offer" in android.load(), "the history is gone with the card")


def main():
    steps = Steps()
    with Server() as server:
        other = Client(server.url, "alice")
        path = server.book("alice") + "5f0c8b0e-1111-4222-8333-944455556666.vcf"
        typing(steps, server, other, path)
        conflicts(steps, server, other, path)
        steps.finish()


main()
