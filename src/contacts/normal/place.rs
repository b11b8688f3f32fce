//! Postal addresses in the form in which they compare. Programs put the parts into whichever
//! component they like, so house number and street are looked for in all of them.

use serde::{Deserialize, Serialize};

use super::fold;

/// Words that say what kind of street it is, and their short forms.
const KINDS: [&str; 64] = [
    "al",
    "allee",
    "apartment",
    "apt",
    "av",
    "ave",
    "avenue",
    "blvd",
    "boulevard",
    "box",
    "calle",
    "cct",
    "cir",
    "circle",
    "circuit",
    "cl",
    "close",
    "court",
    "cr",
    "cres",
    "crescent",
    "ct",
    "dr",
    "drive",
    "flat",
    "floor",
    "gasse",
    "gr",
    "grove",
    "highway",
    "hwy",
    "lane",
    "ln",
    "parade",
    "parkway",
    "pde",
    "pkwy",
    "pl",
    "place",
    "platz",
    "plaza",
    "po",
    "rd",
    "road",
    "room",
    "route",
    "rue",
    "sq",
    "square",
    "st",
    "str",
    "strasse",
    "street",
    "suite",
    "ter",
    "terr",
    "terrace",
    "trail",
    "trl",
    "unit",
    "via",
    "way",
    "weg",
    "wy",
];

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The house number, with its letter.
    pub number: String,
    /// The words of street, house and box, in order, kinds of streets left out.
    pub street: Vec<String>,
    /// The town.
    pub town: String,
    /// The postal code, letters and digits only.
    pub code: String,
    /// The region.
    pub region: String,
    /// Is it said to be that of a place of work?
    pub work: bool,
}

impl Place {
    /// The address in the components of `ADR` (RFC 6350 §6.3.1).
    pub fn read(components: &[String]) -> Option<Self> {
        let part = |at: usize| components.get(at).map_or("", String::as_str);
        let mut place = Self {
            town: fold::words(part(3)).concat(),
            region: fold::words(part(4)).concat(),
            code: fold::words(part(5)).concat(),
            ..Self::default()
        };
        // The street first: the number of a house goes before that of a flat or a box.
        for text in [part(2), part(1), part(0)] {
            for word in fold::words(text) {
                let numeric = word.starts_with(|c: char| c.is_ascii_digit());
                if numeric && place.number.is_empty() {
                    place.number = word;
                } else if KINDS.binary_search(&&*word).is_err() {
                    place.street.push(without_kind(&word).to_owned());
                }
            }
        }
        // Where all stands in one line, the code does, too.
        if place.code.is_empty() && place.town.is_empty() {
            let long = |word: &&String| word.len() >= 4 && word.bytes().all(|b| b.is_ascii_digit());
            if let Some(code) = place.street.iter().rev().find(long).cloned() {
                place.street.retain(|word| *word != code);
                place.code = code;
            }
        }
        (place != Self::default()).then_some(place)
    }

    /// Is there all that it takes to find the house?
    pub fn is_whole(&self) -> bool {
        !self.street.is_empty()
            && !self.number.is_empty()
            && !self.code.is_empty()
            && !self.town.is_empty()
    }
}

/// `hauptstrasse` and `hauptstr` without what they have in common with every other one.
fn without_kind(word: &str) -> &str {
    let bare =
        ["strasse", "str", "straat", "gasse"].iter().find_map(|kind| word.strip_suffix(kind));
    bare.filter(|rest| rest.len() >= 3).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_wherever_they_stand() {
        let read = |adr: &str| {
            let parts: Vec<String> = adr.split(';').map(str::to_owned).collect();
            Place::read(&parts).unwrap()
        };
        let one = read(";;7 Wallaby Place;Cleveland;SA;2119;");
        assert_eq!((&*one.number, &*one.street.join(" ")), ("7", "wallaby"));
        assert_eq!((&*one.town, &*one.code), ("cleveland", "2119"));
        assert_eq!(
            read(";;Hauptstr. 12a;Köln;;50667;").street,
            read(";12a;Hauptstraße;;;;").street
        );
        let line = read(";;Main St 5, 12345 Springfield;;;;");
        assert_eq!((&*line.number, &*line.code), ("5", "12345"));
        assert!(Place::read(&[String::new()]).is_none());
        assert!(KINDS.is_sorted());
    }
}
