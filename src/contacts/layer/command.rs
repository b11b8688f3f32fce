//! What people type into the notes of a contact: `+call yesterday spoke about the offer`.

use jiff::civil::{Date, DateTime};

use super::Cadence;
use super::fence::is_dash;
use super::note::{card_lines, is_text, retain_lines};
use super::when::{Direction, When, take};
use crate::formats::edit::Edits;
use crate::formats::line::Line;

/// What a line of a note asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Something happened.
    Interaction {
        /// `call`, `meeting`, `mail`, `message`, `note`, or an own kind as it is configured.
        kind: String,
        /// When; where nothing is said, now.
        at: Option<When>,
        /// What was said; may be empty, but not of a note.
        text: String,
    },
    /// Something is to be done.
    Todo {
        /// On which day.
        due: Option<Date>,
        /// What; may be empty where a day is said.
        text: String,
    },
    /// These tags are to be there.
    Tag(Vec<String>),
    /// These tags are to go.
    Untag(Vec<String>),
    /// How often to keep in touch.
    Cadence(Cadence),
    /// The contact comes into this stage.
    Stage(String),
}

/// How lines are read.
#[derive(Debug, Clone, Copy)]
pub struct Grammar<'a> {
    /// The moment, on the clock of the contact's owner.
    pub now: DateTime,
    /// Own kinds of interactions.
    pub kinds: &'a [String],
    /// The stages there are; another one is no command.
    pub stages: &'a [String],
    /// Most commands of one card; further ones stay where they are.
    pub most: usize,
}

/// What was found in a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// The base without the lines that are commands.
    pub base: Vec<u8>,
    /// The commands, in order: those of the notes, then those typed in the fence.
    pub commands: Vec<Command>,
    /// What else was typed in the fence; each a note of its own.
    pub notes: Vec<String>,
}

/// Longest name of a tag or stage, in bytes.
const LONGEST_NAME: usize = 200;

/// Most tags in one command.
const MOST_TAGS: usize = 50;

/// Takes the commands out of the notes of `base` and out of `typed`, what
/// [`typed_in_fence`](super::typed_in_fence) gave. A line that is no command stays as it is.
pub fn take_commands(base: &[u8], typed: Vec<String>, grammar: &Grammar<'_>) -> Captured {
    let mut commands = Vec::new();
    let mut edits = Edits::new(base);
    for line in card_lines(base).map(|(lines, _)| lines).unwrap_or_default() {
        if is_text(&line) {
            take_from_note(&line, &mut edits, &mut commands, grammar);
        }
    }
    let mut notes = Vec::new();
    for text in typed {
        let mut kept = Vec::new();
        for line in text.lines() {
            match command(line, grammar).filter(|_| commands.len() < grammar.most) {
                Some(command) => commands.push(command),
                None => kept.push(line),
            }
        }
        let kept = kept.join("\n");
        if !kept.trim().is_empty() {
            notes.push(kept.trim().to_owned());
        }
    }
    let base = if edits.is_empty() { base.to_vec() } else { edits.apply() };
    Captured { base, commands, notes }
}

fn take_from_note(
    line: &Line<'_>,
    edits: &mut Edits<'_>,
    commands: &mut Vec<Command>,
    grammar: &Grammar<'_>,
) {
    retain_lines(line, edits, |text| {
        let found = Some(text).filter(|_| commands.len() < grammar.most);
        match found.and_then(|text| command(text, grammar)) {
            Some(command) => {
                commands.push(command);
                false
            }
            None => true,
        }
    });
}

/// The command that `line` is, if it is one.
fn command(line: &str, grammar: &Grammar<'_>) -> Option<Command> {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}');
    let line = line.trim_matches(is_blank);
    let sign = line.chars().next()?;
    let minus = is_dash(sign);
    if !minus && !matches!(sign, '+' | '\u{ff0b}' | '\u{fe62}') {
        return None;
    }
    let rest = line.get(sign.len_utf8()..)?;
    if !rest.starts_with(char::is_alphabetic) {
        return None;
    }
    let end = rest.find(|c: char| c.is_whitespace() || c == ':').unwrap_or(rest.len());
    let (word, rest) = rest.split_at_checked(end)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim();
    let word = word.to_lowercase();
    if minus {
        return tags(rest).filter(|_| word == "tag").map(Command::Untag);
    }
    match word.as_str() {
        "todo" => todo(rest, grammar),
        "tag" => tags(rest).map(Command::Tag),
        "every" => Cadence::parse(rest).map(Command::Cadence),
        "stage" => {
            let stage = grammar.stages.iter().find(|s| s.to_lowercase() == rest.to_lowercase())?;
            Some(Command::Stage(stage.clone()))
        }
        word => interaction(kind(word, grammar)?, rest, grammar),
    }
}

/// The kind of interaction that `word` means.
fn kind(word: &str, grammar: &Grammar<'_>) -> Option<String> {
    let standard = match word {
        "call" | "called" => "call",
        "met" | "meet" | "meeting" => "meeting",
        "mail" | "email" => "mail",
        "msg" | "message" => "message",
        "note" => "note",
        _ => return grammar.kinds.iter().find(|kind| kind.to_lowercase() == word).cloned(),
    };
    Some(standard.to_owned())
}

fn interaction(kind: String, rest: &str, grammar: &Grammar<'_>) -> Option<Command> {
    let (at, text) = match take(rest, grammar.now, Direction::Past) {
        Some((at, text)) => (Some(at), text),
        None => (None, rest),
    };
    let text = text.trim().to_owned();
    if text.is_empty() && kind == "note" {
        return None;
    }
    Some(Command::Interaction { kind, at, text })
}

fn todo(rest: &str, grammar: &Grammar<'_>) -> Option<Command> {
    let (due, text) = match take(rest, grammar.now, Direction::Future) {
        Some((due, text)) => (Some(due.date), text),
        None => (None, rest),
    };
    let text = text.trim().to_owned();
    (due.is_some() || !text.is_empty()).then_some(Command::Todo { due, text })
}

fn tags(rest: &str) -> Option<Vec<String>> {
    let names = rest.split([',', ';', '\u{ff0c}', '\u{3001}']);
    let mut tags: Vec<String> = Vec::new();
    for name in names {
        let name = name.trim().trim_start_matches('#').trim();
        // What cannot be a tag stays in the note.
        if name.len() > LONGEST_NAME || tags.len() == MOST_TAGS {
            return None;
        }
        if !name.is_empty() && !tags.iter().any(|tag| tag == name) {
            tags.push(name.to_owned());
        }
    }
    (!tags.is_empty()).then_some(tags)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Time, date};

    use super::*;

    fn read(line: &str) -> Option<Command> {
        let kinds = ["Visit".to_owned()];
        let stages = ["lead".to_owned(), "Client".to_owned()];
        let now = date(2026, 11, 22).at(12, 0, 0, 0);
        command(line, &Grammar { now, kinds: &kinds, stages: &stages, most: 10 })
    }

    fn happened(kind: &str, day: i8, time: Option<Time>, text: &str) -> Command {
        let at = (day > 0).then(|| When { date: date(2026, 11, day), time });
        Command::Interaction { kind: kind.into(), at, text: text.into() }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_that_are_commands() {
        for (line, wanted) in [
            ("+call", happened("call", 0, None, "")),
            (
                "+Call yesterday spoke about the offer",
                happened("call", 21, None, "spoke about the offer"),
            ),
            (" +met: lunch", happened("meeting", 0, None, "lunch")),
            (
                "\u{a0}+msg\u{a0}mon\u{a0}14:00 hi",
                happened("message", 16, Some(Time::constant(14, 0, 0, 0)), "hi"),
            ),
            ("\u{ff0b}mail 2026\u{2013}11\u{2013}03 sent", happened("mail", 3, None, "sent")),
            ("+visit at home", happened("Visit", 0, None, "at home")),
            ("+note 11/3 either day", happened("note", 0, None, "11/3 either day")),
            (
                "+todo tomorrow call back",
                Command::Todo { due: Some(date(2026, 11, 23)), text: "call back".into() },
            ),
            ("+todo buy flowers", Command::Todo { due: None, text: "buy flowers".into() }),
            ("+todo fri", Command::Todo { due: Some(date(2026, 11, 27)), text: String::new() }),
            ("+tag vip, #wine club,, vip", Command::Tag(names(&["vip", "wine club"]))),
            ("\u{2013}tag vip", Command::Untag(names(&["vip"]))),
            ("+every 30d", Command::Cadence(Cadence::Days(30))),
            ("+every 3m", Command::Cadence(Cadence::Days(91))),
            ("+every 2 weeks", Command::Cadence(Cadence::Days(14))),
            ("+every month", Command::Cadence(Cadence::Days(30))),
            ("+every 1y", Command::Cadence(Cadence::Days(365))),
            ("+EVERY never", Command::Cadence(Cadence::Never)),
            ("+stage client", Command::Stage("Client".into())),
        ] {
            assert_eq!(read(line), Some(wanted), "{line}");
        }
    }

    #[test]
    fn lines_that_are_none() {
        for line in [
            "",
            "+",
            "-",
            "+1",
            "+49 170 1234567",
            "+ call x",
            "call x",
            "++call x",
            "+unknown x",
            "+callx y",
            "+note",
            "+note yesterday",
            "+todo",
            "+tag",
            "+tag ,",
            "-call x",
            "-todo x",
            "+every",
            "+every now and then",
            "+every 9999y",
            "+stage",
            "+stage emperor",
            "a +call x",
            "+tag-line x",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(read(&format!("+tag {}", "x".repeat(500))), None);
    }

    fn take_all(card: &str, typed: &[&str], most: usize) -> (String, usize, Vec<String>) {
        let now = date(2026, 11, 22).at(12, 0, 0, 0);
        let grammar = Grammar { now, kinds: &[], stages: &[], most };
        let captured = take_commands(card.as_bytes(), names(typed), &grammar);
        (String::from_utf8(captured.base).unwrap(), captured.commands.len(), captured.notes)
    }

    #[test]
    fn what_is_no_command_stays_where_it_is() {
        for (note, wanted, count) in [
            ("NOTE:a\\nb \r\n  c\r\n", "NOTE:a\\nb \r\n  c\r\n", 0),
            ("NOTE:a\\, b\\n+call x\\, y\\nc\\\\n\r\n", "NOTE:a\\, b\\nc\\\\n\r\n", 1),
            ("NOTE:a\\n\\n+call x\\n\\N+met y\r\n", "NOTE:a\r\n", 2),
            ("NOTE:+call x\r\n", "", 1),
            ("NOTE:+call x\\n \r\n", "", 1),
            ("item1.NOTE;X=1:+call x\\nkeep\r\n", "item1.NOTE;X=1:keep\r\n", 1),
            ("NOTE:\\\\n+call x\r\n", "NOTE:\\\\n+call x\r\n", 0),
            ("NOTE:+call 1\\n+call 2\\n+call 3\\n+call 4\r\n", "NOTE:+call 4\r\n", 3),
            ("NOTE:+49 170\\n+huh\r\nNOTE:+call x\r\n", "NOTE:+49 170\\n+huh\r\n", 1),
            (
                "NOTE;ENCODING=QUOTED-PRINTABLE:+call\r\n",
                "NOTE;ENCODING=QUOTED-PRINTABLE:+call\r\n",
                0,
            ),
        ] {
            let card =
                |note: &str| format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{note}FN:A\r\nEND:VCARD\r\n");
            let (base, commands, _) = take_all(&card(note), &[], 3);
            assert_eq!((base, commands), (card(wanted), count), "{note}");
        }
        let (_, commands, notes) = take_all("", &["one\n+call x\ntwo", "+met y", "+nothing"], 10);
        assert_eq!((commands, notes), (2, names(&["one\ntwo", "+nothing"])));
    }

    #[test]
    fn a_megabyte_of_commands_takes_linear_time() {
        let card =
            format!("BEGIN:VCARD\nNOTE:{}\nEND:VCARD\n", "+call yesterday x\\n".repeat(60_000));
        let started = std::time::Instant::now();
        let (base, commands, _) = take_all(&card, &[], 100);
        assert_eq!((commands, base.replace("\n ", "").matches("+call").count()), (100, 59_900));
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }
}
