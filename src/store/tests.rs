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

/// Commits that the row at `key` holds `value`, or is none.
pub(super) async fn change_row(store: &Store, key: Vec<u8>, value: Option<Vec<u8>>) {
    let mut batch = Batch::new();
    match value {
        Some(value) => batch.put(key, value),
        None => batch.delete(key),
    }
    store.commit(batch).await.unwrap();
}

/// The keys that begin with `prefix`.
pub(super) async fn keys_of(snapshot: &Snapshot, prefix: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let visit = |key: &[u8], _: &[u8]| {
        found.push(key.to_vec());
        engine::Step::Continue
    };
    snapshot.scan(prefix, &keys::after(prefix), visit).await.unwrap();
    found
}
