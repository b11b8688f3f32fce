//! Verifies that follow-ups, the open ones of each contact, and the times and days at which contacts
//! are looked at agree with each other.

use std::collections::HashSet;

use super::engine::{EngineError, Snapshot};
use super::followups::times::{self, Looked, Part, Seen};
use super::followups::{self, FollowUp, State};
use super::pages::Pages;
use super::{days, decode, principals};
use crate::base::PrincipalId;

/// Faults that are found at most.
const MOST: usize = 1000;

/// What is wrong, one sentence each.
pub async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let everybody: HashSet<PrincipalId> =
        principals::all(snapshot).await?.into_iter().map(|(id, _)| id).collect();
    let mut faults = days::check(snapshot).await?;
    for table in [followups::FOLLOW_UP, followups::OPEN, times::TIMES] {
        let mut pages = Pages::of(snapshot, &[table]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let fault = match table {
                    followups::FOLLOW_UP => follow_up(snapshot, &everybody, key, value).await?,
                    followups::OPEN => open(snapshot, key).await?,
                    _ => time(&everybody, key, value),
                };
                faults.extend(fault.filter(|_| faults.len() < MOST));
            }
        }
    }
    Ok(faults)
}

/// A follow-up is its owner's, under its UID, and listed as open if and only if it is.
async fn follow_up(
    snapshot: &Snapshot,
    everybody: &HashSet<PrincipalId>,
    key: &[u8],
    value: &[u8],
) -> Result<Option<String>, EngineError> {
    let Ok(found) = decode::<FollowUp>(followups::VERSION, value) else {
        let key = String::from_utf8_lossy(key.get(1..).unwrap_or_default()).replace('\0', "/");
        return Ok(Some(format!("the follow-up {key} cannot be read")));
    };
    let (owner, uid) = (&found.owner, &found.uid);
    if followups::key(owner, uid) != key {
        return Ok(Some(format!("the follow-up {uid} of {owner} is filed as another")));
    }
    if !everybody.contains(owner) {
        return Ok(Some(format!("the follow-up {uid} is of {owner}, who does not exist")));
    }
    let is_listed = snapshot.has(&followups::open_key(&found)).await?;
    Ok((is_listed != (found.state == State::Open)).then(|| {
        let listed = if is_listed { "listed" } else { "not listed" };
        format!("the follow-up {uid} of {owner} is {:?}, but {listed} as open", found.state)
    }))
}

/// What is listed as open is there.
async fn open(snapshot: &Snapshot, key: &[u8]) -> Result<Option<String>, EngineError> {
    // Neither owners nor UIDs of tasks hold the byte that parts them; UIDs of contacts may be long.
    let text = String::from_utf8_lossy(key.get(1..).unwrap_or_default()).into_owned();
    let mut parts = text.splitn(3, '\0');
    let (owner, contact) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let uid = parts.next().unwrap_or_default();
    let found = match PrincipalId::parse(owner) {
        Some(owner) => followups::find(snapshot, &owner, uid).await?,
        None => None,
    };
    let fits = found.is_some_and(|found| found.record.contact == contact);
    Ok((!fits).then(|| format!("the open follow-up {uid} of {owner} is not there")))
}

/// A time is one of a contact, what was looked through is a user's.
fn time(everybody: &HashSet<PrincipalId>, key: &[u8], value: &[u8]) -> Option<String> {
    match times::part_of(key) {
        Some(Part::Wake(_)) if value.is_empty() => None,
        Some(Part::Basis) => None,
        Some(Part::Looked(owner)) => {
            let is_read = decode::<Looked>(followups::VERSION, value).is_ok();
            (!is_read || !everybody.contains(&owner))
                .then(|| format!("whose days of {owner} were looked at is not known"))
        }
        Some(Part::Seen(owner)) => {
            let is_read = decode::<Seen>(followups::VERSION, value).is_ok();
            (!is_read || !everybody.contains(&owner)).then(|| {
                format!("how far the calendars of {owner} were looked through is not known")
            })
        }
        _ => Some("a time to look at a contact cannot be read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::store::engine::Batch;
    use crate::store::followups::Origin;
    use crate::store::followups::times::{self, Wake};
    use crate::store::tests::{change_row, with_user};
    use crate::store::{Store, encode};

    fn one(owner: &PrincipalId, uid: &str, state: State) -> FollowUp {
        FollowUp {
            owner: owner.clone(),
            uid: uid.to_owned(),
            contact: "bert".to_owned(),
            text: "call".to_owned(),
            due: None,
            origin: Origin::Asked,
            state,
            rounds: 0,
            logged: None,
            created: Timestamp(1),
        }
    }

    async fn filled() -> (Store, PrincipalId) {
        let (store, anna) = with_user("anna").await;
        let mut batch = Batch::new();
        for (uid, state) in [("t1", State::Open), ("t2", State::Done), ("t3", State::Open)] {
            followups::put(&mut batch, None, &one(&anna, uid, state)).unwrap();
        }
        let (owner, contact) = (anna.clone(), "bert".to_owned());
        times::wake(&mut batch, &Wake { at: Timestamp(7), owner, contact });
        times::set_basis(&mut batch, "client=90 ");
        times::advance(&mut batch, &anna, None, &Seen::default()).unwrap();
        times::set_looked(&mut batch, &anna, &Looked::default()).unwrap();
        store.commit(batch).await.unwrap();
        (store, anna)
    }

    #[tokio::test]
    async fn each_flaw_is_found() {
        let (store, anna) = filled().await;
        let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
        assert_eq!(faults, [""; 0]);
        let record = |one: &FollowUp| encode(followups::VERSION, one).unwrap().to_vec();
        let ann = PrincipalId::parse("ann").unwrap();
        let key = |owner: &PrincipalId, uid: &str| followups::key(owner, uid);
        let t1 = followups::open_key(&one(&anna, "t1", State::Open));
        let stray = followups::open_key(&one(&anna, "t9", State::Open));
        let seen = times::seen_key(&ann);
        for (key, value, wanted) in [
            (key(&anna, "t4"), Some(vec![9]), "the follow-up anna/t4 cannot be read"),
            (
                key(&anna, "t4"),
                Some(record(&one(&anna, "t5", State::Done))),
                "the follow-up t5 of anna is filed as another",
            ),
            (
                key(&ann, "t6"),
                Some(record(&one(&ann, "t6", State::Done))),
                "the follow-up t6 is of ann, who does not exist",
            ),
            (
                key(&anna, "t1"),
                Some(record(&one(&anna, "t1", State::Dropped))),
                "the follow-up t1 of anna is Dropped, but listed as open",
            ),
            (t1, None, "the follow-up t1 of anna is Open, but not listed as open"),
            (stray, Some(vec![0; 4]), "the open follow-up t9 of anna is not there"),
            (vec![0x5a, b'w', 1], Some(vec![]), "a time to look at a contact cannot be read"),
            (
                seen,
                Some(encode(followups::VERSION, &Seen::default()).unwrap().to_vec()),
                "how far the calendars of ann were looked through is not known",
            ),
            (
                times::looked_key(&anna),
                Some(vec![9]),
                "whose days of anna were looked at is not known",
            ),
        ] {
            let (store, _) = filled().await;
            change_row(&store, key, value).await;
            let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
            assert_eq!(faults, [wanted]);
        }
    }
}
