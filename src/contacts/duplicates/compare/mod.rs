//! Two cards held against each other, field by field. What one of them does not say is evidence of
//! nothing.

mod births;
mod firms;
mod forms;
mod names;
mod places;
mod reach;

use super::evidence::Evidence;
use super::frequency::Frequencies;
use super::profile::Profile;

pub(super) use births::Births;
pub(super) use names::Names;

/// What comparing `one` and `other` finds, into `found`. Are they two of a kind at all? A person is
/// no organization.
#[must_use]
pub fn compare(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    found: &mut Vec<Evidence>,
) -> bool {
    found.clear();
    let taken;
    let (one, other) = match (one.is_organization, other.is_organization) {
        (true, false) => {
            let Some(firm) = other.as_organization() else { return false };
            taken = firm;
            (one, &taken)
        }
        (false, true) => {
            let Some(firm) = one.as_organization() else { return false };
            taken = firm;
            (&taken, other)
        }
        _ => (one, other),
    };
    if one.is_organization {
        firms::of_organizations(one, other, often, found);
    } else {
        names::compare(one, other, often, found);
        births::compare(one, other, often, found);
        firms::compare(one, other, often, found);
    }
    reach::compare(one, other, often, found);
    places::compare(one, other, often, found);
    true
}
