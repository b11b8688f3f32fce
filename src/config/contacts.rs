//! `[contacts]`: stages, kinds of interactions, and how much of a history cards show.

use serde::{Deserialize, Serialize};

/// The kinds of interactions that there always are; `contact` is any of the others, where nobody
/// said which, as when a follow-up to keep in touch is ticked off.
pub const KINDS: [&str; 6] = ["call", "meeting", "mail", "message", "contact", "note"];

/// The longest name of a stage or kind, in bytes.
const NAME: usize = 40;

/// Most days of a cadence: ten years.
pub const LONGEST_CADENCE: u32 = 3660;

/// `[contacts]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contacts {
    /// The stages that a contact can be in, in their order.
    pub stages: Vec<String>,
    /// How often contacts of a stage are to be contacted unless they have a cadence of their
    /// own: `STAGE=DAYS`.
    pub stage_cadence: Vec<String>,
    /// Kinds of interactions beside [`KINDS`].
    pub kinds: Vec<String>,
    /// Interactions that a card shows at most, the latest.
    pub history_entries: usize,
    /// Bytes of them that a card shows at most.
    pub history_bytes: usize,
    /// Are events that ended logged with the contacts who attended?
    pub meetings: bool,
    /// Events with more attendees are no meetings.
    pub meeting_attendees: usize,
    /// The country of phone numbers that are written without one (ISO 3166), or empty.
    pub phone_region: String,
    /// Days after which a card that nobody looked at is out of date; 0: never.
    pub stale_days: u32,
}

impl Default for Contacts {
    fn default() -> Self {
        Self {
            stages: ["lead", "contact", "client", "former"].map(str::to_owned).to_vec(),
            stage_cadence: Vec::new(),
            kinds: Vec::new(),
            history_entries: 20,
            history_bytes: 4096,
            meetings: true,
            meeting_attendees: 20,
            phone_region: String::new(),
            stale_days: 365,
        }
    }
}

impl Contacts {
    /// The days after which contacts of `stage` are to be contacted again.
    pub fn cadence_days(&self, stage: &str) -> Option<u32> {
        let entries = self.stage_cadence.iter().filter_map(|entry| cadence(entry));
        entries.into_iter().find(|(of, _)| of.eq_ignore_ascii_case(stage)).map(|(_, days)| days)
    }

    /// The stages of which contacts are to be contacted every so many days, with the days.
    pub fn cadences(&self) -> Vec<(String, u32)> {
        let days = |stage: &String| Some((stage.clone(), self.cadence_days(stage)?));
        self.stages.iter().filter_map(days).collect()
    }

    /// The stage with this name, as it is written in the settings.
    pub fn stage(&self, name: &str) -> Option<&str> {
        let name = name.trim();
        self.stages.iter().find(|stage| stage.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// The kind with this name, as it is written in the settings.
    pub fn kind(&self, name: &str) -> Option<&str> {
        let name = name.trim();
        let own = self.kinds.iter().map(String::as_str);
        KINDS.into_iter().chain(own).find(|kind| kind.eq_ignore_ascii_case(name))
    }

    /// What makes no sense, in a sentence for whoever wrote the settings.
    pub(super) fn agree(&self) -> Result<(), String> {
        for (key, names) in [("stages", &self.stages), ("kinds", &self.kinds)] {
            for (place, name) in names.iter().enumerate() {
                // Names stand in lines of a card and in commands, where blanks would end them.
                let fits = (1..=NAME).contains(&name.len())
                    && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
                if !fits {
                    return Err(format!(
                        "`contacts.{key}` has \"{name}\": a name is one word of letters, digits \
                         and hyphens, of up to {NAME} bytes."
                    ));
                }
                let before = names.iter().take(place);
                if before.into_iter().any(|other| other.eq_ignore_ascii_case(name)) {
                    return Err(format!("`contacts.{key}` has \"{name}\" twice."));
                }
            }
        }
        let region = self.phone_region.trim();
        let is_code =
            region.len() == 2 && region.bytes().all(|letter| letter.is_ascii_alphabetic());
        if !(region.is_empty() || is_code) {
            return Err(format!(
                "`contacts.phone_region` is \"{region}\": it has to be the two letters of a \
                 country, such as \"DE\", or empty."
            ));
        }
        for entry in &self.stage_cadence {
            let Some((stage, _)) = cadence(entry) else {
                return Err(format!(
                    "`contacts.stage_cadence` has \"{entry}\": it has to be a stage and days, \
                     such as \"client=90\", of up to {LONGEST_CADENCE} days."
                ));
            };
            if self.stage(stage).is_none() {
                return Err(format!(
                    "`contacts.stage_cadence` has \"{entry}\", but `contacts.stages` has no such \
                     stage."
                ));
            }
        }
        Ok(())
    }
}

/// `STAGE=DAYS`, with or without a `d` behind the days.
fn cadence(entry: &str) -> Option<(&str, u32)> {
    let (stage, days) = entry.split_once('=')?;
    let days = days.trim();
    let days: u32 = days.strip_suffix('d').unwrap_or(days).parse().ok()?;
    (1..=LONGEST_CADENCE).contains(&days).then_some((stage.trim(), days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_cadences_are_checked_and_found() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let with = |stages: &[&str], cadence: &[&str], kinds: &[&str]| Contacts {
            stages: words(stages),
            stage_cadence: words(cadence),
            kinds: words(kinds),
            ..Contacts::default()
        };
        let good = with(&["Lead", "VIP"], &["vip=30", "lead = 7d"], &["visit"]);
        assert_eq!(good.agree(), Ok(()));
        assert_eq!(good.cadence_days("VIP"), Some(30));
        assert_eq!(good.cadence_days("Lead"), Some(7));
        assert_eq!(good.cadence_days("other"), None);
        assert_eq!(good.stage(" vip "), Some("VIP"));
        assert_eq!((good.kind("Visit"), good.kind("CALL")), (Some("visit"), Some("call")));
        assert_eq!(good.kind("lunch"), None);
        for (wrong, word) in [
            (with(&["a b"], &[], &[]), "one word"),
            (with(&[""], &[], &[]), "one word"),
            (with(&["a"], &[], &["x:y"]), "one word"),
            (with(&["a", "A"], &[], &[]), "twice"),
            (with(&["a"], &["b=9"], &[]), "no such"),
            (with(&["a"], &["a"], &[]), "such as"),
            (with(&["a"], &["a=0"], &[]), "such as"),
        ] {
            let found = wrong.agree();
            assert!(found.as_ref().is_err_and(|e| e.contains(word)), "{wrong:?}: {found:?}");
        }
    }
}
