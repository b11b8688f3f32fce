//! Which calendar objects a query means: the filter of RFC 4791 §9.7, prepared once and evaluated
//! on the tree of an object.

mod alarm;
mod evaluate;
mod property;

pub use evaluate::Subject;

use crate::calendars::overlap::Stretch;
use crate::formats::collation::{Collation, MatchType, Matcher};

/// `CAL:filter`.
#[derive(Debug, Clone)]
pub struct Filter {
    /// What is asked of the calendar: the outermost `CAL:comp-filter`, called `VCALENDAR`.
    pub calendar: CompFilter,
}

/// `CAL:comp-filter`.
#[derive(Debug, Clone)]
pub struct CompFilter {
    /// The component's name, in any case.
    pub name: String,
    /// What is asked of the component.
    pub condition: CompCondition,
}

/// What is asked of a component.
#[derive(Debug, Clone)]
pub enum CompCondition {
    /// There is none of that name.
    IsNotDefined,
    /// There is one for which all of this holds; without any condition, there is one.
    Matches {
        /// An instance of it takes time in this range.
        time: Option<TimeRange>,
        /// Conditions on its properties.
        props: Vec<PropFilter>,
        /// Conditions on the components in it.
        comps: Vec<CompFilter>,
    },
}

/// `CAL:prop-filter`.
#[derive(Debug, Clone)]
pub struct PropFilter {
    /// The property's name, in any case.
    pub name: String,
    /// What is asked of the property.
    pub condition: PropCondition,
}

/// What is asked of a property.
#[derive(Debug, Clone)]
pub enum PropCondition {
    /// The component has none of that name.
    IsNotDefined,
    /// It has one for which all of this holds; without any condition, it has one.
    Matches {
        /// Its date and time is in this range.
        time: Option<TimeRange>,
        /// A condition on its value.
        text: Option<TextMatch>,
        /// Conditions on its parameters.
        params: Vec<ParamFilter>,
    },
}

/// `CAL:param-filter`.
#[derive(Debug, Clone)]
pub struct ParamFilter {
    /// The parameter's name, in any case.
    pub name: String,
    /// What is asked of the parameter.
    pub condition: ParamCondition,
}

/// What is asked of a parameter.
#[derive(Debug, Clone)]
pub enum ParamCondition {
    /// The property has none of that name.
    IsNotDefined,
    /// The property has one of that name.
    IsDefined,
    /// One of its values matches; negated: there is one, and no value matches.
    Text(TextMatch),
}

/// `CAL:text-match`: a text that stands anywhere in the value.
#[derive(Debug, Clone)]
pub struct TextMatch {
    matcher: Matcher,
    negate: bool,
}

/// `CAL:time-range`, in Unix seconds; a side that is left out is `i64::MIN` or `i64::MAX`.
pub type TimeRange = Stretch;

/// What the time index of the store can say about a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowing {
    /// Only objects with components of this name can match.
    pub kind: String,
    /// Only objects that take time in this range can match.
    pub range: TimeRange,
    /// Whether the filter asks nothing else: an object whose exact times are in the range
    /// matches, unread.
    pub decides: bool,
}

// === impl Filter ===

impl Filter {
    /// The filter that takes every object.
    pub fn everything() -> Self {
        Self { calendar: CompFilter::defined("VCALENDAR") }
    }

    /// Whether the object `subject` matches. Where finding out takes more steps than there are,
    /// it does: better one too many than one lost.
    pub fn matches(&self, subject: &mut Subject<'_, '_>) -> bool {
        subject.matches(&self.calendar)
    }

    /// What the time index can say: which objects can match at all.
    pub fn narrowing(&self) -> Option<Narrowing> {
        let CompCondition::Matches { time: None, props, comps } = &self.calendar.condition else {
            return None;
        };
        let wanted = |comp: &&CompFilter| matches!(comp.condition, CompCondition::Matches { .. });
        let has_time = |comp: &&CompFilter| {
            matches!(comp.condition, CompCondition::Matches { time: Some(_), .. })
        };
        let comp = comps.iter().find(has_time).or_else(|| comps.iter().find(wanted))?;
        let CompCondition::Matches { time, props: inner, comps: nested } = &comp.condition else {
            return None;
        };
        let alone = props.is_empty() && comps.len() == 1 && inner.is_empty() && nested.is_empty();
        // The index knows when alarms go off, too.
        let alarm = || {
            let alarm =
                nested.iter().filter(has_time).find(|c| c.name.eq_ignore_ascii_case("VALARM"))?;
            match alarm.condition {
                CompCondition::Matches { time, .. } => time,
                CompCondition::IsNotDefined => None,
            }
        };
        Some(Narrowing {
            kind: comp.name.to_ascii_uppercase(),
            range: time.or_else(alarm).unwrap_or(Stretch::ALWAYS),
            decides: alone && self.calendar.name.eq_ignore_ascii_case("VCALENDAR"),
        })
    }
}

// === impl CompFilter ===

impl CompFilter {
    /// Asks that there is a component `name`.
    pub fn defined(name: &str) -> Self {
        let condition = CompCondition::Matches { time: None, props: Vec::new(), comps: Vec::new() };
        Self { name: name.to_owned(), condition }
    }
}

// === impl TextMatch ===

impl TextMatch {
    /// Prepares the search for `needle`; with `negate` whatever does not match does.
    pub fn new(collation: Collation, needle: &str, negate: bool) -> Self {
        Self { matcher: Matcher::new(collation, MatchType::Contains, needle), negate }
    }

    fn matches(&self, value: &str) -> bool {
        self.matcher.matches(value) != self.negate
    }
}

#[cfg(test)]
mod tests;
