//! Days and relations of a user's own, as phones show and edit them.

use serde_json::{Value, json};

use crate::desk::{Desk, User, card, card_with};

const IOS: &str = "iOS/17.0.2 (21A351) dataaccessd/1.0";
const DAVX5: &str = "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15";

/// A desk with two fields and a card of Bo, in which they are set.
fn set_up() -> (Desk, User, String) {
    let (desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card("bo", "Bo"));
    desk.run(&["field", "define", &anna.name, "First met", "--type", "date"]);
    desk.run(&["field", "define", &anna.name, "Spouse", "--type", "relation"]);
    desk.run(&["field", "define", &anna.name, "Tax advisor", "--type", "relation"]);
    desk.run(&["field", "set", &anna.name, "bo", "first met", "2009-08-08"]);
    desk.run(&["field", "set", &anna.name, "bo", "spouse", "Cleo, Jr."]);
    desk.run(&["field", "set", &anna.name, "bo", "Tax advisor", "Di"]);
    (desk, anna, path)
}

/// What stands in the three fields.
fn values(desk: &Desk, anna: &User) -> [String; 3] {
    let listed = desk.run(&["field", "list", &anna.name, "bo", "--json"]);
    let listed: Value = serde_json::from_str(&listed).expect(&listed);
    ["First met", "Spouse", "Tax advisor"].map(|name| {
        let row = listed.as_array().unwrap().iter().find(|row| row["name"] == json!(name));
        row.expect(name)["value"].as_str().unwrap().to_owned()
    })
}

/// The card as a program gets it that asks for this version, unfolded, and its tag.
fn served(anna: &User, path: &str, agent: &str, version: &str) -> (String, String) {
    let accept = format!("text/vcard; version={version}");
    let answer = anna.ask("GET", path, &[("User-Agent", agent), ("Accept", &accept)], "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    (answer.text().replace("\r\n ", ""), answer.header("etag").unwrap().to_owned())
}

fn store(anna: &User, path: &str, agent: &str, tag: &str, body: &str) {
    let headers = [("User-Agent", agent), ("If-Match", tag), ("Content-Type", "text/vcard")];
    let answer = anna.ask("PUT", path, &headers, body);
    assert_eq!(answer.status, 204, "{agent}: {}\n{body}", answer.text());
}

/// `card` as an iPhone writes what it shows of it, `fields` in place of its days and relations.
fn of_iphone(fields: &str) -> String {
    let lines = format!("PRODID:-//Apple Inc.//iOS 17.0.2//EN\r\n{fields}");
    card_with("bo", "Bo", &lines)
}

#[test]
fn an_iphone_shows_changes_and_removes_them() {
    let (desk, anna, path) = set_up();
    let (text, tag) = served(&anna, &path, IOS, "3.0");
    for line in [
        "item1.X-ABDATE;VALUE=date:2009-08-08\r\nitem1.X-ABLabel:First met\r\n",
        "item2.X-ABRELATEDNAMES:Cleo\\, Jr.\r\nitem2.X-ABLabel:_$!<Spouse>!$_\r\n",
        "item3.X-ABRELATEDNAMES:Di\r\nitem3.X-ABLabel:Tax advisor\r\n",
    ] {
        assert!(text.contains(line), "no {line:?}: {text}");
    }
    // It numbers the groups anew, and leaves a year out in its own way.
    let changed = "item1.X-ABRELATEDNAMES;type=pref:Cleo\r\nitem1.X-ABLabel:_$!<Spouse>!$_\r\n\
                   item2.X-ABDATE;X-APPLE-OMIT-YEAR=1604;type=pref:1604-08-09\r\n\
                   item2.X-ABLabel:First met\r\n";
    store(&anna, &path, IOS, &tag, &of_iphone(changed));
    assert_eq!(values(&desk, &anna), ["--08-09", "Cleo", ""], "what it took away is gone");
    // With a history in the card, too, which it does not send back.
    desk.run(&["note", &anna.name, "bo", "+call hello"]);
    let (text, tag) = served(&anna, &path, IOS, "3.0");
    assert!(text.contains("X-ROLODAV-REV:"), "{text}");
    store(&anna, &path, IOS, &tag, &of_iphone(""));
    assert_eq!(values(&desk, &anna), ["", "", ""], "what it took away is gone");
}

#[test]
fn davx5_reads_and_writes_them_in_4_0() {
    let (desk, anna, path) = set_up();
    let (text, tag) = served(&anna, &path, DAVX5, "4.0");
    for line in [
        "X-ABDATE;VALUE=date:2009-08-08\r\nitem1.X-ABLabel:First met\r\n",
        "RELATED;TYPE=spouse;VALUE=text:Cleo\\, Jr.\r\n",
        "item3.X-ABRELATEDNAMES:Di\r\nitem3.X-ABLabel:Tax advisor\r\n",
    ] {
        assert!(text.contains(line), "no {line:?}: {text}");
    }
    assert_eq!(text.matches("Cleo").count(), 1, "nobody sees it twice: {text}");
    let written = "BEGIN:VCARD\r\nVERSION:4.0\r\nPRODID:-//davx5//EN\r\nUID:bo\r\nFN:Bo\r\n\
                   N:Bo;;;;\r\nitem5.X-ABLabel:First met\r\nitem5.X-ABDATE:20100808\r\n\
                   RELATED;VALUE=text;TYPE=spouse:Cleo\r\n\
                   RELATED;VALUE=text;TYPE=tax advisor:Ed\r\nEND:VCARD\r\n";
    store(&anna, &path, DAVX5, &tag, written);
    assert_eq!(values(&desk, &anna), ["2010-08-08", "Cleo", "Ed"]);
    // And an iPhone reads what DAVx5 wrote.
    let (text, _) = served(&anna, &path, IOS, "3.0");
    assert!(text.contains("item5.X-ABDATE:2010-08-08\r\n"), "{text}");
    assert!(text.contains("X-ABRELATEDNAMES:Cleo\r\n"), "{text}");
    desk.run(&["field", "set", &anna.name, "bo", "first met", "02-29"]);
    let (text, _) = served(&anna, &path, DAVX5, "4.0");
    assert!(text.contains("item5.X-ABDATE:--0229\r\n"), "{text}");
    let (text, _) = served(&anna, &path, IOS, "3.0");
    let line = "item5.X-ABDATE;X-APPLE-OMIT-YEAR=1604:1604-02-29\r\n";
    assert!(text.contains(line), "{text}");
    desk.run(&["field", "set", &anna.name, "bo", "first met"]);
    desk.run(&["field", "set", &anna.name, "bo", "tax advisor"]);
    assert_eq!(values(&desk, &anna), ["", "Cleo", ""]);
    let (text, _) = served(&anna, &path, DAVX5, "4.0");
    assert!(!text.contains("ABDATE") && !text.contains("ABLabel"), "{text}");
}

#[test]
fn a_program_that_drops_what_it_does_not_know_takes_none_away() {
    let (desk, anna, path) = set_up();
    desk.run(&["note", &anna.name, "bo", "+call hello"]);
    let (text, tag) = served(&anna, &path, "Sync/1.0", "4.0");
    let keep = |line: &&str| !line.contains("X-AB") && !line.starts_with("X-");
    let bare: String = text.split_inclusive("\r\n").filter(keep).collect();
    assert!(bare.contains("RELATED;TYPE=spouse") && !bare.contains("ABDATE"), "{bare}");
    store(&anna, &path, "Sync/1.0", &tag, &bare.replace("FN:Bo", "FN:Boris"));
    assert_eq!(values(&desk, &anna), ["2009-08-08", "Cleo, Jr.", "Di"]);
    let (text, tag) = served(&anna, &path, "Sync/1.0", "4.0");
    assert!(text.contains("FN:Boris"), "{text}");
    assert_eq!(text.matches("Cleo").count(), 1, "nothing came twice: {text}");
    // One that keeps them, and lets one go, means it.
    let one = "item1.X-ABDATE;VALUE=date:2009-08-08\r\nitem1.X-ABLabel:First met\r\n";
    let at = text.find("X-ABDATE").unwrap();
    let group = &text[text[..at].rfind('\n').unwrap() + 1..at];
    let mine = one.replace("item1.", group);
    assert!(text.contains(&mine), "no {mine:?}: {text}");
    store(&anna, &path, "Sync/2.0", &tag, &text.replace(&mine, ""));
    assert_eq!(values(&desk, &anna), ["", "Cleo, Jr.", "Di"]);
}
