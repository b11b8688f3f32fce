//! What a header means: the one place that talks to the parser about headers.

use mail_parser::{HeaderName, Message, MessageParser};

use super::fields::Fields;
use super::{Heading, mailbox, words};
use crate::base::Timestamp;

/// Most bytes of a Message-ID; a line of a mail has no more (RFC 5322 §2.1.1).
const ID_BYTES: usize = 998;

/// The media type of a part, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Media {
    /// Parts between lines with this boundary; a report of mail servers or not.
    Multipart { boundary: Vec<u8>, report: bool },
    /// An enclosed mail.
    Message,
    /// Text to read.
    Plain,
    /// Text with markup.
    Html,
    /// Anything else.
    Other,
}

/// What stands above a mail.
pub(super) fn heading(fields: &Fields<'_>) -> Heading {
    let written = fields.written(&["date", "subject", "from", "sender", "to", "cc"]);
    let Some(parsed) = MessageParser::default().parse_headers(&written) else {
        return Heading::default();
    };
    let mut from = mailbox::of(parsed.header_values(HeaderName::From));
    if from.is_empty() {
        from = mailbox::of(parsed.header_values(HeaderName::Sender));
    }
    Heading {
        message_id: fields.first("message-id").and_then(message_id),
        date: date(&parsed),
        from,
        to: mailbox::of(parsed.header_values(HeaderName::To)),
        cc: mailbox::of(parsed.header_values(HeaderName::Cc)),
        subject: words::subject(parsed.subject().unwrap_or_default()),
    }
}

fn date(parsed: &Message<'_>) -> Option<Timestamp> {
    let date = parsed.date().filter(|date| date.is_valid())?;
    let seconds = u64::try_from(date.to_timestamp()).ok()?;
    Some(Timestamp(seconds.saturating_mul(1000)))
}

/// What stands in the brackets, or all of it where there are none.
fn message_id(value: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(value.get(..ID_BYTES).unwrap_or(value));
    let inner = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let id = inner.map_or(text.trim(), |(id, _)| id.trim());
    (!id.is_empty()).then(|| id.to_owned())
}

/// What a part holds.
pub(super) fn media(fields: &Fields<'_>) -> Media {
    let written = fields.written(&["content-type"]);
    let parsed = MessageParser::default().parse_headers(&written);
    let found = parsed.as_ref().and_then(|parsed| {
        parsed.header(HeaderName::ContentType).and_then(|value| value.as_content_type())
    });
    // Without a type it is plain text (RFC 2045 §5.2).
    let Some(found) = found else { return Media::Plain };
    let (main, sub) = (found.ctype(), found.subtype().unwrap_or_default());
    let is = |given: &str, name: &str| given.eq_ignore_ascii_case(name);
    if is(main, "multipart") {
        let boundary = found.attribute("boundary").map(|text| text.trim_end().as_bytes().to_vec());
        return match boundary.filter(|boundary| !boundary.is_empty()) {
            Some(boundary) => Media::Multipart { boundary, report: is(sub, "report") },
            None => Media::Other,
        };
    }
    match (is(main, "text"), is(main, "message")) {
        (true, _) if is(sub, "plain") => Media::Plain,
        (true, _) if is(sub, "html") => Media::Html,
        (_, true) if is(sub, "rfc822") || is(sub, "global") => Media::Message,
        _ => Media::Other,
    }
}

/// The text of a part that holds text, decoded. `body` is to be of bounded size.
pub(super) fn text(fields: &Fields<'_>, body: &[u8]) -> String {
    let mut part = fields.written(&["content-type", "content-transfer-encoding"]);
    part.extend_from_slice(body);
    let Some(parsed) = MessageParser::default().parse(&part) else { return String::new() };
    parsed.body_text(0).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

/// Is a part written as it is, without an encoding?
pub(super) fn is_plain(fields: &Fields<'_>) -> bool {
    let Some(encoding) = fields.first("content-transfer-encoding") else { return true };
    let encoding = encoding.trim_ascii();
    ["7bit", "8bit", "binary", ""].iter().any(|it| encoding.eq_ignore_ascii_case(it.as_bytes()))
}
