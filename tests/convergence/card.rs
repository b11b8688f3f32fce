//! A card as a client's own code sees it: lines with group, name, parameters and value.

use std::fmt::Write as _;

/// One content line, unfolded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The group before the name (`item1`), or empty.
    pub group: String,
    /// The property's name in capitals.
    pub name: String,
    /// The parameters as written, with the leading `;`, or empty.
    pub params: String,
    /// The value as written.
    pub value: String,
}

/// The lines between BEGIN and END.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    pub lines: Vec<Line>,
}

impl Line {
    pub fn new(name: &str, value: &str) -> Self {
        let (name, params) = name
            .split_once(';')
            .map_or((name, String::new()), |(name, params)| (name, format!(";{params}")));
        let (name, value) = (name.to_owned(), value.to_owned());
        Self { group: String::new(), name, params, value }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut quoted = false;
        let colon = text.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let (head, value) = (&text[..colon], &text[colon + 1..]);
        let (name, params) = head.split_at(head.find(';').unwrap_or(head.len()));
        let (group, name) = name.split_once('.').unwrap_or(("", name));
        Some(Self {
            group: group.to_owned(),
            name: name.to_ascii_uppercase(),
            params: params.to_owned(),
            value: value.to_owned(),
        })
    }
}

impl Card {
    /// Reads the lines; BEGIN and END are left out.
    pub fn parse(text: &str) -> Self {
        let lines = unfold(text);
        let lines = lines.lines().filter_map(Line::parse);
        Self { lines: lines.filter(|line| line.name != "BEGIN" && line.name != "END").collect() }
    }

    /// Writes the card, folded after 75 bytes.
    pub fn text(&self) -> String {
        let mut text = String::from("BEGIN:VCARD\r\n");
        for line in &self.lines {
            let dot = if line.group.is_empty() { "" } else { "." };
            let whole = format!("{}{dot}{}{}:{}", line.group, line.name, line.params, line.value);
            let mut width = 0;
            for c in whole.chars() {
                if width + c.len_utf8() > 75 {
                    text.push_str("\r\n ");
                    width = 1;
                }
                text.push(c);
                width += c.len_utf8();
            }
            text.push_str("\r\n");
        }
        text.push_str("END:VCARD\r\n");
        text
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    pub fn first(&self, name: &str) -> Option<&str> {
        self.lines.iter().find(|line| line.name == name).map(|line| line.value.as_str())
    }

    /// Sets the first property of that name, or adds one; others of the name go.
    pub fn set(&mut self, name: &str, value: &str) {
        let at = self.lines.iter().position(|line| line.name == name);
        let mut seen = false;
        self.lines.retain(|line| line.name != name || !std::mem::replace(&mut seen, true));
        match at {
            Some(at) => value.clone_into(&mut self.lines[at].value),
            None => self.lines.push(Line::new(name, value)),
        }
    }

    pub fn drop_all(&mut self, names: &[&str]) {
        self.lines.retain(|line| !names.contains(&line.name.as_str()));
    }

    /// The text of the notes, joined as phones do that know of one only.
    pub fn note(&self) -> String {
        self.all("NOTE").map(|line| unescape(&line.value)).collect::<Vec<_>>().join("\n\n\n")
    }

    pub fn set_note(&mut self, text: &str) {
        if text.is_empty() {
            self.drop_all(&["NOTE"]);
        } else {
            self.set("NOTE", &escape(text));
        }
    }

    /// The categories, sorted.
    pub fn categories(&self) -> Vec<String> {
        let lists = self.all("CATEGORIES").map(|line| line.value.as_str());
        let mut found: Vec<String> = lists
            .flat_map(|list| list.split(','))
            .map(unescape)
            .filter(|c| !c.is_empty())
            .collect();
        found.sort();
        found.dedup();
        found
    }

    pub fn set_categories(&mut self, categories: &[String]) {
        self.drop_all(&["CATEGORIES"]);
        if !categories.is_empty() {
            let list: Vec<String> = categories.iter().map(|c| escape(c)).collect();
            self.lines.push(Line::new("CATEGORIES", &list.join(",")));
        }
    }
}

/// Takes line folds out.
pub fn unfold(text: &str) -> String {
    text.replace("\r\n ", "").replace("\r\n\t", "").replace("\n ", "")
}

pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\\' | ',' | ';' => write!(escaped, "\\{c}").unwrap(),
            _ => escaped.push(c),
        }
    }
    escaped
}

pub fn unescape(value: &str) -> String {
    let mut text = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            _ => text.push(c),
        }
    }
    text
}
