//! Text as search sees it: words in the form in which they are the same whatever their case,
//! accents and script.
//!
//! Each sign is looked at on its own, after the folding of `i;unicode-casemap`. So the form of a
//! part of a text is a part of the form of the text, and what a query of CardDAV looks for can be
//! looked up in the index ([`super::candidates`]).

use deunicode::deunicode_char;

use crate::formats::collation::Collation;

/// Longest word in the index, in signs. Of longer ones there are pieces.
pub const LONGEST: usize = 32;

/// Signs from the beginning of a piece of a long word to the beginning of the next.
const STRIDE: usize = 16;

/// Longest run of signs that each are a word (王小明) that is also transliterated.
const NAME_LENGTH: usize = 8;

/// A run of letters and digits, or of signs that each are a word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// In small letters without accents, transliterated; signs that each are a word as they are.
    pub plain: String,
    /// How others write it: `mueller` for `muller`, `yuliya` for `iuliia`. Empty if the same.
    pub other: String,
    /// Is it of signs that each are a word?
    pub signs: bool,
}

/// What a sign means for the words.
enum Sign {
    /// A part of a word: its plain form, and how others write it.
    Letters(&'static str, &'static str),
    /// A letter or digit of ASCII.
    Plain(char),
    /// A sign that is a word.
    Word(char),
    /// A trema or a ring over the letter before, or a breve.
    Mark(char),
    /// Nothing; what is around it belongs together.
    Nothing,
    /// An end of words.
    Gap,
}

/// The runs of `text`, in order.
pub fn runs(text: &str) -> Vec<Run> {
    let key = Collation::UnicodeCasemap.key(text);
    let mut runs = Vec::new();
    let mut run = Run::default();
    let mut differs = false;
    let mut end = |run: &mut Run, differs: &mut bool| {
        let mut done = std::mem::take(run);
        if !std::mem::take(differs) {
            done.other.clear();
        }
        if !done.plain.is_empty() {
            runs.push(done);
        }
    };
    for c in key.chars() {
        match read(c) {
            Sign::Plain(c) => {
                if run.signs {
                    end(&mut run, &mut differs);
                }
                run.plain.push(c);
                run.other.push(c);
            }
            Sign::Letters(plain, other) => {
                if run.signs {
                    end(&mut run, &mut differs);
                }
                run.plain.push_str(plain);
                run.other.push_str(other);
                differs |= plain != other;
            }
            Sign::Word(c) => {
                if !run.signs {
                    end(&mut run, &mut differs);
                    run.signs = true;
                }
                run.plain.push(c);
                run.other.push(c);
            }
            Sign::Mark(mark) => differs |= spell_out(&mut run, mark),
            Sign::Nothing => {}
            Sign::Gap => {
                end(&mut run, &mut differs);
            }
        }
    }
    end(&mut run, &mut differs);
    runs
}

/// Every form in which `text` may be looked for, each to `take`; whether that is all of it.
pub fn words(text: &str, mut take: impl FnMut(String)) -> bool {
    if text.is_ascii() {
        return plain_words(text, take);
    }
    let mut whole = true;
    for run in runs(text) {
        if run.signs {
            sounds(&run.plain, &mut take);
        }
        for word in [run.plain, run.other] {
            whole &= pieces(word, &mut take);
        }
    }
    whole
}

/// [`words`] of what has letters of ASCII only, which most text has.
fn plain_words(text: &str, mut take: impl FnMut(String)) -> bool {
    let mut whole = true;
    let is_gap = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '\'' | '`');
    for part in text.split(is_gap).filter(|part| !part.is_empty()) {
        let mut word = part.to_ascii_lowercase();
        if memchr::memchr2(b'\'', b'`', word.as_bytes()).is_some() {
            word.retain(|c| !matches!(c, '\'' | '`'));
        }
        whole &= pieces(word, &mut take);
    }
    whole
}

/// The first [`LONGEST`] signs of `word`, by which a longer one is looked for.
pub fn cut(word: &str) -> &str {
    match word.char_indices().nth(LONGEST) {
        Some((end, _)) => word.get(..end).unwrap_or(word),
        None => word,
    }
}

/// Hands `word` to `take`, a long one in pieces; whether it is whole.
fn pieces(word: String, take: &mut impl FnMut(String)) -> bool {
    if word.is_empty() {
        return true;
    }
    if word.len() <= LONGEST || word.chars().nth(LONGEST).is_none() {
        take(word);
        return true;
    }
    let signs: Vec<char> = word.chars().collect();
    let mut start = 0;
    loop {
        let piece = signs.get(start..).unwrap_or_default();
        take(piece.iter().take(LONGEST).collect());
        if piece.len() <= LONGEST {
            return false;
        }
        start += STRIDE;
    }
}

/// How a name of signs is said: each of them, and all in one word.
fn sounds(signs: &str, take: &mut impl FnMut(String)) {
    if signs.chars().nth(NAME_LENGTH).is_some() {
        return;
    }
    let mut all = String::new();
    for sign in signs.chars() {
        let latin: String = latin(sign).filter(char::is_ascii_alphanumeric).collect();
        all.push_str(&latin);
        if is_ideograph(sign) && !latin.is_empty() {
            take(latin);
        }
    }
    if !all.is_empty() {
        pieces(all, take);
    }
}

fn latin(sign: char) -> impl Iterator<Item = char> {
    deunicode_char(sign).unwrap_or_default().chars().map(|c| c.to_ascii_lowercase())
}

fn read(c: char) -> Sign {
    match c {
        'a'..='z' | '0'..='9' => Sign::Plain(c),
        'A'..='Z' => Sign::Plain(c.to_ascii_lowercase()),
        '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{02B9}' => Sign::Nothing,
        _ if c.is_ascii() => Sign::Gap,
        '\u{0306}' | '\u{0308}' | '\u{030A}' => Sign::Mark(c),
        _ if is_unseen(c) => Sign::Nothing,
        _ if is_word(c) => Sign::Word(c),
        _ => letters(c),
    }
}

fn letters(c: char) -> Sign {
    if let Ok(at) = SPELT.binary_search_by_key(&c, |(sign, _, _)| *sign)
        && let Some((_, plain, other)) = SPELT.get(at)
    {
        return Sign::Letters(plain, other);
    }
    if !c.is_alphanumeric() {
        return Sign::Gap;
    }
    match deunicode_char(c).and_then(small_latin) {
        Some(latin) => Sign::Letters(latin, latin),
        None => Sign::Word(c),
    }
}

/// `latin` if it is of small letters and digits, as the forms of small letters are; its part that
/// is, if a mark stands around it.
fn small_latin(latin: &'static str) -> Option<&'static str> {
    let latin = latin.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let plain = latin.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    (plain && !latin.is_empty()).then_some(latin)
}

/// Puts what others write for the letter before with `mark` over it into `run`; whether they
/// write anything else.
fn spell_out(run: &mut Run, mark: char) -> bool {
    let other = match (mark, run.other.chars().last()) {
        ('\u{0308}', Some('a' | 'o' | 'u')) => "e",
        ('\u{030A}', Some('a')) => "a",
        // й
        ('\u{0306}', Some('i')) => {
            run.other.pop();
            "y"
        }
        _ => return false,
    };
    run.other.push_str(other);
    true
}

/// Accents, and signs that are not seen.
fn is_unseen(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
        || matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Is it a sign of a script that is written without blanks between words?
fn is_word(c: char) -> bool {
    is_ideograph(c)
        || matches!(c, '\u{3041}'..='\u{30FF}' | '\u{3105}'..='\u{312F}' | '\u{31F0}'..='\u{31FF}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Letters that are written in several ways: how one by one, and how by those who speak them.
const SPELT: [(char, &str, &str); 38] = [
    ('ø', "o", "oe"),
    ('ĳ', "ij", "y"),
    ('β', "b", "v"),
    ('γ', "g", "g"),
    ('δ', "d", "d"),
    ('ζ', "z", "z"),
    ('η', "e", "i"),
    ('θ', "th", "th"),
    ('κ', "k", "k"),
    ('λ', "l", "l"),
    ('ξ', "ks", "x"),
    ('ρ', "r", "r"),
    ('σ', "s", "s"),
    ('υ', "u", "y"),
    ('φ', "ph", "f"),
    ('χ', "kh", "ch"),
    ('ψ', "ps", "ps"),
    ('ω', "o", "o"),
    ('а', "a", "a"),
    ('г', "g", "g"),
    ('е', "e", "e"),
    ('ж', "zh", "zh"),
    ('х', "kh", "h"),
    ('ц', "ts", "c"),
    ('ч', "ch", "ch"),
    ('ш', "sh", "sh"),
    ('щ', "shch", "sch"),
    ('ъ', "", ""),
    ('ы', "y", "y"),
    ('ь', "", ""),
    ('э', "e", "e"),
    ('ю', "iu", "yu"),
    ('я', "ia", "ya"),
    ('є', "ie", "ye"),
    ('і', "i", "i"),
    ('ї', "i", "yi"),
    ('ј', "j", "j"),
    ('ґ', "g", "g"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        words(text, |word| found.push(word));
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn one_form_for_all_scripts() {
        assert!(SPELT.is_sorted_by_key(|(sign, _, _)| *sign));
        for (text, wanted) in [
            ("Ann LEE", &["ann", "lee"][..]),
            ("O'Brien-Smith, J.", &["j", "obrien", "smith"]),
            ("O’Brien", &["obrien"]),
            ("Müller", &["mueller", "muller"]),
            ("Mu\u{308}ller", &["mueller", "muller"]),
            ("Groß", &["gross"]),
            ("Åse Ørsted", &["aase", "ase", "oersted", "orsted"]),
            ("Łukasz Żółć", &["lukasz", "zolc"]),
            ("Иванов", &["ivanov"]),
            ("Юлия Горбачёв", &["gorbachev", "iuliia", "yuliya"]),
            ("Сергей", &["sergei", "sergey"]),
            ("Γιώργος", &["giorgos"]),
            ("Δημήτρης", &["demetres", "dimitris"]),
            ("Ａｎｎ", &["ann"]),
            ("王小明", &["ming", "wang", "wangxiaoming", "xiao", "王小明"]),
            ("李lei", &["lei", "li", "李"]),
            ("ann.lee+x@example.org", &["ann", "example", "lee", "org", "x"]),
            ("", &[]),
            ("-–…", &[]),
        ] {
            assert_eq!(of(text), wanted, "{text}");
        }
        let long = "x".repeat(50);
        let mut pieces = Vec::new();
        assert!(!words(&long, |word| pieces.push(word.len())), "a long word is not whole");
        assert_eq!(pieces, [32, 32, 18]);
        assert_eq!(cut(&long).len(), LONGEST);
    }

    proptest! {
        /// What the lookup of parts relies on.
        #[test]
        fn a_part_of_a_text_has_a_part_of_its_form(
            before in "[a-zß'ÄÖé\\- ü\u{308}王я]{0,6}|\\PC{0,6}",
            part in "[a-zß'ÄÖé\\- ü\u{308}王я]{1,6}|\\PC{0,6}",
            after in "[a-zß'ÄÖé\\- ü\u{308}王я]{0,6}|\\PC{0,6}",
        ) {
            let whole: Vec<Run> = runs(&format!("{before}{part}{after}"));
            let inner = runs(&part);
            let found = |run: &Run| whole.iter().any(|w| w.plain.contains(&run.plain));
            prop_assert!(inner.iter().all(found), "{whole:?} {inner:?}");
            if inner.len() > 2 {
                let exact = |run: &Run| whole.iter().any(|w| w.plain == run.plain);
                prop_assert!(inner.get(1..inner.len() - 1).unwrap().iter().all(exact));
            }
        }
    }
}
