//! What of a contact's record and timeline its cards show.

use jiff::civil::Date;

use super::Rules;
use crate::base::{Fault, Timestamp};
use crate::contacts::consent;
use crate::contacts::layer::{Cadence, Entry, Layer};
use crate::formats::zone::Zone;
use crate::store::Store;
use crate::store::contacts::Contact;
use crate::store::engine::Snapshot;
use crate::store::interactions::{Interaction, Precision};

/// The layer that cards of `contact` show, but for what it agreed to. `latest` are its interactions, the newest first.
pub fn layer(contact: &Contact, latest: &[Interaction], zone: &Zone, rules: &Rules) -> Layer {
    Layer {
        revision: contact.revision,
        stage: contact.stage.clone(),
        cadence: contact.cadence_days.map(|days| match days {
            0 => Cadence::Never,
            days => Cadence::Days(days),
        }),
        last_contact: contact.last_contact.map(|at| day(at, zone)),
        next: contact.next.map(|at| day(at, zone)),
        entries: latest.iter().take(rules.bounds.entries).map(|i| entry(i, zone)).collect(),
        consents: Vec::new(),
        history_in_note: true,
    }
}

/// As [`layer`], with what the contact agreed to.
pub async fn whole(
    store: &Store,
    snapshot: &Snapshot,
    contact: &Contact,
    latest: &[Interaction],
    zone: &Zone,
    rules: &Rules,
) -> Result<Layer, Fault> {
    let consents = consent::shown(snapshot, contact, store.now(), zone).await?;
    Ok(Layer { consents, ..layer(contact, latest, zone, rules) })
}

/// An interaction as cards show it.
pub fn entry(interaction: &Interaction, zone: &Zone) -> Entry {
    // Whose contact it is need not be told on every line.
    let by_owner = interaction.author.principal == interaction.owner.as_str();
    Entry {
        uid: interaction.uid.clone(),
        kind: interaction.kind.clone(),
        at: seconds(interaction.at),
        local: zone.civil(seconds(interaction.at)),
        day_only: interaction.precision == Precision::Day,
        by: if by_owner { String::new() } else { interaction.author.principal.clone() },
        text: interaction.text.clone(),
    }
}

/// Seconds since 1970.
pub fn seconds(at: Timestamp) -> i64 {
    i64::try_from(at.0 / 1000).unwrap_or(i64::MAX)
}

fn day(at: Timestamp, zone: &Zone) -> Date {
    zone.civil(seconds(at)).date()
}
