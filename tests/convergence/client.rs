//! What clients have in common: copies of cards with their tags, and requests that may fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolodav::base::Identity;
use roxmltree::Document;

use crate::card::Card;
use crate::groups::{self, Form};
use crate::ledger::Ledger;
use crate::server::{Answer, Server};

/// Why a sync stops before its end.
#[derive(Debug)]
pub enum Halt {
    /// An answer was lost; the client tries again later.
    Lost,
    /// The server did what it must not.
    Wrong(String),
}

/// A client's copy of a card.
#[derive(Debug, Clone, Default)]
pub struct Copy {
    /// The tag of what was served; `None` when the client does not know it.
    pub etag: Option<String>,
    /// What it keeps of what was served; empty before the first upload.
    pub text: String,
    /// The card with what its user changed and the server was not told yet.
    pub edited: Option<String>,
    /// Its user deleted it; the server was not told yet.
    pub deleted: bool,
}

/// A book as a client sees it.
#[derive(Debug, Clone, Default)]
pub struct Book {
    pub path: String,
    pub token: String,
    pub copies: BTreeMap<String, Copy>,
}

/// How a client behaves.
pub trait Habits {
    /// The User-Agent.
    fn agent(&self) -> &'static str;
    /// How many of the books it uses, from the first.
    fn books(&self) -> usize {
        2
    }
    /// Does its user see and change categories?
    fn shows_categories(&self) -> bool {
        true
    }
    /// How it writes groups, if it shows them.
    fn groups(&self) -> Option<Form> {
        None
    }
    /// Does its user see the lines of a card, and any number of notes?
    fn shows_lines(&self) -> bool {
        false
    }
    /// Whose history it is to see nothing of.
    fn leaves_out(&self) -> LeftOut {
        LeftOut::Nothing
    }
    /// The version it asks cards in, if it asks for one.
    fn names_version(&self) -> Option<&'static str> {
        None
    }
    /// What it keeps of a card that it is served.
    fn absorb(&self, served: &str) -> String;
    /// How it writes a card that its user changed.
    fn write(&self, edited: &Card) -> String;
    /// Brings the book and the server together; true if anything was sent or has changed.
    fn sync(&self, link: &mut Link<'_>, book: &mut Book) -> Result<bool, Halt>;
}

/// What a client is to see nothing of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    Nothing,
    /// The history in the notes.
    InNotes,
    /// All of the history.
    History,
}

/// A client's way to the server.
pub struct Link<'a> {
    /// What the client is called.
    pub name: &'static str,
    /// What it is to see nothing of.
    pub left_out: LeftOut,
    pub server: &'a Server,
    pub ledger: &'a mut Ledger,
    pub device: &'a Arc<Identity>,
    pub agent: &'static str,
    /// Is the next answer lost?
    pub lose: &'a mut bool,
    /// What was asked and answered, for people.
    pub trace: &'a mut Vec<String>,
}

/// One member in a multistatus.
#[derive(Debug)]
pub struct Found {
    pub href: String,
    /// `None`: it is not there.
    pub etag: Option<String>,
    pub data: Option<String>,
}

impl Copy {
    /// The card as its user sees it.
    pub fn shown(&self) -> &str {
        self.edited.as_deref().unwrap_or(&self.text)
    }

    /// A copy of what was served.
    pub fn served(etag: Option<String>, text: String) -> Self {
        Self { etag, text, edited: None, deleted: false }
    }

    /// The server has taken what was sent.
    pub fn sent(&mut self, etag: Option<String>, text: String) {
        *self = Self::served(etag, text);
    }
}

impl Link<'_> {
    fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Result<Answer, Halt> {
        let answer = self.server.ask(self.device, self.agent, method, path, headers, body);
        let lost = std::mem::take(self.lose);
        let condition = headers.iter().find(|(name, _)| name.starts_with("if-"));
        let condition = condition.map_or(String::new(), |(name, tag)| format!(" {name} {tag}"));
        let (end, etag) = (if lost { ", lost" } else { "" }, answer.etag.as_deref().unwrap_or(""));
        let who = self.name;
        let mut line =
            format!("      {who}: {method} {path}{condition} -> {} {etag}{end}", answer.status);
        if method == "PUT" {
            self.ledger.put(self.name, path, body, &answer);
            line = format!("{line}\n        {}", readable(body));
        }
        if lost || !matches!(method, "PROPFIND" | "REPORT") {
            self.trace.push(line);
        }
        if lost { Err(Halt::Lost) } else { Ok(answer) }
    }

    /// PUT of a card that was made of what had the tag `known`; 2xx, 404, 409 or 412.
    pub fn put(
        &mut self,
        path: &str,
        condition: Option<(&'static str, &str)>,
        known: Option<&str>,
        body: &str,
    ) -> Result<Answer, Halt> {
        let names_its_version = match condition {
            Some(("if-match", tag)) => known == Some(tag),
            Some(_) => !body.contains("CATEGORIES"),
            None => body.contains("X-ROLODAV-REV"),
        };
        if !names_its_version {
            // It goes over whatever is there.
            self.ledger.open(path, &Card::parse(body));
        }
        let card = Card::parse(body);
        let uid = groups::uid(card.first("UID").unwrap_or_default());
        // It reaches the one that it was merged into; as do members of a group.
        for uid in groups::members(&card).iter().chain([&uid]) {
            self.ledger.open_all(self.server.one_with(uid).iter());
        }
        let mut headers = vec![("content-type", "text/vcard; charset=utf-8".to_owned())];
        headers.extend(condition.map(|(name, tag)| (name, tag.to_owned())));
        let answer = self.ask("PUT", path, &headers, body)?;
        match answer.status {
            201 | 204 | 404 | 409 | 412 => Ok(answer),
            other => Err(Halt::Wrong(format!("PUT {path}: {other} {}\n{body}", answer.body))),
        }
    }

    /// DELETE; the status.
    pub fn delete(&mut self, path: &str, etag: Option<&str>) -> Result<u16, Halt> {
        let headers: Vec<_> = etag.map(|tag| ("if-match", tag.to_owned())).into_iter().collect();
        let answer = self.ask("DELETE", path, &headers, "")?;
        match answer.status {
            204 | 404 | 412 => Ok(answer.status),
            other => Err(Halt::Wrong(format!("DELETE {path}: {other} {}", answer.body))),
        }
    }

    /// The book's sync token.
    pub fn token(&mut self, book: &str) -> Result<String, Halt> {
        let (_, token) = self.multistatus(
            "PROPFIND",
            book,
            "0",
            "<propfind xmlns=\"DAV:\"><prop><sync-token/></prop></propfind>",
        )?;
        token.ok_or_else(|| Halt::Wrong(format!("{book} has no sync token")))
    }

    /// The tags of all members.
    pub fn etags(&mut self, book: &str) -> Result<BTreeMap<String, String>, Halt> {
        let body = "<propfind xmlns=\"DAV:\"><prop><getetag/><getcontenttype/></prop></propfind>";
        let (found, _) = self.multistatus("PROPFIND", book, "1", body)?;
        Ok(found.into_iter().filter_map(|found| Some((found.href, found.etag?))).collect())
    }

    /// What changed since the token, and the next token.
    pub fn changes(&mut self, book: &Book, data: bool) -> Result<(Vec<Found>, String), Halt> {
        let data = if data { "<C:address-data/>" } else { "" };
        let body = format!(
            "<sync-collection xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><sync-token>\
             {}</sync-token><sync-level>1</sync-level><prop><getetag/>{data}</prop></sync-collection>",
            book.token
        );
        let (found, token) = self.multistatus("REPORT", &book.path, "0", &body)?;
        let token = token.ok_or_else(|| Halt::Wrong("no token in the answer".to_owned()))?;
        Ok((found, token))
    }

    /// addressbook-multiget; `version` as an attribute if the client names one.
    pub fn multiget(
        &mut self,
        book: &str,
        hrefs: &[String],
        version: Option<&str>,
    ) -> Result<Vec<Found>, Halt> {
        let version = version.map_or(String::new(), |version| {
            format!(" content-type=\"text/vcard\" version=\"{version}\"")
        });
        let hrefs: String = hrefs.iter().map(|href| format!("<href>{href}</href>")).collect();
        let body = format!(
            "<C:addressbook-multiget xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><prop>\
             <getetag/><C:address-data{version}/></prop>{hrefs}</C:addressbook-multiget>"
        );
        Ok(self.multistatus("REPORT", book, "0", &body)?.0)
    }

    fn multistatus(
        &mut self,
        method: &str,
        path: &str,
        depth: &str,
        body: &str,
    ) -> Result<(Vec<Found>, Option<String>), Halt> {
        let answer = self.ask(method, path, &[("depth", depth.to_owned())], body)?;
        if answer.status != 207 {
            let (status, body) = (answer.status, answer.body);
            return Err(Halt::Wrong(format!("{method} {path}: {status} {body}")));
        }
        let document = Document::parse(&answer.body)
            .map_err(|error| Halt::Wrong(format!("{method} {path}: {error}\n{}", answer.body)))?;
        let token = document.descendants().find(|node| node.has_tag_name(("DAV:", "sync-token")));
        let token = token.and_then(|node| node.text()).map(str::to_owned);
        let responses = document.descendants().filter(|n| n.has_tag_name(("DAV:", "response")));
        let found = responses.map(|response| {
            let text = |space, name| {
                let mut nodes = response.descendants();
                let node = nodes.find(|node| node.has_tag_name((space, name)));
                node.and_then(|node| node.text()).map(str::to_owned)
            };
            Found {
                href: text("DAV:", "href").unwrap_or_default(),
                etag: text("DAV:", "getetag"),
                data: text("urn:ietf:params:xml:ns:carddav", "address-data"),
            }
        });
        let found: Vec<Found> = found.collect();
        for found in &found {
            let data = found.data.as_deref().unwrap_or_default();
            if let Some(why) = self.ledger.shown_against_will(self.left_out, data) {
                return Err(Halt::Wrong(format!("is shown {why}: {} {data}", found.href)));
            }
        }
        Ok((found, token))
    }
}

/// A card on one line, for traces.
pub fn readable(card: &str) -> String {
    let lines = Card::parse(card).lines;
    let lines = lines.iter().map(|line| format!("{}:{}", line.name, line.value));
    lines.collect::<Vec<_>>().join(" | ")
}
