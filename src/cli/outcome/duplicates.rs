//! What the commands on duplicates have to say.

use serde::{Deserialize, Serialize};

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanRow {
    /// How many cards were looked at.
    pub cards: usize,
    /// How many pairs of them were compared.
    pub compared: u64,
    /// The proposed pairs, the most probable first.
    pub pairs: Vec<PairRow>,
    /// The proposed people.
    pub clusters: Vec<ClusterRow>,
}

/// Two cards that are proposed to be of one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairRow {
    /// Their UIDs.
    pub uids: [String; 2],
    /// The names shown.
    pub names: [String; 2],
    /// `BOOK/CARD` of each, where it is known.
    pub cards: Vec<String>,
    /// How probable it is: 0 to 1.
    pub probability: f64,
    /// `auto` or `review`.
    pub tier: String,
    /// Why.
    pub reasons: Vec<String>,
}

/// Cards that are proposed to be of one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterRow {
    /// Their UIDs.
    pub uids: Vec<String>,
    /// The names shown.
    pub names: Vec<String>,
    /// The average of its pairs.
    pub probability: f64,
    /// `auto` or `review`.
    pub tier: String,
    /// Why.
    pub reasons: Vec<String>,
}
