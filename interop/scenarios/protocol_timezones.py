#!/usr/bin/env python3
# timeout: 60
"""Protocol: time zones: by reference (RFC 7809), of the calendar and of the query for times without
one (RFC 4791 sections 5.2.2, 7.3, 9.8), gaps and folds of the clock, names of Windows, zones of one's own."""

from calendars import CAL, CalendarClient, in_range, texts
from events import VIENNA, calendar, component, event, read
from rolodav import Server
from steps import Steps, equal, holds, one_of

# A zone that only its own definition explains: eleven hours and seven minutes ahead of UTC.
OWN = """BEGIN:VTIMEZONE
TZID:/example.org/Own
BEGIN:STANDARD
TZOFFSETFROM:+1107
TZOFFSETTO:+1107
DTSTART:19700101T000000
END:STANDARD
END:VTIMEZONE"""


def found(client, path, start, end, after="", **headers):
    """The names of the events in a range."""
    reply = client.query(path, in_range("VEVENT", start, end), "<D:getetag/>", after, headers=headers)
    return sorted(href.rsplit("/", 1)[1].removesuffix(".ics") for href in reply.multistatus().hrefs())


def by_reference(steps, server, client, path):
    """Objects without a definition of their zone, and answers without."""
    with steps("the server says that it takes zones by reference, on principal, home and calendar"):
        for each in (server.principal("alice"), server.calendar_home("alice"), path):
            holds("calendar-no-timezone" in client.request("OPTIONS", each).tokens("DAV"), f"{each}: {client.request('OPTIONS', each).tokens('DAV')}")
    with steps("an event that only names its zone is stored, and found at the right hours of summer and winter"):
        for name, day in (("winter", "0115"), ("summer", "0715")):
            equal(client.put(f"{path}{name}.ics", event(name, f";TZID=Europe/Vienna:2027{day}T100000", "DURATION:PT1H")).status, 201)
        equal(found(client, path, "20270115T090000Z", "20270115T091000Z"), ["winter"])
        equal(found(client, path, "20270115T080000Z", "20270115T090000Z"), [])
        equal(found(client, path, "20270715T080000Z", "20270715T081000Z"), ["summer"])
        equal(found(client, path, "20270715T090000Z", "20270715T100000Z"), [])
    with steps("asked for definitions, it gives them; asked for none, it leaves those of known zones out"):
        whole = calendar(VIENNA, component("VEVENT", "whole", "DTSTART;TZID=Europe/Vienna:20270201T100000", "DURATION:PT1H"))
        equal(client.put(f"{path}whole.ics", whole).status, 201)
        for name in ("winter", "whole"):
            with_zone = read(client.get(f"{path}{name}.ics", CalDAV_Timezones="T").text)
            equal([each.value("TZID") for each in with_zone.all("VTIMEZONE")], ["Europe/Vienna"], f"{name} with T")
            equal(read(client.get(f"{path}{name}.ics", CalDAV_Timezones="F").text).all("VTIMEZONE"), [], f"{name} with F")
        for wish, count in (("T", 1), ("F", 0)):
            replies = (client.objects(path, [f"{path}whole.ics"], headers={"CalDAV-Timezones": wish}),
                       client.query(path, in_range("VEVENT", "20270201T000000Z", "20270202T000000Z"), headers={"CalDAV-Timezones": wish}))
            for reply in replies:
                [text] = texts(reply.multistatus()).values()
                equal(len(read(text).all("VTIMEZONE")), count, wish)
        equal(client.get(f"{path}whole.ics").text, whole)
    with steps("a definition of one's own is always given, whatever is asked"):
        own = calendar(OWN, component("VEVENT", "own", "DTSTART;TZID=/example.org/Own:20270301T120700", "DURATION:PT1H"))
        equal(client.put(f"{path}own.ics", own).status, 201)
        equal(read(client.get(f"{path}own.ics", CalDAV_Timezones="F").text).one("VTIMEZONE").value("TZID"), "/example.org/Own")
        equal(found(client, path, "20270301T010000Z", "20270301T010100Z"), ["own"])
        equal(found(client, path, "20270301T005000Z", "20270301T010000Z"), [])
    with steps("a header that is neither T nor F is refused or ignored, not a fault of the server"):
        one_of(client.get(f"{path}whole.ics", CalDAV_Timezones="maybe").status, (200, 400))


def of_the_calendar(steps, client, path):
    """calendar-timezone and calendar-timezone-id are two views of one thing."""
    def both():
        shown = client.propfind(path, CAL + "calendar-timezone", CAL + "calendar-timezone-id").multistatus().only()
        if shown.status_of(CAL + "calendar-timezone-id") == 404:
            return None, None
        return (shown.text(CAL + "calendar-timezone-id"), read(shown.text(CAL + "calendar-timezone")).one("VTIMEZONE").value("TZID"))

    with steps("set by its id, the definition is there; set by definition, the id is; one taken away, both are gone"):
        equal(client.proppatch(path, "<C:calendar-timezone-id>America/New_York</C:calendar-timezone-id>").multistatus().only()
              .status_of(CAL + "calendar-timezone-id"), 200)
        equal(both(), ("America/New_York", "America/New_York"))
        client.proppatch(path, "<C:calendar-timezone>" + calendar(VIENNA).replace("\r", "&#13;") + "</C:calendar-timezone>")
        equal(both(), ("Europe/Vienna", "Europe/Vienna"))
        client.proppatch(path, removed=[CAL + "calendar-timezone-id"])
        equal(both(), (None, None))
        equal(client.property(path, CAL + "calendar-timezone").status_of(CAL + "calendar-timezone"), 404)
    with steps("an id that nobody knows is refused with valid-timezone, in a property, in MKCALENDAR and in a query"):
        reply = client.proppatch(path, "<C:calendar-timezone-id>Nowhere/Here</C:calendar-timezone-id>")
        one_of(reply.multistatus().only().status_of(CAL + "calendar-timezone-id"), (403, 409))
        holds(b"valid-timezone" in reply.body, f"{reply.body[:300]}")
        reply = client.make_calendar(path.replace("zones", "bad"), "<C:calendar-timezone-id>Nowhere/Here</C:calendar-timezone-id>")
        holds(400 <= reply.status < 500 and b"valid-timezone" in reply.body or reply.status == 207, f"{reply!r} {reply.body[:300]}")
        reply = client.query(path, in_range("VEVENT", "20270101T000000Z"), after="<C:timezone-id>Nowhere/Here</C:timezone-id>")
        equal((reply.status, reply.conditions()[:1]), (403, [CAL + "valid-timezone"]))
    with steps("where definitions come from is told on the home, or is said not to be"):
        one_of(client.property(path.rsplit("/", 2)[0] + "/", CAL + "timezone-service-set").status_of(CAL + "timezone-service-set"), (200, 404))


def floating(steps, client, path):
    """Times without a zone: the query's, else the calendar's, else UTC."""
    new_york = "<C:timezone-id>America/New_York</C:timezone-id>"
    vienna = "<C:timezone>" + calendar(VIENNA).replace("\r", "&#13;") + "</C:timezone>"
    with steps("without a zone anywhere, floating times and days are taken as UTC"):
        equal(client.put(f"{path}floating.ics", event("floating", ":20270401T120000", "DURATION:PT1H")).status, 201)
        equal(client.put(f"{path}day.ics", event("day", ";VALUE=DATE:20270410")).status, 201)
        equal(found(client, path, "20270401T120000Z", "20270401T121000Z"), ["floating"])
        equal((found(client, path, "20270409T220000Z", "20270409T230000Z"), found(client, path, "20270410T233000Z", "20270411T000000Z")), ([], ["day"]))
    with steps("the zone of the query shifts them"):
        equal((found(client, path, "20270401T120000Z", "20270401T121000Z", new_york), found(client, path, "20270401T160000Z", "20270401T161000Z", new_york)), ([], ["floating"]))
        equal((found(client, path, "20270401T120000Z", "20270401T121000Z", vienna), found(client, path, "20270401T100000Z", "20270401T101000Z", vienna)), ([], ["floating"]))
        equal(found(client, path, "20270409T220000Z", "20270409T230000Z", vienna), ["day"])
    with steps("the zone of the calendar shifts them, and that of the query has the last word"):
        client.proppatch(path, "<C:calendar-timezone-id>Europe/Vienna</C:calendar-timezone-id>")
        equal((found(client, path, "20270401T120000Z", "20270401T121000Z"), found(client, path, "20270401T100000Z", "20270401T101000Z")), ([], ["floating"]))
        equal(found(client, path, "20270401T160000Z", "20270401T161000Z", new_york), ["floating"])
        equal(found(client, path, "20270410T223000Z", "20270410T230000Z"), [], "the day after the day")
        reply = client.free_busy(path, "20270401T000000Z", "20270402T000000Z")
        holds("20270401T100000Z/" in reply.text, f"free-busy: {reply.text}")


def clocks(steps, client, path):
    """Hours that do not exist, hours that come twice, names that are no IANA names."""
    table = [
        ("an hour that the clock skips is taken with the offset before it", ";TZID=Europe/Vienna:20270328T023000", "20270328T013000Z"),
        ("an hour that comes twice is its first turn", ";TZID=Europe/Vienna:20271031T023000", "20271031T003000Z"),
        ("a name of Windows", ";TZID=W. Europe Standard Time:20270520T100000", "20270520T080000Z"),
        ("a name with a prefix that some write", ";TZID=/freeassociation.sourceforge.net/Europe/Vienna:20270521T100000", "20270521T080000Z"),
        ("an old name of the same zone", ";TZID=US/Eastern:20270522T100000", "20270522T140000Z"),
    ]
    for number, (title, start, moment) in enumerate(table):
        with steps(title):
            name = f"clock-{number}"
            equal(client.put(f"{path}{name}.ics", event(name, start, "DURATION:PT5M")).status, 201)
            equal((found(client, path, moment, moment.replace("00Z", "01Z")), name in found(client, path, "20270101T000000Z", moment)), ([name], False))
    with steps("a daily event stays at its hour of the wall clock over both changes"):
        equal(client.put(f"{path}daily.ics", event("daily", ";TZID=Europe/Vienna:20270327T070000", "DURATION:PT5M", "RRULE:FREQ=DAILY;COUNT=300")).status, 201)
        for moment in ("20270327T060000Z", "20270328T050000Z", "20271030T050000Z", "20271031T060000Z"):
            holds("daily" in found(client, path, moment, moment.replace("00Z", "01Z")), f"not at {moment}")
        reply = client.query(path, in_range("VEVENT", "20270327T000000Z", "20270329T000000Z"),
                             '<C:calendar-data><C:expand start="20270327T000000Z" end="20270329T000000Z"/></C:calendar-data>')
        times = sorted(each.value("DTSTART") for text in texts(reply.multistatus()).values() for each in read(text).all("VEVENT") if each.value("UID") == "daily")
        equal(times, ["20270327T060000Z", "20270328T050000Z"])
    with steps("a zone that nobody knows does not hide the event"):
        equal(client.put(f"{path}lost.ics", event("lost", ";TZID=Nowhere/Here:20270601T120000", "DURATION:PT1H")).status, 201)
        holds("lost" in found(client, path, "20270531T120000Z", "20270602T120000Z"), "not found on its day")


def main():
    steps = Steps()
    with Server() as server:
        client = CalendarClient(server.url, "alice")
        path = server.calendar("alice", "zones")
        equal(client.make_calendar(path).status, 201)
        client.proppatch(path, removed=[CAL + "calendar-timezone", CAL + "calendar-timezone-id"])
        by_reference(steps, server, client, path)
        of_the_calendar(steps, client, path)
        floating(steps, client, path)
        clocks(steps, client, path)
        steps.finish()


main()
