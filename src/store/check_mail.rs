//! Verifies what stands beside cards for the sake of mail: the index of addresses, secret
//! addresses, what waits.

use super::engine::{EngineError, Snapshot};
use super::{addresses, capture, unmatched};

/// What is wrong, one sentence each.
pub async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = addresses::check(snapshot).await?;
    faults.extend(capture::check(snapshot).await?);
    faults.extend(unmatched::check(snapshot).await?);
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{CollectionId, PrincipalId, Timestamp};
    use crate::store::capture::Capture;
    use crate::store::engine::{Batch, Engine, memory::MemoryEngine};
    use crate::store::keys::Key;
    use crate::store::unmatched::Sender;

    #[tokio::test]
    async fn what_stands_beside_nobody_is_a_fault() {
        let engine = Engine::Memory(MemoryEngine::default());
        assert!(check(&engine.snapshot().await.unwrap()).await.unwrap().is_empty());
        let anna = PrincipalId::parse("anna").unwrap();
        let mut batch = Batch::new();
        let card = addresses::Card { uid: "u".to_owned(), mails: vec!["b@example.org".to_owned()] };
        addresses::replace(&mut batch, CollectionId(1), "u.vcf", None, Some(&card)).unwrap();
        engine.commit(batch).await.unwrap();
        assert!(check(&engine.snapshot().await.unwrap()).await.unwrap().is_empty());
        let mut batch = Batch::new();
        batch.put(Key::of(addresses::BY_MAIL).number(1).text("c@example.org").done(), Vec::new());
        let capture = Capture { hash: Some([1; 32]), made: Timestamp(0), own: Vec::new() };
        let record = crate::store::encode(1, &capture).unwrap();
        batch.put(Key::of(0x64).bytes(b"anna").done(), record);
        batch.put(Key::of(0x63).bytes(&[2; 32]).done(), b"anna".to_vec());
        let sender = crate::store::encode(1, &Sender::default()).unwrap();
        batch.put(Key::of(0x65).text(anna.as_str()).bytes(b"x@example.org").done(), sender);
        engine.commit(batch).await.unwrap();
        let faults = check(&engine.snapshot().await.unwrap()).await.unwrap();
        for what in [
            "the index has 2",
            "an address for mail of anna is not theirs",
            "the mail capture of anna, who is no user",
            "waiting mail of anna, who is no user",
        ] {
            assert!(faults.iter().any(|fault| fault.contains(what)), "{what}: {faults:?}");
        }
        assert_eq!(faults.len(), 4, "{faults:?}");
    }
}
