"""One address book seen from both sides: Thunderbird's copy and the server's."""

from dav import Client, D
from steps import equal, holds


class Sides:
    """Thunderbird's book and the server's, to be changed and held against each other."""

    def __init__(self, server, thunderbird):
        self.server, self.thunderbird = server, thunderbird
        self.http = Client(server.url, "alice")
        self.path = server.book("alice")
        self.book = None
        self.hrefs = set()

    def put(self, name, card):
        """A change by another client; the card is stored as it is."""
        reply = self.http.put(self.path + name, card)
        holds(reply.status in (201, 204), f"{reply}")
        self.hrefs.add(self.path + name)

    def stored(self, href, version="3.0"):
        """The card as the server gives it."""
        reply = self.http.get(href, Accept=f"text/vcard; version={version}")
        equal(reply.status, 200, f"{reply}")
        return reply.body

    def delete(self, name):
        """A deletion by another client."""
        reply = self.http.request("DELETE", self.path + name)
        holds(reply.status in (200, 204), f"{reply}")
        self.hrefs.remove(self.path + name)

    def listing(self):
        """The server's cards: ETag by href."""
        answer = self.http.propfind(self.path, D + "getetag", depth="1").multistatus()
        return {one.href: one.text(D + "getetag") for one in answer if one.href != self.path}

    def sync(self):
        """Synchronize in Thunderbird; returns its signed-in requests as (method, depth, status)."""
        self.thunderbird.clearRecord()
        self.thunderbird.sync(self.book)
        return self.signed_in()

    def signed_in(self):
        """The signed-in requests since the last clearRecord."""
        return [(one["method"], one["depth"], one["status"]) for one in self.requests() if one["signedIn"]]

    def requests(self):
        """All requests since the last clearRecord."""
        return self.thunderbird.record()["requests"]

    def touched(self):
        """How many cards Thunderbird created, updated and deleted since the last clearRecord."""
        notices = self.thunderbird.record()["notices"]
        return notices["created"], notices["updated"], notices["deleted"]

    def card(self, uid):
        """A card of Thunderbird, or None."""
        return self.thunderbird.card(self.book, uid)

    def add(self, *vcards):
        """New contacts in Thunderbird; returns uid and sent vCard of each, not waited for."""
        made = self.thunderbird.add(self.book, list(vcards))
        self.hrefs |= {f"{self.path}{one['uid']}.vcf" for one in made}
        return made

    def settled(self, made):
        """Waits until these new contacts are on the server."""
        self.thunderbird.settled(self.book, [one["uid"] for one in made], {}, 60)

    def remove(self, *names):
        """Deletions in Thunderbird, not waited for."""
        by_href = {card["href"]: card["uid"] for card in self.thunderbird.cards(self.book)}
        hrefs = [self.path + name for name in names]
        self.thunderbird.remove(self.book, [by_href[href] for href in hrefs])
        self.hrefs -= set(hrefs)
        return hrefs

    def change(self, uid, *lines):
        """An edit in Thunderbird, waited for; returns the vCard that it sent."""
        before = self.card(uid)["etag"]
        sent = self.thunderbird.edit(self.book, uid, list(lines))
        self.thunderbird.settled(self.book, [uid], {uid: before}, 30)
        return sent

    def same(self):
        """Fails unless both sides hold the cards they should, with the same ETags."""
        theirs, ours = {card["href"]: card["etag"] for card in self.thunderbird.cards(self.book)}, self.listing()
        missing, extra = sorted(ours.keys() - theirs.keys()), sorted(theirs.keys() - ours.keys())
        holds(not missing and not extra, f"Thunderbird lacks {missing[:5]} and has besides {extra[:5]}")
        differing = sorted(href for href in ours if ours[href] != theirs[href])
        holds(not differing, f"other ETags in Thunderbird: {differing[:5]}")
        lost, back = sorted(self.hrefs - ours.keys()), sorted(ours.keys() - self.hrefs)
        holds(not lost and not back, f"both sides lack {lost[:5]} and have besides {back[:5]}")
