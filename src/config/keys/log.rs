//! What is logged.

use super::{Key, Kind, key};

pub(super) const KEYS: &[Key] = &[
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
