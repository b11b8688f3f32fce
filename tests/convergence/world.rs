//! One run: the server, its clients, what they do, and what must be true when all have synced.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolodav::base::Identity;

use crate::agreement;
use crate::card::Card;
use crate::client::{Book, Copy, Habits, Halt, LeftOut, Link, readable};
use crate::davx5::Davx5;
use crate::dice::Dice;
use crate::edits;
use crate::groups;
use crate::ios::Ios;
use crate::ledger::Ledger;
use crate::macos::MacOs;
use crate::server::{BOOKS, Server, device};
use crate::steps::{Act, CLIENTS, Edit, Grouping, Step, words};
use crate::thunderbird::Thunderbird;
use crate::vdirsyncer::Vdirsyncer;

/// Cards that a client keeps in a book at most; few, so that many edits meet.
const CARDS: usize = 8;
/// Rounds in which every client syncs once until nothing happens any more.
const ROUNDS: usize = 6;

/// A client with what it has.
struct Device {
    habits: Box<dyn Habits>,
    identity: Arc<Identity>,
    online: bool,
    lose: bool,
    books: Vec<Book>,
    /// Cards that its user deleted and has a copy of elsewhere: the address, and the card.
    elsewhere: Vec<(String, String)>,
}

/// One run.
pub struct World {
    server: Server,
    ledger: Ledger,
    devices: Vec<Device>,
    /// What happened, for people.
    pub trace: Vec<String>,
}

impl World {
    pub fn new() -> Self {
        let server = Server::start();
        let davx5 = Davx5 { groups: false, left_out: LeftOut::Nothing };
        let habits: [Box<dyn Habits>; CLIENTS.len()] = [
            Box::new(Ios),
            Box::new(MacOs),
            Box::new(davx5),
            Box::new(Thunderbird { plain_notes: false }),
            Box::new(Vdirsyncer),
            Box::new(Davx5 { groups: true, ..davx5 }),
            Box::new(Thunderbird { plain_notes: true }),
            Box::new(Davx5 { left_out: LeftOut::History, ..davx5 }),
        ];
        let devices = habits.into_iter().zip(CLIENTS).map(|(habits, label)| Device {
            books: BOOKS[..habits.books()]
                .iter()
                .map(|path| Book { path: (*path).to_owned(), ..Book::default() })
                .collect(),
            habits,
            identity: device(label),
            online: true,
            lose: false,
            elsewhere: Vec::new(),
        });
        let devices = devices.collect();
        Self { server, ledger: Ledger::default(), devices, trace: Vec::new() }
    }

    /// Does one step; fails if the server does what it must not.
    pub fn take(&mut self, step: &Step) -> Result<(), String> {
        self.trace.push(step.to_string());
        let mut dice = Dice(step.roll ^ 0x5eed);
        self.server.clock.advance_millis(dice.below(3) * 700);
        match step.act {
            Act::Edit(edit) => self.edit(step, edit, &mut dice),
            Act::Create => self.create(step, &mut dice),
            Act::Delete => self.delete(step, &mut dice),
            Act::Move => self.relocate(step, &mut dice),
            Act::Readd => self.add_again(step, &mut dice),
            Act::Group(grouping) => self.regroup(step, grouping, &mut dice),
            Act::Sync if self.devices[step.who].online => drop(self.sync(step.who)?),
            Act::Sync => {}
            Act::Offline => self.devices[step.who].online = false,
            Act::Online => self.devices[step.who].online = true,
            Act::LoseAnswer => self.devices[step.who].lose = true,
            Act::Wait => {
                self.server.clock.advance_millis(dice.below(4 * 3_600_000));
                self.server.works_off();
            }
            Act::Server(deed) => self.server.does(deed, step, &mut self.ledger)?,
        }
        Ok(())
    }

    /// A card of the client that its user could open.
    fn pick(&mut self, who: usize, dice: &mut Dice) -> Option<(usize, String)> {
        let device = &self.devices[who];
        let book = dice.below(device.books.len() as u64) as usize;
        let copies = device.books[book].copies.iter();
        let mut hrefs: Vec<&String> = copies
            .filter(|(_, copy)| !copy.deleted && !groups::is_group(&Card::parse(copy.shown())))
            .map(|(href, _)| href)
            .collect();
        if hrefs.is_empty() {
            return None;
        }
        let href = hrefs.swap_remove(dice.below(hrefs.len() as u64) as usize);
        Some((book, href.clone()))
    }

    fn edit(&mut self, step: &Step, edit: Edit, dice: &mut Dice) {
        let habits = &self.devices[step.who].habits;
        let can = match edit {
            Edit::AddCategory | Edit::DropCategory => habits.shows_categories(),
            Edit::SecondNote | Edit::StripLayer | Edit::StripEntry | Edit::StripState => {
                habits.shows_lines()
            }
            _ => true,
        };
        if !can {
            return;
        }
        let Some((book, href)) = self.pick(step.who, dice) else { return };
        let device = &mut self.devices[step.who];
        let copy = device.books[book].copies.get_mut(&href).unwrap();
        let mut card = Card::parse(copy.shown());
        let (before, note) = (card.categories(), card.note());
        edits::edit(&mut card, edit, step, &mut self.ledger);
        let whose = (book, groups::uid(card.first("UID").unwrap_or_default()));
        let (after, tally) = (card.categories(), &mut self.ledger.tally);
        for tag in after.iter().chain(&before) {
            let (had, has) = (before.contains(tag), after.contains(tag));
            if had != has {
                tally.wish(CLIENTS[step.who], &href, whose.clone(), tag, has);
            }
        }
        if edit == Edit::CommandTag && card.note() != note {
            let note = card.note();
            let tag = note.lines().next().and_then(|line| line.strip_prefix("+tag "));
            tally.type_in(CLIENTS[step.who], &href, whose, tag.unwrap_or_default());
        }
        self.trace.push(format!("      {href}"));
        copy.edited = Some(card.text());
    }

    fn create(&mut self, step: &Step, dice: &mut Dice) {
        let device = &mut self.devices[step.who];
        let book = dice.below(device.books.len() as u64) as usize;
        let book = &mut device.books[book];
        if book.copies.len() >= CARDS {
            return;
        }
        let uid = format!("{:08x}-0000-4000-8000-{:012x}", step.number, step.roll & 0xffff_ffff);
        let card = edits::fresh(&uid, step);
        let copy = Copy { edited: Some(card.text()), ..Copy::default() };
        book.copies.insert(format!("{}{uid}.vcf", book.path), copy);
    }

    fn delete(&mut self, step: &Step, dice: &mut Dice) {
        let Some((book, href)) = self.pick(step.who, dice) else { return };
        let device = &mut self.devices[step.who];
        let copies = &mut device.books[book].copies;
        self.ledger.open(&href, &Card::parse(copies[&href].shown()));
        device.elsewhere.push((href.clone(), copies[&href].text.clone()));
        if copies[&href].text.is_empty() {
            copies.remove(&href);
        } else {
            copies.get_mut(&href).unwrap().deleted = true;
        }
    }

    /// Takes a card into the other book as programs do that know no MOVE.
    fn relocate(&mut self, step: &Step, dice: &mut Dice) {
        let Some((book, href)) = self.pick(step.who, dice) else { return };
        let books = &mut self.devices[step.who].books;
        let Some(other) = (0..books.len()).find(|other| *other != book) else { return };
        let name = href.trim_start_matches(books[book].path.as_str());
        let there = format!("{}{name}", books[other].path);
        let card = books[book].copies[&href].shown().to_owned();
        for book in books.iter() {
            self.ledger.open(&book.path, &Card::parse(&card));
        }
        if books[book].copies[&href].text.is_empty() || books[other].copies.contains_key(&there) {
            return;
        }
        let copy = Copy { edited: Some(card), ..Copy::default() };
        books[other].copies.insert(there, copy);
        books[book].copies.get_mut(&href).unwrap().deleted = true;
    }

    /// A card that was deleted is added again, as it was or as a program shows it that leaves out
    /// what it does not know, under its address or in the other book.
    fn add_again(&mut self, step: &Step, dice: &mut Dice) {
        let device = &mut self.devices[step.who];
        if device.elsewhere.is_empty() {
            return;
        }
        let at = dice.below(device.elsewhere.len() as u64) as usize;
        let (href, text) = device.elsewhere.swap_remove(at);
        let book = dice.below(device.books.len() as u64) as usize;
        let name = href.rsplit('/').next().unwrap_or_default();
        let href = format!("{}{name}", device.books[book].path);
        let mut card = Card::parse(&text);
        if dice.below(2) == 0 {
            card.lines.retain(|line| matches!(&*line.name, "VERSION" | "UID" | "N" | "FN" | "TEL"));
        }
        if card.first("UID").is_none() || device.books[book].copies.contains_key(&href) {
            return;
        }
        self.trace.push(format!("      {href}"));
        self.ledger.open(&href, &card);
        let copy = Copy { edited: Some(card.text()), ..Copy::default() };
        device.books[book].copies.insert(href, copy);
    }

    fn regroup(&mut self, step: &Step, grouping: Grouping, dice: &mut Dice) {
        let device = &mut self.devices[step.who];
        let Some(form) = device.habits.groups() else { return };
        let book = dice.below(device.books.len() as u64) as usize;
        let whose = (CLIENTS[step.who], book);
        let (book, tally) = (&mut device.books[book], &mut self.ledger.tally);
        let changed = groups::change(grouping, form, whose, book, (step, dice), tally);
        self.trace.extend(changed.map(|href| format!("      {href}")));
    }

    /// One client syncs its books; true if anything was sent or had changed.
    fn sync(&mut self, who: usize) -> Result<bool, String> {
        let Device { habits, identity, lose, books, .. } = &mut self.devices[who];
        let mut active = false;
        for book in books {
            let mut link = Link {
                name: CLIENTS[who],
                left_out: habits.leaves_out(),
                server: &self.server,
                ledger: &mut self.ledger,
                device: identity,
                agent: habits.agent(),
                lose,
                trace: &mut self.trace,
            };
            let synced = habits.sync(&mut link, book);
            // Where the person is there under another name, whoever wanted to add them gives it up.
            let doubled = std::mem::take(&mut self.ledger.doubled);
            book.copies.retain(|href, _| !doubled.contains(href));
            match synced {
                Ok(acted) => active |= acted,
                Err(Halt::Lost) => return Ok(true),
                Err(Halt::Wrong(why)) => return Err(format!("{}: {why}", CLIENTS[who])),
            }
        }
        Ok(active)
    }

    /// Everybody is online and syncs until nothing happens any more; then all must agree.
    pub fn settle(&mut self, dice: &mut Dice) -> Result<(), String> {
        for device in &mut self.devices {
            (device.online, device.lose) = (true, false);
        }
        self.trace.push("      everybody syncs".to_owned());
        for round in 1.. {
            self.server.works_off();
            let first = dice.below(self.devices.len() as u64) as usize;
            let mut active = Vec::new();
            for turn in 0..self.devices.len() {
                let who = (first + turn) % self.devices.len();
                if self.sync(who)? {
                    active.push(CLIENTS[who]);
                }
            }
            if active.is_empty() {
                break;
            }
            if round > ROUNDS {
                return Err(format!("after {round} rounds these still have to sync: {active:?}"));
            }
        }
        self.agree()?;
        let tagged = self.server.tagged()?;
        self.ledger.tally.check(tagged)?;
        self.nothing_is_lost()
    }

    /// Every client has what the server shows it, and all show the same.
    fn agree(&mut self) -> Result<(), String> {
        for (device, who) in self.devices.iter().zip(CLIENTS) {
            for book in &device.books {
                let link = Link {
                    name: who,
                    left_out: device.habits.leaves_out(),
                    server: &self.server,
                    ledger: &mut self.ledger,
                    device: &device.identity,
                    agent: device.habits.agent(),
                    lose: &mut false,
                    trace: &mut Vec::new(),
                };
                let agreed = agreement::check(link, book, device.habits.as_ref());
                agreed.map_err(|why| format!("{who} {why}"))?;
            }
        }
        Ok(())
    }

    fn nothing_is_lost(&mut self) -> Result<(), String> {
        let mut told = BTreeMap::new();
        for text in self.server.interactions() {
            for word in words(&text) {
                *told.entry(word).or_insert(0) += 1;
            }
        }
        let kept = self.server.kept();
        let sent = self.ledger.sent.iter();
        let lost: Vec<&u32> =
            sent.filter(|word| !kept.contains(word) && !told.contains_key(word)).collect();
        if !lost.is_empty() {
            return Err(format!("typed, sent and found nowhere are the words of {lost:?}"));
        }
        let logged = self.ledger.logged.difference(&self.ledger.withdrawn);
        let missing = logged.filter(|word| !told.contains_key(word));
        let missing: Vec<&u32> = missing.collect();
        if !missing.is_empty() {
            return Err(format!("typed into the history but in no interaction are {missing:?}"));
        }
        let doubled: Vec<_> = told.iter().filter(|(_, times)| **times > 1).collect();
        if !doubled.is_empty() {
            return Err(format!("logged more than once, with how often: {doubled:?}"));
        }
        for (path, bodies) in std::mem::take(&mut self.ledger.refused) {
            if let Some(body) = self.server.unknown(&path, &bodies) {
                return Err(format!("refused without a conflict copy: {path} {}", readable(&body)));
            }
        }
        let faults = self.server.faults();
        if !faults.is_empty() {
            return Err(format!("the store is damaged: {faults:?}"));
        }
        Ok(())
    }
}
