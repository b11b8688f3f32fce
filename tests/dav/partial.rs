//! Partial address-data (RFC 6352 §10.4.2).

use crate::desk::{Desk, card_with, xml};

const LINES: &str = "TEL;TYPE=home:1\r\nitem1.TEL;TYPE=cell:2\r\nitem1.X-ABLABEL:Boat\r\nitem2.URL:x\r\nX-Own;P=\"q\":v\\,w\r\nPHOTO;ENCODING=b:QUJD\r\n";

#[test]
fn only_the_properties_wished_for_are_told_as_a_whole_card() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    let body = card_with("a", "A", LINES);
    anna.store(&path, &body);
    for (wish, present, absent) in [
        ("<C:prop name='TEL'/>", "TEL;TYPE=home:1 item1.TEL;TYPE=cell:2", "PHOTO X-Own URL"),
        ("<C:prop name='tel'/>", "TEL;TYPE=home:1 item1.TEL;TYPE=cell:2", "PHOTO"),
        ("<C:prop name='item1.TEL'/>", "item1.TEL;TYPE=cell:2", "TYPE=home PHOTO"),
        ("<C:prop name='X-OWN'/>", "X-Own;P=\"q\":v\\,w", "TEL PHOTO"),
        ("<C:prop name='X-OWN' novalue='yes'/>", "X-Own", "v\\,w TEL"),
        ("<C:prop name='X-OWN' novalue='no'/>", "v\\,w", "TEL"),
        ("<C:prop name='X-NONE'/>", "", "TEL PHOTO X-Own"),
        ("<C:prop name='EMAIL'/><C:prop name='URL'/>", "item2.URL:x", "TEL PHOTO"),
    ] {
        for report in ["C:addressbook-query", "C:addressbook-multiget", "D:sync-collection"] {
            let tail = match report {
                "C:addressbook-multiget" => format!("<D:href>{path}</D:href>"),
                "C:addressbook-query" => "<C:filter/>".to_owned(),
                _ => "<D:sync-token/><D:sync-level>1</D:sync-level>".to_owned(),
            };
            let inner = format!(
                "<D:prop><D:getetag/><C:address-data>{wish}</C:address-data></D:prop>{tail}"
            );
            let found = anna.report(&anna.book(), "1", &xml(report, &inner));
            let response = found.about(&path);
            assert_eq!(response.value("D:getetag"), anna.etag(&path), "of the whole card");
            let data = response.value("C:address-data");
            let case = format!("{report} {wish}: {data}");
            assert!(data.starts_with("BEGIN:VCARD\r\nVERSION:3.0\r\n"), "{case}");
            assert!(data.ends_with("END:VCARD"), "{case}");
            assert!(data.contains("\r\nUID:a\r\n"), "which card it is: {case}");
            for text in present.split_whitespace() {
                assert!(data.contains(text), "{text} in {case}");
            }
            for text in absent.split_whitespace() {
                assert!(!data.contains(text), "no {text} in {case}");
            }
        }
    }
    let whole = |wish: &str| {
        let inner = format!("<D:prop>{wish}</D:prop><D:href>{path}</D:href>");
        let found = anna.report(&anna.book(), "0", &xml("C:addressbook-multiget", &inner));
        found.about(&path).value("C:address-data").to_owned()
    };
    for wish in ["<C:address-data/>", "<C:address-data><C:allprop/></C:address-data>"] {
        assert_eq!(whole(wish), body.trim_end(), "{wish}");
    }
}
