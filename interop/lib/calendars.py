"""CalDAV requests (RFC 4791, RFC 6638) on top of `dav.Client`, which sends exactly what it is told."""

from dav import CS, Client, D, elements, escape

CAL = "{urn:ietf:params:xml:ns:caldav}"
ICAL = "{http://apple.com/ns/ical/}"
NAMESPACES = ('xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
              'xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/"')
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
DATA = "<D:getetag/><C:calendar-data/>"
__all__ = ["CAL", "CS", "D", "ICAL", "CalendarClient"]


class CalendarClient(Client):
    """A client whose PUT stores calendar objects, with a word for every CalDAV request."""

    def put(self, path, text, **headers):
        """PUT of a calendar object; `kind` replaces its media type."""
        kind = headers.pop("kind", "text/calendar; charset=utf-8")
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("PUT", path, text, {"Content-Type": kind, **given})

    def make_calendar(self, path, inner="", method="MKCALENDAR"):
        """MKCALENDAR with properties as XML, or without a body when there are none."""
        if method == "MKCOL":
            kind = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
            return self._xml("MKCOL", path, f"<D:mkcol {NAMESPACES}><D:set><D:prop>{kind}{inner}</D:prop></D:set></D:mkcol>")
        if not inner:
            return self.request(method, path)
        return self._xml(method, path,
                         f"<C:mkcalendar {NAMESPACES}><D:set><D:prop>{inner}</D:prop></D:set></C:mkcalendar>")

    def query(self, path, filters, wanted=DATA, after="", depth="1", headers=None):
        """calendar-query; `filters` is what stands inside the VCALENDAR comp-filter, or a whole filter element."""
        if not filters.lstrip().startswith("<C:filter"):
            filters = f'<C:filter><C:comp-filter name="VCALENDAR">{filters}</C:comp-filter></C:filter>'
        return self._xml("REPORT", path, f"<C:calendar-query {NAMESPACES}><D:prop>{wanted}</D:prop>{filters}{after}"
                         "</C:calendar-query>", {"Depth": depth, **(headers or {})})

    def objects(self, path, hrefs, wanted=DATA, depth="0", headers=None):
        """calendar-multiget."""
        listed = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
        return self._xml("REPORT", path, f"<C:calendar-multiget {NAMESPACES}><D:prop>{wanted}</D:prop>{listed}"
                         "</C:calendar-multiget>", {"Depth": depth, **(headers or {})})

    def free_busy(self, path, start, end, depth="1"):
        """free-busy-query."""
        return self._xml("REPORT", path, f'<C:free-busy-query {NAMESPACES}><C:time-range start="{start}" end="{end}"/>'
                         "</C:free-busy-query>", {"Depth": depth})

    def proppatch(self, path, given="", removed=()):
        """PROPPATCH that sets properties given as XML and removes named ones."""
        body = (f"<D:set><D:prop>{given}</D:prop></D:set>" if given else "") + (
            f"<D:remove><D:prop>{elements(removed)}</D:prop></D:remove>" if removed else "")
        return self._xml("PROPPATCH", path, f"<D:propertyupdate {NAMESPACES}>{body}</D:propertyupdate>")

    def post(self, path, text, **headers):
        """POST of an iTIP message to an outbox."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, text, {"Content-Type": "text/calendar; charset=utf-8", **given})

    def property(self, path, name):
        """The response of a PROPFIND for one property."""
        return self.propfind(path, name).multistatus().only()

    def _xml(self, method, path, body, headers=None):
        return self.request(method, path, HEAD + body, {"Content-Type": "application/xml; charset=utf-8", **(headers or {})})


def texts(multistatus):
    """The calendar-data of every response that has it, by href."""
    return {each.href: each.text(CAL + "calendar-data") for each in multistatus if each.get(CAL + "calendar-data") is not None}


def in_range(kind, start="", end="", inner=""):
    """A comp-filter of a component with a time-range; an empty bound is left out."""
    bounds = (f' start="{start}"' if start else "") + (f' end="{end}"' if end else "")
    return f'<C:comp-filter name="{kind}"><C:time-range{bounds}/>{inner}</C:comp-filter>'
