//! The matrix: actions x roles x resources, written out.

use super::*;
use crate::accounts::privilege::privileges;
use crate::base::{Delegation, Profile};

const ACTIONS: [Action; 11] = [
    Action::Read,
    Action::ReadPrivileges,
    Action::WriteContent,
    Action::WriteProperties,
    Action::Bind,
    Action::Unbind,
    Action::Remove,
    Action::Unlock,
    Action::ReadAcl,
    Action::WriteAcl,
    Action::Share,
];

const BOOK: CollectionId = CollectionId(7);

fn id(text: &str) -> PrincipalId {
    PrincipalId::parse(text).unwrap()
}

fn identity(principal: &str) -> Identity {
    Identity {
        principal: id(principal),
        groups: vec![id("team")],
        device: None,
        device_label: String::new(),
        profile: Profile::default(),
        admin: false,
        delegations: Vec::new(),
    }
}

/// `+` allowed, `-` denied, `.` hidden, in the order of [`ACTIONS`].
fn row(identity: &Identity, resource: Resource<'_>) -> String {
    ACTIONS
        .iter()
        .map(|action| match authorize(identity, *action, resource) {
            Decision::Allowed => '+',
            Decision::Denied(_) => '-',
            Decision::Hidden => '.',
        })
        .collect()
}

#[test]
fn matrix() {
    let anna = id("anna");
    let owner = identity("anna");
    let read_only =
        Identity { profile: Profile { read_only: true, ..Profile::default() }, ..owner.clone() };
    let other_book = Identity {
        profile: Profile { books: vec![CollectionId(8)], ..Profile::default() },
        ..owner.clone()
    };
    let only_book =
        Identity { profile: Profile { books: vec![BOOK], ..Profile::default() }, ..owner.clone() };
    let bob = identity("bob");
    let bob_read_only = Identity { profile: read_only.profile.clone(), ..bob.clone() };
    let bob_elsewhere = Identity { profile: other_book.profile.clone(), ..bob.clone() };
    let admin = Identity { admin: true, ..identity("root") };

    let acts = |write| Identity {
        delegations: vec![Delegation { owner: id("anna"), write }],
        ..identity("bob")
    };
    let (reader, writer) = (acts(false), acts(true));
    let writer_read_only = Identity { profile: read_only.profile.clone(), ..acts(true) };
    let held =
        |grant| Held { id: BOOK, owner: &anna, grant, kind: Kind::Calendar, role: Role::Plain };
    let generated = |grant| Held { role: Role::Birthdays, ..held(grant) };
    let told = |grant| Held { role: Role::Interactions, ..held(grant) };
    let inbox = |grant| Held { role: Role::Inbox, ..held(grant) };
    let book = |grant| Resource::Collection(held(grant));
    let card = |grant| Resource::Member(held(grant));
    let principal = |acquainted| Resource::Principal { id: &anna, acquainted };
    let home = Resource::Home { owner: &anna, kind: Some(Kind::Calendar) };
    let book_home = Resource::Home { owner: &anna, kind: Some(Kind::AddressBook) };
    let outbox = Resource::Home { owner: &anna, kind: None };
    let in_book = |grant| Resource::Collection(Held { kind: Kind::AddressBook, ..held(grant) });
    let (no, read, write) = (None, Some(Access::Read), Some(Access::ReadWrite));

    //         Read, ReadPrivileges, WriteContent, WriteProperties, Bind, Unbind, Remove, Unlock,
    //         ReadAcl, WriteAcl, Share
    let table = [
        ("anyone at the root", &bob, Resource::Root, "++---------"),
        ("admin at the root", &admin, Resource::Root, "++---------"),
        ("anyone at the principals", &bob, Resource::PrincipalCollection, "++---------"),
        ("anyone at the homes", &bob, Resource::HomeCollection, "++---------"),
        ("own principal", &owner, principal(false), "++-+----+--"),
        ("own principal, read-only", &read_only, principal(false), "++------+--"),
        ("acquaintance's principal", &bob, principal(true), "++---------"),
        ("stranger's principal", &bob, principal(false), "..........."),
        ("admin, stranger's principal", &admin, principal(false), "..........."),
        ("own home", &owner, home, "++++++-++--"),
        ("own home, read-only", &read_only, home, "++------+--"),
        ("own home, some books", &only_book, home, "++++-+-++--"),
        ("stranger's home", &bob, home, "..........."),
        ("admin, stranger's home", &admin, home, "..........."),
        ("own book", &owner, book(no), "+++++++++-+"),
        ("own book, read-only", &read_only, book(no), "++------+--"),
        ("own book, hidden", &other_book, book(no), "..........."),
        ("own book, the only one shown", &only_book, book(no), "+++++++++-+"),
        ("shared book, read", &bob, book(read), "++---------"),
        ("own interactions", &owner, Resource::Collection(told(no)), "++-+----+--"),
        ("own interaction", &owner, Resource::Member(told(no)), "++------+--"),
        ("interactions with a grant", &bob, Resource::Collection(told(write)), "..........."),
        ("interactions, as a delegate", &writer, Resource::Collection(told(no)), "..........."),
        ("interaction, as a delegate", &writer, Resource::Member(told(no)), "..........."),
        ("shared book, read-write", &bob, book(write), "++++++-+---"),
        ("shared book, read-write, read-only", &bob_read_only, book(write), "++---------"),
        ("shared book, hidden", &bob_elsewhere, book(write), "..........."),
        ("stranger's book", &bob, book(no), "..........."),
        ("admin, stranger's book", &admin, book(no), "..........."),
        ("own card", &owner, card(no), "+++++++++-+"),
        ("own card, read-only", &read_only, card(no), "++------+--"),
        ("own card, hidden book", &other_book, card(no), "..........."),
        ("shared card, read", &bob, card(read), "++---------"),
        ("shared card, read-write", &bob, card(write), "++++++++---"),
        ("shared card, read-write, read-only", &bob_read_only, card(write), "++---------"),
        ("shared card, hidden book", &bob_elsewhere, card(write), "..........."),
        ("stranger's card", &bob, card(no), "..........."),
        ("admin, stranger's card", &admin, card(no), "..........."),
        ("own generated", &owner, Resource::Collection(generated(no)), "++-+----+-+"),
        (
            "own generated, read-only",
            &read_only,
            Resource::Collection(generated(no)),
            "++------+--",
        ),
        ("shared generated, read", &bob, Resource::Collection(generated(read)), "++---------"),
        ("shared generated, write", &bob, Resource::Collection(generated(write)), "++---------"),
        ("stranger's generated", &bob, Resource::Collection(generated(no)), "..........."),
        ("in own generated", &owner, Resource::Member(generated(no)), "++------+--"),
        ("in shared generated, write", &bob, Resource::Member(generated(write)), "++---------"),
        ("in stranger's generated", &admin, Resource::Member(generated(no)), "..........."),
        ("own inbox", &owner, Resource::Collection(inbox(no)), "++-+-+--+--"),
        ("own inbox, read-only", &read_only, Resource::Collection(inbox(no)), "++------+--"),
        ("granted inbox", &bob, Resource::Collection(inbox(write)), "..........."),
        ("in own inbox", &owner, Resource::Member(inbox(no)), "++-+--+-+--"),
        ("in own inbox, read-only", &read_only, Resource::Member(inbox(no)), "++------+--"),
        ("in granted inbox", &bob, Resource::Member(inbox(write)), "..........."),
        ("delegator's home", &reader, home, "++---------"),
        ("delegator's book home", &writer, book_home, "..........."),
        ("delegator's outbox", &writer, outbox, "..........."),
        ("delegator's calendar, read", &reader, book(no), "++---------"),
        ("delegator's calendar, write", &writer, book(no), "++++++-+---"),
        ("the same, shared besides", &reader, book(write), "++++++-+---"),
        ("delegator's event, read", &reader, card(no), "++---------"),
        ("delegator's event, write", &writer, card(no), "++++++++---"),
        ("the same, read-only device", &writer_read_only, card(no), "++---------"),
        ("delegator's book", &writer, in_book(no), "..........."),
        ("delegator's generated", &writer, Resource::Collection(generated(no)), "++---------"),
        ("delegator's inbox", &writer, Resource::Collection(inbox(no)), "..........."),
    ];
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(who, identity, resource, wanted)| {
            let got = row(identity, *resource);
            (got != *wanted).then(|| format!("{who}: {got}, wanted {wanted}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_denial_names_the_privilege_and_where_it_is_missing() {
    let anna = id("anna");
    let held = Held {
        id: BOOK,
        owner: &anna,
        grant: Some(Access::Read),
        kind: Kind::Calendar,
        role: Role::Plain,
    };
    let bob = identity("bob");
    let denial = |action, resource| match authorize(&bob, action, resource) {
        Decision::Denied(needed) => (needed.privilege.name(), needed.on_parent),
        other => panic!("{action:?} was {other:?}"),
    };
    assert_eq!(denial(Action::WriteContent, Resource::Member(held)), ("write-content", false));
    assert_eq!(denial(Action::Bind, Resource::Collection(held)), ("bind", false));
    assert_eq!(denial(Action::Remove, Resource::Member(held)), ("unbind", true));
    assert_eq!(denial(Action::WriteAcl, Resource::Collection(held)), ("write-acl", false));
}

#[test]
fn what_clients_are_told_follows_from_what_they_may() {
    let anna = id("anna");
    let names = |identity: &Identity, grant| -> Vec<&str> {
        let held = Held { id: BOOK, owner: &anna, grant, kind: Kind::Calendar, role: Role::Plain };
        privileges(identity, Resource::Collection(held)).map(Privilege::name).collect()
    };
    let read = ["read", "read-current-user-privilege-set", "read-free-busy"];
    let write = ["write", "write-properties", "write-content", "bind", "unbind", "unlock"];
    let owner = identity("anna");
    let phone =
        Identity { profile: Profile { read_only: true, ..Profile::default() }, ..identity("anna") };
    let bob = identity("bob");
    assert_eq!(names(&owner, None), [&read[..], &write, &["read-acl"]].concat());
    assert_eq!(names(&phone, None), [&read[..], &["read-acl"]].concat());
    assert_eq!(names(&bob, Some(Access::ReadWrite)), [&read[..], &write].concat());
    assert_eq!(names(&bob, Some(Access::Read)), read);
    assert!(names(&bob, None).is_empty());
}
