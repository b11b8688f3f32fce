//! How complete a card is, from 0 to 100: what of it would be missed.

use crate::contacts::normal::PersonName;
use crate::formats::vcard::{Card, Kind};

use super::names;

/// What the parts of a person's card are worth; together 100.
const PERSON: Weights =
    Weights { name: 30, mail: 20, phone: 20, address: 10, organization: 10, birthday: 5, photo: 5 };

/// The same of an organization, which has no birthday.
const ORGANIZATION: Weights =
    Weights { name: 30, mail: 20, phone: 20, address: 20, organization: 5, birthday: 0, photo: 5 };

struct Weights {
    name: u8,
    mail: u8,
    phone: u8,
    address: u8,
    organization: u8,
    birthday: u8,
    photo: u8,
}

/// The score of `card`; whether it has a mail address, a phone number and a birthday that are right.
pub fn score(card: &Card<'_>, mail: bool, phone: bool, birthday: bool) -> u8 {
    let has = |names: &[&str]| names.iter().any(|name| card.first(name).is_some());
    let is_organization = card.kind() == Kind::Organization;
    let weights = if is_organization { ORGANIZATION } else { PERSON };
    let when = |there: bool, worth: u8| if there { worth } else { 0 };
    let organization = if is_organization { has(&["URL"]) } else { has(&["ORG", "TITLE", "ROLE"]) };
    let address =
        card.all("ADR").any(|line| line.components().iter().any(|part| !part.trim().is_empty()));
    // The picture itself may lie apart.
    let photo = card.all("PHOTO").next().is_some() || card.all("LOGO").next().is_some();
    name(card, is_organization, weights.name)
        + when(mail, weights.mail)
        + when(phone, weights.phone)
        + when(address, weights.address)
        + when(organization, weights.organization)
        + when(birthday, weights.birthday)
        + when(photo, weights.photo)
}

/// All of it for a whole name, two thirds for one name only.
fn name(card: &Card<'_>, is_organization: bool, worth: u8) -> u8 {
    let full = card.full_name().unwrap_or_default();
    if names::is_no_name(&full) && names::from_parts(card).is_none() {
        return 0;
    }
    if is_organization {
        return worth;
    }
    let parts = card.first("N").and_then(|line| PersonName::structured(&line.components()));
    let shown = PersonName::displayed(&full);
    let is_whole = |name: &PersonName| !name.given.is_empty() && !name.family.is_empty();
    let whole = parts.as_ref().is_some_and(is_whole) || shown.as_ref().is_some_and(is_whole);
    if whole { worth } else { worth / 3 * 2 }
}
