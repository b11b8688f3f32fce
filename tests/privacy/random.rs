//! A life of an address book, as the dice fall: people come, are edited from stale devices, called,
//! merged and parted, named in each other's notes, and one of them is erased.

use std::collections::BTreeSet;

use rolodav::config;
use rolodav::contacts::consent::{Consents, State, Telling as Answer};
use rolodav::contacts::duplicates::newcomers;
use rolodav::contacts::followups::verbs::FollowUps;
use rolodav::contacts::mail_capture::{self, Found, MailCapture, Recipient};
use rolodav::contacts::meetings::Meetings;
use rolodav::contacts::merge::Merger;
use rolodav::contacts::person::{self, Person};
use rolodav::contacts::quality::cleaning::{Cleaner, Whose};
use rolodav::contacts::quality::{Cleanup, Kind as Finding, Terms, tagging};
use rolodav::contacts::segments;
use rolodav::contacts::timeline::{Telling, Timeline};
use rolodav::contacts::{duplicates, erasure};
use rolodav::formats::vcard::{Card, normalize_uid};
use rolodav::store::body;
use rolodav::store::collection::{Kind, Role};
use rolodav::store::engine::memory::MemoryEngine;
use rolodav::store::engine::{Engine, Step};
use rolodav::store::interactions::Source;
use rolodav::store::{contacts, tombstones};

use crate::faulty_disk::Dice;
use crate::office::{BOOKS, CALENDAR, Office};
use crate::people::Somebody;
use crate::remains;

const PEOPLE: u64 = 6;

/// An office and those who are known in it.
pub struct Life {
    pub office: Office,
    pub people: Vec<Somebody>,
    dice: Dice,
    mail: (MailCapture, Recipient),
    merges: Vec<u64>,
    number: u64,
}

impl Life {
    /// One of as many steps.
    pub fn lived(engine: Engine, seed: u64, steps: u64) -> Self {
        let office = Office::new(engine);
        let mut dice = Dice(seed);
        let people = (0..PEOPLE).map(|_| Somebody::new(&mut dice)).collect();
        let settings = config::MailCapture::default();
        let taker = MailCapture::new(office.store.clone(), office.rules.clone(), &settings);
        let recipient = office.run(async {
            let (store, anna, actor) = (&office.store, &office.anna, &office.actor);
            let secret = mail_capture::make(store, anna, false, actor).await.unwrap();
            let address = mail_capture::address_of(anna, &secret, "in.example");
            match taker.find(&address).await.unwrap() {
                Found::Known(recipient) => recipient,
                other => panic!("{other:?}"),
            }
        });
        let mail = (taker, recipient);
        let mut life = Self { office, people, dice, mail, merges: Vec::new(), number: 0 };
        for who in 0..life.people.len() {
            life.put(who);
        }
        for _ in 0..steps {
            life.step();
        }
        life
    }

    fn below(&mut self, end: u64) -> u64 {
        self.dice.below(end)
    }

    fn who(&mut self) -> usize {
        self.below(PEOPLE) as usize
    }

    /// A note, in which somebody may be named.
    fn note(&mut self) -> String {
        self.number += 1;
        let number = self.number;
        if self.below(2) == 0 {
            return format!("note {number}");
        }
        let other = self.who();
        let named = self.people[other].clone().mention(&mut self.dice);
        format!("note {number}: saw {named} today").replace(',', "\\,")
    }

    fn path(&mut self, who: usize) -> String {
        format!("{}card{who}.vcf", BOOKS[usize::from(self.dice.below(4) == 0)])
    }

    fn put(&mut self, who: usize) {
        let mut note = self.note();
        if self.below(3) == 0 {
            let command = ["+call", "+met", "+todo 2027-01-05", "+tag Lead", "+every 30d"];
            let command = command[self.dice.below(5) as usize];
            let (word, more) = (self.people[who].word.clone(), self.note());
            // Tags stay as their owner calls them.
            let rest = match command {
                "+tag Lead" | "+every 30d" => String::new(),
                _ => format!("{word} {more}"),
            };
            note = format!("{note}\\n{command} {rest}");
        }
        let path = self.path(who);
        let person = self.people[who].clone();
        let card = person.card(&mut self.dice, &note);
        let stale = self.below(6) == 0;
        let headers: &[(&'static str, &str)] = if stale { &[("if-match", "\"old\"")] } else { &[] };
        let answer = self.office.ask("PUT", &path, headers, &card);
        assert!(answer.status < 500, "{path}: {answer:?}\n{card}");
    }

    fn person(&self, who: usize) -> Option<Person> {
        let uid = &self.people[who].uid;
        let office = &self.office;
        office.run(async {
            let snapshot = office.store.snapshot().await.unwrap();
            let found = person::by_uid(&snapshot, &office.anna, uid).await.unwrap();
            Some(found).filter(|found| !found.cards.is_empty())
        })
    }

    /// The UID of whom somebody is by now.
    fn stands_for(&self, who: usize) -> String {
        let uid = &self.people[who].uid;
        self.office.run(async {
            let snapshot = self.office.store.snapshot().await.unwrap();
            let found = contacts::find(&snapshot, &self.office.anna, uid).await.unwrap();
            found.map_or(uid.clone(), |(_, read)| read.record.uid)
        })
    }

    fn step(&mut self) {
        self.office.clock.advance_millis(self.dice.below(40) * 3_600_000);
        let (one, other) = (self.who(), self.who());
        match self.below(16) {
            0..4 => self.put(one),
            4 | 5 => self.log(one, other),
            6 => self.merge(one, other),
            7 => self.undo(),
            8 => self.agree(one),
            9 => self.meet(one),
            10 => self.write(one),
            11 => self.remind(one),
            12 => self.tidy(),
            13 => self.segment(one),
            14 => self.move_about(one),
            _ => self.compare(),
        }
    }

    fn log(&mut self, one: usize, other: usize) {
        let (note, link) = (self.note(), self.below(3) == 0);
        let people: Vec<Person> =
            [one, other].into_iter().filter_map(|who| self.person(who)).collect();
        let text = if one == other { self.people[one].word.clone() } else { String::new() };
        let told = Telling {
            kind: "call".to_owned(),
            at: None,
            duration: None,
            direction: None,
            text: format!("{text} {note}"),
            link: link.then(|| format!("mailto:{}", self.people[other].mails[0])),
            source: Source::Cli,
            uid: None,
        };
        let Office { store, rules, anna, actor, .. } = &self.office;
        let timeline = Timeline { store, rules, owner: anna, actor };
        if !people.is_empty() {
            self.office.run(timeline.log(&people, &told)).unwrap();
        }
    }

    fn merger(&self) -> Merger<'_> {
        let Office { store, rules, anna, actor, .. } = &self.office;
        Merger { store, rules, owner: anna, actor }
    }

    fn merge(&mut self, one: usize, other: usize) {
        let uids = [one, other].map(|who| self.people[who].uid.clone());
        // They may be one already, or have no card.
        if let Ok(merged) = self.office.run(self.merger().merge(&uids, None)) {
            self.merges.extend(merged.number);
        }
    }

    fn undo(&mut self) {
        if let Some(number) = self.merges.pop() {
            let undone = self.office.run(self.merger().undo(number));
            assert!(!undone.is_err_and(|fault| fault.status >= 500));
        }
    }

    fn agree(&mut self, one: usize) {
        let Some(person) = self.person(one) else { return };
        let other = self.who();
        let source = format!("as {} said", self.people[other].clone().mention(&mut self.dice));
        let state = [State::Granted, State::Refused][self.dice.below(2) as usize];
        let until = "2026-12-01".parse().ok().filter(|_| self.dice.below(2) == 0);
        let answer = Answer { purpose: "newsletter".to_owned(), state, source, on: None, until };
        let Office { store, rules, anna, actor, .. } = &self.office;
        let consents = Consents { store, rules, owner: anna, actor };
        self.office.run(consents.set(&person, &answer)).unwrap();
    }

    fn meet(&mut self, one: usize) {
        let (note, number) = (self.note(), self.below(4));
        let (name, mail) = (self.people[one].name(), &self.people[one].mails[0]);
        let attends = format!(
            "ORGANIZER:mailto:anna@example.org\r\nATTENDEE;CN=\"{name}\":mailto:{mail}\r\n\
             ATTENDEE:mailto:cy@example.org\r\n"
        );
        let event = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:event{number}\r\n\
             DTSTAMP:20261101T000000Z\r\nDTSTART:20261122T100000Z\r\nDTEND:20261122T110000Z\r\n\
             SUMMARY:{note}\r\n{attends}END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let answer = self.office.ask("PUT", &format!("{CALENDAR}{number}.ics"), &[], &event);
        assert!(answer.status < 300, "{answer:?}");
        let Office { store, rules, anna, .. } = &self.office;
        let meetings = Meetings { store, rules, most_attendees: 20, origin: "" };
        self.office.run(meetings.log(anna, None)).unwrap();
    }

    /// A mail from them, or from an address that nobody has.
    fn write(&mut self, one: usize) {
        let (note, number) = (self.note(), self.below(100));
        let mut from = self.people[one].mails[0].clone();
        if self.below(2) == 0 {
            from = format!("stranger{number}@elsewhere.example");
        }
        let name = self.people[one].name();
        let letter = format!(
            "From: \"{name}\" <{from}>\r\nTo: anna@example.org\r\nSubject: {note}\r\n\
             Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <m{}@x.example>\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nDear Anna, {note}\r\n",
            self.number
        );
        let (taker, recipient) = &self.mail;
        self.office.run(taker.take(recipient, false, letter.as_bytes())).unwrap();
    }

    fn remind(&mut self, one: usize) {
        let note = self.note();
        let text = format!("{} {note}", self.people[one].word);
        let Some(person) = self.person(one) else { return };
        let Office { store, rules, anna, actor, .. } = &self.office;
        let followups = FollowUps { store, rules, owner: anna, actor };
        let due = "2026-12-24".parse().ok();
        self.office.run(followups.add(&person, due, &text)).unwrap();
    }

    fn tidy(&mut self) {
        let Office { store, rules, anna, actor, .. } = &self.office;
        let (quota, terms) = (None, Terms::default());
        let cleaner = Cleaner { store, rules, quota, owner: anna, actor, terms };
        let all: BTreeSet<Cleanup> = Cleanup::ALL.iter().copied().collect();
        self.office.run(cleaner.clean(Whose::Book(None), &all, false, 9)).unwrap();
        let kinds = [Finding::BrokenMail, Finding::Repaired];
        self.office.run(tagging::turn_on(store, anna, terms, &kinds, actor)).unwrap();
    }

    fn segment(&mut self, one: usize) {
        let (name, mail) = (self.people[one].name(), self.people[one].mails[0].clone());
        let query = match self.below(3) {
            0 => format!("name contains \"{name}\" or tag = Friends"),
            1 => format!("mail = {mail}"),
            _ => "tag = Rowers".to_owned(),
        };
        self.number += 1;
        let name = format!("Segment {}", self.number);
        let new = segments::New { name, query, as_group: true, as_book: self.below(2) == 0 };
        let Office { store, anna, actor, .. } = &self.office;
        self.office.run(segments::add(store, anna, &new, actor)).unwrap();
        self.office.run(segments::follow(store, anna)).unwrap();
    }

    /// Cards are moved, copied, deleted, and books with them.
    fn move_about(&mut self, one: usize) {
        let path = format!("{}card{one}.vcf", BOOKS[0]);
        let there = format!("{}card{one}.vcf", BOOKS[1]);
        let (method, path, headers): (_, &str, &[(&'static str, &str)]) = match self.below(6) {
            0 => ("DELETE", &path, &[]),
            1 => ("MOVE", &path, &[("destination", &there)]),
            2 => ("COPY", &path, &[("destination", &there)]),
            3 => ("DELETE", BOOKS[1], &[]),
            4 => ("PROPFIND", BOOKS[0], &[("depth", "1")]),
            _ => ("PROPFIND", "/dav/calendars/anna/", &[("depth", "1")]),
        };
        let answer = self.office.ask(method, path, headers, "");
        assert!(answer.status < 500, "{method} {path}: {answer:?}");
        if path == BOOKS[1] {
            assert_eq!(self.office.ask("MKCOL", BOOKS[1], &[], "").status, 201);
        }
    }

    fn compare(&mut self) {
        let uids = [0, 1].map(|who: usize| self.people[who].uid.clone());
        let Office { store, anna, actor, .. } = &self.office;
        self.office.run(async {
            newcomers::catch_up(store, anna, None, 1000).await.unwrap();
            // They may not be there.
            let _ = duplicates::proposals::not_same(store, anna, &uids, actor).await;
        });
    }

    /// Has somebody erased; who that was.
    pub fn victim(&mut self) -> usize {
        let first = self.who();
        let there = |who: &usize| {
            self.office.run(self.office.eraser().preview(&self.people[*who].uid)).is_ok()
        };
        (0..self.people.len()).map(|n| (first + n) % self.people.len()).find(there).unwrap_or(first)
    }

    /// Those who are the same contact as somebody.
    pub fn same_as(&self, who: usize) -> Vec<&Somebody> {
        let uid = self.stands_for(who);
        (0..self.people.len())
            .filter(|other| *other == who || self.stands_for(*other) == uid)
            .map(|other| &self.people[other])
            .collect()
    }

    /// The cards in all books that are of none of these people.
    pub fn cards_without(&self, gone: &[&Somebody]) -> Vec<String> {
        let office = &self.office;
        office.run(async {
            let snapshot = office.store.snapshot().await.unwrap();
            let mut cards = Vec::new();
            for book in erasure::collections(&snapshot, &office.anna).await.unwrap() {
                if book.role != Role::Plain
                    || book.kind != Kind::AddressBook
                    || book.deleted.is_some()
                {
                    continue;
                }
                body::scan_texts(&snapshot, book.id, None, |_, text, _| {
                    let card = String::from_utf8_lossy(text).into_owned();
                    let uid = Card::parse(text).uid().map(|uid| normalize_uid(&uid));
                    let is_group = card.contains("KIND:group");
                    if !is_group && !gone.iter().any(|one| Some(&one.uid) == uid.as_ref()) {
                        cards.push(card);
                    }
                    Step::Continue
                })
                .await
                .unwrap();
            }
            cards
        })
    }
}

fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    match (number("ROLODAV_SEED"), number("ROLODAV_LONG")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(_)) => 0..2000,
        (None, None) => 0..12,
    }
}

#[test]
fn whatever_became_of_somebody_nothing_is_left_of_them() {
    for seed in seeds() {
        let mut life = Life::lived(Engine::Memory(MemoryEngine::default()), seed, 60);
        let victim = life.victim();
        let uid = life.people[victim].uid.clone();
        let gone: Vec<Somebody> = life.same_as(victim).into_iter().cloned().collect();
        let gone: Vec<&Somebody> = gone.iter().collect();
        let others = life.cards_without(&gone);
        let words = remains::telling(&gone, &others);
        let office = &life.office;
        if let Err(fault) = office.run(office.eraser().erase(&uid)) {
            assert_eq!(fault.status, 404, "seed {seed}: {fault}");
            continue;
        }
        let found = remains::of(&words, &office.records());
        assert!(found.is_empty(), "seed {seed}, {gone:?}:\n{}", found.join("\n"));
        assert_eq!(office.faults(), [""; 0], "seed {seed}");
        assert_eq!(life.cards_without(&gone).len(), others.len(), "seed {seed}: others went, too");
        for one in &gone {
            let kept_out = office.run(async {
                let snapshot = office.store.snapshot().await.unwrap();
                tombstones::of_uid(&snapshot, &office.anna, &one.uid).await.unwrap()
            });
            assert!(kept_out.is_some(), "seed {seed}: {} has no tombstone", one.name());
        }
        let again = office.run(office.eraser().erase(&uid));
        assert_eq!(again.err().map(|fault| fault.status), Some(404), "seed {seed}: twice");
        office.run(erasure::work_off_all(&office.store, &office.rules)).unwrap();
    }
}
