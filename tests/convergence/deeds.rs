//! What the owner does at the server itself, without a client.

use std::sync::Arc;

use rolodav::base::PrincipalId;
use rolodav::contacts::tags;
use rolodav::contacts::weaving::upload::Upload;
use rolodav::store::tags::Mark;
use rolodav::store::write::Alongside;
use rolodav::store::{Actor, member, recovery};

use crate::dice::Dice;
use crate::edits::TAGS;
use crate::server::{BOOKS, OWNER, Server, device};
use crate::steps::{Deed, Step};

impl Server {
    /// Does it; fails if it cannot be done though it should.
    pub fn does(&self, deed: Deed, step: &Step) -> Result<(), String> {
        let mut dice = Dice(step.roll);
        let book = dice.below(2) as usize;
        let names = self.members(BOOKS[book]);
        if names.is_empty() {
            return Ok(());
        }
        let name = &names[dice.below(names.len() as u64) as usize];
        match deed {
            Deed::Restore => self.restore(book, name, &mut dice),
            Deed::Relocate => self.relocate(book, name),
            Deed::AddTag | Deed::DropTag => self.tag(book, name, deed == Deed::AddTag, &mut dice),
        }
    }

    fn tag(&self, book: usize, name: &str, add: bool, dice: &mut Dice) -> Result<(), String> {
        let tag = TAGS[dice.below(TAGS.len() as u64) as usize];
        self.run(async {
            let owner = PrincipalId::parse(OWNER).unwrap();
            let actor = Actor { principal: OWNER.to_owned(), device: String::new() };
            let snapshot = self.store.snapshot().await.unwrap();
            let collections = self.collections(&snapshot).await;
            let book = ["contacts", "work"][book];
            let collection = collections.iter().find(|found| found.name == book).unwrap().id;
            let uid = member::get(&snapshot, collection, name).await.unwrap().unwrap().uid;
            let marks = vec![Mark { collection, uid, add }];
            let done = match tags::mark(&self.store, &owner, &actor, tag, marks).await {
                Ok(Some(number)) => tags::work_off(&self.store, number).await,
                // Nobody ever had this tag.
                Err(fault) if fault.status == 404 && !add => Ok(()),
                other => other.map(drop),
            };
            done.map_err(|fault| format!("tag {tag} of {name}: {fault}"))
        })
    }

    fn restore(&self, book: usize, name: &str, dice: &mut Dice) -> Result<(), String> {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let book = ["contacts", "work"][book];
            let collections = self.collections(&snapshot).await;
            let book = collections.into_iter().find(|found| found.name == book).unwrap();
            let versions = recovery::versions(&snapshot, &book, name).await.unwrap();
            if versions.is_empty() {
                return Ok(());
            }
            let number = 1 + dice.below(versions.len() as u64) as usize;
            let actor = Actor { principal: OWNER.to_owned(), device: String::new() };
            let upload = Upload::restored(Arc::clone(&self.store), Arc::clone(&self.rules));
            let (store, along) = (&self.store, Some(&upload as &dyn Alongside));
            let restored =
                recovery::restore_member(store, &book, name, number, &actor, |_| Vec::new(), along);
            match restored.await {
                Ok(_) => Ok(()),
                Err(fault) if fault.status == 409 => Ok(()),
                Err(fault) => Err(format!("version {number} of {name} is not restored: {fault}")),
            }
        })
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
