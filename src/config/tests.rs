//! The settings file is complete and true; wrong settings are refused with the right words.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use super::*;

const SHIPPED: &str = include_str!("../../config/rolodav.toml");

/// The text `config/rolodav.toml` must have.
fn file_of_defaults() -> String {
    let table = toml::Table::try_from(Settings::default()).unwrap();
    let mut text = String::from(
        "# Every setting of rolodav with its default.\n\
         #\n\
         # Give this file with `--config FILE`, or put it at /etc/rolodav/rolodav.toml. A line that is\n\
         # left out keeps its default. An environment variable ROLODAV__SECTION__KEY wins over the file\n\
         # (lists separated by commas), and a flag of the command line wins over both.\n",
    );
    let mut section = "";
    for key in keys::all() {
        if key.section != section {
            section = key.section;
            writeln!(text, "\n[{section}]").unwrap();
        }
        let value = &table[key.section][key.name];
        let unit = key.kind.unit();
        writeln!(text, "\n# {}\n# ({unit})\n{} = {value}", key.meaning, key.name).unwrap();
    }
    text
}

fn load(file: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let mut on_disk = tempfile::NamedTempFile::new().unwrap();
    on_disk.write_all(file.as_bytes()).unwrap();
    let name = on_disk.path().display().to_string();
    Settings::load(&Sources {
        file: Some(on_disk.path()),
        variables: variables.iter().map(|(k, v)| (k.into(), v.into())).collect(),
        flags: Vec::new(),
    })
    .map_err(|error| error.to_string().replace(&name, "FILE"))
}

/// With `WRITE_SETTINGS_FILE=1` it is written instead of compared.
#[test]
fn the_shipped_file_lists_every_key_with_its_default() {
    let wanted = file_of_defaults();
    if std::env::var_os("WRITE_SETTINGS_FILE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/config/rolodav.toml"), wanted)
            .unwrap();
        return;
    }
    for (line, (is, should)) in SHIPPED.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(is, should, "config/rolodav.toml line {}: is left, should be right", line + 1);
    }
    assert_eq!(SHIPPED.len(), wanted.len(), "config/rolodav.toml ends too early or too late");
    assert_eq!(load(SHIPPED, &[]).unwrap(), Settings::default());
}

#[test]
fn the_key_table_is_complete_and_its_bounds_hold_the_defaults() {
    let table = toml::Table::try_from(Settings::default()).unwrap();
    let mut defaults = BTreeSet::new();
    for (section, values) in &table {
        for name in values.as_table().unwrap().keys() {
            defaults.insert(format!("{section}.{name}"));
        }
    }
    let listed: BTreeSet<_> = keys::all().map(Key::path).collect();
    assert_eq!(listed, defaults, "left: the key table, right: the fields of Settings");
    assert_eq!(listed.len(), keys::all().count(), "a key is listed twice");
    for key in keys::all() {
        let value = &table[key.section][key.name];
        let fits = match key.kind {
            Kind::Number { least, most, .. } => {
                value.as_integer().is_some_and(|n| (least..=most).contains(&n))
            }
            Kind::Text(_) => value.is_str(),
            Kind::Choice(choices) => choices.contains(&value.as_str().unwrap()),
            Kind::List(_) => value.is_array(),
            Kind::Flag => value.is_bool(),
        };
        assert!(fits, "{}: its default {value} is not {}", key.path(), key.kind.expected());
    }
}

#[test]
fn the_file_wins_over_defaults_variables_over_the_file_and_flags_over_all() {
    let file = "[store]\npath = '/file'\ncache_mib = 1_00\n[server]\nlisten = ['a:1']\n";
    let on_disk = {
        let mut f = tempfile::NamedTempFile::new().unwrap();
        f.write_all(file.as_bytes()).unwrap();
        f
    };
    let variable = |name: &str, value: &str| (name.into(), value.into());
    let settings = Settings::load(&Sources {
        file: Some(on_disk.path()),
        variables: vec![
            variable("ROLODAV__STORE__PATH", "/variable"),
            variable("ROLODAV__SERVER__LISTEN", "b:2, c:3"),
            variable("ROLODAV__LOG__ACCESS", "false"),
            variable("ROLODAV__LOG__FORMAT", "json"),
            variable("ROLODAV__TIMEOUTS__STOP_SECONDS", "3"),
            variable("ROLODAV_SERVICE_HOST", "set by an orchestrator, not ours"),
        ],
        flags: vec![("--data", "store.path", "/flag".to_owned())],
    })
    .unwrap();
    assert_eq!(settings.store.path, PathBuf::from("/flag"));
    assert_eq!(settings.store.cache_mib, 100);
    assert_eq!(settings.server.listen, ["b:2", "c:3"]);
    assert_eq!((settings.log.access, settings.log.format), (false, LogFormat::Json));
    assert_eq!(settings.timeouts.stop_seconds, 3);
    assert_eq!(settings.limits, Limits::default());
}

#[test]
fn what_cannot_be_taken_is_refused_with_its_place_and_the_way_out() {
    let cases = [
        (
            "\n[store]\ncache_mb = 3\n",
            "FILE, line 3: there is no setting `store.cache_mb`; the nearest is `store.cache_mib`.",
        ),
        (
            "[stor]\npath = ''\n",
            "FILE, line 1: there is no setting `stor`; the nearest is `[store]`.",
        ),
        (
            "listen = ['1.2.3.4:5']\n",
            "FILE, line 1: there is no setting `listen`; the nearest is `server.listen`.",
        ),
        (
            "[store]\n\ncache_mib = '32'\n",
            "FILE, line 3: `store.cache_mib` is the text \"32\", but must be a whole number of MiB \
             from 1 to 1048576.",
        ),
        (
            "[timeouts]\nbody_seconds = 0\n",
            "FILE, line 2: `timeouts.body_seconds` is the number 0, but must be a whole number of \
             seconds from 1 to 3600.",
        ),
        (
            "[server]\nlisten = '1.2.3.4:5'\n",
            "FILE, line 2: `server.listen` is the text \"1.2.3.4:5\", but must be a list of texts, \
             each ADDRESS:PORT.",
        ),
        (
            "[log]\nlevel = 'loud'\n",
            "FILE, line 2: `log.level` is the text \"loud\", but must be one of error, warn, info, \
             debug, trace.",
        ),
        (
            "store = 3\n",
            "FILE, line 1: `store` is a value, but must be a section that begins with [store].",
        ),
        (
            "[tls]\ncertificate = 'c.pem'\n",
            "`tls.certificate` and `tls.key` belong together: set both or neither.",
        ),
    ];
    for (file, message) in cases {
        assert_eq!(load(file, &[]).unwrap_err(), message, "for {file:?}");
    }
    let syntax = load("[store]\npath = 'x\n", &[]).unwrap_err();
    assert!(syntax.starts_with("FILE, line 2: this is not valid TOML: "), "{syntax}");

    let variables = [
        (
            ("ROLODAV__STORE__CACHE", "3"),
            "environment variable ROLODAV__STORE__CACHE: there is no setting \
             `ROLODAV__STORE__CACHE`; the nearest is `ROLODAV__STORE__CACHE_MIB`.",
        ),
        (
            ("ROLODAV__STORE__CACHE_MIB", "a lot"),
            "environment variable ROLODAV__STORE__CACHE_MIB: `store.cache_mib` is \"a lot\", but \
             must be a whole number of MiB from 1 to 1048576.",
        ),
    ];
    for (variable, message) in variables {
        assert_eq!(load("", &[variable]).unwrap_err(), message, "for {variable:?}");
    }
}
