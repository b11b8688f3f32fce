//! What clients do to a served card: whatever it is, nothing of the layer stays in the base,
//! nothing that a person wrote is lost, and the next weaving shows all again.

use std::collections::HashSet;

use super::clients::{
    TOP, converted, fence_only, folded_at, heads, joined, notes, texts, without, wrapped_at,
};
use crate::contacts::layer::tests::{layer, woven};
use crate::contacts::layer::{Bounds, Layer, fingerprint, rendering, typed_in_fence, unweave};
use crate::formats::text;
use crate::formats::vcard::{Card, Version, inspect};

/// What a client does, and what of it was typed in the fence.
struct Mutation {
    name: &'static str,
    apply: fn(&str) -> String,
    typed: &'static [&'static str],
    /// What was typed into the person's own part.
    above: &'static str,
}

const fn does(name: &'static str, apply: fn(&str) -> String) -> Mutation {
    Mutation { name, apply, typed: &[], above: "" }
}

const fn types(
    name: &'static str,
    typed: &'static [&'static str],
    apply: fn(&str) -> String,
) -> Mutation {
    Mutation { name, apply, typed, above: "" }
}

const BOTTOM: &str = "--- type below to add ---";

const MUTATIONS: &[Mutation] = &[
    does("nothing", str::to_owned),
    does("drops unknown properties", |card| without(card, "X-ROLODAV")),
    does("joins notes", joined),
    does("drops unknown properties, joins notes", |card| without(&joined(card), "X-ROLODAV")),
    does("unfolds", |card| card.replace("\r\n ", "")),
    does("folds elsewhere", |card| folded_at(card, 31)),
    does("folds bytewise", |card| folded_at(card, 11)),
    does("writes LF", |card| card.replace("\r\n", "\n")),
    does("lower-case names", |card| heads(card, str::to_ascii_lowercase)),
    does("upper-case names", |card| heads(card, str::to_ascii_uppercase)),
    does("renames groups", |card| {
        heads(card, |head| format!("item9.{}", head.split_once('.').map_or(head, |(_, name)| name)))
    }),
    does("adds parameters", |card| card.replace("\r\nNOTE:", "\r\nNOTE;LANGUAGE=en;X-A=\"b:c\":")),
    does("orders and quotes parameters", |card| {
        heads(card, |head| {
            let mut parts: Vec<_> = head.split(';').collect();
            if let [_, params @ ..] = parts.as_mut_slice() {
                params.reverse();
            }
            parts.join(";").replace("KIND=call", "kind=\"call\"")
        })
    }),
    does("goes through 4.0", |card| converted(card, &[Version::V40])),
    does("goes through 3.0", |card| converted(card, &[Version::V30])),
    does("goes to and fro", |card| converted(card, &[Version::V30, Version::V40, Version::V30])),
    does("is repaired", |card| {
        let broken = card.replace("END:VCARD\r\n", "\r\n\r\n").replace("VERSION", "\u{1}VERSION");
        let seen = inspect(broken.as_bytes(), 1000, || "u".into()).unwrap();
        String::from_utf8(seen.served.unwrap()).unwrap()
    }),
    does("sorts lines", |card| {
        let card = card.replace("\r\n ", "");
        let mut lines: Vec<_> = card.lines().collect();
        let last = lines.len() - 1;
        lines[1..last].sort_unstable();
        lines.join("\r\n") + "\r\n"
    }),
    does("rewrites REV and PRODID", |card| {
        card.replace(
            "UID:u",
            "PRODID:-//Apple Inc.//iOS 17.0.2//EN\r\nREV:2026-11-22T10:00:00Z\r\nUID:u",
        )
    }),
    does("writes the note twice", |card| {
        let card = card.replace("\r\n ", "");
        let lines = card.lines().flat_map(|line| {
            let twice = line.contains("NOTE") && line.contains(TOP);
            std::iter::repeat_n(line, if twice { 2 } else { 1 })
        });
        lines.collect::<Vec<_>>().join("\r\n")
    }),
    does("writes the note twice and joins", |card| {
        let card = card.replace("\r\n ", "");
        let lines: Vec<_> = card
            .lines()
            .flat_map(|line| {
                let twice = line.contains("NOTE") && line.contains(TOP);
                std::iter::repeat_n(line, if twice { 2 } else { 1 })
            })
            .collect();
        joined(&(lines.join("\r\n") + "\r\n"))
    }),
    does("capital line breaks", |card| notes(card, |_, raw| raw.replace("\\n", "\\N"))),
    does("strips blanks around lines", |card| {
        texts(card, |note| note.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
    }),
    does("strips blanks around the note", |card| texts(card, |note| note.trim().to_owned())),
    does("blanks at line ends", |card| texts(card, |note| note.replace('\n', " \t\n"))),
    does("CRLF in the note", |card| texts(card, |note| note.replace('\n', "\r\n"))),
    does("no blank lines", |card| texts(card, |note| note.replace("\n\n", "\n"))),
    does("blank lines between", |card| texts(card, |note| note.replace('\n', "\n\n"))),
    does("long dashes", |card| texts(card, |note| note.replace("---", "\u{2014}"))),
    does("dashes of all sorts", |card| texts(card, |note| note.replace("---", "\u{2013}-"))),
    does("no-break blanks", |card| {
        texts(card, |note| fence_only(note, |f| f.replace(' ', "\u{a0}")))
    }),
    does("smart quotes", |card| {
        texts(card, |note| note.replace('"', "\u{201c}").replace("...", "…"))
    }),
    does("double blanks", |card| texts(card, |note| fence_only(note, |f| f.replace(' ', "  ")))),
    does("capitals", |card| texts(card, |note| fence_only(note, str::to_uppercase))),
    does("wraps at 40", |card| texts(card, |note| fence_only(note, |f| wrapped_at(f, 40)))),
    does("wraps at 24", |card| texts(card, |note| fence_only(note, |f| wrapped_at(f, 24)))),
    does("makes blanks of breaks", |card| {
        texts(card, |note| fence_only(note, |f| f.replace('\n', " ")))
    }),
    does("makes one line of the note", |card| texts(card, |note| note.replace('\n', " "))),
    does("removes the fence", |card| texts(card, |note| fence_only(note, |_| String::new()))),
    does("removes notes", |card| without(card, "NOTE")),
    does("removes the top marker", |card| {
        texts(card, |note| note.replace(&format!("{TOP}\n"), ""))
    }),
    does("removes the bottom marker", |card| texts(card, |note| note.replace(BOTTOM, ""))),
    does("removes the dashes before the markers", |card| {
        texts(card, |note| note.replace("--- H", "H").replace("--- t", "t"))
    }),
    does("removes the dashes behind the markers", |card| {
        texts(card, |note| note.replace("v) ---", "v)").replace("d ---", "d"))
    }),
    does("removes entries", |card| {
        texts(card, |note| {
            note.lines()
                .filter(|line| !line.starts_with("2026-11-0"))
                .collect::<Vec<_>>()
                .join("\n")
        })
    }),
    types("types below", &["Likes sailing"], |card| {
        texts(card, |note| format!("{note}\nLikes sailing"))
    }),
    types("types behind the marker", &["Likes sailing"], |card| {
        texts(card, |note| note.to_owned() + "Likes sailing")
    }),
    types("types several lines below", &["one\ntwo", "three"], |card| {
        texts(card, |note| format!("{note}\n\none\ntwo\n\nthree\n"))
    }),
    types("types a list below", &["- milk\n- \"tea\""], |card| {
        texts(card, |note| format!("{note}\n- milk\n- \"tea\""))
    }),
    types("types between", &["In a hurry"], |card| {
        texts(card, |note| note.replace("\n2026-11-03", "\nIn a hurry\n2026-11-03"))
    }),
    types("types under the top", &["In a hurry"], |card| {
        texts(card, |note| note.replace(TOP, &format!("{TOP}\nIn a hurry")))
    }),
    types("types behind an entry", &["and tea"], |card| {
        texts(card, |note| note.replace("offer (anna)", "offer (anna) and tea"))
    }),
    types("types behind a wrapped entry", &["and tea"], |card| {
        texts(card, |note| {
            fence_only(note, |f| wrapped_at(f, 30).replacen("(anna)", "(anna) and tea", 1))
        })
    }),
    types("types before an entry", &["Hm."], |card| {
        texts(card, |note| note.replace("2026-11-03 mail", "Hm. 2026-11-03 mail"))
    }),
    types("types a date below", &["2026-11-22 dinner: with all"], |card| {
        texts(card, |note| format!("{note}\n2026-11-22 dinner: with all"))
    }),
    types("edits an entry", &["2026-11-21 10:15 call: Spoke about the big offer (anna)"], |card| {
        texts(card, |note| note.replace("the offer", "the big offer"))
    }),
    types("types a lone marker below", &["hi"], |card| {
        texts(card, |note| format!("{note}\n{TOP}\nhi"))
    }),
    types("pastes the fence below", &["hi"], |card| {
        texts(card, |note| {
            let fence = note.get(note.find(TOP).unwrap_or_default()..).unwrap_or_default();
            format!("{note}\n{fence}\nhi")
        })
    }),
    types("types below, makes blanks of breaks", &["Likes sailing"], |card| {
        texts(card, |note| fence_only(note, |f| format!("{f}\nLikes sailing").replace('\n', " ")))
    }),
    types("types below, drops unknown properties", &["Likes sailing"], |card| {
        without(&texts(card, |note| format!("{note}\nLikes sailing")), "X-ROLODAV")
    }),
    Mutation {
        name: "types above",
        apply: |card| texts(card, |note| note.replace(TOP, &format!("Has a boat.\n{TOP}"))),
        typed: &[],
        above: "Has a boat.",
    },
    Mutation {
        name: "types first",
        apply: |card| texts(card, |note| format!("Has a boat.\n{note}")),
        typed: &[],
        above: "Has a boat.",
    },
    Mutation {
        name: "types above, no top marker",
        apply: |card| texts(card, |note| note.replace(TOP, "Has a boat.")),
        typed: &[],
        above: "Has a boat.",
    },
];

const FRAME: &str =
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:Ada\r\nN:Ada;;;;\r\nTEL:1\r\nEND:VCARD\r\n";

/// What stands in notes of a person's own; each with the text of it all.
const NOTES: &[(&str, &str)] = &[
    ("", ""),
    ("NOTE:Likes tea\\, and biscuits\r\n", "Likes tea, and biscuits"),
    (
        "item1.NOTE:Many\\nlines\\n\\nof é and €\\; one very long one that has to be folded twice at least: \
      twice\r\n",
        "Many lines of é and €; one very long one that has to be folded twice at least: twice",
    ),
    ("NOTE:First\r\nNOTE:Second --\r\n", "First Second --"),
];

/// The text of all notes, blanks made one.
fn noted(card: &[u8]) -> String {
    let card = Card::parse(card);
    let texts: Vec<_> = card.all("NOTE").map(|line| line.text().into_owned()).collect();
    texts.join("\n").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn many_entries() -> Layer {
    let mut layer = layer();
    let entry = layer.entries[0].clone();
    for n in 1..12_i8 {
        let mut more = entry.clone();
        more.uid = format!("more-{n}");
        more.text = format!(
            "No {n}: on 2026-12-{n:02} at 10: bring + and - (both), é😀\n+todo tomorrow x {n}"
        );
        more.local = jiff::civil::date(2026, 10, n).at(8, 0, 0, 0);
        layer.entries.push(more);
    }
    layer
}

#[test]
fn whatever_a_client_does() {
    let mut wrong = Vec::new();
    for layer in [layer(), many_entries()] {
        let known = layer.entries.iter().map(|entry| fingerprint(&rendering(entry))).collect();
        for (note, text) in NOTES {
            let base = FRAME.replace("TEL:1\r\n", &format!("{note}TEL:1\r\n"));
            let served = woven(&base, &layer);
            for mutation in MUTATIONS {
                if let Err(cause) = check(mutation, &served, &layer, &known, text) {
                    let sent = (mutation.apply)(&served).replace("\r\n ", "");
                    wrong.push(format!("{} with {note:?}: {cause}\n{sent}", mutation.name));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong; the first:\n{}",
        wrong.len(),
        wrong.iter().take(6).cloned().collect::<Vec<_>>().join("\n\n")
    );
}

fn check(
    mutation: &Mutation,
    served: &str,
    layer: &Layer,
    known: &HashSet<u64>,
    own: &str,
) -> Result<(), String> {
    let sent = (mutation.apply)(served);
    let unwoven = unweave(sent.as_bytes());
    let base = String::from_utf8(unwoven.base).unwrap();
    if base.to_lowercase().contains("rolodav") {
        return Err(format!("the base holds ours: {base}"));
    }
    let typed = typed_in_fence(&unwoven.seen, |line| known.contains(&fingerprint(line)));
    if typed != mutation.typed {
        return Err(format!("typed was {typed:?}, wanted {:?}", mutation.typed));
    }
    // In a note that was written twice the person's part stands twice.
    let found = noted(base.as_bytes());
    let found = if mutation.name == "writes the note twice" { own.to_owned() } else { found };
    let is_gone = matches!(mutation.name, "removes notes");
    let wanted = match (mutation.above, mutation.name) {
        ("", _) => own.to_owned(),
        (above, "types first") => format!("{above} {own}"),
        (above, _) => format!("{own} {above}"),
    };
    if !is_gone && mutation.name != "types first" && found != wanted.trim() {
        return Err(format!("the note is {found:?}, wanted {wanted:?}"));
    }
    if !found.contains(mutation.above) {
        return Err(format!("typed above is lost: {found}"));
    }
    let again = woven(&base, layer).replace("\r\n ", "").replace("\n ", "");
    for entry in &layer.shown(Bounds::default()).entries {
        let line = text::escape(&rendering(entry)).into_owned();
        if again.matches(&line).count() != 1 {
            return Err(format!(
                "{line:?} is there {} times: {again}",
                again.matches(&line).count()
            ));
        }
    }
    Ok(())
}

#[test]
fn a_doubled_note_stays_one_note_each() {
    let served = woven(&FRAME.replace("TEL", "NOTE:tea\r\nTEL"), &layer()).replace("\r\n ", "");
    let note = served.lines().find(|line| line.starts_with("NOTE")).unwrap();
    let sent = served.replace(note, &format!("{note}\r\n{note}"));
    assert_eq!(noted(&unweave(sent.as_bytes()).base), "tea tea");
}
