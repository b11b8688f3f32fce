#!/usr/bin/env python3
# timeout: 120
"""Invitations as Calendar (macOS, iOS) and DAVx5 send and answer them: inbox, outbox, schedule tags,
what an attendee may change, people outside, free-busy and availability (RFC 6638, RFC 7953)."""

import xml.etree.ElementTree as ET

from calendars import CAL, CalendarClient
from dav import D
from events import calendar, component, read
from rolodav import Server
from steps import Steps, equal, holds, one_of

APPLE = {"User-Agent": "iOS/17.0.2 (21A351) dataaccessd/1.0", "Accept": "*/*", "Brief": "t", "Prefer": "return=minimal"}
DAVX5 = {"User-Agent": "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15", "Connection": "Keep-Alive"}


class Person:
    """One user: addresses, boxes and calendar as the principal tells them."""

    def __init__(self, server, name, headers):
        self.client = CalendarClient(server.url, name, headers=headers)
        self.path = server.calendar(name)
        found = self.client.propfind(server.principal(name), CAL + "calendar-user-address-set", CAL + "schedule-inbox-URL",
                                     CAL + "schedule-outbox-URL", CAL + "calendar-user-type").multistatus().only()
        self.inbox, self.outbox = found.href_of(CAL + "schedule-inbox-URL"), found.href_of(CAL + "schedule-outbox-URL")
        self.addresses = [href.text for href in found.get(CAL + "calendar-user-address-set")]
        self.address = next(each for each in self.addresses if each.startswith("mailto:"))
        self.type = found.text(CAL + "calendar-user-type")

    def members(self, path):
        """The addresses of what is in a collection."""
        return [href for href in self.client.propfind(path, D + "getetag", depth="1").multistatus().hrefs() if href != path]

    def copy(self, uid):
        """The address of the own copy of an event, or None."""
        for href in self.members(self.path):
            if f"UID:{uid}\r\n" in self.client.get(href).text:
                return href
        return None

    def messages(self, method, uid):
        """The messages of a method about an event in the inbox, as (address, object)."""
        held = [(href, read(self.client.get(href).text)) for href in self.members(self.inbox)]
        return [(href, each) for href, each in held if each.value("METHOD") == method and each.all("VEVENT")[0].value("UID") == uid]


def line_of(text, person, at=None):
    """The parameters of somebody's ATTENDEE line, in the master or in the instance `at`."""
    for each in read(text).all("VEVENT"):
        if each.value("RECURRENCE-ID") == at:
            found = [given for name, given, value in each.lines if name == "ATTENDEE" and value.lower() == person.address.lower()]
            assert len(found) == 1, f"{len(found)} lines for {person.address} in {text}"
            return dict(part.split("=", 1) for part in found[0].split(";") if part)
    raise AssertionError(f"no component for {at} in {text}")


def meeting(uid, organizer, *attendees, agent="SERVER", lines=(), more=()):
    """A meeting of an hour, as the organizer's client writes it; who tells the attendees is the `agent`."""
    agent = "" if agent == "SERVER" else f";SCHEDULE-AGENT={agent}"
    people = [f"ATTENDEE;CN=Org;CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;ROLE=CHAIR:{organizer}"]
    people += [f"ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE{agent}:{each}" for each in attendees]
    return calendar(component("VEVENT", uid, "DTSTART:20270105T100000Z", "DURATION:PT1H", "SUMMARY:Besprechung Größe", "SEQUENCE:0",
                              f"ORGANIZER;CN=Org:{organizer}", *people, *lines), *more)


def accepted(text, person, state="ACCEPTED"):
    """The text with a person's answer in every component."""
    lines, out = text.replace("\r\n ", "").split("\r\n"), []
    for each in lines:
        if each.startswith("ATTENDEE") and each.lower().endswith(person.address.lower()):
            each = each.replace("PARTSTAT=NEEDS-ACTION", f"PARTSTAT={state}").replace("PARTSTAT=ACCEPTED", f"PARTSTAT={state}")
        out.append(each)
    return "\r\n".join(out)


def discovery(steps, server, people):
    """What clients look at before they offer invitations."""
    with steps("calendar-auto-schedule is in the DAV header of principal, home, calendar, inbox and outbox"):
        for name, headers in (("alice", APPLE), ("bob", DAVX5), ("carol", APPLE)):
            people[name] = Person(server, name, headers)
        alice = people["alice"]
        for path in (server.principal("alice"), server.calendar_home("alice"), alice.path, alice.inbox, alice.outbox):
            holds("calendar-auto-schedule" in alice.client.request("OPTIONS", path).tokens("DAV"), path)
    with steps("inbox and outbox are such, in the home; each user is an INDIVIDUAL; the preferred address is marked"):
        listing = alice.client.propfind(server.calendar_home("alice"), D + "resourcetype", depth="1").multistatus()
        holds(CAL + "schedule-inbox" in listing.by_href(alice.inbox).names(D + "resourcetype"), "no inbox in the home")
        holds(CAL + "schedule-outbox" in listing.by_href(alice.outbox).names(D + "resourcetype"), "no outbox in the home")
        for href in (alice.inbox, alice.outbox):
            holds(CAL + "calendar" not in listing.by_href(href).names(D + "resourcetype"), f"{href} shows as a calendar")
        equal(alice.type.upper(), "INDIVIDUAL")
        holds(len(set(alice.addresses) & set(people["bob"].addresses)) == 0, f"{alice.addresses} and {people['bob'].addresses}")
    with steps("the inbox names the calendar that takes invitations; it can be another calendar and nothing else"):
        name = CAL + "schedule-default-calendar-URL"
        equal(alice.client.property(alice.inbox, name).href_of(name), alice.path)
        bad = f"<C:schedule-default-calendar-URL><D:href>{server.calendar('alice', 'tasks')}</D:href></C:schedule-default-calendar-URL>"
        reply = alice.client.proppatch(alice.inbox, bad)
        one_of(reply.multistatus().only().status_of(name), (403, 409))
        holds(b"valid-schedule-default-calendar-URL" in reply.body, f"{reply.body[:300]}")
        reply = alice.client.delete(alice.path)
        holds(reply.status == 403 and CAL + "default-calendar-needed" in reply.conditions(), f"{reply!r} {reply.body[:200]}")
    with steps("a box is not a place to put things, and nobody else's"):
        one_of(alice.client.put(f"{alice.inbox}x.ics", meeting("x", alice.address)).status, (403, 405, 409))
        one_of(alice.client.put(f"{alice.outbox}x.ics", meeting("x", alice.address)).status, (403, 405, 409))
        for box in (alice.inbox, alice.outbox):
            one_of(people["bob"].client.propfind(box, D + "getetag", depth="1").status, (403, 404))


def tags(steps, alice, bob):
    """Schedule-Tag and what moves it."""
    where, uid = f"{alice.path}tags.ics", "tags"
    with steps("storing a meeting answers with a Schedule-Tag, and the attendee has it at once"):
        reply = alice.client.put(where, meeting(uid, alice.address, bob.address), If_None_Match="*")
        equal(reply.status, 201)
        tag = alice.client.get(where).headers["Schedule-Tag"]
        holds(tag, "no Schedule-Tag")
        equal(alice.client.property(where, CAL + "schedule-tag").text(CAL + "schedule-tag"), tag)
        equal(line_of(alice.client.get(where).text, bob)["SCHEDULE-STATUS"], "1.2")
        copy = bob.copy(uid)
        holds(copy, "the attendee has no copy")
        holds(bob.client.get(copy).headers["Schedule-Tag"], "the attendee's copy has no Schedule-Tag")
        equal(len(bob.messages("REQUEST", uid)), 1)
    with steps("what the server wrote into the object leaves no ETag in the answer that would be wrong"):
        holds(reply.etag in (None, alice.client.get(where).etag), f"{reply.etag} is not the tag of what is there")
    with steps("the attendee's client sees the copy in its next sync and answers with If-Schedule-Tag-Match"):
        found = bob.client.objects(bob.path, [copy], "<D:getetag/><C:schedule-tag/><C:calendar-data/>").multistatus().only()
        held, theirs = found.text(CAL + "calendar-data"), found.text(CAL + "schedule-tag")
        done = bob.client.put(copy, accepted(held, bob), If_Schedule_Tag_Match=theirs)
        one_of(done.status, (200, 204), f"{done.body[:300]}")
        equal(line_of(alice.client.get(where).text, bob)["PARTSTAT"], "ACCEPTED")
        equal(len(alice.messages("REPLY", uid)), 1)
    with steps("the answer moved the organizer's ETag and not the Schedule-Tag, so a change of the same moment is not lost"):
        got = alice.client.get(where)
        equal(got.headers["Schedule-Tag"], tag)
        # The phone had read the event before the answer came in.
        old = meeting(uid, alice.address, bob.address).replace("SUMMARY:Besprechung", "SUMMARY:Sitzung")
        one_of(alice.client.put(where, old, If_Schedule_Tag_Match=tag).status, (200, 204))
        equal(line_of(alice.client.get(where).text, bob)["PARTSTAT"], "ACCEPTED")
        holds("Sitzung" in bob.client.get(copy).text, "the change did not reach the attendee")
    with steps("an old Schedule-Tag is refused with 412; one that is sent empty matches where there is none"):
        equal(bob.client.put(copy, accepted(bob.client.get(copy).text, bob, "DECLINED"), If_Schedule_Tag_Match='"old"').status, 412)
        equal(line_of(alice.client.get(where).text, bob)["PARTSTAT"], "ACCEPTED")
        plain = calendar(component("VEVENT", "plain", "DTSTART:20270301T100000Z"))
        equal(alice.client.put(f"{alice.path}plain.ics", plain).status, 201)
        equal(alice.client.put(f"{alice.path}plain.ics", plain, If_Schedule_Tag_Match="").status, 204)
        equal(alice.client.get(f"{alice.path}plain.ics").headers["Schedule-Tag"], None)
    with steps("Schedule-Reply: F deletes without an answer"):
        equal(bob.client.delete(copy, Schedule_Reply="F").status, 204)
        equal(line_of(alice.client.get(where).text, bob)["PARTSTAT"], "ACCEPTED")


def rights(steps, alice, bob, carol):
    """What attendees and organizers may not do."""
    where, uid = f"{alice.path}rights.ics", "rights"
    with steps("an attendee changes neither time, nor title, nor people; alarms and transparency are one's own"):
        equal(alice.client.put(where, meeting(uid, alice.address, bob.address)).status, 201)
        copy = bob.copy(uid)
        held = bob.client.get(copy).text.replace("\r\n ", "")
        for old, new in (("DTSTART:20270105", "DTSTART:20270106"), ("ORGANIZER;", f"ATTENDEE:{carol.address}\r\nORGANIZER;"), (alice.address, carol.address)):
            holds(old in held, f"no {old} in {held}")
            reply = bob.client.put(copy, held.replace(old, new))
            one_of(reply.status, (403, 409), f"{old} to {new}")
            holds({CAL + "allowed-attendee-scheduling-object-change", CAL + "same-organizer-in-all-components", CAL + "allowed-organizer-scheduling-object-change"}
                  & set(reply.conditions()), f"{old} to {new}: {reply.body[:300]}")
        mine = held.replace("END:VEVENT", "TRANSP:TRANSPARENT\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT9M\r\nDESCRIPTION:Mine\r\nEND:VALARM\r\nEND:VEVENT")
        one_of(bob.client.put(copy, mine).status, (200, 204))
        holds("Mine" in bob.client.get(copy).text and "Mine" not in alice.client.get(where).text, "the alarm is lost or travelled")
    with steps("an organizer cannot give the meeting away, nor name two organizers, nor store it twice"):
        both = meeting(uid, alice.address, bob.address, lines=["RRULE:FREQ=DAILY;COUNT=3"], more=[component(
            "VEVENT", uid, "RECURRENCE-ID:20270106T100000Z", "DTSTART:20270106T110000Z", f"ORGANIZER:{carol.address}", f"ATTENDEE:{bob.address}")])
        reply = alice.client.put(where, both)
        holds(reply.status == 403 and CAL + "same-organizer-in-all-components" in reply.conditions(), f"{reply!r} {reply.body[:200]}")
        second = alice.path.replace("/calendar/", "/second/")
        equal(alice.client.make_calendar(second).status, 201)
        reply = alice.client.put(f"{second}again.ics", meeting(uid, alice.address, bob.address))
        holds(reply.status in (403, 409) and CAL + "unique-scheduling-object-resource" in reply.conditions(), f"{reply!r} {reply.body[:200]}")
    with steps("nobody organizes in another's name"):
        reply = alice.client.put(f"{alice.path}forged.ics", meeting("forged", carol.address, bob.address))
        holds(not bob.copy("forged"), f"a forged invitation was delivered ({reply!r})")


def agents(steps, alice, bob):
    """SCHEDULE-AGENT and people outside."""
    with steps("SCHEDULE-AGENT=CLIENT and NONE send nothing"):
        for agent in ("CLIENT", "NONE"):
            equal(alice.client.put(f"{alice.path}{agent}.ics", meeting(agent, alice.address, bob.address, agent=agent)).status, 201)
            equal(line_of(alice.client.get(f"{alice.path}{agent}.ics").text, bob)["SCHEDULE-AGENT"], agent)
            equal((bob.copy(agent), bob.messages("REQUEST", agent)), (None, []))
    with steps("somebody outside has a status that says so, and the event is stored with everything"):
        outside = "mailto:eve@elsewhere.invalid"
        equal(alice.client.put(f"{alice.path}outside.ics", meeting("outside", alice.address, bob.address, outside)).status, 201)
        held = read(alice.client.get(f"{alice.path}outside.ics").text).one("VEVENT")
        [given] = [given for name, given, value in held.lines if name == "ATTENDEE" and value == outside]
        holds(any(f"SCHEDULE-STATUS={digit}" in given.replace('"', "") for digit in "35"), given)
        holds(bob.copy("outside"), "the attendee of this server has no copy")
    with steps("an attendee taken out is told; one added is asked"):
        equal(alice.client.put(f"{alice.path}outside.ics", meeting("outside", alice.address)).status, 204)
        equal(len(bob.messages("CANCEL", "outside")), 1)


def free_busy(steps, alice, bob):
    """POST to the outbox, and availability."""
    ask = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nPRODID:-//Apple Inc.//macOS 14.6//EN\r\nBEGIN:VFREEBUSY\r\nUID:ask\r\n"
           "DTSTART:20270210T000000Z\r\nDTEND:20270211T000000Z\r\nDTSTAMP:20260101T000000Z\r\n"
           f"ATTENDEE:{bob.address}\r\nATTENDEE:mailto:nobody@elsewhere.invalid\r\nORGANIZER:{alice.address}\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n")

    def answers(text=ask):
        reply = alice.client.post(alice.outbox, text)
        equal(reply.status, 200, f"{reply.body[:300]}")
        root = ET.fromstring(reply.body)
        equal(root.tag, CAL + "schedule-response")
        return {each.findtext(f"{CAL}recipient/{D}href").lower(): (each.findtext(CAL + "request-status"), each.findtext(CAL + "calendar-data"))
                for each in root.findall(CAL + "response")}

    with steps("the outbox tells when the other one is busy, and of nobody that there is none"):
        equal(bob.client.put(f"{bob.path}busy.ics", calendar(component("VEVENT", "busy", "DTSTART:20270210T090000Z", "DURATION:PT2H", "SUMMARY:Geheim"))).status, 201)
        found = answers()
        status, text = found[bob.address.lower()]
        holds(status.startswith("2.0"), status)
        held = read(text)
        equal(held.value("METHOD"), "REPLY")
        one_of(held.one("VFREEBUSY").values("FREEBUSY"), (["20270210T090000Z/20270210T110000Z"], ["20270210T090000Z/PT2H"]))
        holds("Geheim" not in text, "it tells what it is")
        status, text = found["mailto:nobody@elsewhere.invalid"]
        holds(status[:1] in "35" and not text, f"{status}")
    with steps("a transparent calendar is left out"):
        given = "<C:schedule-calendar-transp><C:{}/></C:schedule-calendar-transp>"
        equal(bob.client.proppatch(bob.path, given.format("transparent")).status in (200, 207), True)
        equal(read(answers()[bob.address.lower()][1]).one("VFREEBUSY").values("FREEBUSY"), [])
        bob.client.proppatch(bob.path, given.format("opaque"))
    with steps("availability of the inbox makes the rest of the day unavailable"):
        hours = calendar("BEGIN:VAVAILABILITY\nUID:hours\nDTSTAMP:20260101T000000Z\nBEGIN:AVAILABLE\nUID:day\nDTSTAMP:20260101T000000Z\n"
                         "DTSTART:20270101T080000Z\nDTEND:20270101T170000Z\nRRULE:FREQ=DAILY\nEND:AVAILABLE\nEND:VAVAILABILITY")
        reply = bob.client.proppatch(bob.inbox, f"<C:calendar-availability>{hours}</C:calendar-availability>")
        one_of(reply.status, (200, 207), f"{reply.body[:300]}")
        lines = [(given.upper(), value) for name, given, value in read(answers()[bob.address.lower()][1]).one("VFREEBUSY").lines if name == "FREEBUSY"]
        away = [period.split("/")[0] for given, value in lines if "BUSY-UNAVAILABLE" in given for period in value.split(",")]
        equal(sorted(away), ["20270210T000000Z", "20270210T170000Z"], f"{lines}")
    with steps("what is no request, or in another's name, is refused"):
        for text, condition in ((ask.replace("METHOD:REQUEST", "METHOD:PUBLISH"), "valid-scheduling-message"), ("nonsense", "valid-calendar-data"),
                                (ask.replace(f"ORGANIZER:{alice.address}", f"ORGANIZER:{bob.address}"), "valid-organizer")):
            reply = alice.client.post(alice.outbox, text)
            one_of(reply.status, (400, 403), f"{text[:40]}: {reply.body[:200]}")
            holds(reply.status == 400 or any(name.endswith(condition) or name.endswith("valid-scheduling-message") for name in reply.conditions()),
                  f"{condition}: {reply.body[:300]}")


def main():
    steps = Steps()
    with Server(users=()) as server:
        people = {}
        for name in ("alice", "bob", "carol"):
            server.add_user(name, "secret", "--mail", f"{name}@example.org")
        discovery(steps, server, people)
        if len(people) == 3:
            alice, bob, carol = people["alice"], people["bob"], people["carol"]
            tags(steps, alice, bob)
            rights(steps, alice, bob, carol)
            agents(steps, alice, bob)
            free_busy(steps, alice, bob)
        steps.finish()


main()
