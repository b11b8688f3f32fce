//! Follows the change logs of an owner's books, so that it is known which cards bear which tags.
//! A name that comes up in a card becomes a tag. Commits are of bounded size, and each says how
//! far it got, on condition that nobody else got further.

use std::collections::{BTreeMap, HashMap};

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::books;
use crate::contacts::following::{self, Card, Done, Index, Round};
use crate::formats::find::named;
use crate::formats::vcard::{categories, category_key};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::followed::{self, State};
use crate::store::member::Flags;
use crate::store::tag_awaited;
use crate::store::tag_index::{self, Entry};
use crate::store::tags::{self, Action, Mark, TagId, Work};
use crate::store::{Actor, Store, change};

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// Takes in what changed in the books of `owner` since it was last asked.
pub async fn follow(store: &Store, owner: &PrincipalId) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    let books = books::chosen(&snapshot, owner, None).await?;
    let followed = tag_index::followed_by(&snapshot, owner).await?;
    drop(snapshot);
    for id in followed {
        if !books.iter().any(|book| book.id == id) {
            leave(store, owner, id).await?;
        }
    }
    for book in books {
        following::follow(store, &mut Tagging::of(store, owner), book.id).await?;
    }
    Ok(())
}

/// Is there anything to take in for [`follow`]?
pub async fn is_behind(snapshot: &Snapshot, owner: &PrincipalId) -> Result<bool, Fault> {
    let books = books::chosen(snapshot, owner, None).await?;
    let mut followed = tag_index::followed_by(snapshot, owner).await?;
    for book in books {
        let id = book.id;
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
        let rest = State { form: (), head: 0, after: Some(String::new()) };
        if all {
            tag_index::let_go(&mut batch, owner, id, &read);
        } else {
            let key = tag_index::followed_key(owner, id);
            followed::advance(&mut batch, key, Some(&read), &rest)?;
        }
        match store.commit(batch).await {
            Ok(_) if all => return Ok(()),
            Ok(_) | Err(CommitError::Refused(_)) => {}
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Ok(())
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

/// The index of who bears which tags.
struct Tagging<'a> {
    store: &'a Store,
    owner: &'a PrincipalId,
    /// Are there cards that groups named before they came?
    awaits: bool,
    /// Those that came, by the tag they are to bear.
    came: BTreeMap<TagId, Vec<Mark>>,
    /// Tags that were looked up or made, by folded name.
    names: HashMap<String, TagId>,
    /// Names in cards that their tags had before, with the names that they have now.
    outdated: BTreeMap<TagId, (String, Vec<String>)>,
}

impl Index for Tagging<'_> {
    type Facts = Said;
    type Form = ();

    fn form(&self) {}

    fn state_key(&self, book: CollectionId) -> Vec<u8> {
        tag_index::followed_key(self.owner, book)
    }

    async fn begin(&mut self, snapshot: &Snapshot, book: CollectionId) -> Done {
        *self = Self::of(self.store, self.owner);
        self.awaits = tag_awaited::awaits(snapshot, book).await?;
        Ok(())
    }

    fn read(&self, text: &[u8]) -> Option<Said> {
        (self.awaits || named(text, "CATEGORIES").next().is_some()).then(|| Said::by(text))
    }

    async fn file(&mut self, round: &mut Round<'_>, card: Card<'_>, said: Option<Said>) -> Done {
        let was = tag_index::entry(round.snapshot, round.book, card.name).await?;
        let mut now = None;
        if let Some(member) = card.member.filter(|member| !member.flags.has(Flags::GROUP)) {
            self.look_whether_awaited(round, &member.uid).await?;
            if let Some(said) = said {
                let mut tags = Vec::with_capacity(said.categories.len());
                for name in &said.categories {
                    tags.push(self.tag(round, name).await?);
                }
                tags.sort_unstable();
                tags.dedup();
                let uid = said.uid.unwrap_or_else(|| member.uid.clone());
                now = (!tags.is_empty()).then_some(Entry { uid, tags });
            }
        }
        Ok(tag_index::set(round.batch, round.book, card.name, was.as_ref(), now.as_ref())?)
    }

    async fn settle(&mut self, snapshot: &Snapshot, batch: &mut Batch) -> Done {
        self.mark_those_that_came(snapshot, batch).await?;
        self.bring_up_to_date(batch)
    }
}

impl<'a> Tagging<'a> {
    fn of(store: &'a Store, owner: &'a PrincipalId) -> Self {
        Self {
            store,
            owner,
            awaits: false,
            came: BTreeMap::new(),
            names: HashMap::new(),
            outdated: BTreeMap::new(),
        }
    }

    async fn look_whether_awaited(&mut self, round: &mut Round<'_>, uid: &str) -> Done {
        if self.awaits {
            for tag in tag_awaited::awaited(round.snapshot, round.book, uid).await? {
                tag_awaited::wait_no_more(round.batch, round.book, uid, tag);
                let mark = Mark { collection: round.book, uid: uid.to_owned(), add: true };
                self.came.entry(tag).or_default().push(mark);
            }
        }
        Ok(())
    }

    async fn mark_those_that_came(&mut self, snapshot: &Snapshot, batch: &mut Batch) -> Done {
        for (tag, marks) in std::mem::take(&mut self.came) {
            let action = Action {
                owner: self.owner.clone(),
                actor: Actor { principal: self.owner.to_string(), device: String::new() },
                at: self.store.now(),
                work: Work::Mark { tag, marks },
            };
            let tag = tags::get(snapshot, tag).await?;
            let name = tag.map(|read| read.record.name).unwrap_or_default();
            tags::begin(self.store, batch, &action, &name, None)?;
        }
        Ok(())
    }

    /// Has cards renamed that came with an old name of a tag while it was being renamed or made
    /// one with another: who did that knew of those cards only that were taken in before.
    fn bring_up_to_date(&mut self, batch: &mut Batch) -> Done {
        for (tag, (name, old)) in std::mem::take(&mut self.outdated) {
            let action = Action {
                owner: self.owner.clone(),
                actor: Actor { principal: self.owner.to_string(), device: String::new() },
                at: self.store.now(),
                work: Work::Replace { tag, old, into: Some(tag) },
            };
            tags::begin(self.store, batch, &action, &name, None)?;
        }
        Ok(())
    }

    /// The tag called `name`, which is made if there is none.
    async fn tag(&mut self, round: &mut Round<'_>, name: &str) -> Result<TagId, Fault> {
        let folded = category_key(name);
        if let Some(known) = self.names.get(&folded) {
            return Ok(*known);
        }
        let id = if let Some(id) = tags::find(round.snapshot, self.owner, &folded).await? {
            // Nobody bears a tag that ends meanwhile.
            tags::expect_named(round.batch, self.owner, &folded, Some(id));
            let tag = tags::get(round.snapshot, id).await?;
            if let Some(tag) = tag.filter(|tag| category_key(&tag.record.name) != folded) {
                let outdated = self.outdated.entry(id);
                let (_, old) = outdated.or_insert_with(|| (tag.record.name, Vec::new()));
                old.push(folded.clone());
            }
            id
        } else {
            let by = Actor { principal: self.owner.to_string(), device: "tags".to_owned() };
            tags::insert(self.store, round.batch, self.owner, &folded, name, None, &by)?
        };
        self.names.insert(folded, id);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contacts::tags::tests::Desk;
    use crate::store::member;

    #[tokio::test]
    async fn nobody_bears_a_tag_that_ends_meanwhile() {
        let desk = Desk::open().await;
        let (store, owner) = (&desk.store, &desk.anna);
        desk.put("a", "CATEGORIES:Club\r\n").await;
        follow(store, owner).await.unwrap();
        desk.put("b", "CATEGORIES:Club\r\n").await;
        let snapshot = store.snapshot().await.unwrap();
        let mut index = Tagging::of(store, owner);
        let mut batch = Batch::new();
        let mut round = Round { snapshot: &snapshot, batch: &mut batch, book: desk.book.id };
        let member = member::get(&snapshot, desk.book.id, "b").await.unwrap();
        let card = Card { name: "b", member: member.as_ref(), changed: true };
        let said = index.read(b"BEGIN:VCARD\r\nUID:b\r\nCATEGORIES:Club\r\nEND:VCARD\r\n");
        index.file(&mut round, card, said).await.unwrap();
        desk.remove("b").await;
        let number = crate::contacts::tags::delete(store, owner, &desk.actor, "Club").await;
        crate::contacts::tags::work_off(store, number.unwrap()).await.unwrap();
        assert!(matches!(store.commit(batch).await, Err(CommitError::Refused(_))));
    }
}
