//! Text in the form in which it compares whatever its case, accents and script.

use deunicode::deunicode_char;
use unicode_normalization::UnicodeNormalization;

/// `text` in small ASCII letters: accents taken off, other scripts transliterated. What is no
/// letter and no digit stays as it is in ASCII.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for c in text.nfkc().filter(|c| !is_mark(*c)) {
        if c.is_ascii() {
            plain.push(c.to_ascii_lowercase());
        } else if let Some(latin) = deunicode_char(c) {
            // Signs of which each is a word come with a blank behind.
            plain.extend(latin.chars().map(|c| c.to_ascii_lowercase()));
        }
    }
    plain
}

/// The words of `text`, folded: runs of letters and digits. An apostrophe inside a word parts
/// nothing.
pub fn words(text: &str) -> Vec<String> {
    let folded = folded(text);
    let mut words = Vec::new();
    let mut word = String::new();
    for c in folded.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else if !matches!(c, '\'' | '`') && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Is `text` written without its vowels or some of them, as in Arabic, Hebrew and the scripts of India?
pub fn lacks_vowels(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c, '\u{0590}'..='\u{07FF}' | '\u{0900}'..='\u{0DFF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
    })
}

/// Is `text` in signs that do not tell how they are read: Han, which Japan reads otherwise?
pub fn lacks_reading(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some()
        && letters.all(|c| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'))
}

/// Accents that stand alone, and signs that are not seen.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all_scripts() {
        for (text, wanted) in [
            ("Ann LEE", "ann lee"),
            ("Jürgen Groß", "jurgen gross"),
            ("Łukasz Żółć", "lukasz zolc"),
            ("Ørsted", "orsted"),
            ("Иван Петров", "ivan petrov"),
            ("Γιώργος", "giorgos"),
            ("e\u{301}", "e"),
            ("Ａｎｎ", "ann"),
        ] {
            assert_eq!(folded(text), wanted, "{text}");
        }
        assert_eq!(words("O'Brien-Smith, J."), ["obrien", "smith", "j"]);
        assert_eq!(words("王小明"), ["wang", "xiao", "ming"]);
        assert!(lacks_vowels("محمد") && !lacks_vowels("Мухаммад"));
    }
}
