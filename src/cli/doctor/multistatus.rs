//! Reads multistatus answers as a phone does: the properties with status 200, by response.

use crate::base::Limits;
use crate::dav::xml::{Element, Name, parse};
use crate::fetch::client::Answer;

/// One response of a multistatus.
#[derive(Debug)]
pub struct Response {
    /// The path it is about.
    pub href: String,
    props: Vec<Element>,
}

/// The responses of a 207; the error is what is wrong with it.
pub fn read(answer: &Answer) -> Result<Vec<Response>, String> {
    if answer.status.as_u16() != 207 {
        return Err(format!("the answer is {} instead of 207 Multi-Status", answer.status));
    }
    let root = parse(&answer.body, &Limits::default())
        .map_err(|fault| format!("the answer is not valid XML: {fault}"))?;
    if root.name != Name::dav("multistatus") {
        return Err(format!("the answer is `{}` instead of `multistatus`", root.name.local));
    }
    Ok(root.children_named(&Name::dav("response")).map(response).collect())
}

fn response(element: &Element) -> Response {
    let href = element.child(&Name::dav("href")).map(|href| href.trimmed().to_owned());
    let ok = |propstat: &&Element| {
        let status = propstat.child(&Name::dav("status"));
        status.is_some_and(|status| status.trimmed().starts_with("HTTP/1.1 200"))
    };
    let props = element
        .children_named(&Name::dav("propstat"))
        .filter(ok)
        .filter_map(|propstat| propstat.child(&Name::dav("prop")))
        .flat_map(|prop| prop.children.iter().cloned())
        .collect();
    Response { href: href.unwrap_or_default(), props }
}

impl Response {
    /// A property that is there.
    pub fn prop(&self, name: &Name) -> Option<&Element> {
        self.props.iter().find(|prop| prop.name == *name)
    }

    /// The href in a property.
    pub fn href_in(&self, name: &Name) -> Option<&str> {
        Some(self.prop(name)?.child(&Name::dav("href"))?.trimmed()).filter(|href| !href.is_empty())
    }

    /// Is an element of this name anywhere in the property?
    pub fn mentions(&self, property: &Name, wanted: &Name) -> bool {
        fn within(element: &Element, wanted: &Name) -> bool {
            element.children.iter().any(|child| child.name == *wanted || within(child, wanted))
        }
        self.prop(property).is_some_and(|property| within(property, wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            status: http::StatusCode::from_u16(status).unwrap(),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn only_properties_that_are_there_count() {
        let body = "<d:multistatus xmlns:d='DAV:'><d:response><d:href>/dav/</d:href>\
            <d:propstat><d:prop><d:owner><d:href> /p/ </d:href></d:owner></d:prop>\
            <d:status>HTTP/1.1 200 OK</d:status></d:propstat>\
            <d:propstat><d:prop><d:group/></d:prop>\
            <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>\
            </d:response></d:multistatus>";
        let responses = read(&answer(207, body)).unwrap();
        assert_eq!(responses.len(), 1);
        assert_eq!(responses[0].href, "/dav/");
        assert_eq!(responses[0].href_in(&Name::dav("owner")), Some("/p/"));
        assert!(responses[0].prop(&Name::dav("group")).is_none(), "a 404 counts as there");
        assert!(responses[0].mentions(&Name::dav("owner"), &Name::dav("href")));
    }

    #[test]
    fn what_is_no_multistatus_is_told() {
        for (status, body, says) in [
            (200, "", "the answer is 200 OK instead of 207"),
            (207, "<html>", "the answer is not valid XML"),
            (207, "<html/>", "the answer is `html` instead of `multistatus`"),
        ] {
            let error = read(&answer(status, body)).unwrap_err();
            assert!(error.starts_with(says), "{error}");
        }
    }
}
