//! Words of strangers made harmless: one line, no control characters, a bounded length.

/// Most characters of a subject.
const SUBJECT: usize = 200;

/// Most characters of an excerpt.
const EXCERPT: usize = 500;

/// A subject.
pub(super) fn subject(text: &str) -> String {
    line(text, SUBJECT)
}

/// `text` in one line of at most `most` characters; what was cut off is told by `…`.
pub(super) fn line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = count > 0;
            continue;
        }
        if is_unseen(c) {
            continue;
        }
        if count + usize::from(gap) >= most {
            line.pop();
            line.push('…');
            break;
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
            count += 1;
        }
        line.push(c);
        count += 1;
    }
    line
}

/// Characters that turn the direction of a text or are not seen at all: what is read would not be
/// what is there.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The first words of a mail: up to the signature, or to where another mail is quoted.
pub(super) fn excerpt(text: &str) -> String {
    let own = text.lines().take(200).take_while(|line| {
        let line = line.trim_end();
        line != "--" && !line.starts_with("-----") && !line.starts_with("_____")
    });
    let mut words = String::new();
    for line in own.filter(|line| !line.trim_start().starts_with('>')) {
        words.push_str(line);
        words.push('\n');
        if words.len() > EXCERPT * 4 {
            break;
        }
    }
    line(&words, EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_one_line_of_bounded_length() {
        for (given, wanted) in [
            ("  Offer\r\n for\tyou ", "Offer for you"),
            ("a\u{0}b\u{7}c", "a b c"),
            ("ab\u{202e}cd\u{feff}", "abcd"),
            ("BEGIN:VCARD\nEND:VCARD", "BEGIN:VCARD END:VCARD"),
            ("", ""),
        ] {
            assert_eq!(line(given, 100), wanted, "{given:?}");
        }
        assert_eq!(line("abcdef", 6), "abcdef");
        assert_eq!(line("abcdefg", 6), "abcde…");
        assert_eq!(line("ééééééé", 6).chars().count(), 6);
        assert_eq!(line("abcde fgh", 6), "abcd…");
    }

    #[test]
    fn an_excerpt_leaves_out_quotes_and_what_follows_the_words() {
        let text = "Hello Anna,\n\n> what you wrote\nyes.\n-- \nBert\n";
        assert_eq!(excerpt(text), "Hello Anna, yes.");
        assert_eq!(excerpt("Yes.\n-----Original Message-----\nFrom: x"), "Yes.");
        assert!(excerpt(&"word ".repeat(10_000)).chars().count() <= EXCERPT);
    }
}
