//! Fields of a user's own: defined once, kept in the cards, and set by the server the way a client
//! would set them. Days and relations stand beside a label, where phones show and edit them, the
//! others in `X-` properties.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::card;
use super::person::Person;
use super::weaving::Rules;
use super::weaving::upload::{Named, Upload};
use crate::base::{ETag, Fault, PrincipalId};
use crate::formats::vcard::{DayOfYear, Labelled, field, labelled, set_field, set_labelled};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::body::{self, Slot};
use crate::store::engine::{Batch, Snapshot};
use crate::store::fields::{self, Field, FieldKind};
use crate::store::stored::Stored;
use crate::store::write::{Refusal, Target};
use crate::store::{Actor, Store, member};

/// How often a change is tried again after somebody else's came between.
const ATTEMPTS: usize = 64;

/// Most fields of one user.
const MOST_FIELDS: usize = 200;

/// Longest value, in bytes.
const LONGEST_VALUE: usize = 4096;

/// Longest name of a field, in bytes.
const LONGEST_NAME: usize = 60;

/// What the server or others write themselves.
const TAKEN: [&str; 5] = ["X-ROLODAV-", "X-ADDRESSBOOKSERVER-", "X-AB", "X-APPLE-", "X-PHONETIC-"];

/// A field to define.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What its owner calls it.
    pub name: String,
    /// The property that holds it; `None`: a day or a relation stands beside its name as a label,
    /// and of others the property is made of the name.
    pub property: Option<String>,
    /// What may stand in it.
    pub kind: FieldKind,
    /// May it not be emptied?
    pub required: bool,
}

/// Somebody who sets fields.
#[derive(Debug, Clone, Copy)]
pub struct Editor<'a> {
    /// Where the cards lie.
    pub store: &'a Arc<Store>,
    /// What is set for the memory of contacts.
    pub rules: &'a Arc<Rules>,
    /// Most bytes of the owner's cards.
    pub quota: Option<u64>,
    /// Who.
    pub actor: &'a Actor,
}

/// Defines a field, or changes what may stand in it.
pub async fn define(
    store: &Store,
    owner: &PrincipalId,
    new: &Definition,
    actor: &Actor,
) -> Result<Field, Fault> {
    let name = new.name.trim();
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Fault::bad_request(format!(
            "A field needs a name of at most {LONGEST_NAME} bytes."
        )));
    }
    if let FieldKind::Choice(choices) = &new.kind
        && (choices.is_empty() || choices.iter().any(|choice| choice.trim().is_empty()))
    {
        return Err(Fault::bad_request("A field of this kind needs the choices there are."));
    }
    let property = match (&new.property, beside_label(&new.kind)) {
        (Some(property), _) => property_of(property)?,
        (None, Some(kind)) => format!("{};{}", kind.property(), fold(name)),
        (None, None) => property_of(name)?,
    };
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let all = fields::all(&snapshot, owner).await?;
        let same_name = |field: &&Field| fold(&field.name) == fold(name);
        if let Some(other) = all.iter().find(same_name).filter(|f| f.property != property) {
            return Err(Fault::conflict(format!(
                "The field `{}` is kept in {} already.",
                other.name,
                place(other)
            )));
        }
        let read = fields::get(&snapshot, owner, &property).await?;
        if let Some(read) = read.as_ref().filter(|read| fold(&read.record.name) != fold(name)) {
            return Err(Fault::conflict(format!(
                "{property} holds the field `{}` already; choose another with --property.",
                read.record.name
            )));
        }
        if read.is_none() && all.len() >= MOST_FIELDS {
            return Err(Fault::conflict(format!("There can be {MOST_FIELDS} fields at most.")));
        }
        let field = Field {
            name: name.to_owned(),
            property: property.clone(),
            kind: new.kind.clone(),
            required: new.required,
            created: read.as_ref().map_or_else(|| store.now(), |read| read.record.created),
        };
        fields::put(&mut batch, owner, read.as_ref(), &field)?;
        let verb = if read.is_none() { Verb::Added } else { Verb::Changed };
        let deed = Deed::of(Subject::Field, verb, owner.as_str());
        let deed = Deed { name: &field.name, detail: &field.property, ..deed };
        deed.note(store, &mut batch, actor)?;
        if attempts.done(batch).await? {
            return Ok(field);
        }
    }
}

/// Ends a definition. What stands in cards stays there.
pub async fn remove(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    actor: &Actor,
) -> Result<Field, Fault> {
    let snapshot = store.snapshot().await?;
    let read = find(&snapshot, owner, name).await?;
    let mut batch = Batch::new();
    fields::remove(&mut batch, owner, &read);
    let deed = Deed::of(Subject::Field, Verb::Removed, owner.as_str());
    let deed = Deed { name: &read.record.name, detail: &read.record.property, ..deed };
    deed.note(store, &mut batch, actor)?;
    store.commit(batch).await?;
    Ok(read.record)
}

/// The field of this name, or in this property.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    name: &str,
) -> Result<Stored<Field>, Fault> {
    let all = fields::all(snapshot, owner).await?;
    let wanted = fold(name);
    let found = all.iter().find(|f| fold(&f.name) == wanted || fold(&f.property) == wanted);
    let read = match found {
        Some(field) => fields::get(snapshot, owner, &field.property).await?,
        None => None,
    };
    read.ok_or_else(|| {
        Fault::new(
            404,
            format!(
                "{owner} has no field `{name}`. `rolodav field list {owner}` shows the fields, \
                 `rolodav field define` makes one."
            ),
        )
    })
}

/// The fields of a user with what stands in them on somebody's card.
pub async fn values(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    person: &Person,
) -> Result<Vec<(Field, Option<String>)>, Fault> {
    let card = match person.cards.first() {
        Some(place) => {
            let slot = Slot::Member(place.book.id, &place.name);
            body::get(snapshot, slot).await?.text
        }
        None => Bytes::new(),
    };
    let all = fields::all(snapshot, owner).await?.into_iter();
    Ok(all.map(|defined| (value(&card, &defined), defined)).map(|(v, f)| (f, v)).collect())
}

/// What stands in a field on `card`: of a day `2026-11-03` or, without its year, `--11-03`.
pub fn value(card: &[u8], defined: &Field) -> Option<String> {
    match label_of(defined) {
        Some((kind, label)) => labelled(card, kind, label),
        None => field(card, &defined.property),
    }
}

/// What a field stands beside in cards, and the label; `None`: it is the value of a property.
pub fn label_of(defined: &Field) -> Option<(Labelled, &str)> {
    let kind = beside_label(&defined.kind).filter(|_| defined.property.contains(';'));
    kind.map(|kind| (kind, defined.name.as_str()))
}

/// Where in cards a field stands, in words.
pub fn place(defined: &Field) -> String {
    match label_of(defined) {
        Some((kind, label)) => format!("{} labelled `{label}`", kind.property()),
        None => defined.property.clone(),
    }
}

fn beside_label(kind: &FieldKind) -> Option<Labelled> {
    match kind {
        FieldKind::Date => Some(Labelled::Date),
        FieldKind::Relation => Some(Labelled::Relation),
        _ => None,
    }
}

fn set_value<'a>(card: &'a [u8], defined: &Field, value: Option<&str>) -> Cow<'a, [u8]> {
    match label_of(defined) {
        Some((kind, label)) => set_labelled(card, kind, label, value),
        None => set_field(card, &defined.property, value),
    }
}

impl Editor<'_> {
    /// Sets a field on all cards of somebody; without a value it is emptied. Tells the value as
    /// it stands there now.
    pub async fn set(
        &self,
        owner: &PrincipalId,
        person: &Person,
        name: &str,
        value: Option<&str>,
    ) -> Result<Option<String>, Fault> {
        let defined = find(&self.store.snapshot().await?, owner, name).await?.record;
        let value = match value.map(str::trim).filter(|value| !value.is_empty()) {
            Some(value) => Some(checked(&defined, value)?),
            None if defined.required => {
                return Err(Fault::bad_request(format!(
                    "Every contact needs the field `{}`.",
                    defined.name
                )));
            }
            None => None,
        };
        if person.cards.is_empty() {
            return Err(Fault::conflict("There is no card of this contact to set a field on."));
        }
        for place in &person.cards {
            let target = Target {
                collection: &place.book,
                rights: &[],
                name: &place.name,
                actor: self.actor,
            };
            self.edit(&target, &defined, value.as_deref()).await?;
        }
        Ok(value)
    }

    async fn edit(
        &self,
        target: &Target<'_>,
        defined: &Field,
        value: Option<&str>,
    ) -> Result<(), Fault> {
        let (id, name) = (target.collection.id, target.name);
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            let Some(read) = member::get(&snapshot, id, name).await? else { return Ok(()) };
            let stored = body::get(&snapshot, Slot::Member(id, name)).await?;
            let stored = stored.whole(&snapshot).await?;
            let changed = set_value(&stored, defined, value);
            if changed[..] == stored[..] {
                return Ok(());
            }
            let lines = self.rules.card_lines.saturating_mul(2);
            let new = card::accept(Bytes::from(changed.into_owned()), lines, false)?;
            match self.put(target, &new, read.etag).await {
                Err(Refusal::Fault(fault)) if fault.status == 412 => {}
                Err(Refusal::Fault(fault)) => return Err(fault),
                Err(Refusal::Quota) => {
                    return Err(Fault::new(507, "The space for this user's cards is used up."));
                }
                Err(Refusal::UidChanged | Refusal::UidTaken(_)) => return Err(Fault::busy(1)),
                Ok(()) => return Ok(()),
            }
        }
        Err(Fault::busy(1))
    }

    async fn put(
        &self,
        target: &Target<'_>,
        new: &crate::store::write::NewMember,
        read: ETag,
    ) -> Result<(), Refusal> {
        let named = Named { given: true, any: true, tags: Vec::new() };
        let upload = Upload::new(Arc::clone(self.store), Arc::clone(self.rules), named);
        let guard = |old: Option<&member::Member>| match old {
            Some(old) if old.etag == read => Ok(()),
            _ => Err(Fault::precondition("The card was changed at this moment.")),
        };
        self.store.put_member(target, new, self.quota, Some(&upload), guard).await.map(drop)
    }
}

/// `value` as it is to stand in a card, if it may.
fn checked(field: &Field, value: &str) -> Result<String, Fault> {
    let wrong = |wanted: &str| {
        Fault::bad_request(format!("The field `{}` takes {wanted}, not `{value}`.", field.name))
    };
    if value.len() > LONGEST_VALUE {
        return Err(Fault::bad_request(format!("A field takes {LONGEST_VALUE} bytes at most.")));
    }
    match &field.kind {
        FieldKind::Text | FieldKind::Relation => Ok(value.to_owned()),
        FieldKind::Number => {
            let is_number = value.parse::<f64>().is_ok_and(f64::is_finite);
            if is_number { Ok(value.to_owned()) } else { Err(wrong("a number such as 12.5")) }
        }
        FieldKind::Date => {
            // Two hyphens before it would be an option of the command.
            let of_any_year = || DayOfYear::parse(&format!("--{value}"));
            let day = DayOfYear::parse(value).or_else(of_any_year).map(|day| day.to_string());
            day.ok_or_else(|| wrong("a day such as 2026-11-03, or 11-03 of any year"))
        }
        FieldKind::Choice(choices) => {
            let found = choices.iter().find(|choice| fold(choice) == fold(value));
            found.cloned().ok_or_else(|| wrong(&format!("one of {}", choices.join(", "))))
        }
        FieldKind::Url => {
            let (scheme, rest) = value.split_once(':').unwrap_or_default();
            let has_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
            let fits = has_scheme && !rest.is_empty() && !value.contains(char::is_whitespace);
            if fits { Ok(value.to_owned()) } else { Err(wrong("an address such as https://…")) }
        }
        FieldKind::Bool => match fold(value).as_str() {
            "yes" | "true" | "on" | "1" => Ok("TRUE".to_owned()),
            "no" | "false" | "off" | "0" => Ok("FALSE".to_owned()),
            _ => Err(wrong("yes or no")),
        },
    }
}

/// The property that `name` stands for.
fn property_of(name: &str) -> Result<String, Fault> {
    let plain = name.trim().to_uppercase();
    let plain = plain.strip_prefix("X-").unwrap_or(&plain);
    let mut property = "X-".to_owned();
    for c in plain.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => property.push(c),
            _ if property.ends_with('-') => {}
            _ => property.push('-'),
        }
    }
    let property = property.trim_end_matches('-').to_owned();
    if property.len() < 3 {
        return Err(Fault::bad_request(format!(
            "`{name}` has no letter that a property can be named with; choose one with --property."
        )));
    }
    if let Some(taken) = TAKEN.iter().find(|taken| property.starts_with(**taken)) {
        return Err(Fault::bad_request(format!(
            "{property} cannot be used: what begins with {taken} has a meaning of its own. Choose \
             another with --property."
        )));
    }
    Ok(property)
}

fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
