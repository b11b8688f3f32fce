//! Answers on their way out: hyper pulls the pieces, so that a stream runs only as fast as the
//! client takes it; the end of the body is the end of the request.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::timeout;

use super::exchange::Exchange;
use crate::base::{Chunks, Fault, ReplyBody};

/// Largest piece handed to one HTTP/2 stream, so that progress of a slow client can be seen.
const HTTP2_PIECE: usize = 64 << 10;

/// The body of one answer.
pub(super) struct AnswerBody {
    pieces: Pieces,
    /// HTTP/2: cut into pieces of [`HTTP2_PIECE`] and report progress.
    watched: bool,
    exchange: Exchange,
}

enum Pieces {
    Known { next: Bytes, rest: std::vec::IntoIter<Bytes>, left: u64 },
    Stream(Chunks),
    Done,
}

impl AnswerBody {
    /// Sends `body`; `exchange` ends with it.
    pub(super) fn new(body: ReplyBody, watched: bool, exchange: Exchange) -> Self {
        let left = Self::length(&body).unwrap_or_default();
        let pieces = match body {
            ReplyBody::Stream(chunks) => Pieces::Stream(chunks),
            _ if left == 0 => Pieces::Done,
            ReplyBody::Empty => Pieces::Done,
            ReplyBody::Bytes(next) => Pieces::Known { next, rest: Vec::new().into_iter(), left },
            ReplyBody::Parts(parts) => {
                Pieces::Known { next: Bytes::new(), rest: parts.into_iter(), left }
            }
        };
        Self { pieces, watched, exchange }
    }

    /// The length, where it is known before the body is made.
    pub(super) fn length(body: &ReplyBody) -> Option<u64> {
        match body {
            ReplyBody::Empty => Some(0),
            ReplyBody::Bytes(bytes) => Some(bytes.len() as u64),
            ReplyBody::Parts(parts) => Some(parts.iter().map(|part| part.len() as u64).sum()),
            ReplyBody::Stream(_) => None,
        }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        match &mut self.pieces {
            Pieces::Done => Poll::Ready(None),
            Pieces::Stream(chunks) => {
                let piece = std::task::ready!(chunks.poll_next(cx));
                if !matches!(piece, Some(Ok(_))) {
                    self.pieces = Pieces::Done;
                }
                Poll::Ready(piece)
            }
            Pieces::Known { next, rest, left } => {
                while next.is_empty() {
                    let Some(piece) = rest.next() else { break };
                    *next = piece;
                }
                let most = if self.watched { HTTP2_PIECE } else { usize::MAX };
                let piece = next.split_to(next.len().min(most));
                *left -= piece.len() as u64;
                if *left == 0 {
                    self.pieces = Pieces::Done;
                }
                Poll::Ready(Some(Ok(piece)))
            }
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        let this = self.get_mut();
        let piece = this.poll_piece(cx);
        if this.watched {
            note_progress(piece.is_ready());
        }
        match std::task::ready!(piece) {
            Some(Ok(piece)) => {
                this.exchange.sent(piece.len());
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Some(Err(fault)) => {
                this.exchange.broken_off(&fault);
                Poll::Ready(Some(Err(fault)))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.pieces, Pieces::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.pieces {
            Pieces::Known { left, .. } => SizeHint::with_exact(*left),
            Pieces::Stream(_) => SizeHint::default(),
            Pieces::Done => SizeHint::with_exact(0),
        }
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        if self.is_end_stream() {
            self.exchange.complete();
        }
    }
}

// === stalled HTTP/2 streams ===

/// Runs the streams of HTTP/2 connections and cuts those whose client takes nothing.
///
/// On HTTP/1 a client that does not read blocks the socket, which `connection::Paced` sees. On
/// HTTP/2 it just grants no window: the socket stays free and hyper never asks for the body
/// again, so that only a watcher beside the stream can tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streams {
    /// A stream whose client takes nothing for this long is reset (at the latest after twice it).
    pub stall: Duration,
}

#[derive(Debug, Default)]
struct Progress {
    pieces: Cell<u64>,
    /// The last piece was given to hyper, and it has not come back for more.
    sending: Cell<bool>,
}

tokio::task_local! {
    static PROGRESS: Progress;
}

fn note_progress(gave: bool) {
    // Outside of a watched stream there is nobody to tell.
    let _ = PROGRESS.try_with(|progress| {
        progress.pieces.set(progress.pieces.get() + 1);
        progress.sending.set(gave);
    });
}

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let stall = self.stall;
        tokio::spawn(PROGRESS.scope(Progress::default(), async move {
            let mut stream = pin!(stream);
            loop {
                let before = PROGRESS.with(|progress| progress.pieces.get());
                if timeout(stall, stream.as_mut()).await.is_ok() {
                    return;
                }
                if PROGRESS.with(|p| p.sending.get() && p.pieces.get() == before) {
                    tracing::debug!("reset a stream whose client takes nothing");
                    return;
                }
            }
        }));
    }
}
