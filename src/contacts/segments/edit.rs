//! What people do to segments: each is one commit. Who is in them follows on the next look.

use crate::contacts::books;
use std::collections::{BTreeSet, HashMap};

use super::book::{call_book, end_book, make_book};
use super::query::{Misread, Names, Read, parse, references};
use super::set::Set;
use crate::base::{Fault, PrincipalId};
use crate::contacts::normal::fold::folded;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::engine::{Batch, Snapshot};
use crate::store::segments::{self, Segment, SegmentId};
use crate::store::stored::Stored;
use crate::store::{Actor, Store, group_cards};

/// Most segments of one owner.
const MOST: usize = 1000;

/// Longest name of a segment in characters.
const LONGEST: usize = 100;

/// A segment to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// Its name.
    pub name: String,
    /// Whom it means.
    pub query: String,
    /// Does it show as a group?
    pub as_group: bool,
    /// Does it show as a book?
    pub as_book: bool,
}

/// What is to be otherwise about a segment; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// Whom it means.
    pub query: Option<String>,
    /// Does it show as a group?
    pub as_group: Option<bool>,
    /// Does it show as a book?
    pub as_book: Option<bool>,
}

/// A name as it is kept.
fn clean(name: &str) -> Result<String, Fault> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_fit = !folded(&name).trim().is_empty()
        && name.chars().count() <= LONGEST
        && !name.chars().any(char::is_control)
        && !name.starts_with('#');
    if is_fit {
        return Ok(name);
    }
    Err(Fault::bad_request(format!(
        "A segment has a name of 1 to {LONGEST} characters, on one line, which does not begin with #."
    )))
}

pub(super) fn key(name: &str) -> String {
    folded(&name.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What cannot be read in `query`, for a person.
pub(super) fn misread(fault: &Misread, query: &str) -> Fault {
    Fault::bad_request(fault.shown(query))
}

/// What queries of the owner of `set` can name.
pub(super) fn typed(set: &Set) -> Names {
    Names { is_stored: false, ..set.names.clone() }
}

/// The query as it is kept.
fn kept(read: &Read, query: &str) -> String {
    read.with_references(query.trim(), |id| format!("#{}", id.0))
}

fn unknown(owner: &PrincipalId, name: &str) -> Fault {
    let message =
        format!("{owner} has no segment `{name}`. `rolodav segment list {owner}` shows them.");
    Fault::new(404, message)
}

/// The segment of this name.
pub(super) async fn named(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    name: &str,
) -> Result<(SegmentId, Stored<Segment>), Fault> {
    let id = segments::find(snapshot, owner, &key(name)).await?;
    let id = id.ok_or_else(|| unknown(owner, name))?;
    let found = segments::get(snapshot, id).await?.ok_or_else(|| unknown(owner, name))?;
    Ok((id, found))
}

fn note(
    store: &Store,
    batch: &mut Batch,
    (owner, name): (&PrincipalId, &str),
    (verb, detail): (Verb, &str),
    actor: &Actor,
) -> Result<(), Fault> {
    let deed = Deed::of(Subject::Segment, verb, owner.as_str());
    Ok(Deed { name, detail, ..deed }.note(store, batch, actor)?)
}

/// Tells every book that its group card of the segment is to be made anew.
pub(super) async fn note_everywhere(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    id: SegmentId,
) -> Result<(), Fault> {
    for book in books::numbers(snapshot, owner).await? {
        group_cards::note_change(batch, book, id);
    }
    Ok(())
}

/// Makes a segment.
pub async fn add(
    store: &Store,
    owner: &PrincipalId,
    new: &New,
    actor: &Actor,
) -> Result<SegmentId, Fault> {
    let name = clean(&new.name)?;
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let set = Set::load(store, &snapshot, owner).await?;
        let query = new.query.trim();
        let read = parse(query, &typed(&set)).map_err(|fault| misread(&fault, query))?;
        if set.all().len() >= MOST {
            return Err(Fault::conflict(format!("There can be {MOST} segments at most.")));
        }
        if segments::find(&snapshot, owner, &key(&name)).await?.is_some() {
            return Err(Fault::conflict(format!(
                "There is a segment `{name}` already; `rolodav segment edit` changes it."
            )));
        }
        let book = if new.as_book {
            Some(make_book(store, &snapshot, &mut batch, owner, &name).await?)
        } else {
            None
        };
        let segment = Segment {
            owner: owner.clone(),
            name: name.clone(),
            query: kept(&read, query),
            as_group: new.as_group,
            book,
            created: store.now(),
            revised: segments::advance(store, &mut batch, owner, set.revision),
        };
        let id = segments::insert(store, &mut batch, &key(&name), &segment)?;
        if new.as_group {
            note_everywhere(&snapshot, &mut batch, owner, id).await?;
        }
        let detail = if new.as_book { "as a book" } else { "" };
        note(store, &mut batch, (owner, &name), (Verb::Added, detail), actor)?;
        if attempts.done(batch).await? {
            return Ok(id);
        }
    }
}

/// Changes a segment. Others that ask for it follow it, and name it as it is called then.
pub async fn edit(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    change: &Change,
    actor: &Actor,
) -> Result<SegmentId, Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let set = Set::load(store, &snapshot, owner).await?;
        let (id, read) = named(&snapshot, owner, name).await?;
        let (was, mut now) = (&read.record, read.record.clone());
        let revision = segments::advance(store, &mut batch, owner, set.revision);
        let mut told = Vec::new();
        if let Some(query) = change.query.as_deref().map(str::trim) {
            let asked = parse(query, &typed(&set)).map_err(|fault| misread(&fault, query))?;
            refuse_loop(&set, id, &was.name, &asked)?;
            now.query = kept(&asked, query);
            if now.query != was.query {
                now.revised = revision;
                told.push("it means others now".to_owned());
                revise_those_asking(&mut batch, &set, id, revision)?;
            }
        }
        if let Some(name) = &change.name {
            now.name = clean(name)?;
            if key(&now.name) != key(&was.name) {
                segments::call_no_more(&mut batch, owner, &key(&was.name));
                if segments::find(&snapshot, owner, &key(&now.name)).await?.is_some() {
                    let message = format!("There is a segment `{}` already.", now.name);
                    return Err(Fault::conflict(message));
                }
                segments::call(&mut batch, owner, &key(&now.name), id);
            }
            if now.name != was.name {
                told.push(format!("called {} now", now.name));
                call_book(&snapshot, &mut batch, was, &now.name).await?;
            }
        }
        now.as_group = change.as_group.unwrap_or(was.as_group);
        if now.as_group != was.as_group {
            told.push(if now.as_group { "shown as a group" } else { "no group" }.to_owned());
        }
        match (was.book, change.as_book) {
            (None, Some(true)) => {
                let made = make_book(store, &snapshot, &mut batch, owner, &now.name).await?;
                (now.book, now.revised) = (Some(made), revision);
                told.push("shown as a book".to_owned());
            }
            (Some(book), Some(false)) => {
                end_book(store, &snapshot, &mut batch, book).await?;
                now.book = None;
                told.push("no book".to_owned());
            }
            _ => {}
        }
        if now == *was {
            return Ok(id);
        }
        segments::update(&mut batch, id, &read, &now)?;
        note_everywhere(&snapshot, &mut batch, owner, id).await?;
        note(store, &mut batch, (owner, &was.name), (Verb::Changed, &told.join(", ")), actor)?;
        if attempts.done(batch).await? {
            return Ok(id);
        }
    }
}

/// Ends a segment, unless others ask for it. Cards stay as they are.
pub async fn remove(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    actor: &Actor,
) -> Result<(), Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let set = Set::load(store, &snapshot, owner).await?;
        let (id, read) = named(&snapshot, owner, name).await?;
        let others = set.asking_for(id).map(|one| format!("`{}`", one.stored.record.name));
        let others: Vec<String> = others.collect();
        if !others.is_empty() {
            return Err(Fault::conflict(format!(
                "Other segments ask for `{}`: {}. Change or remove them first.",
                read.record.name,
                others.join(", ")
            )));
        }
        segments::advance(store, &mut batch, owner, set.revision);
        if let Some(book) = read.record.book {
            end_book(store, &snapshot, &mut batch, book).await?;
        }
        segments::remove(&mut batch, id, &key(&read.record.name), &read);
        note_everywhere(&snapshot, &mut batch, owner, id).await?;
        note(store, &mut batch, (owner, &read.record.name), (Verb::Removed, ""), actor)?;
        if attempts.done(batch).await? {
            return Ok(());
        }
    }
}

// === segments of segments ===

/// Refuses what would have segment `id`, called `name`, ask for itself.
fn refuse_loop(set: &Set, id: SegmentId, name: &str, asked: &Read) -> Result<(), Fault> {
    let mut from: HashMap<SegmentId, SegmentId> = HashMap::new();
    let mut open = references(&asked.query);
    for one in &open {
        from.insert(*one, id);
    }
    while let Some(one) = open.pop() {
        if one == id {
            return Err(Fault::conflict(format!(
                "That would be a loop: {}.",
                the_loop(set, id, name, &from).join(" asks for ")
            )));
        }
        let query = set.get(one).and_then(|one| one.read.as_ref().ok()).map(|read| &read.query);
        for next in query.map(references).unwrap_or_default() {
            if let std::collections::hash_map::Entry::Vacant(place) = from.entry(next) {
                place.insert(one);
                open.push(next);
            }
        }
    }
    Ok(())
}

/// The names along the loop, from the segment back to itself.
fn the_loop(
    set: &Set,
    id: SegmentId,
    name: &str,
    from: &HashMap<SegmentId, SegmentId>,
) -> Vec<String> {
    let called = |one: SegmentId| {
        set.get(one).map_or_else(|| name.to_owned(), |one| one.stored.record.name.clone())
    };
    let (mut names, mut at, mut seen) = (vec![format!("`{name}`")], id, BTreeSet::new());
    while let Some(before) = from.get(&at).filter(|before| seen.insert(**before)) {
        names.push(format!("`{}`", called(*before)));
        at = *before;
        if at == id {
            break;
        }
    }
    names.reverse();
    names
}

/// Has all cards asked anew by those that ask for `id`, and by those that ask for them.
pub(super) fn revise_those_asking(
    batch: &mut Batch,
    set: &Set,
    id: SegmentId,
    revision: u64,
) -> Result<(), Fault> {
    let (mut open, mut seen) = (vec![id], BTreeSet::from([id]));
    while let Some(one) = open.pop() {
        for asking in set.asking_for(one) {
            if seen.insert(asking.id) {
                let now = Segment { revised: revision, ..asking.stored.record.clone() };
                segments::update(batch, asking.id, &asking.stored, &now)?;
                open.push(asking.id);
            }
        }
    }
    Ok(())
}
