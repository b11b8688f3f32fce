//! `rolodav capture …`

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::acting_for;
use crate::app::Services;
use crate::base::Fault;
use crate::cli::command::{CaptureCommand, Message};
use crate::cli::outcome::{CaptureAddressRow, Delivery, DeliveryRow, Outcome, SenderRow};
use crate::contacts::mail_capture::{self, Found, Refused};

pub(super) async fn capture(
    services: &Services,
    user: &str,
    what: CaptureCommand,
) -> Result<Outcome, Fault> {
    let store = &*services.store;
    let owner = services.accounts.find_user(user).await?;
    let actor = acting_for(&owner, "rolodav capture");
    match what {
        CaptureCommand::Address { renew } => {
            let secret = mail_capture::make(store, &owner, renew, &actor).await?;
            let domain = &services.settings.mail_capture.domain;
            let address = mail_capture::address_of(&owner, &secret, domain);
            Ok(Outcome::CaptureAddress(CaptureAddressRow { address }))
        }
        CaptureCommand::Revoke => {
            mail_capture::revoke(store, &owner, &actor).await?;
            Ok(Outcome::Done(format!(
                "Mail to the secret address of {owner} is not taken any more."
            )))
        }
        CaptureCommand::Own { add, remove } => {
            let own = mail_capture::own(store, &owner, &add, &remove, &actor).await?;
            Ok(Outcome::OwnAddresses(own))
        }
        CaptureCommand::Senders => {
            let rows = mail_capture::waiting(store, &owner).await?;
            let rows = rows.into_iter().map(|(mail, sender)| SenderRow {
                mail,
                name: sender.name,
                mails: sender.count,
                first: sender.first.rfc3339(),
                last: sender.last.rfc3339(),
                subject: sender.waiting.last().map(|it| it.text.clone()).unwrap_or_default(),
                doubtful: sender.waiting.iter().any(|it| it.doubtful),
            });
            Ok(Outcome::Senders(rows.collect()))
        }
        CaptureCommand::Assign { sender, who } => {
            let holder = mail_capture::card_meant(store, &owner, &who).await?;
            let rules = &services.rules;
            let assigning = mail_capture::assign(store, rules, &owner, &sender, &holder, &actor);
            let logged = assigning.await?;
            let mails = if logged == 1 {
                "One mail was".to_owned()
            } else {
                format!("{logged} mails were")
            };
            Ok(Outcome::Done(format!(
                "{mails} logged; what comes from {sender} will be logged with this contact."
            )))
        }
        CaptureCommand::Dismiss { sender } => {
            mail_capture::dismiss(store, &owner, &sender, &actor).await?;
            Ok(Outcome::Done(format!("Nothing waits from {sender} any more.")))
        }
    }
}

/// Takes a mail of which the first bytes are here.
pub(super) async fn mail(
    services: &Services,
    to: &str,
    from: Option<&str>,
    length: u64,
    message: &Message,
) -> Result<Outcome, Fault> {
    let capture = &services.mail_capture;
    let told = |delivery, message: String| Ok(Outcome::Delivery(DeliveryRow { delivery, message }));
    if length > capture.message_bytes() {
        return told(Delivery::Unreadable, "The mail is too large.".to_owned());
    }
    let Ok(bytes) = BASE64_STANDARD.decode(&message.0) else {
        return Err(Fault::bad_request("The mail did not come through whole."));
    };
    let recipient = match capture.find(to).await? {
        Found::Known(recipient) => recipient,
        Found::Unknown => {
            return told(Delivery::Unknown, "Nobody has this address.".to_owned());
        }
        Found::TooMany => {
            return told(Delivery::Later, "Too many mails came in this hour.".to_owned());
        }
    };
    match capture.take(&recipient, from == Some(""), &bytes).await {
        Ok(taken) => told(Delivery::Taken, taken.to_string()),
        Err(Refused::Unreadable(why)) => told(Delivery::Unreadable, why.to_string()),
        Err(Refused::Failed(fault)) => Err(fault),
    }
}
