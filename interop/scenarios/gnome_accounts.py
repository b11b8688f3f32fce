#!/usr/bin/env python3
# timeout: 60
"""GNOME Online Accounts adding a "Calendar, Contacts and Files" account, as a request sequence.

It looks for services with OPTIONS alone: at the address the person typed, at the well-known
addresses, and at the place where Nextcloud would be. No package of it runs without a desktop,
so its requests are made here, with the order, headers and conclusions it has since GNOME 46.
"""

import urllib.parse

from dav import CARD, Client, D, basic
from rolodav import Server
from steps import Steps, equal, holds

AGENT = "gnome-online-accounts/3.50.4 "
TOKENS = {"caldav": "calendar-access", "carddav": "addressbook", "webdav": "1"}
NOT_FATAL = (404, 405, 500, 501)
REFUSED = (401, 403, 412)


class Assistant:
    """The dialog that was given an address, a name and a password."""

    def __init__(self, url, user, password):
        self.client = Client(url, headers={
            "User-Agent": AGENT, "Accept-Encoding": "gzip, deflate, br", "Connection": "Keep-Alive"})
        self.login = basic(user, password)
        self.challenged = False
        self.refused = False
        self.asked = []

    def options(self, path):
        """OPTIONS with what its HTTP library does unasked: redirects, and a login once challenged."""
        for _ in range(8):
            headers = {"Authorization": self.login} if self.challenged else {}
            reply = self.client.request("OPTIONS", path, None, headers)
            self.asked.append(reply)
            if reply.status == 401 and not self.challenged:
                challenge = reply.headers["WWW-Authenticate"] or ""
                holds(challenge.startswith("Basic realm="), f"{reply} has the challenge {challenge!r}")
                self.challenged = True
            elif reply.status in (301, 302, 307, 308):
                place = urllib.parse.urljoin(path, reply.headers["Location"])
                path = urllib.parse.urlsplit(place).path
            else:
                return path, reply
        raise AssertionError(f"no end of redirects: {self.asked[-4:]}")

    def look(self, kind, path):
        """The address of a service, or None; falls back to the well-known address."""
        found, reply = self.options(path)
        if reply.status in (200, 203, 204, 207):
            # Such a place is taken for a whole Nextcloud, calendars and files included.
            holds("/remote.php/" not in found, f"{reply} claims to be a Nextcloud")
            if TOKENS[kind] in reply.tokens("DAV"):
                return found if kind == "webdav" else path
        elif reply.status in REFUSED:
            self.refused = True
            return None
        else:
            holds(reply.status in NOT_FATAL, f"{reply} ends the search")
        well_known = f"/.well-known/{kind}"
        if kind != "webdav" and path != well_known:
            return self.look(kind, well_known)
        return None

    def discover(self, path):
        """Every service it finds, by kind."""
        nextcloud = urllib.parse.urljoin(path, "remote.php/dav")
        found = [(kind, self.look(kind, path)) for kind in ("caldav", "carddav", "webdav")]
        found.append(("webdav", self.look("webdav", nextcloud)))
        return {kind: place for kind, place in reversed(found) if place is not None}


def books_behind(client, path):
    """What the address books' back end makes of the address it is handed."""
    names = (D + "resourcetype", D + "current-user-principal", CARD + "addressbook-home-set")
    reply = client.propfind(path, *names)
    if reply.status in (301, 302, 307, 308):
        reply = client.propfind(reply.headers["Location"], *names)
    principal = reply.multistatus().only().href_of(D + "current-user-principal")
    home = client.propfind(principal, CARD + "addressbook-home-set").multistatus().only()
    home = home.href_of(CARD + "addressbook-home-set")
    members = client.propfind(home, D + "resourcetype", D + "displayname", depth="1").multistatus()
    return [m.href for m in members if CARD + "addressbook" in m.names(D + "resourcetype")]


def main():
    steps = Steps()
    with Server() as server:
        for typed in ("/", "/dav/", "/dav"):
            with steps(f"contacts are found behind {typed}"):
                assistant = Assistant(server.url, "alice", "secret")
                found = assistant.discover(typed)
                holds("carddav" in found, f"it found {found} from {assistant.asked}")
                holds(assistant.challenged, "it was never asked who it is, so any password would do")
                books = books_behind(Client(server.url, "alice", headers={"User-Agent": AGENT}), found["carddav"])
                equal(books, [server.book("alice")])
        with steps("a wrong password is told as such, not as a server without contacts"):
            assistant = Assistant(server.url, "alice", "wrong")
            equal((assistant.discover("/"), assistant.refused), ({}, True))
        with steps("the place of a Nextcloud ends the search neither with right nor with wrong words"):
            for path in ("/remote.php/dav", "/remote.php/dav/", "/remote.php/webdav"):
                _, reply = Assistant(server.url, "alice", "secret").options(path)
                holds(reply.status in (200, *NOT_FATAL), f"{reply}")
                holds("nextcloud-checksum-update" not in reply.tokens("DAV"), f"{reply} poses as a Nextcloud")
        steps.finish()


main()
