//! The server in this process, with an engine and a clock that the test has in its hands: requests
//! without a wire.

// Each test program uses a part of it.
#![allow(dead_code)]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use rolodav::accounts::{Accounts, NewUser};
use rolodav::base::body::{BodySource, NextPiece};
use rolodav::base::clock::ManualClock;
use rolodav::base::{Clock, Handler, Identity, Limits, ReplyBody, Request, RequestBody, Timestamp};
use rolodav::config::Auth;
use rolodav::contacts::weaving::Rules;
use rolodav::dav::registry::Registry;
use rolodav::dav::{Dav, scope};
use rolodav::store::engine::Engine;
use rolodav::store::words::Reading;
use rolodav::store::{Store, check, check_contacts};
use rolodav::{caldav, carddav};

/// The server.
pub struct InProcess {
    runtime: tokio::runtime::Runtime,
    dav: Dav,
    pub store: Arc<Store>,
    pub accounts: Arc<Accounts>,
    pub clock: Arc<ManualClock>,
    pub rules: Arc<Rules>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: String,
}

struct Piece(Option<Bytes>);

impl BodySource for Piece {
    fn next(&mut self) -> NextPiece<'_> {
        let piece = self.0.take();
        Box::pin(async move { piece.map(Ok) })
    }
}

impl InProcess {
    /// On `engine`, whatever it has; with an index of words, if they are read somehow.
    pub fn on(engine: Engine, at: Timestamp, words: Option<Reading>, rules: Rules) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = Arc::new(ManualClock::at(at));
        let turned: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let mut store = runtime.block_on(Store::open(engine, turned)).unwrap();
        if let Some(words) = words {
            store = store.reading(words);
        }
        let (store, rules) = (Arc::new(store), Arc::new(rules));
        let accounts = Arc::new(Accounts::new(Arc::clone(&store), &Auth::default()).unwrap());
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
        Self { runtime, dav, store, accounts, clock, rules }
    }

    /// Runs what is asked of the store itself.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Adds users of these names.
    pub fn add_users(&self, names: &[&str]) {
        for name in names {
            let user = NewUser { name: (*name).to_owned(), ..NewUser::default() };
            self.run(self.accounts.add_user(user)).unwrap();
        }
    }

    /// Answers a request.
    pub fn ask(
        &self,
        identity: Arc<Identity>,
        (method, path): (&str, &str),
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        let source = Box::new(Piece(Some(bytes).filter(|b| !b.is_empty())));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: None,
            origin: "http://localhost".to_owned(),
            headers: map,
            body: RequestBody::new(Some(body.len() as u64), source),
            identity: Some(identity),
            remote: IpAddr::V4(Ipv4Addr::LOCALHOST),
            id: String::new(),
        };
        self.run(async {
            let reply = self.dav.handle(request).await;
            let etag = reply.headers.get("etag").map(|tag| tag.to_str().unwrap().to_owned());
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
            Answer { status: reply.status.as_u16(), etag, body }
        })
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
