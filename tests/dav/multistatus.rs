//! Multistatus answers and error bodies, read strictly.

use roxmltree::{Document, Node};

use crate::support::Answer;

/// A 207 answer.
#[derive(Debug)]
pub struct Multistatus {
    pub responses: Vec<Response>,
    pub token: Option<String>,
}

/// `DAV:response`
#[derive(Debug)]
pub struct Response {
    pub href: String,
    /// `DAV:status`, where there are no propstats.
    pub status: Option<u16>,
    pub props: Vec<Prop>,
    /// The elements in `DAV:error`, of the response or a propstat.
    pub conditions: Vec<String>,
    /// The statuses of the propstats in order.
    pub propstats: Vec<u16>,
}

/// One property of a response.
#[derive(Debug)]
pub struct Prop {
    /// With the prefix that tests use (`D:getetag`).
    pub name: String,
    pub status: u16,
    /// Its own text, trimmed.
    pub text: String,
    /// The element as it came.
    pub xml: String,
    /// The element children.
    pub children: Vec<String>,
    /// The texts of all `DAV:href` in it.
    pub hrefs: Vec<String>,
}

/// The name with the prefix that tests use.
pub fn short(node: Node<'_, '_>) -> String {
    let local = node.tag_name().name();
    let prefix = match node.tag_name().namespace().unwrap_or_default() {
        "DAV:" => "D",
        "urn:ietf:params:xml:ns:carddav" => "C",
        "urn:ietf:params:xml:ns:caldav" => "CAL",
        "http://calendarserver.org/ns/" => "CS",
        "http://apple.com/ns/ical/" => "I",
        "urn:example:x" => "X",
        other => return format!("{{{other}}}{local}"),
    };
    format!("{prefix}:{local}")
}

fn children<'a>(node: Node<'a, 'a>, name: &str) -> Vec<Node<'a, 'a>> {
    node.children().filter(|child| child.is_element() && short(*child) == name).collect()
}

fn text(node: Node<'_, '_>) -> String {
    node.text().unwrap_or_default().trim().to_owned()
}

fn status(node: Node<'_, '_>) -> u16 {
    let line = node.text().unwrap_or_default();
    // The standard demands the whole line, and clients compare it.
    let rest = line.strip_prefix("HTTP/1.1 ").unwrap_or_else(|| panic!("status {line:?}"));
    let (code, reason) = rest.split_once(' ').unwrap_or_else(|| panic!("status {line:?}"));
    assert!(!reason.is_empty(), "a status without words: {line:?}");
    code.parse().unwrap()
}

/// The elements in the `DAV:error` that an answer's body is, our own message left out.
pub fn conditions(answer: &Answer) -> Vec<String> {
    let is_xml = answer.header("content-type").is_some_and(|t| t.starts_with("application/xml"));
    if !is_xml {
        return Vec::new();
    }
    let document = Document::parse(answer.text()).expect("an XML answer is well-formed");
    let root = document.root_element();
    if short(root) == "D:error" { in_error(root) } else { Vec::new() }
}

/// The texts of all `DAV:href` in an XML body.
pub fn hrefs(answer: &Answer) -> Vec<String> {
    let document = Document::parse(answer.text()).expect("an XML answer is well-formed");
    hrefs_in(document.root_element())
}

fn in_error(error: Node<'_, '_>) -> Vec<String> {
    let names = error.children().filter(Node::is_element).map(short);
    names.filter(|name| name != "{urn:rolodav}message").collect()
}

fn hrefs_in(node: Node<'_, '_>) -> Vec<String> {
    node.descendants().filter(|n| n.is_element() && short(*n) == "D:href").map(text).collect()
}

impl Multistatus {
    /// The answer's, which must be a 207 that keeps the grammar of RFC 4918 §14 and 6578 §6.4.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 207, "no multistatus: {body}");
        assert_eq!(answer.header("content-type"), Some("application/xml; charset=utf-8"));
        Self::parse(&body)
    }

    #[track_caller]
    pub fn parse(body: &str) -> Self {
        let document = Document::parse(body).unwrap_or_else(|e| panic!("{e}: {body}"));
        let root = document.root_element();
        assert_eq!(short(root), "D:multistatus");
        let read = |node| Response::read(node, body);
        let responses = children(root, "D:response").into_iter().map(read).collect();
        let tokens = children(root, "D:sync-token");
        assert!(tokens.len() < 2, "{body}");
        if let Some(token) = tokens.first() {
            assert_eq!(root.last_element_child(), Some(*token), "the token comes last: {body}");
        }
        Self { responses, token: tokens.first().map(|token| text(*token)) }
    }

    /// The hrefs in order.
    pub fn hrefs(&self) -> Vec<&str> {
        self.responses.iter().map(|response| response.href.as_str()).collect()
    }

    /// The hrefs of what is there, in order of the alphabet.
    pub fn present(&self) -> Vec<&str> {
        let mut hrefs: Vec<&str> = self.with_status(None);
        hrefs.sort_unstable();
        hrefs
    }

    /// The hrefs that are told with this status.
    pub fn with_status(&self, status: Option<u16>) -> Vec<&str> {
        let found = self.responses.iter().filter(|response| response.status == status);
        found.map(|response| response.href.as_str()).collect()
    }

    /// The response about `href`, of which there is exactly one.
    #[track_caller]
    pub fn about(&self, href: &str) -> &Response {
        let mut found = self.responses.iter().filter(|response| response.href == href);
        let first = found.next();
        assert!(found.next().is_none(), "{href} is told twice");
        first.unwrap_or_else(|| panic!("nothing about {href} but about {:?}", self.hrefs()))
    }
}

impl Response {
    fn read(node: Node<'_, '_>, source: &str) -> Self {
        let body = &source[node.range()];
        let href = node.first_element_child().expect(body);
        assert_eq!(short(href), "D:href", "the href is first: {body}");
        let href = text(href);
        assert!(href.starts_with('/'), "an absolute path: {href}");
        let statuses = children(node, "D:status");
        let propstats = children(node, "D:propstat");
        assert_eq!(statuses.len() == 1, propstats.is_empty(), "one of the two: {body}");
        let mut response = Self {
            href,
            status: statuses.first().map(|node| status(*node)),
            props: Vec::new(),
            conditions: children(node, "D:error").into_iter().flat_map(in_error).collect(),
            propstats: Vec::new(),
        };
        for propstat in propstats {
            let status = status(children(propstat, "D:status")[0]);
            response.propstats.push(status);
            let errors = children(propstat, "D:error");
            response.conditions.extend(errors.into_iter().flat_map(in_error));
            let prop = children(propstat, "D:prop");
            assert_eq!(prop.len(), 1, "{body}");
            for node in prop[0].children().filter(Node::is_element) {
                response.props.push(Prop {
                    name: short(node),
                    status,
                    text: text(node),
                    xml: source[node.range()].to_owned(),
                    children: node.children().filter(Node::is_element).map(short).collect(),
                    hrefs: hrefs_in(node),
                });
            }
        }
        let mut names: Vec<&str> = response.props.iter().map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), response.props.len(), "a property is told twice: {body}");
        // Thunderbird reads the first status it meets.
        let late = response.propstats.iter().skip(1).any(|status| *status == 200);
        assert!(!late, "the 200 propstat comes first: {body}");
        response
    }

    /// The property, if its status is 200.
    pub fn prop(&self, name: &str) -> Option<&Prop> {
        self.props.iter().find(|prop| prop.name == name && prop.status == 200)
    }

    /// The text of a property that must be there.
    #[track_caller]
    pub fn value(&self, name: &str) -> &str {
        &self.prop(name).unwrap_or_else(|| panic!("no {name} in {self:?}")).text
    }

    /// The names of the properties with this status, in order of the alphabet.
    pub fn names(&self, status: u16) -> Vec<&str> {
        let found = self.props.iter().filter(|prop| prop.status == status);
        let mut names: Vec<&str> = found.map(|prop| prop.name.as_str()).collect();
        names.sort_unstable();
        names
    }
}
