//! The words of a card and of an interaction, for the index.

use std::borrow::Cow;

use memchr::memmem;

use super::text;
use crate::contacts::layer;
use crate::formats::line::{Line, Lines};
use crate::store::interactions::Interaction;
use crate::store::member::Flags;
use crate::store::words::{Class, Reading, Word, Words};

/// What the store asks for words.
pub const READING: Reading = Reading { card, interaction };

/// Most different words of one card in the index, names before mail addresses before the rest.
pub const MOST: usize = 2048;

/// Properties that say nothing by which somebody is looked for; ascending.
const SILENT: [&str; 33] = [
    "ANNIVERSARY",
    "BDAY",
    "BEGIN",
    "CALADRURI",
    "CALURI",
    "CLIENTPIDMAP",
    "CREATED",
    "DEATHDATE",
    "END",
    "FBURL",
    "GENDER",
    "GEO",
    "KEY",
    "KIND",
    "LANG",
    "LANGUAGE",
    "LOGO",
    "MEMBER",
    "PHOTO",
    "PRODID",
    "REV",
    "SOUND",
    "SOURCE",
    "TZ",
    "UID",
    "VERSION",
    "X-ABADR",
    "X-ABLABEL",
    "X-ABUID",
    "X-ADDRESSBOOKSERVER-MEMBER",
    "X-IMAGEHASH",
    "X-IMAGETYPE",
    "XML",
];

/// Our own lines that have text that somebody may look for.
const TELLING: [&str; 2] = ["X-ROLODAV-INTERACTION", "X-ROLODAV-STAGE"];

const OWN: &[u8] = b"X-ROLODAV-";

const NAMES: [&str; 11] = [
    "FN",
    "N",
    "NICKNAME",
    "SORT-STRING",
    "X-MAIDENNAME",
    "X-PHONETIC-FIRST-NAME",
    "X-PHONETIC-LAST-NAME",
    "X-PHONETIC-MIDDLE-NAME",
    "X-EVOLUTION-FILE-AS",
    "X-ABSHOWAS-NAME",
    "PHONETIC",
];

/// Are the words of the lines called `name` in the index, all of them?
pub fn is_indexed(name: &[u8]) -> bool {
    let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    let own = name.get(..OWN.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN));
    if own { TELLING.iter().any(is) } else { !SILENT.iter().any(is) }
}

/// Where words of the lines called `name` stand.
pub fn class_of(name: &[u8]) -> Class {
    let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    if NAMES.iter().any(is) {
        Class::NAME
    } else if ["EMAIL", "IMPP"].iter().any(is) {
        Class::MAIL
    } else if is(&"X-ROLODAV-INTERACTION") {
        Class::HISTORY
    } else {
        Class::OTHER
    }
}

/// Gathers words, up to a bound.
#[derive(Debug, Default)]
struct Gathering {
    list: Vec<Word>,
    partial: bool,
}

impl Gathering {
    fn take(&mut self, text: &str, class: Class) {
        let list = &mut self.list;
        let whole = text::words(text, |word| list.push(Word { text: word, class }));
        self.partial |= !whole;
    }

    fn digits(&mut self, text: &str, class: Class) {
        for text in phones(text) {
            // Digits only, so that all of it is one word.
            self.take(&text, class);
        }
    }

    fn words(self) -> Words {
        let Self { mut list, mut partial } = self;
        if list.len() > MOST {
            list.sort_unstable_by(|a, b| a.class.cmp(&b.class).then_with(|| a.text.cmp(&b.text)));
            list.dedup();
            partial |= list.len() > MOST;
            list.truncate(MOST);
        }
        Words::new(list, partial)
    }
}

/// The words of a card.
fn card(bytes: &[u8], flags: Flags) -> Words {
    let made = flags.has(Flags::GROUP) && flags.has(Flags::MADE);
    // Whatever we write into a card has this in it, and most cards have nothing of it.
    let plain = match memmem::find(bytes, b"ROLODAV").or(memmem::find(bytes, b"rolodav")) {
        Some(_) => layer::without_history(bytes),
        None => Cow::Borrowed(bytes),
    };
    let has_history = plain.len() < bytes.len();
    let mut gathering = Gathering::default();
    for line in lines(&plain) {
        let class = if made { Class::MADE } else { class_of(line.name()) };
        gather(&mut gathering, &line, class);
    }
    if has_history {
        // Words that stand there only because of what happened are found by those only who see it.
        for line in lines(bytes) {
            let told = line.is("NOTE") || class_of(line.name()) == Class::HISTORY;
            let own = line.name().get(..OWN.len()).is_some_and(|n| n.eq_ignore_ascii_case(OWN));
            if told || own {
                gather(&mut gathering, &line, Class::HISTORY);
            }
        }
    }
    gathering.words()
}

/// The lines of `card` that are searched.
pub fn lines(card: &[u8]) -> impl Iterator<Item = Line<'_>> {
    Lines::new(card).filter(|line| line.has_value() && is_indexed(line.name()))
}

fn gather(gathering: &mut Gathering, line: &Line<'_>, class: Class) {
    let text = line.text();
    if line.is("TEL") {
        gathering.digits(&text, class);
        if text.bytes().any(|byte| byte.is_ascii_alphabetic()) || !text.is_ascii() {
            gathering.take(&text, class);
        }
    } else {
        gathering.take(&text, class);
    }
}

/// The words of an interaction.
fn interaction(interaction: &Interaction) -> Words {
    let mut gathering = Gathering::default();
    gathering.take(&interaction.text, Class::HISTORY);
    if let Some(link) = &interaction.link {
        gathering.take(link, Class::HISTORY);
    }
    gathering.words()
}

/// The digits of a number as it is written, and as it is dialled from abroad: `+49 (0)30`.
pub fn phones(text: &str) -> Vec<String> {
    let digits = digits(text);
    if digits.is_empty() {
        return Vec::new();
    }
    let abroad = text.trim_start().starts_with('+') && text.contains("(0)");
    let dialled = abroad.then(|| self::digits(&text.replacen("(0)", "", 1)));
    [Some(digits), dialled].into_iter().flatten().collect()
}

/// All digits of `text`, in whatever script.
pub fn digits(text: &str) -> String {
    let mut digits = String::new();
    for run in text::runs(text) {
        digits.extend(run.plain.chars().filter(char::is_ascii_digit));
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(card: &str) -> Vec<(String, u8)> {
        let card = card.replace('\n', "\r\n");
        let words = (READING.card)(card.as_bytes(), Flags::default());
        words.iter().map(|word| (word.text.clone(), word.class.0)).collect()
    }

    #[test]
    fn the_words_of_a_card() {
        assert!(SILENT.is_sorted());
        let card = "BEGIN:VCARD\nVERSION:3.0\nUID:u-1\nFN:Ann Lee\nN:Lee;Ann;;;\n\
            EMAIL:ann@x.org\nTEL:+49 (0)30 12-34\nitem1.X-Dog:Rex\nX-ROLODAV-REV:7\n\
            CATEGORIES:vip,lee\nPHOTO;ENCODING=b:AAAA\nEND:VCARD\n";
        let wanted = [("490301234", 2), ("49301234", 2), ("ann", 0), ("lee", 0), ("org", 1)];
        let wanted = wanted.into_iter().chain([("rex", 2), ("vip", 2), ("x", 1)]);
        let wanted: Vec<_> = wanted.map(|(word, class)| (word.to_owned(), class)).collect();
        assert_eq!(words(card), wanted);
    }

    #[test]
    fn a_card_with_very_many_words_keeps_its_names() {
        let note = (0..5000).map(|n| format!("a{n}")).collect::<Vec<_>>().join(" ");
        let card = format!("BEGIN:VCARD\nVERSION:3.0\nNOTE:{note}\nFN:Zoe Zora\nEND:VCARD\n");
        let words = (READING.card)(card.as_bytes(), Flags::default());
        assert!(words.partial && words.len() == MOST);
        assert!(words.iter().any(|word| word.text == "zora"));
    }
}
