//! Shared books: who may do what, on every address that leads there, until the share ends.

use crate::desk::{Desk, User, card, expect, propfind, sync_collection, xml};
use crate::multistatus::{conditions, hrefs};
use crate::support::Answer;

/// The address of the one shared book in the user's home.
fn shared(user: &User) -> Option<String> {
    let listed = user.propfind(&user.home(), "1", "D:resourcetype");
    let found = listed.hrefs().into_iter().find(|href| href.contains("/shared-"));
    found.map(str::to_owned)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Owner,
    Writer,
    Reader,
    Stranger,
}

/// What is done, and the privilege that it takes where reading is not enough.
const ACTIONS: [(&str, Option<&str>); 19] = [
    ("GET card", None),
    ("HEAD card", None),
    ("PROPFIND card", None),
    ("PROPFIND book", None),
    ("GET book", None),
    ("REPORT query", None),
    ("REPORT multiget", None),
    ("REPORT sync", None),
    ("COPY out", None),
    ("PUT card", Some("write-content")),
    ("PUT new", Some("bind")),
    ("POST book", Some("bind")),
    ("COPY in", Some("bind")),
    ("COPY over", Some("write-content")),
    ("PROPPATCH card", Some("write-properties")),
    ("PROPPATCH book", Some("write-properties")),
    ("MOVE in", Some("bind")),
    ("MOVE out", Some("unbind")),
    ("DELETE card", Some("unbind")),
];

fn act(user: &User, book: &str, action: &str, n: usize) -> Answer {
    let path = format!("{book}card.vcf");
    let fresh = card(&format!("{action}-{n}-{}", user.name), "Fresh");
    let own = user.card("own.vcf");
    let to =
        |method: &str, from: &str, to: &str| user.ask(method, from, &[("Destination", to)], "");
    let set = xml("D:propertyupdate", "<D:set><D:prop><X:p>1</X:p></D:prop></D:set>");
    match action {
        "GET card" => user.get(&path),
        "HEAD card" => user.ask("HEAD", &path, &[], ""),
        "PROPFIND card" => user.ask("PROPFIND", &path, &[("Depth", "0")], propfind("D:getetag")),
        "PROPFIND book" => user.ask("PROPFIND", book, &[("Depth", "1")], propfind("D:getetag")),
        "GET book" => user.get(book),
        "REPORT query" => user.ask("REPORT", book, &[], xml("C:addressbook-query", "<C:filter/>")),
        "REPORT multiget" => {
            let body = xml("C:addressbook-multiget", &format!("<D:href>{path}</D:href>"));
            user.ask("REPORT", book, &[], body)
        }
        "REPORT sync" => user.ask("REPORT", book, &[], sync_collection("", "<D:prop/>")),
        "COPY out" => to("COPY", &path, &user.card(&format!("copy-{n}.vcf"))),
        "PUT card" => user.put(&path, card("card", "Changed")),
        "PUT new" => user.put(&format!("{book}new-{n}-{}.vcf", user.name), fresh),
        "POST book" => user.ask("POST", book, &[], fresh),
        "COPY in" => to("COPY", &own, &format!("{book}in-{n}-{}.vcf", user.name)),
        "COPY over" => to("COPY", &user.card("same.vcf"), &path),
        "PROPPATCH card" => user.ask("PROPPATCH", &path, &[], set),
        "PROPPATCH book" => user.ask("PROPPATCH", book, &[], set),
        "MOVE in" => to("MOVE", &user.card("move.vcf"), &format!("{book}moved-{}.vcf", user.name)),
        "MOVE out" => to("MOVE", &format!("{book}leave.vcf"), &user.card("left.vcf")),
        "DELETE card" => user.delete(&path),
        other => panic!("{other}"),
    }
}

#[test]
fn methods_times_roles_times_addresses() {
    let desk = Desk::open();
    let anna = desk.user("anna");
    desk.run(&["group", "add", "readers"]);
    desk.run(&["group", "add", "writers"]);
    let by_group = [("gil", "readers"), ("gus", "writers")];
    let mut cases: Vec<(User, Role, String)> = Vec::new();
    for (name, role) in [
        ("bob", Role::Writer),
        ("eve", Role::Reader),
        ("gus", Role::Writer),
        ("gil", Role::Reader),
        ("sam", Role::Stranger),
    ] {
        let user = desk.user(name);
        if let Some((_, group)) = by_group.iter().find(|(member, _)| *member == name) {
            desk.run(&["group", "members", group, "--add", name]);
            let write: &[&str] = if role == Role::Writer { &["--read-write"] } else { &[] };
            desk.run(&[&["book", "share", "anna", "contacts", group], write].concat());
        } else if role != Role::Stranger {
            let write: &[&str] = if role == Role::Writer { &["--read-write"] } else { &[] };
            desk.run(&[&["book", "share", "anna", "contacts", name], write].concat());
        }
        cases.push((user.clone(), role, anna.book()));
        match shared(&user) {
            Some(book) => cases.push((user, role, book)),
            None => assert_eq!(role, Role::Stranger, "{name} does not see the book"),
        }
    }
    cases.push((anna.clone(), Role::Owner, anna.book()));
    let read_only = desk.device(&anna, &["phone", "--read-only"]);
    cases.push((read_only, Role::Reader, anna.book()));

    for (n, (user, role, book)) in cases.iter().enumerate() {
        // Each starts from the same.
        for (path, uid) in [(anna.card("card.vcf"), "card"), (anna.card("leave.vcf"), "leave")] {
            anna.delete(&path);
            anna.store(&path, card(uid, "Secret Name"));
        }
        if user.name != "anna" {
            for name in ["left.vcf", &format!("copy-{n}.vcf")] {
                user.delete(&user.card(name));
            }
            for (name, uid) in [
                ("own.vcf", format!("own-{n}-{}", user.name)),
                ("move.vcf", format!("move-{n}-{}", user.name)),
                ("same.vcf", "card".to_owned()),
            ] {
                user.delete(&user.card(name));
                user.store(&user.card(name), card(&uid, "Mine"));
            }
            for extra in ["copy", "in"] {
                user.delete(&user.card(&format!("{extra}-{n}.vcf")));
            }
            anna.delete(&anna.card(&format!("moved-{}.vcf", user.name)));
        }
        for (action, privilege) in ACTIONS {
            // Between books of one's own is tested elsewhere.
            let own_books = ["COPY", "MOVE"].iter().any(|m| action.starts_with(m));
            if user.name == "anna" && own_books {
                continue;
            }
            if action == "COPY out" {
                // The card's UID must be free where it goes.
                user.delete(&user.card("same.vcf"));
            }
            let answer = act(user, book, action, n);
            if action == "COPY out" {
                user.delete(&user.card(&format!("copy-{n}.vcf")));
                user.store(&user.card("same.vcf"), card("card", "Mine"));
            }
            let case = format!("{action} of {book} by {} ({role:?})", user.name);
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            let ok = match role {
                Role::Owner | Role::Writer => true,
                Role::Reader => privilege.is_none(),
                Role::Stranger => false,
            };
            if ok {
                assert!(matches!(answer.status, 200..=207), "{case}: {} {body}", answer.status);
                continue;
            }
            if *role == Role::Stranger {
                assert!(matches!(answer.status, 404 | 409), "{case}: {} {body}", answer.status);
                assert!(!body.contains("Secret"), "{case}: {body}");
                let ghost = act(user, "/dav/addressbooks/nobody/contacts/", action, n);
                assert_eq!(
                    (ghost.status, ghost.body),
                    (answer.status, answer.body),
                    "{case}: what is hidden and what is not there look the same"
                );
                continue;
            }
            expect(&answer, 403, Some("D:need-privileges"), &case);
            let needed = format!("<D:privilege><D:{}/></D:privilege>", privilege.unwrap());
            assert!(body.contains(&needed), "{case}: {needed} in {body}");
            assert_eq!(hrefs(&answer).len(), 1, "{case}: the resource is named");
        }
        if *role != Role::Owner && *role != Role::Writer {
            let text = anna.get(&anna.card("card.vcf"));
            assert!(text.text().contains("Secret Name"), "{} changed the card", user.name);
            assert_eq!(anna.get(&anna.card("leave.vcf")).status, 200);
        }
    }
}

#[test]
fn a_shared_book_stands_in_the_home_of_who_it_is_shared_with() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let name = "<D:set><D:prop><D:displayname>Team</D:displayname></D:prop></D:set>";
    assert_eq!(anna.proppatch(&anna.book(), name).status, 207);
    let before = bob.prop(&bob.home(), "CS:getctag");
    desk.run(&["book", "share", "anna", "contacts", "bob"]);
    let book = shared(&bob).expect("the shared book");
    assert_ne!(bob.prop(&bob.home(), "CS:getctag"), before, "the home tells of it");
    let found = bob.propfind(
        &bob.home(),
        "1",
        "D:displayname D:owner D:current-user-privilege-set D:sync-token",
    );
    assert_eq!(found.hrefs(), [bob.home(), bob.book(), book.clone()], "after one's own");
    let response = found.about(&book);
    assert_eq!(response.prop("D:owner").unwrap().hrefs, [anna.principal()]);
    assert!(response.value("D:displayname").starts_with("Team"), "{response:?}");
    let privileges = &response.prop("D:current-user-privilege-set").unwrap().xml;
    assert!(!privileges.contains("write"), "read-only is told: {privileges}");
    let members = bob.propfind(&book, "1", "D:getetag");
    assert_eq!(members.hrefs(), [book.clone(), format!("{book}a.vcf")], "in the sharee's words");
    assert_eq!(bob.sync(&book, "").present(), [format!("{book}a.vcf")]);
    // More rights by a second share, then fewer.
    desk.run(&["book", "share", "anna", "contacts", "bob", "--read-write"]);
    let shown = bob.prop(&book, "D:displayname");
    assert!(shown.contains("Team (anna)"), "{shown}");
    let written_back = "<D:set><D:prop><D:displayname>Team (anna)</D:displayname></D:prop></D:set>";
    assert_eq!(bob.proppatch(&book, written_back).status, 207);
    assert_eq!(bob.prop(&book, "D:displayname"), shown, "writing the name back renames nothing");
    assert_eq!(bob.put(&format!("{book}b.vcf"), card("b", "B")).status, 201);
    assert_eq!(anna.get(&anna.card("b.vcf")).text(), card("b", "B"));
    desk.run(&["book", "share", "anna", "contacts", "bob"]);
    assert_eq!(bob.put(&format!("{book}b.vcf"), card("b", "C")).status, 403);
    // The sharee can leave, not delete.
    assert_eq!(bob.delete(&book).status, 204);
    assert_eq!(shared(&bob), None);
    assert_eq!(anna.get(&anna.card("a.vcf")).status, 200, "the owner's book stands");
}

#[test]
fn access_ends_at_once_even_on_an_open_connection() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    desk.run(&["group", "add", "team"]);
    let endings: [(&[&str], &[&str]); 3] = [
        (
            &["book", "share", "anna", "contacts", "bob"],
            &["book", "unshare", "anna", "contacts", "bob"],
        ),
        (
            &["group", "members", "team", "--add", "bob"],
            &["group", "members", "team", "--remove", "bob"],
        ),
        (&["group", "members", "team", "--add", "bob"], &["group", "remove", "team"]),
    ];
    for (begin, end) in endings {
        if begin[0] == "group" {
            desk.run(&["book", "share", "anna", "contacts", "team", "--read-write"]);
        }
        desk.run(begin);
        let book = shared(&bob).expect("the shared book");
        let path = format!("{book}a.vcf");
        let token = bob.token(&book);
        let mut wire = desk.connect();
        assert_eq!(bob.ask_on(&mut wire, "GET", &path, &[], "").status, 200);
        desk.run(end);
        let sync = sync_collection(&token, "<D:prop/>");
        for (method, path, body) in [
            ("GET", path.clone(), String::new()),
            ("GET", anna.card("a.vcf"), String::new()),
            ("PROPFIND", book.clone(), String::new()),
            ("REPORT", book.clone(), sync),
            ("DELETE", path.clone(), String::new()),
        ] {
            let answer = bob.ask_on(&mut wire, method, &path, &[], &body);
            assert_eq!(answer.status, 404, "{method} {path} after {end:?}");
        }
        assert_eq!(shared(&bob), None, "{end:?}");
    }
}

#[test]
fn devices_see_what_their_profile_shows() {
    let (desk, anna) = Desk::of_anna();
    let work = anna.make_book("work");
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    anna.store(&format!("{work}w.vcf"), card("w", "W"));
    let phone = desk.device(&anna, &["phone", "--book", "work"]);
    let listed = phone.propfind(&phone.home(), "1", "D:resourcetype");
    assert_eq!(listed.hrefs(), [phone.home(), work.clone()]);
    for (method, path) in [
        ("GET", anna.card("a.vcf")),
        ("PROPFIND", anna.book()),
        ("DELETE", anna.card("a.vcf")),
        ("DELETE", anna.book()),
    ] {
        assert_eq!(phone.ask(method, &path, &[], "").status, 404, "{method} {path}");
    }
    let to = [("Destination", anna.card("w.vcf"))];
    let answer = phone.ask("COPY", &format!("{work}w.vcf"), &[(to[0].0, &to[0].1)], "");
    assert_eq!(answer.status, 409, "nothing leads into a hidden book");
    assert_eq!(phone.put(&format!("{work}w.vcf"), card("w", "W2")).status, 204);
    let desktop = desk.device(&anna, &["mac", "--default-book", "work"]);
    let listed = desktop.propfind(&anna.home(), "1", "D:resourcetype");
    assert_eq!(listed.hrefs(), [anna.home(), work, anna.book()], "macOS takes the first");
    assert!(conditions(&desktop.get(&anna.book())).is_empty());
}

#[test]
fn who_may_write_cards_may_not_take_the_book() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let gus = desk.user("gus");
    desk.run(&["group", "add", "writers"]);
    desk.run(&["group", "members", "writers", "--add", "gus"]);
    desk.run(&["book", "share", "anna", "contacts", "bob", "--read-write"]);
    desk.run(&["book", "share", "anna", "contacts", "writers", "--read-write"]);
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    for user in [&bob, &gus] {
        let book = shared(user).expect("the shared book");
        for (path, method) in [
            (anna.book(), "DELETE"),
            (anna.book(), "MOVE"),
            (book.clone(), "MOVE"),
            // What a group was given a member cannot decline.
            (book.clone(), "DELETE"),
        ] {
            if method == "DELETE" && user.name == "bob" && path == book {
                continue;
            }
            let to = user.home() + "mine/";
            let answer = user.ask(method, &path, &[("Destination", &to)], "");
            let case = format!("{method} {path} by {}", user.name);
            expect(&answer, 403, Some("D:need-privileges"), &case);
            assert!(answer.text().contains("<D:unbind/>"), "{case}: {}", answer.text());
        }
        let to = user.home() + "copy/";
        let copied = user.ask("COPY", &book, &[("Destination", &to)], "");
        assert_eq!(copied.status, 201, "what one may read one may copy: {}", copied.text());
        assert_eq!(user.get(&format!("{to}a.vcf")).text(), card("a", "A"));
        let over = user.ask("COPY", &user.book(), &[("Destination", &book)], "");
        expect(&over, 403, Some("D:need-privileges"), "putting another book in its place");
        let inside = user.ask("MKCOL", &(anna.home() + "new/"), &[], "");
        assert_eq!(inside.status, 404, "the owner's home stays hidden");
    }
    assert_eq!(anna.get(&anna.card("a.vcf")).text(), card("a", "A"));
}
