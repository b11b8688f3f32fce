//! What one commit does: expectations first, then changes, all or nothing.

use bytes::Bytes;

/// One step of a batch. Expectations are judged against the state before the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Stores a value.
    Put {
        /// The key.
        key: Vec<u8>,
        /// The value.
        value: Bytes,
    },
    /// Removes a key; one that is not there is no error.
    Delete {
        /// The key.
        key: Vec<u8>,
    },
    /// Refuses the batch unless the key is in this state.
    Expect {
        /// The key.
        key: Vec<u8>,
        /// The state.
        state: Expect,
    },
    /// Adds a row to a log: the next sequence number `n` (from 1) is stored at `log` as eight
    /// bytes, big-endian, and the row at `log` followed by those eight bytes.
    Append {
        /// The log's key.
        log: Vec<u8>,
        /// The row.
        value: Bytes,
    },
    /// As [`Self::Append`], to a log whose rows are a chain: a row is stored after a hash, SHA-256
    /// of the hash of the row before (zeros before the first), of its own sequence number and of
    /// the `sealed` first bytes of the value. Nobody is told that the log grew.
    Chain {
        /// The log's key.
        log: Vec<u8>,
        /// The row.
        value: Bytes,
        /// How much of it the hash covers.
        sealed: usize,
    },
    /// Adds to a counter (eight bytes, big-endian, signed; absent is 0).
    Add {
        /// The counter's key.
        key: Vec<u8>,
        /// What is added; may be negative.
        delta: i64,
        /// Refuses the batch if the sum is larger.
        max: Option<i64>,
    },
    /// Adds to a counter that is there only while it is above zero, with empty rows that come and
    /// go with it. Steps with one key have the same rows.
    Count {
        /// The counter's key.
        key: Vec<u8>,
        /// What is added; may be negative.
        delta: i64,
        /// The keys of the rows.
        rows: Vec<Vec<u8>>,
    },
}

/// The state a key must be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Not there.
    Absent,
    /// There, whatever its value.
    Present,
    /// There with exactly this value.
    Value(Bytes),
}

/// An ordered list of steps that happen together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    ops: Vec<Op>,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// The sequence numbers of the appends (also to chained logs), in their order.
    pub sequences: Vec<u64>,
}

// === impl Batch ===

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// The steps.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Gives the steps away.
    pub fn into_ops(self) -> Vec<Op> {
        self.ops
    }

    /// Stores `value` at `key`.
    pub fn put(&mut self, key: Vec<u8>, value: impl Into<Bytes>) {
        self.ops.push(Op::Put { key, value: value.into() });
    }

    /// Removes `key`.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.ops.push(Op::Delete { key });
    }

    /// Demands a state of `key`; the returned place is what [`super::CommitError::Refused`]
    /// names when it does not hold.
    pub fn expect(&mut self, key: Vec<u8>, state: Expect) -> usize {
        self.ops.push(Op::Expect { key, state });
        self.ops.len() - 1
    }

    /// Demands that `key` still is as it was read.
    pub fn expect_same(&mut self, key: Vec<u8>, read: Option<&Bytes>) -> usize {
        let state = read.map_or(Expect::Absent, |value| Expect::Value(value.clone()));
        self.expect(key, state)
    }

    /// Adds a row to a log.
    pub fn append(&mut self, log: Vec<u8>, value: impl Into<Bytes>) {
        self.ops.push(Op::Append { log, value: value.into() });
    }

    /// Adds a row to a chained log, whose hash covers the `sealed` first bytes.
    pub fn chain(&mut self, log: Vec<u8>, value: impl Into<Bytes>, sealed: usize) {
        self.ops.push(Op::Chain { log, value: value.into(), sealed });
    }

    /// Adds `delta` to a counter.
    pub fn add(&mut self, key: Vec<u8>, delta: i64) {
        self.ops.push(Op::Add { key, delta, max: None });
    }

    /// Adds `delta` to a counter that is there only while it is above zero, as the empty `rows` are.
    pub fn count(&mut self, key: Vec<u8>, delta: i64, rows: Vec<Vec<u8>>) {
        self.ops.push(Op::Count { key, delta, rows });
    }

    /// Adds `delta` to a counter that may not exceed `max`; returns the place as
    /// [`Self::expect`] does.
    pub fn add_bounded(&mut self, key: Vec<u8>, delta: i64, max: i64) -> usize {
        self.ops.push(Op::Add { key, delta, max: Some(max) });
        self.ops.len() - 1
    }
}
