//! What Apple's Contacts ask while an account is set up, with the whole answers on record.

use crate::desk::{Desk, User, card, propfind};

const PRINCIPAL: &str = "D:principal-collection-set D:supported-report-set D:resource-id \
    D:displayname CS:email-address-set C:addressbook-home-set C:directory-gateway";

const HOME: &str = "D:add-member D:current-user-privilege-set D:displayname C:max-image-size \
    C:max-resource-size CS:me-card D:owner CS:push-transports CS:pushkey \
    D:quota-available-bytes D:quota-used-bytes D:resource-id D:resourcetype \
    D:supported-report-set D:sync-token CS:getctag C:addressbook-description";

/// The answer with an element on each line, and what differs from run to run replaced.
fn recorded(user: &User, path: &str, depth: &str, props: &str) -> String {
    let answer = user.ask("PROPFIND", path, &[("Depth", depth)], propfind(props));
    assert_eq!(answer.status, 207, "{}", answer.text());
    let mut text = answer.text().replace("><", ">\n<");
    for (before, after) in [
        ("<D:sync-token>", "</D:sync-token>"),
        ("<CS:getctag>", "</CS:getctag>"),
        ("urn:uuid:", "</D:href>"),
    ] {
        let parts: Vec<&str> = text.split(before).collect();
        let kept = parts[1..].iter().map(|part| {
            let (value, rest) = part.split_once(after).unwrap();
            assert!(!value.is_empty(), "{before} is empty");
            format!("{before}[VARIES]{after}{rest}")
        });
        text = std::iter::once(parts[0].to_owned()).chain(kept).collect();
    }
    text
}

#[test]
fn setting_an_account_up() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    insta::assert_snapshot!("principal", recorded(&anna, &anna.principal(), "0", PRINCIPAL));
    insta::assert_snapshot!("home", recorded(&anna, &anna.home(), "1", HOME));
    insta::assert_snapshot!("book", recorded(&anna, &anna.book(), "1", "D:getetag D:resourcetype"));
    desk.run(&["book", "share", "anna", "contacts", "bob"]);
    let listed = bob.propfind(&bob.home(), "1", "D:resourcetype");
    let number = listed.hrefs()[2].trim_end_matches('/').rsplit('-').next().unwrap().to_owned();
    let shared =
        recorded(&bob, &bob.home(), "1", "D:displayname D:owner D:current-user-privilege-set");
    insta::assert_snapshot!("shared", shared.replace(&number, "[VARIES]"));
}
