//! Turns a batch into plain writes against the present state, or refuses it.
//!
//! Every engine judges a batch here before it touches a row, so that a refused batch leaves
//! nothing behind and every engine agrees on what a batch means.

use std::collections::HashMap;

use bytes::Bytes;

use super::chain::{self, Hash};
use super::{Batch, CommitError, Committed, EngineError, Expect, Notice, Op};

/// The state a batch is judged against.
pub(super) trait Rows {
    /// What `read` makes of the value of `key`.
    fn read<R>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> R) -> Result<R, EngineError>;
}

/// One row after the batch: `None` means that it is gone.
#[derive(Debug)]
pub(super) struct Write {
    pub key: Vec<u8>,
    pub value: Option<Bytes>,
}

/// What a batch does to the rows. No key occurs twice.
#[derive(Debug)]
pub(super) struct Changes {
    pub writes: Vec<Write>,
    pub committed: Committed,
    /// The last row of each log that grew, in the order of their last append.
    pub grown: Vec<Notice>,
}

/// What is known of a key that an earlier step of the batch touched.
struct Touched {
    /// The key's value as a number, if it is one.
    number: Option<i64>,
    /// The place of the last step that writes the key; earlier ones need not be written.
    last: usize,
}

/// Judges `batch` against `rows` and says what it changes.
///
/// # Errors
/// [`CommitError::Refused`] with the first step that does not hold. Expectations are judged
/// against the state before the batch, bounds against that state and the earlier steps.
/// [`CommitError::Failed`] when a row cannot be read or a counter's row is not a number.
pub(super) fn resolve(batch: Batch, rows: &impl Rows) -> Result<Changes, CommitError> {
    let (numbers, last) = judge(&batch, rows)?;
    let mut numbers = numbers.into_iter();
    let mut number = || numbers.next().unwrap_or_default();
    let mut changes = Changes {
        writes: Vec::with_capacity(batch.ops().len()),
        committed: Committed::default(),
        grown: Vec::new(),
    };
    let mut chained: HashMap<Vec<u8>, Hash> = HashMap::new();
    for (place, op) in batch.into_ops().into_iter().enumerate() {
        let is_last = last.get(place).copied().unwrap_or(true);
        match op {
            Op::Expect { .. } => {}
            Op::Put { key, value } => {
                if is_last {
                    changes.writes.push(Write { key, value: Some(value) });
                }
            }
            Op::Delete { key } => {
                if is_last {
                    changes.writes.push(Write { key, value: None });
                }
            }
            Op::Add { key, .. } => {
                let sum = number();
                if is_last {
                    changes.writes.push(Write { key, value: Some(encode(sum)) });
                }
            }
            Op::Count { key, rows: beside, .. } => {
                let sum = number();
                if is_last {
                    let before = rows.read(&key, decode)?.unwrap_or(0);
                    if (before > 0) != (sum > 0) {
                        let value = || (sum > 0).then(Bytes::new);
                        let writes = beside.into_iter().map(|key| Write { key, value: value() });
                        changes.writes.extend(writes);
                    }
                    changes.writes.push(Write { key, value: (sum > 0).then(|| encode(sum)) });
                }
            }
            Op::Chain { log, value, sealed } => {
                let sequence = number();
                let before = match chained.get(&log) {
                    Some(before) => *before,
                    None => rows.read(&row_of(&log, sequence - 1), chain::hash_in)?,
                };
                let (hash, row) = chain::link(&before, sequence as u64, &value, sealed);
                let key = row_of(&log, sequence);
                changes.writes.push(Write { key, value: Some(row) });
                changes.committed.sequences.push(sequence as u64);
                if is_last {
                    let head = Write { key: log, value: Some(encode(sequence)) };
                    changes.writes.push(head);
                } else {
                    chained.insert(log, hash);
                }
            }
            Op::Append { log, value } => {
                let sequence = number();
                let row = row_of(&log, sequence);
                changes.writes.push(Write { key: row, value: Some(value) });
                changes.committed.sequences.push(sequence as u64);
                if is_last {
                    let notice_log = Bytes::copy_from_slice(&log);
                    changes.writes.push(Write { key: log, value: Some(encode(sequence)) });
                    changes.grown.push(Notice { log: notice_log, sequence: sequence as u64 });
                }
            }
        }
    }
    Ok(changes)
}

/// The outcome of each `Add` and `Append` in their order, and for each place whether it is the
/// last that writes its key.
fn judge(batch: &Batch, rows: &impl Rows) -> Result<(Vec<i64>, Vec<bool>), CommitError> {
    let ops = batch.ops();
    let mut numbers = Vec::new();
    let mut last = vec![true; ops.len()];
    let mut touched: HashMap<&[u8], Touched> = HashMap::with_capacity(ops.len());
    for (place, op) in ops.iter().enumerate() {
        let (key, number) = match op {
            Op::Expect { key, state } => {
                let holds = rows.read(key, |value| match state {
                    Expect::Absent => value.is_none(),
                    Expect::Present => value.is_some(),
                    Expect::Value(wanted) => value == Some(wanted),
                })?;
                if !holds {
                    return Err(CommitError::Refused(place));
                }
                continue;
            }
            Op::Put { key, value } => (key, decode(Some(value))),
            Op::Delete { key } => (key, Some(0)),
            Op::Add { key, delta, max } => {
                let sum = present(&touched, rows, key)?.saturating_add(*delta);
                if max.is_some_and(|max| sum > max) {
                    return Err(CommitError::Refused(place));
                }
                numbers.push(sum);
                (key, Some(sum))
            }
            Op::Count { key, delta, .. } => {
                let sum = present(&touched, rows, key)?.saturating_add(*delta).max(0);
                numbers.push(sum);
                (key, Some(sum))
            }
            Op::Append { log, .. } | Op::Chain { log, .. } => {
                let sequence = present(&touched, rows, log)?.saturating_add(1);
                numbers.push(sequence);
                (log, Some(sequence))
            }
        };
        if let Some(before) = touched.insert(key, Touched { number, last: place })
            && let Some(flag) = last.get_mut(before.last)
        {
            *flag = false;
        }
    }
    Ok((numbers, last))
}

/// Where row `sequence` of a log is stored.
fn row_of(log: &[u8], sequence: i64) -> Vec<u8> {
    let mut key = Vec::with_capacity(log.len() + 8);
    key.extend_from_slice(log);
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// The number at `key` after the steps so far.
fn present(
    touched: &HashMap<&[u8], Touched>,
    rows: &impl Rows,
    key: &[u8],
) -> Result<i64, EngineError> {
    let number = match touched.get(key) {
        Some(touched) => touched.number,
        None => rows.read(key, decode)?,
    };
    number.ok_or_else(|| {
        EngineError::new(format!(
            "a row of table {:02x} should hold a number and does not; run `rolodav check`",
            key.first().copied().unwrap_or_default()
        ))
    })
}

/// An absent row is 0; a row of another length than eight bytes is no number.
fn decode(value: Option<&(impl AsRef<[u8]> + ?Sized)>) -> Option<i64> {
    value.map_or(Some(0), |v| v.as_ref().try_into().ok().map(i64::from_be_bytes))
}

fn encode(number: i64) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    // The memory engine's rows.
    fn state(rows: &[(&'static str, &[u8])]) -> BTreeMap<Bytes, Bytes> {
        rows.iter().map(|(key, value)| (Bytes::from(*key), Bytes::copy_from_slice(value))).collect()
    }

    fn show(changes: &Changes) -> Vec<String> {
        let mut lines: Vec<String> = changes
            .writes
            .iter()
            .map(|write| {
                let value = write.value.as_ref().map_or_else(
                    || "gone".to_owned(),
                    |value| value.escape_ascii().to_string().replace(r"\x00", "0"),
                );
                format!("{}={value}", write.key.escape_ascii().to_string().replace(r"\x00", "0"))
            })
            .collect();
        lines.sort();
        lines
    }

    #[test]
    fn only_the_last_write_of_a_key_remains() {
        let rows = state(&[("n", &5i64.to_be_bytes())]);
        let mut batch = Batch::new();
        batch.put(b"a".to_vec(), "1");
        batch.delete(b"a".to_vec());
        batch.add(b"n".to_vec(), 1);
        batch.add(b"n".to_vec(), 90);
        batch.append(b"l".to_vec(), "x");
        batch.append(b"l".to_vec(), "y");
        let changes = resolve(batch, &rows).unwrap();
        assert_eq!(
            show(&changes),
            ["a=gone", r"l0000000\x01=x", r"l0000000\x02=y", r"l=0000000\x02", "n=0000000`"],
        );
        assert_eq!(changes.committed.sequences, [1, 2]);
        assert_eq!(changes.grown, [Notice { log: Bytes::from_static(b"l"), sequence: 2 }]);
    }

    #[test]
    fn rows_come_and_go_with_their_count() {
        let one = 1i64.to_be_bytes();
        let beside = || vec![b"r".to_vec(), b"s".to_vec()];
        for (there, steps, wanted) in [
            (false, &[1, 1][..], &[r"n=0000000\x02", "r=", "s="][..]),
            (true, &[1], &[r"n=0000000\x02"]),
            (true, &[-1], &["n=gone", "r=gone", "s=gone"]),
            (true, &[-1, 1], &[r"n=0000000\x01"]),
            (false, &[1, -1], &["n=gone"]),
            (false, &[-1], &["n=gone"]),
        ] {
            let present: [(&str, &[u8]); 3] = [("n", &one), ("r", b""), ("s", b"")];
            let rows = state(if there { &present } else { &[] });
            let mut batch = Batch::new();
            for delta in steps {
                batch.count(b"n".to_vec(), *delta, beside());
            }
            assert_eq!(show(&resolve(batch, &rows).unwrap()), wanted, "{there} {steps:?}");
        }
    }

    #[test]
    fn bounds_see_the_earlier_steps_and_expectations_do_not() {
        let rows = state(&[]);
        let mut batch = Batch::new();
        batch.put(b"a".to_vec(), "1");
        batch.expect(b"a".to_vec(), Expect::Absent);
        batch.put(b"n".to_vec(), Bytes::copy_from_slice(&8i64.to_be_bytes()));
        batch.add_bounded(b"n".to_vec(), 2, 10);
        let over = batch.add_bounded(b"n".to_vec(), 1, 10);
        match resolve(batch, &rows) {
            Err(CommitError::Refused(place)) => assert_eq!(place, over),
            other => panic!("the bound of step {over} should refuse the batch, not {other:?}"),
        }
    }

    #[test]
    fn a_row_that_is_no_number_fails_its_batch() {
        let rows = state(&[("n", b"seven")]);
        let mut batch = Batch::new();
        batch.add(b"n".to_vec(), 1);
        match resolve(batch, &rows) {
            Err(CommitError::Failed(error)) => {
                assert!(error.to_string().contains("row of table 6e"), "{error}");
            }
            other => panic!("a damaged counter was counted on: {other:?}"),
        }
    }
}
