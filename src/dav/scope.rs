//! What one request works with: the services, the caller, and what the caller is known to need.

use std::sync::Arc;

use super::client::{self, Quirk};
use super::registry::Registry;
use crate::accounts::Accounts;
use crate::base::{Identity, Limits, Request};
use crate::contacts::weaving::Rules;
use crate::store::{Actor, Store};

/// What all requests share.
#[derive(Debug)]
pub struct Services {
    /// The store.
    pub store: Arc<Store>,
    /// Users, groups and who acts for whom.
    pub accounts: Arc<Accounts>,
    /// The tables.
    pub registry: Registry,
    /// The bounds.
    pub limits: Limits,
    /// Bytes a user may store; `None` is unbounded.
    pub quota: Option<u64>,
    /// Origins (`https://host`) besides the request's own that a `Destination` may name.
    pub origins: Vec<String>,
    /// Can mail be sent to people elsewhere?
    pub mail: bool,
    /// What is set for the memory of contacts.
    pub rules: Arc<Rules>,
}

/// One request's surroundings.
#[derive(Debug)]
pub struct Scope {
    /// What all requests share.
    pub services: Arc<Services>,
    /// The caller.
    pub identity: Arc<Identity>,
    /// The caller's User-Agent.
    pub user_agent: String,
}

impl Scope {
    /// The surroundings of `request`, made by `identity`.
    pub fn new(services: Arc<Services>, identity: Arc<Identity>, request: &Request) -> Arc<Self> {
        let user_agent = request.user_agent().to_owned();
        Arc::new(Self { services, identity, user_agent })
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.services.store
    }

    /// The tables.
    pub fn registry(&self) -> &Registry {
        &self.services.registry
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.services.limits
    }

    /// Does this departure from the usual apply to the client?
    pub fn has(&self, quirk: Quirk) -> bool {
        client::has(&self.user_agent, quirk)
    }

    /// Who writes, for the history.
    pub fn actor(&self) -> Actor {
        Actor {
            principal: self.identity.principal.as_str().to_owned(),
            device: self.identity.device_label.clone(),
        }
    }
}
