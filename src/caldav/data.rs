//! `CAL:calendar-data` in reports: whole objects or parts of them (RFC 4791 §9.6).

use crate::base::{Condition, Fault};
use crate::dav::registry::{DataProperty, MemberData, ReportCall};
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::store::body::Part;
use crate::store::collection::Kind;
use crate::store::member::{Flags, MemberRow};

/// The data property of calendar objects.
pub static CALENDAR_DATA: DataProperty =
    DataProperty { name: Name::caldav("calendar-data"), kind: Kind::Calendar, prepare };

#[derive(Debug)]
struct CalendarData;

fn prepare(element: &Element, _: &ReportCall) -> Result<Box<dyn MemberData>, Fault> {
    let content_type = element.attr("content-type").unwrap_or("text/calendar").trim();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let version = element.attr("version").unwrap_or("2.0").trim();
    if !essence.eq_ignore_ascii_case("text/calendar") || version != "2.0" {
        return Err(Fault::forbidden("Calendar objects are available as text/calendar 2.0.")
            .with(Condition::caldav("supported-calendar-data")));
    }
    Ok(Box::new(CalendarData))
}

impl MemberData for CalendarData {
    fn write(&self, member: MemberRow<'_>, parts: &[Part], out: &mut XmlOut) {
        for part in parts {
            if member.flags.has(Flags::ESCAPE) {
                out.text_bytes(&part.bytes);
            } else {
                out.text_plain(&part.bytes);
            }
        }
    }
}
