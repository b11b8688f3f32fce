//! Bounds how much one user has at work at the same time, so that one phone's storm of requests
//! leaves the server to the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::base::{Fault, PrincipalId};

/// How many idle users are remembered before they are swept out.
const IDLE_USERS: usize = 1024;

/// One semaphore a user with requests at work.
#[derive(Debug)]
pub(super) struct Gate {
    users: Mutex<HashMap<PrincipalId, Arc<Semaphore>>>,
    each: usize,
    patience: Duration,
}

impl Gate {
    pub(super) fn new(each: usize, patience: Duration) -> Self {
        Self { users: Mutex::default(), each, patience }
    }

    /// Waits until fewer than the bound are at work for `user`; 503 when that takes too long.
    /// What is returned is held until the answer was sent.
    pub(super) async fn enter(&self, user: &PrincipalId) -> Result<OwnedSemaphorePermit, Fault> {
        let semaphore = self.of(user);
        if let Ok(permit) = Arc::clone(&semaphore).try_acquire_owned() {
            return Ok(permit);
        }
        let waiting = tokio::time::timeout(self.patience, semaphore.acquire_owned());
        if let Ok(Ok(permit)) = waiting.await {
            return Ok(permit);
        }
        let mut fault = Fault::busy(5);
        fault.message = "Too many requests of this user are at work; try again.".into();
        Err(fault)
    }

    fn of(&self, user: &PrincipalId) -> Arc<Semaphore> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = users.get(user) {
            return Arc::clone(semaphore);
        }
        if users.len() >= IDLE_USERS {
            // Whoever is at work or waiting holds a second reference.
            users.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        }
        let semaphore = Arc::new(Semaphore::new(self.each));
        users.insert(user.clone(), Arc::clone(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_user_over_the_bound_waits_and_others_do_not() {
        let gate = Gate::new(2, Duration::from_secs(10));
        let (anna, ben) = (PrincipalId::parse("anna").unwrap(), PrincipalId::parse("ben").unwrap());
        let first = gate.enter(&anna).await.unwrap();
        let _second = gate.enter(&anna).await.unwrap();
        let refused = gate.enter(&anna).await.unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (503, Some(5)));
        drop(gate.enter(&ben).await.expect("another user was held up"));
        drop(first);
        drop(gate.enter(&anna).await.expect("a finished request did not make room"));
    }

    #[tokio::test]
    async fn idle_users_are_forgotten_and_busy_ones_are_not() {
        let gate = Gate::new(1, Duration::from_millis(1));
        let busy = PrincipalId::parse("busy").unwrap();
        let _held = gate.enter(&busy).await.unwrap();
        for n in 0..IDLE_USERS * 3 {
            let user = PrincipalId::parse(&format!("u{n}")).unwrap();
            drop(gate.enter(&user).await.unwrap());
        }
        assert!(gate.users.lock().unwrap().len() <= IDLE_USERS + 1);
        gate.enter(&busy).await.expect_err("a busy user's bound was forgotten");
    }
}
