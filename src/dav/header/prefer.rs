//! `Prefer` (RFC 7240, RFC 8144) and its forerunner `Brief`.

use http::HeaderMap;

use super::list::{pair, split};

/// What the client would like; nothing here is ever refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prefer {
    /// `return=minimal` or `Brief: t`: leave out what the client can do without.
    pub minimal: bool,
    /// `return=representation`: send the resource as it is now.
    pub representation: bool,
    /// `depth-noroot`: leave out the collection that the listing is of.
    pub depth_noroot: bool,
    /// How strictly to take what is stored.
    pub handling: Option<Handling>,
}

/// `handling=…` (RFC 7240 §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// Refuse what is flawed.
    Strict,
    /// Repair what is flawed.
    Lenient,
}

impl Prefer {
    /// Reads the headers; of preferences that contradict each other the first counts (§2).
    pub fn parse(headers: &HeaderMap) -> Self {
        let mut prefer = Self::default();
        let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for preference in values.flat_map(|value| split(value, ',')) {
            // What follows a semicolon are parameters, of which none is known.
            let Some((name, value)) = split(preference, ';').next().map(pair) else { continue };
            let returns = prefer.minimal || prefer.representation;
            let is = |known: &str, wanted: &str| {
                name.eq_ignore_ascii_case(known) && value.eq_ignore_ascii_case(wanted)
            };
            if name.eq_ignore_ascii_case("depth-noroot") {
                prefer.depth_noroot = true;
            } else if is("return", "minimal") && !returns {
                prefer.minimal = true;
            } else if is("return", "representation") && !returns {
                prefer.representation = true;
            } else if is("handling", "strict") {
                prefer.handling = prefer.handling.or(Some(Handling::Strict));
            } else if is("handling", "lenient") {
                prefer.handling = prefer.handling.or(Some(Handling::Lenient));
            }
        }
        let brief =
            headers.get("brief").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"t"));
        prefer.minimal |= brief && !prefer.representation;
        prefer
    }

    /// The text of `Preference-Applied` (§3) for the preferences set in `self`: those of the
    /// request that the answer really followed. `None` when there are none.
    pub fn applied(&self) -> Option<String> {
        let texts = [
            (self.minimal, "return=minimal"),
            (self.representation, "return=representation"),
            (self.depth_noroot, "depth-noroot"),
            (self.handling == Some(Handling::Strict), "handling=strict"),
            (self.handling == Some(Handling::Lenient), "handling=lenient"),
        ];
        let followed: Vec<&str> =
            texts.into_iter().filter_map(|(set, text)| set.then_some(text)).collect();
        (!followed.is_empty()).then(|| followed.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::headers;
    use super::*;

    #[test]
    fn reads_what_clients_would_like() {
        for (pairs, applied) in [
            (&[][..], None),
            (&[("prefer", "return=minimal")], Some("return=minimal")),
            (&[("prefer", "Return = \"Minimal\"; x=y")], Some("return=minimal")),
            (&[("prefer", "return=representation, return=minimal")], Some("return=representation")),
            (&[("prefer", "depth-noroot, return=minimal")], Some("return=minimal, depth-noroot")),
            (
                &[("prefer", "depth-noroot"), ("prefer", "return=minimal")],
                Some("return=minimal, depth-noroot"),
            ),
            (&[("prefer", "handling=strict, handling=lenient")], Some("handling=strict")),
            (&[("prefer", "handling=lenient")], Some("handling=lenient")),
            (&[("brief", "t")], Some("return=minimal")),
            (&[("brief", "T"), ("prefer", "return=representation")], Some("return=representation")),
            (&[("brief", "f")], None),
            (
                &[(
                    "prefer",
                    "respond-async, wait=10, return=everything, foo=\"a, return=minimal\"",
                )],
                None,
            ),
            (&[("prefer", ",;=,")], None),
        ] {
            assert_eq!(Prefer::parse(&headers(pairs)).applied().as_deref(), applied, "{pairs:?}");
        }
    }
}
