//! What a command reads: a file or standard input, piece by piece, from the terminal's end or over
//! the control socket.

use std::io::{Error, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

/// Bytes of one piece.
const PIECE: usize = 256 << 10;

/// Pieces that may wait: more would only be memory.
const WAITING: usize = 4;

/// Bytes that come in order; read once.
#[derive(Debug)]
pub struct Input(mpsc::Receiver<Result<Bytes, Error>>);

/// Where an [`Input`] comes from.
#[derive(Debug)]
pub struct Feed(mpsc::Sender<Result<Bytes, Error>>);

/// A file that is read.
#[derive(Debug)]
pub struct Source {
    /// What it holds.
    pub input: Input,
    /// Its length in bytes, if that is known.
    pub length: Option<u64>,
    /// How much of it was read.
    pub read: Arc<AtomicU64>,
}

// === impl Input ===

impl Input {
    /// Nothing.
    pub fn empty() -> Self {
        let (feed, input) = Self::channel();
        // There is room for it.
        let _ = feed.0.try_send(Ok(Bytes::new()));
        input
    }

    /// Where something comes in, and where it comes out.
    pub fn channel() -> (Feed, Self) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Feed(sender), Self(receiver))
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// It cannot be read, or broke off before its end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self.0.recv().await {
            Some(Ok(piece)) if piece.is_empty() => {
                self.0.close();
                Ok(None)
            }
            Some(piece) => piece.map(Some),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

// === impl Feed ===

impl Feed {
    /// Hands on a piece, an empty one at the end; `false`: nobody reads any more.
    pub async fn send(&self, piece: Result<Bytes, Error>) -> bool {
        self.0.send(piece).await.is_ok()
    }
}

// === impl Source ===

impl Source {
    /// Opens the file; `-` is standard input.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if path == Path::new("-") {
            return Self::reading(std::io::stdin(), None);
        }
        let file = std::fs::File::open(path)?;
        let facts = file.metadata()?;
        if facts.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        Self::reading(file, Some(facts.len()).filter(|_| facts.is_file()))
    }

    fn reading(mut from: impl Read + Send + 'static, length: Option<u64>) -> Result<Self, Error> {
        let (feed, input) = Input::channel();
        let read = Arc::new(AtomicU64::new(0));
        let so_far = Arc::clone(&read);
        // Its own thread: files and terminals keep whoever reads them waiting. It ends with its
        // input, or with the program.
        std::thread::Builder::new().name("input".to_owned()).spawn(move || {
            loop {
                let piece = piece(&mut from);
                let bytes = piece.as_ref().map_or(0, Bytes::len);
                so_far.fetch_add(bytes as u64, Ordering::Relaxed);
                if feed.0.blocking_send(piece).is_err() || bytes == 0 {
                    return;
                }
            }
        })?;
        Ok(Self { input, length, read })
    }
}

fn piece(from: &mut impl Read) -> Result<Bytes, Error> {
    let mut piece = Vec::with_capacity(PIECE);
    from.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
    Ok(piece.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_source_is_read_whole_and_what_breaks_off_is_no_end() {
        let long = vec![7; PIECE * 6 + 1];
        let mut source = Source::reading(std::io::Cursor::new(long.clone()), None).unwrap();
        let mut all = Vec::new();
        while let Some(piece) = source.input.next().await.unwrap() {
            all.extend_from_slice(&piece);
        }
        assert!(all == long, "{} of {} bytes came", all.len(), long.len());
        assert_eq!(source.read.load(Ordering::Relaxed), long.len() as u64);
        assert!(Input::empty().next().await.unwrap().is_none());

        let (feed, mut input) = Input::channel();
        assert!(feed.send(Ok(Bytes::from_static(b"a"))).await);
        drop(feed);
        assert!(input.next().await.unwrap().is_some());
        assert!(input.next().await.is_err(), "half of it was taken for all");
    }
}
