//! Other people's data through every indirect way in: never content, never existence.

use crate::desk::{Desk, User, card, sync_collection, xml};
use crate::multistatus::Multistatus;

fn two() -> (Desk, User, User) {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    anna.store(&anna.card("secret.vcf"), card("secret", "Secret"));
    bob.store(&bob.card("mine.vcf"), card("mine", "Mine"));
    (desk, anna, bob)
}

#[test]
fn destinations_and_conditions_tell_nothing() {
    let (_desk, anna, bob) = two();
    let (real, ghost) = (anna.card("secret.vcf"), anna.card("ghost.vcf"));
    let (book, no_book) = (anna.book(), "/dav/addressbooks/anna/none/".to_owned());
    let nobody = "/dav/addressbooks/nobody/contacts/x.vcf".to_owned();
    let mine = bob.card("mine.vcf");
    let (tag, token) = (anna.etag(&real), anna.token(&book));
    for method in ["COPY", "MOVE"] {
        for overwrite in ["T", "F"] {
            let mut seen = Vec::new();
            for to in [&real, &ghost, &nobody] {
                let headers = [("Destination", to.as_str()), ("Overwrite", overwrite)];
                let answer = bob.ask(method, &mine, &headers, "");
                seen.push((answer.status, answer.body));
            }
            assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{method}: {seen:?}");
            assert!(matches!(seen[0].0, 403 | 404 | 409), "{method}: {seen:?}");
            let mut seen = Vec::new();
            for to in [&book, &no_book, &"/dav/addressbooks/nobody/x/".to_owned()] {
                let headers = [("Destination", to.as_str()), ("Overwrite", overwrite)];
                let answer = bob.ask(method, &bob.book(), &headers, "");
                seen.push((answer.status, answer.body));
            }
            assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{method}: {seen:?}");
            let headers =
                [("Destination", bob.card("stolen.vcf")), ("Overwrite", overwrite.to_owned())];
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            assert_eq!(bob.ask(method, &real, &headers, "").status, 404, "{method} from");
        }
    }
    for (path, state) in [(&real, format!("[{tag}]")), (&book, format!("<{token}>"))] {
        for (value, status) in [
            (format!("<{path}> ({state})"), 412),
            (format!("<{path}> (Not {state})"), 207),
            (format!("<{ghost}> ({state})"), 412),
            (format!("<{ghost}> (Not {state})"), 207),
        ] {
            let answer = bob.ask("PROPFIND", &mine, &[("If", &value), ("Depth", "0")], "");
            assert_eq!(answer.status, status, "a guessed state is as good as none: {value}");
        }
    }
    assert_eq!(anna.etag(&real), tag);
    assert_eq!(bob.get(&mine).status, 200);
}

#[test]
fn reports_tell_nothing() {
    let (_desk, anna, bob) = two();
    let sync = sync_collection("", "<D:prop><C:address-data/></D:prop>");
    let query = xml("C:addressbook-query", "<D:prop><C:address-data/></D:prop>");
    let hrefs =
        format!("<D:prop><C:address-data/></D:prop><D:href>{}</D:href>", anna.card("secret.vcf"));
    let multiget = xml("C:addressbook-multiget", &hrefs);
    let acl = xml("D:acl-principal-prop-set", "<D:prop><D:displayname/></D:prop>");
    let expand = xml("D:expand-property", "<D:property name='owner'/>");
    for body in [&sync, &query, &multiget, &acl, &expand] {
        for path in
            [anna.book(), anna.card("secret.vcf"), "/dav/addressbooks/nobody/contacts/".to_owned()]
        {
            let answer = bob.ask("REPORT", &path, &[], body);
            assert_eq!(answer.status, 404, "{path} {body}: {}", answer.text());
        }
    }
    let answer = bob.ask("REPORT", &bob.book(), &[], &multiget);
    assert!(!answer.text().contains("Secret"), "{}", answer.text());
    assert_eq!(Multistatus::of(&answer).with_status(Some(404)), [anna.card("secret.vcf")]);
}

#[test]
fn a_property_that_names_foreign_things_expands_to_nothing() {
    let (_desk, anna, bob) = two();
    let targets = [
        anna.card("secret.vcf"),
        anna.card("ghost.vcf"),
        anna.book(),
        anna.home(),
        anna.principal(),
    ];
    let hrefs: String = targets.iter().map(|href| format!("<D:href>{href}</D:href>")).collect();
    for (path, name, namespace) in [
        (bob.home(), "CS:me-card", "http://calendarserver.org/ns/"),
        (bob.book(), "X:points-to", "urn:example:x"),
        (bob.principal(), "X:points-to", "urn:example:x"),
    ] {
        let set = format!("<D:set><D:prop><{name}>{hrefs}</{name}></D:prop></D:set>");
        assert_eq!(bob.proppatch(&path, &set).status, 207);
        let local = name.split_once(':').unwrap().1;
        let body = xml(
            "D:expand-property",
            &format!(
                r#"<D:property name="{local}" namespace="{namespace}"><D:property name="getetag"/><D:property name="displayname"/><D:property name="owner"/></D:property>"#
            ),
        );
        let answer = bob.ask("REPORT", &path, &[("Depth", "0")], body);
        assert_eq!(answer.status, 207, "{path}: {}", answer.text());
        let text = answer.text();
        for target in &targets {
            assert!(text.contains(&format!("<D:response><D:href>{target}</D:href><D:status>HTTP/1.1 404 Not Found</D:status>")), "{target}: {text}");
        }
        assert!(!text.contains("getetag"), "{text}");
    }
}

#[test]
fn listings_hold_only_what_one_may_know() {
    let (_desk, anna, bob) = two();
    for (path, expected) in [
        ("/dav/principals/", vec!["/dav/principals/".to_owned(), bob.principal()]),
        ("/dav/addressbooks/", vec!["/dav/addressbooks/".to_owned(), bob.home()]),
    ] {
        assert_eq!(bob.propfind(path, "1", "D:resourcetype").hrefs(), expected);
    }
    for path in [anna.principal(), anna.home(), anna.book(), anna.card("secret.vcf")] {
        for method in ["GET", "HEAD", "PROPFIND", "PROPPATCH", "DELETE", "REPORT"] {
            let body = match method {
                "PROPPATCH" => xml("D:propertyupdate", "<D:set><D:prop><X:p/></D:prop></D:set>"),
                "REPORT" => xml("D:principal-match", "<D:self/>"),
                _ => String::new(),
            };
            let answer = bob.ask(method, &path, &[("Depth", "0")], body);
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        }
    }
    for (path, status) in
        [(anna.home() + "new/", 404), ("/dav/addressbooks/nobody/new/".to_owned(), 404)]
    {
        assert_eq!(bob.ask("MKCOL", &path, &[], "").status, status, "{path}");
    }
    // UIDs and sync tokens of others are of no use.
    assert_eq!(bob.put(&bob.card("x.vcf"), card("secret", "Other")).status, 201);
    let body = sync_collection(&anna.token(&anna.book()), "<D:prop/>");
    assert_eq!(bob.ask("REPORT", &bob.book(), &[], body).status, 403);
}
