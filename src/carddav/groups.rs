//! Group cards: kept up to date for those who see them, and what follows when one is written.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::{CollectionId, Fault};
use crate::contacts::{groups, tags};
use crate::dav::path::Address;
use crate::dav::registry::{Companion, Loading, Upkeep};
use crate::dav::scope::{Scope, Services};
use crate::dav::sight::Sight;
use crate::dav::tree;
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::{Batch, Snapshot};
use crate::store::grants;
use crate::store::member::{Flags, Member};
use crate::store::write::{Alongside, Forgiving, Planned, Planning};

/// How long an answer waits for the cards of a group; what takes longer goes on without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The upkeep of group cards.
#[derive(Debug)]
pub struct GroupCards;

impl Upkeep for GroupCards {
    fn freshen<'a>(
        &'a self,
        scope: &'a Scope,
        address: &'a Address,
    ) -> Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>> {
        Box::pin(async move {
            if !Sight::shows_groups(scope) {
                return Ok(());
            }
            let store = scope.store();
            for id in looked_at(scope, address).await? {
                groups::freshen(store, id, PATIENCE).await?;
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
                tracing::warn!(%fault, cause = ?fault.cause, "tags: will be tried again");
            }
            if let Some(others) = &self.others {
                others.settle().await;
            }
        })
    }

    fn alongside(&self) -> &dyn Alongside {
        self
    }
}
