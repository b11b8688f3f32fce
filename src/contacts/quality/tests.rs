//! What is found on cards, case by case.

mod alike;
pub(in crate::contacts) mod store;

use std::fmt::Write as _;

use super::*;
use crate::contacts::normal::Region;

fn card(lines: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\n{lines}END:VCARD\r\n")
}

fn look(lines: &str) -> Look {
    Look::at(card(lines).as_bytes(), Region::named("DE")).unwrap()
}

fn kinds(lines: &str) -> Vec<&'static str> {
    look(lines).findings.kinds().each().map(Kind::word).collect()
}

const ANNA: &str = "N:Lee;Anna;;;\r\nFN:Anna Lee\r\n";

#[test]
fn each_kind_is_found_and_nothing_else() {
    for (lines, wanted) in [
        ("", &[][..]),
        ("EMAIL:anna@example.org\r\nTEL:030 1234567\r\nBDAY:1985-04-15\r\n", &[]),
        ("EMAIL:anna@gmial.com\r\n", &["broken-mail"]),
        ("EMAIL:anna@example.org.\r\n", &["broken-mail"]),
        ("EMAIL:anna@firm.invalid\r\n", &["undeliverable-mail"]),
        ("TEL:call me\r\n", &["broken-phone"]),
        ("BDAY:1985-02-30\r\n", &["impossible-date"]),
        ("BDAY:19851345\r\n", &["impossible-date"]),
        ("BDAY:--1301\r\n", &["impossible-date"]),
        ("BDAY:--04\r\nANNIVERSARY:---15\r\n", &[]),
        ("BDAY:1985\r\nANNIVERSARY:2001-05\r\n", &[]),
        ("BDAY;VALUE=text:circa 1800\r\nANNIVERSARY:spring\r\n", &[]),
        ("BDAY:04/15/1985\r\n", &[]),
        ("BDAY:1985-04-15\r\nBDAY:1986-04-15\r\n", &["conflict"]),
        ("BDAY:1985-04-15\r\nBDAY:19850415\r\nBDAY:--0415\r\n", &[]),
        ("BDAY;ALTID=1:1985-04-15\r\nBDAY;ALTID=1;VALUE=text:in spring\r\n", &[]),
        ("BDAY:1985-04-15\r\nDEATHDATE:1980-01-01\r\n", &["conflict"]),
        ("GENDER:F\r\nGENDER:M\r\n", &["conflict"]),
        ("TEL;TYPE=home:030 1234567\r\nTEL;TYPE=fax:+49301234567\r\n", &["conflict"]),
        ("TEL;TYPE=home:030 1234567\r\nTEL;TYPE=work:+49301234567\r\n", &["duplicate-value"]),
        ("EMAIL:a@example.org\r\nEMAIL;TYPE=work:A@Example.org\r\n", &["duplicate-value"]),
        ("URL:http://a.example\r\nURL:http://a.example/\r\n", &["duplicate-value"]),
        ("ADR:;;Way 1;Town;;1;X\r\nADR:;;WAY 1;Town;;1;X\r\n", &["duplicate-value"]),
        ("ADR:;;;;;;\r\nADR:;;;;;;\r\nNOTE:\r\nNOTE:\r\n", &[]),
    ] {
        assert_eq!(kinds(&format!("{ANNA}{lines}")), wanted, "{lines:?}");
    }
}

#[test]
fn names_that_are_none() {
    for (lines, wanted, suggestion) in [
        ("N:;;;;\r\nFN:\r\n", "no-name", None),
        ("N:;;;;\r\nFN:Unknown\r\nNICKNAME:Annie\r\n", "no-name", Some("Annie")),
        ("N:Lee;Anna;;;\r\nFN:\r\n", "no-name", Some("Anna Lee")),
        ("N:;anna@example.org;;;\r\nFN:anna@example.org\r\n", "name-is-address", None),
        ("N:Lee;Anna;;;\r\nFN:anna@example.org\r\n", "name-is-address", Some("Anna Lee")),
        ("N:;;;;\r\nFN:+49 30 1234567\r\nORG:Bakery;Shop\r\n", "name-is-address", Some("Bakery")),
        ("N:Lee;Anna;;;\r\nFN:Peter Smith\r\n", "conflict", None),
    ] {
        let look = look(lines);
        let found = look.findings.told();
        assert_eq!(found.len(), 1, "{lines:?}: {found:?}");
        assert_eq!(found[0].kind.word(), wanted, "{lines:?}");
        assert_eq!(found[0].suggestion.as_deref(), suggestion, "{lines:?}");
    }
    for fine in [
        "N:Lee;Anna;;;\r\nFN:Lee, Anna\r\n",
        "N:Lee;Anna;;;\r\nFN:A. Lee\r\n",
        "N:Smith;Robert;;;\r\nFN:Bob\r\n",
        "N:Lee;Anna;;;\r\nNICKNAME:Mum\r\nFN:Mum\r\n",
        "N:Lee;Anna;;;\r\nORG:Acme Inc.\r\nFN:Acme\r\n",
        "N:王;小明;;;\r\nFN:王小明\r\n",
        "N:Петров;Иван;;;\r\nFN:Ivan Petrov\r\n",
        "N:;;;;\r\nFN:Acme\r\nX-ABShowAs:COMPANY\r\nORG:Acme\r\n",
    ] {
        assert_eq!(kinds(fine), [""; 0], "{fine:?}");
    }
}

#[test]
fn a_score_tells_what_is_missing() {
    for (lines, wanted) in [
        ("N:;;;;\r\nFN:Unknown\r\n", 0),
        ("N:;Cher;;;\r\nFN:Cher\r\n", 20),
        (ANNA, 30),
        ("N:;;;;\r\nFN:Anna Lee\r\n", 30),
        ("N:Lee;Anna;;;\r\nFN:Anna Lee\r\nEMAIL:a@example.org\r\nTEL:112\r\n", 70),
        ("N:Lee;Anna;;;\r\nFN:Anna Lee\r\nEMAIL:a@example\r\nTEL:call\r\n", 30),
        (
            "N:Lee;Anna;;;\r\nFN:Anna Lee\r\nEMAIL:a@example.org\r\nTEL:112\r\nORG:A\r\n\
             ADR:;;Way 1;;;;\r\nBDAY:--0415\r\nPHOTO:http://example.org/a.jpg\r\n",
            100,
        ),
        ("FN:Acme\r\nKIND:org\r\nEMAIL:a@example.org\r\nURL:http://a.example\r\n", 55),
    ] {
        assert_eq!(look(lines).score, wanted, "{lines:?}");
    }
}

#[test]
fn what_programs_change_by_themselves_is_not_said_by_a_person() {
    let one = card(&format!("{ANNA}REV:20200101T000000Z\r\nPHOTO;ENCODING=b:AAAA\r\nNOTE:x\r\n"));
    let other =
        card(&format!("{ANNA}REV:2026\r\nPHOTO;ENCODING=b:\r\nCATEGORIES:a\r\nNOTE:\r\n x\r\n"));
    assert_eq!(said(one.as_bytes()), said(other.as_bytes()));
    assert_ne!(said(one.as_bytes()), said(one.replace("NOTE:x", "NOTE:y").as_bytes()));
}

#[test]
fn groups_are_nobody_and_hostile_cards_take_linear_time() {
    assert_eq!(Look::at(card("KIND:group\r\nFN:x\r\n").as_bytes(), None), None);
    let started = std::time::Instant::now();
    let mut lines = String::from(ANNA);
    for n in 0..20_000 {
        let _ = write!(lines, "EMAIL:a{}@x\u{7}\r\nTEL;TYPE=fax:{n}{n}{n}\r\n", n / 2);
        let _ = write!(lines, "BDAY:1985-99-{n}\r\n");
    }
    let _ = write!(lines, "TEL:{}\r\nFN:{}\r\n", "9".repeat(1 << 20), "x".repeat(1 << 20));
    let look = look(&lines);
    assert_eq!(look.findings.told().len(), 64);
    assert!(look.findings.kinds().has(Kind::DuplicateValue));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
