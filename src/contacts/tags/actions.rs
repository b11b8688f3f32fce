//! Works off what was begun: some cards in each commit, which says how far it got, so that
//! whoever comes after a stop goes on there, and two who do it at once do nothing twice.

use super::edit::{self, Retag};
use super::index;
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::formats::vcard::category_key;
use crate::store::collection::{self, Found, Kind};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::stored::Stored;
use crate::store::tags::{self, Action, Mark, Progress, TagId, Work};
use crate::store::{Store, group_cards, member, tag_awaited, tag_index};

/// Cards that one commit changes.
const CARDS: usize = 64;

/// How often the cards are gone through before it is left at that: a device may put back a tag
/// as often as it is taken off.
const MOST_PASSES: u64 = 8;

/// How often a step is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// Works off everything that was begun, by whomever.
pub async fn work_off_all(store: &Store) -> Result<(), Fault> {
    let listed = tags::action_numbers(&store.snapshot().await?).await?;
    for number in listed {
        work_off(store, number).await?;
    }
    Ok(())
}

/// Is anything begun with the tags of `owner` and not done?
pub async fn is_at_work(snapshot: &Snapshot, owner: &PrincipalId) -> Result<bool, Fault> {
    let pending = tags::actions(snapshot).await?;
    Ok(pending.iter().any(|(_, action)| action.record.owner == *owner))
}

/// Works off what was begun with the tags of `owner`.
pub async fn work_off_of(store: &Store, owner: &PrincipalId) -> Result<(), Fault> {
    let listed = tags::actions(&store.snapshot().await?).await?;
    for (number, action) in listed {
        if action.record.owner == *owner {
            work_off(store, number).await?;
        }
    }
    Ok(())
}

/// Works off the action `number`; one that is finished is none.
pub async fn work_off(store: &Store, number: u64) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    let Some(action) = tags::action(&snapshot, number).await? else { return Ok(()) };
    let before = begun_before(&snapshot, number, &action.record.work).await?;
    drop(snapshot);
    for earlier in before {
        Box::pin(work_off(store, earlier)).await?;
    }
    // Single cards are found by their UIDs; whoever asks for tags takes the index along.
    let by_index = matches!(action.record.work, Work::Replace { .. });
    if by_index {
        index::follow(store, &action.record.owner).await?;
    }
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(action) = tags::action(&snapshot, number).await? else {
            // Its cards are in the log; the index is to know of them.
            return Ok(());
        };
        let progress = tags::progress(&snapshot, number).await?;
        let step = Step { store, snapshot: &snapshot, number, action: &action };
        let (batch, pass_ends) = step.plan(progress.as_ref()).await?;
        match store.commit(batch).await {
            Ok(_) if pass_ends && by_index => index::follow(store, &action.record.owner).await?,
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// What was begun before the action `number` with a tag that it ends or changes, oldest first: a
/// card may still call that tag by a name of which the later action knows nothing.
async fn begun_before(snapshot: &Snapshot, number: u64, work: &Work) -> Result<Vec<u64>, Fault> {
    let Work::Replace { tag, .. } = work else { return Ok(Vec::new()) };
    let concerns = |other: &Work| match other {
        Work::Replace { tag: one, into, .. } => one == tag || *into == Some(*tag),
        Work::Mark { tag: one, .. } => one == tag,
    };
    let all = tags::actions(snapshot).await?.into_iter();
    let before = all.filter(|(other, action)| *other < number && concerns(&action.record.work));
    Ok(before.map(|(other, _)| other).collect())
}

/// One step of an action.
struct Step<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    number: u64,
    action: &'a Stored<Action>,
}

impl Step<'_> {
    /// What the next commit does; `true` if all cards were gone through after it.
    async fn plan(&self, read: Option<&Stored<Progress>>) -> Result<(Batch, bool), Fault> {
        let mut batch = Batch::new();
        let mut now = read.map(|stored| stored.record.clone()).unwrap_or_default();
        let pass_ends = match &self.action.record.work {
            Work::Replace { tag, old, into } => {
                let after = now.after.as_ref();
                let page = tag_index::bearers(self.snapshot, *tag, after, CARDS).await?;
                if let Some(last) = page.last() {
                    now.after = Some((last.collection, last.name.clone()));
                    let new = match into {
                        Some(into) => tags::get(self.snapshot, *into).await?,
                        None => None,
                    };
                    let new = new.as_ref().map(|tag| tag.record.name.as_str());
                    for bearer in &page {
                        let retag = Retag::Replace { old, new };
                        self.card(&mut batch, bearer.collection, &bearer.name, retag).await?;
                    }
                    false
                } else if *into == Some(*tag) || now.after.is_none() || now.done >= MOST_PASSES {
                    // Without `after` a look from the beginning found nobody.
                    let nobody = now.after.is_none();
                    self.finish(&mut batch, *tag, old, *into, nobody).await?;
                    return Ok((batch, true));
                } else {
                    now = Progress { after: None, done: now.done + 1 };
                    true
                }
            }
            Work::Mark { tag, marks } => {
                let rest = marks.iter().skip(usize::try_from(now.done).unwrap_or(usize::MAX));
                let page: Vec<&Mark> = rest.take(CARDS).collect();
                let known = tags::get(self.snapshot, *tag).await?;
                let Some(known) = known.filter(|_| !page.is_empty()) else {
                    tags::finish(&mut batch, self.number, self.action);
                    return Ok((batch, true));
                };
                now.done += page.len() as u64;
                for mark in page {
                    self.mark(&mut batch, *tag, &known.record.name, mark).await?;
                }
                false
            }
        };
        tags::advance(&mut batch, self.number, self.action, read, &now)?;
        Ok((batch, pass_ends))
    }

    async fn mark(
        &self,
        batch: &mut Batch,
        tag: TagId,
        name: &str,
        mark: &Mark,
    ) -> Result<(), Fault> {
        let card = member::holder(self.snapshot, mark.collection, &mark.uid).await?;
        match (card, mark.add) {
            (Some(card), true) => {
                self.card(batch, mark.collection, &card, Retag::Add(name)).await?;
            }
            (Some(card), false) => {
                let all = tags::of_owner(self.snapshot, &self.action.record.owner).await?;
                let names: Vec<String> =
                    all.into_iter().filter(|(_, id)| *id == tag).map(|(name, _)| name).collect();
                self.card(batch, mark.collection, &card, Retag::Remove(&names)).await?;
            }
            // It may come later: clients send groups before the cards in them.
            (None, true) => tag_awaited::wait_for(batch, mark.collection, &mark.uid, tag),
            (None, false) => tag_awaited::wait_no_more(batch, mark.collection, &mark.uid, tag),
        }
        Ok(())
    }

    /// Adds the change of one card. One that cannot be changed does not hold up the others.
    async fn card(
        &self,
        batch: &mut Batch,
        book: CollectionId,
        name: &str,
        retag: Retag<'_>,
    ) -> Result<(), Fault> {
        let Some(book) = self.book(book).await? else { return Ok(()) };
        let actor = &self.action.record.actor;
        let place = (&book, name);
        match edit::plan(self.store, self.snapshot, batch, place, actor, retag).await {
            Err(fault) if (400..500).contains(&fault.status) => {
                tracing::warn!(book = book.collection.id.0, fault = %fault.logged(), "a card keeps its tags as they are");
                Ok(())
            }
            done => done.map(drop),
        }
    }

    /// The book, unless it is deleted.
    async fn book(&self, id: CollectionId) -> Result<Option<Found>, Fault> {
        let found = collection::get(self.snapshot, id).await?;
        let there = |found: &Found| {
            found.collection.deleted.is_none() && found.collection.kind == Kind::AddressBook
        };
        Ok(found.filter(there))
    }

    /// Adds the end of the action, and of the tag if there is another one in its place or none.
    async fn finish(
        &self,
        batch: &mut Batch,
        tag: TagId,
        old: &[String],
        into: Option<TagId>,
        nobody: bool,
    ) -> Result<(), Fault> {
        let owner = &self.action.record.owner;
        tags::finish(batch, self.number, self.action);
        let Some(read) = tags::get(self.snapshot, tag).await? else { return Ok(()) };
        let target = match into {
            Some(into) if into != tag => tags::get(self.snapshot, into).await?,
            Some(_) => Some(read.clone()),
            None => None,
        };
        let stays = target.as_ref().map(|tag| category_key(&tag.record.name));
        if into != Some(tag) && !nobody {
            tracing::warn!(tag = tag.0, "cards get this tag back again and again");
            // It stays theirs, under the names that were to lead to the other.
            for name in old {
                let names = tags::find(self.snapshot, owner, name).await?;
                if names == into {
                    tags::expect_named(batch, owner, name, names);
                    tags::call(batch, owner, name, tag);
                }
            }
            return Ok(());
        }
        for name in old.iter().filter(|name| Some(*name) != stays.as_ref()) {
            let names = tags::find(self.snapshot, owner, name).await?;
            if names == into || names == Some(tag) {
                tags::expect_named(batch, owner, name, names);
                tags::uncall(batch, owner, name);
            }
        }
        if into != Some(tag) {
            tags::remove(batch, tag, &read);
            for book in collection::list(self.snapshot, owner, Kind::AddressBook).await? {
                group_cards::note_change(batch, book.collection.id, tag);
            }
        }
        Ok(())
    }
}
