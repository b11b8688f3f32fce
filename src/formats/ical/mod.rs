//! iCalendar objects (RFC 5545): the tree of components over the content lines, and the values
//! of dates, times, durations and periods as real clients write them.

pub mod component;
pub mod finding;
pub mod repair;
pub mod select;
pub mod value;

pub use component::{Bounds, Component, Document, Excess, parse};
pub use value::{DateOrPeriod, Duration, Period, PeriodEnd, UtcOffset, When};
