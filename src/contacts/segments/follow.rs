//! Brings what is known of segments up to date: it takes in what the change logs of the owner's
//! books have beyond what was taken in, and the cards whose answers ended with the days. Whoever
//! reads segments has this done first, so that nobody sees a change in a card and not in them.

use std::collections::BTreeSet;

use super::examined;
use super::round::Round;
use super::set::{Compiled, Set};
use super::terms::Terms;
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::books;
use crate::store::collection::{self, Found};
use crate::store::engine::{Batch, CommitError, Snapshot, Step};
use crate::store::segments;
use crate::store::segments::following::{self, Followed};
use crate::store::segments::members;
use crate::store::stored::Stored;
use crate::store::{Store, change, member, principals};

/// Cards that one commit looks at.
const STEP: usize = 256;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// Brings the segments of `owner` up to date.
pub async fn follow(store: &Store, owner: &PrincipalId) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    if segments::revision(&snapshot, owner).await? == 0 {
        return Ok(());
    }
    following::let_go(store, owner).await?;
    let books = books::numbers(&snapshot, owner).await?;
    let any = segments::any(&snapshot, owner).await?;
    let followed = following::followed_by(&snapshot, owner).await?;
    drop(snapshot);
    for id in followed {
        if !any || !books.contains(&id) {
            leave(store, owner, id).await?;
        }
    }
    if any {
        for book in books {
            follow_book(store, owner, book).await?;
        }
    }
    Ok(())
}

/// Brings everybody's segments up to date: people enter and leave them as days pass, though nobody
/// asks. A fault of one owner does not hold up the others.
pub async fn follow_all(store: &Store) -> Result<(), Fault> {
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, _) in listed {
        if let Err(fault) = follow(store, &owner).await {
            tracing::warn!(%owner, fault = %fault.logged(), "segments: will be tried again");
        }
    }
    Ok(())
}

/// A view in which what is known of the segments of `owner` is exactly what the cards say, and what
/// it says of the day.
pub(super) async fn current(
    store: &Store,
    owner: &PrincipalId,
) -> Result<(Snapshot, Terms), Fault> {
    for _ in 0..ATTEMPTS {
        follow(store, owner).await?;
        let snapshot = store.snapshot().await?;
        let terms = Terms::read(&snapshot, owner, store.now()).await?;
        if !is_behind_on(store, &snapshot, owner, &terms).await? {
            return Ok((snapshot, terms));
        }
    }
    Err(Fault::busy(1))
}

/// Is there anything to take in for [`follow`]?
pub async fn is_behind(store: &Store, owner: &PrincipalId) -> Result<bool, Fault> {
    let snapshot = store.snapshot().await?;
    if segments::revision(&snapshot, owner).await? == 0 {
        return Ok(false);
    }
    let terms = Terms::read(&snapshot, owner, store.now()).await?;
    is_behind_on(store, &snapshot, owner, &terms).await
}

async fn is_behind_on(
    store: &Store,
    snapshot: &Snapshot,
    owner: &PrincipalId,
    terms: &Terms,
) -> Result<bool, Fault> {
    let mut followed = following::followed_by(snapshot, owner).await?;
    if segments::any(snapshot, owner).await? {
        for id in books::numbers(snapshot, owner).await? {
            followed.retain(|known| *known != id);
            let Some(book) = collection::get(snapshot, id).await? else { continue };
            let read = following::followed(snapshot, owner, id).await?;
            let looking = Looking { store, snapshot, owner, book: &book, terms };
            if !matches!(looking.next(read.as_ref(), None).await?, Next::Nothing) {
                return Ok(true);
            }
        }
    }
    Ok(!followed.is_empty())
}

/// What is to be done next about a book.
enum Next {
    Nothing,
    /// Cards of these names are asked what segments after this revision say; then it got so far, and
    /// perhaps there is more to do.
    Look {
        names: Vec<String>,
        since: u64,
        then: Followed,
        due: Option<Vec<u8>>,
        more: bool,
    },
}

async fn follow_book(store: &Store, owner: &PrincipalId, id: CollectionId) -> Result<(), Fault> {
    let (mut refused, mut due) = (0, None);
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(book) = collection::get(&snapshot, id).await? else { return Ok(()) };
        if book.collection.deleted.is_some() {
            return Ok(());
        }
        let terms = Terms::read(&snapshot, owner, store.now()).await?;
        let read = following::followed(&snapshot, owner, id).await?;
        let looking = Looking { store, snapshot: &snapshot, owner, book: &book, terms: &terms };
        let (mut names, since, mut then, next_due, more) =
            match looking.next(read.as_ref(), due.clone()).await? {
                Next::Nothing => return Ok(()),
                Next::Look { names, since, then, due, more } => (names, since, then, due, more),
            };
        let set = Set::load(store, &snapshot, owner).await?;
        let is_asked = |one: &Compiled| one.stored.record.revised > since;
        if !set.all().iter().any(is_asked) && then.after.take().is_some() {
            // What changed is asked of no card.
            then.revision = then.target;
            names.clear();
        }
        let mut round = Round::new(store, &snapshot, &book.collection, &terms, &set);
        for name in &names {
            round.look_at(name, since).await?;
        }
        let mut batch = round.finish().await?;
        let is_spared = batch.ops().is_empty()
            && read.as_ref().is_some_and(|read| {
                then == Followed { head: then.head, ..read.record.clone() }
                    && examined::note(store, id, &read.record, then.head)
            });
        let outcome = if is_spared {
            Ok(())
        } else {
            segments::expect_revision(&mut batch, owner, set.revision);
            following::advance(&mut batch, owner, id, read.as_ref(), Some(&then))?;
            store.commit(batch).await.map(drop)
        };
        match outcome {
            Ok(()) if !more => return Ok(()),
            Ok(()) => due = next_due,
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

struct Looking<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    owner: &'a PrincipalId,
    book: &'a Found,
    terms: &'a Terms,
}

impl Looking<'_> {
    async fn next(
        &self,
        read: Option<&Stored<Followed>>,
        due: Option<Vec<u8>>,
    ) -> Result<Next, Fault> {
        let (snapshot, id) = (self.snapshot, self.book.collection.id);
        let revision = segments::revision(snapshot, self.owner).await?;
        let head = change::head(snapshot, id).await?;
        let basis = self.terms.basis(&self.book.collection);
        let anew = |head| Followed {
            head,
            after: Some(String::new()),
            revision: 0,
            target: revision,
            basis: basis.clone(),
        };
        let mut state = match read {
            None => anew(head),
            Some(read) if read.record.basis != basis => anew(read.record.head),
            Some(read) => read.record.clone(),
        };
        let lags = if state.after.is_some() { state.target } else { state.revision };
        if lags != revision {
            state = Followed { after: Some(String::new()), target: revision, ..state };
        }
        if let Some(after) = state.after.clone() {
            let names = self.page(&after).await?;
            let since = state.revision;
            let more = names.len() == STEP;
            state.after = names.last().cloned().filter(|_| more);
            if state.after.is_none() {
                state.revision = state.target;
            }
            return Ok(Next::Look { names, since, then: state, due: None, more: true });
        }
        if let Some(read) = read.filter(|read| read.record == state) {
            state.head = examined::head(self.store, id, &read.record);
        }
        if state.head < head {
            let mut names = BTreeSet::new();
            change::scan(snapshot, id, state.head, |sequence, name| {
                state.head = sequence;
                names.insert(name.to_owned());
                if names.len() < STEP { Step::Continue } else { Step::Stop }
            })
            .await?;
            let names: Vec<String> = names.into_iter().collect();
            let more = names.len() >= STEP
                || !members::due(snapshot, id, self.terms.now, None, 1).await?.is_empty();
            return Ok(Next::Look { names, since: 0, then: state, due: None, more });
        }
        let rows = members::due(snapshot, id, self.terms.now, due.as_deref(), STEP).await?;
        let Some((last, _)) = rows.last() else { return Ok(Next::Nothing) };
        let due = Some(last.clone());
        let names = rows.into_iter().map(|(_, name)| name).collect();
        Ok(Next::Look { names, since: 0, then: state, due, more: true })
    }

    /// The names that come after `after`.
    async fn page(&self, after: &str) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        let after = Some(after).filter(|after| !after.is_empty());
        member::scan(self.snapshot, self.book.collection.id, after, |name, _| {
            names.push(name.to_owned());
            if names.len() < STEP { Step::Continue } else { Step::Stop }
        })
        .await?;
        Ok(names)
    }
}

/// Lets go of a book that is gone, or of any when there are no segments.
async fn leave(store: &Store, owner: &PrincipalId, id: CollectionId) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(read) = following::followed(&snapshot, owner, id).await? else { return Ok(()) };
        let terms = Terms::read(&snapshot, owner, store.now()).await?;
        let set = Set::load(store, &snapshot, owner).await?;
        let known = members::entries(&snapshot, id, STEP).await?;
        let all = known.len() < STEP;
        let Some(book) = collection::get(&snapshot, id).await? else {
            // Nothing is left of it but that.
            let mut batch = Batch::new();
            following::advance(&mut batch, owner, id, Some(&read), None)?;
            return store.commit(batch).await.map(drop).map_err(Fault::from);
        };
        let mut round = Round::new(store, &snapshot, &book.collection, &terms, &set);
        for (name, entry) in known {
            round.forget(&name, &entry)?;
        }
        let mut batch = round.finish().await?;
        segments::expect_revision(&mut batch, owner, set.revision);
        // Whoever finds it back in its place begins with it anew.
        let rest = Followed { basis: String::new(), ..read.record.clone() };
        following::advance(&mut batch, owner, id, Some(&read), (!all).then_some(&rest))?;
        match store.commit(batch).await {
            Ok(_) if all => return Ok(()),
            Ok(_) | Err(CommitError::Refused(_)) => {}
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Ok(())
}
