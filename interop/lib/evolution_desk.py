"""What a person at a GNOME desktop sees of an address book, and what it cost on the wire."""

import re
import time

from cards import lines_of, value
from dav import CARD, NAMESPACES, D, escape

PARAMETER = re.compile(r';([^;"]*(?:"[^"]*"[^;"]*)*)')
HREF = re.compile(rb"<(?:\w+:)?href>([^<]*)</(?:\w+:)?href>")


def said(text):
    """A card's lines and parameters in any order, without what the back end notes for itself."""
    out = []
    for line in lines_of(text):
        head, _, rest = line.partition(":")
        name = head.split(";")[0].upper()
        if name == "VERSION" or name.startswith("X-EVOLUTION-"):
            continue
        if name == "PHOTO":
            # It keeps the picture as a file of its cache and the line points there.
            head, rest = "PHOTO", "is there"
        head = re.sub(r';X-EVOLUTION-E164=[^;,]*(,("[^"]*"|[^;]*))?', "", head)
        parameters = sorted(PARAMETER.findall(head))
        out.append(";".join([head.split(";")[0], *parameters]) + ":" + rest)
    return sorted(out)


def until(what, condition, seconds=15):
    """Waits for a condition; the session works on its own and reports no end."""
    deadline = time.monotonic() + seconds
    last = "nothing was seen"
    while time.monotonic() < deadline:
        last = condition()
        if last is None:
            return
        time.sleep(0.1)
    raise AssertionError(f"{what}: after {seconds} s {last}")


def settle(tap):
    """Waits until a session has asked everything it wants to know."""
    quiet_since = time.monotonic()
    seen = -1
    while time.monotonic() - quiet_since < 0.7:
        now = len(tap.exchanges())
        if now != seen or tap.busy():
            seen, quiet_since = now, time.monotonic()
        time.sleep(0.05)


class Desk:
    """The GNOME side: one session, the account in it, and the book that is looked at."""

    def __init__(self, session, tap):
        self.session, self.tap, self.book = session, tap, None
        # What the back end asks for; it names the version only when it is the newer one.
        self.version = "3.0"

    def find_books(self, account, wanted):
        """Waits until the account has exactly the books named."""
        def differs():
            found = sorted(b["name"] for b in self.session.account_books(account=account))
            return None if found == sorted(wanted) else f"its books are {found}"
        until(f"the account has the books {wanted}", differs)
        return {b["name"]: b for b in self.session.account_books(account=account)}

    def agrees(self, client, book):
        """Waits until the book on the desktop holds what the server's holds, and nothing else."""
        if any(b'version="4.0"' in each.body for each in self.tap.exchanges("REPORT")):
            self.version = "4.0"
        cards = on_server(client, book, self.version)

        def differs():
            mine = self.session.contacts(book=self.book)
            odd = sorted(mine.keys() ^ cards.keys())
            if odd:
                return f"{len(mine)} cards, not {len(cards)}; differs in {odd[:4]}"
            for uid, text in cards.items():
                here, there = said(mine[uid]), said(text)
                if here != there:
                    return (f"{uid} has {[line for line in here if line not in there]} here "
                            f"and {[line for line in there if line not in here]} there")
            return None
        until("the book on the desktop", differs)

    def settle(self):
        """Waits until the session has asked everything it wants to know."""
        settle(self.tap)

    def refresh(self):
        """Looks at the server; answers what was said on the wire meanwhile."""
        self.settle()
        self.tap.clear()
        self.session.refresh(book=self.book)
        self.settle()
        return self.tap.exchanges()


def fetched(exchanges):
    """The hrefs asked for in multigets and GETs."""
    out = []
    for each in exchanges:
        if each.method == "REPORT" and b"-multiget" in each.body:
            out += HREF.findall(each.body)
        if each.method == "GET":
            out.append(each.target.encode())
    return out


def on_server(client, book, version="3.0"):
    """All cards of a book as {uid: text}, in a version of vCard."""
    hrefs = client.propfind(book, D + "getetag", depth="1").multistatus().hrefs()
    listed = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs if href != book)
    if not listed:
        return {}
    body = (f"<C:addressbook-multiget {NAMESPACES}><D:prop><D:getetag/>"
            f'<C:address-data content-type="text/vcard" version="{version}"/>'
            f"</D:prop>{listed}</C:addressbook-multiget>")
    found = client.report(book, body).multistatus()
    texts = [each.text(CARD + "address-data") for each in found]
    return {value(text, "UID"): text for text in texts}
