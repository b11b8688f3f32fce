//! Can a mail address be one? What is wrong with it, and what was probably meant.

use strsim::osa_distance;

/// Longest address (RFC 5321 §4.5.3.1.3), in bytes.
const LONGEST: usize = 254;

/// Longest text that a suggestion is made of, in bytes.
const LONGEST_TEXT: usize = 400;

/// Providers that are mistyped: the word, what follows it, and the letters a slip leaves in its place
/// at the beginning. Other words that close are other firms.
const PROVIDERS: [(&str, &str, &str); 9] = [
    ("freenet", "de", "f"),
    ("gmail", "com", "g"),
    ("googlemail", "com", "g"),
    ("hotmail", "", "ho"),
    ("icloud", "com", "i"),
    ("outlook", "", "o"),
    ("protonmail", "com", "p"),
    ("t-online", "de", "t"),
    ("yahoo", "", "ya"),
];

/// Words one letter away from those that are somebody else's.
const OTHERS: [&str; 5] = ["gail", "gmail", "hotmall", "outlock", "yatoo"];

/// Slips for `com`.
const COM: [&str; 13] =
    ["c0m", "ccom", "cim", "clm", "cm", "cmo", "comm", "con", "coom", "cpm", "ocm", "vom", "xom"];

/// Domains that are never anybody's (RFC 6761).
const NOWHERE: [&str; 3] = ["invalid", "localhost", "onion"];

/// What is wrong with a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailFlaw {
    /// There is nothing.
    Empty,
    /// It is longer than any address.
    Long,
    /// There is no `@`.
    NoAt,
    /// There is more than one `@`.
    SeveralAts,
    /// There is a blank, or an invisible character.
    Blank,
    /// Something stands around it: blanks, brackets, a full stop.
    Around,
    /// What stands before the `@` is none.
    Local,
    /// What stands behind the `@` is no domain.
    Domain,
    /// The domain has no ending, such as `.com`.
    NoEnding,
    /// It is nearly that of a provider that many have.
    Mistyped,
}

impl MailFlaw {
    /// A sentence for a person.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "There is no mail address.",
            Self::Long => "This is too long for a mail address.",
            Self::NoAt => "A mail address has an @.",
            Self::SeveralAts => "A mail address has only one @.",
            Self::Blank => "There is a blank or an invisible character in the mail address.",
            Self::Around => "Something stands around the mail address that is no part of it.",
            Self::Local => "What stands before the @ cannot be a part of a mail address.",
            Self::Domain => "What stands behind the @ cannot be a domain.",
            Self::NoEnding => "The domain of the mail address has no ending, such as .com.",
            Self::Mistyped => "The domain of the mail address is probably mistyped.",
        }
    }
}

/// A flawed mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flawed {
    /// What is wrong.
    pub flaw: MailFlaw,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// Is that certain, because only what stands around the address is left out?
    pub certain: bool,
}

/// What is wrong with `text`, if anything is.
pub fn flaw(text: &str) -> Option<Flawed> {
    let found = judge(text)?;
    if text.len() > LONGEST_TEXT {
        return Some(Flawed { flaw: found, suggestion: None, certain: false });
    }
    let tidy = tidied(text);
    if judge(&tidy).is_none() {
        let certain = found == MailFlaw::Around;
        return Some(Flawed { flaw: found, suggestion: Some(tidy), certain });
    }
    let meant = meant(&tidy);
    let suggestion = (meant != text && judge(&meant).is_none()).then_some(meant);
    Some(Flawed { flaw: found, suggestion, certain: false })
}

/// `text` in the writing that programs agree on, if it is written otherwise and no flawed address: the
/// domain in small letters.
pub fn written(text: &str) -> Option<String> {
    if judge(text).is_some() {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let lower = domain.to_ascii_lowercase();
    (lower != domain).then(|| format!("{local}@{lower}"))
}

/// Is it an address where nobody ever gets mail?
pub fn is_nowhere(text: &str) -> bool {
    let domain =
        text.rsplit_once('@').map_or("", |(_, domain)| domain).trim().trim_end_matches('.');
    let last = domain.rsplit('.').next().unwrap_or_default();
    NOWHERE.iter().any(|name| last.eq_ignore_ascii_case(name))
}

fn judge(text: &str) -> Option<MailFlaw> {
    if text.trim().is_empty() {
        return Some(MailFlaw::Empty);
    }
    if text.len() > LONGEST {
        return Some(MailFlaw::Long);
    }
    if text.len() != tidied(text).len() {
        return Some(MailFlaw::Around);
    }
    let quoted = text.starts_with('"') && text.contains("\"@");
    if text.chars().any(is_blank) && !quoted {
        return Some(MailFlaw::Blank);
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return Some(MailFlaw::NoAt) };
    if quoted {
        return judge_domain(domain);
    }
    if local.contains('@') {
        return Some(MailFlaw::SeveralAts);
    }
    let dotted = local.split('.').any(str::is_empty);
    let is_atom =
        |c: char| c.is_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if dotted || local.len() > 64 || !local.chars().all(is_atom) {
        return Some(MailFlaw::Local);
    }
    judge_domain(domain)
}

fn judge_domain(domain: &str) -> Option<MailFlaw> {
    if domain.starts_with('[') && domain.ends_with(']') && domain.len() > 4 {
        // An address of the network.
        return None;
    }
    let fits = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii())
    };
    if !domain.split('.').all(fits) {
        return Some(MailFlaw::Domain);
    }
    let last = domain.rsplit('.').next().unwrap_or_default();
    if !domain.contains('.') {
        return (!last.eq_ignore_ascii_case("localhost")).then_some(MailFlaw::NoEnding);
    }
    if last.len() < 2 || last.bytes().all(|b| b.is_ascii_digit()) {
        return Some(MailFlaw::NoEnding);
    }
    mistyped(domain).map(|_| MailFlaw::Mistyped)
}

/// Without what stands around an address.
fn tidied(text: &str) -> String {
    let mut text = text.trim_matches(is_blank);
    if let Some(inner) = text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')) {
        text = inner.0.trim_matches(is_blank);
    }
    if text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) {
        text = text.get(7..).unwrap_or_default();
    }
    let around = |c: char| is_blank(c) || matches!(c, ',' | ';' | ':' | '<' | '>' | '(' | ')');
    text.trim_matches(around).trim_end_matches('.').to_owned()
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// What was probably meant by a flawed address.
fn meant(text: &str) -> String {
    let mut text = text.to_owned();
    if !text.contains('@') {
        for at in ["(at)", "[at]", "{at}", " at "] {
            text = text.replacen(at, "@", 1);
        }
    }
    text.retain(|c| !is_blank(c));
    while text.contains("@@") {
        text = text.replace("@@", "@");
    }
    if !text.contains('@')
        && let Some((word, ending, _)) = PROVIDERS.iter().find(|(word, ending, _)| {
            !ending.is_empty() && text.ends_with(&format!("{word}.{ending}"))
        })
    {
        let at = text.len() - word.len() - ending.len() - 1;
        if at > 0 && !text.get(..at).is_some_and(|local| local.ends_with('.')) {
            text.insert(at, '@');
        }
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return text };
    let mut domain = domain.replace(',', ".").to_ascii_lowercase();
    while domain.contains("..") {
        domain = domain.replace("..", ".");
    }
    let domain = domain.trim_matches('.').to_owned();
    let known = PROVIDERS.iter().find(|(word, ending, _)| *word == domain && !ending.is_empty());
    let domain = match (known, mistyped(&domain)) {
        (Some((word, ending, _)), _) => format!("{word}.{ending}"),
        (None, Some(meant)) => meant,
        (None, None) => domain,
    };
    format!("{}@{domain}", local.trim_matches('.'))
}

/// The domain that was probably meant by one that is nearly that of a provider.
fn mistyped(domain: &str) -> Option<String> {
    let domain = domain.to_ascii_lowercase();
    let (word, ending) = domain.split_once('.')?;
    if word.len() > 12 {
        return None;
    }
    let slip = COM.contains(&ending);
    let same = PROVIDERS.iter().find(|(known, ..)| *known == word);
    if let Some((word, fixed, _)) = same {
        let wrong = slip || (*fixed == "com" && ending == "co");
        return (wrong && *fixed != "de").then(|| format!("{word}.com"));
    }
    let near = |(known, fixed, first): &&(&str, &str, &str)| {
        let begins = first.chars().any(|c| word.starts_with(c));
        let ends = slip || ending == *fixed || (fixed.is_empty() && ending.len() <= 5);
        begins && ends && word.len() >= 4 && osa_distance(known, word) == 1
    };
    if OTHERS.contains(&word) {
        return None;
    }
    let (known, ..) = PROVIDERS.iter().find(near)?;
    Some(format!("{known}.{}", if slip { "com" } else { ending }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses_are_left_alone() {
        for good in [
            "anna@example.org",
            "Anna.Lee+news@Sub.Example.co.uk",
            "o'brien@example.org",
            "müller@müller.example",
            "\"a b\"@example.org",
            "a@[192.0.2.1]",
            "root@localhost",
            "a@mail.com",
            "a@ymail.com",
            "a@gmx.de",
            "a@hotmail.co.uk",
            "a@yahoo.de",
            "a@cloud.com",
            "a@outlook.fr",
            "a@gail.com",
            "用户@例子.公司",
        ] {
            assert_eq!(flaw(good), None, "{good}");
        }
    }

    #[test]
    fn flaws_are_named_and_mended_where_it_is_obvious() {
        use MailFlaw as F;
        for (text, wanted, suggestion, certain) in [
            ("", F::Empty, None, false),
            (" anna@example.org", F::Around, Some("anna@example.org"), true),
            ("anna@example.org.", F::Around, Some("anna@example.org"), true),
            ("mailto:anna@example.org", F::Around, Some("anna@example.org"), true),
            ("Anna <anna@example.org>", F::Around, Some("anna@example.org"), true),
            ("\u{200b}anna@example.org\u{7}", F::Around, Some("anna@example.org"), true),
            ("anna.example.org", F::NoAt, None, false),
            ("annagmail.com", F::NoAt, Some("anna@gmail.com"), false),
            ("anna (at) example.org", F::Blank, Some("anna@example.org"), false),
            ("anna at example.org", F::Blank, Some("anna@example.org"), false),
            ("anna@@example.org", F::SeveralAts, Some("anna@example.org"), false),
            ("anna@b@example.org", F::SeveralAts, None, false),
            ("an na@example.org", F::Blank, Some("anna@example.org"), false),
            ("anna@example,org", F::Domain, Some("anna@example.org"), false),
            ("anna@example..org", F::Domain, Some("anna@example.org"), false),
            ("anna.@example.org", F::Local, Some("anna@example.org"), false),
            ("anna@gmail", F::NoEnding, Some("anna@gmail.com"), false),
            ("anna@example", F::NoEnding, None, false),
            ("anna@example.1", F::NoEnding, None, false),
            ("anna@gmial.com", F::Mistyped, Some("anna@gmail.com"), false),
            ("anna@gmai.com", F::Mistyped, Some("anna@gmail.com"), false),
            ("Anna@Gmail.con", F::Mistyped, Some("Anna@gmail.com"), false),
            ("anna@gmail.co", F::Mistyped, Some("anna@gmail.com"), false),
            ("anna@hotmial.com", F::Mistyped, Some("anna@hotmail.com"), false),
            ("anna@yaho.de", F::Mistyped, Some("anna@yahoo.de"), false),
            ("anna@outlok.con", F::Mistyped, Some("anna@outlook.com"), false),
            ("@example.org", F::Local, None, false),
            ("anna@", F::Domain, None, false),
            ("anna@-x.org", F::Domain, None, false),
        ] {
            let found = flaw(text).unwrap_or_else(|| panic!("nothing is wrong with {text:?}"));
            let found = (found.flaw, found.suggestion.as_deref(), found.certain);
            assert_eq!(found, (wanted, suggestion, certain), "{text}");
            assert_eq!(suggestion.and_then(flaw), None, "{text}: the suggestion is flawed");
        }
        let long = flaw(&"a@".repeat(1 << 20)).unwrap();
        assert_eq!((long.flaw, long.suggestion), (F::Long, None));
    }

    #[test]
    fn domains_are_written_small() {
        assert_eq!(written("Anna@Example.ORG").as_deref(), Some("Anna@example.org"));
        assert_eq!(written("Anna@example.org"), None);
        assert!(is_nowhere("a@x.invalid") && is_nowhere("a@localhost") && !is_nowhere("a@b.org"));
    }
}
