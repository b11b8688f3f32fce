"""Events that put Thunderbird and a server to the test."""

from agenda import alarm, vienna, zoned
from events import component, event

RICH = zoned(component(
    "VEVENT", "rich", "SUMMARY:Größe\\, Länge\\; Tiefe", f"DTSTART{vienna(4, 9)}", f"DTEND{vienna(4, 10)}",
    "LOCATION;ALTREP=\"https://example.org/map\":Straße 1", "CLASS:PRIVATE", "PRIORITY:1", "TRANSP:TRANSPARENT",
    "STATUS:TENTATIVE", "URL:https://example.org/größe", "GEO:48.2;16.37",
    "X-INTEROP-KEEP;X-ROLE=\"a;b\":as it was\\, kept", "DESCRIPTION:eins\\nzwei\\, drei",
    "CATEGORIES:Ärger,Büro", *alarm("-PT20M", "Los"), *alarm("-P1D", "Morgen")))
# 10:00 in Vienna on four Tuesdays.
SERIES = [f"DTSTART{vienna(5, 10)}", f"DTEND{vienna(5, 11)}", "RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:Jour fixe"]
# Names of objects that are not their UIDs.
ODD = {"another-name.ics": "urn:uuid:0b8b9d5c-5b6e-4a53-9f0c-1d3b7a0e0001", "with%20blank.ics": "odd blank",
       "m%C3%BCller.ics": "odd-ü", "at%40home.ics": "odd@home"}
# Flaws that programs in use write, and the title that shows nevertheless.
FLAWED = {
    "until-without-zone": event(
        "until-without-zone", f"{vienna(6, 9)}", f"DTEND{vienna(6, 10)}", "RRULE:FREQ=DAILY;UNTIL=20270108T235959"),
    "end-and-zero-duration": event(
        "end-and-zero-duration", ":20270106T090000Z", "DTEND:20270106T100000Z", "DURATION:PT0S"),
    "exdate-of-other-type": event(
        "exdate-of-other-type", ":20270106T090000Z", "DTEND:20270106T100000Z", "RRULE:FREQ=DAILY;COUNT=3",
        "EXDATE;VALUE=DATE:20270107"),
    "end-before-start": event("end-before-start", ":20270106T090000Z", "DTEND:20270106T080000Z"),
    "unknown-zone": event("unknown-zone", ";TZID=Nowhere/Land:20270106T090000", "DTEND;TZID=Nowhere/Land:20270106T100000"),
}
