//! What is wrong with a query, and where.

use std::ops::Range;

/// How much of a line is shown around the place, in characters on each side.
const AROUND: usize = 60;

/// Why a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    /// The bytes that cannot be read; at the end of the query an empty range.
    pub at: Range<usize>,
    /// What is wrong with them.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Misread {
    /// Something is wrong at `at`.
    pub fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None }
    }

    /// It, with a word on what to do about it.
    #[must_use]
    pub fn with(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// It for a person: what is wrong, the line of `query` with the place marked below it, and what
    /// to do.
    pub fn shown(&self, query: &str) -> String {
        let (line, from, marks) = self.excerpt(query);
        let marks = format!("{}{}", " ".repeat(from), "^".repeat(marks));
        let mut text = format!("{}\n    {line}\n    {marks}", self.message);
        if let Some(help) = &self.help {
            text.push('\n');
            text.push_str(help);
        }
        text
    }

    /// The line, or what is around the place in it; before which character of that the place
    /// begins, and how many characters it has.
    fn excerpt(&self, query: &str) -> (String, usize, usize) {
        let start = self.at.start.min(query.len());
        let before = query.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = query.get(line_start..).unwrap_or_default();
        let line = line.split('\n').next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let marked = query.get(start..self.at.end.min(line_start + line.len())).unwrap_or_default();
        let marks = marked.chars().count().clamp(1, AROUND);
        let skipped = column.saturating_sub(AROUND);
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let mut shown = String::new();
        if skipped > 0 {
            shown.push('…');
        }
        shown.extend(line.chars().skip(skipped).take(column - skipped + marks + AROUND).map(plain));
        if line.chars().count() > column + marks + AROUND {
            shown.push('…');
        }
        (shown.trim_end().to_owned(), column - skipped + usize::from(skipped > 0), marks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_marked_below_its_line() {
        let query = "tag is a\nor compny is \"Ö\"";
        let at = query.find("compny").unwrap();
        let fault = Misread::new(at..at + 6, "No such field.").with("Did you mean `company`?");
        assert_eq!(
            fault.shown(query),
            "No such field.\n    or compny is \"Ö\"\n       ^^^^^^\nDid you mean `company`?"
        );
        let end = Misread::new(query.len()..query.len(), "More.");
        assert_eq!(end.shown(query), "More.\n    or compny is \"Ö\"\n                    ^");
        let long = format!("{}oops{}", "é".repeat(500), "x".repeat(500));
        let shown = Misread::new(1000..1004, "No.").shown(&long);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].chars().count() < 140, "{shown}");
        let marked = lines[2].chars().count() - 4;
        let marked: String = lines[1].chars().skip(marked).take(4).collect();
        assert_eq!(marked, "oops", "{shown}");
    }
}
