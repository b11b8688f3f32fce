//! How often values come up among an owner's cards: what many have tells little, what two have
//! tells much.

use std::collections::HashMap;

use super::fingerprint;
use super::profile::Profile;

/// Cards that one person is expected to have, at most.
const MOST_OF_ONE: u32 = 4;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Main given names.
    Given,
    /// Family names.
    Family,
    /// Days of birth.
    Birth,
    /// Mail addresses.
    Mail,
    /// Parts of mail addresses before the `@`.
    Local,
    /// Phone numbers, by their end.
    Phone,
    /// Organizations.
    Firm,
    /// Positions.
    Title,
    /// House numbers.
    House,
    /// Words of streets.
    Street,
    /// Towns.
    Town,
    /// Postal codes.
    Code,
    /// Accounts and numbers of persons.
    Id,
    /// Notes.
    Note,
}

impl Counted {
    const fn kind(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Family => "family",
            Self::Birth => "birth",
            Self::Mail => "mail",
            Self::Local => "local",
            Self::Phone => "phone",
            Self::Firm => "firm",
            Self::Title => "title",
            Self::House => "house",
            Self::Street => "street",
            Self::Town => "town",
            Self::Code => "code",
            Self::Id => "id",
            Self::Note => "note",
        }
    }

    /// On how many cards a value may be without being anybody else's: of what belongs to one person
    /// alone, on all that they have.
    const fn own(self) -> u32 {
        match self {
            Self::Mail | Self::Phone | Self::Id => MOST_OF_ONE,
            _ => 1,
        }
    }

    /// How often a value comes up where nothing is known of it, and how many cards that
    /// experience is worth.
    const fn beforehand(self) -> (f64, f64) {
        match self {
            Self::Given => (0.002, 400.0),
            Self::Family => (0.0005, 400.0),
            Self::Birth => (0.000_03, 400.0),
            Self::Mail | Self::Local | Self::Id => (0.000_01, 100.0),
            Self::Phone => (0.000_02, 100.0),
            Self::Firm | Self::Note => (0.0005, 200.0),
            Self::Title => (0.01, 200.0),
            Self::House => (0.01, 400.0),
            Self::Town => (0.003, 400.0),
            Self::Street | Self::Code => (0.001, 400.0),
        }
    }
}

/// Under what a value is counted.
pub fn place(what: Counted, value: &str) -> u64 {
    fingerprint::of(what.kind(), &[value])
}

/// How often values come up among how many cards.
#[derive(Debug, Clone, Default)]
pub struct Frequencies {
    cards: u64,
    counts: HashMap<u64, u32>,
}

impl Frequencies {
    /// Those of `cards` cards, of which nothing was counted yet.
    pub fn of(cards: u64) -> Self {
        Self { cards, counts: HashMap::new() }
    }

    /// Counts the values of one more card.
    pub fn add(&mut self, profile: &Profile) {
        self.cards += 1;
        for place in values(profile) {
            *self.counts.entry(place).or_default() += 1;
        }
    }

    /// Says how often the value filed under `place` comes up.
    pub fn set(&mut self, place: u64, count: u32) {
        self.counts.insert(place, count);
    }

    /// How many cards there are.
    pub fn cards(&self) -> u64 {
        self.cards
    }

    /// On how many cards a value is.
    pub fn count(&self, what: Counted, value: &str) -> u32 {
        self.counts.get(&place(what, value)).copied().unwrap_or(0)
    }

    /// How probable it is that a card of somebody else has this value.
    pub fn share(&self, what: Counted, value: &str) -> f64 {
        self.share_at(what, self.count(what, value))
    }

    /// As [`Self::share`], of a given or family name: one that is common as the other is not rare
    /// for standing in the wrong place.
    pub fn share_of_name(&self, what: Counted, name: &str) -> f64 {
        let count = self.count(Counted::Given, name).max(self.count(Counted::Family, name));
        self.share_at(what, count)
    }

    fn share_at(&self, what: Counted, count: u32) -> f64 {
        let (share, worth) = what.beforehand();
        let others = f64::from(count.saturating_sub(what.own()));
        (others + share * worth) / (self.cards as f64 + worth)
    }
}

/// Under what the names of a card are counted, also if given and family name are changed over.
pub fn of_names(profile: &Profile) -> impl Iterator<Item = u64> {
    profile.names.iter().flat_map(|name| {
        let surname = name.surname();
        [Counted::Given, Counted::Family]
            .map(|what| [place(what, name.first()), place(what, &surname)])
            .into_iter()
            .flatten()
    })
}

/// Under what the values of a card are counted, each once.
pub fn values(profile: &Profile) -> Vec<u64> {
    let mut places = Vec::with_capacity(24);
    let mut add = |what, value: &str| {
        if !value.is_empty() {
            let place = place(what, value);
            if !places.contains(&place) {
                places.push(place);
            }
        }
    };
    for name in &profile.names {
        add(Counted::Given, name.first());
        add(Counted::Family, &name.surname());
    }
    if let Some(birth) = profile.birth {
        add(Counted::Birth, &birth.shown());
    }
    for mail in &profile.mails {
        add(Counted::Mail, &mail.whole());
        add(Counted::Local, &mail.local);
    }
    for phone in &profile.phones {
        add(Counted::Phone, phone.suffix());
    }
    for firm in &profile.firms {
        add(Counted::Firm, &firm.join(" "));
    }
    add(Counted::Title, &profile.title);
    for place in &profile.places {
        add(Counted::House, &place.number);
        add(Counted::Town, &place.town);
        add(Counted::Code, &place.code);
        for word in &place.street {
            add(Counted::Street, word);
        }
    }
    for (name, value) in &profile.ids {
        add(Counted::Id, &format!("{name}={value}"));
    }
    if let Some(note) = profile.note {
        add(Counted::Note, &note.to_string());
    }
    places
}
