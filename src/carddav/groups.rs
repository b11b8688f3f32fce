//! Group cards: kept up to date for those who see them, and what follows when one is written.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::{CollectionId, Fault};
use crate::contacts::{groups, tags};
use crate::dav::object_type::{Companion, Loading};
use crate::dav::path::Address;
use crate::dav::registry::Upkeep;
use crate::dav::scope::{Scope, Services};
use crate::dav::sight::Sight;
use crate::dav::tree;
use crate::store::Store;
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::{Batch, Snapshot};
use crate::store::grants;
use crate::store::member::{Flags, Member};
use crate::store::write::{Alongside, Forgiving, NewMember, Planned, Planning};

/// How long an answer waits for the cards of a group, or for the groups of a book; what takes
/// longer goes on without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The upkeep of group cards. One task at a time goes through a book; a large one that was never
/// looked at takes longer than a client waits, so it is answered before, and told of the groups
/// at its next sync.
#[derive(Debug)]
pub struct GroupCards {
    /// By the address of the store, and by book.
    turns: Mutex<BTreeMap<(usize, CollectionId), Arc<Turn>>>,
}

/// The going through one book.
#[derive(Debug, Default)]
struct Turn {
    gate: tokio::sync::Mutex<()>,
    /// Did somebody wait in vain already?
    is_slow: AtomicBool,
}

impl GroupCards {
    /// Nobody is at work.
    pub const fn new() -> Self {
        Self { turns: Mutex::new(BTreeMap::new()) }
    }

    fn turn(&self, store: &Arc<Store>, id: CollectionId) -> Arc<Turn> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry((Arc::as_ptr(store).addr(), id)).or_default())
    }

    /// Has the groups of a book brought up to date, and waits for that, but not for long.
    async fn freshen_book(&self, store: &Arc<Store>, id: CollectionId) -> Result<(), Fault> {
        if !groups::are_stale(store, id).await? {
            return Ok(());
        }
        let turn = self.turn(store, id);
        if turn.is_slow.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (store, waiting) = (Arc::clone(store), Arc::clone(&turn));
        let work = tokio::spawn(async move {
            let _alone = waiting.gate.lock().await;
            groups::freshen(&store, id).await.inspect_err(|fault| {
                if waiting.is_slow.load(Ordering::Relaxed) {
                    tracing::warn!(fault = %fault.logged(), "groups: will be tried again");
                }
            })
        });
        if let Ok(done) = tokio::time::timeout(PATIENCE, work).await {
            return done.unwrap_or_else(|error| Err(Fault::internal(error)));
        }
        turn.is_slow.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Upkeep for GroupCards {
    fn freshen<'a>(
        &'a self,
        scope: &'a Scope,
        address: &'a Address,
    ) -> Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>> {
        Box::pin(async move {
            Box::pin(super::segments::freshen(scope, address)).await?;
            if !Sight::shows_groups(scope) {
                return Ok(());
            }
            for id in looked_at(scope, address).await? {
                self.freshen_book(&scope.services.store, id).await?;
            }
            Ok(())
        })
    }
}

/// The books that somebody who looks at `address` may see something of.
async fn looked_at(scope: &Scope, address: &Address) -> Result<Vec<CollectionId>, Fault> {
    let snapshot = scope.store().snapshot().await?;
    let me = &scope.identity.principal;
    match address {
        Address::Home(Kind::AddressBook, owner) if owner == me => {
            let own = collection::list(&snapshot, owner, Kind::AddressBook).await?;
            let shared = grants::of_user(&snapshot, owner, &scope.identity.groups).await?;
            let own = own.into_iter().map(|found| found.collection.id);
            Ok(own.chain(shared.into_iter().map(|grant| grant.collection)).collect())
        }
        Address::Collection { kind: Kind::AddressBook, owner, name }
        | Address::Member { kind: Kind::AddressBook, owner, collection: name, .. } => {
            let name = name.as_str();
            let found = collection::find(&snapshot, owner, Kind::AddressBook, name).await?;
            let found = found.map(|found| found.collection.id);
            Ok(found.or_else(|| tree::shared_id(name)).into_iter().collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// What goes along with writing a card: with a group card what follows for its members, with
/// any other what `others` does.
pub struct Written {
    services: Arc<Services>,
    /// What the last plan began.
    begun: Mutex<Vec<u64>>,
    others: Option<Box<dyn Companion>>,
}

impl Written {
    /// For what a request in `scope` writes.
    pub fn of(scope: &Scope, others: Option<Box<dyn Companion>>) -> Self {
        Self { services: Arc::clone(&scope.services), begun: Mutex::default(), others }
    }

    fn note(&self, begun: Vec<u64>) -> Vec<u64> {
        let mut place = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, begun)
    }
}

impl Alongside for Written {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            let group = |flags: Flags| flags.has(Flags::GROUP);
            if planning.old.is_some_and(|old| group(old.flags))
                || planning.new.is_some_and(|new| group(new.flags))
            {
                let writing = groups::plan(&self.services.store, planning).await?;
                self.note(writing.actions);
                return Ok(writing.instead);
            }
            match &self.others {
                Some(others) => others.alongside().plan(planning).await,
                None => Ok(None),
            }
        })
    }

    fn forgives<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        name: &'a str,
        old: &'a Member,
    ) -> Forgiving<'a> {
        match &self.others {
            Some(others) => others.alongside().forgives(snapshot, book, name, old),
            None => Box::pin(async { Ok(false) }),
        }
    }
}

impl Companion for Written {
    fn plan_removal<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        batch: &'a mut Batch,
        collection: &'a Collection,
    ) -> Loading<'a, ()> {
        match &self.others {
            Some(others) => others.plan_removal(snapshot, batch, collection),
            // The index lets go of the book by itself.
            None => Box::pin(async { Ok(()) }),
        }
    }

    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let begun = self.note(Vec::new());
            let working = async {
                for number in begun {
                    tags::work_off(&self.services.store, number).await?;
                }
                Ok::<(), Fault>(())
            };
            // What was written down is done by the job, if not now.
            if let Ok(Err(fault)) = tokio::time::timeout(PATIENCE, working).await {
                tracing::warn!(fault = %fault.logged(), "tags: will be tried again");
            }
            if let Some(others) = &self.others {
                others.settle().await;
            }
        })
    }

    fn alongside(&self) -> &dyn Alongside {
        self
    }

    fn meant<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        new: &'a NewMember,
    ) -> Loading<'a, Option<String>> {
        match &self.others {
            Some(others) if !new.flags.has(Flags::GROUP) => others.meant(snapshot, book, new),
            _ => Box::pin(async { Ok(None) }),
        }
    }

    fn had<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        name: &'a str,
    ) -> Loading<'a, bool> {
        match &self.others {
            Some(others) => others.had(snapshot, book, name),
            None => Box::pin(async { Ok(false) }),
        }
    }

    fn is_erased<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        new: &'a NewMember,
    ) -> Loading<'a, bool> {
        match &self.others {
            Some(others) => others.is_erased(snapshot, book, new),
            None => Box::pin(async { Ok(false) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::base::{PrincipalId, Timestamp};
    use crate::contacts::card;
    use crate::store::Actor;
    use crate::store::engine::Engine;
    use crate::store::engine::memory::MemoryEngine;
    use crate::store::principals::{self, Principal, Role};
    use crate::store::write::Target;

    /// A book with one card that has a tag.
    async fn book() -> (Arc<Store>, CollectionId) {
        let engine = Engine::Memory(MemoryEngine::default());
        let clock = ManualClock::at(Timestamp(1_795_342_500_000));
        let store = Arc::new(Store::open(engine, Arc::new(clock) as _).await.unwrap());
        let (id, now) = (CollectionId(store.number()), store.now());
        let anna = PrincipalId::parse("anna").unwrap();
        let book = Collection::new(id, Kind::AddressBook, anna, "contacts".into(), now);
        let user = Principal {
            kind: principals::Kind::User,
            name: "anna".to_owned(),
            mail: None,
            display_name: "Anna".to_owned(),
            role: Role::Member,
            disabled: false,
            created: now,
        };
        let mut batch = Batch::new();
        principals::insert(&mut batch, &book.owner, &user).unwrap();
        collection::create(&mut batch, &book).unwrap();
        store.commit(batch).await.unwrap();
        let text = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:A\r\nN:A;;;;\r\n\
                    CATEGORIES:Friends\r\nEND:VCARD\r\n";
        let new = card::accept(text.into(), 1000, false).unwrap();
        let actor = Actor { principal: "anna".to_owned(), device: String::new() };
        let target = Target { collection: &book, rights: &[], name: "a.vcf", actor: &actor };
        store.put_member(&target, &new, None, None, |_| Ok(())).await.unwrap();
        (store, id)
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_long_for_groups_and_they_come_all_the_same() {
        let (store, id) = book().await;
        let cards = GroupCards::new();
        let turn = cards.turn(&store, id);
        let at_work = turn.gate.lock().await;
        let began = tokio::time::Instant::now();
        cards.freshen_book(&store, id).await.unwrap();
        assert!(began.elapsed() >= PATIENCE, "the first one waits");
        let began = tokio::time::Instant::now();
        cards.freshen_book(&store, id).await.unwrap();
        assert!(began.elapsed() < PATIENCE, "whoever comes next knows that it takes long");
        let count = async || {
            let snapshot = store.snapshot().await.unwrap();
            collection::count(&snapshot, id).await.unwrap()
        };
        assert_eq!(count().await, 1, "the card alone");
        drop(at_work);
        drop(turn);
        for _ in 0..1000 {
            if !cards.turn(&store, id).is_slow.load(Ordering::Relaxed) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!cards.turn(&store, id).is_slow.load(Ordering::Relaxed), "it never ended");
        assert_eq!(count().await, 2, "the card and its group");
        assert!(!groups::are_stale(&store, id).await.unwrap());
    }
}
