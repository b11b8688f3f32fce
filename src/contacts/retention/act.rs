//! Cards go whose notice is over, if the rule still is about them.

use std::sync::Arc;

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::erasure::Eraser;
use crate::contacts::quality::{Terms, index};
use crate::contacts::weaving::Rules;
use crate::store::collection;
use crate::store::member::{self, Member};
use crate::store::retention::{self, Announced, Ending, Rule};
use crate::store::stored::Stored;
use crate::store::write::{Alongside, Planned, Planning, Refusal, Target};
use crate::store::{Actor, Store};

/// Cards that are looked at a time.
const PAGE: usize = 128;

/// Brings what is announced up to date in all books that have rules, and does what is due; a fault with
/// one book does not hold up the others. How many cards went.
pub async fn act_all(store: &Arc<Store>, rules: &Arc<Rules>, terms: Terms) -> Result<usize, Fault> {
    let mut gone = 0;
    let listed = retention::ruled(&store.snapshot().await?).await?;
    for id in listed {
        match act_on(store, rules, terms, id).await {
            Ok(went) => gone += went,
            Err(fault) => {
                tracing::warn!(book = id.0, fault = %fault.logged(), "retention: will be tried again");
            }
        }
    }
    Ok(gone)
}

/// The same for one book.
pub async fn act_on(
    store: &Arc<Store>,
    rules: &Arc<Rules>,
    terms: Terms,
    id: CollectionId,
) -> Result<usize, Fault> {
    let found = collection::get(&store.snapshot().await?, id).await?;
    let Some(book) = found.filter(|book| book.collection.deleted.is_none()) else { return Ok(0) };
    let owner = book.collection.owner.clone();
    index::follow(store, &owner, terms).await?;
    let (mut gone, mut stuck) = (0, 0);
    loop {
        let snapshot = store.snapshot().await?;
        let due = retention::going(&snapshot, id, Some(store.now()), PAGE + stuck).await?;
        let due: Vec<_> = due.into_iter().skip(stuck).collect();
        if due.is_empty() {
            return Ok(gone);
        }
        drop(snapshot);
        let ending = Goes { store, rules, terms, owner: &owner };
        for (name, _) in due {
            match ending.end(id, &name).await {
                Ok(true) => gone += 1,
                Ok(false) => stuck += 1,
                Err(fault) => {
                    stuck += 1;
                    tracing::warn!(book = id.0, fault = %fault.logged(), "retention: a card will be tried again");
                }
            }
        }
        index::follow(store, &owner, terms).await?;
    }
}

struct Goes<'a> {
    store: &'a Arc<Store>,
    rules: &'a Arc<Rules>,
    terms: Terms,
    owner: &'a PrincipalId,
}

impl Goes<'_> {
    /// Ends a card; `false` if that is not announced any more, or it changed at this moment.
    async fn end(&self, id: CollectionId, name: &str) -> Result<bool, Fault> {
        let Self { store, owner, .. } = *self;
        // Whatever happened since it was announced is known by then.
        let names = [name.to_owned()];
        if !index::look_again(store, owner, self.terms, id, &names).await? {
            return Ok(false);
        }
        let snapshot = store.snapshot().await?;
        let now = store.now();
        let Some(announced) = retention::announced(&snapshot, id, name).await? else {
            return Ok(false);
        };
        let rule = retention::rule(&snapshot, id, announced.record.rule).await?;
        let there = member::get(&snapshot, id, name).await?;
        let (Some(rule), Some(there)) = (rule, there) else { return Ok(false) };
        if announced.record.goes > now {
            return Ok(false);
        }
        let Some(book) = collection::get(&snapshot, id).await? else { return Ok(false) };
        let number = announced.record.rule;
        let device = format!("retention rule {number}");
        let actor = Actor { principal: owner.to_string(), device };
        if rule.record.ending == Ending::Erase {
            let Self { rules, .. } = *self;
            let eraser = Eraser { store, rules, owner, actor: &actor };
            return eraser.erase(&there.uid).await.map(|_| true);
        }
        let rights = [book.witness.clone()];
        let target = Target { collection: &book.collection, rights: &rights, name, actor: &actor };
        let along = Along { owner, announced: &announced, rule: &rule };
        let guard = |old: Option<&Member>| match old {
            Some(old) if old.etag == there.etag => Ok(()),
            _ => Err(Fault::precondition("The card was changed at this moment.")),
        };
        match store.delete_member(&target, Some(&along), guard).await {
            Ok(()) => Ok(true),
            Err(Refusal::Fault(fault)) if matches!(fault.status, 404 | 412 | 503) => Ok(false),
            Err(Refusal::Fault(fault)) => Err(fault),
            Err(Refusal::UidTaken(_) | Refusal::UidChanged | Refusal::Quota) => Err(Fault::busy(1)),
        }
    }
}

/// What belongs into the commit that ends a card.
struct Along<'a> {
    owner: &'a PrincipalId,
    announced: &'a Stored<Announced>,
    rule: &'a Stored<Rule>,
}

impl Alongside for Along<'_> {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            let (id, name) = (planning.target.collection.id, planning.target.name);
            self.rule.witness.require(planning.batch);
            let uid = &self.announced.record.uid;
            retention::expect_not_kept(planning.batch, self.owner, uid);
            retention::announce(planning.batch, id, name, Some(self.announced), None)?;
            Ok(None)
        })
    }
}
