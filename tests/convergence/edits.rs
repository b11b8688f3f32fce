//! What a person changes in a card, in the words of the client's own editor.

use crate::card::{Card, Line};
use crate::dice::Dice;
use crate::ledger::Ledger;
use crate::steps::{Edit, Step, word, words};
use crate::tally::{TAGS, typed};

const WHENS: [&str; 4] = ["", "yesterday ", "2026-11-03 14:00 ", "2026-11-20 "];
const COMMANDS: [&str; 5] = ["+call", "+met", "+mail", "+msg", "+note"];

/// A card of somebody nobody knew.
pub fn fresh(uid: &str, step: &Step) -> Card {
    let word = word(step.number);
    let mut card = Card::default();
    card.lines.push(Line::new("UID", uid));
    card.lines.push(Line::new("N", &format!("{word};Ada;;;")));
    card.lines.push(Line::new("FN", &format!("Ada {word}")));
    card
}

/// Changes the card; what must come of it goes into the ledger.
pub fn edit(card: &mut Card, edit: Edit, step: &Step, ledger: &mut Ledger) {
    let mut dice = Dice(step.roll);
    let word = word(step.number);
    let before = card.note();
    match edit {
        Edit::Rename => {
            card.set("N", &format!("{word};Ada;;;"));
            card.set("FN", &format!("Ada {word}"));
        }
        Edit::AddPhone => {
            let line = Line::new("TEL;TYPE=CELL", &format!("+33 {word}"));
            let at = card.lines.iter().rposition(|line| line.name == "FN").map_or(0, |at| at + 1);
            card.lines.insert(at, line);
        }
        Edit::DropPhone => {
            let phones: Vec<usize> = positions(card, "TEL");
            if !phones.is_empty() {
                let at = phones[dice.below(phones.len() as u64) as usize];
                let group = card.lines.remove(at).group;
                card.lines.retain(|line| group.is_empty() || line.group != group);
            }
        }
        Edit::NoteAbove => card.set_note(&joined(&format!("{word} from before"), &before)),
        Edit::NoteBelow => {
            ledger.in_history.insert(step.number);
            card.set_note(&joined(&before, &format!("{word} from below")));
        }
        Edit::NoteInside => {
            ledger.in_history.insert(step.number);
            let mut lines: Vec<&str> = before.lines().collect();
            let line = format!("{word} from between");
            lines.insert(dice.below(lines.len() as u64 + 1) as usize, &line);
            card.set_note(&lines.join("\n"));
        }
        Edit::NoteOnLine => {
            let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
            if !lines.is_empty() {
                let at = dice.below(lines.len() as u64) as usize;
                lines[at].extend([" and ", &word]);
                card.set_note(&lines.join("\n"));
            }
        }
        Edit::NoteAnew => card.set_note(&format!("{word} instead of all")),
        Edit::NoteCut => {
            let lines: Vec<&str> = before.lines().collect();
            card.set_note(&lines[..lines.len() / 2].join("\n"));
        }
        Edit::Command => card.set_note(&joined(&command(&mut dice, &word), &before)),
        Edit::CommandBelow => card.set_note(&joined(&before, &command(&mut dice, &word))),
        Edit::CommandTag => card.set_note(&joined(&typed(some_tag(&mut dice)), &before)),
        Edit::SecondNote => {
            let at = card.lines.len();
            let at = dice.below(at as u64 + 1) as usize;
            card.lines.insert(at, Line::new("NOTE", &format!("{word} in a note of its own")));
        }
        Edit::StripLayer => card.lines.retain(|line| !line.name.starts_with("X-ROLODAV-")),
        Edit::StripState => card.drop_all(&["X-ROLODAV-STAGE", "X-ROLODAV-CADENCE"]),
        Edit::StripEntry => {
            let entries = positions(card, "X-ROLODAV-INTERACTION");
            if !entries.is_empty() {
                let at = entries[dice.below(entries.len() as u64) as usize];
                ledger.withdrawn.extend(words(&card.lines.remove(at).value));
            }
        }
        Edit::AddCategory => {
            let mut categories = card.categories();
            categories.push(some_tag(&mut dice).to_owned());
            categories.sort();
            categories.dedup();
            card.set_categories(&categories);
        }
        Edit::DropCategory => {
            let mut categories = card.categories();
            if !categories.is_empty() {
                categories.remove(dice.below(categories.len() as u64) as usize);
                card.set_categories(&categories);
            }
        }
        Edit::Photo => {
            card.drop_all(&["PHOTO"]);
            let data: String = (0..40).map(|_| char::from(b'b' + dice.below(20) as u8)).collect();
            card.lines.push(if card.first("VERSION") == Some("3.0") {
                Line::new("PHOTO;ENCODING=b;TYPE=JPEG", &format!("AAAA{data}"))
            } else {
                Line::new("PHOTO", &format!("data:image/jpeg;base64,AAAA{data}"))
            });
        }
    }
}

fn some_tag(dice: &mut Dice) -> &'static str {
    TAGS[dice.below(TAGS.len() as u64) as usize]
}

fn command(dice: &mut Dice, word: &str) -> String {
    let command = COMMANDS[dice.below(COMMANDS.len() as u64) as usize];
    let when = WHENS[dice.below(WHENS.len() as u64) as usize];
    format!("{command} {when}spoke of {word}")
}

fn joined(above: &str, below: &str) -> String {
    if above.is_empty() || below.is_empty() {
        return format!("{above}{below}");
    }
    format!("{above}\n{below}")
}

fn positions(card: &Card, name: &str) -> Vec<usize> {
    let lines = card.lines.iter().enumerate();
    lines.filter(|(_, line)| line.name == name).map(|(at, _)| at).collect()
}
