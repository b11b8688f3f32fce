//! What somebody agreed to ends on its day, by itself, and cards tell it.

use rolodav::contacts::consent::{self, Consents, State, Telling};
use rolodav::contacts::person::{self, Person};
use rolodav::contacts::timeline::{Telling as LogTelling, Timeline};
use rolodav::store::engine::Engine;
use rolodav::store::engine::memory::MemoryEngine;
use rolodav::store::interactions::Source;
use rolodav::store::{consents, preferences};

use rolodav::jobs::contacts::Passing;
use tokio::sync::watch;

use crate::bert;
use crate::office::{BOOKS, Office};

const HOUR: u64 = 3_600_000;

fn office() -> Office {
    let office = Office::new(Engine::Memory(MemoryEngine::default()));
    for uid in ["b", "b2"] {
        let card = bert(uid, "");
        assert_eq!(office.ask("PUT", &format!("{}{uid}.vcf", BOOKS[0]), &[], &card).status, 201);
    }
    office
}

impl Office {
    pub fn person(&self, uid: &str) -> Person {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            person::by_uid(&snapshot, &self.anna, uid).await.unwrap()
        })
    }

    fn consents(&self) -> Consents<'_> {
        Consents { store: &self.store, rules: &self.rules, owner: &self.anna, actor: &self.actor }
    }

    fn granted(&self, uid: &str, purpose: &str, until: Option<&str>) {
        let telling = Telling {
            purpose: purpose.to_owned(),
            state: State::Granted,
            source: "form".to_owned(),
            on: None,
            until: until.map(|day| day.parse().unwrap()),
        };
        self.run(self.consents().set(&self.person(uid), &telling)).unwrap();
    }

    /// What a card tells of consents.
    fn told(&self, uid: &str) -> Vec<String> {
        let card = self.ask("GET", &format!("{}{uid}.vcf", BOOKS[0]), &[], "").body;
        let card = card.replace("\r\n ", "");
        let lines = card.lines().filter(|line| line.starts_with("X-ROLODAV-CONSENT"));
        lines.filter_map(|line| Some(line.rsplit_once(':')?.1.to_owned())).collect()
    }

    /// Does what the job does again and again.
    fn turn(&self) -> usize {
        self.run(consent::turn_due(&self.store, &self.rules)).unwrap()
    }
}

#[test]
fn a_consent_ends_with_its_last_day_where_its_owner_lives() {
    let office = office();
    let zone = |now: &mut preferences::Preferences| now.zone = Some("Pacific/Auckland".to_owned());
    office.run(office.accounts.prefer("anna", zone)).unwrap();
    office.granted("b", "newsletter", Some("2026-11-25"));
    office.granted("b2", "newsletter", None);
    assert_eq!(
        (office.told("b"), office.told("b2")),
        (vec!["granted".into()], vec!["granted".into()])
    );
    // It is 26 November in Auckland from 11:00 on, and 23 November 10:33 now (UTC).
    office.clock.advance_millis(2 * 24 * HOUR);
    assert_eq!(office.turn(), 0, "the last day is not over");
    assert_eq!(office.told("b"), ["granted"]);
    office.clock.advance_millis(HOUR);
    assert_eq!(office.turn(), 1);
    assert_eq!(
        (office.told("b"), office.told("b2")),
        (vec!["expired".into()], vec!["granted".into()])
    );
    assert_eq!(office.turn(), 0, "once");
    let held = office.run(office.consents().of(&office.person("b"))).unwrap();
    assert_eq!((held[0].word(), held[0].holds()), ("expired", false));

    // Given anew, it holds; and what was given before does not end it.
    office.granted("b", "newsletter", Some("2026-11-30"));
    office.granted("b", "newsletter", None);
    assert_eq!(office.told("b"), ["granted"]);
    office.clock.advance_millis(30 * 24 * HOUR);
    assert_eq!(office.turn(), 1);
    assert_eq!(office.told("b"), ["granted"]);
    // What is over when it is noted does not hold for a moment.
    office.granted("b2", "calls", Some("2026-11-22"));
    assert_eq!(office.told("b2"), ["expired", "granted"]);
    assert_eq!(office.faults(), [""; 0]);
}

#[test]
fn whoever_was_erased_is_not_remembered_by_what_comes_late() {
    let office = office();
    office.granted("b", "newsletter", Some("2026-11-25"));
    let late = office.person("b");
    office.run(office.eraser().erase("b")).unwrap();
    // Somebody had looked them up before.
    let telling = Telling {
        purpose: "calls".to_owned(),
        state: State::Refused,
        source: String::new(),
        on: None,
        until: None,
    };
    let said = office.run(office.consents().set(&late, &telling));
    assert_eq!(said.map_err(|fault| fault.status), Err(403));
    let told = LogTelling {
        kind: "call".to_owned(),
        at: None,
        duration: None,
        direction: None,
        text: "late".to_owned(),
        link: None,
        source: Source::Cli,
        uid: None,
    };
    let Office { store, rules, anna, actor, .. } = &office;
    let timeline = Timeline { store, rules, owner: anna, actor };
    let said = office.run(timeline.set_stage(&late, Some("lead")));
    assert_eq!(said.map_err(|fault| fault.status), Err(403));
    let said = office.run(timeline.log(&[late], &told)).map(drop);
    assert_eq!(said.map_err(|fault| fault.status), Err(403));
    office.clock.advance_millis(9 * 24 * HOUR);
    assert_eq!(office.turn(), 0);
    let left = office.run(async {
        let snapshot = office.store.snapshot().await.unwrap();
        consents::of_uid(&snapshot, &office.anna, "b").await.unwrap()
    });
    assert_eq!(left, []);
    assert_eq!(office.faults(), [""; 0]);
}

#[test]
fn a_consent_ends_without_anybody_asking() {
    let office = office();
    office.granted("b", "newsletter", Some("2026-11-25"));
    let (stop, stopped) = watch::channel(false);
    let (store, rules) = (office.store.clone(), office.rules.clone());
    let job = Passing { store, rules, most_attendees: None, origin: String::new() };
    // From here on the clock of the jobs moves as fast as somebody waits for it.
    let mut running = None;
    office.run(async {
        tokio::time::pause();
        running = Some(tokio::spawn(job.run(stopped)));
    });
    let some_minutes =
        || office.run(async { tokio::time::sleep(std::time::Duration::from_mins(3)).await });
    some_minutes();
    assert_eq!(office.told("b"), ["granted"]);
    office.clock.advance_millis(2 * 24 * HOUR);
    some_minutes();
    assert_eq!(office.told("b"), ["granted"], "the last day is not over");
    office.clock.advance_millis(24 * HOUR);
    some_minutes();
    assert_eq!(office.told("b"), ["expired"]);
    stop.send(true).unwrap();
    office.run(running.unwrap()).unwrap();
    // It is stopped: what is over by now is not told.
    office.granted("b2", "calls", Some("2026-11-28"));
    office.clock.advance_millis(9 * 24 * HOUR);
    some_minutes();
    assert_eq!(office.told("b2"), ["granted"]);
}
