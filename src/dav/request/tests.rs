//! Requests: what each body asks for, and that any bytes end in an answer.

use std::sync::LazyLock;

use http::HeaderValue;
use proptest::prelude::*;

use super::super::header::Depth;
use super::principal_reports::Criterion;
use super::*;

static LIMITS: LazyLock<Limits> = LazyLock::new(|| Limits { properties: 5, ..Limits::default() });

/// `{}` in the tests stands for the namespaces: `DAV:` by default, `C:` and `L:` for CardDAV and
/// CalDAV.
fn xml(text: &str) -> Element {
    let declared = "xmlns='DAV:' xmlns:C='urn:ietf:params:xml:ns:carddav' \
                    xmlns:L='urn:ietf:params:xml:ns:caldav' xmlns:x='urn:x'";
    parse(text.replace("{}", declared).as_bytes(), &LIMITS).expect(text)
}

fn status<T: std::fmt::Debug>(result: Result<T, Fault>) -> u16 {
    result.expect_err("a refusal").status
}

const MANY: &str = "<a/><b/><c/><d/><e/><f/>";

#[test]
fn propfind_asks_for_some_all_or_names() {
    let include = vec![Name::dav("quota-used-bytes"), Name::carddav("max-resource-size")];
    for (body, wanted) in [
        ("<propfind {}><allprop/></propfind>", PropRequest::AllProp { include: vec![] }),
        (
            "<propfind {}><allprop/><include><quota-used-bytes/><C:max-resource-size/></include></propfind>",
            PropRequest::AllProp { include },
        ),
        ("<propfind {}><propname/></propfind>", PropRequest::PropName),
        ("<propfind {}><prop/></propfind>", PropRequest::Prop(vec![])),
        (
            "<propfind {}><x:unknown/><prop a='b'><getetag/><x:own/><getetag/><prop xmlns='urn:x'/></prop></propfind>",
            PropRequest::Prop(vec![
                Name::dav("getetag"),
                Name::of("urn:x", "own"),
                Name::of("urn:x", "prop"),
            ]),
        ),
    ] {
        assert_eq!(PropRequest::parse(Some(&xml(body)), &LIMITS).expect(body), wanted, "{body}");
    }
    let everything = PropRequest::AllProp { include: vec![] };
    assert_eq!(PropRequest::parse(None, &LIMITS).expect("no body"), everything);
}

#[test]
fn propfind_refuses_what_it_cannot_understand() {
    for (body, expected) in [
        ("<propfind {}/>".to_owned(), 400),
        ("<propfind {}><x:prop/></propfind>".into(), 400),
        ("<propfind {}><prop/><allprop/></propfind>".into(), 400),
        ("<propfind {}><propname/><allprop/></propfind>".into(), 400),
        ("<x:propfind {}><prop/></x:propfind>".into(), 400),
        ("<propertyupdate {}/>".into(), 400),
        (format!("<propfind {{}}><prop>{MANY}</prop></propfind>"), 413),
        (format!("<propfind {{}}><allprop/><include>{MANY}</include></propfind>"), 413),
    ] {
        assert_eq!(status(PropRequest::parse(Some(&xml(&body)), &LIMITS)), expected, "{body}");
    }
}

#[test]
fn proppatch_keeps_its_order_and_its_values() {
    let body = "<propertyupdate {}><set><prop><displayname>A</displayname><x:a/></prop></set>\
                <x:ignored/><remove><prop><x:a/></prop><prop><x:b/></prop></remove>\
                <set><prop><displayname>B</displayname></prop></set><set/></propertyupdate>";
    let changes = Change::parse(xml(body), &LIMITS).expect(body);
    let shown: Vec<String> = changes
        .iter()
        .map(|change| match change {
            Change::Set { name, element } => format!("set {name} {:?}", element.text),
            Change::Remove(name) => format!("remove {name}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "set {DAV:}displayname \"A\"",
            "set {urn:x}a \"\"",
            "remove {urn:x}a",
            "remove {urn:x}b",
            "set {DAV:}displayname \"B\"",
        ]
    );
    assert_eq!(changes.first().map(Change::name), Some(&Name::dav("displayname")));
    let empty =
        Change::parse(xml("<propertyupdate {}><set><prop/></set></propertyupdate>"), &LIMITS);
    assert!(empty.expect("empty instructions are fine").is_empty());
    for (body, expected) in [
        ("<propertyupdate {}/>".to_owned(), 400),
        ("<propfind {}><set/></propfind>".into(), 400),
        (
            format!("<propertyupdate {{}}><remove><prop>{MANY}</prop></remove></propertyupdate>"),
            413,
        ),
    ] {
        assert_eq!(status(Change::parse(xml(&body), &LIMITS)), expected, "{body}");
    }
}

#[test]
fn a_collection_is_made_with_its_properties() {
    let body = "<mkcol {}><set><prop><resourcetype><collection/><C:addressbook/></resourcetype>\
                <displayname>Friends</displayname></prop></set></mkcol>";
    let book = MkCol::parse(xml(body), &LIMITS).expect(body);
    assert!(!book.calendar);
    let types = [&Name::dav("collection"), &Name::carddav("addressbook")];
    assert_eq!(book.resource_types().as_deref(), Some(&types[..]));
    assert_eq!(book.properties.len(), 2);

    let body =
        "<L:mkcalendar {}><set><prop><displayname>Work</displayname></prop></set></L:mkcalendar>";
    let calendar = MkCol::parse(xml(body), &LIMITS).expect(body);
    assert!(calendar.calendar && calendar.resource_types().is_none());

    assert!(MkCol::parse(xml("<mkcol {}/>"), &LIMITS).expect("nothing set").properties.is_empty());
    assert_eq!(status(MkCol::parse(xml("<mkcalendar {}/>"), &LIMITS)), 415);
    let many = format!("<mkcol {{}}><set><prop>{MANY}</prop></set></mkcol>");
    assert_eq!(status(MkCol::parse(xml(&many), &LIMITS)), 413);
}

#[test]
fn sync_takes_its_level_from_wherever_clients_put_it() {
    let (zero, one, all) = (Some(Depth::Zero), Some(Depth::One), Some(Depth::Infinity));
    let (level_one, level_all) =
        ("<sync-level>1</sync-level>", "<sync-level> infinite </sync-level>");
    for (level, depth, expected) in [
        (level_one, None, Ok(SyncLevel::One)),
        (level_one, zero, Ok(SyncLevel::One)),
        (level_one, one, Ok(SyncLevel::One)),
        (level_one, all, Err(400)),
        (level_all, zero, Ok(SyncLevel::Infinite)),
        ("", None, Ok(SyncLevel::One)),
        ("", one, Ok(SyncLevel::One)),
        ("", all, Ok(SyncLevel::Infinite)),
        ("<sync-level>2</sync-level>", zero, Err(400)),
        ("<sync-level/>", zero, Err(400)),
    ] {
        let body = format!("<sync-collection {{}}><sync-token/>{level}<prop/></sync-collection>");
        let read = SyncCollection::parse(&xml(&body), depth, &LIMITS);
        assert_eq!(read.map(|s| s.level).map_err(|f| f.status), expected, "{level} {depth:?}");
    }
}

#[test]
fn sync_reads_token_limit_and_properties() {
    let body = "<sync-collection {}><sync-token>\n http://h/sync/1/7 </sync-token><sync-level>1</sync-level>\
                <limit><nresults> 50 </nresults></limit><prop><getetag/><C:address-data/></prop></sync-collection>";
    let expected = SyncCollection {
        token: "http://h/sync/1/7".into(),
        level: SyncLevel::One,
        limit: Some(50),
        props: vec![Name::dav("getetag"), Name::carddav("address-data")],
    };
    let read = Report::parse(&xml(body), Some(Depth::One), &LIMITS).expect(body);
    assert_eq!(read, Some(Report::SyncCollection(expected)));
    for body in [
        "<sync-collection {}><sync-level>1</sync-level></sync-collection>",
        "<sync-collection {}><sync-token/><limit/></sync-collection>",
        "<sync-collection {}><sync-token/><limit><nresults>0</nresults></limit></sync-collection>",
        "<sync-collection {}><sync-token/><limit><nresults>-1</nresults></limit></sync-collection>",
        "<sync-collection {}><sync-token/><limit><nresults>many</nresults></limit></sync-collection>",
    ] {
        assert_eq!(status(Report::parse(&xml(body), None, &LIMITS)), 400, "{body}");
    }
}

#[test]
fn expand_property_nests_within_bounds() {
    let body = "<expand-property {}><property name='group-membership'><property name='displayname'/>\
                <property name='home' namespace='urn:x'/></property><property name='owner'/></expand-property>";
    let leaf = |name: Name| Expand { name, children: vec![] };
    let expected = vec![
        Expand {
            name: Name::dav("group-membership"),
            children: vec![leaf(Name::dav("displayname")), leaf(Name::of("urn:x", "home"))],
        },
        leaf(Name::dav("owner")),
    ];
    let read = Report::parse(&xml(body), None, &LIMITS).expect(body);
    assert_eq!(read, Some(Report::ExpandProperty(expected)));

    let generous = Limits { properties: 100, ..LIMITS.clone() };
    let deep = |n: usize| {
        let (open, close) = ("<property name='a'>".repeat(n), "</property>".repeat(n));
        xml(&format!("<expand-property {{}}>{open}{close}</expand-property>"))
    };
    assert!(Expand::parse(&deep(6), &generous).is_ok());
    assert_eq!(status(Expand::parse(&deep(7), &generous)), 400);
    let wide = "<property name='a'/>".repeat(6);
    let wide = xml(&format!("<expand-property {{}}>{wide}</expand-property>"));
    assert_eq!(status(Expand::parse(&wide, &LIMITS)), 413);
    for name in ["", "name=''", "name='a b'", "name='a&gt;&lt;b'", "name='x:a'"] {
        let body = format!("<expand-property {{}}><property {name}/></expand-property>");
        assert_eq!(status(Expand::parse(&xml(&body), &LIMITS)), 400, "{name}");
    }
}

#[test]
fn the_reports_about_principals_are_read() {
    let props = vec![Name::dav("displayname")];
    let criterion = |text: &str| Criterion {
        properties: vec![Name::dav("displayname"), Name::of("urn:x", "mail")],
        text: text.into(),
    };
    let search = "<property-search><prop><displayname/><x:mail/></prop><match> Anna </match></property-search>";
    let table = [
        (
            "<acl-principal-prop-set {}><prop><displayname/></prop></acl-principal-prop-set>".to_owned(),
            Report::AclPrincipalPropSet(props.clone()),
        ),
        (
            "<principal-match {}><self/><prop><displayname/></prop></principal-match>".into(),
            Report::PrincipalMatch(PrincipalMatch { property: None, props: props.clone() }),
        ),
        (
            "<principal-match {}><principal-property><owner/></principal-property></principal-match>".into(),
            Report::PrincipalMatch(PrincipalMatch { property: Some(Name::dav("owner")), props: vec![] }),
        ),
        (
            format!(
                "<principal-property-search {{}}>{search}<prop><displayname/></prop></principal-property-search>"
            ),
            Report::PrincipalPropertySearch(PrincipalSearch {
                criteria: vec![criterion("Anna")],
                any: false,
                in_principal_collections: false,
                props,
            }),
        ),
        (
            format!(
                "<principal-property-search test='anyof' {{}}>{search}{search}\
                 <apply-to-principal-collection-set/></principal-property-search>"
            ),
            Report::PrincipalPropertySearch(PrincipalSearch {
                criteria: vec![criterion("Anna"), criterion("Anna")],
                any: true,
                in_principal_collections: true,
                props: vec![],
            }),
        ),
        ("<principal-search-property-set {}/>".into(), Report::PrincipalSearchPropertySet),
    ];
    for (body, expected) in table {
        for depth in [None, Some(Depth::Zero)] {
            let read = Report::parse(&xml(&body), depth, &LIMITS).expect(&body);
            assert_eq!(read.as_ref(), Some(&expected), "{body}");
        }
        assert_eq!(status(Report::parse(&xml(&body), Some(Depth::One), &LIMITS)), 400, "{body}");
    }
}

#[test]
fn reports_refuse_what_they_cannot_understand_and_leave_others_alone() {
    for (body, expected) in [
        ("<principal-match {}/>".to_owned(), 400),
        ("<principal-match {}><self/><principal-property><owner/></principal-property></principal-match>".into(), 400),
        ("<principal-match {}><principal-property/></principal-match>".into(), 400),
        ("<principal-property-search {}/>".into(), 400),
        ("<principal-property-search {}><property-search/></principal-property-search>".into(), 400),
        (format!("<acl-principal-prop-set {{}}><prop>{MANY}</prop></acl-principal-prop-set>"), 413),
    ] {
        assert_eq!(status(Report::parse(&xml(&body), None, &LIMITS)), expected, "{body}");
    }
    for body in ["<C:addressbook-query {}/>", "<x:sync-collection {}/>", "<unheard-of {}/>"] {
        assert_eq!(Report::parse(&xml(body), None, &LIMITS).expect(body), None, "{body}");
    }
}

#[test]
fn a_body_that_claims_a_wrong_type_is_read_if_it_can_be() {
    let claims = |claimed: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(claimed));
        headers
    };
    assert!(read(b"<a/>", &claims("text/plain"), &LIMITS).expect("XML").is_some());
    assert!(read(b" \r\n", &claims("text/plain"), &LIMITS).expect("empty").is_none());
    assert_eq!(status(read(b"junk", &claims("image/png"), &LIMITS)), 415);
    assert_eq!(status(read(b"junk", &claims("Application/XML"), &LIMITS)), 400);
    assert_eq!(status(read(b"junk", &HeaderMap::new(), &LIMITS)), 400);
    assert_eq!(status(read(b"<!DOCTYPE a><a/>", &claims("image/png"), &LIMITS)), 403);
}

/// Any nesting of the elements that the requests are made of.
fn anything() -> impl Strategy<Value = String> {
    let names = [
        "propfind",
        "prop",
        "allprop",
        "propname",
        "include",
        "propertyupdate",
        "set",
        "remove",
        "mkcol",
        "L:mkcalendar",
        "resourcetype",
        "sync-collection",
        "sync-token",
        "sync-level",
        "limit",
        "nresults",
        "expand-property",
        "property",
        "acl-principal-prop-set",
        "principal-match",
        "self",
        "principal-property",
        "principal-property-search",
        "property-search",
        "match",
        "x:other",
    ];
    let name = prop::sample::select(names.to_vec());
    let attribute =
        prop::sample::select(vec!["", " name='owner'", " name='&lt;'", " namespace='u'"]);
    let text = prop::sample::select(vec!["", "1", "infinite", "x"]);
    let leaf =
        (name.clone(), text).prop_map(|(name, text)| format!("<{name} {{}}>{text}</{name}>"));
    leaf.prop_recursive(5, 32, 4, move |inner| {
        (name.clone(), attribute.clone(), prop::collection::vec(inner, 0..4)).prop_map(
            |(name, attribute, inside)| {
                format!("<{name} {{}}{attribute}>{}</{name}>", inside.concat())
            },
        )
    })
}

proptest! {
    #[test]
    fn any_body_is_answered(
        inside in anything(),
        root in prop::sample::select(vec![
            "propfind", "propertyupdate", "mkcol", "L:mkcalendar", "sync-collection", "expand-property",
            "acl-principal-prop-set", "principal-match", "principal-property-search",
        ]),
    ) {
        let root = xml(&format!("<{root} {{}}>{inside}</{root}>"));
        for depth in [None, Some(Depth::Zero), Some(Depth::One), Some(Depth::Infinity)] {
            let _ = Report::parse(&root, depth, &LIMITS);
        }
        if let Ok(PropRequest::Prop(names)) = PropRequest::parse(Some(&root), &LIMITS) {
            prop_assert!(names.len() <= LIMITS.properties);
        }
        if let Ok(changes) = Change::parse(root.clone(), &LIMITS) {
            prop_assert!(changes.len() <= LIMITS.properties);
        }
        if let Ok(made) = MkCol::parse(root, &LIMITS) {
            prop_assert!(made.properties.len() <= LIMITS.properties);
            let _ = made.resource_types();
        }
    }
}
