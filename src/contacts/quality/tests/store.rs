//! The index, tags and clean-ups against a store in memory and a clock that the test turns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::accounts::{Accounts, NewUser};
use crate::base::clock::ManualClock;
use crate::base::{PrincipalId, Timestamp};
use crate::config::{Auth, Contacts};
use crate::contacts::normal::Region;
use crate::contacts::person::{self, Person};
use crate::contacts::quality::cleaning::{Cleaner, Whose};
use crate::contacts::quality::confirm::confirm;
use crate::contacts::quality::index;
use crate::contacts::quality::report::Reporter;
use crate::contacts::quality::standing::{Beside, standing};
use crate::contacts::quality::{Cleanup, Kind, Look, Terms, tagging};
use crate::contacts::timeline::{Telling, Timeline};
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::upload::{Named, Upload};
use crate::contacts::{books, card, tags};
use crate::formats::vcard::categories;
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Engine, Step};
use crate::store::interactions::Source;
use crate::store::write::Target;
use crate::store::{Actor, Store, check, check_contacts, member, quality};

/// A day in milliseconds.
pub(in crate::contacts) const DAY: u64 = 86_400_000;

/// 22 November 2026, 10:15.
const NOW: Timestamp = Timestamp(1_795_342_500_000);

/// A user with a book.
pub(in crate::contacts) struct Desk {
    pub store: Arc<Store>,
    pub rules: Arc<Rules>,
    pub clock: Arc<ManualClock>,
    pub anna: PrincipalId,
    pub actor: Actor,
    pub book: Collection,
    pub terms: Terms,
}

impl Desk {
    pub async fn open() -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Arc::new(Store::open(engine, Arc::clone(&clock) as _).await.unwrap());
        let accounts = Accounts::new(Arc::clone(&store), &Auth::default()).unwrap();
        let user = NewUser { name: "anna".into(), ..NewUser::default() };
        accounts.add_user(user).await.unwrap();
        let anna = PrincipalId::parse("anna").unwrap();
        let actor = Actor { principal: "anna".to_owned(), device: "test".to_owned() };
        let snapshot = store.snapshot().await.unwrap();
        let book = books::chosen(&snapshot, &anna, None).await.unwrap().remove(0);
        drop(snapshot);
        let rules = Arc::new(Rules::of(&Contacts::default(), 1000));
        let terms = Terms { region: Region::named("DE"), stale_days: 100 };
        Self { store, rules, clock, anna, actor, book, terms }
    }

    /// As a PUT would.
    pub async fn put(&self, name: &str, text: &str) {
        let new = card::accept(text.to_owned().into_bytes().into(), 100_000, false).unwrap();
        let target = Target { collection: &self.book, rights: &[], name, actor: &self.actor };
        let named = Named { given: true, any: true, tags: Vec::new() };
        let upload = Upload::new(Arc::clone(&self.store), Arc::clone(&self.rules), named);
        let put = self.store.put_member(&target, &new, None, Some(&upload), |_| Ok(()));
        put.await.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
    }

    /// A card of somebody with these further lines.
    pub async fn card(&self, name: &str, lines: &str) {
        self.put(name, &text(name, lines)).await;
    }

    pub async fn remove(&self, name: &str) {
        let target = Target { collection: &self.book, rights: &[], name, actor: &self.actor };
        self.store.delete_member(&target, None, |_| Ok(())).await.unwrap();
    }

    pub async fn text(&self, name: &str) -> String {
        let snapshot = self.store.snapshot().await.unwrap();
        let card = body::get(&snapshot, Slot::Member(self.book.id, name)).await.unwrap();
        String::from_utf8(card.whole(&snapshot).await.unwrap().to_vec()).unwrap()
    }

    pub async fn names(&self) -> Vec<String> {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut names = Vec::new();
        member::scan(&snapshot, self.book.id, None, |name, _| {
            names.push(name.to_owned());
            Step::Continue
        })
        .await
        .unwrap();
        names
    }

    pub async fn person(&self, uid: &str) -> Person {
        let snapshot = self.store.snapshot().await.unwrap();
        person::by_uid(&snapshot, &self.anna, uid).await.unwrap()
    }

    pub async fn call(&self, uid: &str) {
        let (store, rules, owner) = (&*self.store, &*self.rules, &self.anna);
        let timeline = Timeline { store, rules, owner, actor: &self.actor };
        let telling = Telling {
            kind: "call".to_owned(),
            at: None,
            duration: None,
            direction: None,
            text: "spoke".to_owned(),
            link: None,
            source: Source::Cli,
            uid: None,
        };
        timeline.log(&[self.person(uid).await], &telling).await.unwrap();
    }

    fn cleaner(&self) -> Cleaner<'_> {
        Cleaner {
            store: &self.store,
            rules: &self.rules,
            quota: None,
            owner: &self.anna,
            actor: &self.actor,
            terms: self.terms,
        }
    }

    async fn clean(&self) -> Option<u64> {
        let all: BTreeSet<Cleanup> = Cleanup::ALL.into_iter().collect();
        let done = self.cleaner().clean(Whose::Book(None), &all, false, 9).await.unwrap();
        assert_eq!(done.failed, [""; 0]);
        done.number
    }

    /// The kinds of findings of a card, as the index has them.
    pub async fn kinds(&self, name: &str) -> Vec<&'static str> {
        index::follow(&self.store, &self.anna, self.terms).await.unwrap();
        let snapshot = self.store.snapshot().await.unwrap();
        let row = quality::card(&snapshot, self.book.id, name).await.unwrap().unwrap().record;
        crate::contacts::quality::Kinds(row.kinds).each().map(Kind::word).collect()
    }

    /// Everything in the store holds together.
    pub async fn check(&self) {
        let snapshot = self.store.snapshot().await.unwrap();
        assert_eq!(check::check(&snapshot).await.unwrap().faults, [""; 0]);
        assert_eq!(check_contacts::check(&snapshot).await.unwrap(), [""; 0]);
    }
}

fn text(name: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:{name} Lee\r\nN:Lee;{name};;;\r\n{lines}\
         END:VCARD\r\n"
    )
}

/// A random number below `most`, the same ones in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }
}

const LINES: [&str; 14] = [
    "EMAIL:a@gmial.com\r\n",
    "EMAIL: A@Example.org.\r\n",
    "EMAIL:a@example.org\r\n",
    "TEL:call me\r\n",
    "TEL:030 1234567\r\n",
    "TEL;TYPE=fax:0049301234567\r\n",
    "BDAY:1985-02-30\r\n",
    "BDAY:2027-02-03\r\n",
    "BDAY:1985-02-03\r\n",
    "URL:http://a.example\r\n",
    "URL;TYPE=work:http://a.example\r\n",
    "REV:20250101T000000Z\r\n",
    "CATEGORIES:friends\r\n",
    "NOTE:+call yesterday spoke\r\n",
];

#[tokio::test]
async fn the_index_says_what_a_look_at_every_card_says() {
    let desk = Desk::open().await;
    let mut dice = Dice(5);
    // What a person said last, and when.
    let mut edited: BTreeMap<String, (u64, Timestamp)> = BTreeMap::new();
    let mut confirmed: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut last_clean = None;
    for round in 0..300 {
        desk.clock.advance_millis(dice.below(20) as u64 * DAY + 1);
        let name = dice.of(&["ann", "bea", "cle", "dot", "eva"]);
        let there = desk.names().await.iter().any(|known| known == name);
        match dice.below(12) {
            0 if there => {
                desk.remove(name).await;
                edited.remove(name);
            }
            1 if there => {
                let person = desk.person(name).await;
                confirm(&desk.store, &desk.anna, &person, desk.terms, &desk.actor).await.unwrap();
                confirmed.insert(name.to_owned(), desk.store.now());
            }
            2 if there => desk.call(name).await,
            3 => last_clean = desk.clean().await.or(last_clean),
            4 => {
                if let Some(number) = last_clean.take() {
                    desk.cleaner().undo(number).await.unwrap();
                }
            }
            5 => {}
            _ => {
                let some = dice.below(5);
                let lines: String = (0..some).map(|_| dice.of(&LINES)).collect();
                desk.card(name, &lines).await;
            }
        }
        index::follow(&desk.store, &desk.anna, desk.terms).await.unwrap();
        let snapshot = desk.store.snapshot().await.unwrap();
        let mut counts = quality::Counts { kinds: vec![0; 32], ..quality::Counts::default() };
        for name in desk.names().await {
            let parts = crate::contacts::layer::unweave(desk.text(&name).await.as_bytes());
            let look = Look::at(&parts.base, desk.terms.region).unwrap();
            let member = member::get(&snapshot, desk.book.id, &name).await.unwrap().unwrap();
            let revised = crate::contacts::merge::written(&parts.base);
            let row = quality::card(&snapshot, desk.book.id, &name).await.unwrap().unwrap().record;
            let known = edited.entry(name.clone()).or_insert_with(|| {
                (look.said, revised.filter(|at| *at <= member.modified).unwrap_or(member.modified))
            });
            // What the server tidied was not said by anybody.
            if known.0 != look.said {
                let is_tidied = row.edited == known.1 && row.said == look.said;
                *known = (look.said, if is_tidied { known.1 } else { member.modified });
            }
            let beside = Beside {
                edited: known.1,
                contacted: parts.seen.last_contact,
                confirmed: confirmed.get(&name).copied(),
                repaired: None,
            };
            let now = standing(&look, beside, desk.terms, desk.store.now());
            assert_eq!(row.kinds, now.kinds.0, "{round} {name}: {}", desk.text(&name).await);
            assert_eq!((row.score, row.wake), (look.score, now.wake), "{round} {name}");
            counts.cards += 1;
            counts.scores += u64::from(look.score);
            counts.attention += u64::from(row.kinds != 0);
            for kind in now.kinds.each() {
                counts.kinds[kind as usize] += 1;
                let bit = Some(kind as u8);
                let listed =
                    quality::with_findings(&snapshot, desk.book.id, bit, None, 99).await.unwrap();
                assert!(listed.contains(&name), "{round} {name}: {}", kind.word());
            }
        }
        assert_eq!(quality::counts(&snapshot, desk.book.id).await.unwrap(), counts, "{round}");
    }
    desk.check().await;
}

#[tokio::test]
async fn a_card_is_out_of_date_when_nobody_saw_to_it() {
    let desk = Desk::open().await;
    desk.card("ann", "").await;
    desk.card("bea", "REV:20250101T000000Z\r\n").await;
    assert_eq!(desk.kinds("ann").await, [""; 0]);
    assert_eq!(desk.kinds("bea").await, ["stale"], "it came out of an old file");
    desk.clock.advance_millis(99 * DAY);
    assert_eq!(desk.kinds("ann").await, [""; 0]);
    desk.clock.advance_millis(DAY);
    assert_eq!(desk.kinds("ann").await, ["stale"], "nothing was written meanwhile");
    let person = desk.person("ann").await;
    confirm(&desk.store, &desk.anna, &person, desk.terms, &desk.actor).await.unwrap();
    assert_eq!(desk.kinds("ann").await, [""; 0]);
    desk.clock.advance_millis(100 * DAY);
    assert_eq!(desk.kinds("ann").await, ["stale"]);
    desk.call("ann").await;
    assert_eq!(desk.kinds("ann").await, [""; 0], "they were met");
    desk.clock.advance_millis(101 * DAY);
    desk.card("ann", "CATEGORIES:x\r\nREV:20260101T000000Z\r\n").await;
    assert_eq!(desk.kinds("ann").await, ["stale"], "a program wrote, no person");
    desk.card("ann", "NOTE:moved\r\n").await;
    assert_eq!(desk.kinds("ann").await, [""; 0]);
    desk.card("cle", "BDAY:2027-11-01\r\n").await;
    assert!(desk.kinds("cle").await.contains(&"impossible-date"));
    let never = Terms { stale_days: 0, ..desk.terms };
    let reporter = Reporter { store: &desk.store, owner: &desk.anna, terms: never };
    let told = reporter.books(None).await.unwrap();
    assert!(told[0].kinds.iter().all(|(kind, _)| *kind != Kind::Stale), "{told:?}");
    desk.check().await;
}

#[tokio::test]
async fn tags_come_and_go_with_findings_and_nobody_is_contradicted() {
    let desk = Desk::open().await;
    let (store, anna, actor) = (&*desk.store, &desk.anna, &desk.actor);
    desk.card("ann", "EMAIL:a@gmial.com\r\n").await;
    desk.card("bea", "CATEGORIES:friends\r\n").await;
    let on = [Kind::BrokenMail, Kind::Stale];
    tagging::turn_on(store, anna, desk.terms, &on, actor).await.unwrap();
    let of = async |name: &str| {
        index::follow(store, anna, desk.terms).await.unwrap();
        tagging::settle(store, anna, actor).await.unwrap();
        categories(desk.text(name).await.as_bytes())
    };
    assert_eq!(of("ann").await, ["Needs attention: e-mail"]);
    assert_eq!(of("bea").await, ["friends"]);
    desk.card("bea", "CATEGORIES:friends\r\nEMAIL:b@gmial.com\r\n").await;
    assert_eq!(of("bea").await, ["friends", "Needs attention: e-mail"]);
    // Somebody takes it off and leaves the address as it is.
    desk.card("bea", "CATEGORIES:friends\r\nEMAIL:b@gmial.com\r\nNOTE:x\r\n").await;
    assert_eq!(of("bea").await, ["friends"]);
    desk.card("ann", "CATEGORIES:Needs attention: e-mail\r\nEMAIL:a@gmail.com\r\n").await;
    assert_eq!(of("ann").await, [""; 0]);
    desk.clock.advance_millis(100 * DAY);
    assert_eq!(of("ann").await, ["Needs attention: out of date"], "with the clock alone");
    let before = (desk.text("ann").await, desk.text("bea").await);
    for _ in 0..3 {
        of("ann").await;
    }
    assert_eq!((desk.text("ann").await, desk.text("bea").await), before, "it comes to rest");
    // A tag goes by another name, and is kept under that.
    let names = ("Needs attention: out of date", "Call them");
    for number in tags::rename(store, anna, actor, names, false).await.unwrap() {
        tags::work_off(store, number).await.unwrap();
    }
    desk.card("cle", "REV:20200101T000000Z\r\n").await;
    assert_eq!(of("cle").await, ["Call them"]);
    tagging::turn_off(store, anna, &[Kind::Stale], actor).await.unwrap();
    assert_eq!(of("cle").await, [""; 0]);
    assert_eq!(of("bea").await, ["friends"]);
    let chosen = tagging::chosen(store, anna).await.unwrap();
    assert_eq!(chosen.each().collect::<Vec<_>>(), [Kind::BrokenMail]);
    desk.check().await;
}

#[tokio::test]
async fn a_clean_up_is_taken_back_byte_for_byte_with_later_edits_kept() {
    let desk = Desk::open().await;
    let lines = "EMAIL: A@Example.org.\r\nTEL:030 1234567\r\nURL:x\r\nURL:x\r\nX-OWN;A=b: c \r\n";
    for name in ["ann", "bea", "cle"] {
        desk.card(name, lines).await;
    }
    desk.call("cle").await;
    let picture = format!("PHOTO;ENCODING=b;TYPE=JPEG:{}\r\n", "QUJD".repeat(20_000));
    desk.card("dot", &format!("{lines}{picture}")).await;
    let before: Vec<String> = vec![desk.text("ann").await, desk.text("dot").await];
    let number = desk.clean().await.unwrap();
    let tidied = desk.text("ann").await;
    for line in ["EMAIL:A@example.org\r\n", "TEL:+49 30 1234567\r\n", "X-OWN;A=b: c \r\n"] {
        assert!(tidied.contains(line), "{line}: {tidied}");
    }
    assert_eq!(tidied.matches("URL:x").count(), 1, "{tidied}");
    assert!(desk.text("cle").await.contains("spoke"), "the history stays");
    assert_eq!(desk.clean().await, None, "there is nothing more to do");
    desk.card("bea", "EMAIL:other@example.org\r\nTEL:+49 30 1234567\r\nNOTE:y\r\n").await;
    desk.call("cle").await;
    let undone = desk.cleaner().undo(number).await.unwrap();
    assert_eq!(vec![desk.text("ann").await, desk.text("dot").await], before);
    let bea = desk.text("bea").await;
    for line in ["TEL:030 1234567\r\n", "NOTE:y\r\n", "EMAIL:other@example.org\r\n"] {
        assert!(bea.contains(line), "{line}: {bea}");
    }
    let cle = desk.text("cle").await;
    assert!(cle.contains("EMAIL: A@Example.org.\r\n"), "{cle}");
    assert_eq!(cle.matches("X-ROLODAV-INTERACTION").count(), 2, "{cle}");
    assert_eq!(undone.left.len(), 1, "{undone:?}");
    assert!(desk.cleaner().undo(number).await.is_err(), "twice");
    assert_eq!(desk.kinds("ann").await, ["broken-mail", "duplicate-value"]);
    desk.check().await;
}
