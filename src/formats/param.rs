//! Parameters of a line: `;TYPE=home;PREF=1`, quoted values, RFC 6868 escapes, and the bare
//! types of vCard 2.1 (`;CELL`, `;BASE64`).

use std::borrow::Cow;

use memchr::memchr;

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    /// The name as written; for a bare value the name it stands for.
    pub name: &'a [u8],
    /// Everything after `=`, quotes and lists included; for a bare value the value.
    pub value: &'a [u8],
    /// Whether it was written without a name, as vCard 2.1 allows.
    pub bare: bool,
}

/// The parameters of one line, in order.
#[derive(Debug, Clone)]
pub struct Params<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    /// The parameters in `bytes`: what stands between a property's name and its colon.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: memchr(b';', bytes).and_then(|at| bytes.get(at + 1..)) }
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        let rest = self.rest.take()?;
        let end = Separators::new(rest, b';').next();
        if let Some(end) = end {
            self.rest = rest.get(end + 1..);
        }
        Some(Param::parse(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()))
    }
}

impl<'a> Param<'a> {
    fn parse(text: &'a [u8]) -> Self {
        let split = memchr(b'=', text).and_then(|at| text.split_at_checked(at));
        match split {
            Some((name, value)) => Self {
                name: name.trim_ascii(),
                value: value.get(1..).unwrap_or_default(),
                bare: false,
            },
            None => Self { name: meaning_of_bare(text), value: text, bare: true },
        }
    }

    /// Whether the name is `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The values: split at commas outside quotes, unquoted, RFC 6868 escapes taken out.
    pub fn values(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        split_list(self.value).map(|value| decode(unquote(value)))
    }

    /// All of the value as one text, unquoted, RFC 6868 escapes taken out.
    pub fn text(&self) -> Cow<'a, str> {
        decode(unquote(self.value))
    }
}

/// The parts of `value` between commas that are not inside quotes.
pub fn split_list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let value = rest.take()?;
        match Separators::new(value, b',').next() {
            Some(end) => {
                rest = value.get(end + 1..);
                value.get(..end)
            }
            None => Some(value),
        }
    })
}

fn unquote(value: &[u8]) -> &[u8] {
    let trimmed = value.trim_ascii();
    match trimmed.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")) {
        Some(inner) if memchr(b'"', inner).is_none() => inner,
        _ => value,
    }
}

/// Takes RFC 6868 escapes out: `^n` line break, `^'` quote, `^^` caret.
fn decode(value: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(value);
    if !text.contains('^') {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let meant = match (c, chars.peek()) {
            ('^', Some('n' | 'N')) => '\n',
            ('^', Some('\'')) => '"',
            ('^', Some('^')) => '^',
            _ => {
                plain.push(c);
                continue;
            }
        };
        plain.push(meant);
        chars.next();
    }
    Cow::Owned(plain)
}

/// Writes `text` as one parameter value: RFC 6868 escapes, quotes where it needs them.
pub fn encode(text: &str) -> String {
    let mut value = String::with_capacity(text.len() + 2);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '^' => value.push_str("^^"),
            '"' => value.push_str("^'"),
            '\r' => {
                chars.next_if_eq(&'\n');
                value.push_str("^n");
            }
            '\n' => value.push_str("^n"),
            c if c.is_ascii_control() && c != '\t' => {}
            c => value.push(c),
        }
    }
    if value.contains([':', ';', ',']) { format!("\"{value}\"") } else { value }
}

fn meaning_of_bare(value: &[u8]) -> &'static [u8] {
    let any = |words: &[&str]| words.iter().any(|w| value.eq_ignore_ascii_case(w.as_bytes()));
    if any(&["QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"]) {
        b"ENCODING"
    } else if any(&["INLINE", "URL", "URI", "CONTENT-ID", "CID"]) {
        b"VALUE"
    } else {
        b"TYPE"
    }
}

/// Places of a separator outside quotes. A quote opens only where a value begins; one that is
/// never closed opens nothing.
struct Separators<'a> {
    bytes: &'a [u8],
    at: usize,
    separator: u8,
}

impl<'a> Separators<'a> {
    fn new(bytes: &'a [u8], separator: u8) -> Self {
        Self { bytes, at: 0, separator }
    }
}

impl Iterator for Separators<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let mut previous = if self.separator == b',' { b',' } else { b';' };
        while let Some(&byte) = self.bytes.get(self.at) {
            let here = self.at;
            self.at += 1;
            if byte == self.separator {
                return Some(here);
            }
            if byte == b'"' && matches!(previous, b'=' | b',') {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                if let Some(close) = memchr(b'"', rest) {
                    self.at += close + 1;
                }
            }
            previous = byte;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(params: &str) -> Vec<(String, Vec<String>)> {
        Params::new(params.as_bytes())
            .map(|p| {
                let name = String::from_utf8_lossy(p.name).into_owned();
                (name, p.values().map(Cow::into_owned).collect())
            })
            .collect()
    }

    #[test]
    fn names_values_quotes_and_bare_types() {
        for (params, wanted) in [
            ("", vec![]),
            (";TYPE=home", vec![("TYPE", vec!["home"])]),
            (";TYPE=home,work;PREF=1", vec![("TYPE", vec!["home", "work"]), ("PREF", vec!["1"])]),
            (";TYPE=\"voice,cell\"", vec![("TYPE", vec!["voice,cell"])]),
            (";SORT-AS=\"a;b:c\",\"d\"", vec![("SORT-AS", vec!["a;b:c", "d"])]),
            (";LABEL=a^nb^'c^'^^d^x", vec![("LABEL", vec!["a\nb\"c\"^d^x"])]),
            (
                ";CELL;BASE64;CID",
                vec![("TYPE", vec!["CELL"]), ("ENCODING", vec!["BASE64"]), ("VALUE", vec!["CID"])],
            ),
            (";TYPE=x\"y", vec![("TYPE", vec!["x\"y"])]),
            (";TYPE=\"open;PREF=1", vec![("TYPE", vec!["\"open"]), ("PREF", vec!["1"])]),
            (";X=", vec![("X", vec![""])]),
        ] {
            let wanted: Vec<(String, Vec<String>)> = wanted
                .into_iter()
                .map(|(n, v)| (n.to_string(), v.into_iter().map(String::from).collect()))
                .collect();
            assert_eq!(read(params), wanted, "{params}");
        }
    }

    #[test]
    fn what_is_encoded_reads_back() {
        for text in ["plain", "a,b", "a;b:c", "line\nbreak", "say \"hi\"", "^", "^n", "é😀"] {
            let params = format!(";X={}", encode(text));
            let read: Vec<_> =
                Params::new(params.as_bytes()).map(|p| p.text().into_owned()).collect();
            assert_eq!(read, [text], "{params}");
        }
    }
}
