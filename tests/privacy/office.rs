//! The server, in this process, on an engine and with a clock that the test has in its hands.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use rolodav::accounts::{Accounts, NewUser};
use rolodav::base::body::{BodySource, NextPiece};
use rolodav::base::clock::ManualClock;
use rolodav::base::{
    Clock, Groups, Handler, Identity, Limits, PrincipalId, Profile, ReplyBody, Request,
    RequestBody, Timestamp,
};
use rolodav::config::{Auth, Contacts};
use rolodav::contacts::erasure::Eraser;
use rolodav::contacts::search;
use rolodav::contacts::weaving::Rules;
use rolodav::dav::registry::Registry;
use rolodav::dav::{Dav, scope};
use rolodav::store::engine::Engine;
use rolodav::store::{Actor, Store, check, check_contacts};
use rolodav::{caldav, carddav};

use crate::remains;

/// Where everything begins: 23 November 2026.
const START: Timestamp = Timestamp(1_795_430_000_000);
pub const OWNER: &str = "anna";
pub const BOOKS: [&str; 2] = ["/dav/addressbooks/anna/contacts/", "/dav/addressbooks/anna/club/"];
pub const CALENDAR: &str = "/dav/calendars/anna/calendar/";

/// The server and who works with it.
pub struct Office {
    runtime: tokio::runtime::Runtime,
    dav: Dav,
    pub store: Arc<Store>,
    pub accounts: Arc<Accounts>,
    pub clock: Arc<ManualClock>,
    pub rules: Arc<Rules>,
    pub anna: PrincipalId,
    pub actor: Actor,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

struct Piece(Option<Bytes>);

impl BodySource for Piece {
    fn next(&mut self) -> NextPiece<'_> {
        let piece = self.0.take();
        Box::pin(async move { piece.map(Ok) })
    }
}

impl Office {
    /// With its users anna and zoe, on an engine that has nothing.
    pub fn new(engine: Engine) -> Self {
        let office = Self::again(engine, 0);
        office.run(async {
            for name in [OWNER, "zoe"] {
                let user = NewUser { name: name.to_owned(), ..NewUser::default() };
                office.accounts.add_user(user).await.unwrap();
            }
        });
        assert_eq!(office.ask("MKCOL", BOOKS[1], &[], "").status, 201);
        office
    }

    /// On an engine that has all of it, some days later.
    pub fn again(engine: Engine, days: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = Arc::new(ManualClock::at(START.plus_millis(days * 86_400_000)));
        let turned: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let store = runtime.block_on(Store::open(engine, turned)).unwrap();
        let store = Arc::new(store.reading(search::READING));
        let accounts = Arc::new(Accounts::new(Arc::clone(&store), &Auth::default()).unwrap());
        let lines = Limits::default().card_lines;
        let rules = Arc::new(Rules::of(&Contacts::default(), lines));
        let dav = Dav::new(scope::Services {
            store: Arc::clone(&store),
            accounts: Arc::clone(&accounts),
            registry: Registry::new(&[carddav::extension(), caldav::extension()]),
            limits: Limits::default(),
            quota: None,
            origins: Vec::new(),
            mail: false,
            rules: Arc::clone(&rules),
        });
        let anna = PrincipalId::parse(OWNER).unwrap();
        let actor = Actor { principal: OWNER.to_owned(), device: "test".to_owned() };
        Self { runtime, dav, store, accounts, clock, rules, anna, actor }
    }

    /// Runs what is asked of the store itself.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
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
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
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
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        let source = Box::new(Piece(Some(bytes).filter(|b| !b.is_empty())));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: None,
            origin: "http://localhost".to_owned(),
            headers: map,
            body: RequestBody::new(Some(body.len() as u64), source),
            identity: Some(Arc::new(identity)),
            remote: IpAddr::V4(Ipv4Addr::LOCALHOST),
            id: String::new(),
        };
        self.run(async {
            let reply = self.dav.handle(request).await;
            let mut body = Vec::new();
            match reply.body {
                ReplyBody::Empty => {}
                ReplyBody::Bytes(bytes) => body.extend_from_slice(&bytes),
                ReplyBody::Parts(parts) => body.extend(parts.concat()),
                ReplyBody::Stream(mut chunks) => {
                    while let Some(chunk) = chunks.next().await {
                        body.extend_from_slice(&chunk.expect("an answer is not broken off"));
                    }
                }
            }
            let body = String::from_utf8_lossy(&body).into_owned();
            Answer { status: reply.status.as_u16(), body }
        })
    }

    /// Every record of the store.
    pub fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.run(async { remains::records(&self.store.snapshot().await.unwrap()).await })
    }

    /// The invariants of the store that do not hold.
    pub fn faults(&self) -> Vec<String> {
        self.run(async {
            let snapshot = self.store.snapshot().await.unwrap();
            let mut faults = check::check(&snapshot).await.unwrap().faults;
            faults.extend(check_contacts::check(&snapshot).await.unwrap());
            faults
        })
    }
}
