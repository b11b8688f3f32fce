//! Bytes to meaning and back; pure functions.
