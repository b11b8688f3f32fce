#!/usr/bin/env python3
# timeout: 120
"""Requests as real clients put them on the wire, from `interop/replay/*.http`.

A file is a sequence of requests, each after a line `### title`. Lines beginning with `# ` before
the request say what must come back:

    # status 207 200                 the status is one of these
    # header NAME is TEXT            a header's value; `contains` for a part of it
    # offers TOKEN                   the DAV header has the token (nothing is asked of a 401)
    # first status HTTP/1.1 200 OK   the first status element has exactly this text
    # lists HREF, lists not HREF     the multistatus has, or lacks, a response for the address
    # removed HREF                   … a response with the status 404
    # body contains TEXT             after character references are resolved
    # keep token                     the sync-token of the answer is {{token}} from now on

{{etag:NAME}} is the tag that a card of the book, or an object of the calendar, has at that moment;
{{etag:tasks/NAME}} that of a task.
"""

import html
import pathlib
import re

from agenda import alarm, vienna, zoned
from cards import card
from calendars import CalendarClient
from dav import D, Client, basic
from events import component, todo
from rolodav import ROOT, Server
from steps import Steps, equal, holds, one_of

FILES = sorted((ROOT / "interop" / "replay").glob("*.http"))
SEED = card("seed", "Ada", "Lövelace", "EMAIL;TYPE=WORK:ada@example.com", "X-KEEP;X-P=1:kept",
            "NOTE:line one\\nline two\\, comma")
EVENT = zoned(component("VEVENT", "seed", "SUMMARY:Größe", f"DTSTART{vienna(5, 10)}", f"DTEND{vienna(5, 11)}",
                        "LOCATION:line one\\, comma", "X-KEEP;X-P=1:kept", *alarm("-PT15M")))
TASK = todo("todo", "DUE:20270105T100000Z", "X-KEEP:kept", summary="Aufräumen")


class Request:
    """One request of a file, with what is expected of its answer."""

    def __init__(self, text):
        title, *lines = text.split("\n")
        self.title = title.strip()
        self.expected = []
        while lines[0].startswith("# "):
            self.expected.append(lines.pop(0)[2:])
        self.method, self.path, _ = lines.pop(0).split(" ")
        at = lines.index("") if "" in lines else len(lines)
        self.headers = dict(line.split(": ", 1) if ": " in line else (line.rstrip(": "), "") for line in lines[:at])
        self.body = "\n".join(lines[at + 1:]).rstrip("\n")


def read(path):
    """The requests of a file."""
    return [Request(part) for part in re.split(r"(?m)^### ", path.read_text())[1:]]


class Replay:
    """Sends the requests of one file to one server."""

    def __init__(self, server):
        self.server, self.token, self.realms = server, "", set()
        self.aside = Client(server.url, "alice")
        self.client = Client(server.url)

    def fill(self, text):
        """The text with its variables replaced."""
        server = self.server
        known = {"host": server.url.removeprefix("http://"), "origin": server.url, "token": self.token,
                 "basic": basic("alice", "secret"), "principal": server.principal("alice"),
                 "home": server.home("alice"), "book": server.book("alice"),
                 "calendars": server.calendar_home("alice"), "calendar": server.calendar("alice"),
                 "tasks": server.calendar("alice", "tasks")}
        text = re.sub(r"\{\{etag:(.*?)\}\}", lambda found: self.tag(found[1]), text)
        return re.sub(r"\{\{(\w+)\}\}", lambda found: known[found[1]], text)

    def tag(self, name):
        """The tag of a card or calendar object now."""
        places = {"tasks": self.server.calendar("alice", "tasks"), "": self.server.calendar("alice")}
        folder, _, last = name.rpartition("/")
        place = places[folder] if name.endswith(".ics") else self.server.book("alice")
        found = self.aside.propfind(place + last, D + "getetag")
        return found.multistatus().only().text(D + "getetag")

    def send(self, request):
        """Sends a request and gives its answer."""
        body = self.fill(request.body)
        if request.method in ("PUT", "POST"):
            body = body.replace("\n", "\r\n") + "\r\n"
        headers = {name: self.fill(text.replace("{{length}}", str(len(body.encode()))))
                   for name, text in request.headers.items()}
        reply = self.client.request(request.method, self.fill(request.path), body or None, headers)
        if headers.get("Connection", "").lower() == "close":
            self.client.close()
        return reply

    def expect(self, reply, wish):
        """Holds one line of what is expected."""
        words = self.fill(wish).split(" ")
        match words:
            case ["status", *codes]:
                one_of(str(reply.status), codes, f"status ({reply.body[:300]!r})")
            case ["header", name, "is", *text]:
                equal(reply.headers[name], " ".join(text), name)
            case ["header", name, "contains", *text]:
                holds(" ".join(text) in (reply.headers[name] or ""), f"{name}: {reply.headers[name]}")
            case ["offers", token]:
                holds(reply.status == 401 or token in reply.tokens("DAV"), f"DAV: {reply.tokens('DAV')}")
            case ["first", "status", *line]:
                equal(next(reply.xml().iter(D + "status")).text, " ".join(line))
            case ["lists", "not", href]:
                holds(href not in reply.multistatus().hrefs(), f"{href} is listed")
            case ["lists", href]:
                holds(reply.multistatus().by_href(href).status is None, f"{href} has a status of its own")
            case ["removed", href]:
                equal(reply.multistatus().by_href(href).status, "HTTP/1.1 404 Not Found")
            case ["body", "contains", *text]:
                want = " ".join(text)
                # <address> asks for a whole href.
                want = f">{want[1:-1]}<" if want.startswith("<") else want

                holds(want in html.unescape(reply.text), f"no {want!r} in {reply.text[:600]}")
            case ["keep", "token"]:
                self.token = next(reply.xml().iter(D + "sync-token")).text
            case _:
                raise ValueError(f"unknown expectation: {wish}")

    def play(self, request):
        """Sends a request and holds all that is expected."""
        # What is expected is written down for the state before the request.
        wishes = [self.fill(wish) for wish in request.expected]
        reply = self.send(request)
        for wish in wishes:
            self.expect(reply, wish)
        if reply.status == 207:
            reply.multistatus()
            holds(reply.headers["Content-Type"].replace(" ", "").lower().startswith("application/xml;charset=utf-8"),
                  f"Content-Type: {reply.headers['Content-Type']}")
        if reply.status == 401:
            self.realms.add(reply.headers["WWW-Authenticate"])
            equal(len(self.realms), 1, f"realms {self.realms}")


def main():
    steps = Steps()
    for path in FILES:
        print(path.stem, flush=True)
        with Server(users=()) as server:
            for name in ("alice", "bob"):
                server.add_user(name, "secret", "--mail", f"{name}@example.org")
            replay = Replay(server)
            equal(replay.aside.put(server.book("alice") + "seed.vcf", SEED).status, 201)
            calendars = CalendarClient(server.url, "alice")
            equal(calendars.put(server.calendar("alice") + "seed.ics", EVENT).status, 201)
            equal(calendars.put(server.calendar("alice", "tasks") + "todo.ics", TASK).status, 201)
            for request in read(path):
                with steps(f"{path.stem}: {request.title}"):
                    replay.play(request)
    holds(len(FILES) >= 9, "files of requests are missing")
    steps.finish()


main()
