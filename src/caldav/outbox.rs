//! The outbox (RFC 6638 §2.1, §5): when others are free, asked by POST of a `VFREEBUSY` request.

use bytes::Bytes;

use crate::base::{Condition, Fault, PrincipalId, Reply, ReplyBody};
use crate::calendars::scheduling::availability::{Question, answer, question};
use crate::calendars::scheduling::people;
use crate::calendars::scheduling::places;
use crate::dav::error::XML_TYPE;
use crate::dav::object_type::{Answering, Outbox, PostCall};
use crate::dav::scope::Scope;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::store::engine::Snapshot;

/// Everybody's outbox.
pub static OUTBOX: Outbox =
    Outbox { name: places::OUTBOX, resource_type: Name::caldav("schedule-outbox"), post };

fn refuse(status: u16, condition: &'static str, message: &'static str) -> Fault {
    Fault::new(status, message).with(Condition::caldav(condition))
}

fn post(call: PostCall) -> Answering {
    Box::pin(async move {
        let PostCall { scope, owner, mut request } = call;
        let claims = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if !claims.is_empty() && !claims.starts_with("text/calendar") {
            return Err(refuse(415, "supported-calendar-data", "An outbox takes iCalendar only."));
        }
        let body = request.body.read(scope.limits().event_bytes).await.map_err(|fault| {
            let too_large = Condition::caldav("max-resource-size");
            if fault.status == 413 { fault.with(too_large) } else { fault }
        })?;
        let snapshot = scope.store().snapshot().await?;
        let question = asked(&scope, &snapshot, &owner, &body).await?;
        let mut out = XmlOut::with_capacity(4 << 10);
        let (outer, inner) = (Name::caldav("schedule-response"), Name::caldav("response"));
        out.declaration_and_root_in("CAL", &outer.local);
        for asked in &question.asked {
            let answered =
                answer(scope.store(), &snapshot, scope.limits(), &question, asked).await?;
            out.start(&inner);
            let recipient = Name::caldav("recipient");
            out.start(&recipient);
            out.href(asked.value.trim());
            out.end(&recipient);
            out.element(&Name::caldav("request-status"), answered.status);
            if let Some(calendar) = answered.calendar {
                out.element(&Name::caldav("calendar-data"), &String::from_utf8_lossy(&calendar));
            }
            out.end(&inner);
        }
        out.end(&outer);
        Ok(Reply::with_body(200, XML_TYPE, ReplyBody::Bytes(out.into_bytes()))
            .header("cache-control", "no-store"))
    })
}

async fn asked(
    scope: &Scope,
    snapshot: &Snapshot,
    owner: &PrincipalId,
    body: &Bytes,
) -> Result<Question, Fault> {
    let question = question(body, scope.limits())
        .map_err(|message| refuse(400, "valid-scheduling-message", message))?;
    if !people::is_meant(snapshot, owner, &question.organizer).await? {
        return Err(refuse(403, "valid-organizer", "The organizer of a request is whoever asks."));
    }
    Ok(question)
}
