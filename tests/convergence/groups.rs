//! Group cards as clients write them, in Apple's form and in that of vCard 4.0.

use crate::card::{Card, Line, escape, unescape};
use crate::client::{Book, Copy};
use crate::dice::Dice;
use crate::steps::{Grouping, Step};
use crate::tally::{TAGS, Tally};

/// How a client writes groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `X-ADDRESSBOOKSERVER-KIND`, vCard 3.0.
    Apple,
    /// `KIND`, vCard 4.0.
    Kind,
}

impl Form {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Apple => ("X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER"),
            Self::Kind => ("KIND", "MEMBER"),
        }
    }
}

const FORMS: [Form; 2] = [Form::Apple, Form::Kind];

pub fn is_group(card: &Card) -> bool {
    FORMS.iter().any(|form| card.first(form.names().0).is_some_and(|kind| kind == "group"))
}

/// What the group is called.
pub fn name(card: &Card) -> String {
    unescape(card.first("FN").unwrap_or_default())
}

/// The UIDs of the members, sorted.
pub fn members(card: &Card) -> Vec<String> {
    let all = FORMS.iter().flat_map(|form| card.all(form.names().1));
    let mut members: Vec<String> = all.map(|line| uid(&line.value)).collect();
    members.sort();
    members
}

/// A UID without its scheme.
pub fn uid(value: &str) -> String {
    value.trim_start_matches("urn:uuid:").to_owned()
}

/// The user of `client` does something to the groups of a book, the `number`th.
pub fn change(
    grouping: Grouping,
    form: Form,
    (client, number): (&str, usize),
    book: &mut Book,
    (step, dice): (&Step, &mut Dice),
    tally: &mut Tally,
) -> Option<String> {
    let there = |copy: &&Copy| !copy.deleted;
    let parsed = |copy: &Copy| Card::parse(copy.shown());
    let people: Vec<String> = {
        let cards = book.copies.values().filter(there).map(parsed);
        let people = cards.filter(|card| !is_group(card));
        people.filter_map(|card| card.first("UID").map(uid)).collect()
    };
    let person = |dice: &mut Dice| people.get(dice.below(people.len().max(1) as u64) as usize);
    let called = TAGS[dice.below(TAGS.len() as u64) as usize];
    let groups: Vec<(String, Card)> = {
        let live = book.copies.iter().filter(|(_, copy)| !copy.deleted);
        let cards = live.map(|(href, copy)| (href.clone(), parsed(copy)));
        cards.filter(|(_, card)| is_group(card)).collect()
    };
    if grouping == Grouping::Create {
        if groups.iter().any(|(_, card)| name(card) == called) {
            return None;
        }
        let id = format!("{:08x}-0000-4000-9000-{:012x}", step.number, step.roll & 0xffff_ffff);
        let href = format!("{}{id}.vcf", book.path);
        let mut card = Card::default();
        card.lines.push(Line::new("UID", &id));
        card.lines.push(Line::new(form.names().0, "group"));
        rename(&mut card, called);
        for _ in 0..dice.below(3) {
            if let Some(who) = person(dice).filter(|who| !members(&card).contains(*who)) {
                card.lines.push(Line::new(form.names().1, &format!("urn:uuid:{who}")));
                tally.wish(client, &href, (number, who.clone()), called, true);
            }
        }
        book.copies.insert(href.clone(), Copy { edited: Some(card.text()), ..Copy::default() });
        return Some(href);
    }
    let (href, mut card) = groups.get(dice.below(groups.len().max(1) as u64) as usize)?.clone();
    let tag = name(&card);
    match grouping {
        Grouping::AddMember => {
            let who = person(dice).filter(|who| !members(&card).contains(*who))?.clone();
            card.lines.push(Line::new(form.names().1, &format!("urn:uuid:{who}")));
            tally.wish(client, &href, (number, who), &tag, true);
        }
        Grouping::DropMember => {
            let members = members(&card);
            let who = members.get(dice.below(members.len().max(1) as u64) as usize)?.clone();
            card.lines.retain(|line| !line.name.ends_with("MEMBER") || uid(&line.value) != who);
            tally.wish(client, &href, (number, who), &tag, false);
        }
        Grouping::Rename => {
            rename(&mut card, called);
            tally.open_tag(&tag);
            tally.open_tag(called);
        }
        _ => {
            tally.open_tag(&tag);
            let copy = book.copies.get_mut(&href)?;
            copy.deleted = true;
            if copy.text.is_empty() {
                book.copies.remove(&href);
            }
            return Some(href);
        }
    }
    book.copies.get_mut(&href)?.edited = Some(card.text());
    Some(href)
}

fn rename(card: &mut Card, called: &str) {
    card.set("N", &format!("{};;;;", escape(called)));
    card.set("FN", &escape(called));
}
