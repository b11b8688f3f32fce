//! Which cards are compared at all: those that have a key in common. Keys are cheap and coarse;
//! there are so many of them that two cards of one person have one, whatever else differs.

use super::fingerprint::{self, Fingerprint};
use super::profile::Profile;
use crate::contacts::normal::{PersonName, nicknames, sound};

/// Most cards with one key that are compared with each other; if more have it, those whose
/// refinement is the same, too.
pub const MOST_OF_A_KEY: usize = 100;

/// Most lists of names for one person that a given name is looked up in.
const MOST_LINES: usize = 5;

/// Under which a card is found by others like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The keys, each once.
    pub keys: Vec<u64>,
    /// What parts the cards of a key that too many have: the name, then what else is known.
    pub refinement: Refinement,
}

/// What parts the cards of a key that too many have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refinement {
    /// By the sound of the name.
    pub name: u16,
    /// By birth, place, mail or phone, whichever is known first.
    pub fact: u16,
}

/// The keys of a card.
pub fn of(profile: &Profile) -> Keys {
    let mut made = Making { keys: Vec::with_capacity(32) };
    made.of_reach(profile);
    if profile.is_organization {
        made.of_organization(profile);
    }
    for name in &profile.names {
        made.of_name(name, profile);
    }
    made.of_places(profile);
    Keys { keys: made.keys, refinement: refinement(profile) }
}

struct Making {
    keys: Vec<u64>,
}

impl Making {
    fn add(&mut self, kind: &str, parts: &[&str]) {
        if parts.iter().all(|part| !part.is_empty()) {
            let key = fingerprint::of(kind, parts);
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
    }

    /// By what people are reached. These keys are the fingerprints under which the values are counted
    /// ([`super::frequency::place`]), so that the index need not count them apart.
    fn of_reach(&mut self, profile: &Profile) {
        for mail in &profile.mails {
            self.add("mail", &[&mail.whole()]);
            if mail.local.len() >= 6 && !mail.role {
                self.add("local", &[&mail.local]);
            }
        }
        for phone in &profile.phones {
            self.add("phone", &[phone.suffix()]);
        }
        for (name, value) in &profile.ids {
            self.add("id", &[&format!("{name}={value}")]);
        }
    }

    fn of_organization(&mut self, profile: &Profile) {
        for firm in &profile.firms {
            let mut words: Vec<String> =
                firm.iter().map(|word| sound::spelled_alike(word)).collect();
            words.sort_unstable();
            self.add("firm", &[&words.concat()]);
            self.add("firm-begins", &[firm.first().map_or("", String::as_str)]);
        }
    }

    fn of_name(&mut self, name: &PersonName, profile: &Profile) {
        let sounds = |words: Vec<&str>, sound: fn(&str) -> String| {
            let mut sounds: Vec<String> =
                words.into_iter().filter(|word| word.len() > 1).map(sound).collect();
            sounds.sort_unstable();
            sounds.concat()
        };
        let bones = sounds(name.sorted(), sound::consonants);
        if bones.len() >= 4 {
            self.add("bones", &[&bones]);
        } else {
            self.add("name", &[&sounds(name.sorted(), sound::spelled_alike)]);
        }
        let given = sound::code(name.first());
        let surname = name.surname();
        let family = sound::code(&surname);
        let spelled = sound::spelled_alike(&surname);
        let initial = name.first().get(..1).unwrap_or_default();
        for line in nicknames::lines(name.first()).iter().take(MOST_LINES) {
            self.add("called", &[&line.to_string(), &spelled]);
        }
        self.add("initial", &[initial, &spelled]);
        // A slip of the pen seldom is in the first or the last letter.
        let last = surname.get(surname.len().saturating_sub(1)..).unwrap_or_default();
        if surname.len() > 2 {
            self.add("ends", &[&given, surname.get(..1).unwrap_or_default(), last]);
        }
        for word in &name.family {
            if name.family.len() > 1 && word.len() > 2 {
                self.add("initial", &[initial, &sound::spelled_alike(word)]);
            }
        }
        if let Some(birth) = profile.birth.filter(|birth| birth.year > 0 || birth.day > 0) {
            let (year, month, day) =
                (birth.year.to_string(), birth.month.to_string(), birth.day.to_string());
            // Month and day may be changed over.
            let turned = birth.month > birth.day;
            let (less, more) = if turned { (&day, &month) } else { (&month, &day) };
            for sound in [&family, &given] {
                if birth.year > 0 && birth.month > 0 {
                    self.add("year-month", &[sound, &year, &month]);
                }
                if birth.month > 0 && birth.day > 0 {
                    self.add("month-day", &[sound, less, more]);
                }
            }
            if birth.is_whole() {
                self.add("birth", &[&year, less, more]);
                for place in &profile.places {
                    self.add("code-day", &[&place.code, less, more]);
                }
                let last = surname.get(..1).unwrap_or_default();
                self.add("initials", &[initial, last, &month, &day]);
            }
        }
        for place in &profile.places {
            for sound in [&family, &given] {
                self.add("code", &[sound, &place.code]);
            }
            self.add("numbered", &[&family, &place.number]);
        }
        for firm in &profile.firms {
            self.add("works", &[&firm.concat(), &family]);
            self.add("works", &[&firm.concat(), &given]);
        }
        for firm in profile.mails.iter().filter_map(|mail| mail.firm()) {
            self.add("domain", &[firm, initial, &family]);
        }
    }

    fn of_places(&mut self, profile: &Profile) {
        for place in &profile.places {
            self.add("house", &[&place.code, &place.number]);
            let mut long: Vec<&String> =
                place.street.iter().filter(|word| word.len() > 3).collect();
            long.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
            for word in long.iter().take(2) {
                self.add("street", &[&sound::code(word), &place.number]);
                let town = place.town.get(..4).unwrap_or(&place.town);
                self.add("street-town", &[&sound::code(word), town]);
                self.add("street-code", &[&sound::code(word), &place.code]);
            }
        }
    }
}

fn refinement(profile: &Profile) -> Refinement {
    let mut name = Fingerprint::new("name");
    if let Some(first) = profile.names.first() {
        let mut bones: Vec<String> = first.sorted().into_iter().map(sound::consonants).collect();
        bones.sort_unstable();
        for bones in &bones {
            name.text(bones);
        }
    } else if let Some(firm) = profile.firms.first() {
        name.text(&firm.concat());
    }
    let mut fact = Fingerprint::new("fact");
    if let Some(birth) = profile.birth {
        fact.text(&birth.shown());
    } else if let Some(place) = profile.places.first() {
        fact.text(&place.code);
        fact.text(&place.number);
    } else if let Some(mail) = profile.mails.first() {
        fact.text(&mail.whole());
    } else if let Some(phone) = profile.phones.first() {
        fact.text(phone.suffix());
    }
    let low = |print: Fingerprint| u16::try_from(print.done() & 0xffff).unwrap_or(0);
    Refinement { name: low(name), fact: low(fact) }
}
