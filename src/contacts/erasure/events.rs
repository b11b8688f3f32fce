//! Events and tasks that name them: they are their owner's, and stay, without them. Nobody is told
//! of it as of a change of the event.

use bytes::Bytes;

use super::Work;
use super::mentions::Mentions;
use super::others::reworded;
use crate::base::{Fault, Limits};
use crate::calendars::object;
use crate::formats::edit::Edits;
use crate::formats::line::{Line, Lines};
use crate::store::body::{self, Slot};
use crate::store::collection::{Collection, Role};
use crate::store::member;
use crate::store::write::{Refusal, Target, Told};

/// Lines that hold no words.
const NO_WORDS: [&str; 18] = [
    "BEGIN",
    "END",
    "VERSION",
    "PRODID",
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "CREATED",
    "LAST-MODIFIED",
    "SEQUENCE",
    "ATTACH",
];

/// Who stands for them as the organizer of an event; nobody can be reached under it.
const NOBODY: &[u8] = b"ORGANIZER:mailto:erased@example.invalid";

impl Work<'_> {
    pub(super) async fn events(&self, calendar: &Collection) -> Result<(), Fault> {
        if self.mentions.is_empty() || matches!(calendar.role, Role::Birthdays | Role::Interactions)
        {
            return Ok(());
        }
        // Messages that came, and what was deleted, need not be kept without them.
        let ends = calendar.role == Role::Inbox || calendar.deleted.is_some();
        for name in self.naming(calendar).await? {
            commit!(self, |snapshot, batch| {
                let Some(found) = member::find(snapshot, calendar.id, &name).await? else {
                    return Ok(());
                };
                if ends {
                    let (store, at) = (self.store, (calendar, name.as_str()));
                    return Ok(store.plan_erase(snapshot, batch, at.0, at.1, &found).await?);
                }
                let stored = body::get(snapshot, Slot::Member(calendar.id, &name)).await?;
                let bytes = stored.whole(snapshot).await?;
                let Some(now) = without(&bytes, self.mentions) else { return Ok(()) };
                let limits = Limits {
                    event_bytes: u64::MAX,
                    event_lines: usize::MAX,
                    event_components: usize::MAX,
                    event_instances: usize::MAX,
                    attendees: usize::MAX,
                    ..Limits::default()
                };
                let rules = object::Rules {
                    limits: &limits,
                    kinds: calendar.calendar.components,
                    strict: false,
                    now: i64::try_from(self.store.now().seconds()).unwrap_or_default(),
                };
                let new = object::accept(Bytes::from(now), &rules)?;
                let actor = &self.erasure.actor;
                let target = Target { collection: calendar, rights: &[], name: &name, actor };
                let (told, found) = (Told::Nothing, Some(&found));
                let planned =
                    self.store.plan_put_as(told, snapshot, batch, &target, &new, found, None);
                match planned.await {
                    Ok(_) => Ok(()),
                    Err(Refusal::Fault(fault)) => Err(fault),
                    Err(_) => Err(Fault::conflict("An event was changed at this moment.")),
                }
            })?;
        }
        Ok(())
    }
}

/// An event or task without them; `None`: it does not name them.
pub(super) fn without(bytes: &[u8], mentions: &Mentions) -> Option<Vec<u8>> {
    let mut edits = Edits::new(bytes);
    for line in Lines::new(bytes).filter(Line::has_value) {
        let (attends, organizes) = (line.is("ATTENDEE"), line.is("ORGANIZER"));
        if (attends || organizes) && mentions.has_mail(&line.text()) {
            if attends {
                edits.remove(line.span());
            } else {
                edits.replace(line.span(), NOBODY);
            }
        } else if attends || organizes {
            // Somebody else, who goes by their name.
            let head = String::from_utf8_lossy(line.head()).into_owned();
            if let Some(head) = mentions.without(&head) {
                edits.replace(line.span(), &[head.as_bytes(), b":", &line.value()].concat());
            }
        } else if !NO_WORDS.iter().any(|name| line.is(name))
            && let Some(now) = reworded(&line, false, |text| mentions.without(text))
        {
            edits.replace(line.span(), &now);
        }
    }
    (!edits.is_empty()).then(|| edits.apply())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_without_them() {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mentions = Mentions::of(&own(&["Bert Berg"]), &own(&["bert@x.org"]), &[]);
        let event = b"BEGIN:VEVENT\r\nUID:bert@x.org\r\nSUMMARY:Lunch\\, Bert Berg\\; Cy\r\n\
            ORGANIZER:mailto:bert@x.org\r\nATTENDEE;CN=Bert Berg:mailto:BERT@x.org\r\n\
            ATTENDEE;CN=Bert Berg:mailto:cy@x.org\r\nDESCRIPTION:with\\nBert Berg\r\nEND:VEVENT\r\n";
        let left = String::from_utf8(without(event, &mentions).unwrap()).unwrap();
        assert_eq!(
            left,
            "BEGIN:VEVENT\r\nUID:bert@x.org\r\nSUMMARY:Lunch\\, [erased]\\; Cy\r\n\
             ORGANIZER:mailto:erased@example.invalid\r\n\
             ATTENDEE;CN=[erased]:mailto:cy@x.org\r\nDESCRIPTION:with\\n[erased]\r\nEND:VEVENT\r\n"
        );
        assert!(without(left.as_bytes(), &mentions).is_none());
    }
}
