//! A card as JSContact (RFC 9553), made of its vCard the way RFC 9555 says. What has no place
//! there stands in `vCardProps` and `vCardParams` (RFC 9555 §3.2), so nothing is lost.

mod building;
mod day;
mod name;
mod parameters;
mod reach;

use serde_json::{Map, Value};

use building::Building;

use super::convert::convert;
use super::line::{Line, Lines};
use super::vcard::{Card, Version};

/// A JSON object.
pub type Object = Map<String, Value>;

/// The card `bytes`, of version 3.0 or 4.0, as a JSContact `Card`. One without a UID gets
/// `uid`, which JSContact asks for.
pub fn to_jscontact(bytes: &[u8], uid: &str) -> Object {
    let converted = convert(bytes, Version::V40);
    let card = Card::parse(&converted);
    let mut building = Building::of(&card);
    for line in card.properties() {
        if !property(&mut building, line) {
            building.keep(line);
        }
    }
    building.finish(uid)
}

/// A `NOTE` of version 4.0, unfolded, as an entry of `notes`, and what it is called there.
pub fn note(line: &[u8]) -> Option<(String, Value)> {
    let line = Lines::new(line).next()?;
    let mut building = Building::default();
    building.note(&line);
    building.sole_entry("notes")
}

/// Takes `line` into what is built, if JSContact has a place for it.
fn property(building: &mut Building, line: &Line<'_>) -> bool {
    let name = String::from_utf8_lossy(line.name()).to_ascii_uppercase();
    match name.as_str() {
        "VERSION" => true,
        "UID" => building.text_once(line, "uid"),
        "PRODID" => building.text_once(line, "prodId"),
        "LANGUAGE" => building.text_once(line, "language"),
        "KIND" => building.kind(line),
        "CREATED" => building.moment_once(line, "created"),
        "REV" => building.moment_once(line, "updated"),
        "FN" => building.full_name(line),
        "N" => building.name(line),
        "NICKNAME" => building.nicknames(line),
        "ORG" => building.organization(line),
        "TITLE" => building.title(line, "title"),
        "ROLE" => building.title(line, "role"),
        "GRAMGENDER" => building.grammatical_gender(line),
        "PRONOUNS" => building.pronouns(line),
        "TEL" => building.phone(line),
        "EMAIL" => building.mail(line),
        "IMPP" => building.service(line, "impp"),
        "SOCIALPROFILE" => building.service(line, "socialprofile"),
        "ADR" => building.address(line),
        "LANG" => building.preferred_language(line),
        "BDAY" => building.anniversary(line, "birth"),
        "ANNIVERSARY" => building.anniversary(line, "wedding"),
        "DEATHDATE" => building.anniversary(line, "death"),
        "PHOTO" => building.resource(line, "media", Some("photo")),
        "LOGO" => building.resource(line, "media", Some("logo")),
        "SOUND" => building.resource(line, "media", Some("sound")),
        "URL" => building.resource(line, "links", None),
        "CONTACT-URI" => building.resource(line, "links", Some("contact")),
        "KEY" => building.resource(line, "cryptoKeys", None),
        "CALURI" => building.resource(line, "calendars", Some("calendar")),
        "FBURL" => building.resource(line, "calendars", Some("freeBusy")),
        "CALADRURI" => building.resource(line, "schedulingAddresses", None),
        "SOURCE" => building.resource(line, "directories", Some("entry")),
        "ORG-DIRECTORY" => building.resource(line, "directories", Some("directory")),
        "EXPERTISE" => building.personal(line, "expertise"),
        "HOBBY" => building.personal(line, "hobby"),
        "INTEREST" => building.personal(line, "interest"),
        "RELATED" => building.related(line),
        "MEMBER" => building.member(line),
        "CATEGORIES" => building.keywords(line),
        "NOTE" => building.note(line),
        "X-ABLABEL" => building.label(line),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
