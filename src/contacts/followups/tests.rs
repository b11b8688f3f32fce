//! Follow-ups from the note of a card to the tick on a phone, against a clock that the test turns.

use std::sync::Arc;

use bytes::Bytes;

use super::ticked::Ticking;
use super::upcoming::{follow_settings, raise_due};
use super::verbs::FollowUps;
use crate::accounts::{Accounts, NewUser};
use crate::base::clock::ManualClock;
use crate::base::{PrincipalId, Timestamp};
use crate::calendars::scheduling::places;
use crate::config::{Auth, Contacts};
use crate::contacts::timeline::{Telling, Timeline};
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::upload::{Named, Upload};
use crate::contacts::{card, person};
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Components, Kind};
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Engine, Step};
use crate::store::followups::State;
use crate::store::followups::times;
use crate::store::interactions::{self, Source};
use crate::store::write::Target;
use crate::store::{Actor, Store, check, check_followups, contacts, member};

/// 22 November 2026, 10:15 UTC.
pub(super) const NOW: Timestamp = Timestamp(1_795_342_500_000);
pub(super) const DAY: u64 = 86_400_000;

pub(super) struct Desk {
    pub(super) store: Arc<Store>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) rules: Arc<Rules>,
    pub(super) anna: PrincipalId,
    pub(super) actor: Actor,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Arc::new(Store::open(engine, Arc::clone(&clock) as _).await.unwrap());
        let accounts = Accounts::new(Arc::clone(&store), &Auth::default()).unwrap();
        accounts.add_user(NewUser { name: "anna".into(), ..NewUser::default() }).await.unwrap();
        let settings =
            Contacts { stage_cadence: vec!["client=90".to_owned()], ..Contacts::default() };
        let rules = Arc::new(Rules::of(&settings, 1000));
        let anna = PrincipalId::parse("anna").unwrap();
        let actor = Actor { principal: "anna".to_owned(), device: "phone".to_owned() };
        Self { store, clock, rules, anna, actor }
    }

    pub(super) async fn collection(&self, kind: Kind, name: &str) -> Collection {
        let snapshot = self.store.snapshot().await.unwrap();
        collection::find(&snapshot, &self.anna, kind, name).await.unwrap().unwrap().collection
    }

    pub(super) async fn put_card(&self, note: &str) {
        self.put_lines(&format!("NOTE:{note}\r\n")).await;
    }

    pub(super) async fn put_lines(&self, lines: &str) {
        let text = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:bert\r\nFN:Bert Lang\r\n{lines}END:VCARD\r\n"
        );
        let new = card::accept(Bytes::from(text), 1000, false).unwrap();
        let book = self.collection(Kind::AddressBook, "contacts").await;
        let (rights, actor) = (&[], &self.actor);
        let target = Target { collection: &book, rights, name: "bert.vcf", actor };
        let (store, rules) = (Arc::clone(&self.store), Arc::clone(&self.rules));
        let upload = Upload::new(store, rules, Named::default());
        self.store.put_member(&target, &new, None, Some(&upload), |_| Ok(())).await.unwrap();
    }

    pub(super) async fn card(&self) -> String {
        let book = self.collection(Kind::AddressBook, "contacts").await;
        self.text(&book, "bert.vcf").await
    }

    pub(super) async fn text(&self, collection: &Collection, name: &str) -> String {
        let snapshot = self.store.snapshot().await.unwrap();
        let body = body::get(&snapshot, Slot::Member(collection.id, name)).await.unwrap();
        String::from_utf8(body.text.to_vec()).unwrap().replace("\r\n ", "")
    }

    /// The names and texts of the tasks in the list `tasks`.
    pub(super) async fn tasks(&self) -> Vec<(String, String)> {
        let snapshot = self.store.snapshot().await.unwrap();
        let list = places::default_calendar(&snapshot, &self.anna, Components::TODO).await;
        let list = list.unwrap().unwrap().collection;
        let mut names = Vec::new();
        member::scan(&snapshot, list.id, None, |name, _| {
            names.push(name.to_owned());
            Step::Continue
        })
        .await
        .unwrap();
        let mut tasks = Vec::new();
        for name in names {
            let text = self.text(&list, &name).await;
            tasks.push((name, text));
        }
        let mut faults = check::check(&snapshot).await.unwrap().faults;
        faults.extend(check_followups::check(&snapshot).await.unwrap());
        assert!(faults.is_empty(), "{faults:?}");
        tasks
    }

    /// Stores a task as a phone does that changed it.
    pub(super) async fn store_task(&self, name: &str, text: &str) {
        let new = super::raise::member(text.as_bytes().to_vec(), NOW).unwrap();
        let list = self.collection(Kind::Calendar, "tasks").await;
        let target = Target { collection: &list, rights: &[], name, actor: &self.actor };
        let ticking = self.ticking();
        self.store.put_member(&target, &new, None, Some(&ticking), |_| Ok(())).await.unwrap();
    }

    pub(super) fn ticking(&self) -> Ticking {
        Ticking { store: Arc::clone(&self.store), rules: Arc::clone(&self.rules) }
    }

    pub(super) fn verbs(&self) -> FollowUps<'_> {
        let (store, rules) = (&self.store, &self.rules);
        FollowUps { store, rules, owner: &self.anna, actor: &self.actor }
    }

    pub(super) async fn history(&self) -> Vec<(String, String)> {
        let snapshot = self.store.snapshot().await.unwrap();
        let (id, _) = contacts::find(&snapshot, &self.anna, "bert").await.unwrap().unwrap();
        let latest = interactions::latest(&snapshot, id, 100).await.unwrap();
        latest.into_iter().map(|(_, one)| (one.kind, one.text)).collect()
    }

    pub(super) async fn call(&self) {
        let (store, rules) = (&*self.store, &*self.rules);
        let timeline = Timeline { store, rules, owner: &self.anna, actor: &self.actor };
        let snapshot = self.store.snapshot().await.unwrap();
        let bert = person::by_uid(&snapshot, &self.anna, "bert").await.unwrap();
        let telling = Telling {
            kind: "call".to_owned(),
            at: None,
            duration: None,
            direction: None,
            text: String::new(),
            link: None,
            source: Source::Cli,
            uid: None,
        };
        timeline.log(&[bert], &telling).await.unwrap().unwrap();
    }
}

fn pair(kind: &str, text: &str) -> (String, String) {
    (kind.to_owned(), text.to_owned())
}

#[tokio::test]
async fn what_is_typed_is_a_task_and_its_tick_stands_in_the_card() {
    let desk = Desk::open().await;
    for _ in 0..2 {
        // A phone that is not sure that it arrived sends it again.
        desk.put_card("likes tea\\n+todo 2026-12-01 call about the offer").await;
        let tasks = desk.tasks().await;
        assert_eq!(tasks.len(), 1, "once");
        for line in [
            "SUMMARY:Bert Lang: call about the offer",
            "DUE;VALUE=DATE:20261201",
            "X-ROLODAV-CONTACT:bert",
            "STATUS:NEEDS-ACTION",
        ] {
            assert!(tasks[0].1.contains(&format!("\r\n{line}\r\n")), "no {line}: {}", tasks[0].1);
        }
    }
    let card = desk.card().await;
    assert!(card.contains("X-ROLODAV-NEXT") && card.contains("2026-12-01"), "{card}");
    assert!(!card.contains("+todo"), "{card}");

    let (name, open) = desk.tasks().await.remove(0);
    let done = open.replace(
        "STATUS:NEEDS-ACTION",
        "STATUS:COMPLETED\r\nCOMPLETED:20261122T090000Z\r\nPERCENT-COMPLETE:100",
    );
    for _ in 0..2 {
        desk.store_task(&name, &done).await;
        assert_eq!(desk.history().await, [pair("call", "call about the offer")]);
        let card = desk.card().await;
        assert!(card.contains("X-ROLODAV-INTERACTION") && card.contains("call about"), "{card}");
        assert!(!card.contains("X-ROLODAV-NEXT"), "nothing is next: {card}");
    }
    desk.store_task(&name, &open).await;
    assert!(desk.history().await.is_empty(), "opened again, it did not happen");
    assert!(desk.card().await.contains("X-ROLODAV-NEXT"));
    desk.store_task(&name, &done).await;
    assert_eq!(desk.history().await.len(), 1, "and it did after all");
    let list = desk.collection(Kind::Calendar, "tasks").await;
    let target = Target { collection: &list, rights: &[], name: &name, actor: &desk.actor };
    let ticking = desk.ticking();
    desk.store.delete_member(&target, Some(&ticking), |_| Ok(())).await.unwrap();
    assert_eq!(desk.history().await.len(), 1, "tidying up is not taking back");
}

#[tokio::test]
async fn a_task_that_is_moved_deleted_or_carried_to_another_list() {
    let desk = Desk::open().await;
    desk.put_card("+todo 2026-12-01 send the book").await;
    let (name, text) = desk.tasks().await.remove(0);
    desk.store_task(&name, &text.replace("20261201", "20261224")).await;
    let listed = desk.verbs().list(false).await.unwrap();
    assert_eq!(listed[0].due.unwrap().to_string(), "2026-12-24");
    let card = desk.card().await;
    assert!(card.contains("2026-12-24") && !card.contains("2026-12-01"), "{card}");

    let uid = listed[0].followup.uid.clone();
    let dropped = desk.verbs().drop(&listed[0].short).await.unwrap();
    assert_eq!(dropped.followup.state, State::Dropped);
    assert!(desk.tasks().await.is_empty());
    assert!(!desk.card().await.contains("X-ROLODAV-NEXT"));
    // A program that moves a task takes it away and stores it elsewhere.
    desk.store_task("moved.ics", &text).await;
    assert_eq!(desk.verbs().one(&uid).await.unwrap().followup.state, State::Open);
    desk.put_card("+todo 2026-12-01 send the book").await;
    assert_eq!(desk.tasks().await.len(), 1, "it is the same");
}

#[tokio::test]
async fn a_cadence_raises_the_next_one_when_it_is_due_and_only_then() {
    let desk = Desk::open().await;
    follow_settings(&desk.store, &desk.rules).await.unwrap();
    desk.put_card("+every 30d\\n+call spoke").await;
    let card = desk.card().await;
    assert!(card.contains("2026-12-22"), "what comes next is told before it is a task: {card}");
    assert_eq!(raise_due(&desk.store, &desk.rules).await.unwrap(), 0, "too early");
    assert!(desk.tasks().await.is_empty());
    desk.clock.advance_millis(30 * DAY);
    assert_eq!(raise_due(&desk.store, &desk.rules).await.unwrap(), 1);
    assert_eq!(raise_due(&desk.store, &desk.rules).await.unwrap(), 0, "one at a time");
    let (name, text) = desk.tasks().await.remove(0);
    assert!(text.contains("SUMMARY:Keep in touch with Bert Lang"), "{text}");
    assert!(text.contains("DUE;VALUE=DATE:20261222"), "{text}");

    // Snoozed on the phone, it stays the only one and where it was put.
    desk.store_task(&name, &text.replace("20261222", "20261230")).await;
    desk.clock.advance_millis(DAY);
    assert_eq!(raise_due(&desk.store, &desk.rules).await.unwrap(), 0);
    desk.call().await;
    let (_, text) = desk.tasks().await.remove(0);
    assert!(text.contains("DUE;VALUE=DATE:20270122"), "a call moves it: {text}");
    assert!(desk.card().await.contains("2027-01-22"));

    let done = text.replace("STATUS:NEEDS-ACTION", "STATUS:COMPLETED");
    desk.clock.advance_millis(30 * DAY);
    desk.store_task(&name, &done).await;
    assert_eq!(desk.history().await[0], pair("contact", "Keep in touch"));
    assert_eq!(raise_due(&desk.store, &desk.rules).await.unwrap(), 0, "they were in touch");
    desk.clock.advance_millis(30 * DAY);
    assert_eq!(raise_due(&desk.store, &desk.rules).await.unwrap(), 1);
    let open = desk.verbs().list(false).await.unwrap();
    desk.verbs().drop(&open[0].short).await.unwrap();
    assert_eq!(raise_due(&desk.store, &desk.rules).await.unwrap(), 0, "not at once again");
    desk.put_card("+every never").await;
    desk.clock.advance_millis(300 * DAY);
    assert_eq!(raise_due(&desk.store, &desk.rules).await.unwrap(), 0, "never");
    assert!(!desk.card().await.contains("X-ROLODAV-NEXT"));
}

#[tokio::test]
async fn a_stage_has_a_cadence_and_another_setting_is_followed() {
    let desk = Desk::open().await;
    desk.put_card("+stage client").await;
    assert!(desk.card().await.contains("2027-02-20"), "90 days: {}", desk.card().await);
    let settings = Contacts { stage_cadence: vec!["client=10".to_owned()], ..Contacts::default() };
    let rules = Rules::of(&settings, 1000);
    desk.clock.advance_millis(11 * DAY);
    assert_eq!(raise_due(&desk.store, &rules).await.unwrap(), 0, "not looked at");
    follow_settings(&desk.store, &rules).await.unwrap();
    assert_eq!(raise_due(&desk.store, &rules).await.unwrap(), 1);
    desk.clock.advance_millis(100 * DAY);
    assert_eq!(raise_due(&desk.store, &rules).await.unwrap(), 0, "the old time is let go");
    let snapshot = desk.store.snapshot().await.unwrap();
    assert!(times::waking(&snapshot, Timestamp(u64::MAX), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_list_that_is_gone_is_made_again() {
    let desk = Desk::open().await;
    desk.put_card("+todo call").await;
    let snapshot = desk.store.snapshot().await.unwrap();
    let list = collection::find(&snapshot, &desk.anna, Kind::Calendar, "tasks").await;
    let mut batch = crate::store::engine::Batch::new();
    let list = list.unwrap().unwrap();
    collection::trash(&desk.store, &snapshot, &mut batch, &list).await.unwrap();
    desk.store.commit(batch).await.unwrap();
    desk.put_card("+todo tomorrow write").await;
    let tasks = desk.tasks().await;
    assert_eq!(tasks.len(), 1);
    assert!(tasks[0].1.contains("DUE;VALUE=DATE:20261123"), "{}", tasks[0].1);
    let open = desk.verbs().list(false).await.unwrap();
    assert_eq!(open.len(), 1, "what lay in the list that is gone is not open any more");
}
