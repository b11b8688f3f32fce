//! Partial cards: only the properties that were asked for (RFC 6352 §10.4.2).

use super::line::{Line, Lines};

/// One `CARDDAV:prop` of `CARDDAV:address-data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Only properties of this group, in any case; none: of every group and of none.
    pub group: Option<String>,
    /// The property's name, in any case.
    pub name: String,
    /// Whether the value is left out (`novalue="yes"`).
    pub novalue: bool,
}

impl Selector {
    /// The selector that the `name` attribute `name` means: `TEL`, or `item1.TEL`.
    pub fn new(name: &str, novalue: bool) -> Self {
        let (group, name) = match name.split_once('.') {
            Some((group, name)) => (Some(group.to_owned()), name),
            None => (None, name),
        };
        Self { group, name: name.to_owned(), novalue }
    }

    fn takes(&self, line: &Line<'_>) -> bool {
        let group = match &self.group {
            Some(wanted) => line.group().is_some_and(|g| g.eq_ignore_ascii_case(wanted.as_bytes())),
            None => true,
        };
        group && line.is(&self.name)
    }
}

/// The selected lines of the card `bytes`, byte for byte; a line without its value ends after
/// the colon. `BEGIN`, `VERSION`, `UID`, `FN` and `END` are always there, and so is the
/// `X-ABLABEL` of a selected property's group, without which Apple shows no label.
pub fn select(bytes: &[u8], selectors: &[Selector]) -> Vec<u8> {
    const ALWAYS: [&str; 5] = ["BEGIN", "VERSION", "UID", "FN", "END"];
    let mut out = Vec::with_capacity(bytes.len().min(4096));
    let mut groups: Vec<Vec<u8>> = Vec::new();
    let lines = Lines::new(bytes);
    let mut chosen = Vec::new();
    for line in lines {
        let selector = selectors.iter().find(|s| s.takes(&line));
        let always = ALWAYS.iter().any(|name| line.is(name));
        if selector.is_some()
            && let Some(group) = line.group()
        {
            groups.push(group.to_ascii_lowercase());
        }
        let is_label = line.is("X-ABLABEL") && line.group().is_some();
        if selector.is_some() || always || is_label {
            let bare = selector.is_some_and(|s| s.novalue) && !always;
            chosen.push((line, bare, is_label && selector.is_none()));
        }
    }
    groups.sort_unstable();
    groups.dedup();
    for (line, bare, is_label) in &chosen {
        let group = line.group().map(<[u8]>::to_ascii_lowercase);
        if *is_label && group.is_none_or(|g| groups.binary_search(&g).is_err()) {
            continue;
        }
        if *bare {
            let value = line.value_span();
            let start = line.span().start;
            out.extend_from_slice(bytes.get(start..value.start).unwrap_or_default());
            out.extend_from_slice(bytes.get(value.end..line.span().end).unwrap_or_default());
        } else {
            out.extend_from_slice(line.raw());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:A\r\nN:A;;;;\r\nTEL:1\r\n\
        item1.TEL;TYPE=home:2\r\n 3\r\nITEM1.X-ABLabel:x\r\nitem2.EMAIL:a@b\r\nitem2.X-ABLabel:y\r\n\
        X-Odd:z\r\nEND:VCARD\r\n";

    fn selected(names: &[(&str, bool)]) -> String {
        let selectors: Vec<_> = names.iter().map(|(n, v)| Selector::new(n, *v)).collect();
        let text = String::from_utf8(select(CARD.as_bytes(), &selectors)).unwrap();
        let frame = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:A\r\n";
        let body = text.strip_prefix(frame).expect("the frame").strip_suffix("END:VCARD\r\n");
        body.expect("the end").to_owned()
    }

    #[test]
    fn names_groups_and_values() {
        let label = "ITEM1.X-ABLabel:x\r\n";
        let second = "item1.TEL;TYPE=home:2\r\n 3\r\n";
        for (names, wanted) in [
            (vec![], String::new()),
            (vec![("tel", false)], format!("TEL:1\r\n{second}{label}")),
            (vec![("item1.tel", false)], format!("{second}{label}")),
            (vec![("item2.tel", false)], String::new()),
            (vec![("TEL", true)], format!("TEL:\r\nitem1.TEL;TYPE=home:\r\n{label}")),
            (vec![("x-odd", false), ("n", false)], "N:A;;;;\r\nX-Odd:z\r\n".into()),
            (vec![("UID", true)], String::new()),
            (vec![("X-ABLABEL", false)], format!("{label}item2.X-ABLabel:y\r\n")),
        ] {
            assert_eq!(selected(&names), wanted, "{names:?}");
        }
    }

    #[test]
    fn a_last_line_without_end_stays_the_last() {
        let card = b"BEGIN:VCARD\nNOTE:a\nEND:VCARD";
        assert_eq!(select(card, &[]), b"BEGIN:VCARD\nEND:VCARD");
    }
}
