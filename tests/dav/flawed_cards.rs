//! Cards with flaws: taken, served repaired, kept as they came, listed for their owner.

use crate::desk::{Desk, card, card_with};

#[test]
fn a_card_is_never_refused_for_its_looks() {
    let (desk, anna) = Desk::of_anna();
    let begin = "BEGIN:VCARD\r\nVERSION:3.0\r\n";
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain(card("utf16", "Ü").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin: Vec<u8> =
        card("latin", "M#ller").bytes().map(|b| if b == b'#' { 0xFC } else { b }).collect();
    let cards: Vec<(&str, Vec<u8>, &str)> = vec![
        ("bom", format!("\u{feff}{}", card("bom", "B")).into(), "FN:B"),
        ("utf16", utf16, "FN:Ü"),
        ("latin", latin, "FN:Müller"),
        ("no-uid", format!("{begin}FN:A\r\nN:A;;;;\r\nEND:VCARD\r\n").into(), "UID:"),
        ("no-fn", format!("{begin}UID:nf\r\nN:Berg;Ina;;;\r\nEND:VCARD\r\n").into(), "FN:Ina Berg"),
        ("no-n", format!("{begin}UID:nn\r\nFN:Ina Berg\r\nEND:VCARD\r\n").into(), "\nN:"),
        (
            "no-version",
            "BEGIN:VCARD\r\nUID:nv\r\nFN:A\r\nN:A;;;;\r\nEND:VCARD\r\n".into(),
            "VERSION:3.0",
        ),
        ("no-end", format!("{begin}UID:ne\r\nFN:A\r\nN:A;;;;\r\n").into(), "END:VCARD"),
        ("control", card_with("ct", "A", "NOTE:a\u{1}\u{b}b\r\n").into(), "NOTE:ab"),
        ("version-9", card("v9", "A").replace("3.0", "9.0").into(), "VERSION:"),
        ("two-uids", card_with("u1", "A", "UID:u2\r\n").into(), "UID:u1"),
        (
            "unfolded",
            card_with("uf", "A", "NOTE:first\r\nsecond without a colon\r\n").into(),
            "second",
        ),
        ("around", format!("junk\r\n{}junk: x\r\n", card("ar", "A")).into(), "UID:ar"),
        ("empty-uid", format!("{begin}UID:\r\nFN:A\r\nN:A;;;;\r\nEND:VCARD\r\n").into(), "UID:"),
        ("old", include_bytes!("../cards/outlook-2.1.vcf").to_vec(), "VERSION:3.0"),
    ];
    for (name, body, expected) in &cards {
        let path = anna.card(&format!("{name}.vcf"));
        let answer = anna.put(&path, body);
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        assert_eq!(answer.header("etag"), None, "{name} is not stored as it was sent");
        let served = anna.get(&path);
        let text = served.text();
        assert!(text.contains(expected), "{name}: {expected} in {text}");
        assert!(text.starts_with("BEGIN:VCARD\r\nVERSION:"), "{name}: {text}");
        assert!(text.trim_end().ends_with("END:VCARD"), "{name}: {text}");
        for needed in ["\nUID:", "\nFN:", "\nVERSION:"] {
            assert!(text.contains(needed), "{name}: {needed} in {text}");
        }
        let listed = desk.run(&["book", "attention", "anna", "--json"]);
        assert!(listed.contains(&format!("{name}.vcf")), "{name} needs attention: {listed}");
        // What is served is a card without flaws.
        let again = anna.put(&path, text);
        assert_eq!(again.status, 204, "{name}: {}", again.text());
        assert!(again.header("etag").is_some(), "{name}: repaired twice: {text}");
        let listed = desk.run(&["book", "attention", "anna", "--json"]);
        assert!(!listed.contains(&format!("{name}.vcf")), "{name} is mended: {listed}");
    }
}

#[test]
fn flaws_go_with_the_card() {
    let (desk, anna) = Desk::of_anna();
    let (a, b) = (anna.card("a.vcf"), anna.card("b.vcf"));
    let flawed = card("a", "A").replace("FN:A\r\n", "");
    anna.store(&a, &flawed);
    assert_eq!(anna.ask("MOVE", &a, &[("Destination", &b)], "").status, 201);
    let listed = desk.run(&["book", "attention", "anna", "--json"]);
    assert!(listed.contains("b.vcf") && !listed.contains("a.vcf"), "{listed}");
    assert_eq!(anna.delete(&b).status, 204);
    let listed = desk.run(&["book", "attention", "anna", "--json"]);
    assert!(!listed.contains("b.vcf"), "{listed}");
}
