//! What a query can ask about: the fields there are, and what can be asked of each.

use crate::store::fields::Field as Own;

/// What a query asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// One that every card can have.
    Known(What),
    /// One of the owner's own.
    Own(Box<Own>),
    /// A property of cards, by its name in capitals.
    Property(String),
}

/// What every card can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum What {
    Any,
    Name,
    FirstName,
    LastName,
    Nickname,
    Mail,
    Phone,
    Company,
    Department,
    Title,
    Role,
    Address,
    Street,
    City,
    Region,
    Postcode,
    Country,
    Note,
    Url,
    Messenger,
    Language,
    Gender,
    Related,
    Kind,
    Uid,
    Tag,
    Stage,
    Book,
    Photo,
    Birthday,
    Anniversary,
    Age,
    LastContact,
    Next,
    Cadence,
    Interactions,
    Changed,
    Created,
}

/// What a field holds, and so what can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Texts.
    Text,
    /// Phone numbers.
    Phone,
    /// Yes or no.
    Bool,
    /// A number.
    Number,
    /// A day in the past: `within 14 days` means the last ones.
    Past,
    /// A day to come: `within 14 days` means the next ones.
    Coming,
    /// A day that comes every year.
    Yearly,
    /// Only whether there is something.
    Presence,
}

/// A field as it is documented: its names, the usual one first, what it holds and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// Which one.
    pub what: What,
    /// Its names, blanks as `_`.
    pub names: &'static [&'static str],
    /// What it holds.
    pub holds: Holds,
    /// What it means.
    pub about: &'static str,
}

const fn row(
    what: What,
    holds: Holds,
    names: &'static [&'static str],
    about: &'static str,
) -> Listed {
    Listed { what, names, holds, about }
}

/// All fields that every card can have, in the order of [`What`].
pub const LISTED: [Listed; 38] = [
    row(What::Any, Holds::Text, &["any", "anything"], "any text of the card"),
    row(
        What::Name,
        Holds::Text,
        &["name", "full_name"],
        "the name as shown, or its parts in order",
    ),
    row(What::FirstName, Holds::Text, &["first_name", "given_name"], "given names"),
    row(What::LastName, Holds::Text, &["last_name", "family_name", "surname"], "family name"),
    row(What::Nickname, Holds::Text, &["nickname"], "nicknames"),
    row(What::Mail, Holds::Text, &["mail", "email", "e_mail"], "mail addresses"),
    row(
        What::Phone,
        Holds::Phone,
        &["phone", "tel", "telephone"],
        "phone numbers, however written",
    ),
    row(What::Company, Holds::Text, &["company", "organization", "organisation", "org"], "company"),
    row(What::Department, Holds::Text, &["department"], "departments in the company"),
    row(What::Title, Holds::Text, &["title", "job_title"], "job title"),
    row(What::Role, Holds::Text, &["role"], "role"),
    row(What::Address, Holds::Text, &["address"], "postal addresses, each on one line"),
    row(What::Street, Holds::Text, &["street"], "street"),
    row(What::City, Holds::Text, &["city", "town"], "city"),
    row(What::Region, Holds::Text, &["region", "state"], "state or region"),
    row(What::Postcode, Holds::Text, &["postcode", "zip", "postal_code"], "postal code"),
    row(What::Country, Holds::Text, &["country"], "country"),
    row(What::Note, Holds::Text, &["note", "notes"], "notes, without the history below them"),
    row(What::Url, Holds::Text, &["url", "website", "homepage"], "web addresses"),
    row(
        What::Messenger,
        Holds::Text,
        &["messenger", "impp", "im"],
        "messenger and social addresses",
    ),
    row(What::Language, Holds::Text, &["language", "lang"], "languages"),
    row(What::Gender, Holds::Text, &["gender", "sex"], "gender"),
    row(What::Related, Holds::Text, &["related"], "related people"),
    row(What::Kind, Holds::Text, &["kind"], "`individual`, `org` or what else the card is of"),
    row(What::Uid, Holds::Text, &["uid"], "the UID of the card"),
    row(What::Tag, Holds::Text, &["tag", "tags", "category", "categories"], "tags (categories)"),
    row(What::Stage, Holds::Text, &["stage"], "stage"),
    row(What::Book, Holds::Text, &["book"], "the book the card is in, by its name or title"),
    row(What::Photo, Holds::Presence, &["photo", "picture"], "a photo"),
    row(What::Birthday, Holds::Yearly, &["birthday", "bday"], "birthday"),
    row(What::Anniversary, Holds::Yearly, &["anniversary"], "anniversary"),
    row(What::Age, Holds::Number, &["age"], "whole years since a birthday of a known year"),
    row(What::LastContact, Holds::Past, &["last_contact", "contacted"], "day of the last contact"),
    row(What::Next, Holds::Coming, &["next", "next_follow_up", "follow_up"], "next follow-up"),
    row(What::Cadence, Holds::Number, &["cadence"], "days between contacts that are wished for"),
    row(What::Interactions, Holds::Number, &["interactions"], "how many interactions are logged"),
    row(
        What::Changed,
        Holds::Past,
        &["changed", "modified", "updated"],
        "day the card last changed",
    ),
    row(What::Created, Holds::Past, &["created", "added"], "day the card came into its book"),
];

impl What {
    /// Its row in [`LISTED`].
    pub fn listed(self) -> &'static Listed {
        // The table is in the order of the variants; a test holds it to that.
        LISTED.get(self as usize).unwrap_or(&LISTED[0])
    }
}

impl Field {
    /// What it holds.
    pub fn holds(&self) -> Holds {
        use crate::store::fields::FieldKind;
        match self {
            Self::Known(what) => what.listed().holds,
            Self::Property(_) => Holds::Text,
            Self::Own(own) => match own.kind {
                FieldKind::Number => Holds::Number,
                FieldKind::Date => Holds::Coming,
                FieldKind::Bool => Holds::Bool,
                FieldKind::Text | FieldKind::Choice(_) | FieldKind::Url | FieldKind::Relation => {
                    Holds::Text
                }
            },
        }
    }

    /// The field every card has that is called `name`, with blanks or hyphens as `_`.
    pub(super) fn known(name: &str) -> Option<Self> {
        let row = LISTED.iter().find(|row| row.names.contains(&name))?;
        Some(Self::Known(row.what))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(what) => what.listed().names.first().copied().unwrap_or_default(),
            Self::Own(own) => &own.name,
            Self::Property(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_no_name_is_twice() {
        let mut names = std::collections::HashSet::new();
        for (place, row) in LISTED.iter().enumerate() {
            assert_eq!(row.what as usize, place, "{:?} is out of place", row.what);
            for name in row.names {
                assert!(names.insert(*name), "{name} is twice");
            }
        }
    }
}
