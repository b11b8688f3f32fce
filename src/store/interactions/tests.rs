//! Interactions are listed newest first, known by UID and by content, and change without a trace
//! of what they were in the indexes.

use super::*;
use crate::store::tests::with_user;

fn call(owner: &PrincipalId, uid: &str, at: u64, participants: &[u64]) -> Interaction {
    Interaction {
        uid: uid.to_owned(),
        owner: owner.clone(),
        kind: "call".to_owned(),
        at: Timestamp(at),
        precision: Precision::Minute,
        duration: None,
        direction: None,
        author: Actor { principal: "anna".to_owned(), device: String::new() },
        participants: participants.iter().map(|id| ContactId(*id)).collect(),
        text: format!("about {uid}"),
        link: None,
        source: Source::Cli,
        captured: Timestamp(at),
        content: at * 7,
    }
}

async fn write(store: &Store, interaction: &Interaction) -> Logged {
    let snapshot = store.snapshot().await.unwrap();
    let mut batch = Batch::new();
    let logged = log(store, &snapshot, &mut batch, interaction).await.unwrap();
    store.commit(batch).await.unwrap();
    logged
}

fn uids(found: &[(u64, Interaction)]) -> Vec<&str> {
    found.iter().map(|(_, interaction)| interaction.uid.as_str()).collect()
}

#[tokio::test]
async fn they_are_listed_newest_first_by_contact_and_by_owner() {
    let (store, anna) = with_user("anna").await;
    for (uid, at, participants) in
        [("b", 200, &[1][..]), ("a", 100, &[1, 2]), ("d", 300, &[2]), ("c", 200, &[1])]
    {
        write(&store, &call(&anna, uid, at, participants)).await;
    }
    let snapshot = store.snapshot().await.unwrap();
    let first = latest(&snapshot, ContactId(1), 2).await.unwrap();
    assert_eq!(uids(&first), ["c", "b"], "of the same moment the last told comes first");
    let (number, last) = first.last().unwrap();
    let before = Position { at: last.at, number: *number };
    let rest = page(&snapshot, ContactId(1), Some(before), 9).await.unwrap();
    assert_eq!(uids(&rest), ["a"], "the second page goes on where the first ended");
    assert!(page(&snapshot, ContactId(1), None, 0).await.unwrap().is_empty());
    assert_eq!(uids(&latest(&snapshot, ContactId(2), 9).await.unwrap()), ["d", "a"]);

    let within = |from, to| Timestamp(from)..Timestamp(to);
    for (times, expected) in [
        (within(0, u64::MAX), &["d", "c", "b", "a"][..]),
        (within(100, 200), &["a"]),
        (within(200, 300), &["c", "b"]),
        (within(301, 900), &[]),
        (within(300, 100), &[]),
        (within(0, 0), &[]),
    ] {
        let found = range(&snapshot, &anna, times.clone(), None, 9).await.unwrap();
        assert_eq!(uids(&found), expected, "in {times:?}");
    }
    let found = range(&snapshot, &anna, within(100, 301), Some(before), 9).await.unwrap();
    assert_eq!(uids(&found), ["a"]);
    let other = PrincipalId::parse("ann").unwrap();
    assert!(range(&snapshot, &other, within(0, 999), None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_same_thing_told_again_is_known() {
    let (store, anna) = with_user("anna").await;
    let told = call(&anna, "u", 100, &[1]);
    let Logged::New(number) = write(&store, &told).await else { panic!("it is new") };
    let again = Interaction { text: "otherwise".to_owned(), ..told.clone() };
    assert_eq!(write(&store, &again).await, Logged::Known(number));
    let snapshot = store.snapshot().await.unwrap();
    let (found, read) = find_by_uid(&snapshot, &anna, "u").await.unwrap().unwrap();
    assert_eq!((found, &read.record), (number, &told), "the first telling stays");

    for (start, expected) in [("", vec!["u"]), ("u", vec!["u"]), ("uu", vec![]), ("t", vec![])] {
        let found = beginning_with(&snapshot, &anna, start, 9).await.unwrap();
        assert_eq!(found, expected, "beginning with {start:?}");
    }
    let near = Timestamp(50)..Timestamp(150);
    for (contact, content, times, expected) in [
        (1, 700, near.clone(), Some(number)),
        (1, 701, near.clone(), None),
        (2, 700, near, None),
        (1, 700, Timestamp(101)..Timestamp(150), None),
        (1, 700, Timestamp(100)..Timestamp(101), Some(number)),
    ] {
        let known = same_content(&snapshot, ContactId(contact), content, times.clone()).await;
        assert_eq!(known.unwrap(), expected, "content {content} of {contact} in {times:?}");
    }

    // Two that tell of it at the same moment: the second commit is refused.
    let mut late = Batch::new();
    let other = Interaction { uid: "v".to_owned(), ..told };
    log(&store, &snapshot, &mut late, &other).await.unwrap();
    write(&store, &other).await;
    assert!(store.commit(late).await.is_err(), "one UID was taken twice");
}

#[tokio::test]
async fn changes_move_the_rows_and_are_in_the_log() {
    let (store, anna) = with_user("anna").await;
    let told = call(&anna, "u", 100, &[1, 2]);
    write(&store, &told).await;
    let snapshot = store.snapshot().await.unwrap();
    let (number, read) = find_by_uid(&snapshot, &anna, "u").await.unwrap().unwrap();
    let moved = Interaction { participants: vec![ContactId(3)], at: Timestamp(500), ..told };
    let mut batch = Batch::new();
    replace(&store, &snapshot, &mut batch, number, &read, &moved).await.unwrap();
    store.commit(batch).await.unwrap();

    let mut late = Batch::new();
    remove(&store, &snapshot, &mut late, number, &read, Timestamp(1)).await.unwrap();
    assert!(store.commit(late).await.is_err(), "an older state was removed");
    let renamed = Interaction { uid: "w".to_owned(), ..moved.clone() };
    let mut other = Batch::new();
    let refused = replace(&store, &snapshot, &mut other, number, &read, &renamed).await;
    assert!(refused.is_err());

    let snapshot = store.snapshot().await.unwrap();
    assert!(latest(&snapshot, ContactId(1), 9).await.unwrap().is_empty());
    assert_eq!(latest(&snapshot, ContactId(3), 9).await.unwrap(), [(number, moved)]);

    let read = get(&snapshot, number).await.unwrap().unwrap();
    let mut batch = Batch::new();
    remove(&store, &snapshot, &mut batch, number, &read, Timestamp(1000)).await.unwrap();
    store.commit(batch).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    assert!(latest(&snapshot, ContactId(3), 9).await.unwrap().is_empty());
    assert!(find_by_uid(&snapshot, &anna, "u").await.unwrap().is_none());
    assert!(uid_is_known(&snapshot, &anna, "u").await.unwrap(), "what was removed is forgotten");
    let told = call(&anna, "u", 100, &[1]);
    let again = log(&store, &snapshot, &mut Batch::new(), &told).await.unwrap();
    assert_eq!(again, Logged::Removed, "what was removed came back");
    assert_eq!(head(&snapshot, &anna).await.unwrap(), 3);
    let log = changes(&snapshot, &anna, 1, 9).await.unwrap();
    assert_eq!(log, [(2, "u".to_owned()), (3, "u".to_owned())]);

    let other = PrincipalId::parse("ann").unwrap();
    for (owner, before, ended) in [(&anna, 1000, 0), (&other, 1001, 0), (&anna, 1001, 1)] {
        assert!(uid_is_known(&store.snapshot().await.unwrap(), &anna, "u").await.unwrap());
        let purged = purge(&store, owner, Timestamp(before), 9).await.unwrap();
        assert_eq!(purged, ended, "of {owner} before {before}");
    }
    let snapshot = store.snapshot().await.unwrap();
    assert!(!uid_is_known(&snapshot, &anna, "u").await.unwrap(), "it was long ago");
    assert_eq!(purge(&store, &anna, Timestamp(u64::MAX), 9).await.unwrap(), 0);
}
