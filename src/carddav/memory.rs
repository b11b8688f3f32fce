//! What is remembered of contacts as part of every PUT of a card.

use std::pin::Pin;
use std::sync::Arc;

use crate::base::Request;
use crate::contacts::merge;
use crate::contacts::weaving::upload::{Named, Upload};
use crate::dav::client::Quirk;
use crate::dav::header::if_match;
use crate::dav::object_type::{Companion, Loading};
use crate::dav::scope::Scope;
use crate::dav::sight::Sight;
use crate::store::collection::Collection;
use crate::store::engine::{Batch, Snapshot};
use crate::store::write::{Alongside, NewMember};
use crate::store::{merges, tombstones};

/// What goes along with storing the card in `request`.
pub fn of(request: &Request, scope: &Scope) -> Upload {
    let named = match if_match(&request.headers) {
        Some((tags, any)) => Named { given: true, any, tags },
        None => Named::default(),
    };
    let services = &scope.services;
    Upload::new(Arc::clone(&services.store), Arc::clone(&services.rules), named)
        .forgetful(scope.has(Quirk::ShowsGroupsAsCards))
        .without_tags(Sight::shows_groups(scope))
        .by(Arc::clone(&scope.identity))
}

impl Companion for Upload {
    fn plan_removal<'a>(
        &'a self,
        _: &'a Snapshot,
        _: &'a mut Batch,
        _: &'a Collection,
    ) -> Loading<'a, ()> {
        // What is known of people stays when a book goes.
        Box::pin(async { Ok(()) })
    }

    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }

    fn alongside(&self) -> &dyn Alongside {
        self
    }

    fn meant<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        new: &'a NewMember,
    ) -> Loading<'a, Option<String>> {
        Box::pin(async { merge::meant(snapshot, book, &new.uid).await })
    }

    fn had<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        name: &'a str,
    ) -> Loading<'a, bool> {
        Box::pin(async { Ok(merges::ended(snapshot, book.id, name).await?) })
    }

    fn is_erased<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        new: &'a NewMember,
    ) -> Loading<'a, bool> {
        Box::pin(async { Ok(tombstones::of_uid(snapshot, &book.owner, &new.uid).await?.is_some()) })
    }
}
