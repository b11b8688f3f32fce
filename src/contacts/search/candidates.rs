//! Which cards a filter of CardDAV can match, by the index: never fewer than it does match, and as
//! a rule not many more. The filter itself decides.
//!
//! A value that matches a text-match holds the text (RFC 6352 §10.5.4), so the words of the card
//! hold the words of the text: the inner ones are words, the first ends one and the last begins
//! one. What says nothing of the words (negation, parameters, what is not there) has no candidates.

use std::collections::BTreeSet;

use super::card;
use super::text;
use crate::base::{CollectionId, Fault};
use crate::contacts::filter::{Filter, PropCondition, PropFilter, Test, TextMatch};
use crate::formats::collation::MatchType;
use crate::store::engine::{Snapshot, Step};
use crate::store::words::lookup::{self, Index, Part};
use crate::store::words::{self, Class, Scope};

/// Shortest beginning of a word that is looked up.
const SHORTEST_BEGINNING: usize = 2;

/// How a word of a text stands among those of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stands {
    Whole,
    AtTheBeginning,
    Inside,
}

/// A word of which a card has to have one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Needed {
    word: String,
    stands: Stands,
}

/// One of these is in every card that matches.
type Needs = Vec<Needed>;

/// The names of the members that `filter` can match, ascending; nothing if the index does not know
/// or there are more than `most`.
pub async fn of_filter(
    snapshot: &Snapshot,
    id: CollectionId,
    filter: &Filter,
    most: usize,
) -> Result<Option<Vec<String>>, Fault> {
    let Some(needs) = needs(filter) else { return Ok(None) };
    let scope = Scope::book(id);
    if !words::state::is_whole(snapshot, &scope).await? {
        return Ok(None);
    }
    let partial = lookup::partial(snapshot, id, most + 1).await?;
    let mut numbers: BTreeSet<u64> = partial.into_iter().collect();
    let index = Index::of(snapshot, id).await?;
    for needed in needs {
        if numbers.len() > most || !add(&index, &needed, &mut numbers, most).await? {
            return Ok(None);
        }
    }
    if numbers.len() > most {
        return Ok(None);
    }
    let mut names = Vec::with_capacity(numbers.len());
    for number in numbers {
        let name = words::look_at(snapshot, id, number, |entry| entry.name.to_owned()).await?;
        names.extend(name);
    }
    names.sort_unstable();
    Ok(Some(names))
}

/// Adds the bearers of what is needed to `numbers`; `false` if there are too many.
async fn add(
    index: &Index<'_>,
    needed: &Needed,
    numbers: &mut BTreeSet<u64>,
    most: usize,
) -> Result<bool, Fault> {
    let mut add = |number| {
        numbers.insert(number);
        if numbers.len() > most { Step::Stop } else { Step::Continue }
    };
    let parts: &[Part] = match needed.stands {
        Stands::Whole => &[Part::Whole],
        Stands::AtTheBeginning => &[Part::Beginning],
        Stands::Inside => &[Part::Beginning, Part::Inside],
    };
    for class in Class::ALL {
        for part in parts {
            index.bearers(class, *part, &needed.word, &mut add).await?;
        }
    }
    Ok(numbers.len() <= most)
}

/// What cards need to have that match `filter`, if that can be said.
fn needs(filter: &Filter) -> Option<Needs> {
    if filter.props.is_empty() {
        return None;
    }
    combined(filter.test, filter.props.iter().map(of_prop))
}

/// Of all: the best one is enough. Of any: each.
fn combined(test: Test, all: impl Iterator<Item = Option<Needs>>) -> Option<Needs> {
    match test {
        Test::AllOf => all.flatten().min_by_key(cost),
        Test::AnyOf => {
            let mut needs = Vec::new();
            for each in all {
                needs.extend(each?);
            }
            Some(needs)
        }
    }
}

/// The smaller, the fewer cards it will be: whole and long words before short ones.
fn cost(needs: &Needs) -> (Stands, std::cmp::Reverse<usize>) {
    let worst = needs.iter().map(|needed| needed.stands).max().unwrap_or(Stands::Inside);
    let shortest = needs.iter().map(|needed| needed.word.len()).min().unwrap_or(0);
    (worst, std::cmp::Reverse(shortest))
}

fn of_prop(prop: &PropFilter) -> Option<Needs> {
    let PropCondition::Conditions { texts, params } = &prop.kind else { return None };
    if texts.is_empty() || !card::is_indexed(prop.name.as_bytes()) {
        return None;
    }
    if prop.test == Test::AnyOf && !params.is_empty() {
        return None;
    }
    let is_phone = prop.name.eq_ignore_ascii_case("TEL");
    combined(prop.test, texts.iter().map(|text| of_text(text, is_phone)))
}

fn of_text(text: &TextMatch, is_phone: bool) -> Option<Needs> {
    let (needle, match_type, negated) = text.asked();
    if negated {
        return None;
    }
    if is_phone {
        // All digits of a number are one word.
        return of_word(&card::digits(needle), Stands::Inside).map(|needed| vec![needed]);
    }
    let runs = text::runs(needle);
    let last = runs.len().checked_sub(1)?;
    let at_start = matches!(match_type, MatchType::Equals | MatchType::StartsWith);
    let needed = runs.iter().enumerate().filter_map(|(place, run)| {
        let stands = match place {
            0 if !at_start => Stands::Inside,
            _ if place == last => Stands::AtTheBeginning,
            _ => Stands::Whole,
        };
        of_word(&run.plain, stands)
    });
    let best = needed.min_by_key(|needed| (needed.stands, std::cmp::Reverse(needed.word.len())));
    best.map(|needed| vec![needed])
}

fn of_word(word: &str, stands: Stands) -> Option<Needed> {
    let usable = match stands {
        Stands::Whole => !word.is_empty(),
        Stands::AtTheBeginning => word.len() >= SHORTEST_BEGINNING,
        Stands::Inside => lookup::is_findable_inside(word),
    };
    let cut = text::cut(word);
    // Of a longer word there are pieces; the card is among those that are not whole.
    let stands = if cut.len() < word.len() { stands.max(Stands::AtTheBeginning) } else { stands };
    usable.then(|| Needed { word: cut.to_owned(), stands })
}
