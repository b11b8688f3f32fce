"""One calendar seen from both sides: Thunderbird's copy and the server's."""

from urllib.parse import unquote

from agenda import agenda
from calendars import CalendarClient, D
from steps import equal, holds

# Requests of one sync, as (method, depth, status): without news, and with some to fetch.
ONE_REPORT = [("REPORT", "1", 207)]
FETCH = ONE_REPORT * 2


class Agenda:
    """Thunderbird's calendar and the server's, to be changed and held against each other."""

    def __init__(self, server, thunderbird, path, user="alice"):
        self.server, self.thunderbird, self.desk = server, thunderbird, thunderbird.calendars
        self.http = CalendarClient(server.url, user)
        self.path, self.id = path, None
        self.hrefs = set()

    def href(self, uid):
        """Where an item is: the name that Thunderbird would give it too."""
        return f"{self.path}{uid}.ics"

    def put(self, uid, text):
        """A change by another client; the object is stored as it is."""
        reply = self.http.put(self.href(uid), text)
        holds(reply.status in (201, 204), f"{reply}: {reply.body[:300]!r}")
        self.hrefs.add(self.href(uid))

    def stored(self, uid):
        """The object as the server gives it."""
        reply = self.http.get(self.href(uid))
        equal(reply.status, 200, f"{reply}")
        return reply.text

    def delete(self, uid):
        """A deletion by another client."""
        reply = self.http.request("DELETE", self.href(uid))
        holds(reply.status in (200, 204), f"{reply}")
        self.hrefs.remove(self.href(uid))

    def gone(self, *uids):
        """Fails unless the server has none of them."""
        equal([self.http.get(self.href(uid)).status for uid in uids], [404] * len(uids))

    def listing(self):
        """The server's objects: ETag by href."""
        answer = self.http.propfind(self.path, D + "getetag", depth="1").multistatus()
        return {one.href: one.text(D + "getetag") for one in answer if one.href != self.path}

    def sync(self):
        """Synchronize in Thunderbird; returns its signed-in requests as (method, depth, status)."""
        self.desk.clearRecord()
        self.desk.sync(self.id)
        return self.signed_in()

    def signed_in(self):
        """The signed-in requests for this calendar since the last clearRecord."""
        return [(one["method"], one["depth"], one["status"]) for one in self.requests() if one["signedIn"]]

    def requests(self):
        """All requests for this calendar since the last clearRecord."""
        return [one for one in self.desk.record()["requests"] if one["path"].startswith(self.path)]

    def touched(self):
        """How many items Thunderbird created, updated and deleted since the last clearRecord."""
        notices = self.desk.record()["notices"]
        return notices["created"], notices["updated"], notices["deleted"]

    def items(self):
        """Everything in Thunderbird's calendar, by UID."""
        return {one["uid"]: one for one in self.desk.items(self.id)}

    def item(self, uid):
        """One item of Thunderbird, or None."""
        return self.desk.item(self.id, uid)

    def shown(self, start, end):
        """Title and start of what Thunderbird's views show in a span."""
        return [(one["title"], one["start"]) for one in self.desk.shown(self.id, start, end)]

    def add(self, text):
        """A new item in Thunderbird, waited for; returns its UID."""
        uid = self.desk.add(self.id, text)
        self.hrefs.add(self.href(uid))
        return uid

    def edit(self, uid, *changes):
        """A change in Thunderbird, waited for."""
        self.desk.edit(self.id, uid, [list(each) for each in changes])

    def edit_one(self, uid, at, *changes):
        """A change of one occurrence in Thunderbird, waited for."""
        self.desk.editOne(self.id, uid, at, [list(each) for each in changes])

    def remove_one(self, uid, at):
        """The deletion of one occurrence in Thunderbird, waited for."""
        self.desk.removeOne(self.id, uid, at)

    def remove(self, *uids):
        """Deletions in Thunderbird, waited for."""
        for uid in uids:
            self.desk.remove(self.id, uid)
            self.hrefs.remove(self.href(uid))

    def same(self):
        """Fails unless both sides hold the objects they should, with the same ETags."""
        # Thunderbird keeps addresses decoded.
        mine = {one["href"]: one for one in self.desk.items(self.id)}
        ours = {unquote(href): etag for href, etag in self.listing().items()}
        wanted = {unquote(href) for href in self.hrefs}
        missing, extra = sorted(ours.keys() - mine.keys()), sorted(mine.keys() - ours.keys())
        holds(not missing and not extra, f"Thunderbird lacks {missing[:5]} and has besides {extra[:5]}")
        differing = sorted(href for href in ours if ours[href] != mine[href]["etag"])
        holds(not differing, f"other ETags in Thunderbird: {differing[:5]}")
        lost, back = sorted(wanted - ours.keys()), sorted(ours.keys() - wanted)
        holds(not lost and not back, f"both sides lack {lost[:5]} and have besides {back[:5]}")

    def same_content(self, *uids):
        """Fails unless Thunderbird's copies say what the server's objects say, line for line."""
        items = self.items()
        for uid in uids:
            here, there = agenda(items[uid]["text"]), agenda(self.stored(uid))
            equal(here.keys(), there.keys(), f"occurrences of {uid}")
            for at, lines in there.items():
                odd = [line for line in lines if line not in here[at]], [line for line in here[at] if line not in lines]
                holds(odd == ([], []), f"{uid} ({at}): Thunderbird lacks {odd[0]} and has besides {odd[1]}")
