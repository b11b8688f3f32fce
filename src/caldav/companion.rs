//! What goes along with every write on a calendar: scheduling, and what a task means for the
//! follow-up that it is.

use std::pin::Pin;
use std::sync::Arc;

use super::scheduling::Scheduling;
use crate::base::Request;
use crate::contacts::followups::ticked::Ticking;
use crate::dav::object_type::{Companion, Loading};
use crate::dav::scope::Scope;
use crate::store::collection::Collection;
use crate::store::engine::{Batch, Snapshot};
use crate::store::write::{Alongside, Planned, Planning};

/// All of it, for one request.
pub struct Along {
    scheduling: Scheduling,
    ticking: Ticking,
}

impl Along {
    /// For what `request` writes.
    pub fn of(request: &Request, scope: &Scope) -> Self {
        let services = &scope.services;
        let (store, rules) = (Arc::clone(&services.store), Arc::clone(&services.rules));
        Self { scheduling: Scheduling::of(request, scope), ticking: Ticking { store, rules } }
    }
}

impl Alongside for Along {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            let Planning { snapshot, batch, target, old, new } = planning;
            let task = Planning { snapshot, batch: &mut *batch, target, old, new };
            self.ticking.follow(task).await?;
            self.scheduling.plan(Planning { snapshot, batch, target, old, new }).await
        })
    }
}

impl Companion for Along {
    fn plan_removal<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        batch: &'a mut Batch,
        collection: &'a Collection,
    ) -> Loading<'a, ()> {
        self.scheduling.plan_removal(snapshot, batch, collection)
    }

    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.scheduling.settle()
    }

    fn alongside(&self) -> &dyn Alongside {
        self
    }
}
