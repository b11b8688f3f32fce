//! What is announced of cards: filed by the index of quality, which knows when each is due.

use super::due::{self, Facts};
use crate::base::{CollectionId, Fault, PrincipalId, Timestamp};
use crate::contacts::naming::one_line;
use crate::contacts::{consent, local_time};
use crate::formats::vcard::Card;
use crate::store::body::{self, Slot};
use crate::store::engine::Snapshot;
use crate::store::retention::{self, Announced, Ending, Rule};

const DAY: u64 = 86_400_000;

/// What somebody agrees to whose cards stay.
const PURPOSE: &str = "retention";

/// What the rules of its book mean for a card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::contacts) struct Soon {
    /// It goes, as was or is to be announced.
    pub announced: Option<Announced>,
    /// It is not due yet; then it is.
    pub due: Option<Timestamp>,
}

/// A card that goes soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going {
    /// The book's name.
    pub book: String,
    /// The card's name in it.
    pub card: String,
    /// Its normalised UID.
    pub uid: String,
    /// What it is called.
    pub name: String,
    /// By which rule.
    pub rule: u64,
    /// What becomes of it.
    pub ending: Ending,
    /// Since when that is known.
    pub announced: Timestamp,
    /// When it goes.
    pub goes: Timestamp,
}

/// What `rules` mean at `now` for the card of `owner` with `uid`, of which `before` was announced.
pub(in crate::contacts) async fn soon(
    snapshot: &Snapshot,
    (owner, uid): (&PrincipalId, &str),
    rules: &[(u64, Rule)],
    facts: &Facts<'_>,
    before: Option<&Announced>,
    now: Timestamp,
) -> Result<Soon, Fault> {
    if rules.is_empty() || retention::kept(snapshot, owner, uid).await?.is_some() {
        return Ok(Soon::default());
    }
    // When it ends, the card is woven anew, and so comes here again.
    if agreed_to_stay(snapshot, owner, uid, now).await? {
        return Ok(Soon::default());
    }
    let mut first: Option<(Timestamp, u64, &Rule)> = None;
    for (number, rule) in rules {
        let Some(at) = due::due(rule, facts) else { continue };
        if at <= now
            && let Some(before) =
                before.filter(|before| before.rule == *number && before.uid == uid)
        {
            return Ok(Soon { announced: Some(before.clone()), due: None });
        }
        if first.is_none_or(|(sooner, ..)| at < sooner) {
            first = Some((at, *number, rule));
        }
    }
    Ok(match first {
        Some((at, rule, terms)) if at <= now => {
            let goes = now.plus_millis(u64::from(terms.notice_days.max(1)) * DAY);
            let announced = Announced { rule, uid: uid.to_owned(), at: now, goes };
            Soon { announced: Some(announced), due: None }
        }
        Some((at, ..)) => Soon { announced: None, due: Some(at) },
        None => Soon::default(),
    })
}

/// Did the contact agree to be kept?
async fn agreed_to_stay(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let zone = local_time::zone_of(snapshot, owner).await?;
    consent::is_given(snapshot, owner, uid, PURPOSE, consent::today(now, &zone)).await
}

/// Up to `most` cards of a book that go soon, those that go first first.
pub async fn going(
    snapshot: &Snapshot,
    (id, book): (CollectionId, &str),
    most: usize,
) -> Result<Vec<Going>, Fault> {
    let mut found = Vec::new();
    for (name, goes) in retention::going(snapshot, id, None, most).await? {
        let Some(announced) = retention::announced(snapshot, id, &name).await? else { continue };
        let announced = announced.record;
        let Some(rule) = retention::rule(snapshot, id, announced.rule).await? else { continue };
        let text = body::get(snapshot, Slot::Member(id, &name)).await?.text;
        let called = one_line(&Card::parse(&text).full_name().unwrap_or_default());
        found.push(Going {
            book: book.to_owned(),
            card: name,
            uid: announced.uid,
            name: called,
            rule: announced.rule,
            ending: rule.record.ending,
            announced: announced.at,
            goes,
        });
    }
    Ok(found)
}
