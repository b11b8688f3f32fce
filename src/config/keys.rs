//! The table of every key: its kind, unit, bounds and meaning in one line.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The section.
    pub section: &'static str,
    /// The key in its section.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// What it does, in one line.
    pub meaning: &'static str,
}

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A whole number of `unit` from `least` to `most`.
    Number {
        /// The unit.
        unit: &'static str,
        /// The smallest value.
        least: i64,
        /// The largest value.
        most: i64,
    },
    /// A text: what it holds.
    Text(&'static str),
    /// A list of texts: what each holds.
    List(&'static str),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// true or false.
    Flag,
}

const fn number(unit: &'static str, least: i64, most: i64) -> Kind {
    Kind::Number { unit, least, most }
}

const fn key(section: &'static str, name: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key { section, name, kind, meaning }
}

const MANY: i64 = 1_000_000_000;
const DAY: i64 = 86_400;
const GIB: i64 = 1 << 30;

/// Every key, in the order of `config/rolodav.toml`.
pub const KEYS: &[Key] = &[
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
    key(
        "store",
        "path",
        Kind::Text("path of a directory"),
        "The data directory; made when it does not exist.",
    ),
    key("store", "cache_mib", number("MiB", 1, 1 << 20), "Memory for data that was read lately."),
    key(
        "store",
        "history_days",
        number("days", 1, 36_500),
        "How long overwritten and deleted cards and books can be restored.",
    ),
    key(
        "store",
        "quota_mib",
        number("MiB", 0, 1 << 30),
        "Space for each user's cards; 0 sets no bound. History and trash do not count.",
    ),
    key("limits", "card_bytes", number("bytes", 1024, GIB), "Largest card that is taken."),
    key(
        "limits",
        "event_bytes",
        number("bytes", 1024, GIB),
        "Largest event or task that is taken.",
    ),
    key(
        "limits",
        "event_lines",
        number("lines", 100, 10_000_000),
        "Most lines of one event or task.",
    ),
    key(
        "limits",
        "event_components",
        number("parts", 10, 10_000_000),
        "Most parts of one event or task: changed instances, alarms, time zones.",
    ),
    key(
        "limits",
        "event_instances",
        number("instances", 10, 10_000_000),
        "Most changed or added instances written out in one event or task.",
    ),
    key("limits", "attendees", number("attendees", 1, 1_000_000), "Most attendees of one event."),
    key(
        "limits",
        "recurrence_steps",
        number("steps", 1000, 1_000_000_000),
        "Work on recurring events in one request; beyond it they count as hits.",
    ),
    key(
        "limits",
        "expanded_instances",
        number("instances", 1, 10_000_000),
        "Most single instances written into one answer.",
    ),
    key(
        "limits",
        "expanded_bytes",
        number("bytes", 1024, GIB),
        "Largest part of an answer that single instances take.",
    ),
    key("limits", "xml_bytes", number("bytes", 1024, GIB), "Largest XML request body."),
    key(
        "limits",
        "xml_depth",
        number("levels", 8, 1000),
        "Deepest nesting of elements in an XML request.",
    ),
    key(
        "limits",
        "xml_elements",
        number("elements", 100, MANY),
        "Most elements in an XML request.",
    ),
    key("limits", "hrefs", number("addresses", 1, MANY), "Most addresses in one multiget."),
    key(
        "limits",
        "properties",
        number("properties", 10, 100_000),
        "Most properties named in one request.",
    ),
    key(
        "limits",
        "dead_property_bytes",
        number("bytes", 0, GIB),
        "Most bytes of clients' own properties on one resource.",
    ),
    key(
        "limits",
        "sync_page",
        number("members", 1, MANY),
        "Most members in one answer to sync-collection; the rest follows in further pages.",
    ),
    key("limits", "card_lines", number("lines", 100, MANY), "Most lines of one card."),
    key(
        "limits",
        "principal_matches",
        number("people", 1, 100_000),
        "Most people in the answer to one search for people.",
    ),
    key(
        "limits",
        "requests_per_user",
        number("requests", 1, 10_000),
        "Most requests of one user at the same time; more wait for timeouts.queue_seconds.",
    ),
    key("timeouts", "handshake_seconds", number("seconds", 1, 3600), "For the TLS handshake."),
    key(
        "timeouts",
        "header_seconds",
        number("seconds", 1, 3600),
        "For a request's headers, and for the next request on an open connection (trusted proxies may keep one open for five minutes).",
    ),
    key(
        "timeouts",
        "body_seconds",
        number("seconds", 1, 3600),
        "For each piece of a request's body.",
    ),
    key(
        "timeouts",
        "write_seconds",
        number("seconds", 1, 3600),
        "For the client to take the next piece of an answer; a client that takes nothing for so long is cut off.",
    ),
    key(
        "timeouts",
        "minimum_pace",
        number("bytes a second", 0, GIB),
        "Slowest pace of a request's body; a slower one is cut off. 0: any pace.",
    ),
    key(
        "timeouts",
        "queue_seconds",
        number("seconds", 0, 3600),
        "How long a request waits while limits.requests_per_user are at work.",
    ),
    key(
        "timeouts",
        "stop_seconds",
        number("seconds", 0, DAY),
        "How long a stopping server lets requests finish.",
    ),
    key(
        "auth",
        "argon2_memory_kib",
        number("KiB", 8, 4 << 20),
        "Memory of one password hash (Argon2id).",
    ),
    key("auth", "argon2_passes", number("passes", 1, 100), "Passes of one password hash."),
    key(
        "auth",
        "argon2_parallel",
        number("hashes", 1, 64),
        "Password hashes that are computed at the same time.",
    ),
    key(
        "auth",
        "cache_seconds",
        number("seconds", 0, DAY),
        "How long a password that was right is remembered (in memory, as a keyed hash).",
    ),
    key(
        "auth",
        "cache_entries",
        number("entries", 0, 1_000_000),
        "How many such passwords are remembered.",
    ),
    key(
        "auth",
        "failures_before_wait",
        number("failures", 1, 1000),
        "Wrong passwords in a row before an account has to wait; an address may fail four times as often. Passwords of devices never wait.",
    ),
    key(
        "auth",
        "longest_wait_seconds",
        number("seconds", 1, DAY),
        "Longest wait after wrong passwords; the wait doubles up to it.",
    ),
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
    key(
        "contacts",
        "stages",
        Kind::List("one word"),
        "The stages a contact can be in, in their order.",
    ),
    key(
        "contacts",
        "stage_cadence",
        Kind::List("STAGE=DAYS, such as \"client=90\""),
        "How often contacts of a stage are to be contacted, unless a contact has a cadence of its own.",
    ),
    key(
        "contacts",
        "kinds",
        Kind::List("one word"),
        "Kinds of interactions beside call, meeting, mail, message, contact and note.",
    ),
    key(
        "contacts",
        "history_entries",
        number("interactions", 0, 200),
        "Most interactions that a card shows, the latest; all of them are kept. 0: cards show none.",
    ),
    key(
        "contacts",
        "history_bytes",
        number("bytes", 256, 1 << 16),
        "Most bytes of them that a card shows.",
    ),
    key(
        "contacts",
        "meetings",
        Kind::Flag,
        "Log events that ended as meetings with the contacts who attended.",
    ),
    key(
        "contacts",
        "meeting_attendees",
        number("attendees", 1, 100),
        "Events with more attendees are not logged.",
    ),
    key(
        "contacts",
        "phone_region",
        Kind::Text("country such as DE"),
        "The country in which phone numbers without a country code are dialled. Needed to tell that two such numbers are one; empty: they are compared by their ends.",
    ),
    key(
        "subscriptions",
        "private_networks",
        Kind::List("address or network such as 192.168.1.0/24"),
        "Where calendars may be fetched from although it is no address of the public internet: this machine (127.0.0.1) and the networks behind it are open to nobody who names an address, unless they are listed here.",
    ),
    key(
        "subscriptions",
        "feed_mib",
        number("MiB", 1, 1024),
        "Largest calendar that is fetched for somebody who subscribes to it.",
    ),
    key(
        "subscriptions",
        "entries",
        number("entries", 1, 1_000_000),
        "Most entries of one such calendar.",
    ),
    key(
        "subscriptions",
        "fetch_seconds",
        number("seconds", 1, 3600),
        "Longest time for one fetch, redirects included.",
    ),
    key(
        "subscriptions",
        "at_once",
        number("calendars", 1, 64),
        "Calendars that are fetched at the same time.",
    ),
    key(
        "log",
        "level",
        Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        "How much is logged.",
    ),
    key(
        "log",
        "format",
        Kind::Choice(&["text", "json"]),
        "Lines for people, or one JSON object a line.",
    ),
    key("log", "access", Kind::Flag, "One record for each request (never bodies or passwords)."),
];

impl Key {
    /// `section.key`
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// Is its value nobody's to read?
    pub fn is_secret(&self) -> bool {
        self.name == "password"
    }

    /// The key's environment variable, `ROLODAV__SECTION__KEY`.
    pub fn variable(&self) -> String {
        format!(
            "{}{}__{}",
            super::load::VARIABLE_PREFIX,
            self.section.to_ascii_uppercase(),
            self.name.to_ascii_uppercase()
        )
    }
}

impl Kind {
    /// What is expected, in words with the unit.
    pub fn expected(&self) -> String {
        match self {
            Self::Number { unit, least, most } => {
                format!("a whole number of {unit} from {least} to {most}")
            }
            Self::Text(what) => format!("a text in quotes ({what})"),
            Self::List(what) => format!("a list of texts, each {what}"),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Flag => "true or false".to_owned(),
        }
    }

    /// The unit or form, as the settings file shows it.
    pub fn unit(&self) -> String {
        match self {
            Self::Number { unit, .. } => (*unit).to_owned(),
            Self::Text(what) => (*what).to_owned(),
            Self::List(what) => format!("list of {what}"),
            Self::Choice(choices) => choices.join(" | "),
            Self::Flag => "true | false".to_owned(),
        }
    }
}
