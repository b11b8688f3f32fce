"""DAVx5 on Android as it syncs one address book: what it asks, what it keeps, how it changes it."""

from cards import value
from dav import CARD, CS, D
from davx5_collection import PUSH, XML, Collection, propfind
from steps import equal, holds

DETECT = (D + "resourcetype", D + "displayname", CARD + "addressbook-description", CARD + "addressbook-home-set",
          D + "current-user-principal")
PRINCIPAL = (D + "displayname", D + "group-membership", D + "resourcetype", CARD + "addressbook-home-set",
             CS + "calendar-proxy-read-for", CS + "calendar-proxy-write-for")
HOME = (D + "current-user-privilege-set", D + "displayname", D + "owner", D + "resourcetype",
        PUSH + "transports", PUSH + "topic", CARD + "addressbook-description")
STATE = (CARD + "max-resource-size", CARD + "supported-address-data", D + "supported-report-set", CS + "getctag",
         D + "sync-token")


class Phone(Collection):
    """The sync logic of DAVx5 for one book."""

    version = None

    def state(self):
        """Reads the state of the book, and with it chooses the version of vCard."""
        state = propfind(self.client, self.path, STATE).multistatus().only()
        holds(D + "sync-collection" in state.reports(), f"reports {state.reports()}")
        listed = state.get(CARD + "supported-address-data")
        versions = {(each.get("content-type"), each.get("version")) for each in listed}
        self.version = "4.0" if ("text/vcard", "4.0") in versions else "3.0"
        return state

    def load(self, hrefs):
        """addressbook-multiget; the version is named only if the book lists 4.0."""
        wish = ' content-type="text/vcard" version="4.0"' if self.version == "4.0" else ""
        found = self.client.request("REPORT", self.path, (
            "<?xml version='1.0' encoding='UTF-8' ?><CARD:addressbook-multiget xmlns=\"DAV:\" "
            "xmlns:CARD=\"urn:ietf:params:xml:ns:carddav\"><prop><getcontenttype /><getetag />"
            f"<CARD:address-data{wish} /></prop>" + "".join(f"<href>{href}</href>" for href in hrefs)
            + "</CARD:addressbook-multiget>"), {"Depth": "0", "Content-Type": XML}).multistatus()
        equal(sorted(found.hrefs()), sorted(hrefs))
        for response in found:
            text = response.text(CARD + "address-data")
            equal(value(text, "VERSION"), self.version, response.href)
            holds(response.text(D + "getcontenttype").startswith("text/vcard"), "not a vCard")
            self.objects[response.href], self.tags[response.href] = text, response.text(D + "getetag")

    def media_type(self, text):
        return "text/vcard;version=4.0" if "VERSION:4.0" in text else "text/vcard;charset=utf-8"

    def get(self, href):
        """GET as DAVx5 does it for a single card."""
        return self.client.request("GET", href, None, {
            "Accept": "text/vcard;version=4.0, text/vcard;charset=utf-8;q=0.8, text/vcard;q=0.5", "Accept-Encoding": "identity"})
