//! Two cards held against each other, field by field. What one of them does not say is evidence of
//! nothing.

mod births;
mod firms;
mod names;
mod places;
mod reach;

use super::evidence::Evidence;
use super::frequency::Frequencies;
use super::profile::Profile;

pub(super) use births::Births;
pub(super) use names::Names;

/// What comparing `one` and `other` finds, into `found`.
pub fn compare(one: &Profile, other: &Profile, often: &Frequencies, found: &mut Vec<Evidence>) {
    found.clear();
    if one.is_organization || other.is_organization {
        firms::of_organizations(one, other, often, found);
    } else {
        names::compare(one, other, often, found);
        births::compare(one, other, often, found);
        firms::compare(one, other, often, found);
    }
    reach::compare(one, other, often, found);
    places::compare(one, other, often, found);
}
