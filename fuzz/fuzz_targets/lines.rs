//! Any bytes: the lines give the input back, and finding a property agrees with reading all.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::formats::edit::Edits;
use rolodav::formats::find::named;
use rolodav::formats::line::Lines;

fuzz_target!(|bytes: &[u8]| {
    let mut at = 0;
    let mut names = 0;
    for line in Lines::new(bytes) {
        assert_eq!(line.span().start, at, "a gap or an overlap");
        assert_eq!(line.raw(), &bytes[line.span()]);
        at = line.span().end;
        names += usize::from(line.has_value() && line.is("FN"));
        for param in line.params() {
            let _ = param.values().count();
        }
        let _ = (line.text(), line.components(), line.group(), line.value_span());
    }
    assert_eq!(at, bytes.len(), "the end is missing");
    assert_eq!(named(bytes, "FN").count(), names, "finding disagrees with reading");
    assert_eq!(Edits::new(bytes).apply(), bytes);
});
