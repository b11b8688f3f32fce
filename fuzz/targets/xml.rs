//! XML requests: what is taken is well-formed by another reader, too; what is kept of it means
//! the same elsewhere; every request reads it or refuses it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::base::Limits;
use rolodav::carddav::query::read_filter;
use rolodav::dav::header::Depth;
use rolodav::dav::request::{Change, MkCol, PropRequest, Report};
use rolodav::dav::xml::name::NS_XML;
use rolodav::dav::xml::{Element, Name, parse};

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let Ok(root) = parse(data, &limits) else { return };
    // With NUL in it, it was taken for UTF-16.
    if let Some(text) = std::str::from_utf8(data).ok().filter(|text| !text.contains('\0')) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let other = roxmltree::Document::parse(text);
        assert!(other.is_ok(), "another reader refuses it: {:?}", other.err());
    }
    keeps_its_meaning(&root, &limits);
    for child in root.children.iter().flat_map(|child| &child.children).take(8) {
        keeps_its_meaning(child, &limits);
    }
    if let Ok(PropRequest::Prop(names)) = PropRequest::parse(Some(&root), &limits) {
        assert!(names.len() <= limits.properties);
    }
    for depth in [None, Some(Depth::Zero), Some(Depth::One), Some(Depth::Infinity)] {
        let _ = Report::parse(&root, depth, &limits);
    }
    let _ = PropRequest::within(&root, &limits);
    let _ = read_filter(root.child(&Name::carddav("filter")).unwrap_or(&root));
    if let Ok(changes) = Change::parse(root.clone(), &limits) {
        assert!(changes.len() <= limits.properties);
    }
    if let Ok(made) = MkCol::parse(root, &limits) {
        assert!(made.properties.len() <= limits.properties);
        let _ = made.resource_types();
    }
});

/// A property element is stored and stands in other answers later, below other declarations.
fn keeps_its_meaning(element: &Element, limits: &Limits) {
    let fragment = element.to_fragment();
    for around in
        [("<w>", "</w>"), ("<D:w xmlns:D='urn:else' xmlns='urn:other' xml:lang='fr'>", "</D:w>")]
    {
        let whole = format!("{}{fragment}{}", around.0, around.1);
        let read = roxmltree::Document::parse(&whole);
        assert!(read.is_ok(), "{:?} in {whole}", read.err());
        // What was within bounds may leave them with the declarations that it takes along.
        let Ok(wrapped) = parse(whole.as_bytes(), limits) else { continue };
        assert_eq!(wrapped.children.len(), 1, "{whole}");
        same(element, &wrapped.children[0], true);
    }
}

fn same(a: &Element, b: &Element, outermost: bool) {
    assert_eq!(a.name, b.name);
    assert_eq!(a.text, b.text, "text of {}", a.name);
    let own = |element: &Element| {
        let mut attrs = element.attrs.clone();
        attrs.retain(|(name, _)| !(outermost && name.is(NS_XML, "lang")));
        attrs
    };
    assert_eq!(own(a), own(b), "attributes of {}", a.name);
    assert_eq!(a.children.len(), b.children.len(), "children of {}", a.name);
    for (a, b) in a.children.iter().zip(&b.children) {
        same(a, b, false);
    }
}
