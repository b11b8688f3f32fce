//! Content lines: nothing is lost between bytes and lines, and what is written reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::formats::edit::Edits;
use rolodav::formats::find::named;
use rolodav::formats::fold::{WIDTH, fold_into};
use rolodav::formats::line::{Line, Lines};
use rolodav::formats::param;
use rolodav::formats::property::Property;
use rolodav::formats::text::{escape, unescape};

fuzz_target!(|data: &[u8]| {
    every_byte_is_in_one_line(data);
    a_search_by_name_finds_the_same_lines(data);
    an_edit_leaves_the_rest_alone(data);
    folding_keeps_the_text(data);
    if let Ok(text) = std::str::from_utf8(data) {
        text_reads_back(text);
    }
});

fn every_byte_is_in_one_line(data: &[u8]) {
    let mut at = 0;
    for line in Lines::new(data) {
        let span = line.span();
        assert_eq!(span.start, at, "a gap or an overlap before line {line:?}");
        assert_eq!(line.raw(), &data[span.clone()]);
        assert!(!line.raw().is_empty());
        at = span.end;
        let value = line.value_span();
        assert!(span.start <= value.start && value.start <= value.end && value.end <= span.end);
        assert!(line.has_value() || line.value().is_empty());
        ask_everything(&line);
    }
    assert_eq!(at, data.len(), "bytes after the last line");
}

fn ask_everything(line: &Line<'_>) {
    let _ = (line.group(), line.is_blank(), line.is_edge("BEGIN", "VCARD"), line.text());
    let _ = (line.components(), line.has_type("home"), line.param("TYPE"));
    for one in line.params() {
        let _ = (one.text(), one.values().count());
    }
    if let Some(mut property) = Property::read(line) {
        let mut written = Vec::new();
        fold_into(&mut written, &property.write(), b"\r\n");
        assert_eq!(
            Lines::new(&written).count(),
            1,
            "one property became several lines: {property:?}"
        );
        let types = property.types();
        property.set_types(&types);
        property.add_type("home");
        property.set("X-A", "a\"b\n;:,^");
        assert_eq!(property.param("X-A").as_deref(), Some("a\"b\n;:,^"));
        let _ = (property.take_type("work"), property.take("TYPE"));
    }
}

fn a_search_by_name_finds_the_same_lines(data: &[u8]) {
    let mut names: Vec<String> = Lines::new(data)
        .filter_map(|line| String::from_utf8(line.name().to_vec()).ok())
        .filter(|name| !name.is_empty())
        .take(8)
        .collect();
    names.push("TEL".into());
    for name in names {
        let found: Vec<_> = named(data, &name).map(|line| line.span()).collect();
        let all = Lines::new(data).filter(|line| line.is(&name) && line.has_value());
        let wanted: Vec<_> = all.map(|line| line.span()).collect();
        assert_eq!(found, wanted, "lines called {name:?}");
    }
}

fn an_edit_leaves_the_rest_alone(data: &[u8]) {
    let lines: Vec<Line<'_>> = Lines::new(data).collect();
    let Some(middle) = lines.get(lines.len() / 2) else { return };
    let span = middle.span();
    let mut edits = Edits::new(data);
    edits.replace(span.clone(), b"X-EDITED:1");
    let edited = edits.apply();
    assert!(edited.starts_with(&data[..span.start]));
    assert!(edited.ends_with(&data[span.end..]));
    let mut edits = Edits::new(data);
    edits.remove(span.clone());
    assert_eq!(edits.apply(), [&data[..span.start], &data[span.end..]].concat());
}

fn folding_keeps_the_text(data: &[u8]) {
    let flat: Vec<u8> = data.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let mut folded = Vec::new();
    fold_into(&mut folded, data, b"\r\n");
    for line in folded.split(|b| *b == b'\n') {
        assert!(line.strip_suffix(b"\r").unwrap_or(line).len() <= WIDTH, "{} octets", line.len());
    }
    // A text that begins with a blank would be a fold of the line before; there is none here.
    let lines: Vec<Line<'_>> = Lines::new(&folded).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(&*lines[0].unfolded(), flat.as_slice());
}

fn text_reads_back(text: &str) {
    let plain = text.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(unescape(escape(text).as_bytes()), plain, "text");
    let visible: String =
        plain.chars().filter(|c| !c.is_ascii_control() || matches!(c, '\t' | '\n')).collect();
    let params = format!(";X={}", param::encode(&visible));
    let read: Vec<String> =
        param::Params::new(params.as_bytes()).map(|p| p.text().into_owned()).collect();
    assert_eq!(read, [visible], "parameter");
}
