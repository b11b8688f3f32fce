//! What comparing two cards finds, and how probable each finding is for cards of one person, of
//! strangers, of a household and of colleagues.

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Given and family name.
    Name,
    /// Further given names.
    Middle,
    /// Junior, senior and the like.
    Generation,
    /// Male or female.
    Sex,
    /// The day of birth.
    Birth,
    /// Mail addresses.
    Mail,
    /// Phone numbers.
    Phone,
    /// Postal addresses.
    Place,
    /// Organizations.
    Firm,
    /// What they are in the organization.
    Title,
    /// Accounts, pages and numbers of persons.
    Id,
    /// Notes.
    Note,
}

/// How far values agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// They are two values.
    Different,
    /// They have a part in common.
    Partly,
    /// They differ by several slips of the pen.
    Near,
    /// They differ by a slip of the pen.
    Close,
    /// An initial stands for a name.
    Initial,
    /// They are forms of one name.
    Variant,
    /// They are the same.
    Same,
}

/// How probable a finding is, as natural logarithms.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Likelihood {
    /// If both cards are of one person.
    pub one: f64,
    /// If they are of people who have nothing to do with each other.
    pub strangers: f64,
    /// If they are of people of one household or family.
    pub household: f64,
    /// If they are of people of one organization.
    pub colleagues: f64,
}

impl Likelihood {
    /// The likelihood of a finding with these probabilities.
    pub fn of(one: f64, strangers: f64, household: f64, colleagues: f64) -> Self {
        Self {
            one: one.ln(),
            strangers: strangers.ln(),
            household: household.ln(),
            colleagues: colleagues.ln(),
        }
    }

    /// That of this and another finding together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            one: self.one + other.one,
            strangers: self.strangers + other.strangers,
            household: self.household + other.household,
            colleagues: self.colleagues + other.colleagues,
        }
    }
}

/// A finding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// What was compared.
    pub field: Field,
    /// How far it agrees; of names the given one.
    pub level: Level,
    /// How far family names agree, of a name.
    pub second: Option<Level>,
    /// How probable that is; of addresses if two houses are meant.
    pub likelihood: Likelihood,
    /// Of addresses: how much more probable it is if one house is meant.
    pub house: f64,
    /// Of names: are the given ones two that people have, so that it is seldom a slip?
    pub misnamed: bool,
    /// Of names: have neither the given nor the family ones anything in common?
    pub renamed: bool,
}

impl Evidence {
    /// A finding on one value.
    pub fn of(field: Field, level: Level, likelihood: Likelihood) -> Self {
        Self { field, level, second: None, likelihood, house: 0.0, misnamed: false, renamed: false }
    }
}
