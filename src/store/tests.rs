//! A store in memory for the tests of its records.

use super::*;
use crate::base::PrincipalId;
use crate::base::clock::ManualClock;
use engine::memory::MemoryEngine;
use principals::{Kind, Principal, Role};

/// A store whose clock shows one second after the epoch, and its one user.
pub(super) async fn with_user(name: &str) -> (Store, PrincipalId) {
    let clock = Arc::new(ManualClock::at(Timestamp(1000)));
    let engine = Engine::Memory(MemoryEngine::default());
    let store = Store::open(engine, clock).await.unwrap();
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
    (store, id)
}
