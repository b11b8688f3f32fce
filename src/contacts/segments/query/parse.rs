//! Reads a query: how terms are put together, and which fields and segments they name. What can be
//! asked of a field is read in [`super::operator`].

use std::ops::Range;

use super::field::{Field, LISTED};
use super::misread::Misread;
use super::suggest::nearest;
use super::tokens::{Kind, Token, tokens};
use super::tree::{How, Query, Term, Test};
use super::{DEEPEST, LONGEST, MOST_TERMS, What};
use crate::contacts::normal::fold::folded;
use crate::store::fields::Field as Own;
use crate::store::segments::SegmentId;

/// Words of which a field's name can consist.
const WORDS: usize = 5;

/// The names that queries of somebody can use beside those of the language.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Fields of their own.
    pub fields: Vec<Own>,
    /// Their segments.
    pub segments: Vec<(SegmentId, String)>,
    /// Is a query read that was accepted before? A field that is gone since has nothing in it then,
    /// and choices that are gone are no fault.
    pub is_stored: bool,
}

/// A query that was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// What it asks.
    pub query: Query,
    /// Where it names segments, in bytes, and which.
    pub references: Vec<(Range<usize>, SegmentId)>,
}

impl Read {
    /// `text`, of which this was read, with what `name` says in place of the names of segments.
    pub fn with_references(&self, text: &str, name: impl Fn(SegmentId) -> String) -> String {
        let (mut whole, mut from) = (String::with_capacity(text.len()), 0);
        for (at, id) in &self.references {
            whole.push_str(text.get(from..at.start).unwrap_or_default());
            whole.push_str(&name(*id));
            from = at.end;
        }
        whole.push_str(text.get(from..).unwrap_or_default());
        whole
    }
}

/// Reads `text`.
pub fn parse(text: &str, names: &Names) -> Result<Read, Misread> {
    if text.len() > LONGEST {
        let at = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        return Err(Misread::new(
            at..at,
            format!("The query is too long: there can be {LONGEST} bytes at most."),
        )
        .with("Part it into several segments, and ask for `in segment …`."));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens, at: 0, terms: 0, names, references: Vec::new() };
    let query = parser.either(0)?;
    match parser.peek() {
        None => Ok(Read { query, references: parser.references }),
        Some(Token { kind: Kind::Close, at }) => {
            Err(Misread::new(at.clone(), "This parenthesis was never opened."))
        }
        Some(token) => Err(parser.unexpected(&token.clone())),
    }
}

/// Where reading is.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    tokens: Vec<Token>,
    pub(super) at: usize,
    terms: usize,
    pub(super) names: &'a Names,
    references: Vec<(Range<usize>, SegmentId)>,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// The place of the present token.
    pub(super) fn here(&self) -> Range<usize> {
        let end = self.text.len();
        self.peek().map_or(end..end, |token| token.at.clone())
    }

    /// From the token numbered `from` to the last one that was read.
    pub(super) fn since(&self, from: usize) -> Range<usize> {
        let start = self.tokens.get(from).map_or(self.text.len(), |token| token.at.start);
        let end = self.tokens.get(self.at.saturating_sub(1)).map_or(start, |token| token.at.end);
        start..end.max(start)
    }

    /// The word `ahead` tokens from here, in lower case; nothing for what stands in quotes.
    pub(super) fn word(&self, ahead: usize) -> Option<String> {
        match &self.tokens.get(self.at + ahead)?.kind {
            Kind::Word(word) => Some(word.to_lowercase()),
            _ => None,
        }
    }

    /// Goes past `words`, if they come next.
    pub(super) fn accept(&mut self, words: &[&str]) -> bool {
        let all = words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.word(ahead).is_some_and(|typed| typed == *word));
        self.at += if all { words.len() } else { 0 };
        all
    }

    /// Goes past one of `words`.
    pub(super) fn accept_one(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.accept(&[word]))
    }

    pub(super) fn accept_kind(&mut self, kind: &Kind) -> bool {
        let is = self.peek().is_some_and(|token| token.kind == *kind);
        self.at += usize::from(is);
        is
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// Terms with `or` between them.
    fn either(&mut self, depth: usize) -> Result<Query, Misread> {
        let mut parts = vec![self.all(depth)?];
        while self.accept(&["or"]) {
            parts.push(self.all(depth)?);
        }
        Ok(alone(parts, Query::Any))
    }

    /// Terms with `and` between them.
    fn all(&mut self, depth: usize) -> Result<Query, Misread> {
        let mut parts = vec![self.one(depth)?];
        while self.accept(&["and"]) {
            parts.push(self.one(depth)?);
        }
        Ok(alone(parts, Query::All))
    }

    /// A term, or something in parentheses; each with any number of `not` before it.
    fn one(&mut self, depth: usize) -> Result<Query, Misread> {
        let mut negated = false;
        while self.accept(&["not"]) {
            negated = !negated;
        }
        let opened = self.here();
        let inner = if self.accept_kind(&Kind::Open) {
            if depth >= DEEPEST {
                return Err(Misread::new(
                    opened,
                    format!(
                        "This is nested too deep: {DEEPEST} parentheses in each other at most."
                    ),
                ));
            }
            let inner = self.either(depth + 1)?;
            if !self.accept_kind(&Kind::Close) {
                return match self.peek().cloned() {
                    None => Err(Misread::new(opened, "This parenthesis is not closed.")),
                    Some(token) => Err(self.unexpected(&token)),
                };
            }
            inner
        } else {
            self.term()?
        };
        Ok(if negated { not(inner) } else { inner })
    }

    fn term(&mut self) -> Result<Query, Misread> {
        let from = self.at;
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(Misread::new(
                self.here(),
                format!("The query has more than {MOST_TERMS} terms."),
            )
            .with("Part it into several segments, or use `is any of (…)`."));
        }
        let (test, negated) = if self.accept(&["has"]) {
            let negated = self.accept_one(&["no", "not"]);
            self.accept_one(&["a", "an", "any"]);
            (Test::Known(self.field()?), negated)
        } else if self.accept(&["in", "segment"]) {
            (Test::Segment(self.segment()?), false)
        } else if self.accept(&["in", "book"]) {
            (self.texts(Field::Known(What::Book), How::Is)?, false)
        } else if self.accept_one(&["tagged"]) {
            (self.texts(Field::Known(What::Tag), How::Is)?, false)
        } else {
            let field = self.field()?;
            self.operator(field)?
        };
        let term = Query::Term(Term { test, at: self.since(from) });
        Ok(if negated { not(term) } else { term })
    }

    /// A field: the longest name that the next words make.
    fn field(&mut self) -> Result<Field, Misread> {
        if let Some(Token { kind: Kind::Quoted(name), at }) = self.tokens.get(self.at + 1).cloned()
        {
            if self.accept(&["field"]) {
                self.at += 1;
                return self.own(&name, at);
            }
            if self.accept(&["property"]) {
                self.at += 1;
                return Ok(Field::Property(name.trim().to_ascii_uppercase()));
            }
        }
        if self.word(0).as_deref() == Some("property")
            && let Some(name) = self.word(1)
        {
            self.at += 2;
            return Ok(Field::Property(name.to_ascii_uppercase()));
        }
        for count in (1..=WORDS).rev() {
            let words: Option<Vec<String>> = (0..count).map(|ahead| self.word(ahead)).collect();
            let Some(words) = words else { continue };
            let name = joined(&words.join("_"));
            let own = || self.own_named(&name).map(|own| Field::Own(Box::new(own.clone())));
            if let Some(field) = Field::known(&name).or_else(own) {
                self.at += count;
                return Ok(field);
            }
        }
        Err(self.no_field())
    }

    fn own_named(&self, name: &str) -> Option<&Own> {
        self.names.fields.iter().find(|own| joined(&folded(own.name.trim())) == folded(name))
    }

    fn own(&self, name: &str, at: Range<usize>) -> Result<Field, Misread> {
        let joined = joined(&folded(name.trim()));
        let own = self.own_named(&joined).map(|own| Field::Own(Box::new(own.clone())));
        if let Some(field) = own.or_else(|| Field::known(&joined)) {
            return Ok(field);
        }
        if self.names.is_stored {
            // No property is called so: nothing is in it.
            return Ok(Field::Property(String::new()));
        }
        let fault = Misread::new(at, format!("There is no field `{name}`."));
        let near = nearest(name, self.names.fields.iter().map(|own| own.name.as_str()));
        Err(fault.with(near.map_or_else(
            || "`rolodav field list USER` shows the fields of your own.".to_owned(),
            |near| format!("Did you mean `field \"{near}\"`?"),
        )))
    }

    fn no_field(&self) -> Misread {
        let at = self.here();
        let all = || LISTED.iter().filter_map(|row| row.names.first().copied());
        let listed = format!("Fields are: {}.", all().collect::<Vec<_>>().join(", "));
        match self.peek().map(|token| &token.kind) {
            None => {
                Misread::new(at, "Something is missing here: a field, and what is asked of it.")
                    .with("For example: city is Lyon and last_contact older than 90 days")
            }
            Some(Kind::Word(word)) => {
                if self.names.is_stored {
                    // A field of the owner's own that is gone is named by words of unknown number.
                    return Misread::new(
                        at,
                        format!("The field `{word}` is not defined any more."),
                    );
                }
                let typed = joined(&folded(word));
                let own = self.names.fields.iter().map(|own| own.name.as_str());
                let every = LISTED.iter().flat_map(|row| row.names).copied();
                let near = nearest(&typed, every.chain(["has", "not", "tagged"]).chain(own));
                let help = near.map_or(listed, |near| format!("Did you mean `{near}`?"));
                Misread::new(at, format!("There is no field `{word}`.")).with(help)
            }
            Some(Kind::Quoted(text)) => {
                let help = format!("To look for a text in all fields: any contains \"{text}\"");
                Misread::new(at, "A field is missing before this text.").with(help)
            }
            Some(_) => Misread::new(at, "A field is missing here.").with(listed),
        }
    }

    fn segment(&mut self) -> Result<SegmentId, Misread> {
        let at = self.here();
        let (name, is_word) = match self.next().map(|token| token.kind) {
            Some(Kind::Word(name)) => (name, true),
            Some(Kind::Quoted(name)) => (name, false),
            _ => return Err(Misread::new(at, "The name of a segment is missing here.")),
        };
        let number = name.strip_prefix('#').filter(|_| is_word);
        let number = number.and_then(|number| number.parse().ok()).map(SegmentId);
        let wanted = folded(name.trim());
        let segments = &self.names.segments;
        let found = match number {
            Some(id) if self.names.is_stored => Some(id),
            Some(id) => segments.iter().find(|(known, _)| *known == id).map(|(id, _)| *id),
            None => segments.iter().find(|(_, name)| folded(name) == wanted).map(|(id, _)| *id),
        };
        let Some(id) = found else {
            let fault = Misread::new(at, format!("There is no segment `{name}`."));
            let near = nearest(&name, segments.iter().map(|(_, name)| name.as_str()));
            return Err(match near {
                Some(near) => fault.with(format!("Did you mean \"{near}\"?")),
                None => fault.with("`rolodav segment list USER` shows the segments there are."),
            });
        };
        self.references.push((at, id));
        Ok(id)
    }

    /// Something else than `and`, `or` or the end stands behind a term.
    fn unexpected(&self, token: &Token) -> Misread {
        let fault = Misread::new(token.at.clone(), "Here `and`, `or` or the end was expected.");
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        match (before.map(|token| &token.kind), &token.kind) {
            (Some(Kind::Word(one)), Kind::Word(other)) => {
                let near = nearest(other, ["and", "or"].into_iter());
                fault.with(match near {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => {
                        format!("A text of several words stands in quotes: \"{one} {other}\"")
                    }
                })
            }
            (_, Kind::Comma) => fault.with("Several values: city is any of (Lyon, Paris)"),
            _ => fault,
        }
    }
}

fn alone(mut parts: Vec<Query>, several: fn(Vec<Query>) -> Query) -> Query {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            several(parts)
        }
        None => several(parts),
    }
}

fn not(query: Query) -> Query {
    match query {
        Query::Not(inner) => *inner,
        other => Query::Not(Box::new(other)),
    }
}

/// A name as one word.
fn joined(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}
