//! Every bound on what a request may cost, in one table.

use serde::{Deserialize, Serialize};

/// Bounds of requests. Sizes in bytes, times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest card that is taken.
    pub card_bytes: u64,
    /// Largest calendar object that is taken.
    pub event_bytes: u64,
    /// Most lines of one calendar object.
    pub event_lines: usize,
    /// Most components of one calendar object, on all levels together.
    pub event_components: usize,
    /// Most changed or added instances written out in one calendar object.
    pub event_instances: usize,
    /// Most attendees of one event.
    pub attendees: usize,
    /// Work on recurrences in one request; a step is a day, week, … that a rule is tried on.
    pub recurrence_steps: u32,
    /// Most instances of recurring events written into one answer.
    pub expanded_instances: u32,
    /// Largest part of an answer that expanded events take.
    pub expanded_bytes: u64,
    /// Largest XML request body.
    pub xml_bytes: u64,
    /// Deepest nesting of elements in an XML request.
    pub xml_depth: usize,
    /// Most elements in an XML request (a multiget of 10,000 hrefs has as many).
    pub xml_elements: usize,
    /// Most hrefs in one multiget.
    pub hrefs: usize,
    /// Most properties named in one request.
    pub properties: usize,
    /// Bytes of dead properties on one resource.
    pub dead_property_bytes: usize,
    /// Most members in one sync-collection answer before it is cut into pages.
    pub sync_page: usize,
    /// Most lines of one card.
    pub card_lines: usize,
    /// Most principals in one search answer.
    pub principal_matches: usize,
    /// Most requests of one user at the same time.
    pub requests_per_user: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            card_bytes: 16 << 20,
            event_bytes: 16 << 20,
            event_lines: 200_000,
            event_components: 50_000,
            event_instances: 20_000,
            attendees: 1_000,
            recurrence_steps: 500_000,
            expanded_instances: 20_000,
            expanded_bytes: 32 << 20,
            xml_bytes: 16 << 20,
            xml_depth: 32,
            xml_elements: 250_000,
            hrefs: 100_000,
            properties: 500,
            dead_property_bytes: 64 << 10,
            sync_page: 1_000_000,
            card_lines: 200_000,
            principal_matches: 100,
            requests_per_user: 16,
        }
    }
}
