//! addressbook-multiget: one answer for each card asked for.

use std::time::{Duration, Instant};

use crate::desk::{Desk, card, expect, xml};
use crate::multistatus::Multistatus;

const PROP: &str = "<D:prop><D:getetag/><C:address-data/></D:prop>";

fn multiget(hrefs: &[String]) -> String {
    let hrefs: String = hrefs
        .iter()
        .map(|href| format!("<D:href>{}</D:href>", href.replace('&', "&amp;").replace('<', "&lt;")))
        .collect();
    xml("C:addressbook-multiget", &format!("{PROP}{hrefs}"))
}

#[test]
fn every_spelling_of_an_address_leads_to_its_card_once() {
    let (_desk, anna) = Desk::of_anna();
    let body = card("a", "A & <B> ]]> ü");
    let (path, odd) = (anna.card("a%40b%20c.vcf"), anna.card("d.vcf"));
    let tag = anna.store(&path, &body);
    anna.store(&odd, card("d", "D"));
    for spelled in [
        path.clone(),
        anna.card("a@b c.vcf"),
        anna.card("%61%40%62%20c%2Evcf"),
        anna.card("a%40b%20c.vcf?x=1#y"),
        format!("http://localhost{path}"),
        format!("https://another.example:8443{path}"),
        format!(" {path}\n"),
    ] {
        let found = anna.report(&anna.book(), "1", &multiget(&[spelled.clone(), odd.clone()]));
        assert_eq!(found.responses.len(), 2, "{spelled}");
        let response = found.about(&path);
        assert_eq!(response.value("D:getetag"), tag, "{spelled}");
        let data = response.prop("C:address-data").unwrap();
        assert_eq!(data.text, body.trim_end(), "{spelled}");
    }
    let same =
        [path.clone(), path.clone(), anna.card("a@b c.vcf"), format!("http://localhost{path}")];
    let found = anna.report(&anna.book(), "0", &multiget(&same));
    assert_eq!(found.hrefs(), [path.as_str()], "duplicates are answered once");
}

#[test]
fn what_is_not_in_the_book_is_404_each() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let other = anna.make_book("other");
    for path in [anna.card("a.vcf"), bob.card("a.vcf"), format!("{other}a.vcf")] {
        let owner = if path.contains("/bob/") { &bob } else { &anna };
        owner.store(&path, card("a", "Secret"));
    }
    let asked = [
        anna.card("none.vcf"),
        format!("{other}a.vcf"),
        bob.card("a.vcf"),
        bob.card("none.vcf"),
        anna.book(),
        anna.home(),
        "/dav/principals/anna/".to_owned(),
        "/elsewhere".to_owned(),
        anna.card("x%00y.vcf"),
        anna.card("..%2Fother%2Fa.vcf"),
        format!("{}../other/a.vcf", anna.book()),
    ];
    let answer = anna.ask("REPORT", &anna.book(), &[], multiget(&asked));
    assert!(!answer.text().contains("Secret"));
    let found = Multistatus::of(&answer);
    assert_eq!(found.with_status(Some(404)).len(), asked.len(), "{:?}", found.hrefs());
    let mixed = [anna.card("none.vcf"), anna.card("a.vcf")];
    let found = anna.report(&anna.book(), "0", &multiget(&mixed));
    assert_eq!(found.with_status(Some(404)), [mixed[0].as_str()]);
    assert_eq!(found.present(), [mixed[1].as_str()]);
    for (path, body, status, condition) in [
        (anna.book(), xml("C:addressbook-multiget", PROP), 400, None),
        (anna.card("none.vcf"), multiget(&mixed), 404, None),
        (bob.book(), multiget(&asked), 404, None),
        (anna.principal(), multiget(&mixed), 403, Some("D:supported-report")),
    ] {
        expect(&anna.ask("REPORT", &path, &[], body), status, condition, &path);
    }
}

#[test]
fn ten_thousand_hrefs_are_answered_in_bounded_memory_and_time() {
    let (desk, anna) = Desk::of_anna();
    let paths: Vec<String> = (0..10_000).map(|n| anna.card(&format!("card-{n}.vcf"))).collect();
    for n in (0..10_000).step_by(500) {
        anna.store(&paths[n], card(&format!("u{n}"), "N"));
    }
    let before = desk.most_memory();
    let begun = Instant::now();
    let found = anna.report(&anna.book(), "0", &multiget(&paths));
    assert_eq!(found.responses.len(), 10_000);
    assert_eq!(found.present().len(), 20);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let more = desk.most_memory() - before;
    assert!(more < 48, "{more} MiB for 10,000 hrefs");
    let too_many: String = "<D:href>/</D:href>".repeat(100_001);
    let body = xml("C:addressbook-multiget", &format!("{PROP}{too_many}"));
    expect(&anna.ask("REPORT", &anna.book(), &[], body), 413, None, "100,001 hrefs");
}
