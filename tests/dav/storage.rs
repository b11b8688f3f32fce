//! Bytes in, bytes out: what is a card comes back exactly as it was sent.

use crate::desk::{Desk, card, card_with, xml};

#[test]
fn every_byte_of_a_card_comes_back() {
    let (_desk, anna) = Desk::of_anna();
    let unix = card("lf", "Line Feeds").replace("\r\n", "\n");
    let no_end = card("e", "No Last Line End").trim_end().to_owned();
    let emoji = format!("NOTE:{}🦊{}\r\n \u{1F98A}\r\n", "x".repeat(68), "y".repeat(10));
    let cards = [
        ("apple", include_str!("../cards/apple-3.0.vcf").to_owned()),
        ("company", include_str!("../cards/apple-company-3.0.vcf").to_owned()),
        ("group", include_str!("../cards/apple-group-3.0.vcf").to_owned()),
        ("davx5-3", include_str!("../cards/davx5-3.0.vcf").to_owned()),
        ("davx5-4", include_str!("../cards/davx5-4.0.vcf").to_owned()),
        ("evolution", include_str!("../cards/evolution-3.0.vcf").to_owned()),
        ("google", include_str!("../cards/google-3.0.vcf").to_owned()),
        ("nextcloud", include_str!("../cards/nextcloud-4.0.vcf").to_owned()),
        ("thunderbird", include_str!("../cards/thunderbird-4.0.vcf").to_owned()),
        ("unix", unix),
        ("no-end", no_end),
        ("emoji", card_with("emoji", "E", &emoji)),
        ("markup", card_with("m", "]]> & <b>", "NOTE:<![CDATA[&amp;]]>\r\n")),
        ("folds", card_with("f", "F", "NOTE:a\r\n b\r\n\tc\r\n  d\r\n")),
        (
            "lower",
            "begin:vcard\r\nversion:3.0\r\nuid:lower\r\nfn:L\r\nn:L;;;;\r\nend:vcard\r\n"
                .to_owned(),
        ),
        (
            "odd",
            card_with(
                "odd",
                "O",
                "X-ODD;A=1;A=2;b=\"x:;,y\":\\x\\;;\r\nGroup-1.x-Y;TYPE=A,b:\r\nTEL;CELL:1\r\n",
            ),
        ),
        ("many-notes", card_with("n", "N", &"NOTE:again\r\n".repeat(500))),
    ];
    for (name, body) in &cards {
        let path = anna.card(&format!("{name}.vcf"));
        let answer = anna.put(&path, body);
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        let tag = answer.header("etag").unwrap_or_else(|| panic!("{name} was not stored as sent"));
        let got = anna.get(&path);
        assert_eq!(got.text(), body, "{name}");
        assert_eq!(got.header("etag"), Some(tag), "{name}");
        // Within XML too, CR included.
        let inner = format!("<D:prop><C:address-data/></D:prop><D:href>{path}</D:href>");
        let answer = anna.ask("REPORT", &anna.book(), &[], xml("C:addressbook-multiget", &inner));
        let document = roxmltree::Document::parse(answer.text()).unwrap();
        let data = document.descendants().find(|n| n.tag_name().name() == "address-data").unwrap();
        assert_eq!(data.text(), Some(body.as_str()), "{name} within XML");
    }
}

#[test]
fn a_photo_of_ten_mebibytes_is_kept_and_does_not_burden_others() {
    let (desk, anna) = Desk::of_anna();
    let mut photo = String::with_capacity(14 << 20);
    photo.push_str("PHOTO;ENCODING=b;TYPE=JPEG:");
    let line = format!("{}\r\n ", "QUJDREVG".repeat(9));
    while photo.len() < 14 << 20 {
        photo.push_str(&line);
    }
    photo.push_str("QUJD\r\n");
    let body = card_with("a", "A", &photo);
    let path = anna.card("a.vcf");
    let answer = anna.put(&path, &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.header("etag").is_some());
    assert!(anna.get(&path).body == body.as_bytes(), "a byte of the photo is lost");
    let inner = "<D:prop><C:address-data><C:prop name='FN'/></C:address-data></D:prop><C:filter/>";
    let found = anna.report(&anna.book(), "1", &xml("C:addressbook-query", inner));
    assert!(found.responses[0].value("C:address-data").len() < 200, "without the photo");
    assert!(desk.most_memory() < 200, "{} MiB for one photo", desk.most_memory());
}

#[test]
fn history_and_trash_keep_what_was_replaced() {
    let (desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    anna.store(&path, card("a", "Before"));
    anna.store(&path, card("a", "After"));
    assert_eq!(anna.delete(&path).status, 204);
    let trash = desk.run(&["book", "trash", "anna"]);
    assert!(trash.contains("a.vcf"), "{trash}");
}
