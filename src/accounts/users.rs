//! Users: adding, listing, passwords, disabling, removing.

use std::collections::BTreeSet;

use super::delegates::forget;
use super::error::AccountError;
use super::password::Hasher;
use super::{Accounts, Concerns, find_user, login_name};
use crate::base::{CollectionId, PrincipalId, Timestamp};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::collection::{self, Collection, Components};
use crate::store::credentials::{self, Password};
use crate::store::engine::{Batch, Snapshot};
use crate::store::principals::{self, Kind, Principal, Role};
use crate::store::{
    Store, capture, devices, feeds, forget as remembered, grants, matching, memberships,
    preferences, tags, unmatched,
};

/// The book every user begins with.
pub const FIRST_BOOK: &str = "contacts";

/// The name of everybody's first calendar in its path.
pub const FIRST_CALENDAR: &str = "calendar";

/// The name of everybody's first task list in its path.
pub const FIRST_TASKS: &str = "tasks";

/// The name of the calendar of birthdays in its path.
pub const BIRTHDAYS: &str = "birthdays";

/// The name of the calendar of interactions, unless its owner has another one of that name.
pub const INTERACTIONS: &str = "interactions";
/// The name of everybody's scheduling inbox in its path.
pub const INBOX: &str = "inbox";

/// A user to add.
#[derive(Clone, Default)]
pub struct NewUser {
    /// What they sign in with.
    pub name: String,
    /// Another name to sign in with, where to write to.
    pub mail: Option<String>,
    /// The name shown to others; the login name when left out.
    pub display_name: Option<String>,
    /// May they administer accounts?
    pub admin: bool,
    /// Their password; without one only devices can sign in.
    pub password: Option<String>,
}

/// One user of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEntry {
    /// The id in paths.
    pub id: PrincipalId,
    /// The record.
    pub user: Principal,
    /// Devices that can sign in.
    pub devices: usize,
    /// Has a password of their own?
    pub password: bool,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Accounts {
    /// Adds a user with their first book, calendar and task list; tells the id in paths.
    pub async fn add_user(&self, new: NewUser) -> Result<PrincipalId, AccountError> {
        login_name::check(&new.name)?;
        let name = new.name.trim().to_owned();
        let mail = new.mail.map(|mail| mail.trim().to_owned());
        if let Some(mail) = &mail {
            login_name::check(mail)?;
            if !login_name::is_mail(mail) {
                let why = "a mail address has the form name@example.org";
                return Err(AccountError::BadName { name: mail.clone(), why });
            }
        }
        let password = match new.password {
            Some(password) => Some(self.hash(&password).await?),
            None => None,
        };
        let user = Principal {
            kind: Kind::User,
            mail: mail.or_else(|| login_name::is_mail(&name).then(|| name.clone())),
            display_name: new.display_name.unwrap_or_else(|| name.clone()),
            name,
            role: if new.admin { Role::Admin } else { Role::Member },
            disabled: false,
            created: self.store.now(),
        };
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let id = insert(&snapshot, &mut batch, &user).await?;
            if let Some(password) = &password {
                credentials::put(&mut batch, &id, password)?;
            }
            for first in self.first_collections(&id, user.created) {
                collection::create(&mut batch, &first)?;
            }
            let detail = if new.admin { "may administer accounts" } else { "" };
            let deed = Deed { name: &user.name, detail, ..user_deed(Verb::Added, &id) };
            self.tell(&mut batch, deed)?;
            if change.done(batch).await? {
                return Ok(id);
            }
        }
    }

    /// The users, by id.
    pub async fn users(&self) -> Result<Vec<UserEntry>, AccountError> {
        let snapshot = self.store.snapshot().await?;
        let mut entries = Vec::new();
        for (id, user) in principals::all(&snapshot).await? {
            if user.kind != Kind::User {
                continue;
            }
            let devices = devices::of_owner(&snapshot, &id).await?;
            let devices = devices.iter().filter(|(_, d)| d.record.revoked.is_none()).count();
            let password = credentials::get(&snapshot, &id).await?.is_some();
            entries.push(UserEntry { id, user, devices, password });
        }
        Ok(entries)
    }

    /// The record of a user.
    pub async fn user(&self, user: &str) -> Result<Principal, AccountError> {
        let snapshot = self.store.snapshot().await?;
        Ok(find_user(&snapshot, user).await?.1.record)
    }

    /// Is there nobody yet?
    pub async fn is_empty(&self) -> Result<bool, AccountError> {
        Ok(principals::none(&self.store.snapshot().await?).await?)
    }

    /// Gives a user a new password. The old one stops working at once; devices go on with theirs.
    pub async fn set_password(
        &self,
        user: &str,
        password: &str,
    ) -> Result<PrincipalId, AccountError> {
        let password = self.hash(password).await?;
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (id, _) = find_user(&snapshot, user).await?;
            principals::tie(&mut batch, &id);
            credentials::put(&mut batch, &id, &password)?;
            self.tell(&mut batch, Deed::of(Subject::Password, Verb::Changed, id.as_str()))?;
            if change.done(batch).await? {
                return Ok(id);
            }
        }
    }

    /// Changes what is told of a user: `edit` gets the present record.
    pub async fn edit_user(
        &self,
        user: &str,
        edit: impl Fn(&mut Principal),
    ) -> Result<PrincipalId, AccountError> {
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (id, found) = find_user(&snapshot, user).await?;
            let mut edited = found.record.clone();
            edit(&mut edited);
            // Login names are reserved when a user is added and do not change here.
            edited.name.clone_from(&found.record.name);
            edited.mail.clone_from(&found.record.mail);
            edited.kind = found.record.kind;
            principals::update(&mut batch, &id, &found.witness, &edited)?;
            let detail = edits(&found.record, &edited);
            let deed = Deed { detail: &detail, ..user_deed(Verb::Changed, &id) };
            self.tell(&mut batch, deed)?;
            if change.done(batch).await? {
                return Ok(id);
            }
        }
    }

    /// Removes a user with their password, devices, memberships and shares in both directions.
    /// Their books go to the trash, where they stay for the retention time; what was remembered
    /// of their contacts beyond the cards ends.
    pub async fn remove_user(&self, user: &str) -> Result<PrincipalId, AccountError> {
        let (id, _) = find_user(&self.store.snapshot().await?, user).await?;
        remembered::begin(&self.store, &id).await?;
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (id, found) = find_user(&snapshot, user).await?;
            principals::expect_ties(&snapshot, &mut batch, &id).await?;
            remembered::rest(&snapshot, &mut batch, &id).await?;
            take_out_of_groups(&snapshot, &mut batch, &id).await?;
            for grant in grants::of_grantee(&snapshot, &id).await? {
                grants::remove(&mut batch, grant.collection, &id);
            }
            for (device, found) in devices::of_owner(&snapshot, &id).await? {
                devices::remove(&mut batch, device, &found.record);
            }
            for book in collection::list_all(&snapshot, &id).await? {
                for grant in grants::of_collection(&snapshot, book.collection.id).await? {
                    grants::remove(&mut batch, grant.collection, &grant.grantee);
                }
                collection::trash(&self.store, &snapshot, &mut batch, &book).await?;
            }
            collection::forget_user_bytes(&mut batch, &id);
            credentials::remove(&mut batch, &id);
            preferences::remove(&mut batch, &id);
            tags::clear(&snapshot, &mut batch, &id).await?;
            forget(&snapshot, &mut batch, &id).await?;
            for (hash, feed) in feeds::of_owner(&snapshot, &id).await? {
                feeds::close(&mut batch, &hash, &feed);
            }
            capture::remove(&snapshot, &mut batch, &id).await?;
            unmatched::remove(&snapshot, &mut batch, &id).await?;
            matching::remove(&snapshot, &mut batch, &id).await?;
            for login in logins(&found.record) {
                principals::remove_login(&mut batch, &login);
            }
            principals::remove(&mut batch, &id, &found.witness);
            let deed = Deed { name: &found.record.name, ..user_deed(Verb::Removed, &id) };
            self.tell(&mut batch, deed)?;
            if change.done(batch).await? {
                return Ok(id);
            }
        }
    }

    /// What everybody has from the beginning: one kind of components for each calendar, because
    /// Apple's programs keep tasks apart.
    fn first_collections(&self, owner: &PrincipalId, created: Timestamp) -> [Collection; 5] {
        let first = |kind, name: &str, display_name: &str| {
            let id = CollectionId(self.store.number());
            let mut first = Collection::new(id, kind, owner.clone(), name.to_owned(), created);
            first.display_name = Some(display_name.to_owned());
            first
        };
        let mut calendar = first(collection::Kind::Calendar, FIRST_CALENDAR, "Calendar");
        calendar.calendar.components = Components::EVENT;
        let tasks = task_list(CollectionId(self.store.number()), owner, created);
        let mut inbox = first(collection::Kind::Calendar, INBOX, "Inbox");
        inbox.role = collection::Role::Inbox;
        let contacts = first(collection::Kind::AddressBook, FIRST_BOOK, "Contacts");
        let birthdays = birthday_calendar(&self.store, owner, created);
        [contacts, calendar, tasks, birthdays, inbox]
    }

    async fn hash(&self, password: &str) -> Result<Password, AccountError> {
        Hasher::check(password)?;
        let hash = self.hasher.hash(password).await?;
        Ok(Password { hash, changed: self.store.now() })
    }
}

/// The list of tasks that everybody has from the beginning.
pub fn task_list(id: CollectionId, owner: &PrincipalId, created: Timestamp) -> Collection {
    let (kind, name) = (collection::Kind::Calendar, FIRST_TASKS.to_owned());
    let mut tasks = Collection::new(id, kind, owner.clone(), name, created);
    tasks.display_name = Some("Tasks".to_owned());
    tasks.calendar.components = Components::TODO;
    tasks
}

/// The calendar of birthdays of a user, which the server fills.
pub fn birthday_calendar(store: &Store, owner: &PrincipalId, created: Timestamp) -> Collection {
    let (id, name) = (CollectionId(store.number()), BIRTHDAYS.to_owned());
    let kind = collection::Kind::Calendar;
    let mut calendar = Collection::new(id, kind, owner.clone(), name, created);
    calendar.display_name = Some("Birthdays".to_owned());
    calendar.role = collection::Role::Birthdays;
    calendar.calendar.components = Components::EVENT;
    calendar.calendar.transparent = true;
    // Behind what its owner writes in: some programs take the first calendar for the usual one.
    calendar.order = Some(1000);
    calendar
}

/// The calendar of what happened with a user's contacts, which the server fills.
pub fn interaction_calendar(store: &Store, owner: &PrincipalId, created: Timestamp) -> Collection {
    let mut calendar = birthday_calendar(store, owner, created);
    INTERACTIONS.clone_into(&mut calendar.name);
    calendar.display_name = Some("Interactions".to_owned());
    calendar.role = collection::Role::Interactions;
    calendar.order = Some(1001);
    calendar
}

fn user_deed(verb: Verb, id: &PrincipalId) -> Deed<'_> {
    Deed::of(Subject::User, verb, id.as_str())
}

/// What of a user is another, in words.
fn edits(was: &Principal, now: &Principal) -> String {
    let mut words = Vec::new();
    if was.disabled != now.disabled {
        words.push(if now.disabled { "kept from signing in" } else { "let in again" }.to_owned());
    }
    if was.role != now.role {
        let may = if now.role == Role::Admin { "may" } else { "may not" };
        words.push(format!("{may} administer accounts"));
    }
    if was.display_name != now.display_name {
        words.push(format!("shown as {}", now.display_name));
    }
    words.join(", ")
}

/// Adds a principal under the first id that is free; refuses names that somebody has.
pub(super) async fn insert(
    snapshot: &Snapshot,
    batch: &mut Batch,
    principal: &Principal,
) -> Result<PrincipalId, AccountError> {
    for (name, folded) in given(principal).zip(logins(principal)) {
        if principals::by_login(snapshot, &folded).await?.is_some() {
            return Err(AccountError::NameTaken(name.to_owned()));
        }
    }
    let folded = login_name::fold(&principal.name);
    for id in login_name::ids(&principal.name) {
        if principals::get(snapshot, &id).await?.is_some() {
            continue;
        }
        // The trash of a removed user is for a user of the same name only.
        if id.as_str() != folded && !collection::trashed(snapshot, &id).await?.is_empty() {
            continue;
        }
        principals::insert(batch, &id, principal)?;
        for login in logins(principal).collect::<BTreeSet<_>>() {
            principals::insert_login(batch, &login, &id);
        }
        return Ok(id);
    }
    Err(AccountError::NameTaken(principal.name.clone()))
}

/// Takes a principal out of the groups that hold it directly.
pub(super) async fn take_out_of_groups(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: &PrincipalId,
) -> Result<(), AccountError> {
    for group in memberships::direct_groups(snapshot, id).await? {
        let read = memberships::members(snapshot, &group).await?;
        let mut wanted = read.as_ref().map(|stored| stored.record.clone()).unwrap_or_default();
        wanted.0.remove(id);
        memberships::replace(batch, &group, read.as_ref(), &wanted)?;
    }
    Ok(())
}

fn given(principal: &Principal) -> impl Iterator<Item = &str> {
    std::iter::once(principal.name.as_str()).chain(principal.mail.as_deref())
}

/// The folded names a principal is found by.
pub(super) fn logins(principal: &Principal) -> impl Iterator<Item = String> {
    given(principal).map(login_name::fold)
}
