//! Bodies: bounded ones that come in, and ones that are made while they go out.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};

use super::fault::Fault;

/// The next piece of a body, when it comes; `None` at its end.
pub type NextPiece<'a> = Pin<Box<dyn Future<Output = Option<Result<Bytes, Fault>>> + Send + 'a>>;

/// Supplies the pieces of a request body; the transport implements it with its timeouts.
pub trait BodySource: Send + Sync {
    /// The next piece; `None` at the end.
    fn next(&mut self) -> NextPiece<'_>;
}

/// A request body that was not read yet.
#[derive(Default)]
pub struct RequestBody {
    declared: Option<u64>,
    source: Option<Box<dyn BodySource>>,
}

/// An answer's body.
#[derive(Debug, Default)]
pub enum ReplyBody {
    /// Nothing.
    #[default]
    Empty,
    /// One run of bytes; its length is sent ahead.
    Bytes(Bytes),
    /// Several runs of bytes; the sum of their lengths is sent ahead.
    Parts(Vec<Bytes>),
    /// Made while it is sent, in constant memory.
    Stream(Chunks),
}

/// Makes a body while it is sent: the transport polls it, and it in turn runs the producer,
/// which waits whenever the client does not keep up. Dropping it ends the producer.
pub struct Chunks {
    producer: Option<Producer>,
    hatch: Arc<Hatch>,
}

type Producer = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>>;

/// The producer's end of [`Chunks`], for use in the producer only.
#[derive(Debug)]
pub struct ChunkSender(Arc<Hatch>);

/// Where one piece lies between its making and its sending.
///
/// Nobody is ever woken by it: who takes a piece out runs the producer itself when it wants the
/// next. A channel would wake the task that it is used in, on both ends, and a task that is woken
/// while it runs is run once more for nothing, which costs the waking of another thread.
#[derive(Debug, Default)]
struct Hatch(Mutex<Option<Bytes>>);

// === impl RequestBody ===

impl RequestBody {
    /// No body.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body of `declared` bytes (if the client said so) read from `source`.
    pub fn new(declared: Option<u64>, source: Box<dyn BodySource>) -> Self {
        Self { declared, source: Some(source) }
    }

    /// The length the client declared.
    pub fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// Reads the whole body. More than `limit` bytes is 413, and what the client declared as
    /// longer is refused before a byte is read (so `Expect: 100-continue` never costs it).
    pub async fn read(&mut self, limit: u64) -> Result<Bytes, Fault> {
        if self.declared.is_some_and(|n| n > limit) {
            return Err(Fault::too_large(limit));
        }
        let Some(source) = self.source.as_mut() else {
            return Ok(Bytes::new());
        };
        let Some(first) = source.next().await.transpose()? else {
            return Ok(Bytes::new());
        };
        if first.len() as u64 > limit {
            return Err(Fault::too_large(limit));
        }
        if self.declared == Some(first.len() as u64) {
            return Ok(first);
        }
        let mut whole = BytesMut::from(first);
        while let Some(piece) = source.next().await.transpose()? {
            if whole.len() as u64 + piece.len() as u64 > limit {
                return Err(Fault::too_large(limit));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("declared", &self.declared).finish_non_exhaustive()
    }
}

// === impl Chunks ===

impl Chunks {
    /// Runs `producer`, which gets the sending end, while the body is sent.
    pub fn new<F, P>(producer: P) -> Self
    where
        P: FnOnce(ChunkSender) -> F,
        F: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        let hatch = Arc::<Hatch>::default();
        let sender = ChunkSender(Arc::clone(&hatch));
        Self { producer: Some(Box::pin(producer(sender))), hatch }
    }

    /// The next piece; `None` at the end; an error means that the answer must be broken off.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let mut piece = self.hatch.open().take();
        if piece.is_none()
            && let Some(producer) = self.producer.as_mut()
        {
            let outcome = producer.as_mut().poll(cx);
            piece = self.hatch.open().take();
            match outcome {
                Poll::Ready(Ok(())) => self.producer = None,
                Poll::Ready(Err(fault)) => {
                    self.producer = None;
                    return Poll::Ready(Some(Err(fault)));
                }
                // It waits for something else than its turn, and is woken by that.
                Poll::Pending if piece.is_none() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
        Poll::Ready(piece.map(Ok))
    }

    /// The next piece.
    pub async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Runs the producer up to its first piece. An answer that fits in one piece becomes plain
    /// bytes with a length; a fault before the first piece is still an ordinary answer.
    pub async fn into_body(mut self) -> Result<ReplyBody, Fault> {
        let Some(first) = self.next().await.transpose()? else {
            return Ok(ReplyBody::Empty);
        };
        let Some(second) = self.next().await.transpose()? else {
            return Ok(ReplyBody::Bytes(first));
        };
        let rest = self;
        Ok(ReplyBody::Stream(Self::new(|sender| async move {
            sender.send(first).await?;
            sender.send(second).await?;
            let mut rest = rest;
            while let Some(chunk) = rest.next().await.transpose()? {
                sender.send(chunk).await?;
            }
            Ok(())
        })))
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chunks")
    }
}

impl ChunkSender {
    /// Hands one piece on; waits while the client has not taken the previous one.
    pub async fn send(&self, chunk: Bytes) -> Result<(), Fault> {
        let mut chunk = Some(chunk);
        poll_fn(|_| {
            let mut place = self.0.open();
            if place.is_some() {
                return Poll::Pending;
            }
            *place = chunk.take();
            Poll::Ready(())
        })
        .await;
        Ok(())
    }
}

impl Hatch {
    fn open(&self) -> MutexGuard<'_, Option<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_piece_becomes_plain_bytes_and_more_are_streamed_in_order() {
        let one = Chunks::new(|to| async move { to.send(Bytes::from_static(b"a")).await });
        assert!(matches!(one.into_body().await.unwrap(), ReplyBody::Bytes(b) if b == "a"));

        let many = Chunks::new(|to| async move {
            for n in 0..100u8 {
                to.send(Bytes::copy_from_slice(&[n])).await?;
            }
            Ok(())
        });
        let ReplyBody::Stream(mut body) = many.into_body().await.unwrap() else {
            panic!("100 pieces are not one")
        };
        let mut seen = Vec::new();
        while let Some(piece) = body.next().await {
            seen.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(seen, (0..100).collect::<Vec<u8>>());
    }

    #[tokio::test]
    async fn a_fault_before_the_first_piece_is_an_answer() {
        let body = Chunks::new(|_| async { Err(Fault::not_found()) }).into_body().await;
        assert_eq!(body.unwrap_err().status, 404);
    }
}
