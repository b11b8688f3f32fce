//! Tells who a name and a password belong to.
//!
//! An app password costs two hashes and a few reads, and is never made to wait. A person's own
//! password costs an Argon2id run; when right it is remembered under a keyed hash, when wrong it
//! is remembered too, so that a phone with an old password neither costs nor counts each time.
//! What is remembered holds while the accounts are unchanged; after any change it is checked
//! against the store again, so that revoking, disabling and a new password act at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::app_password::AppPassword;
use super::backoff::Backoff;
use super::last_use::LastUses;
use super::login_name;
use super::password::{self, Hasher};
use super::remembered::{Remembered, Tag, Tags};
use crate::base::{Delegation, DeviceId, Fault, Identity, PrincipalId, Timestamp};
use crate::config::Auth;
use crate::store::devices::{self, Device};
use crate::store::engine::Snapshot;
use crate::store::grants::Access;
use crate::store::principals::{self, Kind, Principal, Role};
use crate::store::{Store, credentials, delegates, memberships};

/// Most wrong credentials that are remembered.
const MOST_WRONG: usize = 1024;

/// Counts the changes of accounts that may end what was granted to somebody.
#[derive(Debug, Default)]
pub struct Generation(AtomicU64);

/// Checks names and passwords.
#[derive(Debug)]
pub struct SignIn {
    store: Arc<Store>,
    generation: Arc<Generation>,
    hasher: Hasher,
    tags: Tags,
    right: Remembered<Arc<Right>>,
    wrong: Remembered<u64>,
    turns: Mutex<HashMap<Tag, Arc<tokio::sync::Mutex<()>>>>,
    backoff: Backoff,
    last_uses: LastUses,
}

/// A credential that was right.
#[derive(Debug)]
struct Right {
    identity: Arc<Identity>,
    generation: u64,
    /// The hash that the person's own password belonged to; `None` for an app password.
    hash: Option<String>,
}

impl Generation {
    /// The present count; read it before the snapshot that something is decided on.
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Something changed, and is committed.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

impl SignIn {
    /// Over the accounts in `store`; `generation` is advanced by whoever changes them.
    pub fn new(
        store: Arc<Store>,
        generation: Arc<Generation>,
        hasher: Hasher,
        settings: &Auth,
    ) -> Result<Self, Fault> {
        Ok(Self {
            last_uses: LastUses::new(Arc::clone(&store)),
            store,
            generation,
            hasher,
            tags: Tags::new()?,
            right: Remembered::new(settings.cache_entries, settings.cache_seconds),
            wrong: Remembered::new(MOST_WRONG, settings.cache_seconds),
            turns: Mutex::default(),
            backoff: Backoff::new(settings.failures_before_wait, settings.longest_wait_seconds),
        })
    }

    /// The identity behind a name (or mail address, in any case) and a password.
    ///
    /// # Errors
    /// 401 when they do not belong together; 503 with `retry_after` after too many wrong ones or
    /// when the server is overrun (503, because some clients give up for good on 429).
    pub async fn check(
        &self,
        name: &str,
        password: &str,
        remote: IpAddr,
    ) -> Result<Arc<Identity>, Fault> {
        if name.len() > password::MAX || password.is_empty() || password.len() > password::MAX {
            return Err(wrong());
        }
        let tag = self.tags.of(name, password);
        let now = self.store.now();
        if let Some(known) = self.remembered(&tag, now) {
            return known;
        }
        if let Some(identity) = self.again(&tag, now).await? {
            return Ok(identity);
        }
        let name = login_name::fold(name);
        if let Some(identity) = self.check_device(&tag, &name, password, now).await? {
            return Ok(identity);
        }
        self.check_person(&tag, &name, password, remote, now).await
    }

    /// A device was seen with a request. Costs nothing to the request.
    pub fn seen(&self, identity: &Identity, remote: IpAddr, user_agent: &str) {
        if let Some(device) = identity.device {
            self.last_uses.note(device, remote, user_agent);
        }
    }

    /// What is known without looking into the store.
    fn remembered(&self, tag: &Tag, now: Timestamp) -> Option<Result<Arc<Identity>, Fault>> {
        let generation = self.generation.current();
        if let Some(right) = self.right.get(tag, now)
            && right.generation == generation
        {
            return Some(Ok(Arc::clone(&right.identity)));
        }
        (self.wrong.get(tag, now) == Some(generation)).then(|| Err(wrong()))
    }

    /// Renews what was remembered before accounts changed, if the change did not concern it.
    async fn again(&self, tag: &Tag, now: Timestamp) -> Result<Option<Arc<Identity>>, Fault> {
        let Some(right) = self.right.get(tag, now) else { return Ok(None) };
        let generation = self.generation.current();
        let snapshot = self.store.snapshot().await?;
        let id = &right.identity.principal;
        let Some(user) = active(&snapshot, id).await? else {
            self.right.remove(tag);
            return Ok(None);
        };
        let device = match (right.identity.device, &right.hash) {
            (Some(device), _) => devices::get(&snapshot, device)
                .await?
                .map(|found| found.record)
                .filter(|found| found.owner == *id && found.revoked.is_none())
                .map(|found| (device, found)),
            (None, Some(hash)) => {
                let now = credentials::get(&snapshot, id).await?;
                if now.is_none_or(|now| now.hash != *hash) {
                    self.right.remove(tag);
                    return Ok(None);
                }
                None
            }
            (None, None) => None,
        };
        if device.is_none() && right.hash.is_none() {
            self.right.remove(tag);
            return Ok(None);
        }
        let identity = identity(&snapshot, id, &user, device.as_ref()).await?;
        let right = Right { identity: Arc::clone(&identity), generation, hash: right.hash.clone() };
        self.right.put(*tag, Arc::new(right), now);
        Ok(Some(identity))
    }

    async fn check_device(
        &self,
        tag: &Tag,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Identity>>, Fault> {
        let Some(password) = AppPassword::parse(password) else { return Ok(None) };
        let generation = self.generation.current();
        let snapshot = self.store.snapshot().await?;
        let found = devices::by_lookup(&snapshot, password.lookup()).await?;
        let Some(device) = found.filter(|(_, device)| password.opens(device)) else {
            return Ok(None);
        };
        let owner = &device.1.owner;
        if principals::by_login(&snapshot, name).await?.as_ref() != Some(owner) {
            return Ok(None);
        }
        let Some(user) = active(&snapshot, owner).await? else { return Ok(None) };
        let identity = identity(&snapshot, owner, &user, Some(&device)).await?;
        let right = Right { identity: Arc::clone(&identity), generation, hash: None };
        self.right.put(*tag, Arc::new(right), now);
        Ok(Some(identity))
    }

    async fn check_person(
        &self,
        tag: &Tag,
        name: &str,
        password: &str,
        remote: IpAddr,
        now: Timestamp,
    ) -> Result<Arc<Identity>, Fault> {
        // Clients open several connections at once; the first one's answer serves them all.
        let turn = self.turn(*tag);
        let _turn = turn.lock().await;
        if let Some(known) = self.remembered(tag, now) {
            return known;
        }
        let begun = self.backoff.begin(&self.tags, name, remote, now).map_err(too_many)?;
        let generation = self.generation.current();
        let snapshot = self.store.snapshot().await?;
        let user = match principals::by_login(&snapshot, name).await? {
            Some(id) => active(&snapshot, &id).await?.map(|user| (id, user)),
            None => None,
        };
        let hash = match &user {
            Some((id, _)) => credentials::get(&snapshot, id).await?.map(|stored| stored.hash),
            None => None,
        };
        let matches = self.hasher.verify(password, hash.clone()).await.inspect_err(|_| {
            self.backoff.undecided(&begun);
        })?;
        let Some((id, user)) = user.filter(|_| matches) else {
            self.wrong.put(*tag, generation, now);
            return Err(wrong());
        };
        self.backoff.right(&begun, now);
        let identity = identity(&snapshot, &id, &user, None).await?;
        let right = Right { identity: Arc::clone(&identity), generation, hash };
        self.right.put(*tag, Arc::new(right), now);
        Ok(identity)
    }

    fn turn(&self, tag: Tag) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MOST_WRONG {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(turns.entry(tag).or_default())
    }
}

/// The user with this id, who may sign in.
async fn active(snapshot: &Snapshot, id: &PrincipalId) -> Result<Option<Principal>, Fault> {
    let found = principals::get(snapshot, id).await?.map(|stored| stored.record);
    Ok(found.filter(|user| user.kind == Kind::User && !user.disabled))
}

async fn identity(
    snapshot: &Snapshot,
    id: &PrincipalId,
    user: &Principal,
    device: Option<&(DeviceId, Device)>,
) -> Result<Arc<Identity>, Fault> {
    let groups = memberships::all_groups(snapshot, id).await?;
    let delegations = delegates::of_user(snapshot, id, &groups).await?.into_iter();
    let delegations =
        delegations.map(|(owner, access)| Delegation { owner, write: access == Access::ReadWrite });
    Ok(Arc::new(Identity {
        principal: id.clone(),
        groups,
        device: device.map(|(id, _)| *id),
        device_label: device.map(|(_, device)| device.label.clone()).unwrap_or_default(),
        profile: device.map(|(_, device)| device.profile.clone()).unwrap_or_default(),
        admin: user.role == Role::Admin,
        delegations: delegations.collect(),
    }))
}

fn wrong() -> Fault {
    Fault::new(401, "The name or the password is wrong.")
}

fn too_many(seconds: u32) -> Fault {
    let mut fault = Fault::new(
        503,
        format!("There were too many wrong passwords; try again in {seconds} seconds."),
    );
    fault.retry_after = Some(seconds);
    fault
}

#[cfg(test)]
mod tests;
