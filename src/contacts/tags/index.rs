//! Follows the change logs of an owner's books, so that it is known which cards bear which tags.
//! A name that comes up in a card becomes a tag. Commits are of bounded size, and each says how
//! far it got, on condition that nobody else got further.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::formats::find::named;
use crate::formats::vcard::{categories, category_key};
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Kind};
use crate::store::engine::{Batch, CommitError, Snapshot, Step};
use crate::store::member::{self, Flags};
use crate::store::tag_index::{self, Entry, Followed};
use crate::store::tags::{self, Action, Mark, TagId, Work};
use crate::store::{Actor, Store, change};

/// Cards that one commit takes in.
const STEP: usize = 256;
/// Cards without any category that one commit goes past.
const PAGE: usize = 8192;
/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// Takes in what changed in the books of `owner` since it was last asked.
pub async fn follow(store: &Store, owner: &PrincipalId) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    let books = collection::list(&snapshot, owner, Kind::AddressBook).await?;
    for id in tag_index::followed_by(&snapshot, owner).await? {
        if !books.iter().any(|book| book.collection.id == id) {
            leave(store, owner, id).await?;
        }
    }
    for book in books {
        follow_book(store, owner, book.collection.id).await?;
    }
    Ok(())
}

/// Is there anything to take in for [`follow`]?
pub async fn is_behind(snapshot: &Snapshot, owner: &PrincipalId) -> Result<bool, Fault> {
    let books = collection::list(snapshot, owner, Kind::AddressBook).await?;
    let mut followed = tag_index::followed_by(snapshot, owner).await?;
    for book in books {
        let id = book.collection.id;
        let Some(read) = tag_index::followed(snapshot, owner, id).await? else { return Ok(true) };
        if read.record.after.is_some() || read.record.head < change::head(snapshot, id).await? {
            return Ok(true);
        }
        followed.retain(|known| *known != id);
    }
    Ok(!followed.is_empty())
}

/// Lets go of a book that is deleted.
async fn leave(store: &Store, owner: &PrincipalId, id: CollectionId) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(read) = tag_index::followed(&snapshot, owner, id).await? else { return Ok(()) };
        let mut batch = Batch::new();
        let all = tag_index::leave(&snapshot, &mut batch, id).await?;
        // Whoever finds it back in its place begins with it anew.
        let rest = Followed { head: 0, after: Some(String::new()) };
        let now = (!all).then_some(&rest);
        tag_index::advance(&mut batch, owner, id, Some(&read), now)?;
        match store.commit(batch).await {
            Ok(_) if all => return Ok(()),
            Ok(_) | Err(CommitError::Refused(_)) => {}
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn follow_book(store: &Store, owner: &PrincipalId, id: CollectionId) -> Result<(), Fault> {
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let head = change::head(&snapshot, id).await?;
        let read = tag_index::followed(&snapshot, owner, id).await?;
        let begun = || Followed { head, after: Some(String::new()) };
        let before = read.as_ref().map_or_else(begun, |stored| stored.record.clone());
        if read.is_some() && before.after.is_none() && before.head >= head {
            return Ok(());
        }
        let mut round = Round {
            store,
            snapshot: &snapshot,
            owner,
            book: id,
            awaits: tag_index::awaits(&snapshot, id).await?,
            names: HashMap::new(),
            outdated: BTreeMap::new(),
            came: BTreeMap::new(),
            batch: Batch::new(),
        };
        let now = match &before.after {
            Some(after) => round.go_through(before.head, after).await?,
            None => round.follow(before.head).await?,
        };
        let finished = now.after.is_none() && now.head >= head;
        round.mark_those_that_came().await?;
        round.bring_up_to_date()?;
        let mut batch = round.batch;
        tag_index::advance(&mut batch, owner, id, read.as_ref(), Some(&now))?;
        match store.commit(batch).await {
            Ok(_) if finished => return Ok(()),
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// What the index wants to know of a card.
struct Said {
    /// Its UID as it is written: programs that compare it letter by letter are told it like that.
    uid: Option<String>,
    categories: Vec<String>,
}

impl Said {
    fn by(text: &[u8]) -> Self {
        let uid = named(text, "UID").next().map(|line| line.text().trim().to_owned());
        let bare = |uid: String| {
            let prefix = uid.get(..9).is_some_and(|p| p.eq_ignore_ascii_case("urn:uuid:"));
            if prefix { uid.get(9..).unwrap_or_default().to_owned() } else { uid }
        };
        Self { uid: uid.map(bare).filter(|uid| !uid.is_empty()), categories: categories(text) }
    }
}

/// What one commit takes in.
struct Round<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    owner: &'a PrincipalId,
    book: CollectionId,
    /// Are there cards that groups named before they came?
    awaits: bool,
    /// Those that came, by the tag they are to bear.
    came: BTreeMap<TagId, Vec<Mark>>,
    /// Tags that were looked up or made, by folded name.
    names: HashMap<String, TagId>,
    /// Names in cards that their tags had before, with the names that they have now.
    outdated: BTreeMap<TagId, (String, Vec<String>)>,
    batch: Batch,
}

impl Round<'_> {
    /// Goes on going through the whole book, whose log had `head` changes when that began.
    async fn go_through(&mut self, head: u64, after: &str) -> Result<Followed, Fault> {
        let (mut found, mut seen, mut last, mut stopped) = (Vec::new(), 0, None, false);
        let (after, all) = (Some(after).filter(|name| !name.is_empty()), self.awaits);
        body::scan_texts(self.snapshot, self.book, after, |name, text, _| {
            seen += 1;
            last = Some(name.to_owned());
            if all || named(text, "CATEGORIES").next().is_some() {
                found.push((name.to_owned(), Said::by(text)));
            }
            stopped = found.len() >= STEP || seen >= PAGE;
            if stopped { Step::Stop } else { Step::Continue }
        })
        .await?;
        for (name, said) in found {
            self.take_in(&name, Some(said)).await?;
        }
        Ok(Followed { head, after: last.filter(|_| stopped) })
    }

    /// Takes in what the log has beyond `head`.
    async fn follow(&mut self, head: u64) -> Result<Followed, Fault> {
        let (mut names, mut head) = (BTreeSet::new(), head);
        change::scan(self.snapshot, self.book, head, |sequence, name| {
            head = sequence;
            names.insert(name.to_owned());
            if names.len() < STEP { Step::Continue } else { Step::Stop }
        })
        .await?;
        for name in names {
            self.take_in(&name, None).await?;
        }
        Ok(Followed { head, after: None })
    }

    /// Takes in one card, which may have been read already.
    async fn take_in(&mut self, name: &str, said: Option<Said>) -> Result<(), Fault> {
        let was = tag_index::entry(self.snapshot, self.book, name).await?;
        let card = member::get(self.snapshot, self.book, name).await?;
        let now = match card.filter(|card| !card.flags.has(Flags::GROUP)) {
            None => None,
            Some(card) => {
                self.look_whether_awaited(&card.uid).await?;
                let said = if let Some(said) = said {
                    said
                } else {
                    let slot = Slot::Member(self.book, name);
                    Said::by(&body::get(self.snapshot, slot).await?.text)
                };
                let mut tags = Vec::with_capacity(said.categories.len());
                for name in &said.categories {
                    tags.push(self.tag(name).await?);
                }
                tags.sort_unstable();
                tags.dedup();
                (!tags.is_empty()).then_some(Entry { uid: said.uid.unwrap_or(card.uid), tags })
            }
        };
        Ok(tag_index::set(&mut self.batch, self.book, name, was.as_ref(), now.as_ref())?)
    }

    async fn look_whether_awaited(&mut self, uid: &str) -> Result<(), Fault> {
        if self.awaits {
            for tag in tag_index::awaited(self.snapshot, self.book, uid).await? {
                tag_index::wait_no_more(&mut self.batch, self.book, uid, tag);
                let mark = Mark { collection: self.book, uid: uid.to_owned(), add: true };
                self.came.entry(tag).or_default().push(mark);
            }
        }
        Ok(())
    }

    async fn mark_those_that_came(&mut self) -> Result<(), Fault> {
        for (tag, marks) in std::mem::take(&mut self.came) {
            let action = Action {
                owner: self.owner.clone(),
                actor: Actor { principal: self.owner.to_string(), device: String::new() },
                at: self.store.now(),
                work: Work::Mark { tag, marks },
            };
            let tag = tags::get(self.snapshot, tag).await?;
            let name = tag.map(|read| read.record.name).unwrap_or_default();
            tags::begin(self.store, &mut self.batch, &action, &name, None)?;
        }
        Ok(())
    }

    /// Has cards renamed that came with an old name of a tag while it was being renamed or made
    /// one with another: who did that knew of those cards only that were taken in before.
    fn bring_up_to_date(&mut self) -> Result<(), Fault> {
        for (tag, (name, old)) in std::mem::take(&mut self.outdated) {
            let action = Action {
                owner: self.owner.clone(),
                actor: Actor { principal: self.owner.to_string(), device: String::new() },
                at: self.store.now(),
                work: Work::Replace { tag, old, into: Some(tag) },
            };
            tags::begin(self.store, &mut self.batch, &action, &name, None)?;
        }
        Ok(())
    }

    /// The tag called `name`, which is made if there is none.
    async fn tag(&mut self, name: &str) -> Result<TagId, Fault> {
        let folded = category_key(name);
        if let Some(known) = self.names.get(&folded) {
            return Ok(*known);
        }
        let id = if let Some(id) = tags::find(self.snapshot, self.owner, &folded).await? {
            let tag = tags::get(self.snapshot, id).await?;
            if let Some(tag) = tag.filter(|tag| category_key(&tag.record.name) != folded) {
                let outdated = self.outdated.entry(id);
                let (_, old) = outdated.or_insert_with(|| (tag.record.name, Vec::new()));
                old.push(folded.clone());
            }
            id
        } else {
            let by = Actor { principal: self.owner.to_string(), device: "tags".to_owned() };
            tags::insert(self.store, &mut self.batch, self.owner, &folded, name, None, &by)?
        };
        self.names.insert(folded, id);
        Ok(id)
    }
}
