#!/usr/bin/env python3
# timeout: 120
"""Protocol: what calendar-query finds and gives: the data and queries of RFC 4791 (appendix B, section 7.8),
the tables of section 9.9 for every kind of component, text and parameter filters, parts of data, expansion,
free-busy-query."""

from calendars import CAL, CalendarClient, in_range, texts
from events import calendar, component, event, read, todo
from rolodav import Server
from steps import Steps, equal, holds, one_of

EASTERN = """BEGIN:VTIMEZONE
LAST-MODIFIED:20040110T032845Z
TZID:US/Eastern
BEGIN:DAYLIGHT
DTSTART:20000404T020000
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4
TZNAME:EDT
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20001026T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:EST
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE"""
ALARM = ("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER;RELATED=START:-PT10M", "END:VALARM")


def at(hour, day="02"):
    """An hour of January 2006 in New York."""
    return f";TZID=US/Eastern:200601{day}T{hour}0000"


# The eight objects of appendix B, by name.
APPENDIX_B = {
    "abcd1": calendar(EASTERN, component("VEVENT", "abcd1", f"DTSTART{at('12')}", "DURATION:PT1H", "SUMMARY:Event #1", "Description:Go Steelers!")),
    "abcd2": calendar(
        EASTERN, component("VEVENT", "abcd2", f"DTSTART{at('12')}", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5", "SUMMARY:Event #2"),
        component("VEVENT", "abcd2", f"RECURRENCE-ID{at('12', '04')}", f"DTSTART{at('14', '04')}", "DURATION:PT1H", "SUMMARY:Event #2 bis"),
        component("VEVENT", "abcd2", f"RECURRENCE-ID{at('12', '06')}", f"DTSTART{at('14', '06')}", "DURATION:PT1H", "SUMMARY:Event #2 bis bis")),
    "abcd3": calendar(EASTERN, component(
        "VEVENT", "DC6C50A017428C5216A2F1CD@example.com", f"DTSTART{at('10', '04')}", "DURATION:PT1H", "STATUS:TENTATIVE", "SUMMARY:Event #3",
        "X-ABC-GUID:E1CX5Dr-0007ym-Hz@example.com", "CONTACT:mailto:nobody@elsewhere.invalid",
        "X-PERSON;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:cyrus@example.com", "X-PERSON;PARTSTAT=NEEDS-ACTION:mailto:lisa@example.com")),
    "abcd4": todo("abcd4", "DUE;VALUE=DATE:20060104", "STATUS:NEEDS-ACTION", *ALARM, summary="Task #1"),
    "abcd5": calendar(EASTERN, component("VTODO", "abcd5", f"DUE{at('12', '06')}", "STATUS:NEEDS-ACTION", "SUMMARY:Task #2", *ALARM)),
    "abcd6": todo("abcd6", "COMPLETED:20051223T122322Z", "DUE;VALUE=DATE:20051225", "STATUS:COMPLETED", summary="Task #3"),
    "abcd7": todo("abcd7", "DUE;VALUE=DATE:20060101", "STATUS:CANCELLED", summary="Task #4"),
    "abcd8": calendar(component(
        "VFREEBUSY", "76ef34-54a3d2@example.com", "DTSTART:20060101T000000Z", "DTEND:20060108T000000Z", "FREEBUSY:20050531T230000Z/20050601T010000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20060102T100000Z/20060102T120000Z", "FREEBUSY:20060103T100000Z/20060103T120000Z",
        "FREEBUSY:20060104T100000Z/20060104T120000Z", "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20060105T100000Z/20060105T120000Z")),
}


class Shelf:
    """A calendar whose objects are asked for by name."""

    def __init__(self, client, path):
        self.client, self.path = client, path

    def put(self, objects):
        """Stores objects by name."""
        for name, text in objects.items():
            reply = self.client.put(f"{self.path}{name}.ics", text)
            one_of(reply.status, (201, 204), f"PUT {name} {reply.body[:300]}")

    def find(self, filters, **more):
        """The names of what a query finds, sorted."""
        reply = self.client.query(self.path, filters, **more)
        return sorted(href.rsplit("/", 1)[1].removesuffix(".ics") for href in reply.multistatus().hrefs())

    def data(self, filters, wanted, **more):
        """What a query gives as calendar-data, read, by name."""
        found = texts(self.client.query(self.path, filters, wanted, **more).multistatus())
        return {href.rsplit("/", 1)[1].removesuffix(".ics"): read(text) for href, text in found.items()}


def prop(name, inner="", kind="VEVENT"):
    """A filter on a property of a kind of component."""
    return f'<C:comp-filter name="{kind}"><C:prop-filter name="{name}">{inner}</C:prop-filter></C:comp-filter>'


def starts(component_, *names):
    """The DTSTART values of the components of a calendar, sorted."""
    return sorted(each.value("DTSTART") for name in names or ("VEVENT",) for each in component_.all(name))


def appendix(steps, shelf):
    """Section 7.8 of the RFC."""
    january = 'start="20060104T000000Z" end="20060105T000000Z"'
    with steps("the objects of appendix B are stored"):
        shelf.put(APPENDIX_B)
    with steps("7.8.1: parts of the components of what lies in a range"):
        wanted = ('<D:getetag/><C:calendar-data><C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT"><C:prop name="SUMMARY"/>'
                  '<C:prop name="UID"/><C:prop name="DTSTART"/><C:prop name="DTEND"/><C:prop name="DURATION"/><C:prop name="RRULE"/><C:prop name="RDATE"/>'
                  '<C:prop name="EXRULE"/><C:prop name="EXDATE"/><C:prop name="RECURRENCE-ID"/></C:comp><C:comp name="VTIMEZONE"/></C:comp></C:calendar-data>')
        got = shelf.data(in_range("VEVENT", "20060104T000000Z", "20060105T000000Z"), wanted)
        equal(sorted(got), ["abcd2", "abcd3"])
        equal((len(got["abcd2"].all("VEVENT")), got["abcd3"].one("VEVENT").value("STATUS"), got["abcd3"].one("VEVENT").value("SUMMARY")), (3, None, "Event #3"))
        equal(got["abcd3"].value("VERSION"), "2.0")
    with steps("7.8.2: limit-recurrence-set leaves out the overrides beyond the range"):
        wanted = '<C:calendar-data><C:limit-recurrence-set start="20060103T000000Z" end="20060105T000000Z"/></C:calendar-data>'
        got = shelf.data(in_range("VEVENT", "20060103T000000Z", "20060105T000000Z"), wanted)
        equal(sorted(got), ["abcd2", "abcd3"])
        equal(sorted(each.value("SUMMARY") for each in got["abcd2"].all("VEVENT")), ["Event #2", "Event #2 bis"])
        holds(got["abcd2"].all("VEVENT")[0].value("RRULE"), "the rule is gone")
    with steps("7.8.3: expand gives the instances in UTC, without rule and time zone"):
        got = shelf.data(in_range("VEVENT", "20060103T000000Z", "20060105T000000Z"),
                         '<C:calendar-data><C:expand start="20060103T000000Z" end="20060105T000000Z"/></C:calendar-data>')
        equal(starts(got["abcd2"]), ["20060103T170000Z", "20060104T190000Z"])
        equal(sorted(each.value("RECURRENCE-ID") for each in got["abcd2"].all("VEVENT")), ["20060103T170000Z", "20060104T170000Z"])
        equal(starts(got["abcd3"]), ["20060104T150000Z"])
        for each in got.values():
            holds(not each.all("VTIMEZONE") and not [one for one in each.all("VEVENT") if one.value("RRULE")], f"{each}")
    with steps("7.8.4: free-busy data are limited to the range"):
        got = shelf.data(in_range("VFREEBUSY", "20060102T000000Z", "20060103T000000Z"),
                         '<C:calendar-data><C:limit-freebusy-set start="20060102T000000Z" end="20060103T000000Z"/></C:calendar-data>')
        equal(sorted(got), ["abcd8"])
        equal(got["abcd8"].one("VFREEBUSY").values("FREEBUSY"), ["20060102T100000Z/20060102T120000Z"])
    with steps("7.8.5: tasks by the moment of their alarm"):
        equal(shelf.find('<C:comp-filter name="VTODO">' + in_range("VALARM", "20060106T100000Z", "20060107T100000Z") + "</C:comp-filter>"), ["abcd5"])
    with steps("7.8.6: an event by its UID"):
        equal(shelf.find(prop("UID", '<C:text-match collation="i;octet">DC6C50A017428C5216A2F1CD@example.com</C:text-match>')), ["abcd3"])
    with steps("7.8.7: by a property and the parameter of the same line"):
        def person(address, state):
            return prop("X-PERSON", f'<C:text-match collation="i;ascii-casemap">{address}</C:text-match><C:param-filter name="PARTSTAT">'
                        f'<C:text-match collation="i;ascii-casemap">{state}</C:text-match></C:param-filter>')
        equal(shelf.find(person("mailto:lisa@example.com", "NEEDS-ACTION")), ["abcd3"])
        equal(shelf.find(person("mailto:lisa@example.com", "ACCEPTED")), [], "the parameter of another line")
    with steps("7.8.8: all events, and nothing else"):
        equal(shelf.find('<C:comp-filter name="VEVENT"/>'), ["abcd1", "abcd2", "abcd3"])
    with steps("7.8.9: tasks that are neither completed nor cancelled"):
        equal(shelf.find('<C:comp-filter name="VTODO"><C:prop-filter name="COMPLETED"><C:is-not-defined/></C:prop-filter><C:prop-filter name="STATUS">'
                         '<C:text-match negate-condition="yes">CANCELLED</C:text-match></C:prop-filter></C:comp-filter>'), ["abcd4", "abcd5"])
    with steps("7.8.10: a nonsensical filter is refused with a reason"):
        reply = shelf.client.query(shelf.path, prop("X-ABC-GUID", '<C:text-match collation="i;unheard-of">x</C:text-match>'))
        equal((reply.status, reply.conditions()[:1]), (403, [CAL + "supported-collation"]))
        for filters in (f'<C:comp-filter name="VEVENT"><C:time-range {january.replace("20060104T", "20060104")}/></C:comp-filter>',
                        '<C:comp-filter name="VEVENT"><C:time-range/></C:comp-filter>', in_range("VEVENT", "20060105T000000Z", "20060104T000000Z"),
                        '<C:comp-filter name="VEVENT"><C:is-not-defined/><C:prop-filter name="UID"/></C:comp-filter>'):
            reply = shelf.client.query(shelf.path, filters)
            one_of(reply.status, (400, 403), f"{filters}: {reply.body[:200]}")
            holds(reply.status == 400 or CAL + "valid-filter" in reply.conditions(), f"{filters}: {reply.body[:200]}")
        reply = shelf.client.query(shelf.path, '<C:filter><C:comp-filter name="VEVENT"/></C:filter>')
        holds(reply.status == 207 and not reply.multistatus().hrefs() or CAL + "valid-filter" in reply.conditions(), f"{reply!r}")
    with steps("no hit is a 207 without responses; an object is asked, too"):
        equal(shelf.find(in_range("VEVENT", "20300101T000000Z", "20300102T000000Z")), [])
        one = Shelf(shelf.client, f"{shelf.path}abcd1.ics")
        equal((one.find('<C:comp-filter name="VEVENT"/>', depth="0"), one.find('<C:comp-filter name="VTODO"/>', depth="0")), (["abcd1"], []))


def texts_and_parameters(steps, shelf):
    """Filters on names, texts and parameters beyond the examples."""
    table = [
        ("part of a text, ASCII letters of any case", prop("SUMMARY", "<C:text-match>eVENT #2</C:text-match>"), ["abcd2"]),
        ("the case counts with i;octet", prop("SUMMARY", '<C:text-match collation="i;octet">eVENT</C:text-match>'), []),
        ("an override's text counts, too", prop("SUMMARY", "<C:text-match>bis bis</C:text-match>"), ["abcd2"]),
        ("not: no line of the name has the text", prop("SUMMARY", '<C:text-match negate-condition="yes">#1</C:text-match>'), ["abcd2", "abcd3"]),
        ("a property that is there", prop("status"), ["abcd3"]),
        ("a property that is not there", prop("STATUS", "<C:is-not-defined/>"), ["abcd1", "abcd2"]),
        ("a parameter that is there", prop("X-PERSON", '<C:param-filter name="ROLE"/>'), ["abcd3"]),
        ("a parameter that is not there", prop("X-PERSON", '<C:param-filter name="ROLE"><C:is-not-defined/></C:param-filter>'), ["abcd3"]),
        ("a parameter of another name", prop("X-PERSON", '<C:param-filter name="CN"/>'), []),
        ("a component that is not there", '<C:comp-filter name="VTODO"><C:comp-filter name="VALARM"><C:is-not-defined/></C:comp-filter></C:comp-filter>', ["abcd6", "abcd7"]),
        ("no events at all", '<C:comp-filter name="VEVENT"><C:is-not-defined/></C:comp-filter>', ["abcd4", "abcd5", "abcd6", "abcd7", "abcd8"]),
        ("a property of the calendar itself", '<C:prop-filter name="VERSION"/><C:comp-filter name="VFREEBUSY"/>', ["abcd8"]),
        ("two filters, both of them", '<C:comp-filter name="VEVENT"><C:prop-filter name="STATUS"/><C:prop-filter name="RRULE"/></C:comp-filter>', []),
        ("range and text together", in_range("VEVENT", "20060104T000000Z", "20060105T000000Z", '<C:prop-filter name="SUMMARY"><C:text-match>#3</C:text-match></C:prop-filter>'), ["abcd3"]),
        ("a range on a property", prop("LAST-MODIFIED", '<C:time-range start="20060101T000000Z"/>'), []),
        ("a range on DTSTAMP", prop("DTSTAMP", '<C:time-range start="20251231T000000Z" end="20260102T000000Z"/>'), ["abcd1", "abcd2", "abcd3"]),
    ]
    for title, filters, names in table:
        with steps(f"filter: {title}"):
            equal(shelf.find(filters), names)
    with steps("an empty filter means everything"):
        equal(shelf.find("<C:filter/>"), sorted(APPENDIX_B))


def ranges(steps, shelf):
    """Section 9.9: does it lie in [10:00, 12:00) of 5 January?"""
    start, end = "20270105T100000Z", "20270105T120000Z"
    hour = {number: f"20270105T{number:02d}0000Z" for number in range(24)}
    table = {
        "VEVENT": [
            (["DTSTART:" + hour[9], "DTEND:" + hour[10]], False), (["DTSTART:" + hour[9], "DTEND:20270105T100001Z"], True),
            (["DTSTART:" + hour[12], "DTEND:" + hour[13]], False), (["DTSTART:20270105T115959Z", "DTEND:" + hour[13]], True),
            (["DTSTART:" + hour[8], "DURATION:PT2H"], False), (["DTSTART:" + hour[8], "DURATION:PT3H"], True), (["DTSTART:" + hour[8], "DURATION:P1D"], True),
            (["DTSTART:" + hour[10]], True), (["DTSTART:" + hour[12]], False), (["DTSTART:" + hour[10], "DURATION:PT0S"], True), (["DTSTART:" + hour[9], "DURATION:PT0S"], False),
            (["DTSTART;VALUE=DATE:20270105"], True), (["DTSTART;VALUE=DATE:20270104"], False), (["DTSTART;VALUE=DATE:20270104", "DTEND;VALUE=DATE:20270106"], True),
            (["DTSTART;VALUE=DATE:20270103", "DTEND;VALUE=DATE:20270105"], False), (["DTSTART:20270105T113000", "DURATION:PT1H"], True),
            (["DTSTART:20261229T110000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"], True), (["DTSTART:20261229T110000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=1"], False),
            (["DTSTART:20261229T110000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", "EXDATE:20270105T110000Z"], False),
            (["DTSTART:20200101T110000Z", "DURATION:PT1H", "RDATE:20270105T103000Z"], True),
            (["DTSTART:20200101T110000Z", "DURATION:PT1H", "RDATE;VALUE=PERIOD:20270105T080000Z/PT3H"], True),
            (["DTSTART:20270101T110000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20270104T110000Z"], False)],
        "VTODO": [
            (["DTSTART:" + hour[8], "DURATION:PT2H"], True), (["DTSTART:" + hour[7], "DURATION:PT2H"], False), (["DTSTART:" + hour[12], "DURATION:PT1H"], False),
            (["DTSTART:" + hour[8], "DUE:" + hour[10]], False), (["DTSTART:" + hour[8], "DUE:" + hour[11]], True), (["DTSTART:" + hour[13], "DUE:" + hour[14]], False),
            (["DTSTART:" + hour[10]], True), (["DTSTART:" + hour[12]], False), (["DUE:" + hour[10]], False), (["DUE:" + hour[12]], True), (["DUE:" + hour[13]], False),
            (["COMPLETED:" + hour[10], "CREATED:" + hour[8]], True), (["COMPLETED:" + hour[9], "CREATED:" + hour[8]], False), (["COMPLETED:" + hour[14], "CREATED:" + hour[9]], True),
            (["COMPLETED:" + hour[12]], True), (["COMPLETED:" + hour[13]], False), (["CREATED:" + hour[9]], True), (["CREATED:" + hour[12]], False), ([], True)],
        "VJOURNAL": [
            (["DTSTART:" + hour[10]], True), (["DTSTART:" + hour[9]], False), (["DTSTART:" + hour[12]], False), (["DTSTART;VALUE=DATE:20270105"], True),
            (["DTSTART;VALUE=DATE:20270106"], False), ([], False)],
        "VFREEBUSY": [
            (["DTSTART:" + hour[11], "DTEND:" + hour[13]], True), (["DTSTART:" + hour[12], "DTEND:" + hour[13]], False),
            (["FREEBUSY:20270105T090000Z/PT2H"], True), (["FREEBUSY:20270105T070000Z/PT2H,20270105T130000Z/PT1H"], False), ([], False)],
    }
    for kind, rows in table.items():
        with steps(f"{kind}: the table of section 9.9, row by row ({len(rows)})"):
            objects = {f"{kind.lower()}-{number}": calendar(component(kind, f"{kind}-{number}", *lines)) for number, (lines, _) in enumerate(rows)}
            shelf.put(objects)
            found = shelf.find(in_range(kind, start, end))
            wrong = [(lines, "found" if name in found else "not found") for (lines, hit), name in zip(rows, objects) if hit != (name in found)]
            equal(wrong, [], "differing rows")
            for name in objects:
                equal(shelf.client.delete(f"{shelf.path}{name}.ics").status, 204)
    with steps("alarms: by trigger, relative to the end, absolute, and repeated"):
        shelf.put({f"alarm-{number}": event(f"alarm-{number}", ":20270105T140000Z", "DTEND:20270105T150000Z", "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", *lines, "END:VALARM")
                   for number, lines in enumerate([["TRIGGER:-PT3H"], ["TRIGGER:-PT1H"], ["TRIGGER;RELATED=END:-PT4H"], ["TRIGGER;VALUE=DATE-TIME:20270105T100000Z"],
                                                   ["TRIGGER:-PT6H", "DURATION:PT1H", "REPEAT:3"], ["TRIGGER:-PT6H"]])})
        equal(shelf.find('<C:comp-filter name="VEVENT">' + in_range("VALARM", start, end) + "</C:comp-filter>"), ["alarm-0", "alarm-2", "alarm-3", "alarm-4"])
        for number in range(6):
            shelf.client.delete(f"{shelf.path}alarm-{number}.ics")
    with steps("THISANDFUTURE moves every later instance"):
        shelf.put({"later": calendar(component("VEVENT", "later", "DTSTART:20270104T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"),
                                     component("VEVENT", "later", "RECURRENCE-ID;RANGE=THISANDFUTURE:20270106T100000Z", "DTSTART:20270106T150000Z", "DURATION:PT2H"))})
        got = shelf.data(in_range("VEVENT", "20270101T000000Z", "20270201T000000Z"),
                         '<C:calendar-data><C:expand start="20270101T000000Z" end="20270201T000000Z"/></C:calendar-data>')["later"]
        equal(starts(got), ["20270104T100000Z", "20270105T100000Z", "20270106T150000Z", "20270107T150000Z"])
        shelf.client.delete(f"{shelf.path}later.ics")
    with steps("a rule without end costs no more than its answer: every second, for ever, asked for a minute"):
        shelf.put({"seconds": event("seconds", ":20200101T000000Z", "RRULE:FREQ=SECONDLY")})
        equal(shelf.find(in_range("VEVENT", "20270105T100000Z", "20270105T100100Z")), ["seconds"])
        reply = shelf.client.query(shelf.path, in_range("VEVENT", "20270101T000000Z", "20280101T000000Z"),
                                   '<C:calendar-data><C:expand start="20270101T000000Z" end="20280101T000000Z"/></C:calendar-data>')
        one_of(reply.status, (207, 403, 507), f"{reply.body[:200]}")
        holds(len(reply.body) < 64 << 20, f"{len(reply.body)} bytes of instances")
        shelf.client.delete(f"{shelf.path}seconds.ics")


def free_busy(steps, shelf, server):
    """Section 7.10."""
    client, path = shelf.client, shelf.path
    with steps("free-busy-query tells busy, tentative and unavailable times, and nothing of what they are"):
        reply = client.free_busy(path, "20060104T140000Z", "20060105T220000Z")
        equal((reply.status, reply.headers["Content-Type"].split(";")[0]), (200, "text/calendar"))
        held = read(reply.text).one("VFREEBUSY")
        equal((held.value("DTSTART"), held.value("DTEND")), ("20060104T140000Z", "20060105T220000Z"))
        kinds = {}
        for name, given, value in held.lines:
            if name == "FREEBUSY":
                kind = given.upper().removeprefix("FBTYPE=") or "BUSY"
                kinds.setdefault(kind, []).extend(period.split("/")[0] for period in value.split(","))
        equal({kind: sorted(found) for kind, found in kinds.items()},
              {"BUSY-TENTATIVE": ["20060104T150000Z"], "BUSY": ["20060104T190000Z", "20060105T170000Z"], "BUSY-UNAVAILABLE": ["20060105T100000Z"]})
        holds("Event" not in reply.text, "it tells too much")
    with steps("transparent and cancelled events are not busy; touching and overlapping ones are told as one"):
        shelf.put({"transparent": event("transparent", ":20270110T100000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"),
                   "cancelled": event("cancelled", ":20270110T120000Z", "DURATION:PT1H", "STATUS:CANCELLED"),
                   "first": event("first", ":20270110T140000Z", "DURATION:PT1H"), "second": event("second", ":20270110T143000Z", "DURATION:PT1H"),
                   "cut": event("cut", ":20270110T220000Z", "DURATION:PT5H")})
        held = read(client.free_busy(path, "20270110T000000Z", "20270111T000000Z").text).one("VFREEBUSY")
        periods = sorted(period for value in held.values("FREEBUSY") for period in value.split(","))
        one_of(periods[0], ("20270110T140000Z/20270110T153000Z", "20270110T140000Z/PT1H30M"), f"{periods}")
        equal(([period.split("/")[0] for period in periods], periods[-1].split("/")[0]), (["20270110T140000Z", "20270110T220000Z"], "20270110T220000Z"))
    with steps("a free time has an answer without FREEBUSY; Depth 0 of a calendar looks at nothing"):
        equal(read(client.free_busy(path, "20300101T000000Z", "20300102T000000Z").text).one("VFREEBUSY").values("FREEBUSY"), [])
        reply = client.free_busy(path, "20060104T140000Z", "20060105T220000Z", depth="0")
        equal(reply.status, 200)
    with steps("a stranger gets no free-busy, and an object gives none"):
        one_of(CalendarClient(server.url, "bob").free_busy(path, "20060104T140000Z", "20060105T220000Z").status, (403, 404))
        one_of(client.free_busy(f"{path}abcd1.ics", "20060104T140000Z", "20060105T220000Z").status, (403, 405))
    with steps("a query that lacks its range is refused"):
        reply = client.request("REPORT", path, '<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"/>', {"Content-Type": "application/xml", "Depth": "1"})
        one_of(reply.status, (400, 403))


def main():
    steps = Steps()
    with Server(users=("alice", "bob")) as server:
        client = CalendarClient(server.url, "alice")
        path = server.calendar("alice", "everything")
        listed = "".join(f'<C:comp name="{kind}"/>' for kind in ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"))
        made = client.make_calendar(path, f"<C:supported-calendar-component-set>{listed}</C:supported-calendar-component-set>")
        equal(made.status, 201, f"no calendar of four kinds of component {made.body[:300]}")
        shelf = Shelf(client, path)
        appendix(steps, shelf)
        texts_and_parameters(steps, shelf)
        ranges(steps, shelf)
        free_busy(steps, shelf, server)
        steps.finish()


main()
