//! Follows the change logs of an owner's books, so that it is known which cards need attention; and the
//! clock, for findings that come and go with time.

use jiff::civil::Date;

use super::kind::Kind;
use super::look::Look;
use super::standing::{Beside, Standing, Terms, standing};
use crate::base::{CollectionId, Fault, PrincipalId, Timestamp};
use crate::contacts::books;
use crate::contacts::duplicates::proposals;
use crate::contacts::following::{self, Card, Done, Index, Round};
use crate::contacts::layer::unweave;
use crate::contacts::merge::written;
use crate::contacts::normal::Region;
use crate::contacts::person::Person;
use crate::contacts::retention::{Soon, due, soon};
use crate::formats::vcard::categories;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::body::{self, Slot};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::member::{self, Flags, Member};
use crate::store::retention::{self, Rule};
use crate::store::{Actor, Store, attention, proposal_changes, quality, quality_choices};

/// The form of what is written; another one has everything written anew.
const FORM: u32 = 2;

/// Cards that one commit looks at again.
const STEP: usize = 128;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// What the index wants to know of a card.
#[derive(Debug)]
pub struct Facts {
    look: Look,
    revised: Option<Timestamp>,
    contacted: Option<Date>,
    tags: Vec<String>,
}

/// Takes in what changed in the books of `owner`, and what time changed.
pub async fn follow(store: &Store, owner: &PrincipalId, terms: Terms) -> Result<(), Fault> {
    // A view that is held while cards are looked at keeps all that is replaced meanwhile.
    let listed = books::filled(&store.snapshot().await?, owner).await?;
    for book in listed {
        let id = book.collection.id;
        let rules = retention::rules(&store.snapshot().await?, id).await?;
        following::follow(store, &mut Quality::of(store, owner, terms, rules), id).await?;
        wake(store, owner, terms, id).await?;
    }
    proposed(store, owner, terms).await
}

/// Looks again at the cards of contacts of whom something else is proposed.
async fn proposed(store: &Store, owner: &PrincipalId, terms: Terms) -> Result<(), Fault> {
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let due = proposal_changes::some(&snapshot, owner, STEP).await?;
        if due.is_empty() {
            return Ok(());
        }
        for book in books::filled(&snapshot, owner).await? {
            let id = book.collection.id;
            let mut names = Vec::new();
            for (uid, _) in &due {
                names.extend(member::holder(&snapshot, id, uid).await?);
            }
            while !names.is_empty() && !look_again(store, owner, terms, id, &names).await? {
                refused += 1;
                if refused >= ATTEMPTS {
                    return Err(Fault::busy(1));
                }
            }
        }
        let mut batch = Batch::new();
        for (uid, read) in &due {
            proposal_changes::noted(&mut batch, owner, uid, read);
        }
        match store.commit(batch).await {
            Ok(_) => {}
            // Of one of them something else is proposed by now.
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// Looks again at the cards of a book whose time has come.
async fn wake(
    store: &Store,
    owner: &PrincipalId,
    terms: Terms,
    book: CollectionId,
) -> Result<(), Fault> {
    let mut refused = 0;
    while refused < ATTEMPTS {
        let due = quality::due(&store.snapshot().await?, book, store.now(), STEP).await?;
        if due.is_empty() {
            return Ok(());
        }
        refused += usize::from(!look_again(store, owner, terms, book, &due).await?);
    }
    Err(Fault::busy(1))
}

/// Looks again at the cards of these names, in one commit; `false` if somebody else came first.
pub(in crate::contacts) async fn look_again(
    store: &Store,
    owner: &PrincipalId,
    terms: Terms,
    book: CollectionId,
    names: &[String],
) -> Result<bool, Fault> {
    let snapshot = store.snapshot().await?;
    let rules = retention::rules(&snapshot, book).await?;
    let mut index = Quality::of(store, owner, terms, rules);
    index.begin(&snapshot, book).await?;
    let mut batch = Batch::new();
    for name in names {
        let member = member::get(&snapshot, book, name).await?;
        let facts = match &member {
            Some(_) => index.read(&body::get(&snapshot, Slot::Member(book, name)).await?.text),
            None => None,
        };
        let mut round = Round { snapshot: &snapshot, batch: &mut batch, book };
        let card = Card { name, member: member.as_ref(), changed: false };
        index.file(&mut round, card, facts).await?;
    }
    match store.commit(batch).await {
        Ok(_) => Ok(true),
        Err(CommitError::Refused(_)) => Ok(false),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}

/// Looks again at all cards of somebody.
pub(in crate::contacts) async fn look_again_at(
    store: &Store,
    owner: &PrincipalId,
    terms: Terms,
    person: &Person,
) -> Result<(), Fault> {
    for place in &person.cards {
        let names = [place.name.clone()];
        let mut refused = 0;
        while !look_again(store, owner, terms, place.book.id, &names).await? {
            refused += 1;
            if refused == ATTEMPTS {
                return Err(Fault::busy(1));
            }
        }
    }
    Ok(())
}

/// Lets go of what is known of cards with these UIDs, which are not there any more.
pub(in crate::contacts) async fn let_go(
    store: &Store,
    owner: &PrincipalId,
    terms: Terms,
    uids: &[String],
) -> Result<(), Fault> {
    let listed = books::filled(&store.snapshot().await?, owner).await?;
    for book in listed {
        let id = book.collection.id;
        let names = quality::with_uids(&store.snapshot().await?, id, uids).await?;
        let mut refused = 0;
        while !look_again(store, owner, terms, id, &names).await? && refused < ATTEMPTS {
            refused += 1;
        }
    }
    Ok(())
}

/// What stands beside the card `name`, which says `facts`.
async fn beside(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    (book, name): (CollectionId, &str),
    (member, facts): (&Member, &Facts),
    before: Option<&quality::Card>,
) -> Result<Beside, Fault> {
    let edited = match before {
        Some(before) if before.said == facts.look.said => before.edited,
        Some(_) => member.modified,
        // What it says of itself is older than the file that it came in.
        None => facts.revised.filter(|at| *at <= member.modified).unwrap_or(member.modified),
    };
    Ok(Beside {
        edited,
        contacted: facts.contacted,
        confirmed: quality_choices::confirmed(snapshot, owner, &member.uid).await?,
        repaired: attention::get(snapshot, book, name).await?.map(|record| record.at),
    })
}

/// What is known of the card `name`, which is there as `member` and `text`.
pub(super) async fn known(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    place: (CollectionId, &str),
    (member, text): (&Member, &[u8]),
    terms: Terms,
    now: Timestamp,
) -> Result<Option<(Look, Beside, Standing)>, Fault> {
    let Some(facts) = read(text, terms) else { return Ok(None) };
    let row = quality::card(snapshot, place.0, place.1).await?;
    let row = row.as_ref().map(|read| &read.record);
    let beside = beside(snapshot, owner, place, (member, &facts), row).await?;
    let standing = standing(&facts.look, beside, terms, now);
    Ok(Some((facts.look, beside, standing)))
}

fn read(text: &[u8], terms: Terms) -> Option<Facts> {
    let parts = unweave(text);
    let look = Look::at(&parts.base, terms.region)?;
    let (revised, contacted) = (written(&parts.base), parts.seen.last_contact);
    Some(Facts { look, revised, contacted, tags: categories(&parts.base) })
}

/// The index of the quality of cards.
struct Quality<'a> {
    store: &'a Store,
    owner: &'a PrincipalId,
    terms: Terms,
    /// Of which findings cards bear tags.
    tagged: u32,
    /// The rules by which the book lets go of cards.
    rules: Vec<(u64, Rule)>,
}

impl<'a> Quality<'a> {
    fn of(store: &'a Store, owner: &'a PrincipalId, terms: Terms, rules: Vec<(u64, Rule)>) -> Self {
        Self { store, owner, terms, tagged: 0, rules }
    }

    /// What the rules of the book mean for a card: noted, if it is to be announced or is not about to go
    /// any more.
    async fn announce(
        &self,
        round: &mut Round<'_>,
        name: &str,
        card: Option<(&Member, &Facts, Timestamp)>,
    ) -> Result<Soon, Fault> {
        let (snapshot, book) = (round.snapshot, round.book);
        let read = retention::announced(snapshot, book, name).await?;
        let before = read.as_ref().map(|read| &read.record);
        let soon = match card {
            Some((member, facts, edited)) => {
                let facts = due::Facts {
                    created: member.created,
                    edited,
                    contacted: facts.contacted,
                    tags: &facts.tags,
                };
                let whose = (self.owner, member.uid.as_str());
                let now = self.store.now();
                soon(snapshot, whose, &self.rules, &facts, before, now).await?
            }
            None => Soon::default(),
        };
        if before == soon.announced.as_ref() {
            return Ok(soon);
        }
        let announced = soon.announced.as_ref();
        retention::announce(round.batch, book, name, read.as_ref(), announced)?;
        if let Some(announced) = announced {
            let goes = announced.goes.rfc3339();
            let detail = format!("retention rule {}: goes {goes}", announced.rule);
            let deed = Deed::of(Subject::Card, Verb::Changed, self.owner.as_str());
            let deed = Deed { name, uid: &announced.uid, detail: &detail, ..deed };
            let device = format!("retention rule {}", announced.rule);
            let actor = Actor { principal: self.owner.to_string(), device };
            deed.note(self.store, round.batch, &actor)?;
        }
        Ok(soon)
    }
}

impl Index for Quality<'_> {
    type Facts = Facts;
    type Form = quality::Form;

    fn form(&self) -> Self::Form {
        let region = self.terms.region.map_or(0, Region::number);
        let rules = self.rules.iter().map(|(number, _)| *number).collect();
        (FORM, region, self.terms.stale_days, rules)
    }

    fn state_key(&self, book: CollectionId) -> Vec<u8> {
        quality::state_key(book)
    }

    async fn begin(&mut self, snapshot: &Snapshot, _: CollectionId) -> Done {
        let tagging = quality_choices::tagging(snapshot, self.owner).await?;
        let tags = tagging.iter().flat_map(|read| &read.record.tags);
        self.tagged = tags.fold(0, |kinds, (bit, _)| kinds | 1 << bit);
        Ok(())
    }

    fn read(&self, text: &[u8]) -> Option<Facts> {
        read(text, self.terms)
    }

    async fn file(&mut self, round: &mut Round<'_>, card: Card<'_>, facts: Option<Facts>) -> Done {
        let (snapshot, place) = (round.snapshot, (round.book, card.name));
        let before = quality::card(snapshot, round.book, card.name).await?;
        let member = card.member.filter(|member| !member.flags.has(Flags::GROUP));
        let now = if let Some((member, facts)) = member.zip(facts) {
            let row = before.as_ref().map(|read| &read.record);
            let beside = beside(snapshot, self.owner, place, (member, &facts), row).await?;
            let mut standing = standing(&facts.look, beside, self.terms, self.store.now());
            let card = (member, &facts, beside.edited);
            let soon = self.announce(round, place.1, Some(card)).await?;
            if soon.announced.is_some() {
                standing.kinds.add(Kind::Leaving);
            }
            if !proposals::of_contact(snapshot, self.owner, &member.uid, 1).await?.is_empty() {
                standing.kinds.add(Kind::PossibleDuplicate);
            }
            Some(quality::Card {
                uid: member.uid.clone(),
                said: facts.look.said,
                edited: beside.edited,
                kinds: standing.kinds.0,
                score: facts.look.score,
                wake: standing.wake.into_iter().chain(soon.due).min(),
            })
        } else {
            self.announce(round, place.1, None).await?;
            None
        };
        let kinds = |card: Option<&quality::Card>| card.map_or(0, |card| card.kinds);
        let was = kinds(before.as_ref().map(|read| &read.record));
        let changes = (was ^ kinds(now.as_ref())) & self.tagged != 0;
        if now.is_some()
            && changes
            && quality::tagged(snapshot, round.book, card.name).await?.is_none()
        {
            quality::set_tagged(round.batch, round.book, card.name, Some(was));
        }
        let batch = &mut *round.batch;
        Ok(quality::replace(batch, round.book, card.name, before.as_ref(), now.as_ref())?)
    }
}
