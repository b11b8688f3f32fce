//! Request bodies as they arrive: each piece in time, the whole at a minimum pace, and what a
//! handler leaves unread taken off the wire within bounds.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout};

use super::connection::Connection;
use crate::base::body::BodySource;
use crate::base::{Fault, RequestBody};

/// How a request body must arrive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Longest wait for the next piece.
    pub piece: Duration,
    /// Fewest bytes a second over all waiting, beyond one `piece` of grace; 0 for any.
    pub least: u64,
    /// Most bytes of an unread body that are thrown away to keep the connection.
    pub drain: u64,
}

/// A body on the wire.
struct WireBody {
    incoming: Option<Incoming>,
    /// The client waits for `100 Continue`, which the first look at the body sends.
    hesitant: bool,
    pace: Pace,
    waited: Duration,
    taken: u64,
    connection: Arc<Connection>,
}

/// Makes `incoming` readable for handlers.
pub(super) fn request_body(
    incoming: Incoming,
    hesitant: bool,
    pace: Pace,
    connection: &Arc<Connection>,
) -> RequestBody {
    if incoming.is_end_stream() {
        return RequestBody::empty();
    }
    let declared = incoming.size_hint().exact();
    let connection = Arc::clone(connection);
    let (waited, taken) = (Duration::ZERO, 0);
    let wire = WireBody { incoming: Some(incoming), hesitant, pace, waited, taken, connection };
    RequestBody::new(declared, Box::new(wire))
}

impl Pace {
    /// How long the next piece may take after `taken` bytes that were waited for so long.
    fn patience(&self, taken: u64, waited: Duration) -> Duration {
        match taken.checked_div(self.least) {
            Some(earned) => {
                let whole = self.piece.saturating_add(Duration::from_secs(earned));
                self.piece.min(whole.saturating_sub(waited))
            }
            None => self.piece,
        }
    }
}

impl WireBody {
    async fn piece(&mut self) -> Option<Result<Bytes, Fault>> {
        let incoming = self.incoming.as_mut()?;
        self.hesitant = false;
        let started = Instant::now();
        let patience = self.pace.patience(self.taken, self.waited);
        loop {
            let left = patience.saturating_sub(started.elapsed());
            let frame = match timeout(left, incoming.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(None) => {
                    self.incoming = None;
                    return None;
                }
                Ok(Some(Err(error))) => {
                    self.give_up();
                    let mut fault = Fault::bad_request("The body ended before it was complete.");
                    fault.cause = Some(error.into());
                    return Some(Err(fault));
                }
                Err(_) => {
                    self.give_up();
                    return Some(Err(Fault::new(408, "The body came too slowly.")));
                }
            };
            // Trailers carry nothing that we know.
            if let Ok(data) = frame.into_data() {
                self.waited += started.elapsed();
                self.taken += data.len() as u64;
                self.connection.received(data.len());
                return Some(Ok(data));
            }
        }
    }

    /// What is still to come will not be read: the connection cannot be used again.
    fn give_up(&mut self) {
        if self.incoming.take().is_some() {
            self.connection.abandon();
        }
    }
}

impl BodySource for WireBody {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<Result<Bytes, Fault>>> + Send + '_>> {
        Box::pin(self.piece())
    }
}

impl Drop for WireBody {
    /// A refused body that is short, or was sent whole already, is thrown away so that the next
    /// request on the connection is found; for any other the connection is closed.
    fn drop(&mut self) {
        let Some(incoming) = self.incoming.take() else { return };
        if incoming.is_end_stream() || self.connection.is_http2() {
            return;
        }
        let too_long = incoming.size_hint().exact().is_some_and(|left| left > self.pace.drain);
        let runtime = tokio::runtime::Handle::try_current();
        match runtime {
            Ok(runtime) if !self.hesitant && !too_long => {
                runtime.spawn(drain(incoming, self.pace, Arc::clone(&self.connection)));
            }
            _ => self.connection.abandon(),
        }
    }
}

async fn drain(mut incoming: Incoming, pace: Pace, connection: Arc<Connection>) {
    let mut left = pace.drain;
    let whole = timeout(pace.piece, async {
        while let Some(frame) = incoming.frame().await {
            let Ok(frame) = frame else { return false };
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
        true
    });
    if !whole.await.unwrap_or(false) {
        connection.abandon();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_earned_by_bytes_and_never_more_than_one_piece() {
        let pace = Pace { piece: Duration::from_secs(30), least: 100, drain: 0 };
        let table = [
            (0, 0, 30),
            (0, 20, 10),
            (0, 30, 0),
            (1000, 20, 20),
            (1000, 40, 0),
            (1_000_000, 40, 30),
        ];
        for (taken, waited, expected) in table {
            let patience = pace.patience(taken, Duration::from_secs(waited));
            let case = format!("{taken} bytes in {waited} s");
            assert_eq!(patience, Duration::from_secs(expected), "{case}");
        }
        let any = Pace { least: 0, ..pace };
        assert_eq!(any.patience(1, Duration::from_secs(10_000)), any.piece, "0 means any pace");
    }
}
