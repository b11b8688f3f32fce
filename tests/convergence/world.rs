//! One run: the server, its clients, what they do, and what must be true when all have synced.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolodav::base::Identity;

use crate::agreement;
use crate::card::Card;
use crate::client::{Book, Copy, Habits, Halt, Link, readable};
use crate::davx5::Davx5;
use crate::dice::Dice;
use crate::edits;
use crate::ios::Ios;
use crate::ledger::Ledger;
use crate::macos::MacOs;
use crate::server::{BOOKS, Server, device};
use crate::steps::{Act, CLIENTS, Edit, Step, words};
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
        let habits: [Box<dyn Habits>; 5] = [
            Box::new(Ios),
            Box::new(MacOs),
            Box::new(Davx5),
            Box::new(Thunderbird),
            Box::new(Vdirsyncer),
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
            Act::Sync if self.devices[step.who].online => drop(self.sync(step.who)?),
            Act::Sync => {}
            Act::Offline => self.devices[step.who].online = false,
            Act::Online => self.devices[step.who].online = true,
            Act::LoseAnswer => self.devices[step.who].lose = true,
            Act::Wait => self.server.clock.advance_millis(dice.below(4 * 3_600_000)),
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
            .filter(|(_, copy)| !copy.deleted && !copy.shown().contains("SERVER-KIND"))
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
        if matches!(edit, Edit::AddCategory | Edit::DropCategory) && !habits.shows_categories() {
            return;
        }
        let Some((book, href)) = self.pick(step.who, dice) else { return };
        let device = &mut self.devices[step.who];
        let copy = device.books[book].copies.get_mut(&href).unwrap();
        let mut card = Card::parse(copy.shown());
        edits::edit(&mut card, edit, step, &mut self.ledger);
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
        let copies = &mut self.devices[step.who].books[book].copies;
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
        if books[book].copies[&href].text.is_empty() || books[other].copies.contains_key(&there) {
            return;
        }
        let copy = Copy { edited: Some(card), ..Copy::default() };
        books[other].copies.insert(there, copy);
        books[book].copies.get_mut(&href).unwrap().deleted = true;
    }

    /// One client syncs its books; true if anything was sent or had changed.
    fn sync(&mut self, who: usize) -> Result<bool, String> {
        let Device { habits, identity, lose, books, .. } = &mut self.devices[who];
        let mut active = false;
        for book in books {
            let mut link = Link {
                server: &self.server,
                ledger: &mut self.ledger,
                device: identity,
                agent: habits.agent(),
                lose,
                trace: &mut self.trace,
            };
            match habits.sync(&mut link, book) {
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
        self.nothing_is_lost()
    }

    /// Every client has what the server shows it, and all show the same.
    fn agree(&mut self) -> Result<(), String> {
        for (device, who) in self.devices.iter().zip(CLIENTS) {
            for book in &device.books {
                let link = Link {
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
        let missing = self.ledger.logged.iter().filter(|word| !told.contains_key(word));
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
