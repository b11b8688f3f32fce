//! People's own passwords: Argon2id, a few at a time, off the workers that serve requests.

use std::sync::Arc;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use super::argon2id;
use super::error::AccountError;
use crate::base::Fault;
use crate::config::Auth;

/// The longest password in bytes; longer ones are never hashed.
pub const MAX: usize = 1024;

/// How many may wait for their turn before new ones are sent away.
const QUEUE: usize = 64;

/// Computes and verifies hashes, never more at a time than memory was set aside for.
#[derive(Debug, Clone)]
pub struct Hasher {
    cost: Params,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Hasher {
    /// With the cost and concurrency of the settings.
    pub fn new(settings: &Auth) -> Result<Self, Fault> {
        let cost = Params::new(settings.argon2_memory_kib, settings.argon2_passes, 1, None)
            .map_err(|e| {
                Fault::new(500, format!("The settings of [auth] argon2 cannot be used: {e}."))
            })?;
        let running = settings.argon2_parallel.max(1);
        Ok(Self {
            cost,
            running: Arc::new(Semaphore::new(running)),
            waiting: Arc::new(Semaphore::new(running + QUEUE)),
        })
    }

    /// Refuses what cannot be a password.
    pub fn check(password: &str) -> Result<(), AccountError> {
        match password.len() {
            0 => Err(AccountError::EmptyPassword),
            1..=MAX => Ok(()),
            _ => Err(AccountError::LongPassword),
        }
    }

    /// The hash to store of a new password, as a PHC string.
    pub async fn hash(&self, password: &str) -> Result<String, Fault> {
        self.run(password, |cost, password| {
            let mut salt = [0; 16];
            getrandom::fill(&mut salt).map_err(Fault::internal)?;
            Ok(argon2id::hash(cost, password, &salt)?.to_string())
        })
        .await
    }

    /// Does the password belong to this hash? Without a hash the answer is no, at the same cost,
    /// so that the time does not tell whether somebody exists.
    pub async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Fault> {
        self.run(password, move |cost, password| {
            let Some(hash) = hash else {
                return argon2id::hash(cost, password, &[0; 16]).map(|_| false);
            };
            argon2id::verify(password, &PasswordHash::new(&hash).map_err(Fault::internal)?)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        password: &str,
        work: impl FnOnce(&Params, &[u8]) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Fault::busy(5))?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(Fault::internal)?;
        let password: String = password.nfc().collect();
        let cost = self.cost.clone();
        // Permits go with the work, which runs to its end even if the caller goes away.
        tokio::task::spawn_blocking(move || {
            let _permits = (place, turn);
            work(&cost, password.as_bytes())
        })
        .await
        .map_err(Fault::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Auth {
        Auth { argon2_memory_kib: 8, argon2_passes: 1, ..Auth::default() }
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only_in_any_composition() {
        let hasher = Hasher::new(&cheap()).unwrap();
        let hash = hasher.hash("pässword").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert_ne!(hash, hasher.hash("pässword").await.unwrap(), "the salt repeats");
        for (typed, wanted) in
            [("pässword", true), ("pa\u{308}ssword", true), ("passwort", false), ("", false)]
        {
            let right = hasher.verify(typed, Some(hash.clone())).await.unwrap();
            assert_eq!(right, wanted, "{typed:?}");
        }
        assert!(!hasher.verify("pässword", None).await.unwrap());
    }

    #[tokio::test]
    async fn too_many_at_once_are_sent_away_instead_of_queued_without_end() {
        let hasher = Hasher::new(&cheap()).unwrap();
        let _all = hasher.waiting.acquire_many((2 + QUEUE) as u32).await.unwrap();
        let fault = hasher.verify("x", None).await.unwrap_err();
        assert_eq!((fault.status, fault.retry_after), (503, Some(5)));
    }
}
