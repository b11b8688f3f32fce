//! Cards that may be of one person need attention, until it is known whether they are.

use super::store::Desk;
use crate::contacts::duplicates::{newcomers, proposals};
use crate::contacts::merge::Merger;
use crate::contacts::quality::report::Reporter;
use crate::contacts::quality::{Kind, tagging};
use crate::formats::vcard::categories;

const ALIKE: &str = "possible-duplicate";

impl Desk {
    async fn roberts(&self, uids: &[&str]) {
        for uid in uids {
            let card = format!(
                "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:Robert Rossi\r\nN:Rossi;Robert;;;\r\n\
                 BDAY:1980-02-03\r\nEMAIL:r.rossi@example.org\r\nTEL:+49 30 7654321\r\nEND:VCARD\r\n"
            );
            self.put(uid, &card).await;
        }
        self.compare().await;
    }

    /// As the job does after a while.
    async fn compare(&self) {
        newcomers::catch_up(&self.store, &self.anna, None, 100).await.unwrap();
    }
}

#[tokio::test]
async fn who_may_be_the_same_is_told_until_it_is_known() {
    let desk = Desk::open().await;
    let (store, anna) = (&*desk.store, &desk.anna);
    desk.card("ann", "EMAIL:ann@example.org\r\n").await;
    desk.roberts(&["bob", "rob", "rossi"]).await;
    for name in ["bob", "rob", "rossi"] {
        assert_eq!(desk.kinds(name).await, [ALIKE], "{name}");
    }
    assert_eq!(desk.kinds("ann").await, [""; 0]);
    let reporter = Reporter { store, owner: anna, terms: desk.terms };
    let told = reporter.cards(None, Some(Kind::PossibleDuplicate), 9).await.unwrap();
    assert_eq!(told.len(), 3, "{told:?}");
    let finding = &told[0].findings[0];
    assert_eq!((told[0].findings.len(), &*finding.value), (2, "Robert Rossi"), "{told:?}");
    let place = format!("{}/rob", desk.book.name);
    assert!(told[0].findings.iter().any(|one| one.message.contains(&place)), "{told:?}");
    assert_eq!(told[0].score, 75, "it does not make the card less complete");

    // They bear the tag of it, which goes with what is said.
    tagging::turn_on(store, anna, desk.terms, &[Kind::PossibleDuplicate], &desk.actor)
        .await
        .unwrap();
    assert_eq!(categories(desk.text("bob").await.as_bytes()), [Kind::PossibleDuplicate.tag()]);
    let uids = ["bob", "rob"].map(str::to_owned);
    proposals::not_same(store, anna, &uids, &desk.actor).await.unwrap();
    assert_eq!(desk.kinds("bob").await, [ALIKE], "there is the third");
    let uids = ["bob", "rossi"].map(str::to_owned);
    proposals::not_same(store, anna, &uids, &desk.actor).await.unwrap();
    assert_eq!(desk.kinds("bob").await, [""; 0]);
    assert_eq!(desk.kinds("rob").await, [ALIKE]);
    tagging::settle(store, anna, &desk.actor).await.unwrap();
    assert_eq!(categories(desk.text("bob").await.as_bytes()), [""; 0]);
    // Tags are no reason to compare cards anew.
    desk.compare().await;
    assert_eq!(desk.kinds("bob").await, [""; 0]);

    // Or with a merge, or with the card.
    let (store, rules) = (&desk.store, &desk.rules);
    let merger = Merger { store, rules, owner: anna, actor: &desk.actor };
    let uids = ["rob", "rossi"].map(str::to_owned);
    merger.merge(&uids, Some("rob")).await.unwrap();
    assert_eq!(desk.kinds("rob").await, [""; 0]);
    desk.roberts(&["late"]).await;
    assert_eq!(desk.kinds("late").await, [ALIKE]);
    desk.remove("rob").await;
    desk.remove("bob").await;
    desk.compare().await;
    assert_eq!(desk.kinds("late").await, [""; 0]);
    desk.check().await;
}
