//! The table of every key: its kind, unit, bounds and meaning in one line.

mod accounts;
mod audit;
mod bounds;
mod contacts;
mod log;
mod mail;
mod transport;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The section.
    pub section: &'static str,
    /// The key in its section.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// What it does, in one line.
    pub meaning: &'static str,
}

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A whole number of `unit` from `least` to `most`.
    Number {
        /// The unit.
        unit: &'static str,
        /// The smallest value.
        least: i64,
        /// The largest value.
        most: i64,
    },
    /// A text: what it holds.
    Text(&'static str),
    /// A list of texts: what each holds.
    List(&'static str),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// true or false.
    Flag,
}

const fn number(unit: &'static str, least: i64, most: i64) -> Kind {
    Kind::Number { unit, least, most }
}

const fn key(section: &'static str, name: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key { section, name, kind, meaning }
}

const MANY: i64 = 1_000_000_000;
const DAY: i64 = 86_400;
const GIB: i64 = 1 << 30;

/// Every key, in the order of `config/rolodav.toml`.
pub fn all() -> impl Iterator<Item = &'static Key> {
    TABLES.into_iter().flatten()
}

const TABLES: [&[Key]; 7] = [
    transport::KEYS,
    bounds::KEYS,
    accounts::KEYS,
    mail::KEYS,
    contacts::KEYS,
    audit::KEYS,
    log::KEYS,
];

impl Key {
    /// `section.key`
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// Is its value nobody's to read?
    pub fn is_secret(&self) -> bool {
        self.name == "password"
    }

    /// The key's environment variable, `ROLODAV__SECTION__KEY`.
    pub fn variable(&self) -> String {
        format!(
            "{}{}__{}",
            super::load::VARIABLE_PREFIX,
            self.section.to_ascii_uppercase(),
            self.name.to_ascii_uppercase()
        )
    }
}

impl Kind {
    /// What is expected, in words with the unit.
    pub fn expected(&self) -> String {
        match self {
            Self::Number { unit, least, most } => {
                format!("a whole number of {unit} from {least} to {most}")
            }
            Self::Text(what) => format!("a text in quotes ({what})"),
            Self::List(what) => format!("a list of texts, each {what}"),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Flag => "true or false".to_owned(),
        }
    }

    /// The unit or form, as the settings file shows it.
    pub fn unit(&self) -> String {
        match self {
            Self::Number { unit, .. } => (*unit).to_owned(),
            Self::Text(what) => (*what).to_owned(),
            Self::List(what) => format!("list of {what}"),
            Self::Choice(choices) => choices.join(" | "),
            Self::Flag => "true | false".to_owned(),
        }
    }
}
