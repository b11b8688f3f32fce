//! What became of a message: `SCHEDULE-STATUS` (RFC 6638 §3.2.9).

/// Handed to the queue; more is not known yet.
pub const PENDING: &str = "1.0";
/// Handed to a mail server.
pub const SENT: &str = "1.1";
/// In the recipient's calendar.
pub const DELIVERED: &str = "1.2";
/// The recipient answered.
pub const SUCCESS: &str = "2.0";
/// There is nobody of that address.
pub const NOBODY: &str = "3.7";
/// It could not be delivered.
pub const FAILED: &str = "5.1";
/// There is no way to this recipient.
pub const NO_WAY: &str = "5.2";
