"""DAVx5 on Android as it syncs one collection, be it a book or a calendar: what it asks, what it keeps."""

from dav import D, elements
from steps import holds

HEADERS = {"User-Agent": "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15", "Accept-Language": "en-GB, en;q=0.7, *;q=0.5",
           "Connection": "Keep-Alive"}
XML = "application/xml; charset=utf-8"
PUSH = "{https://bitfire.at/webdav-push}"
MULTIGET = 10


def propfind(client, path, names, depth="0", declared='CARD="urn:ietf:params:xml:ns:carddav"'):
    """PROPFIND as dav4jvm writes it."""
    body = (f"<?xml version='1.0' encoding='UTF-8' ?><propfind xmlns=\"DAV:\" xmlns:{declared}>"
            f"<prop>{elements(names)}</prop></propfind>")
    return client.request("PROPFIND", path, body, {"Depth": depth, "Content-Type": XML})


class Collection:
    """The sync logic of DAVx5: what it knows of a collection, and how it brings that up to date. What is asked for the state and
    for objects is told by those who know which kind they are."""

    def __init__(self, client, path):
        self.client, self.path = client, path
        self.token, self.objects, self.tags = "", {}, {}

    def state(self):
        """The state of the collection."""
        raise NotImplementedError

    def load(self, hrefs):
        """Has these objects and their tags among the known ones."""
        raise NotImplementedError

    def media_type(self, text):
        """What an object is sent as."""
        raise NotImplementedError

    def sync(self):
        """One sync downwards; gives the number of objects loaded. Nothing is asked when the token is known."""
        if self.state().text(D + "sync-token") == self.token:
            return 0
        delta = self.changes(self.token).multistatus()
        changed = []
        for response in delta:
            if response.status is not None:
                holds(response.status.startswith("HTTP/1.1 404"), f"{response.href}: {response.status}")
                self.objects.pop(response.href, None)
                self.tags.pop(response.href, None)
            elif response.text(D + "getetag") != self.tags.get(response.href):
                changed.append(response.href)
        for start in range(0, len(changed), MULTIGET):
            self.load(changed[start:start + MULTIGET])
        self.token = delta.token
        return len(changed)

    def changes(self, token):
        """sync-collection as dav4jvm writes it."""
        return self.client.request("REPORT", self.path, (
            "<?xml version='1.0' encoding='UTF-8' ?><sync-collection xmlns=\"DAV:\">"
            f"<sync-token>{token}</sync-token><sync-level>1</sync-level><prop><getetag /></prop></sync-collection>"),
            {"Depth": "0", "Content-Type": XML})

    def upload(self, name, text):
        """PUT of a local change; the tag of the answer is kept, and is None when there is none."""
        href = self.path + name
        condition = {"If-Match": self.tags[href]} if self.tags.get(href) else {"If-None-Match": "*"}
        reply = self.client.request("PUT", href, text, {"Content-Type": self.media_type(text), **condition})
        if reply.status in (201, 204):
            self.objects[href], self.tags[href] = text, reply.etag
        return reply
