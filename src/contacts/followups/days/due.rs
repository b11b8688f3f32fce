//! Brings the follow-ups of one contact's days in line with its cards: those that are due come, and
//! open ones move or end with the day that they are of.

use std::collections::BTreeSet;

use super::terms::{Terms, key, occurrence};
use crate::base::{Fault, PrincipalId};
use crate::contacts::followups::raise::{self, Wish};
use crate::contacts::followups::{Pending, cadence, task};
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::cards::{self, Change};
use crate::contacts::weaving::memory::Memory;
use crate::contacts::{books, naming};
use crate::store::body::{self, Slot};
use crate::store::contacts::Contact;
use crate::store::days::Filed;
use crate::store::engine::{Batch, Snapshot};
use crate::store::followups::{self, Origin, State};
use crate::store::preferences::DayOf;
use crate::store::{Actor, Store, member};

/// Does so for the contact with `uid`; `moved` are the days that changed on its cards or that are
/// not wanted any more. `true`: one or more came.
pub(super) async fn settle(
    store: &Store,
    rules: &Rules,
    owner: &PrincipalId,
    uid: &str,
    moved: &BTreeSet<DayOf>,
) -> Result<bool, Fault> {
    let actor = Actor { principal: "rolodav".to_owned(), device: "follow-ups".to_owned() };
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let terms = Terms::read(store, &snapshot, owner).await?;
        let mut memory = Memory::open(store, &snapshot, owner, uid, rules).await?;
        let days = of_contact(&snapshot, &terms, &memory.contact).await?;
        move_open(store, &snapshot, &mut batch, &mut memory, &terms, &days, moved).await?;
        let wishes: Vec<Wish> = days.iter().filter_map(|day| wish(&terms, day)).collect();
        let came = raise::raise(store, &snapshot, &mut batch, &mut memory, wishes, &actor).await?;
        if memory.follow_ups.is_empty() {
            return Ok(false);
        }
        let recorded = memory.record(store, &snapshot, &mut batch, &actor).await?;
        let (contact, latest) = (&recorded.contact, &recorded.latest);
        let change = Change { contact, latest, actor: &actor, rules };
        cards::weave_all(store, &snapshot, &mut batch, change, None).await?;
        if attempts.done(batch).await? {
            return Ok(!came.is_empty());
        }
    }
}

fn wish(terms: &Terms, day: &Filed) -> Option<Wish> {
    let date = terms.due(day)?;
    Some(Wish {
        due: Some(date),
        text: terms.title(day, date.year()),
        origin: Origin::Day,
        repetition: None,
        once: Some(once(&day.of, date.year())),
    })
}

/// What a follow-up comes once of: the day of a year.
fn once(of: &DayOf, year: i16) -> String {
    format!("{} {year}", key(of))
}

/// Has open follow-ups of `moved` follow the card: to another day of the year that they are of,
/// or to their end.
async fn move_open(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    memory: &mut Memory,
    terms: &Terms,
    days: &[Filed],
    moved: &BTreeSet<DayOf>,
) -> Result<(), Fault> {
    if moved.is_empty() {
        return Ok(());
    }
    let name = naming::name_of(snapshot, &memory.contact).await?;
    let this_year = terms.today.year();
    for of in moved {
        let day = days.iter().find(|day| day.of == *of);
        for year in this_year.saturating_sub(1)..=this_year.saturating_add(1) {
            let uid = raise::uid_of(&terms.owner, &memory.contact.uid, &once(of, year));
            let found = followups::find(snapshot, &terms.owner, &uid).await?;
            let Some(read) = found.filter(|found| found.record.state == State::Open) else {
                continue;
            };
            let date = day.and_then(|day| occurrence(day, year));
            let mut now = read.record.clone();
            match (day, date.filter(|date| *date >= terms.today)) {
                (Some(day), Some(date)) => {
                    now.due = Some(task::noon(date, &terms.zone));
                    if terms.is_title(&now.text, of) {
                        now.text = terms.title(day, year);
                    }
                }
                _ => now.state = State::Dropped,
            }
            if now == read.record {
                continue;
            }
            let title = (now.text != read.record.text).then(|| task::title(&now, &name));
            cadence::follow(store, snapshot, batch, &now, title.as_deref()).await?;
            memory.follow_ups.push(Pending { read: Some(read), now });
        }
    }
    Ok(())
}

/// The days of a contact: of each kind that of the oldest book that has one.
async fn of_contact(
    snapshot: &Snapshot,
    terms: &Terms,
    contact: &Contact,
) -> Result<Vec<Filed>, Fault> {
    let mut days: Vec<Filed> = Vec::new();
    for id in books::numbers(snapshot, &terms.owner).await? {
        for uid in std::iter::once(&contact.uid).chain(&contact.aliases) {
            let Some(name) = member::holder(snapshot, id, uid).await? else { continue };
            let card = body::get(snapshot, Slot::Member(id, &name)).await?;
            for day in terms.of_card(&card.text) {
                if !days.iter().any(|known| known.of == day.of) {
                    days.push(day);
                }
            }
        }
    }
    Ok(days)
}
