//! What happened with a contact as a dated note of a vCard (RFC 9554 §4): when and by whom, and in
//! parameters of our own what else is known.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::contacts::layer::clean;
use crate::formats::property::Property;
use crate::formats::text;
use crate::formats::zone::Zone;
use crate::store::interactions::{Direction, Interaction, Precision};

/// Somebody who told of something.
#[derive(Debug, Clone, Default)]
pub(super) struct Author {
    /// The name that others see.
    pub(super) name: String,
    /// Their mail address.
    pub(super) mail: Option<String>,
}

/// `interaction` as a `NOTE` of version 4.0. `others` are the UIDs of the cards of those who took
/// part beside the one whose note it is.
pub(super) fn note(
    interaction: &Interaction,
    author: &Author,
    others: &[String],
    zone: &Zone,
) -> Property {
    let words = clean(&interaction.text);
    // Programs drop a note that says nothing.
    let words = if words.is_empty() { interaction.kind.clone() } else { words };
    let mut note = Property::new("NOTE", text::escape(&words));
    note.set("PROP-ID", &id(&interaction.uid));
    let at = interaction.at.basic();
    if !at.is_empty() {
        note.set("CREATED", &at);
    }
    if let Some(mail) = &author.mail {
        note.set("AUTHOR", &format!("mailto:{mail}"));
    }
    if !author.name.is_empty() {
        note.set("AUTHOR-NAME", &author.name);
    }
    let mut set = |name: &str, value: &str| note.set(&format!("X-ROLODAV-{name}"), value);
    set("UID", &interaction.uid);
    set("KIND", &interaction.kind);
    if interaction.precision == Precision::Day {
        let at = i64::try_from(interaction.at.seconds()).unwrap_or(i64::MAX);
        set("DAY", &zone.civil(at).date().to_string());
    }
    if let Some(seconds) = interaction.duration {
        set("DURATION", &format!("PT{seconds}S"));
    }
    match interaction.direction {
        Some(Direction::In) => set("DIRECTION", "in"),
        Some(Direction::Out) => set("DIRECTION", "out"),
        None => {}
    }
    if let Some(link) = &interaction.link {
        set("LINK", link);
    }
    if !interaction.author.device.is_empty() {
        set("DEVICE", &interaction.author.device);
    }
    set("SOURCE", &format!("{:?}", interaction.source).to_lowercase());
    set("CAPTURED", &interaction.captured.basic());
    if !others.is_empty() {
        note.set_all("X-ROLODAV-WITH", others);
    }
    note
}

/// What the note is called (RFC 9554 §4.7): the UID, or where that has other letters than a
/// `PROP-ID` may have, something that is the same each time.
fn id(uid: &str) -> String {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=255).contains(&uid.len()) && uid.bytes().all(fits) {
        return uid.to_owned();
    }
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(uid.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{PrincipalId, Timestamp};
    use crate::formats::line::Lines;
    use crate::store::Actor;
    use crate::store::interactions::Source;

    #[test]
    fn whatever_is_remembered_is_one_line() {
        let interaction = Interaction {
            uid: "<a@b>; c".to_owned(),
            owner: PrincipalId::parse("anna").unwrap(),
            kind: "call\r\nEND:VCARD".to_owned(),
            at: Timestamp(0),
            precision: Precision::Minute,
            duration: None,
            direction: Some(Direction::In),
            author: Actor { principal: "anna".to_owned(), device: "my \"phone\":1".to_owned() },
            participants: Vec::new(),
            text: "one\r\nEND:VCARD\n\u{7}two".to_owned(),
            link: Some("a\nb".to_owned()),
            source: Source::Note,
            captured: Timestamp(1),
            content: 0,
        };
        let author = Author { name: "A, \"B\"; C\n".to_owned(), mail: Some("a@b".to_owned()) };
        let others = ["x,y".to_owned(), "z:1".to_owned()];
        let line = note(&interaction, &author, &others, &Zone::UTC).write();
        let text = String::from_utf8(line.clone()).unwrap();
        assert!(!text.contains(['\r', '\n', '\u{7}']), "{text:?}");
        let lines: Vec<_> = Lines::new(&line).collect();
        assert_eq!(lines.len(), 1, "{text}");
        let line = &lines[0];
        assert_eq!(line.text(), "one\nEND:VCARD\ntwo");
        assert_eq!(line.param("AUTHOR-NAME").as_deref(), Some("A, \"B\"; C\n"));
        assert_eq!(line.param("X-ROLODAV-DEVICE").as_deref(), Some("my \"phone\":1"));
        assert_eq!(line.param("X-ROLODAV-UID").as_deref(), Some("<a@b>; c"));
        let with = line.params().find(|param| param.is("X-ROLODAV-WITH")).unwrap();
        assert_eq!(with.values().collect::<Vec<_>>(), ["x,y", "z:1"]);
        let id = line.param("PROP-ID").unwrap();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        assert!(id.len() == 43 && id.bytes().all(fits), "{id}");
    }
}
