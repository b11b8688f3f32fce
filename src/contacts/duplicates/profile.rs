//! What of a card is compared with other cards, in the form in which it compares.

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use crate::contacts::normal::{
    Birth, Mailbox, Number, PersonName, Place, Region, fold, nicknames, organization,
};
use crate::formats::vcard::{Card, Kind};

/// Most values of one kind that are compared; further ones of a card are left out.
const MOST: usize = 8;

/// Most characters of a value that are read.
const LONGEST: usize = 200;

/// What is compared of a card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Is it the card of an organization?
    pub is_organization: bool,
    /// The name; a second one where the display name differs, or where it is written for reading
    /// aloud.
    pub names: Vec<PersonName>,
    /// What else they are called.
    pub nicknames: Vec<String>,
    /// `m` or `f`, where it is said.
    pub sex: Option<char>,
    /// The day of birth.
    pub birth: Option<Birth>,
    /// Mail addresses, each once.
    pub mails: Vec<Mailbox>,
    /// Phone numbers, each once.
    pub phones: Vec<Number>,
    /// Postal addresses.
    pub places: Vec<Place>,
    /// Organizations: the name of each, without legal form.
    pub firms: Vec<Vec<String>>,
    /// What they are in the organization.
    pub title: String,
    /// Accounts, pages and numbers that belong to one person: property and value.
    pub ids: Vec<(String, String)>,
    /// The notes, by a fingerprint.
    pub note: Option<u64>,
}

impl Profile {
    /// What is compared of `card`; phones without a country are taken for those of `region`.
    /// Nothing of a group, and of a card that says nothing of anybody.
    pub fn read(card: &Card<'_>, region: Option<Region>) -> Option<Self> {
        let kind = card.kind();
        if matches!(kind, Kind::Group | Kind::Location | Kind::Other(_)) {
            return None;
        }
        let mut profile = Self::default();
        let mut displayed = None;
        let mut phonetic = [const { String::new() }; 2];
        for line in card.properties() {
            let name = line.name().to_ascii_uppercase();
            if line.value().len() > LONGEST * 20 {
                continue;
            }
            match name.as_slice() {
                b"N" if profile.names.is_empty() => {
                    let parts: Vec<String> = line.components().iter().map(|p| short(p)).collect();
                    profile.names.extend(PersonName::structured(&parts));
                }
                b"FN" if displayed.is_none() => displayed = Some(short(&line.text())),
                b"NICKNAME" => {
                    let names = line.text();
                    let names = names.split(',').flat_map(|name| fold::words(&short(name)));
                    add_all(&mut profile.nicknames, names);
                }
                b"X-PHONETIC-LAST-NAME" => phonetic[0] = short(&line.text()),
                b"X-PHONETIC-FIRST-NAME" => phonetic[1] = short(&line.text()),
                b"BDAY" if profile.birth.is_none() => profile.birth = Birth::read(line),
                b"GENDER" | b"X-GENDER" | b"X-SEX" => {
                    let sex = line.text().trim().chars().next().map(|c| c.to_ascii_lowercase());
                    profile.sex = sex.filter(|sex| matches!(sex, 'm' | 'f'));
                }
                b"EMAIL" => add_all(&mut profile.mails, Mailbox::read(&short(&line.text()))),
                b"TEL" => {
                    if let Some(number) = Number::read(&short(&line.text()), region)
                        && !profile.phones.iter().any(|phone| phone.digits == number.digits)
                    {
                        let mobile = line.has_type("cell") || line.has_type("mobile");
                        let work = line.has_type("work");
                        add_all(&mut profile.phones, Some(Number { mobile, work, ..number }));
                    }
                }
                b"ADR" => {
                    let parts: Vec<String> = line.components().iter().map(|p| short(p)).collect();
                    let place = Place::read(&parts);
                    let work = line.has_type("work");
                    add_all(&mut profile.places, place.map(|place| Place { work, ..place }));
                }
                b"ORG" => {
                    let parts = line.components();
                    let firm = parts.first().map(|name| organization::words(&short(name)));
                    add_all(&mut profile.firms, firm.filter(|words| !words.is_empty()));
                }
                b"TITLE" if profile.title.is_empty() => {
                    profile.title = fold::words(&short(&line.text())).join(" ");
                }
                b"NOTE" if profile.note.is_none() => profile.note = note(&line.text()),
                b"URL" | b"IMPP" | b"SOCIALPROFILE" | b"X-SOCIALPROFILE" => {
                    let value = fold::folded(&short(&line.text()));
                    let value = page(&value);
                    if value.len() >= 8 {
                        add_all(&mut profile.ids, Some((String::new(), value.to_owned())));
                    }
                }
                other
                    if other.starts_with(b"X-")
                        && !other.starts_with(b"X-AB")
                        && !is_ours(other) =>
                {
                    if let Some(value) = number_of_a_person(&line.text()) {
                        let name = String::from_utf8_lossy(other).into_owned();
                        add_all(&mut profile.ids, Some((name, value)));
                    }
                }
                _ => {}
            }
        }
        profile.settle_names(&kind, displayed.as_deref(), &phonetic);
        (!profile.says_nothing()).then_some(profile)
    }

    /// Decides whose name it is, and which names are compared.
    fn settle_names(&mut self, kind: &Kind, displayed: Option<&str>, phonetic: &[String; 2]) {
        let shown = displayed.unwrap_or_default();
        let shown_words = fold::words(shown);
        let shown_firm = organization::words(shown);
        let of_firm = self.firms.first().is_some_and(|firm| *firm == shown_firm);
        let unnamed = self.names.is_empty();
        self.is_organization = *kind == Kind::Organization
            || (of_firm
                && self
                    .names
                    .iter()
                    .all(|name| is_said_by(name, &shown_words) && name.first().len() < 2))
            || (unnamed && of_a_firm(&shown_words, &self.firms))
            || ((self.names.is_empty()
                || self.names.iter().all(|name| is_said_by(name, &shown_words)))
                && organization::is_named_in(&shown_words));
        if self.is_organization {
            if self.firms.is_empty() && !shown_firm.is_empty() {
                self.firms.push(shown_firm);
            }
            self.names.clear();
            self.nicknames.clear();
            return;
        }
        // A display name made of a mail address or a number by a program is none.
        let is_name = !shown.contains('@') && shown.chars().any(char::is_alphabetic);
        let is_name =
            is_name && !matches!(&*shown_words.join(" "), "unknown" | "no name" | "unnamed");
        if is_name && (unnamed || !self.names.iter().any(|name| is_said_by(name, &shown_words))) {
            self.names.extend(PersonName::displayed(shown));
        }
        if is_name {
            self.names.extend(PersonName::in_brackets(shown));
            add_all(&mut self.nicknames, PersonName::called(shown));
        }
        if self.names.is_empty()
            && let Some(mail) = self.mails.iter().find(|mail| !mail.role)
        {
            self.names.extend(PersonName::of_local_part(&mail.local));
        }
        if phonetic.iter().any(|part| !part.is_empty()) {
            self.names.extend(PersonName::structured(phonetic));
        }
        self.names.truncate(3);
    }

    /// The card taken for that of an organization, where it has nothing but a display name that may
    /// be that of either.
    pub fn as_organization(&self) -> Option<Self> {
        let [name] = self.names.as_slice() else { return None };
        let of_a_person = name.ordered
            || self.birth.is_some()
            || !self.firms.is_empty()
            || name.given.iter().chain(&name.family).any(|word| nicknames::is_known(word));
        (!of_a_person).then(|| {
            let firm = name.given.iter().chain(&name.family).cloned().collect();
            Self { is_organization: true, firms: vec![firm], names: Vec::new(), ..self.clone() }
        })
    }

    fn says_nothing(&self) -> bool {
        self.names.is_empty()
            && self.firms.is_empty()
            && self.mails.is_empty()
            && self.phones.is_empty()
            && self.ids.is_empty()
            && (self.birth.is_none() || self.places.is_empty())
    }

    /// The same for cards of which all that is compared is the same.
    pub fn fingerprint(&self) -> u64 {
        let mut print = Fingerprint::new("profile");
        print.text(&format!("{self:?}"));
        print.done()
    }

    /// The main name, if there is any.
    pub fn name(&self) -> Option<&PersonName> {
        self.names.first()
    }
}

/// Do the words of a display name, of a card that has no other, name the organization that it is of?
fn of_a_firm(shown: &[String], firms: &[Vec<String>]) -> bool {
    let named = |word: &String| {
        word.len() >= 4 && firms.iter().any(|firm| firm.iter().any(|part| part == word))
    };
    shown.iter().any(named) && !shown.iter().any(|word| nicknames::is_known(word))
}

/// Are all words of `name` among those of a display name?
fn is_said_by(name: &PersonName, words: &[String]) -> bool {
    name.sorted().iter().all(|word| words.iter().any(|said| said == word))
}

fn add_all<T: PartialEq>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for one in more {
        if all.len() < MOST && !all.contains(&one) {
            all.push(one);
        }
    }
}

/// The beginning of a value.
fn short(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text).trim().to_owned()
}

/// The address of a page, however it is written.
fn page(address: &str) -> &str {
    let bare = ["https://", "http://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let bare = bare.unwrap_or(address);
    bare.strip_prefix("www.").unwrap_or(bare).trim_end_matches('/')
}

/// Lines that this server writes are no evidence of who somebody is.
fn is_ours(name: &[u8]) -> bool {
    name.starts_with(b"X-ROLODAV") || name.starts_with(b"X-EVOLUTION") || name == b"X-REV"
}

/// A value with so many digits that it is one person's; nothing of any other.
fn number_of_a_person(text: &str) -> Option<String> {
    let plain: String =
        fold::folded(&short(text)).chars().filter(char::is_ascii_alphanumeric).collect();
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    ((5..=40).contains(&plain.len()) && digits >= 4).then_some(plain)
}

/// What was noted, above what this server adds; nothing of a short remark.
fn note(text: &str) -> Option<u64> {
    let words = fold::words(text.split("\n---").next().unwrap_or_default());
    let mut print = Fingerprint::new("note");
    words.iter().take(60).for_each(|word| print.text(word));
    (words.iter().map(String::len).sum::<usize>() >= 6).then(|| print.done())
}
