//! The rules of a book, as its owner makes and ends them; and who is spared.

use crate::base::{Fault, PrincipalId, counted};
use crate::contacts::books;
use crate::contacts::person::Person;
use crate::contacts::quality::{Terms, index};
use crate::contacts::said;
use crate::store::audit::{Deed, Verb};
use crate::store::collection::Found as Book;
use crate::store::engine::{Batch, Snapshot};
use crate::store::retention::{self, Ending, Rule, Since, Unit};
use crate::store::{Actor, Store};

/// Most rules of a book.
const MOST: usize = 16;

/// Longest time and notice, in days.
const LONGEST: u32 = 36_525;

/// A rule as it is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// After so many…
    pub after: u32,
    /// …of these.
    pub unit: Unit,
    /// From when on they are counted.
    pub since: Since,
    /// How many days before it is announced.
    pub notice_days: u16,
    /// Cards with one of these tags stay.
    pub exempt: Vec<String>,
    /// What becomes of the others.
    pub ending: Ending,
}

impl Definition {
    fn checked(&self) -> Result<(), Fault> {
        let days = match self.unit {
            Unit::Days => self.after,
            Unit::Months => self.after.saturating_mul(31),
            Unit::Years => self.after.saturating_mul(366),
        };
        if !(1..=LONGEST).contains(&days) {
            return Err(Fault::bad_request("A rule is for 1 day to 100 years."));
        }
        if self.notice_days == 0 || u32::from(self.notice_days) > LONGEST {
            let message = "What a rule does is announced at least one day before.";
            return Err(Fault::bad_request(message));
        }
        Ok(())
    }

    /// It in words.
    fn words(&self) -> String {
        let unit = match self.unit {
            Unit::Days => ("day", "days"),
            Unit::Months => ("month", "months"),
            Unit::Years => ("year", "years"),
        };
        let since = match self.since {
            Since::LastContact => "the last contact",
            Since::Changed => "the last change",
            Since::Created => "they came",
        };
        let does = match self.ending {
            Ending::MoveToTrash => "moves cards to the trash",
            Ending::Erase => "erases people",
        };
        let after = counted(self.after, unit.0, unit.1);
        let notice = counted(self.notice_days, "day", "days");
        format!("{does} {after} after {since}, announced {notice} before")
    }
}

/// The book of `owner` with this name.
async fn book(snapshot: &Snapshot, owner: &PrincipalId, name: &str) -> Result<Book, Fault> {
    let books = books::filled(snapshot, owner).await?.into_iter();
    books.into_iter().find(|found| found.collection.name == name).ok_or_else(|| {
        let message =
            format!("{owner} has no book `{name}`. `rolodav book list {owner}` lists the books.");
        Fault::new(404, message)
    })
}

/// Makes a rule for a book, and announces at once what it is about; tells its number.
pub async fn set(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    wanted: &Definition,
    terms: Terms,
    actor: &Actor,
) -> Result<u64, Fault> {
    wanted.checked()?;
    let wish = wanted.clone();
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let found = book(&snapshot, owner, name).await?;
        let id = found.collection.id;
        let rules = retention::rules(&snapshot, id).await?;
        if rules.len() >= MOST {
            return Err(Fault::conflict(format!("A book has at most {MOST} rules.")));
        }
        let rule = Rule {
            after: wish.after,
            unit: wish.unit,
            since: wish.since,
            notice_days: wish.notice_days,
            exempt: wish.exempt.clone(),
            ending: wish.ending,
            made: store.now(),
            by: actor.clone(),
        };
        found.witness.require(&mut batch);
        let number = retention::insert(store, &mut batch, id, &rule)?;
        let detail = format!("retention rule {number}: {}", wanted.words());
        let deed = Deed::of_collection(Verb::Changed, &found.collection);
        Deed { detail: &detail, ..deed }.note(store, &mut batch, actor)?;
        if attempts.done(batch).await? {
            drop(snapshot);
            index::follow(store, owner, terms).await?;
            return Ok(number);
        }
    }
}

/// Ends a rule of a book, and what it announced.
pub async fn remove(
    store: &Store,
    owner: &PrincipalId,
    (name, number): (&str, u64),
    terms: Terms,
    actor: &Actor,
) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    let found = book(&snapshot, owner, name).await?;
    let id = found.collection.id;
    let Some(read) = retention::rule(&snapshot, id, number).await? else {
        let message = format!(
            "`{name}` has no rule {number}. `rolodav retention list {owner}` lists the rules."
        );
        return Err(Fault::new(404, message));
    };
    let mut batch = Batch::new();
    retention::remove(&mut batch, id, number, &read);
    let detail = format!("retention rule {number} ended");
    let deed = Deed::of_collection(Verb::Changed, &found.collection);
    Deed { detail: &detail, ..deed }.note(store, &mut batch, actor)?;
    store.commit(batch).await?;
    index::follow(store, owner, terms).await
}

/// The rules of the books of `owner`, or of the one of this name: book, number, rule.
pub async fn listed(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    name: Option<&str>,
) -> Result<Vec<(String, u64, Rule)>, Fault> {
    let mut all = Vec::new();
    if let Some(name) = name {
        book(snapshot, owner, name).await?;
    }
    for found in books::filled(snapshot, owner).await? {
        let book = found.collection;
        if name.is_none_or(|name| name == book.name) {
            let rules = retention::rules(snapshot, book.id).await?.into_iter();
            all.extend(rules.map(|(number, rule)| (book.name.clone(), number, rule)));
        }
    }
    Ok(all)
}

/// Has the cards of somebody stay whatever rules say, or no longer.
pub async fn keep(
    store: &Store,
    owner: &PrincipalId,
    person: &Person,
    stays: bool,
    terms: Terms,
    actor: &Actor,
) -> Result<(), Fault> {
    let at = store.now();
    let detail = if stays { "kept from retention rules" } else { "retention rules hold again" };
    let keep = |batch: &mut Batch, uid: &str| {
        if stays {
            retention::keep(batch, owner, uid, at);
        } else {
            retention::forget(batch, owner, uid);
        }
    };
    said::say(store, owner, person, detail, actor, keep).await?;
    index::follow(store, owner, terms).await?;
    index::look_again_at(store, owner, terms, person).await
}
