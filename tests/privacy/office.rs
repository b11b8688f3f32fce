//! The server, in this process, on an engine and with a clock that the test has in its hands.

use std::ops::Deref;
use std::sync::Arc;

use rolodav::base::{Groups, Identity, Limits, PrincipalId, Profile, Timestamp};
use rolodav::config::Contacts;
use rolodav::contacts::erasure::Eraser;
use rolodav::contacts::search;
use rolodav::contacts::weaving::Rules;
use rolodav::store::engine::Engine;
use rolodav::store::{Actor, Store};

use crate::in_process::{Answer, InProcess};
use crate::remains;

/// Where everything begins: 23 November 2026.
const START: Timestamp = Timestamp(1_795_430_000_000);
pub const OWNER: &str = "anna";
pub const BOOKS: [&str; 2] = ["/dav/addressbooks/anna/contacts/", "/dav/addressbooks/anna/club/"];
pub const CALENDAR: &str = "/dav/calendars/anna/calendar/";

/// The server and who works with it.
pub struct Office {
    server: InProcess,
    pub store: Arc<Store>,
    pub rules: Arc<Rules>,
    pub anna: PrincipalId,
    pub actor: Actor,
}

impl Deref for Office {
    type Target = InProcess;

    fn deref(&self) -> &InProcess {
        &self.server
    }
}

impl Office {
    /// With its users anna and zoe, on an engine that has nothing.
    pub fn new(engine: Engine) -> Self {
        let office = Self::again(engine, 0);
        office.add_users(&[OWNER, "zoe"]);
        assert_eq!(office.ask("MKCOL", BOOKS[1], &[], "").status, 201);
        office
    }

    /// On an engine that has all of it, some days later.
    pub fn again(engine: Engine, days: u64) -> Self {
        let at = START.plus_millis(days * 86_400_000);
        let rules = Rules::of(&Contacts::default(), Limits::default().card_lines);
        let server = InProcess::on(engine, at, Some(search::READING), rules);
        let anna = PrincipalId::parse(OWNER).unwrap();
        let actor = Actor { principal: OWNER.to_owned(), device: "test".to_owned() };
        let (store, rules) = (Arc::clone(&server.store), Arc::clone(&server.rules));
        Self { server, store, rules, anna, actor }
    }

    /// Somebody who erases anna's contacts.
    pub fn eraser(&self) -> Eraser<'_> {
        let Self { store, rules, anna, actor, .. } = self;
        Eraser { store, rules, owner: anna, actor }
    }

    /// Answers a request of a device of anna's.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Answer {
        let profile = Profile { groups: Groups::Cards, ..Profile::default() };
        let identity = Identity {
            principal: self.anna.clone(),
            groups: Vec::new(),
            device: None,
            device_label: "phone".to_owned(),
            profile,
            admin: false,
            delegations: Vec::new(),
        };
        self.server.ask(Arc::new(identity), (method, path), headers, body)
    }

    /// Every record of the store.
    pub fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.run(async { remains::records(&self.store.snapshot().await.unwrap()).await })
    }
}
