//! The components of an iCalendar text as a tree (RFC 5545 §3.4, §3.6). Every component and line
//! knows its bytes, so that each can be copied, edited or left out while the rest stays as it
//! came.
//!
//! Reading is tolerant: names in any case, a byte order mark, blank lines, lines without a
//! colon, an `END` that is missing or belongs to nothing. It never recurses on the input.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::ops::Range;

use crate::formats::line::{Line, Lines};

/// How much of a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most content lines.
    pub lines: usize,
    /// Most components, on all levels together.
    pub components: usize,
    /// Deepest nesting; `VCALENDAR` is level 1.
    pub depth: usize,
}

impl Bounds {
    /// Deeper than anything that is defined: an alarm with a place in it is on level 4.
    pub const DEPTH: usize = 8;

    /// Bounds on lines and components with the usual depth.
    pub const fn new(lines: usize, components: usize) -> Self {
        Self { lines, components, depth: Self::DEPTH }
    }

    /// For what was judged when it was stored: everything but the depth is open.
    pub const STORED: Self = Self::new(usize::MAX, usize::MAX);
}

/// A text that is beyond its [`Bounds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// More lines than this.
    Lines(usize),
    /// More components than this.
    Components(usize),
    /// Nested deeper than this.
    Depth(usize),
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Document<'a> {
    /// The outermost components, in order: one `VCALENDAR`, where all is well.
    pub roots: Vec<Component<'a>>,
    /// Properties outside of every component.
    pub outside: Vec<Line<'a>>,
    /// How many lines inside components are no property: no colon, or an `END` of nothing.
    pub stray: usize,
    /// How many components have no `END`.
    pub unclosed: usize,
}

/// One component.
#[derive(Debug, Clone)]
pub struct Component<'a> {
    /// The name, in upper case.
    pub name: Cow<'a, str>,
    /// All its bytes, from its `BEGIN` line to its `END` line, both included.
    pub span: Range<usize>,
    /// The bytes between its `BEGIN` and its `END` line.
    pub inner: Range<usize>,
    /// Its own properties, in order.
    pub properties: Vec<Line<'a>>,
    /// The components in it, in order.
    pub children: Vec<Component<'a>>,
}

/// Reads `bytes`.
///
/// # Errors
/// When there is more in it than `bounds` allows.
pub fn parse(bytes: &[u8], bounds: Bounds) -> Result<Document<'_>, Excess> {
    let mut document = Document::default();
    let mut open: Vec<Component<'_>> = Vec::new();
    let mut components = 0;
    let mut lines = Lines::new(bytes);
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        lines.go_to(3);
    }
    for (count, line) in lines.enumerate() {
        if count >= bounds.lines {
            return Err(Excess::Lines(bounds.lines));
        }
        if !line.has_value() {
            document.stray += usize::from(!line.is_blank() && !open.is_empty());
        } else if line.is("BEGIN") {
            components += 1;
            if components > bounds.components {
                return Err(Excess::Components(bounds.components));
            }
            if open.len() >= bounds.depth {
                return Err(Excess::Depth(bounds.depth));
            }
            open.push(Component::begin(&line));
        } else if line.is("END") {
            document.end(&mut open, &line);
        } else if let Some(innermost) = open.last_mut() {
            innermost.properties.push(line);
        } else {
            document.outside.push(line);
        }
    }
    document.close(&mut open, 0, bytes.len());
    Ok(document)
}

// === impl Document ===

impl<'a> Document<'a> {
    /// The first `VCALENDAR`.
    pub fn calendar(&self) -> Option<&Component<'a>> {
        self.roots.iter().find(|root| root.is("VCALENDAR"))
    }

    /// Closes what `line` ends: the innermost open component of its name, and with it whatever
    /// is open inside.
    fn end(&mut self, open: &mut Vec<Component<'a>>, line: &Line<'a>) {
        let name = name_on(line);
        let Some(level) = open.iter().rposition(|component| component.name == name) else {
            self.stray += usize::from(!open.is_empty());
            return;
        };
        self.close(open, level + 1, line.span().start);
        if let Some(mut component) = open.pop() {
            component.inner.end = line.span().start;
            component.span.end = line.span().end;
            self.place(open, component);
        }
    }

    /// Ends at `at` the components from `level` on, which have no `END`.
    fn close(&mut self, open: &mut Vec<Component<'a>>, level: usize, at: usize) {
        while open.len() > level {
            let Some(mut component) = open.pop() else { return };
            self.unclosed += 1;
            component.inner.end = at;
            component.span.end = at;
            self.place(open, component);
        }
    }

    fn place(&mut self, open: &mut [Component<'a>], component: Component<'a>) {
        match open.last_mut() {
            Some(parent) => parent.children.push(component),
            None => self.roots.push(component),
        }
    }
}

// === impl Component ===

impl<'a> Component<'a> {
    fn begin(line: &Line<'a>) -> Self {
        let span = line.span();
        Self {
            name: name_on(line),
            inner: span.end..span.end,
            span,
            properties: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Whether this is a component `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether it has an `END` of its own.
    pub fn is_closed(&self) -> bool {
        self.inner.end < self.span.end
    }

    /// The first property `name`, in any case.
    pub fn property(&self, name: &str) -> Option<&Line<'a>> {
        self.properties.iter().find(|line| line.is(name))
    }

    /// The properties `name`, in any case, in order.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Line<'a>> {
        self.properties.iter().filter(move |line| line.is(name))
    }

    /// The text of the first property `name`, unescaped, blanks around it left out; nothing when
    /// it is missing or empty.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let text = self.property(name)?.text();
        Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
        .filter(|text| !text.is_empty())
    }

    /// The identity (`UID`); nothing when it is missing or empty.
    pub fn uid(&self) -> Option<Cow<'a, str>> {
        self.text("UID")
    }

    /// Whether the first property `name` has the value `value`, in any case.
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.property(name)
            .is_some_and(|line| line.value().trim_ascii().eq_ignore_ascii_case(value.as_bytes()))
    }

    /// The components `name` in it, in any case, in order.
    pub fn children_named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Component<'a>> {
        self.children.iter().filter(move |child| child.is(name))
    }
}

fn name_on<'a>(line: &Line<'a>) -> Cow<'a, str> {
    let text = match line.value() {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes.trim_ascii()),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(bytes.trim_ascii()).into_owned()),
    };
    if text.bytes().any(|b| b.is_ascii_lowercase()) {
        Cow::Owned(text.to_ascii_uppercase())
    } else {
        text
    }
}

// === impl Excess ===

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines(most) => write!(f, "more than {most} lines"),
            Self::Components(most) => write!(f, "more than {most} parts"),
            Self::Depth(most) => write!(f, "parts nested more than {most} deep"),
        }
    }
}

impl Error for Excess {}

#[cfg(test)]
mod tests;
