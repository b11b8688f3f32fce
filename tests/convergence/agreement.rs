//! Does a client have what the server shows it, and does that say what is stored?

use std::collections::BTreeMap;

use crate::card::Card;
use crate::client::{Book, Habits, LeftOut, Link};
use crate::groups;
use crate::ledger::history_part;
use crate::server::Server;
use crate::steps::words;

/// Compares a client's book with the server's.
pub fn check(mut link: Link<'_>, book: &Book, habits: &dyn Habits) -> Result<(), String> {
    let listed = link.etags(&book.path).map_err(|halt| format!("{halt:?}"))?;
    let known: BTreeMap<_, _> = book.copies.iter().map(|(href, copy)| (href, &copy.etag)).collect();
    for (href, etag) in &listed {
        match known.get(href) {
            None => return Err(format!("misses {href}")),
            Some(known) if known.as_ref() == Some(etag) => {}
            Some(known) => return Err(format!("has {known:?} of {href}, the server {etag}")),
        }
    }
    if let Some(href) = known.keys().find(|href| !listed.contains_key(**href)) {
        return Err(format!("has {href}, the server has not"));
    }
    let hrefs: Vec<String> = listed.into_keys().collect();
    if hrefs.is_empty() {
        return Ok(());
    }
    let server = link.server;
    let served = link.multiget(&book.path, &hrefs, habits.names_version());
    for found in served.map_err(|halt| format!("{halt:?}"))? {
        let served = found.data.ok_or_else(|| format!("is not served {}", found.href))?;
        let copy = &book.copies[&found.href];
        let same = same_card(&served, &copy.text, habits);
        let checked = same.and_then(|()| {
            let card = Card::parse(&copy.text);
            if groups::is_group(&card) {
                return match habits.groups() {
                    Some(_) => whole_group(server, &book.path, &card),
                    None => Ok(()),
                };
            }
            let stored = server.stored(&found.href).unwrap_or_default();
            if habits.leaves_out() == LeftOut::Nothing {
                tells_the_last(server, &card)?;
            }
            same_contents(&stored, &copy.text, habits)
        });
        checked.map_err(|why| format!("{why}, in {}", found.href))?;
    }
    if habits.groups().is_some() { all_groups(server, book) } else { Ok(()) }
}

/// Does the card show the last that is known of the person?
fn tells_the_last(server: &Server, card: &Card) -> Result<(), String> {
    let uid = groups::uid(card.first("UID").unwrap_or_default());
    let note = card.note();
    let shown: Vec<u32> = history_part(&note).map_or(Vec::new(), |part| words(part).collect());
    match server.last_told(&uid).iter().find(|word| !shown.contains(word)) {
        Some(word) => Err(format!("the last that was told is not shown: {word} in {note:?}")),
        None => Ok(()),
    }
}

/// Is there one group of each tag that cards in the book have, and none twice?
fn all_groups(server: &Server, book: &Book) -> Result<(), String> {
    let cards = book.copies.values().map(|copy| Card::parse(&copy.text));
    let mut shown: Vec<String> =
        cards.filter(groups::is_group).map(|card| groups::name(&card)).collect();
    shown.sort();
    if let Some(twice) = shown.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("has a group twice: {twice:?}"));
    }
    for name in server.members(&book.path) {
        let card = Card::parse(&server.stored(&format!("{}{name}", book.path)).unwrap_or_default());
        if let Some(tag) = card.categories().iter().find(|tag| !shown.contains(tag)) {
            return Err(format!("misses the group {tag}, has {shown:?}"));
        }
    }
    Ok(())
}

/// Is the client's copy what it is served, line for line?
fn same_card(served: &str, copy: &str, habits: &dyn Habits) -> Result<(), String> {
    // What a client sent is as good as what it would get back, REV and product apart.
    let lines = |text: &str| {
        let mut card = Card::parse(&habits.absorb(text));
        card.drop_all(&["REV", "PRODID", "VERSION"]);
        let mut lines: Vec<String> = card.lines.iter().map(|line| format!("{line:?}")).collect();
        lines.sort();
        lines
    };
    let (served, copy) = (lines(served), lines(copy));
    if served == copy {
        return Ok(());
    }
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>()
    };
    Err(format!(
        "the client has under the right tag {:?}, the server {:?}",
        only(&copy, &served),
        only(&served, &copy)
    ))
}

/// Do the stored card and the client's copy say the same of the person?
fn same_contents(stored: &str, copy: &str, habits: &dyn Habits) -> Result<(), String> {
    let (stored, copy) = (Card::parse(stored), Card::parse(copy));
    for name in ["UID", "FN", "TEL", "EMAIL"] {
        let values = |card: &Card| {
            let values = card.all(name).map(|l| l.value.trim_start_matches("urn:uuid:").to_owned());
            let mut values: Vec<String> = values.collect();
            values.sort();
            values
        };
        if values(&stored) != values(&copy) {
            return Err(format!(
                "{name}: {:?}, but stored is {:?}",
                values(&copy),
                values(&stored)
            ));
        }
    }
    if habits.shows_categories() && stored.categories() != copy.categories() {
        let (copy, stored) = (copy.categories(), stored.categories());
        return Err(format!("categories {copy:?}, but stored are {stored:?}"));
    }
    let own = |card: &Card| {
        let note = card.note();
        let history = history_part(&note).map_or(0, str::len);
        let own = note[..note.len() - history].to_owned();
        own.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    if own(&stored) != own(&copy) {
        return Err(format!("the note is {:?}, but stored is {:?}", own(&copy), own(&stored)));
    }
    Ok(())
}

/// Are the members of a group the cards of the book that have its tag?
fn whole_group(server: &Server, book: &str, group: &Card) -> Result<(), String> {
    let (tag, mut members) = (groups::name(group), groups::members(group));
    let (mut tagged, mut there) = (Vec::new(), Vec::new());
    for name in server.members(book) {
        let card = Card::parse(&server.stored(&format!("{book}{name}")).unwrap_or_default());
        let uid = groups::uid(card.first("UID").unwrap_or_default());
        if card.categories().contains(&tag) {
            tagged.push(uid.clone());
        }
        there.push(uid);
    }
    // Whose card is not there may still come.
    members.retain(|uid| there.contains(uid));
    tagged.sort();
    if members == tagged {
        return Ok(());
    }
    Err(format!("the group {tag} has {members:?}, the tag {tagged:?}"))
}
