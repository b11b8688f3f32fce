//! Three-way merge of two edits of one card, property by property.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::item::{Groups, Item, Items, regrouped};
use super::merge_text::merge_text;
use super::note::is_text;
use crate::formats::convert::convert;
use crate::formats::edit::Edits;
use crate::formats::text;
use crate::formats::vcard::{Card, categories, category_key, set_categories};

/// What came out of a merge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// The card.
    pub bytes: Vec<u8>,
    /// Names of the properties that both had changed, each once, in upper case.
    pub clashes: Vec<String>,
}

/// Merges two edits of the card `ancestor`: `ours`, which is stored, and `theirs`, which comes in
/// and is newer. What only one of them added, changed or removed is so in the result; where both
/// changed the same, theirs counts, and the clash is named; a change counts more than a removal.
/// Of notes and categories nothing that either added is lost. The cards hold nothing of the
/// layer; the result is of the version of `theirs`, with its `PRODID` and `REV`.
pub fn merge(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Merged {
    if theirs == ancestor {
        return Merged { bytes: ours.to_vec(), clashes: Vec::new() };
    }
    let unchanged = || Merged { bytes: theirs.to_vec(), clashes: Vec::new() };
    let version = Card::parse(theirs).version();
    let (ancestor, ours) = (convert(ancestor, version), convert(ours, version));
    if ours == ancestor || *ours == *theirs {
        return unchanged();
    }
    let read = (Items::read(&ancestor), Items::read(&ours), Items::read(theirs));
    let (Some(before), Some(our), Some(their)) = read else { return unchanged() };
    let mut merge = Merge::new(&before, &our, &their, theirs);
    merge.ours();
    merge.removed();
    let clashes = merge.clashes.into_iter().collect();
    let bytes = merge.edits.apply();
    let wanted = merged_categories(&ancestor, &ours, theirs);
    Merged { bytes: set_categories(&bytes, &wanted).into_owned(), clashes }
}

/// What identifies a property among those of a card: its name, its value where there may be
/// several of that name, and which of the same it is.
type Key = (Vec<u8>, String, usize);

struct Merge<'m, 'a> {
    our: &'m Items<'a>,
    their: &'m Items<'a>,
    before: HashMap<Key, &'m Item<'a>>,
    ours: Vec<(Key, &'m Item<'a>)>,
    theirs: HashMap<Key, &'m Item<'a>>,
    groups: Groups,
    edits: Edits<'a>,
    clashes: BTreeSet<String>,
}

impl<'m, 'a> Merge<'m, 'a> {
    fn new(
        before: &'m Items<'a>,
        our: &'m Items<'a>,
        their: &'m Items<'a>,
        theirs: &'a [u8],
    ) -> Self {
        let single = Singles::of([before, our, their]);
        let keyed: HashMap<_, _> = keys(their, &single).into_iter().collect();
        let ours = keys(our, &single);
        let mut groups = Groups::new(our, their);
        for (key, item) in &ours {
            if let Some(same) = keyed.get(key) {
                groups.matched(item.group.as_ref(), same.group.as_ref());
            }
        }
        Self {
            our,
            their,
            before: keys(before, &single).into_iter().collect(),
            ours,
            theirs: keyed,
            groups,
            edits: Edits::new(theirs),
            clashes: BTreeSet::new(),
        }
    }

    /// Brings in what was added and changed in ours.
    fn ours(&mut self) {
        for (key, item) in std::mem::take(&mut self.ours) {
            let before = self.before.get(&key).copied();
            let theirs = self.theirs.get(&key).copied();
            let changed = before.is_none_or(|before| before.content != item.content);
            match theirs {
                _ if !changed => {}
                None => {
                    if before.is_some() {
                        self.clash(item);
                    }
                    self.groups.add(&mut self.edits, self.their.end, self.our, item);
                }
                Some(theirs) if theirs.content == item.content => {}
                Some(theirs) if before.is_some_and(|b| b.content == theirs.content) => {
                    self.replace(theirs, item);
                }
                Some(theirs) => self.both_changed(before, item, theirs),
            }
            self.before.remove(&key);
        }
    }

    /// Takes out what ours no longer has: what is left in `before`.
    fn removed(&mut self) {
        for (key, before) in std::mem::take(&mut self.before) {
            let Some(theirs) = self.theirs.get(&key).copied() else { continue };
            if theirs.content == before.content {
                self.edits.remove(theirs.line.span());
                for label in self.their.sole_labels(theirs) {
                    self.edits.remove(label.span());
                }
            } else {
                self.clash(theirs);
            }
        }
    }

    fn replace(&mut self, theirs: &Item<'a>, ours: &Item<'a>) {
        let span = theirs.line.span();
        let same_labels = {
            let said = |items: &Items<'a>, item: &Item<'a>| -> Vec<String> {
                items.labels(item).iter().map(|l| l.text().trim().to_owned()).collect()
            };
            said(self.our, ours) == said(self.their, theirs)
        };
        if same_labels {
            self.edits.replace(span, &regrouped(&ours.line, theirs.line.group()));
            return;
        }
        for label in self.their.sole_labels(theirs) {
            self.edits.remove(label.span());
        }
        let group = match theirs.line.group() {
            Some(group) => Some(group.to_vec()),
            None => self.groups.of(ours),
        };
        self.edits.replace(span.clone(), &regrouped(&ours.line, group.as_deref()));
        for label in self.our.labels(ours) {
            self.edits.insert(span.end, &regrouped(label, group.as_deref()));
        }
    }

    fn both_changed(&mut self, before: Option<&Item<'a>>, ours: &Item<'a>, theirs: &Item<'a>) {
        if !is_text(&theirs.line) || !is_text(&ours.line) {
            self.clash(theirs);
            return;
        }
        let old = before.map(|before| before.line.text()).unwrap_or_default();
        let their_text = theirs.line.text();
        let (merged, is_clash) = merge_text(&old, &ours.line.text(), &their_text);
        if is_clash {
            self.clash(theirs);
        }
        if merged != their_text {
            let value = text::escape(&merged);
            let content = [theirs.line.head(), b":", value.as_bytes()].concat();
            self.edits.replace(theirs.line.span(), &content);
        }
    }

    fn clash(&mut self, item: &Item<'_>) {
        self.clashes.insert(String::from_utf8_lossy(&item.name).into_owned());
    }
}

/// Names of which a card has one, so that another value is another version of it.
struct Singles(HashSet<Vec<u8>>);

impl Singles {
    /// Besides those that the standards say: own ones of which no card has more than one.
    fn of(cards: [&Items<'_>; 3]) -> Self {
        const SINGLE: [&[u8]; 25] = [
            b"ANNIVERSARY",
            b"BDAY",
            b"BIRTHPLACE",
            b"CLASS",
            b"DEATHDATE",
            b"DEATHPLACE",
            b"FN",
            b"GENDER",
            b"GEO",
            b"KIND",
            b"LOGO",
            b"MAILER",
            b"N",
            b"NICKNAME",
            b"NOTE",
            b"ORG",
            b"PHOTO",
            b"ROLE",
            b"SORT-STRING",
            b"SOUND",
            b"TITLE",
            b"TZ",
            b"X-ABSHOWAS",
            b"X-ADDRESSBOOKSERVER-KIND",
            b"X-GENDER",
        ];
        let mut most: HashMap<&[u8], usize> = HashMap::new();
        for card in cards {
            let mut here: HashMap<&[u8], usize> = HashMap::new();
            for item in card.all.iter().filter(|item| item.name.starts_with(b"X-")) {
                *here.entry(&item.name).or_default() += 1;
            }
            for (name, count) in here {
                let most = most.entry(name).or_default();
                *most = count.max(*most);
            }
        }
        let [before, ..] = cards;
        let was_there: HashSet<&[u8]> = before.all.iter().map(|item| &*item.name).collect();
        let own = most.into_iter().filter(|(name, most)| *most == 1 && was_there.contains(name));
        Self(SINGLE.into_iter().chain(own.map(|(name, _)| name)).map(<[u8]>::to_vec).collect())
    }
}

/// The properties of `items` that are merged, with their keys.
fn keys<'m, 'a>(items: &'m Items<'a>, single: &Singles) -> Vec<(Key, &'m Item<'a>)> {
    let mut count: HashMap<(Vec<u8>, String), usize> = HashMap::new();
    let merged = items.all.iter().filter(|item| !is_theirs(&item.name));
    merged
        .map(|item| {
            let value = if single.0.contains(&item.name) { String::new() } else { value(item) };
            let nth = count.entry((item.name.clone(), value.clone())).or_default();
            *nth += 1;
            ((item.name.clone(), value, *nth), item)
        })
        .collect()
}

/// Whether what theirs says about `name` counts, whatever ours says; categories are merged as a
/// set.
fn is_theirs(name: &[u8]) -> bool {
    matches!(name, b"VERSION" | b"PRODID" | b"REV" | b"UID" | b"CATEGORIES")
}

/// The value of `item` in the form in which two of them are the same.
fn value(item: &Item<'_>) -> String {
    let text = item.line.text();
    let text = text.trim();
    match item.name.as_slice() {
        b"TEL" => {
            let lower = text.to_lowercase();
            let number = lower.strip_prefix("tel:").unwrap_or(&lower);
            number.chars().filter(|c| c.is_alphanumeric() || matches!(c, '+' | '#' | '*')).collect()
        }
        b"EMAIL" => {
            let lower = text.to_lowercase();
            lower.strip_prefix("mailto:").unwrap_or(&lower).to_owned()
        }
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// The categories of theirs, with what ours added and without what ours took away.
fn merged_categories(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Vec<String> {
    let keys = |card: &[u8]| -> HashSet<String> {
        categories(card).iter().map(|name| category_key(name)).collect()
    };
    let (before, ours_now, theirs_now) = (keys(ancestor), keys(ours), keys(theirs));
    let is_gone = |key: &String| before.contains(key) && !ours_now.contains(key);
    let mut wanted = categories(theirs);
    wanted.retain(|name| !is_gone(&category_key(name)));
    wanted.extend(categories(ours).into_iter().filter(|name| {
        let key = category_key(name);
        !before.contains(&key) && !theirs_now.contains(&key)
    }));
    wanted
}

#[cfg(test)]
mod tests;
