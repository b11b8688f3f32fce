//! Signals of the operating system: when to stop, and when to read files again.

use std::future::Future;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ready when the process is asked to end (SIGTERM, or SIGINT as Ctrl-C sends it). From this call
/// on the signals do not end it at once any more. Must be called inside of a runtime.
pub fn asked_to_stop() -> impl Future<Output = ()> + Send {
    let mut terminate = Signals::of(SignalKind::terminate());
    let mut interrupt = Signals::of(SignalKind::interrupt());
    async move {
        tokio::select! {
            () = terminate.next() => {}
            () = interrupt.next() => {}
        }
    }
}

/// SIGHUP, each time it arrives.
pub(super) fn hangups() -> Signals {
    Signals::of(SignalKind::hangup())
}

/// One kind of signal; silent where it cannot be listened for.
#[derive(Debug)]
pub(super) struct Signals(Option<Signal>);

impl Signals {
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
