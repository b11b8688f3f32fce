//! Signing in.

use super::{DAY, Key, key, number};

pub(super) const KEYS: &[Key] = &[
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
];
