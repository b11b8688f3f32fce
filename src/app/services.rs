//! What a running server and a command on a stopped store have in common: the store opened, and
//! what stands on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::accounts::Accounts;
use crate::base::{Clock, Fault, Networks};
use crate::config::{InForce, Settings, Subscriptions};
use crate::contacts::mail_capture::MailCapture;
use crate::contacts::{search, weaving};
use crate::fetch::vetting::Vetting;
use crate::fetch::{Fetcher, Rules};
use crate::store::engine::redb::{Options, RedbEngine};
use crate::store::engine::{Engine, EngineError};
use crate::store::{Actor, Store, audit};

/// The store and what stands on it.
#[derive(Debug)]
pub struct Services {
    /// The settings all was made from.
    pub settings: Settings,
    /// The records.
    pub store: Arc<Store>,
    /// Users, groups, devices and shares.
    pub accounts: Arc<Accounts>,
    /// What fetches from the web.
    pub fetcher: Arc<Fetcher>,
    /// What logs mail in timelines.
    pub mail_capture: Arc<MailCapture>,
    /// What is set for the memory of contacts.
    pub rules: Arc<weaving::Rules>,
}

/// The store's file in a data directory.
pub fn data_file(directory: &Path) -> PathBuf {
    directory.join("store.redb")
}

impl Services {
    /// Opens the store named in the settings; makes it when there is none.
    pub async fn open(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let options = options(&settings);
        let engine = RedbEngine::open(&data_file(&settings.store.path), options)?;
        let store =
            Arc::new(Store::open(Engine::Redb(engine), clock).await?.reading(search::READING));
        let accounts = Arc::new(Accounts::new(Arc::clone(&store), &settings.auth)?);
        let fetcher = Arc::new(Fetcher::new(fetching(&settings.subscriptions)?));
        let rules = Arc::new(weaving::Rules::of(&settings.contacts, settings.limits.card_lines));
        let mail_capture =
            MailCapture::new(Arc::clone(&store), Arc::clone(&rules), &settings.mail_capture);
        let mail_capture = Arc::new(mail_capture);
        Ok(Self { settings, store, accounts, fetcher, mail_capture, rules })
    }

    /// Tells the audit which settings are others than those the server last ran with.
    pub async fn note_settings(&self) -> Result<(), Fault> {
        let setting = |(name, InForce { value, default, secret })| audit::Setting {
            name,
            value,
            default,
            secret,
        };
        let settings: Vec<_> = self.settings.in_force().into_iter().map(setting).collect();
        let by = Actor::operator("rolodav serve");
        audit::settings(&self.store, &settings, &by).await.map(drop).map_err(Fault::from)
    }

    /// Rewrites the file of a store that nobody has open, so that nothing is left of what was
    /// deleted; the lengths before and after, in bytes.
    pub async fn compact(settings: &Settings) -> Result<(u64, u64), OpenError> {
        let file = data_file(&settings.store.path);
        let length = || std::fs::metadata(&file).map_or(0, |found| found.len());
        let before = length();
        RedbEngine::compact(&file, Options::default())?;
        RedbEngine::open(&file, Options::default())?.scrub().await?;
        Ok((before, length()))
    }

    /// Reads every page of the file of a store that nobody has open.
    pub fn verify(settings: &Settings) -> Result<(), OpenError> {
        RedbEngine::check(&data_file(&settings.store.path), options(settings))?;
        Ok(())
    }
}

/// How the store of these settings is opened.
fn options(settings: &Settings) -> Options {
    Options { cache_bytes: settings.store.cache_mib << 20, ..Options::default() }
}

/// What calendars are fetched by.
fn fetching(settings: &Subscriptions) -> Result<Rules, OpenError> {
    let also = Networks::parse(&settings.private_networks).map_err(|wrong| {
        OpenError::Failed(format!("The setting `subscriptions.private_networks`: {wrong}"))
    })?;
    Ok(Rules {
        vetting: Vetting { also },
        patience: Duration::from_secs(settings.fetch_seconds),
        most: settings.feed_mib << 20,
    })
}

/// Why the store cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it open.
    InUse(String),
    /// Anything else, in words for the person at the command line.
    Failed(String),
}

impl From<EngineError> for OpenError {
    fn from(error: EngineError) -> Self {
        let message = error.to_string();
        if error.in_use { Self::InUse(message) } else { Self::Failed(message) }
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.to_string())
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::InUse(message) | Self::Failed(message)) = self;
        f.write_str(message)
    }
}

impl std::error::Error for OpenError {}
