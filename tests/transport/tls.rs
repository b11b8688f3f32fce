//! HTTPS: both protocols by ALPN, stuck handshakes, streams that nobody takes.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rolodav::config::Settings;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::Wire;
use crate::support::client::PATIENCE;
use crate::toy::{Toy, settings};

/// A toy that speaks HTTPS with a certificate of its own.
struct Secure {
    toy: Toy,
    certificate: CertificateDer<'static>,
    _files: tempfile::TempDir,
}

impl Secure {
    fn start(mut settings: Settings) -> Self {
        let files = tempfile::tempdir().unwrap();
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        settings.tls.certificate = files.path().join("certificate.pem");
        settings.tls.key = files.path().join("key.pem");
        settings.tls.listen = vec!["127.0.0.1:0".to_owned()];
        std::fs::write(&settings.tls.certificate, pair.cert.pem()).unwrap();
        std::fs::write(&settings.tls.key, pair.signing_key.serialize_pem()).unwrap();
        let certificate = pair.cert.der().clone();
        Self { toy: Toy::start(settings), certificate, _files: files }
    }

    fn address(&self) -> SocketAddr {
        self.toy.tls.unwrap()
    }

    fn client(&self, protocol: &str) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Arc::new(config)
    }

    fn connect(&self) -> Wire {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let session = ClientConnection::new(self.client("http/1.1"), name).unwrap();
        Wire::over(StreamOwned::new(session, stream))
    }

    async fn connect_http2(&self) -> h2::client::SendRequest<bytes::Bytes> {
        let stream = tokio::net::TcpStream::connect(self.address()).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(self.client("h2"));
        let name = ServerName::try_from("localhost").unwrap();
        let stream = connector.connect(name, stream).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(async move {
            let _ = connection.await;
        });
        sender.ready().await.unwrap()
    }
}

fn get(path: &str) -> http::Request<()> {
    http::Request::get(format!("https://localhost{path}")).body(()).unwrap()
}

async fn read(mut body: h2::RecvStream) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece.unwrap();
        body.flow_control().release_capacity(piece.len()).unwrap();
        whole.extend_from_slice(&piece);
    }
    whole
}

#[test]
fn http1_over_tls() {
    let secure = Secure::start(settings());
    let mut wire = secure.connect();
    for _ in 0..2 {
        let answer = wire.ask("GET", "/open/x", &[], b"");
        assert_eq!(answer.text(), "GET /open/x nobody https://localhost 127.0.0.1");
    }
    assert_eq!(secure.toy.connect().ask("GET", "/open/x", &[], b"").status, 200, "plain beside it");
}

#[tokio::test]
async fn http2_over_tls() {
    let secure = Secure::start(settings());
    let mut sender = secure.connect_http2().await;
    let mut answers = Vec::new();
    for n in 0..20 {
        sender = sender.ready().await.unwrap();
        answers.push(sender.send_request(get(&format!("/open/{n}")), true).unwrap().0);
    }
    for (n, answer) in answers.into_iter().enumerate() {
        let answer = answer.await.unwrap();
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let text = String::from_utf8(read(answer.into_body()).await).unwrap();
        assert_eq!(text, format!("GET /open/{n} nobody https://localhost 127.0.0.1"));
    }
    let put = http::Request::put("https://localhost/open/read").body(()).unwrap();
    let (answer, mut body) = sender.send_request(put, false).unwrap();
    body.send_data(vec![b'x'; 1000].into(), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(read(answer.into_body()).await, b"1000 bytes");
}

/// Refused bodies must give the connection's window back, or the next upload waits for ever.
#[tokio::test]
async fn unread_http2_bodies_do_not_use_up_the_connection() {
    let secure = Secure::start(settings());
    let mut sender = secure.connect_http2().await;
    for turn in 0..10 {
        let put = http::Request::put("https://localhost/open/refuse").body(()).unwrap();
        sender = sender.ready().await.unwrap();
        let (answer, mut body) = sender.send_request(put, false).unwrap();
        // Sent as far as windows allow before the refusal resets the stream.
        let _ = body.send_data(vec![b'x'; 100 << 10].into(), true);
        assert_eq!(answer.await.unwrap().status(), 403, "turn {turn}");
    }
    let put = http::Request::put("https://localhost/open/read").body(()).unwrap();
    let (answer, mut body) = sender.ready().await.unwrap().send_request(put, false).unwrap();
    body.send_data(vec![b'x'; 60_000].into(), true).unwrap();
    let answer = tokio::time::timeout(PATIENCE, answer).await.expect("no window is left").unwrap();
    assert_eq!(answer.status(), 201);
}

#[tokio::test]
async fn an_http2_stream_that_nobody_takes_is_reset_and_the_others_go_on() {
    let mut settings = settings();
    settings.timeouts.write_seconds = 1;
    let secure = Secure::start(settings);
    let mut sender = secure.connect_http2().await;
    let (untaken, _) = sender.send_request(get("/open/endless"), true).unwrap();
    let mut untaken = untaken.await.unwrap().into_body();
    let streams = || secure.toy.seen.streams.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(streams(), 1);
    let since = Instant::now();
    while streams() > 0 {
        assert!(since.elapsed() < Duration::from_secs(10), "the stream was never reset");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (next, _) = sender.send_request(get("/open/x"), true).unwrap();
    assert_eq!(next.await.unwrap().status(), 200, "the connection was lost with the stream");
    let ended = loop {
        match untaken.data().await {
            Some(Ok(_)) => {}
            other => break other,
        }
    };
    assert!(matches!(ended, Some(Err(_))), "the cut answer looks whole: {ended:?}");
}

#[tokio::test]
async fn an_idle_http2_connection_is_closed() {
    let mut settings = settings();
    settings.timeouts.header_seconds = 1;
    let secure = Secure::start(settings);
    let mut sender = secure.connect_http2().await;
    let (slow, _) = sender.send_request(get("/open/second"), true).unwrap();
    assert_eq!(slow.await.unwrap().status(), 200, "a connection at work was taken for idle");
    let since = Instant::now();
    while let Ok(ready) = sender.clone().ready().await {
        drop(ready);
        assert!(since.elapsed() < Duration::from_secs(10), "an idle connection was kept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn http2_streams_in_flight_are_answered_while_stopping() {
    let mut secure = Secure::start(settings());
    let mut sender = secure.connect_http2().await;
    let (slow, _) = sender.send_request(get("/open/second"), true).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    secure.toy.begin_stop();
    let answer = slow.await.expect("a request in flight was cut");
    assert_eq!(read(answer.into_body()).await, b"after a second");
    drop(sender);
    let took = tokio::task::spawn_blocking(move || secure.toy.stopped()).await.unwrap();
    assert!(took < Duration::from_secs(3), "{took:?} after the last answer");
}

#[test]
fn stuck_handshakes_are_cut_and_hold_nobody_up() {
    let mut settings = settings();
    settings.timeouts.handshake_seconds = 1;
    let secure = Secure::start(settings);
    // The begin of a ClientHello, nothing at all, and plain HTTP.
    let starts: [&[u8]; 3] = [b"\x16\x03\x01\x02\x00\x01\x00", b"", b"GET / HTTP/1.1\r\n\r\n"];
    let mut stuck: Vec<_> = starts
        .iter()
        .map(|start| {
            let mut wire = Wire::open(secure.address());
            wire.send(start);
            wire
        })
        .collect();
    let since = Instant::now();
    assert_eq!(secure.connect().ask("GET", "/open/x", &[], b"").status, 200);
    assert!(since.elapsed() < Duration::from_millis(900), "held up for {:?}", since.elapsed());
    for wire in &mut stuck {
        wire.rest();
    }
    assert!(since.elapsed() < Duration::from_secs(5), "cut after {:?}", since.elapsed());
}
