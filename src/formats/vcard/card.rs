//! A typed view of one card's lines.

use std::borrow::Cow;

use super::Version;
use crate::formats::line::{Line, Lines};

/// A card, read without changing it. Properties of cards nested in it (`AGENT` of 2.1) are not
/// its own and are not seen here.
#[derive(Debug, Clone)]
pub struct Card<'a> {
    lines: Vec<Line<'a>>,
}

/// What a card describes (RFC 6350 §6.1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A person; also when nothing is said.
    Individual,
    /// A list of other cards.
    Group,
    /// An organization.
    Organization,
    /// A place.
    Location,
    /// Anything else, in lower case.
    Other(String),
}

impl<'a> Card<'a> {
    /// Reads the first card in `bytes`. Takes anything; what is not there is not found.
    pub fn parse(bytes: &'a [u8]) -> Self {
        let mut lines = Vec::new();
        let mut depth = 0_usize;
        for line in Lines::new(bytes) {
            if line.is("BEGIN") {
                depth += 1;
            } else if line.is("END") {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            } else if depth <= 1 && line.has_value() {
                lines.push(line);
            }
        }
        Self { lines }
    }

    /// The properties, in order; `BEGIN`, `END` and lines without value are none.
    pub fn properties(&self) -> &[Line<'a>] {
        &self.lines
    }

    /// The properties called `name`, in any case and any group.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Line<'a>> {
        self.lines.iter().filter(move |line| line.is(name))
    }

    /// The properties in `group`, in any case.
    pub fn in_group<'s>(&'s self, group: &'s [u8]) -> impl Iterator<Item = &'s Line<'a>> {
        self.lines.iter().filter(move |l| l.group().is_some_and(|g| g.eq_ignore_ascii_case(group)))
    }

    /// The first property called `name` whose value is not empty.
    pub fn first(&self, name: &str) -> Option<&Line<'a>> {
        self.lines
            .iter()
            .filter(|line| line.is(name))
            .find(|line| !line.value().trim_ascii().is_empty())
    }

    /// The text of [`first`](Self::first).
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.first(name).map(Line::text)
    }

    /// The declared version; 3.0 where none or an unknown one is declared.
    pub fn version(&self) -> Version {
        self.text("VERSION").and_then(|v| Version::parse(&v)).unwrap_or(Version::V30)
    }

    /// The UID as written.
    pub fn uid(&self) -> Option<String> {
        self.text("UID").map(|uid| uid.trim().to_owned())
    }

    /// The first display name.
    pub fn full_name(&self) -> Option<String> {
        self.text("FN").map(|name| name.trim().to_owned())
    }

    /// What the card describes, told by `KIND` or by Apple's properties of 3.0.
    pub fn kind(&self) -> Kind {
        let kind = self.text("KIND").or_else(|| self.text("X-ADDRESSBOOKSERVER-KIND"));
        match kind.map(|kind| kind.trim().to_ascii_lowercase()) {
            Some(kind) => match kind.as_str() {
                "individual" => Kind::Individual,
                "group" => Kind::Group,
                "org" => Kind::Organization,
                "location" => Kind::Location,
                _ => Kind::Other(kind),
            },
            None => match self.text("X-ABSHOWAS") {
                Some(shown) if shown.trim().eq_ignore_ascii_case("company") => Kind::Organization,
                _ => Kind::Individual,
            },
        }
    }

    /// The members of a group card, as written (`urn:uuid:…`, `mailto:…`).
    pub fn members(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let is_member = |l: &&Line<'_>| l.is("MEMBER") || l.is("X-ADDRESSBOOKSERVER-MEMBER");
        self.lines.iter().filter(is_member).map(Line::text)
    }

    /// Apple's label of `line`: the `X-ABLABEL` of its group, its `_$!<…>!$_` taken off.
    pub fn label(&self, line: &Line<'_>) -> Option<String> {
        let label = self.in_group(line.group()?).find(|l| l.is("X-ABLABEL"))?.text();
        let plain = label.strip_prefix("_$!<").and_then(|rest| rest.strip_suffix(">!$_"));
        Some(plain.unwrap_or(&label).to_owned())
    }
}

#[cfg(test)]
mod oracle;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_clients_write() {
        let card = Card::parse(
            b"BEGIN:VCARD\r\nversion:3.0\r\nN:Doe;Jo\\;hn;;;\r\nfn:\r\nFN:John\r\n\
              item1.TEL;type=pref:1\r\nitem1.X-ABLabel:_$!<Work>!$_\r\nUID: a \r\n\
              X-ABShowAs:COMPANY\r\nAGENT:\r\nBEGIN:VCARD\r\nNOTE:inner\r\nEND:VCARD\r\n\
              NOTE:outer\r\nEND:VCARD\r\n",
        );
        assert_eq!(card.version(), Version::V30);
        assert_eq!(card.full_name().as_deref(), Some("John"));
        assert_eq!(card.uid().as_deref(), Some("a"));
        assert_eq!(card.kind(), Kind::Organization);
        let tel = card.first("tel").unwrap();
        assert_eq!(card.label(tel).as_deref(), Some("Work"));
        assert_eq!(card.first("N").unwrap().components(), ["Doe", "Jo;hn", "", "", ""]);
        assert_eq!(card.text("NOTE").unwrap(), "outer", "a nested card's note is not this one's");
    }

    #[test]
    fn kinds_and_members() {
        for (line, kind) in [
            ("KIND:GROUP", Kind::Group),
            ("X-ADDRESSBOOKSERVER-KIND:group", Kind::Group),
            ("KIND:org", Kind::Organization),
            ("KIND:Device", Kind::Other("device".into())),
            ("NOTE:x", Kind::Individual),
        ] {
            let text = format!(
                "BEGIN:VCARD\nMEMBER:urn:uuid:a\nX-ADDRESSBOOKSERVER-MEMBER:b\n{line}\nEND:VCARD"
            );
            let card = Card::parse(text.as_bytes());
            assert_eq!(card.kind(), kind, "{line}");
            assert_eq!(card.members().collect::<Vec<_>>(), ["urn:uuid:a", "b"]);
        }
    }
}
