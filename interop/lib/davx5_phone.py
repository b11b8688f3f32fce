"""DAVx5 on Android as it syncs one address book: what it asks, what it keeps, how it changes it."""

from cards import value
from dav import CARD, CS, D, elements
from steps import equal, holds

HEADERS = {"User-Agent": "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15", "Accept-Language": "en-GB, en;q=0.7, *;q=0.5",
           "Connection": "Keep-Alive"}
XML = "application/xml; charset=utf-8"
PUSH = "{https://bitfire.at/webdav-push}"
DETECT = (D + "resourcetype", D + "displayname", CARD + "addressbook-description", CARD + "addressbook-home-set",
          D + "current-user-principal")
PRINCIPAL = (D + "displayname", D + "group-membership", D + "resourcetype", CARD + "addressbook-home-set",
             CS + "calendar-proxy-read-for", CS + "calendar-proxy-write-for")
HOME = (D + "current-user-privilege-set", D + "displayname", D + "owner", D + "resourcetype",
        PUSH + "transports", PUSH + "topic", CARD + "addressbook-description")
STATE = (CARD + "max-resource-size", CARD + "supported-address-data", D + "supported-report-set", CS + "getctag",
         D + "sync-token")
MULTIGET = 10


def propfind(client, path, names, depth="0"):
    """PROPFIND as dav4jvm writes it."""
    body = ("<?xml version='1.0' encoding='UTF-8' ?><propfind xmlns=\"DAV:\" xmlns:CARD=\"urn:ietf:params:xml:ns:carddav\">"
            f"<prop>{elements(names)}</prop></propfind>")
    return client.request("PROPFIND", path, body, {"Depth": depth, "Content-Type": XML})


class Phone:
    """The sync logic of DAVx5 for one book: what it knows, and how it changes it."""

    def __init__(self, client, book):
        self.client, self.book = client, book
        self.token, self.version = "", None
        self.cards, self.tags = {}, {}

    def detect(self):
        """Reads the state of the book, and with it chooses the version of vCard."""
        state = propfind(self.client, self.book, STATE).multistatus().only()
        holds(D + "sync-collection" in state.reports(), f"reports {state.reports()}")
        listed = state.get(CARD + "supported-address-data")
        versions = {(each.get("content-type"), each.get("version")) for each in listed}
        self.version = "4.0" if ("text/vcard", "4.0") in versions else "3.0"
        return state

    def sync(self):
        """One sync downwards; gives the number of cards loaded. Nothing is asked when the token is known."""
        if self.detect().text(D + "sync-token") == self.token:
            return 0
        delta = self.changes(self.token).multistatus()
        changed = []
        for response in delta:
            if response.status is not None:
                holds(response.status.startswith("HTTP/1.1 404"), f"{response.href}: {response.status}")
                self.cards.pop(response.href, None)
                self.tags.pop(response.href, None)
            elif response.text(D + "getetag") != self.tags.get(response.href):
                changed.append(response.href)
        for start in range(0, len(changed), MULTIGET):
            self.load(changed[start:start + MULTIGET])
        self.token = delta.token
        return len(changed)

    def changes(self, token):
        """sync-collection as dav4jvm writes it."""
        return self.client.request("REPORT", self.book, (
            "<?xml version='1.0' encoding='UTF-8' ?><sync-collection xmlns=\"DAV:\">"
            f"<sync-token>{token}</sync-token><sync-level>1</sync-level><prop><getetag /></prop></sync-collection>"),
            {"Depth": "0", "Content-Type": XML})

    def load(self, hrefs):
        """addressbook-multiget; the version is named only if the book lists 4.0."""
        wish = ' content-type="text/vcard" version="4.0"' if self.version == "4.0" else ""
        found = self.client.request("REPORT", self.book, (
            "<?xml version='1.0' encoding='UTF-8' ?><CARD:addressbook-multiget xmlns=\"DAV:\" "
            "xmlns:CARD=\"urn:ietf:params:xml:ns:carddav\"><prop><getcontenttype /><getetag />"
            f"<CARD:address-data{wish} /></prop>" + "".join(f"<href>{href}</href>" for href in hrefs)
            + "</CARD:addressbook-multiget>"), {"Depth": "0", "Content-Type": XML}).multistatus()
        equal(sorted(found.hrefs()), sorted(hrefs))
        for response in found:
            text = response.text(CARD + "address-data")
            equal(value(text, "VERSION"), self.version, response.href)
            holds(response.text(D + "getcontenttype").startswith("text/vcard"), "not a vCard")
            self.cards[response.href], self.tags[response.href] = text, response.text(D + "getetag")

    def upload(self, name, text):
        """PUT of a local change; the tag of the answer is kept, and is None when there is none."""
        href = self.book + name
        condition = {"If-Match": self.tags[href]} if self.tags.get(href) else {"If-None-Match": "*"}
        kind = "text/vcard;version=4.0" if "VERSION:4.0" in text else "text/vcard;charset=utf-8"
        reply = self.client.request("PUT", href, text, {"Content-Type": kind, **condition})
        if reply.status in (201, 204):
            self.cards[href], self.tags[href] = text, reply.etag
        return reply

    def get(self, href):
        """GET as DAVx5 does it for a single card."""
        return self.client.request("GET", href, None, {
            "Accept": "text/vcard;version=4.0, text/vcard;charset=utf-8;q=0.8, text/vcard;q=0.5", "Accept-Encoding": "identity"})
