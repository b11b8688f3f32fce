//! Words every layer may use: ids, ETags, time, limits, faults, requests and replies. No I/O.

pub mod body;
pub mod clock;
pub mod counted;
pub mod etag;
pub mod fault;
pub mod id;
pub mod identity;
pub mod limits;
pub mod message;
pub mod networks;

pub use body::{Chunks, ReplyBody, RequestBody};
pub use clock::{Clock, SystemClock, Timestamp};
pub use counted::counted;
pub use etag::ETag;
pub use fault::{Condition, Detail, Fault};
pub use id::{CollectionId, ContactId, DeviceId, ObjectName, PrincipalId};
pub use identity::{Delegation, Groups, Identity, Profile};
pub use limits::Limits;
pub use message::{Handler, Reply, Request};
pub use networks::Networks;
