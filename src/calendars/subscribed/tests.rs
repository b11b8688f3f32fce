//! Feeds are taken apart, cleaned, and taken in with no more changes than there are.

use std::sync::Arc;

use bytes::Bytes;

use super::clean::Cleaning;
use super::feed::{Feed, NoFeed, take_apart};
use super::refresh::{Refreshed, Refreshing};
use crate::base::clock::{Clock, ManualClock};
use crate::base::{CollectionId, Limits, PrincipalId, Timestamp};
use crate::fetch::vetting::Vetting;
use crate::fetch::{Fetcher, Found, Known, Rules};
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Components, Kind, Role};
use crate::store::engine::{Batch, Engine, Step, memory::MemoryEngine};
use crate::store::subscriptions::{self, Subscription};
use crate::store::{Store, change, member};

fn calendar(inner: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\n{inner}END:VCALENDAR\r\n")
}

fn event(uid: &str, inner: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\n\
         {inner}END:VEVENT\r\n"
    )
}

fn apart(text: &str) -> Feed {
    take_apart(text.as_bytes(), 1000, Cleaning { alarms: false }).unwrap()
}

fn object(feed: &Feed, uid: &str) -> String {
    String::from_utf8(feed.objects[uid].clone()).unwrap()
}

#[test]
fn an_object_has_its_instances_and_the_zones_it_uses_and_nothing_that_does_more_than_tell() {
    let zone = |id: &str| {
        format!(
            "BEGIN:VTIMEZONE\r\nTZID:{id}\r\nTZURL:http://x/\r\nBEGIN:STANDARD\r\n\
             DTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n\
             END:VTIMEZONE\r\n"
        )
    };
    let risky = "SUMMARY;ALTREP=\"cid:x:y;z\";LANGUAGE=de:Fest\\, lang\r\nATTACH:file:///etc/x\r\n\
                 ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA\r\nX-ALT-DESC;FMTTYPE=text/html:<b>\r\n\
                 IMAGE;VALUE=URI:http://x/i.png\r\nSTYLED-DESCRIPTION:<b>\r\nX-ANY:1\r\n\
                 URL:javascript:alert(1)\r\nCONFERENCE:file:///x\r\n\
                 BEGIN:VALARM\r\nACTION:PROCEDURE\r\nATTACH:ftp://x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n\
                 BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n\
                 BEGIN:VALARM\r\nACTION:display\r\nTRIGGER:-PT9M\r\nX-A:1\r\nEND:VALARM\r\n\
                 BEGIN:PARTICIPANT\r\nUID:p\r\nSTRUCTURED-DATA:x\r\nEND:PARTICIPANT\r\n";
    let local = "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;TZID=Z1:20260112T110000\r\n\
                 DTSTART;TZID=Z1:20260112T120000\r\nURL:HTTPS://x/\r\nEND:VEVENT\r\n";
    let text = [&zone("Z1"), &zone("Z2"), &event("a", risky), &event("b", ""), local].concat();
    let feed = apart(&calendar(&text));
    assert_eq!(feed.objects.len(), 2);
    assert_eq!((feed.left_out, feed.kinds), (0, Components::EVENT));
    let wanted = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//rolodav//subscription//EN\r\n\
                  BEGIN:VTIMEZONE\r\nTZID:Z1\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n\
                  TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
                  BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n\
                  DTSTART:20260105T100000Z\r\nSUMMARY;LANGUAGE=de:Fest\\, lang\r\nEND:VEVENT\r\n\
                  BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;TZID=Z1:20260112T110000\r\n\
                  DTSTART;TZID=Z1:20260112T120000\r\nURL:HTTPS://x/\r\nEND:VEVENT\r\n\
                  END:VCALENDAR\r\n";
    assert_eq!(object(&feed, "a"), wanted);
    assert!(!object(&feed, "b").contains("VTIMEZONE"));

    let with = take_apart(calendar(&text).as_bytes(), 1000, Cleaning { alarms: true }).unwrap();
    let reminder = "BEGIN:VALARM\r\nACTION:display\r\nTRIGGER:-PT9M\r\nEND:VALARM\r\n";
    let a = object(&with, "a");
    assert!(a.contains(reminder) && a.matches("BEGIN:VALARM").count() == 1, "{a}");
}

#[test]
fn entries_that_share_an_identity_or_have_none_are_told_apart() {
    let text = [
        event("a", "SEQUENCE:2\r\nSUMMARY:newest\r\n"),
        event("a", "SEQUENCE:1\r\nSUMMARY:older\r\n"),
        event("b", "SUMMARY:first\r\n"),
        event("b", "SUMMARY:last\r\n"),
        "BEGIN:VTODO\r\nUID:b\r\nEND:VTODO\r\n".to_owned(),
        "BEGIN:VEVENT\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101\r\nEND:VEVENT\r\n".to_owned(),
        "BEGIN:VEVENT\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260102\r\nEND:VEVENT\r\n".to_owned(),
        "BEGIN:VFREEBUSY\r\nUID:f\r\nEND:VFREEBUSY\r\n".to_owned(),
    ]
    .concat();
    let feed = apart(&calendar(&text));
    assert_eq!((feed.objects.len(), feed.left_out), (4, 3));
    assert!(object(&feed, "a").contains("newest") && object(&feed, "b").contains("last"));
    let again = apart(&calendar(&text.replace("DTSTAMP:20260101", "DTSTAMP:20270101")));
    let names = |feed: &Feed| feed.objects.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&feed), names(&again), "an identity must not follow the time of the fetch");
}

#[test]
fn what_is_no_calendar_is_refused_whole() {
    let many: String = (0..20).map(|n| event(&n.to_string(), "")).collect();
    for (text, most, wanted) in [
        (String::new(), 9, NoFeed::Other),
        ("BEGIN:VCARD\r\nEND:VCARD\r\n".to_owned(), 9, NoFeed::Other),
        ("\n<!DOCTYPE html><html>".to_owned(), 9, NoFeed::Page),
        ("BEGIN:VCALENDAR\r\n".to_owned() + &event("a", ""), 9, NoFeed::CutOff),
        (calendar("BEGIN:VEVENT\r\nUID:a\r\n"), 9, NoFeed::CutOff),
        (calendar(&many), 19, NoFeed::TooMuch(19)),
        (calendar(&"X:1\r\n".repeat(600)), 1, NoFeed::TooMuch(1)),
    ] {
        let refused = take_apart(text.as_bytes(), most, Cleaning { alarms: true });
        assert_eq!(refused.unwrap_err(), wanted, "{text:.60}");
    }
    assert!(apart(&calendar("")).objects.is_empty(), "an empty calendar is one");
}

/// A subscribed calendar in a store of its own.
struct Case {
    store: Store,
    clock: Arc<ManualClock>,
    fetcher: Fetcher,
    limits: Limits,
    quota: Option<u64>,
}

const ID: CollectionId = CollectionId(7);

impl Case {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_800_000_000_000)));
        let engine = Engine::Memory(MemoryEngine::default());
        let at: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let store = Store::open(engine, at).await.unwrap();
        let owner = PrincipalId::parse("anna").unwrap();
        let now = store.now();
        let mut made = Collection::new(ID, Kind::Calendar, owner, "web".to_owned(), now);
        made.role = Role::Subscribed;
        made.calendar.components = Components::EVENT;
        let mut batch = Batch::new();
        collection::create(&mut batch, &made).unwrap();
        let url = "https://127.0.0.1/a.ics".to_owned();
        let subscription = Subscription::new(url, 3600, false, now);
        subscriptions::create(&mut batch, ID, &subscription).unwrap();
        store.commit(batch).await.unwrap();
        let patience = std::time::Duration::from_secs(5);
        let rules = Rules { vetting: Vetting::default(), patience, most: 1 << 20 };
        let fetcher = Fetcher::new(rules);
        Self { store, clock, fetcher, limits: Limits::default(), quota: None }
    }

    fn refreshing(&self) -> Refreshing<'_> {
        let (store, fetcher) = (&self.store, &self.fetcher);
        Refreshing { store, fetcher, limits: &self.limits, entries: 10_000, quota: self.quota }
    }

    async fn record(&self) -> Subscription {
        let snapshot = self.store.snapshot().await.unwrap();
        subscriptions::get(&snapshot, ID).await.unwrap().unwrap().record
    }

    async fn take_in(&self, text: &str) -> Result<Refreshed, crate::base::Fault> {
        let known = Known { etag: Some("\"1\"".to_owned()), last_modified: None };
        let found = Found { bytes: Bytes::from(text.to_owned()), known };
        let snapshot = self.store.snapshot().await.unwrap();
        let read = subscriptions::get(&snapshot, ID).await.unwrap().unwrap();
        self.refreshing().apply(ID, read, &found, apart(text)).await
    }

    /// Names, and tags.
    async fn members(&self) -> Vec<(String, String)> {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut all = Vec::new();
        member::scan(&snapshot, ID, None, |name, row| {
            all.push((name.to_owned(), row.etag.to_string()));
            Step::Continue
        })
        .await
        .unwrap();
        all
    }

    async fn head(&self) -> u64 {
        change::head(&self.store.snapshot().await.unwrap(), ID).await.unwrap()
    }
}

#[tokio::test]
async fn only_what_changed_is_changed() {
    let case = Case::new().await;
    let feed = |parts: &[String]| calendar(&parts.concat());
    let (a, b, c) = (event("a", ""), event("b", ""), event("c", "SUMMARY:c\r\n"));
    assert_eq!(case.take_in(&feed(&[a.clone(), b.clone()])).await.unwrap(), Refreshed::Taken(0));
    let (first, head) = (case.members().await, case.head().await);
    assert_eq!((first.len(), head), (2, 2));
    let record = case.record().await;
    assert_eq!((record.fetched, record.etag.as_deref()), (Some(case.store.now()), Some("\"1\"")));

    // Only the time of publishing differs: nothing changes.
    let stamped = |text: &str| text.replace("DTSTAMP:20260101", "DTSTAMP:20260202");
    case.take_in(&feed(&[stamped(&a), stamped(&b)])).await.unwrap();
    assert_eq!((case.members().await, case.head().await), (first.clone(), head));

    // One changes, one comes, one goes.
    let changed = event("a", "SUMMARY:changed\r\n");
    case.take_in(&feed(&[changed, c])).await.unwrap();
    let second = case.members().await;
    assert_eq!((second.len(), case.head().await), (2, head + 3));
    let kept: Vec<_> = second.iter().filter(|one| first.contains(one)).collect();
    assert!(kept.is_empty(), "{kept:?}");
    let flawed = event("a", "SUMMARY:changed\r\n") + &event("d", "DTSTART:99990101\r\n");
    let flawed = flawed.replace("DTSTART:20260105T100000Z\r\nDTSTART:99990101", "DTSTART:99990101");
    assert_eq!(case.take_in(&calendar(&flawed)).await.unwrap(), Refreshed::Taken(1));
    assert_eq!((case.members().await.len(), case.record().await.left_out), (1, 1));
}

#[tokio::test]
async fn more_than_one_commit_takes_comes_in_several_and_all_of_it() {
    let case = Case::new().await;
    let many: String = (0..950).map(|n| event(&format!("uid-{n}"), "")).collect();
    case.take_in(&calendar(&many)).await.unwrap();
    assert_eq!(case.members().await.len(), 950);
    let record = case.record().await;
    assert_eq!(record.step, 5, "{record:?}");
    let (name, _) = case.members().await.remove(0);
    let snapshot = case.store.snapshot().await.unwrap();
    let body = body::get(&snapshot, Slot::Member(ID, &name)).await.unwrap();
    assert!(body.whole(&snapshot).await.unwrap().starts_with(b"BEGIN:VCALENDAR\r\n"));
}

#[tokio::test]
async fn a_calendar_that_suddenly_is_empty_has_to_be_so_twice() {
    let case = Case::new().await;
    case.take_in(&calendar(&event("a", ""))).await.unwrap();
    case.take_in(&calendar("")).await.unwrap();
    assert_eq!(case.members().await.len(), 1, "it was believed at once");
    case.take_in(&calendar(&event("a", ""))).await.unwrap();
    case.take_in(&calendar("")).await.unwrap();
    assert_eq!(case.members().await.len(), 1, "it was believed although it was full in between");
    case.take_in(&calendar("")).await.unwrap();
    assert_eq!(case.members().await.len(), 0);
}

#[tokio::test]
async fn failures_are_noted_and_change_nothing() {
    let mut case = Case::new().await;
    case.take_in(&calendar(&event("a", ""))).await.unwrap();
    let before = case.members().await;
    for failures in 1..4 {
        let fault = case.refreshing().refresh(ID).await.unwrap_err();
        assert_eq!(fault.status, 502);
        assert!(fault.to_string().contains("subscriptions.private_networks"), "{fault}");
        let record = case.record().await;
        assert_eq!((record.failures, record.error), (failures, Some(fault.to_string())));
        let wait = record.next.0 - case.store.now().0;
        assert!(wait >= (15 * 60_000) << (failures - 1), "{failures}: {wait}");
        case.clock.advance_millis(86_400_000);
    }
    // Space is a bound for what comes from outside, too.
    case.quota = Some(2000);
    let many: String = (0..40).map(|n| event(&format!("uid-{n}"), "")).collect();
    let fault = case.take_in(&calendar(&many)).await.unwrap_err();
    assert_eq!(fault.status, 507, "{fault}");
    assert_eq!(case.members().await, before);

    // One that is deleted is nobody's to refresh.
    let snapshot = case.store.snapshot().await.unwrap();
    let found = collection::get(&snapshot, ID).await.unwrap().unwrap();
    let mut batch = Batch::new();
    collection::trash(&case.store, &snapshot, &mut batch, &found).await.unwrap();
    case.store.commit(batch).await.unwrap();
    assert_eq!(case.refreshing().refresh(ID).await.unwrap_err().status, 404);
}
