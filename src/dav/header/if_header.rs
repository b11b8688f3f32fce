//! `If` (RFC 4918 §10.4): lists of state tokens and entity tags, about this resource or others.

use http::HeaderMap;

use super::entity_tag::same;
use crate::base::{ETag, Fault};

/// Most conditions of one header.
const CONDITIONS_MAX: usize = 256;

/// The header taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfHeader {
    lists: Vec<List>,
}

/// Conditions that must all hold, of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    /// The tag before the list; `None` for the resource the request is addressed to.
    resource: Option<String>,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    negated: bool,
    matched: Matched,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Matched {
    Token(String),
    Tag(String),
}

/// What a resource has to hold against the conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Its entity tag.
    pub etag: Option<ETag>,
    /// Its state tokens: sync tokens (RFC 6578 §5) and lock tokens.
    pub tokens: Vec<String>,
}

// === impl IfHeader ===

impl IfHeader {
    /// Reads the header; `None` when there is none.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, Fault> {
        let values: Vec<&str> = headers
            .get_all("if")
            .iter()
            .map(|value| value.to_str().map_err(|_| malformed("it is not ASCII text")))
            .collect::<Result<_, _>>()?;
        if values.is_empty() { Ok(None) } else { Self::parse(&values.join(" ")).map(Some) }
    }

    /// Reads the value of the header.
    pub fn parse(value: &str) -> Result<Self, Fault> {
        let mut rest = value.trim();
        let mut lists: Vec<List> = Vec::new();
        let mut resource: Option<String> = None;
        let mut tagged = false;
        let mut count = 0;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('<') {
                if tagged {
                    return Err(malformed("a resource is named and nothing is said of it"));
                }
                let (tag, after) = until(after, '>')?;
                resource = Some(tag.to_owned());
                tagged = true;
                rest = after.trim_start();
            } else if let Some(after) = rest.strip_prefix('(') {
                let (conditions, after) = conditions(after)?;
                count += conditions.len();
                if count > CONDITIONS_MAX {
                    return Err(malformed("it has too many conditions"));
                }
                lists.push(List { resource: resource.clone(), conditions });
                tagged = false;
                rest = after.trim_start();
            } else {
                return Err(malformed("a list does not begin with a parenthesis"));
            }
        }
        if lists.is_empty() || tagged {
            return Err(malformed("it has no list of conditions at its end"));
        }
        Ok(Self { lists })
    }

    /// The resources spoken of, each once, as they are spelled; `None` is the one that the
    /// request is addressed to. Their states can be looked up ahead.
    pub fn resources(&self) -> Vec<Option<&str>> {
        let mut resources: Vec<Option<&str>> = Vec::new();
        for list in &self.lists {
            if !resources.contains(&list.resource.as_deref()) {
                resources.push(list.resource.as_deref());
            }
        }
        resources
    }

    /// The state tokens that the client shows it knows, in any list.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().flat_map(|list| &list.conditions).filter_map(|condition| match &condition
            .matched
        {
            Matched::Token(token) => Some(token.as_str()),
            Matched::Tag(_) => None,
        })
    }

    /// Does one of the lists hold? If not, the answer is 412. A resource that is not there has
    /// an empty state. `state` is asked once for each of [`Self::resources`].
    pub fn evaluate(&self, mut state: impl FnMut(Option<&str>) -> State) -> bool {
        let states: Vec<(Option<&str>, State)> =
            self.resources().into_iter().map(|resource| (resource, state(resource))).collect();
        self.lists.iter().any(|list| {
            let known = states.iter().find(|(resource, _)| *resource == list.resource.as_deref());
            known.is_some_and(|(_, state)| list.conditions.iter().all(|one| one.holds(state)))
        })
    }
}

impl Condition {
    fn holds(&self, state: &State) -> bool {
        let matched = match &self.matched {
            Matched::Token(token) => state.tokens.iter().any(|held| held == token),
            Matched::Tag(tag) => state.etag.as_ref().is_some_and(|current| same(tag, current)),
        };
        matched != self.negated
    }
}

/// The conditions up to the closing parenthesis, and what follows it.
fn conditions(text: &str) -> Result<(Vec<Condition>, &str), Fault> {
    let mut conditions = Vec::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix(')') {
            return if conditions.is_empty() {
                Err(malformed("a list is empty"))
            } else {
                Ok((conditions, after))
            };
        }
        let not = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("not"));
        if not {
            rest = rest.get(3..).unwrap_or_default().trim_start();
        }
        let (matched, after) = if let Some(after) = rest.strip_prefix('<') {
            let (token, after) = until(after, '>')?;
            (Matched::Token(token.to_owned()), after)
        } else if let Some(after) = rest.strip_prefix('[') {
            let (tag, after) = until(after, ']')?;
            (Matched::Tag(tag.to_owned()), after)
        } else {
            return Err(malformed("a condition is neither a <token> nor an [entity tag]"));
        };
        conditions.push(Condition { negated: not, matched });
        rest = after.trim_start();
    }
}

/// The text up to `end`, which may stand inside quotes without ending it, and what follows.
fn until(text: &str, end: char) -> Result<(&str, &str), Fault> {
    let mut quoted = false;
    let at = text.find(|c| {
        quoted ^= c == '"';
        c == end && !quoted
    });
    match at.or_else(|| text.find(end)).and_then(|at| text.split_at_checked(at)) {
        Some((inner, after)) if !inner.trim().is_empty() => {
            Ok((inner.trim(), after.get(end.len_utf8()..).unwrap_or_default()))
        }
        _ => Err(malformed("a token or entity tag is empty or not closed")),
    }
}

fn malformed(what: &str) -> Fault {
    Fault::bad_request(format!("The header If cannot be read: {what}."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TAG: &str = "11111111111111111111111111111111";

    /// Here: a tag and a token. There: another token. Everywhere else: nothing.
    fn state(resource: Option<&str>) -> State {
        match resource {
            None => State { etag: Some(ETag([0x11; 16])), tokens: vec!["urn:here".into()] },
            Some("/there/") => State { etag: None, tokens: vec!["urn:there".into()] },
            Some(_) => State::default(),
        }
    }

    #[test]
    fn lists_are_joined_by_or_and_conditions_by_and() {
        let tag = |text: &str| text.replace("TAG", TAG);
        for (value, holds) in [
            ("(<urn:here>)", true),
            ("(<urn:other>)", false),
            ("([\"TAG\"])", true),
            ("([W/\"TAG\"])", true),
            ("([TAG])", true),
            ("([\"x]y\"])", false),
            ("(<urn:here> [\"TAG\"])", true),
            ("(<urn:here> [\"other\"])", false),
            ("(<urn:other>) (<urn:here>)", true),
            ("(<urn:other>)([\"other\"])", false),
            ("(Not <urn:other>)", true),
            ("(Not <urn:here>)", false),
            ("(not<urn:here>)", false),
            ("(<urn:here> Not [\"other\"])", true),
            ("(Not <DAV:no-lock>)", true),
            ("(<DAV:no-lock>)", false),
            ("</there/> (<urn:there>)", true),
            ("</there/> (<urn:here>)", false),
            ("</there/> (<urn:here>) (<urn:there>)", true),
            ("</there/> (<urn:here>) </nowhere/> (<urn:there>)", false),
            ("</nowhere/> (Not <urn:here>)", true),
            ("</nowhere/> (<x>) </there/> (<urn:there>)", true),
            ("  ( <urn:here>\t) ", true),
        ] {
            let header = IfHeader::parse(&tag(value)).expect(value);
            assert_eq!(header.evaluate(state), holds, "{value}");
        }
    }

    #[test]
    fn each_resource_is_asked_for_once() {
        let value = "(<a>) </there/> (<b>) (<c>) </nowhere/> (<d>) </there/> (Not <b>)";
        let header = IfHeader::parse(value).expect(value);
        assert_eq!(header.resources(), [None, Some("/there/"), Some("/nowhere/")]);
        assert_eq!(header.tokens().collect::<Vec<_>>(), ["a", "b", "c", "d", "b"]);
        let mut asked = 0;
        header.evaluate(|resource| {
            asked += 1;
            state(resource)
        });
        assert_eq!(asked, 3);
    }

    #[test]
    fn what_is_not_the_grammar_is_refused() {
        let long = "(<a>)".repeat(CONDITIONS_MAX + 1);
        for value in [
            "",
            " ",
            "()",
            "( )",
            "(",
            ")",
            "(<a>",
            "(<a)",
            "(<>)",
            "([])",
            "([\"x\")",
            "<a>",
            "<a> <b> (<c>)",
            "(<a>) <b>",
            "(Not)",
            "(Not Not <a>)",
            "(a)",
            "junk",
            "(<a>) junk",
            "[\"x\"]",
            &long,
        ] {
            assert_eq!(IfHeader::parse(value).expect_err(value).status, 400, "{value}");
        }
        assert_eq!(IfHeader::from_headers(&HeaderMap::new()).expect("none"), None);
    }

    proptest! {
        #[test]
        fn any_value_is_answered(value in "[<>()\\[\\]\"a Not]{0,40}|\\PC{0,40}") {
            if let Ok(header) = IfHeader::parse(&value) {
                header.evaluate(state);
            }
        }
    }
}
