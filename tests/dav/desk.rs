//! A running server, its users, and what they ask.

use std::net::SocketAddr;

use crate::multistatus::Multistatus;
use crate::support::program::{run, said};
use crate::support::{Answer, Server, Wire, basic};

/// A server of its own for one test.
pub struct Desk {
    server: Server,
    data: tempfile::TempDir,
}

/// Somebody with a password.
#[derive(Clone)]
pub struct User {
    pub name: String,
    pub auth: String,
    address: SocketAddr,
}

/// All prefixes that requests and tables use.
const NAMESPACES: &str = r#"xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/" xmlns:I="http://apple.com/ns/ical/" xmlns:CAL="urn:ietf:params:xml:ns:caldav" xmlns:X="urn:example:x""#;

impl Desk {
    /// A server on an empty directory.
    pub fn open() -> Self {
        Self::with(&[])
    }

    /// One with settings.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start_on(data.path(), variables);
        Self { server, data }
    }

    /// A server and its one user.
    pub fn of_anna() -> (Self, User) {
        let desk = Self::open();
        let anna = desk.user("anna");
        (desk, anna)
    }

    /// Adds a user, whose id is the name.
    pub fn user(&self, name: &str) -> User {
        self.server.add_user(name, "secret");
        let auth = basic(name, "secret");
        User { name: name.to_owned(), auth, address: self.server.address() }
    }

    /// Adds a user who signs in with a mail address; the id is the part before the `@`.
    pub fn user_with_mail(&self, mail: &str) -> User {
        self.server.add_user(mail, "secret");
        let name = mail.split('@').next().unwrap().to_owned();
        User { name, auth: basic(mail, "secret"), address: self.server.address() }
    }

    /// Adds a device; whoever signs in with its password.
    pub fn device(&self, user: &User, arguments: &[&str]) -> User {
        let added = self.run(&[&["device", "add", &user.name], arguments, &["--json"]].concat());
        let added: serde_json::Value = serde_json::from_str(&added).expect(&added);
        let password = added["password"].as_str().expect("a password");
        let name = added["user_name"].as_str().expect("a name");
        User { auth: basic(name, password), ..user.clone() }
    }

    /// Runs a command that must succeed; what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = run(self.data.path(), arguments, "");
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A fresh connection.
    pub fn connect(&self) -> Wire {
        self.server.connect()
    }

    pub fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Most memory that the server ever had, in MiB.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM");
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
    }
}

impl Drop for Desk {
    /// Whatever a test did, every invariant of the store holds.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.run(&["check"]);
        }
    }
}

impl User {
    /// Sends one request on a connection of its own.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.ask_on(&mut Wire::open(self.address), method, path, headers, body)
    }

    /// Sends one request on this connection.
    pub fn ask_on(
        &self,
        wire: &mut Wire,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let mut all = vec![("Authorization", self.auth.as_str())];
        all.extend_from_slice(headers);
        wire.ask(method, path, &all, body.as_ref())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], "")
    }

    pub fn put(&self, path: &str, card: impl AsRef<[u8]>) -> Answer {
        self.ask("PUT", path, &[("Content-Type", "text/vcard")], card)
    }

    /// Stores a card that must be taken; its tag.
    pub fn store(&self, path: &str, card: impl AsRef<[u8]>) -> String {
        let answer = self.put(path, card);
        assert!(matches!(answer.status, 201 | 204), "PUT {path}: {answer:?} {}", answer.text());
        self.etag(path)
    }

    /// The tag that a GET tells.
    pub fn etag(&self, path: &str) -> String {
        let answer = self.ask("HEAD", path, &[], "");
        assert_eq!(answer.status, 200, "HEAD {path}");
        answer.header("etag").expect("a tag").to_owned()
    }

    /// PROPFIND for the properties in `props` (`D:getetag C:address-data`).
    pub fn propfind(&self, path: &str, depth: &str, props: &str) -> Multistatus {
        let body = propfind(props);
        Multistatus::of(&self.ask("PROPFIND", path, &[("Depth", depth)], body))
    }

    /// One property's text, which must be there.
    pub fn prop(&self, path: &str, prop: &str) -> String {
        let found = self.propfind(path, "0", prop);
        let response = &found.responses[0];
        let value = response.prop(prop).unwrap_or_else(|| panic!("{path} has no {prop}"));
        value.text.clone()
    }

    pub fn report(&self, path: &str, depth: &str, body: &str) -> Multistatus {
        Multistatus::of(&self.ask("REPORT", path, &[("Depth", depth)], body))
    }

    pub fn proppatch(&self, path: &str, inner: &str) -> Answer {
        self.ask("PROPPATCH", path, &[], xml("D:propertyupdate", inner))
    }

    /// What changed in `book` since `token`, with the members' tags.
    pub fn sync(&self, book: &str, token: &str) -> Multistatus {
        let body = sync_collection(token, "<D:prop><D:getetag/></D:prop>");
        let answer = self.ask("REPORT", book, &[("Depth", "0")], body);
        Multistatus::of(&answer)
    }

    /// The present token of `book`.
    pub fn token(&self, book: &str) -> String {
        self.prop(book, "D:sync-token")
    }

    pub fn home(&self) -> String {
        format!("/dav/addressbooks/{}/", self.name)
    }

    pub fn principal(&self) -> String {
        format!("/dav/principals/{}/", self.name)
    }

    /// The first book.
    pub fn book(&self) -> String {
        self.home() + "contacts/"
    }

    /// A member of the first book.
    pub fn card(&self, name: &str) -> String {
        self.book() + name
    }

    /// Makes a book; its address.
    pub fn make_book(&self, name: &str) -> String {
        let path = format!("{}{name}/", self.home());
        let answer = self.ask("MKCOL", &path, &[], "");
        assert_eq!(answer.status, 201, "MKCOL {path}: {}", answer.text());
        path
    }
}

/// An XML request with all prefixes declared.
pub fn xml(root: &str, inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><{root} {NAMESPACES}>{inner}</{root}>")
}

/// Elements for names in a list.
pub fn elements(names: &str) -> String {
    names.split_whitespace().map(|name| format!("<{name}/>")).collect()
}

pub fn propfind(props: &str) -> String {
    xml("D:propfind", &format!("<D:prop>{}</D:prop>", elements(props)))
}

pub fn sync_collection(token: &str, rest: &str) -> String {
    let token = format!("<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>");
    xml("D:sync-collection", &(token + rest))
}

/// A card of version 3.0.
pub fn card(uid: &str, name: &str) -> String {
    card_with(uid, name, "")
}

/// One with further lines.
pub fn card_with(uid: &str, name: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nN:{name};;;;\r\nFN:{name}\r\n{lines}END:VCARD\r\n"
    )
}

/// The answer has this status and its `DAV:error` begins with this element (none: no such body).
#[track_caller]
pub fn expect(answer: &Answer, status: u16, condition: Option<&str>, case: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{case}: {body}");
    let found = crate::multistatus::conditions(answer);
    assert_eq!(found.first().map(String::as_str), condition, "{case}: {body}");
}
