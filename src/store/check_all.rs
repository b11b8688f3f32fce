//! Verifies all that there is in a store: each table by the part that keeps it.

use super::check::{self, Report};
use super::engine::{EngineError, Snapshot, Step};
use super::keys;
use super::{
    Store, audit, check_accounts, check_calendars, check_contacts, check_followups, check_mail,
    check_strays, check_tags, words,
};

/// Tables that there are: the first bytes of keys, from one to another.
const TABLES: [(u8, u8); 18] = [
    (0x01, 0x20),
    (0x21, 0x22),
    (0x27, 0x28),
    (0x2a, 0x2b),
    (0x30, 0x32),
    (0x40, 0x44),
    (0x4b, 0x4d),
    (0x50, 0x54),
    (0x58, 0x5d),
    (0x60, 0x66),
    (0x70, 0x72),
    (0x80, 0x87),
    (0x88, 0x8f),
    (0x90, 0x95),
    (0x97, 0x9a),
    (0x9c, 0x9f),
    (0xa0, 0xa3),
    (0xb0, 0xb1),
];

/// Checks everything in `snapshot`. Its faults are the first of the report, which counts all.
pub async fn check(store: &Store, snapshot: &Snapshot) -> Result<Report, EngineError> {
    let mut faults = unknown(snapshot).await?;
    faults.extend(check_strays::check(snapshot).await?);
    faults.extend(check_accounts::check(snapshot).await?);
    faults.extend(check_calendars::check(snapshot).await?);
    faults.extend(check_contacts::check(snapshot).await?);
    faults.extend(check_mail::check(snapshot).await?);
    faults.extend(check_followups::check(snapshot).await?);
    faults.extend(check_tags::check(snapshot).await?);
    faults
        .extend(audit::verify(snapshot, None).await?.fault.map(|fault| format!("audit: {fault}")));
    let wrong = words::check::check(store, snapshot).await?;
    faults.extend(wrong.into_iter().map(|fault| fault.text));
    let mut report = check::check(snapshot).await?;
    report.fault_count += faults.len() as u64;
    faults.append(&mut report.faults);
    report.faults = faults;
    Ok(report)
}

/// Rows that no part of the program keeps.
async fn unknown(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    let is_known = |table: u8| TABLES.iter().any(|(from, to)| (*from..=*to).contains(&table));
    for table in (0..=u8::MAX).filter(|table| !is_known(*table)) {
        let mut rows = 0_u64;
        snapshot
            .scan(&[table], &keys::after(&[table]), |_, _| {
                rows += 1;
                Step::Continue
            })
            .await?;
        if rows > 0 {
            faults.push(format!("there are {rows} rows in table {table:02x}, which is none"));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::engine::Batch;
    use crate::store::tests::with_user;

    /// What is wrong with a store that has one row more.
    async fn with_row(key: Vec<u8>, value: &[u8]) -> Vec<String> {
        let (store, _) = with_user("anna").await;
        let mut batch = Batch::new();
        batch.put(key, value.to_vec());
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        match check(&store, &snapshot).await {
            Ok(report) => report.faults,
            Err(error) => vec![error.to_string()],
        }
    }

    #[tokio::test]
    async fn a_row_that_nobody_can_have_written_is_found_in_any_table() {
        let (store, _) = with_user("anna").await;
        let report = check(&store, &store.snapshot().await.unwrap()).await.unwrap();
        assert_eq!(report.faults, [""; 0]);
        let mut unnoticed = BTreeSet::new();
        for table in 0..=u8::MAX {
            for rest in [&b"nobody\0x"[..], b"anna\0x", b"c", b"\0\0\0\0\0\0\0\x09x"] {
                let key = [&[table], rest].concat();
                if with_row(key, &[0xff, 0xff, 0xff]).await.is_empty() {
                    unnoticed.insert(table);
                }
            }
        }
        let unnoticed: Vec<String> = unnoticed.iter().map(|t| format!("{t:02x}")).collect();
        assert_eq!(unnoticed, [""; 0], "tables that no check looks at");
    }
}
