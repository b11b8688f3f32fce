//! `CAL:calendar-data` in reports: whole objects, parts of them, or their instances one by one
//! (RFC 4791 §9.6).

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use super::filter::time_range;
use super::zones::{self, Zones as Descriptions};
use crate::base::{Condition, Fault};
use crate::calendars::expand::{Allowance, expand, limit_freebusy_set, limit_recurrence_set};
use crate::calendars::overlap::Stretch;
use crate::calendars::timezone;
use crate::dav::registry::{DataProperty, MemberData, ReportCall};
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::formats::ical::component::{self, Bounds, Document};
use crate::formats::ical::select::{Components, Properties, Selection, Selector, select};
use crate::formats::recur::Budget;
use crate::formats::zone::{Zone, Zones};
use crate::store::body::Part;
use crate::store::collection::Kind;
use crate::store::member::{Flags, MemberRow};

/// The data property of calendar objects.
pub static CALENDAR_DATA: DataProperty =
    DataProperty { name: Name::caldav("calendar-data"), kind: Kind::Calendar, prepare };

/// Deepest nesting of `CAL:comp`; objects are not nested deeper.
const DEPTH: usize = 8;

#[derive(Debug)]
struct CalendarData {
    recurrence: Recurrence,
    busy: Option<Stretch>,
    selection: Option<Selection>,
    descriptions: Descriptions,
    /// The zone of dates and floating times.
    zone: Zone,
    /// What all objects of the answer together may cost.
    allowance: Mutex<Allowance>,
}

/// What is wanted of an object that recurs.
#[derive(Debug, Clone, Copy)]
enum Recurrence {
    Stored,
    Expanded(Stretch),
    Limited(Stretch),
}

fn prepare(element: &Element, call: &ReportCall) -> Result<Box<dyn MemberData>, Fault> {
    let content_type = element.attr("content-type").unwrap_or("text/calendar").trim();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let version = element.attr("version").unwrap_or("2.0").trim();
    if !essence.eq_ignore_ascii_case("text/calendar") || version != "2.0" {
        return Err(Fault::forbidden("Calendar objects are available as text/calendar 2.0.")
            .with(Condition::caldav("supported-calendar-data")));
    }
    let child = |local| element.child(&Name::caldav(local));
    let recurrence = match (child("expand"), child("limit-recurrence-set")) {
        (Some(range), None) => Recurrence::Expanded(time_range(range, true)?),
        (None, Some(range)) => Recurrence::Limited(time_range(range, true)?),
        (None, None) => Recurrence::Stored,
        (Some(_), Some(_)) => {
            return Err(Fault::bad_request("Instances are either expanded or limited."));
        }
    };
    let busy = child("limit-freebusy-set").map(|range| time_range(range, true)).transpose()?;
    let selection = child("comp").map(|comp| selection(comp, DEPTH)).transpose()?;
    let limits = call.scope.limits();
    let collection = call.node.collection()?.collection();
    Ok(Box::new(CalendarData {
        recurrence,
        busy,
        selection,
        descriptions: Descriptions::wanted(&call.request),
        zone: zones::of_query(&call.body)?.unwrap_or_else(|| timezone::of(collection)),
        allowance: Mutex::new(Allowance {
            bytes: limits.expanded_bytes as usize,
            budget: Budget::new(limits.recurrence_steps, limits.expanded_instances),
        }),
    }))
}

fn selection(element: &Element, depth: usize) -> Result<Selection, Fault> {
    let depth = depth.checked_sub(1);
    let depth = depth.ok_or_else(|| Fault::bad_request("CAL:comp is nested too deep."))?;
    let unnamed = || Fault::bad_request("CAL:comp and CAL:prop have a name.");
    let mut whole = Selection::whole(element.attr("name").ok_or_else(unnamed)?);
    let (prop, comp) = (Name::caldav("prop"), Name::caldav("comp"));
    let mut properties = element.children_named(&prop).peekable();
    let mut components = element.children_named(&comp).peekable();
    if properties.peek().is_none() && components.peek().is_none() {
        return Ok(whole);
    }
    if element.child(&Name::caldav("allprop")).is_none() {
        let named: Option<Vec<Selector>> = properties
            .map(|prop| {
                let name = prop.attr("name")?.to_owned();
                Some(Selector { name, novalue: prop.attr("novalue") == Some("yes") })
            })
            .collect();
        whole.properties = Properties::Named(named.ok_or_else(unnamed)?);
    }
    if element.child(&Name::caldav("allcomp")).is_none() {
        let named: Result<Vec<Selection>, Fault> =
            components.map(|comp| selection(comp, depth)).collect();
        whole.components = Components::Named(named?);
    }
    Ok(whole)
}

// === impl CalendarData ===

impl CalendarData {
    fn is_as_stored(&self) -> bool {
        matches!(self.recurrence, Recurrence::Stored)
            && self.busy.is_none()
            && self.selection.is_none()
            && self.descriptions == Descriptions::AsStored
    }

    /// The object as it was wished for.
    fn shaped<'b>(&self, object: &'b [u8]) -> Cow<'b, [u8]> {
        let mut shaped = self.descriptions.apply(object);
        if !matches!(self.recurrence, Recurrence::Stored) {
            self.step(&mut shaped, |bytes, document, zones| {
                let mut allowance = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
                match self.recurrence {
                    Recurrence::Stored => None,
                    Recurrence::Expanded(range) => {
                        expand(bytes, document, zones, range, &mut allowance)
                    }
                    Recurrence::Limited(range) => {
                        let budget = &mut allowance.budget;
                        Some(limit_recurrence_set(bytes, document, zones, range, budget))
                    }
                }
            });
        }
        if let Some(range) = self.busy {
            self.step(&mut shaped, |bytes, document, zones| {
                Some(limit_freebusy_set(bytes, document, zones, range))
            });
        }
        if let Some(selection) = &self.selection {
            self.step(&mut shaped, |bytes, document, _| Some(select(bytes, document, selection)));
        }
        shaped
    }

    fn step(
        &self,
        object: &mut Cow<'_, [u8]>,
        change: impl FnOnce(&[u8], &Document<'_>, &Zones) -> Option<Vec<u8>>,
    ) {
        let Ok(document) = component::parse(object, Bounds::STORED) else { return };
        let Some(calendar) = document.calendar() else { return };
        let zones = Zones::of(calendar, self.zone.clone());
        if let Some(changed) = change(object, &document, &zones) {
            *object = Cow::Owned(changed);
        }
    }
}

impl MemberData for CalendarData {
    fn write(&self, member: MemberRow<'_>, parts: &[Part], out: &mut XmlOut) {
        if self.is_as_stored() {
            for part in parts {
                if member.flags.has(Flags::ESCAPE) {
                    out.text_bytes(&part.bytes);
                } else {
                    out.text_plain(&part.bytes);
                }
            }
            return;
        }
        let runs: Vec<&[u8]> = parts.iter().map(|part| &part.bytes[..]).collect();
        match runs.as_slice() {
            [one] => out.text_bytes(&self.shaped(one)),
            runs => out.text_bytes(&self.shaped(&runs.concat())),
        }
    }
}
