#!/usr/bin/env python3
# timeout: 120
"""Protocol: calendars made with their properties, every precondition of storing an object, copies and
moves between calendars, what may stand where (RFC 4791 sections 4 and 5, RFC 5689)."""

from calendars import CAL, ICAL, CalendarClient, texts
from cards import card
from dav import CARD, CS, D
from events import VIENNA, calendar, component, event, journal, read, todo
from rolodav import Server
from steps import Steps, equal, holds, one_of

ZONE = "<C:calendar-timezone>" + calendar(VIENNA).replace("\r", "&#13;") + "</C:calendar-timezone>"
DAY = ":20270105T100000Z"


def kinds(*names):
    """A supported-calendar-component-set."""
    listed = "".join(f'<C:comp name="{name}"/>' for name in names)
    return f"<C:supported-calendar-component-set>{listed}</C:supported-calendar-component-set>"


def refused(reply, condition, *statuses):
    """Holds that a request was refused for a reason, and gives the element of the condition."""
    one_of(reply.status, statuses or (403,), f"{reply!r} {reply.body[:300]}")
    holds(condition in reply.conditions(), f"{reply!r} tells {reply.conditions()}, not {condition}: {reply.body[:300]}")
    return reply.xml().find(condition)


def making(steps, server, client):
    """MKCALENDAR and MKCOL of calendars."""
    made = server.calendar("alice", "made")
    with steps("a calendar is made with all its properties at once"):
        reply = client.make_calendar(made, "<D:displayname>Kurse ü &amp; Co</D:displayname><C:calendar-description xml:lang=\"de\">Für uns"
                                     "</C:calendar-description>" + kinds("VEVENT") + ZONE + "<A:calendar-color>#8BC34AFF</A:calendar-color>"
                                     "<A:calendar-order>4</A:calendar-order><x:own xmlns:x=\"urn:x\">kept</x:own>")
        equal(reply.status, 201, f"{reply.body[:300]}")
        holds("no-cache" in (reply.headers["Cache-Control"] or ""), f"Cache-Control: {reply.headers['Cache-Control']}")
        shown = client.propfind(made, D + "displayname", CAL + "calendar-description", ICAL + "calendar-color", ICAL + "calendar-order",
                                CAL + "calendar-timezone", "{urn:x}own", D + "resourcetype").multistatus().only()
        equal((shown.text(D + "displayname"), shown.text(CAL + "calendar-description"), shown.text(ICAL + "calendar-order"), shown.text("{urn:x}own")),
              ("Kurse ü & Co", "Für uns", "4", "kept"))
        equal(shown.get(CAL + "calendar-description").get("{http://www.w3.org/XML/1998/namespace}lang"), "de")
        equal(set(shown.names(D + "resourcetype")), {D + "collection", CAL + "calendar"})
        equal(read(shown.text(CAL + "calendar-timezone")).one("VTIMEZONE").value("TZID"), "Europe/Vienna")
    with steps("without a body, and through MKCOL with the type, calendars are made, too"):
        equal(client.make_calendar(server.calendar("alice", "bare")).status, 201)
        equal(client.make_calendar(server.calendar("alice", "by-mkcol"), "<D:displayname>M</D:displayname>", method="MKCOL").status, 201)
        for name in ("bare", "by-mkcol"):
            holds(CAL + "calendar" in client.property(server.calendar("alice", name), D + "resourcetype").names(D + "resourcetype"), name)
    with steps("what is there is not made again and stays as it was"):
        reply = client.make_calendar(made, "<D:displayname>Other</D:displayname>")
        one_of(reply.status, (403, 405), f"{reply.body[:300]}")
        holds(reply.status == 405 or D + "resource-must-be-null" in reply.conditions(), f"{reply.conditions()}")
        equal(client.property(made, D + "displayname").text(D + "displayname"), "Kurse ü & Co")
    with steps("a calendar cannot stand inside a calendar, an address-book home, a principal or nowhere"):
        for path in (made + "inner/", server.home("alice") + "cal/", server.principal("alice") + "cal/", "/dav/cal/"):
            reply = client.make_calendar(path)
            one_of(reply.status, (403, 404, 405, 409), f"{reply!r} {reply.body[:200]}")
            holds(reply.status != 403 or {CAL + "calendar-collection-location-ok", D + "need-privileges"} & set(reply.conditions()), f"{path}: {reply.body[:300]}")
            one_of(client.propfind(path, D + "resourcetype").status, (403, 404), path)
        equal(client.make_calendar(server.calendar("alice", "no/such/parent")).status in (403, 409), True, "without a parent")
        one_of(client.make_calendar(server.calendar("nobody", "x")).status, (403, 404, 409))
    with steps("a wrong property makes nothing: a time zone that is none, a protected one, a body that is something else"):
        bad = server.calendar("alice", "bad")
        zones = ("nonsense", calendar(component("VEVENT", "x", f"DTSTART{DAY}")), calendar(VIENNA, VIENNA.replace("Vienna", "Graz")))
        for zone in zones:
            reply = client.make_calendar(bad, f"<C:calendar-timezone>{zone}</C:calendar-timezone>")
            one_of(reply.status, (403, 409, 424, 207), f"{zone[:20]}: {reply.body[:300]}")
            holds(b"valid-calendar-data" in reply.body, f"{zone[:20]}: {reply.body[:300]}")
        one_of(client.make_calendar(bad, "<D:getetag>x</D:getetag>").status, (207, 403, 409, 424))
        one_of(client.make_calendar(bad, kinds("VUNHEARD-OF")).status, (207, 403, 409, 424))
        one_of(client.request("MKCALENDAR", bad, "hello", {"Content-Type": "text/plain"}).status, (400, 415))
        one_of(client.request("MKCALENDAR", bad, '<D:mkcol xmlns:D="DAV:"/>', {"Content-Type": "application/xml"}).status, (400, 403, 415, 422))
        equal(client.propfind(bad, D + "resourcetype").status, 404)
    return made


def properties(steps, server, client, path):
    """Properties of calendars."""
    with steps("a calendar tells its limits, collations, data and reports"):
        shown = client.propfind(path, CAL + "supported-calendar-data", CAL + "supported-collation-set", CAL + "max-resource-size",
                                CAL + "min-date-time", CAL + "max-date-time", D + "supported-report-set", CS + "getctag", D + "sync-token").multistatus().only()
        data = [(each.get("content-type"), each.get("version")) for each in shown.get(CAL + "supported-calendar-data")]
        holds(("text/calendar", "2.0") in data, f"{data}")
        collations = {each.text for each in shown.get(CAL + "supported-collation-set")}
        holds({"i;ascii-casemap", "i;octet"} <= collations, f"{collations}")
        holds(int(shown.text(CAL + "max-resource-size")) >= 1 << 20, shown.text(CAL + "max-resource-size"))
        holds({CAL + "calendar-query", CAL + "calendar-multiget", CAL + "free-busy-query", D + "sync-collection", D + "expand-property"}
              <= shown.reports(), f"{shown.reports()}")
    with steps("reading when it is busy is a privilege of a calendar, within reading it"):
        shown = client.propfind(path, D + "supported-privilege-set", D + "current-user-privilege-set").multistatus().only()
        holds("read-free-busy" in shown.privileges(), f"{shown.privileges()}")
        within = [each for each in shown.get(D + "supported-privilege-set").iter(D + "supported-privilege") if each.find(f"{D}privilege/{D}read") is not None]
        holds(within and within[0].find(f"{D}supported-privilege/{D}privilege/{CAL}read-free-busy") is not None, "not within read")
    with steps("CalDAV's properties are not in allprop, and a home and an event are answered as what they are"):
        reply = client.request("PROPFIND", path, None, {"Depth": "0"})
        names = {name for propstat in reply.multistatus().only().propstats for name in propstat.properties}
        holds(not [name for name in names if name.startswith(CAL)], f"{names}")
        equal(client.property(server.calendar_home("alice"), D + "resourcetype").names(D + "resourcetype"), [D + "collection"])
        equal(client.property(path, CAL + "calendar-data").status_of(CAL + "calendar-data"), 404)
    with steps("what is protected cannot be written, and nothing else of that request is"):
        for name in (CAL + "supported-calendar-component-set", CAL + "supported-calendar-data", CAL + "max-resource-size",
                     CAL + "supported-collation-set", D + "sync-token", CS + "getctag"):
            prefix = {CAL: "C", D: "D", CS: "CS"}[name[:name.index("}") + 1]] + ":" + name.split("}")[1]
            answer = client.proppatch(path, f"<D:displayname>Never</D:displayname><{prefix}>x</{prefix}>").multistatus().only()
            equal((answer.status_of(name), answer.status_of(D + "displayname")), (403, 424), name)
        holds(client.property(path, D + "displayname").text(D + "displayname") != "Never", "it was written all the same")
    with steps("a time zone that is none is refused with valid-calendar-data; one can be taken away"):
        reply = client.proppatch(path, "<C:calendar-timezone>nonsense</C:calendar-timezone>")
        one_of(reply.multistatus().only().status_of(CAL + "calendar-timezone"), (403, 409))
        holds(b"valid-calendar-data" in reply.body, f"{reply.body[:300]}")
        equal(client.proppatch(path, ZONE).multistatus().only().status_of(CAL + "calendar-timezone"), 200)
        equal(client.proppatch(path, removed=[CAL + "calendar-timezone"]).multistatus().only().status_of(CAL + "calendar-timezone"), 200)
        equal(client.property(path, CAL + "calendar-timezone").status_of(CAL + "calendar-timezone"), 404)


def storing(steps, client, path):
    """Preconditions of PUT."""
    with steps("an object is stored byte for byte and says what it is"):
        text = event("first", DAY, "X-KEEP;X-P=\"a;b\":c", "DESCRIPTION:" + "ü" * 90).replace("SUMMARY", "summary")
        reply = client.put(f"{path}first.ics", text, If_None_Match="*")
        equal(reply.status, 201)
        got = client.get(f"{path}first.ics")
        equal((got.text, got.etag), (text, reply.etag))
        holds(got.headers["Content-Type"].replace(" ", "").lower().startswith("text/calendar;charset=utf-8"), got.headers["Content-Type"])
        equal(client.property(f"{path}first.ics", D + "getcontentlength").text(D + "getcontentlength"), str(len(text.encode())))
    lonely = component("VEVENT", "two", "RECURRENCE-ID:20270106T100000Z", "DTSTART:20270106T120000Z")
    table = [
        ("what is no calendar", "hello", "valid-calendar-data"),
        ("a card", card("c"), "valid-calendar-data"),
        ("nothing", "", "valid-calendar-data"),
        ("two calendars in one", event("x", DAY) + event("x", DAY), "valid-calendar-data"),
        ("a calendar of nothing", calendar(), "valid-calendar-object-resource"),
        ("a time zone and nothing else", calendar(VIENNA), "valid-calendar-object-resource"),
        ("a METHOD", calendar(component("VEVENT", "x", f"DTSTART{DAY}"), lines=["METHOD:REQUEST"]), "valid-calendar-object-resource"),
        ("two UIDs", calendar(component("VEVENT", "x", f"DTSTART{DAY}"), component("VEVENT", "y", f"DTSTART{DAY}")), "valid-calendar-object-resource"),
        ("two kinds of component", calendar(component("VEVENT", "x", f"DTSTART{DAY}"), component("VTODO", "x")), "valid-calendar-object-resource"),
        ("a task", todo("x"), "supported-calendar-component"),
        ("a journal entry", journal("x", "DTSTART;VALUE=DATE:20270101"), "supported-calendar-component"),
    ]
    for number, (title, body, condition) in enumerate(table):
        with steps(f"{title} is refused with {condition}, and nothing is there"):
            # A body that is not understood at all may be the parser's complaint instead.
            also = ("valid-calendar-data",) if condition == "valid-calendar-object-resource" else ("supported-calendar-data", "valid-calendar-object-resource")
            reply = client.put(f"{path}bad-{number}.ics", body)
            one_of(reply.status, (403, 409, 415), f"{reply.body[:300]}")
            names = {name.split("}")[1] for name in reply.conditions()}
            holds(condition in names or (names & set(also) and condition != "supported-calendar-component"), f"{names}: {reply.body[:300]}")
            equal(client.get(f"{path}bad-{number}.ics").status, 404)
    with steps("an object whose end is missing is refused, or served with its end"):
        reply = client.put(f"{path}open.ics", event("open", DAY).replace("END:VEVENT\r\n", ""))
        if reply.status == 201:
            equal((reply.etag, read(client.get(f"{path}open.ics").text).one("VEVENT").value("UID")), (None, "open"))
        else:
            refused(reply, CAL + "valid-calendar-data", 403, 409)
    with steps("another media type is refused with supported-calendar-data"):
        reply = client.put(f"{path}bad.ics", '{"a": 1}', kind="application/json")
        one_of(reply.status, (403, 415))
        holds(reply.status == 415 or {CAL + "supported-calendar-data", CAL + "valid-calendar-data"} & set(reply.conditions()), f"{reply.body[:300]}")
    with steps("overrides without their master are stored, as attendees of single instances have them"):
        equal(client.put(f"{path}lonely.ics", calendar(lonely)).status, 201)
        equal(client.delete(f"{path}lonely.ics").status, 204)
    with steps("more than the size that is told is refused with max-resource-size"):
        limit = int(client.property(path, CAL + "max-resource-size").text(CAL + "max-resource-size"))
        line = "X-BIG:" + "x" * 60
        huge = event("big", DAY, *[line] * (limit // 68 + 2))
        reply = client.put(f"{path}big.ics", huge)
        holds(reply.status == 413 or CAL + "max-resource-size" in reply.conditions(), f"{reply!r} {reply.body[:200]}")
        equal(client.get(f"{path}big.ics").status, 404)
    with steps("the same UID under a second name is refused, with the address that has it"):
        held = refused(client.put(f"{path}second.ics", event("first", DAY)), CAL + "no-uid-conflict", 403, 409)
        equal(held.findtext(D + "href"), f"{path}first.ics")
    with steps("another UID under a known name is refused: the object would change into another"):
        refused(client.put(f"{path}first.ics", event("another", DAY)), CAL + "no-uid-conflict", 403, 409)
        equal(client.get(f"{path}first.ics").text, text)
        equal(client.put(f"{path}first.ics", text).status, 204)
    with steps("the UID is free again after deletion, and free in another calendar"):
        equal(client.delete(f"{path}first.ics").status, 204)
        equal(client.put(f"{path}second.ics", event("first", DAY), If_None_Match="*").status, 201)


def travelling(steps, server, client, path):
    """COPY and MOVE."""
    other, book, tasks = server.calendar("alice", "bare"), server.book("alice"), server.calendar("alice", "tasks")
    second = f"{path}second.ics"

    def send(method, source, target, **headers):
        return client.request(method, source, None, {"Destination": client.url.geturl().rstrip("/") + target, **headers})

    with steps("an event is moved to another calendar: gone here, there with its bytes, both syncs tell"):
        tokens = [client.property(each, D + "sync-token").text(D + "sync-token") for each in (path, other)]
        text = client.get(second).text
        equal(send("MOVE", second, f"{other}moved.ics").status, 201)
        equal((client.get(second).status, client.get(f"{other}moved.ics").text), (404, text))
        equal(client.sync(path, tokens[0]).multistatus().by_href(second).status, "HTTP/1.1 404 Not Found")
        holds(client.sync(other, tokens[1]).multistatus().by_href(f"{other}moved.ics").status is None, "not reported as there")
    with steps("copied back it is there twice, once in each; a second copy in one calendar is a UID conflict"):
        equal(send("COPY", f"{other}moved.ics", second).status, 201)
        equal([client.get(each).status for each in (second, f"{other}moved.ics")], [200, 200])
        refused(send("COPY", second, f"{path}third.ics"), CAL + "no-uid-conflict", 403, 409)
        refused(send("MOVE", f"{other}moved.ics", f"{path}third.ics"), CAL + "no-uid-conflict", 403, 409)
        equal(client.get(f"{other}moved.ics").status, 200)
    with steps("over what is there: only with Overwrite, and only the same UID"):
        equal(send("COPY", f"{other}moved.ics", second, Overwrite="F").status, 412)
        equal(send("COPY", f"{other}moved.ics", second).status, 204)
    with steps("renamed within a calendar it stays one object"):
        equal(send("MOVE", second, f"{path}renamed.ics").status, 201)
        equal((client.get(second).status, client.get(f"{path}renamed.ics").status), (404, 200))
        equal(send("MOVE", f"{path}renamed.ics", second).status, 201)
    with steps("an event does not go into a task list, an address book, a home or another's calendar"):
        refused(send("COPY", second, f"{tasks}e.ics"), CAL + "supported-calendar-component")
        for target in (f"{book}e.ics", f"{server.calendar_home('alice')}e.ics", f"{server.calendar('bob')}e.ics", f"{server.principal('alice')}e.ics"):
            for method in ("COPY", "MOVE"):
                reply = send(method, second, target)
                one_of(reply.status, (403, 404, 405, 409, 415), f"{method} to {target} {reply.body[:200]}")
        equal(client.get(second).status, 200)
    with steps("a card does not go into a calendar"):
        equal(client.put(f"{book}c.vcf", card("c"), kind="text/vcard").status, 201)
        for method in ("COPY", "MOVE"):
            one_of(send(method, f"{book}c.vcf", f"{path}c.ics").status, (403, 409, 415), method)
        reply = client.put(f"{path}c.vcf", card("c"), kind="text/vcard")
        holds({CAL + "supported-calendar-data", CAL + "valid-calendar-data"} & set(reply.conditions()), f"{reply!r} {reply.body[:200]}")
        equal((client.get(f"{book}c.vcf").status, client.get(f"{path}c.vcf").status), (200, 404))
        reply = client.put(f"{book}e.vcf", event("e", DAY))
        one_of(reply.status, (403, 415))
        holds({CARD + "supported-address-data", CARD + "valid-address-data"} & set(reply.conditions()), f"{reply.body[:200]}")
    with steps("a calendar is not moved into another one nor into the book home; a renamed one keeps its events"):
        for target in (path + "inner/", server.home("alice") + "cal/"):
            reply = send("MOVE", other, target)
            one_of(reply.status, (403, 404, 405, 409), f"{target} {reply.body[:200]}")
        reply = send("MOVE", other, server.calendar("alice", "renamed"))
        one_of(reply.status, (201, 403, 405, 409), f"{reply.body[:200]}")
        where = server.calendar("alice", "renamed") if reply.status == 201 else other
        equal(client.get(f"{where}moved.ics").status, 200)
    with steps("no collection of another kind stands in a calendar"):
        for reply in (client.request("MKCOL", path + "folder/"), client.make_book(path + "book/")):
            one_of(reply.status, (403, 405, 409), f"{reply.body[:200]}")


def fetching(steps, server, client, path):
    """calendar-multiget."""
    with steps("multiget answers for every address: there, missing, foreign, of another calendar, and twice the same once"):
        second = f"{path}second.ics"
        asked = [second, second, f"{path}none.ics", f"{server.calendar('bob')}b.ics", f"{server.calendar('alice', 'tasks')}t.ics", path.rstrip("/") + "/sec%6Fnd.ics"]
        found = client.objects(path, asked).multistatus()
        equal([each.href for each in found if each.get(CAL + "calendar-data") is not None], [second])
        for each in found:
            if each.href != second:
                one_of((each.status or "").split(" ")[1:2], (["404"], ["403"]), each.href)
        holds(b"Private" not in client.objects(path, asked).body, "an event of another user")
    with steps("multiget works on the object itself, and gives only what is asked for"):
        second = f"{path}second.ics"
        equal(list(texts(client.objects(second, [second]).multistatus())), [second])
        part = client.objects(path, [second], '<C:calendar-data><C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT">'
                              '<C:prop name="UID"/><C:prop name="SUMMARY"/></C:comp></C:comp></C:calendar-data>').multistatus()
        held = read(part.only().text(CAL + "calendar-data")).one("VEVENT")
        equal((held.value("UID"), held.value("SUMMARY"), held.value("DTSTART")), ("first", "first", None))
        other = client.objects(path, [second], '<C:calendar-data content-type="application/unheard-of" version="9"/>')
        holds(other.status in (403, 415) and CAL + "supported-calendar-data" in other.conditions()
              or other.status == 207 and b"BEGIN:VEVENT" not in other.body, f"{other!r} {other.body[:300]}")
    with steps("multiget without any address is not a request"):
        one_of(client.objects(path, []).status, (207, 400, 403))


def main():
    steps = Steps()
    with Server(users=("alice", "bob")) as server:
        client = CalendarClient(server.url, "alice")
        equal(CalendarClient(server.url, "bob").put(f"{server.calendar('bob')}b.ics", event("b", DAY, summary="Private")).status, 201)
        path = making(steps, server, client)
        properties(steps, server, client, path)
        storing(steps, client, path)
        travelling(steps, server, client, path)
        fetching(steps, server, client, path)
        steps.finish()


main()
