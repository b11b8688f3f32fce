//! `/feeds/SECRET.ics`: a calendar for whoever knows its secret address (GET and HEAD).
//!
//! What is no secret, or one no longer, is answered alike, and whoever tries many waits ever
//! longer. The transport keeps what is below `/feeds/` out of the log.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::BytesMut;

use crate::accounts::backoff::Backoff;
use crate::accounts::remembered::Tags;
use crate::base::{Chunks, ETag, Fault, Handler, Reply, ReplyBody, Request};
use crate::calendars::merged::Merged;
use crate::calendars::published;
use crate::config::Auth;
use crate::dav::header::{Outcome, evaluate};
use crate::store::collection::Collection;
use crate::store::engine::Snapshot;
use crate::store::{Store, change};

/// Where feeds are.
pub const PREFIX: &str = "/feeds/";

const ENDING: &str = ".ics";

/// Small objects go out together: a piece costs a wakeup.
const PIECE: usize = 64 << 10;

/// Answers for secret addresses.
#[derive(Debug)]
pub struct Feeds {
    store: Arc<Store>,
    tags: Tags,
    backoff: Backoff,
}

/// The path of the feed with this secret.
pub fn path(secret: &published::Secret) -> String {
    format!("{PREFIX}{}{ENDING}", secret.show())
}

impl Feeds {
    /// Over `store`; `settings` say how soon guessing has to wait.
    pub fn new(store: Arc<Store>, settings: &Auth) -> Result<Self, Fault> {
        let backoff = Backoff::new(settings.failures_before_wait, settings.longest_wait_seconds);
        Ok(Self { store, tags: Tags::new()?, backoff })
    }

    async fn answer(&self, request: Request) -> Result<Reply, Fault> {
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            let mut fault = Fault::new(405, "A feed can only be read.");
            fault.allow = Some("GET, HEAD".into());
            return Err(fault);
        }
        let calendar = self.opened(&request.path, request.remote).await?;
        let snapshot = self.store.snapshot().await?;
        let etag = self.version(&snapshot, &calendar).await?;
        let reply = match evaluate(&request.headers, true, Some(&etag), None) {
            Outcome::Failed => return Err(Fault::precondition("The feed has changed.")),
            Outcome::NotModified => Reply::empty(304),
            Outcome::Proceed => {
                let body = text(snapshot, calendar).await?;
                Reply::with_body(200, "text/calendar; charset=utf-8", body)
            }
        };
        Ok(reply
            .header("etag", etag.to_string())
            .header("cache-control", "private, no-cache")
            .header("x-robots-tag", "noindex"))
    }

    /// The calendar behind a path. Guesses wait; a secret that was right from the same network
    /// before does not, whoever else guesses there.
    async fn opened(&self, path: &str, remote: IpAddr) -> Result<Collection, Fault> {
        let secret = path.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(ENDING));
        let hash = published::hash(secret.unwrap_or_default());
        let name: String = hash.iter().map(|byte| char::from(*byte)).collect();
        let now = self.store.now();
        let begun = self.backoff.begin(&self.tags, &name, remote, now);
        if let Err(seconds) = begun
            && !self.backoff.is_familiar(&self.tags, &name, remote, now)
        {
            let mut fault = Fault::new(503, "There were too many wrong addresses.");
            fault.retry_after = Some(seconds);
            return Err(fault);
        }
        let found = published::opened(&self.store, &hash).await;
        if let Ok(begun) = &begun {
            match &found {
                Ok(Some(_)) => self.backoff.right(begun, now),
                Ok(None) => {}
                Err(_) => self.backoff.undecided(begun),
            }
        }
        found?.ok_or_else(Fault::not_found)
    }

    /// The tag of a feed: its contents follow from the change log, its head from the record.
    async fn version(&self, snapshot: &Snapshot, calendar: &Collection) -> Result<ETag, Fault> {
        let head = change::head(snapshot, calendar.id).await?;
        let record = (&calendar.display_name, &calendar.color, &calendar.calendar.timezone_id);
        let epoch = self.store.epoch();
        let version = env!("CARGO_PKG_VERSION");
        let text = format!("{version} {epoch} {} {head} {record:?}", calendar.id.0);
        Ok(ETag::of(text.as_bytes()))
    }
}

async fn text(snapshot: Snapshot, calendar: Collection) -> Result<ReplyBody, Fault> {
    Chunks::new(move |sender| async move {
        let mut merged = Merged::of(snapshot, calendar);
        let mut ready = BytesMut::with_capacity(PIECE);
        while let Some(piece) = merged.next().await? {
            ready.extend_from_slice(&piece);
            if ready.len() >= PIECE {
                sender.send(ready.split().freeze()).await?;
            }
        }
        sender.send(ready.freeze()).await
    })
    .into_body()
    .await
}

impl Handler for Feeds {
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(async move {
            self.answer(request).await.unwrap_or_else(|fault| {
                if fault.cause.is_some() {
                    tracing::error!(fault = %fault.logged(), "a feed cannot be served");
                }
                let text = format!("{}\n", fault.message);
                let body = ReplyBody::Bytes(text.into());
                let mut reply = Reply::with_body(fault.status, "text/plain; charset=utf-8", body);
                if let Some(seconds) = fault.retry_after {
                    reply = reply.header("retry-after", seconds.to_string());
                }
                if let Some(allow) = &fault.allow {
                    reply = reply.header("allow", allow);
                }
                reply
            })
        })
    }
}
