#!/usr/bin/env python3
# timeout: 120
"""Protocol: addressbook-multiget, addressbook-query with every filter, and the other reports (RFC 6352, 3744, 3253)."""

import time

from cards import card, value, values
from dav import CARD, D, Client, escape
from rolodav import Server
from steps import Steps, equal, holds, one_of

XMLNS = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'
CARDS = {
    "ada": card("ada", "Ada", "Lövelace", "EMAIL;TYPE=WORK,pref:ada@example.org", "TEL;TYPE=CELL:+44 1", "CATEGORIES:friends,maths",
                "NICKNAME:Countess", "ORG:Analytical;Engines", "NOTE:line one\\nline two\\, end"),
    "bjorn": card("bjorn", "Bjørn", "ÅNGSTRÖM", "EMAIL;TYPE=HOME:bjorn@example.org", "item1.TEL;TYPE=WORK:+47 2", "item1.X-ABLabel:Büro"),
    "strasse": card("strasse", "Jürgen", "Straße", "EMAIL:j@other.example", "EMAIL;TYPE=WORK:juergen@example.org", "CATEGORIES:work"),
    "istanbul": card("istanbul", "İpek", "Öztürk", "X-OWN:Value One", "TEL;TYPE=FAX:+90 3"),
    "empty": card("empty", "No", "Mail", "NOTE:", version="4.0"),
}


def prop(name, inner="", test=""):
    """A prop-filter."""
    return f'<C:prop-filter name="{name}"{test}>{inner}</C:prop-filter>'


def text(needle, kind="", collation="", negate=""):
    """A text-match; attributes are left out where nothing is given."""
    given = "".join(f' {name}="{each}"' for name, each in (("match-type", kind), ("collation", collation), ("negate-condition", negate)) if each)
    return f"<C:text-match{given}>{escape(needle)}</C:text-match>"


def param(name, inner=""):
    """A param-filter."""
    return f'<C:param-filter name="{name}">{inner}</C:param-filter>'


ABSENT = "<C:is-not-defined/>"
ALLOF, ANYOF = ' test="allof"', ' test="anyof"'
FILTERS = [
    ("no filter element at all", None, "ada bjorn strasse istanbul empty"),
    ("an empty filter", "", "ada bjorn strasse istanbul empty"),
    ("a property is there", prop("NICKNAME"), "ada"),
    ("a property is there, by a name in lower case", prop("nickname"), "ada"),
    ("a property is not there", prop("EMAIL", ABSENT), "istanbul empty"),
    ("contains is what is meant when nothing is said", prop("FN", text("vela")), "ada"),
    ("contains", prop("FN", text("övelac")), "ada"),
    ("contains, whatever the case", prop("FN", text("ÖVELAC")), "ada"),
    ("equals", prop("FN", text("ada lövelace", "equals")), "ada"),
    ("equals is not contains", prop("FN", text("ada", "equals")), ""),
    ("starts-with", prop("FN", text("jür", "starts-with")), "strasse"),
    ("ends-with", prop("FN", text("ngström", "ends-with")), "bjorn"),
    ("unicode-casemap folds what ascii does not", prop("FN", text("ångström", "contains", "i;unicode-casemap")), "bjorn"),
    ("ascii-casemap folds only ASCII", prop("FN", text("ångström", "contains", "i;ascii-casemap")), ""),
    ("ascii-casemap folds ASCII", prop("FN", text("ADA", "contains", "i;ascii-casemap")), "ada"),
    ("octet folds nothing", prop("FN", text("ada", "contains", "i;octet")), ""),
    ("octet finds the very bytes", prop("FN", text("Ada", "contains", "i;octet")), "ada"),
    ("sharp s folds to ss", prop("FN", text("STRASSE", "contains", "i;unicode-casemap")), "strasse"),
    ("a letter and its mark, written apart", prop("FN", text("Lo\u0308velace", "contains", "i;unicode-casemap")), "ada"),
    ("negated", prop("FN", text("ö", negate="yes")), "strasse empty"),
    ("negated, of a property with several lines: one that does not match is enough", prop("EMAIL", text("example.org", negate="yes")), "strasse"),
    ("anyof two texts", prop("FN", text("ada") + text("jürgen"), ANYOF), "ada strasse"),
    ("allof two texts", prop("FN", text("ada") + text("jürgen"), ALLOF), ""),
    ("allof two texts on one line", prop("EMAIL", text("juergen") + text("example.org"), ALLOF), "strasse"),
    ("a parameter has a value", prop("EMAIL", param("TYPE", text("home", "equals"))), "bjorn"),
    ("one of the values of a parameter", prop("EMAIL", param("TYPE", text("work"))), "ada strasse"),
    ("a parameter is there", prop("EMAIL", param("TYPE")), "ada bjorn strasse"),
    ("a parameter is not there", prop("EMAIL", param("TYPE", ABSENT)), "strasse"),
    ("text and parameter on the same line", prop("EMAIL", text("other.example") + param("TYPE", text("work")), ALLOF), ""),
    ("a group prefix in the filter", prop("item1.TEL"), "bjorn"),
    ("no group prefix matches every group", prop("TEL"), "ada bjorn istanbul"),
    ("a group that is nowhere", prop("item9.TEL"), ""),
    ("values are unescaped before they are compared", prop("NOTE", text("two, end")), "ada"),
    ("a line end in a value", prop("NOTE", text("one\nline")), "ada"),
    ("one of several categories", prop("CATEGORIES", text("maths")), "ada"),
    ("components of a name", prop("N", text("lövelace")), "ada"),
    ("components of an organisation", prop("ORG", text("engines")), "ada"),
    ("a property that only this book knows", prop("X-OWN", text("value")), "istanbul"),
    ("UID", prop("UID", text("bjorn", "equals")), "bjorn"),
    ("two properties, anyof is what is meant when nothing is said", prop("NICKNAME") + prop("X-OWN"), "ada istanbul"),
]
WHOLE_FILTERS = [
    ("two properties, anyof", "anyof", prop("NICKNAME") + prop("FN", text("jürgen")), "ada strasse"),
    ("two properties, allof", "allof", prop("TEL") + prop("EMAIL"), "ada bjorn"),
    ("there and not there", "allof", prop("EMAIL") + prop("TEL", ABSENT), "strasse"),
    ("three of them", "allof", prop("TEL") + prop("EMAIL") + prop("FN", text("ada")), "ada"),
]


def query(client, book, inner, test="", data="", limit="", depth="1"):
    """addressbook-query; `inner` None leaves the filter out."""
    filters = "" if inner is None else f"<C:filter{test}>{inner}</C:filter>"
    return client.report(book, f"<C:addressbook-query {XMLNS}><D:prop><D:getetag/>{data}</D:prop>{filters}{limit}</C:addressbook-query>", depth)


def queries(steps, client, book):
    def names(reply):
        return sorted(href.removeprefix(book).removesuffix(".vcf") for href in reply.multistatus().hrefs())

    for title, inner, want in FILTERS:
        with steps(f"query: {title}"):
            equal(names(query(client, book, inner)), sorted(want.split()))
    for title, test, inner, want in WHOLE_FILTERS:
        with steps(f"query: {title}"):
            equal(names(query(client, book, inner, f' test="{test}"')), sorted(want.split()))
    with steps("query: a limit cuts with 507 and does not count it"):
        answer = query(client, book, "", limit="<C:limit><C:nresults>2</C:nresults></C:limit>").multistatus()
        equal(len([each for each in answer if each.status is None]), 2)
        equal(answer.by_href(book).status, "HTTP/1.1 507 Insufficient Storage")
        answer = query(client, book, "", limit="<C:limit><C:nresults>50</C:nresults></C:limit>").multistatus()
        equal(len(answer), len(CARDS))
    with steps("query: only what was asked for of a card, whatever group it is in"):
        data = '<C:address-data><C:prop name="TEL"/><C:prop name="X-ABLABEL"/><C:prop name="EMAIL" novalue="yes"/></C:address-data>'
        shown = query(client, book, prop("UID", text("bjorn")), data=data).multistatus().only().text(CARD + "address-data")
        equal((value(shown, "TEL"), value(shown, "X-ABLABEL"), value(shown, "EMAIL")), ("+47 2", "Büro", ""))
        equal((value(shown, "VERSION"), value(shown, "NOTE")), ("3.0", None))
        holds(shown.startswith("BEGIN:VCARD") and shown.rstrip().endswith("END:VCARD") and "item1.TEL" in shown, shown)
        data = '<C:address-data><C:prop name="item1.TEL"/></C:address-data>'
        shown = query(client, book, prop("UID", text("ada", "equals")), data=data).multistatus().only().text(CARD + "address-data")
        equal(values(shown, "TEL"), [])
    with steps("query: unknown collations and nonsense are refused with their conditions"):
        reply = query(client, book, prop("FN", text("x", collation="i;klingon")))
        equal((reply.status, reply.conditions()[:1]), (403, [CARD + "supported-collation"]))
        for inner in ("<C:prop-filter/>", prop("FN", text("x", "sounds-like")), prop("FN", "", ' test="perhaps"'), prop("FN", param("TYPE", text("x", negate="maybe")))):
            one_of(query(client, book, inner).status, (400, 403), inner)
    with steps("query: on one card it answers for that card"):
        reply = query(client, book + "ada.vcf", prop("FN", text("ada")), depth="0")
        equal(reply.multistatus().hrefs(), [book + "ada.vcf"])


def multigets(steps, server, client, book):
    many = {f"{book}many{number}.vcf": card(f"many{number}", "Many", str(number)) for number in range(1000)}
    with steps("multiget: ten thousand addresses, a thousand of them there, each answered once and soon"):
        for path, text_ in many.items():
            equal(client.put(path, text_).status, 201)
        hrefs = list(many) + [f"{book}none{number}.vcf" for number in range(9000)]
        began = time.monotonic()
        answer = client.multiget(book, hrefs).multistatus()
        took = time.monotonic() - began
        equal(sorted(answer.hrefs()), sorted(hrefs))
        for response in answer:
            if response.href in many:
                equal(response.text(CARD + "address-data").replace("\n", "\r\n").replace("\r\r", "\r"), many[response.href])
            else:
                equal(response.status, "HTTP/1.1 404 Not Found", response.href)
        holds(took < 10, f"it took {took:.1f} s")
    with steps("multiget: an address given twice is answered once"):
        path = f"{book}ada.vcf"
        equal(client.multiget(book, [path, path, path]).multistatus().hrefs(), [path])
    with steps("multiget: every spelling of an address finds the card under its one address"):
        client.put(f"{book}%C3%A4%20b.vcf", card("spelling"))
        canonical = client.multiget(book, [f"{book}%C3%A4%20b.vcf"]).multistatus().only().href
        for spelling in (f"{book}%c3%a4%20b.vcf", f"{book}ä b.vcf", f"{server.url}{book}%C3%A4%20b.vcf", f"{book}%C3%A4%20%62.vcf", canonical):
            response = client.multiget(book, [spelling]).multistatus().only()
            equal((response.href, response.status), (canonical, None), spelling)
    with steps("multiget: addresses outside the book are not found there"):
        client.request("MKCOL", server.book("alice", "second"), f"<D:mkcol {XMLNS}><D:set><D:prop><D:resourcetype><D:collection/><C:addressbook/></D:resourcetype></D:prop></D:set></D:mkcol>")
        elsewhere = server.book("alice", "second") + "x.vcf"
        equal(client.put(elsewhere, card("elsewhere", "Else", "Where")).status, 201)
        foreign = [elsewhere, server.book("bob") + "b.vcf", "/dav/", book, "/etc/passwd", "http://other.example/x.vcf", "../../bob/contacts/b.vcf", ""]
        reply = client.multiget(book, [*foreign, f"{book}ada.vcf"])
        holds(b"Else" not in reply.body and b"Bob" not in reply.body, "a card from elsewhere is handed out")
        for response in reply.multistatus():
            if response.href != f"{book}ada.vcf":
                one_of(response.status.split()[1] if response.status else None, ("403", "404", "400"), response.href)
        holds(reply.multistatus().by_href(f"{book}ada.vcf").status is None, "the good one is refused, too")
    with steps("multiget: of nothing is refused or gives an empty multistatus, and never all cards"):
        reply = client.multiget(book, [])
        holds(reply.status == 400 or len(reply.multistatus()) == 0, f"{reply!r}: {reply.body[:200]}")
    with steps("multiget: Depth 0, 1, infinity and none are all the same"):
        for depth in ("0", "1", "infinity", None):
            equal(client.multiget(book, [f"{book}ada.vcf"], depth=depth).multistatus().hrefs(), [f"{book}ada.vcf"], depth)
    with steps("multiget: what else is asked for is answered, what is unknown with 404"):
        response = client.multiget(book, [f"{book}ada.vcf"], D + "getetag", D + "getcontenttype", "{urn:x}nothing").multistatus().only()
        equal((response.status_of(D + "getetag"), response.status_of("{urn:x}nothing")), (200, 404))


def others(steps, server, client, book):
    with steps("an unknown report is refused with supported-report"):
        reply = client.report(book, '<x:unheard xmlns:x="urn:x"/>')
        equal((reply.status, reply.conditions()[:1]), (403, [D + "supported-report"]))
    with steps("what supported-report-set lists is what works"):
        home = client.propfind(server.home("alice"), D + "supported-report-set").multistatus().only()
        holds(D + "sync-collection" not in home.reports() or client.sync(server.home("alice")).status == 207, "sync of the home is listed but fails")
        listed = client.propfind(book, D + "supported-report-set").multistatus().only().reports()
        for report in (CARD + "addressbook-query", CARD + "addressbook-multiget", D + "expand-property", D + "sync-collection"):
            holds(report in listed, f"{report} is not listed")
    with steps("expand-property follows addresses and stops at what may not be read"):
        body = ('<D:expand-property xmlns:D="DAV:"><D:property name="owner"><D:property name="displayname"/>'
                '<D:property name="addressbook-home-set" namespace="urn:ietf:params:xml:ns:carddav"><D:property name="resourcetype"/></D:property>'
                '</D:property><D:property name="displayname"/></D:expand-property>')
        response = client.report(book, body, "0").multistatus().only()
        owner = response.get(D + "owner").find(D + "response")
        equal(owner.findtext(D + "href"), server.principal("alice"))
        equal(owner.find(f".//{CARD}addressbook-home-set/{D}response/{D}href").text, server.home("alice"))
    with steps("the reports about principals answer for oneself and hide strangers"):
        principals = "/dav/principals/"
        body = '<D:principal-match xmlns:D="DAV:"><D:self/><D:prop><D:displayname/></D:prop></D:principal-match>'
        holds(server.principal("alice") in client.report(principals, body, "0").multistatus().hrefs(), "principal-match does not find me")
        body = '<D:principal-search-property-set xmlns:D="DAV:"/>'
        reply = client.report(principals, body, "0")
        equal(reply.status, 200)
        equal(reply.xml().tag, D + "principal-search-property-set")
        body = ('<D:principal-property-search xmlns:D="DAV:"><D:property-search><D:prop><D:displayname/></D:prop><D:match>{}</D:match>'
                "</D:property-search><D:prop><D:displayname/></D:prop></D:principal-property-search>")
        holds(server.principal("alice") in client.report(principals, body.format("alic"), "0").multistatus().hrefs(), "the search does not find me")
        holds(b"/bob/" not in client.report(principals, body.format("bob"), "0").body, "a stranger is found")
        holds(b"/bob/" not in client.propfind(principals, D + "displayname", depth="1").body, "a stranger is listed")
        one_of(client.report(principals, body.format("alic"), "1").status, (400,), "Depth 1")
        body = '<D:acl-principal-prop-set xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>'
        holds(b"/bob/" not in client.report(book, body, "0").body, "a stranger is told")


def main():
    steps = Steps()
    with Server(users=("alice", "bob")) as server:
        client, book = Client(server.url, "alice"), server.book("alice")
        for name, text_ in CARDS.items():
            equal(client.put(f"{book}{name}.vcf", text_).status, 201)
        Client(server.url, "bob").put(server.book("bob") + "b.vcf", card("b", "Bob", "B"))
        queries(steps, client, book)
        multigets(steps, server, client, book)
        others(steps, server, client, book)
        steps.finish()


main()
