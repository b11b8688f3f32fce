//! The file and its journal as one durable state: opening, writing on, folding in.
//!
//! A commit goes to the journal, which takes one flush of a few sectors, and to memory. When the
//! journal is full, its rows go to the file in one transaction, in key order: a row written a
//! thousand times is stored once. Every transaction of the file saves the list of free pages
//! (redb's quick repair), so that opening after a crash reads the journal and nothing else.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use ::redb::{Database, Durability, ReadableDatabase, TableDefinition, TableError};
use bytes::Bytes;

use super::super::EngineError;
use super::ROWS;
use super::journal::{self, Journal, Secret};
use super::open::{Source, failed};
use super::recent::Recent;
use super::snapshot::State;

/// What the engine keeps for itself in the file.
const ENGINE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("engine");
const JOURNAL: &[u8] = b"journal";
/// The version of the pair of file and journal.
const VERSION: u8 = 1;

/// An open file with its journal; owned by the committer.
pub(super) struct Durable {
    database: Database,
    journal: Journal,
    state: Arc<State>,
    mark: Mark,
}

/// Where the file stands towards its journal.
#[derive(Clone, Copy)]
struct Mark {
    secret: Secret,
    /// The last commit taken; in the file, the last one that the file holds.
    sequence: u64,
    /// Whether the journal may hold more than the file, which is then not whole without it.
    in_use: bool,
}

impl Durable {
    /// Opens both and reads what the journal holds.
    pub(super) fn open(source: &mut Source) -> Result<Self, EngineError> {
        let (database, journal) = source.open()?;
        let mark = Mark::read(&database)?;
        let storage = journal.open(mark.is_some_and(|mark| mark.in_use))?;
        let fresh = mark.is_none();
        let mark = match mark {
            Some(mark) => mark,
            None => Mark { secret: fresh_secret()?, sequence: 0, in_use: false },
        };
        let journal = Journal::new(storage, mark.secret, source.options().journal_bytes)
            .map_err(|e| EngineError::caused("cannot read the store's journal", e))?;
        if fresh {
            // Makes the tables.
            fold(&database, &Recent::default(), mark)?;
        }
        let state = Arc::new(State::begin(&database, mark.sequence)?);
        let mut durable = Self { database, journal, state, mark };
        durable.replay()?;
        Ok(durable)
    }

    pub(super) fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The number of the next commit. None is used twice, so that a record whose flush failed
    /// is never taken for a later one.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.mark.sequence += 1;
        self.mark.sequence
    }

    /// Puts rows where the batches behind them see them, and snapshots do not yet.
    pub(super) fn stage(&self, sequence: u64, part: Bytes) {
        let mut recent = self.state.recent.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in journal::decode(part).flatten() {
            recent.set(key, value, sequence);
        }
    }

    /// Makes what was staged durable, and visible to the snapshots taken from now on.
    ///
    /// # Errors
    /// The disk failed; whether the rows are durable is not known, and [`Self::open`] tells.
    pub(super) fn publish(&mut self, sequence: u64, parts: &[Bytes]) -> Result<(), EngineError> {
        if self.journal.has_room(parts) {
            self.journal
                .append(sequence, parts)
                .map_err(|e| EngineError::caused("cannot write the store's journal", e))?;
            self.state.visible.store(sequence, Ordering::Release);
            return Ok(());
        }
        self.checkpoint()
    }

    /// Folds everything into the file.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub(super) fn checkpoint(&mut self) -> Result<(), EngineError> {
        self.mark.in_use = true;
        self.fold()
    }

    /// As [`Self::checkpoint`], and leaves nothing of it in the journal's file.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub(super) fn scrub(&mut self) -> Result<(), EngineError> {
        self.checkpoint()?;
        self.journal.wipe().map_err(|e| EngineError::caused("cannot write the store's journal", e))
    }

    fn fold(&mut self) -> Result<(), EngineError> {
        fold(&self.database, &self.state.recent(), self.mark)?;
        self.state = Arc::new(State::begin(&self.database, self.mark.sequence)?);
        self.journal.restart();
        Ok(())
    }

    /// Whether the file lacks rows that the journal has.
    pub(super) fn is_ahead_of_file(&self) -> bool {
        !self.state.recent().is_empty()
    }

    /// Whether the journal surely takes a batch of about `bytes` before the next checkpoint: what
    /// a record adds to keys and values is less than they are, beyond some small ones.
    pub(super) fn has_room_for(&self, bytes: usize) -> bool {
        self.journal.room() >= 2 * bytes as u64 + (4 << 10)
    }

    /// Whether the fate of the journal's last record is unknown.
    pub(super) fn is_doubtful(&self) -> bool {
        self.journal.is_doubtful()
    }

    /// Folds everything into the file and lets it stand without its journal.
    pub(super) fn close(mut self) -> Result<(), EngineError> {
        if self.mark.in_use {
            self.mark.in_use = false;
            self.fold()?;
        }
        self.database.close().map_err(|e| failed("cannot close the store", e))
    }

    fn replay(&mut self) -> Result<(), EngineError> {
        let last = self
            .journal
            .replay(self.mark.sequence, |sequence, payload| {
                let mut recent = self.state.recent.write().unwrap_or_else(PoisonError::into_inner);
                for row in journal::decode(payload) {
                    let (key, value) = row.ok_or(io::ErrorKind::InvalidData)?;
                    recent.set(key, value, sequence);
                }
                Ok(())
            })
            .map_err(|e| EngineError::caused("cannot read the store's journal", e))?;
        if last > self.mark.sequence || !self.mark.in_use {
            self.mark.sequence = last;
            self.state.visible.store(last, Ordering::Release);
            // The next commit goes into the file: it must know that it needs its journal, and
            // what a failed flush left in the page cache only must not be built on. Not now, so
            // that opening changes nothing: a store on a full disk can still be read.
            self.journal.close();
        }
        Ok(())
    }
}

impl Mark {
    fn read(database: &Database) -> Result<Option<Self>, EngineError> {
        let reading = |e: ::redb::Error| failed("cannot read the store", e);
        let read = database.begin_read().map_err(|e| reading(e.into()))?;
        let table = match read.open_table(ENGINE) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(reading(error.into())),
        };
        let Some(row) = table.get(JOURNAL).map_err(|e| reading(e.into()))? else {
            return Ok(None);
        };
        let unknown = || {
            EngineError::new("the store was written by a later rolodav: use that one to open it")
        };
        let (version, rest) = row.value().split_first().ok_or_else(unknown)?;
        let (secret, rest) = rest.split_first_chunk().ok_or_else(unknown)?;
        let (sequence, rest) = rest.split_first_chunk().ok_or_else(unknown)?;
        if *version != VERSION {
            return Err(unknown());
        }
        Ok(Some(Self {
            secret: *secret,
            sequence: u64::from_be_bytes(*sequence),
            in_use: rest != [0],
        }))
    }

    fn encode(self) -> Vec<u8> {
        let mut row = vec![VERSION];
        row.extend_from_slice(&self.secret);
        row.extend_from_slice(&self.sequence.to_be_bytes());
        row.push(u8::from(self.in_use));
        row
    }
}

/// Writes rows and mark into the file in one transaction.
fn fold(database: &Database, rows: &Recent, mark: Mark) -> Result<(), EngineError> {
    let writing = |e: ::redb::Error| failed("cannot write the store", e);
    let mut transaction = database.begin_write().map_err(|e| writing(e.into()))?;
    transaction.set_durability(Durability::Immediate).map_err(|e| writing(e.into()))?;
    transaction.set_quick_repair(true);
    {
        let mut table = transaction.open_table(ROWS).map_err(|e| writing(e.into()))?;
        for (key, value) in rows.newest() {
            match value {
                Some(value) => table.insert(&**key, &**value),
                None => table.remove(&**key),
            }
            .map_err(|e| writing(e.into()))?;
        }
        let mut table = transaction.open_table(ENGINE).map_err(|e| writing(e.into()))?;
        table.insert(JOURNAL, &*mark.encode()).map_err(|e| writing(e.into()))?;
    }
    transaction.commit().map_err(|e| writing(e.into()))
}

fn fresh_secret() -> Result<Secret, EngineError> {
    let mut secret = Secret::default();
    getrandom::fill(&mut secret)
        .map_err(|e| EngineError::new(format!("the system gives no random numbers: {e}")))?;
    Ok(secret)
}
