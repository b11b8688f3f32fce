//! A small HTTP client: one request on one connection, certificates checked against the public
//! authorities, headers and body bounded.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long [`Client::send`] waits for a whole answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The largest body that [`Client::send`] takes, in bytes.
const LARGEST_ANSWER: usize = 8 << 20;

/// Most bytes of the head of an answer.
const HEAD: usize = 64 << 10;

/// Most headers of an answer.
const HEADERS: usize = 100;

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Trouble {
    /// The name or port does not lead anywhere.
    Connect(std::io::Error),
    /// The encryption cannot be set up.
    Tls(std::io::Error),
    /// Nothing came in time.
    Silence(Duration),
    /// The body has more than so many bytes.
    TooLarge(usize),
    /// What came is no answer in HTTP.
    Protocol(String),
}

/// Sends requests.
#[derive(Debug)]
pub struct Client {
    tls: Option<Arc<ClientConfig>>,
}

// === impl Answer ===

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers of that name, with commas between them, as one may send them.
    pub fn joined(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ")
    }
}

// === impl Client ===

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client that trusts the public certificate authorities.
    pub fn new() -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let tls = tls.map(|tls| tls.with_root_certificates(roots).with_no_client_auth());
        Self { tls: tls.ok().map(Arc::new) }
    }

    /// Sends one request to wherever its host is, and reads the whole answer.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
        let uri = request.uri();
        let host = host(&request);
        let port =
            uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let exchange = async {
            let tcp = TcpStream::connect((host, port)).await.map_err(Trouble::Connect)?;
            self.send_over(tcp, request, LARGEST_ANSWER).await
        };
        timeout(PATIENCE, exchange).await.unwrap_or(Err(Trouble::Silence(PATIENCE)))
    }

    /// Sends one request on this connection, encrypted for its host if it is one of https, and
    /// reads the whole answer with a body of at most `most` bytes. It waits as long as it takes.
    pub async fn send_over(
        &self,
        tcp: TcpStream,
        mut request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Answer, Trouble> {
        let (host, uri) = (host(&request), request.uri().clone());
        // On the wire a request names path and host apart.
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse().unwrap_or_default();
        if uri.scheme_str() != Some("https") {
            return speak(tcp, request, most).await;
        }
        let name =
            ServerName::try_from(host).map_err(|e| Trouble::Tls(std::io::Error::other(e)))?;
        let unusable = || Trouble::Tls(std::io::Error::other("TLS cannot be used here"));
        let tls = TlsConnector::from(Arc::clone(self.tls.as_ref().ok_or_else(unusable)?));
        speak(tls.connect(name, tcp).await.map_err(Trouble::Tls)?, request, most).await
    }
}

fn host(request: &Request<Full<Bytes>>) -> String {
    request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned()
}

async fn speak<S>(stream: S, request: Request<Full<Bytes>>, most: usize) -> Result<Answer, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let protocol = |error: &dyn fmt::Display| Trouble::Protocol(error.to_string());
    let mut bounded = http1::Builder::new();
    bounded.max_buf_size(HEAD).max_headers(HEADERS);
    let (mut sender, connection) =
        bounded.handshake(TokioIo::new(stream)).await.map_err(|e| protocol(&e))?;
    // Ends with this call, however that ends.
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let answer = sender.send_request(request).await.map_err(|e| protocol(&e))?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, most).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { Trouble::TooLarge(most) } else { protocol(&error) }
    })?;
    Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
}

// === impl Trouble ===

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "no connection: {error}"),
            Self::Tls(error) => write!(f, "no encrypted connection: {error}"),
            Self::Silence(time) => write!(f, "no answer within {} seconds", time.as_secs()),
            Self::TooLarge(most) => write!(f, "the answer has more than {most} bytes"),
            Self::Protocol(error) => write!(f, "no answer that can be understood: {error}"),
        }
    }
}

impl Error for Trouble {}
