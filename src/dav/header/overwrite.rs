//! `Overwrite` (RFC 4918 §10.6).

use http::HeaderMap;

use super::single;
use crate::base::Fault;

/// May COPY or MOVE replace what is at the destination? Yes when the header is absent.
pub fn overwrite(headers: &HeaderMap) -> Result<bool, Fault> {
    match single(headers, "overwrite")? {
        None | Some("T" | "t") => Ok(true),
        Some("F" | "f") => Ok(false),
        Some(_) => Err(Fault::bad_request("The header Overwrite is neither T nor F.")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::headers;
    use super::*;

    #[test]
    fn replaces_unless_told_not_to() {
        assert!(overwrite(&HeaderMap::new()).expect("default"));
        assert!(overwrite(&headers(&[("overwrite", "T")])).expect("T"));
        assert!(!overwrite(&headers(&[("overwrite", "F")])).expect("F"));
        for junk in ["", "false", "TF"] {
            assert_eq!(overwrite(&headers(&[("overwrite", junk)])).expect_err(junk).status, 400);
        }
    }
}
