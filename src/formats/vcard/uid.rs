//! When two UIDs are the same one.

/// The form in which UIDs are compared: `urn:uuid:X` is `X`, whatever the case of a UUID and
/// however often the prefix stands there. Clients add and strip it at will.
pub fn normalize_uid(uid: &str) -> String {
    const PREFIX: &str = "urn:uuid:";
    let mut rest = uid.trim();
    while let Some((prefix, tail)) = rest.split_at_checked(PREFIX.len())
        && prefix.eq_ignore_ascii_case(PREFIX)
    {
        rest = tail.trim_start();
    }
    if is_uuid(rest) { rest.to_ascii_lowercase() } else { rest.to_owned() }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::normalize_uid;

    #[test]
    fn prefixes_and_case() {
        let uuid = "0f8b3a2e-7c1d-4e5f-9a6b-1c2d3e4f5a6b";
        for same in [
            uuid.to_owned(),
            uuid.to_ascii_uppercase(),
            format!("urn:uuid:{uuid}"),
            format!("URN:UUID:{}", uuid.to_ascii_uppercase()),
            format!("urn:uuid:urn:uuid:{uuid}"),
            format!(" {uuid} "),
        ] {
            assert_eq!(normalize_uid(&same), uuid, "{same}");
        }
        assert_eq!(normalize_uid("urn:uuid:Not-a-UUID"), "Not-a-UUID");
        assert_eq!(normalize_uid("Case@Host"), "Case@Host");
        assert_eq!(normalize_uid("é".repeat(9).as_str()), "é".repeat(9));
    }
}
