"""What a person at a GNOME desktop sees of a calendar, held against the server's."""

from agenda import KINDS, said
from calendars import D, texts
from evolution_desk import settle, until
from events import calendar, read


def pieces(objects):
    """The events and tasks of calendar texts, changed occurrences too, as `said` by UID and RECURRENCE-ID."""
    found = [part for text in objects for part in read(text).children if part.name in KINDS]
    return {(part.value("UID"), part.value("RECURRENCE-ID")): said(part) for part in found}


def on_server(client, path):
    """All objects of a calendar as {href: text}."""
    hrefs = client.propfind(path, D + "getetag", depth="1").multistatus().hrefs()
    hrefs = [href for href in hrefs if href != path]
    return texts(client.objects(path, hrefs).multistatus()) if hrefs else {}


class CalendarDesk:
    """The GNOME side of one calendar: the session, the wire, and the source that stands for it."""

    def __init__(self, session, tap, kind):
        self.session, self.tap, self.kind, self.source = session, tap, kind, None

    def find(self, account, wanted, gone=()):
        """Waits until the account has calendars with these paths, and none with others; takes the first for its own."""
        def look():
            return {one["path"]: one for one in self.session.account_calendars(account=account, kind=self.kind)}

        def differs():
            found = look()
            fine = all(path in found for path in wanted) and not any(path in found for path in gone)
            return None if fine else f"its {self.kind} are {sorted(found)}"
        until(f"the account has {wanted}", differs)
        found = look()
        self.source = found[wanted[0]]["source"]
        return [found[path]["name"] for path in wanted]

    def open(self):
        """Opens the calendar; answers whether it can be written to."""
        return self.session.open(source=self.source, kind=self.kind)["writable"]

    def mine(self):
        """What the desktop shows."""
        return pieces(calendar(text) for text in self.session.objects(source=self.source))

    def agrees(self, client, path):
        """Waits until the desktop holds what the server holds, and nothing else."""
        theirs = pieces(on_server(client, path).values())

        def differs():
            mine = self.mine()
            odd = sorted(str(one) for one in mine.keys() ^ theirs.keys())
            if odd:
                return f"{len(mine)} components, not {len(theirs)}; differs in {odd[:4]}"
            for key, there in theirs.items():
                here = mine[key]
                if here != there:
                    return (f"{key} has {[line for line in here if line not in there]} here "
                            f"and {[line for line in there if line not in here]} there")
            return None
        until("the calendar on the desktop", differs)

    def refresh(self):
        """Looks at the server; answers what was said on the wire meanwhile."""
        settle(self.tap)
        self.tap.clear()
        self.session.refresh(source=self.source)
        settle(self.tap)
        return self.tap.exchanges()
