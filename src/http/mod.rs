//! The transport: listeners, TLS, limits, sign-in on the wire; knows no DAV.
