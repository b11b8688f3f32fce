//! Devices: an app password and a view of the books for each phone, computer and program.

use super::app_password::AppPassword;
use super::error::AccountError;
use super::{Accounts, Concerns, find_user};
use crate::base::{CollectionId, DeviceId, Groups, PrincipalId, Profile};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::devices::{self, Device, LastUse};
use crate::store::engine::{Batch, Snapshot};
use crate::store::{collection, grants, memberships, principals};

const LONGEST_LABEL: usize = 200;

/// A device to add.
#[derive(Debug, Clone, Default)]
pub struct NewDevice {
    /// What its owner calls it.
    pub label: String,
    /// What it sees.
    pub view: View,
}

/// What a device is to see, in names.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The books shown (`BOOK`, or `OWNER/BOOK` for a shared one); empty means all.
    pub books: Vec<String>,
    /// The book listed first.
    pub default_book: Option<String>,
    /// Refuse every write?
    pub read_only: bool,
    /// How tags are shown.
    pub groups: Groups,
    /// Leave the history out of the notes?
    pub plain_notes: bool,
}

/// One device of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceEntry {
    /// Its number.
    pub id: DeviceId,
    /// The record.
    pub device: Device,
    /// When it was last seen.
    pub last_use: Option<LastUse>,
}

impl Accounts {
    /// Adds a device; the app password is known to nobody after this.
    pub async fn add_device(
        &self,
        user: &str,
        new: &NewDevice,
    ) -> Result<(DeviceEntry, AppPassword), AccountError> {
        let label = new.label.trim();
        if label.is_empty()
            || label.chars().count() > LONGEST_LABEL
            || label.chars().any(char::is_control)
        {
            return Err(AccountError::BadLabel);
        }
        let mut change = self.change(Concerns::Nobody);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (owner, _) = find_user(&snapshot, user).await?;
            let profile = profile(&snapshot, &owner, &new.view, 0).await?;
            let password = AppPassword::generate()?;
            let device = Device {
                owner: owner.clone(),
                label: label.to_owned(),
                lookup: password.lookup(),
                secret: password.digest(),
                created: self.store.now(),
                revoked: None,
                profile,
            };
            principals::tie(&mut batch, &owner);
            let id = devices::insert(&snapshot, &mut batch, &device).await?;
            self.tell_of_device(&mut batch, Verb::Added, &device)?;
            if change.done(batch).await? {
                return Ok((DeviceEntry { id, device, last_use: None }, password));
            }
        }
    }

    /// A user's devices, oldest first, revoked ones included.
    pub async fn devices(&self, user: &str) -> Result<Vec<DeviceEntry>, AccountError> {
        let snapshot = self.store.snapshot().await?;
        let (owner, _) = find_user(&snapshot, user).await?;
        let mut entries = Vec::new();
        for (id, device) in devices::of_owner(&snapshot, &owner).await? {
            let last_use = devices::last_use(&snapshot, id).await?;
            entries.push(DeviceEntry { id, device: device.record, last_use });
        }
        Ok(entries)
    }

    /// Ends a device's access at once. It stays listed, so that the history can name it.
    pub async fn revoke_device(&self, user: &str, id: DeviceId) -> Result<Device, AccountError> {
        self.edit_device(user, id, &Edit::Revoke).await
    }

    /// Changes what a device sees; it will fetch its books anew.
    pub async fn set_profile(
        &self,
        user: &str,
        id: DeviceId,
        view: &View,
    ) -> Result<Device, AccountError> {
        self.edit_device(user, id, &Edit::Show(view)).await
    }

    async fn edit_device(
        &self,
        user: &str,
        id: DeviceId,
        edit: &Edit<'_>,
    ) -> Result<Device, AccountError> {
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (owner, _) = find_user(&snapshot, user).await?;
            let found = devices::get(&snapshot, id).await?;
            let Some(found) = found.filter(|found| found.record.owner == owner) else {
                return Err(AccountError::UnknownDevice(id));
            };
            let mut device = found.record;
            match edit {
                Edit::Revoke => {
                    device.revoked.get_or_insert(self.store.now());
                }
                Edit::Show(view) => {
                    let generation = device.profile.generation + 1;
                    device.profile = profile(&snapshot, &owner, view, generation).await?;
                }
            }
            principals::tie(&mut batch, &owner);
            devices::update(&mut batch, id, &found.witness, &device)?;
            let verb = match edit {
                Edit::Revoke => Verb::Removed,
                Edit::Show(_) => Verb::Changed,
            };
            self.tell_of_device(&mut batch, verb, &device)?;
            if change.done(batch).await? {
                return Ok(device);
            }
        }
    }
}

impl Accounts {
    fn tell_of_device(
        &self,
        batch: &mut Batch,
        verb: Verb,
        device: &Device,
    ) -> Result<(), AccountError> {
        let profile = &device.profile;
        let mut words = Vec::new();
        words.extend(profile.read_only.then(|| "read-only".to_owned()));
        words.extend(profile.plain_notes.then(|| "no history in notes".to_owned()));
        match profile.groups {
            Groups::ByProgram => {}
            Groups::Cards => words.push("groups as cards".to_owned()),
            Groups::Categories => words.push("groups as categories".to_owned()),
        }
        if !profile.books.is_empty() {
            words.push(format!("{} books only", profile.books.len()));
        }
        let detail = if verb == Verb::Removed { String::new() } else { words.join(", ") };
        let owner = device.owner.as_str();
        let deed = Deed::of(Subject::Device, verb, owner);
        self.tell(batch, Deed { name: &device.label, detail: &detail, ..deed })
    }
}

enum Edit<'a> {
    Revoke,
    Show(&'a View),
}

async fn profile(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    view: &View,
    generation: u64,
) -> Result<Profile, AccountError> {
    let mut profile = Profile {
        read_only: view.read_only,
        generation,
        groups: view.groups,
        plain_notes: view.plain_notes,
        ..Profile::default()
    };
    for name in &view.books {
        profile.books.push(book(snapshot, owner, name).await?);
    }
    if let Some(name) = &view.default_book {
        let default = book(snapshot, owner, name).await?;
        profile.default_book = Some(default);
        if !profile.shows(default) {
            profile.books.push(default);
        }
    }
    Ok(profile)
}

/// The collection called `BOOK`, or `OWNER/BOOK` when it is shared with the user.
async fn book(
    snapshot: &Snapshot,
    user: &PrincipalId,
    name: &str,
) -> Result<CollectionId, AccountError> {
    let (owner, book) = match name.split_once('/') {
        Some((owner, book)) => (find_user(snapshot, owner).await?.0, book),
        None => (user.clone(), name),
    };
    let found = collection::find_any(snapshot, &owner, book).await?;
    let unknown = || AccountError::UnknownBook { owner: owner.to_string(), book: book.to_owned() };
    let id = found.ok_or_else(unknown)?.collection.id;
    if owner != *user {
        let groups = memberships::all_groups(snapshot, user).await?;
        grants::access(snapshot, id, user, &groups).await?.ok_or_else(unknown)?;
    }
    Ok(id)
}
