//! Which characters XML 1.0 allows, anywhere and in names.

/// The first place in `text` where a character stands that XML cannot hold (§2.2).
pub(super) fn illegal(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    // Whole blocks are judged without a branch for each byte, which compiles to vector code.
    for block in bytes.chunks(64) {
        let suspicious = |byte: &u8| matches!(byte, 0..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F | 0xEF);
        if block.iter().fold(false, |any, byte| any | suspicious(byte)) {
            for (at, byte) in block.iter().enumerate().filter(|(_, byte)| suspicious(byte)) {
                let after = (bytes.get(from + at + 1), bytes.get(from + at + 2));
                if *byte != 0xEF || matches!(after, (Some(0xBF), Some(0xBE | 0xBF))) {
                    return Some(from + at);
                }
            }
        }
        from += block.len();
    }
    None
}

/// Can XML hold this character?
pub(super) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Is this a name without a colon (Namespaces in XML 1.0, §3)?
pub(super) fn is_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

const fn starts_name(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}' | '\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

const fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c,
            '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}' | '\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_illegal_character_wherever_it_stands() {
        for lead in [0, 1, 61, 62, 63, 64, 65, 127, 200] {
            for (bad, width) in [("\0", 1), ("\u{1F}", 1), ("\u{FFFE}", 3), ("\u{FFFF}", 3)] {
                let text = format!("{}{bad}\0", "x".repeat(lead));
                assert_eq!(illegal(&text), Some(lead), "{bad:?} after {lead}");
                assert_eq!(bad.len(), width);
            }
            let fine = format!("{}\t\r\n\u{FFFD}\u{FEFF}\u{7F}\u{85}😀", "x".repeat(lead));
            assert_eq!(illegal(&fine), None, "after {lead}");
        }
    }

    #[test]
    fn agrees_with_the_characters_one_by_one() {
        for c in (0..=0x11_0000_u32).filter_map(char::from_u32) {
            assert_eq!(illegal(c.encode_utf8(&mut [0; 4])).is_none(), is_char(c), "{c:?}");
        }
    }

    #[test]
    fn names_are_as_the_standard_says() {
        for good in ["a", "_", "é1", "a-b.c", "日本", "a\u{B7}"] {
            assert!(is_ncname(good), "{good} was refused");
        }
        for bad in ["", "1", "-a", ".a", "a b", "a:b", "a/", "a\"", "a<", "\u{D7}", "\u{B7}a"] {
            assert!(!is_ncname(bad), "{bad} was taken");
        }
    }
}
