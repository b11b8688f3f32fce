//! The conversation: which command may come when, and what is answered (RFC 2033). It knows
//! no sockets and no store.

use super::command::{Command, Wrong};

/// Most recipients of one mail.
pub(super) const MOST_RECIPIENTS: usize = 100;

/// Commands that make no sense, after which a client is sent away.
const MOST_MISTAKES: usize = 20;

/// One line of an answer: `250 2.1.5 Fine`.
pub(super) type Reply = String;

/// What is to be done after a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Say this.
    Say(Reply),
    /// Find out who this address belongs to, and call [`Session::recipient`].
    Find(String),
    /// Say this and take in a mail; then call [`Session::taken`].
    Data(Reply),
    /// Say this and close.
    Close(Reply),
}

/// Who an address belongs to.
#[derive(Debug)]
pub(super) enum Found<R> {
    /// This recipient.
    Known(R),
    /// Nobody.
    Unknown,
    /// That cannot be told at the moment, or not so many mails are taken.
    Later,
}

/// A conversation with recipients of type `R`.
#[derive(Debug)]
pub(super) struct Session<R> {
    /// Largest mail in bytes.
    message_bytes: u64,
    greeted: bool,
    /// The sender, once a mail has begun; empty for none.
    sender: Option<String>,
    recipients: Vec<R>,
    mistakes: usize,
}

impl<R> Session<R> {
    /// A conversation in which mails of at most `message_bytes` are taken.
    pub(super) const fn new(message_bytes: u64) -> Self {
        Self { message_bytes, greeted: false, sender: None, recipients: Vec::new(), mistakes: 0 }
    }

    /// What the server says first.
    pub(super) fn greeting() -> Reply {
        "220 rolodav LMTP".to_owned()
    }

    /// What follows from a line.
    pub(super) fn command(&mut self, line: &[u8]) -> Next {
        let command = match Command::parse(line) {
            Ok(command) => command,
            Err(Wrong::Unknown) => return self.mistake("500 5.5.2 No such command"),
            Err(Wrong::Arguments) => return self.mistake("501 5.5.4 This cannot be understood"),
            Err(Wrong::Parameter) => return self.mistake("555 5.5.4 Parameter not known"),
        };
        match command {
            Command::Lhlo(_) => {
                self.reset();
                self.greeted = true;
                Next::Say(format!(
                    "250-rolodav\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
                     250-ENHANCEDSTATUSCODES\r\n250 SIZE {}",
                    self.message_bytes
                ))
            }
            Command::Hello => self.mistake("500 5.5.1 This is LMTP: say LHLO"),
            Command::Mail { .. } | Command::Rcpt(_) | Command::Data if !self.greeted => {
                self.mistake("503 5.5.1 Say LHLO first")
            }
            Command::Mail { .. } if self.sender.is_some() => {
                self.mistake("503 5.5.1 A mail has begun already")
            }
            Command::Mail { size, .. } if size > self.message_bytes => {
                Next::Say("552 5.3.4 The mail is too large".to_owned())
            }
            Command::Mail { sender, .. } => {
                self.sender = Some(sender);
                Next::Say("250 2.1.0 Fine".to_owned())
            }
            Command::Rcpt(_) if self.sender.is_none() => {
                self.mistake("503 5.5.1 Say MAIL FROM first")
            }
            Command::Rcpt(_) if self.recipients.len() >= MOST_RECIPIENTS => {
                Next::Say("452 4.5.3 Too many recipients".to_owned())
            }
            Command::Rcpt(address) => Next::Find(address),
            // RFC 2033 §4.2: without a recipient there is no mail.
            Command::Data if self.recipients.is_empty() => {
                self.mistake("503 5.5.1 There is no recipient")
            }
            Command::Data => Next::Data("354 Go on; end with a dot".to_owned()),
            Command::Rset => {
                self.reset();
                Next::Say("250 2.0.0 Fine".to_owned())
            }
            Command::Noop => Next::Say("250 2.0.0 Fine".to_owned()),
            // Who has an address is nobody's business (RFC 5321 §7.3).
            Command::Vrfy => Next::Say("252 2.1.5 Try to deliver to it".to_owned()),
            Command::Help => Next::Say("214 2.0.0 See RFC 2033".to_owned()),
            Command::Quit => Next::Close("221 2.0.0 Goodbye".to_owned()),
        }
    }

    /// What follows from a line that is longer than is taken.
    pub(super) fn long_line(&mut self) -> Next {
        self.mistake("500 5.5.2 The line is too long")
    }

    /// Who the address of the last `RCPT` belongs to.
    pub(super) fn recipient(&mut self, found: Found<R>) -> Next {
        match found {
            Found::Known(recipient) => {
                self.recipients.push(recipient);
                Next::Say("250 2.1.5 Fine".to_owned())
            }
            Found::Unknown => self.mistake("550 5.1.1 There is nobody of this address"),
            Found::Later => Next::Say("451 4.3.0 Try again later".to_owned()),
        }
    }

    /// The mail is in: its sender and recipients, to be answered one by one in this order. The
    /// next mail may begin.
    pub(super) fn taken(&mut self) -> (String, Vec<R>) {
        let taken = (self.sender.take().unwrap_or_default(), std::mem::take(&mut self.recipients));
        self.reset();
        taken
    }

    fn reset(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn mistake(&mut self, reply: &str) -> Next {
        self.mistakes += 1;
        if self.mistakes > MOST_MISTAKES {
            return Next::Close("421 4.7.0 Too many mistakes".to_owned());
        }
        Next::Say(reply.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that a conversation brings; addresses that begin with `a` are known.
    fn codes(lines: &[&str]) -> Vec<String> {
        let mut session = Session::new(1000);
        let mut codes = Vec::new();
        for line in lines {
            let mut next = session.command(line.as_bytes());
            if let Next::Find(address) = next {
                next = session.recipient(match address.chars().next() {
                    Some('a') => Found::Known(address),
                    Some('l') => Found::Later,
                    _ => Found::Unknown,
                });
            }
            let reply = match next {
                Next::Say(reply) | Next::Close(reply) => reply,
                Next::Data(reply) => format!("{reply} {:?}", session.taken().1),
                Next::Find(_) => unreachable!(),
            };
            codes.push(reply.split([' ', '-']).next().unwrap().to_owned());
        }
        codes
    }

    #[test]
    fn commands_have_their_order() {
        let (mail, known, unknown) = ("MAIL FROM:<b@x>", "RCPT TO:<a@x>", "RCPT TO:<u@x>");
        for (lines, wanted) in [
            (
                &["LHLO x", mail, known, "DATA", "QUIT"][..],
                &["250", "250", "250", "354", "221"][..],
            ),
            (&[mail, "RCPT TO:<a@x>", "DATA"], &["503", "503", "503"]),
            (&["EHLO x", "HELO x", mail], &["500", "500", "503"]),
            (&["LHLO x", known, "DATA"], &["250", "503", "503"]),
            (&["LHLO x", mail, "DATA"], &["250", "250", "503"]),
            (&["LHLO x", mail, unknown, "DATA"], &["250", "250", "550", "503"]),
            (&["LHLO x", mail, unknown, known, "DATA"], &["250", "250", "550", "250", "354"]),
            (&["LHLO x", mail, "RCPT TO:<later@x>"], &["250", "250", "451"]),
            (&["LHLO x", mail, mail], &["250", "250", "503"]),
            (
                &["LHLO x", mail, known, "RSET", "DATA", mail],
                &["250", "250", "250", "250", "503", "250"],
            ),
            (&["LHLO x", mail, known, "LHLO x", known], &["250", "250", "250", "250", "503"]),
            (
                &["LHLO x", mail, known, "DATA", "DATA", mail],
                &["250", "250", "250", "354", "503", "250"],
            ),
            (
                &["LHLO x", "MAIL FROM:<b@x> SIZE=1001", "MAIL FROM:<b@x> SIZE=1000"],
                &["250", "552", "250"],
            ),
            (
                &["NOOP", "VRFY a@x", "HELP", "RSET", "WHAT", "DATA x"],
                &["250", "252", "214", "250", "500", "501"],
            ),
        ] {
            assert_eq!(codes(lines), wanted, "{lines:?}");
        }
    }

    #[test]
    fn recipients_and_mistakes_are_bounded() {
        let mut lines = vec!["LHLO x", "MAIL FROM:<b@x>"];
        lines.extend(["RCPT TO:<a@x>"; MOST_RECIPIENTS + 1]);
        assert_eq!(codes(&lines).last().unwrap(), "452");
        assert_eq!(codes(&["WHAT"; MOST_MISTAKES + 1]).last().unwrap(), "421");
    }
}
