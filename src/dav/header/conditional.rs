//! `If-Match`, `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since` (RFC 9110 §13).

use std::time::UNIX_EPOCH;

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};

use super::entity_tag::{read, same};
use crate::base::{ETag, Timestamp};

/// What the conditions of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Do what was asked.
    Proceed,
    /// Answer 304: the client has what is there.
    NotModified,
    /// Answer 412.
    Failed,
}

/// Weighs the conditions in the order of RFC 9110 §13.2.2. `current` is the tag of the resource
/// as this client is served it, `None` when there is no resource; `modified` its last change.
/// `method_is_get` holds for GET and HEAD.
pub fn evaluate(
    headers: &HeaderMap,
    method_is_get: bool,
    current: Option<&ETag>,
    modified: Option<Timestamp>,
) -> Outcome {
    if headers.contains_key(IF_MATCH) {
        if !matches(headers, &IF_MATCH, current) {
            return Outcome::Failed;
        }
    } else if let (Some(since), Some(modified)) = (date(headers, &IF_UNMODIFIED_SINCE), modified)
        && modified.seconds() > since
    {
        return Outcome::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        return match (matches(headers, &IF_NONE_MATCH, current), method_is_get) {
            (false, _) => Outcome::Proceed,
            (true, true) => Outcome::NotModified,
            (true, false) => Outcome::Failed,
        };
    }
    match (date(headers, &IF_MODIFIED_SINCE), modified) {
        (Some(since), Some(modified)) if method_is_get && modified.seconds() <= since => {
            Outcome::NotModified
        }
        _ => Outcome::Proceed,
    }
}

/// The tags of `If-Match` that are ours, and whether there is a `*` among them; `None` without
/// that header.
pub fn if_match(headers: &HeaderMap) -> Option<(Vec<ETag>, bool)> {
    let mut values = headers.get_all(&IF_MATCH).iter().peekable();
    values.peek()?;
    let tags = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let tags: Vec<&str> = tags.map(str::trim).collect();
    Some((tags.iter().filter_map(|tag| read(tag)).collect(), tags.contains(&"*")))
}

/// Does one of the tags listed stand for what is there? `*` stands for anything that is.
fn matches(headers: &HeaderMap, name: &HeaderName, current: Option<&ETag>) -> bool {
    let Some(current) = current else { return false };
    // A comma inside a foreign tag splits it into pieces that are no tag of ours either.
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || same(tag, current))
}

/// Seconds since the epoch; a date that cannot be read is as good as none (§13.1.3).
fn date(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let date = httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()?;
    Some(date.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::super::headers;
    use super::Outcome::{Failed, NotModified, Proceed};
    use super::*;

    const HERE: ETag = ETag([0x11; 16]);
    const HERE_TAG: &str = "\"11111111111111111111111111111111\"";
    const OTHER_TAG: &str = "\"22222222222222222222222222222222\"";
    const BOTH_TAGS: &str =
        "\"22222222222222222222222222222222\", W/\"11111111111111111111111111111111\"";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const THEN: &str = "Sunday, 06-Nov-94 08:49:37 GMT";
    const MODIFIED: Timestamp = Timestamp(784_111_777_500);

    #[test]
    fn conditions_are_weighed_as_the_standard_says() {
        // The headers, then the outcome of GET and PUT where it exists, and of PUT where not.
        for (pairs, get, put, put_missing) in [
            (&[][..], Proceed, Proceed, Proceed),
            (&[("if-match", HERE_TAG)], Proceed, Proceed, Failed),
            (&[("if-match", BOTH_TAGS)], Proceed, Proceed, Failed),
            (&[("if-match", OTHER_TAG), ("if-match", HERE_TAG)], Proceed, Proceed, Failed),
            (&[("if-match", OTHER_TAG)], Failed, Failed, Failed),
            (&[("if-match", "*")], Proceed, Proceed, Failed),
            (&[("if-match", "nothing")], Failed, Failed, Failed),
            (&[("if-match", "")], Failed, Failed, Failed),
            (&[("if-none-match", "*")], NotModified, Failed, Proceed),
            (&[("if-none-match", HERE_TAG)], NotModified, Failed, Proceed),
            (&[("if-none-match", BOTH_TAGS)], NotModified, Failed, Proceed),
            (&[("if-none-match", OTHER_TAG)], Proceed, Proceed, Proceed),
            (&[("if-unmodified-since", BEFORE)], Failed, Failed, Proceed),
            (&[("if-unmodified-since", THEN)], Proceed, Proceed, Proceed),
            (&[("if-unmodified-since", "yesterday")], Proceed, Proceed, Proceed),
            (&[("if-modified-since", THEN)], NotModified, Proceed, Proceed),
            (&[("if-modified-since", BEFORE)], Proceed, Proceed, Proceed),
            (&[("if-modified-since", "")], Proceed, Proceed, Proceed),
            // A tag outweighs a date.
            (&[("if-match", HERE_TAG), ("if-unmodified-since", BEFORE)], Proceed, Proceed, Failed),
            (
                &[("if-none-match", OTHER_TAG), ("if-modified-since", THEN)],
                Proceed,
                Proceed,
                Proceed,
            ),
            (&[("if-match", HERE_TAG), ("if-none-match", "*")], NotModified, Failed, Failed),
        ] {
            let map = headers(pairs);
            let here = Some(MODIFIED);
            assert_eq!(evaluate(&map, true, Some(&HERE), here), get, "GET {pairs:?}");
            assert_eq!(evaluate(&map, false, Some(&HERE), here), put, "PUT {pairs:?}");
            let missing = evaluate(&map, false, None, None);
            assert_eq!(missing, put_missing, "PUT of what is not there {pairs:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_match_nothing() {
        let mut map = HeaderMap::new();
        let value = http::HeaderValue::from_bytes(b"\"\xFF\"").expect("obs-text");
        map.insert(IF_MATCH, value);
        assert_eq!(evaluate(&map, false, Some(&HERE), None), Failed);
    }
}
