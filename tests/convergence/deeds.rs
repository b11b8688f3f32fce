//! What the owner does at the server itself, without a client.

use std::collections::BTreeSet;

use rolodav::base::PrincipalId;
use rolodav::contacts::merge::Merger;
use rolodav::contacts::person::{self, Person};
use rolodav::contacts::recovered;
use rolodav::contacts::tags;
use rolodav::contacts::timeline::{Telling, Timeline};
use rolodav::store::interactions::Source;
use rolodav::store::tags::Mark;
use rolodav::store::{Actor, merges, recovery};

use crate::card::Card;
use crate::dice::Dice;
use crate::groups;
use crate::ledger::Ledger;
use crate::server::{BOOKS, OWNER, Server, device};
use crate::steps::{Deed, Step, word};
use crate::tally::TAGS;

impl Server {
    /// Does it; fails if it cannot be done though it should.
    pub fn does(&self, deed: Deed, step: &Step, ledger: &mut Ledger) -> Result<(), String> {
        let mut dice = Dice(step.roll);
        match deed {
            Deed::Undelete => return self.undelete(&mut dice, ledger),
            Deed::RenameTag | Deed::DeleteTag => return self.retag(deed, &mut dice, ledger),
            Deed::Merge => return self.merge(&mut dice, ledger),
            Deed::Unmerge => return self.unmerge(&mut dice, ledger),
            _ => {}
        }
        let book = dice.below(2) as usize;
        let names = self.members(BOOKS[book]);
        if names.is_empty() {
            return Ok(());
        }
        let name = &names[dice.below(names.len() as u64) as usize];
        let done = match deed {
            Deed::Restore => {
                self.open((book, name), ledger);
                return self.restore(book, name, &mut dice);
            }
            Deed::Relocate => {
                self.open((book, name), ledger);
                return self.relocate(book, name);
            }
            _ => self.run(self.change(deed, step, (book, name), &mut dice, ledger)),
        };
        if done.is_ok() && deed == Deed::Log {
            ledger.sent.insert(step.number);
            ledger.logged.insert(step.number);
            ledger.told_there.insert(step.number);
        }
        done
    }

    async fn change(
        &self,
        deed: Deed,
        step: &Step,
        (book, name): (usize, &str),
        dice: &mut Dice,
        ledger: &mut Ledger,
    ) -> Result<(), String> {
        let owner = PrincipalId::parse(OWNER).unwrap();
        let actor = Actor { principal: OWNER.to_owned(), device: String::new() };
        let (store, rules) = (&*self.store, &*self.rules);
        let timeline = Timeline { store, rules, owner: &owner, actor: &actor };
        let place = format!("{}/{name}", ["contacts", "office"][book]);
        let who: Person = person::find(store, &owner, &place)
            .await
            .map_err(|fault| format!("{place}: {fault}"))?;
        let done = match deed {
            Deed::Log => {
                let telling = Telling {
                    kind: "call".to_owned(),
                    at: None,
                    duration: None,
                    direction: None,
                    text: format!("{} told at the server", word(step.number)),
                    link: None,
                    source: Source::Cli,
                    uid: None,
                };
                timeline.log(&[who], &telling).await.map(drop)
            }
            Deed::Stage => {
                let stage = ["lead", "contact", "client"][dice.below(3) as usize];
                timeline.set_stage(&who, Some(stage)).await.map(drop)
            }
            Deed::Cadence => {
                timeline.set_cadence(&who, Some(dice.below(60) as u32)).await.map(drop)
            }
            _ => {
                let tag = TAGS[dice.below(TAGS.len() as u64) as usize];
                let add = deed == Deed::AddTag;
                for place in &who.cards {
                    let book = usize::from(place.book.name == "office");
                    ledger.tally.said((book, place.uid.clone()), tag, add);
                }
                let marks = who.cards.iter().map(|place| Mark {
                    collection: place.book.id,
                    uid: place.uid.clone(),
                    add,
                });
                match tags::mark(store, &owner, &actor, tag, marks.collect()).await {
                    Ok(Some(number)) => tags::work_off(store, number).await,
                    // Nobody ever had this tag.
                    Err(fault) if fault.status == 404 && !add => Ok(()),
                    other => other.map(drop),
                }
            }
        };
        done.map_err(|fault| format!("{deed:?} on {place}: {fault}"))
    }

    fn restore(&self, book: usize, name: &str, dice: &mut Dice) -> Result<(), String> {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let book = ["contacts", "office"][book];
            let collections = self.collections(&snapshot).await;
            let book = collections.into_iter().find(|found| found.name == book).unwrap();
            let versions = recovery::versions(&snapshot, &book, name).await.unwrap();
            if versions.is_empty() {
                return Ok(());
            }
            let number = 1 + dice.below(versions.len() as u64) as usize;
            let actor = Actor { principal: OWNER.to_owned(), device: String::new() };
            let version = (name, number);
            match recovered::restore(&self.store, &self.rules, &book, version, &actor).await {
                Ok(_) => Ok(()),
                Err(fault) if fault.status == 409 => Ok(()),
                Err(fault) => Err(format!("version {number} of {name} is not restored: {fault}")),
            }
        })
    }

    /// Brings back a card or group that was deleted.
    fn undelete(&self, dice: &mut Dice, ledger: &mut Ledger) -> Result<(), String> {
        let deleted = self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let owner = PrincipalId::parse(OWNER).unwrap();
            recovery::trash(&snapshot, &owner).await.unwrap().members
        });
        let books = ["contacts", "office"];
        let place = |found: &recovery::DeletedMember| {
            let book = books.iter().position(|book| *book == found.collection)?;
            Some((book, found.name.clone()))
        };
        let deleted: Vec<_> = deleted.iter().filter_map(place).collect();
        if deleted.is_empty() {
            return Ok(());
        }
        let (book, name) = &deleted[dice.below(deleted.len() as u64) as usize];
        self.restore(*book, name, &mut Dice(0))?;
        self.open((*book, name), ledger);
        Ok(())
    }

    /// Nothing is expected any more of the tags of a card, in whichever book; or of the tag of a
    /// group.
    fn open(&self, (book, name): (usize, &str), ledger: &mut Ledger) {
        let path = format!("{}{name}", BOOKS[book]);
        // It sees the groups that the server made, too.
        let found = self.ask(&device("android"), "", "GET", &path, &[], "");
        let card = Card::parse(&found.body);
        if groups::is_group(&card) {
            ledger.tally.open_tag(&groups::name(&card));
        }
        for book in BOOKS {
            ledger.open(book, &card);
        }
    }

    /// Renames a tag, or ends it.
    fn retag(&self, deed: Deed, dice: &mut Dice, ledger: &mut Ledger) -> Result<(), String> {
        let mut pick = || TAGS[dice.below(TAGS.len() as u64) as usize];
        let (from, to) = (pick(), pick());
        self.run(async {
            let owner = PrincipalId::parse(OWNER).unwrap();
            let actor = Actor { principal: OWNER.to_owned(), device: String::new() };
            let store = &*self.store;
            let begun = if deed == Deed::RenameTag {
                ledger.tally.open_tag(to);
                tags::rename(store, &owner, &actor, (from, to), true).await
            } else {
                tags::delete(store, &owner, &actor, from).await.map(|number| vec![number])
            };
            ledger.tally.open_tag(from);
            match begun {
                Ok(numbers) => {
                    for number in numbers {
                        let done = tags::work_off(store, number).await;
                        done.map_err(|fault| format!("{deed:?} {from} {to}: {fault}"))?;
                    }
                    Ok(())
                }
                Err(fault) if matches!(fault.status, 404 | 409) => Ok(()),
                Err(fault) => Err(format!("{deed:?} {from} {to}: {fault}")),
            }
        })
    }

    /// Makes two or three contacts one.
    fn merge(&self, dice: &mut Dice, ledger: &mut Ledger) -> Result<(), String> {
        let (mut people, mut contacts) = (Vec::new(), BTreeSet::new());
        for _ in 0..2 + dice.below(2) {
            let book = BOOKS[dice.below(2) as usize];
            let names = self.members(book);
            if names.is_empty() {
                continue;
            }
            let name = &names[dice.below(names.len() as u64) as usize];
            let card = Card::parse(&self.stored(&format!("{book}{name}")).unwrap_or_default());
            let uid = groups::uid(card.first("UID").unwrap_or_default());
            // A card that was merged before may have been brought back beside the one that stayed:
            // both are of one contact already, which cannot be merged with itself.
            let own = self.one_with(&uid).into_iter().next();
            if contacts.insert(own.unwrap_or_else(|| uid.clone())) {
                people.push(uid);
            }
        }
        if people.len() < 2 {
            return Ok(());
        }
        let done = self.run(self.merger_does(async |merger| merger.merge(&people, None).await));
        let merged = done.map_err(|fault| format!("{people:?} are not merged: {fault}"))?;
        ledger.open_all(self.one_with(&merged.into).iter());
        Ok(())
    }

    /// Takes a merge back.
    fn unmerge(&self, dice: &mut Dice, ledger: &mut Ledger) -> Result<(), String> {
        let open = self.run(async {
            let owner = PrincipalId::parse(OWNER).unwrap();
            let snapshot = self.store.snapshot().await.unwrap();
            let mut all = merges::list(&snapshot, &owner).await.unwrap();
            all.retain(|(_, merge)| merge.undone.is_none());
            all
        });
        if open.is_empty() {
            return Ok(());
        }
        let (number, merge) = &open[dice.below(open.len() as u64) as usize];
        ledger.open_all(self.one_with(&merge.into).iter());
        match self.run(self.merger_does(async |merger| merger.undo(*number).await)) {
            Ok(undone) => {
                ledger.open_all(undone.uids.iter());
                // Cards of somebody who parted from them before are put right, too.
                for place in undone.restored.iter().chain(&undone.back) {
                    let (book, name) = place.split_once('/').unwrap();
                    self.open((usize::from(book == "office"), name), ledger);
                }
                Ok(())
            }
            // Merged on since; that is to be taken back first.
            Err(fault) if fault.status == 409 => Ok(()),
            Err(fault) => Err(format!("merge {number} is not taken back: {fault}")),
        }
    }

    async fn merger_does<T>(&self, act: impl AsyncFnOnce(Merger<'_>) -> T) -> T {
        let owner = PrincipalId::parse(OWNER).unwrap();
        let actor = Actor { principal: OWNER.to_owned(), device: String::new() };
        let (store, rules) = (&self.store, &self.rules);
        act(Merger { store, rules, owner: &owner, actor: &actor }).await
    }

    fn relocate(&self, book: usize, name: &str) -> Result<(), String> {
        let (from, to) = (format!("{}{name}", BOOKS[book]), format!("{}{name}", BOOKS[1 - book]));
        let headers = [("destination", to), ("overwrite", "F".to_owned())];
        let answer = self.ask(&device("browser"), "", "MOVE", &from, &headers, "");
        match answer.status {
            201 | 409 | 412 => Ok(()),
            other => Err(format!("MOVE {from}: {other} {}", answer.body)),
        }
    }
}
