//! Changes of cards that were looked at and moved nobody into a segment or out of one: that is
//! remembered while the store is open, and spares a commit for each of them.

use crate::base::CollectionId;
use crate::store::Store;
use crate::store::cache::Cache;
use crate::store::segments::following::Followed;

/// Books of which it is remembered.
const KEPT: usize = 1024;

/// Changes that are looked at again after a start, at most, because it is not written down that
/// they were.
const MOST: u64 = 256;

/// How far a book was looked at, beyond how far it is followed.
#[derive(Debug)]
struct Examined(Cache<CollectionId, (Followed, u64)>);

impl Default for Examined {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

/// Up to which change of `book`, which is followed as far as it was `read`, nothing is to be done.
pub(super) fn head(store: &Store, book: CollectionId, read: &Followed) -> u64 {
    // Whoever wrote since then may have asked other questions.
    match store.cache::<Examined>().0.get(&book) {
        Some((known, head)) if known == *read => head,
        _ => read.head,
    }
}

/// Remembers that nothing is to be done up to the change `head` of `book`; `false` if that is to be
/// written down.
pub(super) fn note(store: &Store, book: CollectionId, read: &Followed, head: u64) -> bool {
    let is_little = head.saturating_sub(read.head) <= MOST;
    if is_little {
        store.cache::<Examined>().0.put(book, (read.clone(), head));
    }
    is_little
}

#[cfg(test)]
mod tests {
    use crate::contacts::segments::tests::Desk;
    use crate::contacts::segments::{follow, is_behind};
    use crate::store::segments::following;

    /// What moves nobody is written down now and then only, and what was looked at is not behind.
    #[tokio::test]
    async fn a_change_that_moves_nobody_spares_a_commit() {
        let desk = Desk::open().await;
        let book = desk.book("contacts").await;
        desk.add("Lyon", "city is Lyon", true).await;
        desk.put(&book, "a", "ADR:;;;Paris;;;\r\n").await;
        let head = async || {
            follow(&desk.store, &desk.anna).await.unwrap();
            assert!(!is_behind(&desk.store, &desk.anna).await.unwrap());
            let snapshot = desk.store.snapshot().await.unwrap();
            following::followed(&snapshot, &desk.anna, book.id).await.unwrap().unwrap().record.head
        };
        let first = head().await;
        let mut written = 0;
        for number in 0..600_u64 {
            desk.put(&book, "a", &format!("ADR:;;;Paris;;;\r\nTITLE:{number}\r\n")).await;
            let now = head().await;
            assert!(now + super::MOST > first + number, "{number}: {now}");
            written = written.max(now);
        }
        assert!((first + super::MOST..first + 600).contains(&written), "{first} {written}");
        desk.put(&book, "a", "ADR:;;;Lyon;;;\r\n").await;
        assert_eq!(head().await, first + 601);
        assert_eq!(desk.who("Lyon").await, ["a"]);
        desk.checked().await;
    }
}
