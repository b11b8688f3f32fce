//! One interaction as an event.

use bytes::Bytes;

use crate::base::{ETag, Timestamp};
use crate::calendars::scheduling::draft::Draft;
use crate::calendars::spans;
use crate::contacts::layer::clean;
use crate::formats::property::Property;
use crate::formats::text::escape;
use crate::formats::vcard::inspect::needs_escape;
use crate::formats::zone::Zone;
use crate::store::body::NewBody;
use crate::store::interactions::{Interaction, Precision};
use crate::store::member::Flags;
use crate::store::write::NewMember;

const PRODUCT: &str = concat!("-//rolodav//rolodav ", env!("CARGO_PKG_VERSION"), "//EN");

/// Somebody who took part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// The UID of the card.
    pub uid: String,
    /// The name, on one line.
    pub name: String,
}

/// The event that shows `interaction`. The same interaction is the same bytes, so that its tag
/// changes only if it does.
pub fn member(
    interaction: &Interaction,
    participants: &[Participant],
    identity: &str,
    zone: &Zone,
    now: Timestamp,
) -> NewMember {
    let uid = format!("interaction-{identity}@rolodav");
    let bytes = Bytes::from(write(interaction, participants, &uid, zone));
    NewMember {
        etag: ETag::of(&bytes),
        flags: Flags::EVENT.with(Flags::ESCAPE, needs_escape(&bytes)),
        uid,
        spans: spans::of_stored(&bytes, now),
        notes: Vec::new(),
        original: None,
        body: NewBody { bytes, blobs: Vec::new() },
    }
}

fn write(
    interaction: &Interaction,
    participants: &[Participant],
    uid: &str,
    zone: &Zone,
) -> Vec<u8> {
    let mut event = Draft::new("VEVENT");
    let mut add = |property: Property| event.properties.push(property);
    add(Property::new("UID", uid));
    add(Property::new("DTSTAMP", interaction.captured.basic()));
    match interaction.precision {
        Precision::Day => {
            let seconds = i64::try_from(interaction.at.seconds()).unwrap_or(i64::MAX);
            let day = zone.civil(seconds).date().strftime("%Y%m%d").to_string();
            let mut start = Property::new("DTSTART", day);
            start.set("VALUE", "DATE");
            add(start);
        }
        Precision::Minute => {
            add(Property::new("DTSTART", interaction.at.basic()));
            if let Some(seconds) = interaction.duration.filter(|seconds| *seconds > 0) {
                add(Property::new("DURATION", format!("PT{seconds}S")));
            }
        }
    }
    let names: Vec<&str> = participants.iter().map(|one| one.name.as_str()).collect();
    let title = format!("{}: {}", label(&interaction.kind), names.join(", "));
    add(Property::new("SUMMARY", escape(&title)));
    let text = clean(&interaction.text);
    if !text.is_empty() {
        add(Property::new("DESCRIPTION", escape(&text)));
    }
    add(Property::new("CATEGORIES", escape(&clean(&interaction.kind))));
    if let Some(link) = interaction.link.as_deref().map(clean).filter(|link| is_uri(link)) {
        add(Property::new("URL", link));
    }
    for one in participants {
        add(Property::new("CONTACT", escape(&one.name)));
        add(Property::new("X-ROLODAV-CONTACT", escape(&clean(&one.uid))));
    }
    add(Property::new("TRANSP", "TRANSPARENT"));
    add(Property::new("CLASS", "PRIVATE"));
    let mut calendar = Draft::new("VCALENDAR");
    calendar.set_value("VERSION", "2.0");
    calendar.set_value("PRODID", PRODUCT);
    calendar.set_value("CALSCALE", "GREGORIAN");
    calendar.children.push(event);
    calendar.write()
}

/// A kind as a title begins.
fn label(kind: &str) -> String {
    let kind = clean(kind).replace(['\n', '\t'], " ");
    let mut letters = kind.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Interaction".to_owned(),
    }
}

/// Only what is one may stand in a `URL`.
fn is_uri(link: &str) -> bool {
    let scheme = link.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && !link.contains(|c: char| c.is_whitespace() || c.is_control())
}
