//! `rolodav quality …`

use std::collections::{BTreeMap, BTreeSet};

use super::acting_for;
use crate::app::Services;
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::cli::command::QualityCommand;
use crate::cli::outcome::{
    BookQualityRow, CardQualityRow, CleanedCardRow, CleanedRow, CleanedValueRow, CleanupRow,
    CleanupUndoneRow, FindingRow, FindingTagRow, Outcome, QualityRow,
};
use crate::contacts::duplicates::newcomers;
use crate::contacts::naming::one_line;
use crate::contacts::normal::Region;
use crate::contacts::person;
use crate::contacts::quality::cleaning::{Cleaner, Done, Told, Whose};
use crate::contacts::quality::confirm::confirm;
use crate::contacts::quality::report::{CardReport, Reporter};
use crate::contacts::quality::{Change, Cleanup, Kind, Terms, tagging};
use crate::store::{Actor, quality_cleanings as cleanings};

/// Cards that are listed at most.
const LISTED: usize = 1000;

/// Cards that are held against others before what is found is listed.
const COMPARED: usize = 100_000;

pub(super) async fn quality(
    services: &Services,
    user: &str,
    what: QualityCommand,
) -> Result<Outcome, Fault> {
    let store = &*services.store;
    let owner = services.accounts.find_user(user).await?;
    let terms = terms(services);
    let reporter = Reporter { store, owner: &owner, terms };
    match what {
        QualityCommand::List { book, kind, most } => {
            newcomers::catch_up(store, &owner, terms.region, COMPARED).await?;
            let listed = list(&reporter, book.as_deref(), kind.as_deref(), most).await?;
            tagging::settle(store, &owner, &acting_for(&owner, "rolodav quality")).await?;
            Ok(listed)
        }
        QualityCommand::Show { who } => {
            let person = person::find(store, &owner, &who).await?;
            let cards = reporter.person(&person).await?;
            Ok(Outcome::CardQuality(cards.into_iter().map(row).collect()))
        }
        QualityCommand::Confirm { who } => {
            let person = person::find(store, &owner, &who).await?;
            let actor = acting_for(&owner, "rolodav quality");
            confirm(store, &owner, &person, terms, &actor).await?;
            let name = one_line(&person.name);
            Ok(Outcome::Done(format!("What stands on the cards of {name} is right as it is.")))
        }
        QualityCommand::Tag { kinds, on } => tag(services, &owner, &kinds, on).await,
        QualityCommand::Clean { who, book, what, preview } => {
            let what: BTreeSet<Cleanup> = if what.is_empty() {
                Cleanup::ALL.into_iter().collect()
            } else {
                what.iter().filter_map(|word| Cleanup::named(word)).collect()
            };
            let actor = acting_for(&owner, "rolodav quality");
            let cleaner = cleaner(services, &owner, &actor);
            let person = match who {
                Some(who) => Some(person::find(store, &owner, &who).await?),
                None => None,
            };
            let whose = person.as_ref().map_or(Whose::Book(book.as_deref()), Whose::Person);
            let done = cleaner.clean(whose, &what, preview, LISTED).await?;
            tagging::settle(store, &owner, &actor).await?;
            Ok(Outcome::Cleaned(Box::new(cleaned(&owner, done))))
        }
        QualityCommand::Cleanups => {
            let listed = cleanings::list(&store.snapshot().await?, &owner).await?;
            let rows = listed.into_iter().map(|(number, cleaning, cards)| CleanupRow {
                cleanup: number,
                at: cleaning.at.rfc3339(),
                by: super::recovery::who(&cleaning.actor),
                what: cleaning.what,
                cards,
                undone: cleaning.undone.map(Timestamp::rfc3339),
            });
            Ok(Outcome::Cleanups(rows.collect()))
        }
        QualityCommand::Undo { number } => undo(services, &owner, number).await,
    }
}

/// Takes a clean-up back.
pub(super) async fn undo(
    services: &Services,
    owner: &PrincipalId,
    number: u64,
) -> Result<Outcome, Fault> {
    let actor = acting_for(owner, "rolodav quality");
    let undone = cleaner(services, owner, &actor).undo(number).await?;
    let (restored, left) = (undone.restored, undone.left);
    Ok(Outcome::CleanupUndone(CleanupUndoneRow { cleanup: number, restored, left }))
}

fn cleaner<'a>(services: &'a Services, owner: &'a PrincipalId, actor: &'a Actor) -> Cleaner<'a> {
    Cleaner {
        store: &services.store,
        rules: &services.rules,
        quota: services.settings.store.quota(),
        owner,
        actor,
        terms: terms(services),
    }
}

fn cleaned(owner: &PrincipalId, done: Done) -> CleanedRow {
    let value = |change: Change| CleanedValueRow {
        kind: change.cleanup.word().to_owned(),
        property: change.property.to_owned(),
        before: change.before,
        after: change.after,
    };
    let card = |told: Told| CleanedCardRow {
        book: told.book,
        card: told.card,
        name: told.name,
        changes: told.changes.into_iter().map(value).collect(),
    };
    CleanedRow {
        cleanup: done.number,
        user: owner.to_string(),
        count: done.cards,
        cards: done.told.into_iter().map(card).collect(),
        failed: done.failed,
    }
}

async fn tag(
    services: &Services,
    owner: &PrincipalId,
    kinds: &[String],
    on: Option<bool>,
) -> Result<Outcome, Fault> {
    let store = &*services.store;
    let actor = acting_for(owner, "rolodav quality");
    let named: Vec<Kind> = if kinds.is_empty() {
        Kind::ALL.to_vec()
    } else {
        kinds.iter().filter_map(|word| Kind::named(word)).collect()
    };
    match on {
        Some(true) => tagging::turn_on(store, owner, terms(services), &named, &actor).await?,
        Some(false) => tagging::turn_off(store, owner, &named, &actor).await?,
        None => {}
    }
    let chosen = tagging::chosen(store, owner).await?;
    let row =
        |kind: Kind| FindingTagRow { kind: kind.word().to_owned(), tag: kind.tag().to_owned() };
    Ok(Outcome::FindingTags(chosen.each().map(row).collect()))
}

/// What findings depend on.
pub(super) fn terms(services: &Services) -> Terms {
    let settings = &services.settings.contacts;
    Terms { region: Region::named(&settings.phone_region), stale_days: settings.stale_days }
}

async fn list(
    reporter: &Reporter<'_>,
    book: Option<&str>,
    kind: Option<&str>,
    most: usize,
) -> Result<Outcome, Fault> {
    let kind = match kind {
        Some(word) => Some(Kind::named(word).ok_or_else(|| unknown(reporter.owner, word))?),
        None => None,
    };
    let books = reporter.books(book).await?;
    let cards = reporter.cards(book, kind, most).await?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (kind, count) in books.iter().flat_map(|book| &book.kinds) {
        *counts.entry(kind.word().to_owned()).or_default() += count;
    }
    let count = match kind {
        Some(kind) => counts.get(kind.word()).copied().unwrap_or(0),
        None => books.iter().map(|book| book.attention).sum(),
    };
    let books = books.into_iter().map(|book| BookQualityRow {
        book: book.name,
        cards: book.cards,
        attention: book.attention,
        score: book.score.map(|score| (score * 10.0).round() / 10.0),
        counts: book.kinds.into_iter().map(|(k, count)| (k.word().to_owned(), count)).collect(),
    });
    let (books, cards) = (books.collect(), cards.into_iter().map(row).collect());
    Ok(Outcome::Quality(Box::new(QualityRow { books, counts, cards, count })))
}

fn unknown(owner: &PrincipalId, word: &str) -> Fault {
    let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    Fault::bad_request(format!(
        "There is no kind `{word}` of findings on the cards of {owner}. The kinds are {}.",
        words.join(", ")
    ))
}

fn row(card: CardReport) -> CardQualityRow {
    let findings = card.findings.into_iter().map(|finding| FindingRow {
        kind: finding.kind.word().to_owned(),
        property: finding.property.to_owned(),
        value: finding.value,
        message: finding.message,
        advice: finding.kind.advice().to_owned(),
        suggestion: finding.suggestion,
        cleanup: finding.cleanup,
    });
    CardQualityRow {
        book: card.book,
        card: card.card,
        uid: card.uid,
        name: card.name,
        score: card.score,
        since: card.since.rfc3339(),
        findings: findings.collect(),
    }
}
