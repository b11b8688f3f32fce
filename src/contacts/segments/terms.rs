//! What answers depend on beside cards and queries: the day it is where the owner lives, and what
//! is called how.

use jiff::civil::Date;

use crate::base::{Fault, PrincipalId, Timestamp};
use crate::contacts::local_time;
use crate::formats::zone::Zone;
use crate::store::collection::Collection;
use crate::store::engine::Snapshot;
use crate::store::fields;
use crate::store::tags::uuid_of;

/// The form of what is kept; another one has everything asked anew.
const FORM: u8 = 1;

/// A moment where an owner lives.
#[derive(Debug)]
pub(super) struct Terms {
    zone: Zone,
    /// The moment.
    pub(super) now: Timestamp,
    /// The day it is.
    pub(super) today: Date,
    fields: String,
}

impl Terms {
    pub(super) async fn read(
        snapshot: &Snapshot,
        owner: &PrincipalId,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let zone = local_time::zone_of(snapshot, owner).await?;
        let fields = fields::all(snapshot, owner).await?;
        let fields = fields.iter().map(|field| format!("{} {:?}", field.property, field.kind));
        let mut terms =
            Self { zone, now, today: Date::ZERO, fields: fields.collect::<Vec<_>>().join("\n") };
        terms.today = terms.day(now);
        Ok(terms)
    }

    /// The day it is at `at`.
    pub(super) fn day(&self, at: Timestamp) -> Date {
        self.zone.civil(i64::try_from(at.seconds()).unwrap_or(i64::MAX)).date()
    }

    /// When `day` begins.
    pub(super) fn beginning(&self, day: Date) -> Timestamp {
        let seconds = self.zone.instant(day.at(0, 0, 0, 0));
        Timestamp(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
    }

    /// All that the answers about cards in `book` depend on, in a short form to be compared.
    pub(super) fn basis(&self, book: &Collection) -> String {
        let zone = match self.zone.iana_name() {
            Some(name) => name.to_owned(),
            None => format!("{:?}", self.zone),
        };
        let title = book.display_name.as_deref().unwrap_or_default();
        uuid_of(&format!("{FORM}\n{zone}\n{}\n{title}\n{}", book.name, self.fields))
    }
}
