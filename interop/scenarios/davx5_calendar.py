#!/usr/bin/env python3
# timeout: 120
"""DAVx5 on Android with calendars, task lists and journals, as a sequence of its requests: service
detection, sync in both directions with and without a limit in time, collections made on the phone."""

import uuid

from calendars import CAL, ICAL, CalendarClient
from dav import CS, D
from davx5_collection import HEADERS, PUSH, XML, Collection
from davx5_collection import propfind as ask
from events import VIENNA, calendar, component, event, journal, read, todo
from rolodav import Server
from steps import Steps, equal, holds, one_of

DETECT = (D + "resourcetype", D + "displayname", CAL + "calendar-home-set", ICAL + "calendar-color", CAL + "calendar-description",
          CAL + "calendar-timezone", D + "current-user-privilege-set", CAL + "supported-calendar-component-set", D + "current-user-principal")
PRINCIPAL = (D + "displayname", CAL + "calendar-home-set", CS + "calendar-proxy-read-for", CS + "calendar-proxy-write-for",
             D + "group-membership", D + "resourcetype")
HOME = (D + "current-user-privilege-set", D + "displayname", D + "owner", D + "resourcetype", PUSH + "transports", PUSH + "topic",
        ICAL + "calendar-color", CAL + "calendar-description", CAL + "calendar-timezone", CAL + "calendar-timezone-id",
        CAL + "supported-calendar-component-set", CS + "source")
STATE = (CAL + "max-resource-size", D + "supported-report-set", CS + "getctag", D + "sync-token")
SERIES = calendar(
    VIENNA,
    component("VEVENT", "series", "DTSTART;TZID=Europe/Vienna:20270104T100000", "DURATION:PT1H", "SUMMARY:Serie Ü",
              "RRULE:FREQ=WEEKLY;COUNT=4", "X-KEEP;P=1:stays"),
    component("VEVENT", "series", "RECURRENCE-ID;TZID=Europe/Vienna:20270111T100000",
              "DTSTART;TZID=Europe/Vienna:20270111T160000", "DURATION:PT1H", "SUMMARY:Serie später"))


def propfind(client, path, names, depth="0"):
    """PROPFIND as dav4jvm writes it where calendars are meant."""
    return ask(client, path, names, depth, 'CAL="urn:ietf:params:xml:ns:caldav"')


class Phone(Collection):
    """The sync logic of DAVx5 for one collection of one kind of component."""

    def __init__(self, client, path, kind="VEVENT"):
        super().__init__(client, path)
        self.kind = kind

    def state(self):
        """The state of the collection; without sync-collection DAVx5 would list everything each time."""
        found = propfind(self.client, self.path, STATE).multistatus().only()
        holds(D + "sync-collection" in found.reports(), f"reports {found.reports()}")
        return found

    def load(self, hrefs):
        """calendar-multiget as dav4jvm writes it, without a Depth."""
        found = self.client.request("REPORT", self.path, (
            "<?xml version='1.0' encoding='UTF-8' ?><CAL:calendar-multiget xmlns=\"DAV:\" xmlns:CAL=\"urn:ietf:params:xml:ns:caldav\">"
            "<prop><getcontenttype /><getetag /><CAL:schedule-tag /><CAL:calendar-data /></prop>"
            + "".join(f"<href>{href}</href>" for href in hrefs) + "</CAL:calendar-multiget>"), {"Content-Type": XML}).multistatus()
        equal(sorted(found.hrefs()), sorted(hrefs))
        for response in found:
            text = response.text(CAL + "calendar-data")
            holds(read(text).all(self.kind), f"{response.href} has no {self.kind}")
            holds(response.text(D + "getcontenttype").startswith("text/calendar"), "not a calendar object")
            self.objects[response.href], self.tags[response.href] = text, response.text(D + "getetag")

    def listing(self, since=None):
        """calendar-query for the tags of all of the kind, or of those since a moment, as dav4jvm writes it."""
        inner = f'<CAL:time-range start="{since}" />' if since else ""
        return self.client.request("REPORT", self.path, (
            "<?xml version='1.0' encoding='UTF-8' ?><CAL:calendar-query xmlns=\"DAV:\" xmlns:CAL=\"urn:ietf:params:xml:ns:caldav\">"
            f'<prop><getetag /></prop><CAL:filter><CAL:comp-filter name="VCALENDAR"><CAL:comp-filter name="{self.kind}">{inner}'
            "</CAL:comp-filter></CAL:comp-filter></CAL:filter></CAL:calendar-query>"), {"Depth": "1", "Content-Type": XML}).multistatus()

    def media_type(self, text):
        return "text/calendar;charset=utf-8"


def detection(steps, server, client):
    """From the address somebody typed to the list of collections."""
    with steps("the principal is found from the bare address, the DAV root and well-known"):
        for path in ("/", "/dav", "/dav/", "/.well-known/caldav"):
            reply = propfind(client, path, DETECT)
            if reply.status in (301, 302, 307, 308):
                reply = propfind(client, reply.headers["Location"], DETECT)
            equal(reply.multistatus().only().href_of(D + "current-user-principal"), server.principal("alice"), path)
    with steps("a calendar's own address is taken, too"):
        found = propfind(client, server.calendar("alice"), DETECT).multistatus().only()
        holds(CAL + "calendar" in found.names(D + "resourcetype"), f"{found.names(D + 'resourcetype')}")
    with steps("OPTIONS of the principal says calendar-access, or the service would be dropped"):
        reply = client.request("OPTIONS", server.principal("alice"))
        equal((reply.status, "calendar-access" in reply.tokens("DAV")), (200, True))
    with steps("home and collections are listed with kind, owner and the rights to write, delete and create"):
        principal = propfind(client, server.principal("alice"), PRINCIPAL).multistatus().only()
        holds(D + "principal" in principal.names(D + "resourcetype"), "not a principal")
        home = principal.href_of(CAL + "calendar-home-set")
        listing = propfind(client, home, HOME, depth="1").multistatus()
        holds("bind" in listing.by_href(home).privileges(), "no bind on the home: no calendar could be created")
        for name, kind in (("calendar", "VEVENT"), ("tasks", "VTODO")):
            found = listing.by_href(server.calendar("alice", name))
            holds({"write-content", "unbind"} <= found.privileges(), f"{found.privileges()}")
            equal([each.get("name") for each in found.get(CAL + "supported-calendar-component-set")], [kind])
            equal(found.href_of(D + "owner"), server.principal("alice"))
            equal(found.status_of(PUSH + "transports"), 404)
            holds(CS + "subscribed" not in found.names(D + "resourcetype"), "a subscription")


def downwards(steps, phone, other):
    """What others store arrives."""
    path = phone.path
    with steps("the first sync brings everything, ten at a time, as it was stored"):
        for number in range(25):
            text = event(f"d{number}", f":202701{number + 1:02d}T100000Z", "DURATION:PT1H", "X-OWN;P=1:kept 😀", summary=f"Tag {number}")
            equal(other.put(f"{path}d{number}.ics", text).status, 201)
        equal(other.put(f"{path}series.ics", SERIES).status, 201)
        equal(phone.sync(), 26)
        held = read(phone.objects[f"{path}series.ics"])
        equal((len(held.all("VEVENT")), held.all("VEVENT")[0].value("X-KEEP"), len(held.all("VTIMEZONE"))), (2, "stays", 1))
    with steps("an unchanged token ends the next sync at once"):
        equal(phone.sync(), 0)
    with steps("changes, deletions and additions arrive, each once"):
        other.put(f"{path}d1.ics", event("d1", ":20270102T120000Z", summary="Changed"))
        other.put(f"{path}d1.ics", event("d1", ":20270102T130000Z", summary="Changed twice"))
        other.delete(f"{path}d2.ics")
        other.put(f"{path}e.ics", event("e", ":20270302T100000Z"))
        other.put(f"{path}f.ics", event("f", ":20270302T100000Z"))
        other.delete(f"{path}f.ics")
        equal(phone.sync(), 2)
        equal(read(phone.objects[f"{path}d1.ics"]).one("VEVENT").value("SUMMARY"), "Changed twice")
        holds(f"{path}d2.ics" not in phone.objects and f"{path}f.ics" not in phone.objects, "a deleted event is still there")
    with steps("with a limit in time, the listing has what is later, a series for its last instance, and one without end"):
        equal(other.put(f"{path}endless.ics", event("endless", ";VALUE=DATE:20000229", "RRULE:FREQ=YEARLY")).status, 201)
        hrefs = phone.listing(since="20270124T000000Z").hrefs()
        equal(sorted(hrefs), sorted(f"{path}{name}.ics" for name in ("d23", "d24", "e", "series", "endless")))
        holds(f"{path}series.ics" not in phone.listing(since="20270126T000000Z").hrefs(), "a series is found after its end")
        equal(len(phone.listing().hrefs()), len(phone.objects) + 1)
        phone.sync()


def upwards(steps, phone, other):
    """What is changed on the phone reaches the server."""
    path, uid = phone.path, str(uuid.uuid4())
    text = SERIES.replace("UID:series", f"UID:{uid}").replace("PRODID:-//interop//EN", "PRODID:DAVx5/4.5.4-ose ical4j/4.1.1 (org.dmfs.tasks)")
    href = f"{path}{uid}.ics"
    with steps("a new event is stored as sent; its tag is that of the next sync"):
        reply = phone.upload(f"{uid}.ics", text)
        equal(reply.status, 201)
        holds(reply.etag is not None, "no ETag although it is stored as sent")
        equal(phone.sync(), 0, "loaded again")
        equal(other.get(href).body, text.encode())
    with steps("a change with the known tag is taken, without loading it again"):
        equal(phone.upload(f"{uid}.ics", text.replace("Serie Ü", "Serie Ö")).status, 204)
        equal(phone.sync(), 0, "loaded again")
        holds("SUMMARY:Serie Ö" in other.get(href).text, "the change is not there")
    with steps("a change over somebody else's is refused with 412, and the other one arrives"):
        other.put(href, text.replace("Serie Ü", "Vom Notebook"))
        equal(phone.upload(f"{uid}.ics", text.replace("Serie Ü", "Zu spät")).status, 412)
        equal(phone.sync(), 1)
        holds("Vom Notebook" in phone.objects[href], "the other change did not arrive")
    with steps("a change to an event deleted meanwhile is refused, and it can be uploaded as new"):
        other.delete(href)
        one_of(phone.upload(f"{uid}.ics", text).status, (404, 410, 412))
        phone.tags.pop(href)
        equal(phone.upload(f"{uid}.ics", text).status, 201)
        phone.sync()
    with steps("deletion wants the known tag; a second one is 404"):
        equal(phone.client.request("DELETE", href, None, {"If-Match": '"other"'}).status, 412)
        equal(phone.client.request("DELETE", href, None, {"If-Match": phone.tags.pop(href)}).status, 204)
        one_of(phone.client.request("DELETE", href, None, {"If-Match": '"other"'}).status, (404, 412))
        phone.objects.pop(href)
        equal(phone.sync(), 0)
    with steps("no event stops the sync of the calendar for its looks"):
        plain = lambda name, *lines: event(name, ":20270401T100000Z", *lines)
        flawed = {"lf": plain("lf").replace("\r\n", "\n"), "bom": "\ufeff" + plain("bom"), "blank": plain("blank").replace("SUMMARY:", "\r\nSUMMARY:"),
                  "zero": plain("zero", "DTEND:20270401T110000Z", "DURATION:PT0S"), "until": event("until", ";TZID=Europe/Vienna:20270401T100000", "RRULE:FREQ=DAILY;UNTIL=20270403T100000"),
                  "exdate": event("exdate", ":20270401T100000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20270402"),
                  "windows": event("windows", ";TZID=W. Europe Standard Time:20270401T100000"), "trailing": event("trailing", ';TZID="Europe/Vienna ":20270401T100000'),
                  "unknown": event("unknown", ";TZID=Nowhere/Here:20270401T100000"), "control": plain("control", "DESCRIPTION:a\x07b"),
                  "before": plain("before", "DTEND:20270401T090000Z"), "no-stamp": plain("no-stamp").replace("DTSTAMP:20260101T000000Z\r\n", "")}
        for name, sent in flawed.items():
            reply = phone.upload(f"{name}.ics", sent)
            one_of(reply.status, (201, 204), f"{name} {reply.body[:300]}")
        for name in flawed:
            phone.tags.pop(f"{path}{name}.ics")
        phone.token = ""
        phone.sync()
        for name in flawed:
            equal(read(phone.objects[f"{path}{name}.ics"].lstrip("\ufeff")).one("VEVENT").value("UID"), name)


def other_kinds(steps, server, client, other):
    """Task lists, journals, and collections made on the phone."""
    with steps("tasks sync both ways"):
        tasks = Phone(client, server.calendar("alice", "tasks"), "VTODO")
        equal(other.put(f"{tasks.path}t1.ics", todo("t1", "DUE;VALUE=DATE:20270110", "RELATED-TO:t2", summary="Käse")).status, 201)
        equal(tasks.sync(), 1)
        equal(tasks.upload("t2.ics", todo("t2", "PERCENT-COMPLETE:50", "STATUS:IN-PROCESS", "BEGIN:VALARM", "ACTION:DISPLAY",
                                         "TRIGGER;RELATED=END:-PT1H", "DESCRIPTION:x", "END:VALARM", summary="Laden")).status, 201)
        equal(read(other.get(f"{tasks.path}t2.ics").text).one("VALARM").value("TRIGGER"), "-PT1H")
        equal(sorted(tasks.listing().hrefs()), [f"{tasks.path}t1.ics", f"{tasks.path}t2.ics"])
    made = {}
    with steps("collections are made on the phone: of events, of journals, and of everything"):
        for name, kinds in (("VEVENT", ("VEVENT",)), ("VJOURNAL", ("VJOURNAL",)), ("all", ())):
            made[name] = f"{server.calendar_home('alice')}{uuid.uuid4()}/"
            listed = "".join(f'<CAL:comp name="{kind}" />' for kind in kinds)
            zone = VIENNA.replace("\n", "\r\n")
            body = ("<?xml version='1.0' encoding='UTF-8' ?><CAL:mkcalendar xmlns=\"DAV:\" xmlns:CAL=\"urn:ietf:params:xml:ns:caldav\" "
                    'xmlns:CARD="urn:ietf:params:xml:ns:carddav"><set><prop><resourcetype><collection /><CAL:calendar /></resourcetype>'
                    f"<displayname>Neu &amp; {name}</displayname><CAL:calendar-description>Vom Handy</CAL:calendar-description>"
                    '<n0:calendar-color xmlns:n0="http://apple.com/ns/ical/">#8BC34AFF</n0:calendar-color>'
                    "<CAL:calendar-timezone-id>Europe/Vienna</CAL:calendar-timezone-id>"
                    f"<CAL:calendar-timezone>BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:DAVx5\r\n{zone}\r\nEND:VCALENDAR\r\n</CAL:calendar-timezone>"
                    + (f"<CAL:supported-calendar-component-set>{listed}</CAL:supported-calendar-component-set>" if listed else "")
                    + "</prop></set></CAL:mkcalendar>")
            reply = client.request("MKCALENDAR", made[name], body, {"Content-Type": XML})
            equal(reply.status, 201, f"{name} {reply.body[:300]}")
            found = propfind(client, server.calendar_home("alice"), HOME, depth="1").multistatus().by_href(made[name])
            equal((found.text(D + "displayname"), found.text(CAL + "calendar-description")), (f"Neu & {name}", "Vom Handy"))
            equal(found.text(ICAL + "calendar-color").upper()[:7], "#8BC34A")
            equal(found.text(CAL + "calendar-timezone-id"), "Europe/Vienna")
            held = found.get(CAL + "supported-calendar-component-set")
            if kinds:
                equal([each.get("name") for each in held], list(kinds))
    with steps("journals sync both ways"):
        diary = Phone(client, made["VJOURNAL"], "VJOURNAL")
        equal(diary.upload("j1.ics", journal("j1", "DTSTART;VALUE=DATE:20270106", "DESCRIPTION:Schnee\\nviel", summary="Dreikönig")).status, 201)
        equal(other.put(f"{diary.path}j2.ics", journal("j2", summary="Notiz ohne Tag")).status, 201)
        equal(diary.sync(), 1)
        equal(sorted(diary.listing().hrefs()), [f"{diary.path}j1.ics", f"{diary.path}j2.ics"])
    with steps("a collection is deleted on the phone, and what was in it with it"):
        equal(client.request("DELETE", diary.path).status, 204)
        holds(diary.path not in propfind(client, server.calendar_home("alice"), HOME, depth="1").multistatus().hrefs(), "still listed")
        one_of(client.get(f"{diary.path}j1.ics").status, (404, 409, 410))
    with steps("a token of another server is refused in the way that makes DAVx5 list all again"):
        reply = Phone(client, server.calendar("alice")).changes("https://example.org/sync/1")
        holds(400 <= reply.status < 500 and D + "valid-sync-token" in reply.conditions(), f"{reply}: {reply.body[:200]}")


def shared_hrefs(client, server):
    """The calendars in alice's home that others own."""
    listing = propfind(client, server.calendar_home("alice"), HOME, depth="1").multistatus()
    calendars = [each for each in listing if CAL + "calendar" in each.names(D + "resourcetype")]
    return [each.href for each in calendars if each.href_of(D + "owner") != server.principal("alice")]


def shares(steps, server, client):
    """A calendar of another user, to read and then to write."""
    with steps("a calendar shared for reading is in the home; the refusal of a change is the one DAVx5 resets on"):
        server.add_user("bob")
        bob = CalendarClient(server.url, "bob")
        own = server.calendar("bob")
        equal(bob.put(f"{own}b.ics", event("b", ":20270501T100000Z", summary="Von Bob")).status, 201)
        server.command("calendar", "share", "bob", "calendar", "alice")
        [path] = shared_hrefs(client, server)
        held = propfind(client, path, HOME).multistatus().only().privileges()
        holds("read" in held and "write-content" not in held, f"{held}")
        phone = Phone(client, path)
        equal(phone.sync(), 1)
        reply = phone.upload("new.ics", event("new", ":20270502T100000Z"))
        equal((reply.status, reply.conditions()[:1]), (403, [D + "need-privileges"]))
        href = next(iter(phone.objects))
        equal(client.request("DELETE", href, None, {"If-Match": phone.tags[href]}).status, 403)
    with steps("made writable, it is written, and the owner sees it; deleted on the phone, the owner keeps it"):
        server.command("calendar", "share", "bob", "calendar", "alice", "--read-write")
        [path] = shared_hrefs(client, server)
        phone = Phone(client, path)
        phone.sync()
        equal(phone.upload("new.ics", event("new", ":20270502T100000Z", summary="Von Alice")).status, 201)
        equal(read(bob.get(f"{own}new.ics").text).one("VEVENT").value("SUMMARY"), "Von Alice")
        equal(client.request("DELETE", path).status, 204)
        equal((shared_hrefs(client, server), bob.get(f"{own}b.ics").status), ([], 200))


def strangers(steps, server, client):
    """Nobody sees what is not shared."""
    with steps("a stranger learns nothing of the calendar, nor of what is in it"):
        server.add_user("mallory")
        mallory = CalendarClient(server.url, "mallory", headers=HEADERS)
        one = f"{server.calendar('alice')}d1.ics"
        for ask in (lambda path: propfind(mallory, path(""), HOME), lambda path: mallory.get(path("d1.ics")),
                    lambda path: mallory.put(path("m.ics"), event("m", ":20270101T100000Z")), lambda path: mallory.delete(path("d1.ics"))):
            reply = ask(lambda name: server.calendar("alice") + name)
            nobody = ask(lambda name: server.calendar("nobody") + name)
            one_of(reply.status, (403, 404, 409), repr(reply))
            equal((reply.status, reply.body), (nobody.status, nobody.body), f"{reply!r} tells that there is something")
        reply = mallory.objects(server.calendar("mallory"), [one])
        holds(b"BEGIN:VEVENT" not in reply.body, "multiget hands out an event of another user")
        equal(client.get(one).status, 200)


def main():
    steps = Steps()
    with Server() as server:
        client = CalendarClient(server.url, "alice", server.add_device("alice", "phone"), headers=HEADERS)
        other = CalendarClient(server.url, "alice")
        phone = Phone(client, server.calendar("alice"))
        detection(steps, server, client)
        downwards(steps, phone, other)
        upwards(steps, phone, other)
        other_kinds(steps, server, client, other)
        shares(steps, server, client)
        strangers(steps, server, client)
        steps.finish()


main()
