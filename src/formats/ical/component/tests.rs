//! Trees of well-formed and of odd texts.

use std::fmt::Write;

use super::*;

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\n\
    BEGIN:STANDARD\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
    UID: u\r\nSUMMARY:a\r\n b\r\nBEGIN:VALARM\r\nTRIGGER:PT0S\r\nEND:VALARM\r\nX-ODD:1\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

/// The tree as text: `NAME[properties](children)`.
fn shape(components: &[Component<'_>]) -> String {
    let mut out = String::new();
    for component in components {
        let names: Vec<_> =
            component.properties.iter().map(|l| String::from_utf8_lossy(l.name())).collect();
        let name = &component.name;
        write!(out, "{name}[{}]({})", names.join(" "), shape(&component.children)).unwrap();
    }
    out
}

fn read(text: &str) -> Document<'_> {
    parse(text.as_bytes(), Bounds::new(100, 20)).unwrap()
}

#[test]
fn a_tree_with_the_bytes_of_each_part() {
    let document = read(EVENT);
    assert_eq!(
        shape(&document.roots),
        "VCALENDAR[VERSION](VTIMEZONE[TZID](STANDARD[TZOFFSETTO]())\
         VEVENT[UID SUMMARY X-ODD](VALARM[TRIGGER]()))"
    );
    assert_eq!((document.stray, document.unclosed), (0, 0));
    let calendar = document.calendar().unwrap();
    assert_eq!(calendar.span, 0..EVENT.len());
    let event = calendar.children_named("vevent").next().unwrap();
    let alarm = &event.children[0];
    assert_eq!(
        &EVENT.as_bytes()[alarm.span.clone()],
        b"BEGIN:VALARM\r\nTRIGGER:PT0S\r\nEND:VALARM\r\n"
    );
    assert_eq!(&EVENT.as_bytes()[alarm.inner.clone()], b"TRIGGER:PT0S\r\n");
    assert_eq!(event.uid().as_deref(), Some("u"));
    assert_eq!(event.text("summary").as_deref(), Some("ab"));
    assert!(event.says("x-odd", "1"));
    assert!(calendar.uid().is_none());
}

#[test]
fn flaws_of_real_files_are_read() {
    let whole = "VCALENDAR[](VEVENT[UID]())";
    for (why, text, wanted, stray, unclosed) in [
        (
            "lower case",
            "begin:vcalendar\nbegin:vevent\nUID:1\nend:vevent\nend:vcalendar",
            whole,
            0,
            0,
        ),
        (
            "byte order mark",
            "\u{feff}BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n",
            whole,
            0,
            0,
        ),
        (
            "blanks",
            "BEGIN:VCALENDAR \r\nBEGIN: VEVENT\r\n\r\nUID:1\r\nEND:VEVENT \r\nEND:VCALENDAR\r\n\r\n",
            whole,
            0,
            0,
        ),
        ("cut off", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", whole, 0, 2),
        ("no END:VEVENT", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VCALENDAR\n", whole, 0, 1),
        (
            "END of nothing",
            "BEGIN:VCALENDAR\nEND:VTODO\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\nEND:VCALENDAR",
            whole,
            1,
            0,
        ),
        (
            "no colon",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nlost text\nEND:VEVENT\nEND:VCALENDAR\n",
            whole,
            1,
            0,
        ),
        (
            "CR alone",
            "BEGIN:VCALENDAR\rBEGIN:VEVENT\rUID:1\rEND:VEVENT\rEND:VCALENDAR\r",
            whole,
            0,
            0,
        ),
        (
            "text around",
            "X:1\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\nY:2\n",
            whole,
            0,
            0,
        ),
        (
            "two",
            "BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\n",
            "VCALENDAR[]()VCALENDAR[]()",
            0,
            0,
        ),
        ("nothing", "", "", 0, 0),
        (
            "a folded name",
            "BEGIN:VCAL\r\n ENDAR\r\nBEGIN:VEVENT\r\nUI\r\n D:1\r\nEND:VEV\r\n ENT\r\nEND:VCALENDAR",
            whole,
            0,
            0,
        ),
    ] {
        let document = read(text);
        assert_eq!(shape(&document.roots), wanted, "{why}");
        assert_eq!((document.stray, document.unclosed), (stray, unclosed), "{why}");
    }
}

#[test]
fn what_has_no_end_reaches_to_where_it_was_ended() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VCALENDAR\n";
    let document = read(text);
    let calendar = document.calendar().unwrap();
    assert_eq!(&text.as_bytes()[calendar.children[0].span.clone()], b"BEGIN:VEVENT\nUID:1\n");
    assert_eq!(&text.as_bytes()[calendar.children[0].inner.clone()], b"UID:1\n");
    assert_eq!(calendar.span, 0..text.len());
}

#[test]
fn bounds_hold() {
    let nested = |depth: usize| "BEGIN:X\n".repeat(depth);
    let bounds = Bounds { lines: 50, components: 20, depth: 8 };
    for (text, wanted) in [
        (nested(8), None),
        (nested(9), Some(Excess::Depth(8))),
        (nested(100_000), Some(Excess::Depth(8))),
        ("X:1\n".repeat(50), None),
        ("X:1\n".repeat(51), Some(Excess::Lines(50))),
        ("BEGIN:X\nEND:X\n".repeat(20), None),
        ("BEGIN:X\nEND:X\n".repeat(21), Some(Excess::Components(20))),
    ] {
        let found = parse(text.as_bytes(), bounds).err();
        assert_eq!(found, wanted, "{} lines", text.lines().count());
    }
}

mod properties {
    use proptest::prelude::*;

    use super::super::*;
    use crate::formats::edit::Edits;
    use crate::formats::ical::select::{Selection, select};

    /// Lines of which calendars are made, well-formed and not.
    fn lines() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            "BEGIN:(VCALENDAR|VEVENT|VALARM|X)\r\n",
            "END:(VCALENDAR|VEVENT|VALARM|X)\r\n",
            "(begin|end):vevent\n",
            "[A-Z]{1,3}(;P=\"?[a-z:]{0,3}\"?)?:[a-zé]{0,4}\r\n",
            "X:a\r\n b\r\n",
            "[a-z ]{0,3}\r\n",
            "\\PC{0,5}\r?\n?",
        ];
        proptest::collection::vec(line, 0..24).prop_map(|lines| lines.concat())
    }

    /// Every component, outer ones first.
    fn all<'d, 'a>(of: &'d [Component<'a>]) -> Vec<&'d Component<'a>> {
        of.iter().flat_map(|one| [vec![one], all(&one.children)].concat()).collect()
    }

    proptest! {
        #[test]
        fn removing_a_component_leaves_every_other_byte(text in lines(), which in any::<prop::sample::Index>()) {
            let document = parse(text.as_bytes(), Bounds::STORED).unwrap_or_default();
            let components = all(&document.roots);
            if components.is_empty() {
                return Ok(());
            }
            let span = components[which.index(components.len())].span.clone();
            let mut edits = Edits::new(text.as_bytes());
            edits.remove(span.clone());
            let wanted = [&text.as_bytes()[..span.start], &text.as_bytes()[span.end..]].concat();
            prop_assert_eq!(edits.apply(), wanted);
        }

        #[test]
        fn lines_belong_to_one_component_and_lie_in_it(text in lines()) {
            let document = parse(text.as_bytes(), Bounds::STORED).unwrap_or_default();
            for component in all(&document.roots) {
                let children = component.children.iter().map(|child| child.span.clone());
                let lines = component.properties.iter().map(Line::span);
                let mut parts: Vec<_> = children.chain(lines).collect();
                parts.sort_by_key(|span| span.start);
                let mut at = component.inner.start;
                for part in parts {
                    prop_assert!(at <= part.start && part.end <= component.inner.end, "{part:?} in {component:?}");
                    at = part.end;
                }
            }
        }

        #[test]
        fn the_bytes_of_a_component_read_as_the_same_component(text in lines()) {
            let document = parse(text.as_bytes(), Bounds::STORED).unwrap_or_default();
            for component in all(&document.roots) {
                let bytes = &text.as_bytes()[component.span.clone()];
                // Without any LF, lines end with CR, which is another reading of the same bytes.
                if bytes.contains(&b'\n') {
                    let again = parse(bytes, Bounds::STORED).unwrap();
                    prop_assert_eq!(super::shape(&again.roots), super::shape(std::slice::from_ref(component)));
                }
            }
        }

        #[test]
        fn a_whole_selection_is_every_byte_of_the_component(text in lines()) {
            let document = parse(text.as_bytes(), Bounds::STORED).unwrap_or_default();
            let whole = select(text.as_bytes(), &document, &Selection::whole("VCALENDAR"));
            let wanted: Vec<u8> = document.roots.iter().filter(|root| root.is("VCALENDAR"))
                .flat_map(|root| text.as_bytes()[root.span.clone()].to_vec()).collect();
            prop_assert_eq!(whole, wanted);
        }
    }
}
