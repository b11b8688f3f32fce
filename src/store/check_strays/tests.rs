//! Every kind of row is found once what it belongs to is gone, and only then.

use super::*;
use crate::base::CollectionId;
use crate::store::check_contacts::tests::filled;
use crate::store::followed::{self, State};
use crate::store::segments::following::{self, Followed};
use crate::store::segments::members;
use crate::store::tags::TagId;
use crate::store::tests::with_user;
use crate::store::{addresses, change, tag_index};

/// A row of these, all of whose parts name what is not there.
fn stray(rows: &Rows) -> (Vec<u8>, Vec<u8>) {
    let mut key = rows.prefix.to_vec();
    for part in rows.key {
        match part {
            Part::Owner | Part::MemberText | Part::Text => key.extend(b"nobody\0"),
            Part::OwnerAtEnd | Part::Member | Part::Rest => key.extend(b"nobody"),
            Part::In(..) | Part::Number => key.extend(9999_u64.to_be_bytes()),
            Part::Blob => key.extend([9; 32]),
            Part::Fact => key.extend(b"starts"),
            Part::One => key.push(1),
            Part::Fixed(bytes) => key.extend(vec![1; *bytes]),
            Part::MaybeNumber | Part::Any => {}
        }
    }
    let value = match rows.value {
        Value::Nothing | Value::NumberOrNothing | Value::Words | Value::Any => Vec::new(),
        Value::Number | Value::Leads(_) | Value::Logged => vec![0, 0, 0, 0, 0, 0, 0x27, 0x0f],
        Value::Form(version) | Value::UpTo(version) => vec![version],
        Value::Bytes(bytes) | Value::Entries(bytes) => vec![0; bytes],
    };
    (key, value)
}

async fn put(store: &Store, rows: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) {
    let mut batch = Batch::new();
    for (key, value) in rows {
        batch.put(key, value);
    }
    store.commit(batch).await.unwrap();
}

async fn found(store: &Store) -> Vec<String> {
    check(&store.snapshot().await.unwrap()).await.unwrap()
}

fn leads(rows: &Rows) -> bool {
    let leads = |part: &Part| {
        matches!(
            part,
            Part::Owner
                | Part::OwnerAtEnd
                | Part::In(..)
                | Part::Member
                | Part::MemberText
                | Part::Blob
        )
    };
    rows.key.iter().any(leads) || matches!(rows.value, Value::Leads(_))
}

#[tokio::test]
async fn a_row_of_nobody_is_found_in_each_table() {
    for rows in TABLES {
        let (store, _) = with_user("anna").await;
        assert_eq!(found(&store).await, [""; 0]);
        put(&store, [stray(rows)]).await;
        let faults = found(&store).await;
        let about = faults.iter().filter(|fault| fault.starts_with(&format!("{} of ", rows.what)));
        assert_eq!(about.count(), usize::from(leads(rows)), "{rows:?}: {faults:?}");
        assert_eq!(faults.len(), usize::from(leads(rows)), "{rows:?}: {faults:?}");
        // One byte more, or a value of another kind, and nothing can have written it.
        let (key, mut value) = stray(rows);
        value.extend(b"?");
        put(&store, [(key, value)]).await;
        let faults = found(&store).await;
        let takes_any = matches!(
            rows.value,
            Value::Form(_) | Value::UpTo(_) | Value::Words | Value::Leads(_) | Value::Any
        );
        let unreadable = faults.iter().any(|fault| fault.contains("cannot be read"));
        assert_eq!(unreadable, !takes_any, "{rows:?}: {faults:?}");
        // One byte more at the end of a key that has a certain end.
        let (store, _) = with_user("anna").await;
        let (key, value) = stray(rows);
        put(&store, [([&key[..], b"?"].concat(), value)]).await;
        let faults = found(&store).await;
        let takes_any = matches!(
            rows.key.last(),
            Some(Part::Rest | Part::Any | Part::Member | Part::OwnerAtEnd)
        );
        let unreadable = faults.iter().any(|fault| fault.contains("cannot be read"));
        assert_eq!(unreadable, !takes_any, "{rows:?}: {faults:?}");
    }
}

#[tokio::test]
async fn a_row_that_is_made_otherwise_is_found() {
    let (store, _) = filled().await;
    let of = |prefix: &[u8], rest: &[u8]| [prefix, &7_u64.to_be_bytes(), rest].concat();
    for (key, value, table) in [
        (of(b"\x83c", b"a.vcf"), vec![2], "8363"),
        (of(b"\x83c", &[1; 8]), vec![1], "8363"),
        (of(b"\x83k", &[1; 16]), vec![], "836b"),
        (of(b"\x21", b"a.vcf"), vec![0; 9], "21"),
        (of(b"\x22", b"a.vcf"), vec![0; 18], "22"),
        (of(b"\x22", b"a.vcf"), vec![], "22"),
        (of(b"\x07", b""), b"a.vcf".to_vec(), "07"),
        (of(b"\x07", &9_u64.to_be_bytes()), vec![0xff], "07"),
        (of(b"\x98q", b"a.vcf"), vec![0; 3], "9871"),
        (b"\x1danna".to_vec(), vec![4], "1d"),
        (b"\x9ckanna\0u1".to_vec(), vec![1], "9c6b"),
        (b"\xa0uanna\0hash".to_vec(), vec![0; 8], "a075"),
    ] {
        let was = store.snapshot().await.unwrap().get(&key).await.unwrap();
        put(&store, [(key.clone(), value)]).await;
        let table = format!("1 rows of table {table} (");
        let faults = found(&store).await;
        let told = faults.len() == 1 && faults[0].starts_with(&table);
        assert!(told, "{table} {key:?}: {faults:?}");
        let mut batch = Batch::new();
        match was {
            Some(was) => batch.put(key, was),
            None => batch.delete(key),
        }
        store.commit(batch).await.unwrap();
    }
    assert_eq!(found(&store).await, [""; 0]);
}

#[tokio::test]
async fn rows_of_who_is_there_are_none() {
    let (store, anna) = filled().await;
    assert_eq!(found(&store).await, [""; 0]);
    // Of each table one of theirs: the collection, the card and the user are there.
    let is_theirs = |part: &Part| match part {
        Part::In(table, _) => *table == b"\x02",
        part => !matches!(part, Part::Blob),
    };
    let (mut tried, mut before) = (0, Vec::new());
    let of_them = |rows: &&Rows| leads(rows) && rows.key.iter().all(is_theirs);
    for rows in TABLES.iter().filter(of_them) {
        // What other checks read has more to it.
        if matches!(rows.value, Value::Leads(_)) || rows.what.starts_with("how far") {
            continue;
        }
        let mut key = rows.prefix.to_vec();
        for part in rows.key {
            match part {
                Part::Owner => key.extend([anna.as_str().as_bytes(), b"\0"].concat()),
                Part::OwnerAtEnd => key.extend(anna.as_str().as_bytes()),
                Part::Member => key.extend(b"a.vcf"),
                Part::MemberText => key.extend(b"a.vcf\0"),
                Part::In(..) => key.extend(7_u64.to_be_bytes()),
                Part::Text => key.extend(b"t\0"),
                Part::Rest => key.push(b't'),
                Part::Number => key.extend(1_u64.to_be_bytes()),
                Part::One => key.push(1),
                Part::Fixed(bytes) => key.extend(vec![1; *bytes]),
                Part::MaybeNumber | Part::Any | Part::Fact | Part::Blob => {}
            }
        }
        before.push((key, stray(rows).1));
        tried += 1;
    }
    put(&store, before).await;
    assert_eq!(found(&store).await, [""; 0]);
    assert!(tried > 80, "{tried} tables");
    assert_eq!(clear(&store).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_is_derived_is_cleared_and_nothing_else() {
    let (store, _) = filled().await;
    put(&store, TABLES.iter().filter(|rows| leads(rows)).map(stray)).await;
    let before = found(&store).await.len();
    let cleared = clear(&store).await.unwrap();
    let derived = TABLES.iter().filter(|rows| rows.derived && leads(rows)).count();
    let left = found(&store).await;
    assert!(cleared.contains(&"addresses of collection 9999, which is not there".to_owned()));
    assert!(derived > 50 && left.len() < before, "{derived} {before} {left:?}");
    let kept = TABLES.iter().filter(|rows| !rows.derived && leads(rows)).count();
    assert_eq!(left.len(), kept, "{left:?}");
    assert!(clear(&store).await.unwrap().is_empty());
    // Many of one owner.
    let many = (0..MANY as u64 + 9)
        .map(|at| (keys::Key::of(0x94).number(9999).number(at).bytes(b"x").done(), Vec::new()));
    put(&store, many).await;
    assert_eq!(clear(&store).await.unwrap(), ["segments of collection 9999, which is not there"]);
    assert_eq!(found(&store).await.len(), kept);
}

/// An index that lags behind may still know of those who are gone since, and of nobody else.
#[tokio::test]
async fn members_that_are_gone_are_found_as_far_as_the_index_got() {
    for (head, after, wanted) in [
        (2, None, &["gone", "lost"][..]),
        (2, Some(""), &["gone", "lost"]),
        (1, None, &["lost"]),
        (0, Some("a.vcf"), &["lost"]),
    ] {
        let (store, anna) = filled().await;
        let book = CollectionId(7);
        let mut batch = Batch::new();
        change::append(&mut batch, book, "gone.vcf");
        let card = addresses::Card { uid: "u".to_owned(), mails: Vec::new() };
        let tags = tag_index::Entry { uid: "u".to_owned(), tags: vec![TagId(1)] };
        let asked = members::Entry { uid: "u".to_owned(), ..members::Entry::default() };
        for name in ["a.vcf", "gone.vcf", "lost.vcf"] {
            addresses::replace(&mut batch, book, name, None, Some(&card)).unwrap();
            tag_index::set(&mut batch, book, name, None, Some(&tags)).unwrap();
            members::set(&mut batch, book, name, None, Some(&asked)).unwrap();
        }
        // The count of a tag that is not there is told of by its own.
        batch.delete([&b"\x54c"[..], &1_u64.to_be_bytes()].concat());
        let after = after.map(str::to_owned);
        let state = State { form: addresses::Form::default(), head, after: after.clone() };
        followed::advance(&mut batch, addresses::state_key(book), None, &state).unwrap();
        let state = State { form: (), head, after: after.clone() };
        followed::advance(&mut batch, tag_index::followed_key(&anna, book), None, &state).unwrap();
        let state = Followed { head, after, ..Followed::default() };
        following::advance(&mut batch, &anna, book, None, Some(&state)).unwrap();
        store.commit(batch).await.unwrap();
        let mut faults = found(&store).await;
        faults.sort_unstable();
        let mut told = Vec::new();
        for what in ["addresses", "segments", "tags"] {
            let of = |name: &&str| {
                format!("{what} of \"{name}.vcf\" in collection 7, which is not there")
            };
            told.extend(wanted.iter().map(of));
        }
        assert_eq!(faults, told, "{head}");
    }
}

#[tokio::test]
async fn what_belongs_to_a_member_that_is_gone_is_found() {
    for (table, rest) in [(&b"\x0f"[..], &b"gone.vcf"[..]), (b"\x0em", b"gone.vcf\0DAV:\0x")] {
        let (store, _) = filled().await;
        let key = [table, &7_u64.to_be_bytes(), rest].concat();
        put(&store, [(key, vec![1])]).await;
        let faults = found(&store).await;
        assert!(
            faults.len() == 1
                && faults[0].ends_with("\"gone.vcf\" in collection 7, which is not there"),
            "{faults:?}"
        );
    }
}
