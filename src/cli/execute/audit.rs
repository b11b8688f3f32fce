//! `rolodav audit`

use serde::Serialize;
use serde_json::Value;

use crate::app::Services;
use crate::base::{ContactId, Fault, PrincipalId, Timestamp};
use crate::cli::command::AuditQuery;
use crate::cli::outcome::{AuditRow, AuditVerifiedRow, Outcome};
use crate::contacts::person;
use crate::formats::vcard::normalize_uid;
use crate::store::audit::{self, Noted, Record};
use crate::store::contacts;

const DAY: u64 = 86_400_000;

/// What tells that an entry is about a contact.
struct About {
    /// As it was typed.
    typed: String,
    uids: Vec<String>,
    number: Option<ContactId>,
}

pub(super) async fn list(services: &Services, query: &AuditQuery) -> Result<Outcome, Fault> {
    let since = query.since.as_deref().map(moment).transpose()?.map(|(from, _)| from);
    let until = query.until.as_deref().map(moment).transpose()?.map(|(_, to)| to);
    let user = match &query.user {
        Some(name) => Some(user(services, name).await?),
        None => None,
    };
    let about = match &query.contact {
        Some(who) => Some(about(services, user.as_ref(), who).await?),
        None => None,
    };
    let wanted = |record: &Record| {
        let entry = &record.entry;
        let id = user.as_ref().map(PrincipalId::as_str);
        since.is_none_or(|since| entry.at >= since)
            && until.is_none_or(|until| entry.at < until)
            && id.is_none_or(|id| entry.owner == id || entry.by.principal == id)
            && query.device.as_ref().is_none_or(|label| entry.by.device == *label)
            && about.as_ref().is_none_or(|about| about.is_in(record))
    };
    let snapshot = services.store.snapshot().await?;
    let found = audit::last(&snapshot, query.limit, wanted).await?;
    Ok(Outcome::Audit(found.into_iter().map(row).collect()))
}

pub(super) async fn verify(services: &Services, head: Option<&str>) -> Result<Outcome, Fault> {
    let wrong = || {
        Fault::bad_request(
            "The head of the audit looks like 123:0a1b…, a number and 64 letters and digits; \
             `rolodav audit verify` prints it.",
        )
    };
    let noted = head.map(|head| Noted::parse(head).ok_or_else(wrong)).transpose()?;
    let found = audit::verify(&services.store.snapshot().await?, noted).await?;
    Ok(Outcome::AuditVerified(AuditVerifiedRow {
        entries: found.head.map_or(0, |head| head.sequence),
        head: found.head.map(|head| head.to_string()),
        removed: found.removed,
        erased: found.erased,
        fault: found.fault,
    }))
}

/// The id of a user, or of one who is gone.
async fn user(services: &Services, name: &str) -> Result<PrincipalId, Fault> {
    match services.accounts.find(name).await {
        Ok(id) => Ok(id),
        Err(error) => PrincipalId::parse(&name.trim().to_lowercase()).ok_or(error.into()),
    }
}

/// The moments that a typed date begins and ends with.
fn moment(typed: &str) -> Result<(Timestamp, Timestamp), Fault> {
    let millis = |at: jiff::Timestamp| u64::try_from(at.as_millisecond()).unwrap_or(0);
    let typed = typed.trim();
    // A moment first: its text would pass for a day, too.
    if let Ok(at) = typed.parse().map(millis) {
        return Ok((Timestamp(at), Timestamp(at)));
    }
    let begin = typed
        .parse::<jiff::civil::Date>()
        .and_then(|day| jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)));
    match begin.map(millis) {
        Ok(begin) => Ok((Timestamp(begin), Timestamp(begin.saturating_add(DAY)))),
        Err(_) => Err(Fault::bad_request(format!(
            "`{typed}` is no day and no moment. Examples: 2026-11-03, 2026-11-03T14:00:00Z."
        ))),
    }
}

async fn about(services: &Services, user: Option<&PrincipalId>, who: &str) -> Result<About, Fault> {
    let mut about =
        About { typed: who.trim().to_owned(), uids: vec![normalize_uid(who)], number: None };
    let Some(owner) = user else { return Ok(about) };
    match person::find(&services.store, owner, who).await {
        Ok(person) => {
            let snapshot = services.store.snapshot().await?;
            if let Some((id, read)) = contacts::find(&snapshot, owner, &person.uid).await? {
                about.number = Some(id);
                about.uids.push(read.record.uid);
                about.uids.extend(read.record.aliases);
            }
            about.uids.extend(person.cards.into_iter().map(|place| place.uid));
            about.uids.push(person.uid);
            Ok(about)
        }
        // It may be gone; what was typed may still be its UID or name.
        Err(fault) if fault.status == 404 => Ok(about),
        Err(fault) => Err(fault),
    }
}

impl About {
    fn is_in(&self, record: &Record) -> bool {
        let names = &record.names;
        let bare = names.name.rsplit_once('.').map_or(names.name.as_str(), |(bare, _)| bare);
        self.number.is_some() && self.number == record.entry.contact
            || !names.uid.is_empty() && self.uids.contains(&names.uid)
            || [bare, names.name.as_str()].contains(&self.typed.as_str())
            || self.typed == format!("{}/{}", record.entry.place, names.name)
    }
}

fn row(record: Record) -> AuditRow {
    let erased = record.is_erased();
    let Record { sequence, entry, names } = record;
    AuditRow {
        number: sequence,
        at: entry.at.rfc3339(),
        by: entry.by.principal,
        device: entry.by.device,
        subject: word(entry.subject),
        verb: word(entry.verb),
        owner: entry.owner,
        place: entry.place,
        name: names.name,
        uid: names.uid,
        contact: entry.contact.map(|id| id.0),
        detail: names.detail,
        erased,
    }
}

fn word(word: impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_moments_are_moments() {
        for (typed, wanted) in [
            ("1970-01-02", Some((DAY, 2 * DAY))),
            ("1970-01-01T00:00:01Z", Some((1000, 1000))),
            ("1970-01-01T01:00:01+01:00", Some((1000, 1000))),
            ("yesterday", None),
            ("", None),
        ] {
            let read = moment(typed).ok().map(|(from, to)| (from.0, to.0));
            assert_eq!(read, wanted, "{typed:?}");
        }
    }
}
