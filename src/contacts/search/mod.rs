//! Finding contacts by any part of what is known of them. The index is the store's
//! ([`crate::store::words`]), kept in the commit that changes a card; here is what a word is, what
//! a query means, which cards it finds and why.

pub mod build;
pub mod candidates;
pub mod card;
pub mod hits;
mod listing;
pub mod query;
mod several;
pub mod text;
pub mod why;

pub use card::READING;
pub use why::Why;

use hits::{Hit, Searched};
use query::Query;

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::naming;
use crate::formats::vcard::Card;
use crate::store::Store;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::words::lookup::Index;
use crate::store::words::{self, history};
use crate::store::{grants, member, memberships};

/// Most cards of one answer.
pub const MOST: usize = 1000;

/// Most cards that can be passed over.
pub const MOST_SKIPPED: usize = 10_000;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Asked<'a> {
    /// What was typed.
    pub words: &'a str,
    /// The book to search; a shared one by the name `shared-N` that it has for the asker. Without
    /// one, all that the asker sees.
    pub book: Option<&'a str>,
    /// Most cards to tell, at most [`MOST`].
    pub limit: usize,
    /// How many of the best to pass over, at most [`MOST_SKIPPED`].
    pub skip: usize,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The cards, the best first.
    pub found: Vec<Found>,
    /// Are there more?
    pub more: bool,
    /// Are these surely the best? Not where very many cards fit each word and few fit all.
    pub sure: bool,
}

/// A card that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The book.
    pub book: Collection,
    /// The path segment by which the asker sees the book.
    pub segment: String,
    /// The card's name in it.
    pub card: String,
    /// The card's UID.
    pub uid: String,
    /// The contact's name.
    pub name: String,
    /// The smaller, the better.
    pub score: u32,
    /// What of the card fits, one for each word.
    pub why: Vec<Why>,
}

/// A book that somebody may search.
#[derive(Debug)]
struct Visible {
    book: Collection,
    segment: String,
    history: bool,
    own: bool,
}

/// The cards that `user` may see and that fit what is asked.
///
/// # Errors
/// The query says nothing, or too much; the book is not one that the user sees.
pub async fn search(store: &Store, user: &PrincipalId, asked: &Asked<'_>) -> Result<Answer, Fault> {
    let query = Query::read(asked.words)?;
    if asked.skip > MOST_SKIPPED {
        let message = format!("At most {MOST_SKIPPED} cards can be passed over; add a word.");
        return Err(Fault::new(422, message));
    }
    let limit = asked.limit.clamp(1, MOST);
    let want = asked.skip + limit + 1;
    let books = visible(&store.snapshot().await?, user, asked.book).await?;
    for visible in &books {
        build::book(store, &visible.book).await?;
    }
    build::timeline(store, user).await?;
    let snapshot = &store.snapshot().await?;
    let happened = history::has_any(snapshot, user).await?;
    let (mut all, mut sure) = (Vec::new(), true);
    for (place, visible) in books.iter().enumerate() {
        let searched = Searched {
            snapshot,
            id: visible.book.id,
            index: Index::of(snapshot, visible.book.id).await?,
            history: visible.history,
            timeline: (happened && visible.own).then_some(user),
        };
        let hits = best(&searched, &query, want).await?;
        sure &= hits.sure;
        all.extend(hits.hits.into_iter().map(|hit| (place, hit)));
    }
    // Those of one book are in order already.
    all.sort_by_key(|(_, hit)| hit.score);
    let more = all.len() > asked.skip + limit;
    let mut found = Vec::with_capacity(limit.min(all.len()));
    for (place, hit) in all.into_iter().skip(asked.skip).take(limit) {
        if let Some(visible) = books.get(place) {
            found.extend(told(snapshot, user, visible, hit, &query).await?);
        }
    }
    Ok(Answer { found, more, sure })
}

/// The best cards in any of the query's readings.
async fn best(searched: &Searched<'_>, query: &Query, want: usize) -> Result<hits::Hits, Fault> {
    let mut best = hits::Hits { hits: Vec::new(), sure: true };
    for terms in &query.readings {
        let hits = searched.best(terms, want).await?;
        best.sure &= hits.sure;
        let known: std::collections::HashSet<u64> = best.hits.iter().map(|h| h.number).collect();
        best.hits.extend(hits.hits.into_iter().filter(|hit| !known.contains(&hit.number)));
    }
    if query.readings.len() > 1 {
        best.hits.sort_by_key(|hit| hit.score);
        best.hits.truncate(want);
    }
    Ok(best)
}

/// The books that `user` sees, or the one of that name.
async fn visible(
    snapshot: &Snapshot,
    user: &PrincipalId,
    only: Option<&str>,
) -> Result<Vec<Visible>, Fault> {
    let mut books = Vec::new();
    for found in collection::list(snapshot, user, Kind::AddressBook).await? {
        let (book, segment) = (found.collection.clone(), found.collection.name);
        books.push(Visible { book, segment, history: true, own: true });
    }
    let groups = memberships::all_groups(snapshot, user).await?;
    for grant in grants::of_user(snapshot, user, &groups).await? {
        let id = grant.collection;
        let Some(allowed) = grants::access(snapshot, id, user, &groups).await? else { continue };
        let Some(found) = collection::get(snapshot, id).await? else { continue };
        let book = found.collection;
        if book.deleted.is_none() && book.kind == Kind::AddressBook {
            let (segment, history) = (shared_segment(id), !allowed.without_history);
            books.push(Visible { book, segment, history, own: false });
        }
    }
    match only {
        Some(only) => {
            books.retain(|visible| visible.segment == only);
            if books.is_empty() {
                return Err(crate::contacts::books::unknown(user, only));
            }
        }
        // What the server fills shows cards of the other books once more.
        None => books.retain(|visible| visible.book.role == Role::Plain),
    }
    Ok(books)
}

/// The path segment of a shared book.
fn shared_segment(id: CollectionId) -> String {
    format!("shared-{}", id.0)
}

async fn told(
    snapshot: &Snapshot,
    user: &PrincipalId,
    visible: &Visible,
    hit: Hit,
    query: &Query,
) -> Result<Option<Found>, Fault> {
    let id = visible.book.id;
    let named = words::look_at(snapshot, id, hit.number, |entry| entry.name.to_owned()).await?;
    let Some(card) = named else { return Ok(None) };
    let Some(member) = member::get(snapshot, id, &card).await? else { return Ok(None) };
    let body = body::get(snapshot, Slot::Member(id, &card)).await?;
    let text = if visible.history {
        body.text
    } else {
        crate::contacts::layer::without_history(&body.text).into_owned().into()
    };
    let seen = Card::parse(&text);
    let name = seen.full_name().map(|name| naming::one_line(&name)).unwrap_or_default();
    let uid = seen.uid().map_or_else(|| member.uid.clone(), |uid| uid.trim().to_owned());
    let mut why = Vec::new();
    for terms in &query.readings {
        let (found, missing) = why::of_card(&text, terms);
        why = found;
        if missing.is_empty() {
            break;
        }
        if visible.own {
            let (happened, missing) =
                why::of_timeline(snapshot, user, &member.uid, missing).await?;
            why.extend(happened);
            if missing.is_empty() {
                break;
            }
        }
    }
    let (book, segment) = (visible.book.clone(), visible.segment.clone());
    Ok(Some(Found { book, segment, card, uid, name, score: hit.score, why }))
}

#[cfg(test)]
mod tests;
