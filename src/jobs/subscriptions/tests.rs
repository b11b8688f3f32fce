//! What is due is refreshed, and nothing else.

use super::*;
use crate::accounts::{Accounts, NewUser};
use crate::base::clock::{Clock, ManualClock};
use crate::base::{PrincipalId, Timestamp};
use crate::config::Auth;
use crate::fetch::Rules;
use crate::fetch::vetting::Vetting;
use crate::store::collection::{Collection, Kind, Role};
use crate::store::engine::{Batch, Engine, memory::MemoryEngine};
use crate::store::subscriptions::Subscription;

#[tokio::test]
async fn what_is_due_is_refreshed_and_waits_again() {
    let clock = Arc::new(ManualClock::at(Timestamp(1_800_000_000_000)));
    let at: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let store = Arc::new(Store::open(Engine::Memory(MemoryEngine::default()), at).await.unwrap());
    let accounts = Accounts::new(Arc::clone(&store), &Auth::default()).unwrap();
    for name in ["anna", "bob"] {
        let user = NewUser { name: name.to_owned(), ..NewUser::default() };
        accounts.add_user(user).await.unwrap();
    }
    let now = store.now();
    for (number, owner, next) in
        [(101, "anna", 0), (102, "anna", 60_000), (103, "bob", 0), (104, "anna", 0)]
    {
        let owner = PrincipalId::parse(owner).unwrap();
        let (id, name) = (CollectionId(number), format!("web-{number}"));
        let mut calendar = Collection::new(id, Kind::Calendar, owner, name, now);
        calendar.role = Role::Subscribed;
        let mut batch = Batch::new();
        collection::create(&mut batch, &calendar).unwrap();
        let url = "http://127.0.0.1:1/a.ics".to_owned();
        let one = Subscription::new(url, 3600, false, now.plus_millis(next));
        subscriptions::create(&mut batch, id, &one).unwrap();
        store.commit(batch).await.unwrap();
    }
    accounts.edit_user("bob", |user| user.disabled = true).await.unwrap();
    let patience = Duration::from_secs(5);
    let rules = Rules { vetting: Vetting::default(), patience, most: 1 << 20 };
    let job = Subscriptions {
        store: Arc::clone(&store),
        fetcher: Arc::new(Fetcher::new(rules)),
        limits: Limits::default(),
        entries: 100,
        quota: None,
        at_once: 1,
    };
    assert_eq!(job.round().await.unwrap(), 2, "101 and 104; 102 is later, 103 disabled");
    assert_eq!(job.round().await.unwrap(), 0, "they wait now");
    clock.advance_millis(60_000);
    assert_eq!(job.round().await.unwrap(), 1, "102");
    clock.advance_millis(16_000_000);
    assert_eq!(job.round().await.unwrap(), 3, "they are tried again");
    let snapshot = store.snapshot().await.unwrap();
    let record = subscriptions::get(&snapshot, CollectionId(101)).await.unwrap().unwrap().record;
    assert_eq!(record.failures, 2);

    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(job.run(stopped));
    stop.send_replace(true);
    running.await.unwrap();
}
