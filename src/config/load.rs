//! Puts the settings together: defaults, then the file, then variables, then flags.

use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::Settings;
use super::error::ConfigError;
use super::keys::{self, Key, Kind};

/// The file that is read when none is named, if it exists.
pub const STANDARD_FILE: &str = "/etc/rolodav/rolodav.toml";

/// What the settings' environment variables begin with. Two underscores, because orchestrators
/// set `ROLODAV_…` variables of their own for a service of that name.
pub(super) const VARIABLE_PREFIX: &str = "ROLODAV__";

/// Where settings come from beside their defaults; later ones win.
#[derive(Debug, Default)]
pub struct Sources<'a> {
    /// The file the user named; without it [`STANDARD_FILE`] is read if it exists.
    pub file: Option<&'a Path>,
    /// The environment; only names that begin with `ROLODAV__` are looked at.
    pub variables: Vec<(OsString, OsString)>,
    /// Values of flags: what the user typed (`--listen`), the key (`server.listen`), the value.
    pub flags: Vec<(&'a str, &'a str, String)>,
}

impl Settings {
    /// Reads all sources. Fails on the first thing that cannot be taken as it stands.
    pub fn load(sources: &Sources<'_>) -> Result<Self, ConfigError> {
        let mut table = defaults()?;
        match sources.file {
            Some(path) => read_file(&mut table, path)?,
            None if Path::new(STANDARD_FILE).exists() => {
                read_file(&mut table, Path::new(STANDARD_FILE))?;
            }
            None => {}
        }
        for (name, value) in &sources.variables {
            let name = name.to_string_lossy();
            if let Some(rest) = name.strip_prefix(VARIABLE_PREFIX) {
                take_variable(&mut table, &name, rest, value)?;
            }
        }
        for (flag, path, text) in &sources.flags {
            let key = find(path).ok_or_else(|| unknown(flag, path, path, Key::path))?;
            set(&mut table, key, from_text(key, flag, text)?);
        }
        let settings: Self = Table::try_into(table).map_err(contradiction)?;
        settings.agree()?;
        Ok(settings)
    }

    /// Settings that make no sense together are refused at the start, not at the first request.
    fn agree(&self) -> Result<(), ConfigError> {
        let wrong = |message: &str| Err(ConfigError::Contradiction(message.to_owned()));
        let (certificate, key) = (&self.tls.certificate, &self.tls.key);
        if certificate.as_os_str().is_empty() != key.as_os_str().is_empty() {
            return wrong("`tls.certificate` and `tls.key` belong together: set both or neither.");
        }
        if certificate.as_os_str().is_empty() != self.tls.listen.is_empty() {
            return wrong(
                "`tls.listen` says where HTTPS is spoken and `tls.certificate` with what: \
                 set both or neither.",
            );
        }
        if self.mail.relay.is_empty() != self.mail.from.is_empty() {
            return wrong(
                "`mail.relay` says who takes mail and `mail.from` from whom: set both or neither.",
            );
        }
        if let Err(message) = self.contacts.agree() {
            return wrong(&message);
        }
        if self.server.listen.is_empty() && self.tls.listen.is_empty() {
            return wrong("There is no address to listen on: set `server.listen` or `tls.listen`.");
        }
        Ok(())
    }
}

fn contradiction(error: impl std::fmt::Display) -> ConfigError {
    ConfigError::Contradiction(format!("The settings cannot be used: {error}"))
}

fn defaults() -> Result<Table, ConfigError> {
    Table::try_from(Settings::default()).map_err(contradiction)
}

// === the file ===

fn read_file(table: &mut Table, path: &Path) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    take_file(table, &path.display().to_string(), &text)
}

/// Takes the text of a file called `name`.
pub(super) fn take_file(table: &mut Table, name: &str, text: &str) -> Result<(), ConfigError> {
    let place = |span: Range<usize>| {
        let before = text.as_bytes().get(..span.start).unwrap_or_default();
        format!("{name}, line {}", memchr::memchr_iter(b'\n', before).count() + 1)
    };
    let parsed = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        place: place(error.span().unwrap_or(0..0)),
        message: error.message().to_owned(),
    })?;
    for (section, values) in parsed.get_ref() {
        let section_name: &str = section.get_ref();
        if !keys::all().any(|key| key.section == section_name) {
            // A key above all sections is more likely one that belongs into a section.
            let given = section_name.to_owned();
            return Err(unknown(&place(section.span()), &given, &given, |key| {
                match values.get_ref() {
                    DeValue::Table(_) => format!("[{}]", key.section),
                    _ => key.path(),
                }
            }));
        }
        let DeValue::Table(values) = values.get_ref() else {
            return Err(ConfigError::WrongValue {
                place: place(section.span()),
                key: section_name.to_owned(),
                found: "a value".to_owned(),
                expected: format!("a section that begins with [{section_name}]"),
            });
        };
        for (name, value) in values {
            let path = format!("{section_name}.{}", name.get_ref());
            let at = place(name.span());
            let key = find(&path).ok_or_else(|| unknown(&at, &path, &path, Key::path))?;
            set(table, key, from_toml(key, &at, value)?);
        }
    }
    Ok(())
}

fn from_toml(key: &Key, place: &str, value: &Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
    let text = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(str::to_owned);
    let found = || match value.get_ref() {
        DeValue::String(text) => format!("the text \"{text}\""),
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        other => format!("of type {}", other.type_str()),
    };
    let taken = match (key.kind, value.get_ref()) {
        (Kind::Number { .. }, DeValue::Integer(number)) => {
            let plain = number.as_str().replace('_', "");
            i64::from_str_radix(&plain, number.radix()).ok().map(Value::Integer)
        }
        (Kind::Text(_) | Kind::Choice(_), DeValue::String(text)) => {
            Some(Value::String(text.clone().into_owned()))
        }
        (Kind::Flag, DeValue::Boolean(flag)) => Some(Value::Boolean(*flag)),
        (Kind::List(_), DeValue::Array(items)) => items
            .iter()
            .map(|item| text(item).map(Value::String))
            .collect::<Option<_>>()
            .map(Value::Array),
        _ => None,
    };
    within(key, taken).ok_or_else(|| wrong(key, place, found()))
}

// === variables and flags ===

fn take_variable(
    table: &mut Table,
    name: &str,
    rest: &str,
    value: &OsString,
) -> Result<(), ConfigError> {
    let path = rest.to_ascii_lowercase().replacen("__", ".", 1);
    let place = format!("environment variable {name}");
    let key = find(&path).ok_or_else(|| unknown(&place, name, &path, Key::variable))?;
    let text = value.to_str().ok_or_else(|| wrong(key, &place, "not UTF-8".to_owned()))?;
    set(table, key, from_text(key, &place, text)?);
    Ok(())
}

fn from_text(key: &Key, place: &str, text: &str) -> Result<Value, ConfigError> {
    let taken = match key.kind {
        Kind::Number { .. } => text.trim().replace('_', "").parse().ok().map(Value::Integer),
        Kind::Text(_) => Some(Value::String(text.to_owned())),
        Kind::Choice(_) => Some(Value::String(text.trim().to_owned())),
        Kind::Flag => text.trim().parse().ok().map(Value::Boolean),
        Kind::List(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
    };
    within(key, taken).ok_or_else(|| wrong(key, place, format!("\"{text}\"")))
}

// === keys ===

fn find(path: &str) -> Option<&'static Key> {
    let (section, name) = path.split_once('.')?;
    keys::all().find(|key| key.section == section && key.name == name)
}

fn set(table: &mut Table, key: &Key, value: Value) {
    if let Some(Value::Table(section)) = table.get_mut(key.section) {
        section.insert(key.name.to_owned(), value);
    }
}

fn within(key: &Key, value: Option<Value>) -> Option<Value> {
    let value = value?;
    let fits = match (key.kind, &value) {
        (Kind::Number { least, most, .. }, Value::Integer(number)) => {
            (least..=most).contains(number)
        }
        (Kind::Choice(choices), Value::String(choice)) => choices.contains(&choice.as_str()),
        _ => true,
    };
    fits.then_some(value)
}

fn wrong(key: &Key, place: &str, found: String) -> ConfigError {
    ConfigError::WrongValue {
        place: place.to_owned(),
        key: key.path(),
        found,
        expected: key.kind.expected(),
    }
}

/// `path` is what was given in the form `section.key`; a bare word is compared with the keys'
/// last parts and the sections too, and the beginning of a key is as good as a slip of one letter.
fn unknown(place: &str, given: &str, path: &str, show: impl Fn(&Key) -> String) -> ConfigError {
    let distance = |key: &Key| {
        let whole = key.path();
        let mut candidates = vec![whole.as_str()];
        if !path.contains('.') {
            candidates.extend([key.name, key.section]);
        }
        let distances = candidates.into_iter().map(|candidate| {
            if candidate.starts_with(path) { 1 } else { strsim::osa_distance(path, candidate) }
        });
        distances.min()
    };
    ConfigError::UnknownKey {
        place: place.to_owned(),
        key: given.to_owned(),
        nearest: keys::all().min_by_key(|key| distance(key)).map(show).unwrap_or_default(),
    }
}
