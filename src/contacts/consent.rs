//! What contacts agreed to: noted, read, and shown on their cards, where it ends by itself on the
//! day that it does.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::layer::ConsentLine;
use super::local_time;
use super::naming::one_line;
use super::person::Person;
use super::weaving::Rules;
use super::weaving::cards::{self, Change};
use super::weaving::memory::Memory;
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::formats::zone::Zone;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::consents::{self, Answer, Consent, Turn};
use crate::store::contacts::{self, Contact};
use crate::store::engine::{Batch, Snapshot};
use crate::store::{Actor, Store, member, tombstones};

pub use crate::store::consents::State;

/// Longest purpose and source, in characters.
const LONGEST: usize = 120;

/// Contacts that one look turns at most.
const TURNS: usize = 500;

/// What holds for a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// For what.
    pub purpose: String,
    /// The answer.
    pub consent: Consent,
    /// Was it granted, and holds no more?
    pub expired: bool,
}

/// Somebody who notes what a user's contacts agreed to.
#[derive(Debug, Clone, Copy)]
pub struct Consents<'a> {
    /// Where it is noted.
    pub store: &'a Store,
    /// What is set for the memory of contacts.
    pub rules: &'a Rules,
    /// Whose contacts they are.
    pub owner: &'a PrincipalId,
    /// Who notes it.
    pub actor: &'a Actor,
}

/// An answer as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// For what.
    pub purpose: String,
    /// What it is.
    pub state: State,
    /// Where it is known from.
    pub source: String,
    /// On which day it was given; `None`: today.
    pub on: Option<Date>,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

impl Given {
    /// Is it granted, and holds?
    pub fn holds(&self) -> bool {
        self.consent.state == State::Granted && !self.expired
    }

    /// One word for it.
    pub const fn word(&self) -> &'static str {
        match self.consent.state {
            State::Granted if self.expired => "expired",
            State::Granted => "granted",
            State::Refused => "refused",
            State::Withdrawn => "withdrawn",
            State::Unknown => "unknown",
        }
    }

    /// As a card shows it.
    pub fn line(&self) -> ConsentLine {
        ConsentLine {
            purpose: self.purpose.clone(),
            state: self.word().to_owned(),
            source: self.consent.source.clone(),
            on: self.consent.on.clone(),
            until: self.consent.until.clone(),
        }
    }
}

/// The word of a state.
pub fn state(word: &str) -> Result<State, Fault> {
    Ok(match word.trim().to_lowercase().as_str() {
        "granted" => State::Granted,
        "refused" => State::Refused,
        "withdrawn" => State::Withdrawn,
        "unknown" => State::Unknown,
        _ => {
            return Err(Fault::bad_request(format!(
                "`{}` is no answer. The answers are granted, refused, withdrawn and unknown.",
                one_line(word)
            )));
        }
    })
}

/// A day as it is typed: `2026-11-23`.
pub fn day(typed: &str) -> Result<Date, Fault> {
    typed.trim().parse().map_err(|_| {
        let message = format!("`{}` is no day. An example: 2026-11-23.", one_line(typed));
        Fault::bad_request(message)
    })
}

/// What holds of the answers of several UIDs of one contact: of each the last, of these the
/// strictest, of equals the latest.
fn strictest(answers: Vec<Vec<Answer>>, today: Date) -> Vec<Given> {
    let mut held: BTreeMap<String, Consent> = BTreeMap::new();
    for of_uid in answers {
        let last: BTreeMap<String, Consent> =
            of_uid.into_iter().map(|answer| (answer.purpose, answer.consent)).collect();
        for (purpose, consent) in last {
            let rank = |consent: &Consent| (consent.state, consent.at);
            match held.get(&purpose) {
                Some(known) if rank(known) >= rank(&consent) => {}
                _ => drop(held.insert(purpose, consent)),
            }
        }
    }
    let given = held.into_iter().map(|(purpose, consent)| {
        let last = consent.until.as_deref().and_then(|day| day.parse::<Date>().ok());
        let expired = consent.state == State::Granted && last.is_some_and(|last| last < today);
        Given { purpose, consent, expired }
    });
    given.collect()
}

/// The day it is for `owner`.
pub fn today(now: Timestamp, zone: &Zone) -> Date {
    zone.civil(i64::try_from(now.seconds()).unwrap_or(i64::MAX)).date()
}

/// What holds for the contact that has these UIDs (normalised), by purpose.
pub async fn of_contact(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uids: impl Iterator<Item = &str>,
    today: Date,
) -> Result<Vec<Given>, Fault> {
    let mut answers = Vec::new();
    for uid in uids {
        answers.push(consents::of_uid(snapshot, owner, uid).await?);
    }
    Ok(strictest(answers, today))
}

/// Did the contact that `uid` (normalised) leads to agree to `purpose`, and does that hold?
pub async fn is_given(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
    purpose: &str,
    today: Date,
) -> Result<bool, Fault> {
    let uids = uids(snapshot, owner, uid).await?;
    let given = of_contact(snapshot, owner, uids.iter().map(String::as_str), today).await?;
    let purpose = purpose_of(purpose)?;
    Ok(given.iter().any(|given| given.purpose == purpose && given.holds()))
}

/// What cards of `contact` show of it.
pub async fn shown(
    snapshot: &Snapshot,
    contact: &Contact,
    now: Timestamp,
    zone: &Zone,
) -> Result<Vec<ConsentLine>, Fault> {
    let uids = std::iter::once(&contact.uid).chain(&contact.aliases).map(String::as_str);
    let given = of_contact(snapshot, &contact.owner, uids, today(now, zone)).await?;
    Ok(given.iter().map(Given::line).collect())
}

/// All UIDs of the contact that `uid` leads to.
async fn uids(snapshot: &Snapshot, owner: &PrincipalId, uid: &str) -> Result<Vec<String>, Fault> {
    let contact = contacts::find(snapshot, owner, uid).await?.map(|(_, read)| read.record);
    Ok(match contact {
        Some(contact) => std::iter::once(contact.uid).chain(contact.aliases).collect(),
        None => vec![uid.to_owned()],
    })
}

/// A purpose in the form in which it compares.
fn purpose_of(purpose: &str) -> Result<String, Fault> {
    let purpose = purpose.trim().to_lowercase();
    if purpose.is_empty()
        || purpose.chars().count() > LONGEST
        || purpose.chars().any(char::is_control)
    {
        return Err(Fault::bad_request(format!(
            "A purpose is a word of 1 to {LONGEST} characters, such as `newsletter`."
        )));
    }
    Ok(purpose)
}

impl Consents<'_> {
    /// Notes an answer of somebody. Of a contact that several became it is the answer of all.
    pub async fn set(&self, person: &Person, telling: &Telling) -> Result<(), Fault> {
        let Self { store, owner, actor, .. } = *self;
        let purpose = purpose_of(&telling.purpose)?;
        if telling.source.chars().count() > LONGEST || telling.source.chars().any(char::is_control)
        {
            return Err(Fault::bad_request(format!(
                "A source is one line of at most {LONGEST} characters."
            )));
        }
        let now = store.now();
        let snapshot = store.snapshot().await?;
        let zone = local_time::zone_of(&snapshot, owner).await?;
        let on = telling.on.unwrap_or_else(|| today(now, &zone));
        let consent = Consent {
            state: telling.state,
            source: telling.source.clone(),
            on: on.to_string(),
            until: telling.until.map(|day| day.to_string()),
            by: actor.clone(),
            at: now,
        };
        let mut batch = Batch::new();
        let contact = contacts::id_of(&snapshot, owner, &person.uid).await?;
        for uid in uids(&snapshot, owner, &person.uid).await? {
            // They may be erased at this moment.
            tombstones::require_none(&snapshot, &mut batch, owner, &uid).await?;
            let (purpose, consent) = (purpose.clone(), consent.clone());
            consents::add(store, &mut batch, owner, &uid, &Answer { purpose, consent })?;
        }
        let (owner_of, uid) = (owner.clone(), person.uid.clone());
        consents::turn(&mut batch, &Turn { at: now, owner: owner_of, uid });
        if let Some(at) = telling.until.and_then(|last| end_of(last, &zone)) {
            let (owner, uid) = (owner.clone(), person.uid.clone());
            consents::turn(&mut batch, &Turn { at, owner, uid });
        }
        let detail = format!("{purpose}: {:?}", telling.state).to_lowercase();
        let deed = Deed::of(Subject::Consent, Verb::Changed, owner.as_str());
        Deed { contact, name: &person.name, uid: &person.uid, detail: &detail, ..deed }
            .note(store, &mut batch, actor)?;
        store.commit(batch).await?;
        // If this is cut off, the job does it.
        turn_due(store, self.rules).await.map(drop)
    }

    /// All answers of somebody, the oldest of each purpose first.
    pub async fn history(&self, person: &Person) -> Result<Vec<Answer>, Fault> {
        let snapshot = self.store.snapshot().await?;
        let mut all = Vec::new();
        for uid in uids(&snapshot, self.owner, &person.uid).await? {
            for answer in consents::of_uid(&snapshot, self.owner, &uid).await? {
                if !all.contains(&answer) {
                    all.push(answer);
                }
            }
        }
        all.sort_by(|a: &Answer, b| (&a.purpose, a.consent.at).cmp(&(&b.purpose, b.consent.at)));
        Ok(all)
    }

    /// What holds for somebody.
    pub async fn of(&self, person: &Person) -> Result<Vec<Given>, Fault> {
        let snapshot = self.store.snapshot().await?;
        let zone = local_time::zone_of(&snapshot, self.owner).await?;
        let uids = uids(&snapshot, self.owner, &person.uid).await?;
        let today = today(self.store.now(), &zone);
        of_contact(&snapshot, self.owner, uids.iter().map(String::as_str), today).await
    }
}

/// When a day is over where clocks show the time of `zone`.
fn end_of(day: Date, zone: &Zone) -> Option<Timestamp> {
    let seconds = zone.instant(day.tomorrow().ok()?.at(0, 0, 0, 0));
    Some(Timestamp(u64::try_from(seconds).ok()?.saturating_mul(1000)))
}

/// Has cards tell what holds by now where an answer came or ended; how many contacts. A fault of
/// one does not hold up the others.
pub async fn turn_due(store: &Store, rules: &Rules) -> Result<usize, Fault> {
    let due = consents::due(&store.snapshot().await?, store.now(), TURNS).await?;
    let mut failed = None;
    for turn in &due {
        failed = weave(store, rules, turn).await.err().or(failed);
    }
    failed.map_or(Ok(due.len()), Err)
}

/// Weaves the cards of a contact anew.
async fn weave(store: &Store, rules: &Rules, turn: &Turn) -> Result<(), Fault> {
    let Turn { owner, uid, .. } = turn;
    let actor = Actor { principal: owner.to_string(), device: "consent".to_owned() };
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        consents::turned(&mut batch, turn);
        if is_there(&snapshot, owner, uid).await? {
            let memory = Memory::open(store, &snapshot, owner, uid, rules).await?;
            let recorded = memory.record(store, &snapshot, &mut batch, &actor).await?;
            let (contact, latest) = (&recorded.contact, &recorded.latest[..]);
            let change = Change { contact, latest, actor: &actor, rules };
            cards::weave_all(store, &snapshot, &mut batch, change, None).await?;
        }
        if attempts.done(batch).await? {
            return Ok(());
        }
    }
}

/// Is there anybody with this UID?
async fn is_there(snapshot: &Snapshot, owner: &PrincipalId, uid: &str) -> Result<bool, Fault> {
    if contacts::id_of(snapshot, owner, uid).await?.is_some() {
        return Ok(true);
    }
    for book in super::erasure::collections(snapshot, owner).await? {
        if book.deleted.is_none() && member::holder(snapshot, book.id, uid).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(purpose: &str, state: State, at: u64, until: Option<&str>) -> Answer {
        let consent = Consent {
            state,
            source: String::new(),
            on: "2026-01-01".to_owned(),
            until: until.map(str::to_owned),
            by: Actor::operator("test"),
            at: Timestamp(at),
        };
        Answer { purpose: purpose.to_owned(), consent }
    }

    #[test]
    fn the_last_answer_of_each_and_the_strictest_of_all_holds() {
        use State::{Granted, Refused, Unknown, Withdrawn};
        let today = "2026-11-23".parse().unwrap();
        for (of_uids, wanted) in [
            (vec![vec![(Granted, 1), (Refused, 2)]], "refused"),
            (vec![vec![(Refused, 1), (Granted, 2)]], "granted"),
            (vec![vec![(Granted, 9)], vec![(Withdrawn, 1)]], "withdrawn"),
            (vec![vec![(Refused, 1)], vec![(Granted, 9)]], "refused"),
            (vec![vec![(Unknown, 9)], vec![(Granted, 1)]], "granted"),
        ] {
            let answers = of_uids
                .iter()
                .map(|of| of.iter().map(|(s, at)| answer("photo", *s, *at, None)).collect());
            let held = strictest(answers.collect(), today);
            assert_eq!(held[0].word(), wanted, "{of_uids:?}");
        }
        for (until, holds) in [("2026-11-22", false), ("2026-11-23", true), ("2026-11-24", true)] {
            let held = strictest(vec![vec![answer("calls", Granted, 1, Some(until))]], today);
            assert_eq!(held[0].holds(), holds, "{until}");
        }
    }
}
