//! What of a recurring object a client is sent: its instances one by one (`CAL:expand`, RFC 4791
//! §9.6.5), only the changed ones that matter for a time (`CAL:limit-recurrence-set`, §9.6.6), or
//! only the busy times in it (`CAL:limit-freebusy-set`, §9.6.7).

mod instance;

use instance::Writer;

use crate::calendars::freebusy;
use crate::calendars::instances::Series;
use crate::calendars::overlap::{Stretch, taken};
use crate::formats::edit::Edits;
use crate::formats::ical::component::{Component, Document};
use crate::formats::ical::value::{Period, When};
use crate::formats::property::Property;
use crate::formats::recur::Budget;
use crate::formats::zone::Zones;

/// What one request may cost; every object takes from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of expanded objects that may still be written.
    pub bytes: usize,
    /// Work that recurrence may still cost.
    pub budget: Budget,
}

/// The most work on the recurrence of one object, so that one does not use up what is for all.
const STEPS_PER_OBJECT: u32 = 100_000;

/// The instances of the object in `range`, each as a component of its own, in UTC, without rules
/// and zones. Dates and floating times stay what they are. Nothing, if it would cost more than
/// `allowance`, or if a component has no end (none that was stored): the object is then served as
/// it is.
pub fn expand(
    bytes: &[u8],
    document: &Document<'_>,
    zones: &Zones,
    range: Stretch,
    allowance: &mut Allowance,
) -> Option<Vec<u8>> {
    let calendar = document.calendar().filter(|_| document.unclosed == 0)?;
    let (before, bytes_left) = (allowance.budget, allowance.bytes);
    let expanded = allowance.budget.within(STEPS_PER_OBJECT, |budget| {
        write(bytes, calendar, zones, range, bytes_left, budget)
    });
    match &expanded {
        Some(expanded) => allowance.bytes -= expanded.len(),
        None => allowance.budget = Budget::new(allowance.budget.steps(), before.results()),
    }
    expanded
}

/// Writes the instances of `calendar` as long as they are within `most` bytes and `budget`.
fn write(
    bytes: &[u8],
    calendar: &Component<'_>,
    zones: &Zones,
    range: Stretch,
    most: usize,
    budget: &mut Budget,
) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len().min(most).min(64 << 10));
    let copy = |out: &mut Vec<u8>, span| out.extend_from_slice(bytes.get(span).unwrap_or_default());
    copy(&mut out, calendar.span.start..calendar.inner.start);
    calendar.properties.iter().for_each(|line| copy(&mut out, line.span()));
    for series in Series::of(calendar, zones) {
        let mut writer = Writer::new(bytes, zones);
        let mut walk = series.walk(range.start, range.end);
        while let Some(instance) = walk.next(budget).ok()? {
            let stretch = taken(instance.component, instance.times, zones);
            if stretch.is_none_or(|stretch| stretch.overlaps(range)) {
                budget.result().ok()?;
                writer.append(&mut out, &instance, series.recurs());
                if out.len() > most {
                    return None;
                }
            }
        }
    }
    copy(&mut out, calendar.inner.end..calendar.span.end);
    (out.len() <= most).then_some(out)
}

/// The object without the changed instances that neither take place in `range` nor would have
/// without the change. What stays is byte for byte the same.
pub fn limit_recurrence_set(
    bytes: &[u8],
    document: &Document<'_>,
    zones: &Zones,
    range: Stretch,
    budget: &mut Budget,
) -> Vec<u8> {
    let mut edits = Edits::new(bytes);
    let series = document.calendar().map(|calendar| Series::of(calendar, zones));
    for one in series.iter().flatten() {
        let Some(length) = one.master().map(|master| length_of(master, zones)) else { continue };
        let mut needed: Vec<usize> = Vec::new();
        let mut walk = one.walk(range.start, range.end);
        let complete = loop {
            match walk.next(budget) {
                Ok(Some(instance)) => {
                    let stretch = taken(instance.component, instance.times, zones);
                    if stretch.is_none_or(|stretch| stretch.overlaps(range)) {
                        needed.push(std::ptr::from_ref(instance.component).addr());
                    }
                }
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        if !complete {
            // Which ones matter is not known.
            continue;
        }
        needed.sort_unstable();
        for component in one.overrides() {
            let was = component.property("RECURRENCE-ID").and_then(When::of);
            let was = was.map_or(i64::MIN, |when| zones.instant(&when));
            let end = was.saturating_add(length.max(1));
            let was_in_range = Stretch { start: was, end }.overlaps(range);
            let address = std::ptr::from_ref(component).addr();
            if !was_in_range && needed.binary_search(&address).is_err() {
                edits.remove(component.span.clone());
            }
        }
    }
    edits.apply()
}

/// How many seconds an instance of `component` lasts without a change, roughly.
fn length_of(component: &Component<'_>, zones: &Zones) -> i64 {
    let at = |name| component.property(name).and_then(When::of);
    let Some(start) = at("DTSTART") else { return 0 };
    let begins = zones.instant(&start);
    let duration =
        component.property("DURATION").and_then(crate::formats::ical::value::Duration::of);
    let end = at("DTEND").or_else(|| at("DUE")).map(|end| zones.instant(&end));
    let end = end.or_else(|| freebusy::after(&start, duration?, zones));
    let day = if start.is_date() { 86_400 } else { 0 };
    end.map_or(day, |end| end.saturating_sub(begins).max(day))
}

/// The object without the `FREEBUSY` periods that do not touch `range`.
pub fn limit_freebusy_set(
    bytes: &[u8],
    document: &Document<'_>,
    zones: &Zones,
    range: Stretch,
) -> Vec<u8> {
    let mut edits = Edits::new(bytes);
    let calendar = document.calendar();
    let components = calendar.iter().flat_map(|calendar| calendar.children_named("VFREEBUSY"));
    for line in components.flat_map(|component| component.all("FREEBUSY")) {
        let value = String::from_utf8_lossy(&line.value()).into_owned();
        let touches = |text: &&str| {
            let period = Period::parse(text, None);
            let stretch = period.and_then(|period| freebusy::stretch(&period, zones));
            // What cannot be read is not ours to drop.
            stretch.is_none_or(|stretch| stretch.overlaps(range))
        };
        let all = value.split(',').count();
        let kept: Vec<&str> = value.split(',').filter(touches).collect();
        if kept.is_empty() {
            edits.remove(line.span());
        } else if kept.len() < all
            && let Some(mut property) = Property::read(line)
        {
            property.value = kept.join(",");
            edits.replace(line.span(), &property.write());
        }
    }
    edits.apply()
}

#[cfg(test)]
mod tests;
