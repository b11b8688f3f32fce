//! `rolodav quality …`

use std::collections::BTreeMap;

use super::acting_for;
use crate::app::Services;
use crate::base::{Fault, PrincipalId};
use crate::cli::command::QualityCommand;
use crate::cli::outcome::{BookQualityRow, CardQualityRow, FindingRow, Outcome, QualityRow};
use crate::contacts::naming::one_line;
use crate::contacts::normal::Region;
use crate::contacts::person;
use crate::contacts::quality::confirm::confirm;
use crate::contacts::quality::report::{CardReport, Reporter};
use crate::contacts::quality::{Kind, Terms};

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
            list(&reporter, book.as_deref(), kind.as_deref(), most).await
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
    }
}

/// What findings depend on.
fn terms(services: &Services) -> Terms {
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
