//! Names of organizations in the form in which they compare.

use super::fold;

/// Words that say what kind of firm it is.
const LEGAL: [&str; 48] = [
    "ab",
    "ag",
    "aps",
    "as",
    "asa",
    "bhd",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "doo",
    "eg",
    "ek",
    "ev",
    "gbr",
    "gmbh",
    "group",
    "gruppe",
    "holding",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "kgaa",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "plc",
    "pty",
    "pvt",
    "sa",
    "sarl",
    "sas",
    "se",
    "sl",
    "spa",
    "srl",
    "sro",
    "ug",
    "zoo",
];

/// Of these, the ones that are never a part of the name of a person.
const CERTAIN: [&str; 14] = [
    "corp",
    "corporation",
    "gbr",
    "gmbh",
    "inc",
    "incorporated",
    "kgaa",
    "limited",
    "llc",
    "llp",
    "ltd",
    "mbh",
    "plc",
    "sarl",
];

/// Words of names of places where people work or learn, as they stand in display names.
const PLACES: [&str; 22] = [
    "agency",
    "apotheke",
    "associates",
    "bakery",
    "bank",
    "cafe",
    "church",
    "clinic",
    "college",
    "foundation",
    "hospital",
    "hotel",
    "institute",
    "kanzlei",
    "pharmacy",
    "restaurant",
    "school",
    "services",
    "solutions",
    "supplies",
    "university",
    "verein",
];

/// The words of the name of an organization without its legal form.
pub fn words(text: &str) -> Vec<String> {
    // `S.A.` and `e.V.` are one word each.
    let closed = fold::folded(text).replace('&', " ");
    let mut joined = String::with_capacity(closed.len());
    for word in closed.split_whitespace() {
        let plain = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let dotted = plain.contains('.') && plain.split('.').all(|part| part.len() <= 1);
        joined.push(' ');
        if dotted {
            joined.extend(plain.chars().filter(|c| *c != '.'));
        } else {
            joined.push_str(word);
        }
    }
    let mut words = fold::words(&joined);
    let all = words.clone();
    words.retain(|word| {
        LEGAL.binary_search(&&**word).is_err() && !matches!(&**word, "the" | "and" | "und" | "et")
    });
    if words.is_empty() { all } else { words }
}

/// Do the words of a display name say that it is not a person's?
pub fn is_named_in(words: &[String]) -> bool {
    words.len() > 1
        && words.iter().any(|word| {
            CERTAIN.binary_search(&&**word).is_ok() || PLACES.binary_search(&&**word).is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_forms_are_left_out() {
        for (text, wanted) in [
            ("Acme, Inc.", "acme"),
            ("ACME Corporation", "acme"),
            ("Müller & Söhne GmbH & Co. KG", "muller sohne"),
            ("Société Générale S.A.", "societe generale"),
            ("The Company", "the company"),
            ("Sportverein e.V.", "sportverein"),
        ] {
            assert_eq!(words(text).join(" "), wanted, "{text}");
        }
        assert!(LEGAL.is_sorted() && CERTAIN.is_sorted() && PLACES.is_sorted());
        assert!(is_named_in(&fold::words("Acme GmbH")) && !is_named_in(&fold::words("Ann Lee")));
    }
}
