#!/usr/bin/env python3
# timeout: 120
"""Calendar and Reminders on macOS and iOS, as sequences of their requests: the account, calendars
and their settings, first sync, editing on the phone, lists of reminders."""

import uuid

from calendars import CAL, ICAL, CalendarClient
from dav import CS, D, ME, elements
from events import VIENNA, calendar, component, event, read, todo
from rolodav import Server
from steps import Steps, equal, holds, one_of

MAC = {"User-Agent": "macOS/14.6 (23G80) dataaccessd/1.0", "Accept": "*/*", "Content-Type": "text/xml", "Brief": "t",
       "Prefer": "return=minimal", "Accept-Language": "en-GB,en;q=0.9", "Accept-Encoding": "gzip, deflate"}
PHONE = {**MAC, "User-Agent": "iOS/17.0.2 (21A351) dataaccessd/1.0"}
PRINCIPAL = (CAL + "calendar-home-set", CAL + "calendar-user-address-set", D + "current-user-principal", D + "displayname",
             CS + "dropbox-home-URL", CS + "email-address-set", CS + "notification-URL", D + "principal-collection-set",
             D + "principal-URL", D + "resource-id", CAL + "schedule-inbox-URL", CAL + "schedule-outbox-URL", D + "supported-report-set")
HOME = (D + "add-member", CS + "allowed-sharing-modes", ICAL + "autoprovisioned", ME + "bulk-requests", CAL + "calendar-alarm",
        ICAL + "calendar-color", CAL + "calendar-description", CAL + "calendar-free-busy-set", ICAL + "calendar-order",
        CAL + "calendar-timezone", D + "current-user-privilege-set", CAL + "default-alarm-vevent-date",
        CAL + "default-alarm-vevent-datetime", D + "displayname", CS + "getctag", CS + "invite", ICAL + "language-code",
        ICAL + "location-code", D + "owner", CS + "pre-publish-url", CS + "publish-url", CS + "push-transports", CS + "pushkey",
        D + "quota-available-bytes", D + "quota-used-bytes", ICAL + "refreshrate", D + "resource-id", D + "resourcetype",
        CAL + "schedule-calendar-transp", CAL + "schedule-default-calendar-URL", CS + "source", CS + "subscribed-strip-alarms",
        CS + "subscribed-strip-attachments", CS + "subscribed-strip-todos", CAL + "supported-calendar-component-set",
        CAL + "supported-calendar-component-sets", D + "supported-report-set", D + "sync-token", CAL + "managed-attachments-server-URL")
TIMEZONE = calendar(VIENNA, lines=["CALSCALE:GREGORIAN"]).replace("\r", "&#13;")
ALARM = "BEGIN:VALARM&#13;\nX-WR-ALARMUID:{uid}&#13;\nUID:{uid}&#13;\nTRIGGER:-PT15H&#13;\nATTACH;VALUE=URI:Basso&#13;\nACTION:AUDIO&#13;\nEND:VALARM&#13;\n"
# What the phone writes: an alarm with its own names, a travel time, a structured place, UNTIL in local time.
EVENT = """BEGIN:VCALENDAR
VERSION:2.0
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//iOS 17.0.2//EN
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:MESZ
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:MEZ
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
CREATED:20261120T101500Z
DTEND;TZID=Europe/Berlin:20270105T113000
DTSTAMP:20261120T101501Z
DTSTART;TZID=Europe/Berlin:20270105T100000
LAST-MODIFIED:20261120T101500Z
LOCATION:Café Größe\\nHauptstraße 1\\, Linz
RRULE:FREQ=WEEKLY;UNTIL=20270202T100000
SEQUENCE:0
SUMMARY:Frühstück 🥐
TRANSP:OPAQUE
UID:{uid}
X-APPLE-CREATOR-IDENTITY:com.apple.mobilecal
X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="Hauptstraße 1, Linz";X-APPLE-MAPKIT-HANDLE=CAES;X-APPLE-RADIUS=70.58;X-TITLE="Café: Größe":geo:48.306940,14.285830
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Erinnerung
TRIGGER:-PT15M
UID:0F4F2B5E-93A9-4C6F-9C0E-9C5B2B3A4D11
X-WR-ALARMUID:0F4F2B5E-93A9-4C6F-9C0E-9C5B2B3A4D11
END:VALARM
END:VEVENT
END:VCALENDAR
"""
REMINDER = """BEGIN:VCALENDAR
VERSION:2.0
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//iOS 17.0.2//EN
BEGIN:VTODO
CREATED:20261120T101500Z
DTSTAMP:20261120T101501Z
DUE;VALUE=DATE:20270110
LAST-MODIFIED:20261120T101500Z
PRIORITY:5
SEQUENCE:0
SUMMARY:Käse & Brot
UID:{uid}
X-APPLE-SORT-ORDER:690000000
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Reminder
TRIGGER;VALUE=DATE-TIME:20270110T080000Z
UID:{uid}-alarm
END:VALARM
END:VTODO
END:VCALENDAR
"""


def crlf(text, **values):
    """The object with CRLF line ends."""
    return text.format(**values).replace("\n", "\r\n")


def propfind(client, path, names, depth="0", **headers):
    """PROPFIND as Apple's clients write it."""
    body = ('<?xml version="1.0" encoding="UTF-8"?>\n<A:propfind xmlns:A="DAV:">\n  <A:prop>\n    '
            f"{elements(names)}\n  </A:prop>\n</A:propfind>\n")
    return client.request("PROPFIND", path, body, {"Depth": depth, **headers})


def proppatch(client, path, inner):
    """PROPPATCH as macOS writes it; every property must have been set."""
    reply = client.request("PROPPATCH", path, (
        '<?xml version="1.0" encoding="UTF-8"?>\n<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop>'
        f"{inner}</A:prop></A:set></A:propertyupdate>\n"))
    one_of(reply.status, (200, 207), f"PROPPATCH {path} {reply.body[:300]}")
    if reply.status == 207:
        codes = [propstat.status.split()[1] for propstat in reply.multistatus().only().propstats]
        equal(codes, ["200"], f"{reply.body[:400]}")


def sync(client, path, token=""):
    """sync-collection as the clients write it."""
    return client.request("REPORT", path, (
        '<?xml version="1.0" encoding="UTF-8"?>\n<A:sync-collection xmlns:A="DAV:">\n'
        f"  <A:sync-token>{token}</A:sync-token>\n  <A:sync-level>1</A:sync-level>\n"
        "  <A:prop>\n    <A:getetag/>\n    <A:getcontenttype/>\n  </A:prop>\n</A:sync-collection>\n"))


def multiget(client, path, hrefs):
    """calendar-multiget as the clients write it."""
    return client.request("REPORT", path, (
        '<?xml version="1.0" encoding="UTF-8"?>\n<B:calendar-multiget xmlns:B="urn:ietf:params:xml:ns:caldav">\n'
        '  <A:prop xmlns:A="DAV:">\n    <A:getetag/>\n    <B:schedule-tag/>\n    <B:calendar-data/>\n  </A:prop>\n'
        + "".join(f'  <A:href xmlns:A="DAV:">{href}</A:href>\n' for href in hrefs) + "</B:calendar-multiget>\n")).multistatus()


def query(client, path, kind, bounds):
    """calendar-query as the clients write it: tags of what lies in a range."""
    return client.request("REPORT", path, (
        '<?xml version="1.0" encoding="UTF-8"?>\n<B:calendar-query xmlns:B="urn:ietf:params:xml:ns:caldav">\n'
        '  <A:prop xmlns:A="DAV:">\n    <A:getetag/>\n    <A:getcontenttype/>\n  </A:prop>\n  <B:filter>\n'
        f'    <B:comp-filter name="VCALENDAR">\n      <B:comp-filter name="{kind}">\n        <B:time-range {bounds}/>\n'
        "      </B:comp-filter>\n    </B:comp-filter>\n  </B:filter>\n</B:calendar-query>\n"), {"Depth": "1"}).multistatus()


def put(client, path, text, **headers):
    """PUT as the clients do it."""
    return client.request("PUT", path, text, {"Content-Type": "text/calendar", **{
        name.replace("_", "-"): value for name, value in headers.items()}})


def component_set(response):
    """The kinds of component that a calendar says it takes."""
    held = response.get(CAL + "supported-calendar-component-set")
    assert held is not None, f"{response.href} gives no supported-calendar-component-set"
    return [each.get("name") for each in held]


def set_up(steps, server, client):
    """From the host name to the calendars."""
    with steps("well-known redirects by a path, and every place asks for the same realm"):
        reply = propfind(client, "/.well-known/caldav", [D + "current-user-principal"], Authorization=None)
        one_of(reply.status, (301, 308))
        equal(reply.headers["Location"], "/dav/")
        replies = [propfind(client, path, [D + "current-user-principal"], Authorization=None) for path in (
            "/dav/", server.principal("alice"), server.calendar_home("alice"), server.calendar("alice"))]
        equal([reply.status for reply in replies], [401] * 4)
        equal(len({reply.headers["WWW-Authenticate"] for reply in replies}), 1)
    with steps("the principal offers calendars by its DAV header"):
        reply = client.request("OPTIONS", server.principal("alice"))
        equal((reply.status, reply.body), (200, b""))
        for token in ("1", "3", "access-control", "calendar-access", "extended-mkcol"):
            holds(token in reply.tokens("DAV"), f"no {token} in DAV: {reply.tokens('DAV')}")
        reply = client.request("OPTIONS", server.calendar_home("alice"))
        holds("MKCALENDAR" in reply.tokens("Allow") or "MKCALENDAR" in client.request("OPTIONS", server.calendar("alice", "x")).tokens("Allow"),
              f"MKCALENDAR is not in Allow: {reply.tokens('Allow')}")
    with steps("the principal gives exactly one home and the addresses of the user"):
        found = propfind(client, server.principal("alice"), PRINCIPAL).multistatus().only()
        equal(found.href_of(CAL + "calendar-home-set"), server.calendar_home("alice"))
        equal(found.href_of(D + "principal-URL"), server.principal("alice"))
        hrefs = [href.text for href in found.get(CAL + "calendar-user-address-set")]
        holds(hrefs, "no calendar user address")
        holds(found.text(D + "displayname"), "an empty name")
    with steps("the home lists itself first, then a calendar of events, a list of tasks, and birthdays"):
        listing = propfind(client, server.calendar_home("alice"), HOME, depth="1").multistatus()
        equal(listing.hrefs()[0], server.calendar_home("alice"))
        holds(listing.responses[0].text(CS + "getctag"), "the home has no getctag")
        found = {each.href: each for each in listing if CAL + "calendar" in each.names(D + "resourcetype")}
        equal({href: component_set(each) for href, each in found.items()},
              {server.calendar("alice"): ["VEVENT"], server.calendar("alice", "tasks"): ["VTODO"], server.calendar("alice", "birthdays"): ["VEVENT"]})
    with steps("each of them says who owns it, what may be done, and how it syncs; birthdays cannot be written"):
        for href, each in found.items():
            equal(each.href_of(D + "owner"), server.principal("alice"))
            if href == server.calendar("alice", "birthdays"):
                holds("read" in each.privileges() and not {"write", "write-content", "bind", "unbind"} & each.privileges(), f"{href}: {each.privileges()}")
            else:
                holds({"read", "write", "write-content", "write-properties", "bind", "unbind"} <= each.privileges(), f"{href}: {each.privileges()}")
            holds({D + "sync-collection", CAL + "calendar-multiget", CAL + "calendar-query"} <= each.reports(), f"{href}: {each.reports()}")
            holds(each.text(CS + "getctag") and ":" in each.text(D + "sync-token") and each.text(D + "displayname"), f"{href}: no getctag, token or name")
            own = "transparent" if href == server.calendar("alice", "birthdays") else "opaque"
            equal(each.names(CAL + "schedule-calendar-transp"), [CAL + own], href)
    with steps("asked to be brief, there is no 404 propstat; otherwise every property is answered for"):
        holds(all(propstat.status == "HTTP/1.1 200 OK" for each in listing for propstat in each.propstats), "a 404 propstat")
        for each in propfind(client, server.calendar_home("alice"), HOME, depth="1", Brief=None, Prefer=None).multistatus():
            equal({name for propstat in each.propstats for name in propstat.properties}, set(HOME), each.href)
    with steps("questions about delegates and about people are answered without an error"):
        body = ('<?xml version="1.0" encoding="UTF-8"?>\n<A:expand-property xmlns:A="DAV:">' + "".join(
            f'<A:property name="calendar-proxy-{way}-for" namespace="http://calendarserver.org/ns/"><A:property '
            'name="calendar-user-address-set" namespace="urn:ietf:params:xml:ns:caldav"/><A:property name="email-address-set" '
            'namespace="http://calendarserver.org/ns/"/><A:property name="displayname" namespace="DAV:"/></A:property>'
            for way in ("read", "write")) + "</A:expand-property>")
        equal(client.request("REPORT", server.principal("alice"), body).status, 207)
        body = ('<?xml version="1.0" encoding="UTF-8"?>\n<C:calendarserver-principal-search xmlns:C="http://calendarserver.org/ns/" '
                'context="attendee"><C:search-token>bob</C:search-token><A:prop xmlns:A="DAV:"><A:displayname/></A:prop></C:calendarserver-principal-search>')
        reply = client.request("REPORT", "/dav/principals/", body, {"Depth": "0"})
        holds(reply.status == 207 or (reply.status == 403 and D + "supported-report" in reply.conditions()), f"{reply!r} {reply.body[:200]}")


def settings(steps, server, mac):
    """What people set on a calendar, and calendars they make."""
    home, path = server.calendar_home("alice"), server.calendar("alice")
    made = {kind: f"{home}{str(uuid.uuid4()).upper()}/" for kind in ("VEVENT", "VTODO")}
    with steps("colour, order, name, description, time zone and transparency are set and come back"):
        proppatch(mac, path, '<D:calendar-color xmlns:D="http://apple.com/ns/ical/" symbolic-color="custom">#FF2968FF</D:calendar-color>')
        proppatch(mac, path, '<D:calendar-order xmlns:D="http://apple.com/ns/ical/">7</D:calendar-order>')
        proppatch(mac, path, "<A:displayname>Privat &amp; Größe</A:displayname>")
        proppatch(mac, path, '<B:calendar-description xmlns:B="urn:ietf:params:xml:ns:caldav">Nur für mich</B:calendar-description>')
        proppatch(mac, path, f'<B:calendar-timezone xmlns:B="urn:ietf:params:xml:ns:caldav">{TIMEZONE}</B:calendar-timezone>')
        proppatch(mac, path, '<B:schedule-calendar-transp xmlns:B="urn:ietf:params:xml:ns:caldav"><B:transparent/></B:schedule-calendar-transp>')
        found = propfind(mac, path, HOME).multistatus().only()
        equal(found.text(ICAL + "calendar-color").upper()[:7], "#FF2968")
        equal((found.text(ICAL + "calendar-order"), found.text(D + "displayname"), found.text(CAL + "calendar-description")),
              ("7", "Privat & Größe", "Nur für mich"))
        holds("TZID:Europe/Vienna" in found.text(CAL + "calendar-timezone"), found.text(CAL + "calendar-timezone"))
        equal(found.names(CAL + "schedule-calendar-transp"), [CAL + "transparent"])
        proppatch(mac, path, '<B:schedule-calendar-transp xmlns:B="urn:ietf:params:xml:ns:caldav"><B:opaque/></B:schedule-calendar-transp>')
    with steps("default alarms are kept on the home and on a calendar"):
        for where in (home, path):
            for name in ("default-alarm-vevent-date", "default-alarm-vevent-datetime"):
                alarm = ALARM.format(uid=str(uuid.uuid4()).upper())
                proppatch(mac, where, f'<B:{name} xmlns:B="urn:ietf:params:xml:ns:caldav">{alarm}</B:{name}>')
                got = propfind(mac, where, [CAL + name]).multistatus().only().text(CAL + name)
                equal(got.replace("\r", ""), alarm.replace("&#13;", ""))
    with steps("a calendar and a list of reminders are made as macOS makes them"):
        for kind, where in made.items():
            body = ('<?xml version="1.0" encoding="UTF-8"?>\n<B:mkcalendar xmlns:B="urn:ietf:params:xml:ns:caldav">\n  <A:set xmlns:A="DAV:">\n    <A:prop>\n'
                    '      <D:calendar-order xmlns:D="http://apple.com/ns/ical/">3</D:calendar-order>\n'
                    f'      <B:supported-calendar-component-set>\n        <B:comp name="{kind}"/>\n      </B:supported-calendar-component-set>\n'
                    '      <D:calendar-color xmlns:D="http://apple.com/ns/ical/" symbolic-color="custom">#44A703</D:calendar-color>\n'
                    f"      <B:calendar-timezone>{TIMEZONE}</B:calendar-timezone>\n      <A:displayname>Neu {kind}</A:displayname>\n"
                    "      <B:schedule-calendar-transp>\n        <B:opaque/>\n      </B:schedule-calendar-transp>\n    </A:prop>\n  </A:set>\n</B:mkcalendar>")
            equal(mac.request("MKCALENDAR", where, body).status, 201)
            found = propfind(mac, home, HOME, depth="1").multistatus().by_href(where)
            equal((component_set(found), found.text(D + "displayname"), found.text(ICAL + "calendar-order")), ([kind], f"Neu {kind}", "3"))
            equal(found.text(ICAL + "calendar-color").upper()[:7], "#44A703")
            holds("Europe/Vienna" in found.text(CAL + "calendar-timezone"), "the zone is lost")
    with steps("what has no meaning for a calendar is refused as a property, not with an error of the server"):
        body = ('<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop><A:resourcetype><A:collection/></A:resourcetype></A:prop></A:set></A:propertyupdate>')
        reply = mac.request("PROPPATCH", path, body)
        equal(reply.multistatus().only().status_of(D + "resourcetype"), 403)
    with steps("a calendar is deleted; the home's getctag moved"):
        before = propfind(mac, home, [CS + "getctag"]).multistatus().only().text(CS + "getctag")
        equal(mac.request("DELETE", made["VEVENT"]).status, 204)
        after = propfind(mac, home, [CS + "getctag"], depth="1").multistatus()
        holds(made["VEVENT"] not in after.hrefs() and after.by_href(home).text(CS + "getctag") != before, "still there, or the getctag stayed")
    return made["VTODO"]


def first_sync(steps, phone, other, path):
    """What others stored comes to the phone."""
    with steps("the first sync names every event with tag and type, the range query only those in it"):
        equal(other.put(f"{path}old.ics", event("old", ":20200101T100000Z", "DTEND:20200101T110000Z")).status, 201)
        equal(other.put(f"{path}new.ics", event("new", ":20270105T100000Z", "DTEND:20270105T110000Z", "X-KEEP:stays")).status, 201)
        equal(other.put(f"{path}rule.ics", event("rule", ":20190101T100000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY")).status, 201)
        listing = sync(phone, path).multistatus()
        equal(sorted(listing.hrefs()), [f"{path}{name}.ics" for name in ("new", "old", "rule")])
        for each in listing:
            holds(each.text(D + "getcontenttype").startswith("text/calendar"), each.text(D + "getcontenttype"))
        found = query(phone, path, "VEVENT", 'start="20261120T000000Z"')
        equal(sorted(found.hrefs()), [f"{path}new.ics", f"{path}rule.ics"])
        for each in found:
            equal(each.text(D + "getetag"), listing.by_href(each.href).text(D + "getetag"), each.href)
    with steps("multiget brings them as they were stored"):
        for each in multiget(phone, path, listing.hrefs()):
            equal(each.text(D + "getetag"), listing.by_href(each.href).text(D + "getetag"))
            equal(each.text(CAL + "calendar-data").replace("\r\n", "\n"), other.get(each.href).text.replace("\r\n", "\n"))
    return listing.token


def editing(steps, phone, mac, path, token):
    """Making, changing, deleting on the phone; the Mac sees it."""
    uid = str(uuid.uuid4()).upper()
    where, text = f"{path}{uid}.ics", crlf(EVENT, uid=uid)
    with steps("an event of the phone, UNTIL in local time and all, is stored byte for byte"):
        reply = put(phone, where, text, If_None_Match="*")
        equal(reply.status, 201, f"{reply.body[:300]}")
        etag = reply.etag
        holds(etag and etag.startswith('"'), f"ETag is {etag}")
        got = phone.request("GET", where)
        equal((got.body, got.etag), (text.encode(), etag))
        holds(got.headers["Content-Type"].startswith("text/calendar"), got.headers["Content-Type"])
    with steps("the next sync names exactly it, with the tag of the answer, and its instances are found"):
        delta = sync(mac, path, token).multistatus()
        equal((delta.hrefs(), delta.only().text(D + "getetag")), ([where], etag))
        for day, found in (("0202", True), ("0209", False)):
            hrefs = query(mac, path, "VEVENT", f'start="2027{day}T000000Z" end="2027{day}T235959Z"').hrefs()
            equal(where in hrefs, found, f"an instance on {day}")
    with steps("made once more under that name, it is refused with 412"):
        equal(put(phone, where, text, If_None_Match="*").status, 412)
    with steps("“only this event” changed on the phone: a second component, with the known tag"):
        override = text[text.index("BEGIN:VEVENT"):text.index("END:VCALENDAR")].replace("RRULE:FREQ=WEEKLY;UNTIL=20270202T100000\r\n", "")
        override = (override.replace("DTSTART;TZID=Europe/Berlin:20270105T100000", "DTSTART;TZID=Europe/Berlin:20270113T090000\r\nRECURRENCE-ID;TZID=Europe/Berlin:20270112T100000")
                    .replace("DTEND;TZID=Europe/Berlin:20270105T113000", "DTEND;TZID=Europe/Berlin:20270113T093000"))
        both = text.replace("END:VCALENDAR", override + "END:VCALENDAR")
        # Where an event has no schedule tag, the header is sent empty.
        changed = put(phone, where, both, If_Match=etag, If_Schedule_Tag_Match="")
        equal(changed.status, 204, f"{changed.body[:300]}")
        holds(changed.etag not in (None, etag), f"ETag {changed.etag}")
        hrefs = [query(mac, path, "VEVENT", f'start="202701{day}T000000Z" end="202701{day}T235959Z"').hrefs() for day in ("12", "13")]
        equal([where in found for found in hrefs], [False, True], "on the 12th, on the 13th")
    with steps("a change over an old tag is refused with the current one"):
        stale = put(mac, where, text, If_Match=etag)
        equal((stale.status, stale.etag), (412, changed.etag))
        equal(phone.request("GET", where).body, both.encode())
    with steps("deleting wants the tag; afterwards it is 404, gone in the sync, and may be made again"):
        equal(phone.request("DELETE", where, None, {"If-Match": etag}).status, 412)
        equal(phone.request("DELETE", where, None, {"If-Match": changed.etag}).status, 204)
        equal(phone.request("GET", where).status, 404)
        equal(phone.request("DELETE", where).status, 404)
        equal(sync(mac, path, token).multistatus().by_href(where).status, "HTTP/1.1 404 Not Found")
        equal(put(phone, where, text, If_None_Match="*").status, 201)
        holds(sync(mac, path, token).multistatus().by_href(where).status is None, "still reported as removed")
    with steps("a token the server never gave is refused with 403 and valid-sync-token"):
        reply = sync(phone, path, "https://example.org/nonsense/1")
        equal((reply.status, reply.conditions()[:1]), (403, [D + "valid-sync-token"]))
    with steps("an invitation that came by mail is stored with its people untouched"):
        mail = calendar(component("VEVENT", "by-mail", "DTSTART:20270115T100000Z", "DTEND:20270115T110000Z", "SUMMARY:Von außen",
                                  "ORGANIZER;CN=Eve:mailto:eve@elsewhere.invalid", "ATTENDEE;CN=X;PARTSTAT=ACCEPTED:mailto:x@elsewhere.invalid"))
        equal(put(phone, f"{path}by-mail.ics", mail, If_None_Match="*").status, 201)
        held = read(mac.get(f"{path}by-mail.ics").text).one("VEVENT")
        equal((held.value("ORGANIZER"), held.value("ATTENDEE")), ("mailto:eve@elsewhere.invalid", "mailto:x@elsewhere.invalid"))


def reminders(steps, phone, mac, server, path):
    """Lists of reminders."""
    uid = str(uuid.uuid4()).upper()
    where, text = f"{path}{uid}.ics", crlf(REMINDER, uid=uid)
    with steps("a reminder is stored byte for byte and found by its due day"):
        reply = put(phone, where, text, If_None_Match="*")
        equal((reply.status, phone.request("GET", where).body), (201, text.encode()))
        equal(query(mac, path, "VTODO", 'start="20270109T000000Z" end="20270111T000000Z"').hrefs(), [where])
        equal(query(mac, path, "VTODO", 'start="20270110T120000Z" end="20270111T000000Z"').hrefs(), [])
    with steps("ticked off, it stays and is no longer among the open ones"):
        done = text.replace("SEQUENCE:0", "COMPLETED:20270109T120000Z\r\nPERCENT-COMPLETE:100\r\nSTATUS:COMPLETED\r\nSEQUENCE:1")
        equal(put(phone, where, done, If_Match=reply.etag).status, 204)
        still_open = mac.query(path, '<C:comp-filter name="VTODO"><C:prop-filter name="COMPLETED"><C:is-not-defined/></C:prop-filter></C:comp-filter>')
        equal(still_open.multistatus().hrefs(), [])
        equal(read(mac.get(where).text).one("VTODO").value("STATUS"), "COMPLETED")
    with steps("an event does not go into a list of reminders, nor a reminder into a calendar"):
        for target, wrong in ((path, event("wrong", ":20270101T100000Z")), (server.calendar("alice"), todo("wrong"))):
            refused = put(phone, f"{target}wrong.ics", wrong, If_None_Match="*")
            equal((refused.status, refused.conditions()[:1]), (403, [CAL + "supported-calendar-component"]), target)
            equal(phone.request("GET", f"{target}wrong.ics").status, 404)


def main():
    steps = Steps()
    with Server() as server:
        mac, phone = (CalendarClient(server.url, "alice", headers=headers) for headers in (MAC, PHONE))
        other = CalendarClient(server.url, "alice")
        path = server.calendar("alice")
        set_up(steps, server, phone)
        tasks = settings(steps, server, mac)
        token = first_sync(steps, phone, other, path)
        editing(steps, phone, mac, path, token)
        reminders(steps, phone, mac, server, tasks)
        steps.finish()


main()
