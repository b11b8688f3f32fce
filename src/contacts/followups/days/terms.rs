//! Of which days a user wants follow-ups, how long before, and what that means today.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{day_in, label};
use crate::base::{Fault, PrincipalId};
use crate::calendars::birthdays::{self, Occasion};
use crate::contacts::followups::task;
use crate::contacts::local_time;
use crate::formats::vcard::{Card, DayOfYear, Kind};
use crate::formats::zone::Zone;
use crate::store::Store;
use crate::store::days::Filed;
use crate::store::engine::Snapshot;
use crate::store::fields::{self, Field};
use crate::store::preferences::{self, DayOf};

/// The form of what is filed; another one has everything filed anew.
const FORM: u8 = 1;

/// What a user wants, on a day.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) owner: PrincipalId,
    /// The day it is where they live.
    pub(super) today: Date,
    pub(super) zone: Zone,
    wanted: Vec<Wanted>,
}

#[derive(Debug)]
struct Wanted {
    of: DayOf,
    before: u16,
    field: Option<Field>,
}

impl Terms {
    pub(super) async fn read(
        store: &Store,
        snapshot: &Snapshot,
        owner: &PrincipalId,
    ) -> Result<Self, Fault> {
        let zone = local_time::zone_of(snapshot, owner).await?;
        let chosen = preferences::get(snapshot, owner).await?.map(|found| found.record);
        let mut wanted = Vec::new();
        for reminder in chosen.unwrap_or_default().reminders {
            let (of, before) = (reminder.of, reminder.days_before);
            let field = match &of {
                DayOf::Birthday => None,
                DayOf::Field(property) => match fields::get(snapshot, owner, property).await? {
                    Some(found) if super::may_remind(&found.record) => Some(found.record),
                    _ => continue,
                },
            };
            wanted.push(Wanted { of, before, field });
        }
        wanted.sort_by(|one, other| one.of.cmp(&other.of));
        let today = task::day_of(store.now(), &zone);
        Ok(Self { owner: owner.clone(), today, zone, wanted })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    pub(super) fn wants(&self, of: &DayOf) -> bool {
        self.wanted.iter().any(|wanted| wanted.of == *of)
    }

    /// What is filed of cards.
    pub(super) fn basis(&self) -> String {
        let ofs: Vec<_> = self.wanted.iter().map(|wanted| key(&wanted.of)).collect();
        format!("{FORM} {}", ofs.join(" "))
    }

    /// All of it, to tell whether it changed.
    pub(super) fn text(&self) -> String {
        let all = self.wanted.iter().map(|one| format!("{} {}", key(&one.of), one.before));
        all.collect::<Vec<_>>().join(", ")
    }

    /// The days of `card` that are wanted, each once; a group has none.
    pub(super) fn of_card(&self, card: &[u8]) -> Vec<Filed> {
        let mut days = Vec::new();
        for wanted in &self.wanted {
            let day = match &wanted.field {
                Some(field) => day_in(card, field),
                None => birthdays::of_card(card)
                    .into_iter()
                    .find(|day| day.occasion == Occasion::Birthday)
                    .map(|found| found.day),
            };
            days.extend(day.map(|day| filed(&wanted.of, day)));
        }
        if !days.is_empty() && Card::parse(card).kind() == Kind::Group {
            days.clear();
        }
        days
    }

    /// The day of the occurrence of `day` for which a follow-up is to be there today.
    pub(super) fn due(&self, day: &Filed) -> Option<Date> {
        let wanted = self.wanted.iter().find(|wanted| wanted.of == day.of)?;
        let last = self.today.saturating_add(i32::from(wanted.before).days());
        let years = [self.today.year(), self.today.year().saturating_add(1)];
        let mut dates = years.into_iter().filter_map(|year| occurrence(day, year));
        dates.find(|date| (self.today..=last).contains(date))
    }

    /// What a follow-up says of `day` in this year.
    pub(super) fn title(&self, day: &Filed, year: i16) -> String {
        let wanted = self.wanted.iter().find(|wanted| wanted.of == day.of);
        let label = label(&day.of, wanted.and_then(|wanted| wanted.field.as_ref()));
        match day.year.map(|since| year - since).filter(|years| *years > 0) {
            Some(years) => format!("{label} ({years})"),
            None => label.to_owned(),
        }
    }

    /// Does `text` stand there because we wrote it for such a day?
    pub(super) fn is_title(&self, text: &str, of: &DayOf) -> bool {
        let wanted = self.wanted.iter().find(|wanted| wanted.of == *of);
        let label = label(of, wanted.and_then(|wanted| wanted.field.as_ref()));
        let rest = text.strip_prefix(label).map(str::trim);
        rest.is_some_and(|rest| {
            let number = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            rest.is_empty() || number.is_some_and(|number| number.parse::<i16>().is_ok())
        })
    }

    /// From the first to the last day of which a follow-up may be there today; at most one of each
    /// year.
    pub(super) fn windows(&self) -> Vec<(Date, Date)> {
        let before = self.wanted.iter().map(|wanted| wanted.before).max().unwrap_or(0);
        let last = self.today.saturating_add(i32::from(before).days());
        if last.year() == self.today.year() {
            return vec![(self.today, last)];
        }
        vec![(self.today, self.today.last_of_year()), (last.first_of_year(), last)]
    }
}

/// What stands for a day in texts that are compared, and in UIDs.
pub(super) fn key(of: &DayOf) -> &str {
    match of {
        DayOf::Birthday => "birthday",
        DayOf::Field(property) => property,
    }
}

/// The day in a year: the 29 February is kept on the last day of February in common years, and
/// before it happened first there is none.
pub(super) fn occurrence(day: &Filed, year: i16) -> Option<Date> {
    if day.year.is_some_and(|first| year < first) {
        return None;
    }
    let (month, of_month) = (i8::try_from(day.month).ok()?, i8::try_from(day.day).ok()?);
    let kept = if (month, of_month) == (2, 29) { 28 } else { of_month };
    Date::new(year, month, of_month).or_else(|_| Date::new(year, month, kept)).ok()
}

/// The 28 February stands for the 29, too.
pub(super) fn with_leap_day(day: (u8, u8)) -> (u8, u8) {
    if day == (2, 28) { (2, 29) } else { day }
}

fn filed(of: &DayOf, day: DayOfYear) -> Filed {
    let (month, of_month) = (day.month.unsigned_abs(), day.day.unsigned_abs());
    Filed { of: of.clone(), year: day.year, month, day: of_month }
}
