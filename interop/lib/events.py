"""Events and tasks for scenarios, and ways to compare what came back with what was sent."""

import uuid

from cards import LATIN, NAMES, fold, lines_of

PARIS = ["BEGIN:VTIMEZONE", "TZID:Europe/Paris",
         "BEGIN:DAYLIGHT", "DTSTART:19810329T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
         "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST", "END:DAYLIGHT",
         "BEGIN:STANDARD", "DTSTART:19961027T030000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
         "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET", "END:STANDARD",
         "END:VTIMEZONE"]
# What every client writes its own way and at its own time.
STAMPS = ("DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE")


def calendar(*lines):
    """A calendar object with CRLF line ends around the lines of its components."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Interop//Scenario//EN",
                        *fold(lines), "END:VCALENDAR", ""])


def vevent(uid, summary, *lines, start=":20270105T100000Z", end=":20270105T110000Z"):
    """The lines of one event; `start` and `end` begin with `:` or with parameters."""
    times = [f"DTSTART{start}", *([f"DTEND{end}"] if end else [])]
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{summary}",
            *times, *lines, "END:VEVENT"]


def vtodo(uid, summary, *lines):
    """The lines of one task."""
    return ["BEGIN:VTODO", f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{summary}",
            *lines, "END:VTODO"]


def valarm(trigger="-PT15M", text="Reminder"):
    """The lines of one alarm that shows a text."""
    return ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{text}", f"TRIGGER:{trigger}", "END:VALARM"]


def event(uid, summary="Größe", *lines, **times):
    """A calendar object of one event."""
    return calendar(*vevent(uid, summary, *lines, **times))


def task(uid, summary="Größe", *lines):
    """A calendar object of one task."""
    return calendar(*vtodo(uid, summary, *lines))


def paris(day, hour):
    """The value of a DTSTART or the like in the zone of `PARIS`; `day` is of January 2027."""
    return f";TZID=Europe/Paris:202701{day:02d}T{hour:02d}0000"


def many_events(count, prefix="event"):
    """`count` different events as {uid: text}: zones, days, alarms, own properties, long lines, rules."""
    out = {}
    for number in range(count):
        uid = f"{prefix}-{number:04d}-{uuid.uuid5(uuid.NAMESPACE_OID, f'{prefix}{number}').hex[:8]}"
        day, hour = number % 28 + 1, number % 10 + 8
        summary = f"{LATIN[number % 10]} {NAMES[number // 10 % 10]} {number}"
        lines, zones = [], []
        times = {"start": f":202701{day:02d}T{hour:02d}0000Z", "end": f":202701{day:02d}T{hour:02d}3000Z"}
        if number % 3 == 0:
            lines += ["LOCATION:Salle 1\\, étage 2"]
        if number % 4 == 1:
            zones = PARIS
            times = {"start": paris(day, hour), "end": paris(day, hour + 1)}
        if number % 5 == 0:
            lines += [f"X-INTEROP-KEEP;X-ROLE=\"a;b\":value {number}\\, kept",
                      "DESCRIPTION:" + "Zeile eins\\nline two\\, and so on " * 3]
        if number % 6 == 2:
            times = {"start": f";VALUE=DATE:202701{day:02d}", "end": f";VALUE=DATE:202701{day + 1:02d}"}
            zones = []
        if number % 7 == 0:
            lines += ["CATEGORIES:friends,chess"]
        if number % 8 == 3:
            lines += ["RRULE:FREQ=WEEKLY;COUNT=5"]
        if number % 9 == 4:
            lines += valarm(f"-PT{number + 1}M")
        out[uid] = calendar(*zones, *vevent(uid, summary, *lines, **times))
    return out


class Part:
    """One component: its name, its lines in order, the components inside it."""

    def __init__(self, name):
        self.name, self.lines, self.parts = name, [], []

    def values(self, name):
        """The values of all lines with this name."""
        heads = [line.partition(":") for line in self.lines]
        return [value for head, _, value in heads if head.split(";")[0].upper() == name]

    def value(self, name):
        """The value of the first line with this name, or None."""
        return next(iter(self.values(name)), None)

    def line(self, name):
        """The whole first line with this name, or None."""
        return next((line for line in self.lines if line.split(":")[0].split(";")[0].upper() == name), None)

    def all(self, *names):
        """The components with these names inside this one, not deeper."""
        return [part for part in self.parts if part.name in names]


def parsed(text):
    """The outermost component of a calendar object."""
    open_parts = [Part("")]
    for line in lines_of(text):
        if line.startswith("BEGIN:"):
            part = Part(line[6:])
            open_parts[-1].parts.append(part)
            open_parts.append(part)
        elif line.startswith("END:"):
            assert open_parts.pop().name == line[4:], f"{line} ends another component"
        else:
            open_parts[-1].lines.append(line)
    assert len(open_parts) == 1 and len(open_parts[0].parts) == 1, "this is not one calendar object"
    return open_parts[0].parts[0]


def components(text):
    """The events, tasks and journals of a calendar object by RECURRENCE-ID; the master's is None."""
    found = parsed(text).all("VEVENT", "VTODO", "VJOURNAL")
    return {part.value("RECURRENCE-ID"): part for part in found}


def master(text):
    """The one component of a calendar object that is not an override."""
    return components(text)[None]
