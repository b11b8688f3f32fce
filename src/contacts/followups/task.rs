//! A follow-up as a task (VTODO): written, read back, and changed line by line, so that what a
//! phone added to it stays.

use jiff::civil::{Date, Time};

use crate::base::Timestamp;
use crate::calendars::scheduling::draft::Draft;
use crate::contacts::layer::clean;
use crate::contacts::naming::one_line;
use crate::formats::edit::Edits;
use crate::formats::ical::component::{self, Bounds, Component};
use crate::formats::ical::value::When;
use crate::formats::property::Property;
use crate::formats::text::escape;
use crate::formats::zone::{Zone, Zones};
use crate::store::followups::{FollowUp, Origin};

const PRODUCT: &str = concat!("-//rolodav//rolodav ", env!("CARGO_PKG_VERSION"), "//EN");

/// What a task says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its title.
    pub summary: String,
    /// When it is due; a day is told by its noon.
    pub due: Option<Timestamp>,
    /// When it was done, if it is; 0 if it does not say.
    pub done: Option<Timestamp>,
    /// Was it called off?
    pub cancelled: bool,
}

/// What is to be another in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is due on this day.
    Due(Date),
    /// It is done.
    Done,
}

/// The title that a phone shows.
pub fn title(followup: &FollowUp, name: &str) -> String {
    let text = one_line(&followup.text);
    match followup.origin {
        Origin::Cadence => format!("{text} with {name}"),
        Origin::Asked | Origin::Day if text.is_empty() => name.to_owned(),
        Origin::Asked | Origin::Day => format!("{name}: {text}"),
    }
}

/// What `summary` says is to be done, if somebody wrote another title on it.
pub fn text_of(summary: &str, followup: &FollowUp, name: &str) -> String {
    if one_line(summary) == title(followup, name) {
        return followup.text.clone();
    }
    let summary = clean(summary);
    match summary.strip_prefix(name).and_then(|rest| rest.strip_prefix(':')) {
        Some(rest) => rest.trim().to_owned(),
        None => summary,
    }
}

/// `followup`, about the contact called `name`, as a new task.
pub fn write(followup: &FollowUp, name: &str, zone: &Zone, now: Timestamp) -> Vec<u8> {
    let mut task = Draft::new("VTODO");
    task.set_value("UID", escape(&followup.uid));
    task.set_value("DTSTAMP", now.basic());
    task.set_value("CREATED", followup.created.basic());
    task.set_value("SUMMARY", escape(&title(followup, name)));
    if let Some(due) = followup.due {
        task.set(day("DUE", day_of(due, zone)));
    }
    let text = clean(&followup.text);
    if text.contains('\n') {
        task.set_value("DESCRIPTION", escape(&text));
    }
    task.set_value("CATEGORIES", "Follow-up");
    task.set_value("CONTACT", escape(name));
    task.set_value("X-ROLODAV-CONTACT", escape(&clean(&followup.contact)));
    task.set_value("STATUS", "NEEDS-ACTION");
    let mut calendar = Draft::new("VCALENDAR");
    calendar.set_value("VERSION", "2.0");
    calendar.set_value("PRODID", PRODUCT);
    calendar.children.push(task);
    calendar.write()
}

/// What the task in `bytes` says; days are meant in `zone`.
pub fn read(bytes: &[u8], zone: &Zone) -> Option<Task> {
    let document = component::parse(bytes, Bounds::STORED).ok()?;
    let calendar = document.calendar()?;
    let task = main(calendar)?;
    let zones = Zones::of(calendar, zone.clone());
    let moment = |when: &When| match when {
        When::Date(date) => noon(*date, zone),
        when => Timestamp(u64::try_from(zones.instant(when)).unwrap_or(0).saturating_mul(1000)),
    };
    let when = |name| task.property(name).and_then(When::of).as_ref().map(moment);
    let open = task.says("STATUS", "NEEDS-ACTION") || task.says("STATUS", "IN-PROCESS");
    let finished = task.property("COMPLETED").is_some() || task.says("PERCENT-COMPLETE", "100");
    let done = task.says("STATUS", "COMPLETED")
        || (finished && !open && !task.says("STATUS", "CANCELLED"));
    Some(Task {
        summary: task.text("SUMMARY").map(std::borrow::Cow::into_owned).unwrap_or_default(),
        due: when("DUE"),
        done: done.then(|| when("COMPLETED").unwrap_or_default()),
        cancelled: task.says("STATUS", "CANCELLED"),
    })
}

/// The task in `bytes` with a change of ours.
pub fn changed(bytes: &[u8], change: Change, now: Timestamp) -> Option<Vec<u8>> {
    let document = component::parse(bytes, Bounds::STORED).ok()?;
    let task = main(document.calendar()?)?;
    let mut edits = Edits::new(bytes);
    let mut set = |property: &Property| {
        let content = property.write();
        match task.property(&property.name) {
            Some(line) => edits.replace(line.span(), &content),
            None => edits.insert(task.inner.start, &content),
        }
    };
    match change {
        Change::Due(date) => set(&day("DUE", date)),
        Change::Done => {
            set(&Property::new("STATUS", "COMPLETED"));
            set(&Property::new("COMPLETED", now.basic()));
            set(&Property::new("PERCENT-COMPLETE", "100"));
        }
    }
    set(&Property::new("DTSTAMP", now.basic()));
    set(&Property::new("LAST-MODIFIED", now.basic()));
    if let (Change::Due(_), Some(start)) = (change, task.property("DTSTART")) {
        // It would be after the end, or of another type than that.
        edits.remove(start.span());
    }
    Some(edits.apply())
}

/// The task in `bytes` with another title.
pub fn titled(bytes: &[u8], title: &str) -> Option<Vec<u8>> {
    let document = component::parse(bytes, Bounds::STORED).ok()?;
    let task = main(document.calendar()?)?;
    let mut edits = Edits::new(bytes);
    let content = Property::new("SUMMARY", escape(title)).write();
    match task.property("SUMMARY") {
        Some(line) => edits.replace(line.span(), &content),
        None => edits.insert(task.inner.start, &content),
    }
    Some(edits.apply())
}

/// The noon of a day, by which the day is told.
pub fn noon(date: Date, zone: &Zone) -> Timestamp {
    let seconds = zone.instant(date.to_datetime(Time::constant(12, 0, 0, 0)));
    Timestamp(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
}

/// The day of a moment.
pub fn day_of(at: Timestamp, zone: &Zone) -> Date {
    zone.civil(i64::try_from(at.seconds()).unwrap_or(i64::MAX)).date()
}

fn main<'c, 'a>(calendar: &'c Component<'a>) -> Option<&'c Component<'a>> {
    let mut tasks = calendar.children.iter().filter(|child| child.is("VTODO"));
    tasks.find(|task| task.property("RECURRENCE-ID").is_none())
}

fn day(name: &str, date: Date) -> Property {
    let mut property = Property::new(name, date.strftime("%Y%m%d").to_string());
    property.set("VALUE", "DATE");
    property
}
