//! Every row that leads nowhere, and every record that is not led to, is a fault.

use bytes::Bytes;

use super::*;
use crate::base::{CollectionId, ETag, Timestamp};
use crate::store::body::NewBody;
use crate::store::collection::Kind;
use crate::store::conflicts::Refused;
use crate::store::engine::Batch;
use crate::store::fields::{Field, FieldKind};
use crate::store::interactions::{Direction, Precision, Source};
use crate::store::member::Flags;
use crate::store::served::Served;
use crate::store::tests::{keys_of, with_user};
use crate::store::write::{NewMember, Target};
use crate::store::{Actor, Store};

const BOOK: CollectionId = CollectionId(7);

/// A store with something of everything: two contacts of one user, one of them with a card.
pub(in crate::store) async fn filled() -> (Store, PrincipalId) {
    let (store, anna) = with_user("anna").await;
    let actor = Actor { principal: "anna".to_owned(), device: String::new() };
    let book =
        Collection::new(BOOK, Kind::AddressBook, anna.clone(), "contacts".into(), Timestamp(0));
    let mut batch = Batch::new();
    collection::create(&mut batch, &book).unwrap();
    store.commit(batch).await.unwrap();
    let target = Target { collection: &book, rights: &[], name: "a.vcf", actor: &actor };
    let card = |text: &'static str| NewMember {
        body: NewBody { bytes: Bytes::from_static(text.as_bytes()), blobs: Vec::new() },
        etag: ETag::of(text.as_bytes()),
        flags: Flags::default(),
        uid: "u1".to_owned(),
        notes: Vec::new(),
        original: None,
        spans: Vec::new(),
    };
    store.put_member(&target, &card("card"), None, None, |_| Ok(())).await.unwrap();
    let refused =
        Refused { actor: actor.clone(), named: String::new(), body: card("refused").body };
    conflicts::keep(&store, BOOK, "a.vcf", &refused).await.unwrap();

    let snapshot = store.snapshot().await.unwrap();
    let mut batch = Batch::new();
    let mut first = Contact::new(anna.clone(), "u1".into(), "Bo".into(), Timestamp(1));
    first.aliases.push("u0".to_owned());
    first.revision = 3;
    let first = contacts::insert(&store, &mut batch, &first).unwrap();
    let second = Contact::new(anna.clone(), "u2".into(), "Cy".into(), Timestamp(1));
    let second = contacts::insert(&store, &mut batch, &second).unwrap();
    for (uid, participants) in [("i1", vec![first, second]), ("i2", vec![second])] {
        let interaction = Interaction {
            uid: uid.to_owned(),
            owner: anna.clone(),
            kind: "call".to_owned(),
            at: Timestamp(100),
            precision: Precision::Minute,
            duration: Some(60),
            direction: Some(Direction::Out),
            author: target.actor.clone(),
            participants,
            text: "spoke".to_owned(),
            link: None,
            source: Source::Cli,
            captured: Timestamp(200),
            content: 5,
        };
        interactions::log(&store, &snapshot, &mut batch, &interaction).await.unwrap();
    }
    let tag = ETag::of(b"card");
    let version = Served { revision: 3, etag: tag, base: tag, written: Timestamp(1) };
    served::note(&store, &snapshot, &mut batch, BOOK, "a.vcf", &version).await.unwrap();
    let field = Field {
        name: "Size".to_owned(),
        property: "X-SIZE".to_owned(),
        kind: FieldKind::Text,
        required: false,
        created: Timestamp(1),
    };
    fields::put(&mut batch, &anna, None, &field).unwrap();
    store.commit(batch).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    let (number, read) = interactions::find_by_uid(&snapshot, &anna, "i2").await.unwrap().unwrap();
    let mut batch = Batch::new();
    interactions::remove(&store, &snapshot, &mut batch, number, &read, Timestamp(9)).await.unwrap();
    store.commit(batch).await.unwrap();
    (store, anna)
}

#[tokio::test]
async fn a_sound_store_has_no_faults() {
    let (store, _) = filled().await;
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(check(&snapshot).await.unwrap(), [""; 0]);
    assert_eq!(crate::store::check::check(&snapshot).await.unwrap().faults, [""; 0]);
}

#[tokio::test]
async fn what_is_missing_is_a_fault() {
    for (prefix, words) in [
        (&[contacts::CONTACT][..], "is not there"),
        (&[contacts::UID], "does not lead to it"),
        (&[interactions::INTERACTION], "is not there"),
        (&[interactions::INDEX, b'c'], "not listed with contact"),
        (&[interactions::INDEX, b'o'], "not listed with its owner"),
        (b"\x43lanna\0\0", "is missing"),
        (&[interactions::UID], "does not lead to it"),
        (&[keys::table::MEMBER], "the member is not there"),
        (&[keys::table::COLLECTION], "something was refused in collection 7"),
        (&[0x10], "who does not exist"),
    ] {
        let (store, _) = filled().await;
        let mut batch = Batch::new();
        let rows = keys_of(&store.snapshot().await.unwrap(), prefix).await;
        for key in rows {
            batch.delete(key);
        }
        store.commit(batch).await.unwrap();
        let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
        assert!(faults.iter().any(|fault| fault.contains(words)), "{prefix:x?}: {faults:#?}");
    }
}

#[tokio::test]
async fn what_leads_nowhere_is_a_fault() {
    let (store, anna) = filled().await;
    let id = ContactId(99);
    let position = Position { at: Timestamp(1), number: 98 };
    let number = 97_u64.to_be_bytes().to_vec();
    let stray = |table: u8| Key::of(table).text(anna.as_str()).bytes(b"stray").done();
    for (key, value, words) in [
        (stray(contacts::UID), number.clone(), "with the UID stray is not there"),
        (stray(interactions::UID), number.clone(), "interaction stray of anna is not there"),
        (
            interactions::at_position(&interactions::of_contact(id), position),
            number.clone(),
            "interaction 98 is listed where it is not",
        ),
        (Key::of(contacts::CONTACT).number(1).done(), vec![9], "contact 1 cannot be read"),
        (stray(fields::FIELD), vec![9], "the field stray of anna"),
    ] {
        let mut batch = Batch::new();
        batch.put(key, value);
        store.commit(batch).await.unwrap();
        let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
        assert!(faults.iter().any(|fault| fault.contains(words)), "{words}: {faults:#?}");
    }
    let snapshot = store.snapshot().await.unwrap();
    let tag = ETag::of(b"later");
    let version = Served { revision: 4, etag: tag, base: tag, written: Timestamp(2) };
    let mut batch = Batch::new();
    served::note(&store, &snapshot, &mut batch, BOOK, "a.vcf", &version).await.unwrap();
    store.commit(batch).await.unwrap();
    let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
    assert!(faults.iter().any(|fault| fault.contains("newer than its contact")), "{faults:#?}");
}
