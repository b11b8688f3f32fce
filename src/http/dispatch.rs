//! One request from its headers to its answer: target, client, route, sign-in, a place at work,
//! the handler, and what every answer carries.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, EXPECT,
    HOST, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode, Version};
use hyper::body::Incoming;

use super::auth::{CHALLENGE, sign_in, unprotected};
use super::connection::Connection;
use super::exchange::Exchange;
use super::forwarded::{Client, Proxies};
use super::gate::Gate;
use super::health::{self, Readiness};
use super::log::{self, Record};
use super::metrics::{Metrics, label_of};
use super::reply_body::AnswerBody;
use super::request_body::{Pace, request_body};
use super::routes::{Route, Routes};
use crate::base::Networks;
use crate::base::{Fault, Handler, Reply, ReplyBody, Request};

/// Longest request target (path and query) in bytes.
const LONGEST_TARGET: usize = 8 << 10;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that answers requests; one for all connections.
#[derive(Debug)]
pub(super) struct Dispatch {
    pub(super) routes: Routes,
    pub(super) proxies: Proxies,
    pub(super) gate: Gate,
    pub(super) pace: Pace,
    pub(super) metrics: Arc<Metrics>,
    pub(super) metrics_from: Networks,
    pub(super) readiness: Readiness,
    pub(super) access_log: bool,
    pub(super) ids: Ids,
}

/// Makes request ids: eight digits of this run of the server, eight that count.
#[derive(Debug)]
pub(super) struct Ids {
    run: u32,
    count: AtomicU32,
}

impl Ids {
    pub(super) fn new() -> Self {
        // Ids only have to differ between runs; without randomness they still count.
        let run = getrandom::u32().unwrap_or_default();
        Self { run, count: AtomicU32::new(0) }
    }

    fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let digits = [self.run, count].into_iter().flat_map(|number| {
            (0..8).rev().filter_map(move |place| char::from_digit(number >> (place * 4) & 15, 16))
        });
        let mut id = String::with_capacity(16);
        id.extend(digits);
        id
    }
}

impl Dispatch {
    /// Answers one request; whatever is wrong with it becomes an answer too.
    pub(super) async fn answer(
        &self,
        connection: &Arc<Connection>,
        request: hyper::Request<Incoming>,
    ) -> Response<AnswerBody> {
        let (mut parts, incoming) = request.into_parts();
        let method = parts.method.clone();
        let mut exchange = Exchange::begin(label_of(method.as_str()), &self.metrics, connection);
        let hesitant = parts.headers.contains_key(EXPECT);
        let body = request_body(incoming, hesitant, self.pace, connection);

        let client = self.client(connection, &parts);
        let id = self.id(client.as_ref(), &parts);
        if self.access_log && log::enabled() {
            let remote = client.as_ref().map_or(connection.peer(), |client| client.remote);
            let path = self.routes.loggable(parts.uri.path());
            let record = Record::new(&id, remote, method.as_str(), &path, &parts.headers);
            exchange.record = Some(Box::new(record));
        }
        let reply = match client
            .ok_or_else(bad_host)
            .and_then(|client| well_formed(&parts).map(|()| client))
        {
            Err(fault) => refuse(&fault),
            Ok(mut client) => {
                if let Some(reply) = self.ours(&parts, &client) {
                    reply
                } else {
                    let request = Request {
                        method: method.as_str().to_owned(),
                        path: parts.uri.path().to_owned(),
                        query: parts.uri.query().map(str::to_owned),
                        origin: std::mem::take(&mut client.origin),
                        headers: std::mem::take(&mut parts.headers),
                        body,
                        identity: None,
                        remote: client.remote,
                        id: id.clone(),
                    };
                    self.handled(request, &client, &mut exchange)
                        .await
                        .unwrap_or_else(|fault| refuse(&fault))
                }
            }
        };
        finish(reply, &method, parts.version, &id, connection, exchange)
    }

    /// The client, or `None` when its host is not one.
    fn client(&self, connection: &Connection, parts: &Parts) -> Option<Client> {
        let mut hosts = parts.headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (None, _) => None,
            (Some(host), None) => Some(host.to_str().ok()?),
            (Some(_), Some(_)) => return None,
        };
        // A target with an authority overrules Host (RFC 9112 §3.2.2).
        let authority = parts.uri.authority().map(http::uri::Authority::as_str).or(host);
        if authority.is_none() && parts.version == Version::HTTP_11 {
            return None;
        }
        self.proxies.client(connection.peer(), connection.is_tls(), authority, &parts.headers)
    }

    /// The id a trusted proxy gave the request, or one of our own.
    fn id(&self, client: Option<&Client>, parts: &Parts) -> String {
        let given = client
            .filter(|client| client.proxied)
            .and_then(|_| parts.headers.get(REQUEST_ID)?.to_str().ok())
            .filter(|id| {
                let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
                (1..=64).contains(&id.len()) && id.bytes().all(fits)
            });
        given.map_or_else(|| self.ids.next(), str::to_owned)
    }

    /// What the transport answers by itself.
    fn ours(&self, parts: &Parts, client: &Client) -> Option<Reply> {
        let path = parts.uri.path();
        if path == "*" {
            return Some(match parts.method {
                Method::OPTIONS => Reply::empty(200),
                _ => refuse(&Fault::bad_request("This method needs a path.")),
            });
        }
        let open = client.local || self.metrics_from.contains(client.remote);
        health::answer(path, parts.method.as_str(), &self.readiness, &self.metrics, open)
    }

    async fn handled(
        &self,
        mut request: Request,
        client: &Client,
        exchange: &mut Exchange,
    ) -> Result<Reply, Fault> {
        let Some(route) = self.routes.find(&request.path) else {
            return Err(Fault::not_found());
        };
        if route.secret && !client.confidential {
            return Err(unprotected());
        }
        let authenticate = &*self.routes.authenticate;
        request.identity =
            sign_in(route.need, &request.headers, client.confidential, client.remote, authenticate)
                .await?;
        // Nothing behind this line has a use for the password.
        request.headers.remove(AUTHORIZATION);
        if let Some(identity) = &request.identity {
            authenticate.seen(identity, client.remote, request.user_agent());
            if let Some(record) = &mut exchange.record {
                record.by(identity);
            }
            exchange.place = Some(self.gate.enter(&identity.principal).await?);
        }
        run(route, request).await
    }
}

/// Runs the handler. One that panics costs its own request only.
async fn run(route: &Route, request: Request) -> Result<Reply, Fault> {
    let handler: &dyn Handler = &*route.handler;
    let mut handling = handler.handle(request);
    poll_fn(move |cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(cx)));
        if let Ok(reply) = polled {
            return reply.map(Ok);
        }
        tracing::error!("a request failed by a defect");
        Poll::Ready(Err(Fault::internal("panic")))
    })
    .await
}

fn bad_host() -> Fault {
    Fault::bad_request("The Host header must name one host.")
}

fn well_formed(parts: &Parts) -> Result<(), Fault> {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > LONGEST_TARGET {
        return Err(Fault::new(414, "The address is too long."));
    }
    if parts.method == Method::CONNECT {
        let mut fault = Fault::new(405, "This is no proxy.");
        fault.allow = Some("OPTIONS, GET, HEAD".into());
        return Err(fault);
    }
    Ok(())
}

/// The transport's own refusals are a sentence in plain text.
fn refuse(fault: &Fault) -> Reply {
    let text = format!("{}\n", fault.message);
    let body = ReplyBody::Bytes(text.into());
    let mut reply = Reply::with_body(fault.status, "text/plain; charset=utf-8", body);
    if fault.status == 401 {
        reply.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    }
    if let Some(seconds) = fault.retry_after {
        reply.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = &fault.allow {
        reply = reply.header("allow", allow);
    }
    reply
}

/// What is sent unless the handler said otherwise: no answer is guessed into another type, run
/// as a page, or kept by anybody but its client.
fn with_defaults(headers: &mut HeaderMap) {
    let defaults = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (CACHE_CONTROL, "private, no-store"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

fn finish(
    reply: Reply,
    method: &Method,
    version: Version,
    id: &str,
    connection: &Connection,
    mut exchange: Exchange,
) -> Response<AnswerBody> {
    let Reply { status, mut headers, mut body } = reply;
    exchange.answered(status.as_u16());
    with_defaults(&mut headers);
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    if version < Version::HTTP_2 && connection.is_abandoned() {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if method == Method::HEAD {
        if let Some(length) = AnswerBody::length(&body) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        body = ReplyBody::Empty;
    } else if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        body = ReplyBody::Empty;
    }
    let mut response = Response::new(AnswerBody::new(body, connection.is_http2(), exchange));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
