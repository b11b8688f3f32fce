//! The mail that another one passes on in its text: the block of lines that mail programs put
//! above it, in the languages they speak.

use super::mailbox::{self, Mailbox};
use super::{Heading, MOST_PEOPLE, words};

/// Most lines of a text that are looked at.
const LINES: usize = 2_000;

/// Most lines of the block.
const BLOCK: usize = 40;

/// Words in the line above a mail that is passed on, in lower case.
const MARKS: [&str; 24] = [
    "forwarded message",
    "original message",
    "weitergeleitete nachricht",
    "weitergeleiteten nachricht",
    "ursprüngliche nachricht",
    "originalnachricht",
    "message transféré",
    "message réexpédié",
    "message d'origine",
    "message original",
    "mensaje reenviado",
    "mensaje original",
    "messaggio inoltrato",
    "messaggio originale",
    "doorgestuurd bericht",
    "oorspronkelijk bericht",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "videresendt meddelelse",
    "videresendt melding",
    "vidarebefordrat meddelande",
    "przekazana wiadomość",
    "пересылаемое сообщение",
    "転送されたメッセージ",
];

/// What subjects of such mails begin with, in lower case.
const SUBJECTS: [&str; 14] = [
    "fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "doorst:", "vs:", "vb:", "vl:", "i:", "pd:",
    "转发:", "転送:",
];

/// Words before the colon of a line, in lower case, and what they tell.
const LABELS: [(&str, Label); 62] = [
    ("from", Label::From),
    ("von", Label::From),
    ("de", Label::From),
    ("da", Label::From),
    ("van", Label::From),
    ("fra", Label::From),
    ("från", Label::From),
    ("lähettäjä", Label::From),
    ("mittente", Label::From),
    ("expéditeur", Label::From),
    ("remitente", Label::From),
    ("od", Label::From),
    ("nadawca", Label::From),
    ("от", Label::From),
    ("от кого", Label::From),
    ("发件人", Label::From),
    ("差出人", Label::From),
    ("to", Label::To),
    ("an", Label::To),
    ("à", Label::To),
    ("pour", Label::To),
    ("destinataire", Label::To),
    ("para", Label::To),
    ("a", Label::To),
    ("aan", Label::To),
    ("til", Label::To),
    ("till", Label::To),
    ("do", Label::To),
    ("vastaanottaja", Label::To),
    ("кому", Label::To),
    ("收件人", Label::To),
    ("宛先", Label::To),
    ("cc", Label::Cc),
    ("kopie", Label::Cc),
    ("kopie (cc)", Label::Cc),
    ("copie à", Label::Cc),
    ("копия", Label::Cc),
    ("抄送", Label::Cc),
    ("subject", Label::Subject),
    ("betreff", Label::Subject),
    ("objet", Label::Subject),
    ("asunto", Label::Subject),
    ("oggetto", Label::Subject),
    ("onderwerp", Label::Subject),
    ("assunto", Label::Subject),
    ("emne", Label::Subject),
    ("ämne", Label::Subject),
    ("aihe", Label::Subject),
    ("temat", Label::Subject),
    ("тема", Label::Subject),
    ("主题", Label::Subject),
    ("件名", Label::Subject),
    ("date", Label::Other),
    ("datum", Label::Other),
    ("sent", Label::Other),
    ("gesendet", Label::Other),
    ("envoyé", Label::Other),
    ("enviado", Label::Other),
    ("inviato", Label::Other),
    ("verzonden", Label::Other),
    ("fecha", Label::Other),
    ("data", Label::Other),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    From,
    To,
    Cc,
    Subject,
    Other,
}

/// The mail that is passed on in `text`; nothing where neither a line says so nor the subject.
pub(super) fn in_text(subject: &str, text: &str) -> Option<Heading> {
    let lower = subject.to_lowercase();
    let by_subject = SUBJECTS.iter().any(|word| lower.starts_with(word));
    let lines: Vec<&str> = text.lines().take(LINES).map(bare).collect();
    let mark = lines.iter().position(|line| is_mark(line));
    let begin = match mark {
        Some(mark) => mark + 1,
        None if by_subject => 0,
        None => return None,
    };
    let rest = lines.get(begin..)?;
    // The block follows the mark within a few lines; without one it may be anywhere.
    let reach = if mark.is_some() { 4 } else { rest.len() };
    let first = rest.iter().take(reach).position(|line| label(line).is_some())?;
    let block = block(rest.get(first..)?);
    (!block.heading.from.is_empty() && block.labels > 1).then_some(block.heading)
}

/// A line without marks of quoting or emphasis.
fn bare(line: &str) -> &str {
    line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim()
}

fn is_mark(line: &str) -> bool {
    let rule = line.starts_with("--");
    if line.len() > 200 || !(rule || line.ends_with(':')) {
        return false;
    }
    let lower = line.to_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

/// What a line tells, and the rest of it: `*From:* Bert <bert@example.org>`.
fn label(line: &str) -> Option<(Label, &str)> {
    let (word, rest) = line.split_once([':', '：'])?;
    if word.len() > 40 {
        return None;
    }
    let word = word.trim_matches(|c: char| c == '*' || c.is_whitespace()).to_lowercase();
    let found = LABELS.iter().find(|(known, _)| *known == word)?;
    Some((found.1, rest.trim_start_matches('*').trim()))
}

#[derive(Debug, Default)]
struct Block {
    heading: Heading,
    /// Lines that begin with a label.
    labels: usize,
}

fn block(lines: &[&str]) -> Block {
    let mut block = Block::default();
    let mut current = None;
    for line in lines.iter().take(BLOCK) {
        let value = match label(line) {
            Some((label, value)) => {
                current = Some(label);
                block.labels += 1;
                value
            }
            None if line.is_empty() => break,
            // A long list goes on in the next line.
            None => line,
        };
        let heading = &mut block.heading;
        match current {
            Some(Label::From) => people(value, &mut heading.from),
            Some(Label::To) => people(value, &mut heading.to),
            Some(Label::Cc) => people(value, &mut heading.cc),
            Some(Label::Subject) if heading.subject.is_empty() => {
                heading.subject = words::subject(value);
            }
            _ => {}
        }
    }
    block
}

/// The addresses in a line: `Bert <bert@example.org>`, `bert@example.org [mailto:…]`.
fn people(value: &str, into: &mut Vec<Mailbox>) {
    let between = |c: char| {
        c.is_whitespace()
            || matches!(c, '<' | '>' | '[' | ']' | '(' | ')' | ',' | ';' | '"' | '\'' | '*')
    };
    for word in value.split(between).filter(|word| word.contains('@')) {
        let Some(mail) = mailbox::address(word) else { continue };
        if into.len() < MOST_PEOPLE && !into.iter().any(|seen| seen.mail == mail) {
            into.push(Mailbox { name: String::new(), mail });
        }
    }
}
