//! Signing in: who gets in, what it costs, what ends it.

use super::*;
use crate::accounts::{Accounts, NewDevice, NewUser, View};
use crate::base::clock::ManualClock;
use crate::store::engine::Engine;

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const EVIL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

struct House {
    clock: Arc<ManualClock>,
    accounts: Accounts,
    sign_in: SignIn,
    store: Arc<Store>,
}

impl House {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let engine = Engine::Memory(crate::store::engine::memory::MemoryEngine::default());
        let store = Arc::new(Store::open(engine, clock.clone()).await.unwrap());
        let settings = Auth { argon2_memory_kib: 8, argon2_passes: 1, ..Auth::default() };
        let accounts = Accounts::new(Arc::clone(&store), &settings).unwrap();
        let sign_in = accounts.sign_in(&settings).unwrap();
        let anna = NewUser {
            name: "Anna@Example.org".to_owned(),
            password: Some("geheim".to_owned()),
            ..NewUser::default()
        };
        assert_eq!(accounts.add_user(anna).await.unwrap().as_str(), "anna");
        Self { clock, accounts, sign_in, store }
    }

    async fn device(&self, label: &str) -> (DeviceId, String) {
        let new = NewDevice { label: label.to_owned(), view: View::default() };
        let (entry, password) = self.accounts.add_device("anna", &new).await.unwrap();
        (entry.id, password.show())
    }

    /// 200, or the fault's status.
    async fn status(&self, name: &str, password: &str, from: IpAddr) -> u16 {
        self.sign_in.check(name, password, from).await.map_or_else(|fault| fault.status, |_| 200)
    }
}

#[tokio::test]
async fn names_mail_and_case() {
    let house = House::new().await;
    let (id, app_password) = house.device("phone").await;
    for (name, password, wanted) in [
        ("anna@example.org", "geheim", 200),
        ("ANNA@EXAMPLE.ORG", "geheim", 200),
        ("anna@example.org", app_password.as_str(), 200),
        ("Anna@example.org", &app_password.to_uppercase().replace('-', " "), 200),
        ("anna@example.org", "Geheim", 401),
        ("anna@example.org", "", 401),
        ("anna@example.org", &"x".repeat(1025), 401),
        ("nobody", "geheim", 401),
        ("nobody", &app_password, 401),
    ] {
        assert_eq!(house.status(name, password, HOME).await, wanted, "{name:?} {password:?}");
    }
    let identity = house.sign_in.check("anna@example.org", &app_password, HOME).await.unwrap();
    assert_eq!((identity.device, identity.device_label.as_str()), (Some(id), "phone"));
}

#[tokio::test]
async fn an_app_password_is_its_owners_only() {
    let house = House::new().await;
    let (_, app_password) = house.device("phone").await;
    let bob = NewUser { name: "bob".to_owned(), ..NewUser::default() };
    house.accounts.add_user(bob).await.unwrap();
    assert_eq!(house.status("bob", &app_password, HOME).await, 401);
}

#[tokio::test]
async fn revoking_disabling_and_a_password_change_act_at_once_and_on_nobody_else() {
    let house = House::new().await;
    let (phone, phone_password) = house.device("phone").await;
    let (_, tablet_password) = house.device("tablet").await;
    let anna = "anna@example.org";
    for password in [phone_password.as_str(), &tablet_password, "geheim"] {
        assert_eq!(house.status(anna, password, HOME).await, 200);
    }

    house.accounts.revoke_device("anna", phone).await.unwrap();
    assert_eq!(house.status(anna, &phone_password, HOME).await, 401, "the revoked device");
    assert_eq!(house.status(anna, &tablet_password, HOME).await, 200, "the other device");
    assert_eq!(house.status(anna, "geheim", HOME).await, 200, "the password");

    assert_eq!(house.status(anna, "neu", HOME).await, 401, "not yet");
    house.accounts.set_password("anna", "neu").await.unwrap();
    assert_eq!(house.status(anna, "geheim", HOME).await, 401, "the old password");
    assert_eq!(house.status(anna, "neu", HOME).await, 200, "remembered as wrong before");
    assert_eq!(house.status(anna, &tablet_password, HOME).await, 200, "devices go on");

    house.accounts.edit_user("anna", |user| user.disabled = true).await.unwrap();
    assert_eq!(house.status(anna, &tablet_password, HOME).await, 401, "disabled");
    assert_eq!(house.status(anna, "neu", HOME).await, 401, "disabled");
    house.accounts.edit_user("anna", |user| user.disabled = false).await.unwrap();
    assert_eq!(house.status(anna, &tablet_password, HOME).await, 200, "enabled again");

    house.accounts.remove_user("anna").await.unwrap();
    assert_eq!(house.status(anna, &tablet_password, HOME).await, 401, "removed");
}

#[tokio::test]
async fn guessing_waits_and_the_owners_devices_do_not() {
    let house = House::new().await;
    let anna = "anna@example.org";
    let (_, app_password) = house.device("phone").await;
    assert_eq!(house.status(anna, "geheim", HOME).await, 200);

    let mut guesses = 0;
    while house.status(anna, &format!("guess {guesses}"), EVIL).await == 401 {
        guesses += 1;
        assert!(guesses < 50, "guessing never waits");
    }
    let fault = house.sign_in.check(anna, "one more", EVIL).await.unwrap_err();
    assert_eq!(fault.status, 503);
    assert!(fault.retry_after.is_some_and(|seconds| seconds > 0), "it does not say how long");
    assert_eq!(house.status(anna, "geheim", EVIL).await, 200, "what is remembered gets in");
    assert_eq!(house.status(anna, &app_password, EVIL).await, 200, "a device never waits");

    house.clock.advance_millis(600_000);
    assert_eq!(house.status(anna, "geheim", HOME).await, 200, "forgotten by now");
}

#[tokio::test]
async fn a_phone_with_an_old_password_neither_costs_nor_locks() {
    let house = House::new().await;
    for _ in 0..100 {
        assert_eq!(house.status("anna@example.org", "old", HOME).await, 401);
    }
    assert_eq!(house.status("anna@example.org", "geheim", HOME).await, 200);
}

#[tokio::test]
async fn names_that_do_not_exist_wait_like_those_that_do() {
    let house = House::new().await;
    let mut seen = Vec::new();
    for (n, name) in ["anna@example.org", "nobody"].into_iter().enumerate() {
        let from = IpAddr::from([198, 51, 100, n as u8]);
        let mut statuses = Vec::new();
        for guess in 0..10 {
            statuses.push(house.status(name, &format!("guess {guess}"), from).await);
        }
        seen.push(statuses);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn groups_are_resolved_through_groups_and_loops() {
    let house = House::new().await;
    let names = |names: &[&str]| -> Vec<String> { names.iter().map(|&n| n.to_owned()).collect() };
    for group in ["team", "firm", "world"] {
        house.accounts.add_group(group, None).await.unwrap();
    }
    house.accounts.change_members("team", &names(&["anna"]), &[]).await.unwrap();
    house.accounts.change_members("firm", &names(&["team", "world"]), &[]).await.unwrap();
    house.accounts.change_members("world", &names(&["firm"]), &[]).await.unwrap();
    let groups = async || -> Vec<String> {
        let identity = house.sign_in.check("anna@example.org", "geheim", HOME).await.unwrap();
        identity.groups.iter().map(ToString::to_string).collect()
    };
    assert_eq!(groups().await, ["firm", "team", "world"]);
    house.accounts.change_members("firm", &[], &names(&["team"])).await.unwrap();
    assert_eq!(groups().await, ["team"], "leaving acts at once");
    assert_eq!(house.status("team", "geheim", HOME).await, 401, "a group cannot sign in");
}

#[tokio::test]
async fn last_use_is_noted_at_most_every_ten_minutes() {
    let house = House::new().await;
    let (id, app_password) = house.device("phone").await;
    let identity = house.sign_in.check("anna@example.org", &app_password, HOME).await.unwrap();
    let noted = async || {
        // The note is written by a task of its own.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let snapshot = house.store.snapshot().await.unwrap();
        devices::last_use(&snapshot, id).await.unwrap().map(|seen| (seen.at.0, seen.user_agent))
    };
    let start = house.store.now().0;
    house.sign_in.seen(&identity, HOME, "DAVx5/4.4\u{7}");
    assert_eq!(noted().await, Some((start, "DAVx5/4.4".to_owned())));
    house.clock.advance_millis(599_999);
    house.sign_in.seen(&identity, HOME, "other");
    assert_eq!(noted().await, Some((start, "DAVx5/4.4".to_owned())), "too early");
    house.clock.advance_millis(1);
    house.sign_in.seen(&identity, HOME, "other");
    assert_eq!(noted().await, Some((start + 600_000, "other".to_owned())));
}
