//! The categories of a card (`CATEGORIES`, RFC 6350 §6.7.1): read from all its lines, and set
//! with as few changes as there can be.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::formats::collation::Collation;
use crate::formats::edit::Edits;
use crate::formats::line::{Line, Lines};
use crate::formats::text;

const NAME: &str = "CATEGORIES";

/// The form in which names of categories are compared: neither case nor the way a character is
/// composed counts, nor white space around the name.
pub fn category_key(name: &str) -> String {
    Collation::UnicodeCasemap.key(name.trim()).into_owned()
}

/// The categories of the first card in `card`: in order, each once, those without a name left
/// out. Of two that differ in case only the first one is told.
pub fn categories(card: &[u8]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for line in lines(card, NAME).0 {
        let value = line.value();
        for name in text::split(&value, b',').map(plain) {
            if !name.is_empty() && seen.insert(category_key(&name)) {
                found.push(name);
            }
        }
    }
    found
}

/// `card` with exactly the categories `wanted`. What stays keeps its place and its bytes; a name
/// that differs in case only is written anew where it stands; others are added to the last line
/// there is. If the card has these categories already, it stays byte for byte.
pub fn set_categories<'a>(card: &'a [u8], wanted: &[String]) -> Cow<'a, [u8]> {
    let mut spelling: HashMap<String, &str> = HashMap::with_capacity(wanted.len());
    let mut order = Vec::with_capacity(wanted.len());
    for name in wanted {
        let (key, name) = (category_key(name), name.trim());
        if !key.is_empty() && !spelling.contains_key(&key) {
            order.push(key.clone());
            spelling.insert(key, name);
        }
    }
    let (lines, end) = lines(card, NAME);
    let mut kept = HashSet::new();
    let mut rewritten: Vec<Rewritten<'_>> =
        lines.iter().map(|line| Rewritten::of(line, &spelling, &mut kept)).collect();
    let missing: Vec<String> = order
        .iter()
        .filter(|key| !kept.contains(*key))
        .filter_map(|key| spelling.get(key))
        .map(|name| text::escape(name).into_owned())
        .collect();
    let mut edits = Edits::new(card);
    if !missing.is_empty() {
        // A line that keeps a name is better to add to than one that would go.
        let last = rewritten.iter().rposition(|line| !line.items.is_empty());
        let last = last.or_else(|| rewritten.len().checked_sub(1));
        if let Some(line) = last.and_then(|at| rewritten.get_mut(at)) {
            line.items.retain(|raw| !plain(raw).is_empty());
            line.items.extend(missing.into_iter().map(|name| Cow::Owned(name.into_bytes())));
            line.changed = true;
        } else {
            edits.insert(end, format!("{NAME}:{}", missing.join(",")).as_bytes());
        }
    }
    for (line, new) in lines.iter().zip(&rewritten).filter(|(_, new)| new.changed) {
        if new.items.is_empty() {
            edits.remove(line.span());
        } else {
            let items: Vec<_> = new.items.iter().map(|raw| ended(raw)).collect();
            let content = [line.head(), b":", &items.join(&b","[..])].concat();
            edits.replace(line.span(), &content);
        }
    }
    if edits.is_empty() { Cow::Borrowed(card) } else { Cow::Owned(edits.apply()) }
}

/// One line as it is to be.
struct Rewritten<'a> {
    /// Its names, escaped.
    items: Vec<Cow<'a, [u8]>>,
    changed: bool,
}

impl Rewritten<'_> {
    fn of(line: &Line<'_>, wanted: &HashMap<String, &str>, kept: &mut HashSet<String>) -> Self {
        let value = line.value();
        let mut new = Self { items: Vec::new(), changed: false };
        for raw in text::split(&value, b',') {
            let name = plain(raw);
            let key = category_key(&name);
            match wanted.get(&key) {
                Some(spelled) if *spelled == name => new.items.push(Cow::Owned(raw.to_vec())),
                Some(_) if kept.contains(&key) => new.changed = true,
                Some(spelled) => {
                    new.items.push(Cow::Owned(text::escape(spelled).into_owned().into_bytes()));
                    new.changed = true;
                }
                // What has no name is no category, and stands in nobody's way.
                None if key.is_empty() => new.items.push(Cow::Owned(raw.to_vec())),
                None => {
                    new.changed = true;
                    continue;
                }
            }
            kept.insert(key);
        }
        if new.changed {
            new.items.retain(|raw| !plain(raw).is_empty());
        }
        new
    }
}

/// The name that an item stands for.
fn plain(raw: &[u8]) -> String {
    text::unescape(raw.trim_ascii()).trim().to_owned()
}

/// The item so that a comma can follow it: the backslash that ends a flawed line would escape it.
fn ended(raw: &[u8]) -> Cow<'_, [u8]> {
    // A stray CR does not outlive the folding.
    let from_end = raw.iter().rev().filter(|byte| **byte != b'\r');
    let backslashes = from_end.take_while(|byte| **byte == b'\\').count();
    if backslashes % 2 == 0 {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(text::escape(&plain(raw)).into_owned().into_bytes())
}

/// The lines called `name` of the first card, those of cards nested in it left out, and where a further line
/// belongs: before the end of the card.
pub(super) fn lines<'a>(card: &'a [u8], name: &str) -> (Vec<Line<'a>>, usize) {
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    for line in Lines::new(card) {
        if line.is("BEGIN") {
            depth += 1;
        } else if line.is("END") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return (found, line.span().start);
            }
        } else if depth <= 1 && line.has_value() && line.is(name) {
            found.push(line);
        }
    }
    (found, card.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn card(lines: &str) -> String {
        format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\n{lines}NOTE:x\r\nEND:VCARD\r\n")
    }

    #[test]
    fn reads_what_clients_write() {
        for (lines, wanted) in [
            ("", vec![]),
            ("CATEGORIES:\r\n", vec![]),
            ("CATEGORIES:a, b ,,c\r\n", vec!["a", "b", "c"]),
            ("CATEGORIES:a\\,b,c\\;d\r\n", vec!["a,b", "c;d"]),
            ("CATEGORIES:a,A\r\nitem1.categories;X=1:b\r\nCATEGORIES:Ä,ä\r\n", vec!["a", "b", "Ä"]),
            ("CATEGORIES:Fri\r\n ends\r\n", vec!["Friends"]),
            ("CATEGORIES\r\n", vec![]),
            ("AGENT:\r\nBEGIN:VCARD\r\nCATEGORIES:inner\r\nEND:VCARD\r\n", vec![]),
        ] {
            assert_eq!(categories(card(lines).as_bytes()), wanted, "{lines:?}");
        }
    }

    #[test]
    fn sets_them_with_few_changes() {
        for (lines, wanted, after) in [
            ("", vec!["a"], ""),
            ("CATEGORIES:a\r\n", vec!["a", "b"], "CATEGORIES:a,b\r\n"),
            ("CATEGORIES:b ,a\r\n", vec!["a", "b"], "CATEGORIES:b ,a\r\n"),
            ("CATEGORIES:a,,a\r\n", vec!["a"], "CATEGORIES:a,,a\r\n"),
            ("CATEGORIES:a,b,c\r\n", vec!["c", "a"], "CATEGORIES:a,c\r\n"),
            ("CATEGORIES:a\r\n", vec![], ""),
            ("CATEGORIES:a\r\n", vec!["A"], "CATEGORIES:A\r\n"),
            ("CATEGORIES:a,A\r\n", vec!["A"], "CATEGORIES:A,A\r\n"),
            (
                "item1.CATEGORIES;PREF=1:a\r\n",
                vec!["a", "b,c"],
                "item1.CATEGORIES;PREF=1:a,b\\,c\r\n",
            ),
            ("CATEGORIES:a\r\nCATEGORIES:b\r\n", vec!["a", "c"], "CATEGORIES:a,c\r\n"),
            ("CATEGORIES:a\r\n", vec!["b"], "CATEGORIES:b\r\n"),
            ("CATEGORIES:\r\n", vec![], "CATEGORIES:\r\n"),
            ("CATEGORIES:\r\n", vec!["a"], "CATEGORIES:a\r\n"),
        ] {
            let before = card(lines);
            let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            let set = set_categories(before.as_bytes(), &wanted);
            let set = String::from_utf8_lossy(&set).into_owned();
            if lines.is_empty() {
                let added = before.replace("END:", "CATEGORIES:a\r\nEND:");
                assert_eq!(set, added, "a line is added before the end");
            } else {
                assert_eq!(set, card(after), "{lines:?} -> {wanted:?}");
            }
        }
    }

    #[test]
    fn a_card_without_end_takes_them_too() {
        let set = set_categories(b"BEGIN:VCARD\nFN:A", &["a".to_owned()]);
        assert_eq!(&set[..], b"BEGIN:VCARD\nFN:A\nCATEGORIES:a\n");
    }

    #[test]
    fn ten_thousand_take_linear_time() {
        let many: Vec<String> = (0..10_000).map(|n| format!("Tag {n}")).collect();
        let set = set_categories(b"BEGIN:VCARD\r\nEND:VCARD\r\n", &many).into_owned();
        assert_eq!(categories(&set), many);
        assert!(matches!(set_categories(&set, &many), Cow::Borrowed(_)));
    }

    fn names() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("[aAbB,;\\\\ \nÄäß:]{0,4}", 0..6)
    }

    proptest! {
        #[test]
        fn what_was_set_is_read_and_set_again_changes_nothing(
            before in names(), wanted in names(), raw in "[a,;:\\\\\r\n B.]{0,30}",
        ) {
            let listed: Vec<_> = before.iter().map(|name| text::escape(name)).collect();
            let text = card(&format!("CATEGORIES:{}\r\nCATEGORIES:{raw}\r\n", listed.join(",")));
            let once = set_categories(text.as_bytes(), &wanted).into_owned();
            let mut keys: Vec<_> = wanted.iter().map(|n| category_key(n)).collect();
            keys.sort();
            keys.dedup();
            keys.retain(|key| !key.is_empty());
            let read = categories(&once);
            let mut found: Vec<_> = read.iter().map(|n| category_key(n)).collect();
            found.sort();
            prop_assert_eq!(found, keys);
            prop_assert_eq!(&*set_categories(&once, &wanted), &once[..], "set again");
            prop_assert_eq!(&*set_categories(&once, &read), &once[..], "set to what is read");
        }
    }
}
