"""An account of a GNOME desktop and what belongs to all its collections.

Runs inside a session of evolution-data-server; `evolution_books.py` and `evolution_calendars.py`
build on it.
"""

import gi

gi.require_version("EDataServer", "1.2")
from gi.repository import EDataServer, GLib  # noqa: E402


class Account:
    """One desktop session: a registry of accounts and the collections opened from it."""

    def __init__(self):
        self.registry = EDataServer.SourceRegistry.new_sync(None)
        self.opened = {}
        self.rejected = []

    def found(self, url, user, password, only):
        """What the account dialog finds behind an address, of the kinds asked for."""
        source = self._new_source("probe", url, user)
        return EDataServer.webdav_discover_sources_sync(
            source, url, only, self._credentials(source, password), None)

    def add(self, account, url, user, password, contacts=False, calendars=False):
        """Adds an account by its server's address alone; the session looks for its collections."""
        source = self._new_source(account, url, user)
        source.set_display_name(account)
        account_of = source.get_extension(EDataServer.SOURCE_EXTENSION_COLLECTION)
        account_of.set_backend_name("webdav")
        account_of.set_identity(user)
        if contacts:
            account_of.set_contacts_url(url)
        if calendars:
            account_of.set_calendar_url(url)
        account_of.set_contacts_enabled(contacts)
        account_of.set_calendar_enabled(calendars)
        account_of.set_mail_enabled(False)
        source.store_password_sync(password, True, None)
        self.registry.commit_source_sync(source, None)

    def look_again(self, account):
        """Has an account look for collections on the server again."""
        self.registry.refresh_backend_sync(account, None)

    def collections(self, account, kind):
        """Source id, name and path of the collections of one kind that an account has."""
        kept = EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND
        return [
            {"source": s.get_uid(), "name": s.get_display_name(),
             "path": s.get_extension(kept).get_resource_path()}
            for s in self.registry.list_sources(kind) if s.get_parent() == account
        ]

    def source(self, uid):
        """A source by its id; from now on it is noted when it asks for credentials."""
        source = self.registry.ref_source(uid)
        if source is None:
            raise LookupError(f"the registry has no source {uid}")
        source.connect("credentials-required", lambda *a: self.rejected.append(str(a[1])))
        return source

    def state(self, source):
        """Whether an opened collection is reachable, writable, and what asked for credentials."""
        client = self.opened[source]
        return {
            "connection": client.get_source().get_connection_status().value_nick,
            "online": client.is_online(),
            "writable": not client.is_readonly(),
            "credentials_required": list(self.rejected),
        }

    def give_password(self, account, source, password):
        """What a person does when asked: enters the password, which is saved and tried."""
        keeper = self.registry.ref_source(account)
        keeper.store_password_sync(password, True, None)
        credentials = self._credentials(keeper, password)
        self.registry.ref_source(source).invoke_authenticate_sync(credentials, None)

    def browser(self, account):
        """The collection browser of Evolution, signed in to an account."""
        source = self.registry.ref_source(account)
        browser = EDataServer.WebDAVSession.new(source)
        _, password = source.lookup_password_sync(None)
        browser.set_credentials(self._credentials(source, password))
        return browser

    @staticmethod
    def _new_source(uid, url, user):
        source = EDataServer.Source.new_with_uid(uid, None)
        uri = GLib.Uri.parse(url, GLib.UriFlags.ENCODED)
        login = source.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        login.set_host(uri.get_host())
        login.set_port(uri.get_port())
        login.set_user(user)
        login.set_method("plain/password")
        source.get_extension(EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND).set_uri(uri)
        return source

    @staticmethod
    def _credentials(source, password):
        login = source.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        credentials = EDataServer.NamedParameters.new()
        credentials.set(EDataServer.SOURCE_CREDENTIAL_USERNAME, login.get_user())
        credentials.set(EDataServer.SOURCE_CREDENTIAL_PASSWORD, password)
        return credentials
