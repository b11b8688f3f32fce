//! When two values of a property say the same.

use std::collections::HashSet;

use crate::formats::collation::Collation;

/// Properties of which a card has one.
const SINGLE: [&[u8]; 25] = [
    b"ANNIVERSARY",
    b"BDAY",
    b"BIRTHPLACE",
    b"CLASS",
    b"DEATHDATE",
    b"DEATHPLACE",
    b"FN",
    b"GENDER",
    b"GEO",
    b"KIND",
    b"LOGO",
    b"MAILER",
    b"N",
    b"PHOTO",
    b"SORT-STRING",
    b"SOUND",
    b"TZ",
    b"X-ABSHOWAS",
    b"X-ADDRESSBOOKSERVER-KIND",
    b"X-ANNIVERSARY",
    b"X-GENDER",
    b"X-PHONETIC-FIRST-NAME",
    b"X-PHONETIC-LAST-NAME",
    b"X-PHONETIC-MIDDLE-NAME",
    b"X-EVOLUTION-FILE-AS",
];

/// Has a card one value of the property `name` (in upper case) only?
pub(super) fn is_single(name: &[u8]) -> bool {
    SINGLE.contains(&name)
}

/// The form in which values of the property `name` are compared; empty where nothing is said.
pub(super) fn value_key(name: &[u8], value: &str) -> String {
    let value = value.trim();
    match name {
        b"TEL" => {
            let lower = value.to_lowercase();
            let number = lower.strip_prefix("tel:").unwrap_or(&lower);
            let number: String = number
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, '+' | '#' | '*'))
                .collect();
            match number.strip_prefix("00") {
                Some(rest) => format!("+{rest}"),
                None => number,
            }
        }
        b"EMAIL" | b"IMPP" | b"URL" => {
            let lower = value.to_lowercase();
            let bare = lower.strip_prefix("mailto:").unwrap_or(&lower);
            bare.strip_suffix('/').unwrap_or(bare).to_owned()
        }
        b"ADR" | b"ORG" | b"TITLE" | b"ROLE" | b"NICKNAME" => {
            let parts = value.split([';', ',']).map(folded).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(";")
        }
        _ => value.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// `text` without what plays no part when people read it.
pub(super) fn folded(text: &str) -> String {
    let folded = Collation::UnicodeCasemap.key(text);
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text.
pub(super) fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}
