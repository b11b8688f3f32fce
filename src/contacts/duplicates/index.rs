//! Follows the change logs of an owner's books, so that every card is filed under its keys. What a
//! round costs follows what changed; a PUT does not know of it.

use super::frequency;
use super::keys;
use super::profile::Profile;
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::books;
use crate::contacts::following::{self, Card, Done, Index, Round};
use crate::contacts::normal::Region;
use crate::formats::vcard;
use crate::store::engine::EngineError;
use crate::store::{Store, match_index};

/// The form of what is written; another one has everything written anew. What profiles and keys
/// are made of is a part of it.
const FORM: u32 = 4;

/// Takes in what changed in the books of `owner` since the last time. Cards that changed are to be
/// compared; those of a book that is taken in as a whole are not.
pub async fn follow(
    store: &Store,
    owner: &PrincipalId,
    region: Option<Region>,
) -> Result<(), Fault> {
    // A view that is held while cards are filed keeps all that is replaced meanwhile.
    let listed = books::numbers(&store.snapshot().await?, owner).await?;
    for id in listed {
        following::follow(store, &mut Matching { region }, id).await?;
    }
    Ok(())
}

/// The index of what cards are compared by.
struct Matching {
    region: Option<Region>,
}

impl Index for Matching {
    type Facts = Profile;
    type Form = u32;

    const STEP: usize = 128;

    fn form(&self) -> u32 {
        // Numbers read with another country are other numbers.
        FORM << 16 | self.region.map_or(0, Region::number)
    }

    fn state_key(&self, book: CollectionId) -> Vec<u8> {
        match_index::state_key(book)
    }

    fn read(&self, text: &[u8]) -> Option<Profile> {
        Profile::read(&vcard::Card::parse(text), self.region)
    }

    async fn file(
        &mut self,
        round: &mut Round<'_>,
        card: Card<'_>,
        profile: Option<Profile>,
    ) -> Done {
        let before = match_index::of_member(round.snapshot, round.book, card.name).await?;
        let now = match card.member.zip(profile) {
            Some((member, profile)) => Some(filed(card.name, &member.uid, &profile)?),
            None => None,
        };
        if before == now {
            return Ok(());
        }
        let (batch, book) = (&mut *round.batch, round.book);
        match_index::replace(batch, book, before.as_ref(), now.as_ref())?;
        if card.changed
            && let Some(filed) = now.or(before)
        {
            match_index::await_comparison(batch, book, card.name, &filed.uid);
        }
        Ok(())
    }
}

/// What the index keeps of a card.
fn filed(name: &str, uid: &str, profile: &Profile) -> Result<match_index::Card, EngineError> {
    let keys = keys::of(profile);
    let mut values = frequency::values(profile);
    values.retain(|value| !keys.keys.contains(value));
    let written = postcard::to_stdvec(profile)
        .map_err(|error| EngineError::caused("a card cannot be filed for comparing", error))?;
    Ok(match_index::Card {
        name: name.to_owned(),
        uid: uid.to_owned(),
        keys: keys.keys,
        refinement: [keys.refinement.name, keys.refinement.fact],
        values,
        profile: written,
    })
}
