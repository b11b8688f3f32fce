//! Changes of accounts: what is refused, what goes along, and that the tables always agree.

use super::*;
use crate::base::clock::ManualClock;
use crate::base::{DeviceId, Groups, Identity, Profile, Timestamp};
use crate::store::collection::{self, Kind as Holds};
use crate::store::engine::CommitError;
use crate::store::engine::Engine;
use crate::store::engine::memory::MemoryEngine;
use crate::store::grants::{self, Access};
use crate::store::{check_accounts, check_contacts, check_strays, contacts};

struct House {
    store: Arc<Store>,
    accounts: Arc<Accounts>,
}

impl House {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Arc::new(Store::open(engine, clock).await.unwrap());
        let settings = Auth { argon2_memory_kib: 8, argon2_passes: 1, ..Auth::default() };
        let accounts = Arc::new(Accounts::new(Arc::clone(&store), &settings).unwrap());
        Self { store, accounts }
    }

    async fn with(users: &[&str]) -> Self {
        let house = Self::new().await;
        for user in users {
            house.add(user).await.unwrap();
        }
        house
    }

    async fn add(&self, name: &str) -> Result<PrincipalId, AccountError> {
        self.accounts.add_user(NewUser { name: name.to_owned(), ..NewUser::default() }).await
    }

    async fn assert_sound(&self, after: &str) {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut faults = check_accounts::check(&snapshot).await.unwrap();
        faults.extend(check_contacts::check(&snapshot).await.unwrap());
        faults.extend(check_strays::check(&snapshot).await.unwrap());
        assert!(faults.is_empty(), "after {after}: {faults:#?}");
    }

    async fn access(&self, user: &str, groups: &[&str]) -> Option<Access> {
        let snapshot = self.store.snapshot().await.unwrap();
        let anna = PrincipalId::parse("anna").unwrap();
        let book = collection::find(&snapshot, &anna, Holds::AddressBook, "contacts").await;
        let id = book.unwrap().unwrap().collection.id;
        let groups: Vec<_> = groups.iter().map(|id| PrincipalId::parse(id).unwrap()).collect();
        let user = PrincipalId::parse(user).unwrap();
        grants::access(&snapshot, id, &user, &groups).await.unwrap().map(|allowed| allowed.access)
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn identity(id: &str, groups: &[&str]) -> Identity {
    Identity {
        principal: PrincipalId::parse(id).unwrap(),
        groups: groups.iter().map(|id| PrincipalId::parse(id).unwrap()).collect(),
        device: None,
        device_label: String::new(),
        profile: Profile::default(),
        admin: false,
        delegations: Vec::new(),
    }
}

#[tokio::test]
async fn a_user_begins_with_a_book_and_a_readable_id() {
    let house = House::new().await;
    for (name, id) in [
        ("Anna@Example.org", "anna"),
        ("anna@elsewhere.org", "anna-2"),
        ("Bob", "bob"),
        ("Ünal Öz", "unal-oz"),
    ] {
        assert_eq!(house.add(name).await.unwrap().as_str(), id, "the id of {name:?}");
    }
    let snapshot = house.store.snapshot().await.unwrap();
    for id in ["anna", "anna-2", "bob", "unal-oz"] {
        let owner = PrincipalId::parse(id).unwrap();
        let books = collection::list(&snapshot, &owner, Holds::AddressBook).await.unwrap();
        let books: Vec<_> = books.iter().map(|book| book.collection.name.as_str()).collect();
        assert_eq!(books, ["contacts"], "the books of {id}");
    }
    house.assert_sound("adding users").await;
}

#[tokio::test]
async fn a_name_or_mail_address_is_somebodys_once_in_any_case() {
    let house = House::new().await;
    let anna = NewUser {
        name: "anna".to_owned(),
        mail: Some("Anna@Example.org".to_owned()),
        ..NewUser::default()
    };
    house.accounts.add_user(anna).await.unwrap();
    for taken in ["ANNA", "anna@example.ORG", " anna "] {
        assert!(
            matches!(house.add(taken).await, Err(AccountError::NameTaken(_))),
            "{taken:?} was given away twice"
        );
    }
    for (name, mail) in [("", None), ("a:b", None), ("x", Some("no mail")), ("y", Some("a@b"))] {
        let new =
            NewUser { name: name.to_owned(), mail: mail.map(str::to_owned), ..NewUser::default() };
        let refused = house.accounts.add_user(new).await;
        assert!(matches!(refused, Err(AccountError::BadName { .. })), "{name:?} {mail:?}");
    }
    assert_eq!(house.accounts.find("Anna@Example.ORG").await.unwrap().as_str(), "anna");
    assert_eq!(house.accounts.users().await.unwrap().len(), 1);
}

#[tokio::test]
async fn removing_a_user_leaves_nothing_for_the_next_one_of_that_name() {
    let house = House::with(&["anna", "bob"]).await;
    let accounts = &house.accounts;
    accounts.add_group("team", None).await.unwrap();
    accounts.change_members("team", &names(&["anna", "bob"]), &[]).await.unwrap();
    accounts.share("anna", "contacts", "bob", Access::ReadWrite).await.unwrap();
    accounts.share("bob", "contacts", "anna", Access::Read).await.unwrap();
    let device = NewDevice { label: "phone".to_owned(), view: View::default() };
    accounts.add_device("anna", &device).await.unwrap();
    accounts.set_password("anna", "geheim").await.unwrap();
    house.assert_sound("filling").await;

    accounts.remove_user("anna").await.unwrap();
    house.assert_sound("removing").await;
    assert!(accounts.shares("bob", None).await.unwrap().is_empty(), "bob still shares");
    assert_eq!(accounts.groups().await.unwrap()[0].members.len(), 1);
    let snapshot = house.store.snapshot().await.unwrap();
    let id = PrincipalId::parse("anna").unwrap();
    assert_eq!(
        collection::trashed(&snapshot, &id).await.unwrap().len(),
        5,
        "what the user had is in the trash"
    );

    // Another Anna gets another id while there is something in the trash of the first.
    assert_eq!(house.add("anna@example.org").await.unwrap().as_str(), "anna-2");
    assert_eq!(house.add("anna").await.unwrap().as_str(), "anna");
    assert!(accounts.devices("anna").await.unwrap().is_empty());
    assert!(!accounts.users().await.unwrap()[0].password);
    house.assert_sound("adding again").await;
}

#[tokio::test]
async fn shares_reach_users_and_groups_and_end_at_once() {
    let house = House::with(&["anna", "bob", "carl"]).await;
    let accounts = &house.accounts;
    accounts.add_group("team", None).await.unwrap();
    assert_eq!(house.access("bob", &["team"]).await, None);
    accounts.share("anna", "contacts", "team", Access::ReadWrite).await.unwrap();
    accounts.share("anna", "contacts", "bob", Access::Read).await.unwrap();
    assert_eq!(house.access("bob", &["team"]).await, Some(Access::ReadWrite), "the wider wins");
    assert_eq!(house.access("bob", &[]).await, Some(Access::Read));
    assert_eq!(house.access("carl", &[]).await, None);

    let snapshot = house.store.snapshot().await.unwrap();
    let bob = identity("bob", &["team"]);
    let listed = grants::of_user(&snapshot, &bob.principal, &bob.groups).await.unwrap();
    assert_eq!(listed.len(), 1, "shared twice, listed once: {listed:?}");
    assert_eq!(listed[0].access, Access::ReadWrite);

    accounts.unshare("anna", "contacts", "team").await.unwrap();
    assert_eq!(house.access("bob", &["team"]).await, Some(Access::Read));
    for (owner, book, with, wanted) in [
        ("anna", "contacts", "team", "The book `contacts` is not shared with `team`."),
        ("anna", "nothing", "bob", "`anna` has no book `nothing`."),
        ("nobody", "contacts", "bob", "There is no user or group `nobody`."),
        ("team", "contacts", "bob", "`team` is a group; name a user."),
    ] {
        let error = accounts.unshare(owner, book, with).await.unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
    let own = accounts.share("anna", "contacts", "anna", Access::Read).await;
    assert!(matches!(own, Err(AccountError::SharedWithOwner)));
    house.assert_sound("sharing").await;
}

#[tokio::test]
async fn a_device_sees_what_its_view_names() {
    let house = House::with(&["anna", "bob"]).await;
    let accounts = &house.accounts;
    let view = |books: &[&str], default: Option<&str>| View {
        groups: Groups::ByProgram,
        plain_notes: false,
        books: names(books),
        default_book: default.map(str::to_owned),
        read_only: false,
    };
    let add = async |view: View| {
        let new = NewDevice { label: "phone".to_owned(), view };
        accounts.add_device("anna", &new).await.map(|(entry, _)| entry)
    };
    let unknown = add(view(&["bob/contacts"], None)).await;
    assert!(matches!(unknown, Err(AccountError::UnknownBook { .. })), "not shared with anna");
    accounts.share("bob", "contacts", "anna", Access::Read).await.unwrap();
    let entry = add(view(&["bob/contacts"], Some("contacts"))).await.unwrap();
    assert_eq!(entry.id, DeviceId(1));
    assert_eq!(entry.device.profile.books.len(), 2, "the default book is shown as well");
    assert_eq!(entry.device.profile.generation, 0);

    let device = accounts.set_profile("anna", entry.id, &view(&[], None)).await.unwrap();
    assert_eq!(device.profile, Profile { generation: 1, ..Profile::default() });
    let others = accounts.revoke_device("bob", entry.id).await;
    assert!(matches!(others, Err(AccountError::UnknownDevice(_))), "bob revoked anna's device");
    assert!(accounts.revoke_device("anna", entry.id).await.unwrap().revoked.is_some());
    assert_eq!(add(view(&[], None)).await.unwrap().id, DeviceId(2), "numbers are not reused");
    for label in ["", "  ", "a\nb", &"x".repeat(201)] {
        let new = NewDevice { label: label.to_owned(), view: View::default() };
        let refused = accounts.add_device("anna", &new).await;
        assert!(matches!(refused, Err(AccountError::BadLabel)), "{label:?} was taken");
    }
    house.assert_sound("changing devices").await;
}

#[tokio::test]
async fn strangers_do_not_know_of_each_other() {
    let house = House::with(&["anna", "bob", "carl", "dora"]).await;
    let accounts = &house.accounts;
    accounts.add_group("team", None).await.unwrap();
    accounts.change_members("team", &names(&["anna", "carl"]), &[]).await.unwrap();
    accounts.share("anna", "contacts", "bob", Access::Read).await.unwrap();
    let admin = Identity { admin: true, ..identity("dora", &[]) };
    for (who, whom, wanted, why) in [
        (&identity("anna", &["team"]), "anna", true, "oneself"),
        (&identity("anna", &["team"]), "team", true, "one's group"),
        (&identity("anna", &["team"]), "carl", true, "a fellow member"),
        (&identity("anna", &["team"]), "bob", true, "with whom one shares"),
        (&identity("bob", &[]), "anna", true, "who shares with one"),
        (&identity("bob", &[]), "carl", false, "a stranger"),
        (&identity("bob", &[]), "team", false, "somebody else's group"),
        (&identity("anna", &["team"]), "dora", false, "a stranger"),
        (&admin, "carl", true, "an administrator"),
    ] {
        let whom = PrincipalId::parse(whom).unwrap();
        let got = accounts.acquainted(who, &whom).await.unwrap();
        assert_eq!(got, wanted, "{} knows {whom} ({why})", who.principal);
    }
}

#[tokio::test]
async fn a_removal_and_a_share_planned_at_the_same_time_do_not_both_happen() {
    let house = House::with(&["anna", "bob"]).await;
    let bob = PrincipalId::parse("bob").unwrap();
    let snapshot = house.store.snapshot().await.unwrap();
    let found = principals::get(&snapshot, &bob).await.unwrap().unwrap();
    let mut removal = Batch::new();
    principals::expect_ties(&snapshot, &mut removal, &bob).await.unwrap();
    principals::remove(&mut removal, &bob, &found.witness);
    house.accounts.share("anna", "contacts", "bob", Access::Read).await.unwrap();
    let late = house.store.commit(removal).await;
    assert!(matches!(late, Err(CommitError::Refused(_))), "the share is left behind: {late:?}");

    let mut share = Batch::new();
    principals::tie(&mut share, &bob);
    house.accounts.remove_user("bob").await.unwrap();
    let late = house.store.commit(share).await;
    assert!(matches!(late, Err(CommitError::Refused(_))), "shared with nobody: {late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_changes_leave_no_loose_ends() {
    for round in 0..300 {
        let house = Arc::new(House::with(&["anna", "bob"]).await);
        house.accounts.add_group("team", None).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..8 {
            let house = Arc::clone(&house);
            tasks.spawn(async move {
                let accounts = &house.accounts;
                let device = NewDevice { label: format!("{n}"), view: View::default() };
                // Whether each of these is too early, too late or in time does not matter.
                match n {
                    0 => drop(accounts.remove_user("bob").await),
                    1 => drop(accounts.share("anna", "contacts", "bob", Access::Read).await),
                    2 => drop(accounts.change_members("team", &names(&["bob"]), &[]).await),
                    3 => drop(accounts.share("bob", "contacts", "anna", Access::Read).await),
                    4 => drop(accounts.remove_group("team").await),
                    5 => drop(accounts.share("anna", "contacts", "team", Access::Read).await),
                    6 => drop(accounts.add_device("bob", &device).await),
                    _ => drop(accounts.add_device("anna", &device).await),
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        house.assert_sound(&format!("round {round}")).await;
    }
}

#[tokio::test]
async fn what_was_remembered_of_contacts_ends_with_their_owner() {
    let house = House::with(&["anna"]).await;
    let anna = PrincipalId::parse("anna").unwrap();
    let contact =
        contacts::Contact::new(anna.clone(), "u".to_owned(), "Bo".to_owned(), Timestamp(1));
    let mut batch = Batch::new();
    contacts::insert(&house.store, &mut batch, &contact).unwrap();
    house.store.commit(batch).await.unwrap();
    house.accounts.remove_user("anna").await.unwrap();
    house.assert_sound("removing anna").await;
    house.add("anna").await.unwrap();
    let snapshot = house.store.snapshot().await.unwrap();
    let found = contacts::find(&snapshot, &anna, "u").await.unwrap();
    assert!(found.is_none(), "the next anna remembers what the first did");
}
