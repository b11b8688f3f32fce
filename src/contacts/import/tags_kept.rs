//! An import gives tags and takes none: what a file does not say of a card that is there, such as
//! the groups it came to be in, stays.

use std::collections::HashSet;

use bytes::Bytes;

use super::Import;
use crate::base::Fault;
use crate::contacts::card;
use crate::formats::vcard::{categories, category_key, set_categories};
use crate::store::body::{self, Slot};
use crate::store::engine::Snapshot;
use crate::store::member::Flags;
use crate::store::write::NewMember;

impl Import {
    /// `new` with the tags of the card that is there as `name`; `None`: it has them all.
    pub(super) async fn with_its_tags(
        &self,
        snapshot: &Snapshot,
        name: &str,
        new: &NewMember,
    ) -> Result<Option<NewMember>, Fault> {
        let slot = Slot::Member(self.terms.book, name);
        let there = categories(&body::get(snapshot, slot).await?.text);
        let mut wanted = categories(&new.body.bytes);
        let had = wanted.len();
        let mut known: HashSet<String> = wanted.iter().map(|tag| category_key(tag)).collect();
        wanted.extend(there.into_iter().filter(|tag| known.insert(category_key(tag))));
        if wanted.len() == had {
            return Ok(None);
        }
        let tagged = Bytes::from(set_categories(&new.body.bytes, &wanted).into_owned());
        let tagged = card::accept(tagged, self.rules.card_lines, false)?;
        let flags = tagged.flags.with(Flags::REPAIRED, new.flags.has(Flags::REPAIRED));
        let (notes, original) = (new.notes.clone(), new.original.clone());
        Ok(Some(NewMember { flags, notes, original, ..tagged }))
    }
}
