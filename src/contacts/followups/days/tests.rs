//! Follow-ups of birthdays and of days in fields, against a clock that the test turns. It begins on
//! 22 November 2026.

use super::*;
use crate::contacts::followups::tests::{DAY, Desk};
use crate::store::collection::Kind;
use crate::store::write::Target;

impl Desk {
    async fn choose(&self, of: &DayOf, before: Option<u16>) {
        let snapshot = self.store.snapshot().await.unwrap();
        let read = preferences::get(&snapshot, &self.anna).await.unwrap();
        let mut chosen = read.as_ref().map(|read| read.record.clone()).unwrap_or_default();
        super::choose(&mut chosen, of, before);
        let mut batch = Batch::new();
        preferences::replace(&mut batch, &self.anna, read.as_ref(), &chosen).unwrap();
        self.store.commit(batch).await.unwrap();
        follow_choice(&self.store, &self.rules, &self.anna, of).await.unwrap();
    }

    /// Title and day of the tasks, after a look at what is due.
    async fn look(&self) -> Vec<String> {
        raise_all(&self.store, &self.rules).await.unwrap();
        let line = |text: &str, name: &str| {
            let line = text.split("\r\n").find(|line| line.starts_with(name)).unwrap_or_default();
            line.rsplit_once(':').map_or("", |(_, value)| value).to_owned()
        };
        let summary = |text: &str| {
            let line = text.split("\r\n").find(|line| line.starts_with("SUMMARY:"));
            line.unwrap().trim_start_matches("SUMMARY:").to_owned()
        };
        let tasks = self.tasks().await;
        tasks.iter().map(|(_, text)| format!("{} {}", summary(text), line(text, "DUE"))).collect()
    }

    /// Ticks the only task off.
    async fn tick(&self) {
        let (name, open) = self.tasks().await.remove(0);
        let done = open.replace("STATUS:NEEDS-ACTION", "STATUS:COMPLETED");
        self.store_task(&name, &done).await;
    }

    async fn tidy_up(&self) {
        let (name, _) = self.tasks().await.remove(0);
        let list = self.collection(Kind::Calendar, "tasks").await;
        let target = Target { collection: &list, rights: &[], name: &name, actor: &self.actor };
        let ticking = self.ticking();
        self.store.delete_member(&target, Some(&ticking), |_| Ok(())).await.unwrap();
    }
}

const NONE: [&str; 0] = [];

#[tokio::test]
async fn a_birthday_comes_once_a_year_and_its_tick_stands_in_the_timeline() {
    let desk = Desk::open().await;
    desk.put_lines("BDAY:1986-11-29\r\n").await;
    assert_eq!(desk.look().await, NONE, "nobody asked for it");
    desk.choose(&DayOf::Birthday, Some(6)).await;
    assert_eq!(desk.look().await, NONE, "it is too early");
    desk.clock.advance_millis(DAY);
    for _ in 0..3 {
        assert_eq!(desk.look().await, ["Bert Lang: Birthday (40) 20261129"], "once");
    }
    assert!(desk.card().await.contains("X-ROLODAV-NEXT:2026-11-29"), "{}", desk.card().await);
    let task = desk.tasks().await.remove(0).1;
    assert!(task.contains("X-ROLODAV-CONTACT:bert"), "{task}");
    desk.tick().await;
    let told = ("contact".to_owned(), "Birthday (40)".to_owned());
    assert_eq!(desk.history().await, std::slice::from_ref(&told));
    desk.tidy_up().await;
    assert_eq!(desk.look().await, NONE, "it is done");
    // Whatever is turned or changed, this year has had it.
    desk.choose(&DayOf::Birthday, None).await;
    desk.choose(&DayOf::Birthday, Some(14)).await;
    desk.put_lines("BDAY:1986-11-30\r\n").await;
    assert_eq!(desk.look().await, NONE);
    desk.clock.advance_millis(360 * DAY);
    assert_eq!(desk.look().await, ["Bert Lang: Birthday (41) 20271130"]);
    desk.tidy_up().await;
    assert_eq!(desk.look().await, NONE, "it was not wanted this year");
    assert_eq!(desk.history().await, [told]);
}

#[tokio::test]
async fn an_open_one_follows_the_card() {
    let desk = Desk::open().await;
    desk.choose(&DayOf::Birthday, Some(7)).await;
    desk.put_lines("BDAY:1986-11-25\r\n").await;
    assert_eq!(desk.look().await, ["Bert Lang: Birthday (40) 20261125"]);
    for (lines, wanted) in [
        ("BDAY:--11-27\r\n", &["Bert Lang: Birthday 20261127"][..]),
        ("BDAY:1990-12-24\r\n", &["Bert Lang: Birthday (36) 20261224"]),
        ("BDAY:1990-11-24\r\nTEL:1\r\n", &["Bert Lang: Birthday (36) 20261124"]),
        ("TEL:1\r\n", &[]),
        // It ended with the birthday.
        ("BDAY:1990-11-24\r\n", &[]),
    ] {
        desk.put_lines(lines).await;
        assert_eq!(desk.look().await, wanted, "{lines}");
    }
    desk.clock.advance_millis(365 * DAY);
    assert_eq!(desk.look().await, ["Bert Lang: Birthday (37) 20271124"]);
    // Put off by somebody it stays so, until the day itself is another one.
    let id = desk.verbs().list(false).await.unwrap().remove(0).short;
    let day = desk.verbs().day("2027-12-05").await.unwrap();
    desk.verbs().snooze(&id, day).await.unwrap();
    desk.put_lines("BDAY:1990-11-24\r\nTEL:2\r\n").await;
    assert_eq!(desk.look().await, ["Bert Lang: Birthday (37) 20271205"]);
    // Last year's day, corrected to one that is over, needs nothing any more.
    desk.put_lines("BDAY:1990-03-01\r\n").await;
    assert_eq!(desk.look().await, NONE);
    let book = desk.collection(Kind::AddressBook, "contacts").await;
    desk.clock.advance_millis(95 * DAY);
    assert_eq!(desk.look().await, ["Bert Lang: Birthday (38) 20280301"]);
    let target = Target { collection: &book, rights: &[], name: "bert.vcf", actor: &desk.actor };
    desk.store.delete_member(&target, None, |_| Ok(())).await.unwrap();
    assert_eq!(desk.look().await, NONE, "the card is gone");
}

#[tokio::test]
async fn leap_days_and_the_turn_of_the_year() {
    let desk = Desk::open().await;
    desk.choose(&DayOf::Birthday, Some(7)).await;
    desk.put_lines("BDAY:--02-29\r\n").await;
    // From 22 November to 21 February.
    desk.clock.advance_millis(91 * DAY);
    assert_eq!(desk.look().await, ["Bert Lang: Birthday 20270228"]);
    desk.tick().await;
    desk.tidy_up().await;
    desk.clock.advance_millis(365 * DAY);
    assert_eq!(desk.look().await, NONE);
    desk.clock.advance_millis(DAY);
    assert_eq!(desk.look().await, ["Bert Lang: Birthday 20280229"]);
    desk.tick().await;
    desk.tidy_up().await;
    desk.put_lines("BDAY:2027-01-02\r\n").await;
    // To 27 December 2028.
    desk.clock.advance_millis(309 * DAY);
    assert_eq!(desk.look().await, ["Bert Lang: Birthday (2) 20290102"]);
}

#[tokio::test]
async fn days_in_fields_come_while_they_are_wanted() {
    let desk = Desk::open().await;
    let definition = fields::Definition {
        name: "Contract ends".to_owned(),
        property: None,
        kind: FieldKind::Date,
        required: false,
    };
    let field = fields::define(&desk.store, &desk.anna, &definition, &desk.actor).await.unwrap();
    assert!(may_remind(&field));
    let of = DayOf::Field(field.property);
    let lines = "item1.X-ABDATE:2026-12-01\r\nitem1.X-ABLabel:Contract ends\r\nBDAY:--12-01\r\n";
    desk.put_lines(lines).await;
    desk.choose(&of, Some(7)).await;
    assert_eq!(desk.look().await, NONE);
    desk.choose(&of, Some(14)).await;
    let contract = "Bert Lang: Contract ends 20261201";
    assert_eq!(desk.look().await, [contract]);
    desk.choose(&DayOf::Birthday, Some(9)).await;
    let mut both = desk.look().await;
    both.sort();
    assert_eq!(both, ["Bert Lang: Birthday 20261201", contract]);
    desk.choose(&DayOf::Birthday, None).await;
    assert_eq!(desk.look().await, [contract]);
    fields::remove(&desk.store, &desk.anna, "contract ends", &desk.actor).await.unwrap();
    desk.choose(&of, None).await;
    assert_eq!(desk.look().await, NONE);
}

#[test]
fn times_before_a_day() {
    for (typed, days) in [
        ("7d", Some(7)),
        (" 2W ", Some(14)),
        ("0", Some(0)),
        ("181d", None),
        ("9999w", None),
        ("soon", None),
        ("-1d", None),
    ] {
        assert_eq!(lead(typed).ok(), days, "{typed:?}");
    }
}
