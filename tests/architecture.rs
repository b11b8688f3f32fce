//! Holds the layers of ARCHITECTURE.md against the `use crate::` lines of every file: a file
//! uses only layers below its own, and its own.

#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice, clippy::indexing_slicing)]

#[path = "architecture/views.rs"]
mod views;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up. Modules on one line do not see each other.
const LAYERS: [&[&str]; 11] = [
    &["base"],
    &["config", "fetch", "formats", "store"],
    &["accounts"],
    &["calendars"],
    &["contacts"],
    &["dav"],
    &["caldav", "carddav"],
    &["web"],
    &["http", "jobs", "lmtp"],
    &["app"],
    &["cli"],
];

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("module {module:?} is in no layer; add it to LAYERS"))
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap();
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

/// The top modules that `text` names after `crate::`, groups in braces included.
fn used(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 && (c.is_alphanumeric() || c == '_') {
                    word.push(c);
                } else if depth == 0 && c == ',' {
                    names.insert(std::mem::take(&mut word));
                } else if c == ':' && depth == 0 && !word.ends_with('|') {
                    // Only the first segment counts; what follows is skipped up to the comma.
                    word.push('|');
                }
            }
            names.insert(word);
        } else {
            names.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names.iter().map(|n| n.split('|').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn dependencies_point_downwards_only() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 50, "only {} files found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let module = module_of(&file);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        for name in used(&fs::read_to_string(&file).unwrap()) {
            let is_module = LAYERS.iter().any(|layer| layer.contains(&name.as_str()));
            if is_module && name != module && layer(&name) >= layer(&module) {
                wrong.push(format!("{}: {module} uses {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "these files use a layer that is not below:\n{}", wrong.join("\n"));
}

/// What a fault says may name people, so the log has `Fault::logged`.
#[test]
fn no_fault_is_logged_with_its_words() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("tracing::") {
            let call = text[at..].split(";\n").next().unwrap_or_default();
            let is_of_a_level = ["error!", "warn!", "info!", "debug!", "trace!"]
                .iter()
                .any(|level| call["tracing::".len()..].starts_with(level));
            let tells =
                ["%fault,", "?fault,", "{fault}", "fault.message", "fault.cause", "?command"];
            if is_of_a_level && tells.iter().any(|tells| call.contains(tells)) {
                wrong.push(format!("{}: {call}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "these log what a fault says of somebody:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_states_its_job() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let silent: Vec<_> =
        files.iter().filter(|file| !fs::read_to_string(file).unwrap().starts_with("//!")).collect();
    assert!(silent.is_empty(), "these files do not begin with a //! line: {silent:#?}");
}

#[test]
fn groups_in_braces_are_read() {
    let found = used("use crate::{base::{Fault, Limits}, store, dav::xml};\ncrate::http::serve()");
    let wanted = ["base", "dav", "http", "store"];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), wanted);
}
