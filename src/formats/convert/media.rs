//! Photos, logos, sounds and keys: `data:` URIs of 4.0, `ENCODING=b` of 3.0.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::{after_prefix, is_uri};
use crate::formats::property::Property;

/// `PHOTO`, `LOGO`, `SOUND` or `KEY` of 4.0 as 3.0 has it.
pub(super) fn to_version_3(property: &mut Property) {
    if property.has("ENCODING") || property.param_is("VALUE", "text") {
        return;
    }
    let Some((media, payload)) = split_data_uri(&property.value) else {
        if is_uri(&property.value) {
            let media = property.take("MEDIATYPE");
            property.set("VALUE", "uri");
            set_format(property, media.as_deref().unwrap_or_default());
        }
        return;
    };
    let (media, payload) = (media.to_owned(), payload.into_owned());
    property.value = payload;
    property.take("VALUE");
    property.take("MEDIATYPE");
    property.set("ENCODING", "b");
    set_format(property, &media);
}

/// `PHOTO`, `LOGO`, `SOUND` or `KEY` of 3.0 as 4.0 has it.
pub(super) fn to_version_4(property: &mut Property) {
    if property.param_is("VALUE", "text") {
        return;
    }
    let encoded = ["b", "base64"].iter().any(|e| property.param_is("ENCODING", e));
    let is_data = after_prefix(&property.value, "data:").is_some();
    if encoded && !is_data {
        property.take("ENCODING");
        property.take("VALUE");
        let payload: Cow<'_, str> = if property.value.contains(char::is_whitespace) {
            property.value.split_whitespace().collect::<String>().into()
        } else {
            std::mem::take(&mut property.value).into()
        };
        let media = property.take("MEDIATYPE");
        let format = take_format(property);
        let media = media.or(format).unwrap_or_else(|| sniff(&payload).to_owned());
        property.value = format!("data:{media};base64,{payload}");
    } else if is_data {
        property.take("ENCODING");
        property.take("VALUE");
        property.take("MEDIATYPE");
        take_format(property);
    } else if is_uri(&property.value) {
        property.take("VALUE");
        if let Some(media) = take_format(property) {
            property.set("MEDIATYPE", &media);
        }
    } else if property.name.eq_ignore_ascii_case("KEY") && !property.has("VALUE") {
        property.set("VALUE", "text");
    }
}

/// Media type and base64 payload of a `data:` URI (RFC 2397). A comma escaped by a sloppy
/// program is taken too.
fn split_data_uri(value: &str) -> Option<(&str, Cow<'_, str>)> {
    let (meta, payload) = after_prefix(value, "data:")?.split_once(',')?;
    let meta = meta.trim_end_matches('\\');
    let media = meta.split(';').next().unwrap_or_default().trim();
    let base64 = meta.rsplit(';').next().is_some_and(|last| last.eq_ignore_ascii_case("base64"));
    let payload = if base64 {
        Cow::Borrowed(payload)
    } else {
        Cow::Owned(STANDARD.encode(Cow::from(percent_decode_str(payload))))
    };
    Some((media, payload))
}

/// Says the media type the way of 3.0; one that would not come back is kept beside.
fn set_format(property: &mut Property, media: &str) {
    if media.is_empty() {
        return;
    }
    let format = match media.to_ascii_lowercase().as_str() {
        "application/pgp-keys" => "PGP".to_owned(),
        "application/pkix-cert" => "X509".to_owned(),
        other => other.split_once('/').map_or("", |(_, sub)| sub).to_ascii_uppercase(),
    };
    let comes_back = media_of(&property.name, &format);
    if comes_back.is_some_and(|m| m.eq_ignore_ascii_case(media)) {
        property.add_type(&format);
    } else {
        property.set("MEDIATYPE", media);
    }
}

/// Takes the `TYPE` that names a format, and gives its media type.
fn take_format(property: &mut Property) -> Option<String> {
    let types = property.types();
    let is_context = |kind: &String| {
        ["home", "work", "pref"].iter().any(|context| kind.eq_ignore_ascii_case(context))
    };
    let format = types.iter().rfind(|kind| !is_context(kind))?;
    let media = media_of(&property.name, format)?;
    property.take_type(format);
    Some(media)
}

/// The media type that `TYPE=format` on the property `name` means.
fn media_of(name: &str, format: &str) -> Option<String> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_' | '/');
    if format.is_empty() || !format.chars().all(is_token) {
        return None;
    }
    let format = format.to_ascii_lowercase();
    if format.contains('/') {
        return Some(format);
    }
    let known = match format.as_str() {
        "jpg" => "image/jpeg",
        "pgp" | "gpg" => "application/pgp-keys",
        "x509" => "application/pkix-cert",
        _ if name.eq_ignore_ascii_case("KEY") => return None,
        _ if name.eq_ignore_ascii_case("SOUND") => return Some(format!("audio/{format}")),
        _ => return Some(format!("image/{format}")),
    };
    Some(known.to_owned())
}

/// The media type that the first bytes tell.
fn sniff(payload: &str) -> &'static str {
    const BEGINNINGS: [(&str, &str); 4] = [
        ("/9j/", "image/jpeg"),
        ("iVBORw0KGgo", "image/png"),
        ("R0lGOD", "image/gif"),
        ("UklGR", "image/webp"),
    ];
    let known = BEGINNINGS.iter().find(|(begin, _)| payload.starts_with(begin));
    known.map_or("application/octet-stream", |(_, media)| media)
}
