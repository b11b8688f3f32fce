//! The index of days follows the books: what changed is taken in, and follow-ups of cards whose
//! days changed follow them before the index says so.

use std::collections::{BTreeMap, BTreeSet};

use super::due;
use super::terms::Terms;
use crate::base::{CollectionId, Fault};
use crate::contacts::weaving::Rules;
use crate::store::body::{self, Slot};
use crate::store::collection;
use crate::store::days::{self, Filed, State};
use crate::store::engine::{Batch, CommitError, Snapshot, Step};
use crate::store::preferences::DayOf;
use crate::store::{Store, change, member};

/// Cards that one commit takes in.
const STEP: usize = 256;

/// Cards without a day that one commit goes past.
const PAGE: usize = 8192;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// Contacts whose follow-ups may have to come, move or end, with the days that changed.
type Touched = BTreeMap<String, BTreeSet<DayOf>>;

/// Takes in what changed in a book since the last time; tells how many follow-ups came.
pub(super) async fn follow(
    store: &Store,
    rules: &Rules,
    terms: &Terms,
    id: CollectionId,
) -> Result<usize, Fault> {
    let (mut refused, mut raised) = (0, 0);
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(book) = collection::get(&snapshot, id).await? else { return Ok(raised) };
        let read = days::state(&snapshot, id).await?;
        let before = read.as_ref().map(|stored| stored.record.clone());
        let head = change::head(&snapshot, id).await?;
        let mut state = before.clone().unwrap_or(State { head, ..State::default() });
        if state.basis != terms.basis() {
            (state.basis, state.after) = (terms.basis(), Some(String::new()));
        }
        let mut batch = Batch::new();
        let mut touched = Touched::new();
        let mut round = Round { snapshot: &snapshot, batch: &mut batch, terms, id };
        if state.after.is_some() {
            round.go_through(&mut state, &mut touched).await?;
        } else if state.head < head {
            round.catch_up(&mut state, &mut touched).await?;
        }
        if before.as_ref() == Some(&state) {
            return Ok(raised);
        }
        for (uid, moved) in &touched {
            raised += usize::from(due::settle(store, rules, &terms.owner, uid, moved).await?);
        }
        let finished = state.after.is_none() && state.head >= head;
        book.witness.require(&mut batch);
        days::advance(&mut batch, id, read.as_ref(), &state)?;
        match store.commit(batch).await {
            Ok(_) if finished => return Ok(raised),
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// What one commit takes in.
struct Round<'a> {
    snapshot: &'a Snapshot,
    batch: &'a mut Batch,
    terms: &'a Terms,
    id: CollectionId,
}

impl Round<'_> {
    /// Goes on going through a whole book.
    async fn go_through(&mut self, state: &mut State, touched: &mut Touched) -> Result<(), Fault> {
        let (mut found, mut seen, mut last, mut stopped) = (Vec::new(), 0, None, false);
        let (terms, after) = (self.terms, state.after.clone().filter(|name| !name.is_empty()));
        body::scan_texts(self.snapshot, self.id, after.as_deref(), |name, text, _| {
            seen += 1;
            last = Some(name.to_owned());
            let days = terms.of_card(text);
            if !days.is_empty() {
                found.push((name.to_owned(), days));
            }
            stopped = found.len() >= STEP || seen >= PAGE;
            if stopped { Step::Stop } else { Step::Continue }
        })
        .await?;
        for (name, days) in found {
            self.note(&name, days, touched).await?;
        }
        state.after = last.filter(|_| stopped);
        Ok(())
    }

    /// Takes in what the change log has beyond what was.
    async fn catch_up(&mut self, state: &mut State, touched: &mut Touched) -> Result<(), Fault> {
        let (mut names, mut head) = (BTreeSet::new(), state.head);
        change::scan(self.snapshot, self.id, state.head, |sequence, name| {
            head = sequence;
            names.insert(name.to_owned());
            if names.len() < STEP { Step::Continue } else { Step::Stop }
        })
        .await?;
        for name in names {
            let days = match member::get(self.snapshot, self.id, &name).await? {
                Some(_) => {
                    let card = body::get(self.snapshot, Slot::Member(self.id, &name)).await?;
                    self.terms.of_card(&card.text)
                }
                None => Vec::new(),
            };
            self.note(&name, days, touched).await?;
        }
        state.head = head;
        Ok(())
    }

    /// Files the days of a card, where they are not filed as they should be.
    async fn note(
        &mut self,
        name: &str,
        days: Vec<Filed>,
        touched: &mut Touched,
    ) -> Result<(), Fault> {
        let before = days::of_member(self.snapshot, self.id, name).await?;
        let now = match member::get(self.snapshot, self.id, name).await? {
            Some(member) if !days.is_empty() => Some(days::Card { uid: member.uid, days }),
            _ => None,
        };
        if let Some(now) = &now
            && now.days.iter().any(|day| self.terms.due(day).is_some())
        {
            touched.entry(now.uid.clone()).or_default();
        }
        if let Some(before) = &before {
            let stays = |day: &Filed| {
                now.as_ref().is_some_and(|now| now.uid == before.uid && now.days.contains(day))
            };
            let moved: BTreeSet<DayOf> =
                before.days.iter().filter(|day| !stays(day)).map(|day| day.of.clone()).collect();
            if !moved.is_empty() {
                touched.entry(before.uid.clone()).or_default().extend(moved);
            }
        }
        days::replace(self.batch, self.id, name, before.as_ref(), now.as_ref())?;
        Ok(())
    }
}
