//! Signals of the operating system: when to stop, and when to read files again.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Returns when the process is asked to end (SIGTERM, or SIGINT as Ctrl-C sends it).
pub async fn asked_to_stop() {
    let mut terminate = Stream::of(SignalKind::terminate());
    let mut interrupt = Stream::of(SignalKind::interrupt());
    tokio::select! {
        () = terminate.next() => {}
        () = interrupt.next() => {}
    }
}

/// SIGHUP, each time it arrives.
pub(super) fn hangups() -> Stream {
    Stream::of(SignalKind::hangup())
}

/// One kind of signal; silent where it cannot be listened for.
#[derive(Debug)]
pub(super) struct Stream(Option<Signal>);

impl Stream {
    fn of(kind: SignalKind) -> Self {
        let listening = signal(kind);
        if let Err(error) = &listening {
            tracing::warn!("signal {} is not heard: {error}", kind.as_raw_value());
        }
        Self(listening.ok())
    }

    /// Returns when the next one arrives.
    pub(super) async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}
