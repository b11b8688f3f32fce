//! `Depth` (RFC 4918 §10.2).

use http::HeaderMap;

use super::single;
use crate::base::Fault;

/// How far below the addressed resource a request reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The resource alone.
    Zero,
    /// The resource and its members.
    One,
    /// The resource and everything below it.
    Infinity,
}

impl Depth {
    /// Reads the header. `None` when there is none: what that means differs by method.
    pub fn parse(headers: &HeaderMap) -> Result<Option<Self>, Fault> {
        match single(headers, "depth")? {
            None => Ok(None),
            Some("0") => Ok(Some(Self::Zero)),
            Some("1") => Ok(Some(Self::One)),
            Some(value) if value.eq_ignore_ascii_case("infinity") => Ok(Some(Self::Infinity)),
            Some(_) => Err(Fault::bad_request("The header Depth is neither 0, 1 nor infinity.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::headers;
    use super::*;

    #[test]
    fn reads_the_three_depths_and_nothing_else() {
        for (value, depth) in [
            ("0", Some(Depth::Zero)),
            (" 1 ", Some(Depth::One)),
            ("infinity", Some(Depth::Infinity)),
            ("Infinity", Some(Depth::Infinity)),
            ("", None),
            ("2", None),
            ("1,noroot", None),
            ("-1", None),
            ("0, 1", None),
        ] {
            let read = Depth::parse(&headers(&[("depth", value)]));
            match depth {
                Some(_) => assert_eq!(read.expect(value), depth, "{value}"),
                None => assert_eq!(read.expect_err(value).status, 400),
            }
        }
        assert_eq!(Depth::parse(&HeaderMap::new()).expect("none"), None);
        let twice = headers(&[("depth", "0"), ("depth", "1")]);
        assert_eq!(Depth::parse(&twice).expect_err("two depths").status, 400);
    }
}
