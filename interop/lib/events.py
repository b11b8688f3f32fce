"""Calendar objects for scenarios, and ways to read and compare what came back."""

from cards import fold, lines_of

VIENNA = """BEGIN:VTIMEZONE
TZID:Europe/Vienna
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE"""


def calendar(*parts, lines=()):
    """A VCALENDAR with CRLF line ends; a part is a component as text, `lines` are its own properties."""
    body = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//interop//EN", *lines]
    for part in parts:
        body += lines_of(part)
    return "\r\n".join([*fold(body), "END:VCALENDAR", ""])


def component(name, uid, *lines):
    """One component as text, with UID and DTSTAMP."""
    return "\n".join([f"BEGIN:{name}", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, f"END:{name}"])


def event(uid, start, *lines, summary=None):
    """A calendar with one event; `start` is DTSTART without its name: `:20260105T100000Z`."""
    return calendar(component("VEVENT", uid, f"DTSTART{start}", f"SUMMARY:{summary or uid}", *lines))


def todo(uid, *lines, summary=None):
    """A calendar with one task."""
    return calendar(component("VTODO", uid, f"SUMMARY:{summary or uid}", *lines))


def journal(uid, *lines, summary=None):
    """A calendar with one journal entry."""
    return calendar(component("VJOURNAL", uid, f"SUMMARY:{summary or uid}", *lines))


class Component:
    """A component that was read: its name, its own lines as (name, parameters, value), its children."""

    def __init__(self, name):
        self.name, self.lines, self.children = name, [], []

    def all(self, name):
        """The components of that name, at any depth."""
        own = [self] if self.name == name else []
        return own + [found for child in self.children for found in child.all(name)]

    def one(self, name):
        """The only component of that name; fails when there is none or more than one."""
        found = self.all(name)
        assert len(found) == 1, f"{len(found)} {name} in {self}"
        return found[0]

    def values(self, name):
        """The values of the component's own lines of that name."""
        return [value for line, _, value in self.lines if line == name]

    def value(self, name):
        """The value of the first of them, or None."""
        return next(iter(self.values(name)), None)

    def parameters(self, name):
        """The parameters of the first of them, as they were written."""
        return next((given for line, given, _ in self.lines if line == name), None)

    def __repr__(self):
        return f"{self.name}{[':'.join((name, value)) for name, _, value in self.lines]}{self.children}"


def read(text):
    """The VCALENDAR of a text; fails when components are not closed as they were opened."""
    top = Component("")
    path = [top]
    for line in lines_of(text):
        name, given, value = _split(line)
        if name == "BEGIN":
            path[-1].children.append(Component(value.upper()))
            path.append(path[-1].children[-1])
        elif name == "END":
            assert path[-1].name == value.upper(), f"END:{value} closes {path[-1].name} in {text[:400]!r}"
            path.pop()
        else:
            path[-1].lines.append((name, given, value))
    assert path == [top], f"{path[-1].name} is not closed in {text[:400]!r}"
    assert [child.name for child in top.children] == ["VCALENDAR"], f"not one VCALENDAR: {text[:400]!r}"
    return top.children[0]


def _split(line):
    """A line's name, parameters and value; a colon inside quotes ends nothing."""
    quoted = False
    for at, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            name, _, given = line[:at].partition(";")
            return name.upper(), given, line[at + 1:]
    raise AssertionError(f"a line without a value: {line!r}")


def summaries(texts):
    """The sorted SUMMARY values of all events, tasks and entries of calendar texts."""
    kinds = ("VEVENT", "VTODO", "VJOURNAL")
    return sorted(found.value("SUMMARY") for text in texts for kind in kinds for found in read(text).all(kind))
