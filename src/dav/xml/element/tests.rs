//! Elements: kept fragments mean the same wherever they are written back.

use proptest::prelude::*;
use roxmltree::{Document, Node, NodeType};

use crate::base::Limits;
use crate::dav::xml::parse;

/// A context in which every prefix the tests use means something else.
const HOST: (&str, &str) = (
    "<D:host xmlns='urn:elsewhere' xmlns:D='urn:d' xmlns:x='urn:other-x' xmlns:y='urn:other-y'>",
    "</D:host>",
);

/// What must survive: expanded names, attributes in any order, text, comments, in order.
fn canonical(node: Node<'_, '_>) -> String {
    match node.node_type() {
        NodeType::Text => format!("{:?}", node.text().unwrap_or_default()),
        NodeType::Comment => format!("#{:?}", node.text().unwrap_or_default()),
        NodeType::PI => format!("?{:?}", node.pi()),
        NodeType::Root => String::new(),
        NodeType::Element => {
            let name =
                |ns: Option<&str>, local: &str| format!("{{{}}}{local}", ns.unwrap_or_default());
            let mut attributes: Vec<String> = node
                .attributes()
                .map(|a| format!("{}={:?}", name(a.namespace(), a.name()), a.value()))
                .collect();
            attributes.sort();
            let children: Vec<String> = node.children().map(canonical).collect();
            let tag = name(node.tag_name().namespace(), node.tag_name().name());
            format!("{tag}{attributes:?}({})", children.join(","))
        }
    }
}

/// The property in `source` (`propertyupdate/set/prop/X`), stored and put into another answer.
fn moved(source: &str) -> (String, String, String) {
    let root = parse(source.as_bytes(), &Limits::default()).expect(source);
    let mut element = &root;
    for _ in 0..3 {
        element = element.children.first().expect("a child");
    }
    let fragment = element.to_fragment();
    assert!(element.source_len() <= fragment.len(), "a fragment only ever grows");
    let original = Document::parse(source).expect(source);
    let before = original.descendants().filter(Node::is_element).nth(3).expect("the property");
    let host = format!("{}{fragment}{}", HOST.0, HOST.1);
    let host = Document::parse(&host).expect(&fragment);
    let after = host.root_element().first_element_child().expect("the fragment");
    (canonical(before), canonical(after), fragment)
}

fn update(property: &str) -> String {
    format!(
        "<D:propertyupdate xmlns:D='DAV:' xmlns:x='urn:x'><D:set><D:prop>{property}</D:prop></D:set>\
         </D:propertyupdate>"
    )
}

#[test]
fn a_fragment_declares_what_it_uses_and_no_more() {
    for (property, fragment) in [
        ("<D:plain/>", "<D:plain xmlns:D=\"DAV:\"/>"),
        ("<x:a>text</x:a>", "<x:a xmlns:x=\"urn:x\">text</x:a>"),
        ("<x:a xmlns:x='urn:own'/>", "<x:a xmlns:x='urn:own'/>"),
        ("<a xmlns='urn:x'><b/></a>", "<a xmlns='urn:x'><b/></a>"),
        ("<bare/>", "<bare xmlns=\"\"/>"),
        ("<x:a><bare/></x:a>", "<x:a xmlns:x=\"urn:x\" xmlns=\"\"><bare/></x:a>"),
        ("<x:a t='D:date'/>", "<x:a xmlns:D=\"DAV:\" xmlns:x=\"urn:x\" t='D:date'/>"),
        (
            "<x:a\n>1 <b xmlns='u'>2</b> 3</x:a>",
            "<x:a xmlns:x=\"urn:x\"\n>1 <b xmlns='u'>2</b> 3</x:a>",
        ),
    ] {
        let (before, after, written) = moved(&update(property));
        assert_eq!(written, fragment, "{property}");
        assert_eq!(before, after, "{property}");
    }
}

#[test]
fn the_language_in_force_goes_along() {
    for (root, set, own, fragment) in [
        ("", "", "", "<p xmlns=\"DAV:\">x</p>"),
        (" xml:lang='de'", "", "", "<p xmlns=\"DAV:\" xml:lang=\"de\">x</p>"),
        (" xml:lang='de'", " xml:lang='fr'", "", "<p xmlns=\"DAV:\" xml:lang=\"fr\">x</p>"),
        (" xml:lang='de'", " xml:lang=''", "", "<p xmlns=\"DAV:\">x</p>"),
        (" xml:lang='de'", "", " xml:lang='it'", "<p xmlns=\"DAV:\" xml:lang='it'>x</p>"),
    ] {
        let source = format!(
            "<propertyupdate xmlns='DAV:'{root}><set{set}><prop><p{own}>x</p></prop></set></propertyupdate>"
        );
        assert_eq!(moved(&source).2, fragment, "{source}");
    }
}

#[test]
fn content_is_kept_to_the_character() {
    for property in [
        "<x:a> lead <x:b/> mid\r\n\t<x:b/> tail </x:a>",
        "<x:a><![CDATA[<raw> & ]]>&lt;&#13;&#x1F600;é</x:a>",
        "<x:a><!-- kept --><?kept too?></x:a>",
        "<x:a b='&quot;&#10;' xml:space='preserve' D:c='1'>  </x:a>",
        "<D:a><D:b xmlns:D='urn:inner'><D:c/></D:b><D:d/></D:a>",
        "<a xmlns='urn:1'><b xmlns=''><c xmlns='urn:2'/></b></a>",
    ] {
        let (before, after, fragment) = moved(&update(property));
        assert_eq!(before, after, "{fragment}");
        let (_, again, _) = moved(&update(&fragment));
        assert_eq!(before, again, "a second journey of {fragment}");
    }
}

/// XML text of an element in which prefixes are bound, shadowed and left to the outside.
fn element() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "D:a", "x:a", "y:b", "b"]);
    let declared = prop::sample::select(vec![
        "",
        "",
        "",
        " xmlns='urn:default'",
        " xmlns=''",
        " xmlns:x='urn:shadow'",
        " xmlns:y='DAV:'",
        " xmlns:D='urn:not-dav' xmlns='DAV:'",
    ]);
    let attribute = prop::sample::select(vec![
        "",
        "",
        " k='v'",
        " x:k='&lt;&#9;'",
        " D:k='y:name'",
        " xml:lang='en'",
        " x:k='1' k='2'",
    ]);
    let text = prop::sample::select(vec![
        "",
        " ",
        "text",
        "\n  ",
        "&amp;&#13;",
        "<![CDATA[<]]>",
        "é<!--c-->",
    ]);
    let leaf = (name.clone(), declared.clone(), attribute.clone(), text.clone()).prop_map(
        |(name, declared, attribute, text)| format!("<{name}{declared}{attribute}>{text}</{name}>"),
    );
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let children = prop::collection::vec((inner, text.clone()), 0..4);
        (name.clone(), declared.clone(), attribute.clone(), children).prop_map(
            |(name, declared, attribute, children)| {
                let inside: String = children
                    .into_iter()
                    .flat_map(|(child, text)| [child, text.to_owned()])
                    .collect();
                format!("<{name}{declared}{attribute}>{inside}</{name}>")
            },
        )
    })
}

proptest! {
    #[test]
    fn any_property_means_the_same_elsewhere(
        property in element(),
        default in prop::sample::select(vec!["", " xmlns='urn:around'", " xmlns='DAV:'"]),
    ) {
        let source = format!(
            "<D:propertyupdate xmlns:D='DAV:' xmlns:x='urn:x' xmlns:y='urn:y'{default}><D:set><D:prop>\
             {property}</D:prop></D:set></D:propertyupdate>"
        );
        let (before, after, fragment) = moved(&source);
        prop_assert_eq!(before, after, "{}", fragment);
    }
}
