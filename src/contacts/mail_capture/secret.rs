//! Secret addresses: made, shown once and kept as a hash, renewed, ended; and found in what a mail
//! is sent to. Whoever knows one can put lines into timelines, and nothing else.

use sha2::{Digest, Sha256};

use crate::base::{Fault, PrincipalId};
use crate::formats::mail;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::capture::{self, Capture, Hash};
use crate::store::{Actor, Store};

/// Random bytes of a secret.
const BYTES: usize = 20;

/// Characters that a secret is written in: mail servers and people change the case of addresses.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Characters of a secret.
const LENGTH: usize = BYTES * 8 / 5;

/// Longest local part of an address (RFC 5321 §4.5.3.1.1).
const LOCAL_PART: usize = 64;

/// Most addresses that a user writes from.
const MOST_OWN: usize = 50;

/// The part of an address that must not be known; never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    fn generate() -> Result<Self, Fault> {
        let mut bytes = [0_u8; BYTES];
        getrandom::fill(&mut bytes).map_err(Fault::internal)?;
        let mut text = String::with_capacity(LENGTH);
        let (mut bits, mut held) = (0_u32, 0_u32);
        for byte in bytes {
            bits = (bits << 8) | u32::from(byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                let at = (bits >> held) as usize % ALPHABET.len();
                text.push(ALPHABET.get(at).copied().map_or('a', char::from));
            }
            bits &= (1 << held) - 1;
        }
        Ok(Self(text))
    }

    fn hash(&self) -> Hash {
        Sha256::digest(&self.0).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The address for mail of a user: `anna+SECRET@domain`.
pub fn address_of(owner: &PrincipalId, secret: &Secret, domain: &str) -> String {
    let domain = if domain.is_empty() { "YOUR-DOMAIN" } else { domain };
    let name = owner.as_str();
    let text = &secret.0;
    if name.len() + 1 + text.len() <= LOCAL_PART {
        format!("{name}+{text}@{domain}")
    } else {
        format!("{text}@{domain}")
    }
}

/// The hash of what stands in an address where a secret stands: behind the last `+` of the local
/// part, or all of it.
pub(super) fn in_address(address: &str) -> Option<Hash> {
    let local = address.trim().rsplit_once('@').map_or(address.trim(), |(local, _)| local);
    let secret = local.rsplit('+').next()?;
    let fits = secret.len() == LENGTH && secret.is_ascii();
    fits.then(|| Sha256::digest(secret.to_ascii_lowercase()).into())
}

/// Makes a user's secret address; with `renew` the one they have ends.
pub async fn make(
    store: &Store,
    owner: &PrincipalId,
    renew: bool,
    actor: &Actor,
) -> Result<Secret, Fault> {
    let secret = Secret::generate()?;
    let address = Deed::of(Subject::CaptureAddress, Verb::Added, owner.as_str());
    change(store, actor, address, owner, |capture| {
        if capture.hash.is_some() && !renew {
            return Err(Fault::conflict(format!(
                "{owner} has an address for mail already. It cannot be shown again; `rolodav \
                 capture address {owner} --renew` makes another one in its place."
            )));
        }
        capture.hash = Some(secret.hash());
        capture.made = store.now();
        Ok(())
    })
    .await?;
    Ok(secret)
}

/// Ends a user's secret address at once.
pub async fn revoke(store: &Store, owner: &PrincipalId, actor: &Actor) -> Result<(), Fault> {
    let address = Deed::of(Subject::CaptureAddress, Verb::Removed, owner.as_str());
    let change = change(store, actor, address, owner, |capture| match capture.hash.take() {
        Some(_) => Ok(()),
        None => Err(Fault::new(404, format!("{owner} has no address for mail."))),
    });
    change.await.map(|_| ())
}

/// The addresses a user writes from beside those of the account, after these changes.
pub async fn own(
    store: &Store,
    owner: &PrincipalId,
    add: &[String],
    remove: &[String],
    actor: &Actor,
) -> Result<Vec<String>, Fault> {
    let read = |mails: &[String]| -> Result<Vec<String>, Fault> {
        let read = mails.iter().map(|given| {
            let wrong = || Fault::bad_request(format!("`{given}` is no mail address."));
            mail::address(given).ok_or_else(wrong)
        });
        read.collect()
    };
    let (add, remove) = (read(add)?, read(remove)?);
    if add.is_empty() && remove.is_empty() {
        let found = capture::get(&store.snapshot().await?, owner).await?;
        return Ok(found.map(|found| found.record.own).unwrap_or_default());
    }
    let came = add.iter().map(|mail| format!("+{mail}"));
    let went = remove.iter().map(|mail| format!("-{mail}"));
    let detail = came.chain(went).collect::<Vec<_>>().join(" ");
    let setting = Deed::of(Subject::Setting, Verb::Changed, owner.as_str());
    let deed = Deed { name: "own mail addresses", detail: &detail, ..setting };
    let changed = change(store, actor, deed, owner, |capture| {
        capture.own.retain(|mail| !remove.contains(mail));
        for mail in &add {
            if !capture.own.contains(mail) {
                capture.own.push(mail.clone());
            }
        }
        if capture.own.len() > MOST_OWN {
            return Err(Fault::conflict(format!("{MOST_OWN} addresses are the most.")));
        }
        Ok(())
    });
    Ok(changed.await?.own)
}

async fn change(
    store: &Store,
    actor: &Actor,
    deed: Deed<'_>,
    owner: &PrincipalId,
    mut apply: impl FnMut(&mut Capture) -> Result<(), Fault> + Send,
) -> Result<Capture, Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let read = capture::get(&snapshot, owner).await?;
        let mut now = read.as_ref().map(|stored| stored.record.clone()).unwrap_or_default();
        apply(&mut now)?;
        capture::set(&mut batch, owner, read.as_ref(), &now)?;
        deed.note(store, &mut batch, actor)?;
        if attempts.done(batch).await? {
            return Ok(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_wherever_it_stands_in_an_address() {
        let secret = Secret::generate().unwrap();
        assert_eq!(secret.0.len(), LENGTH);
        assert_ne!(secret, Secret::generate().unwrap(), "two secrets are the same");
        let anna = PrincipalId::parse("anna").unwrap();
        let address = address_of(&anna, &secret, "crm.example.org");
        assert_eq!(address, format!("anna+{}@crm.example.org", secret.0));
        for address in [
            address.clone(),
            address.to_uppercase(),
            format!("{}@anywhere.example", secret.0),
            format!("x+y+{}@anywhere.example", secret.0),
            secret.0.clone(),
        ] {
            assert_eq!(in_address(&address), Some(secret.hash()), "{address}");
        }
        for address in ["anna@example.org", "anna+short@example.org", "", "@", "+@"] {
            assert_eq!(in_address(address), None, "{address}");
        }
        let long = PrincipalId::parse(&"x".repeat(64)).unwrap();
        let address = address_of(&long, &secret, "example.org");
        assert_eq!(address, format!("{}@example.org", secret.0), "no room for the name");
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
