//! A query as words, texts in quotes, and signs.

use std::ops::Range;

use super::misread::Misread;

/// A piece of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
}

/// What a piece of a query is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Without quotes, as typed.
    Word(String),
    /// What stood in quotes.
    Quoted(String),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`
    Sign(&'static str),
}

/// Signs, the longer ones first.
const SIGNS: [(&str, &str); 9] = [
    ("<=", "<="),
    (">=", ">="),
    ("!=", "!="),
    ("<>", "!="),
    ("==", "="),
    ("≠", "!="),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
];

/// Quotes: how they begin and end. Phones type the curly ones.
const QUOTES: [(char, char); 5] = [('"', '"'), ('\'', '\''), ('“', '”'), ('„', '“'), ('«', '»')];

/// The pieces of `query`.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Misread> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = query.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let width = first.len_utf8();
        let sign = SIGNS.iter().find(|(typed, _)| rest.starts_with(typed));
        let (kind, length) = match first {
            c if c.is_whitespace() || c.is_control() => {
                at += width;
                continue;
            }
            '(' => (Kind::Open, width),
            ')' => (Kind::Close, width),
            ',' | ';' => (Kind::Comma, width),
            c => match (QUOTES.iter().find(|(open, _)| *open == c), sign) {
                (Some((_, close)), _) => quoted(rest, width, *close).ok_or_else(|| {
                    Misread::new(at..at + width, "This quote is not closed.")
                        .with(format!("Put {close} behind the text."))
                })?,
                (None, Some((typed, sign))) => (Kind::Sign(sign), typed.len()),
                (None, None) => {
                    let word: String = rest.chars().take_while(|c| is_of_word(*c)).collect();
                    let length = word.len().max(width);
                    if word.is_empty() {
                        return Err(Misread::new(
                            at..at + width,
                            format!("`{first}` means nothing here."),
                        )
                        .with("Texts with other signs than letters and digits stand in quotes."));
                    }
                    (Kind::Word(word), length)
                }
            },
        };
        found.push(Token { kind, at: at..at + length });
        at += length;
    }
    Ok(found)
}

/// The text that stands in quotes at the beginning of `rest`, and its length with them. A quote in
/// it is written twice or with a backslash.
fn quoted(rest: &str, open: usize, close: char) -> Option<(Kind, usize)> {
    let mut text = String::new();
    let mut chars = rest.get(open..)?.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|(_, c)| *c == close || *c == '\\') => {
                text.extend(chars.next().map(|(_, c)| c));
            }
            c if c == close => {
                // An apostrophe is a quote as well; what follows it tells the two apart.
                if chars.peek().is_some_and(|(_, next)| *next == close) {
                    text.push(close);
                    chars.next();
                } else {
                    return Some((Kind::Quoted(text), open + at + c.len_utf8()));
                }
            }
            c => text.push(c),
        }
    }
    None
}

/// Words are values, too: `anna@example.com`, `2026-11-23`, `+33612`, `Clients/Lyon`, `#7`, `O'Neil`.
fn is_of_word(c: char) -> bool {
    let parts = "(),;\"“”„«»=<>!≠|`{}[]".contains(c);
    !(parts || c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(query: &str) -> Vec<Kind> {
        tokens(query).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn words_texts_and_signs() {
        let word = |text: &str| Kind::Word(text.to_owned());
        let text = |text: &str| Kind::Quoted(text.to_owned());
        for (query, wanted) in [
            ("", vec![]),
            (" \t\r\n", vec![]),
            ("a=b", vec![word("a"), Kind::Sign("="), word("b")]),
            ("a <> 2", vec![word("a"), Kind::Sign("!="), word("2")]),
            ("x>=-3,y", vec![word("x"), Kind::Sign(">="), word("-3"), Kind::Comma, word("y")]),
            ("(O'Neil)", vec![Kind::Open, word("O'Neil"), Kind::Close]),
            ("\"a \\\"b\\\" \\x\"", vec![text("a \"b\" \\x")]),
            ("\"a \"\"b\"", vec![text("a \"b")]),
            ("'it''s' “x y” „ä“ «z»", vec![text("it's"), text("x y"), text("ä"), text("z")]),
            ("a@b.c --12-24 #7 +33", vec![word("a@b.c"), word("--12-24"), word("#7"), word("+33")]),
        ] {
            assert_eq!(plain(query), wanted, "{query}");
        }
        for (query, at) in [("a is \"b", 5..6), ("'", 0..1), ("a ! b", 2..3), ("a | b", 2..3)] {
            assert_eq!(tokens(query).unwrap_err().at, at, "{query}");
        }
    }
}
