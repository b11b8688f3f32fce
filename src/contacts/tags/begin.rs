//! What people do to tags: each is one commit, which changes the tag and writes down what is to
//! be done to the cards that bear it.

use crate::base::{Fault, PrincipalId};
use crate::formats::vcard::category_key;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::collection::{self, Kind};
use crate::store::engine::{Batch, Snapshot};
use crate::store::stored::Stored;
use crate::store::tags::{self, Action, Mark, Tag, TagId, Work};
use crate::store::{Actor, Store, group_cards};

/// Longest name of a tag in characters.
const LONGEST: usize = 200;

/// A name as it is kept: without white space around it and around the `/` of its parts.
fn clean(name: &str) -> Result<String, Fault> {
    let parts: Vec<&str> = name.split('/').map(str::trim).filter(|part| !part.is_empty()).collect();
    let name = parts.join("/");
    if name.is_empty() || name.chars().count() > LONGEST || name.chars().any(char::is_control) {
        let message = format!("A tag has a name of 1 to {LONGEST} characters, on one line.");
        return Err(Fault::new(422, message));
    }
    Ok(name)
}

fn unknown(owner: &PrincipalId, name: &str) -> Fault {
    let message =
        format!("{owner} has no tag `{name}`. `rolodav tag list {owner}` shows the tags.");
    Fault::new(404, message)
}

async fn named(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    name: &str,
) -> Result<(TagId, Stored<Tag>), Fault> {
    let id = tags::find(snapshot, owner, &category_key(name)).await?;
    let id = id.ok_or_else(|| unknown(owner, name))?;
    let tag = tags::get(snapshot, id).await?.ok_or_else(|| unknown(owner, name))?;
    Ok((id, tag))
}

/// Tells every book's group card of the tag to be made anew.
async fn note_everywhere(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    tag: TagId,
) -> Result<(), Fault> {
    for book in collection::list(snapshot, owner, Kind::AddressBook).await? {
        group_cards::note_change(batch, book.collection.id, tag);
    }
    Ok(())
}

fn action(store: &Store, owner: &PrincipalId, actor: &Actor, work: Work) -> Action {
    Action { owner: owner.clone(), actor: actor.clone(), at: store.now(), work }
}

/// Makes a tag that no card bears yet, or gives one that is there another colour.
pub async fn create(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    color: Option<String>,
    actor: &Actor,
) -> Result<TagId, Fault> {
    let name = clean(name)?;
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let folded = category_key(&name);
        let id = match tags::find(&snapshot, owner, &folded).await? {
            None => tags::insert(store, &mut batch, owner, &folded, &name, color.clone(), actor)?,
            Some(id) => {
                let (_, read) = named(&snapshot, owner, &name).await?;
                if color.is_none() || read.record.color == color {
                    return Ok(id);
                }
                let now = Tag { color: color.clone(), ..read.record.clone() };
                tags::update(&mut batch, id, &read, &now)?;
                let (name, detail) = (&now.name, color.as_deref().unwrap_or_default());
                let deed = Deed::of(Subject::Tag, Verb::Changed, owner.as_str());
                Deed { name, detail, ..deed }.note(store, &mut batch, actor)?;
                id
            }
        };
        note_everywhere(&snapshot, &mut batch, owner, id).await?;
        if attempts.done(batch).await? {
            return Ok(id);
        }
    }
}

/// Gives single cards a tag, or takes it off them. The action's number; nothing if there is
/// nothing to do.
pub async fn mark(
    store: &Store,
    owner: &PrincipalId,
    actor: &Actor,
    name: &str,
    marks: Vec<Mark>,
) -> Result<Option<u64>, Fault> {
    let tag = if marks.iter().any(|mark| mark.add) {
        create(store, owner, name, None, actor).await?
    } else {
        named(&store.snapshot().await?, owner, name).await?.0
    };
    if marks.is_empty() {
        return Ok(None);
    }
    let mut batch = Batch::new();
    let action = action(store, owner, actor, Work::Mark { tag, marks });
    let number = tags::begin(store, &mut batch, &action, name.trim(), None)?;
    store.commit(batch).await?;
    Ok(Some(number))
}

/// Gives a tag, and those that lie below it, another name on all cards. If there is a tag of that
/// name they become one, but only if that is wanted (`merge`). The numbers of the actions.
pub async fn rename(
    store: &Store,
    owner: &PrincipalId,
    actor: &Actor,
    (from, to): (&str, &str),
    merge: bool,
) -> Result<Vec<u64>, Fault> {
    let to = clean(to)?;
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let (id, top) = named(&snapshot, owner, from).await?;
        let below = format!("{}/", category_key(&top.record.name));
        if category_key(&to).starts_with(&below) {
            return Err(Fault::conflict("A tag cannot be put below itself."));
        }
        let all = tags::of_owner(&snapshot, owner).await?;
        let mut due = vec![id];
        due.extend(all.iter().filter(|(name, _)| name.starts_with(&below)).map(|(_, id)| *id));
        due.sort_unstable();
        due.dedup();
        let mut numbers = Vec::new();
        for id in due {
            let Some(read) = tags::get(&snapshot, id).await? else { continue };
            // Those below keep what comes after the name of the one above.
            let depth = top.record.name.split('/').count();
            let rest: Vec<&str> = read.record.name.split('/').skip(depth).collect();
            let new = std::iter::once(to.as_str()).chain(rest).collect::<Vec<_>>().join("/");
            let known = all.iter().filter(|(_, named)| *named == id);
            let old: Vec<String> = known.map(|(name, _)| name.clone()).collect();
            let there = tags::find(&snapshot, owner, &category_key(&new)).await?;
            let into = there.unwrap_or(id);
            let becomes = new.clone();
            tags::expect_named(&mut batch, owner, &category_key(&new), there);
            if into == id {
                tags::call(&mut batch, owner, &category_key(&new), id);
                let now = Tag { name: new, ..read.record.clone() };
                tags::update(&mut batch, id, &read, &now)?;
            } else if merge {
                read.witness.require(&mut batch);
                for name in &old {
                    tags::expect_named(&mut batch, owner, name, Some(id));
                    tags::call(&mut batch, owner, name, into);
                }
            } else {
                let message = format!("There is a tag `{new}` already; --merge makes them one.");
                return Err(Fault::conflict(message));
            }
            note_everywhere(&snapshot, &mut batch, owner, id).await?;
            let work = Work::Replace { tag: id, old, into: Some(into) };
            let action = action(store, owner, actor, work);
            let (was, becomes) = (&read.record.name, Some(becomes.as_str()));
            numbers.push(tags::begin(store, &mut batch, &action, was, becomes)?);
        }
        if attempts.done(batch).await? {
            return Ok(numbers);
        }
    }
}

/// Takes a tag off all cards and ends it; those that lie below it stay. The action's number.
pub async fn delete(
    store: &Store,
    owner: &PrincipalId,
    actor: &Actor,
    name: &str,
) -> Result<u64, Fault> {
    let snapshot = store.snapshot().await?;
    let (tag, read) = named(&snapshot, owner, name).await?;
    let all = tags::of_owner(&snapshot, owner).await?;
    let old = all.into_iter().filter(|(_, id)| *id == tag).map(|(name, _)| name).collect();
    let mut batch = Batch::new();
    read.witness.require(&mut batch);
    let work = Work::Replace { tag, old, into: None };
    let action = action(store, owner, actor, work);
    let number = tags::begin(store, &mut batch, &action, &read.record.name, None)?;
    store.commit(batch).await?;
    Ok(number)
}
