//! The lines of our own, `X-ROLODAV-…`: written, and read in whatever shape they come back.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::note::card_lines;
use super::unweave::{Seen, SeenEntry};
use super::{Cadence, ConsentLine, Entry, Layer};
use crate::formats::edit::Edits;
use crate::formats::line::Line;
use crate::formats::{param, text};

const PREFIX: &[u8] = b"X-ROLODAV-";
const REVISION: &str = "X-ROLODAV-REV";
const STAGE: &str = "X-ROLODAV-STAGE";
const CADENCE: &str = "X-ROLODAV-CADENCE";
const LAST_CONTACT: &str = "X-ROLODAV-LAST-CONTACT";
const NEXT: &str = "X-ROLODAV-NEXT";
const CONSENT: &str = "X-ROLODAV-CONSENT";
const INTERACTION: &str = "X-ROLODAV-INTERACTION";

/// The lines that tell `layer`, unfolded.
pub(super) fn lines(layer: &Layer) -> Vec<String> {
    let mut lines = vec![format!("{REVISION}:{}", layer.revision)];
    lines.extend(facts(layer));
    lines.extend(layer.entries.iter().map(interaction));
    lines
}

/// The lines that tell stage, cadence and days of `layer`, unfolded.
pub fn facts(layer: &Layer) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(stage) = &layer.stage {
        lines.push(format!("{STAGE}:{}", text::escape(stage)));
    }
    if let Some(cadence) = layer.cadence {
        lines.push(format!("{CADENCE}:{}", cadence.write()));
    }
    if let Some(date) = layer.last_contact {
        lines.push(format!("{LAST_CONTACT}:{date}"));
    }
    if let Some(date) = layer.next {
        lines.push(format!("{NEXT}:{date}"));
    }
    lines.extend(layer.consents.iter().map(consent));
    lines
}

/// The line that tells what a contact agreed to, unfolded.
fn consent(consent: &ConsentLine) -> String {
    let mut line = CONSENT.to_owned();
    for (name, value) in [
        ("PURPOSE", Some(consent.purpose.as_str())),
        ("SOURCE", Some(consent.source.as_str())),
        ("DATE", Some(consent.on.as_str())),
        ("UNTIL", consent.until.as_deref()),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            line.extend([";", name, "=", &param::encode(value)]);
        }
    }
    line.extend([":", &text::escape(&consent.state)]);
    line
}

/// `card` as of another version of its layer; one that tells of none stays as it is.
pub fn with_revision(card: &[u8], revision: u64) -> Cow<'_, [u8]> {
    let Some((lines, _)) = card_lines(card) else { return Cow::Borrowed(card) };
    let mut edits = Edits::new(card);
    if let Some(line) = lines.iter().find(|line| line.is(REVISION)) {
        edits.replace(line.span(), format!("{REVISION}:{revision}").as_bytes());
    }
    if edits.is_empty() { Cow::Borrowed(card) } else { Cow::Owned(edits.apply()) }
}

/// The line that tells `entry`, unfolded.
pub(super) fn interaction(entry: &Entry) -> String {
    let mut line = INTERACTION.to_owned();
    let at = Timestamp::from_second(entry.at).ok().map(|at| at.to_zoned(TimeZone::UTC));
    let at = at.filter(|at| at.year() >= 0).map(|at| at.strftime(STAMP).to_string());
    for (name, value) in [
        ("UID", Some(entry.uid.as_str())),
        ("KIND", Some(entry.kind.as_str())),
        ("AT", at.as_deref()),
        ("BY", Some(entry.by.as_str())),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            line.extend([";", name, "=", &param::encode(value)]);
        }
    }
    line.extend([":", &text::escape(&entry.text)]);
    line
}

const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// Takes `line` into `seen` if it is one of ours; whether it was.
pub(super) fn read(line: &Line<'_>, seen: &mut Seen) -> bool {
    // Most lines of a card fail here.
    if !is_own(line) {
        return false;
    }
    if line.is(INTERACTION) {
        seen.entries.push(entry(line));
    } else if line.is(REVISION) {
        seen.revision = seen.revision.or_else(|| line.text().trim().parse().ok());
    } else if line.is(STAGE) {
        seen.stage = seen.stage.take().or_else(|| Some(line.text().trim().to_owned()));
    } else if line.is(CADENCE) {
        seen.cadence = seen.cadence.or_else(|| Cadence::parse(&line.text()));
    } else if line.is(LAST_CONTACT) {
        seen.last_contact = seen.last_contact.or_else(|| date(line));
    } else if line.is(NEXT) {
        seen.next = seen.next.or_else(|| date(line));
    } else if line.is(CONSENT) {
        seen.consents.push(String::from_utf8_lossy(&line.unfolded()).into_owned());
    } else {
        return false;
    }
    true
}

/// Whether `line` is of ours, also one that only a later version knows.
pub(super) fn is_own(line: &Line<'_>) -> bool {
    line.name().get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

fn date(line: &Line<'_>) -> Option<Date> {
    let text = line.text();
    let text = text.trim();
    text.parse().or_else(|_| Date::strptime("%Y%m%d", text)).ok()
}

fn entry(line: &Line<'_>) -> SeenEntry {
    let param = |name| line.param(name).map(|value| value.trim().to_owned());
    let at = param("AT").and_then(|at| DateTime::strptime(STAMP, at).ok());
    let at = at.and_then(|at| TimeZone::UTC.to_timestamp(at).ok()).map(Timestamp::as_second);
    SeenEntry {
        uid: param("UID").filter(|uid| !uid.is_empty()),
        kind: param("KIND").unwrap_or_default(),
        at,
        by: param("BY").unwrap_or_default(),
        text: line.text().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_told_to_be_of_another_version() {
        let card = "BEGIN:VCARD\r\nFN:A\r\nX-ROLODAV-REV:7\r\nNOTE:b\r\nEND:VCARD\r\n";
        let later = with_revision(card.as_bytes(), 12);
        assert_eq!(&*later, card.replace(":7", ":12").as_bytes());
        let plain = card.replace("X-ROLODAV-REV:7\r\n", "");
        assert!(matches!(with_revision(plain.as_bytes(), 12), Cow::Borrowed(_)));
    }
}
