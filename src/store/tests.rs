//! A store in memory for the tests of its records.

use super::*;
use crate::base::PrincipalId;
use crate::base::clock::ManualClock;
use engine::memory::MemoryEngine;
use principals::{Kind, Principal, Role};

/// A store and its one user.
pub(super) async fn with_user(name: &str) -> (Store, PrincipalId) {
    let (store, user, _) = with_user_and_clock(name).await;
    (store, user)
}

/// A store, its one user, and its clock, which shows one second after the epoch.
pub(super) async fn with_user_and_clock(name: &str) -> (Store, PrincipalId, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp(1000)));
    let engine = Engine::Memory(MemoryEngine::default());
    let store = Store::open(engine, Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
    let id = PrincipalId::parse(name).unwrap();
    let user = Principal {
        kind: Kind::User,
        name: name.to_owned(),
        mail: None,
        display_name: name.to_owned(),
        role: Role::Member,
        disabled: false,
        created: store.now(),
    };
    let mut batch = Batch::new();
    principals::insert(&mut batch, &id, &user).unwrap();
    principals::insert_login(&mut batch, name, &id);
    store.commit(batch).await.unwrap();
    (store, id, clock)
}
