//! A view of one committed state, read without copying: the file and the rows newer than it.

use std::fmt;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::vec;

use ::redb::{Database, OwnedAccessGuard, ReadOnlyTable, ReadableDatabase, ReadableTableMetadata};
use bytes::Bytes;

use super::super::{EngineError, Step};
use super::ROWS;
use super::open::failed;
use super::recent::{Recent, Row};

/// How many rows newer than the file are looked at first during a scan: many scans want a row or two.
const FEWEST: usize = 4;

/// How many at most; each step has four times as many as the one before.
const MOST: usize = 256;

/// Values of so many bytes or more are lent by the page that holds them; shorter ones are copied,
/// because what holds a page keeps all of it in memory.
const LENT: usize = 4 << 10;

/// The rows between two checkpoints.
pub(super) struct State {
    /// The file as of the last checkpoint; keeps its transaction alive.
    pub base: ReadOnlyTable<&'static [u8], &'static [u8]>,
    /// What was committed since.
    pub recent: RwLock<Recent>,
    /// The last commit that is durable. Later ones in `recent` are on their way.
    pub visible: AtomicU64,
}

/// A view of the store as it was; cloning shares it. The space of rows replaced since is given
/// back when the last clone is gone.
#[derive(Clone)]
pub struct RedbSnapshot {
    state: Arc<State>,
    sequence: u64,
}

// === impl State ===

impl State {
    /// The file as it is now, with nothing newer.
    pub(super) fn begin(database: &Database, sequence: u64) -> Result<Self, EngineError> {
        let read = database.begin_read().map_err(reading)?;
        Ok(Self {
            base: read.open_table(ROWS).map_err(reading)?,
            recent: RwLock::default(),
            visible: AtomicU64::new(sequence),
        })
    }

    pub(super) fn recent(&self) -> RwLockReadGuard<'_, Recent> {
        self.recent.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows, of which those deleted since the last checkpoint are still counted.
    pub(super) fn rows(&self) -> Result<u64, EngineError> {
        Ok(self.base.len().map_err(reading)? + self.recent().len() as u64)
    }
}

// === impl RedbSnapshot ===

impl RedbSnapshot {
    pub(super) fn of(state: Arc<State>) -> Self {
        let sequence = state.visible.load(Ordering::Acquire);
        Self { state, sequence }
    }

    /// See [`super::super::Snapshot::get`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        let own = |value: &[u8]| Bytes::copy_from_slice(value);
        let recent = self.state.recent().get(key, self.sequence).cloned();
        if let Some(value) = recent {
            return Ok(value.map(|value| if value.len() < LENT { own(&value) } else { value }));
        }
        let row = self.state.base.get_owned(key).map_err(reading)?;
        Ok(row.map(|guard| {
            if guard.value().len() < LENT {
                own(guard.value())
            } else {
                Bytes::from_owner(Lent(guard))
            }
        }))
    }

    /// See [`super::super::Snapshot::get_with`]. Values are lent, not copied.
    pub fn get_with<R>(
        &self,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, EngineError> {
        // Cloned, which copies no bytes, so that `read` runs outside of the lock.
        let recent = self.state.recent().get(key, self.sequence).cloned();
        if let Some(value) = recent {
            return Ok(value.map(|value| read(&value)));
        }
        let row = self.state.base.get(key).map_err(reading)?;
        Ok(row.map(|guard| read(guard.value())))
    }

    /// See [`super::super::Snapshot::scan`]. Keys and values are lent, not copied.
    pub fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: impl FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), EngineError> {
        if from >= to {
            return Ok(());
        }
        self.walk(from, Bound::Excluded(to), visit)
    }

    /// Hands the rows from `from` on, which is not beyond `to`, to `visit`, until it stops.
    pub(super) fn walk(
        &self,
        from: &[u8],
        to: Bound<&[u8]>,
        mut visit: impl FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), EngineError> {
        let mut newer = Newer::new(self, from, to);
        for row in self.state.base.range::<&[u8]>((Bound::Included(from), to)).map_err(reading)? {
            let (key, value) = row.map_err(reading)?;
            let key = key.value();
            let mut replaced = false;
            while let Some((newer_key, newer_value)) = newer.next_if(|next| next <= key) {
                if let Some(value) = &newer_value
                    && visit(&newer_key, value) == Step::Stop
                {
                    return Ok(());
                }
                replaced = newer_key == key;
            }
            if !replaced && visit(key, value.value()) == Step::Stop {
                return Ok(());
            }
        }
        while let Some((key, value)) = newer.next_if(|_| true) {
            if let Some(value) = &value
                && visit(&key, value) == Step::Stop
            {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RedbSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbSnapshot").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}

/// A value in its page.
struct Lent(OwnedAccessGuard<&'static [u8]>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.0.value()
    }
}

/// The rows of a scan that are newer than the file, a page at a time, so that neither the lock
/// nor the memory lasts for the whole scan.
struct Newer<'a> {
    snapshot: &'a RedbSnapshot,
    to: Bound<&'a [u8]>,
    page: Peekable<vec::IntoIter<Row>>,
    /// How many rows the next page has.
    size: usize,
    /// Where the next page begins; `None` when this one is the last.
    next: Option<Bytes>,
}

impl<'a> Newer<'a> {
    fn new(snapshot: &'a RedbSnapshot, from: &[u8], to: Bound<&'a [u8]>) -> Self {
        let page = Vec::new().into_iter().peekable();
        let mut newer = Self { snapshot, to, page, size: FEWEST, next: None };
        newer.turn(Bound::Included(from));
        newer
    }

    fn turn(&mut self, from: Bound<&[u8]>) {
        let bounds = (from, self.to);
        let page = self.snapshot.state.recent().page(bounds, self.snapshot.sequence, self.size);
        self.next = page.last().filter(|_| page.len() == self.size).map(|(key, _)| key.clone());
        self.size = (4 * self.size).min(MOST);
        self.page = page.into_iter().peekable();
    }

    fn next_if(&mut self, wanted: impl FnOnce(&[u8]) -> bool) -> Option<Row> {
        if self.page.peek().is_none()
            && let Some(last) = self.next.take()
        {
            self.turn(Bound::Excluded(&last));
        }
        self.page.next_if(|(key, _)| wanted(key))
    }
}

fn reading(cause: impl Into<::redb::Error>) -> EngineError {
    failed("cannot read the store", cause)
}
