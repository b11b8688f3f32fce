//! A card as JSON: jCard (RFC 7095), whose content is always that of vCard 4.0.

use serde_json::{Map, Number, Value};

use super::convert::convert;
use super::line::Line;
use super::text;
use super::vcard::{Card, Version};

/// The card `bytes` as `application/vcard+json`.
pub fn to_jcard(bytes: &[u8]) -> Vec<u8> {
    let converted = convert(bytes, Version::V40);
    let card = Card::parse(&converted);
    let version = Value::Array(vec![
        "version".into(),
        Value::Object(Map::new()),
        "text".into(),
        Version::V40.as_str().into(),
    ]);
    let others = card.properties().iter().filter(|line| !line.is("VERSION")).map(property);
    let properties: Vec<Value> = std::iter::once(version).chain(others).collect();
    Value::Array(vec!["vcard".into(), Value::Array(properties)]).to_string().into_bytes()
}

/// `[name, parameters, type, value…]`
pub(super) fn property(line: &Line<'_>) -> Value {
    let name = String::from_utf8_lossy(line.name()).to_ascii_lowercase();
    let form = Form::of(&name);
    let kind = kind_of(line, form);
    let mut parts = vec![name.into(), Value::Object(params(line)), kind.as_str().into()];
    match form {
        _ if kind == "unknown" => parts.push(lossy(&line.value()).into()),
        Form::List if kind == "text" => {
            let value = line.value();
            parts.extend(text::split(&value, b',').map(|item| plain(item).into()));
        }
        Form::Structured => parts.push(structured(&line.value())),
        _ => parts.push(scalar(&kind, line)),
    }
    Value::Array(parts)
}

/// How the values of a property are put together (RFC 6350 §6).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Single(&'static str),
    List,
    Structured,
    Unknown,
}

impl Form {
    /// The form of the property `name`, in lower case, with the type of its value where none
    /// is said.
    fn of(name: &str) -> Self {
        match name {
            "fn" | "tel" | "email" | "tz" | "title" | "role" | "note" | "prodid" | "kind"
            | "xml" | "expertise" | "hobby" | "interest" | "birthplace" | "deathplace"
            | "gramgender" | "pronouns" => Self::Single("text"),
            "source" | "photo" | "impp" | "geo" | "logo" | "member" | "related" | "uid" | "url"
            | "sound" | "key" | "fburl" | "caladruri" | "caluri" | "org-directory"
            | "contact-uri" | "socialprofile" => Self::Single("uri"),
            "bday" | "anniversary" | "deathdate" => Self::Single("date-and-or-time"),
            "rev" | "created" => Self::Single("timestamp"),
            "lang" | "language" => Self::Single("language-tag"),
            "nickname" | "categories" => Self::List,
            "n" | "adr" | "org" | "gender" | "clientpidmap" => Self::Structured,
            _ => Self::Unknown,
        }
    }
}

/// The type of the value: what the line says, else what its property has by itself.
fn kind_of(line: &Line<'_>, form: Form) -> String {
    if let Some(said) = line.param("VALUE") {
        return said.to_ascii_lowercase();
    }
    match form {
        // Many programs write an identity that is no URI without saying so.
        Form::Single("uri") if !lossy(&line.value()).contains(':') => "text".to_owned(),
        Form::Single(kind) => kind.to_owned(),
        Form::List | Form::Structured => "text".to_owned(),
        Form::Unknown => "unknown".to_owned(),
    }
}

fn params(line: &Line<'_>) -> Map<String, Value> {
    let mut object = Map::new();
    if let Some(group) = line.group() {
        object.insert("group".to_owned(), lossy(group).into());
    }
    for param in line.params().filter(|p| !p.is("VALUE")) {
        let name = lossy(param.name).to_ascii_lowercase();
        for value in param.values() {
            match object.get_mut(&name) {
                None => {
                    object.insert(name.clone(), Value::String(value.into_owned()));
                }
                Some(Value::Array(values)) => values.push(Value::String(value.into_owned())),
                Some(first) => {
                    let both = vec![first.take(), Value::String(value.into_owned())];
                    *first = Value::Array(both);
                }
            }
        }
    }
    object
}

/// A structured value: an array of components, those with several values arrays themselves. One
/// that has a single component only is plain text (RFC 7095 §3.3.1.3).
fn structured(value: &[u8]) -> Value {
    let component = |part: &[u8]| {
        let mut values: Vec<Value> =
            text::split(part, b',').map(|value| plain(value).into()).collect();
        if values.len() == 1 { values.pop().unwrap_or_default() } else { Value::Array(values) }
    };
    let mut components: Vec<Value> = text::split(value, b';').map(component).collect();
    if components.len() == 1 {
        components.pop().unwrap_or_default()
    } else {
        Value::Array(components)
    }
}

fn scalar(kind: &str, line: &Line<'_>) -> Value {
    let raw = line.value();
    match kind {
        "uri" => lossy(&raw).into(),
        "date" | "time" | "date-time" | "date-and-or-time" | "timestamp" => {
            extended(&lossy(&raw)).into()
        }
        "utc-offset" => zone(lossy(&raw).trim()).into(),
        "boolean" => match lossy(&raw).trim().to_ascii_lowercase().as_str() {
            "true" => true.into(),
            "false" => false.into(),
            _ => line.text().into(),
        },
        "integer" | "float" => match lossy(&raw).trim().parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => line.text().into(),
        },
        _ => line.text().into(),
    }
}

fn plain(value: &[u8]) -> String {
    text::unescape(value).into_owned()
}

fn lossy(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// `19850415T102200Z` as `1985-04-15T10:22:00Z`: JSON has the extended form (RFC 7095 §3.5.3).
pub(super) fn extended(value: &str) -> String {
    let value = value.trim();
    match value.split_once('T') {
        Some((date, time)) => format!("{}T{}", extended_date(date), extended_time(time)),
        None => extended_date(value),
    }
}

fn extended_date(date: &str) -> String {
    let digits = date.trim_start_matches('-');
    let all = digits.bytes().all(|b| b.is_ascii_digit());
    let split = |at: usize| digits.split_at_checked(at).unwrap_or((digits, ""));
    match (date.len() - digits.len(), digits.len()) {
        (0, 8) if all => {
            let (year, rest) = split(4);
            let (month, day) = rest.split_at_checked(2).unwrap_or((rest, ""));
            format!("{year}-{month}-{day}")
        }
        (2, 4) if all => {
            let (month, day) = split(2);
            format!("--{month}-{day}")
        }
        _ => date.to_owned(),
    }
}

fn extended_time(time: &str) -> String {
    let end = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at_checked(end).unwrap_or((time, ""));
    if !clock.bytes().all(|b| b.is_ascii_digit()) || !clock.len().is_multiple_of(2) {
        return time.to_owned();
    }
    let mut spaced = String::with_capacity(time.len() + 3);
    for (at, digit) in clock.chars().enumerate() {
        if at > 0 && at % 2 == 0 {
            spaced.push(':');
        }
        spaced.push(digit);
    }
    spaced + &zone(offset)
}

/// `-0500` as `-05:00`.
fn zone(offset: &str) -> String {
    match offset.split_at_checked(3) {
        Some((hours, minutes))
            if minutes.len() == 2 && minutes.bytes().all(|b| b.is_ascii_digit()) =>
        {
            format!("{hours}:{minutes}")
        }
        _ => offset.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(version: &str, line: &str) -> Value {
        let card = format!("BEGIN:VCARD\r\nFN:x\r\nVERSION:{version}\r\n{line}\r\nEND:VCARD\r\n");
        let json: Value = serde_json::from_slice(&to_jcard(card.as_bytes())).expect("JSON");
        assert_eq!(json[0], "vcard");
        assert_eq!(json[1][0], json!(["version", {}, "text", "4.0"]));
        assert_eq!(json[1][1], json!(["fn", {}, "text", "x"]));
        json[1][2].clone()
    }

    #[test]
    fn each_kind_of_value() {
        for (line, wanted) in [
            ("NOTE:a\\nb\\, c", json!(["note", {}, "text", "a\nb, c"])),
            (
                "N:Doe;John,Q.;;Dr.;",
                json!(["n", {}, "text", ["Doe", ["John", "Q."], "", "Dr.", ""]]),
            ),
            ("ORG:ABC", json!(["org", {}, "text", "ABC"])),
            ("ORG:ABC\\, Inc.;Sales", json!(["org", {}, "text", ["ABC, Inc.", "Sales"]])),
            ("GENDER:M", json!(["gender", {}, "text", "M"])),
            (
                "ADR;LABEL=\"a^nb\":;;1 Way;B;;;",
                json!(["adr", {"label": "a\nb"}, "text", ["", "", "1 Way", "B", "", "", ""]]),
            ),
            (
                "item1.TEL;TYPE=home,cell;PREF=1:1",
                json!(["tel", {"group": "item1", "type": ["home", "cell"], "pref": "1"}, "text", "1"]),
            ),
            ("TEL;VALUE=uri:tel:+1", json!(["tel", {}, "uri", "tel:+1"])),
            ("CATEGORIES:a,b\\,c", json!(["categories", {}, "text", "a", "b,c"])),
            ("BDAY:19850415", json!(["bday", {}, "date-and-or-time", "1985-04-15"])),
            ("BDAY:--0415", json!(["bday", {}, "date-and-or-time", "--04-15"])),
            ("BDAY:---15", json!(["bday", {}, "date-and-or-time", "---15"])),
            (
                "BDAY:19850415T1022-0500",
                json!(["bday", {}, "date-and-or-time", "1985-04-15T10:22-05:00"]),
            ),
            ("BDAY;VALUE=text:circa 1800", json!(["bday", {}, "text", "circa 1800"])),
            ("REV:20240101T000000Z", json!(["rev", {}, "timestamp", "2024-01-01T00:00:00Z"])),
            ("TZ;VALUE=utc-offset:-0500", json!(["tz", {}, "utc-offset", "-05:00"])),
            ("LANG:fr", json!(["lang", {}, "language-tag", "fr"])),
            ("UID:urn:uuid:1", json!(["uid", {}, "uri", "urn:uuid:1"])),
            ("UID:plain", json!(["uid", {}, "text", "plain"])),
            (
                "PHOTO:data:image/png;base64,AA==",
                json!(["photo", {}, "uri", "data:image/png;base64,AA=="]),
            ),
            ("X-Odd;Q=1:a\\,b;c", json!(["x-odd", {"q": "1"}, "unknown", "a\\,b;c"])),
            ("X-N;VALUE=integer:7", json!(["x-n", {}, "integer", 7])),
            ("X-B;VALUE=boolean:TRUE", json!(["x-b", {}, "boolean", true])),
        ] {
            assert_eq!(written("4.0", line), wanted, "{line}");
        }
    }

    #[test]
    fn a_card_of_3_0_is_told_as_4_0() {
        assert_eq!(
            written("3.0", "TEL;TYPE=cell,pref:1"),
            json!(["tel", {"type": "cell", "pref": "1"}, "text", "1"])
        );
        assert_eq!(
            written("3.0", "PHOTO;ENCODING=b;TYPE=PNG:AA=="),
            json!(["photo", {}, "uri", "data:image/png;base64,AA=="])
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_told(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let card = [b"BEGIN:VCARD\n", bytes.as_slice()].concat();
            prop_assert!(serde_json::from_slice::<Value>(&to_jcard(&card)).is_ok());
        }
    }
}
