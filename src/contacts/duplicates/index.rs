//! Follows the change logs of an owner's books, so that every card is filed under its keys. What a
//! round costs follows what changed; a PUT does not know of it.

use std::collections::BTreeSet;

use super::frequency;
use super::keys;
use super::profile::Profile;
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::normal::Region;
use crate::formats::vcard::Card;
use crate::store::body::{self, Slot};
use crate::store::engine::{Batch, CommitError, EngineError, Snapshot, Step};
use crate::store::match_index::{self, State};
use crate::store::{Store, change, collection, member};

/// Cards that one commit takes in.
const STEP: usize = 128;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// The form of what is written; another one has everything written anew. What profiles and keys
/// are made of is a part of it.
const FORM: u32 = 1;

/// The numbers of the books of `owner` whose cards are compared, the oldest first.
pub async fn books(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<CollectionId>, EngineError> {
    let mut found = collection::list(snapshot, owner, collection::Kind::AddressBook).await?;
    found.retain(|found| found.collection.role == collection::Role::Plain);
    let mut books: Vec<CollectionId> = found.iter().map(|found| found.collection.id).collect();
    books.sort();
    Ok(books)
}

/// Takes in what changed in the books of `owner` since the last time. Cards that changed are to be
/// compared; those of a book that is taken in as a whole are not.
pub async fn follow(
    store: &Store,
    owner: &PrincipalId,
    region: Option<Region>,
) -> Result<(), Fault> {
    for id in books(&store.snapshot().await?, owner).await? {
        follow_book(store, id, region).await?;
    }
    Ok(())
}

async fn follow_book(store: &Store, id: CollectionId, region: Option<Region>) -> Result<(), Fault> {
    // Numbers read with another country are other numbers.
    let form = FORM << 16 | region.map_or(0, Region::number);
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(book) = collection::get(&snapshot, id).await? else { return Ok(()) };
        let read = match_index::state(&snapshot, id).await?;
        let before = read.as_ref().map(|stored| stored.record.clone());
        let head = change::head(&snapshot, id).await?;
        let begun = || State { form, head, after: Some(String::new()) };
        let mut state = before.clone().filter(|state| state.form == form).unwrap_or_else(begun);
        let mut batch = Batch::new();
        let round = Round { snapshot: &snapshot, id, region };
        if state.after.is_some() {
            round.go_through(&mut batch, &mut state).await?;
        } else if state.head < head {
            round.catch_up(&mut batch, &mut state).await?;
        }
        if before.as_ref() == Some(&state) {
            return Ok(());
        }
        let finished = state.after.is_none() && state.head >= head;
        book.witness.require(&mut batch);
        match_index::advance(&mut batch, id, read.as_ref(), &state)?;
        match store.commit(batch).await {
            Ok(_) if finished => return Ok(()),
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// What one commit takes in of a book.
struct Round<'a> {
    snapshot: &'a Snapshot,
    id: CollectionId,
    region: Option<Region>,
}

impl Round<'_> {
    /// Goes on going through a whole book.
    async fn go_through(&self, batch: &mut Batch, state: &mut State) -> Result<(), Fault> {
        let (mut found, mut last, mut stopped) = (Vec::new(), None, false);
        let after = state.after.clone().filter(|name| !name.is_empty());
        body::scan_texts(self.snapshot, self.id, after.as_deref(), |name, text, _| {
            found.push((name.to_owned(), Profile::read(&Card::parse(text), self.region)));
            last = Some(name.to_owned());
            stopped = found.len() >= STEP;
            if stopped { Step::Stop } else { Step::Continue }
        })
        .await?;
        for (name, profile) in found {
            self.note(batch, &name, profile).await?;
        }
        state.after = last.filter(|_| stopped);
        Ok(())
    }

    /// Takes in what the change log has beyond what was.
    async fn catch_up(&self, batch: &mut Batch, state: &mut State) -> Result<(), Fault> {
        let mut names = BTreeSet::new();
        let mut head = state.head;
        change::scan(self.snapshot, self.id, state.head, |sequence, name| {
            head = sequence;
            names.insert(name.to_owned());
            if names.len() < STEP { Step::Continue } else { Step::Stop }
        })
        .await?;
        for name in names {
            let profile = match member::get(self.snapshot, self.id, &name).await? {
                Some(_) => {
                    let body = body::get(self.snapshot, Slot::Member(self.id, &name)).await?;
                    Profile::read(&Card::parse(&body.text), self.region)
                }
                None => None,
            };
            if let Some(uid) = self.note(batch, &name, profile).await? {
                match_index::await_comparison(batch, self.id, &name, &uid);
            }
        }
        state.head = head;
        Ok(())
    }

    /// Files a card as it is now; its UID, if what is compared of it changed.
    async fn note(
        &self,
        batch: &mut Batch,
        name: &str,
        profile: Option<Profile>,
    ) -> Result<Option<String>, Fault> {
        let before = match_index::card(self.snapshot, self.id, name).await?;
        let now = match (member::get(self.snapshot, self.id, name).await?, profile) {
            (Some(member), Some(profile)) => Some(filed(member.uid, &profile)?),
            _ => None,
        };
        if before == now {
            return Ok(None);
        }
        match_index::replace(batch, self.id, name, before.as_ref(), now.as_ref())?;
        Ok(now.or(before).map(|card| card.uid))
    }
}

/// What the index keeps of a card.
fn filed(uid: String, profile: &Profile) -> Result<match_index::Card, EngineError> {
    let keys = keys::of(profile);
    let written = postcard::to_stdvec(profile)
        .map_err(|error| EngineError::caused("a card cannot be filed for comparing", error))?;
    Ok(match_index::Card {
        uid,
        keys: keys.keys,
        refinement: [keys.refinement.name, keys.refinement.fact],
        values: frequency::values(profile),
        profile: written,
    })
}
