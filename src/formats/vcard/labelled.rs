//! Dates and relations that a person named: a value beside a label in one group, as phones show
//! and edit them (`item1.X-ABDATE:2026-11-03`, `item1.X-ABLabel:First met`).
//!
//! Some labels are words that everybody knows. Apple's programs write those as
//! `_$!<Anniversary>!$_` and show them in the language of the phone; in 4.0 they are `ANNIVERSARY`
//! and `RELATED;TYPE=spouse` (RFC 6350 §6.2.6, §6.6.6), which is what [`convert`] makes of them.
//!
//! [`convert`]: crate::formats::convert::convert

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Card, DayOfYear, Version, categories};
use crate::formats::edit::Edits;
use crate::formats::line::Line;
use crate::formats::property::Property;
use crate::formats::text;

const LABEL: &str = "X-ABLABEL";
const OMIT_YEAR: &str = "X-APPLE-OMIT-YEAR";

/// What stands beside a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labelled {
    /// A day, with or without its year.
    Date,
    /// What somebody is called.
    Relation,
}

impl Labelled {
    /// The property of a card that has it beside a label, in capitals.
    pub const fn property(self) -> &'static str {
        match self {
            Self::Date => "X-ABDATE",
            Self::Relation => "X-ABRELATEDNAMES",
        }
    }

    /// The words that Apple's programs translate, in lower case.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Date => &["anniversary", "other"],
            Self::Relation => &[
                "assistant",
                "brother",
                "child",
                "daughter",
                "father",
                "friend",
                "manager",
                "mother",
                "other",
                "parent",
                "partner",
                "sister",
                "son",
                "spouse",
            ],
        }
    }
}

/// What the first card in `card` has beside `label`, whose case does not count: of a day
/// `2026-11-03` or `--11-03`, of a relation the name.
pub fn labelled(card: &[u8], kind: Labelled, label: &str) -> Option<String> {
    let card = Card::parse(card);
    let line = beside(&card, kind, label).into_iter().next()?;
    Some(value_of(line, kind)).filter(|value| !value.is_empty())
}

/// `card` with `value` beside `label`, where the first one stood, or in a group of its own;
/// without a value nothing stays beside that label. If it is so already, the card stays byte for
/// byte. Several values beside one label can be meant (`Child`): only the first one changes.
pub fn set_labelled<'a>(
    card: &'a [u8],
    kind: Labelled,
    label: &str,
    value: Option<&str>,
) -> Cow<'a, [u8]> {
    let read = Card::parse(card);
    let there = beside(&read, kind, label);
    let mut edits = Edits::new(card);
    match (value, there.first()) {
        (Some(value), Some(line)) if value_of(line, kind) == value => {}
        (Some(value), Some(line)) => {
            if let Some(mut property) = Property::read(line) {
                put(&mut property, kind, value, read.version());
                edits.replace(line.span(), &property.write());
            }
        }
        (Some(value), None) => {
            let (_, end) = categories::lines(card, LABEL);
            for property in new(&read, kind, label.trim(), value) {
                edits.insert(end, &property.write());
            }
        }
        (None, _) => {
            for line in there {
                edits.remove(line.span());
                for label in sole_label(&read, line) {
                    edits.remove(label.span());
                }
            }
        }
    }
    if edits.is_empty() { Cow::Borrowed(card) } else { Cow::Owned(edits.apply()) }
}

/// The lines that have a value beside `label`.
fn beside<'c, 'a>(card: &'c Card<'a>, kind: Labelled, label: &str) -> Vec<&'c Line<'a>> {
    let wanted = label.trim().to_lowercase();
    let is_it = |line: &&Line<'a>| match kind {
        Labelled::Date if line.is("ANNIVERSARY") => wanted == "anniversary",
        Labelled::Relation if line.is("RELATED") => {
            // Others point at cards.
            let types = Property::read(line).filter(|read| read.param_is("VALUE", "text"));
            let types = types.map(|read| read.types()).unwrap_or_default();
            types.iter().any(|one| one.to_lowercase() == wanted)
                || (types.len() > 1 && types.join(", ").to_lowercase() == wanted)
        }
        kind if line.is(kind.property()) => {
            card.label(line).is_some_and(|label| label.trim().to_lowercase() == wanted)
        }
        _ => false,
    };
    card.properties().iter().filter(is_it).collect()
}

fn value_of(line: &Line<'_>, kind: Labelled) -> String {
    let day = if kind == Labelled::Date { DayOfYear::read(line) } else { None };
    day.map_or_else(|| line.text().trim().to_owned(), |day| day.to_string())
}

/// The lines of a new value.
fn new(card: &Card<'_>, kind: Labelled, label: &str, value: &str) -> Vec<Property> {
    let version = card.version();
    let lower = label.to_lowercase();
    let is_word = kind.words().contains(&lower.as_str());
    if version == Version::V40 && is_word {
        let standard = match kind {
            Labelled::Date if lower == "anniversary" => Some(Property::new("ANNIVERSARY", "")),
            Labelled::Date => None,
            Labelled::Relation => {
                let mut related = Property::new("RELATED", "");
                related.add_type(&lower);
                related.set("VALUE", "text");
                Some(related)
            }
        };
        if let Some(mut standard) = standard {
            put(&mut standard, kind, value, version);
            return vec![standard];
        }
    }
    let group = Some(format!("item{}", free_item(card)));
    let mut property = Property::new(kind.property(), "");
    property.group.clone_from(&group);
    if kind == Labelled::Date {
        property.set("VALUE", "date");
    }
    put(&mut property, kind, value, version);
    let said = if is_word { format!("_$!<{}>!$_", capital(&lower)) } else { label.to_owned() };
    let mut said = Property::new("X-ABLabel", text::escape(&said));
    said.group = group;
    vec![property, said]
}

/// Writes `value` into `property` as cards of `version` have it.
fn put(property: &mut Property, kind: Labelled, value: &str, version: Version) {
    let day = match kind {
        Labelled::Date => DayOfYear::parse(value),
        Labelled::Relation => None,
    };
    let Some(day) = day else {
        property.value = text::escape(value).into_owned();
        return;
    };
    property.drop_where("VALUE", "text");
    property.take(OMIT_YEAR);
    let (month, day_of_month) = (day.month, day.day);
    property.value = match (day.year, version) {
        (Some(year), Version::V40) => format!("{year:04}{month:02}{day_of_month:02}"),
        (None, Version::V40) => format!("--{month:02}{day_of_month:02}"),
        (year, _) => {
            if year.is_none() {
                property.set(OMIT_YEAR, &DayOfYear::NO_YEAR.to_string());
            }
            let year = year.unwrap_or(DayOfYear::NO_YEAR);
            format!("{year:04}-{month:02}-{day_of_month:02}")
        }
    };
}

/// The labels that go when `line` goes: those of nothing else.
fn sole_label<'c, 'a>(card: &'c Card<'a>, line: &'c Line<'a>) -> Vec<&'c Line<'a>> {
    let Some(group) = line.group() else { return Vec::new() };
    let (labels, others): (Vec<_>, Vec<_>) =
        card.in_group(group).partition(|line| line.is(LABEL) || line.is("X-ABADR"));
    if others.len() == 1 { labels } else { Vec::new() }
}

/// The number from which `itemN` groups are free.
fn free_item(card: &Card<'_>) -> u64 {
    let number = |line: &Line<'_>| {
        let group = std::str::from_utf8(line.group()?).ok()?.to_ascii_lowercase();
        group.strip_prefix("item")?.parse::<u32>().ok()
    };
    card.properties().iter().filter_map(number).max().map_or(1, |most| u64::from(most) + 1)
}

fn capital(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    let mut chars = word.chars();
    if let Some(first) = chars.next() {
        // Writing to a String does not fail.
        let _ = write!(text, "{}{}", first.to_uppercase(), chars.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::convert::convert;

    fn card(version: &str, lines: &str) -> String {
        format!("BEGIN:VCARD\r\nVERSION:{version}\r\nFN:A\r\n{lines}END:VCARD\r\n")
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn only_the_value_and_its_label_change() {
        use Labelled::{Date, Relation};
        let met = "item1.X-ABDATE;VALUE=date:2026-11-03\r\nitem1.X-ABLabel:First met\r\n";
        let two = "item1.X-ABRELATEDNAMES:Bo\r\nitem1.X-ABLabel:_$!<Child>!$_\r\n\
                   g.X-ABRELATEDNAMES:Cy\r\ng.X-ABLABEL:child\r\n";
        for (version, before, kind, label, value, after) in [
            ("3.0", "", Date, "First met", Some("2026-11-03"), met),
            ("3.0", met, Date, "first MET", Some("2026-11-03"), met),
            ("3.0", met, Date, "First met", None, ""),
            (
                "3.0",
                met,
                Date,
                "First",
                Some("2026-11-04"),
                &format!("{met}item2.X-ABDATE;VALUE=date:2026-11-04\r\nitem2.X-ABLabel:First\r\n"),
            ),
            (
                "3.0",
                "ITEM7.TEL:1\r\nq.X-ABDATE;type=pref;X-APPLE-OMIT-YEAR=1604:1604-02-29\r\n\
                 q.X-ABLABEL:First met\r\n",
                Date,
                "First met",
                Some("2024-02-28"),
                "ITEM7.TEL:1\r\nq.X-ABDATE;type=pref:2024-02-28\r\nq.X-ABLABEL:First met\r\n",
            ),
            (
                "3.0",
                "item4.TEL:1\r\n",
                Date,
                "anniversary",
                Some("--02-29"),
                "item4.TEL:1\r\nitem5.X-ABDATE;VALUE=date;X-APPLE-OMIT-YEAR=1604:1604-02-29\r\n\
                 item5.X-ABLabel:_$!<Anniversary>!$_\r\n",
            ),
            ("4.0", "", Date, "Anniversary", Some("--02-29"), "ANNIVERSARY:--0229\r\n"),
            ("4.0", "ANNIVERSARY:--0229\r\n", Date, "anniversary", None, ""),
            (
                "4.0",
                "",
                Date,
                "a;b",
                Some("2026-11-03"),
                "item1.X-ABDATE;VALUE=date:20261103\r\nitem1.X-ABLabel:a\\;b\r\n",
            ),
            (
                "4.0",
                "RELATED;TYPE=spouse:urn:uuid:1\r\n",
                Relation,
                "Spouse",
                Some("Bo, Jr."),
                "RELATED;TYPE=spouse:urn:uuid:1\r\nRELATED;TYPE=spouse;VALUE=text:Bo\\, Jr.\r\n",
            ),
            (
                "4.0",
                "RELATED;VALUE=text;TYPE=tax advisor:Bo\r\n",
                Relation,
                "Tax advisor",
                Some("Cy"),
                "RELATED;VALUE=text;TYPE=tax advisor:Cy\r\n",
            ),
            ("3.0", two, Relation, "Child", Some("Di"), &two.replace("Bo", "Di")),
            ("3.0", two, Relation, "Child", None, ""),
            // What else is in the group keeps the label.
            (
                "3.0",
                "i.X-ABDATE:2026-11-03\r\ni.TEL:1\r\ni.X-ABLABEL:x\r\n",
                Date,
                "x",
                None,
                "i.TEL:1\r\ni.X-ABLABEL:x\r\n",
            ),
        ] {
            let before = card(version, before);
            let set = text(&set_labelled(before.as_bytes(), kind, label, value));
            assert_eq!(set, card(version, after), "{before}: {label} = {value:?}");
            assert_eq!(labelled(set.as_bytes(), kind, label).as_deref(), value, "{set}");
            let again = set_labelled(set.as_bytes(), kind, label, value);
            assert!(matches!(again, Cow::Borrowed(_)), "{set} changes again");
        }
    }

    #[test]
    fn the_other_version_says_the_same() {
        use Labelled::{Date, Relation};
        for (kind, label, value) in [
            (Date, "First met", "2026-11-03"),
            (Date, "First met", "--02-29"),
            (Date, "Anniversary", "--02-29"),
            (Date, "Anniversary", "2009-08-08"),
            (Date, "Other", "2009-08-08"),
            (Relation, "Spouse", "Bo; Jr."),
            (Relation, "Tax advisor", "Bo"),
            (Relation, "Co-worker", "Bo"),
            (Relation, "Beraterin für Steuern", "Bö"),
        ] {
            for (version, other) in [("3.0", Version::V40), ("4.0", Version::V30)] {
                let card = card(version, "TEL:1\r\n");
                let set = set_labelled(card.as_bytes(), kind, label, Some(value)).into_owned();
                let there = convert(&set, other);
                let what = format!("{label} from {version}:\n{}\n{}", text(&set), text(&there));
                assert_eq!(labelled(&there, kind, label).as_deref(), Some(value), "{what}");
                let back = convert(&there, Version::parse(version).unwrap());
                assert_eq!(labelled(&back, kind, label).as_deref(), Some(value), "{what}");
                if other == Version::V30 {
                    let date = text(&there).contains("--");
                    assert!(!date, "3.0 has no dates without year: {what}");
                }
            }
        }
    }
}
