//! Cards with findings bear tags, if their owner wants that. A tag comes when the finding comes and goes
//! with it, once each: who takes it off or puts it on meanwhile is not contradicted.

use crate::contacts::books;
use std::collections::BTreeMap;

use super::index;
use super::kind::{Kind, Kinds};
use super::standing::Terms;
use crate::base::{Fault, PrincipalId};
use crate::contacts::tags;
use crate::store::engine::{Batch, CommitError};
use crate::store::quality_choices::{self, Tagging};
use crate::store::tags::{self as records, Mark, TagId};
use crate::store::{Actor, Store, quality};

/// Cards that are tagged at a time.
const PAGE: usize = 256;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 64;

/// The kinds of which the cards of `owner` bear tags.
pub async fn chosen(store: &Store, owner: &PrincipalId) -> Result<Kinds, Fault> {
    let read = quality_choices::tagging(&store.snapshot().await?, owner).await?;
    let tags = read.iter().flat_map(|read| &read.record.tags);
    Ok(Kinds(tags.fold(0, |kinds, (bit, _)| kinds | 1 << bit)))
}

/// Has cards bear tags of findings of these `kinds`.
pub async fn turn_on(
    store: &Store,
    owner: &PrincipalId,
    terms: Terms,
    kinds: &[Kind],
    actor: &Actor,
) -> Result<(), Fault> {
    for kind in kinds {
        let tag = tags::create(store, owner, kind.tag(), None, actor).await?;
        change(store, owner, |tags| {
            tags.retain(|(bit, _)| *bit != *kind as u8);
            tags.push((*kind as u8, tag));
        })
        .await?;
    }
    index::follow(store, owner, terms).await?;
    let listed = books::filled(&store.snapshot().await?, owner).await?;
    for book in listed {
        let id = book.collection.id;
        for kind in kinds {
            let mut after: Option<String> = None;
            loop {
                let snapshot = store.snapshot().await?;
                let bit = Some(*kind as u8);
                let page =
                    quality::with_findings(&snapshot, id, bit, after.as_deref(), PAGE).await?;
                let mut marks = Vec::with_capacity(page.len());
                for name in &page {
                    let card = quality::card(&snapshot, id, name).await?;
                    marks.extend(card.map(|card| mark(id, card.record.uid, true)));
                }
                put_on(store, owner, actor, kind.tag(), marks).await?;
                match page.into_iter().next_back() {
                    Some(last) => after = Some(last),
                    None => break,
                }
            }
        }
    }
    settle(store, owner, actor).await
}

/// Ends the tags of findings of these `kinds`.
pub async fn turn_off(
    store: &Store,
    owner: &PrincipalId,
    kinds: &[Kind],
    actor: &Actor,
) -> Result<(), Fault> {
    let read = quality_choices::tagging(&store.snapshot().await?, owner).await?;
    let tags = read.map(|read| read.record.tags).unwrap_or_default();
    for (bit, tag) in tags {
        if !kinds.iter().any(|kind| *kind as u8 == bit) {
            continue;
        }
        change(store, owner, |tags| tags.retain(|(other, _)| *other != bit)).await?;
        if let Some(name) = name_of(store, tag).await? {
            let number = tags::delete(store, owner, actor, &name).await?;
            tags::work_off(store, number).await?;
        }
    }
    Ok(())
}

/// Brings the tags of cards up to date whose findings came or went.
pub async fn settle(store: &Store, owner: &PrincipalId, actor: &Actor) -> Result<(), Fault> {
    let listed = books::filled(&store.snapshot().await?, owner).await?;
    for book in listed {
        let id = book.collection.id;
        for _ in 0..ATTEMPTS {
            let snapshot = store.snapshot().await?;
            let due = quality::to_tag(&snapshot, id, PAGE).await?;
            if due.is_empty() {
                break;
            }
            let mut marks: BTreeMap<u8, Vec<Mark>> = BTreeMap::new();
            let mut batch = Batch::new();
            for (name, was) in &due {
                let Some(card) = quality::card(&snapshot, id, name).await? else { continue };
                let now = card.record.kinds;
                for bit in (0..32).filter(|bit| (was ^ now) & (1 << bit) != 0) {
                    let mark = mark(id, card.record.uid.clone(), now & (1 << bit) != 0);
                    marks.entry(bit).or_default().push(mark);
                }
                // Its findings may have changed once more.
                card.witness.require(&mut batch);
                quality::set_tagged(&mut batch, id, name, None);
            }
            let tagging = quality_choices::tagging(&snapshot, owner).await?;
            drop(snapshot);
            for (bit, tag) in tagging.into_iter().flat_map(|read| read.record.tags) {
                let Some(marks) = marks.remove(&bit) else { continue };
                match name_of(store, tag).await? {
                    Some(name) => put_on(store, owner, actor, &name, marks).await?,
                    // Its owner does not want it.
                    None => change(store, owner, |tags| tags.retain(|(b, _)| *b != bit)).await?,
                }
            }
            match store.commit(batch).await {
                Ok(_) | Err(CommitError::Refused(_)) => {}
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

fn mark(collection: crate::base::CollectionId, uid: String, add: bool) -> Mark {
    Mark { collection, uid, add }
}

/// What a tag is called now, whatever it was called when it was made.
async fn name_of(store: &Store, tag: TagId) -> Result<Option<String>, Fault> {
    let read = records::get(&store.snapshot().await?, tag).await?;
    Ok(read.map(|read| read.record.name))
}

async fn put_on(
    store: &Store,
    owner: &PrincipalId,
    actor: &Actor,
    tag: &str,
    marks: Vec<Mark>,
) -> Result<(), Fault> {
    if marks.is_empty() {
        return Ok(());
    }
    if let Some(number) = tags::mark(store, owner, actor, tag, marks).await? {
        tags::work_off(store, number).await?;
    }
    Ok(())
}

async fn change(
    store: &Store,
    owner: &PrincipalId,
    edit: impl Fn(&mut Vec<(u8, TagId)>),
) -> Result<(), Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let read = quality_choices::tagging(&snapshot, owner).await?;
        let mut now = read.as_ref().map_or_else(Tagging::default, |read| read.record.clone());
        edit(&mut now.tags);
        quality_choices::set_tagging(&mut batch, owner, read.as_ref(), &now)?;
        if attempts.done(batch).await? {
            return Ok(());
        }
    }
}
