//! A card that a client stores, brought together with what is remembered: the base is taken out of
//! it, what was typed is captured, edits of others are kept, and the layer is woven in anew.

mod asked;
mod incoming;
mod known;
mod late;

use std::sync::Arc;

use bytes::Bytes;

use super::cards::{self, Change};
pub use super::edited::Named;
use super::edited::{self, Place};
use super::memory::Memory;
use super::wishes::Wishes;
use super::{Rules, kept, repeated, shown};
use crate::base::{ContactId, Fault, Identity};
use crate::contacts::erasure::{Returning, returning};
use crate::contacts::followups::raise::{Wish, raise};
use crate::contacts::layer::{Unwoven, merge as merge_edits, unweave};
use crate::contacts::merge;
use crate::contacts::{card, local_time};
use crate::formats::line::Lines;
use crate::formats::vcard::{Card, categories, category_key, set_categories};
use crate::store::Store;
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::contacts::{self, Contact};
use crate::store::engine::Snapshot;
use crate::store::followups::Origin;
use crate::store::grants;
use crate::store::member::{Flags, Member};
use crate::store::served;
use crate::store::stored::Stored;
use crate::store::write::{Alongside, Forgiving, NewMember, Planned, Planning};
use incoming::Incoming;

/// The storing of a card by a client.
#[derive(Debug)]
pub struct Upload {
    store: Arc<Store>,
    rules: Arc<Rules>,
    named: Named,
    /// Does the client drop what it does not know, whatever the card?
    forgetful: bool,
    /// Does it show tags otherwise than in cards, so that it may drop them there?
    without_tags: bool,
    /// Whose request it is, if it is one.
    by: Option<Arc<Identity>>,
    /// Does it come out of the history, so that nothing of it is meant as a change of the layer?
    restored: bool,
    /// Does it come out of a file, which may be older than what was merged since?
    imported: bool,
}

impl Upload {
    /// By a client that sent the tags `named`.
    pub fn new(store: Arc<Store>, rules: Arc<Rules>, named: Named) -> Self {
        let (forgetful, without_tags, restored, imported) = (false, false, false, false);
        Self { store, rules, named, forgetful, without_tags, by: None, restored, imported }
    }

    /// As [`Self::new`], by a client that is known to drop what it does not know.
    #[must_use]
    pub fn forgetful(self, forgetful: bool) -> Self {
        Self { forgetful, ..self }
    }

    /// As [`Self::new`], by a client that shows tags as groups: one that drops them in a card means
    /// nothing by it, whatever else it keeps.
    #[must_use]
    pub fn without_tags(self, without_tags: bool) -> Self {
        Self { without_tags, ..self }
    }

    /// As [`Self::new`], in a request of `identity`.
    #[must_use]
    pub fn by(self, identity: Arc<Identity>) -> Self {
        Self { by: Some(identity), ..self }
    }

    /// Out of the history: the base is what it was, the layer stays as it is now.
    pub fn restored(store: Arc<Store>, rules: Arc<Rules>) -> Self {
        let named = Named { given: true, any: true, tags: Vec::new() };
        Self { restored: true, ..Self::new(store, rules, named) }
    }

    /// Out of a file.
    pub fn imported(store: Arc<Store>, rules: Arc<Rules>) -> Self {
        Self { imported: true, ..Self::new(store, rules, Named::default()) }
    }

    async fn plan_put(
        &self,
        planning: Planning<'_>,
        new: &NewMember,
    ) -> Result<Option<NewMember>, Fault> {
        let Planning { snapshot, batch, target, old, .. } = planning;
        let owner = &target.collection.owner;
        if new.flags.has(Flags::GROUP) {
            return Ok(None);
        }
        let contact = contacts::find(snapshot, owner, &new.uid).await?;
        // Only a program that keeps all of it, and has seen all of it, leaves nothing to do.
        let drops = self.forgetful || self.without_tags;
        let to_mend = old.is_some_and(|old| drops || self.names_another(old));
        if contact.is_none() && !to_mend && !may_concern_us(&new.body.bytes) {
            contacts::expect_none(batch, owner, &new.uid);
            return Ok(None);
        }
        let place = Place { book: target.collection.id, name: target.name };
        let mut parts = unweave(&new.body.bytes);
        let current = match old {
            Some(_) => Some(self.stored(snapshot, place).await?),
            None => None,
        };
        let takes_in = old.is_some_and(|old| old.uid != new.uid);
        let earlier = match (old, current.as_ref()) {
            (Some(_), Some(current)) if takes_in => {
                Some(self.taken_in(snapshot, owner, new, current, &mut parts).await?)
            }
            (Some(_), _) if self.imported && was_merged(contact.as_ref()) => {
                merge::version_merged(snapshot, owner, &new.uid).await?
            }
            (Some(old), _) => {
                let revision = parts.seen.revision;
                edited::earlier(snapshot, place, old, &self.named, revision).await?
            }
            (None, _) => None,
        };
        let zone = local_time::zone_of(snapshot, owner).await?;
        let now = self.store.now();
        let versions = (current.as_ref(), earlier.as_ref());
        if !self.restored {
            parts.base = self.merged(snapshot, target.collection, versions, &parts).await?;
        }
        if let Some(current) = current.as_ref().filter(|_| takes_in) {
            parts.base = merge::with_uid_of(&current.base, &parts.base);
        }
        let mut parted = merge::once_one(snapshot, owner, &new.uid).await?;
        parted.retain(|(id, _)| contact.as_ref().is_none_or(|(own, _)| own != id));
        let uid = new.uid.clone();
        let mut incoming = Incoming { uid, contact, current, earlier, parts, parted, zone, now };
        let mut wishes = if self.restored {
            Wishes::default()
        } else {
            self.capture(snapshot, owner, &mut incoming).await?
        };
        incoming.parts.base = with_tags(incoming.parts.base, &wishes.tags);
        let mut memory = {
            let read = incoming.contact.take();
            Memory::of(&self.store, snapshot, owner, &new.uid, read, &self.rules).await?
        };
        let is_new = memory.id().is_none();
        let todos = std::mem::take(&mut wishes.todos);
        let mut asked = !todos.is_empty();
        asked |= self.apply(snapshot, &incoming, wishes, &mut memory, target.actor).await?;
        if !asked && is_new {
            // There is still nothing to remember.
            contacts::expect_none(batch, owner, &new.uid);
            let same = incoming.parts.base[..] == new.body.bytes[..];
            return if same { Ok(None) } else { self.plain(incoming.parts.base, new).map(Some) };
        }
        if !asked && incoming.changes_nothing() {
            // Nobody need fetch it again.
            let body = body::get(snapshot, Slot::Member(place.book, place.name)).await?;
            let stored = cards::accept(body.whole(snapshot).await?, &self.rules)?;
            return Ok(Some(with_findings(stored, new)));
        }
        if let Some(name) = Card::parse(&incoming.parts.base).full_name() {
            memory.contact.name = name;
        }
        let repetition = self.repetition(&incoming);
        let origin = Origin::Asked;
        let wish = |(due, text)| Wish { due, text, origin, repetition, once: None };
        let todos = todos.into_iter().map(wish);
        let (store, todos) = (&*self.store, todos.collect());
        raise(store, snapshot, batch, &mut memory, todos, target.actor).await?;
        let recorded = memory.record(&self.store, snapshot, batch, target.actor).await?;
        let change = Change {
            contact: &recorded.contact,
            latest: &recorded.latest,
            actor: target.actor,
            rules: &self.rules,
        };
        let (contact, latest, zone) = (change.contact, change.latest, &incoming.zone);
        let layer = shown::whole(store, snapshot, contact, latest, zone, &self.rules).await?;
        let woven = cards::woven(&incoming.parts.base, &layer, &self.rules)?;
        let before = old.zip(incoming.current.as_ref());
        cards::note(&self.store, snapshot, batch, place, before, &woven).await?;
        cards::weave_all(&self.store, snapshot, batch, change, Some(place)).await?;
        cards::weave_others(&self.store, snapshot, batch, &recorded, change, Some(place)).await?;
        Ok(Some(with_findings(woven.member, new)))
    }

    /// A card that comes, with the note that somebody like this was erased, if that is so.
    async fn noted(
        &self,
        planning: &Planning<'_>,
        new: &NewMember,
    ) -> Result<Option<NewMember>, Fault> {
        if planning.old.is_some() || new.flags.has(Flags::GROUP) {
            return Ok(None);
        }
        let (snapshot, owner) = (planning.snapshot, &planning.target.collection.owner);
        let whose = returning(snapshot, owner, &new.uid, &new.body.bytes).await?;
        Ok((whose == Returning::Alike).then(|| {
            let mut noted = new.clone();
            noted.notes.push(Returning::note());
            noted
        }))
    }

    /// Does the client name a version that is not the present one? Then it was forgiven.
    fn names_another(&self, old: &Member) -> bool {
        self.named.given && !self.named.any && !self.named.tags.contains(&old.etag)
    }

    /// A card of which nothing is remembered.
    fn plain(&self, base: Vec<u8>, new: &NewMember) -> Result<NewMember, Fault> {
        let plain = card::accept(Bytes::from(base), self.rules.card_lines, false)?;
        Ok(with_findings(plain, new))
    }

    async fn stored(&self, snapshot: &Snapshot, place: Place<'_>) -> Result<Unwoven, Fault> {
        let body = body::get(snapshot, Slot::Member(place.book, place.name)).await?;
        Ok(unweave(&body.whole(snapshot).await?))
    }

    /// The base to store: what came, with what its sender cannot keep, and with what others
    /// changed since the version that it edited.
    async fn merged(
        &self,
        snapshot: &Snapshot,
        book: &Collection,
        (current, earlier): (Option<&Unwoven>, Option<&Unwoven>),
        parts: &Unwoven,
    ) -> Result<Vec<u8>, Fault> {
        let mut base = parts.base.clone();
        let Some(edited) = earlier.or(current) else { return Ok(base) };
        let dropped_layer = edited.seen.revision.is_some()
            && parts.seen.revision.is_none()
            && !self.is_without_history(snapshot, book).await?;
        if self.forgetful || dropped_layer {
            base = kept::put_back(snapshot, &book.owner, edited, base, self.forgetful).await?;
        } else if self.without_tags {
            base = kept::put_back_tags(edited, &base);
        }
        if let (Some(earlier), Some(current)) = (earlier, current)
            && earlier.base != current.base
        {
            let merged = merge_edits(&earlier.base, &current.base, &base);
            if !merged.clashes.is_empty() {
                tracing::debug!(
                    properties = merged.clashes.len(),
                    "some were changed twice; the newer stand, both are in the history"
                );
            }
            base = merged.bytes;
        }
        Ok(base)
    }

    /// Was nothing of the layer shown to the sender? Then that it does not come back proves nothing.
    async fn is_without_history(
        &self,
        snapshot: &Snapshot,
        book: &Collection,
    ) -> Result<bool, Fault> {
        let Some(by) = self.by.as_ref().filter(|by| by.principal != book.owner) else {
            return Ok(false);
        };
        let allowed = grants::access(snapshot, book.id, &by.principal, &by.groups).await?;
        Ok(allowed.is_some_and(|allowed| allowed.without_history))
    }

    /// For how long what reads like something told before is taken for that, in milliseconds;
    /// `None`: the client had what is stored now before it, and what it tells is new. The present
    /// tag does not prove that: some send it along with an old card where both sides changed.
    fn repetition(&self, incoming: &Incoming) -> Option<u64> {
        let Some(current) = incoming.current.as_ref().filter(|_| incoming.earlier.is_none()) else {
            return Some(repeated::LONG);
        };
        match (current.seen.revision, incoming.parts.seen.revision) {
            (Some(current), Some(sent)) if current == sent => None,
            (None, None) if self.named.given => None,
            // It keeps nothing that it does not know, or the card is older than the layer.
            (Some(_), None) if self.named.given => Some(repeated::A_DAY),
            _ => Some(repeated::LONG),
        }
    }
}

impl Alongside for Upload {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            let Some(new) = planning.new else { return Ok(None) };
            let noted = self.noted(&planning, new).await?;
            let planned = self.plan_put(planning, noted.as_ref().unwrap_or(new)).await?;
            Ok(planned.or(noted))
        })
    }

    fn forgives<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        name: &'a str,
        old: &'a Member,
    ) -> Forgiving<'a> {
        Box::pin(async move {
            let place = Place { book: book.id, name };
            let Some(row) = edited::named_version(snapshot, place, &self.named).await? else {
                return Ok(false);
            };
            // Only what the server added has changed since.
            let current = served::by_etag(snapshot, book.id, name, old.etag).await?;
            Ok(current.is_some_and(|current| current.base == row.base))
        })
    }
}

/// The card as its clients wrote it; `None`: as it is.
pub fn without_layer(card: &Bytes, lines: usize) -> Result<Option<NewMember>, Fault> {
    if !may_concern_us(card) {
        return Ok(None);
    }
    let base = unweave(card).base;
    if base[..] == card[..] {
        Ok(None)
    } else {
        card::accept(Bytes::from(base), lines, false).map(Some)
    }
}

/// Could there be anything in `card` for the layer? A look at the lines only.
pub fn may_concern_us(card: &[u8]) -> bool {
    Lines::new(card).any(|line| {
        if line.is("NOTE") {
            let value = line.raw();
            let holds = |text: &str| memchr::memmem::find(value, text.as_bytes()).is_some();
            return holds("+") || holds("\u{ff0b}") || holds("rolodav");
        }
        line.name().get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"X-ROLODAV-"))
    })
}

/// `base` with the tags that were typed.
fn with_tags(base: Vec<u8>, tags: &[(String, bool)]) -> Vec<u8> {
    if tags.is_empty() {
        return base;
    }
    let mut wanted = categories(&base);
    for (name, add) in tags {
        let key = category_key(name);
        let has = wanted.iter().any(|tag| category_key(tag) == key);
        if *add && !has {
            wanted.push(name.clone());
        } else if !add {
            wanted.retain(|tag| category_key(tag) != key);
        }
    }
    set_categories(&base, &wanted).into_owned()
}

fn was_merged(contact: Option<&(ContactId, Stored<Contact>)>) -> bool {
    contact.is_some_and(|(_, read)| !read.record.aliases.is_empty())
}

/// `member` with what was found when `sent` came in.
fn with_findings(member: NewMember, sent: &NewMember) -> NewMember {
    let flags = member.flags.with(Flags::REPAIRED, sent.flags.has(Flags::REPAIRED));
    NewMember { flags, notes: sent.notes.clone(), original: sent.original.clone(), ..member }
}
