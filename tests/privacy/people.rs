//! Invented people, every word of whom is theirs alone.

use rolodav::contacts::normal::fold;

use crate::faulty_disk::Dice;

/// Somebody.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub uid: String,
    given: String,
    family: String,
    pub mails: Vec<String>,
    /// Of each number the part behind the country.
    pub phones: Vec<String>,
    /// What notes about them begin with.
    pub word: String,
    photo: String,
}

/// A word that nobody else has.
fn token(dice: &mut Dice) -> String {
    let mut pick = |letters: &str| {
        let all: Vec<char> = letters.chars().collect();
        all[dice.below(all.len() as u64) as usize]
    };
    (0..8).map(|n| pick(["bdfgklmnprstvz", "aeiouäéøю"][n % 2])).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl Somebody {
    pub fn new(dice: &mut Dice) -> Self {
        let hex =
            |dice: &mut Dice, n: u64| format!("{:0n$x}", dice.below(1 << (4 * n)), n = n as usize);
        let uid = [8, 4, 4, 4, 12].map(|n| hex(dice, n)).join("-");
        let (given, family) = (capital(&token(dice)), capital(&token(dice)));
        let plain = |text: &str| fold::words(text).concat();
        let mails = (0..=dice.below(2))
            .map(|n| format!("{}.{}{n}@{}.example", plain(&token(dice)), plain(&family), "mail"))
            .collect();
        let phones =
            (0..=dice.below(2)).map(|_| format!("1{:09}", dice.below(1_000_000_000))).collect();
        let photo = format!("{}{}", plain(&token(dice)), plain(&token(dice)));
        let photo = photo.get(..16).unwrap_or("AAAAAAAAAAAAAAAA").to_owned();
        Self { uid, given, family, mails, phones, word: plain(&token(dice)), photo }
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// Something by which somebody else's note may name them.
    pub fn mention(&self, dice: &mut Dice) -> String {
        let mail = &self.mails[dice.below(self.mails.len() as u64) as usize];
        let phone = &self.phones[dice.below(self.phones.len() as u64) as usize];
        match dice.below(10) {
            0 => format!("{}, {}", self.family, self.given),
            1 => self.name().to_uppercase(),
            2 => self.name().to_lowercase(),
            3 => mail.clone(),
            4 => format!("<{}>", mail.to_uppercase()),
            5 => format!("0{}/{}", &phone[..3], &phone[3..]),
            6 => format!("+49 (0){} {}-{}", &phone[..3], &phone[3..6], &phone[6..]),
            7 => format!("0049{phone}"),
            8 => fold::words(&self.name()).join(" "),
            _ => self.name(),
        }
    }

    /// A card of theirs, whose notes say `note`.
    pub fn card(&self, dice: &mut Dice, note: &str) -> String {
        let mut lines = vec![format!("UID:{}", self.uid)];
        if dice.below(4) == 0 {
            lines[0] = format!("UID:urn:uuid:{}", self.uid.to_uppercase());
        }
        // Some are to be repaired.
        let version = if dice.below(2) == 0 { "3.0" } else { "4.0" };
        match dice.below(8) {
            0 => {}
            1 => lines.push("VERSION:9.9".to_owned()),
            _ => lines.push(format!("VERSION:{version}")),
        }
        lines.push(format!("N:{};{};;;", self.family, self.given));
        if dice.below(8) > 0 {
            lines.push(format!("FN:{}", self.name()));
        }
        for mail in &self.mails {
            lines.push(format!("EMAIL:{mail}"));
        }
        for phone in &self.phones {
            let number = format!("+49 {} {}", &phone[..3], &phone[3..]);
            lines.push(format!("TEL:{number}"));
            if dice.below(4) == 0 {
                lines.push(format!("TEL;TYPE=HOME:{number}"));
            }
        }
        for _ in 0..=dice.below(6) / 5 {
            lines.push(format!("NOTE:{} {note}", self.word));
        }
        for line in [
            format!("NICKNAME:{}nick", self.word),
            format!("ORG:{}org;Sales", self.word),
            "BDAY:1980-05-06".to_owned(),
            "CATEGORIES:Friends,Rowers".to_owned(),
            format!("X-ANYTHING;X-P={0}:{0}", self.word),
            format!("PHOTO;ENCODING=b;TYPE=JPEG:{}", self.photo.repeat(100)),
            "EMAIL: broken@@example".to_owned(),
        ] {
            if dice.below(2) == 0 {
                lines.push(line);
            }
        }
        format!("BEGIN:VCARD\r\n{}\r\nEND:VCARD\r\n", lines.join("\r\n"))
    }

    /// What tells of them wherever it stands.
    pub fn telling(&self) -> Vec<String> {
        let mut all = vec![self.uid.clone(), self.word.clone(), self.photo.clone()];
        for text in [&self.given, &self.family] {
            all.push(text.to_lowercase());
            all.extend(fold::words(text));
        }
        all.extend(self.mails.iter().cloned());
        // In whatever form: the digits in which all forms end.
        all.extend(self.phones.iter().map(|phone| phone[1..].to_owned()));
        all
    }

    /// What of that a line of somebody else's card has by right: after merges that were taken back
    /// two have something in common. By a note it is only theirs what others do not say of them.
    pub fn in_common(&self, line: &str) -> Vec<String> {
        let (name, value) = line.split_once(':').unwrap_or_default();
        let name = name.split(';').next().unwrap_or_default();
        let value = value.to_lowercase();
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        let folded = fold::words(&value).join(" ");
        let has =
            |word: &String| value.contains(word) || digits.contains(word) || folded.contains(word);
        if ["FN", "N", "EMAIL", "TEL"].contains(&name) {
            self.telling().into_iter().filter(has).collect()
        } else {
            [&self.word, &self.photo].into_iter().filter(|word| has(word)).cloned().collect()
        }
    }
}
