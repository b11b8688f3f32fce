//! What happens without a request.

pub mod contacts;
mod duplicates;
mod ended_cards;
mod erasure;
pub mod mailer;
mod quality;
mod retention;
mod scheduling;
mod searching;
mod subscriptions;
mod tagging;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Settings;
use crate::contacts::normal::Region;
use crate::contacts::quality::Terms;
use crate::contacts::weaving::Rules;
use crate::fetch::Fetcher;
use crate::store::Store;
use contacts::Passing;
use mailer::Mailer;
use scheduling::Telling;
use subscriptions::Subscriptions;

/// The jobs that run beside the server.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    handles: Vec<JoinHandle<()>>,
}

/// Starts all jobs. Old versions and deleted books are kept for `store.history_days`; 0 keeps them
/// for good. Mail goes out through `mailer`, if there is one; `fetcher` gets what is subscribed to;
/// `rules` are those of the memory of contacts.
pub fn start(
    store: &Arc<Store>,
    settings: &Settings,
    mailer: Option<Mailer>,
    fetcher: &Arc<Fetcher>,
    rules: &Arc<Rules>,
) -> Running {
    let (stop, stopped) = watch::channel(false);
    let mut handles = Vec::new();
    let days = settings.store.history_days;
    if days > 0 {
        handles.push(tokio::spawn(retention::run(Arc::clone(store), days, stopped.clone())));
    }
    let days = settings.audit.keep_days;
    if days > 0 {
        let audit = retention::of_the_audit(Arc::clone(store), days, stopped.clone());
        handles.push(tokio::spawn(audit));
    }
    let quota = settings.store.quota();
    let limits = settings.limits.clone();
    let telling = Telling { store: Arc::clone(store), limits, mailer, quota };
    handles.push(tokio::spawn(telling.run(stopped.clone())));
    let subscriptions = Subscriptions {
        store: Arc::clone(store),
        fetcher: Arc::clone(fetcher),
        limits: settings.limits.clone(),
        entries: settings.subscriptions.entries,
        quota: settings.store.quota(),
        at_once: settings.subscriptions.at_once,
    };
    handles.push(tokio::spawn(subscriptions.run(stopped.clone())));
    handles.push(tokio::spawn(tagging::run(Arc::clone(store), stopped.clone())));
    let (erased, by) = (Arc::clone(store), Arc::clone(rules));
    handles.push(tokio::spawn(erasure::run(erased, by, stopped.clone())));
    handles.push(tokio::spawn(searching::run(Arc::clone(store), stopped.clone())));
    let contacts = &settings.contacts;
    let region = Region::named(&contacts.phone_region);
    handles.push(tokio::spawn(duplicates::run(
        Arc::clone(store),
        Arc::clone(rules),
        region,
        stopped.clone(),
    )));
    let terms = Terms { region, stale_days: contacts.stale_days };
    handles.push(tokio::spawn(quality::run(Arc::clone(store), terms, stopped.clone())));
    let of_books = ended_cards::run(Arc::clone(store), Arc::clone(rules), terms, stopped.clone());
    handles.push(tokio::spawn(of_books));
    let passing = Passing {
        store: Arc::clone(store),
        rules: Arc::clone(rules),
        most_attendees: contacts.meetings.then_some(contacts.meeting_attendees),
        origin: settings.server.external_urls.first().cloned().unwrap_or_default(),
    };
    handles.push(tokio::spawn(passing.run(stopped)));
    Running { stop, handles }
}

impl Running {
    /// Asks the jobs to end and waits for what they are at.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for handle in self.handles {
            // A job that panicked has been logged by the runtime; stopping goes on.
            let _ = handle.await;
        }
    }
}
