//! A card that queries are asked about: read once, however many ask.

use std::cell::OnceCell;

use jiff::civil::Date;

use super::field::{Field, Holds, LISTED, What};
use crate::calendars::birthdays::{self, Occasion};
use crate::contacts::fields;
use crate::contacts::layer::{self, Cadence};
use crate::contacts::normal::fold::folded;
use crate::formats::line::Line;
use crate::formats::text;
use crate::formats::vcard::{Card, DayOfYear, Kind, categories};
use crate::store::fields::{Field as Own, FieldKind};

/// What is known of a card beside its text.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The address and the title of its book.
    pub books: Vec<String>,
    /// When it came into the book, where its owner lives.
    pub created: Option<Date>,
    /// When it last changed, where its owner lives.
    pub changed: Option<Date>,
    /// How many interactions are logged.
    pub interactions: u64,
}

/// A card that is asked about.
#[derive(Debug)]
pub struct Subject<'a> {
    bytes: &'a [u8],
    card: Card<'a>,
    known: &'a Known,
    /// The texts of fields that were asked for, in the form in which they compare.
    texts: [OnceCell<Vec<String>>; LISTED.len()],
    days: OnceCell<Vec<(Occasion, DayOfYear)>>,
}

/// The day of a field: with its year, or one of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    Once(Date),
    EachYear(i8, i8),
}

/// `text` in the form in which the texts of `field` compare.
pub(super) fn in_form_of(field: &Field, text: &str) -> String {
    if field.holds() == Holds::Phone { dialled(text) } else { plain(text) }
}

fn plain(text: &str) -> String {
    let folded = folded(text);
    let mut plain = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(word);
    }
    plain
}

/// The digits of a phone number, and the `+` before them.
fn dialled(text: &str) -> String {
    let text = text.trim().strip_prefix("tel:").unwrap_or(text.trim());
    let plus = text.starts_with(['+', '＋']).then_some('+');
    let digits = folded(text);
    plus.into_iter().chain(digits.chars().filter(char::is_ascii_digit)).collect()
}

impl<'a> Subject<'a> {
    /// The first card in `bytes`.
    pub fn new(bytes: &'a [u8], known: &'a Known) -> Self {
        let texts = std::array::from_fn(|_| OnceCell::new());
        Self { bytes, card: Card::parse(bytes), known, texts, days: OnceCell::new() }
    }

    /// Is it a list of other cards, which is in no segment?
    pub fn is_group(&self) -> bool {
        self.card.kind() == Kind::Group
    }

    /// Is there anything in `field`?
    pub(super) fn knows(&self, field: &Field) -> bool {
        match field {
            Field::Known(what) => match what.listed().holds {
                // The picture itself may lie apart from the text.
                Holds::Presence => self.card.all("PHOTO").next().is_some(),
                Holds::Number => self.number(field).is_some(),
                Holds::Past | Holds::Coming | Holds::Yearly => self.day(field).is_some(),
                Holds::Text | Holds::Phone | Holds::Bool => !self.texts_of(*what).is_empty(),
            },
            Field::Own(own) => fields::value(self.bytes, own).is_some(),
            Field::Property(_) => !self.texts(field).is_empty(),
        }
    }

    /// The texts of `field`, in the form in which they compare.
    pub(super) fn texts(&self, field: &Field) -> std::borrow::Cow<'_, [String]> {
        match field {
            Field::Known(what) => self.texts_of(*what).into(),
            Field::Own(own) => self.own(own).into_iter().collect::<Vec<_>>().into(),
            Field::Property(name) => {
                let all = self.card.all(name).map(|line| plain(&line.text()));
                all.filter(|text| !text.is_empty()).collect::<Vec<_>>().into()
            }
        }
    }

    fn own(&self, own: &Own) -> Option<String> {
        let value = fields::value(self.bytes, own)?;
        Some(match own.kind {
            FieldKind::Bool => {
                let yes = matches!(&*value.to_lowercase(), "yes" | "true" | "on" | "1");
                if yes { "yes" } else { "no" }.to_owned()
            }
            _ => plain(&value),
        })
    }

    /// The number in `field`.
    pub(super) fn number(&self, field: &Field) -> Option<f64> {
        match field {
            Field::Known(What::Interactions) => Some(self.known.interactions as f64),
            Field::Known(What::Cadence) => {
                match Cadence::parse(&self.card.text("X-ROLODAV-CADENCE")?)? {
                    Cadence::Days(days) => Some(f64::from(days)),
                    Cadence::Never => None,
                }
            }
            Field::Own(own) => {
                let value = fields::value(self.bytes, own)?;
                value.replace(',', ".").parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        }
    }

    /// The day in `field`.
    pub(super) fn day(&self, field: &Field) -> Option<Day> {
        let of = |day: DayOfYear| match day.year {
            Some(year) => Date::new(year, day.month, day.day).ok().map(Day::Once),
            None => Some(Day::EachYear(day.month, day.day)),
        };
        let line = |name| DayOfYear::parse(&self.card.text(name)?).and_then(of);
        match field {
            Field::Known(What::Birthday | What::Age) => {
                self.remembered(Occasion::Birthday).and_then(of)
            }
            Field::Known(What::Anniversary) => self.remembered(Occasion::Anniversary).and_then(of),
            Field::Known(What::LastContact) => line("X-ROLODAV-LAST-CONTACT"),
            Field::Known(What::Next) => line("X-ROLODAV-NEXT"),
            Field::Known(What::Changed) => self.known.changed.map(Day::Once),
            Field::Known(What::Created) => self.known.created.map(Day::Once),
            Field::Own(own) => DayOfYear::parse(&fields::value(self.bytes, own)?).and_then(of),
            _ => None,
        }
    }

    fn remembered(&self, occasion: Occasion) -> Option<DayOfYear> {
        let all = self.days.get_or_init(|| {
            birthdays::of_card(self.bytes).into_iter().map(|one| (one.occasion, one.day)).collect()
        });
        all.iter().find(|(of, _)| *of == occasion).map(|(_, day)| *day)
    }

    fn texts_of(&self, what: What) -> &[String] {
        let Some(cell) = self.texts.get(what as usize) else { return &[] };
        cell.get_or_init(|| {
            let texts = self.read(what);
            let form = |text: &String| {
                if what == What::Phone { dialled(text) } else { plain(text) }
            };
            texts.iter().filter(|text| !text.trim().is_empty()).map(form).collect()
        })
    }

    fn read(&self, what: What) -> Vec<String> {
        match what {
            What::Any => self.anything(),
            What::Name => {
                let parts = self.components("N", |parts| {
                    let order = [3, 1, 2, 0, 4].into_iter().filter_map(|at| parts.get(at));
                    let filled = order.filter(|part| !part.trim().is_empty());
                    filled.cloned().collect::<Vec<_>>().join(" ")
                });
                self.lines(&["FN"]).into_iter().chain(parts).collect()
            }
            What::FirstName => self.component("N", &[1, 2]),
            What::LastName => self.component("N", &[0]),
            What::Nickname => self.listed("NICKNAME"),
            What::Mail => self.lines(&["EMAIL"]),
            What::Phone => self.lines(&["TEL"]),
            What::Company => self.component("ORG", &[0]),
            What::Department => {
                let parts = self.components("ORG", |parts| {
                    parts.iter().skip(1).cloned().collect::<Vec<_>>().join("\n")
                });
                parts.iter().flat_map(|parts| parts.split('\n').map(str::to_owned)).collect()
            }
            What::Title => self.lines(&["TITLE"]),
            What::Role => self.lines(&["ROLE"]),
            What::Address => self.components("ADR", |parts| parts.join(" ")),
            What::Street => self.component("ADR", &[2]),
            What::City => self.component("ADR", &[3]),
            What::Region => self.component("ADR", &[4]),
            What::Postcode => self.component("ADR", &[5]),
            What::Country => self.component("ADR", &[6]),
            What::Note => self.notes(),
            What::Url => self.lines(&["URL"]),
            What::Messenger => self.lines(&["IMPP", "X-SOCIALPROFILE", "SOCIALPROFILE"]),
            What::Language => self.lines(&["LANG", "LANGUAGE"]),
            What::Gender => self.component("GENDER", &[0, 1]),
            What::Related => self.lines(&["RELATED", "X-ABRELATEDNAMES", "X-SPOUSE", "X-MANAGER"]),
            What::Kind => vec![match self.card.kind() {
                Kind::Individual => "individual".to_owned(),
                Kind::Group => "group".to_owned(),
                Kind::Organization => "org".to_owned(),
                Kind::Location => "location".to_owned(),
                Kind::Other(kind) => kind,
            }],
            What::Uid => self.lines(&["UID"]),
            What::Tag => categories(self.bytes),
            What::Stage => self.lines(&["X-ROLODAV-STAGE"]),
            What::Book => self.known.books.clone(),
            What::Photo
            | What::Birthday
            | What::Anniversary
            | What::Age
            | What::LastContact
            | What::Next
            | What::Cadence
            | What::Interactions
            | What::Changed
            | What::Created => Vec::new(),
        }
    }

    /// All texts that somebody wrote into the card.
    fn anything(&self) -> Vec<String> {
        let mut all = self.notes();
        for line in self.card.properties() {
            let is_ours =
                line.name().get(..10).is_some_and(|name| name.eq_ignore_ascii_case(b"X-ROLODAV-"));
            let is_other =
                ["NOTE", "PHOTO", "LOGO", "SOUND", "KEY", "VERSION", "PRODID", "REV", "UID"]
                    .iter()
                    .any(|name| line.is(name));
            if !is_ours && !is_other {
                all.push(said(line));
            }
        }
        all
    }

    /// What stands in the notes above the history.
    fn notes(&self) -> Vec<String> {
        let bare = layer::without_fence(self.bytes);
        Card::parse(&bare).all("NOTE").map(|line| line.text().into_owned()).collect()
    }

    fn lines(&self, names: &[&str]) -> Vec<String> {
        let all = self.card.properties().iter();
        let named = all.filter(|line| names.iter().any(|name| line.is(name)));
        named.map(|line| line.text().into_owned()).collect()
    }

    /// The values of a property that holds several with commas between them.
    fn listed(&self, name: &str) -> Vec<String> {
        let each = |line: &Line<'_>| -> Vec<String> {
            let value = line.value();
            text::split(&value, b',').map(|one| text::unescape(one).into_owned()).collect()
        };
        self.card.all(name).flat_map(each).collect()
    }

    fn components(&self, name: &str, of: impl Fn(&[String]) -> String) -> Vec<String> {
        self.card.all(name).map(|line| of(&line.components())).collect()
    }

    fn component(&self, name: &str, places: &[usize]) -> Vec<String> {
        let each = |line: &Line<'_>| -> Vec<String> {
            let parts = line.components();
            places.iter().filter_map(|at| parts.get(*at).cloned()).collect()
        };
        self.card.all(name).flat_map(each).collect()
    }
}

/// What a line says, parts of a value as words beside each other.
fn said(line: &Line<'_>) -> String {
    if ["N", "ADR", "ORG"].iter().any(|name| line.is(name)) {
        line.components().join(" ")
    } else {
        line.text().into_owned()
    }
}
