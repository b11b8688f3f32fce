//! What is concluded of two cards: how probable it is that they are of one person, what speaks
//! against it, and whether a person has to look at them.

use serde::{Deserialize, Serialize};

use super::compare::{self, Births, Names};
use super::evidence::{Evidence, Field, Level};
use super::frequency::{Counted, Frequencies};
use super::model::{Model, Weights};
use super::profile::Profile;
use crate::contacts::normal::{Number, Place};

/// From here on a pair is proposed.
pub const PROPOSED: f64 = 0.5;

/// From here on a pair may be certain.
const CERTAIN: f64 = 0.999;

/// Most cards that may have a mail address or a phone number which still tells of one person.
const MOST_HOLDERS: u32 = 4;

/// What is to be done with a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Nothing.
    None,
    /// Somebody looks at it.
    Review,
    /// It is certain; it may be merged without asking, where the owner wishes that.
    Auto,
}

impl Tier {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Review => "review",
            Self::Auto => "auto",
        }
    }
}

/// What is concluded of two cards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// How probable it is that they are of one person: 0 to 1.
    pub probability: f64,
    /// What is to be done.
    pub tier: Tier,
}

/// What is concluded of `one` and `other`; `found` receives why.
pub fn judge(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    model: &Model,
    found: &mut Vec<Evidence>,
) -> Verdict {
    if !compare::compare(one, other, often, found) {
        return Verdict { probability: 0.0, tier: Tier::None };
    }
    let probability = model.explain(&Weights::of(found)).one;
    let tier = if probability < PROPOSED {
        Tier::None
    } else if probability >= CERTAIN
        && !conflict(found)
        && !have_two_mobiles(one, other)
        && is_certain(one, other, often, found)
    {
        Tier::Auto
    } else {
        Tier::Review
    };
    Verdict { probability, tier }
}

fn level(found: &[Evidence], field: Field) -> Option<Level> {
    found.iter().filter(|one| one.field == field).map(|one| one.level).max()
}

/// Does anything speak against it that no merge may pass over without a person looking?
pub fn conflict(found: &[Evidence]) -> bool {
    found.iter().any(|one| match one.field {
        Field::Name => {
            one.level < Level::Close || one.second.is_some_and(|second| second < Level::Close)
        }
        Field::Birth => one.level < Level::Initial,
        Field::Generation => one.level < Level::Same,
        Field::Sex | Field::Middle | Field::Id => one.level == Level::Different,
        _ => false,
    })
}

/// Is it one of the few cases that are beyond doubt? Beside the name, two facts of different kinds have
/// to agree that belong to one person, one of them a way to reach them; what a household has in common
/// makes up for one of them only.
fn is_certain(one: &Profile, other: &Profile, often: &Frequencies, found: &[Evidence]) -> bool {
    let name = found.iter().find(|one| one.field == Field::Name);
    let whole_name =
        name.is_some_and(|name| name.level == Level::Same && name.second == Some(Level::Same));
    let known_name =
        name.is_some_and(|name| name.level >= Level::Initial && name.second >= Some(Level::Close));
    let agrees = |field| level(found, field) == Some(Level::Same);
    let own_mail = one.mails.iter().any(|mail| {
        !mail.role
            && other.mails.contains(mail)
            && often.count(Counted::Mail, &mail.whole()) <= MOST_HOLDERS
    });
    let lines = || {
        one.phones.iter().filter_map(|phone| {
            let same = other.phones.iter().find(|same| same.is_same(phone))?;
            let few = often.count(Counted::Phone, phone.suffix()) <= MOST_HOLDERS;
            (few && same.extension == phone.extension).then_some(phone.mobile || same.mobile)
        })
    };
    let (own_phone, line) = (lines().any(|mobile| mobile), lines().next().is_some());
    let place = agrees(Field::Place) && have_whole_places(one, other);
    if one.is_organization || other.is_organization {
        let mail = agrees(Field::Mail);
        let facts = usize::from(mail) + usize::from(line) + usize::from(place);
        return agrees(Field::Firm)
            && level(found, Field::Place) != Some(Level::Different)
            && facts > 1;
    }
    let own = [own_mail, own_phone, agrees(Field::Birth), agrees(Field::Id)];
    let own = own.into_iter().filter(|agrees| *agrees).count();
    let of_household = place || (line && !own_phone);
    // Who has only a birth date and a number on a card may have got either by mistake.
    let reached = own_mail || line || place;
    reached && (known_name && own > 1 || whole_name && own > 0 && of_household)
}

/// Has each a mobile phone that the other has not, and none in common?
fn have_two_mobiles(one: &Profile, other: &Profile) -> bool {
    let mobiles = |profile: &Profile| profile.phones.iter().any(|phone| phone.mobile);
    let shared = |phone: &Number| phone.mobile && other.phones.iter().any(|o| o.is_same(phone));
    mobiles(one) && mobiles(other) && !one.phones.iter().any(shared)
}

/// Does either say all of an address?
fn have_whole_places(one: &Profile, other: &Profile) -> bool {
    let whole = |profile: &Profile| profile.places.iter().any(Place::is_whole);
    whole(one) && whole(other)
}

/// Why, in words: what is the same first, then what differs.
pub fn reasons(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    found: &[Evidence],
) -> Vec<String> {
    let mut said: Vec<(i64, String)> = Vec::new();
    let mut add = |weight: f64, text: String| {
        if !said.iter().any(|(_, known)| *known == text) {
            said.push(((-weight * 100.0) as i64, text));
        }
    };
    for evidence in found {
        let weight = evidence.likelihood.one - evidence.likelihood.strangers + evidence.house;
        for text in words(one, other, often, evidence) {
            add(weight, text);
        }
    }
    said.sort_by_key(|(weight, _)| *weight);
    said.into_iter().map(|(_, text)| text).collect()
}

fn words(one: &Profile, other: &Profile, often: &Frequencies, found: &Evidence) -> Vec<String> {
    let text = match (found.field, found.level) {
        (Field::Name, _) => return names(one, other, often),
        (Field::Middle, Level::Different) => "middle names differ".to_owned(),
        (Field::Middle, _) => "middle names fit".to_owned(),
        (Field::Generation, Level::Same) => "same generation (junior, senior)".to_owned(),
        (Field::Generation, Level::Partly) => "only one is marked junior or senior".to_owned(),
        (Field::Generation, _) => "junior and senior".to_owned(),
        (Field::Sex, Level::Different) => "sexes differ".to_owned(),
        (Field::Birth, _) => return births(one, other),
        (Field::Mail, Level::Same) => {
            return one
                .mails
                .iter()
                .filter(|mail| {
                    other.mails.iter().any(|o| o.local == mail.local && o.domain == mail.domain)
                })
                .map(|mail| {
                    format!(
                        "same mail {}{}",
                        mail.whole(),
                        if mail.role { " (an office's)" } else { "" }
                    )
                })
                .collect();
        }
        (Field::Mail, Level::Close) => "mail addresses differ by one letter".to_owned(),
        (Field::Mail, Level::Partly) => "same name in mail addresses of two domains".to_owned(),
        (Field::Mail, _) => "mail addresses differ".to_owned(),
        (Field::Phone, Level::Same) => {
            return one
                .phones
                .iter()
                .filter(|phone| other.phones.iter().any(|same| same.is_same(phone)))
                .map(|phone| format!("same phone {}", phone.shown()))
                .collect();
        }
        (Field::Phone, Level::Close) => "phone numbers differ by one digit".to_owned(),
        (Field::Phone, _) => "phone numbers differ".to_owned(),
        (Field::Place, Level::Same) => "same address".to_owned(),
        (Field::Place, Level::Partly) => "addresses agree in part".to_owned(),
        (Field::Place, _) => "addresses differ".to_owned(),
        (Field::Firm, Level::Same) => "same organization".to_owned(),
        (Field::Firm, Level::Close | Level::Partly) => "similar organization".to_owned(),
        (Field::Firm, _) => "organizations differ".to_owned(),
        (Field::Title, Level::Same) => "same title".to_owned(),
        (Field::Id, Level::Same) => "same account or number".to_owned(),
        (Field::Id, Level::Close) => "numbers differ by one sign".to_owned(),
        (Field::Id, _) => "accounts or numbers differ".to_owned(),
        (Field::Note, Level::Same) => "same notes".to_owned(),
        (Field::Sex | Field::Title | Field::Note, _) => return Vec::new(),
    };
    vec![text]
}

fn names(one: &Profile, other: &Profile, often: &Frequencies) -> Vec<String> {
    let Some(fit) = Names::best(one, other, often) else { return Vec::new() };
    let (Some(a), Some(b)) = (one.name(), other.name()) else { return Vec::new() };
    if fit.turned && fit.given == Some(Level::Partly) {
        return vec!["the given name of one is the family name of the other".to_owned()];
    }
    if fit.turned {
        return vec!["same name, given and family name changed over".to_owned()];
    }
    if fit.given == Some(Level::Same) && fit.family == Some(Level::Same) {
        return vec!["same name".to_owned()];
    }
    let part = |what: &str, level: Option<Level>, a: &str, b: &str| {
        let level = level?;
        Some(match level {
            Level::Same => format!("same {what} {a}"),
            Level::Variant => format!("{what}: {a} ~ {b}"),
            Level::Initial => format!("{what}: {a} may stand for {b}"),
            Level::Close => format!("{what} nearly the same: {a} ~ {b}"),
            Level::Near | Level::Partly => format!("{what} similar: {a} ~ {b}"),
            Level::Different => format!("{what} differs: {a}, {b}"),
        })
    };
    let given = part("given name", fit.given, a.first(), b.first());
    let family = part("family name", fit.family, &a.family.join(" "), &b.family.join(" "));
    given.into_iter().chain(family).collect()
}

fn births(one: &Profile, other: &Profile) -> Vec<String> {
    let (Some(a), Some(b)) = (one.birth, other.birth) else { return Vec::new() };
    let text = match Births::of(a, b) {
        Births::Same => format!("same birth date {}", a.shown()),
        Births::Compatible => format!("birth dates fit: {}, {}", a.shown(), b.shown()),
        Births::OneDigit => "birth dates differ by one digit".to_owned(),
        Births::Turned => "birth dates with day and month changed over".to_owned(),
        Births::TwoParts => format!("birth dates similar: {}, {}", a.shown(), b.shown()),
        Births::Loose | Births::Different => {
            format!("birth dates differ: {}, {}", a.shown(), b.shown())
        }
    };
    vec![text]
}
