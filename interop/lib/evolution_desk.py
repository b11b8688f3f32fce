"""What a person at a GNOME desktop sees of an address book, and what it cost on the wire."""

import re
import time

from cards import lines_of, value
from dav import CARD, D

HREF = re.compile(rb"<(?:\w+:)?href>([^<]*)</(?:\w+:)?href>")


def said(text):
    """The lines of a card in any order, without what evolution-data-server notes for itself."""
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
        out.append(f"{head}:{rest}")
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


class Desk:
    """The GNOME side: one session, the account in it, and the book that is looked at."""

    def __init__(self, session, tap):
        self.session, self.tap, self.book = session, tap, None

    def find_books(self, account, wanted):
        """Waits until the account has exactly the books named."""
        def differs():
            found = sorted(b["name"] for b in self.session.account_books(account=account))
            return None if found == sorted(wanted) else f"its books are {found}"
        until(f"the account has the books {wanted}", differs)
        return {b["name"]: b for b in self.session.account_books(account=account)}

    def holds_exactly(self, cards):
        """Waits until the book holds these cards ({uid: text}) and nothing else."""
        def differs():
            mine = self.session.contacts(book=self.book)
            odd = sorted(mine.keys() ^ cards.keys())
            if odd:
                return f"{len(mine)} cards, not {len(cards)}; differs in {odd[:4]}"
            for uid, text in cards.items():
                if said(mine[uid]) != said(text):
                    return f"{uid} is {said(mine[uid])}, not {said(text)}"
            return None
        until("the book on the desktop", differs)

    def settle(self):
        """Waits until the session has asked everything it wants to know."""
        quiet_since = time.monotonic()
        seen = -1
        while time.monotonic() - quiet_since < 0.7:
            now = len(self.tap.exchanges())
            if now != seen or self.tap.busy():
                seen, quiet_since = now, time.monotonic()
            time.sleep(0.05)

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
        if each.method == "REPORT" and b"addressbook-multiget" in each.body:
            out += HREF.findall(each.body)
        if each.method == "GET":
            out.append(each.target.encode())
    return out


def on_server(client, book):
    """All cards of a book as {uid: text}, in the form every client gets when it names none."""
    hrefs = client.propfind(book, D + "getetag", depth="1").multistatus().hrefs()
    hrefs = [href for href in hrefs if href != book]
    if not hrefs:
        return {}
    texts = [each.text(CARD + "address-data") for each in client.multiget(book, hrefs).multistatus()]
    return {value(text, "UID"): text for text in texts}
