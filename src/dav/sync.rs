//! Collection synchronisation (RFC 6578): tokens, and the report whose cost follows the
//! number of changes.

use std::collections::HashSet;
use std::sync::Arc;

use super::client::Quirk;
use super::multistatus::{self, Listing};
use super::object_type::Answering;
use super::path;
use super::registry::ReportCall;
use super::report;
use super::request::{PropRequest, SyncCollection, SyncLevel};
use super::resource::{CollectionNode, Node};
use super::scope::Scope;
use super::xml::name::Name;
use super::xml::write::XmlOut;
use crate::base::body::ChunkSender;
use crate::base::{CollectionId, Condition, Fault};
use crate::store::change;
use crate::store::engine::{Snapshot, Step};
use crate::store::member::{self, MADE_NAMES};

const PREFIX: &str = "data:,rolodav-sync-";

/// The token of a collection after its change number `head`: a URI, because some clients ignore
/// what is none. It names the store's epoch, so that a token from before a restore is void.
/// What is not the common view adds a mark of itself: a token of another view is void as well.
pub fn token(scope: &Scope, book: &CollectionNode, head: u64) -> String {
    let (epoch, id, view) = (scope.store().epoch(), book.collection().id, book.sight().of_token());
    format!("{PREFIX}{epoch:x}-{}-{head}{view}", id.0)
}

/// The change number in a token of this collection, epoch and view.
pub fn read_token(scope: &Scope, book: &CollectionNode, token: &str) -> Option<u64> {
    let (id, view) = (book.collection().id, book.sight().of_token());
    let mut parts = token.strip_prefix(PREFIX)?.strip_suffix(&view)?.splitn(3, '-');
    let epoch = u64::from_str_radix(parts.next()?, 16).ok()?;
    let collection: u64 = parts.next()?.parse().ok()?;
    let head = parts.next()?.parse().ok()?;
    (epoch == scope.store().epoch() && collection == id.0).then_some(head)
}

fn invalid_token(scope: &Scope) -> Fault {
    let mut fault = Fault::forbidden("The sync token is not valid here; sync from the beginning.")
        .with(Condition::dav("valid-sync-token"));
    if scope.has(Quirk::InvalidTokenIsBadRequest) {
        fault.status = 400;
    }
    fault
}

/// Answers `DAV:sync-collection`.
pub fn run(call: ReportCall) -> Answering {
    Box::pin(async move {
        let depth = report::depth(&call.request)?;
        let wish = SyncCollection::parse(&call.body, depth, call.scope.limits())?;
        if wish.level == SyncLevel::Infinite && !matches!(call.node, Node::Collection(_)) {
            return Err(Fault::forbidden("Only address books and calendars can be synced.")
                .with(Condition::dav("sync-traversal-supported")));
        }
        let scope = Arc::clone(&call.scope);
        let snapshot = scope.store().snapshot().await?;
        let book = call.node.collection()?;
        let id = book.collection().id;
        let head = change::head(&snapshot, id).await?;
        let since = match wish.token.as_str() {
            "" => None,
            token => {
                let since = read_token(&scope, book, token).filter(|since| *since <= head);
                Some(since.ok_or_else(|| invalid_token(&scope))?)
            }
        };
        let plan = report::plan(&call, &PropRequest::Prop(wish.props))?;
        let limit = wish.limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let limit = limit.min(scope.limits().sync_page).max(1);
        let listing = Listing::new(scope, snapshot, call.node, plan);
        multistatus::reply(&call.request, move |mut out, sender| async move {
            match since {
                None => first(&listing, &mut out, &sender, head, limit).await?,
                Some(since) => delta(&listing, &mut out, &sender, Some(since), head, limit).await?,
            }
            multistatus::finish(out, &sender).await
        })
        .await
    })
}

/// A first sync: every member that is there. A cut one goes on by number: the members that
/// changed last come last, so they are told in the order of their latest change.
async fn first(
    listing: &Listing,
    out: &mut XmlOut,
    sender: &ChunkSender,
    head: u64,
    limit: usize,
) -> Result<(), Fault> {
    let id = listing.collection_id();
    let count = crate::store::collection::count(&listing.snapshot, id).await?;
    if count.max(0) as usize <= limit {
        listing.write_members(out, sender).await?;
        write_token(listing, head, out)?;
        return Ok(());
    }
    delta(listing, out, sender, None, head, limit).await
}

/// What changed after `since`, up to `limit` members. `None` is for who has nothing yet, and so
/// need not be told what is gone; 0 is the token of a book that was empty.
async fn delta(
    listing: &Listing,
    out: &mut XmlOut,
    sender: &ChunkSender,
    since: Option<u64>,
    head: u64,
    limit: usize,
) -> Result<(), Fault> {
    let id = listing.collection_id();
    let sight = listing.node.sight();
    let mut seen = HashSet::new();
    let mut page = Page { names: Vec::new(), last: since.unwrap_or(0), cut: true };
    let mut told = 0;
    // What is not shown takes no place in the page.
    while page.cut && told < limit {
        page = changed(&listing.snapshot, id, page.last, limit - told, &mut seen).await?;
        for name in &page.names {
            match member::get(&listing.snapshot, id, name).await? {
                Some(found) if sight.hides(found.flags) => {}
                Some(found) => {
                    listing.write_member(name, &found, out).await?;
                    told += 1;
                }
                None if since.is_none() => {}
                // What was made and never shown is not missed.
                None if !sight.shows_made() && name.starts_with(MADE_NAMES) => {}
                None => {
                    gone(listing, name, out);
                    told += 1;
                }
            }
            multistatus::flush_if_full(out, sender).await?;
        }
    }
    if page.cut {
        listing.write_cut(out);
    }
    write_token(listing, if page.cut { page.last } else { head }, out)
}

struct Page {
    names: Vec<String>,
    last: u64,
    cut: bool,
}

/// The members that changed after `since` and were not `seen`, each once, up to `limit`.
async fn changed(
    snapshot: &Snapshot,
    id: CollectionId,
    since: u64,
    limit: usize,
    seen: &mut HashSet<String>,
) -> Result<Page, Fault> {
    let mut page = Page { names: Vec::new(), last: since, cut: false };
    change::scan(snapshot, id, since, |sequence, name| {
        if !seen.contains(name) {
            if page.names.len() == limit {
                page.cut = true;
                return Step::Stop;
            }
            seen.insert(name.to_owned());
            page.names.push(name.to_owned());
        }
        page.last = sequence;
        Step::Continue
    })
    .await?;
    Ok(page)
}

fn gone(listing: &Listing, name: &str, out: &mut XmlOut) {
    let mut href = Vec::new();
    path::member_href(listing.href(), name, &mut href);
    out.response_status(&String::from_utf8_lossy(&href), 404);
}

fn write_token(listing: &Listing, sequence: u64, out: &mut XmlOut) -> Result<(), Fault> {
    let token = token(&listing.scope, listing.node.collection()?, sequence);
    out.element(&Name::dav("sync-token"), &token);
    Ok(())
}

/// Is `token` the present token of the collection? (For the `If` header, RFC 6578 §5.)
pub async fn is_current(
    scope: &Scope,
    snapshot: &Snapshot,
    node: &Node,
    token: &str,
) -> Result<bool, Fault> {
    let Node::Collection(book) = node else { return Ok(false) };
    let id = book.collection().id;
    let head = change::head(snapshot, id).await?;
    Ok(read_token(scope, book, token) == Some(head))
}
