//! `CARD:address-data` in reports: whole cards or parts of them, as stored or converted
//! (RFC 6352 §10.4).

use bytes::Bytes;

use super::object::{self, Form};
use crate::base::Fault;
use crate::dav::registry::{DataProperty, MemberData, ReportCall};
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::formats::select::{self, Selector};
use crate::store::body::Part;
use crate::store::collection::Kind;
use crate::store::member::{Flags, MemberRow};

/// The data property of cards.
pub static ADDRESS_DATA: DataProperty =
    DataProperty { name: Name::carddav("address-data"), kind: Kind::AddressBook, prepare };

#[derive(Debug)]
struct AddressData {
    form: Form,
    /// The properties wished for; `None` is all.
    selectors: Option<Vec<Selector>>,
}

fn prepare(element: &Element, call: &ReportCall) -> Result<Box<dyn MemberData>, Fault> {
    let form = object::named(element.attr("content-type"), element.attr("version"), &call.scope)?;
    let name = Name::carddav("prop");
    let mut props = element.children_named(&name).peekable();
    let all = element.child(&Name::carddav("allprop")).is_some() || props.peek().is_none();
    let selectors = props.filter_map(selector).collect();
    Ok(Box::new(AddressData { form, selectors: (!all).then_some(selectors) }))
}

fn selector(prop: &Element) -> Option<Selector> {
    Some(Selector::new(prop.attr("name")?, prop.attr("novalue") == Some("yes")))
}

impl MemberData for AddressData {
    fn write(&self, member: MemberRow<'_>, parts: &[Part], out: &mut XmlOut) {
        let form = self.form.for_member(member);
        if form == Form::Stored && self.selectors.is_none() {
            for Part { bytes, is_blob } in parts {
                let flag = if *is_blob { Flags::ESCAPE_BLOBS } else { Flags::ESCAPE };
                if member.flags.has(flag) { out.text_bytes(bytes) } else { out.text_plain(bytes) }
            }
            return;
        }
        let whole = match parts {
            [one] => one.bytes.clone(),
            parts => {
                let runs: Vec<&[u8]> = parts.iter().map(|part| &part.bytes[..]).collect();
                Bytes::from(runs.concat())
            }
        };
        let partial = self.selectors.as_ref().map(|s| Bytes::from(select::select(&whole, s)));
        let chosen = partial.unwrap_or(whole);
        match form.convert(&chosen) {
            Some(converted) => out.text_bytes(&converted),
            None => out.text_bytes(&chosen),
        }
    }
}
