//! What is told of the quality of somebody's cards: counts of each book, and the findings of single
//! cards in words.

use super::finding::Finding;
use super::index;
use super::kind::Kind;
use super::look::Look;
use super::standing::{self, Beside, Standing, Terms};
use crate::base::{CollectionId, Fault, PrincipalId, Timestamp};
use crate::contacts::books;
use crate::contacts::duplicates::proposals;
use crate::contacts::naming::one_line;
use crate::contacts::person::Person;
use crate::formats::vcard::Card;
use crate::store::body::{self, Slot};
use crate::store::engine::Snapshot;
use crate::store::matching::Proposal;
use crate::store::{Store, attention, member, quality, retention};

/// Names that are read at a time.
const PAGE: usize = 256;

/// Contacts of which it is told that they may be the same as another one.
const ALIKE: usize = 5;

/// How the cards of a book are.
#[derive(Debug, Clone, PartialEq)]
pub struct BookReport {
    /// Its name.
    pub name: String,
    /// How many cards of people it has.
    pub cards: u64,
    /// How many of them need attention.
    pub attention: u64,
    /// How complete they are on average, 0 to 100; nothing of an empty book.
    pub score: Option<f64>,
    /// How many cards have findings of each kind, those without left out.
    pub kinds: Vec<(Kind, u64)>,
}

/// What is told of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardReport {
    /// The book's name.
    pub book: String,
    /// The card's name in it.
    pub card: String,
    /// Its normalised UID.
    pub uid: String,
    /// What it is called.
    pub name: String,
    /// How complete it is: 0 to 100.
    pub score: u8,
    /// When somebody last edited it, met the contact or said that it is right.
    pub since: Timestamp,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// Whose cards are told of, and by what terms.
#[derive(Debug, Clone, Copy)]
pub struct Reporter<'a> {
    /// Where they are.
    pub store: &'a Store,
    /// Whose.
    pub owner: &'a PrincipalId,
    /// What findings depend on.
    pub terms: Terms,
}

impl Reporter<'_> {
    /// How the cards of each book are, or of the one of this name.
    pub async fn books(&self, book: Option<&str>) -> Result<Vec<BookReport>, Fault> {
        index::follow(self.store, self.owner, self.terms).await?;
        let snapshot = self.store.snapshot().await?;
        let mut reports = Vec::new();
        for (id, name) in self.named(&snapshot, book).await? {
            let counts = quality::counts(&snapshot, id).await?;
            let score = (counts.cards > 0).then(|| counts.scores as f64 / counts.cards as f64);
            let kind = |kind: &Kind| {
                let count = counts.kinds.get(*kind as usize).copied().unwrap_or(0);
                (count > 0).then_some((*kind, count))
            };
            let kinds = Kind::ALL.iter().filter_map(kind).collect();
            let (cards, attention) = (counts.cards, counts.attention);
            reports.push(BookReport { name, cards, attention, score, kinds });
        }
        Ok(reports)
    }

    /// Up to `most` cards that need attention, by book and name; those with a finding of `kind`, if one
    /// is named.
    pub async fn cards(
        &self,
        book: Option<&str>,
        kind: Option<Kind>,
        most: usize,
    ) -> Result<Vec<CardReport>, Fault> {
        let snapshot = self.store.snapshot().await?;
        let mut reports = Vec::new();
        for (id, book) in self.named(&snapshot, book).await? {
            let mut after: Option<String> = None;
            while reports.len() < most {
                let (bit, room) = (kind.map(|kind| kind as u8), PAGE.min(most - reports.len()));
                let page =
                    quality::with_findings(&snapshot, id, bit, after.as_deref(), room).await?;
                for name in &page {
                    reports.extend(self.card(&snapshot, (id, &book), name).await?);
                }
                match page.into_iter().next_back() {
                    Some(last) => after = Some(last),
                    None => break,
                }
            }
        }
        Ok(reports)
    }

    /// The cards of somebody, whether they need attention or not.
    pub async fn person(&self, person: &Person) -> Result<Vec<CardReport>, Fault> {
        index::follow(self.store, self.owner, self.terms).await?;
        let snapshot = self.store.snapshot().await?;
        let mut reports = Vec::new();
        for place in &person.cards {
            let book = (place.book.id, place.book.name.as_str());
            reports.extend(self.card(&snapshot, book, &place.name).await?);
        }
        Ok(reports)
    }

    async fn card(
        &self,
        snapshot: &Snapshot,
        (id, book): (CollectionId, &str),
        name: &str,
    ) -> Result<Option<CardReport>, Fault> {
        let Some(member) = member::get(snapshot, id, name).await? else { return Ok(None) };
        let text = body::get(snapshot, Slot::Member(id, name)).await?.text;
        let (place, card) = ((id, name), (&member, &text[..]));
        let now = self.store.now();
        let known = index::known(snapshot, self.owner, place, card, self.terms, now).await?;
        let Some((look, beside, standing)) = known else { return Ok(None) };
        let mut findings = self.findings(snapshot, place, (&look, beside, &standing)).await?;
        findings.extend(self.duplicates(snapshot, &member.uid).await?);
        Ok(Some(CardReport {
            book: book.to_owned(),
            card: name.to_owned(),
            uid: member.uid,
            name: one_line(&Card::parse(&text).full_name().unwrap_or_default()),
            score: look.score,
            since: standing.since,
            findings,
        }))
    }

    async fn findings(
        &self,
        snapshot: &Snapshot,
        (id, name): (CollectionId, &str),
        (look, beside, standing): (&Look, Beside, &Standing),
    ) -> Result<Vec<Finding>, Fault> {
        let mut findings = look.findings.told().to_vec();
        let now = self.store.now();
        if standing::future(look, now).is_some()
            && let Some((year, month, day)) = look.latest
        {
            let value = format!("{year:04}-{month:02}-{day:02}");
            let message = "This day is still to come.";
            findings.push(Finding::new(Kind::ImpossibleDate, "BDAY", &value, message));
        }
        if standing.kinds.has(Kind::Repaired)
            && let Some(record) = attention::get(snapshot, id, name).await?
        {
            for note in record.notes {
                findings.push(Finding::new(Kind::Repaired, "", &note.code, note.text));
            }
            if beside.repaired.is_some() && findings.iter().all(|f| f.kind != Kind::Repaired) {
                let message = "The card was repaired when it came.";
                findings.push(Finding::new(Kind::Repaired, "", "", message));
            }
        }
        if let Some(going) = retention::announced(snapshot, id, name).await? {
            let goes = going.record.goes.rfc3339();
            let day = goes.split('T').next().unwrap_or_default();
            let message = format!("Rule {} of its book lets it go on {day}.", going.record.rule);
            findings.push(Finding::new(Kind::Leaving, "", day, message));
        }
        if standing.kinds.has(Kind::Stale) {
            let message = format!("Nobody has looked at it for {} days.", self.terms.stale_days);
            let since = standing.since.rfc3339();
            let day = since.split('T').next().unwrap_or_default();
            findings.push(Finding::new(Kind::Stale, "", day, message));
        }
        Ok(findings)
    }

    /// Who may be the same as the contact with `uid`.
    async fn duplicates(&self, snapshot: &Snapshot, uid: &str) -> Result<Vec<Finding>, Fault> {
        let proposed = proposals::of_contact(snapshot, self.owner, uid, ALIKE).await?;
        let finding = |(person, proposal): (Person, Proposal)| {
            let places = person.cards.iter().map(|at| format!("{}/{}", at.book.name, at.name));
            let place = places.into_iter().next().unwrap_or_default();
            let why = proposal.reasons.join(", ");
            let message = format!("It may be of the same person as {place}: {why}.");
            Finding::new(Kind::PossibleDuplicate, "", &person.name, message)
        };
        Ok(proposed.into_iter().map(finding).collect())
    }

    /// The numbers and names of the books, or of the one of this name.
    pub(super) async fn named(
        &self,
        snapshot: &Snapshot,
        book: Option<&str>,
    ) -> Result<Vec<(CollectionId, String)>, Fault> {
        let all = books::filled(snapshot, self.owner).await?;
        let all = all.into_iter().map(|found| (found.collection.id, found.collection.name));
        let found: Vec<_> = all.filter(|(_, name)| book.is_none_or(|book| book == name)).collect();
        if let (Some(book), true) = (book, found.is_empty()) {
            let owner = self.owner;
            let message = format!(
                "{owner} has no book `{book}`. `rolodav book list {owner}` lists the books."
            );
            return Err(Fault::new(404, message));
        }
        Ok(found)
    }
}
