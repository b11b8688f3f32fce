//! Fetches one address: every host on the way is resolved and vetted, and the connection goes to
//! exactly the address that was. Nothing is sent but what is asked for: no cookies, no passwords.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Answer, Client, Trouble};
use super::location::{Location, NoLocation};
use super::vetting::Vetting;

/// Most redirects of one fetch.
const REDIRECTS: usize = 5;

/// Addresses of one host that are tried.
const TRIED: usize = 3;

/// How long one address of several may take to connect.
const CONNECT: Duration = Duration::from_secs(10);

/// Longest validator that is kept, in bytes.
const VALIDATOR: usize = 1024;

/// What a fetch may cost, and where it may go.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The addresses that are connected to.
    pub vetting: Vetting,
    /// For all of it, redirects included.
    pub patience: Duration,
    /// Most bytes of what is fetched.
    pub most: usize,
}

/// Fetches what is asked for, one address at a time.
#[derive(Debug)]
pub struct Fetcher {
    client: Client,
    rules: Rules,
}

/// What was told with what was fetched last, so that it need not come again (RFC 9110 §13.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// `ETag`
    pub etag: Option<String>,
    /// `Last-Modified`
    pub last_modified: Option<String>,
}

/// What an address has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The same as before.
    Same,
    /// This.
    New(Found),
}

/// What was found at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// All of it.
    pub bytes: Bytes,
    /// What to ask with next time.
    pub known: Known,
}

/// Why nothing was fetched. No message names more of an address than its host: the rest may be a
/// secret.
#[derive(Debug)]
pub enum Unfetched {
    /// The address, or one it leads to, cannot be fetched.
    Address(NoLocation),
    /// There is no such host.
    NoHost(String),
    /// The host is none of the public internet.
    NotPublic(String, IpAddr),
    /// There is no answer.
    Trouble(Trouble),
    /// One redirect follows the other.
    Redirects,
    /// A redirect leads from https to http.
    Unencrypted(String),
    /// The answer is this status; when to come again, in seconds, if it says so.
    Status(u16, Option<u64>),
    /// It is compressed, which was not asked for.
    Encoded,
}

impl Fetcher {
    /// A fetcher that keeps to `rules`.
    pub fn new(rules: Rules) -> Self {
        Self { client: Client::new(), rules }
    }

    /// Fetches what `location` has, unless it still is what is `known`. `accept` is the media type
    /// that is asked for.
    pub async fn fetch(
        &self,
        location: &Location,
        accept: &str,
        known: &Known,
    ) -> Result<Fetched, Unfetched> {
        let patience = self.rules.patience;
        let fetched = timeout(patience, self.follow(location, accept, known)).await;
        fetched.unwrap_or(Err(Unfetched::Trouble(Trouble::Silence(patience))))
    }

    async fn follow(
        &self,
        location: &Location,
        accept: &str,
        known: &Known,
    ) -> Result<Fetched, Unfetched> {
        let mut location = location.clone();
        for _ in 0..=REDIRECTS {
            let tcp = self.connect(&location).await?;
            let request = request(&location, accept, known)?;
            let answer = self.client.send_over(tcp, request, self.rules.most).await;
            let answer = answer.map_err(Unfetched::Trouble)?;
            match answer.status.as_u16() {
                200 => return found(answer),
                304 if *known != Known::default() => return Ok(Fetched::Same),
                301 | 302 | 303 | 307 | 308 => {
                    let to = answer.header("location").ok_or(Unfetched::Redirects)?;
                    let next = location.follow(to).map_err(Unfetched::Address)?;
                    if location.is_encrypted() && !next.is_encrypted() {
                        return Err(Unfetched::Unencrypted(next.host().to_owned()));
                    }
                    location = next;
                }
                status => {
                    let after = answer.header("retry-after");
                    let after = after.and_then(|after| after.trim().parse().ok());
                    return Err(Unfetched::Status(status, after));
                }
            }
        }
        Err(Unfetched::Redirects)
    }

    /// A connection to one of the host's addresses that may be connected to.
    async fn connect(&self, location: &Location) -> Result<TcpStream, Unfetched> {
        let (host, port) = (location.host(), location.port());
        let no_host = || Unfetched::NoHost(host.to_owned());
        let all = tokio::net::lookup_host((host, port)).await.map_err(|_| no_host())?;
        let all: Vec<SocketAddr> = all.collect();
        let first = all.first().ok_or_else(no_host)?.ip();
        let vetted = all.iter().filter(|address| self.rules.vetting.admits(address.ip()));
        let mut trouble = Unfetched::NotPublic(host.to_owned(), first);
        for address in vetted.take(TRIED) {
            match timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => return Ok(tcp),
                Ok(Err(error)) => trouble = Unfetched::Trouble(Trouble::Connect(error)),
                Err(_) => trouble = Unfetched::Trouble(Trouble::Silence(CONNECT)),
            }
        }
        Err(trouble)
    }
}

fn found(answer: Answer) -> Result<Fetched, Unfetched> {
    let encoding = answer.header("content-encoding").unwrap_or("identity").trim();
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Unfetched::Encoded);
    }
    let kept = |name| answer.header(name).filter(|it| it.len() <= VALIDATOR).map(str::to_owned);
    let known = Known { etag: kept("etag"), last_modified: kept("last-modified") };
    Ok(Fetched::New(Found { bytes: answer.body, known }))
}

fn request(
    location: &Location,
    accept: &str,
    known: &Known,
) -> Result<Request<Full<Bytes>>, Unfetched> {
    let mut builder = Request::get(location.uri().clone())
        .header("host", location.authority())
        .header("user-agent", concat!("rolodav/", env!("CARGO_PKG_VERSION")))
        .header("accept", accept)
        .header("accept-encoding", "identity");
    if let Some(etag) = &known.etag {
        builder = builder.header("if-none-match", etag);
    }
    if let Some(time) = &known.last_modified {
        builder = builder.header("if-modified-since", time);
    }
    let request = builder.body(Full::new(Bytes::new()));
    request.map_err(|_| Unfetched::Address(NoLocation::Unreadable))
}

impl fmt::Display for Unfetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(no) => no.fmt(f),
            Self::NoHost(host) => write!(f, "There is no host `{host}`, as far as is known here."),
            Self::NotPublic(host, address) => {
                write!(
                    f,
                    "`{host}` is at {address}, which is no address of the public internet. To \
                     allow it, name it in the setting `subscriptions.private_networks`."
                )
            }
            Self::Trouble(trouble) => write!(f, "It could not be fetched: {trouble}."),
            Self::Redirects => f.write_str("The address leads on and on to others."),
            Self::Unencrypted(host) => {
                write!(f, "The address leads on to `{host}` without encryption.")
            }
            Self::Status(401 | 403, _) => f.write_str(
                "The address asks for a password or is closed to us. Ask whoever publishes the \
                 calendar for a secret address.",
            ),
            Self::Status(404 | 410, _) => {
                f.write_str("There is no calendar at this address any more.")
            }
            Self::Status(status, _) => {
                write!(f, "The server of the calendar answered with the error {status}.")
            }
            Self::Encoded => f.write_str("The server of the calendar sends it compressed."),
        }
    }
}

impl std::error::Error for Unfetched {}
