//! Folding of long lines (RFC 6350 §3.2): at most 75 octets, never inside a character.

use memchr::memchr2;

/// Most octets on one physical line, its line end not counted.
pub const WIDTH: usize = 75;

/// Appends `content`, one unfolded line, to `out`, folded and ended with `line_end`. A line
/// break inside `content` cannot stand in a line and is left out.
pub fn fold_into(out: &mut Vec<u8>, content: &[u8], line_end: &[u8]) {
    if memchr2(b'\r', b'\n', content).is_some() {
        let flat: Vec<u8> =
            content.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        return fold_into(out, &flat, line_end);
    }
    fold_from(out, content, WIDTH, line_end);
    out.extend_from_slice(line_end);
}

/// Appends `content`, which holds no line break, to `out` as what follows in a line that is
/// folded there. No line end is written behind it.
pub fn continue_into(out: &mut Vec<u8>, content: &[u8], line_end: &[u8]) {
    out.extend_from_slice(line_end);
    out.push(b' ');
    fold_from(out, content, WIDTH - 1, line_end);
}

/// `room` is how many octets the first physical line has left.
fn fold_from(out: &mut Vec<u8>, content: &[u8], mut room: usize, line_end: &[u8]) {
    out.reserve(content.len() + content.len() / 25 + line_end.len());
    let mut rest = content;
    while rest.len() > room {
        let cut = boundary(rest, room);
        let (now, later) = rest.split_at_checked(cut).unwrap_or((rest, &[]));
        out.extend_from_slice(now);
        out.extend_from_slice(line_end);
        out.push(b' ');
        rest = later;
        room = WIDTH - 1;
    }
    out.extend_from_slice(rest);
}

/// The last place at or before `at` that is not inside a UTF-8 sequence.
fn boundary(bytes: &[u8], at: usize) -> usize {
    (at.saturating_sub(3)..=at)
        .rev()
        .find(|&i| bytes.get(i).is_none_or(|b| b & 0xC0 != 0x80))
        .unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::super::line::Lines;
    use super::*;

    #[test]
    fn folds_at_75_octets_between_characters() {
        for unit in ["a", "é", "€", "😀", "a😀é€"] {
            for count in 0..200 {
                let content = format!("NOTE:{}", unit.repeat(count));
                let mut out = Vec::new();
                fold_into(&mut out, content.as_bytes(), b"\r\n");
                let folded = std::str::from_utf8(&out).expect("a fold split a character");
                for physical in folded.split("\r\n") {
                    assert!(physical.len() <= WIDTH, "{} octets: {physical}", physical.len());
                    assert!(std::str::from_utf8(physical.as_bytes()).is_ok());
                }
                let lines: Vec<_> = Lines::new(&out).collect();
                assert_eq!(lines.len(), 1, "{unit} x {count}");
                assert_eq!(lines[0].unfolded(), content.as_bytes());
            }
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_cut_hard() {
        let mut out = Vec::new();
        fold_into(&mut out, &[0x80; 200], b"\n");
        assert!(out.split(|b| *b == b'\n').all(|l| l.len() <= WIDTH));
        out.retain(|b| *b == 0x80);
        assert_eq!(out.len(), 200);
    }

    #[test]
    fn a_line_break_in_the_content_cannot_make_a_second_line() {
        let mut out = Vec::new();
        fold_into(&mut out, b"NOTE:a\r\nEND:VCARD", b"\r\n");
        assert_eq!(out, b"NOTE:aEND:VCARD\r\n");
    }
}
