"""The inside of an evolution-data-server session: does what GNOME's address books do.

Runs under the distribution's Python inside a private D-Bus session and obeys one JSON
request per line on standard input (`{"do": NAME, …}`) with one JSON answer per line on
standard output (`{"ok": …}` or `{"error": …}`). `evolution_session.py` is the other end.
"""

import json
import sys
import threading

import gi

gi.require_version("EDataServer", "1.2")
gi.require_version("EBook", "1.2")
gi.require_version("EBookContacts", "1.2")
from gi.repository import EBook, EBookContacts, EDataServer, GLib  # noqa: E402


CONFLICTS = {
    "keep-local": EBookContacts.BookOperationFlags.CONFLICT_KEEP_LOCAL,
    "keep-server": EBookContacts.BookOperationFlags.CONFLICT_KEEP_SERVER,
    "fail": EBookContacts.BookOperationFlags.CONFLICT_FAIL,
}


def uri_parts(url):
    """(parsed URI, host, port) as the sources want them."""
    uri = GLib.Uri.parse(url, GLib.UriFlags.ENCODED)
    return uri, uri.get_host(), uri.get_port()


class Session:
    """One desktop session: a registry of accounts and the address books opened from it."""

    def __init__(self):
        self.registry = EDataServer.SourceRegistry.new_sync(None)
        self.books = {}
        self.rejected = []

    def _source(self, uid, url, user):
        source = EDataServer.Source.new_with_uid(uid, None)
        uri, host, port = uri_parts(url)
        login = source.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        login.set_host(host)
        login.set_port(port)
        login.set_user(user)
        login.set_method("plain/password")
        source.get_extension(EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND).set_uri(uri)
        return source

    def discover(self, url, user, password):
        """What "Find address books" of the account dialog finds behind an address."""
        source = self._source("probe", url, user)
        credentials = self._credentials(source, password)
        only = EDataServer.WebDAVDiscoverSupports.CONTACTS
        found = EDataServer.webdav_discover_sources_sync(source, url, only, credentials, None)
        books = found.out_discovered_sources
        return [
            {"href": b.href, "name": b.display_name, "description": b.description} for b in books
        ]

    def add_account(self, account, url, user, password):
        """Adds an account by its server's address alone; the session looks for its books."""
        source = self._source(account, url, user)
        source.set_display_name(account)
        account_of = source.get_extension(EDataServer.SOURCE_EXTENSION_COLLECTION)
        account_of.set_backend_name("webdav")
        account_of.set_identity(user)
        account_of.set_contacts_url(url)
        account_of.set_calendar_enabled(False)
        account_of.set_mail_enabled(False)
        source.store_password_sync(password, True, None)
        self.registry.commit_source_sync(source, None)

    def look_again(self, account):
        """Has an account look for books on the server again."""
        self.registry.refresh_backend_sync(account, None)

    def account_books(self, account):
        """Source id, name and path of the books an account has."""
        books = self.registry.list_sources(EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK)
        kept = EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND
        return [
            {"book": s.get_uid(), "name": s.get_display_name(),
             "path": s.get_extension(kept).get_resource_path()}
            for s in books if s.get_parent() == account
        ]

    def open(self, book):
        """Opens an added book; answers whether it can be written to."""
        source = self.registry.ref_source(book)
        if source is None:
            raise LookupError(f"the registry has no source {book}")
        source.connect("credentials-required", lambda *a: self.rejected.append(str(a[1])))
        client = EBook.BookClient.connect_sync(source, 0, None)
        self.books[book] = client
        return {"writable": not client.is_readonly(), "online": client.is_online()}

    def refresh(self, book):
        """Asks the back end to look at the server; returns before it has."""
        self.books[book].refresh_sync(None)

    def contacts(self, book):
        """UID to vCard text of everything in the book."""
        every = EBookContacts.BookQuery.any_field_contains("").to_string()
        _, found = self.books[book].get_contacts_sync(every, None)
        version = EBookContacts.VCardFormat(1)
        return {c.get_property("id"): c.to_string(version) for c in found}

    def create(self, book, vcard):
        """Adds a card; answers its UID."""
        contact = EBookContacts.Contact.new_from_vcard(vcard)
        _, uid = self.books[book].add_contact_sync(contact, 0, None)
        return uid

    def modify(self, book, uid, fields, conflict="keep-local"):
        """Sets named fields of the contact (EContact's names) as an editor does.

        `conflict` says what becomes of a card that meanwhile changed on the server.
        """
        _, contact = self.books[book].get_contact_sync(uid, None)
        for name, value in fields.items():
            contact.set_property(name, value)
        self.books[book].modify_contact_sync(contact, CONFLICTS[conflict], None)

    def remove(self, book, uid, conflict="keep-local"):
        """Deletes a card."""
        self.books[book].remove_contact_by_uid_sync(uid, CONFLICTS[conflict], None)

    def make_book(self, account, url, name, description):
        """Creates an address book as the collection browser of Evolution does."""
        self._browser(account).mkcol_addressbook_sync(url, name, description, None)

    def rename_book(self, account, url, name):
        """Renames an address book as the collection browser of Evolution does."""
        change = EDataServer.WebDAVPropertyChange.new_set("DAV:", "displayname", name)
        self._browser(account).update_properties_sync(url, [change], None)

    def delete_book(self, account, url):
        """Deletes an address book as the collection browser of Evolution does."""
        self._browser(account).delete_sync(url, "infinity", None, None)

    def _browser(self, account):
        source = self.registry.ref_source(account)
        browser = EDataServer.WebDAVSession.new(source)
        _, password = source.lookup_password_sync(None)
        browser.set_credentials(self._credentials(source, password))
        return browser

    @staticmethod
    def _credentials(source, password):
        login = source.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        credentials = EDataServer.NamedParameters.new()
        credentials.set(EDataServer.SOURCE_CREDENTIAL_USERNAME, login.get_user())
        credentials.set(EDataServer.SOURCE_CREDENTIAL_PASSWORD, password)
        return credentials

    def status(self, book):
        """Whether the book is reachable, writable, and what asked for credentials."""
        client = self.books[book]
        source = client.get_source()
        return {
            "connection": source.get_connection_status().value_nick,
            "online": client.is_online(),
            "writable": not client.is_readonly(),
            "credentials_required": list(self.rejected),
        }

    def enter_password(self, account, book, password):
        """What a person does when asked: enters the password, which is saved and tried."""
        keeper = self.registry.ref_source(account)
        keeper.store_password_sync(password, True, None)
        credentials = self._credentials(keeper, password)
        self.registry.ref_source(book).invoke_authenticate_sync(credentials, None)


def serve(loop):
    """Obeys until standard input ends."""
    session = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if session is None:
                session = Session()
            answer = {"ok": getattr(session, request.pop("do"))(**request)}
        except Exception as error:  # reported to the scenario, which knows what was expected
            answer = {"error": f"{type(error).__name__}: {error}"}
        try:
            print(json.dumps(answer), flush=True)
        except BrokenPipeError:
            break  # the scenario is gone
    loop.quit()


def main():
    loop = GLib.MainLoop()
    threading.Thread(target=serve, args=(loop,), daemon=True).start()
    loop.run()


if __name__ == "__main__":
    main()
