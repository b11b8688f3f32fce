//! Pairs of cards by what is difficult about them: one person written down twice in one of many
//! ways, and different people who have much in common. Made up otherwise, and from other names,
//! than the people of `people.rs`, so that what fits those too well shows here.

#![allow(dead_code)]

use super::names::{FAMILY, FREE, GIVEN, ORIGINS, STREETS, TOWNS, TRADES};
use super::people::Dice;

/// A card, whose it is, and what is difficult about it.
pub struct Case {
    pub person: usize,
    pub kind: &'static str,
    pub card: String,
}

/// A person with all that could be known.
#[derive(Clone)]
struct Person {
    /// Where its names stand in the tables.
    origin: (usize, usize),
    own: (String, String),
    latin: (String, String),
    called: String,
    middle: String,
    birth: (usize, usize, usize),
    mobile: String,
    landline: String,
    mail: String,
    street: String,
    town: usize,
    code: String,
    firm: String,
    domain: String,
    switchboard: String,
    work_mail: String,
    job: &'static str,
}

/// A card in the making: lines, each left out where it is empty.
#[derive(Clone, Default)]
struct Written {
    given: String,
    family: String,
    middle: String,
    title: String,
    suffix: String,
    /// Only a display name, this one.
    shown: Option<String>,
    birth: String,
    phones: Vec<String>,
    mails: Vec<String>,
    place: String,
    firm: String,
    job: String,
}

impl Written {
    fn card(&self, number: usize) -> String {
        let mut text = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:case-{number}\r\n");
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(&format!("{name}:{value}\r\n"));
            }
        };
        match &self.shown {
            Some(shown) => line("FN", shown),
            None => {
                let name = [&self.family, &self.given, &self.middle, &self.title, &self.suffix];
                line("N", &name.map(String::as_str).join(";"));
                let shown = [&self.given, &self.middle, &self.family, &self.suffix];
                let shown: Vec<&str> =
                    shown.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
                line("FN", &shown.join(" "));
            }
        }
        line("BDAY", &self.birth);
        self.phones.iter().for_each(|phone| line("TEL", phone));
        self.mails.iter().for_each(|mail| line("EMAIL", mail));
        line("ADR", &self.place);
        line("ORG", &self.firm);
        line("TITLE", &self.job);
        text + "END:VCARD\r\n"
    }
}

impl Person {
    fn new(dice: &mut Dice) -> Self {
        let (from, to) = ORIGINS[dice.below(ORIGINS.len())];
        let given = GIVEN[from + dice.below(to - from)];
        let mut family = FAMILY[from + dice.below(to - from)];
        let invented;
        if given.0.is_ascii() && dice.chance(60) {
            let syllables = [
                "bar", "cro", "del", "fen", "gris", "hal", "kel", "lor", "mun", "nev", "pol",
                "ster", "wick",
            ];
            let mut name: String = (0..3).map(|_| syllables[dice.below(13)]).collect();
            name[..1].make_ascii_uppercase();
            invented = name;
            family = (&invented, &invented);
        }
        let plain = |text: &str| text.to_lowercase().replace([' ', '\'', '.'], "");
        let (g, f) = (plain(given.1), plain(family.1));
        let number = dice.below(900);
        let town = dice.below(TOWNS.len());
        let begins = [
            "Alder", "Boreal", "Cobalt", "Delphi", "Ember", "Fjord", "Granit", "Helios", "Indigo",
            "Juno",
        ];
        let middle =
            ["", "mark", "line", "stone", "gate", "port", "wave", "field", "craft", "works"];
        let (begins, middle) = (begins[dice.below(10)], middle[dice.below(10)]);
        let founder = FAMILY[dice.below(FAMILY.len())].1;
        let trade = TRADES[dice.below(8)];
        let firm = match dice.below(3) {
            0 => format!("{founder} {begins}{middle} {trade}"),
            1 => format!("{begins}{middle} {trade} {}", TOWNS[town].0),
            _ => format!("{founder} & {begins} {trade}"),
        };
        let domain = format!("{}.example", firm.to_lowercase().replace([' ', '&', '\''], "-"));
        let other = &GIVEN[from + dice.below(to - from)];
        let digits = |dice: &mut Dice, count: usize| -> String {
            (0..count)
                .map(|at| {
                    char::from(
                        b'0' + if at == 0 { 2 + dice.below(7) } else { dice.below(10) } as u8,
                    )
                })
                .collect()
        };
        let country =
            ["+33", "+39", "+48", "+46", "+90", "+44", "+44", "+353", "+351", "+45", "+1", "+33"]
                [town];
        Self {
            origin: (from, to),
            own: (given.0.to_owned(), family.0.to_owned()),
            latin: (given.1.to_owned(), family.1.to_owned()),
            called: given.2.to_owned(),
            middle: if other.3 == given.3 && other.1 != given.1 {
                other.1.to_owned()
            } else {
                String::new()
            },
            birth: (1945 + dice.below(60), 1 + dice.below(12), 1 + dice.below(28)),
            mobile: format!("{country}6{}", digits(dice, 8)),
            landline: format!("{country}{}", digits(dice, 9)),
            mail: match dice.below(3) {
                0 => format!("{g}.{f}{number}@{}", FREE[dice.below(6)]),
                1 => format!("{}{f}{number}@{}", &g[..1], FREE[dice.below(6)]),
                _ => format!("{f}{number}@{}", FREE[dice.below(6)]),
            },
            street: format!("{} {}", STREETS[dice.below(12)], 1 + dice.below(140)),
            town,
            code: format!("{}{}", TOWNS[town].1, dice.below(10)),
            switchboard: format!("{country}{}", digits(dice, 9)),
            work_mail: format!("{g}.{f}@{domain}"),
            firm,
            domain,
            job: ["Surveyor", "Curator", "Pilot", "Editor", "Chemist"][dice.below(5)],
        }
    }

    fn born(&self) -> String {
        format!("{}-{:02}-{:02}", self.birth.0, self.birth.1, self.birth.2)
    }

    fn place(&self) -> String {
        format!(";;{};{};;{};", self.street, TOWNS[self.town].0, self.code)
    }

    fn named(&self) -> Written {
        Written { given: self.own.0.clone(), family: self.own.1.clone(), ..Written::default() }
    }

    /// What a friend has of them.
    fn private(&self, dice: &mut Dice) -> Written {
        let mut card = self.named();
        card.phones.push(self.mobile.clone());
        card.mails.push(self.mail.clone());
        if dice.chance(70) {
            card.place = self.place();
        }
        if dice.chance(60) {
            card.birth = self.born();
        }
        card
    }

    /// What a business partner has of them.
    fn business(&self, dice: &mut Dice) -> Written {
        let mut card = self.named();
        card.mails.push(self.work_mail.clone());
        card.phones.push(self.switchboard.clone());
        card.firm = format!("{}{}", self.firm, ["", " Ltd", " S.A.", " GmbH"][dice.below(4)]);
        card.job = self.job.to_owned();
        card
    }
}

/// A number as somebody else writes it.
fn dialled(number: &str, dice: &mut Dice) -> String {
    let rest = number.trim_start_matches('+');
    match dice.below(4) {
        0 => format!("00{rest}"),
        1 => {
            let parts: Vec<String> = rest
                .as_bytes()
                .chunks(3)
                .map(|part| String::from_utf8_lossy(part).into_owned())
                .collect();
            format!("+{}", parts.join(" "))
        }
        2 => format!("0{}", &rest[rest.len() - 9..]),
        _ => format!("+{}-{}", &rest[..2], &rest[2..]),
    }
}

fn slip(word: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 4 {
        return word.to_owned();
    }
    let at = 1 + dice.below(letters.len() - 2);
    match dice.below(4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at - 1]),
        _ => letters[at] = ['e', 'u', 'n', 't', 'l'][dice.below(5)],
    }
    letters.into_iter().collect()
}

/// As a machine reads it.
fn misread(text: &str, dice: &mut Dice) -> String {
    let pairs = [
        ("rn", "m"),
        ("m", "rn"),
        ("l", "1"),
        ("o", "0"),
        ("cl", "d"),
        ("i", "l"),
        ("e", "c"),
        ("u", "v"),
        ("5", "S"),
        ("h", "b"),
    ];
    for _ in 0..8 {
        let (from, to) = pairs[dice.below(pairs.len())];
        if let Some(at) = text.rfind(from).filter(|at| *at > 0) {
            return format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        }
    }
    text.to_owned()
}

/// One fact that both cards have: which one is chance.
fn fact(card: &mut Written, person: &Person, dice: &mut Dice) {
    match dice.below(4) {
        0 => card.phones.push(dialled(&person.mobile, dice)),
        1 => card.mails.push(person.mail.to_uppercase()),
        2 => {
            card.place = person.place();
            card.birth = person.born();
        }
        _ => {
            card.phones.push(dialled(&person.mobile, dice));
            card.place = person.place();
        }
    }
}

/// The ways in which one person is written down twice.
const ONE: [&str; 22] = [
    "other script",
    "short form",
    "changed over",
    "slip in given",
    "slip in family",
    "misread",
    "initial",
    "part of double name",
    "married",
    "day and month",
    "moved",
    "name and phone",
    "mail without name",
    "title and display name",
    "middle name",
    "two jobs",
    "two slips",
    "family first",
    "no accents",
    "mail variant",
    "work and private",
    "year off",
];

fn twice(kind: &'static str, dice: &mut Dice) -> (Written, Written) {
    let person = Person::new(dice);
    let mut one = person.private(dice);
    let mut other = person.named();
    // All that the other card may have in common with it.
    (one.place, one.birth) = (person.place(), person.born());
    match kind {
        "other script" => {
            (other.given, other.family) = person.latin.clone();
            fact(&mut other, &person, dice);
        }
        "short form" => {
            other.given.clone_from(&person.called);
            fact(&mut other, &person, dice);
        }
        "changed over" => {
            std::mem::swap(&mut other.given, &mut other.family);
            fact(&mut other, &person, dice);
        }
        "slip in given" => {
            other.given = slip(&other.given, dice);
            fact(&mut other, &person, dice);
        }
        "slip in family" => {
            other.family = slip(&other.family, dice);
            fact(&mut other, &person, dice);
        }
        "misread" => {
            (other.given, other.family) = person.latin.clone();
            other.family = misread(&other.family, dice);
            if dice.chance(50) {
                other.given = misread(&other.given, dice);
            }
            other.mails.push(person.mail.clone());
            let phone = dialled(&person.mobile, dice);
            other.phones.push(if dice.chance(40) { phone.replacen('8', "3", 1) } else { phone });
        }
        "initial" => {
            other.given = format!("{}.", other.given.chars().next().unwrap());
            fact(&mut other, &person, dice);
        }
        "part of double name" => {
            let second = Person::new(dice);
            if dice.chance(50) {
                one.given = format!("{}-{}", one.given, second.own.0);
            } else {
                one.family = format!("{}-{}", one.family, second.own.1);
            }
            fact(&mut other, &person, dice);
        }
        "married" => {
            other.family = Person::new(dice).own.1;
            other.birth = person.born();
            one.birth = person.born();
            other.phones.push(dialled(&person.mobile, dice));
        }
        "day and month" => {
            let (year, month, day) = (person.birth.0, person.birth.1, 1 + person.birth.2 % 12);
            one.birth = format!("{year}-{month:02}-{day:02}");
            other.birth = format!("{year}-{day:02}-{month:02}");
            if dice.chance(50) {
                other.place = person.place();
            } else {
                other.mails.push(person.mail.clone());
            }
        }
        "moved" => {
            let later = Person::new(dice);
            one.birth = person.born();
            other.birth = person.born();
            other.place = later.place();
            other.phones.push(later.mobile);
        }
        "name and phone" => other.phones.push(dialled(&person.mobile, dice)),
        "mail without name" => {
            other = Written {
                shown: Some(person.mail.clone()),
                mails: vec![person.mail.clone()],
                ..Written::default()
            };
        }
        "title and display name" => {
            let shown = format!(
                "{} {} {}",
                ["Dr.", "Prof.", "Mme", "Herr"][dice.below(4)],
                other.given,
                other.family
            );
            other = Written { shown: Some(shown), ..Written::default() };
            fact(&mut other, &person, dice);
        }
        "middle name" => {
            one.middle.clone_from(&person.middle);
            if !person.middle.is_empty() {
                other.given.clone_from(&person.middle);
            }
            fact(&mut other, &person, dice);
        }
        "two jobs" => {
            one = person.business(dice);
            one.phones.push(person.mobile.clone());
            let later = Person {
                own: person.own.clone(),
                mobile: person.mobile.clone(),
                ..Person::new(dice)
            };
            other = later.business(dice);
            other.phones.push(dialled(&person.mobile, dice));
        }
        "two slips" => {
            other.family = slip(&other.family, dice);
            other.given = slip(&other.given, dice);
            other.birth = person.born();
            other.mails.push(slip(&person.mail, dice));
            one.birth = person.born();
            fact(&mut other, &person, dice);
        }
        "family first" => {
            let shown = if dice.chance(50) {
                format!("{}\\, {}", other.family, other.given)
            } else {
                format!("{} {}", other.family.to_uppercase(), other.given)
            };
            other = Written { shown: Some(shown), ..Written::default() };
            fact(&mut other, &person, dice);
        }
        "no accents" => {
            (other.given, other.family) =
                (person.latin.0.to_uppercase(), person.latin.1.to_uppercase());
            fact(&mut other, &person, dice);
        }
        "mail variant" => {
            let (local, domain) = person.mail.split_once('@').unwrap();
            let mail = if domain == "gmail.com" {
                format!("{}.{}@googlemail.com", &local[..2], &local[2..])
            } else {
                format!("{local}+list@{domain}")
            };
            other.mails.push(mail);
            other.given = other.given.chars().take(1).collect();
        }
        "work and private" => {
            other = person.business(dice);
            if dice.chance(50) {
                other.phones.push(dialled(&person.mobile, dice));
            } else {
                other.mails.push(person.mail.clone());
            }
        }
        "year off" => {
            one.birth = person.born();
            other.birth =
                format!("{}-{:02}-{:02}", person.birth.0 + 1, person.birth.1, person.birth.2);
            other.place = person.place();
            one.place = person.place();
            other.phones.push(dialled(&person.mobile, dice));
        }
        _ => unreachable!("{kind}"),
    }
    (one, other)
}

/// What different people have in common.
const TWO: [&str; 14] = [
    "couple",
    "father and son",
    "father and son, marked",
    "twins",
    "siblings of like names",
    "colleagues",
    "colleagues of one name",
    "namesakes, born apart",
    "namesakes elsewhere",
    "family mail",
    "numbered mails",
    "person and their firm",
    "successor",
    "cousins",
];

fn two(kind: &'static str, dice: &mut Dice) -> (Written, Written) {
    let person = Person::new(dice);
    let mut near = Person::new(dice);
    // Somebody else with whom they share the house.
    near.own.1.clone_from(&person.own.1);
    near.latin.1.clone_from(&person.latin.1);
    near.street.clone_from(&person.street);
    (near.town, near.code, near.landline) =
        (person.town, person.code.clone(), person.landline.clone());
    let far_from_each_other =
        |a: &str, b: &str| !a.is_empty() && a.chars().next() != b.chars().next();
    let (from, to) = person.origin;
    loop {
        let (own, latin, ..) = GIVEN[from + dice.below(to - from)];
        (near.own.0, near.latin.0) = (own.to_owned(), latin.to_owned());
        if own != person.own.0 && far_from_each_other(&near.latin.0, &person.latin.0) {
            break;
        }
    }
    let (mut one, mut other) = (person.private(dice), near.private(dice));
    match kind {
        "couple" => {
            (one.place, other.place) = (person.place(), near.place());
            (one.phones, other.phones) =
                (vec![person.landline.clone()], vec![dialled(&near.landline, dice)]);
        }
        "father and son" => {
            other = person.private(dice);
            (one.place, other.place) = (person.place(), person.place());
            (one.phones, other.phones) =
                (vec![person.landline.clone()], vec![person.landline.clone(), near.mobile]);
            other.mails = vec![near.mail];
            let son =
                (person.birth.0 + 24 + dice.below(12), 1 + dice.below(12), 1 + dice.below(28));
            other.birth = format!("{}-{:02}-{:02}", son.0, son.1, son.2);
            one.birth = person.born();
        }
        "father and son, marked" => {
            other = person.private(dice);
            (one.place, other.place) = (person.place(), person.place());
            other.suffix = "Jr.".to_owned();
            one.suffix = "Sr.".to_owned();
            other.mails = vec![near.mail];
            other.phones = vec![near.mobile];
            (one.birth, other.birth) = (String::new(), String::new());
        }
        "twins" => {
            (one.birth, other.birth) = (person.born(), person.born());
            (one.place, other.place) = (person.place(), person.place());
            other.phones = vec![person.landline.clone()];
            one.phones.push(person.landline.clone());
        }
        "siblings of like names" => {
            let (a, b) = [
                ("Anna", "Anne"),
                ("Marie", "Mario"),
                ("Jon", "Joan"),
                ("Karl", "Karla"),
                ("Julia", "Julian"),
                ("Erik", "Erika"),
                ("Daniel", "Daniela"),
                ("Paul", "Paula"),
            ][dice.below(8)];
            (one.given, other.given) = (a.to_owned(), b.to_owned());
            (one.place, other.place) = (person.place(), person.place());
            (one.birth, other.birth) = (person.born(), near.born());
        }
        "colleagues" => {
            near.firm.clone_from(&person.firm);
            near.domain.clone_from(&person.domain);
            near.switchboard.clone_from(&person.switchboard);
            (one, other) = (person.business(dice), near.business(dice));
            other.family = Person::new(dice).own.1;
            let office = format!("info@{}", person.domain);
            (one.mails, other.mails) = (vec![office.clone()], vec![office]);
        }
        "colleagues of one name" => {
            near.firm.clone_from(&person.firm);
            near.switchboard.clone_from(&person.switchboard);
            near.work_mail = format!(
                "{}.{}2@{}",
                near.latin.0.to_lowercase(),
                near.latin.1.to_lowercase().replace(' ', ""),
                person.domain
            );
            (one, other) = (person.business(dice), near.business(dice));
        }
        "namesakes, born apart" => {
            other = person.named();
            one.birth = person.born();
            other.birth = Person::new(dice).born();
            other.place = near.place();
            other.phones = vec![near.mobile];
            other.place = format!(
                ";;{};{};;{};",
                Person::new(dice).street,
                TOWNS[person.town].0,
                person.code
            );
        }
        "namesakes elsewhere" => {
            let away = Person::new(dice);
            other = person.named();
            one.place = person.place();
            other.place = away.place();
            other.phones = vec![away.mobile.clone()];
            other.mails = vec![away.mail.clone()];
            other.birth = away.born();
            one.birth = person.born();
        }
        "family mail" => {
            other.mails = one.mails.clone();
            (one.place, other.place) = (person.place(), person.place());
        }
        "numbered mails" => {
            let (local, domain) = person.mail.split_once('@').unwrap();
            other.mails = vec![format!("{local}1@{domain}")];
            other.family = Person::new(dice).own.1;
        }
        "person and their firm" => {
            one = person.business(dice);
            one.mails = vec![format!("info@{}", person.domain)];
            other = Written {
                shown: Some(person.firm.clone()),
                firm: person.firm.clone(),
                ..Written::default()
            };
            other.phones = vec![person.switchboard.clone()];
            other.mails = one.mails.clone();
        }
        "successor" => {
            let direct = person.switchboard.clone() + "7";
            one = person.business(dice);
            one.phones = vec![direct.clone()];
            one.mails = vec![format!("director@{}", person.domain)];
            let next = Person {
                firm: person.firm.clone(),
                domain: person.domain.clone(),
                job: person.job,
                ..Person::new(dice)
            };
            other = next.business(dice);
            other.phones = vec![direct];
            other.mails = one.mails.clone();
        }
        "cousins" => {
            let away = Person::new(dice);
            other.place = away.place();
            other.phones = vec![away.mobile.clone()];
            (one.birth, other.birth) = (person.born(), near.born());
        }
        _ => unreachable!("{kind}"),
    }
    (one, other)
}

/// `each` pairs of every kind, shuffled.
pub fn cases(each: usize, seed: u64) -> Vec<Case> {
    let mut dice = Dice::new(seed);
    let mut all: Vec<(usize, &'static str, Written)> = Vec::new();
    let mut person = 0;
    for _ in 0..each {
        for kind in ONE {
            let (one, other) = twice(kind, &mut dice);
            all.extend([(person, kind, one), (person, kind, other)]);
            person += 1;
        }
        for kind in TWO {
            let (one, other) = two(kind, &mut dice);
            all.extend([(person, kind, one), (person + 1, kind, other)]);
            person += 2;
        }
    }
    for at in (1..all.len()).rev() {
        all.swap(at, dice.below(at + 1));
    }
    let numbered = all.into_iter().enumerate();
    numbered
        .map(|(number, (person, kind, card))| Case { person, kind, card: card.card(number) })
        .collect()
}

/// Of how many pairs of each kind it is to be found, of those of different people that it is not.
pub fn kinds() -> impl Iterator<Item = (&'static str, bool)> {
    ONE.into_iter().map(|kind| (kind, true)).chain(TWO.into_iter().map(|kind| (kind, false)))
}
