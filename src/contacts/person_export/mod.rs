//! All that is known of one person, for themselves to read or for a program: written while it is
//! read, so that it may be more than fits into memory.

mod sections;
mod writing;

pub use writing::{Form, Pieces};

use crate::base::{Fault, PrincipalId};
use crate::contacts::erasure::mentions::Mentions;
use crate::contacts::erasure::{Trace, trace};
use crate::contacts::naming::one_line;
use crate::store::Store;
use crate::store::engine::Snapshot;
use writing::Writing;

/// Writes all that is known of the contact of `owner` with this UID (normalised).
pub async fn export(
    store: &Store,
    owner: &PrincipalId,
    uid: &str,
    form: Form,
    pieces: &Pieces,
) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    let trace = trace(&snapshot, owner, uid).await?;
    if trace.is_empty() {
        let message = format!("There is nothing of `{}` among {owner}'s contacts.", one_line(uid));
        return Err(Fault::new(404, message));
    }
    let mentions = Mentions::of(&trace.names, &trace.mails, &trace.phones);
    let writing = Writing::begin(form, pieces);
    let mut export = Export { store, snapshot: &snapshot, owner, trace: &trace, mentions, writing };
    export.person().await?;
    export.cards().await?;
    export.consents().await?;
    export.timeline().await?;
    export.followups().await?;
    export.events().await?;
    export.mail().await?;
    export.versions().await?;
    export.merges().await?;
    export.audit().await?;
    export.writing.end().await
}

/// An export under way.
struct Export<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    owner: &'a PrincipalId,
    trace: &'a Trace,
    mentions: Mentions,
    writing: Writing<'a>,
}
