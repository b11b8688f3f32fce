//! What a command has to say: to programs as JSON, to people as `cli::text`.

mod accounts;
mod audit;
mod books;
mod calendars;
mod capture;
mod duplicates;
mod history;
mod import;
mod memory;
mod merges;
mod privacy;
mod quality;
mod retention;
mod search;
mod segments;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use accounts::{Added, AppPasswordRow, DeviceRow, GroupRow, ShareRow, UserRow};
pub use audit::{AuditRow, AuditVerifiedRow};
pub use books::{AttentionRow, BookRow, CheckRow, ConflictRow, TrashRow};
pub use calendars::{BirthdaysRow, CalendarRow, DelegateRow, FeedRow, PublishedRow, SourceRow};
pub use capture::{CaptureAddressRow, Delivery, DeliveryRow, SenderRow};
pub use duplicates::{ClusterRow, PairRow, ScanRow};
pub use history::{ChangeRow, VersionRow};
pub use import::{ImportFate, ImportRow, ImportedRow};
pub use memory::{FieldRow, FieldsMissingRow, LackingRow, NoteRow, RememberedRow};
pub use merges::{ChoiceRow, MergeRow, MergedRow, UndoneRow};
pub use privacy::{ConsentRow, ErasedRow, TombstoneRow};
pub use quality::{
    BookQualityRow, CardQualityRow, CleanedCardRow, CleanedRow, CleanedValueRow, CleanupRow,
    CleanupUndoneRow, FindingRow, FindingTagRow, QualityRow,
};
pub use retention::{GoingRow, RuleRow};
pub use search::{FoundRow, SearchRow, WhyRow};
pub use segments::{MemberRow, MembersRow, QueryFieldRow, SegmentRow};

/// The result of a command that was not refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Contacts that became one, or would.
    Merged(Box<MergedRow>),
    /// A merge that was taken back.
    Undone(UndoneRow),
    /// Merges.
    Merges(Vec<MergeRow>),
    /// What a contact agreed to.
    Consents(Vec<ConsentRow>),
    /// Somebody who was erased, or would be.
    Erased(Box<ErasedRow>),
    /// Those of whom only a tombstone is left.
    Tombstones(Vec<TombstoneRow>),
    /// What became of the cards of a file.
    Imported(ImportedRow),
    /// Segments.
    Segments(Vec<SegmentRow>),
    /// A segment.
    Segment(SegmentRow),
    /// Who is in a segment, or would be.
    SegmentMembers(MembersRow),
    /// What queries can ask about.
    QueryFields(Vec<QueryFieldRow>),
    /// What a search found.
    Found(SearchRow),
    /// What a scan for duplicates found.
    Duplicates(Box<ScanRow>),
    /// What is proposed to be one person.
    Proposals(Vec<PairRow>),
    /// How the cards of a user are.
    Quality(Box<QualityRow>),
    /// How single cards are.
    CardQuality(Vec<CardQualityRow>),
    /// Of which findings cards bear tags.
    FindingTags(Vec<FindingTagRow>),
    /// Cards that were tidied, or would be.
    Cleaned(Box<CleanedRow>),
    /// Clean-ups.
    Cleanups(Vec<CleanupRow>),
    /// Rules by which books let go of cards.
    Rules(Vec<RuleRow>),
    /// Cards that go soon.
    Going(Vec<GoingRow>),
    /// A clean-up that was taken back.
    CleanupUndone(CleanupUndoneRow),
    /// Cards that lack a required field.
    FieldsMissing(FieldsMissingRow),
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

impl Outcome {
    /// Did it find something wrong?
    pub const fn found_faults(&self) -> bool {
        match self {
            Self::Checked(check) => check.fault_count > 0,
            Self::AuditVerified(row) => row.fault.is_some(),
            Self::Imported(row) => row.refused > 0 || row.cards == 0,
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
            Self::FieldsMissing(row) => serde_json::to_value(row),
            Self::FollowUps(rows) => serde_json::to_value(rows),
            Self::Audit(rows) => serde_json::to_value(rows),
            Self::AuditVerified(row) => serde_json::to_value(row),
            Self::Merged(row) => serde_json::to_value(row),
            Self::Undone(row) => serde_json::to_value(row),
            Self::Merges(rows) => serde_json::to_value(rows),
            Self::Consents(rows) => serde_json::to_value(rows),
            Self::Erased(row) => serde_json::to_value(row),
            Self::Tombstones(rows) => serde_json::to_value(rows),
            Self::Imported(row) => serde_json::to_value(row),
            Self::Segments(rows) => serde_json::to_value(rows),
            Self::Segment(row) => serde_json::to_value(row),
            Self::SegmentMembers(row) => serde_json::to_value(row),
            Self::QueryFields(rows) => serde_json::to_value(rows),
            Self::Found(row) => serde_json::to_value(row),
            Self::Duplicates(row) => serde_json::to_value(row),
            Self::Proposals(rows) => serde_json::to_value(rows),
            Self::Quality(row) => serde_json::to_value(row),
            Self::CardQuality(rows) => serde_json::to_value(rows),
            Self::FindingTags(rows) => serde_json::to_value(rows),
            Self::Cleaned(row) => serde_json::to_value(row),
            Self::Cleanups(rows) => serde_json::to_value(rows),
            Self::CleanupUndone(row) => serde_json::to_value(row),
            Self::Rules(rows) => serde_json::to_value(rows),
            Self::Going(rows) => serde_json::to_value(rows),
            Self::Checked(row) => serde_json::to_value(row),
            Self::Printed => return Value::Null,
        };
        value.unwrap_or(Value::Null)
    }
}
