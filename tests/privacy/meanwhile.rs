//! What somebody says, finds and tidies at the very moment at which a person is erased: none of it
//! is remembered, whoever comes first.

use std::collections::BTreeSet;

use rolodav::contacts::duplicates::{newcomers, proposals};
use rolodav::contacts::erasure;
use rolodav::contacts::person::Person;
use rolodav::contacts::quality::cleaning::{Cleaner, Whose};
use rolodav::contacts::quality::{Cleanup, Terms, confirm};
use rolodav::contacts::{retention, segments};
use rolodav::store::engine::Engine;
use rolodav::store::engine::memory::MemoryEngine;

use crate::bert;
use crate::office::{BOOKS, Office};
use crate::remains;

/// UIDs that are found wherever they stand, of Bert and of somebody like him.
const BERT: &str = "uid-of-bert-0f3a";
const TWIN: &str = "uid-of-twin-77c1";

fn office() -> Office {
    let office = Office::new(Engine::Memory(MemoryEngine::default()));
    for (uid, name) in [(BERT, "one"), (TWIN, "other")] {
        let card = bert(uid, "TEL:<0170 5551234>\r\nEMAIL;TYPE=work: BERT@Work.example\r\n");
        assert_eq!(office.ask("PUT", &format!("{}{name}.vcf", BOOKS[0]), &[], &card).status, 201);
    }
    office
}

/// All that there is to be said of him; how many of it was refused.
async fn meddle(office: &Office, person: &Person) -> usize {
    let Office { store, rules, anna, actor, .. } = office;
    let terms = Terms::default();
    let both = [BERT.to_owned(), TWIN.to_owned()];
    let cleaner = Cleaner { store, rules, quota: None, owner: anna, actor, terms };
    let what: BTreeSet<Cleanup> = Cleanup::ALL.iter().copied().collect();
    let name = format!("Segment {}", store.number());
    let new =
        segments::New { name, query: "tag = Friends".to_owned(), as_group: true, as_book: false };
    let said = [
        confirm::confirm(store, anna, person, terms, actor).await,
        retention::keep(store, anna, person, true, terms, actor).await,
        proposals::not_same(store, anna, &both, actor).await,
    ];
    for fault in said.iter().filter_map(|said| said.as_ref().err()) {
        assert!(matches!(fault.status, 403 | 404 | 503), "{fault}");
    }
    proposals::scan_all(store, anna, None, None).await.unwrap();
    newcomers::catch_up(store, anna, None, 1000).await.unwrap();
    cleaner.clean(Whose::Book(None), &what, false, 9).await.unwrap();
    segments::add(store, anna, &new, actor).await.unwrap();
    segments::follow(store, anna).await.unwrap();
    said.iter().filter(|said| said.is_err()).count()
}

#[track_caller]
fn nothing_is_left(office: &Office, when: &str) {
    let found = remains::of(&[BERT.to_owned()], &office.records());
    assert!(found.is_empty(), "{when}:\n{}", found.join("\n"));
    assert_eq!(office.faults(), [""; 0], "{when}");
}

#[test]
fn once_it_has_begun_nothing_is_said_of_them_any_more() {
    let office = office();
    let late = office.person(BERT);
    assert_eq!(office.run(meddle(&office, &late)), 0, "before it begins all can be said");
    let (number, _) = office.run(office.eraser().begin(BERT)).unwrap();
    // Their cards are still there.
    assert_eq!(office.run(meddle(&office, &late)), 3);
    office.run(erasure::work_off(&office.store, &office.rules, number)).unwrap();
    nothing_is_left(&office, "worked off");
    assert_eq!(office.run(meddle(&office, &late)), 3);
    nothing_is_left(&office, "said later");
}

#[test]
fn whoever_comes_between_two_looks_changes_nothing() {
    for round in 0..12 {
        let office = office();
        let late = office.person(BERT);
        let meddling = || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            // Some are over before it begins, some only after it has ended.
            for _ in 0..3 {
                runtime.block_on(meddle(&office, &late));
            }
        };
        std::thread::scope(|scope| {
            let meddlers = [scope.spawn(meddling), scope.spawn(meddling)];
            std::thread::sleep(std::time::Duration::from_millis(round * 3));
            office.run(office.eraser().erase(BERT)).unwrap();
            for meddler in meddlers {
                meddler.join().unwrap();
            }
        });
        nothing_is_left(&office, &format!("round {round}"));
    }
}
