"""A calendar full of different events, as people's calendars are, and what an event says."""

from cards import LATIN, NAMES
from events import VIENNA, calendar, component, read

KINDS = ("VEVENT", "VTODO")
# What every client writes anew when it saves an event.
STAMPS = ("DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE")
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


def said(part):
    """The lines of a component and of the alarms in it, in any order, without what clients note for themselves."""
    out = []
    for name, given, value in part.lines:
        if name in STAMPS or name.startswith(OWN):
            continue
        kept = tuple(sorted(one for one in given.split(";") if one and not one.startswith(OWN)))
        # One line with two categories says the same as two lines.
        out += [(name, kept, one) for one in (value.split(",") if name == "CATEGORIES" else [value])]
    return sorted(out) + [said(child) for child in part.children]


def agenda(text):
    """The events and tasks of a calendar object by RECURRENCE-ID, as `said`; the main one's is None."""
    return {part.value("RECURRENCE-ID"): said(part) for part in read(text).children if part.name in KINDS}


def main_part(text):
    """The event or task itself, without its changed occurrences."""
    [found] = [part for part in read(text).children
               if part.name in KINDS and part.value("RECURRENCE-ID") is None]
    return found
