//! Profiles and addresses on other services: RFC 9554 in 4.0, Apple's spelling in 3.0.

use super::is_uri;
use crate::formats::property::Property;

const CONTEXTS: [&str; 3] = ["home", "work", "pref"];

/// `SOCIALPROFILE;SERVICE-TYPE=Mastodon;USERNAME=a:https://…` as
/// `X-SOCIALPROFILE;TYPE=Mastodon;x-user=a:https://…`.
pub(super) fn profile_to_version_3(property: &mut Property) {
    "X-SOCIALPROFILE".clone_into(&mut property.name);
    property.drop_where("VALUE", "text");
    property.rename("USERNAME", "x-user");
    if let Some(service) = property.take("SERVICE-TYPE") {
        let mut types = property.types();
        types.insert(0, service);
        property.set_types(&types);
    }
}

/// `X-SOCIALPROFILE` as `SOCIALPROFILE`.
pub(super) fn profile_to_version_4(property: &mut Property) {
    "SOCIALPROFILE".clone_into(&mut property.name);
    property.rename("x-user", "USERNAME");
    let types = property.types();
    let service = types
        .iter()
        .find(|kind| !CONTEXTS.iter().any(|context| kind.eq_ignore_ascii_case(context)));
    if let Some(service) = service
        && !property.has("SERVICE-TYPE")
    {
        property.take_type(service);
        property.set("SERVICE-TYPE", service);
    }
    if !is_uri(&property.value) && !property.has("VALUE") {
        property.set("VALUE", "text");
    }
}
