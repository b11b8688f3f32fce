//! What the owner does at the server itself, without a client.

use std::sync::Arc;

use rolodav::base::PrincipalId;
use rolodav::contacts::weaving::upload::Upload;
use rolodav::store::collection::{self, Kind};
use rolodav::store::write::Alongside;
use rolodav::store::{Actor, recovery};

use crate::dice::Dice;
use crate::ledger::Ledger;
use crate::server::{BOOKS, OWNER, Server, device, rules};
use crate::steps::{Deed, Step};

impl Server {
    /// Does it; fails if it cannot be done though it should.
    pub fn does(&self, deed: Deed, step: &Step, ledger: &mut Ledger) -> Result<(), String> {
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
            _ => {
                let _ = ledger;
                Ok(())
            }
        }
    }

    fn restore(&self, book: usize, name: &str, dice: &mut Dice) -> Result<(), String> {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let owner = PrincipalId::parse(OWNER).unwrap();
            let book = ["contacts", "work"][book];
            let found = collection::find(&snapshot, &owner, Kind::AddressBook, book).await.unwrap();
            let book = found.unwrap().collection;
            let versions = recovery::versions(&snapshot, &book, name).await.unwrap();
            if versions.is_empty() {
                return Ok(());
            }
            let number = 1 + dice.below(versions.len() as u64) as usize;
            let actor = Actor { principal: OWNER.to_owned(), device: String::new() };
            let upload = Upload::restored(Arc::clone(&self.store), rules());
            let (spans, alongside) = (|_: &[u8]| Vec::new(), Some(&upload as &dyn Alongside));
            let restored = recovery::restore_member(
                &self.store,
                &book,
                name,
                number,
                &actor,
                spans,
                alongside,
            );
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
