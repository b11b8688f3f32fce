//! What a command has to say: to programs as JSON, to people as `cli::text`.

mod audit;
mod memory;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use audit::{AuditRow, AuditVerifiedRow};
pub use memory::{FieldRow, NoteRow, RememberedRow};

use crate::base::Groups;

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
    /// Tags.
    Tags(Vec<TagRow>),
    /// Books.
    Books(Vec<BookRow>),
    /// Calendars.
    Calendars(Vec<CalendarRow>),
    /// Who may act for a user.
    Delegates(Vec<DelegateRow>),
    /// A secret address was made; it is shown this once.
    Published(PublishedRow),
    /// Secret addresses.
    Feeds(Vec<FeedRow>),
    /// When a user is reminded of birthdays.
    Birthdays(BirthdaysRow),
    /// Cards that had to be repaired.
    Attention(Vec<AttentionRow>),
    /// What can be restored.
    Trash(Vec<TrashRow>),
    /// Earlier versions of a card, the latest first.
    Versions(Vec<VersionRow>),
    /// Edits that were refused, the latest first.
    Conflicts(Vec<ConflictRow>),
    /// Follow-ups.
    FollowUps(Vec<FollowUpRow>),
    /// What was asked for was printed piece by piece.
    Printed,
    /// A secret address for mail was made; it is shown this once.
    CaptureAddress(CaptureAddressRow),
    /// The addresses that a user writes from.
    OwnAddresses(Vec<String>),
    /// People on no card whose mail waits.
    Senders(Vec<SenderRow>),
    /// What became of a mail.
    Delivery(DeliveryRow),
    /// An entry of a timeline, as it was logged or changed.
    Noted(NoteRow),
    /// Entries of a timeline, the latest first.
    Notes(Vec<NoteRow>),
    /// What is remembered of a contact.
    Remembered(Box<RememberedRow>),
    /// Fields of a user's own.
    Fields(Vec<FieldRow>),
    /// Entries of the audit, the latest last.
    Audit(Vec<AuditRow>),
    /// Whether the audit holds.
    AuditVerified(AuditVerifiedRow),
    /// A check of the store.
    Checked(CheckRow),
}

/// A follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpRow {
    /// By what commands name it.
    pub id: String,
    /// The UID of the task.
    pub uid: String,
    /// The UID of the contact.
    pub contact: String,
    /// What the contact is called.
    pub name: String,
    /// What is to be done.
    pub text: String,
    /// On which day.
    pub due: Option<String>,
    /// Did the server raise it, because the contact was not contacted for long?
    pub by_cadence: bool,
    /// `open`, `done` or `dropped`.
    pub state: String,
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

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagRow {
    /// Its name.
    pub tag: String,
    /// `urn:uuid:…`; stays whatever it is called.
    pub uid: String,
    /// `#RRGGBB`
    pub color: Option<String>,
    /// How many cards bear it.
    pub cards: u64,
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
    /// How tags are shown.
    pub groups: Groups,
    /// Is it shown in the notes of cards what was with the contact?
    pub history: bool,
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
    /// Do they see what was with the contacts?
    pub history: bool,
}

/// A book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookRow {
    /// Its name in addresses.
    pub book: String,
    /// The name shown.
    pub display_name: Option<String>,
    /// Cards in it.
    pub cards: u64,
    /// Bytes of the cards.
    pub bytes: u64,
    /// With how many users and groups it is shared.
    pub shares: usize,
    /// The path of its address.
    pub path: String,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarRow {
    /// Its name in addresses.
    pub calendar: String,
    /// The name shown.
    pub display_name: Option<String>,
    /// The components it takes.
    pub holds: Vec<String>,
    /// What is on it.
    pub entries: u64,
    /// Bytes of that.
    pub bytes: u64,
    /// With how many users and groups it is shared.
    pub shares: usize,
    /// Does the server fill it?
    pub kept_by_server: bool,
    /// Where it comes from, if it is subscribed to.
    pub source: Option<SourceRow>,
    /// The path of its address.
    pub path: String,
}

/// Where a subscribed calendar comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// The address, which may be a secret.
    pub url: String,
    /// How often it is looked at, in seconds.
    pub every_seconds: u32,
    /// When it was last known to be as it is published (RFC 3339).
    pub fetched: Option<String>,
    /// When it is looked at again (RFC 3339).
    pub next: String,
    /// Why that failed the last time.
    pub error: Option<String>,
    /// Entries that were left out, for they cannot be read.
    pub left_out: u64,
}

/// Somebody who may act for a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegateRow {
    /// The id of the user or group.
    pub delegate: String,
    /// `read` or `read-write`.
    pub access: String,
}

/// A secret address that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedRow {
    /// Its number.
    pub number: u32,
    /// The address; without scheme and host where the server does not know its own.
    pub url: String,
}

/// A secret address, without the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRow {
    /// Its number.
    pub number: u32,
    /// The calendar it shows; none while that is deleted.
    pub calendar: Option<String>,
    /// What it is for.
    pub label: String,
    /// Since when it is open (RFC 3339).
    pub created: String,
}

/// What a user chose for the calendar of birthdays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BirthdaysRow {
    /// `DAYS@HH:MM`: so many days before, at this time.
    pub alarms: Vec<String>,
}

/// A card that had to be repaired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionRow {
    /// The book.
    pub book: String,
    /// The card's name in the book.
    pub card: String,
    /// When it came (RFC 3339).
    pub at: String,
    /// What was wrong, one sentence each.
    pub notes: Vec<String>,
}

/// A deleted book or card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashRow {
    /// `BOOK`, or `BOOK/CARD`, as `rolodav restore` takes it.
    pub what: String,
    /// Cards in it, of a book.
    pub cards: Option<u64>,
    /// When it was deleted (RFC 3339).
    pub deleted: String,
    /// By whom.
    pub by: Option<String>,
}

/// An earlier version of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Its number: 1 is the latest.
    pub version: usize,
    /// When it was written (RFC 3339).
    pub written: String,
    /// When it was replaced or deleted (RFC 3339).
    pub until: String,
    /// `replaced` or `deleted`.
    pub reason: String,
    /// Who did that.
    pub by: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A secret address for mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureAddressRow {
    /// The address.
    pub address: String,
}

/// Somebody on no card whose mail waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderRow {
    /// The address.
    pub mail: String,
    /// The name they give themselves.
    pub name: String,
    /// How many mails came.
    pub mails: u64,
    /// When the first one came (RFC 3339).
    pub first: String,
    /// When the latest one came (RFC 3339).
    pub last: String,
    /// What that was about.
    pub subject: String,
    /// Is there one for whose sender no mail server vouches?
    pub doubtful: bool,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// For a program.
    pub delivery: Delivery,
    /// For a person.
    pub message: String,
}

/// What became of a mail, for whoever handed it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It is ours now.
    Taken,
    /// Nobody has the address.
    Unknown,
    /// It cannot be read, and never will.
    Unreadable,
    /// It is to be tried again.
    Later,
}

impl Delivery {
    /// The exit status that says so (sysexits.h).
    pub const fn status(self) -> u8 {
        match self {
            Self::Taken => 0,
            Self::Unreadable => 65,
            Self::Unknown => 67,
            Self::Later => 75,
        }
    }
}

/// An edit that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRow {
    /// Its number.
    pub number: u64,
    /// What it was meant for: `BOOK/CARD`.
    pub what: String,
    /// When (RFC 3339).
    pub at: String,
    /// Whose it was.
    pub by: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A check of the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckRow {
    /// Books looked at, deleted ones included.
    pub books: u64,
    /// Cards looked at.
    pub cards: u64,
    /// Earlier versions looked at.
    pub versions: u64,
    /// What is wrong, one sentence each; the first ones.
    pub faults: Vec<String>,
    /// How much is wrong.
    pub fault_count: u64,
}

impl Outcome {
    /// Did it find something wrong?
    pub const fn found_faults(&self) -> bool {
        match self {
            Self::Checked(check) => check.fault_count > 0,
            Self::AuditVerified(row) => row.fault.is_some(),
            _ => false,
        }
    }

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
            Self::Tags(rows) => serde_json::to_value(rows),
            Self::Books(rows) => serde_json::to_value(rows),
            Self::Calendars(rows) => serde_json::to_value(rows),
            Self::Delegates(rows) => serde_json::to_value(rows),
            Self::Published(row) => serde_json::to_value(row),
            Self::Feeds(rows) => serde_json::to_value(rows),
            Self::Birthdays(row) => serde_json::to_value(row),
            Self::Attention(rows) => serde_json::to_value(rows),
            Self::Trash(rows) => serde_json::to_value(rows),
            Self::Versions(rows) => serde_json::to_value(rows),
            Self::CaptureAddress(row) => serde_json::to_value(row),
            Self::OwnAddresses(rows) => serde_json::to_value(rows),
            Self::Senders(rows) => serde_json::to_value(rows),
            Self::Delivery(row) => serde_json::to_value(row),
            Self::Conflicts(rows) => serde_json::to_value(rows),
            Self::Noted(row) => serde_json::to_value(row),
            Self::Notes(rows) => serde_json::to_value(rows),
            Self::Remembered(row) => serde_json::to_value(row),
            Self::Fields(rows) => serde_json::to_value(rows),
            Self::FollowUps(rows) => serde_json::to_value(rows),
            Self::Audit(rows) => serde_json::to_value(rows),
            Self::AuditVerified(row) => serde_json::to_value(row),
            Self::Checked(row) => serde_json::to_value(row),
            Self::Printed => return Value::Null,
        };
        value.unwrap_or(Value::Null)
    }
}
