//! A server of the transport alone, in this process, with a handler that shows what it got.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rolodav::base::{
    Chunks, Fault, Handler, Identity, PrincipalId, Profile, Reply, ReplyBody, Request,
};
use rolodav::config::Settings;
use rolodav::http::auth::Checking;
use rolodav::http::{Authenticate, Readiness, Routes, SignInNeed, serve};
use tokio::sync::oneshot;

use crate::support::Wire;

/// Largest body the toy takes.
pub const TAKES: u64 = 64 << 10;

/// A running toy; stops with its end.
pub struct Toy {
    pub plain: Option<SocketAddr>,
    pub tls: Option<SocketAddr>,
    pub seen: Arc<Seen>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the handler has seen.
#[derive(Debug, Default)]
pub struct Seen {
    pub calls: AtomicUsize,
    /// Endless answers that are being made at the moment.
    pub streams: AtomicUsize,
}

/// Settings with times that tests can wait for.
pub fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.server.listen = vec!["127.0.0.1:0".to_owned()];
    settings.timeouts.stop_seconds = 5;
    settings
}

impl Toy {
    pub fn start(settings: Settings) -> Self {
        let seen = Arc::new(Seen::default());
        let toy = Arc::new(Show(Arc::clone(&seen)));
        let routes = Routes::new(Arc::new(Two))
            .mount("/open/", SignInNeed::None, Arc::clone(&toy) as Arc<dyn Handler>)
            .mount("/dav/", SignInNeed::Required, toy);
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let serving = serve(
                &settings,
                routes,
                Readiness::default(),
                async {
                    let _ = stopped.await;
                },
                |bound| tell.send(bound.to_vec()).unwrap(),
            );
            runtime.unwrap().block_on(serving).unwrap();
        });
        let bound = told.recv_timeout(Duration::from_secs(10)).expect("the toy starts");
        let find = |tls| bound.iter().find(|bound| bound.tls == tls).map(|bound| bound.address);
        Self { plain: find(false), tls: find(true), seen, stop: Some(stop), thread: Some(thread) }
    }

    /// A plain connection.
    pub fn connect(&self) -> Wire {
        Wire::open(self.plain.unwrap())
    }

    /// Asks the server to stop.
    pub fn begin_stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// Waits until it stopped; how long that took.
    pub fn stopped(&mut self) -> Duration {
        let started = Instant::now();
        self.thread.take().unwrap().join().unwrap();
        started.elapsed()
    }

    /// Waits until so many endless answers are being made; how long that took.
    pub fn wait_for_streams(&self, count: usize) -> Duration {
        let started = Instant::now();
        while self.seen.streams.load(Ordering::SeqCst) != count {
            let open = self.seen.streams.load(Ordering::SeqCst);
            assert!(started.elapsed().as_secs() < 15, "{open} answers are being made, not {count}");
            std::thread::sleep(Duration::from_millis(5));
        }
        started.elapsed()
    }
}

impl Drop for Toy {
    fn drop(&mut self) {
        // Ends the channel, which ends the server; its thread ends with the requests in flight.
        self.stop.take();
    }
}

/// alice and bob, whose passwords are `secret`.
struct Two;

impl Authenticate for Two {
    fn check<'a>(&'a self, name: &'a str, password: &'a str, _: IpAddr) -> Checking<'a> {
        Box::pin(async move {
            if name == "throttled" {
                return Err(Fault::busy(7));
            }
            if !["alice", "bob"].contains(&name) || password != "secret" {
                return Err(Fault::new(401, "That name or password is wrong."));
            }
            Ok(Arc::new(Identity {
                principal: PrincipalId::parse(name).unwrap(),
                groups: Vec::new(),
                device: None,
                device_label: String::new(),
                profile: Profile::default(),
                admin: false,
                delegations: Vec::new(),
            }))
        })
    }
}

/// Answers by the last segment of the path.
struct Show(Arc<Seen>);

impl Handler for Show {
    fn handle(&self, mut request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let last = request.path.rsplit('/').next().unwrap_or_default().to_owned();
            match last.as_str() {
                "read" => match request.body.read(TAKES).await {
                    Ok(body) => text(201, format!("{} bytes", body.len())),
                    Err(fault) => text(fault.status, fault.message.into_owned()),
                },
                "refuse" => text(403, "unread".to_owned()),
                "second" => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    text(200, "after a second".to_owned())
                }
                "minute" => {
                    tokio::time::sleep(Duration::from_mins(1)).await;
                    text(200, "after a minute".to_owned())
                }
                "panic" => panic!("a defect on purpose"),
                "parts" => {
                    let parts = ["one ", "", "two ", "three"]
                        .map(|part| Bytes::from_static(part.as_bytes()));
                    Reply::with_body(200, "text/plain", ReplyBody::Parts(parts.to_vec()))
                }
                "endless" => endless(Arc::clone(&self.0)),
                "broken" => {
                    let chunks = Chunks::new(|to| async move {
                        to.send(Bytes::from_static(b"begun")).await?;
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        Err(Fault::internal("on purpose"))
                    });
                    Reply::with_body(200, "text/plain", ReplyBody::Stream(chunks))
                }
                "nothing" => Reply::empty(204),
                _ => text(200, shown(&request)),
            }
        })
    }
}

fn text(status: u16, text: String) -> Reply {
    Reply::with_body(status, "text/plain", ReplyBody::Bytes(text.into()))
}

/// `GET /dav/x?q alice http://localhost 127.0.0.1`
fn shown(request: &Request) -> String {
    let user = request.identity.as_ref().map_or("nobody", |identity| identity.principal.as_str());
    let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    assert!(request.header("authorization").is_none(), "a handler got the password");
    let Request { method, path, origin, remote, .. } = request;
    format!("{method} {path}{query} {user} {origin} {remote}")
}

/// Counts itself as long as it lives.
struct Counted(Arc<Seen>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::SeqCst);
    }
}

fn endless(seen: Arc<Seen>) -> Reply {
    seen.streams.fetch_add(1, Ordering::SeqCst);
    let counted = Counted(seen);
    let piece = Bytes::from(vec![b'x'; 64 << 10]);
    let chunks = Chunks::new(|to| async move {
        let _counted = counted;
        loop {
            to.send(piece.clone()).await?;
        }
    });
    Reply::with_body(200, "text/plain", ReplyBody::Stream(chunks))
}
