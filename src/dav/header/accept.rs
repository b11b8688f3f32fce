//! `Accept` (RFC 9110 §12.5.1), with the `version` that card formats are told apart by.

use http::HeaderMap;
use http::header::ACCEPT;

use super::list::{pair, split};

/// Most ranges that are looked at.
const RANGES_MAX: usize = 64;

/// What the client takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accept {
    /// Empty: anything.
    ranges: Vec<Range>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    kind: String,
    subtype: String,
    version: Option<String>,
    /// In thousandths.
    quality: u16,
}

/// A format that can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media<'a> {
    /// Type and subtype in lower case, `text/vcard`.
    pub essence: &'a str,
    /// The value of its `version` parameter.
    pub version: Option<&'a str>,
}

// === impl Accept ===

impl Accept {
    /// Reads the header. Parameters other than `version` and `q` change nothing; ranges that
    /// cannot be read are passed over.
    pub fn parse(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges = values.flat_map(|value| split(value, ',')).filter_map(Range::parse);
        Self { ranges: ranges.take(RANGES_MAX).collect() }
    }

    /// Does the client name this type itself (not through a wildcard)?
    pub fn names(&self, essence: &str) -> bool {
        self.ranges.iter().any(|range| range.quality > 0 && range.is(essence))
    }

    /// How welcome a format is, in thousandths; 0 is not at all. The most precise range that
    /// covers it decides.
    pub fn quality(&self, media: Media<'_>) -> u16 {
        if self.ranges.is_empty() {
            return 1000;
        }
        let covering = self
            .ranges
            .iter()
            .filter_map(|range| range.precision(media).map(|precision| (precision, range.quality)));
        covering.max().map_or(0, |(_, quality)| quality)
    }

    /// The index of the most welcome offer, the first of those equally welcome; `None` when the
    /// client takes none of them (406).
    pub fn best(&self, offers: &[Media<'_>]) -> Option<usize> {
        let rated = offers.iter().map(|offer| self.quality(*offer)).enumerate();
        let best = rated.filter(|(_, quality)| *quality > 0);
        best.max_by_key(|(index, quality)| (*quality, usize::MAX - index)).map(|(index, _)| index)
    }
}

// === impl Range ===

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text, ';');
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut range = Self {
            kind: kind.trim().to_ascii_lowercase(),
            subtype: subtype.trim().to_ascii_lowercase(),
            version: None,
            quality: 1000,
        };
        for (name, value) in parts.map(pair) {
            if name.eq_ignore_ascii_case("q") {
                range.quality = thousandths(value)?;
            } else if name.eq_ignore_ascii_case("version") {
                range.version = Some(value.to_owned());
            }
        }
        (!range.kind.is_empty() && !range.subtype.is_empty()).then_some(range)
    }

    fn is(&self, essence: &str) -> bool {
        essence.split_once('/').is_some_and(|(kind, sub)| self.kind == kind && self.subtype == sub)
    }

    /// How precisely this range covers a format; `None` if it does not.
    fn precision(&self, media: Media<'_>) -> Option<u8> {
        let kind = media.essence.split('/').next().unwrap_or_default();
        let by_type = match (self.kind.as_str(), self.subtype.as_str()) {
            ("*", "*") => 0,
            (own, "*") if own == kind => 1,
            _ if self.is(media.essence) => 2,
            _ => return None,
        };
        match &self.version {
            None => Some(by_type),
            Some(version) if Some(version.as_str()) == media.version => Some(by_type + 3),
            Some(_) => None,
        }
    }
}

/// A weight (RFC 9110 §12.4.2); more than three decimals are cut off.
fn thousandths(text: &str) -> Option<u16> {
    let weight: f32 = text.trim().parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some((weight * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::super::headers;
    use super::*;

    const OFFERS: [Media<'static>; 3] = [
        Media { essence: "text/vcard", version: Some("3.0") },
        Media { essence: "text/vcard", version: Some("4.0") },
        Media { essence: "application/vcard+json", version: None },
    ];

    #[test]
    fn the_most_welcome_format_is_chosen() {
        for (accept, chosen) in [
            (&[][..], Some(0)),
            (&["*/*"], Some(0)),
            (&["text/vcard"], Some(0)),
            (&["text/vcard; charset=utf-8"], Some(0)),
            (&["text/vcard; version=4.0"], Some(1)),
            (&["text/vcard;charset=utf-8;version=\"4.0\";q=0.5"], Some(1)),
            (&["text/vcard;q=0.5;version=4.0, text/vcard;version=3.0;q=0.8"], Some(0)),
            (
                &["text/vcard; version=4.0, text/vcard;version=3.0;q=0.8, application/vcard+json"],
                Some(1),
            ),
            (&["application/vcard+json, text/vcard;q=0.9"], Some(2)),
            (&["application/vcard+json"], Some(2)),
            (&["application/*, text/*;q=0.1"], Some(2)),
            (&["TEXT/VCARD;Version=4.0"], Some(1)),
            (&["text/vcard;version=3.0;q=0, */*"], Some(1)),
            (&["text/vcard;version=3.0;q=0.1", "text/vcard"], Some(1)),
            (&["text/vcard;version=2.1"], None),
            (&["text/html"], None),
            (&["*/*;q=0"], None),
            (&["nonsense"], Some(0)),
            (&["text/vcard;q=high, application/vcard+json"], Some(2)),
            (&[""], Some(0)),
        ] {
            let pairs: Vec<_> = accept.iter().map(|value| ("accept", *value)).collect();
            assert_eq!(Accept::parse(&headers(&pairs)).best(&OFFERS), chosen, "{accept:?}");
        }
    }

    #[test]
    fn knows_whether_a_type_was_named() {
        let accept = Accept::parse(&headers(&[("accept", "text/vcard, */*;q=0.1")]));
        assert!(accept.names("text/vcard"));
        assert!(!accept.names("application/vcard+json"), "a wildcard names nothing");
    }

    #[test]
    fn weights_are_read() {
        for (text, weight) in [
            ("1", Some(1000)),
            ("0.5", Some(500)),
            ("1.000", Some(1000)),
            ("0", Some(0)),
            ("0.001", Some(1)),
            ("2", None),
            ("-1", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(thousandths(text), weight, "{text}");
        }
    }
}
