//! Outcomes for the terminal: sentences and tables.

mod audit;
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

use std::fmt::Write as _;

use super::outcome::{
    AttentionRow, BirthdaysRow, BookRow, CalendarRow, CheckRow, ConflictRow, DelegateRow,
    DeviceRow, FeedRow, FollowUpRow, GroupRow, Outcome, PublishedRow, SenderRow, ShareRow,
    SourceRow, TagRow, TrashRow, UserRow,
};
pub use import::card as imported_card;

use super::table::Table;
use crate::base::{Groups, counted};

/// What a person gets to read.
pub fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(message) => format!("{message}\n"),
        Outcome::Added(added) => {
            format!("Added `{}` (id {}).\n{}\n", added.name, added.id, added.next)
        }
        Outcome::AppPassword(row) => format!(
            "Device {} (`{}`) can sign in now:\n\n    user name  {}\n    password   {}\n\n\
             The password is not shown again. If it is lost, revoke the device and add it anew.\n",
            row.device, row.label, row.user_name, row.password
        ),
        Outcome::Users(rows) => users(rows),
        Outcome::Devices(rows) => devices(rows),
        Outcome::Groups(rows) => groups(rows),
        Outcome::Shares(rows) => shares(rows),
        Outcome::Tags(rows) => tags(rows),
        Outcome::Segments(rows) => segments::segments(rows),
        Outcome::Segment(row) => segments::segment(row),
        Outcome::SegmentMembers(row) => segments::members(row),
        Outcome::QueryFields(rows) => segments::fields(rows),
        Outcome::Books(rows) => books(rows),
        Outcome::Calendars(rows) => calendars(rows),
        Outcome::Delegates(rows) => delegates(rows),
        Outcome::Published(row) => published(row),
        Outcome::Feeds(rows) => feeds(rows),
        Outcome::Birthdays(row) => birthdays(row),
        Outcome::Attention(rows) => attention(rows),
        Outcome::Trash(rows) => trash(rows),
        Outcome::Versions(rows) => history::versions(rows),
        Outcome::CaptureAddress(row) => format!(
            "Mail to this address is logged with the contacts it concerns:\n\n    {}\n\n\
             It is not shown again. Whoever knows it can add lines to timelines: keep it secret.\n",
            row.address
        ),
        Outcome::OwnAddresses(rows) if rows.is_empty() => {
            "No addresses beside those of the account.\n".to_owned()
        }
        Outcome::OwnAddresses(rows) => format!("{}\n", rows.join("\n")),
        Outcome::Senders(rows) => senders(rows),
        Outcome::Delivery(row) => format!("{}\n", row.message),
        Outcome::Conflicts(rows) => conflicts(rows),
        Outcome::Noted(row) => memory::noted(row),
        Outcome::Notes(rows) => memory::notes(rows),
        Outcome::Remembered(row) => memory::remembered(row),
        Outcome::Fields(rows) => memory::fields(rows),
        Outcome::FieldsMissing(row) => memory::missing(row),
        Outcome::FollowUps(rows) => followups(rows),
        Outcome::Printed => String::new(),
        Outcome::Audit(rows) => audit::entries(rows),
        Outcome::AuditVerified(row) => audit::verified(row),
        Outcome::Merged(row) => merges::merged(row),
        Outcome::Undone(row) => merges::undone(row),
        Outcome::Merges(rows) => merges::merges(rows),
        Outcome::Consents(rows) => privacy::consents(rows),
        Outcome::Erased(row) => privacy::erased(row),
        Outcome::Tombstones(rows) => privacy::tombstones(rows),
        Outcome::Imported(row) => import::imported(row),
        Outcome::Found(row) => search::found(row),
        Outcome::Duplicates(row) => duplicates::scan(row),
        Outcome::Proposals(rows) => duplicates::pairs(rows),
        Outcome::Quality(row) => quality::quality(row),
        Outcome::CardQuality(rows) => quality::cards(rows),
        Outcome::FindingTags(rows) => quality::tags(rows),
        Outcome::Cleaned(row) => quality::cleaned(row),
        Outcome::Cleanups(rows) => quality::cleanups(rows),
        Outcome::CleanupUndone(row) => quality::undone(row),
        Outcome::Rules(rows) => retention::rules(rows),
        Outcome::Going(rows) => retention::going(rows),
        Outcome::Checked(check) => checked(check),
    }
}

fn senders(rows: &[SenderRow]) -> String {
    let mut table = Table::new(&["MAIL", "NAME", "MAILS", "LAST", "ABOUT", ""]);
    for row in rows {
        let note = if row.doubtful { "nobody vouches for it" } else { "" }.to_owned();
        let subject = row.subject.lines().next().unwrap_or_default().to_owned();
        table.row([&row.mail, &row.name, &row.mails.to_string(), &row.last, &subject, &note]);
    }
    table.or_else("Nobody waits.")
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

fn tags(rows: &[TagRow]) -> String {
    let mut table = Table::new(&["TAG", "CARDS", "COLOUR"]);
    for row in rows {
        let color = row.color.clone().unwrap_or_default();
        table.row([&row.tag, &row.cards.to_string(), &color]);
    }
    table.or_else("No tags yet. `rolodav tag add USER TAG WHO` tags cards.")
}

fn followups(rows: &[FollowUpRow]) -> String {
    let mut table = Table::new(&["ID", "DUE", "CONTACT", "WHAT", ""]);
    for row in rows {
        let due = row.due.clone().unwrap_or_else(|| "–".to_owned());
        let state = Some(row.state.clone()).filter(|state| state != "open").unwrap_or_default();
        table.row([&row.id, &due, &row.name, &row.text, &state]);
    }
    table.or_else("Nothing is to be done. `rolodav followup add USER WHO TEXT` adds a follow-up.")
}

fn devices(rows: &[DeviceRow]) -> String {
    let mut table = Table::new(&["NO", "LABEL", "ADDED", "LAST SEEN", "FROM", "AS", ""]);
    for row in rows {
        let mut notes = Vec::new();
        notes.extend(row.revoked.as_ref().map(|at| format!("revoked {at}")));
        notes.extend(row.read_only.then(|| "read-only".to_owned()));
        match row.groups {
            Groups::ByProgram => {}
            Groups::Cards => notes.push("groups as cards".to_owned()),
            Groups::Categories => notes.push("groups as categories".to_owned()),
        }
        notes.extend((!row.history).then(|| "no history".to_owned()));
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
        let mut access = row.access.clone();
        access.push_str(if row.history { "" } else { ", no history" });
        table.row([&format!("{}/{}", row.owner, row.book), &row.with, &access]);
    }
    table.or_else("Nothing is shared. `rolodav book share USER BOOK WITH` shares a book.")
}

fn books(rows: &[BookRow]) -> String {
    let mut table = Table::new(&["BOOK", "NAME", "CARDS", "KIB", "SHARED WITH"]);
    for row in rows {
        let shares = if row.shares == 0 { String::new() } else { row.shares.to_string() };
        table.row([
            &row.book,
            &row.display_name.clone().unwrap_or_default(),
            &row.cards.to_string(),
            &row.bytes.div_ceil(1024).to_string(),
            &shares,
        ]);
    }
    table.or_else("No books. `rolodav book create USER BOOK` makes one.")
}

fn calendars(rows: &[CalendarRow]) -> String {
    let mut table = Table::new(&["CALENDAR", "NAME", "HOLDS", "ENTRIES", "KIB", "SHARED WITH", ""]);
    for row in rows {
        let shares = if row.shares == 0 { String::new() } else { row.shares.to_string() };
        let note = match &row.source {
            Some(source) => subscribed(source),
            None if row.kept_by_server => "kept by the server".to_owned(),
            None => String::new(),
        };
        table.row([
            &row.calendar,
            &row.display_name.clone().unwrap_or_default(),
            &row.holds.join(", "),
            &row.entries.to_string(),
            &row.bytes.div_ceil(1024).to_string(),
            &shares,
            &note,
        ]);
    }
    table.or_else("No calendars. `rolodav calendar create USER CALENDAR` makes one.")
}

fn subscribed(source: &SourceRow) -> String {
    let fetched = source.fetched.as_deref().unwrap_or("never");
    let mut note = format!("from {}, fetched {fetched}", source.url);
    if source.left_out > 0 {
        let _ = write!(note, ", {} unreadable", source.left_out);
    }
    if let Some(error) = &source.error {
        let _ = write!(note, "; since then: {error}");
    }
    note
}

fn delegates(rows: &[DelegateRow]) -> String {
    let mut table = Table::new(&["DELEGATE", "ACCESS"]);
    for row in rows {
        table.row([&row.delegate, &row.access]);
    }
    table.or_else("Nobody. `rolodav calendar delegate USER WITH` lets somebody.")
}

fn published(row: &PublishedRow) -> String {
    let host = if row.url.starts_with('/') {
        "Put your server's address before it (`server.external_urls` tells it to the server). "
    } else {
        ""
    };
    format!(
        "Whoever knows this address sees everything on the calendar:\n\n    {}\n\n\
         {host}It is not shown again. It can be ended by its number, {}.\n",
        row.url, row.number
    )
}

fn feeds(rows: &[FeedRow]) -> String {
    let mut table = Table::new(&["NO", "CALENDAR", "LABEL", "SINCE"]);
    for row in rows {
        let calendar = row.calendar.clone().unwrap_or_else(|| "(deleted)".to_owned());
        table.row([&row.number.to_string(), &calendar, &row.label, &row.created]);
    }
    table.or_else("No secret addresses. `rolodav calendar publish USER CALENDAR` makes one.")
}

fn birthdays(row: &BirthdaysRow) -> String {
    if row.alarms.is_empty() {
        return "No reminders of birthdays. `--alarm 0@9:00` sets one for the morning.\n"
            .to_owned();
    }
    let mut text = String::from("Reminders of birthdays and anniversaries:\n");
    for alarm in &row.alarms {
        let (days, time) = alarm.split_once('@').unwrap_or((alarm, ""));
        let _ = match days {
            "0" => writeln!(text, "    on the day, at {time}"),
            "1" => writeln!(text, "    one day before, at {time}"),
            days => writeln!(text, "    {days} days before, at {time}"),
        };
    }
    text
}

fn attention(rows: &[AttentionRow]) -> String {
    let mut table = Table::new(&["CARD", "SINCE", "WHAT WAS REPAIRED"]);
    for row in rows {
        table.row([&format!("{}/{}", row.book, row.card), &row.at, &row.notes.join(" ")]);
    }
    table.or_else("Nothing needs attention.")
}

fn trash(rows: &[TrashRow]) -> String {
    let mut table = Table::new(&["WHAT", "ENTRIES", "DELETED", "BY"]);
    for row in rows {
        let cards = row.cards.map(|cards| cards.to_string()).unwrap_or_default();
        table.row([&row.what, &cards, &row.deleted, &row.by.clone().unwrap_or_default()]);
    }
    table.or_else("The trash is empty.")
}

fn conflicts(rows: &[ConflictRow]) -> String {
    let mut table = Table::new(&["NUMBER", "MEANT FOR", "REFUSED", "OF", "BYTES"]);
    for row in rows {
        let (number, bytes) = (row.number.to_string(), row.bytes.to_string());
        table.row([&number, &row.what, &row.at, &row.by, &bytes]);
    }
    table.or_else("No edit was refused.")
}

fn checked(check: &CheckRow) -> String {
    let CheckRow { books, cards, versions, repaired, faults, fault_count } = check;
    let mut text = String::new();
    for fault in repaired {
        let _ = writeln!(text, "repaired: {fault}");
    }
    for fault in faults {
        let _ = writeln!(text, "fault: {fault}");
    }
    let hidden = fault_count.saturating_sub(faults.len() as u64);
    if hidden > 0 {
        let _ = writeln!(text, "and {}", counted(hidden, "more fault", "more faults"));
    }
    let _ = write!(
        text,
        "{books} books and calendars, {cards} cards and events, {}: ",
        counted(versions, "earlier version", "earlier versions")
    );
    text.push_str(match fault_count {
        0 => "all is in order.\n",
        _ => "NOT in order. Keep a copy of the data directory before doing anything else.\n",
    });
    text
}
