//! The part of the visit that needs a password: from the principal to a sync of the first book
//! and the first calendar.

use http::Uri;

use super::multistatus::{self, Response};
use super::{PRINCIPAL, SIGN_IN, Visit, resolve};
use crate::dav::xml::Name;
use crate::fetch::client::Answer;

const ACCOUNT: &str = "account";
const SYNC: &str = "sync";
const WRITING: &str = "writing";

const HOME: &str = "<d:propfind xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\" \
                    xmlns:l=\"urn:ietf:params:xml:ns:caldav\"><d:prop><c:addressbook-home-set/>\
                    <l:calendar-home-set/><d:displayname/></d:prop></d:propfind>";
const BOOK: &str = "<d:propfind xmlns:d=\"DAV:\" xmlns:s=\"http://calendarserver.org/ns/\"><d:prop>\
                    <d:resourcetype/><d:displayname/><d:current-user-privilege-set/>\
                    <d:sync-token/><s:getctag/><d:supported-report-set/></d:prop></d:propfind>";
const CHANGES: &str = "<d:sync-collection xmlns:d=\"DAV:\"><d:sync-token/>\
                       <d:sync-level>1</d:sync-level><d:limit><d:nresults>1</d:nresults></d:limit>\
                       <d:prop><d:getetag/></d:prop></d:sync-collection>";

/// One of the two things that an account holds.
struct Service {
    /// What the report calls its collections.
    check: &'static str,
    home: Name,
    collection: Name,
    /// The end of the name of a member.
    ending: &'static str,
    /// What to do if there are none.
    advice: &'static str,
}

const BOOKS: Service = Service {
    check: "books",
    home: Name::carddav("addressbook-home-set"),
    collection: Name::carddav("addressbook"),
    ending: ".vcf",
    advice: "`rolodav book create USER contacts` makes a book; a device may also be set to see \
             none of the books (`rolodav device list USER`).",
};

const CALENDARS: Service = Service {
    check: "calendars",
    home: Name::caldav("calendar-home-set"),
    collection: Name::caldav("calendar"),
    ending: ".ics",
    advice: "`rolodav calendar create USER calendar` makes a calendar; a device may also be set to \
             see none of them (`rolodav device list USER`).",
};

/// A book or calendar as the listing tells of it.
struct Listed {
    uri: Uri,
    name: String,
    writable: bool,
}

impl Visit {
    /// What a phone does once it has a password.
    pub(super) async fn account(&mut self, root: &Uri) -> Option<()> {
        let principal = self.principal(root).await?;
        let answer = self.ask(ACCOUNT, "PROPFIND", &principal, "0", HOME).await?;
        let responses = self.understand(ACCOUNT, &principal, &answer)?;
        for service in [&BOOKS, &CALENDARS] {
            // What is wrong with the one says nothing of the other.
            let _ = self.service(&principal, responses.first()?, service).await;
        }
        Some(())
    }

    async fn service(
        &mut self,
        principal: &Uri,
        account: &Response,
        service: &Service,
    ) -> Option<()> {
        let home = self.home(principal, account, service)?;
        let listed = self.collections(&home, service).await?;
        self.sync(listed.first()?).await;
        if let Some(writable) = listed.iter().find(|one| one.writable) {
            self.writing(writable, service).await;
        }
        Some(())
    }

    async fn principal(&mut self, root: &Uri) -> Option<Uri> {
        let answer = self.ask(SIGN_IN, "PROPFIND", root, "0", PRINCIPAL).await?;
        match answer.status.as_u16() {
            401 => {
                let advice = "Is it the name that `rolodav user list` shows, and an app password \
                              of `rolodav device add`? If a proxy asks for passwords, it must not.";
                self.report.fault(SIGN_IN, "the name or password is refused", advice);
                return None;
            }
            403 | 503 => {
                let says = String::from_utf8_lossy(&answer.body).trim().to_owned();
                let advice = "The server says why; its log says more.";
                self.report.fault(SIGN_IN, format!("{}: {says}", answer.status), advice);
                return None;
            }
            _ => {}
        }
        let responses = self.understand(SIGN_IN, root, &answer)?;
        let href = responses.first()?.href_in(&Name::dav("current-user-principal"));
        let Some(principal) = href.and_then(|href| resolve(root, href)) else {
            let advice = "A proxy may take the header Authorization away; it must pass it on.";
            self.report.fault(SIGN_IN, "the server does not say who is signed in", advice);
            return None;
        };
        self.report.ok(SIGN_IN, format!("signed in as {}", principal.path()));
        Some(principal)
    }

    fn home(&mut self, principal: &Uri, account: &Response, service: &Service) -> Option<Uri> {
        let what = service.check;
        let href = account.href_in(&service.home);
        let Some(home) = href.and_then(|href| resolve(principal, href)) else {
            let advice =
                "Is this a CardDAV and CalDAV server? If it is rolodav, its log says more.";
            self.report.fault(ACCOUNT, format!("the account has no home of {what}"), advice);
            return None;
        };
        self.report.ok(ACCOUNT, format!("its {what} are at {}", home.path()));
        Some(home)
    }

    async fn collections(&mut self, home: &Uri, service: &Service) -> Option<Vec<Listed>> {
        let check = service.check;
        let answer = self.ask(check, "PROPFIND", home, "1", BOOK).await?;
        let responses = self.understand(check, home, &answer)?;
        let wanted = |r: &&Response| r.mentions(&Name::dav("resourcetype"), &service.collection);
        let mut listed = Vec::new();
        for response in responses.iter().filter(wanted) {
            let Some(uri) = resolve(home, &response.href) else { continue };
            let name =
                response.prop(&Name::dav("displayname")).map(|name| name.trimmed().to_owned());
            let name = name.filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| uri.path().to_owned());
            let privileges = Name::dav("current-user-privilege-set");
            let writable = response.mentions(&privileges, &Name::dav("write-content"));
            let lacks: Vec<&str> = [
                (response.prop(&Name::dav("sync-token")).is_none(), "sync-token"),
                (response.prop(&Name::cs("getctag")).is_none(), "getctag"),
                (
                    !response.mentions(
                        &Name::dav("supported-report-set"),
                        &Name::dav("sync-collection"),
                    ),
                    "sync-collection",
                ),
            ]
            .into_iter()
            .filter_map(|(lacking, what)| lacking.then_some(what))
            .collect();
            let rights = if writable { "can be changed" } else { "read-only" };
            if lacks.is_empty() {
                self.report.ok(check, format!("`{name}` at {} ({rights})", uri.path()));
            } else {
                let advice = "Clients will fetch all of it each time.";
                let seen = format!("`{name}` lacks {}", lacks.join(", "));
                self.report.warning(check, seen, advice);
            }
            listed.push(Listed { uri, name, writable });
        }
        if listed.is_empty() {
            self.report.fault(check, "there are none", service.advice);
            return None;
        }
        Some(listed)
    }

    async fn sync(&mut self, book: &Listed) -> Option<()> {
        let answer = self.ask(SYNC, "REPORT", &book.uri, "0", CHANGES).await?;
        self.understand(SYNC, &book.uri, &answer)?;
        self.report.ok(SYNC, format!("`{}` can be synced by changes", book.name));
        Some(())
    }

    /// Requests that cannot succeed and change nothing, but must get through to the server.
    async fn writing(&mut self, book: &Listed, service: &Service) -> Option<()> {
        let path = format!("{}rolodav-doctor-was-here{}", book.uri.path(), service.ending);
        let card = super::at(&book.uri, &path)?;
        let authorization = self.authorization.clone().unwrap_or_default();
        for method in ["DELETE", "PUT"] {
            let headers = [("authorization", authorization.as_str()), ("if-match", "\"nothing\"")];
            let answer = self.try_send(WRITING, method, &card, &headers, "").await?;
            let status = answer.status.as_u16();
            if status != 412 && (method, status) != ("DELETE", 404) {
                let advice = "A proxy must let PUT and DELETE through, with If-Match.";
                let seen = format!("{method} under a condition that fails is answered {status}");
                self.report.fault(WRITING, seen, advice);
                return None;
            }
        }
        self.report.ok(WRITING, format!("PUT and DELETE reach `{}`", book.name));
        Some(())
    }

    async fn ask(
        &mut self,
        check: &'static str,
        method: &str,
        uri: &Uri,
        depth: &str,
        body: &'static str,
    ) -> Option<Answer> {
        let authorization = self.authorization.clone().unwrap_or_default();
        let headers = [("depth", depth), ("authorization", authorization.as_str())];
        self.try_send(check, method, uri, &headers, body).await
    }

    fn understand(
        &mut self,
        check: &'static str,
        uri: &Uri,
        answer: &Answer,
    ) -> Option<Vec<Response>> {
        match multistatus::read(answer) {
            Ok(responses) if !responses.is_empty() || check == SYNC => Some(responses),
            Ok(_) => {
                self.report.fault(check, format!("{uri}: an empty answer"), "The log says more.");
                None
            }
            Err(wrong) => {
                let advice = "A proxy must pass PROPFIND and REPORT on with their bodies. If \
                              there is none, the server's log says more.";
                self.report.fault(check, format!("{uri}: {wrong}"), advice);
                None
            }
        }
    }
}
