//! Coordinates and time zones, whose values are spelled differently.

use super::after_prefix;
use crate::formats::property::Property;

/// `GEO:geo:48.2,16.3` as `GEO:48.2;16.3`; a `geo:` URI that says more stays one.
pub(super) fn geo_to_version_3(property: &mut Property) {
    let pair = after_prefix(&property.value, "geo:").and_then(|pair| pair.split_once(','));
    if let Some((latitude, longitude)) = pair
        && is_number(latitude)
        && is_number(longitude)
    {
        property.value = format!("{latitude};{longitude}");
        property.drop_where("VALUE", "uri");
    }
}

/// `GEO:48.2;16.3`, however its separator is escaped, as `GEO:geo:48.2,16.3`.
pub(super) fn geo_to_version_4(property: &mut Property) {
    let plain = property.value.replace('\\', "");
    if let Some((latitude, longitude)) = plain.split_once([';', ','])
        && is_number(latitude.trim())
        && is_number(longitude.trim())
    {
        property.value = format!("geo:{},{}", latitude.trim(), longitude.trim());
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'))
}

/// `TZ;VALUE=utc-offset:-0500` as `TZ:-05:00`, and a name as text.
pub(super) fn zone_to_version_3(property: &mut Property) {
    let said = property.param("VALUE").map(|value| value.to_ascii_lowercase());
    match (said.as_deref(), offset(&property.value)) {
        (None | Some("utc-offset"), Some((hours, minutes))) => {
            property.take("VALUE");
            property.value = format!("{hours}:{minutes}");
        }
        (None, None) => property.set("VALUE", "text"),
        _ => {}
    }
}

/// `TZ:-05:00` as `TZ;VALUE=utc-offset:-0500`, and text as what 4.0 expects anyway.
pub(super) fn zone_to_version_4(property: &mut Property) {
    if property.param_is("VALUE", "text") && offset(&property.value).is_none() {
        property.take("VALUE");
    } else if let (false, Some((hours, minutes))) = (property.has("VALUE"), offset(&property.value))
    {
        property.value = format!("{hours}{minutes}");
        property.set("VALUE", "utc-offset");
    }
}

/// Signed hours, and minutes, of `-0500`, `-05:00` or `-05`.
fn offset(value: &str) -> Option<(String, String)> {
    let value = value.trim();
    let digits: String = value.strip_prefix(['+', '-'])?.split(':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    let whole = digits.bytes().all(|b| b.is_ascii_digit()) && minutes.len() == 2;
    let sign = value.get(..1)?;
    whole.then(|| (format!("{sign}{hours}"), minutes.to_owned()))
}
