//! The segments of an owner, read to be asked about cards: those that others ask for come first.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::query::{Asked, Names, Query, Read, Subject, Verdict, What, parse, references};
use crate::base::{CollectionId, PrincipalId};
use crate::store::Store;
use crate::store::cache::Cache;
use crate::store::engine::{EngineError, Snapshot};
use crate::store::fields::{self, Field};
use crate::store::segments::{self, SegmentId};
use crate::store::stored::Stored;

/// Owners whose segments are kept as they were read.
const KEPT: usize = 64;

/// Segments as they were read last, by owner.
#[derive(Debug)]
struct Known(Cache<PrincipalId, Arc<Set>>);

impl Default for Known {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

/// Nobody, for good.
const NOBODY: Verdict = Verdict { holds: false, until: None };

/// All segments of an owner.
#[derive(Debug, Default)]
pub struct Set {
    /// Which of their states this is ([`segments::revision`]).
    pub revision: u64,
    /// What their queries can name.
    pub names: Names,
    /// They; behind those that they ask for.
    list: Vec<Compiled>,
    places: HashMap<SegmentId, usize>,
    /// Is the number of interactions asked for?
    pub asks_interactions: bool,
}

/// A segment that was read.
#[derive(Debug)]
pub struct Compiled {
    /// Which one.
    pub id: SegmentId,
    /// Its record.
    pub stored: Stored<segments::Segment>,
    /// What it asks; of one that cannot be read any more, why not.
    pub read: Result<Read, String>,
    /// The same question, in the order in which it is asked.
    asked: Option<Query>,
    /// The places in the list of those that it asks for.
    asks_for: Vec<(SegmentId, usize)>,
}

impl Compiled {
    /// The book it shows as.
    pub fn book(&self) -> Option<CollectionId> {
        self.stored.record.book
    }

    fn query(&self) -> Option<&Query> {
        self.read.as_ref().ok().map(|read| &read.query)
    }
}

impl Set {
    /// The segments of `owner`. They are read anew only where they changed since the last time.
    pub async fn load(
        store: &Store,
        snapshot: &Snapshot,
        owner: &PrincipalId,
    ) -> Result<Arc<Self>, EngineError> {
        let revision = segments::revision(snapshot, owner).await?;
        let fields = fields::all(snapshot, owner).await?;
        let cache = store.cache::<Known>();
        if let Some(known) = cache.0.get(owner)
            && known.revision == revision
            && known.names.fields == fields
        {
            return Ok(known);
        }
        let set = Arc::new(Self::read(snapshot, owner, revision, fields).await?);
        cache.0.put(owner.clone(), Arc::clone(&set));
        Ok(set)
    }

    async fn read(
        snapshot: &Snapshot,
        owner: &PrincipalId,
        revision: u64,
        fields: Vec<Field>,
    ) -> Result<Self, EngineError> {
        let all = segments::of_owner(snapshot, owner).await?;
        let names = Names {
            fields,
            segments: all.iter().map(|(id, one)| (*id, one.record.name.clone())).collect(),
            is_stored: true,
        };
        let compiled = all.into_iter().map(|(id, stored)| {
            let read = parse(&stored.record.query, &names);
            let read = read.map_err(|fault| fault.message);
            let asked = read.as_ref().ok().map(|read| read.query.clone().soonest_first());
            Compiled { id, stored, read, asked, asks_for: Vec::new() }
        });
        let list = in_order(compiled.collect());
        let asks = |one: &Compiled| one.query().is_some_and(|query| query.asks(What::Interactions));
        let asks_interactions = list.iter().any(asks);
        let places = list.iter().enumerate().map(|(place, one)| (one.id, place)).collect();
        Ok(Self { revision, names, list, places, asks_interactions })
    }

    /// All of them.
    pub fn all(&self) -> &[Compiled] {
        &self.list
    }

    /// The one with this number.
    pub fn get(&self, id: SegmentId) -> Option<&Compiled> {
        self.list.get(*self.places.get(&id)?)
    }

    /// Those that ask for `id`.
    pub fn asking_for(&self, id: SegmentId) -> impl Iterator<Item = &Compiled> {
        let asks =
            move |one: &&Compiled| one.query().is_some_and(|query| references(query).contains(&id));
        self.list.iter().filter(asks)
    }

    /// What those say of `card` that changed after revision `since`.
    pub fn answers(
        &self,
        card: &Subject<'_>,
        today: Date,
        since: u64,
    ) -> Vec<(&Compiled, Verdict)> {
        let mut wanted: Vec<bool> =
            self.list.iter().map(|one| one.stored.record.revised > since).collect();
        // What is asked for lies before what asks.
        for (place, one) in self.list.iter().enumerate().rev() {
            if wanted.get(place) == Some(&true) {
                for (_, before) in &one.asks_for {
                    wanted.get_mut(*before).into_iter().for_each(|wanted| *wanted = true);
                }
            }
        }
        let mut verdicts: Vec<Verdict> = Vec::with_capacity(self.list.len());
        for (one, is_wanted) in self.list.iter().zip(wanted) {
            let before = |id: SegmentId| {
                let place = one.asks_for.iter().find(|(known, _)| *known == id);
                place.and_then(|(_, place)| verdicts.get(*place)).copied().unwrap_or(NOBODY)
            };
            let verdict = match &one.asked {
                Some(query) if is_wanted => Asked { card, today, segments: &before }.answer(query),
                _ => NOBODY,
            };
            verdicts.push(verdict);
        }
        let all = self.list.iter().zip(verdicts);
        all.filter(|(one, _)| one.stored.record.revised > since).collect()
    }
}

/// `all`, each behind those that it asks for. None of a loop, of which there should be none, means
/// anybody.
fn in_order(all: Vec<Compiled>) -> Vec<Compiled> {
    let asked: Vec<Vec<SegmentId>> =
        all.iter().map(|one| one.query().map(references).unwrap_or_default()).collect();
    let known: std::collections::HashSet<SegmentId> = all.iter().map(|one| one.id).collect();
    let mut waiting: Vec<(Compiled, Vec<SegmentId>)> = all.into_iter().zip(asked).collect();
    let mut places: HashMap<SegmentId, usize> = HashMap::with_capacity(waiting.len());
    let mut ordered: Vec<Compiled> = Vec::with_capacity(waiting.len());
    loop {
        let before = ordered.len();
        let mut rest = Vec::new();
        for (mut one, asked) in waiting {
            let ready = |id: &SegmentId| places.contains_key(id) || !known.contains(id);
            if asked.iter().all(ready) {
                let found = asked.iter().filter_map(|id| Some((*id, *places.get(id)?)));
                one.asks_for = found.collect();
                places.insert(one.id, ordered.len());
                ordered.push(one);
            } else {
                rest.push((one, asked));
            }
        }
        waiting = rest;
        if waiting.is_empty() {
            return ordered;
        }
        if ordered.len() == before {
            for (mut one, _) in waiting {
                one.read = Err("it asks for itself".to_owned());
                one.asked = None;
                ordered.push(one);
            }
            return ordered;
        }
    }
}
