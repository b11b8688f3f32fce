//! What a command has to say: for people a sentence or a table, for programs JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::table::Table;

/// The result of a command that was not refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "data", rename_all = "kebab-case")]
pub enum Outcome {
    /// It is done; what was done, in a sentence.
    Done(String),
    /// A user was added.
    Added(Added),
    /// Users.
    Users(Vec<UserRow>),
    /// A device was added; its app password is shown this once.
    AppPassword(AppPasswordRow),
    /// Devices.
    Devices(Vec<DeviceRow>),
    /// Groups.
    Groups(Vec<GroupRow>),
    /// Shares.
    Shares(Vec<ShareRow>),
}

/// A user or group that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// The id in paths.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What to do next.
    pub next: String,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// The id in paths.
    pub id: String,
    /// What they sign in with.
    pub name: String,
    /// Their mail address, which they can sign in with too.
    pub mail: Option<String>,
    /// The name others see.
    pub display_name: String,
    /// May they administer accounts?
    pub admin: bool,
    /// Are they kept from signing in?
    pub disabled: bool,
    /// Do they have a password of their own?
    pub password: bool,
    /// Devices that can sign in.
    pub devices: usize,
    /// When they were added (RFC 3339).
    pub created: String,
}

/// A new device with its app password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordRow {
    /// The device's number.
    pub device: u64,
    /// What the owner calls it.
    pub label: String,
    /// What to sign in with.
    pub user_name: String,
    /// The app password.
    pub password: String,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Its number.
    pub device: u64,
    /// What the owner calls it.
    pub label: String,
    /// When it was added (RFC 3339).
    pub created: String,
    /// When it was last seen (RFC 3339); may lag ten minutes.
    pub last_use: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// What it called itself.
    pub user_agent: Option<String>,
    /// When its access ended (RFC 3339).
    pub revoked: Option<String>,
    /// Does it refuse every write?
    pub read_only: bool,
    /// The books shown (`OWNER/BOOK`); empty means all.
    pub books: Vec<String>,
    /// The book listed first.
    pub default_book: Option<String>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// The id in paths.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The name others see.
    pub display_name: String,
    /// The ids of its direct members.
    pub members: Vec<String>,
}

/// A share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareRow {
    /// Whose book.
    pub owner: String,
    /// The book.
    pub book: String,
    /// With whom.
    pub with: String,
    /// `read` or `read-write`.
    pub access: String,
}

impl Outcome {
    /// One JSON value.
    pub fn json(&self) -> Value {
        let value = match self {
            Self::Done(message) => return json!({ "done": message }),
            Self::Added(row) => serde_json::to_value(row),
            Self::AppPassword(row) => serde_json::to_value(row),
            Self::Users(rows) => serde_json::to_value(rows),
            Self::Devices(rows) => serde_json::to_value(rows),
            Self::Groups(rows) => serde_json::to_value(rows),
            Self::Shares(rows) => serde_json::to_value(rows),
        };
        value.unwrap_or(Value::Null)
    }

    /// For the terminal.
    pub fn text(&self) -> String {
        match self {
            Self::Done(message) => format!("{message}\n"),
            Self::Added(added) => {
                format!("Added `{}` (id {}).\n{}\n", added.name, added.id, added.next)
            }
            Self::AppPassword(row) => format!(
                "Device {} (`{}`) can sign in now:\n\n    user name  {}\n    password   {}\n\n\
                 The password is not shown again. If it is lost, revoke the device and add it anew.\n",
                row.device, row.label, row.user_name, row.password
            ),
            Self::Users(rows) => users(rows),
            Self::Devices(rows) => devices(rows),
            Self::Groups(rows) => groups(rows),
            Self::Shares(rows) => shares(rows),
        }
    }
}

fn users(rows: &[UserRow]) -> String {
    let mut table = Table::new(&["ID", "SIGNS IN AS", "NAME", "DEVICES", ""]);
    for row in rows {
        let mut names = row.name.clone();
        if let Some(mail) = row.mail.as_ref().filter(|mail| **mail != row.name) {
            names = format!("{names}, {mail}");
        }
        let mut notes = Vec::new();
        notes.extend(row.admin.then_some("admin"));
        notes.extend(row.disabled.then_some("disabled"));
        notes.extend((!row.password).then_some("no password"));
        table.row([
            &row.id,
            &names,
            &row.display_name,
            &row.devices.to_string(),
            &notes.join(", "),
        ]);
    }
    table.or_else("No users yet. `rolodav user add NAME` adds one.")
}

fn devices(rows: &[DeviceRow]) -> String {
    let mut table = Table::new(&["NO", "LABEL", "ADDED", "LAST SEEN", "FROM", "AS", ""]);
    for row in rows {
        let mut notes = Vec::new();
        notes.extend(row.revoked.as_ref().map(|at| format!("revoked {at}")));
        notes.extend(row.read_only.then(|| "read-only".to_owned()));
        if !row.books.is_empty() {
            notes.push(format!("only {}", row.books.join(", ")));
        }
        notes.extend(row.default_book.as_ref().map(|book| format!("first {book}")));
        let or_never = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
        table.row([
            &row.device.to_string(),
            &row.label,
            &row.created,
            &or_never(&row.last_use),
            &or_never(&row.address),
            &or_never(&row.user_agent),
            &notes.join("; "),
        ]);
    }
    table.or_else("No devices yet. `rolodav device add USER LABEL` adds one.")
}

fn groups(rows: &[GroupRow]) -> String {
    let mut table = Table::new(&["ID", "NAME", "MEMBERS"]);
    for row in rows {
        let members =
            if row.members.is_empty() { "nobody".to_owned() } else { row.members.join(", ") };
        table.row([&row.id, &row.display_name, &members]);
    }
    table.or_else("No groups yet. `rolodav group add NAME` adds one.")
}

fn shares(rows: &[ShareRow]) -> String {
    let mut table = Table::new(&["BOOK", "WITH", "ACCESS"]);
    for row in rows {
        table.row([&format!("{}/{}", row.owner, row.book), &row.with, &row.access]);
    }
    table.or_else("Nothing is shared. `rolodav book share USER BOOK WITH` shares a book.")
}
