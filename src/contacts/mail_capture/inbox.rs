//! Mail whose sender is on no card waits here until its owner says who they are, or that they are
//! nobody.

use super::{Telling, log};
use crate::base::{Fault, PrincipalId};
use crate::contacts::addresses::{self, Holder};
use crate::contacts::person;
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::cards::{self, Change};
use crate::formats::mail::{self, Mailbox};
use crate::formats::vcard::normalize_uid;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::engine::Batch;
use crate::store::interactions;
use crate::store::unmatched::{self, Sender};
use crate::store::{Actor, Store};

/// Senders that are remembered for a user; beyond it, whoever wrote last the longest ago goes.
const MOST_SENDERS: usize = 500;

/// Mails of a sender that can still be logged; beyond it the oldest go.
const MOST_WAITING: usize = 50;

/// What waits for a user: address and sender, whoever wrote last first.
pub async fn waiting(store: &Store, owner: &PrincipalId) -> Result<Vec<(String, Sender)>, Fault> {
    let mut found = unmatched::of_owner(&store.snapshot().await?, owner).await?;
    found.sort_by_key(|(_, sender)| std::cmp::Reverse(sender.last));
    Ok(found)
}

/// Says that an address is of a contact: what waited is logged, and what comes will be. Returns
/// how many mails were logged.
pub async fn assign(
    store: &Store,
    rules: &Rules,
    owner: &PrincipalId,
    mail: &str,
    holder: &Holder,
    actor: &Actor,
) -> Result<usize, Fault> {
    let mail = known_form(mail)?;
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let Some(read) = unmatched::get(&snapshot, owner, &mail).await? else {
            return Err(nobody(owner, &mail));
        };
        read.witness.require(&mut batch);
        let mut logged = 0;
        let mut memory = log::memory_of(store, &snapshot, owner, holder, rules).await?;
        for entry in &read.record.waiting {
            let added = log::add(&snapshot, &mut memory, entry, store.now()).await?;
            logged += usize::from(added);
        }
        if logged > 0 {
            let recorded = memory.record(store, &snapshot, &mut batch, &log::actor(owner)).await?;
            let (contact, latest) = (&recorded.contact, recorded.latest.as_slice());
            let change = Change { contact, latest, actor: &log::actor(owner), rules };
            cards::weave_all(store, &snapshot, &mut batch, change, None).await?;
            cards::weave_others(store, &snapshot, &mut batch, &recorded, change, None).await?;
        }
        unmatched::dismiss(&mut batch, owner, &mail);
        unmatched::assign(&mut batch, owner, &mail, &holder.uid);
        let uid = normalize_uid(&holder.uid);
        let setting = Deed::of(Subject::Setting, Verb::Changed, owner.as_str());
        let deed = Deed { name: "who mail is from", uid: &uid, detail: &mail, ..setting };
        deed.note(store, &mut batch, actor)?;
        if attempts.done(batch).await? {
            return Ok(logged);
        }
    }
}

/// Forgets what waits from an address.
pub async fn dismiss(
    store: &Store,
    owner: &PrincipalId,
    mail: &str,
    actor: &Actor,
) -> Result<(), Fault> {
    let mail = known_form(mail)?;
    let snapshot = store.snapshot().await?;
    let Some(read) = unmatched::get(&snapshot, owner, &mail).await? else {
        return Err(nobody(owner, &mail));
    };
    let mut batch = Batch::new();
    read.witness.require(&mut batch);
    unmatched::dismiss(&mut batch, owner, &mail);
    let setting = Deed::of(Subject::Setting, Verb::Removed, owner.as_str());
    let deed = Deed { name: "mail that waits", detail: &mail, ..setting };
    deed.note(store, &mut batch, actor)?;
    store.commit(batch).await?;
    Ok(())
}

/// Keeps a mail of somebody who is on no card, or whom nobody vouches for.
pub(super) async fn keep(
    store: &Store,
    owner: &PrincipalId,
    person: &Mailbox,
    telling: &Telling,
    doubtful: bool,
) -> Result<(), Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let read = unmatched::get(&snapshot, owner, &person.mail).await?;
        let now = store.now();
        let mut sender = read.as_ref().map(|stored| stored.record.clone()).unwrap_or_default();
        let known = interactions::uid_is_known(&snapshot, owner, &telling.uid).await?;
        if sender.waiting.iter().any(|entry| entry.uid == telling.uid) || (doubtful && known) {
            return Ok(());
        }
        if read.is_none() {
            sender.first = now;
            let mut all = unmatched::of_owner(&snapshot, owner).await?;
            all.sort_by_key(|(_, sender)| sender.last);
            let surplus = (all.len() + 1).saturating_sub(MOST_SENDERS);
            for (mail, _) in all.iter().take(surplus) {
                unmatched::dismiss(&mut batch, owner, mail);
            }
        }
        if !person.name.is_empty() {
            sender.name.clone_from(&person.name);
        }
        sender.count += 1;
        sender.last = now;
        sender.waiting.push(telling.waiting(doubtful));
        let surplus = sender.waiting.len().saturating_sub(MOST_WAITING);
        sender.waiting.drain(..surplus);
        unmatched::set(&mut batch, owner, &person.mail, read.as_ref(), &sender)?;
        if attempts.done(batch).await? {
            return Ok(());
        }
    }
}

/// The card that somebody means: a part of the name, a mail address on it, BOOK/NAME or a UID.
pub async fn card_meant(store: &Store, owner: &PrincipalId, who: &str) -> Result<Holder, Fault> {
    let uid = person::find(store, owner, who).await?.uid;
    let snapshot = store.snapshot().await?;
    let gone = || Fault::new(404, format!("{owner} has no card `{who}` any more."));
    addresses::card(&snapshot, owner, &uid).await?.ok_or_else(gone)
}

fn known_form(given: &str) -> Result<String, Fault> {
    mail::address(given).ok_or_else(|| Fault::bad_request(format!("`{given}` is no mail address.")))
}

fn nobody(owner: &PrincipalId, mail: &str) -> Fault {
    Fault::new(
        404,
        format!(
            "Nothing waits from {mail}. `rolodav capture senders {owner}` shows who is waited for."
        ),
    )
}
