//! A small HTTP client that does what a phone does: one request on one connection, certificates
//! checked against the public authorities.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const PATIENCE: Duration = Duration::from_secs(15);
const LARGEST_ANSWER: usize = 8 << 20;

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
    Silence,
    /// What came is no answer in HTTP.
    Protocol(String),
}

/// Sends requests.
#[derive(Debug)]
pub struct Client {
    tls: Option<Arc<ClientConfig>>,
}

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

    /// Sends one request and reads the whole answer.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
        timeout(PATIENCE, self.exchange(request)).await.unwrap_or(Err(Trouble::Silence))
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
        let uri = request.uri().clone();
        let encrypted = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let tcp = TcpStream::connect((host.as_str(), port)).await.map_err(Trouble::Connect)?;
        // On the wire a request names path and host apart.
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse().unwrap_or_default();
        if !encrypted {
            return speak(tcp, request).await;
        }
        let name =
            ServerName::try_from(host).map_err(|e| Trouble::Tls(std::io::Error::other(e)))?;
        let unusable = || Trouble::Tls(std::io::Error::other("TLS cannot be used here"));
        let tls = TlsConnector::from(Arc::clone(self.tls.as_ref().ok_or_else(unusable)?));
        speak(tls.connect(name, tcp).await.map_err(Trouble::Tls)?, request).await
    }
}

async fn speak<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let protocol = |error: &dyn fmt::Display| Trouble::Protocol(error.to_string());
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|e| protocol(&e))?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|e| protocol(&e))?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(|e| protocol(&e))?;
    connection.abort();
    Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
}

/// A request of a phone.
pub fn request(
    method: &str,
    uri: &Uri,
    headers: &[(&'static str, &str)],
    body: &'static str,
) -> Result<Request<Full<Bytes>>, Trouble> {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET);
    let mut builder = Request::builder()
        .method(method)
        .uri(uri)
        .header("host", authority)
        .header("user-agent", concat!("rolodav-doctor/", env!("CARGO_PKG_VERSION")))
        .header("accept", "*/*");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    if !body.is_empty() {
        builder = builder.header("content-type", "application/xml; charset=utf-8");
    }
    let body = Full::new(Bytes::from_static(body.as_bytes()));
    builder.body(body).map_err(|error| Trouble::Protocol(error.to_string()))
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "no connection: {error}"),
            Self::Tls(error) => write!(f, "no encrypted connection: {error}"),
            Self::Silence => write!(f, "no answer within {} seconds", PATIENCE.as_secs()),
            Self::Protocol(error) => write!(f, "no answer that can be understood: {error}"),
        }
    }
}

impl Trouble {
    /// What to do about it.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Connect(_) => {
                "Is the server running, is the name right, and does a firewall let the port through?"
            }
            Self::Tls(_) => {
                "Phones refuse this too. The certificate must be of a public authority, be sent \
                 with its intermediate ones, name this host, and not be expired."
            }
            Self::Silence => "Look at the server's log, and at that of a proxy before it.",
            Self::Protocol(_) => "Is there another program on this port, or http where https is?",
        }
    }
}
