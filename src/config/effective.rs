//! The settings in force as text, key by key, for the audit.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::Settings;
use super::keys::{self, Key};

/// One setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Its value, as a settings file has it. Of a secret it is too little to know it by, and enough
    /// to tell in all likelihood that it is another.
    pub value: String,
    /// The same of its default.
    pub default: String,
    /// May its value not be told?
    pub secret: bool,
}

impl Settings {
    /// All settings in force, by their paths (`section.key`).
    pub fn in_force(&self) -> BTreeMap<String, InForce> {
        let (now, defaults) = (table(self), table(&Self::default()));
        let setting = |key: &Key| {
            let secret = key.is_secret();
            let text = |of: &Table| {
                let value = of.get(key.section).and_then(|section| section.get(key.name));
                let text = value.map(Value::to_string).unwrap_or_default();
                if secret { trace(&text) } else { text }
            };
            (key.path(), InForce { value: text(&now), default: text(&defaults), secret })
        };
        keys::all().map(setting).collect()
    }
}

fn table(settings: &Settings) -> Table {
    Table::try_from(settings).unwrap_or_default()
}

fn trace(secret: &str) -> String {
    let digest = Sha256::digest(secret);
    u16::from_be_bytes(digest.first_chunk().copied().unwrap_or_default()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_there_and_secrets_are_not_told() {
        let mut settings = Settings::default();
        settings.mail.password = "hunter2".to_owned();
        settings.limits.card_bytes += 1;
        let all = settings.in_force();
        assert_eq!(all.len(), keys::all().count());
        let without: Vec<_> = all.iter().filter(|(_, it)| it.value.is_empty()).collect();
        assert!(without.is_empty(), "these have no value: {without:?}");
        let other =
            all.iter().filter(|(_, it)| it.value != it.default).map(|(path, _)| path.as_str());
        assert_eq!(other.collect::<Vec<_>>(), ["limits.card_bytes", "mail.password"]);
        assert!(all["mail.password"].secret && !format!("{all:?}").contains("hunter2"));
        let secret: Vec<_> = all.iter().filter(|(_, it)| it.secret).map(|(path, _)| path).collect();
        assert_eq!(secret, ["mail.password"]);
    }
}
