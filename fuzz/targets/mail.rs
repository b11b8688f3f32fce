//! Mail as it is captured: whatever comes, what is told of it is bounded and harmless.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::formats::mail::{self, Heading, MOST_PEOPLE};

fuzz_target!(|data: &[u8]| {
    let Ok(letter) = mail::read(data) else { return };
    assert!(!letter.heading.from.is_empty(), "nobody wrote it");
    for heading in [Some(&letter.heading), letter.forwarded.as_ref()].into_iter().flatten() {
        is_bounded(heading);
    }
    is_one_line(&letter.excerpt, 500);
    assert!(letter.people().count() <= 6 * MOST_PEOPLE);
    // A server that is not named vouches for nothing.
    assert!(!mail::vouched(&letter, "mx.of-nobody.example") || has(data, b"of-nobody"));
    assert_eq!(mail::read(data).as_ref(), Ok(&letter), "read another way the second time");
});

fn is_bounded(heading: &Heading) {
    is_one_line(&heading.subject, 200);
    assert!(heading.message_id.as_ref().is_none_or(|id| !id.is_empty() && id.len() <= 3 * 998));
    for people in [&heading.from, &heading.to, &heading.cc] {
        assert!(people.len() <= MOST_PEOPLE);
    }
    for person in heading.people() {
        is_one_line(&person.name, 100);
        let mail = &person.mail;
        assert_eq!(mail::address(mail).as_ref(), Some(mail), "not the form that compares");
    }
}

fn is_one_line(text: &str, most: usize) {
    assert!(!text.contains(char::is_control), "control characters in {text:?}");
    assert!(text.chars().count() <= most, "{} characters", text.chars().count());
}

fn has(data: &[u8], word: &[u8]) -> bool {
    data.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}
