//! Lists and parameters in header values (RFC 9110 §5.6).

/// Splits at `separator` where it does not stand in a quoted text; parts are trimmed, empty ones
/// left out.
pub(super) fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(move |c| {
        let ends = c == separator && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        ends
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// A `name=value` pair, the value without its quotes; a bare name has an empty value.
pub(super) fn pair(part: &str) -> (&str, &str) {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    (name.trim(), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hide_separators() {
        let parts = |text| split(text, ',').collect::<Vec<_>>();
        assert_eq!(parts(r#" a ,, b="x,y" ,c"#), ["a", r#"b="x,y""#, "c"]);
        assert_eq!(parts(r#"a="x\",y", b"#), [r#"a="x\",y""#, "b"]);
        assert_eq!(parts(r#"a="never closed, b"#), [r#"a="never closed, b"#]);
        assert_eq!(parts(" , "), [""; 0]);
        assert_eq!(pair(r#"version = "4.0""#), ("version", "4.0"));
        assert_eq!(pair("depth-noroot"), ("depth-noroot", ""));
    }
}
