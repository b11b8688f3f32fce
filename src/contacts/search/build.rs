//! The index of what was there before it, and the index made anew.

use crate::base::Fault;
use crate::base::PrincipalId;
use crate::store::Store;
use crate::store::body;
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::{Batch, CommitError};
use crate::store::interactions::{self, Position};
use crate::store::member;
use crate::store::principals;
use crate::store::words::{self, Scope, check, history, state};

/// Cards that one commit takes in.
const STEP: usize = 64;

/// How often what is wrong is made anew.
const REPAIRS: usize = 3;

/// Tries of a step that others come before.
const TRIES: usize = 64;

/// Brings everything into the index that is not in it; tells how many books and timelines were
/// missing.
pub async fn all(store: &Store) -> Result<usize, Fault> {
    let snapshot = store.snapshot().await?;
    let collections = collection::all(&snapshot).await?;
    let principals = principals::all(&snapshot).await?;
    // What is built is more than what was there before.
    drop(snapshot);
    let mut built = 0;
    for found in collections {
        built += usize::from(book(store, &found).await?);
    }
    for (owner, _) in principals {
        built += usize::from(timeline(store, &owner).await?);
    }
    Ok(built)
}

/// Makes anew what of the index is wrong; tells what that was. On a running server somebody may
/// write a card at that very moment, so it is looked at again.
pub async fn repair(store: &Store) -> Result<Vec<String>, Fault> {
    let mut repaired = Vec::new();
    for _ in 0..REPAIRS {
        let wrong = check::check(store, &store.snapshot().await?).await?;
        if wrong.is_empty() {
            break;
        }
        for fault in wrong {
            check::clear(store, &fault.wrong).await?;
            if !repaired.contains(&fault.text) {
                repaired.push(fault.text);
            }
        }
        all(store).await?;
    }
    all(store).await?;
    Ok(repaired)
}

/// Brings the cards of a book into the index that are not in it; `false` if all are.
pub async fn book(store: &Store, book: &Collection) -> Result<bool, Fault> {
    let scope = Scope::book(book.id);
    if book.kind != Kind::AddressBook || state::is_whole(&store.snapshot().await?, &scope).await? {
        return Ok(false);
    }
    check::end(store, &state::of_earlier_editions(book.id)).await?;
    let mut after: Option<String> = None;
    loop {
        let mut tries = 0;
        let last = loop {
            match step(store, book, after.as_deref()).await? {
                Some(last) => break last,
                None if tries == TRIES => return Err(Fault::busy(1)),
                None => tries += 1,
            }
        };
        if last.is_none() {
            break;
        }
        after = last;
        tokio::task::yield_now().await;
    }
    let mut batch = Batch::new();
    state::set_whole(&mut batch, &scope);
    store.commit(batch).await?;
    Ok(true)
}

/// Takes in some cards after `after`; the last of them, or that there are none left. Nothing if
/// one of them was changed meanwhile.
async fn step(
    store: &Store,
    book: &Collection,
    after: Option<&str>,
) -> Result<Option<Option<String>>, Fault> {
    let snapshot = store.snapshot().await?;
    let mut batch = Batch::new();
    let mut last = None;
    for (name, card) in body::page(&snapshot, book.id, after, STEP).await? {
        if words::of_member(&snapshot, book.id, &name).await?.is_none()
            && let Some(found) = member::find(&snapshot, book.id, &name).await?
        {
            found.witness.require(&mut batch);
            let (place, flags) = ((book, name.as_str()), found.member.flags);
            words::take_in(store, &snapshot, &mut batch, place, &card.text, flags).await?;
        }
        last = Some(name);
    }
    if batch.ops().is_empty() {
        return Ok(Some(last));
    }
    match store.commit(batch).await {
        Ok(_) => Ok(Some(last)),
        Err(CommitError::Refused(_)) => Ok(None),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}

/// Brings what happened with the contacts of `owner` into the index; `false` if all of it is.
pub async fn timeline(store: &Store, owner: &PrincipalId) -> Result<bool, Fault> {
    let scope = Scope::history(owner);
    if state::is_whole(&store.snapshot().await?, &scope).await? {
        return Ok(false);
    }
    let mut before: Option<Position> = None;
    loop {
        let snapshot = store.snapshot().await?;
        let times = crate::base::Timestamp(0)..crate::base::Timestamp(u64::MAX);
        let page = interactions::range(&snapshot, owner, times, before, STEP).await?;
        let Some((number, last)) = page.last() else { break };
        before = Some(Position { at: last.at, number: *number });
        drop(snapshot);
        for (number, _) in &page {
            // Each on its own: somebody may change one of them at this moment.
            for _ in 0..TRIES {
                let snapshot = store.snapshot().await?;
                let mut batch = Batch::new();
                if !history::catch_up(store, &snapshot, &mut batch, *number).await? {
                    break;
                }
                match store.commit(batch).await {
                    Ok(_) => break,
                    Err(CommitError::Refused(_)) => {}
                    Err(CommitError::Failed(error)) => return Err(error.into()),
                }
            }
        }
        tokio::task::yield_now().await;
    }
    let mut batch = Batch::new();
    state::set_whole(&mut batch, &scope);
    // Not for a user who is removed at this moment.
    principals::tie(&mut batch, owner);
    store.commit(batch).await?;
    Ok(true)
}
