//! Who is the survivor, and what becomes of what the others had.

use super::*;

fn card(lines: &str) -> String {
    format!("BEGIN:VCARD\nVERSION:3.0\n{lines}END:VCARD\n")
}

fn merged(winner: &str, losers: &[&str]) -> (String, Vec<Choice>) {
    let cards: Vec<String> = losers.iter().map(|lines| card(lines)).collect();
    let winner = card(winner);
    let at = |n: u64| (Timestamp(n), Timestamp(n));
    let of = |card, n| Source { card, edited: at(n).0, created: at(n).1 };
    let losers: Vec<Source<'_>> =
        cards.iter().zip(2..).map(|(card, n)| of(card.as_bytes(), n)).collect();
    let fields = ["X-SIZE".to_owned()];
    let survivor = survivor(&of(winner.as_bytes(), 1), &losers, &fields, "2026-11-23");
    let text = String::from_utf8(survivor.card).unwrap();
    let text = text.replace("\n ", "");
    let inner = text.strip_prefix("BEGIN:VCARD\nVERSION:3.0\n").unwrap();
    (inner.strip_suffix("END:VCARD\n").unwrap().to_owned(), survivor.choices)
}

#[test]
fn nothing_is_lost_and_nothing_is_said_twice() {
    for (what, winner, loser, wanted) in [
        (
            "several values are united, their types too, one is preferred",
            "UID:a\nFN:A\nTEL;TYPE=cell,pref:+49 30 1\nEMAIL;TYPE=pref:A@x.org\n",
            "UID:b\nFN:A\nTEL;TYPE=work:0049301\nTEL;TYPE=home,pref:2\nEMAIL;TYPE=work:a@x.org\n",
            "UID:a\nFN:A\nTEL;TYPE=cell,pref;TYPE=work:+49 30 1\n\
             EMAIL;TYPE=pref;TYPE=work:A@x.org\nTEL;TYPE=home:2\n",
        ),
        (
            "labels go with what they label, under a group of their own",
            "UID:a\nFN:A\nitem1.URL:x\nitem1.X-ABLabel:one\n",
            "UID:b\nFN:A\nitem1.URL:y\nitem1.X-ABLabel:two\n",
            "UID:a\nFN:A\nitem1.URL:x\nitem1.X-ABLabel:one\nitem2.URL:y\nitem2.X-ABLabel:two\n",
        ),
        (
            "what is empty is filled, also where an empty line stands",
            "UID:a\nFN:A\nN:;;;;\nTITLE:\n",
            "UID:b\nFN:A\nN:Z;A;;;\nBDAY:2000-01-01\nTITLE:Dr\nPHOTO;VALUE=uri:http://x\n",
            "UID:a\nFN:A\nN:Z;A;;;\nTITLE:\nBDAY:2000-01-01\nTITLE:Dr\nPHOTO;VALUE=uri:http://x\n",
        ),
        (
            "the fuller name stays, and its parts with it",
            "UID:a\nFN:Bert\nN:;Bert;;;\n",
            "UID:b\nFN:Bert Berg\nN:Berg;Bert;;;\n",
            "UID:a\nFN:Bert Berg\nN:Berg;Bert;;;\n",
        ),
        (
            "a day that does not stay is told, categories are united, notes dated",
            "UID:a\nFN:A\nBDAY:2000-01-01\nNOTE:one\nCATEGORIES:x\n",
            "UID:b\nFN:A\nBDAY:1999-01-01\nNOTE:two\nCATEGORIES:X,y\n",
            "UID:a\nFN:A\nBDAY:1999-01-01\nNOTE:one\\n\\n— 2026-11-23:\\ntwo\\n\\n\
             — 2026-11-23: also birthday 2000-01-01\nCATEGORIES:x,y\n",
        ),
        (
            "unknown properties stay, also several",
            "UID:a\nFN:A\nX-Q:1\n",
            "UID:b\nFN:A\nX-Q:1\nX-Q:2\nX-R;P=1:3\nREV:5\nPRODID:p\n",
            "UID:a\nFN:A\nX-Q:1\nX-Q:2\nX-R;P=1:3\n",
        ),
        (
            "a field of one's own has one value; the other is told",
            "UID:a\nFN:A\nX-SIZE:41\n",
            "UID:b\nFN:A\nX-SIZE:42\n",
            "UID:a\nFN:A\nX-SIZE:42\nNOTE:— 2026-11-23: also X-SIZE 41\n",
        ),
    ] {
        assert_eq!(merged(winner, &[loser]).0, wanted, "{what}");
    }
}

#[test]
fn several_at_once_and_choices_are_told() {
    let (card, choices) = merged(
        "UID:a\nFN:Bob\nTEL:1\n",
        &["UID:b\nFN:Robert Berg\nTEL:2\n", "UID:c\nFN:Rob Berg\nTEL:1\nTEL:3\n"],
    );
    assert!(card.starts_with("UID:a\nFN:Rob Berg\nTEL:1\nTEL:2\n"), "{card}");
    assert_eq!(card.matches("TEL:").count(), 3, "{card}");
    assert!(card.contains("also called Bob") && card.contains("also called Robert Berg"), "{card}");
    assert_eq!(choices.len(), 2, "{choices:?}");
    assert_eq!(
        (choices[1].kept.as_str(), choices[1].dropped.as_str()),
        ("Rob Berg", "Robert Berg")
    );
}

#[test]
fn merging_again_changes_nothing() {
    let winner = "UID:a\nFN:Bob\nTEL:1\nNOTE:x\nBDAY:2000-01-01\nitem1.URL:q\nitem1.X-ABLabel:w\n";
    let loser =
        "UID:b\nFN:Robert\nTEL:2\nNOTE:y\nBDAY:2001-01-01\nitem1.URL:p\nitem1.X-ABLabel:v\n";
    let (once, _) = merged(winner, &[loser]);
    let again = card(&once);
    let at = Timestamp(2);
    let source = |card| Source { card, edited: at, created: at };
    let loser = card(loser);
    let twice = survivor(&source(again.as_bytes()), &[source(loser.as_bytes())], &[], "d");
    assert_eq!(String::from_utf8(twice.card).unwrap().replace("\n ", ""), again);
}
