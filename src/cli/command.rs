//! What can be asked of a store, whether a server is running on it or not. The command line
//! makes these; they travel over the control socket as JSON.

mod audit;
mod calendars;
mod capture;
mod devices;
mod duplicates;
mod export;
mod groups;
mod memory;
mod people;
mod privacy;
mod quality;
mod recovery;
mod retention;
mod search;
mod secret;
mod segments;
mod wishes;

use serde::{Deserialize, Serialize};

pub use audit::AuditQuery;
pub use calendars::{CalendarCommand, CalendarHolds, DayTime};
pub use capture::{CaptureCommand, Message, SecretAddress};
pub use devices::{DeviceCommand, DeviceView};
pub use duplicates::DuplicatesCommand;
pub use export::{CardFormat, ExportCards};
pub use groups::GroupCommand;
pub use memory::{FieldCommand, FieldHolds, NoteCommand, NoteDetails, Turned};
pub use people::{FollowUpCommand, TagCommand};
pub use privacy::{ConsentCommand, PersonCommand};
pub use quality::QualityCommand;
pub use recovery::RecoveryCommand;
pub use retention::RetentionCommand;
pub use search::SearchQuery;
pub use secret::Secret;
pub use segments::SegmentCommand;
pub use wishes::{Lead, WishCommand};

use crate::store::grants::Access;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Add a user with their first book.
    UserAdd {
        /// What they sign in with.
        name: String,
        /// Their mail address.
        mail: Option<String>,
        /// The name others see.
        display_name: Option<String>,
        /// May they administer accounts?
        admin: bool,
        /// Their password.
        password: Option<Secret>,
    },
    /// Set a user's password.
    UserPasswd {
        /// The user.
        user: String,
        /// The new password.
        password: Secret,
    },
    /// Remove a user.
    UserRemove {
        /// The user.
        user: String,
    },
    /// Keep a user from signing in, or let them again.
    UserDisable {
        /// The user.
        user: String,
        /// Keep them out?
        disabled: bool,
    },
    /// Make several contacts one.
    Merge {
        /// Whose contacts.
        user: String,
        /// Who is to be one.
        who: Vec<String>,
        /// The one that stays.
        into: Option<String>,
        /// Only tell what would be done?
        preview: bool,
    },
    /// Take a merge back.
    Undo {
        /// Whose contacts.
        user: String,
        /// The number of the merge.
        number: u64,
    },
    /// List the merges that can be taken back.
    Merges {
        /// Whose contacts.
        user: String,
    },
    /// Take the cards of a file into a book.
    Import {
        /// Whose book.
        user: String,
        /// The book.
        book: String,
    },
    /// Show or set the time zone a user lives in.
    UserZone {
        /// The user.
        user: String,
        /// Its name (IANA); `None` only shows it.
        zone: Option<String>,
    },
    /// List the users.
    UserList,
    /// Something about devices.
    Device {
        /// Whose.
        user: String,
        /// What.
        what: DeviceCommand,
    },
    /// Something about groups of users.
    Group {
        /// What.
        what: GroupCommand,
    },
    /// List a user's books.
    BookList {
        /// The user.
        user: String,
    },
    /// Make an empty book.
    BookCreate {
        /// Whose it is to be.
        user: String,
        /// Its name in addresses.
        book: String,
        /// The name shown.
        display_name: Option<String>,
    },
    /// Something about calendars.
    Calendar {
        /// Whose.
        user: String,
        /// What.
        what: CalendarCommand,
    },
    /// List the cards that had to be repaired.
    BookAttention {
        /// Whose books.
        user: String,
        /// One book only.
        book: Option<String>,
    },
    /// Share a book.
    BookShare {
        /// Whose it is.
        user: String,
        /// The book.
        book: String,
        /// Is it a calendar?
        #[serde(default)]
        calendar: bool,
        /// With which user or group.
        with: String,
        /// What they may do.
        access: Access,
        /// Is the history left out of what they see?
        #[serde(default)]
        without_history: bool,
    },
    /// End a share.
    BookUnshare {
        /// Whose it is.
        user: String,
        /// The book.
        book: String,
        /// Is it a calendar?
        #[serde(default)]
        calendar: bool,
        /// With which user or group.
        with: String,
    },
    /// List with whom books are shared.
    BookShares {
        /// Whose they are.
        user: String,
        /// One book only.
        book: Option<String>,
    },
    /// Something about what was deleted, replaced or refused.
    Recovery {
        /// Whose.
        user: String,
        /// What.
        what: RecoveryCommand,
    },
    /// Print all cards, or all calendars.
    Export {
        /// Whose.
        user: String,
        /// One book or calendar only; `OWNER/BOOK` is one that is shared with them.
        name: Option<String>,
        /// All calendars instead of all books.
        calendars: bool,
        /// How cards are written.
        cards: ExportCards,
    },
    /// Something about what contacts agreed to.
    Consent {
        /// Whose contacts.
        user: String,
        /// What.
        what: ConsentCommand,
    },
    /// Something about a person as a whole.
    Person {
        /// Whose contact.
        user: String,
        /// What.
        what: PersonCommand,
    },
    /// Something about duplicates.
    Duplicates {
        /// Whose cards.
        user: String,
        /// What.
        what: DuplicatesCommand,
    },
    /// Something about the quality of cards.
    Quality {
        /// Whose.
        user: String,
        /// What.
        what: QualityCommand,
    },
    /// Something about the rules by which books let go of cards.
    Retention {
        /// Whose.
        user: String,
        /// What.
        what: RetentionCommand,
    },
    /// Something about segments.
    Segment {
        /// Whose segments.
        user: String,
        /// What.
        what: SegmentCommand,
    },
    /// Find contacts.
    Search {
        /// Who asks.
        user: String,
        /// For what.
        what: SearchQuery,
    },
    /// Something about tags.
    Tag {
        /// Whose tags.
        user: String,
        /// What.
        what: TagCommand,
    },
    /// Say how a user's mail is captured, or what is to become of what waits.
    Capture {
        /// Whose it is.
        user: String,
        /// What to do.
        what: CaptureCommand,
    },
    /// Take a mail for a secret address.
    CaptureMail {
        /// The secret address.
        to: SecretAddress,
        /// Who sent it, as the envelope says; empty for nobody.
        from: Option<String>,
        /// Its length in bytes.
        length: u64,
        /// Its first bytes, in base 64.
        message: Message,
    },
    /// Log, list, change or remove what happened with contacts.
    Note {
        /// Whose contacts.
        user: String,
        /// What to do.
        what: NoteCommand,
    },
    /// Show or change the stage of a contact and how often to keep in touch.
    Stage {
        /// Whose contact.
        user: String,
        /// Which one.
        who: String,
        /// The stage; `none` for none.
        stage: Option<String>,
        /// How often to keep in touch.
        every: Option<String>,
    },
    /// Define, list, set or end fields of a user's own.
    Field {
        /// Whose fields.
        user: String,
        /// What to do.
        what: FieldCommand,
    },
    /// Show or set what the server does by itself for a user.
    Wish {
        /// Whose.
        user: String,
        /// What.
        what: WishCommand,
    },
    /// Something about follow-ups.
    FollowUp {
        /// Whose.
        user: String,
        /// What.
        what: FollowUpCommand,
    },
    /// Log the meetings that ended.
    CaptureEvents {
        /// In whose calendars; of all users, if nobody is named.
        user: Option<String>,
        /// Since when, instead of since the last time.
        since: Option<String>,
    },
    /// List who changed what.
    Audit(AuditQuery),
    /// Verify that the audit was not tampered with.
    AuditVerify {
        /// Its head, as it was noted down.
        head: Option<String>,
    },
    /// Verify the store.
    Check {
        /// Make anew what of the search index is wrong?
        repair: bool,
    },
}

impl Command {
    /// The command with the password that was read for it.
    #[must_use]
    pub fn with_password(mut self, read: Secret) -> Self {
        match &mut self {
            Self::UserAdd { password, .. } => *password = Some(read),
            Self::UserPasswd { password, .. } => *password = read,
            _ => {}
        }
        self
    }

    /// Does it make sense where there is no store yet? Everything else asks about what is there,
    /// and a mistyped directory should not come into being.
    pub const fn may_begin_a_store(&self) -> bool {
        matches!(self, Self::UserAdd { .. } | Self::Group { what: GroupCommand::Add { .. } })
    }
}
