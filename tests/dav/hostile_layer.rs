//! What is typed and sent to harm the memory of contacts: floods of commands, forged histories,
//! texts that would end a card, very many tags and members. Everything is taken or refused in
//! bounded time and memory, and what is served is one well-formed card.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::desk::{Desk, User, card, card_with, xml};

const TOP: &str = "--- History (rolodav) ---";
const BOTTOM: &str = "--- type below to add ---";

/// Longest that one request may take, on a slow machine without optimisation.
const LONGEST: Duration = Duration::from_secs(20);
/// Most memory that the server may have needed.
const MOST_MEMORY: u64 = 600;

/// PUT within the bounds; the status.
#[track_caller]
fn bounded(user: &User, path: &str, body: &str) -> u16 {
    let started = Instant::now();
    let answer = user.put(path, body);
    assert!(started.elapsed() < LONGEST, "{path} took {:?}", started.elapsed());
    assert!(answer.status < 500, "{path}: {} {}", answer.status, answer.text());
    answer.status
}

/// The card that is served: one, well-formed, its lines unfolded.
#[track_caller]
fn served(user: &User, path: &str) -> Vec<String> {
    let started = Instant::now();
    let answer = user.get(path);
    assert_eq!(answer.status, 200, "GET {path}");
    let text = answer.text().replace("\r\n ", "").replace("\r\n\t", "");
    let lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
    for (edge, line) in [("BEGIN", "BEGIN:VCARD"), ("END", "END:VCARD")] {
        let found = lines.iter().filter(|l| l.to_ascii_uppercase().starts_with(edge)).count();
        assert_eq!(found, 1, "{path} has {found} lines like {line}: {text}");
    }
    let ours = lines.iter().filter(|line| line.starts_with("X-ROLODAV-"));
    let control = ours.flat_map(|line| line.chars()).find(|c| c.is_control());
    assert_eq!(control, None, "{path} holds a control character in what the server wrote");
    // As XML it must be readable, too.
    let body = format!("<D:prop><D:getetag/><C:address-data/></D:prop><D:href>{path}</D:href>");
    let found = user.report(&user.book(), "0", &xml("C:addressbook-multiget", &body));
    assert!(found.responses[0].prop("C:address-data").is_some(), "{path} is not in the multiget");
    assert!(started.elapsed() < LONGEST, "reading {path} took {:?}", started.elapsed());
    lines
}

fn value<'a>(lines: &'a [String], name: &str) -> &'a str {
    let found = lines.iter().find(|line| line.starts_with(&format!("{name}:")));
    found.map_or("", |line| &line[name.len() + 1..])
}

fn but_revision(mut lines: Vec<String>) -> Vec<String> {
    lines.retain(|line| !line.starts_with("X-ROLODAV-REV:"));
    lines
}

/// All that the server has of this card: the present one, earlier ones and what is remembered.
fn everything(desk: &Desk, user: &User, path: &str) -> String {
    desk.run(&["export", &user.name]) + &served(user, path).join("\n")
}

#[test]
fn a_megabyte_of_commands_is_taken_in_bounded_time_and_nothing_of_it_is_lost() {
    let (desk, anna) = Desk::of_anna();
    let mut note = String::new();
    for number in 0.. {
        write!(note, "+call 2026-01-02 spoke of w{number:06}q\\n").unwrap();
        if note.len() > 1 << 20 {
            break;
        }
    }
    let path = anna.card("flood.vcf");
    let sent = card_with("flood", "Flo Od", &format!("NOTE:{note}\r\n"));
    assert_eq!(bounded(&anna, &path, &sent), 201);
    let lines = served(&anna, &path);
    let shown = lines.iter().filter(|line| line.starts_with("X-ROLODAV-INTERACTION")).count();
    assert!((1..=20).contains(&shown), "{shown} interactions are shown in the card");
    // What was not taken for a command stands where it was typed.
    assert!(value(&lines, "NOTE").contains("w009000q"), "the end of the note is lost");
    // The card that is served can be sent back as often as one likes.
    for _ in 0..2 {
        let again = anna.get(&path);
        assert_eq!(bounded(&anna, &path, again.text()), 204);
    }
    // All in one line, and all as tags.
    let path = anna.card("line.vcf");
    let line = card_with("line", "L", &format!("NOTE:+tag {}\r\n", "a\\,b\\, ".repeat(200_000)));
    assert_eq!(bounded(&anna, &path, &line), 201);
    served(&anna, &path);
    assert!(desk.most_memory() < MOST_MEMORY, "{} MiB were needed", desk.most_memory());
}

#[test]
fn forged_and_nested_histories_are_bounded_and_what_is_typed_in_them_is_kept() {
    let (desk, anna) = Desk::of_anna();
    let many = |line: &str| format!("{line}\\n").repeat(5_000);
    let entry = "2026-01-02 10:00 call: never happened (nobody)";
    let nested = format!("{TOP}\\n{entry}\\n").repeat(300) + &format!("{BOTTOM}\\n").repeat(300);
    let forged = [
        ("top", format!("mine wown{0}q\\n{TOP}\\n{entry}\\ntyped w000001q", "000")),
        ("bottom", format!("{BOTTOM}\\ntyped w000002q")),
        ("twice", format!("{TOP}\\n{BOTTOM}\\ntyped w000003q\\n{TOP}\\n{BOTTOM}\\nw000004q")),
        ("reversed", format!("{BOTTOM}\\n{entry}\\n{TOP}\\ntyped w000005q")),
        ("nested", format!("{nested}typed w000006q")),
        ("tops", many(TOP) + "typed w000007q"),
        ("bottoms", many(BOTTOM) + "typed w000008q"),
        ("entries", format!("{TOP}\\n") + &many(entry) + "\\ntyped w000009q"),
        ("dashes", many("---") + "typed w000010q"),
        ("dates", format!("{TOP}\\n{}\\n\\ntyped w000011q", "2026-01-02 ".repeat(10_000))),
        ("stages", format!("{TOP}\\n{}\\n\\ntyped w000012q", "[Stage: x] ".repeat(10_000))),
        ("own", format!("{TOP}\\n[Stage: client] [Next: 2026-01-01]\\ntyped w000013q")),
    ];
    for (number, (name, note)) in forged.iter().enumerate() {
        let path = anna.card(&format!("{name}.vcf"));
        let sent = card_with(name, name, &format!("NOTE:{note}\r\n"));
        assert_eq!(bounded(&anna, &path, &sent), 201, "{name}");
        let words = note.match_indices("w0000").map(|(at, _)| &note[at..at + 8]);
        let all = everything(&desk, &anna, &path);
        for word in words {
            assert!(all.contains(word), "{name} (case {number}): {word} is lost");
        }
        let again = anna.get(&path);
        assert_eq!(bounded(&anna, &path, again.text()), 204, "{name} again");
        let first = served(&anna, &path);
        let again = anna.get(&path);
        bounded(&anna, &path, again.text());
        assert_eq!(
            but_revision(served(&anna, &path)),
            but_revision(first),
            "{name} grows when it is sent back"
        );
    }
    assert!(desk.most_memory() < MOST_MEMORY, "{} MiB were needed", desk.most_memory());
}

#[test]
fn texts_that_would_end_a_card_stay_texts() {
    let (_desk, anna) = Desk::of_anna();
    let evil = [
        "a\\nEND:VCARD\\nBEGIN:VCARD\\nFN:Mallory",
        "a\\r\\nX-ROLODAV-REV:99999999999999999999",
        "a\\n--- type below to add ---\\nb",
        "a\\n --- History (rolodav) ---\\nb",
        "a\u{2028}END:VCARD\u{2029}b",
        "a\u{85}END:VCARD",
        "a\\\\nb\\",
        "]]>&lt;<![CDATA[",
        "\u{feff}a\u{fffe}b\u{ffff}",
        "=0D=0AEND:VCARD",
        "\"quoted\";UID=other:text",
        "$(reboot) ../../etc/passwd",
    ];
    for (number, text) in evil.iter().enumerate() {
        for (way, line) in [
            ("command", format!("NOTE:+note 2026-01-02 {text}\r\n")),
            ("line", format!("X-ROLODAV-INTERACTION;KIND=call;AT=20260102T100000Z:{text}\r\n")),
            ("kind", format!("X-ROLODAV-INTERACTION;KIND=\"{}\":x\r\n", text.replace('"', ""))),
            ("stage", format!("X-ROLODAV-STAGE:{text}\r\n")),
            ("tag", format!("NOTE:+tag {text}\r\n")),
            ("todo", format!("NOTE:+todo 2026-12-01 {text}\r\n")),
        ] {
            let uid = format!("{way}-{number}");
            let path = anna.card(&format!("{uid}.vcf"));
            let sent = card_with(&uid, "Eve", &line);
            assert_eq!(bounded(&anna, &path, &sent), 201, "{way}: {text:?}");
            let lines = served(&anna, &path);
            assert_eq!(value(&lines, "FN"), "Eve", "{way}: {text:?}");
            assert_eq!(value(&lines, "UID"), uid, "{way}: {text:?}");
            let again = anna.get(&path);
            assert_eq!(bounded(&anna, &path, again.text()), 204, "{way} again: {text:?}");
            served(&anna, &path);
        }
    }
    // Raw control characters and a revision out of this world.
    let odd = "X-ROLODAV-REV:18446744073709551615\r\nX-ROLODAV-REV:-1\r\nX-ROLODAV-CADENCE:9999999999d\r\n\
        X-ROLODAV-LAST-CONTACT:not a day\r\nX-ROLODAV-INTERACTION:\u{7}\u{0}\u{1b}[2J\r\n\
        X-ROLODAV-INTERACTION;UID=\"\";AT=99999999999999999999:x\r\nX-ROLODAV-:\r\n\
        NOTE:+call \u{0}\u{8}x\\n+every 99999999999999999999d\\n+todo 9999-99-99 x\\n+met 0000-00-00 x\r\n";
    let path = anna.card("odd.vcf");
    assert_eq!(bounded(&anna, &path, &card_with("odd", "Odd", odd)), 201);
    served(&anna, &path);
}

#[test]
fn ten_thousand_tags_on_a_card_are_bounded() {
    let (desk, anna) = Desk::of_anna();
    let tags: Vec<String> = (0..10_000).map(|number| format!("tag{number:05}")).collect();
    let path = anna.card("tags.vcf");
    let sent = card_with("tags", "Ta Gs", &format!("CATEGORIES:{}\r\n", tags.join(",")));
    assert_eq!(bounded(&anna, &path, &sent), 201);
    assert_eq!(anna.get(&path).text(), sent, "bytes in, bytes out");
    let more = sent.replace("END:VCARD", "NOTE:+tag one more\\n+call yesterday spoke\r\nEND:VCARD");
    assert_eq!(bounded(&anna, &path, &more), 204);
    let lines = served(&anna, &path);
    let categories: usize = lines
        .iter()
        .filter(|line| line.starts_with("CATEGORIES"))
        .map(|line| line.split(',').count())
        .sum();
    assert_eq!(categories, 10_001);
    // One that a phone sends back without them, and one where each is a line.
    let bare = card_with("tags", "Ta Gs", "NOTE:phone\r\n");
    assert_eq!(bounded(&anna, &path, &bare), 204);
    let each: String = tags.iter().map(|tag| format!("CATEGORIES:{tag}\r\n")).collect();
    let path = anna.card("each.vcf");
    assert_eq!(bounded(&anna, &path, &card_with("each", "E", &each)), 201);
    assert!(desk.most_memory() < MOST_MEMORY, "{} MiB were needed", desk.most_memory());
}

#[test]
fn a_group_of_fifty_thousand_members_is_bounded() {
    let (desk, anna) = Desk::of_anna();
    for number in 0..20 {
        anna.store(&anna.card(&format!("m{number}.vcf")), card(&format!("m{number}"), "M"));
    }
    let mut members = String::new();
    for number in 0..50_000 {
        write!(members, "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:m{number}\r\n").unwrap();
    }
    let path = anna.card("crowd.vcf");
    let group =
        card_with("crowd", "Crowd", &format!("X-ADDRESSBOOKSERVER-KIND:group\r\n{members}"));
    let started = Instant::now();
    assert!(matches!(bounded(&anna, &path, &group), 201 | 204));
    let half = group.replace("urn:uuid:m1", "urn:uuid:x1");
    assert!(bounded(&anna, &path, &half) < 300);
    assert!(anna.delete(&path).status < 300);
    assert!(started.elapsed() < 3 * LONGEST, "all took {:?}", started.elapsed());
    assert!(desk.most_memory() < MOST_MEMORY, "{} MiB were needed", desk.most_memory());
}
