//! A whole calendar as one iCalendar text, made piece by piece: its objects one after the other,
//! each time zone once, before the first object that needs it.

use std::collections::HashSet;

use bytes::{Bytes, BytesMut};

use crate::base::Fault;
use crate::formats::fold::fold_into;
use crate::formats::ical::component::{self, Bounds};
use crate::formats::text::escape;
use crate::store::body::{self, Body};
use crate::store::collection::Collection;
use crate::store::engine::Snapshot;

/// Objects that are looked up at a time.
const PAGE: usize = 250;

/// Most names of zones that are remembered; beyond them zones may come twice.
const ZONES: usize = 10_000;

/// How long programs may wait until they look again.
const REFRESH: &str = "PT1H";

const PRODUCT: &str = concat!("-//rolodav//rolodav ", env!("CARGO_PKG_VERSION"), "//EN");

/// Goes through the objects of a calendar.
#[derive(Debug)]
pub struct Merged {
    snapshot: Snapshot,
    calendar: Collection,
    page: std::vec::IntoIter<(String, Body)>,
    after: Option<String>,
    zones: HashSet<String>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    Objects,
    LastObjects,
    Ended,
}

impl Merged {
    /// The text of `calendar` as it is in `snapshot`.
    pub fn of(snapshot: Snapshot, calendar: Collection) -> Self {
        let (page, zones) = (Vec::new().into_iter(), HashSet::new());
        Self { snapshot, calendar, page, after: None, zones, state: State::Head }
    }

    /// The next piece of the text; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            match self.state {
                State::Head => {
                    self.state = State::Objects;
                    return Ok(Some(self.head()));
                }
                State::Ended => return Ok(None),
                State::Objects | State::LastObjects => {}
            }
            if let Some((_, object)) = self.page.next() {
                return Ok(Some(self.object(&object.whole(&self.snapshot).await?)));
            }
            if self.state == State::LastObjects {
                self.state = State::Ended;
                return Ok(Some(Bytes::from_static(b"END:VCALENDAR\r\n")));
            }
            let after = self.after.as_deref();
            let page = body::page(&self.snapshot, self.calendar.id, after, PAGE).await?;
            if page.len() < PAGE {
                self.state = State::LastObjects;
            }
            self.after = page.last().map(|(name, _)| name.clone());
            self.page = page.into_iter();
        }
    }

    fn head(&self) -> Bytes {
        let name = self.calendar.display_name.as_deref().unwrap_or(&self.calendar.name);
        let name = escape(name);
        let mut lines = vec![
            "BEGIN:VCALENDAR".to_owned(),
            "VERSION:2.0".to_owned(),
            format!("PRODID:{PRODUCT}"),
            "CALSCALE:GREGORIAN".to_owned(),
            format!("NAME:{name}"),
            format!("X-WR-CALNAME:{name}"),
            format!("REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"),
            format!("X-PUBLISHED-TTL:{REFRESH}"),
        ];
        if let Some(color) = &self.calendar.color {
            let rgb: String = color.chars().take("#RRGGBB".len()).collect();
            lines.push(format!("X-APPLE-CALENDAR-COLOR:{rgb}"));
        }
        lines.extend(
            self.calendar
                .calendar
                .timezone_id
                .as_ref()
                .map(|id| format!("X-WR-TIMEZONE:{}", escape(id))),
        );
        let mut head = Vec::new();
        for line in lines {
            fold_into(&mut head, line.as_bytes(), b"\r\n");
        }
        head.into()
    }

    /// The components of an object, without zones that were there before.
    fn object(&mut self, object: &[u8]) -> Bytes {
        let mut out = BytesMut::with_capacity(object.len());
        let Ok(document) = component::parse(object, Bounds::STORED) else { return Bytes::new() };
        for part in document.roots.iter().flat_map(|root| &root.children) {
            if part.is("VTIMEZONE") {
                let id = part.text("TZID").unwrap_or_default();
                if self.zones.contains(&*id) {
                    continue;
                }
                if self.zones.len() < ZONES {
                    self.zones.insert(id.into_owned());
                }
            }
            let bytes = object.get(part.span.clone()).unwrap_or_default();
            out.extend_from_slice(bytes);
            // A few programs leave the last line end out.
            if !bytes.ends_with(b"\n") {
                out.extend_from_slice(b"\r\n");
            }
        }
        out.freeze()
    }
}
