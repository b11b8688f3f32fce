//! Brings an index that is made of the cards of a book up to date from the book's change log. What
//! that costs follows what changed since the last time; a PUT does not know of it. Commits are of
//! bounded size, and each says how far it got, on condition that nobody else got further: what is
//! interrupted goes on where it stopped, and what two do at once is done once.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::{CollectionId, Fault};
use crate::store::body::{self, Slot};
use crate::store::engine::{Batch, CommitError, Snapshot, Step};
use crate::store::followed::{self, State};
use crate::store::member::{self, Member};
use crate::store::{Store, change, collection};

/// Cards without anything to file that one commit goes past.
const PAGE: usize = 8192;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// An index of the cards of books.
pub trait Index: Send + Sync {
    /// What it wants to know of a card.
    type Facts: Send;

    /// What the facts depend on: how they are written down, settings. If it changes, all cards are
    /// read anew.
    type Form: Serialize + DeserializeOwned + Clone + PartialEq + Default + Send + Sync;

    /// Cards that one commit takes in.
    const STEP: usize = 256;

    /// The form of what it writes now.
    fn form(&self) -> Self::Form;

    /// Where it is written how far it follows `book`.
    fn state_key(&self, book: CollectionId) -> Vec<u8>;

    /// Begins a round, perhaps after one whose commit came to nothing.
    fn begin(&mut self, _: &Snapshot, _: CollectionId) -> impl Future<Output = Done> + Send {
        async { Ok(()) }
    }

    /// The facts of a card; `None` if there is nothing to file.
    fn read(&self, text: &[u8]) -> Option<Self::Facts>;

    /// Files `facts` of a card instead of what was filed of it.
    fn file(
        &mut self,
        round: &mut Round<'_>,
        card: Card<'_>,
        facts: Option<Self::Facts>,
    ) -> impl Future<Output = Done> + Send;

    /// Ends a round, before its commit.
    fn settle(&mut self, _: &Snapshot, _: &mut Batch) -> impl Future<Output = Done> + Send {
        async { Ok(()) }
    }
}

/// What a step of an [`Index`] tells.
pub type Done = Result<(), Fault>;

/// What one commit takes in.
#[derive(Debug)]
pub struct Round<'a> {
    /// What is relied on.
    pub snapshot: &'a Snapshot,
    /// What will be done.
    pub batch: &'a mut Batch,
    /// The book.
    pub book: CollectionId,
}

/// A card that is taken in.
#[derive(Debug)]
pub struct Card<'a> {
    /// Its name in the book.
    pub name: &'a str,
    /// What the store knows of it; `None` if it is gone.
    pub member: Option<&'a Member>,
    /// Did it change, or is the whole book gone through?
    pub changed: bool,
}

/// Takes in what changed in `book` since the last time.
pub async fn follow<I: Index>(store: &Store, index: &mut I, book: CollectionId) -> Done {
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(found) = collection::get(&snapshot, book).await? else { return Ok(()) };
        let read = followed::state::<I::Form>(&snapshot, index.state_key(book)).await?;
        let before = read.as_ref().map(|stored| &stored.record);
        let head = change::head(&snapshot, book).await?;
        let fresh = || State { form: I::Form::default(), head, after: Some(String::new()) };
        let mut state = before.cloned().unwrap_or_else(fresh);
        if state.form != index.form() {
            // Not from this head on: cards that went since the last time are still filed.
            (state.form, state.after) = (index.form(), Some(String::new()));
        }
        if state.after.is_none() && state.head >= head {
            return Ok(());
        }
        index.begin(&snapshot, book).await?;
        let mut batch = Batch::new();
        let mut round = Round { snapshot: &snapshot, batch: &mut batch, book };
        if let Some(after) = &state.after {
            state.after = go_through(index, &mut round, after).await?;
        } else {
            state.head = catch_up(index, &mut round, state.head).await?;
        }
        index.settle(&snapshot, &mut batch).await?;
        let finished = state.after.is_none() && state.head >= head;
        found.witness.require(&mut batch);
        followed::advance(&mut batch, index.state_key(book), read.as_ref(), &state)?;
        match store.commit(batch).await {
            Ok(_) if finished => return Ok(()),
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// Goes on going through the whole book after member `after`; tells the last one that it got to,
/// or `None` at the end.
async fn go_through<I: Index>(
    index: &mut I,
    round: &mut Round<'_>,
    after: &str,
) -> Result<Option<String>, Fault> {
    let (mut found, mut full, mut stopped) = (Vec::new(), 0, false);
    let after = Some(after).filter(|name| !name.is_empty());
    let reader: &I = index;
    body::scan_texts(round.snapshot, round.book, after, |name, text, _| {
        let facts = reader.read(text);
        full += usize::from(facts.is_some());
        found.push((name.to_owned(), facts));
        stopped = full >= I::STEP || found.len() >= PAGE;
        if stopped { Step::Stop } else { Step::Continue }
    })
    .await?;
    let last = found.last().map(|(name, _)| name.clone());
    for (name, facts) in found {
        let member = member::get(round.snapshot, round.book, &name).await?;
        let card = Card { name: &name, member: member.as_ref(), changed: false };
        index.file(round, card, facts).await?;
    }
    Ok(last.filter(|_| stopped))
}

/// Takes in what the change log has beyond `head`; tells how far it got.
async fn catch_up<I: Index>(
    index: &mut I,
    round: &mut Round<'_>,
    mut head: u64,
) -> Result<u64, Fault> {
    let mut names = BTreeSet::new();
    change::scan(round.snapshot, round.book, head, |sequence, name| {
        head = sequence;
        names.insert(name.to_owned());
        if names.len() < I::STEP { Step::Continue } else { Step::Stop }
    })
    .await?;
    for name in names {
        let member = member::get(round.snapshot, round.book, &name).await?;
        let facts = if member.is_some() {
            let slot = Slot::Member(round.book, &name);
            index.read(&body::get(round.snapshot, slot).await?.text)
        } else {
            None
        };
        let card = Card { name: &name, member: member.as_ref(), changed: true };
        index.file(round, card, facts).await?;
    }
    Ok(head)
}
