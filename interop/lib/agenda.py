"""A calendar full of different events, as people's calendars are, and what an event says."""

import datetime
import zoneinfo

from calendars import CAL, in_range
from cards import LATIN, NAMES
from events import VIENNA, calendar, component, read

KINDS = ("VEVENT", "VTODO")
# What every client writes anew when it saves an event.
STAMPS = ("DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE")
# What holds several values, in one line or in several.
LISTS = ("CATEGORIES", "RDATE", "EXDATE")
# Lines and parameters that clients keep for themselves begin with one of these.
OWN = ("X-MOZ-", "X-EVOLUTION-")


def alarm(trigger="-PT15M", text="Reminder"):
    """The lines of an alarm that shows a text."""
    return ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{text}", f"TRIGGER:{trigger}", "END:VALARM"]


def vienna(day, hour):
    """A point of January 2027 in Vienna, as DTSTART, DTEND or RECURRENCE-ID have it after their name."""
    return f";TZID=Europe/Vienna:202701{day:02d}T{hour:02d}0000"


def zoned(*parts):
    """A calendar of the parts and the zone of `vienna`."""
    return calendar(VIENNA, *parts)


def many_events(count, prefix="event"):
    """`count` different events as {uid: text}: zones, whole days, alarms, own properties, long lines, rules."""
    out = {}
    for number in range(count):
        uid, day, hour = f"{prefix}-{number:04d}", number % 28 + 1, number % 10 + 8
        start, end, whole = f":202701{day:02d}T{hour:02d}0000Z", f":202701{day:02d}T{hour:02d}3000Z", calendar
        if number % 4 == 1:
            start, end, whole = vienna(day, hour), vienna(day, hour + 1), zoned
        if number % 6 == 2:
            start, end = f";VALUE=DATE:202701{day:02d}", f";VALUE=DATE:202701{day + 1:02d}"
        lines = [f"SUMMARY:{LATIN[number % 10]} {NAMES[number // 10 % 10]} {number}",
                 f"DTSTART{start}", f"DTEND{end}"]
        if number % 3 == 0:
            lines += ["LOCATION:Salle 1\\, étage 2"]
        if number % 5 == 0:
            lines += [f"X-INTEROP-KEEP;X-ROLE=\"a;b\":value {number}",
                      "DESCRIPTION:" + "Zeile eins\\nline two\\, and so on" * 3]
        if number % 7 == 0:
            lines += ["CATEGORIES:friends,chess"]
        if number % 8 == 3:
            lines += ["RRULE:FREQ=WEEKLY;COUNT=5"]
        if number % 9 == 4:
            lines += alarm(f"-PT{number + 1}M")
        out[uid] = whole(component("VEVENT", uid, *lines))
    return out


def series(uid, *lines, start=vienna(4, 10), end=vienna(4, 11), others=()):
    """A series: its rule and exceptions are lines, its changed occurrences components."""
    return zoned(component("VEVENT", uid, f"SUMMARY:{uid}", f"DTSTART{start}", f"DTEND{end}", *lines), *others)


def rules():
    """Series of every sort as {uid: text}, through both changes of the clock and a leap day."""
    day = {"start": ";VALUE=DATE:20270104", "end": ";VALUE=DATE:20270105"}
    leap = {"start": ";VALUE=DATE:20240229", "end": ";VALUE=DATE:20240301"}
    moved = component("VEVENT", "moved", "SUMMARY:moved", f"RECURRENCE-ID{vienna(11, 10)}",
                      "DTSTART;TZID=Europe/Vienna:20270220T160000", "DTEND;TZID=Europe/Vienna:20270220T170000")
    return {
        "weekdays": series("weekdays", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR;UNTIL=20271231T225959Z"),
        "last-friday": series("last-friday", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=15", start=vienna(29, 10),
                              end=vienna(29, 11)),
        "day-31": series("day-31", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=10", start=vienna(31, 10), end=vienna(31, 11)),
        "last-workday": series("last-workday", "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=12",
                               start=vienna(29, 10), end=vienna(29, 11)),
        "leap-day": series("leap-day", "RRULE:FREQ=YEARLY", **leap),
        "two-weeks": series("two-weeks", "RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU;COUNT=30", start=vienna(5, 10),
                            end=vienna(5, 11)),
        "week-20": series("week-20", "RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3",
                          start=";TZID=Europe/Vienna:20270517T100000", end=";TZID=Europe/Vienna:20270517T110000"),
        "six-hours": series("six-hours", "RRULE:FREQ=HOURLY;INTERVAL=6;COUNT=20", start=":20270104T100000Z",
                            end=":20270104T103000Z"),
        "saturdays": series("saturdays", "RRULE:FREQ=WEEKLY;BYDAY=SA;UNTIL=20270601", start=";VALUE=DATE:20270109",
                            end=";VALUE=DATE:20270110"),
        "holidays": series("holidays", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE;VALUE=DATE:20270106", **day),
        "extra": series("extra", "RRULE:FREQ=WEEKLY;COUNT=3", f"EXDATE{vienna(11, 10)}",
                        f"RDATE{vienna(13, 10)},20270620T100000"),
        "moved": series("moved", "RRULE:FREQ=WEEKLY;COUNT=4", others=[moved]),
    }


def expanded(client, path, start, end, uid=None):
    """What the server makes of a calendar, or of one series, between two times: (UID, start, title) in UTC, sorted."""
    only = f'<C:prop-filter name="UID"><C:text-match>{uid}</C:text-match></C:prop-filter>' if uid else ""
    wanted = f'<C:calendar-data><C:expand start="{start}" end="{end}"/></C:calendar-data>'
    found = client.query(path, in_range("VEVENT", start, end, only), wanted).multistatus()
    return sorted((part.value("UID"), part.value("DTSTART"), part.value("SUMMARY"))
                  for each in found for part in read(each.text(CAL + "calendar-data")).all("VEVENT"))


def in_utc(text, zone):
    """A time as iCalendar writes it, in UTC; one without a zone and a day stay as they are."""
    if len(text) == 8 or text.endswith("Z") or not zone:
        return text
    local = datetime.datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return local.astimezone(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def said(part):
    """The lines of a component and of the alarms in it, in any order, without what clients note for themselves."""
    out = []
    for name, given, value in part.lines:
        if name in STAMPS or name.startswith(OWN):
            continue
        kept = tuple(sorted(one for one in given.split(";") if one and not one.startswith(OWN)))
        # The parts of a rule come in any order, and one line with two values says the same as two lines.
        value = ";".join(sorted(value.split(";"))) if name == "RRULE" else value
        out += [(name, kept, one) for one in (value.split(",") if name in LISTS else [value])]
    return sorted(out) + [said(child) for child in part.children]


def agenda(text):
    """The events and tasks of a calendar object by RECURRENCE-ID, as `said`; the main one's is None."""
    return {part.value("RECURRENCE-ID"): said(part) for part in read(text).children if part.name in KINDS}


def main_part(text):
    """The event or task itself, without its changed occurrences."""
    [found] = [part for part in read(text).children
               if part.name in KINDS and part.value("RECURRENCE-ID") is None]
    return found
