//! Tests of the line index.

use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Line<'_> {
    let mut lines = Lines::new(text.as_bytes());
    let line = lines.next().expect("a line");
    assert!(lines.next().is_none(), "more than one line in {text:?}");
    line
}

fn str(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn group_name_and_value() {
    for (text, group, name, value) in [
        ("FN:Ada\r\n", None, "FN", Some("Ada")),
        ("fn:Ada", None, "fn", Some("Ada")),
        ("item1.TEL;TYPE=home:1\n", Some("item1"), "TEL", Some("1")),
        ("NOTE:a:b;c\n", None, "NOTE", Some("a:b;c")),
        ("NO\r\n TE;X=1:a\r\n\t b\r\n", None, "NOTE", Some("a b")),
        ("ADR;LABEL=\"1: a;b\":;;x\n", None, "ADR", Some(";;x")),
        ("ADR;LABEL=\"1:\r\n  a\":;;x\n", None, "ADR", Some(";;x")),
        ("URL;TYPE=x\"y:http://a\n", None, "URL", Some("http://a")),
        ("URL;TYPE=\"y:http://a\n", None, "URL", Some("http://a")),
        ("URL;TYPE=\"y:say \"hi\n", None, "URL", Some("say \"hi")),
        ("URL;TYPE=\"y\r\n :http://a\n", None, "URL", Some("http://a")),
        ("no colon here\n", None, "no colon here", None),
        (" leading:blank\n", None, "leading", Some("blank")),
        ("FN :Ada\n", None, "FN", Some("Ada")),
        (":value\n", None, "", Some("value")),
        ("FN:\n", None, "FN", Some("")),
        ("FN:a\r\r\n", None, "FN", Some("a")),
        ("FN:a\r b\n", None, "FN", Some("a\r b")),
        ("FN:a\r b\r", None, "FN", Some("ab")),
    ] {
        let line = one(text);
        assert_eq!(line.group().map(str), group, "group of {text:?}");
        assert_eq!(str(line.name()), name, "name of {text:?}");
        assert_eq!(line.has_value(), value.is_some(), "value of {text:?}");
        assert_eq!(str(&line.value()), value.unwrap_or(""), "value of {text:?}");
        assert_eq!(line.span(), 0..text.len());
    }
}

#[test]
fn every_line_end_and_blank_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["BEGIN:VCARD", "", "FN:a", " b", "END:VCARD"].join(end);
        let lines: Vec<_> = Lines::new(text.as_bytes()).collect();
        assert_eq!(lines.len(), 4, "lines of {text:?}");
        assert!(lines[1].is_blank());
        assert_eq!(lines[2].text(), "ab");
        assert!(lines[3].is_edge("end", "vcard"));
    }
}

#[test]
fn a_character_split_by_a_fold_is_put_together() {
    let line = b"NOTE:caf\xC3\r\n \xA9\r\n";
    let line = Lines::new(line).next().unwrap();
    assert_eq!(line.text(), "café");
}

#[test]
fn the_value_span_leaves_out_head_and_line_end() {
    let text = b"FN:a\r\nPHOTO:abc\r\n def\r\nEND:VCARD";
    let spans: Vec<_> = Lines::new(text).map(|l| str(&text[l.value_span()])).collect();
    assert_eq!(spans, ["a", "abc\r\n def", "VCARD"]);
}

#[test]
fn types_in_every_spelling() {
    for text in [
        "TEL;TYPE=home,cell:1",
        "TEL;TYPE=\"voice,CELL\":1",
        "TEL;CELL:1",
        "TEL;TYPE=a;type=Cell:1",
    ] {
        assert!(one(text).has_type("cell"), "{text}");
        assert!(!one(text).has_type("fax"), "{text}");
    }
}

#[test]
fn hostile_lines_take_linear_time() {
    let mib = 1 << 17;
    let texts = [
        "A;".repeat(mib) + ":x",
        "A=\"".repeat(mib),
        ";X=\"".repeat(mib) + ":",
        ":\"".repeat(mib),
        "A\r\n ".repeat(mib),
        "\n".repeat(mib),
        "A.".repeat(mib),
        format!("N:{}", ";\\".repeat(mib)),
    ];
    for text in &texts {
        let started = std::time::Instant::now();
        for line in Lines::new(text.as_bytes()) {
            let _ = (line.params().count(), line.components().len(), line.has_type("x"));
        }
        let begin = text.get(..8);
        assert!(started.elapsed().as_secs() < 5, "{begin:?}… took {:?}", started.elapsed());
    }
}

proptest! {
    #[test]
    fn any_bytes_come_back_whole(bytes in proptest::collection::vec(
        prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), Just(b':'), Just(b';'), Just(b'"'),
            Just(b'='), Just(b','), Just(b'\\'), any::<u8>()], 0..200)) {
        let mut whole = Vec::new();
        for line in Lines::new(&bytes) {
            prop_assert_eq!(line.span(), whole.len()..whole.len() + line.raw().len());
            whole.extend_from_slice(line.raw());
            let span = line.value_span();
            prop_assert!(line.span().start <= span.start && span.end <= line.span().end);
            for param in line.params() {
                let _ = param.values().count();
            }
            let _ = (line.text(), line.components(), line.group(), line.name());
        }
        prop_assert_eq!(whole, bytes);
    }

    #[test]
    fn a_line_reads_the_same_folded_or_not(value in "[a-z\"é😀;,: ]{0,300}", quoted in "[a-z:;,]{0,100}") {
        let plain = format!("item1.X-A;T=\"{quoted}\";U=v:{value}");
        let mut folded = Vec::new();
        super::super::fold::fold_into(&mut folded, plain.as_bytes(), b"\r\n");
        let (a, b) = (one(&plain), Lines::new(&folded).next().unwrap());
        prop_assert_eq!(a.head(), b.head());
        prop_assert_eq!(a.value(), b.value());
        prop_assert_eq!(&*a.value(), value.as_bytes());
        let head = format!("item1.X-A;T=\"{quoted}\";U=v");
        prop_assert_eq!(a.head(), head.as_bytes());
    }
}
