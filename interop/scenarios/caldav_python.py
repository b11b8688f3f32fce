#!/usr/bin/env python3
# needs: pip caldav==3.6.0
# timeout: 180
"""python-caldav, the library behind many programs: discovery, every kind of object, searches that
the server answers (nothing is filtered or expanded by the library), free-busy, sync by token."""

from datetime import datetime, timezone

import caldav
from caldav.lib.error import DAVError, NotFoundError
from events import VIENNA, calendar, component, event, journal, read, todo
from rolodav import Server
from steps import Steps, equal, holds

JANUARY = (datetime(2027, 1, 1, tzinfo=timezone.utc), datetime(2027, 2, 1, tzinfo=timezone.utc))
WEEKLY = calendar(
    VIENNA,
    component("VEVENT", "weekly", "DTSTART;TZID=Europe/Vienna:20270104T100000", "DURATION:PT1H", "SUMMARY:Jour fixe Größe",
              "RRULE:FREQ=WEEKLY;COUNT=6", "EXDATE;TZID=Europe/Vienna:20270118T100000", "CATEGORIES:Büro,Team"),
    component("VEVENT", "weekly", "RECURRENCE-ID;TZID=Europe/Vienna:20270111T100000",
              "DTSTART;TZID=Europe/Vienna:20270112T140000", "DURATION:PT2H", "SUMMARY:Jour fixe verschoben"))


def sign_in(server, user, path="/"):
    """The library's client, without the search for DNS records of a server on loopback."""
    return caldav.DAVClient(url=server.url + path, username=user, password="secret", enable_rfc6764=False)


def found(where, **wish):
    """What the server alone answers to a search."""
    return where.search(post_filter=False, compatibility_workarounds=False, **wish)


def names(objects):
    """The sorted titles of what was found."""
    return sorted(str(each.component["SUMMARY"]) for each in objects)


def starts(objects):
    """The sorted beginnings of what was found, in UTC."""
    moments = [each.component["DTSTART"].dt for each in objects]
    return sorted(moment.astimezone(timezone.utc).strftime("%m-%d %H:%M") for moment in moments)


def discovery(steps, server, client):
    """From the address somebody typed to the calendars."""
    with steps("the principal is found from the bare address and the DAV root"):
        for path in ("/", "/dav/"):
            principal = sign_in(server, "alice", path).principal()
            equal(principal.url.path, server.principal("alice"), path)
    with steps("the server says that it knows calendars"):
        holds(client.supports_dav() and client.supports_caldav(), f"DAV: {client.check_dav_support()}")
    with steps("the home lists the calendar and the task list, each with its kind of component"):
        kinds = {each.url.path: sorted(each.get_supported_components()) for each in client.principal().calendars()}
        equal(kinds.get(server.calendar("alice")), ["VEVENT"], f"{kinds}")
        equal(kinds.get(server.calendar("alice", "tasks")), ["VTODO"], f"{kinds}")
    with steps("a wrong password is refused"):
        try:
            caldav.DAVClient(url=server.url, username="alice", password="no", enable_rfc6764=False).principal()
        except DAVError:
            return
        raise AssertionError("it was taken")


def collections(steps, principal, made):
    """Calendars made, renamed and removed."""
    with steps("calendars of one kind are made: events, tasks, journal"):
        for kind, name in (("VEVENT", "Arbeit ü & <mehr>"), ("VTODO", "Einkauf"), ("VJOURNAL", "Tagebuch")):
            made[kind] = principal.make_calendar(name=name, cal_id=kind.lower(), supported_calendar_component_set=[kind])
            equal(made[kind].get_supported_components(), [kind])
        listed = {each.get_display_name() for each in principal.calendars()}
        holds({"Arbeit ü & <mehr>", "Einkauf", "Tagebuch"} <= listed, f"{listed}")
    with steps("the same name twice is refused and leaves the first one as it was"):
        try:
            principal.make_calendar(name="Twice", cal_id="vevent")
            raise RuntimeError("it was made twice")
        except DAVError:
            equal(made["VEVENT"].get_display_name(), "Arbeit ü & <mehr>")
    with steps("a calendar is renamed"):
        made["VEVENT"].set_properties([caldav.elements.dav.DisplayName("Beruf 漢字")])
        equal(made["VEVENT"].get_property(caldav.elements.dav.DisplayName(), use_cached=False), "Beruf 漢字")
    with steps("a task list takes no event, a calendar of events no task"):
        for kind, text in (("VTODO", event("no", ":20270101T100000Z")), ("VEVENT", todo("no"))):
            try:
                made[kind].add_object(caldav.Event if kind == "VTODO" else caldav.Todo, text)
                raise RuntimeError(f"the list of {kind} took the other kind")
            except DAVError:
                equal(len(found(made[kind])), 0)
    with steps("a calendar with content is removed, its name is free again"):
        extra = principal.make_calendar(name="Kurz", cal_id="kurz")
        extra.add_event(event("kurz", ":20270101T100000Z"))
        extra.delete()
        holds("Kurz" not in [each.get_display_name() for each in principal.calendars()], "still listed")
        again = principal.make_calendar(name="Kurz", cal_id="kurz")
        equal(found(again), [])
        again.delete()


def events(steps, work):
    """Creating, reading, changing and deleting events."""
    with steps("events are stored, found by UID and read again with all that was in them"):
        kept = event("ev-1", ";VALUE=DATE:20270120", "X-KEEP;X-P=\"a;b\":stays ü 😀", "LOCATION:Wien\\, Österreich",
                     "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT30M", "DESCRIPTION:Los", "END:VALARM", summary="Ganzer Tag")
        work.add_event(kept)
        work.add_event(event("ev-2", ":20270105T080000Z", "DURATION:PT90M", "LOCATION:Graz", summary="Zahnarzt"))
        work.add_event(event("ev-3", ":20270105T120000", "DTEND:20270105T130000", summary="Mittag ohne Zone"))
        work.add_event(WEEKLY)
        got = read(work.get_event_by_uid("ev-1").data).one("VEVENT")
        equal((got.value("X-KEEP"), got.parameters("X-KEEP")), ("stays ü 😀", 'X-P="a;b"'))
        equal(got.one("VALARM").value("TRIGGER"), "-PT30M")
        equal(len(work.events()), 4)
    with steps("a UID that is not there is not found"):
        try:
            work.get_event_by_uid("nobody")
            raise RuntimeError("something was found")
        except NotFoundError:
            pass
    with steps("the same UID under another name is refused, and the first one stays"):
        try:
            caldav.Event(client=work.client, url=work.url.join("other-name.ics"), parent=work,
                         data=event("ev-2", ":20270105T080000Z", summary="Second")).save()
            raise RuntimeError("the UID is there twice")
        except DAVError:
            equal(names(found(work, event=True, uid="ev-2")), ["Zahnarzt"])
    with steps("a change is stored; the same change with an old tag is refused"):
        one, other = work.get_event_by_uid("ev-2").load(), work.get_event_by_uid("ev-2").load()
        one.component["SUMMARY"] = "Zahnärztin"
        one.save()
        other.component["SUMMARY"] = "Veraltet"
        try:
            other.save()
            raise RuntimeError("the old version was taken")
        except DAVError as refused:
            equal(type(refused).__name__, "ETagMismatchError")
        equal(names([work.get_event_by_uid("ev-2")]), ["Zahnärztin"])
    with steps("one instance of a series is changed through the library, the rest stays"):
        [last] = work.search(event=True, start=datetime(2027, 2, 8, tzinfo=timezone.utc),
                             end=datetime(2027, 2, 9, tzinfo=timezone.utc), expand=True, server_expand=True)
        last.component["SUMMARY"] = "Letzter Termin"
        last.save(only_this_recurrence=True)
        held = read(work.get_event_by_uid("weekly").load().data).all("VEVENT")
        equal(sorted(each.value("SUMMARY") for each in held), ["Jour fixe Größe", "Jour fixe verschoben", "Letzter Termin"])


def searches(steps, work):
    """Everything the server must find by itself."""
    with steps("a range finds what lies in it, a series by any of its instances"):
        equal(names(found(work, event=True, start=datetime(2027, 1, 5, tzinfo=timezone.utc), end=datetime(2027, 1, 6, tzinfo=timezone.utc))),
              ["Mittag ohne Zone", "Zahnärztin"])
        equal(len(found(work, event=True, start=JANUARY[0], end=JANUARY[1])), 4)
    with steps("a deleted instance is not found, a moved one where it is and not where it was"):
        for day, hits in ((18, 0), (11, 0), (12, 1), (25, 1)):
            got = found(work, event=True, start=datetime(2027, 1, day, tzinfo=timezone.utc), end=datetime(2027, 1, day + 1, tzinfo=timezone.utc))
            equal(len(got), hits, f"{day} January")
    with steps("expanded by the server, a series is its instances: no rule, the moved one moved, the deleted one gone"):
        got = found(work, event=True, start=JANUARY[0], end=JANUARY[1], expand=True, server_expand=True)
        series = [each for each in got if str(each.component["UID"]) == "weekly"]
        equal(starts(series), ["01-04 09:00", "01-12 13:00", "01-25 09:00"])
        for each in series:
            holds("RRULE" not in each.component and "EXDATE" not in each.component, f"a rule is left: {each.data}")
            holds("RECURRENCE-ID" in each.component, f"an instance without RECURRENCE-ID: {each.data}")
        equal(sorted(names(series)), ["Jour fixe Größe", "Jour fixe Größe", "Jour fixe verschoben"])
    with steps("open ranges work on either side"):
        equal(names(found(work, event=True, start=datetime(2027, 2, 1, tzinfo=timezone.utc))), ["Jour fixe Größe"])
        equal(found(work, event=True, end=datetime(2027, 1, 4, tzinfo=timezone.utc)), [])
    with steps("parts of summary, location, category and the UID find by octets, and by letters whatever their case"):
        equal(names(found(work, event=True, summary="Zahn")), ["Zahnärztin"])
        equal(found(work, event=True, summary="zahn"), [])
        equal(names(found(work, event=True, location="raz")), ["Zahnärztin"])
        loose = work.searcher(event=True)
        loose.add_property_filter("SUMMARY", "ZAHN", case_sensitive=False)
        equal(names(loose.search(work, post_filter=False, _hacks=None, compatibility_workarounds=False)), ["Zahnärztin"])
        equal(names(found(work, event=True, category="Team")), ["Jour fixe Größe"])
        equal(names(found(work, event=True, uid="ev-1")), ["Ganzer Tag"])
        equal(found(work, event=True, summary="nichts davon"), [])
    with steps("events without a location are found by its absence"):
        equal(names(found(work, event=True, no_location=True)), ["Jour fixe Größe", "Mittag ohne Zone"])
    with steps("text and range together mean both"):
        equal(names(found(work, event=True, summary="Jour", start=JANUARY[0], end=JANUARY[1])), ["Jour fixe Größe"])
        equal(found(work, event=True, summary="Jour", start=datetime(2027, 3, 1, tzinfo=timezone.utc), end=datetime(2027, 4, 1, tzinfo=timezone.utc)), [])
    with steps("free-busy of the calendar merges what is busy and leaves the deleted instance out"):
        text = work.freebusy_request(JANUARY[0], datetime(2027, 1, 19, tzinfo=timezone.utc)).data
        held = read(text if isinstance(text, str) else text.decode()).one("VFREEBUSY")
        periods = sorted(period for value in held.values("FREEBUSY") for period in value.split(","))
        wanted = {"20270104T090000Z": ("20270104T100000Z", "PT1H"), "20270105T080000Z": ("20270105T093000Z", "PT1H30M"),
                  "20270105T120000Z": ("20270105T130000Z", "PT1H"), "20270112T130000Z": ("20270112T150000Z", "PT2H")}
        equal([period.split("/")[0] for period in periods], sorted(wanted), text)
        for period in periods:
            start, end = period.split("/")
            holds(end in wanted[start], f"{period} is not {wanted[start]}")


def tasks(steps, todos, journals):
    """Tasks and journal entries."""
    with steps("tasks are stored and listed while they are open"):
        todos.add_todo(todo("td-1", "DUE:20270110T100000Z", "PRIORITY:1", summary="Milch"))
        todos.add_todo(todo("td-2", "DTSTART:20270120T100000Z", "DURATION:PT1H", summary="Brot"))
        todos.add_todo(todo("td-3", summary="Irgendwann"))
        equal(names(todos.todos()), ["Brot", "Irgendwann", "Milch"])
    with steps("a task that is done leaves the open ones and is still there"):
        todos.get_todo_by_uid("td-1").complete()
        equal(names(todos.todos()), ["Brot", "Irgendwann"])
        equal(names(todos.todos(include_completed=True)), ["Brot", "Irgendwann", "Milch"])
        done = read(todos.get_todo_by_uid("td-1").load().data).one("VTODO")
        equal(done.value("STATUS"), "COMPLETED")
        holds(done.value("COMPLETED"), "no COMPLETED")
    with steps("a range finds tasks by start and by due date, and those without any date"):
        got = found(todos, todo=True, include_completed=True, start=datetime(2027, 1, 15, tzinfo=timezone.utc), end=JANUARY[1])
        equal(names(got), ["Brot", "Irgendwann"])
    with steps("a repeated task that is done gives way to its next turn"):
        todos.add_todo(todo("td-4", "DTSTART;VALUE=DATE:20270101", "DUE;VALUE=DATE:20270102", "RRULE:FREQ=DAILY;COUNT=5", summary="Gießen"))
        todos.get_todo_by_uid("td-4").complete(handle_rrule=True, completion_timestamp=datetime(2027, 1, 1, 12, tzinfo=timezone.utc))
        next_turn = read(todos.get_todo_by_uid("td-4").load().data).all("VTODO")
        holds(any(each.value("STATUS") != "COMPLETED" and each.value("DTSTART") > "20270101" for each in next_turn), f"{next_turn}")
    with steps("journal entries are stored, listed and found by range"):
        journals.add_journal(journal("jo-1", "DTSTART;VALUE=DATE:20270106", "DESCRIPTION:Schnee\\, viel", summary="Dreikönig"))
        journals.add_journal(journal("jo-2", "DTSTART:20270206T100000Z", summary="Februar"))
        equal(names(journals.journals()), ["Dreikönig", "Februar"])
        equal(names(found(journals, journal=True, start=JANUARY[0], end=JANUARY[1])), ["Dreikönig"])


def syncing(steps, work):
    """sync-collection, multiget, deletion."""
    with steps("a sync without a token brings all, with one nothing until something changes"):
        known = work.objects_by_sync_token(load_objects=True, disable_fallback=True)
        equal(sorted(str(each.component["UID"]) for each in known), ["ev-1", "ev-2", "ev-3", "weekly"])
        delta = work.objects_by_sync_token(sync_token=known.sync_token, disable_fallback=True)
        equal((list(delta), delta.sync_token), ([], known.sync_token))
    with steps("the next sync brings the created, the changed and the deleted one, each once"):
        work.add_event(event("ev-4", ":20270301T100000Z", summary="Neu"))
        changed = work.get_event_by_uid("ev-2").load()
        changed.component["LOCATION"] = "Linz"
        changed.save()
        work.get_event_by_uid("ev-3").delete()
        delta = work.objects_by_sync_token(sync_token=known.sync_token, disable_fallback=True)
        gone = {str(url).rsplit("/", 1)[1] for url in delta.deleted_urls}
        equal({str(each.url).rsplit("/", 1)[1] for each in delta}, {"ev-2.ics", "ev-3.ics", "ev-4.ics"})
        equal(gone, {"ev-3.ics"})
        updated, deleted = known.sync()
        equal((len(updated), len(deleted), len(known)), (2, 1, 4))
        equal(known.sync(), ([], []))
    with steps("a token that was never given is refused, and the library starts anew"):
        try:
            work.objects_by_sync_token(sync_token="https://example.org/sync/7", disable_fallback=True)
            raise RuntimeError("it was taken")
        except DAVError:
            equal(len(list(work.objects_by_sync_token(sync_token="https://example.org/sync/7"))), 4)
    with steps("multiget gives each of the named ones"):
        got = list(work.multiget([each.url for each in known]))
        equal(sorted(str(each.component["UID"]) for each in got), ["ev-1", "ev-2", "ev-4", "weekly"])
    with steps("a deletion with an old tag is refused, with the known one done"):
        stale, fresh = work.get_event_by_uid("ev-4").load(), work.get_event_by_uid("ev-4").load()
        fresh.component["SUMMARY"] = "Neuer"
        fresh.save()
        try:
            stale.delete(if_match=True)
            raise RuntimeError("the old version was deleted")
        except DAVError as refused:
            equal(type(refused).__name__, "ETagMismatchError")
        fresh.load().delete(if_match=True)
        equal(found(work, event=True, uid="ev-4"), [])
    with steps("every event deleted, the calendar is empty"):
        for each in work.events():
            each.delete()
        equal(work.events(), [])


def main():
    steps = Steps()
    with Server() as server:
        client, made = sign_in(server, "alice"), {}
        discovery(steps, server, client)
        collections(steps, client.principal(), made)
        events(steps, made["VEVENT"])
        searches(steps, made["VEVENT"])
        tasks(steps, made["VTODO"], made["VJOURNAL"])
        syncing(steps, made["VEVENT"])
        steps.finish()


main()
