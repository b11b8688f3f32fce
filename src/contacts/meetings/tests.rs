//! What is a meeting, and that each is logged once, against a clock that the test turns.

use std::sync::Arc;

use bytes::Bytes;

use super::ended::ended;
use super::*;
use crate::accounts::{Accounts, NewUser};
use crate::base::clock::ManualClock;
use crate::base::{Limits, PrincipalId, Timestamp};
use crate::calendars::object;
use crate::config::{Auth, Contacts};
use crate::contacts::card;
use crate::contacts::weaving::Rules;
use crate::formats::zone::Zone;
use crate::store::collection::{self, Collection, Components, Kind};
use crate::store::engine::Engine;
use crate::store::engine::memory::MemoryEngine;
use crate::store::interactions::{self, Interaction};
use crate::store::write::{NewMember, Target};
use crate::store::{Actor, Store, contacts};

/// 22 November 2026, 10:15 UTC.
const NOW: Timestamp = Timestamp(1_795_342_500_000);
const HOUR: u64 = 3_600_000;

fn event(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:meal\r\n\
         DTSTAMP:20260101T000000Z\r\nSUMMARY:Meal\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

const BERT: &str = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:Bert@example.org\r\n";

#[test]
fn what_is_a_meeting() {
    let now = i64::try_from(NOW.seconds()).unwrap();
    let hour = "DTSTART:20261122T090000Z\r\nDTEND:20261122T100000Z\r\n";
    let day = "DTSTART;VALUE=DATE:20261121\r\n";
    for (lines, wanted) in [
        (format!("{hour}{BERT}"), 1),
        (hour.to_owned(), 0),
        (format!("{hour}{BERT}STATUS:CANCELLED\r\n"), 0),
        (format!("{hour}{BERT}STATUS:TENTATIVE\r\n"), 1),
        (format!("{hour}{BERT}TRANSP:TRANSPARENT\r\n"), 1),
        (format!("{day}{BERT}TRANSP:TRANSPARENT\r\n"), 0),
        (format!("{day}{BERT}"), 1),
        (format!("{hour}ATTENDEE;CUTYPE=ROOM:mailto:bert@example.org\r\n"), 0),
        (format!("DTSTART:20261122T090000Z\r\nDTEND:20261122T103000Z\r\n{BERT}"), 0),
        (format!("DTSTART:20261120T090000Z\r\nDURATION:PT1H\r\n{BERT}"), 0),
        (format!("DTSTART:20261101T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n{BERT}"), 2),
        (
            format!(
                "DTSTART:20261101T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n\
                 EXDATE:20261121T090000Z\r\n{BERT}"
            ),
            1,
        ),
    ] {
        // From the noon of the 20th, UTC.
        let found = ended(event(&lines).as_bytes(), &Zone::UTC, now - 166_500, now);
        assert_eq!(found.len(), wanted, "{lines}");
        let mut uids: Vec<&str> = found.iter().map(|meeting| meeting.uid.as_str()).collect();
        uids.dedup();
        assert_eq!(uids.len(), wanted, "each instance has a UID of its own: {lines}");
    }
}

struct Desk {
    store: Arc<Store>,
    clock: Arc<ManualClock>,
    rules: Rules,
    anna: PrincipalId,
}

impl Desk {
    async fn open() -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Arc::new(Store::open(engine, Arc::clone(&clock) as _).await.unwrap());
        let accounts = Accounts::new(Arc::clone(&store), &Auth::default()).unwrap();
        let mail = Some("anna@example.org".to_owned());
        let user = NewUser { name: "anna".into(), mail, ..NewUser::default() };
        accounts.add_user(user).await.unwrap();
        let rules = Rules::of(&Contacts::default(), 1000);
        let desk = Self { store, clock, rules, anna: PrincipalId::parse("anna").unwrap() };
        for name in ["bert", "cleo", "anna"] {
            let text = format!(
                "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:{name}\r\n\
                 EMAIL:{name}@example.org\r\nEND:VCARD\r\n"
            );
            let new = card::accept(Bytes::from(text), 1000, false).unwrap();
            desk.put(Kind::AddressBook, "contacts", &format!("{name}.vcf"), &new).await;
        }
        desk
    }

    async fn collection(&self, kind: Kind, name: &str) -> Collection {
        let snapshot = self.store.snapshot().await.unwrap();
        collection::find(&snapshot, &self.anna, kind, name).await.unwrap().unwrap().collection
    }

    async fn put(&self, kind: Kind, collection: &str, name: &str, new: &NewMember) {
        let collection = &self.collection(kind, collection).await;
        let actor = &Actor { principal: "anna".to_owned(), device: String::new() };
        let target = Target { collection, rights: &[], name, actor };
        self.store.put_member(&target, new, None, None, |_| Ok(())).await.unwrap();
    }

    async fn store_event(&self, lines: &str) {
        let limits = Limits::default();
        let now = i64::try_from(self.store.now().seconds()).unwrap();
        let kinds = Components::EVENT;
        let rules = object::Rules { limits: &limits, kinds, strict: false, now };
        let new = object::accept(Bytes::from(event(lines)), &rules).unwrap();
        self.put(Kind::Calendar, "calendar", "meal.ics", &new).await;
    }

    async fn run(&self) -> usize {
        let (store, rules) = (&*self.store, &self.rules);
        Meetings { store, rules, most_attendees: 3, origin: "" }.log_all().await.unwrap()
    }

    async fn history(&self, uid: &str) -> Vec<Interaction> {
        let snapshot = self.store.snapshot().await.unwrap();
        let Some((id, _)) = contacts::find(&snapshot, &self.anna, uid).await.unwrap() else {
            return Vec::new();
        };
        let latest = interactions::latest(&snapshot, id, 100).await.unwrap();
        latest.into_iter().map(|(_, one)| one).collect()
    }
}

const ALL: &str = "ORGANIZER:mailto:anna@example.org\r\n\
    ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\r\n\
    ATTENDEE;PARTSTAT=ACCEPTED:mailto:bert@example.org\r\n\
    ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:Cleo@Example.org\r\n";

#[tokio::test]
async fn each_meeting_is_logged_once_with_all_who_attended() {
    let desk = Desk::open().await;
    assert_eq!(desk.run().await, 0);
    desk.store_event(&format!("DTSTART:20261122T110000Z\r\nDURATION:PT30M\r\n{ALL}")).await;
    desk.clock.advance_millis(HOUR);
    assert_eq!(desk.run().await, 0, "it has not ended");
    desk.clock.advance_millis(HOUR);
    assert_eq!(desk.run().await, 1);
    assert_eq!(desk.run().await, 0, "once");
    let bert = desk.history("bert").await;
    assert_eq!(bert, desk.history("cleo").await, "they share it");
    let [met] = &bert[..] else { panic!("{bert:?}") };
    assert_eq!(
        (met.kind.as_str(), met.text.as_str(), met.duration),
        ("meeting", "Meal", Some(1800))
    );
    assert_eq!(met.at, Timestamp(NOW.0 + 45 * 60_000));
    assert_eq!(met.link.as_deref(), Some("/dav/calendars/anna/calendar/meal.ics"));
    assert!(desk.history("anna").await.is_empty(), "nobody meets themselves");

    // What becomes of it afterwards changes nothing.
    desk.store_event(&format!("DTSTART:20261123T110000Z\r\nDURATION:PT30M\r\n{ALL}")).await;
    desk.clock.advance_millis(48 * HOUR);
    assert_eq!(desk.run().await, 0);
    assert_eq!(desk.history("bert").await.len(), 1);
}

#[tokio::test]
async fn a_series_counts_each_time_and_a_stop_is_caught_up() {
    let desk = Desk::open().await;
    let rule = "DTSTART:20261123T080000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n";
    desk.store_event(&format!("{rule}{ALL}")).await;
    assert_eq!(desk.run().await, 0);
    // Twenty days without the server.
    desk.clock.advance_millis(20 * 24 * HOUR);
    assert_eq!(desk.run().await, 20);
    desk.clock.advance_millis(24 * HOUR);
    assert_eq!(desk.run().await, 1);
    assert_eq!(desk.history("bert").await.len(), 21);
}

#[tokio::test]
async fn what_comes_after_it_ended_counts_and_what_nobody_attended_does_not() {
    for (lines, wanted) in [
        (ALL.to_owned(), 1),
        (ALL.replace("ACCEPTED:mailto:anna", "DECLINED:mailto:anna"), 0),
        (format!("{ALL}ATTENDEE:mailto:one@more.example\r\n"), 0),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:bert@example.org\r\n".to_owned(), 0),
        ("ATTENDEE:mailto:nobody@example.org\r\n".to_owned(), 0),
        ("ORGANIZER:mailto:bert@example.org\r\nATTENDEE:mailto:anna@example.org\r\n".to_owned(), 1),
    ] {
        let desk = Desk::open().await;
        assert_eq!(desk.run().await, 0);
        desk.clock.advance_millis(5 * HOUR);
        assert_eq!(desk.run().await, 0);
        // A phone that was away sends it now.
        desk.store_event(&format!("DTSTART:20261122T110000Z\r\nDURATION:PT30M\r\n{lines}")).await;
        assert_eq!(desk.run().await, wanted, "{lines}");
        assert_eq!(desk.history("bert").await.len(), wanted, "{lines}");
    }
}
