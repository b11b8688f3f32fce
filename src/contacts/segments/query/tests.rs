//! Queries against a card whose answers are known.

use jiff::civil::Date;

use super::*;
use crate::base::Timestamp;
use crate::store::fields::{Field as Own, FieldKind};
use crate::store::segments::SegmentId;

const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:urn:uuid:ada\r\nFN:Ada Lovelace\r\n\
    N:Lovelace;Ada;;;\r\nNICKNAME:Countess,Enchantress\r\nORG:Analytical Café;Research;Notes\r\n\
    TITLE:Head of Engines\r\nEMAIL:Ada@Example.COM\r\nEMAIL:ada@home.example\r\n\
    TEL:+44 (20) 7946-0958\r\nADR;TYPE=HOME:;;12 Square;London;;SW1Y;United Kingdom\r\n\
    URL:https://ada.example/notes\r\nCATEGORIES:Friends,Clients/Lyon\r\nBDAY:1990-12-10\r\n\
    ANNIVERSARY:2015-07-08\r\nNOTE:likes punch cards\r\nX-SIZE:L\r\nX-ORDERS:12\\,5\r\n\
    X-VIP:TRUE\r\nX-SINCE:2024-02-29\r\nX-ODD:Straße\r\nPHOTO;ENCODING=b:\r\n\
    X-ROLODAV-STAGE:Customer\r\nX-ROLODAV-CADENCE:30d\r\nX-ROLODAV-LAST-CONTACT:2026-08-25\r\n\
    X-ROLODAV-NEXT:2026-12-01\r\nEND:VCARD\r\n";

const BARE: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:b\r\nFN:B\r\nEND:VCARD\r\n";

fn own(name: &str, property: &str, kind: FieldKind) -> Own {
    let (name, property) = (name.to_owned(), property.to_owned());
    Own { name, property, kind, required: false, created: Timestamp(0) }
}

fn names() -> Names {
    let choices = vec!["S".to_owned(), "M".to_owned(), "L".to_owned()];
    Names {
        fields: vec![
            own("Size", "X-SIZE", FieldKind::Choice(choices)),
            own("Order volume", "X-ORDERS", FieldKind::Number),
            own("VIP", "X-VIP", FieldKind::Bool),
            own("Customer since", "X-SINCE", FieldKind::Date),
        ],
        segments: vec![(SegmentId(7), "Old friends".to_owned()), (SegmentId(8), "Ö".to_owned())],
        is_stored: false,
    }
}

fn known() -> Known {
    Known {
        books: vec!["contacts".to_owned(), "My people".to_owned()],
        created: Some("2025-01-31".parse().unwrap()),
        changed: Some("2026-11-20".parse().unwrap()),
        interactions: 3,
    }
}

fn ask(card: &str, query: &str, today: &str) -> Verdict {
    let read = parse(query, &names()).unwrap_or_else(|f| panic!("{}", f.shown(query)));
    let known = known();
    let subject = Subject::new(card.as_bytes(), &known);
    let segments = |id: SegmentId| Verdict { holds: id.0 == 7, until: None };
    let today: Date = today.parse().unwrap();
    Asked { card: &subject, today, segments: &segments }.answer(&read.query)
}

const TODAY: &str = "2026-11-23";

#[test]
fn what_holds_of_a_card() {
    for query in [
        "name is \"Ada Lovelace\"",
        "name = 'ADA  LOVELACE'",
        "name contains love",
        "NAME Starts With ada",
        "first_name is Ada and last name ends with ace",
        "nickname is enchantress",
        "mail is ada@example.com",
        "email ends with \"@home.example\"",
        "mail is any of (x@y, ada@home.example)",
        "mail is not bob@example.com",
        "mail does not contain bob",
        "phone is \"+442079460958\"",
        "phone is \"020 7946 0958\"",
        "phone contains 7946",
        "company is \"analytical cafe\"",
        "department is any of Research, Sales",
        "title contains engine",
        "city is LONDON and country starts with united and postcode = SW1Y",
        "address contains \"12 square london\"",
        "note contains \"punch cards\"",
        "url contains ada.example",
        "any contains analytical",
        "anything contains \"clients/lyon\"",
        "tag is friends",
        "tagged Friends and not tagged family",
        "tag starts with Clients/",
        "tag is none of (Family, Rivals)",
        "stage is customer",
        "in book contacts and book is \"my people\"",
        "has photo and has birthday and has no language",
        "photo is known",
        "role is unknown and role is empty and not has role",
        "kind is individual",
        "uid contains ada",
        "birthday is --12-10",
        "birthday is 1990-12-10",
        "birthday within 30 days",
        "birthday in next 17 days",
        "not birthday within 16 days",
        "birthday is not within 16 days",
        "birthday in next month",
        "birthday before 1991-01-01 and birthday older than 30 years",
        "anniversary is known and anniversary is not in next 30 days",
        "age is 35 and age >= 35 and age < 36 and age between 30 and 40",
        "last_contact is 2026-08-25",
        "last contact older than 89 days",
        "last_contact more than 89 days ago",
        "not last_contact older than 90 days",
        "last_contact within 90 days",
        "last_contact in the last 3 months",
        "last_contact at least 90 days ago",
        "last_contact at most 90 days ago",
        "last_contact before 2026-09-01 and contacted after 2026-08-24",
        "last_contact on or after 90 days ago",
        "next within 8 days",
        "next follow up is in 8 days",
        "next less than 9 days from now",
        "next more than 7 days from now",
        "next in next month",
        "cadence = 30 and cadence at most 30 days",
        "interactions = 3 and interactions > 2 and interactions is not 4",
        "interactions is any of (1, 2, 3) and interactions is none of (4)",
        "changed within 3 days and changed in this week or created last year",
        "changed in the last 3d",
        "created between 2025-01-01 and 2025-12-31",
        "created is not between 2024-01-01 and 2024-12-31",
        "size is l and field \"Size\" is any of (M, L)",
        "order volume > 12 and order_volume <= 12.5",
        "field \"order volume\" is known",
        "vip is yes and vip is not no and VIP = true",
        "customer since before 2025-01-01",
        "customer_since older than 2 years",
        "property X-ODD is strasse and property \"x-odd\" contains STRAß",
        "in segment \"old friends\"",
        "in segment #7 and not in segment Ö",
        "not (city is Paris or city is Lyon)",
        "not not city is London",
        "city is Paris or (city is London and (tag is friends))",
        "city isn't Paris",
        "city != Paris",
    ] {
        assert!(ask(CARD, query, TODAY).holds, "{query}");
        let other = format!("not ({query})");
        assert!(!ask(CARD, &other, TODAY).holds, "{other}");
    }
}

#[test]
fn nothing_is_known_of_an_empty_card() {
    for query in [
        "mail is unknown",
        "city is not Lyon",
        "city is none of (Lyon)",
        "not birthday within 400 days",
        "last_contact is not within 90 days",
        "not last_contact older than 1 day",
        "age is unknown",
        "not vip is yes",
        "not vip is no",
        "cadence is unknown and interactions is known",
    ] {
        assert!(ask(BARE, query, TODAY).holds, "{query}");
    }
}

#[test]
fn an_answer_says_until_when_it_holds() {
    for (query, until) in [
        ("city is London", None),
        ("last_contact older than 90 days", Some("2026-11-24")),
        ("last_contact older than 180 days", Some("2027-02-22")),
        ("city is Paris and last_contact older than 90 days", None),
        ("city is London and last_contact older than 90 days", Some("2026-11-24")),
        ("city is London or last_contact older than 90 days", None),
        ("birthday within 14 days", Some("2026-11-26")),
        ("age >= 36", Some("2026-12-10")),
        ("changed in last week", Some("2026-11-30")),
        ("changed within 3 days", Some("2026-11-24")),
        (
            "last_contact older than 200 days or last_contact older than 100 days",
            Some("2026-12-04"),
        ),
        (
            "last_contact older than 100 days and last_contact older than 200 days",
            Some("2027-03-14"),
        ),
    ] {
        let found = ask(CARD, query, TODAY).until.map(|day| day.to_string());
        assert_eq!(found.as_deref(), until, "{query}");
    }
}

#[test]
fn the_place_and_the_remedy_are_told() {
    for (query, at, said, help) in [
        ("", "", "missing", "For example"),
        ("compny is X", "compny", "no field `compny`", "`company`"),
        ("city si Lyon", "si", "cannot be asked", "`is`"),
        ("city containz Lyon", "containz", "cannot be asked", "`contains`"),
        ("city is", "", "value for `city`", ""),
        ("city is and", "and", "value for `city`", ""),
        ("city is New York", "York", "`and`, `or`", "\"New York\""),
        ("city is Lyon adn tag is x", "adn", "`and`, `or`", "`and`"),
        ("(city is Lyon", "(", "not closed", ""),
        ("city is Lyon)", ")", "never opened", ""),
        ("city is \"Lyon", "\"", "not closed", "Put \""),
        ("\"Lyon\"", "\"Lyon\"", "field is missing", "any contains"),
        ("last_contact older than 90 dys", "dys", "`days`", "`days`"),
        ("last_contact older than many days", "many", "a time", ""),
        ("last_contact is yesterdya", "yesterdya", "no day", "2026-11-23"),
        ("last_contact is --12-24", "--12-24", "no year", ""),
        ("last_contact olderthan 3 days", "olderthan", "cannot be asked", "`older than`"),
        ("last_contact more than 3 days", "", "`ago`", ""),
        ("last_contact within 9999999999 years", "9999999999", "hundred years", ""),
        ("birthday between 2026-02-01 and 2026-01-01", "2026-02-01", "ends before", ""),
        ("interactions > many", "many", "a number", ""),
        ("city > 3", ">", "cannot be asked", "Numbers and days"),
        ("size is huge", "huge", "no choice", "S, M, L"),
        ("field \"Sise\" is L", "\"Sise\"", "no field", "Size"),
        ("in segment \"old frends\"", "\"old frends\"", "no segment", "\"Old friends\""),
        ("in segment #9", "#9", "no segment", ""),
        ("photo is big", "big", "cannot be asked", "is known"),
        ("name is \"\"", "\"\"", "nothing in it", "is unknown"),
        ("not", "", "missing", ""),
        ("a ! b", "!", "means nothing", "quotes"),
        ("tag is x,y", ",", "`and`, `or`", "is any of"),
    ] {
        let fault = parse(query, &names()).map(|_| ()).expect_err(query);
        assert_eq!(query.get(fault.at.clone()), Some(at), "{query}: {fault:?}");
        assert!(fault.message.contains(said), "{query}: {fault:?}");
        let found = fault.help.clone().unwrap_or_default();
        assert!(found.contains(help), "{query}: {fault:?}");
        assert!(fault.shown(query).contains('^'), "{query}");
    }
}

#[test]
fn bounds_hold() {
    let many = |count| vec!["city is Lyon"; count].join(" or ");
    assert!(parse(&many(MOST_TERMS), &names()).is_ok());
    let fault = parse(&many(MOST_TERMS + 1), &names()).unwrap_err();
    assert!(fault.message.contains("terms"), "{fault:?}");
    let began = std::time::Instant::now();
    let fault = parse(&many(10_000), &names()).unwrap_err();
    assert!(fault.message.contains("too long"), "{fault:?}");
    for bomb in ["(", "not ", "not (", "((((has photo) and ", "\"", "city is any of (a, "] {
        let text = bomb.repeat(LONGEST / bomb.len());
        assert!(parse(&text, &names()).is_err(), "{bomb}");
        let text = bomb.repeat(1_000_000 / bomb.len());
        assert!(parse(&text, &names()).is_err(), "{bomb}");
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    let nested = |depth| format!("{}has photo{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(DEEPEST), &names()).is_ok());
    assert!(parse(&nested(DEEPEST + 1), &names()).is_err());
    assert!(ask(CARD, &format!("{}has photo", "not ".repeat(3000)), TODAY).holds);
}

#[test]
fn segments_are_kept_by_number_and_shown_by_name() {
    let text = "city is Lyon or in segment \"old friends\" and not in segment Ö";
    let kept = parse(text, &names()).unwrap().with_references(text, |id| format!("#{}", id.0));
    assert_eq!(kept, "city is Lyon or in segment #7 and not in segment #8");
    let stored = Names { is_stored: true, ..names() };
    let read = parse(&kept, &stored).unwrap();
    assert_eq!(references(&read.query), [SegmentId(7), SegmentId(8)]);
    let shown = read.with_references(&kept, |id| format!("\"{}\"", id.0));
    assert_eq!(shown, "city is Lyon or in segment \"7\" and not in segment \"8\"");
}

#[test]
fn reasons_say_what_the_card_has() {
    let query = "(city is London or city is Lyon) and not tagged family and has mail";
    let read = parse(query, &names()).unwrap();
    let known = known();
    let subject = Subject::new(CARD.as_bytes(), &known);
    let segments = |_| Verdict { holds: false, until: None };
    let asked = Asked { card: &subject, today: TODAY.parse().unwrap(), segments: &segments };
    assert_eq!(
        reasons(&asked, &read.query, query),
        [
            "city is London (london)",
            "tagged family (friends, clients/lyon)",
            "has mail (ada@example.com, ada@home.example)",
        ]
    );
}

#[test]
fn what_is_written_into_the_history_is_no_note() {
    let card = CARD.replace(
        "NOTE:likes punch cards",
        "NOTE:likes punch cards\\n\\n--- rolodav ---\\n2026-08-25 call: spoke of looms",
    );
    assert!(ask(&card, "note contains punch", TODAY).holds);
}

const WORDS: [&str; 44] = [
    "and",
    "or",
    "not",
    "(",
    ")",
    ",",
    "is",
    "are",
    "not",
    "contains",
    "starts with",
    "ends with",
    "any of",
    "none of",
    "(a, b)",
    "known",
    "unknown",
    "has",
    "no",
    "in",
    "segment",
    "#7",
    "book",
    "tagged",
    "name",
    "city",
    "phone",
    "birthday",
    "age",
    "last_contact",
    "next",
    "interactions",
    "between",
    "3",
    "2026-11-23",
    "--02-29",
    "90 days",
    "ago",
    "within",
    "older than",
    "last",
    "month",
    "\"a b\"",
    "<=",
];

proptest::proptest! {
    #[test]
    fn whatever_is_typed_is_read_or_refused_at_a_place_in_it(
        picks in proptest::collection::vec(0..WORDS.len(), 0..14),
        odd in ".{0,6}",
    ) {
        let mut query = picks.iter().map(|at| WORDS[*at]).collect::<Vec<_>>().join(" ");
        query.push_str(&odd);
        let read = match parse(&query, &names()) {
            Ok(read) => read,
            Err(fault) => {
                assert!(query.get(fault.at.clone()).is_some(), "{query}: {fault:?}");
                assert!(fault.shown(&query).contains('^'), "{query}");
                return Ok(());
            }
        };
        let kept = read.with_references(&query, |id| format!("#{}", id.0));
        let again = parse(&kept, &Names { is_stored: true, ..names() }).unwrap();
        let known = known();
        let subject = Subject::new(CARD.as_bytes(), &known);
        let segments = |id: SegmentId| Verdict { holds: id.0 == 7, until: None };
        let on = |today: Date| Asked { card: &subject, today, segments: &segments };
        let mut day: Date = TODAY.parse().unwrap();
        let found = on(day).answer(&read.query);
        assert_eq!(on(day).answer(&again.query), found, "{query}");
        for _ in 0..40 {
            day = day.saturating_add(jiff::Span::new().days(11));
            if found.until.is_none_or(|until| day < until) {
                assert_eq!(on(day).answer(&read.query).holds, found.holds, "{query} on {day}");
            }
        }
    }
}
