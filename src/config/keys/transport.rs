//! How the server is reached.

use super::{GIB, Key, Kind, key, number};

pub(super) const KEYS: &[Key] = &[
    key(
        "server",
        "listen",
        Kind::List("ADDRESS:PORT"),
        "Addresses that speak plain HTTP: for a reverse proxy or this machine itself. Sign-in over plain HTTP is only taken from this machine or through a trusted proxy.",
    ),
    key(
        "server",
        "external_urls",
        Kind::List("URL without path"),
        "The addresses people use, e.g. \"https://dav.example.org\"; the first is the main one. Empty: the name that each client used.",
    ),
    key(
        "server",
        "trusted_proxies",
        Kind::List("address or network such as 10.0.0.0/8"),
        "Reverse proxies whose word on the client's address, scheme and host is taken. They must overwrite these headers.",
    ),
    key(
        "server",
        "forwarded_headers",
        Kind::Choice(&["x-forwarded", "forwarded"]),
        "The headers those proxies set: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239).",
    ),
    key(
        "server",
        "metrics_from",
        Kind::List("address or network such as 10.0.0.0/8"),
        "Who may read /metrics, beside this machine itself.",
    ),
    key(
        "server",
        "connections",
        number("connections", 1, 100_000),
        "Most connections at the same time; more wait to be accepted.",
    ),
    key(
        "server",
        "connections_per_address",
        number("connections", 1, 100_000),
        "Most connections from one address (one /64 for IPv6); trusted proxies are exempt.",
    ),
    key(
        "server",
        "header_bytes",
        number("bytes", 8192, 1 << 20),
        "Most bytes of a request's first line and headers.",
    ),
    key(
        "server",
        "http2_streams",
        number("requests", 1, 1000),
        "Most requests at the same time on one HTTP/2 connection.",
    ),
    key(
        "server",
        "drain_bytes",
        number("bytes", 0, GIB),
        "How much of a refused body is taken and thrown away to keep the connection; of a longer one the connection is closed.",
    ),
    key(
        "tls",
        "listen",
        Kind::List("ADDRESS:PORT"),
        "Addresses that speak HTTPS, e.g. \"0.0.0.0:8443\"; needs certificate and key.",
    ),
    key(
        "tls",
        "certificate",
        Kind::Text("path of a PEM file"),
        "The certificate and its chain. Read again when the file changes and on SIGHUP.",
    ),
    key("tls", "key", Kind::Text("path of a PEM file"), "The certificate's private key."),
];
