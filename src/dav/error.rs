//! The one place where a fault becomes the answer to a DAV request.

use std::error::Error;

use http::header::{ALLOW, CACHE_CONTROL, ETAG, HeaderName, HeaderValue, RETRY_AFTER};

use super::xml::{Name, XmlOut};
use crate::base::{Condition, Detail, Fault, Reply, ReplyBody};

/// The type of every XML answer.
pub const XML_TYPE: &str = "application/xml; charset=utf-8";

/// The client went away while it was answered; nobody reads what is sent now.
const GONE: u16 = 499;

/// The message stands in an element of its own, which clients do not know and pass over
/// (RFC 4918 §16 and §17).
const MESSAGE: Name = Name::new("urn:rolodav", "message");

/// The answer to a request that was refused or failed, and its line in the log: the only one,
/// with the cause, which the answer never shows.
pub fn reply(fault: Fault) -> Reply {
    log(&fault);
    if fault.status == GONE {
        return Reply::empty(GONE);
    }
    let mut reply = if fault.condition.is_some() {
        let mut out = XmlOut::with_capacity(512);
        out.declaration_and_root("error");
        conditions(&fault, &mut out);
        out.end(&Name::dav("error"));
        Reply::with_body(fault.status, XML_TYPE, ReplyBody::Bytes(out.into_bytes()))
    } else {
        let body = ReplyBody::Bytes(fault.message.into_owned().into());
        Reply::with_body(fault.status, "text/plain; charset=utf-8", body)
    };
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            reply.headers.insert(name, value);
        }
    };
    set(CACHE_CONTROL, "no-store");
    if let Some(seconds) = fault.retry_after {
        set(RETRY_AFTER, &seconds.to_string());
    }
    if let Some(etag) = fault.etag {
        set(ETAG, &etag.to_string());
    }
    if let Some(methods) = &fault.allow {
        set(ALLOW, methods);
    }
    reply
}

/// `DAV:error` with the condition and the message, for one resource or property within a
/// multistatus. Nothing for a fault without a condition.
pub fn write_error(fault: &Fault, out: &mut XmlOut) {
    if fault.condition.is_some() {
        let error = Name::dav("error");
        out.start(&error);
        conditions(fault, out);
        out.end(&error);
    }
}

fn conditions(fault: &Fault, out: &mut XmlOut) {
    if let Some(condition) = &fault.condition {
        write_condition(condition, out);
    }
    out.element(&MESSAGE, &fault.message);
}

fn write_condition(condition: &Condition, out: &mut XmlOut) {
    let name = Name::new(condition.namespace, condition.name);
    match &condition.detail {
        Detail::None => out.empty(&name),
        Detail::Hrefs(hrefs) => {
            out.start(&name);
            for href in hrefs {
                out.href(href);
            }
            out.end(&name);
        }
        // RFC 3744 §7.1.1
        Detail::Privileges(needed) => {
            let (resource, privilege) = (Name::dav("resource"), Name::dav("privilege"));
            out.start(&name);
            for (href, needs) in needed {
                out.start(&resource);
                out.href(href);
                out.start(&privilege);
                out.empty(&Name::dav(needs));
                out.end(&privilege);
                out.end(&resource);
            }
            out.end(&name);
        }
    }
}

fn log(fault: &Fault) {
    let cause = fault.cause.as_deref().map(|cause| {
        let first = cause as &(dyn Error + 'static);
        let chain = std::iter::successors(Some(first), |&error| error.source());
        chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    });
    let (status, message) = (fault.status, fault.sentence());
    let condition = fault.condition.as_ref().map(|condition| condition.name);
    // No room, another server's resource and a busy server are refusals, not failures.
    if status == 500 || status > 500 && cause.is_some() {
        tracing::error!(status, condition, cause, message, "request failed");
    } else {
        tracing::debug!(status, condition, cause, message, "request refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ETag;

    fn body(reply: &Reply) -> String {
        match &reply.body {
            ReplyBody::Bytes(bytes) => String::from_utf8(bytes.to_vec()).expect("UTF-8"),
            ReplyBody::Empty => String::new(),
            other => panic!("{other:?} is no body of an error"),
        }
    }

    fn shown(fault: Fault) -> String {
        let reply = reply(fault);
        let headers: Vec<String> = reply
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect();
        format!("{}\n{}\n\n{}", reply.status.as_u16(), headers.join("\n"), body(&reply))
    }

    #[test]
    fn every_kind_of_fault_becomes_its_answer() {
        let mut method = Fault::new(405, "This cannot be done here.");
        method.allow = Some("OPTIONS, GET".into());
        let uid = Condition {
            detail: Detail::Hrefs(vec!["/dav/addressbooks/anna/contacts/a%26b.vcf".into()]),
            ..Condition::carddav("no-uid-conflict")
        };
        let privileges = Condition {
            detail: Detail::Privileges(vec![("/dav/addressbooks/anna/".into(), "bind")]),
            ..Condition::dav("need-privileges")
        };
        let table = [
            Fault::not_found(),
            method,
            Fault::busy(7),
            Fault::precondition("Changed <meanwhile>.").with_etag(Some(ETag([0xAB; 16]))),
            Fault::forbidden("The sync token is & was unknown.")
                .with(Condition::dav("valid-sync-token")),
            Fault::conflict("Another card has this UID.").with(uid),
            Fault::forbidden("You may only read here.").with(privileges),
            Fault::new(499, "The client went away."),
        ];
        insta::assert_snapshot!(table.map(shown).join("\n=====\n"));
    }

    #[test]
    fn an_inner_cause_is_never_shown() {
        let shown = shown(Fault::internal("secret: /var/lib/rolodav"));
        assert!(shown.starts_with("500") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn inside_a_multistatus_only_conditions_are_written() {
        let mut out = XmlOut::with_capacity(0);
        write_error(&Fault::not_found(), &mut out);
        assert!(out.is_empty(), "a fault without condition has no DAV:error");
        let fault =
            Fault::forbidden("No.").with(Condition::dav("cannot-modify-protected-property"));
        write_error(&fault, &mut out);
        let xml = String::from_utf8(out.into_bytes().to_vec()).expect("UTF-8");
        assert_eq!(
            xml,
            "<D:error><D:cannot-modify-protected-property/><x0:message xmlns:x0=\"urn:rolodav\">No.\
             </x0:message></D:error>"
        );
    }
}
