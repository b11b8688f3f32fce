//! Somebody looked at the cards of a contact and says that they are right.

use super::index;
use super::standing::Terms;
use crate::base::{Fault, PrincipalId};
use crate::contacts::person::Person;
use crate::contacts::said;
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
    let at = store.now();
    let confirm = |batch: &mut Batch, uid: &str| quality_choices::confirm(batch, owner, uid, at);
    said::say(store, owner, person, "confirmed", actor, confirm).await?;
    index::follow(store, owner, terms).await?;
    index::look_again_at(store, owner, terms, person).await
}
