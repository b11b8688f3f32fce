//! Names of properties and values of fields, as they are typed and as they are kept.

use super::*;
use crate::base::Timestamp;

#[test]
fn properties_are_made_of_names() {
    for (name, wanted) in [
        ("Shoe size", Some("X-SHOE-SIZE")),
        ("x-size", Some("X-SIZE")),
        (" Größe (cm) ", Some("X-GR-SSE-CM")),
        ("尺寸", None),
        ("rolodav rev", None),
        ("X-ABDATE", None),
    ] {
        let made = property_of(name).ok();
        assert_eq!(made.as_deref(), wanted, "{name:?}");
    }
}

#[test]
fn values_are_checked_and_brought_into_one_form() {
    let choice = || FieldKind::Choice(vec!["Gold".to_owned(), "Silver".to_owned()]);
    for (kind, value, wanted) in [
        (FieldKind::Text, "anything; at all", Some("anything; at all")),
        (FieldKind::Number, "12.50", Some("12.50")),
        (FieldKind::Number, "twelve", None),
        (FieldKind::Number, "inf", None),
        (FieldKind::Date, "2026-11-03", Some("2026-11-03")),
        (FieldKind::Date, "2026-02-30", None),
        (FieldKind::Date, "--0229", Some("--02-29")),
        (FieldKind::Date, "11-03", Some("--11-03")),
        (FieldKind::Date, "13-03", None),
        (FieldKind::Relation, "Bo, Jr.", Some("Bo, Jr.")),
        (choice(), "gold", Some("Gold")),
        (choice(), "bronze", None),
        (FieldKind::Url, "https://example.org/a", Some("https://example.org/a")),
        (FieldKind::Url, "example.org", None),
        (FieldKind::Url, "https://a b", None),
        (FieldKind::Bool, "Yes", Some("TRUE")),
        (FieldKind::Bool, "0", Some("FALSE")),
        (FieldKind::Bool, "maybe", None),
    ] {
        let field = Field {
            name: "F".to_owned(),
            property: "X-F".to_owned(),
            kind,
            required: false,
            created: Timestamp(0),
        };
        assert_eq!(checked(&field, value).ok().as_deref(), wanted, "{field:?}: {value:?}");
    }
}
