//! A file of many cards, taken apart while it comes in: only the card that is being read is held.

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};
use memchr::{memchr, memchr2};

/// Longest line that is looked at as a whole: nothing that begins or ends a card is longer.
const HEAD: usize = 128;

/// One card of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The line of the file that it begins in, from 1.
    pub line: u64,
    /// Its bytes; `None`: more than are taken.
    pub card: Option<Vec<u8>>,
}

/// Takes a file apart into cards. Takes anything: what is no card is passed over, a card whose
/// end is missing ends where the next one begins.
#[derive(Debug)]
pub struct Splitter {
    most: usize,
    encoding: Encoding,
    /// Bytes that cannot be judged before the next ones come.
    held: Vec<u8>,
    terminator: Option<u8>,
    line: u64,
    /// The beginning of the line that is being read, its end included if it is short.
    head: Vec<u8>,
    /// How long that line is.
    length: usize,
    depth: usize,
    after_agent: bool,
    card: Vec<u8>,
    too_large: bool,
    begins: u64,
}

#[derive(Debug)]
enum Encoding {
    Unknown,
    Bytes,
    Wide(Box<Decoder>),
}

#[derive(Debug, PartialEq, Eq)]
enum Edge {
    Begin,
    End,
    Agent,
    Blank,
    None,
}

// === impl Splitter ===

impl Splitter {
    /// Cards of more than `most` bytes are not taken.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            encoding: Encoding::Unknown,
            held: Vec::new(),
            terminator: None,
            line: 1,
            head: Vec::with_capacity(HEAD),
            length: 0,
            depth: 0,
            after_agent: false,
            card: Vec::new(),
            too_large: false,
            begins: 0,
        }
    }

    /// Takes the next bytes of the file; hands the cards that are whole now to `take`.
    pub fn feed(&mut self, bytes: &[u8], take: &mut impl FnMut(Piece)) {
        self.decode(bytes, false, take);
    }

    /// Ends the file. A card that is open ends with it.
    pub fn finish(mut self, take: &mut impl FnMut(Piece)) {
        self.decode(b"", true, take);
        if !self.held.is_empty() {
            // A lone CR at the very end.
            let held = std::mem::take(&mut self.held);
            self.terminator.get_or_insert(b'\r');
            self.lines(&held, take);
        }
        if self.length > 0 {
            self.end_line(take);
        }
        if self.depth > 0 {
            self.end_card(take);
        }
    }

    /// Lines read so far.
    pub fn lines_read(&self) -> u64 {
        self.line
    }

    fn decode(&mut self, bytes: &[u8], last: bool, take: &mut impl FnMut(Piece)) {
        if matches!(self.encoding, Encoding::Unknown) {
            self.held.extend_from_slice(bytes);
            if self.held.len() < 3 && !last {
                return;
            }
            let held = std::mem::take(&mut self.held);
            self.encoding = match held.as_slice() {
                [0xFF, 0xFE, ..] | [b'B' | b'b', 0, ..] => {
                    Encoding::Wide(Box::new(UTF_16LE.new_decoder()))
                }
                [0xFE, 0xFF, ..] | [0, b'B' | b'b', ..] => {
                    Encoding::Wide(Box::new(UTF_16BE.new_decoder()))
                }
                _ => Encoding::Bytes,
            };
            let rest = held.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&held);
            return self.decode(rest, last, take);
        }
        let Encoding::Wide(decoder) = &mut self.encoding else {
            return self.terminated(bytes, take);
        };
        let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 8);
        let mut text = String::with_capacity(room);
        // There is room for all of it.
        let _ = decoder.decode_to_string(bytes, &mut text, last);
        self.terminated(text.as_bytes(), take);
    }

    /// Finds out how lines end, then reads them.
    fn terminated(&mut self, bytes: &[u8], take: &mut impl FnMut(Piece)) {
        if self.terminator.is_some() {
            return self.lines(bytes, take);
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        self.terminator = match memchr2(b'\r', b'\n', &all) {
            None if all.len() <= HEAD => None,
            None => Some(b'\n'),
            Some(at) => match (all.get(at), all.get(at + 1)) {
                (Some(b'\r'), None) => None,
                (Some(b'\r'), Some(next)) if *next != b'\n' => Some(b'\r'),
                _ => Some(b'\n'),
            },
        };
        if self.terminator.is_none() {
            self.held = all;
        } else {
            self.lines(&all, take);
        }
    }

    fn lines(&mut self, mut rest: &[u8], take: &mut impl FnMut(Piece)) {
        let terminator = self.terminator.unwrap_or(b'\n');
        while !rest.is_empty() {
            let end = memchr(terminator, rest);
            let (run, tail) =
                rest.split_at_checked(end.map_or(rest.len(), |at| at + 1)).unwrap_or((rest, b""));
            self.append(run);
            if end.is_some() {
                self.end_line(take);
                self.line += 1;
            }
            rest = tail;
        }
    }

    fn append(&mut self, run: &[u8]) {
        let room = (HEAD + 1).saturating_sub(self.head.len());
        self.head.extend_from_slice(run.get(..room).unwrap_or(run));
        self.length += run.len();
        if self.depth > 0 && !self.too_large {
            if self.card.len() + run.len() > self.most {
                self.too_large = true;
                self.card = Vec::new();
            } else {
                self.card.extend_from_slice(run);
            }
        }
    }

    fn end_line(&mut self, take: &mut impl FnMut(Piece)) {
        let edge = if self.length <= HEAD { edge(&self.head) } else { Edge::None };
        let after_agent = self.after_agent;
        self.after_agent = edge == Edge::Agent || (after_agent && edge == Edge::Blank);
        match edge {
            Edge::Begin if self.depth == 0 => self.begin(),
            Edge::Begin if self.depth == 1 && !after_agent => {
                let before = self.card.len().saturating_sub(self.length);
                self.card.truncate(before);
                self.end_card(take);
                self.begin();
            }
            Edge::Begin => self.depth += 1,
            Edge::End if self.depth == 1 => self.end_card(take),
            Edge::End => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.head.clear();
        self.length = 0;
    }

    fn begin(&mut self) {
        self.depth = 1;
        self.begins = self.line;
        self.card.clear();
        self.card.extend_from_slice(&self.head);
    }

    fn end_card(&mut self, take: &mut impl FnMut(Piece)) {
        self.depth = 0;
        let card = std::mem::take(&mut self.card);
        let card = if std::mem::take(&mut self.too_large) { None } else { Some(card) };
        take(Piece { line: self.begins, card });
    }
}

/// What a line means for where cards begin and end. One that begins with a blank goes on with
/// the line before.
fn edge(line: &[u8]) -> Edge {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let line = line.strip_prefix(b"\n").unwrap_or(line).trim_ascii_end();
    if line.is_empty() {
        return Edge::Blank;
    }
    let Some((name, value)) = memchr(b':', line).and_then(|at| line.split_at_checked(at)) else {
        return Edge::None;
    };
    let (name, value) = (name.trim_ascii_end(), value.get(1..).unwrap_or_default().trim_ascii());
    let is_card = value.eq_ignore_ascii_case(b"VCARD");
    if is_card && name.eq_ignore_ascii_case(b"BEGIN") {
        Edge::Begin
    } else if is_card && name.eq_ignore_ascii_case(b"END") {
        Edge::End
    } else if value.is_empty() && is_agent(name) {
        Edge::Agent
    } else {
        Edge::None
    }
}

fn is_agent(head: &[u8]) -> bool {
    let name = head.split(|byte| *byte == b';').next().unwrap_or_default();
    let name = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    name.trim_ascii().eq_ignore_ascii_case(b"AGENT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(file: &[u8], step: usize, most: usize) -> Vec<(u64, Option<String>)> {
        let (mut splitter, mut pieces) = (Splitter::new(most), Vec::new());
        let mut take = |piece: Piece| {
            pieces.push((piece.line, piece.card.map(|card| String::from_utf8(card).unwrap())));
        };
        for chunk in file.chunks(step) {
            splitter.feed(chunk, &mut take);
        }
        splitter.finish(&mut take);
        pieces
    }

    fn wide(text: &str) -> Vec<u8> {
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn cards_come_out_whole_however_the_file_comes_in() {
        let a = "BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\r\n";
        let b = "begin:vcard\r\nFN:Ä\r\n END:VCARD\r\nend: vcard \r\n";
        let nested = "BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nFN:in\nEND:VCARD\nFN:out\nEND:VCARD\n";
        let open = "BEGIN:VCARD\nFN:open\n";
        let mac = "BEGIN:VCARD\rFN:M\rEND:VCARD\r";
        let whole = |line, text: &str| (line, Some(text.to_owned()));
        for (file, wanted) in [
            (format!("{a}{b}").into_bytes(), vec![whole(1, a), whole(4, b)]),
            (
                format!("\u{feff}x\r\n\r\n{a}junk\r\n{b}").into_bytes(),
                vec![whole(3, a), whole(7, b)],
            ),
            (format!("{nested}{a}").into_bytes(), vec![whole(1, nested), whole(8, a)]),
            (
                format!("{open}{a}{open}").into_bytes(),
                vec![whole(1, open), whole(3, a), whole(6, open)],
            ),
            (format!("{mac}{mac}").into_bytes(), vec![whole(1, mac), whole(4, mac)]),
            (wide(&format!("{a}{b}")), vec![whole(1, a), whole(4, b)]),
            (b"BEGIN:VCARD".to_vec(), vec![whole(1, "BEGIN:VCARD")]),
            (b"nothing".to_vec(), vec![]),
            (Vec::new(), vec![]),
        ] {
            for step in [1, 2, 3, 7, 1 << 16] {
                let text = String::from_utf8_lossy(&file);
                assert_eq!(split(&file, step, 999), wanted, "{text:?} by {step}");
            }
        }
    }

    #[test]
    fn a_card_that_is_too_large_is_told_and_not_held() {
        let note = "x".repeat(500);
        let file = format!("BEGIN:VCARD\nNOTE:{note}\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD\n");
        for step in [1, 64, 9999] {
            let pieces = split(file.as_bytes(), step, 100);
            assert_eq!(pieces[0], (1, None), "by {step}");
            assert_eq!(pieces[1].0, 4);
            assert!(pieces[1].1.as_deref().unwrap().contains("FN:B"));
        }
    }
}
