//! `CARD:addressbook-query` (RFC 6352 §8.6): the cards of a book that pass a filter.

use std::sync::Arc;

use super::object::Cards;
use crate::base::body::ChunkSender;
use crate::base::{Condition, Fault};
use crate::contacts::card;
use crate::contacts::filter::{
    Filter, ParamCondition, ParamFilter, PropCondition, PropFilter, Test, TextMatch,
};
use crate::contacts::search::candidates;
use crate::dav::multistatus::{self, Listing};
use crate::dav::object_type::Answering;
use crate::dav::registry::ReportCall;
use crate::dav::report;
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::formats::collation::{Collation, MatchType};
use crate::store::body::{self, Slot};
use crate::store::collection;
use crate::store::engine::Step;
use crate::store::member;

/// Most prop-filters, param-filters and text-matches in one query.
const MOST_TESTS: usize = 1000;

/// Cards that are read as quickly as the search index is asked.
const FEW: usize = 64;

/// Which part of a book is found by the index as slowly as the whole is read: so many times less.
const SHARE: usize = 8;

/// How many cards are looked at before others have their turn.
const STRETCH: usize = 1024;

/// Answers the report.
pub fn run(call: ReportCall) -> Answering {
    Box::pin(async move {
        let filter = match call.body.child(&Name::carddav("filter")) {
            // A client that asks for everything may leave the filter out.
            None => Filter::default(),
            Some(element) => read_filter(element)?,
        };
        let limit = read_limit(&call.body)?;
        let wish = report::wish(&call.body, call.scope.limits())?;
        let plan = report::plan(&call, &wish)?;
        let snapshot = call.scope.store().snapshot().await?;
        let only = call.member;
        let listing = Listing::new(Arc::clone(&call.scope), snapshot, call.node, plan);
        multistatus::reply(&call.request, move |mut out, sender| async move {
            let binary = reads_binary(&filter);
            let mut hits = Hits { filter: &filter, binary, left: limit, cut: false };
            match only {
                Some(name) => {
                    let id = listing.collection_id();
                    member::get(&listing.snapshot, id, &name)
                        .await?
                        .ok_or_else(Fault::not_found)?;
                    hits.judge(&listing, &name, &mut out, &sender).await?;
                }
                None => match hits.candidates(&listing).await? {
                    Some(names) => hits.of_names(&listing, &names, &mut out, &sender).await?,
                    None => hits.of_book(&listing, &mut out, &sender).await?,
                },
            }
            if hits.cut {
                listing.write_cut(&mut out);
            }
            multistatus::finish(out, &sender).await
        })
        .await
    })
}

struct Hits<'a> {
    filter: &'a Filter,
    /// Does the filter look into values that are stored apart?
    binary: bool,
    left: usize,
    cut: bool,
}

/// A card that passed, or may pass once its blobs are looked at.
struct Candidate {
    name: String,
    whole: bool,
}

impl Hits<'_> {
    /// The cards that may pass, by the search index; nothing if reading all is as quick.
    async fn candidates(&self, listing: &Listing) -> Result<Option<Vec<String>>, Fault> {
        let (snapshot, id) = (&listing.snapshot, listing.collection_id());
        let cards = collection::count(snapshot, id).await?.unsigned_abs() as usize;
        if cards < FEW {
            return Ok(None);
        }
        candidates::of_filter(snapshot, id, self.filter, cards / SHARE).await
    }

    async fn of_names(
        &mut self,
        listing: &Listing,
        names: &[String],
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        let (snapshot, id) = (&listing.snapshot, listing.collection_id());
        let sight = listing.node.sight();
        for (place, name) in names.iter().enumerate() {
            let body = body::get(snapshot, Slot::Member(id, name)).await?;
            let whole = self.binary && !body.cuts.is_empty();
            if whole || self.filter.matches(&sight.bytes(&Cards, &body.text)) {
                let candidate = Candidate { name: name.clone(), whole };
                self.take(listing, &candidate, out, sender).await?;
                if self.cut {
                    return Ok(());
                }
            }
            if place % STRETCH == STRETCH - 1 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    async fn of_book(
        &mut self,
        listing: &Listing,
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        let id = listing.collection_id();
        let mut after: Option<String> = None;
        loop {
            let (mut candidates, mut looked_at, mut last) = (Vec::new(), 0, None);
            let (filter, binary) = (self.filter, self.binary);
            let sight = listing.node.sight();
            body::scan_texts(&listing.snapshot, id, after.as_deref(), |name, text, has_blobs| {
                looked_at += 1;
                let whole = binary && has_blobs;
                if whole || filter.matches(&sight.bytes(&Cards, text)) {
                    candidates.push(Candidate { name: name.to_owned(), whole });
                }
                if looked_at < STRETCH {
                    return Step::Continue;
                }
                last = Some(name.to_owned());
                Step::Stop
            })
            .await?;
            for candidate in &candidates {
                self.take(listing, candidate, out, sender).await?;
                if self.cut {
                    return Ok(());
                }
            }
            if last.is_none() {
                return Ok(());
            }
            after = last;
            // A long search must not keep others from their turn.
            tokio::task::yield_now().await;
        }
    }

    /// Judges a card by its whole content.
    async fn judge(
        &mut self,
        listing: &Listing,
        name: &str,
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        let candidate = Candidate { name: name.to_owned(), whole: true };
        self.take(listing, &candidate, out, sender).await
    }

    async fn take(
        &mut self,
        listing: &Listing,
        candidate: &Candidate,
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        let (snapshot, id, name) = (&listing.snapshot, listing.collection_id(), &candidate.name);
        let sight = listing.node.sight();
        if candidate.whole {
            let card = body::get(snapshot, Slot::Member(id, name)).await?.whole(snapshot).await?;
            if !self.filter.matches(&sight.bytes(&Cards, &card)) {
                return Ok(());
            }
        }
        let found = member::get(snapshot, id, name).await?.ok_or_else(Fault::not_found)?;
        if sight.hides(found.flags) {
            return Ok(());
        }
        if self.left == 0 {
            self.cut = true;
            return Ok(());
        }
        self.left -= 1;
        listing.write_member(name, &found, out).await?;
        multistatus::flush_if_full(out, sender).await
    }
}

fn reads_binary(filter: &Filter) -> bool {
    filter.props.iter().any(|prop| {
        let looks =
            matches!(&prop.kind, PropCondition::Conditions { texts, .. } if !texts.is_empty());
        looks && card::BINARY.iter().any(|name| prop.name.eq_ignore_ascii_case(name))
    })
}

fn read_limit(body: &Element) -> Result<usize, Fault> {
    let Some(limit) = body.child(&Name::carddav("limit")) else { return Ok(usize::MAX) };
    let results = limit.child(&Name::carddav("nresults"));
    let number = results.and_then(|r| r.trimmed().parse().ok()).filter(|n| *n > 0);
    number.ok_or_else(|| Fault::bad_request("CARD:limit holds CARD:nresults, a positive number."))
}

fn count(tests: &mut usize) -> Result<(), Fault> {
    *tests += 1;
    if *tests > MOST_TESTS {
        return Err(Fault::forbidden("The filter has more tests than this server runs.")
            .with(Condition::carddav("supported-filter")));
    }
    Ok(())
}

/// Reads a `CARDDAV:filter` (RFC 6352 §10.5). 400 for what is no filter, 403 with
/// `supported-collation` or `supported-filter` for what this server does not run.
pub fn read_filter(element: &Element) -> Result<Filter, Fault> {
    let name = Name::carddav("prop-filter");
    let mut tests = 0;
    let props: Result<Vec<PropFilter>, Fault> =
        element.children_named(&name).map(|prop| read_prop(prop, &mut tests)).collect();
    Ok(Filter { test: read_test(element)?, props: props? })
}

fn read_test(element: &Element) -> Result<Test, Fault> {
    match element.attr("test") {
        None | Some("anyof") => Ok(Test::AnyOf),
        Some("allof") => Ok(Test::AllOf),
        Some(_) => Err(Fault::bad_request("The test of a filter is anyof or allof.")),
    }
}

fn read_prop(element: &Element, tests: &mut usize) -> Result<PropFilter, Fault> {
    count(tests)?;
    let name = element.attr("name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::bad_request("A prop-filter needs a name."))?;
    let kind = if element.child(&Name::carddav("is-not-defined")).is_some() {
        PropCondition::IsNotDefined
    } else {
        let (text, param) = (Name::carddav("text-match"), Name::carddav("param-filter"));
        let texts: Result<Vec<TextMatch>, Fault> =
            element.children_named(&text).map(|text| read_text(text, tests)).collect();
        let params: Result<Vec<ParamFilter>, Fault> =
            element.children_named(&param).map(|param| read_param(param, tests)).collect();
        PropCondition::Conditions { texts: texts?, params: params? }
    };
    Ok(PropFilter::new(name, read_test(element)?, kind))
}

fn read_param(element: &Element, tests: &mut usize) -> Result<ParamFilter, Fault> {
    count(tests)?;
    let name = element.attr("name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::bad_request("A param-filter needs a name."))?;
    let kind = if element.child(&Name::carddav("is-not-defined")).is_some() {
        ParamCondition::IsNotDefined
    } else {
        match element.child(&Name::carddav("text-match")) {
            None => ParamCondition::IsDefined,
            Some(text) => ParamCondition::Text(read_text(text, tests)?),
        }
    };
    Ok(ParamFilter { name: name.to_owned(), kind })
}

fn read_text(element: &Element, tests: &mut usize) -> Result<TextMatch, Fault> {
    count(tests)?;
    let collation = match element.attr("collation") {
        None => Collation::UnicodeCasemap,
        Some(name) => Collation::from_name(name).ok_or_else(|| {
            Fault::forbidden("This collation is not known here; see supported-collation-set.")
                .with(Condition::carddav("supported-collation"))
        })?,
    };
    let match_type = match element.attr("match-type") {
        None | Some("contains") => MatchType::Contains,
        Some("equals") => MatchType::Equals,
        Some("starts-with") => MatchType::StartsWith,
        Some("ends-with") => MatchType::EndsWith,
        Some(_) => return Err(Fault::bad_request("This match-type is not one of RFC 6352.")),
    };
    let negate = match element.attr("negate-condition") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => return Err(Fault::bad_request("A negate-condition is yes or no.")),
    };
    Ok(TextMatch::new(collation, match_type, &element.text, negate))
}
