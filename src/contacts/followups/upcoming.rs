//! Raises the follow-ups whose time has come: contacts that were not contacted for as long as is
//! set. What it costs follows what is due.

use std::fmt::Write as _;

use super::cadence::{self, ByStage};
use super::raise::{Wish, raise};
use super::task;
use crate::base::Fault;
use crate::contacts::local_time;
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::cards::{self, Change};
use crate::contacts::weaving::memory::Memory;
use crate::store::engine::{Batch, Snapshot};
use crate::store::followups::times::{self, Wake};
use crate::store::followups::{self, Origin};
use crate::store::{Actor, Store, contacts, principals};

/// Contacts that are looked at before it is asked again which are due.
const STEP: usize = 100;

/// Contacts whose times one commit computes anew.
const PAGE: usize = 500;

/// What a follow-up says that the server raises.
const TEXT: &str = "Keep in touch";

/// Raises what is due; tells how many follow-ups came.
pub async fn raise_due(store: &Store, rules: &Rules) -> Result<usize, Fault> {
    let mut raised = 0;
    loop {
        let snapshot = store.snapshot().await?;
        let waking = times::waking(&snapshot, store.now(), STEP).await?;
        drop(snapshot);
        for wake in &waking {
            raised += usize::from(look_at(store, rules, wake).await?);
        }
        if waking.len() < STEP {
            return Ok(raised);
        }
    }
}

/// Computes the times of all contacts anew if the settings that they follow from are others than
/// last time.
pub async fn follow_settings(store: &Store, rules: &Rules) -> Result<(), Fault> {
    let basis = basis(&rules.cadence);
    if times::basis(&store.snapshot().await?).await?.unwrap_or_default() == basis {
        return Ok(());
    }
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, _) in listed {
        let mut after: Option<String> = None;
        loop {
            let snapshot = store.snapshot().await?;
            let found = contacts::of_owner(&snapshot, &owner, after.as_deref(), PAGE).await?;
            let mut batch = Batch::new();
            for (_, contact) in &found {
                let contact = &contact.record;
                if let Some(at) = cadence::due(contact, &rules.cadence) {
                    let wake = Wake { at, owner: owner.clone(), contact: contact.uid.clone() };
                    times::wake(&mut batch, &wake);
                }
            }
            store.commit(batch).await?;
            match found.last() {
                Some((_, last)) => after = Some(last.record.uid.clone()),
                None => break,
            }
        }
    }
    let mut batch = Batch::new();
    times::set_basis(&mut batch, &basis);
    store.commit(batch).await?;
    Ok(())
}

fn basis(by_stage: &ByStage) -> String {
    let mut text = String::new();
    for (stage, days) in by_stage {
        // Writing to a String does not fail.
        let _ = write!(text, "{stage}={days} ");
    }
    text
}

/// Raises the follow-up of a contact if it is time, else notes when it will be; `true`: it came.
async fn look_at(store: &Store, rules: &Rules, wake: &Wake) -> Result<bool, Fault> {
    let actor = Actor { principal: "rolodav".to_owned(), device: "follow-ups".to_owned() };
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        times::let_sleep(&mut batch, wake);
        let mut raised = false;
        if let Some((id, read)) = contacts::find(&snapshot, &wake.owner, &wake.contact).await? {
            let found = Some((id, read.clone()));
            let uid = read.record.uid.clone();
            let mut memory = Memory::of(store, &snapshot, &wake.owner, &uid, found, rules).await?;
            let due = cadence::due(&read.record, &rules.cadence);
            if due.is_some_and(|due| due <= store.now())
                && !is_raised(&snapshot, &read.record).await?
            {
                let zone = local_time::zone_of(&snapshot, &wake.owner).await?;
                let today = Some(task::day_of(store.now(), &zone));
                let (text, origin) = (TEXT.to_owned(), Origin::Cadence);
                let wish = Wish { due: today, text, origin, repetition: None, once: None };
                let wishes = vec![wish];
                let new = raise(store, &snapshot, &mut batch, &mut memory, wishes, &actor).await?;
                raised = !new.is_empty();
            }
            // The record says when to look again, and what comes next.
            let recorded = memory.record(store, &snapshot, &mut batch, &actor).await?;
            let (contact, latest) = (&recorded.contact, &recorded.latest);
            let change = Change { contact, latest, actor: &actor, rules };
            cards::weave_all(store, &snapshot, &mut batch, change, None).await?;
        }
        if attempts.done(batch).await? {
            return Ok(raised);
        }
    }
}

/// Is there an open follow-up of the contact's cadence already?
async fn is_raised(snapshot: &Snapshot, contact: &contacts::Contact) -> Result<bool, Fault> {
    for uid in std::iter::once(&contact.uid).chain(&contact.aliases) {
        let open = followups::open(snapshot, &contact.owner, uid).await?;
        if open.iter().any(|stored| stored.record.origin == Origin::Cadence) {
            return Ok(true);
        }
    }
    Ok(false)
}
