"""A plain HTTP and WebDAV client that sends exactly what it is told and hides nothing."""

import base64
import http.client
import urllib.parse
import xml.etree.ElementTree as ET

D = "{DAV:}"
CARD = "{urn:ietf:params:xml:ns:carddav}"
CS = "{http://calendarserver.org/ns/}"
ME = "{http://me.com/_namespace/}"
NAMESPACES = ('xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" '
              'xmlns:CS="http://calendarserver.org/ns/"')


# Bodies of this size may be refused while they are sent.
EARLY = 256 << 10


class Reply:
    """What came back: `status`, `reason`, `headers` (case-insensitive), `body` in bytes."""

    def __init__(self, method, path, status, reason, headers, body):
        self.method, self.path = method, path
        self.status, self.reason, self.headers, self.body = status, reason, headers, body

    def __repr__(self):
        return f"{self.method} {self.path} -> {self.status}"

    @property
    def text(self):
        """The body as text."""
        return self.body.decode("utf-8")

    @property
    def etag(self):
        """The ETag header, or None."""
        return self.headers["ETag"]

    def xml(self):
        """The root element of the body."""
        assert self.body, f"{self} has no body"
        return ET.fromstring(self.body)

    def multistatus(self):
        """The body as a Multistatus; fails unless this is a 207 holding one."""
        assert self.status == 207, f"{self}, not 207: {self.body[:500]!r}"
        return Multistatus(self.xml())

    def conditions(self):
        """The names of the precondition elements inside DAV:error."""
        if not self.body.lstrip().startswith(b"<"):
            return []
        root = self.xml()
        assert root.tag == D + "error", f"{self}: the body's root is {root.tag}, not DAV:error"
        return [child.tag for child in root]

    def tokens(self, header):
        """The comma-separated values of a header, over all its lines."""
        lines = self.headers.get_all(header) or []
        return [token.strip() for line in lines for token in line.split(",")]


class Propstat:
    """One propstat: its whole status line and its properties by name."""

    def __init__(self, element):
        self.status = element.findtext(D + "status")
        self.properties = {child.tag: child for child in element.find(D + "prop")}


class Response:
    """One DAV:response: `href`, `status` (a removed or failed member) or `propstats`."""

    def __init__(self, element):
        self.element = element
        self.href = element.findtext(D + "href")
        self.status = element.findtext(D + "status")
        self.propstats = [Propstat(child) for child in element.findall(D + "propstat")]

    def get(self, name):
        """The element of a property that was answered with 200, or None."""
        for propstat in self.propstats:
            if propstat.status.split()[1] == "200" and name in propstat.properties:
                return propstat.properties[name]
        return None

    def text(self, name):
        """The text of a property answered with 200; fails when it was not."""
        element = self.get(name)
        assert element is not None, f"{self.href} did not give {name}"
        return element.text or ""

    def href_of(self, name):
        """The one DAV:href inside a property; fails when there is none or more than one."""
        element = self.get(name)
        assert element is not None, f"{self.href} did not give {name}"
        hrefs = [href.text for href in element.iter(D + "href")]
        assert len(hrefs) == 1, f"{name} of {self.href} holds {hrefs}, not one href"
        return hrefs[0]

    def names(self, name):
        """The names of a property's child elements."""
        element = self.get(name)
        return [] if element is None else [child.tag for child in element]

    def status_of(self, name):
        """The status code a property was answered with, or None."""
        for propstat in self.propstats:
            if name in propstat.properties:
                return int(propstat.status.split()[1])
        return None

    def privileges(self):
        """The local names in current-user-privilege-set."""
        held = self.get(D + "current-user-privilege-set")
        assert held is not None, f"{self.href} did not give current-user-privilege-set"
        return {privilege[0].tag.split("}")[1] for privilege in held}

    def reports(self):
        """The names in supported-report-set."""
        held = self.get(D + "supported-report-set")
        assert held is not None, f"{self.href} did not give supported-report-set"
        return {report[0].tag for report in held.iter(D + "report")}


class Multistatus:
    """A parsed 207, held to the form RFC 4918 section 14.16 gives it and clients rely on."""

    def __init__(self, root):
        assert root.tag == D + "multistatus", f"the root is {root.tag}, not DAV:multistatus"
        self.responses = [Response(element) for element in root.findall(D + "response")]
        self.token = root.findtext(D + "sync-token")
        for response, element in zip(self.responses, root.findall(D + "response")):
            self._hold_to_form(response, element)

    @staticmethod
    def _hold_to_form(response, element):
        href = response.href
        assert element[0].tag == D + "href", f"{href}: href is not the first child"
        # An address that leads nowhere here comes back as it was asked for.
        assert href.startswith("/") or response.status, f"{href} is not an absolute path"
        assert (response.status is None) != (not response.propstats), \
            f"{href} has both a status and propstats, or neither"
        lines = [propstat.status for propstat in response.propstats] + [response.status]
        for line in filter(None, lines):
            assert line.startswith("HTTP/1.1 ") and line.split()[1].isdigit(), \
                f"{href}: the status line is {line!r}"
            if line.split()[1] == "200":
                # Thunderbird compares the whole line.
                assert line == "HTTP/1.1 200 OK", f"{href}: the status line is {line!r}"
        codes = [propstat.status.split()[1] for propstat in response.propstats]
        assert "200" not in codes[1:], f"{href}: the 200 propstat is not the first one: {codes}"
        assert len(set(codes)) == len(codes), f"{href}: two propstats with one status: {codes}"

    def __iter__(self):
        return iter(self.responses)

    def __len__(self):
        return len(self.responses)

    def hrefs(self):
        """The hrefs in the order of the answer."""
        return [response.href for response in self.responses]

    def by_href(self, href):
        """The one response of an href."""
        found = [response for response in self.responses if response.href == href]
        assert len(found) == 1, f"{len(found)} responses for {href} among {self.hrefs()[:20]}"
        return found[0]

    def only(self):
        """The one response there must be."""
        assert len(self.responses) == 1, f"{len(self.responses)} responses: {self.hrefs()[:20]}"
        return self.responses[0]


class Client:
    """Requests of one client over one kept-alive connection.

    `headers` go with every request; what a single request gives replaces them, and a value of
    None leaves the header out.
    """

    def __init__(self, url, user=None, password="secret", headers=None, timeout=60):
        self.url = urllib.parse.urlsplit(url)
        self.timeout = timeout
        self.headers = dict(headers or {})
        if user is not None:
            self.headers["Authorization"] = basic(user, password)
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        """Sends one request and reads the whole answer. Redirects are not followed."""
        if isinstance(body, str):
            body = body.encode("utf-8")
        merged = {**self.headers, **(headers or {})}
        fresh = self.connection is None
        if fresh:
            self._connect()
        try:
            return self._exchange(method, path, body, merged)
        except (ConnectionError, http.client.BadStatusLine):
            self.close()
            if fresh:
                raise
            # The server may close an idle connection at any time (RFC 9112 section 9.3).
            self._connect()
            return self._exchange(method, path, body, merged)
        except BaseException:
            self.close()
            raise

    def close(self):
        """Closes the connection; the next request opens another one."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _connect(self):
        self.connection = http.client.HTTPConnection(
            self.url.hostname, self.url.port, timeout=self.timeout)

    def _exchange(self, method, path, body, headers):
        connection = self.connection
        given = {name.lower() for name in headers}
        connection.putrequest(method, path, skip_host="host" in given, skip_accept_encoding=True)
        for name, value in headers.items():
            if value is not None:
                connection.putheader(name, value.encode("utf-8"))
        if body is not None and "content-length" not in given:
            connection.putheader("Content-Length", str(len(body)))
        try:
            connection.endheaders(body)
        except (BrokenPipeError, ConnectionResetError):
            # Refused before the whole body was taken: the answer may be there already.
            if body is None or len(body) < EARLY:
                raise
        answer = connection.getresponse()
        reply = Reply(method, path, answer.status, answer.reason, answer.headers, answer.read())
        if answer.will_close:
            self.close()
        return reply

    # --- one word for what every scenario does ---

    def propfind(self, path, *names, depth="0", headers=None):
        """PROPFIND of the named properties (Clark names)."""
        return self.request("PROPFIND", path, propfind_body(*names),
                            {"Depth": depth, "Content-Type": "application/xml", **(headers or {})})

    def report(self, path, body, depth=None, headers=None):
        """REPORT with a body."""
        return self.request("REPORT", path, body,
                            {"Depth": depth, "Content-Type": "application/xml", **(headers or {})})

    def get(self, path, **headers):
        """GET with headers given as Accept="…", If_None_Match="…"."""
        return self.request("GET", path, None, _header_names(headers))

    def put(self, path, card, **headers):
        """PUT of a card."""
        return self.request("PUT", path, card, {"Content-Type": "text/vcard; charset=utf-8",
                                                **_header_names(headers)})

    def delete(self, path, **headers):
        """DELETE."""
        return self.request("DELETE", path, None, _header_names(headers))

    def make_book(self, path, **headers):
        """MKCOL of an address book without any other property (RFC 5689)."""
        body = (f"<D:mkcol {NAMESPACES}><D:set><D:prop><D:resourcetype><D:collection/>"
                "<C:addressbook/></D:resourcetype></D:prop></D:set></D:mkcol>")
        return self.request("MKCOL", path, body,
                            {"Content-Type": "application/xml", **_header_names(headers)})

    def sync(self, path, token="", *names, limit=None, level="1", depth=None, headers=None):
        """sync-collection (RFC 6578)."""
        return self.report(path, sync_body(token, *names, limit=limit, level=level), depth, headers)

    def multiget(self, path, hrefs, *names, depth="0", headers=None):
        """addressbook-multiget of getetag and address-data, or of the named properties."""
        return self.report(path, multiget_body(hrefs, *names), depth, headers)


def _header_names(words):
    return {word.replace("_", "-"): value for word, value in words.items()}


def basic(user, password):
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def escape(text):
    """Text for the inside of an element or of a quoted attribute."""
    return (text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace('"', "&quot;"))


def elements(names):
    """Empty elements for Clark names, each declaring its own namespace."""
    out = []
    for name in names:
        namespace, local = name[1:].split("}") if name.startswith("{") else ("", name)
        out.append(f'<x:{local} xmlns:x="{namespace}"/>' if namespace else f'<{local} xmlns=""/>')
    return "".join(out)


def propfind_body(*names):
    """A PROPFIND of named properties."""
    return f'<?xml version="1.0" encoding="utf-8"?><D:propfind {NAMESPACES}><D:prop>{elements(names)}</D:prop></D:propfind>'


def sync_body(token, *names, limit=None, level="1"):
    """A sync-collection; `limit` in members, `level` None leaves the element out."""
    names = names or (D + "getetag",)
    return (f'<?xml version="1.0" encoding="utf-8"?><D:sync-collection {NAMESPACES}>'
            f"<D:sync-token>{escape(token)}</D:sync-token>"
            + (f"<D:sync-level>{level}</D:sync-level>" if level else "")
            + (f"<D:limit><D:nresults>{limit}</D:nresults></D:limit>" if limit else "")
            + f"<D:prop>{elements(names)}</D:prop></D:sync-collection>")


def multiget_body(hrefs, *names):
    """An addressbook-multiget."""
    names = names or (D + "getetag", CARD + "address-data")
    listed = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
    return (f'<?xml version="1.0" encoding="utf-8"?><C:addressbook-multiget {NAMESPACES}>'
            f"<D:prop>{elements(names)}</D:prop>{listed}</C:addressbook-multiget>")
