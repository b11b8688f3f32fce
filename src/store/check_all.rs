//! Verifies all that there is in a store: each table by the part that keeps it.

use std::collections::HashSet;

use super::check::{self, Report};
use super::engine::{EngineError, Snapshot, Step};
use super::keys::{self, table};
use super::{
    Store, audit, check_accounts, check_calendars, check_contacts, check_followups, check_mail,
    collection, tags, words,
};
use crate::base::CollectionId;

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

/// Tables whose keys go on with the number of a collection.
const OF_COLLECTIONS: [u8; 13] = [
    table::MEMBER,
    table::UID,
    table::BODY,
    table::CHANGE,
    table::HISTORY,
    table::KEPT,
    table::ATTENTION,
    table::ORIGINAL,
    table::TIME,
    table::SPANS,
    table::GENERATED,
    table::ORIGIN,
    table::SUBSCRIPTION,
];

/// Faults of one kind that are found at most.
const MOST: usize = 100;

/// Checks everything in `snapshot`. Its faults are the first of the report, which counts all.
pub async fn check(store: &Store, snapshot: &Snapshot) -> Result<Report, EngineError> {
    let mut faults = unknown(snapshot).await?;
    faults.extend(of_no_collection(snapshot).await?);
    faults.extend(check_accounts::check(snapshot).await?);
    faults.extend(check_calendars::check(snapshot).await?);
    faults.extend(check_contacts::check(snapshot).await?);
    faults.extend(check_mail::check(snapshot).await?);
    faults.extend(check_followups::check(snapshot).await?);
    faults.extend(tags::check(snapshot).await?);
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

/// Rows of collections that are not there.
async fn of_no_collection(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let there: HashSet<u64> =
        collection::all(snapshot).await?.into_iter().map(|found| found.id.0).collect();
    let mut faults = Vec::new();
    for table in OF_COLLECTIONS {
        let mut next = vec![table];
        while faults.len() < MOST {
            let mut found = None;
            snapshot
                .scan(&next, &keys::after(&[table]), |key, _| {
                    found = Some(key.get(1..9).map(keys::first_number));
                    Step::Stop
                })
                .await?;
            let Some(id) = found else { break };
            if !id.is_some_and(|id| there.contains(&id)) {
                faults
                    .push(format!("table {table:02x} has rows of a collection that is not there"));
            }
            let Some(id) = id else { break };
            next = keys::after(&keys::of_collection(table, CollectionId(id)));
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

    /// Tables in which a row that leads nowhere is not noticed: they are looked at from the side of
    /// what leads to them. Others do not come to stand here: a table has a check.
    const FROM_THE_OTHER_SIDE: [u8; 44] = [
        0x01, 0x08, 0x09, 0x0a, 0x0d, 0x0e, 0x12, 0x15, 0x19, 0x1a, 0x1d, 0x1f, 0x2a, 0x2b, 0x30,
        0x31, 0x43, 0x44, 0x4b, 0x4c, 0x51, 0x54, 0x5b, 0x60, 0x66, 0x71, 0x72, 0x83, 0x88, 0x89,
        0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x95, 0x97, 0x98, 0x9d, 0x9e, 0x9f, 0xa0, 0xa3,
    ];

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
        let left: Vec<String> = unnoticed
            .iter()
            .filter(|table| !FROM_THE_OTHER_SIDE.contains(table))
            .map(|table| format!("{table:02x}"))
            .collect();
        assert_eq!(left, [""; 0], "tables that no check looks at");
        let better = FROM_THE_OTHER_SIDE.iter().filter(|table| !unnoticed.contains(table)).count();
        assert_eq!(better, 0, "some need not stand in the list any more");
    }
}
