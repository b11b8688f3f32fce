"""Calendar objects that recur, at random from a seed, and the starts of their instances as python-dateutil finds them.

dateutil works on times without zone and brings forth the rule; zones (zoneinfo), exceptions, dates and overrides are
applied here. Where it reads RFC 5545 otherwise than we do, the rule is put to it in our reading, and said so:

 1. DTSTART is always the first instance and counts for COUNT (section 3.8.5.3: the Fridays that are a 13th have to
    take it out with an EXDATE). dateutil leaves it out when the rule does not bring it forth.
 2. BYWEEKNO without BYDAY, BYMONTHDAY or BYYEARDAY takes the weekday of DTSTART (section 3.3.10: "information missing
    in the rule is taken from DTSTART"). dateutil takes all seven days.
 3. dateutil intersects days with and without a number in one BYDAY (MO,2TU); the RFC unites them. Not generated.
 4. dateutil begins the first week at DTSTART, so BYSETPOS counts differently in it. With FREQ=WEEKLY and BYSETPOS,
    DTSTART is on the first day of the week.
 5. dateutil miscounts the weeks of the year before: it takes Sunday 2 January 2022 for week 53 of 2021, which had 52. And
    it knows the first week of the next year, in late December, by the number 1 alone, not by -52 or -53. Weeks 52, 53, -52
    and -53 are not generated; the tests of formats/recur have them.
 6. A local time that clocks skip counts with the offset before the gap (section 3.3.5), as in zoneinfo with fold=0. Two
    local times may then be one instant; they are one instance, so instants are compared as sets.
"""

import json
import random
import signal
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import (DAILY, FR, HOURLY, MINUTELY, MO, MONTHLY, SA, SECONDLY, SU, TH, TU, WE, WEEKLY, YEARLY, rrule)

DAYS = {"MO": MO, "TU": TU, "WE": WE, "TH": TH, "FR": FR, "SA": SA, "SU": SU}
NAMES = list(DAYS)
FREQUENCIES = {"YEARLY": YEARLY, "MONTHLY": MONTHLY, "WEEKLY": WEEKLY, "DAILY": DAILY, "HOURLY": HOURLY,
               "MINUTELY": MINUTELY, "SECONDLY": SECONDLY}
# Zones whose clocks change in many ways; those of the years that are asked about are the same in every database.
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata", "Asia/Tokyo",
         "Pacific/Apia", "Europe/London", "Africa/Johannesburg", "America/Sao_Paulo", "Antarctica/Troll", "UTC"]
MOST = 40  # instances that are looked at of one object
UTC = timezone.utc


class TooLong(Exception):
    """dateutil searches for something that never comes."""


@contextmanager
def patience(seconds):
    def stop(_number, _frame):
        raise TooLong
    # Seconds of processor time, so that a busy machine makes the same cases.
    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def some(rng, values, most):
    values = list(values)
    return sorted(rng.sample(values, rng.randint(1, min(most, len(values)))))


def signed(rng, top, most):
    return sorted({rng.choice((1, 1, -1)) * rng.randint(1, top) for _ in range(rng.randint(1, most))})


def rule(rng, start):
    """A rule as text parts, and as arguments of rrule."""
    frequency = rng.choice(["YEARLY"] * 4 + ["MONTHLY"] * 4 + ["WEEKLY"] * 3 + ["DAILY"] * 3 + ["HOURLY", "MINUTELY", "SECONDLY"])
    parts, args = {"FREQ": frequency}, {}
    fine = frequency in ("HOURLY", "MINUTELY", "SECONDLY")

    def put(name, argument, values):
        parts[name] = ",".join(map(str, values))
        args[argument] = values

    if rng.random() < 0.5:
        interval = rng.choice([1, 2, 2, 3, 4, 5, 7, 10, 18, 25] if not fine else [1, 5, 7, 15, 45, 61, 90, 100])
        parts["INTERVAL"], args["interval"] = str(interval), interval
    if rng.random() < 0.3:
        put("BYMONTH", "bymonth", some(rng, range(1, 13), 4 if not fine else 12))
    chance = rng.random
    if frequency == "YEARLY" and chance() < 0.25:
        put("BYWEEKNO", "byweekno", sorted({rng.choice((1, 1, -1)) * rng.choice([1, 2, 20, 40, 51]) for _ in range(2)}))
    if frequency in ("YEARLY", "HOURLY", "MINUTELY", "SECONDLY") and "BYWEEKNO" not in parts and chance() < (0.2 if not fine else 0.03):
        put("BYYEARDAY", "byyearday", signed(rng, 366, 4 if not fine else 200))
    if frequency != "WEEKLY" and chance() < 0.35:
        put("BYMONTHDAY", "bymonthday", signed(rng, 31, 5 if not fine else 20))
    if chance() < 0.45:
        names = rng.sample(NAMES, rng.randint(1, 4))
        numbered = frequency in ("YEARLY", "MONTHLY") and "BYWEEKNO" not in parts and chance() < 0.6
        if numbered:
            top = 5 if frequency == "MONTHLY" or "BYMONTH" in parts else 53
            days = [(rng.choice((1, 1, -1)) * rng.randint(1, top), name) for name in names]
            parts["BYDAY"] = ",".join(f"{number}{name}" for number, name in days)
            args["byweekday"] = [DAYS[name](number) for number, name in days]
        else:
            parts["BYDAY"] = ",".join(names)
            args["byweekday"] = [DAYS[name] for name in names]
    if chance() < 0.2:
        put("BYHOUR", "byhour", some(rng, range(24), 3 if not fine else 12))
    if chance() < 0.2:
        put("BYMINUTE", "byminute", some(rng, range(60), 3 if frequency != "SECONDLY" else 30))
    if chance() < 0.1:
        put("BYSECOND", "bysecond", some(rng, range(60), 3))
    if len(parts) > 2 and chance() < 0.25 and any(name.startswith("BY") for name in parts):
        put("BYSETPOS", "bysetpos", signed(rng, 4, 3))
    if chance() < 0.2:
        name = rng.choice(NAMES)
        parts["WKST"], args["wkst"] = name, DAYS[name]
    if "BYSETPOS" in parts and frequency == "WEEKLY":
        start -= timedelta(days=(start.weekday() - NAMES.index(parts.get("WKST", "MO"))) % 7)
    if "BYWEEKNO" in parts and not any(name in parts for name in ("BYDAY", "BYMONTHDAY", "BYYEARDAY")):
        args["byweekday"] = [start.weekday()]
    return parts, args, start, FREQUENCIES[frequency]


def stamp(at):
    return at.strftime("%Y%m%dT%H%M%S")


class Object:
    """An event that recurs."""

    def __init__(self, rng):
        self.rng = rng
        self.kind = rng.choice(["zoned"] * 4 + ["utc", "floating", "date", "date"])
        self.zone = ZoneInfo(rng.choice(ZONES))
        if self.kind == "utc":
            self.zone = ZoneInfo("UTC")
        # The zone of floating times and dates.
        self.default = self.zone.key if self.kind in ("floating", "date") else rng.choice(ZONES)
        start = datetime(1970, 1, 1) + timedelta(seconds=rng.randrange(50 * 365 * 86400))
        start = start.replace(second=rng.choice([0, 0, 0, start.second]), minute=rng.choice([0, 30, start.minute]))
        if self.kind == "date":
            start = start.replace(hour=0, minute=0, second=0)
        self.parts, self.args, self.start, self.frequency = rule(rng, start)
        if self.kind == "date":
            for name, argument in (("BYHOUR", "byhour"), ("BYMINUTE", "byminute"), ("BYSECOND", "bysecond")):
                self.parts.pop(name, None)
                self.args.pop(argument, None)
            if self.frequency in (HOURLY, MINUTELY, SECONDLY):
                raise TooLong

    def instant(self, local):
        return int(local.replace(tzinfo=self.zone, fold=0).astimezone(UTC).timestamp())

    def value(self, local, name, other=False):
        """A property with a time of this object; `other`: in UTC, where that is the same time."""
        if self.kind == "date":
            return f"{name};VALUE=DATE:{local:%Y%m%d}"
        if self.kind == "utc" or (other and self.kind == "zoned"):
            utc = datetime.fromtimestamp(self.instant(local), UTC)
            return f"{name}:{stamp(utc)}Z"
        if self.kind == "floating":
            return f"{name}:{stamp(local)}"
        return f"{name};TZID={self.zone.key}:{stamp(local)}"

    def occurrences(self, count=None, until=None):
        """Local starts, in order, the first MOST of them; the rule's own end applied."""
        all_of_rule = rrule(self.frequency, dtstart=self.start, until=until, **self.args)
        following = (at for at in all_of_rule if at > self.start)
        most = MOST if count is None else min(MOST, count)
        return [self.start, *islice(following, most - 1)]

    def case(self):
        rng = self.rng
        count = until = None
        ends = rng.random()
        if self.frequency in (MINUTELY, SECONDLY) and self.args.get("interval", 1) < 45:
            ends *= 0.65  # without an end they would only cost time
        if ends < 0.35:
            count = rng.randint(1, 45)
            self.parts["COUNT"] = str(count)
        local = self.occurrences(count)
        if 0.35 <= ends < 0.65:
            until = rng.choice(local) + timedelta(seconds=rng.choice([0, 0, 1, -1]) if self.kind != "date" else 0)
            local = [self.start, *(at for at in local[1:] if at <= until)]
            if self.kind == "date":
                self.parts["UNTIL"] = f"{until:%Y%m%d}"
            elif self.kind == "floating" or rng.random() < 0.2:
                self.parts["UNTIL"] = stamp(until)  # without Z, as phones write it
            else:
                # UNTIL names an instant; only where it is the same by clock and by instant it can be compared.
                back = datetime.fromtimestamp(self.instant(until), UTC).astimezone(self.zone).replace(tzinfo=None)
                if back != until:
                    raise TooLong
                self.parts["UNTIL"] = stamp(datetime.fromtimestamp(self.instant(until), UTC)) + "Z"
        # Past the last one that was looked at, nothing is known.
        complete = len(local) < MOST
        horizon = self.instant(local[-1]) + (1 if not complete else 400 * 86400)
        lines = [self.value(self.start, "DTSTART"), self.length(), "RRULE:" + ";".join(f"{n}={v}" for n, v in self.parts.items())]
        starts = {self.instant(at) for at in local}
        for at in rng.sample(local, min(len(local), rng.choice([0, 0, 1, 3]))):
            if self.kind in ("zoned", "utc", "floating") and rng.random() < 0.15:
                lines.append(f"EXDATE;VALUE=DATE:{at:%Y%m%d}")  # of the other type: that day
                gone = {self.instant(one) for one in local if one.date() == at.date()}
            else:
                lines.append(self.value(at, "EXDATE", rng.random() < 0.3))
                gone = {self.instant(at)}
            # Two local times in a gap and after it are one instant; one is taken out, so is the other.
            starts -= gone
        extra = [rng.choice(local) + timedelta(days=rng.randint(1, 40), seconds=rng.choice([0, 1800]) if self.kind != "date" else 0)
                 for _ in range(rng.choice([0, 0, 0, 1, 2]))]
        excepted = [line for line in lines if line.startswith("EXDATE")]
        extra = [] if excepted else extra  # an EXDATE takes an RDATE out as well
        lines += [self.value(at, "RDATE", rng.random() < 0.3) for at in extra]
        starts |= {self.instant(at) for at in extra}
        overrides = []
        for at in rng.sample(local, min(len(local), rng.choice([0, 0, 0, 1, 2]))):
            if self.instant(at) in starts:
                moved = at + timedelta(days=rng.randint(-3, 3))
                overrides.append((at, moved))
        text = self.event(lines)
        starts -= {self.instant(at) for at, _ in overrides}
        for at, moved in overrides:
            text += self.event([self.value(at, "RECURRENCE-ID", rng.random() < 0.3), self.value(moved, "DTSTART"), self.length()])
        starts |= {self.instant(moved) for _, moved in overrides}
        first = min(starts, default=self.instant(self.start))
        begin = first - 86400 if rng.random() < 0.4 else rng.randint(first - 86400, max(first, horizon - 1))
        end = rng.choice([horizon, rng.randint(begin, max(begin, horizon)) + 1])
        end = min(end, horizon)
        return {"object": f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n", "default": self.default, "from": begin, "to": end,
                "starts": sorted(at for at in starts if begin <= at < end)}

    def length(self):
        return "DURATION:P1D" if self.kind == "date" else "DURATION:PT1H"

    def event(self, lines):
        return "".join(line + "\r\n" for line in ("BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"))


def cases(count, seed):
    """`count` cases, a line of JSON each; objects that dateutil does not come to an end with are replaced."""
    rng = random.Random(seed)
    made = []
    while len(made) < count:
        one = random.Random(rng.getrandbits(64))
        try:
            with patience(0.02):
                made.append(json.dumps(Object(one).case()))
        except (TooLong, ValueError):  # ValueError: a rule that dateutil knows to be without occurrence
            continue
    return made
