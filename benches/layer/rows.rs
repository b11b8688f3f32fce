//! What is measured, and what it is compared with.

use std::fmt::Write as _;
use std::rc::Rc;

use rolodav::cli::command::{Command, NoteCommand, NoteDetails, TagCommand};

use super::book::{HOME, REMEMBERED, place, plain};
use super::desk::{Desk, Seat, Views};
use super::rounds::Turn;

const NAMESPACES: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"";

/// Contacts that are tagged at once.
const TAGGED: usize = 1000;

// === requests ===

pub fn propfind() -> String {
    format!("<D:propfind {NAMESPACES}><D:prop><D:getetag/></D:prop></D:propfind>")
}

pub fn sync(token: &str) -> String {
    format!(
        "<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
}

fn multiget(home: &str, kind: &str, from: usize) -> String {
    let mut hrefs = String::new();
    for n in 0..100 {
        let _ = write!(hrefs, "<D:href>{home}{kind}{}.vcf</D:href>", (from + n * 7) % REMEMBERED);
    }
    format!(
        "<C:addressbook-multiget {NAMESPACES}><D:prop><D:getetag/><C:address-data/></D:prop>\
         {hrefs}</C:addressbook-multiget>"
    )
}

// === rows ===

fn turn(
    name: &str,
    against: &[&'static str],
    times: usize,
    prepare: impl FnMut(usize) -> Box<dyn FnOnce()> + 'static,
) -> Turn {
    Turn { name: name.to_owned(), against: against.to_vec(), times, prepare: Box::new(prepare) }
}

/// A row of one request that needs no preparation; what it asks as the n-th.
fn asks(
    (name, against, times): (&str, &[&'static str], usize),
    seat: &Seat,
    (wanted, method, headers): (u16, &'static str, &'static str),
    request: impl Fn(usize) -> (String, String) + 'static,
) -> Turn {
    let seat = Rc::clone(seat);
    turn(name, against, times, move |n| {
        let (seat, (path, body)) = (Rc::clone(&seat), request(n));
        Box::new(move || seat.borrow_mut().expect(wanted, method, &path, headers, &body))
    })
}

/// A row that stores what it makes of a card that it reads before.
fn edits(
    (name, against, times): (&str, &[&'static str], usize),
    seat: &Seat,
    place: impl Fn(usize) -> String + 'static,
    edit: impl Fn(usize, &str) -> String + 'static,
) -> Turn {
    let seat = Rc::clone(seat);
    turn(name, against, times, move |n| {
        let path = place(n);
        seat.borrow_mut().expect(200, "GET", &path, "", "");
        let edited = edit(n, std::str::from_utf8(&seat.borrow().body).unwrap());
        let seat = Rc::clone(&seat);
        Box::new(move || seat.borrow_mut().expect(204, "PUT", &path, "", &edited))
    })
}

pub fn writing(seat: &Seat, contacts: usize) -> Vec<Turn> {
    const PLAIN: &str = "PUT, plain";
    const LONG: &str = "PUT, plain, as long as one with a history";
    let of = |kind: &'static str| move |n: usize| format!("{HOME}{kind}{}.vcf", n % REMEMBERED);
    let renote = |n: usize, card: &str| card.replacen("NOTE:", &format!("NOTE:{n} "), 1);
    let redial = |n: usize, card: &str| card.replacen("TEL;", &format!("TEL:+1 {n}\r\nTEL;"), 1);
    let capture = |n: usize, card: &str| {
        card.replacen("NOTE:", &format!("NOTE:+call spoke about offer {n}\\n"), 1)
    };
    let one = move |n: usize| place((n * 7919 + 13) % contacts);
    // Those that nothing is remembered of yet.
    let other = move |n: usize| place((n * 2 + contacts / 2) % contacts);
    vec![
        edits((PLAIN, &[], 100), seat, one, renote),
        edits((LONG, &[PLAIN], 100), seat, of("long-"), renote),
        edits(("PUT, with a history, unchanged", &[LONG], 100), seat, of("layer-"), |_, card| {
            card.to_owned()
        }),
        edits(("PUT, with a history, a number added", &[LONG], 100), seat, of("layer-"), redial),
        edits(("PUT, `+call` into a history", &[PLAIN, LONG], 100), seat, of("layer-"), capture),
        edits(("PUT, `+call` into a plain card", &[PLAIN], 100), seat, other, capture),
    ]
}

pub fn note(who: String, with: Vec<String>, n: usize) -> Command {
    let about = NoteDetails { text: Some(format!("spoke about {n}")), ..NoteDetails::default() };
    let what = NoteCommand::Add { who, with, kind: "call".to_owned(), about: Box::new(about) };
    Command::Note { user: "bench".to_owned(), what }
}

fn remembered(n: usize) -> String {
    format!("contacts/layer-{}.vcf", n % REMEMBERED)
}

pub fn owner(desk: &Rc<Desk>, contacts: usize) -> Vec<Turn> {
    const ADD: &str = "rolodav note add, by the card's place";
    let command = |name, against: &[&'static str], times, make: fn(usize, usize) -> Command| {
        let desk = Rc::clone(desk);
        turn(name, against, times, move |n| {
            let (desk, command) = (Rc::clone(&desk), make(n, contacts));
            Box::new(move || drop(desk.command(&command)))
        })
    };
    vec![
        command(ADD, &[], 50, |n, _| note(remembered(n), vec![], n)),
        command("the same, nothing remembered yet", &[ADD], 50, |n, contacts| {
            note(format!("contacts/c{:07}.vcf", (n * 2 + 1) % contacts), vec![], n)
        }),
        command("the same, three take part", &[ADD], 50, |n, _| {
            note(remembered(n), vec![remembered(n + 1), remembered(n + 2)], n)
        }),
        command("the same, by mail address", &[ADD], 50, |n, contacts| {
            note(format!("person{}@example.org", (n * 14 + 5000) % contacts), vec![], n)
        }),
        command("the same, by name", &[ADD], 1, |n, contacts| {
            let n = (n * 14 + 3) % contacts;
            note(format!("Given{} Person{n}", n % 500), vec![], n)
        }),
        command("tagging 1,000 contacts, or taking the tag off", &[], 1, |n, contacts| {
            let which = (0..TAGGED).map(|k| k * (contacts / TAGGED));
            let who = which.map(|n| format!("contacts/c{n:07}.vcf")).collect();
            let what = TagCommand::Mark { tag: "Bench".to_owned(), who, add: n % 2 == 0 };
            Command::Tag { user: "bench".to_owned(), what }
        }),
    ]
}

pub fn reading(views: &Views, contacts: usize) -> Vec<Turn> {
    const PLAIN: &str = "GET, plain";
    const LONG: &str = "GET, plain, as long as one with a history";
    const MANY: &str = "multiget of 100, plain";
    const MANY_LONG: &str = "multiget of 100, plain, as long";
    const LISTED: &str = "PROPFIND 1, getetag, common view";
    const SYNCED: &str = "sync, first, getetag, common view";
    const HISTORIES: &str = "multiget of 100, with a history";
    let get = |name, against: &[&'static str], kind: &'static str| {
        asks((name, against, 500), &views.common, (200, "GET", ""), move |n| {
            (format!("{HOME}{kind}{}.vcf", (n * 7) % REMEMBERED), String::new())
        })
    };
    let many = |name, against: &[&'static str], seat: &Seat, home: &str, kind: &'static str| {
        let home = home.to_owned();
        asks((name, against, 20), seat, (207, "REPORT", ""), move |n| {
            (home.clone(), multiget(&home, kind, n))
        })
    };
    let common = &views.common;
    let (guest, shared) = (&views.guest.0, views.guest.1.clone());
    let mut rows = vec![
        get(PLAIN, &[], "short-"),
        get(LONG, &[PLAIN], "long-"),
        get("GET, with a history", &[PLAIN, LONG], "layer-"),
        many(MANY, &[], common, HOME, "short-"),
        many(MANY_LONG, &[MANY], common, HOME, "long-"),
        many(HISTORIES, &[MANY, MANY_LONG], common, HOME, "layer-"),
        many("the same, history left out", &[HISTORIES], &views.plain_notes, HOME, "layer-"),
        many("the same, shared without it", &[HISTORIES], guest, &shared, "layer-"),
    ];
    let times = (100_000 / contacts).clamp(1, 10);
    let seats = [
        ("common view", common, HOME.to_owned()),
        ("history left out", &views.plain_notes, HOME.to_owned()),
        ("groups as cards", &views.groups, HOME.to_owned()),
        ("shared without history", guest, shared),
    ];
    for (method, depth, body, first) in
        [("PROPFIND", "Depth: 1\r\n", propfind(), LISTED), ("REPORT", "", sync(""), SYNCED)]
    {
        for (view, seat, home) in &seats {
            let name = first.replace("common view", view);
            let against: &[&'static str] = if name == first { &[] } else { &[first] };
            let (seat, home, body) = (Rc::clone(seat), home.clone(), body.clone());
            rows.push(turn(&name, against, times, move |_| {
                // What others changed before is not to be charged to the listing.
                seat.borrow_mut().expect(207, "PROPFIND", &home, "Depth: 0\r\n", &propfind());
                let (seat, home, body) = (Rc::clone(&seat), home.clone(), body.clone());
                Box::new(move || seat.borrow_mut().expect(207, method, &home, depth, &body))
            }));
        }
    }
    rows
}

/// What a device that shows groups asks after somebody put two more tags on a card.
pub fn following(views: &Views, contacts: usize) -> Turn {
    let (common, groups) = (Rc::clone(&views.common), Rc::clone(&views.groups));
    turn("sync, one card got two more tags, groups as cards", &[], 1, move |n| {
        let asked = propfind().replace("getetag", "sync-token");
        groups.borrow_mut().expect(207, "PROPFIND", HOME, "Depth: 0\r\n", &asked);
        let token = groups.borrow().sync_token();
        let n = (n * 10 + 1) % contacts;
        let card = plain(n).replace("CATEGORIES:", "CATEGORIES:Group 01,Group 02,");
        common.borrow_mut().expect(204, "PUT", &place(n), "", &card);
        let groups = Rc::clone(&groups);
        Box::new(move || groups.borrow_mut().expect(207, "REPORT", HOME, "", &sync(&token)))
    })
}
