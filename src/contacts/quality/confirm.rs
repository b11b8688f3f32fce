//! Somebody looked at the cards of a contact and says that they are right.

use super::index::{self, Terms};
use crate::base::{Fault, PrincipalId};
use crate::contacts::person::Person;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::engine::Batch;
use crate::store::{Actor, Store, quality_choices};

/// Notes that the cards of `person` are right now: what was repaired on them was looked at, and they are
/// not out of date.
pub async fn confirm(
    store: &Store,
    owner: &PrincipalId,
    person: &Person,
    terms: Terms,
    actor: &Actor,
) -> Result<(), Fault> {
    let mut batch = Batch::new();
    let uids = person.cards.iter().map(|place| place.uid.as_str()).chain([person.uid.as_str()]);
    for uid in uids {
        quality_choices::confirm(&mut batch, owner, uid, store.now());
    }
    let deed = Deed::of(Subject::Contact, Verb::Changed, owner.as_str());
    let deed = Deed { name: &person.name, uid: &person.uid, detail: "confirmed", ..deed };
    deed.note(store, &mut batch, actor)?;
    store.commit(batch).await?;
    index::follow(store, owner, terms).await?;
    index::look_again_at(store, owner, terms, person).await
}
