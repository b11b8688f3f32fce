//! What a mail tells: who is in it beside its owner, who turned to whom, when and about what.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::base::Timestamp;
use crate::config::CapturedText;
use crate::formats::mail::{Heading, Letter, Mailbox};
use crate::store::unmatched::Waiting;

/// What stays in the link to a mail (RFC 2392).
const IN_A_LINK: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'+').remove(b'=');

/// Longest Message-ID that a link is made of.
const LINKED: usize = 250;

/// How far in the future a mail may say it was written: clocks differ.
const AHEAD: u64 = 86_400_000;

/// Mails did not exist before: 1 January 1980.
const EARLIEST: Timestamp = Timestamp(315_532_800_000);

/// What a mail tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Telling {
    /// The UID of the interaction: the same for every copy of the mail.
    pub uid: String,
    /// When it was written.
    pub at: Timestamp,
    /// The owner wrote it.
    pub sent: bool,
    /// Everybody but the owner: who wrote it first.
    pub others: Vec<Mailbox>,
    /// What is to be remembered.
    pub text: String,
    /// Where the mail itself may be found.
    pub link: Option<String>,
}

impl Telling {
    /// What `letter` tells to somebody who has the addresses `own`. It came in at `now`.
    pub(super) fn of(
        letter: Letter,
        own: &[String],
        is_secret: impl Fn(&str) -> bool,
        text: CapturedText,
        now: Timestamp,
    ) -> Self {
        let is_own = |person: &Mailbox| own.contains(&person.mail) || is_secret(&person.mail);
        let Letter { heading, forwarded, excerpt, .. } = letter;
        let by_owner = heading.from.iter().any(&is_own);
        let to_nobody = heading.to.iter().chain(&heading.cc).all(&is_own);
        // What the owner passes on to the secret address alone is told of, not the passing on.
        let (mut heading, also) = match forwarded {
            Some(original) if by_owner && to_nobody => (merged(original, heading), None),
            other => (heading, other),
        };
        let sent = heading.from.iter().any(&is_own);
        let uid = uid(&heading);
        let mut others: Vec<Mailbox> = Vec::new();
        for person in heading.people().chain(also.iter().flat_map(Heading::people)) {
            if !is_own(person) && !others.iter().any(|seen| seen.mail == person.mail) {
                others.push(person.clone());
            }
        }
        let at = heading.date.filter(|at| *at >= EARLIEST && at.0 <= now.0.saturating_add(AHEAD));
        let id = heading.message_id.take().filter(|id| id.len() <= LINKED);
        let mut told = heading.subject;
        if told.is_empty() {
            told.push_str("(no subject)");
        }
        if text == CapturedText::Excerpt && !excerpt.is_empty() {
            told.push('\n');
            told.push_str(&excerpt);
        }
        Self {
            uid,
            at: at.unwrap_or(now),
            sent,
            others,
            text: told,
            link: id.map(|id| format!("mid:{}", utf8_percent_encode(&id, IN_A_LINK))),
        }
    }

    /// The form in which it is kept until it is logged.
    pub(super) fn waiting(&self, doubtful: bool) -> Waiting {
        Waiting {
            uid: self.uid.clone(),
            at: self.at,
            sent: self.sent,
            text: self.text.clone(),
            link: self.link.clone(),
            doubtful,
        }
    }
}

/// The mail that was passed on; what is not known of it is taken from the passing on.
fn merged(original: Heading, by: Heading) -> Heading {
    let subject = if original.subject.is_empty() { by.subject } else { original.subject };
    Heading {
        message_id: original.message_id.or(by.message_id),
        date: original.date.or(by.date),
        subject,
        ..original
    }
}

fn uid(heading: &Heading) -> String {
    let mut hash = Sha256::new();
    if let Some(id) = &heading.message_id {
        hash.update(format!("id {id}"));
    } else {
        let from: Vec<&str> = heading.from.iter().map(|person| person.mail.as_str()).collect();
        let date = heading.date.unwrap_or_default().0;
        hash.update(format!("{date} {} {}", from.join(" "), heading.subject));
    }
    let mut uid = "mail-".to_owned();
    for byte in hash.finalize().iter().take(16) {
        // Writing to a String does not fail.
        let _ = write!(uid, "{byte:02x}");
    }
    uid
}
