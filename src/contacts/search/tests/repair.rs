//! An index that is wrong, or of an earlier edition, is made anew.

use super::*;

#[tokio::test]
async fn what_is_wrong_is_seen_and_repaired() {
    let desk = Desk::open().await;
    desk.put(0, "c1", &[("FN", "Ann Müller".into()), ("TEL", "+49 171 234".into())]).await;
    desk.put(0, "c2", &[("FN", "Bert".into())]).await;
    desk.log("c1", "i1", "about the offer").await;
    // One row of each table goes, while cards are pending and when all are in runs.
    for (table, settled) in [0x88_u8, 0x89, 0x8a, 0x8b, 0x8c, 0x8e, 0x9f]
        .map(|table| (table, false))
        .into_iter()
        .chain([0x8b_u8, 0x8c, 0x9d, 0x9e].map(|table| (table, true)))
    {
        if settled {
            words::merge::settle(&desk.store, desk.books[0].id).await.unwrap();
        }
        let mut gone = None;
        let snapshot = desk.store.snapshot().await.unwrap();
        snapshot
            .scan(&[table], &[table + 1], |key, _| {
                gone = Some(key.to_vec());
                crate::store::engine::Step::Stop
            })
            .await
            .unwrap();
        let mut batch = Batch::new();
        batch.delete(gone.unwrap());
        desk.store.commit(batch).await.unwrap();
        assert!(!wrong(&desk).await.is_empty(), "{table:02x}: a missing row was not noticed");
        assert!(!build::repair(&desk.store).await.unwrap().is_empty());
        assert_eq!(wrong(&desk).await, Vec::<String>::new(), "{table:02x}");
        assert_eq!(found(&desk, "ulle offer", 9).await.len(), 1, "{table:02x}");
    }
}

/// The rows of a table.
async fn rows(desk: &Desk, table: u8) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let snapshot = desk.store.snapshot().await.unwrap();
    let take = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        crate::store::engine::Step::Continue
    };
    snapshot.scan(&[table], &[table + 1], take).await.unwrap();
    rows
}

#[tokio::test]
async fn an_index_of_an_earlier_edition_is_made_anew() {
    let desk = Desk::open().await;
    desk.put(0, "c1", &[("FN", "Ann Miller".into())]).await;
    desk.put(0, "c2", &[("FN", "Bert".into())]).await;
    let book = [&b"c"[..], &desk.books[0].id.0.to_be_bytes()].concat();
    let mut batch = Batch::new();
    for table in [0x88_u8, 0x89, 0x8a] {
        batch.put([&[table][..], &book, b"ann"].concat(), Vec::new());
    }
    for (key, value) in rows(&desk, 0x8b).await {
        batch.put(key, [&[1], &value[1..]].concat());
    }
    for table in [0x9d_u8, 0x9e, 0x9f] {
        for (key, _) in rows(&desk, table).await {
            batch.delete(key);
        }
    }
    batch.put([&[0x8d][..], &book].concat(), vec![1]);
    desk.store.commit(batch).await.unwrap();
    // One card is written before anybody builds.
    desk.put(0, "c2", &[("FN", "Bert Miller".into())]).await;
    assert_eq!(found(&desk, "mill", 9).await.len(), 2);
    assert_eq!(found(&desk, "ann", 9).await.len(), 1);
    assert_eq!(wrong(&desk).await, Vec::<String>::new());
    for table in [0x88_u8, 0x89, 0x8a] {
        assert_eq!(rows(&desk, table).await, [], "{table:02x}");
    }
}
