//! Puts back what a client dropped because it does not know it.

use std::borrow::Cow;
use std::collections::HashSet;

use super::item::{Groups, Items};
use crate::formats::edit::Edits;

/// `incoming` with the properties called `names`, in any case, that `ancestor` has and of which
/// `incoming` has none. For clients that do not keep what they do not know; nobody takes a
/// property away with one that does not show it.
pub fn restored<'a>(ancestor: &[u8], incoming: &'a [u8], names: &[String]) -> Cow<'a, [u8]> {
    if names.is_empty() {
        return Cow::Borrowed(incoming);
    }
    let (Some(before), Some(now)) = (Items::read(ancestor), Items::read(incoming)) else {
        return Cow::Borrowed(incoming);
    };
    let wanted: HashSet<_> =
        names.iter().map(|name| name.as_bytes().to_ascii_uppercase()).collect();
    let there: HashSet<_> = now.all.iter().map(|item| &item.name).collect();
    let mut groups = Groups::new(&before, &now);
    let mut edits = Edits::new(incoming);
    for item in &before.all {
        if wanted.contains(&item.name) && !there.contains(&item.name) {
            groups.add(&mut edits, now.end, &before, item);
        }
    }
    if edits.is_empty() { Cow::Borrowed(incoming) } else { Cow::Owned(edits.apply()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_fields_come_back() {
        let before =
            b"BEGIN:VCARD\nitem1.X-SIZE:42\nitem1.X-ABLabel:Size\nX-B:1\nX-B:2\nX-C:3\nEND:VCARD\n";
        let now = b"BEGIN:VCARD\nitem1.TEL:1\nX-C:4\nEND:VCARD\n";
        let names = ["x-size", "X-B", "X-C", "X-NONE"].map(str::to_owned);
        let text = String::from_utf8(restored(before, now, &names).into_owned()).unwrap();
        let wanted = "BEGIN:VCARD\nitem1.TEL:1\nX-C:4\nitem2.X-SIZE:42\nitem2.X-ABLabel:Size\n\
            X-B:1\nX-B:2\nEND:VCARD\n";
        assert_eq!(text, wanted);
        assert!(matches!(restored(before, text.as_bytes(), &names), Cow::Borrowed(_)));
    }
}
