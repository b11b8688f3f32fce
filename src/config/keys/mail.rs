//! Mail that is sent, and mail that is logged.

use super::{GIB, Key, Kind, key, number};

pub(super) const KEYS: &[Key] = &[
    key(
        "mail",
        "relay",
        Kind::Text("HOST, HOST:PORT or URL"),
        "The mail server that invitations to people elsewhere are handed to: \"mail.example.org\" or \"smtp://mail.example.org:587\" (STARTTLS), \"smtps://…\" (TLS), \"smtp+plain://localhost:25\" (without encryption). Empty: nobody elsewhere is written to, and events say so.",
    ),
    key(
        "mail",
        "from",
        Kind::Text("mail address"),
        "The address that invitations come from; answers go to the person who invites.",
    ),
    key(
        "mail",
        "username",
        Kind::Text("name"),
        "The name to sign in with at the relay, if it wants one.",
    ),
    key("mail", "password", Kind::Text("password"), "The password for that."),
    key(
        "mail_capture",
        "domain",
        Kind::Text("domain"),
        "The domain of the secret addresses that mail to be logged is sent to, e.g. \"crm.example.org\": shown when such an address is made.",
    ),
    key(
        "mail_capture",
        "text",
        Kind::Choice(&["subject", "excerpt"]),
        "What of a mail is remembered: what it is about, or that and its first words (at most 500 characters). Nothing else is kept.",
    ),
    key(
        "mail_capture",
        "vouching_server",
        Kind::Text("name in Authentication-Results"),
        "The mail server whose word on senders is believed (RFC 8601). Mail it does not vouch for waits until its owner assigns it. Empty: who knows the secret address is believed.",
    ),
    key(
        "mail_capture",
        "message_bytes",
        number("bytes", 65_536, GIB),
        "Largest mail that is taken; its first 512 KiB are looked at.",
    ),
    key(
        "mail_capture",
        "mails_per_hour",
        number("mails", 1, 1_000_000),
        "Most mails to one secret address in an hour; more are to be sent again later.",
    ),
    key(
        "lmtp",
        "listen",
        Kind::Text("ADDRESS:PORT or path of a socket"),
        "Where a mail server hands over mail to be logged, by LMTP (RFC 2033), e.g. \"127.0.0.1:24\" or \"/run/rolodav/lmtp\". Empty: nowhere.",
    ),
    key(
        "lmtp",
        "connections",
        number("connections", 1, 10_000),
        "Most LMTP connections at the same time; more wait to be accepted.",
    ),
    key(
        "lmtp",
        "idle_seconds",
        number("seconds", 1, 3600),
        "How long an LMTP client may be silent.",
    ),
];
