//! Which cards a query means: the filter of RFC 6352 §10.5, prepared once and evaluated on the
//! bytes of a card.

use crate::formats::collation::{Collation, MatchType, Matcher};
use crate::formats::find::named;
use crate::formats::line::Line;
use crate::formats::param::Param;

/// How several conditions combine (`test`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Test {
    /// One is enough; the default.
    #[default]
    AnyOf,
    /// All are needed.
    AllOf,
}

/// `CARDDAV:filter`.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// How the property filters combine.
    pub test: Test,
    /// Without any, every card matches.
    pub props: Vec<PropFilter>,
}

/// `CARDDAV:prop-filter`.
#[derive(Debug, Clone)]
pub struct PropFilter {
    /// Only properties of this group, in any case; none: of every group and of none.
    pub group: Option<String>,
    /// The property's name, in any case.
    pub name: String,
    /// How the conditions combine, on one and the same property.
    pub test: Test,
    /// What is asked of the property.
    pub kind: PropCondition,
}

/// What is asked of a property.
#[derive(Debug, Clone)]
pub enum PropCondition {
    /// The card has none of that name.
    IsNotDefined,
    /// The card has one for which the conditions hold; without any, the card has one.
    Conditions {
        /// Conditions on the value.
        texts: Vec<TextMatch>,
        /// Conditions on the parameters.
        params: Vec<ParamFilter>,
    },
}

/// `CARDDAV:param-filter`.
#[derive(Debug, Clone)]
pub struct ParamFilter {
    /// The parameter's name, in any case.
    pub name: String,
    /// What is asked of the parameter.
    pub kind: ParamCondition,
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

/// `CARDDAV:text-match`.
#[derive(Debug, Clone)]
pub struct TextMatch {
    matcher: Matcher,
    negate: bool,
}

// === impl Filter ===

impl Filter {
    /// Whether the card `card` matches.
    pub fn matches(&self, card: &[u8]) -> bool {
        self.props.is_empty() || self.test.of(self.props.iter(), |prop| prop.matches(card))
    }
}

impl Test {
    fn of<T>(self, mut conditions: impl Iterator<Item = T>, holds: impl FnMut(T) -> bool) -> bool {
        match self {
            Self::AnyOf => conditions.any(holds),
            Self::AllOf => conditions.all(holds),
        }
    }
}

// === impl PropFilter ===

impl PropFilter {
    /// A filter of the property that the `name` attribute `name` means: `TEL`, or `item1.TEL`.
    pub fn new(name: &str, test: Test, kind: PropCondition) -> Self {
        let (group, name) = match name.split_once('.') {
            Some((group, name)) => (Some(group.to_owned()), name),
            None => (None, name),
        };
        Self { group, name: name.to_owned(), test, kind }
    }

    fn matches(&self, card: &[u8]) -> bool {
        let mut instances = named(card, &self.name).filter(|line| match &self.group {
            Some(wanted) => line.group().is_some_and(|g| g.eq_ignore_ascii_case(wanted.as_bytes())),
            None => true,
        });
        match &self.kind {
            PropCondition::IsNotDefined => instances.next().is_none(),
            PropCondition::Conditions { texts, params }
                if texts.is_empty() && params.is_empty() =>
            {
                instances.next().is_some()
            }
            PropCondition::Conditions { texts, params } => {
                instances.any(|line| self.conditions_hold(&line, texts, params))
            }
        }
    }

    fn conditions_hold(
        &self,
        line: &Line<'_>,
        texts: &[TextMatch],
        params: &[ParamFilter],
    ) -> bool {
        let text = if texts.is_empty() { "".into() } else { line.text() };
        match self.test {
            Test::AnyOf => {
                texts.iter().any(|t| t.matches(&text)) || params.iter().any(|p| p.matches(line))
            }
            Test::AllOf => {
                texts.iter().all(|t| t.matches(&text)) && params.iter().all(|p| p.matches(line))
            }
        }
    }
}

// === impl ParamFilter ===

impl ParamFilter {
    fn matches(&self, line: &Line<'_>) -> bool {
        let mut instances = line.params().filter(|param| param.is(&self.name)).peekable();
        match &self.kind {
            ParamCondition::IsNotDefined => instances.next().is_none(),
            ParamCondition::IsDefined => instances.next().is_some(),
            ParamCondition::Text(text) => {
                instances.peek().is_some()
                    && instances.any(|param| text.found_in(&param)) != text.negate
            }
        }
    }
}

// === impl TextMatch ===

impl TextMatch {
    /// Prepares the search for `needle`; with `negate` whatever does not match does.
    pub fn new(collation: Collation, match_type: MatchType, needle: &str, negate: bool) -> Self {
        Self { matcher: Matcher::new(collation, match_type, needle), negate }
    }

    /// What is looked for, folded by its collation, where it has to stand, and whether what does
    /// not match does.
    pub fn asked(&self) -> (&str, MatchType, bool) {
        (self.matcher.needle(), self.matcher.match_type(), self.negate)
    }

    fn matches(&self, value: &str) -> bool {
        self.matcher.matches(value) != self.negate
    }

    /// Whether one of the parameter's values matches, negation aside. `TYPE="voice,cell"` has
    /// two, as it is written by many programs for `TYPE=voice,cell`.
    fn found_in(&self, param: &Param<'_>) -> bool {
        param.values().any(|value| {
            self.matcher.matches(&value)
                || (param.is("TYPE") && value.split(',').any(|one| self.matcher.matches(one)))
        })
    }
}

#[cfg(test)]
mod tests;
