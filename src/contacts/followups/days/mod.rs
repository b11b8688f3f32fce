//! Follow-ups of days that cards have: birthdays, and days in fields of a user's own. They come
//! some days before, once for each person, day and year, and follow the card until they are done.
//! What it costs follows what changed in the books and what is due.

mod due;
mod filed;
mod terms;

use std::collections::BTreeSet;

use jiff::civil::Date;

use self::terms::Terms;
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::weaving::Rules;
use crate::contacts::{books, fields};
use crate::store::engine::Batch;
use crate::store::fields::{Field, FieldKind};
use crate::store::followups::times::{self, Looked};
use crate::store::followups::{self, Origin};
use crate::store::preferences::{self, DayOf, Preferences, Reminder};
use crate::store::{Store, days, principals};

/// Longest time that a follow-up comes before its day, in days.
const LONGEST: u16 = 180;

/// Rows of the index that are held at a time.
const PAGE: usize = 500;

/// Can follow-ups come of what stands in this field?
pub fn may_remind(field: &Field) -> bool {
    field.kind == FieldKind::Date
}

/// The days that are typed as `7d` or `2w`.
pub fn lead(typed: &str) -> Result<u16, Fault> {
    let text = typed.trim().to_lowercase();
    let (number, factor) = match text.strip_suffix('w') {
        Some(weeks) => (weeks, 7),
        None => (text.strip_suffix('d').unwrap_or(&text), 1),
    };
    let days = number.parse::<u16>().ok().and_then(|number| number.checked_mul(factor));
    days.filter(|days| *days <= LONGEST).ok_or_else(|| {
        Fault::bad_request(format!(
            "`{typed}` is no time before a day: 7d, 2w, 0d for the day itself, {LONGEST}d at most."
        ))
    })
}

/// Has follow-ups of these days come so many days before; `None`: none any more.
pub fn choose(chosen: &mut Preferences, of: &DayOf, days_before: Option<u16>) {
    chosen.reminders.retain(|one| one.of != *of);
    let new = |days_before| Reminder { of: of.clone(), days_before };
    chosen.reminders.extend(days_before.map(new));
}

/// Does at once what follows from the choice for these days: open follow-ups that are not wanted
/// any more end, those that are due come.
pub async fn follow_choice(
    store: &Store,
    rules: &Rules,
    owner: &PrincipalId,
    of: &DayOf,
) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    let terms = Terms::read(store, &snapshot, owner).await?;
    if !terms.wants(of) {
        let ended = BTreeSet::from([of.clone()]);
        let open = followups::all_open(&snapshot, owner).await?.into_iter();
        let of_days = open.filter(|one| one.record.origin == Origin::Day);
        let contacts: BTreeSet<String> = of_days.map(|one| one.record.contact).collect();
        drop(snapshot);
        for uid in contacts {
            due::settle(store, rules, owner, &uid, &ended).await?;
        }
    }
    raise(store, rules, owner).await.map(drop)
}

/// Raises what is due of all users; a fault of one does not hold up the others. Tells how many
/// came.
pub async fn raise_all(store: &Store, rules: &Rules) -> Result<usize, Fault> {
    let mut raised = 0;
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, principal) in listed {
        let chosen = preferences::get(&store.snapshot().await?, &owner).await?;
        if principal.disabled || chosen.is_none_or(|chosen| chosen.record.reminders.is_empty()) {
            continue;
        }
        match raise(store, rules, &owner).await {
            Ok(came) => raised += came,
            Err(fault) => {
                tracing::warn!(%owner, fault = %fault.logged(), "days of contacts: will be tried again");
            }
        }
    }
    Ok(raised)
}

/// Raises what is due of `owner`'s contacts, after what changed in their books was taken in; tells
/// how many came.
pub async fn raise(store: &Store, rules: &Rules, owner: &PrincipalId) -> Result<usize, Fault> {
    let snapshot = store.snapshot().await?;
    let terms = Terms::read(store, &snapshot, owner).await?;
    if terms.is_empty() {
        return Ok(0);
    }
    let books = books::numbers(&snapshot, owner).await?;
    let before = times::looked(&snapshot, owner).await?;
    drop(snapshot);
    let mut raised = 0;
    for id in &books {
        raised += filed::follow(store, rules, &terms, *id).await?;
    }
    let looked = Looked { on: terms.today.to_string(), terms: terms.text() };
    if before.as_ref() == Some(&looked) {
        return Ok(raised);
    }
    for id in books {
        for window in terms.windows() {
            raised += look_at(store, rules, &terms, (id, window)).await?;
        }
    }
    let mut batch = Batch::new();
    times::set_looked(&mut batch, owner, &looked)?;
    store.commit(batch).await?;
    Ok(raised)
}

/// Raises what is due of those in a book who have a day in `window`.
async fn look_at(
    store: &Store,
    rules: &Rules,
    terms: &Terms,
    (id, window): (CollectionId, (Date, Date)),
) -> Result<usize, Fault> {
    let part = |date: Date| (date.month().unsigned_abs(), date.day().unsigned_abs());
    let (mut raised, mut after) = (0, None::<Vec<u8>>);
    loop {
        let window = (part(window.0), terms::with_leap_day(part(window.1)));
        let snapshot = store.snapshot().await?;
        let page = days::within(&snapshot, id, window, after.as_deref(), PAGE).await?;
        drop(snapshot);
        let uids: BTreeSet<&String> = page.iter().map(|(_, uid)| uid).collect();
        for uid in uids {
            let nothing = BTreeSet::new();
            raised += usize::from(due::settle(store, rules, &terms.owner, uid, &nothing).await?);
        }
        match page.into_iter().next_back() {
            Some((row, _)) => after = Some(row),
            None => return Ok(raised),
        }
    }
}

/// What the title of a follow-up begins with.
fn label<'a>(of: &DayOf, field: Option<&'a Field>) -> &'a str {
    match (of, field) {
        (DayOf::Birthday, _) | (_, None) => "Birthday",
        (DayOf::Field(_), Some(field)) => &field.name,
    }
}

/// The day in a field on a card.
fn day_in(card: &[u8], field: &Field) -> Option<crate::formats::vcard::DayOfYear> {
    crate::formats::vcard::DayOfYear::parse(&fields::value(card, field)?)
}

#[cfg(test)]
mod tests;
