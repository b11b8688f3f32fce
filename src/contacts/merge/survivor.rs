//! What one card says that stands for several of the same person: field by field, nothing lost that
//! a person would miss. Pure.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::same::{folded, is_single, value_key, words};
use crate::base::Timestamp;
use crate::contacts::layer::item::{Groups, Item, Items};
use crate::formats::convert::convert;
use crate::formats::edit::Edits;
use crate::formats::line::Line;
use crate::formats::property::Property;
use crate::formats::text::escape;
use crate::formats::vcard::{Card, Version, categories, set_categories};

/// One of the cards, nothing of the layer in it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its bytes.
    pub card: &'a [u8],
    /// When a person edited it last.
    pub edited: Timestamp,
    /// When it came.
    pub created: Timestamp,
}

/// What is to stand for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The card: the winner's, with its UID and version.
    pub card: Vec<u8>,
    /// Where only one value could stay.
    pub choices: Vec<Choice>,
}

/// A property of which there is one value only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub property: String,
    /// What stays.
    pub kept: String,
    /// What does not.
    pub dropped: String,
}

/// How good a value is, beside what it says.
#[derive(Clone, Copy)]
struct Standing {
    edited: Timestamp,
    created: Timestamp,
}

/// Of `winner` and `losers` one card. `fields` are properties of the user's own of which there is
/// one value; `day` dates what is added to the notes.
///
/// Values of which there may be several are united, the same ones once, with all their types; the
/// winner's preferred one stays the only one. Of single values stays the one that says more, then
/// the one edited last, the longer, the older. Names, days and own fields that do not stay are
/// told in the notes.
pub fn survivor(
    winner: &Source<'_>,
    losers: &[Source<'_>],
    fields: &[String],
    day: &str,
) -> Survivor {
    let mut merging = Merging::new(winner, fields, day);
    for loser in losers {
        merging.take(loser);
    }
    Survivor { card: merging.card, choices: merging.choices }
}

/// `stays` with the values of `comes` of which there may be several, and those it lacks.
pub(super) fn union(stays: &Source<'_>, comes: &Source<'_>) -> Vec<u8> {
    let mut merging = Merging::new(stays, &[], "");
    merging.keeps = true;
    merging.take(comes);
    merging.card
}

struct Merging<'a> {
    card: Vec<u8>,
    version: Version,
    fields: HashSet<Vec<u8>>,
    day: &'a str,
    start: Standing,
    /// Of single values that came from a loser.
    standings: HashMap<Vec<u8>, Standing>,
    choices: Vec<Choice>,
    /// Do single values of the winner stay, and its notes, whatever the others say?
    keeps: bool,
}

/// Takes part in no comparison: it is about the card, or handled by itself.
const ASIDE: [&[u8]; 6] = [b"VERSION", b"PRODID", b"REV", b"UID", b"CATEGORIES", b"NOTE"];

/// Go with the full name, so that they fit it.
const WITH_NAME: [&[u8]; 5] = [
    b"N",
    b"SORT-STRING",
    b"X-PHONETIC-FIRST-NAME",
    b"X-PHONETIC-LAST-NAME",
    b"X-PHONETIC-MIDDLE-NAME",
];

impl<'a> Merging<'a> {
    fn new(winner: &Source<'_>, fields: &[String], day: &'a str) -> Self {
        Self {
            card: winner.card.to_vec(),
            version: Card::parse(winner.card).version(),
            fields: fields.iter().map(|name| name.to_ascii_uppercase().into_bytes()).collect(),
            day,
            start: Standing { edited: winner.edited, created: winner.created },
            standings: HashMap::new(),
            choices: Vec::new(),
            keeps: false,
        }
    }

    fn take(&mut self, loser: &Source<'_>) {
        let theirs = convert(loser.card, self.version);
        let ours = std::mem::take(&mut self.card);
        let (Some(our), Some(their)) = (Items::read(&ours), Items::read(&theirs)) else {
            self.card = ours;
            return;
        };
        let standing = Standing { edited: loser.edited, created: loser.created };
        let mut groups = Groups::new(&their, &our);
        let mut edits = Edits::new(&ours);
        let mut lost = Vec::new();
        let takes_name = self.takes(&our, &their, b"FN", standing) == Some(Ordering::Less);
        let mut added = HashSet::new();
        for item in &their.all {
            if ASIDE.contains(&item.name.as_slice()) {
                continue;
            }
            let is_field = self.fields.contains(&item.name);
            if !is_field && !is_single(&item.name) {
                unite(&our, &their, item, &mut groups, &mut edits, &mut added);
                continue;
            }
            if !added.insert((item.name.clone(), String::new())) {
                continue;
            }
            let Some(there) = said(&our, &item.name) else {
                if our.all.iter().all(|one| one.name != item.name) {
                    groups.add(&mut edits, our.end, &their, item);
                } else if let Some(empty) = our.all.iter().find(|one| one.name == item.name) {
                    replace(&our, empty, &their, item, &mut groups, &mut edits);
                }
                self.standings.insert(item.name.clone(), standing);
                continue;
            };
            if self.keeps || said(&their, &item.name).is_none() {
                continue;
            }
            let order = if WITH_NAME.contains(&item.name.as_slice()) {
                Some(if takes_name { Ordering::Less } else { Ordering::Greater })
            } else {
                self.takes(&our, &their, &item.name, standing)
            };
            let Some(order) = order else { continue };
            let (kept, dropped) = if order == Ordering::Less {
                replace(&our, there, &their, item, &mut groups, &mut edits);
                self.standings.insert(item.name.clone(), standing);
                (item, there)
            } else {
                (there, item)
            };
            self.choose(kept, dropped, is_field, &mut lost);
        }
        let merged = edits.apply();
        let merged = with_categories(&merged, &theirs);
        let keeps_notes = self.keeps && Card::parse(&merged).all("NOTE").any(|line| is_text(line));
        self.card =
            if keeps_notes { merged } else { with_notes(&merged, &theirs, &lost, self.day) };
    }

    /// Which of two single values stays: `Greater` ours, `Less` theirs; `None`: they say the same.
    fn takes(
        &self,
        our: &Items<'_>,
        their: &Items<'_>,
        name: &[u8],
        standing: Standing,
    ) -> Option<Ordering> {
        let (ours, theirs) = (said(our, name)?, said(their, name)?);
        if ours.content == theirs.content {
            return None;
        }
        let start = self.standings.get(name).copied().unwrap_or(self.start);
        if matches!(name, b"PHOTO" | b"LOGO" | b"SOUND") {
            let size = |item: &Item<'_>| item.line.value_span().len();
            let larger = size(ours).cmp(&size(theirs));
            return Some(larger.then(start.edited.cmp(&standing.edited)).then(Ordering::Greater));
        }
        let (our_text, their_text) = (folded(&ours.line.text()), folded(&theirs.line.text()));
        if our_text == their_text {
            return None;
        }
        let (our_words, their_words) = (words(&our_text), words(&their_text));
        let fuller = if our_words.is_superset(&their_words) {
            Ordering::Greater
        } else if their_words.is_superset(&our_words) {
            Ordering::Less
        } else {
            Ordering::Equal
        };
        let older = standing.created.cmp(&start.created);
        let order = fuller
            .then(start.edited.cmp(&standing.edited))
            .then(our_text.len().cmp(&their_text.len()))
            .then(older);
        Some(order.then(Ordering::Greater))
    }

    fn choose(
        &mut self,
        kept: &Item<'_>,
        dropped: &Item<'_>,
        is_field: bool,
        lost: &mut Vec<String>,
    ) {
        let property = String::from_utf8_lossy(&kept.name).into_owned();
        let (stays, goes) = (shown(&kept.line), shown(&dropped.line));
        if words(&folded(&stays)).is_superset(&words(&folded(&goes))) && !is_binary(&kept.name) {
            return;
        }
        let label = match kept.name.as_slice() {
            b"FN" => Some("called"),
            b"BDAY" => Some("birthday"),
            b"ANNIVERSARY" | b"X-ANNIVERSARY" => Some("anniversary"),
            b"GENDER" | b"X-GENDER" => Some("gender"),
            b"DEATHDATE" => Some("died"),
            _ => None,
        };
        match label {
            Some(label) => lost.push(format!("{label} {goes}")),
            None if is_field => lost.push(format!("{property} {goes}")),
            None => {}
        }
        self.choices.push(Choice { property, kept: stays, dropped: goes });
    }
}

/// The property of which there is one, if it says anything.
fn said<'i, 'a>(items: &'i Items<'a>, name: &[u8]) -> Option<&'i Item<'a>> {
    let says =
        |item: &&Item<'a>| item.line.value().iter().any(|byte| !matches!(byte, b';' | b' ' | b','));
    items.all.iter().filter(|item| item.name == name).find(says)
}

/// Adds a value of which there may be several, or its types to the same one.
fn unite<'a>(
    our: &Items<'a>,
    their: &Items<'_>,
    item: &Item<'_>,
    groups: &mut Groups,
    edits: &mut Edits<'a>,
    added: &mut HashSet<(Vec<u8>, String)>,
) {
    let key = value_key(&item.name, &item.line.text());
    if key.is_empty() {
        return;
    }
    let is_new = added.insert((item.name.clone(), key.clone()));
    let same = our
        .all
        .iter()
        .find(|one| one.name == item.name && value_key(&one.name, &one.line.text()) == key);
    if let Some(same) = same {
        groups.matched(item.group.as_ref(), same.group.as_ref());
        if is_new && let Some(content) = with_types(&same.line, &item.line) {
            edits.replace(same.line.span(), &content);
        }
        return;
    }
    if !is_new {
        return;
    }
    let has_others = our.all.iter().any(|one| one.name == item.name);
    let group = groups.of(item);
    match Property::read(&item.line).filter(|_| has_others) {
        Some(mut property) => {
            // The preferred one is the winner's.
            property.take("PREF");
            property.take_type("pref");
            property.group = group.map(|group| String::from_utf8_lossy(&group).into_owned());
            edits.insert(our.end, &property.write());
            for label in their.labels(item) {
                let grouped = property.group.as_deref().map(str::as_bytes);
                edits.insert(our.end, &crate::contacts::layer::item::regrouped(label, grouped));
            }
            groups.written(item);
        }
        None => groups.add(edits, our.end, their, item),
    }
}

/// `ours` with the types of `theirs`; `None`: it has them.
fn with_types(ours: &Line<'_>, theirs: &Line<'_>) -> Option<Vec<u8>> {
    let (mut property, other) = (Property::read(ours)?, Property::read(theirs)?);
    let known: HashSet<String> = property.types().iter().map(|t| t.to_ascii_lowercase()).collect();
    let missing: Vec<String> = other
        .types()
        .into_iter()
        .filter(|kind| !kind.eq_ignore_ascii_case("pref"))
        .filter(|kind| !known.contains(&kind.to_ascii_lowercase()))
        .collect();
    if missing.is_empty() {
        return None;
    }
    for kind in missing {
        property.add_type(&kind);
    }
    Some(property.write())
}

/// Puts their single value in the place of ours.
fn replace<'a>(
    our: &Items<'a>,
    ours: &Item<'a>,
    their: &Items<'_>,
    theirs: &Item<'_>,
    groups: &mut Groups,
    edits: &mut Edits<'a>,
) {
    edits.remove(ours.line.span());
    for label in our.sole_labels(ours) {
        edits.remove(label.span());
    }
    groups.add(edits, ours.line.span().end, their, theirs);
}

fn with_categories(card: &[u8], theirs: &[u8]) -> Vec<u8> {
    let all: Vec<String> = categories(card).into_iter().chain(categories(theirs)).collect();
    set_categories(card, &all).into_owned()
}

/// `card` with the notes of `theirs` and what was `lost`, dated.
pub(super) fn with_notes(card: &[u8], theirs: &[u8], lost: &[String], day: &str) -> Vec<u8> {
    let card_read = Card::parse(card);
    let ours = card_read.all("NOTE").find(|line| is_text(line));
    let our_text = ours.map(|line| line.text().into_owned()).unwrap_or_default();
    let mut text = our_text.clone();
    for line in Card::parse(theirs).all("NOTE").filter(|line| is_text(line)) {
        let more = line.text();
        let more = more.trim();
        if more.is_empty() || text.contains(more) {
            continue;
        }
        if text.trim().is_empty() {
            more.clone_into(&mut text);
        } else {
            text = format!("{}\n\n— {day}:\n{more}", text.trim_end());
        }
    }
    if !lost.is_empty() {
        let lost = format!("— {day}: also {}", lost.join("; "));
        text = if text.trim().is_empty() { lost } else { format!("{}\n\n{lost}", text.trim_end()) };
    }
    if text == our_text {
        return card.to_vec();
    }
    let mut edits = Edits::new(card);
    let value = escape(&text);
    if let Some(line) = ours {
        edits.replace(line.span(), &[line.head(), b":", value.as_bytes()].concat());
    } else {
        let end = Items::read(card).map_or(card.len(), |items| items.end);
        edits.insert(end, format!("NOTE:{value}").as_bytes());
    }
    edits.apply()
}

fn is_text(line: &Line<'_>) -> bool {
    line.params().all(|param| {
        !param.is("ENCODING") && !param.is("VALUE") || param.text().eq_ignore_ascii_case("text")
    })
}

fn is_binary(name: &[u8]) -> bool {
    matches!(name, b"PHOTO" | b"LOGO" | b"SOUND" | b"KEY")
}

/// A value as people read it.
fn shown(line: &Line<'_>) -> String {
    const LONGEST: usize = 200;
    if is_binary(&line.name().to_ascii_uppercase()) {
        return format!("{} bytes", line.value_span().len());
    }
    let parts = line.components();
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests;
