//! Devices: each has its own app password, of which only a hash is kept, and its own view.
//!
//! | key | value |
//! |---|---|
//! | `16` id | [`Device`] |
//! | `17` owner `00` id | nothing; finds the devices of a user |
//! | `18` lookup | id; finds the device of an app password, gone once revoked |
//! | `19` id | [`LastUse`]; apart, since it changes by itself |
//! | `1a` | the last id given |

use std::collections::HashMap;
use std::net::IpAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Expect, Snapshot, Step};
use super::stored::Stored;
use super::{Witness, decode, encode};
use crate::base::{CollectionId, DeviceId, PrincipalId, Profile, Timestamp};

const VERSION: u8 = 2;
/// The format of devices whose profile knew neither groups nor history.
const BEFORE_VIEWS: u8 = 1;
/// The format of [`LastUse`].
const SEEN: u8 = 1;
const DEVICE: u8 = 0x16;
const OF_OWNER: u8 = 0x17;
const LOOKUP: u8 = 0x18;
const LAST_USE: u8 = 0x19;
const LAST_ID: u8 = 0x1a;

/// The part of an app password that finds its device; says nothing about the rest.
pub type Lookup = [u8; 5];

/// One device of a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Whose it is.
    pub owner: PrincipalId,
    /// What the owner calls it.
    pub label: String,
    /// Finds the device.
    pub lookup: Lookup,
    /// SHA-256 of the app password. A fast hash will do: 160 random bits cannot be guessed.
    pub secret: [u8; 32],
    /// When it was added.
    pub created: Timestamp,
    /// When its app password was revoked.
    pub revoked: Option<Timestamp>,
    /// What it sees.
    pub profile: Profile,
}

/// When and from where a device was last seen; may lag ten minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// From which address.
    pub address: IpAddr,
    /// What it called itself.
    pub user_agent: String,
}

/// The record as [`BEFORE_VIEWS`] had it.
#[derive(Deserialize)]
struct OlderDevice {
    owner: PrincipalId,
    label: String,
    lookup: Lookup,
    secret: [u8; 32],
    created: Timestamp,
    revoked: Option<Timestamp>,
    profile: OlderProfile,
}

#[derive(Deserialize)]
struct OlderProfile {
    books: Vec<CollectionId>,
    default_book: Option<CollectionId>,
    read_only: bool,
    generation: u64,
}

impl Device {
    fn read(record: &[u8]) -> Result<Self, EngineError> {
        if record.first() != Some(&BEFORE_VIEWS) {
            return decode(VERSION, record);
        }
        let older: OlderDevice = decode(BEFORE_VIEWS, record)?;
        let OlderProfile { books, default_book, read_only, generation } = older.profile;
        Ok(Self {
            owner: older.owner,
            label: older.label,
            lookup: older.lookup,
            secret: older.secret,
            created: older.created,
            revoked: older.revoked,
            profile: Profile { books, default_book, read_only, generation, ..Profile::default() },
        })
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device")
            .field("owner", &self.owner)
            .field("label", &self.label)
            .field("revoked", &self.revoked)
            .finish_non_exhaustive()
    }
}

fn numbered(tag: u8, id: DeviceId) -> Vec<u8> {
    let mut key = vec![tag];
    key.extend_from_slice(&id.0.to_be_bytes());
    key
}

fn lookup_key(lookup: Lookup) -> Vec<u8> {
    let mut key = vec![LOOKUP];
    key.extend_from_slice(&lookup);
    key
}

fn owner_prefix(owner: &PrincipalId) -> Vec<u8> {
    let mut key = vec![OF_OWNER];
    key.extend_from_slice(owner.as_str().as_bytes());
    key.push(0);
    key
}

fn owner_key(owner: &PrincipalId, id: DeviceId) -> Vec<u8> {
    let mut key = owner_prefix(owner);
    key.extend_from_slice(&id.0.to_be_bytes());
    key
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

/// The device with this id, revoked ones included.
pub async fn get(snapshot: &Snapshot, id: DeviceId) -> Result<Option<Stored<Device>>, EngineError> {
    let key = numbered(DEVICE, id);
    let Some(value) = snapshot.get(&key).await? else { return Ok(None) };
    let record = Device::read(&value)?;
    Ok(Some(Stored { record, witness: Witness::new(key, Some(value)) }))
}

/// The device an app password may belong to; its hash is still to be compared.
pub async fn by_lookup(
    snapshot: &Snapshot,
    lookup: Lookup,
) -> Result<Option<(DeviceId, Device)>, EngineError> {
    let id = snapshot.get_with(&lookup_key(lookup), number).await?.flatten().map(DeviceId);
    let Some(id) = id else { return Ok(None) };
    let device = snapshot.get_with(&numbered(DEVICE, id), Device::read).await?.transpose()?;
    Ok(device.map(|device| (id, device)))
}

/// The devices of a user, oldest first, revoked ones included.
pub async fn of_owner(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(DeviceId, Stored<Device>)>, EngineError> {
    let from = owner_prefix(owner);
    let mut to = from.clone();
    if let Some(last) = to.last_mut() {
        *last = 1;
    }
    let mut ids = Vec::new();
    snapshot
        .scan(&from, &to, |key, _| {
            ids.extend(key.get(from.len()..).and_then(number).map(DeviceId));
            Step::Continue
        })
        .await?;
    let mut devices = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(device) = get(snapshot, id).await? {
            devices.push((id, device));
        }
    }
    Ok(devices)
}

/// When the device was last seen.
pub async fn last_use(snapshot: &Snapshot, id: DeviceId) -> Result<Option<LastUse>, EngineError> {
    snapshot.get_with(&numbered(LAST_USE, id), |v| decode(SEEN, v)).await?.transpose()
}

/// Every device, revoked ones included.
pub(super) async fn all(snapshot: &Snapshot) -> Result<Vec<(DeviceId, Device)>, EngineError> {
    let mut found = Vec::new();
    snapshot
        .scan(&[DEVICE], &[DEVICE + 1], |key, value| {
            let id = key.get(1..).and_then(number).map(DeviceId).ok_or_else(bad_key);
            found.push(id.and_then(|id| Ok((id, Device::read(value)?))));
            Step::Continue
        })
        .await?;
    found.into_iter().collect()
}

/// Every lookup with the device it finds.
pub(super) async fn lookups(snapshot: &Snapshot) -> Result<HashMap<Lookup, DeviceId>, EngineError> {
    let mut found = Vec::new();
    snapshot
        .scan(&[LOOKUP], &[LOOKUP + 1], |key, value| {
            let lookup = key.get(1..).and_then(|lookup| lookup.try_into().ok());
            found.push(lookup.zip(number(value).map(DeviceId)).ok_or_else(bad_key));
            Step::Continue
        })
        .await?;
    found.into_iter().collect()
}

/// Every pair of an owner and a device, as the owner's side has it.
pub(super) async fn owned(
    snapshot: &Snapshot,
) -> Result<Vec<(PrincipalId, DeviceId)>, EngineError> {
    let mut found = Vec::new();
    snapshot
        .scan(&[OF_OWNER], &[OF_OWNER + 1], |key, _| {
            let pair = key.get(1..).and_then(|pair| pair.split_last_chunk::<8>());
            let pair = pair.and_then(|(owner, id)| {
                let owner = std::str::from_utf8(owner).ok()?.strip_suffix('\0')?;
                Some((PrincipalId::parse(owner)?, DeviceId(u64::from_be_bytes(*id))))
            });
            found.push(pair.ok_or_else(bad_key));
            Step::Continue
        })
        .await?;
    found.into_iter().collect()
}

fn bad_key() -> EngineError {
    EngineError::new("a device has an invalid key")
}

/// Adds a device under the next id. The batch is refused when another one was added since the
/// snapshot or the lookup is taken: try again with a fresh app password.
pub async fn insert(
    snapshot: &Snapshot,
    batch: &mut Batch,
    device: &Device,
) -> Result<DeviceId, EngineError> {
    let last = snapshot.get(&[LAST_ID]).await?;
    let id = DeviceId(last.as_deref().and_then(number).unwrap_or(0) + 1);
    batch.expect_same(vec![LAST_ID], last.as_ref());
    batch.put(vec![LAST_ID], Bytes::copy_from_slice(&id.0.to_be_bytes()));
    batch.expect(lookup_key(device.lookup), Expect::Absent);
    batch.put(lookup_key(device.lookup), Bytes::copy_from_slice(&id.0.to_be_bytes()));
    batch.put(numbered(DEVICE, id), encode(VERSION, device)?);
    batch.put(owner_key(&device.owner, id), Bytes::new());
    Ok(id)
}

/// Replaces a device that is still as it was read; a revoked one is no longer found by its app
/// password.
pub fn update(
    batch: &mut Batch,
    id: DeviceId,
    read: &Witness,
    device: &Device,
) -> Result<(), EngineError> {
    read.require(batch);
    batch.put(numbered(DEVICE, id), encode(VERSION, device)?);
    if device.revoked.is_some() {
        batch.delete(lookup_key(device.lookup));
    }
    Ok(())
}

/// Removes a device and all that is known of it.
pub fn remove(batch: &mut Batch, id: DeviceId, device: &Device) {
    batch.delete(numbered(DEVICE, id));
    batch.delete(owner_key(&device.owner, id));
    batch.delete(lookup_key(device.lookup));
    batch.delete(numbered(LAST_USE, id));
}

/// Notes that a device was seen; refused when the device is gone.
pub fn put_last_use(batch: &mut Batch, id: DeviceId, seen: &LastUse) -> Result<(), EngineError> {
    batch.expect(numbered(DEVICE, id), Expect::Present);
    batch.put(numbered(LAST_USE, id), encode(SEEN, seen)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_of_an_older_store_is_read() {
        #[derive(Serialize)]
        struct Older {
            owner: PrincipalId,
            label: String,
            lookup: Lookup,
            secret: [u8; 32],
            created: Timestamp,
            revoked: Option<Timestamp>,
            profile: (Vec<CollectionId>, Option<CollectionId>, bool, u64),
        }
        let owner = PrincipalId::parse("anna").unwrap();
        let older = Older {
            owner: owner.clone(),
            label: "phone".into(),
            lookup: [1; 5],
            secret: [2; 32],
            created: Timestamp(3),
            revoked: None,
            profile: (vec![CollectionId(7)], None, true, 4),
        };
        let read = Device::read(&encode(BEFORE_VIEWS, &older).unwrap()).unwrap();
        let profile = Profile {
            books: vec![CollectionId(7)],
            read_only: true,
            generation: 4,
            ..Profile::default()
        };
        assert_eq!((&read.owner, &read.profile), (&owner, &profile));
        assert_eq!(Device::read(&encode(VERSION, &read).unwrap()).unwrap(), read);
    }
}
