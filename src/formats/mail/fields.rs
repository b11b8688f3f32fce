//! The fields of a header as they stand: the gate before the parser.

use std::ops::Range;

use memchr::memchr;

use super::Unreadable;

/// Most bytes of a header.
const HEADER_BYTES: usize = 256 << 10;

/// Most fields of a header.
const MOST_FIELDS: usize = 2_000;

/// Most bytes of a field that are looked at.
const FIELD_BYTES: usize = 32 << 10;

/// Most fields of one name that are looked at.
const MOST_OF_A_NAME: usize = 10;

/// The header of a mail, of an enclosed mail or of a part.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields<'a> {
    /// Name and value, with the folding.
    all: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Fields<'a> {
    /// The header of a mail, and where its body begins. A line that a mailbox file or a pipe puts
    /// above it is passed over.
    pub(super) fn of_message(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Unreadable> {
        let (first, after) = line(bytes);
        let bytes = if first.starts_with(b"From ") { after } else { bytes };
        let mut rest = bytes;
        let mut length = 0;
        loop {
            let (line, after) = line(rest);
            length += rest.len() - after.len();
            if length > HEADER_BYTES {
                return Err(Unreadable::LargeHeader);
            }
            rest = after;
            if line.is_empty() {
                break;
            }
        }
        let fields = Self::read(bytes.get(..length).unwrap_or(bytes));
        if fields.all.len() > MOST_FIELDS {
            return Err(Unreadable::ManyFields);
        }
        Ok((fields, rest))
    }

    /// The header of a part; of a long one the beginning.
    pub(super) fn of_part(bytes: &'a [u8]) -> Self {
        Self::read(bytes.get(..HEADER_BYTES).unwrap_or(bytes))
    }

    fn read(bytes: &'a [u8]) -> Self {
        let mut all: Vec<(&[u8], &[u8])> = Vec::new();
        let mut rest = bytes;
        let mut field: Option<(&[u8], Range<usize>)> = None;
        let at = |rest: &[u8]| bytes.len() - rest.len();
        let mut close = |field: Option<(&'a [u8], Range<usize>)>| {
            if let Some((name, value)) = field {
                all.push((name, bytes.get(value).unwrap_or_default()));
            }
            all.len() > MOST_FIELDS
        };
        while !rest.is_empty() {
            let begin = at(rest);
            let (line, after) = line(rest);
            rest = after;
            if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
                if let Some((_, value)) = &mut field {
                    value.end = begin + line.len();
                }
                continue;
            }
            if close(field.take()) {
                break;
            }
            // A line that is no field is passed over.
            if let Some(colon) = memchr(b':', line) {
                let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
                field = Some((name, begin + colon + 1..begin + line.len()));
            }
        }
        close(field);
        Self { all }
    }

    /// The values of the fields called `name` (in lower case), as they stand.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.all
            .iter()
            .filter(move |(given, _)| given.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| *value)
            .take(MOST_OF_A_NAME)
    }

    /// The value of the first field called `name`, as it stands.
    pub(super) fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The values of the fields called `name` in one line each.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.all(name).map(unfolded).collect()
    }

    /// Fields of these names, written so that the parser takes them; of a long one the beginning,
    /// to a comma.
    pub(super) fn written(&self, names: &[&str]) -> Vec<u8> {
        let mut written = Vec::new();
        for name in names {
            for value in self.all(name) {
                let value = match value.get(..FIELD_BYTES) {
                    Some(cut) if value.len() > FIELD_BYTES => {
                        let comma = memchr::memrchr(b',', cut);
                        comma.and_then(|comma| cut.get(..comma)).unwrap_or(cut)
                    }
                    _ => value,
                };
                written.extend_from_slice(name.as_bytes());
                written.push(b':');
                written.extend_from_slice(value);
                written.extend_from_slice(b"\r\n");
            }
        }
        written.extend_from_slice(b"\r\n");
        written
    }
}

/// The first line of `bytes` without its end, and what follows.
pub(super) fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr(b'\n', bytes) {
        Some(end) => bytes.split_at_checked(end + 1).unwrap_or((bytes, &[])),
        None => (bytes, &[][..]),
    };
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// A value in one line, at most 4 KiB of it.
fn unfolded(value: &[u8]) -> String {
    let value = value.get(..4096).unwrap_or(value);
    let text = String::from_utf8_lossy(value);
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_with_their_folding() {
        let mail = b"From anna Sun Nov 22\nSubject: one\n two\r\n\tthree\r\nno field\nTO : x\r\n\r\nbody: 1\n";
        let (fields, body) = Fields::of_message(mail).unwrap();
        assert_eq!(fields.first("subject"), Some(&b" one\n two\r\n\tthree"[..]));
        assert_eq!(fields.texts("subject"), ["one two three"]);
        assert_eq!(fields.first("to"), Some(&b" x"[..]));
        assert_eq!(fields.first("body"), None);
        assert_eq!(body, b"body: 1\n");
        let (fields, body) = Fields::of_message(b"A: 1").unwrap();
        assert_eq!((fields.first("a"), body), (Some(&b" 1"[..]), &b""[..]));
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let many = "A: 1\r\n".repeat(MOST_FIELDS + 1);
        assert_eq!(Fields::of_message(many.as_bytes()).unwrap_err(), Unreadable::ManyFields);
        let enough = "A: 1\r\n".repeat(MOST_FIELDS);
        assert!(Fields::of_message(enough.as_bytes()).is_ok());
        let large = format!("A: {}\r\n", "x".repeat(HEADER_BYTES));
        assert_eq!(Fields::of_message(large.as_bytes()).unwrap_err(), Unreadable::LargeHeader);
    }

    #[test]
    fn a_long_field_ends_at_a_comma() {
        let to = "bert@example.org,".repeat(10_000);
        let mail = format!("To: {to}\r\n\r\n");
        let (fields, _) = Fields::of_message(mail.as_bytes()).unwrap();
        let written = fields.written(&["to"]);
        assert!(written.len() <= FIELD_BYTES + 8, "{}", written.len());
        assert!(written.ends_with(b"bert@example.org\r\n\r\n"));
    }
}
