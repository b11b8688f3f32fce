//! `rolodav person export --out`: all that is known of somebody in a file, or in a directory with the
//! cards, photos, mails and events each in a file of its own. Nobody else can read what is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufRead, BufReader, Error, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::command::{Command, PersonCommand};
use super::input::Input;
use super::{Complaint, failed, here, perform, refused, show};
use crate::base::counted;
use crate::config::Settings;
use crate::formats::property::Property;
use crate::formats::vcard::Card;

/// Lines of cards that hold pictures and sounds.
const MEDIA: [&str; 3] = ["PHOTO", "LOGO", "SOUND"];

/// Writes what is known of `who` to `out`: into a directory, if there is one or the name ends with a
/// slash, else into a file, as JSON or as `text`.
pub(super) fn export(
    settings: &Settings,
    user: &str,
    who: &str,
    text: bool,
    out: &Path,
) -> Result<ExitCode, Complaint> {
    let command = |text: bool| {
        let what = PersonCommand::Export { who: who.to_owned(), text };
        Command::Person { user: user.to_owned(), what }
    };
    let ends_with_slash = out.to_string_lossy().ends_with('/');
    if !out.is_dir() && !ends_with_slash {
        write(settings, command(text), out)?;
        return show(&format!("Written to {}.\n", out.display()), false);
    }
    directory(out).map_err(|error| cannot(out, &error))?;
    let json = out.join("person.json");
    write(settings, command(false), &json)?;
    write(settings, command(true), &out.join("person.md"))?;
    let parts = take_apart(&json, out).map_err(|error| cannot(out, &error))?;
    let mut told = format!("Written to {}: person.json, person.md", out.display());
    for (part, count) in parts {
        // Writing to a String does not fail.
        let _ = write!(told, ", {} in {part}/", counted(count, "file", "files"));
    }
    show(&(told + ".\n"), false)
}

fn cannot(path: &Path, error: &Error) -> Complaint {
    refused(format!("{} cannot be written: {error}.", path.display()))
}

/// A directory that has nothing in it.
fn directory(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return match std::fs::read_dir(path)?.next() {
            Some(_) => Err(Error::new(ErrorKind::AlreadyExists, "there is something in it")),
            None => Ok(()),
        };
    }
    DirBuilder::new().mode(0o700).create(path)
}

fn create(path: &Path) -> Result<File, Error> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes what `command` prints to a new file, which does not stay if it fails.
fn write(settings: &Settings, command: Command, path: &Path) -> Result<(), Complaint> {
    let mut file = create(path).map_err(|error| cannot(path, &error))?;
    let mut print = |piece: &[u8]| file.write_all(piece);
    let performing = perform::perform(settings, command, Input::empty(), &mut print);
    if let Err(fault) = here()?.block_on(performing) {
        // What is half there is of no use to anybody.
        let _ = std::fs::remove_file(path);
        return Err(failed(fault));
    }
    file.sync_all().map_err(|error| cannot(path, &error))
}

/// Writes what stands in an export (one item a line) into files of their own; how many there are of
/// each.
fn take_apart(json: &Path, out: &Path) -> Result<BTreeMap<&'static str, usize>, Error> {
    let mut counts = BTreeMap::new();
    let mut section = String::new();
    for line in BufReader::new(File::open(json)?).lines() {
        let line = line?;
        if let Some(name) = line.strip_prefix('"').and_then(|rest| rest.split_once("\":[")) {
            name.0.clone_into(&mut section);
            continue;
        }
        let Some(end) = line.rfind('}').filter(|_| line.starts_with('{')) else { continue };
        let Ok(item) = serde_json::from_str::<Value>(line.get(..=end).unwrap_or_default()) else {
            continue;
        };
        let word = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
        let mut put = |part, ending: &str, bytes: &[u8]| put(out, &mut counts, part, ending, bytes);
        match section.as_str() {
            "cards" => {
                put("cards", "vcf", word("card").as_bytes())?;
                for (ending, bytes) in media(word("card").as_bytes()) {
                    put("photos", &ending, &bytes)?;
                }
            }
            "versions" => put("versions", "vcf", word("card").as_bytes())?,
            "events" => put("events", "ics", word("object").as_bytes())?,
            "timeline" if word("kind") == "mail" => put("mails", "txt", word("text").as_bytes())?,
            "mail_waiting" => put("mails", "txt", word("text").as_bytes())?,
            _ => {}
        }
    }
    Ok(counts)
}

fn put(
    out: &Path,
    counts: &mut BTreeMap<&'static str, usize>,
    part: &'static str,
    ending: &str,
    bytes: &[u8],
) -> Result<(), Error> {
    let count = counts.entry(part).or_insert(0);
    if *count == 0 {
        DirBuilder::new().mode(0o700).create(out.join(part))?;
    }
    *count += 1;
    create(&out.join(part).join(format!("{count:04}.{ending}")))?.write_all(bytes)
}

/// Pictures and sounds that stand in a card, each with the ending for its file.
fn media(card: &[u8]) -> Vec<(String, Vec<u8>)> {
    let card = Card::parse(card);
    let lines = MEDIA.iter().flat_map(|name| card.all(name));
    let read = |line: &crate::formats::line::Line<'_>| {
        let property = Property::read(line)?;
        let value = property.value.as_str();
        let kind = property.param("TYPE").unwrap_or_default();
        let inline = value.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
        let (kind, payload) = match inline {
            Some((media, payload)) => (media.rsplit('/').next().unwrap_or_default(), payload),
            None if property.has("ENCODING") => (&*kind, value),
            None => return None,
        };
        let payload: String = payload.split_whitespace().collect();
        let bytes = STANDARD.decode(payload).ok()?;
        let known = ["jpeg", "jpg", "png", "gif", "webp", "svg+xml", "ogg", "mp3", "wav"];
        let kind = kind.to_ascii_lowercase();
        let ending = match known.iter().find(|known| **known == kind) {
            Some(&"svg+xml") => "svg",
            Some(&"jpeg") => "jpg",
            Some(known) => known,
            None => sniffed(&bytes),
        };
        Some((ending.to_owned(), bytes))
    };
    lines.filter_map(read).collect()
}

/// What a file is by how it begins.
fn sniffed(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, ..] => "jpg",
        [0x89, b'P', b'N', b'G', ..] => "png",
        [b'G', b'I', b'F', ..] => "gif",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_taken_apart_into_files() {
        let home = tempfile::tempdir().unwrap();
        let photo = STANDARD.encode(b"\x89PNG picture");
        let card = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nPHOTO;ENCODING=b;TYPE=PNG:{photo}\r\n\
             LOGO:data:image/jpeg;base64,{photo}\r\nPHOTO;VALUE=uri:http://x.example/a\r\nEND:VCARD\r\n"
        );
        let item = |value: Value| value.to_string();
        let text = format!(
            "{{\n\"person\":[\n{}],\n\"cards\":[\n{},\n{}],\n\"timeline\":[\n{},\n{}],\n\
             \"mail_waiting\":[\n{}],\n\"events\":[\n{}],\n\"audit\":[]\n}}\n",
            item(serde_json::json!({ "names": ["cards\":["] })),
            item(serde_json::json!({ "card": card })),
            item(serde_json::json!({ "card": "BEGIN:VCARD\r\nEND:VCARD\r\n" })),
            item(serde_json::json!({ "kind": "mail", "text": "Dear A" })),
            item(serde_json::json!({ "kind": "call", "text": "spoke" })),
            item(serde_json::json!({ "text": "Dear B" })),
            item(serde_json::json!({ "object": "BEGIN:VCALENDAR" })),
        );
        let json = home.path().join("person.json");
        std::fs::write(&json, text).unwrap();
        let counts = take_apart(&json, home.path()).unwrap();
        let wanted = [("cards", 2), ("events", 1), ("mails", 2), ("photos", 2)];
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), wanted);
        let read = |path: &str| std::fs::read(home.path().join(path)).unwrap();
        assert_eq!(read("photos/0001.png"), b"\x89PNG picture");
        assert_eq!(read("photos/0002.jpg"), b"\x89PNG picture");
        assert_eq!(
            (read("cards/0001.vcf"), read("mails/0002.txt")),
            (card.into(), b"Dear B".into())
        );
    }
}
