//! Hands mail to a relay (RFC 5321).

use std::error::Error;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::calendars::scheduling::imip::Letter;
use crate::config::Mail;

/// How long the relay may take for one mail.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends mail through one relay.
#[derive(Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
}

/// Why a mail was not sent, without whom it was for.
#[derive(Debug)]
pub enum Unsent {
    /// The relay does not take it, now or ever.
    Refused(String),
    /// It may be taken later.
    Later(String),
}

impl Mailer {
    /// The sender that the settings describe; `None` without a relay.
    ///
    /// # Errors
    /// A sentence on what cannot be used.
    pub fn new(settings: &Mail) -> Result<Option<Self>, String> {
        if settings.relay.is_empty() {
            return Ok(None);
        }
        let from = settings.from.parse();
        let from = from.map_err(|e| format!("`mail.from` is no mail address: {e}"))?;
        let (scheme, place) = settings.relay.split_once("://").unwrap_or(("", &settings.relay));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => {
                let port = port.parse::<u16>();
                (host, Some(port.map_err(|_| "`mail.relay` has no valid port".to_owned())?))
            }
            None => (place, None),
        };
        let secure = || {
            TlsParameters::new(host.to_owned())
                .map_err(|e| format!("`mail.relay` cannot be reached securely: {e}"))
        };
        let (tls, usual) = match scheme {
            "smtps" => (Tls::Wrapper(secure()?), 465),
            "smtp" | "" => (Tls::Required(secure()?), 587),
            // Without encryption; for a relay on this machine.
            "smtp+plain" => (Tls::None, 25),
            other => {
                return Err(format!("`mail.relay` begins with `{other}://`, which is unknown"));
            }
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port.unwrap_or(usual))
            .tls(tls)
            .timeout(Some(PATIENCE));
        if !settings.username.is_empty() {
            let (name, password) = (settings.username.clone(), settings.password.clone());
            transport = transport.credentials(Credentials::new(name, password));
        }
        Ok(Some(Self { transport: transport.build(), from }))
    }

    /// Sends `letter` with `message` to `to`; answers go to `reply_to`, whose name `sender` is.
    pub async fn send(
        &self,
        letter: &Letter,
        message: &[u8],
        sender: &str,
        reply_to: Option<&str>,
        to: &str,
    ) -> Result<(), Unsent> {
        let mail = self.compose(letter, message, sender, reply_to, to)?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(Unsent::Refused(why(&error))),
            Err(error) => Err(Unsent::Later(why(&error))),
        }
    }

    fn compose(
        &self,
        letter: &Letter,
        message: &[u8],
        sender: &str,
        reply_to: Option<&str>,
        to: &str,
    ) -> Result<Message, Unsent> {
        let refused = |error: &dyn std::fmt::Display| Unsent::Refused(error.to_string());
        let to: Address = to.parse().map_err(|e| refused(&e))?;
        let name: String = sender.chars().filter(|c| !c.is_control()).take(100).collect();
        let mut mail = Message::builder()
            .from(Mailbox::new(Some(name.clone()), self.from.clone()))
            .to(Mailbox::new(None, to))
            .subject(&letter.subject);
        if let Some(address) = reply_to.and_then(|mail| mail.parse().ok()) {
            mail = mail.reply_to(Mailbox::new(Some(name), address));
        }
        let method = &letter.method;
        let kind = ContentType::parse(&format!("text/calendar; charset=utf-8; method={method}"))
            .map_err(|e| refused(&e))?;
        let file = ContentType::parse("application/ics").map_err(|e| refused(&e))?;
        let text = String::from_utf8_lossy(message).into_owned();
        let both = MultiPart::alternative()
            .singlepart(SinglePart::plain(letter.text.clone()))
            .singlepart(SinglePart::builder().header(kind).body(text));
        let attached = Attachment::new("invite.ics".to_owned()).body(message.to_vec(), file);
        mail.multipart(MultiPart::mixed().multipart(both).singlepart(attached))
            .map_err(|e| refused(&e))
    }
}

/// What went wrong. Of what the relay said only the codes (RFC 3463): the words name the recipient.
fn why(error: &lettre::transport::smtp::Error) -> String {
    let Some(status) = error.status() else { return error.to_string() };
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    format!("the relay answered {status} {}", enhanced(&said)).trim_end().to_owned()
}

/// The enhanced status code that a reply begins with, such as `5.1.1`.
fn enhanced(reply: &str) -> &str {
    let first = reply.split_whitespace().next().unwrap_or_default();
    let is_code = first.split('.').count() == 3
        && first.split('.').all(|part| matches!(part.len(), 1..=3) && part.parse::<u16>().is_ok());
    if is_code { first } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_reply_the_code_is_told() {
        for (reply, code) in [
            ("5.1.1 <bert@x.org>: User unknown", "5.1.1"),
            ("<bert@x.org>: User unknown", ""),
            ("bert.berg.example unknown", ""),
            ("192.0.2.1 is blocked", ""),
            ("", ""),
        ] {
            assert_eq!(enhanced(reply), code, "{reply}");
        }
    }
}
