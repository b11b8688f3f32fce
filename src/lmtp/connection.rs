//! One connection: bytes in, lines and mails to the session, answers out, within times and sizes.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::data::Data;
use super::session::{Found, Next, Reply, Session};
use crate::base::Fault;
use crate::contacts::mail_capture::{self, MailCapture, Recipient, Refused, Taken};
use crate::formats::mail::READ_BYTES;

/// Most bytes of a command line; RFC 5321 asks for 512 and more with extensions.
const LINE: usize = 4096;

/// Most bytes of a line that is too long before the connection is closed.
const LONGEST_LINE: usize = 64 << 10;

/// What is read at a time.
const PIECE: usize = 16 << 10;

/// How long a mail may take on its way in.
const MAIL_TIME: Duration = Duration::from_mins(10);

/// How long a client may take to take an answer.
const WRITE_TIME: Duration = Duration::from_mins(1);

/// Beyond this many times the largest mail, what comes is not even thrown away any more.
const PATIENCE: u64 = 2;

/// What a connection is served with.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) capture: Arc<MailCapture>,
    /// How long a client may be silent.
    pub(super) idle: Duration,
}

struct Connection<'a, S> {
    stream: S,
    service: &'a Service,
    session: Session<Recipient>,
    /// What came and was not looked at yet.
    buffer: Vec<u8>,
    /// What is still to be said.
    out: String,
    stop: watch::Receiver<bool>,
}

/// Serves a connection to its end. A mail that is on its way in when the server stops is taken in.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    service: &Service,
    stop: watch::Receiver<bool>,
) -> Result<(), Error> {
    let session = Session::new(service.capture.message_bytes());
    let (buffer, out) = (Vec::new(), String::new());
    let mut connection = Connection { stream, service, session, buffer, out, stop };
    connection.say(&Session::<Recipient>::greeting());
    connection.converse().await
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<'_, S> {
    async fn converse(&mut self) -> Result<(), Error> {
        while let Some(next) = self.line().await? {
            let next = match next {
                Next::Find(address) => {
                    let found = self.find(&address).await;
                    self.session.recipient(found)
                }
                next => next,
            };
            match next {
                Next::Say(reply) => self.say(&reply),
                Next::Find(_) => {}
                Next::Data(reply) => {
                    self.say(&reply);
                    self.flush().await?;
                    let Ok(taken) = timeout(MAIL_TIME, self.mail()).await else {
                        return self.part("421 4.4.2 The mail took too long").await;
                    };
                    if !taken? {
                        return self.part("421 4.3.4 The mail is too large").await;
                    }
                }
                Next::Close(reply) => return self.part(&reply).await,
            }
        }
        Ok(())
    }

    /// What follows from the next line; nothing where the client or the server ends it.
    async fn line(&mut self) -> Result<Option<Next>, Error> {
        let mut skipped = 0;
        loop {
            if let Some(end) = memchr(b'\n', &self.buffer) {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                if skipped > 0 || line.len() > LINE {
                    return Ok(Some(self.session.long_line()));
                }
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                return Ok(Some(self.session.command(line)));
            }
            if self.buffer.len() > LINE {
                skipped += self.buffer.len();
                self.buffer.clear();
                if skipped > LONGEST_LINE {
                    self.part("421 4.7.0 The line is too long").await?;
                    return Ok(None);
                }
            }
            self.flush().await?;
            let mut stop = self.stop.clone();
            let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
            let read = tokio::select! {
                read = timeout(self.service.idle, self.read()) => Some(read),
                () = stopped => None,
            };
            match read {
                None => {
                    self.part("421 4.3.2 The server stops").await?;
                    return Ok(None);
                }
                Some(Ok(Ok(0))) => return Ok(None),
                Some(Ok(Ok(_))) => {}
                Some(Ok(Err(error))) => return Err(error),
                Some(Err(_)) => {
                    self.part("421 4.4.2 Nothing came for too long").await?;
                    return Ok(None);
                }
            }
        }
    }

    /// Takes in a mail and answers for each recipient; `false` if it has no end.
    async fn mail(&mut self) -> Result<bool, Error> {
        let largest = self.service.capture.message_bytes();
        let mut data = Data::new(READ_BYTES);
        loop {
            if let Some(end) = data.take(&self.buffer) {
                self.buffer.drain(..end);
                break;
            }
            self.buffer.clear();
            if data.seen() > largest.saturating_mul(PATIENCE) {
                return Ok(false);
            }
            let read = timeout(self.service.idle, self.read()).await;
            if read.map_err(|_| Error::from(ErrorKind::TimedOut))?? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        let (sender, recipients) = self.session.taken();
        let is_large = data.seen() > largest;
        let message = data.into_kept();
        for recipient in &recipients {
            let reply = if is_large {
                "552 5.3.4 The mail is too large".to_owned()
            } else {
                let capture = &self.service.capture;
                answer(capture.take(recipient, sender.is_empty(), &message).await)
            };
            self.say(&reply);
        }
        Ok(true)
    }

    async fn find(&self, address: &str) -> Found<Recipient> {
        match self.service.capture.find(address).await {
            Ok(mail_capture::Found::Known(recipient)) => Found::Known(recipient),
            Ok(mail_capture::Found::Unknown) => Found::Unknown,
            Ok(mail_capture::Found::TooMany) => {
                tracing::warn!("lmtp: too many mails to one address in an hour");
                Found::Later
            }
            Err(fault) => {
                log(&fault);
                Found::Later
            }
        }
    }

    async fn read(&mut self) -> Result<usize, Error> {
        let before = self.buffer.len();
        self.buffer.resize(before + PIECE, 0);
        let room = self.buffer.get_mut(before..).unwrap_or_default();
        let read = self.stream.read(room).await;
        self.buffer.truncate(before + read.as_ref().copied().unwrap_or(0));
        read
    }

    fn say(&mut self, reply: &str) {
        self.out.push_str(reply);
        self.out.push_str("\r\n");
    }

    async fn flush(&mut self) -> Result<(), Error> {
        if self.out.is_empty() {
            return Ok(());
        }
        let out = std::mem::take(&mut self.out);
        let writing = async {
            self.stream.write_all(out.as_bytes()).await?;
            self.stream.flush().await
        };
        timeout(WRITE_TIME, writing).await.map_err(|_| Error::from(ErrorKind::TimedOut))?
    }

    async fn part(&mut self, reply: &str) -> Result<(), Error> {
        self.say(reply);
        self.flush().await?;
        self.stream.shutdown().await
    }
}

/// What a mail server is told of a mail for one recipient.
fn answer(taken: Result<Taken, Refused>) -> Reply {
    match taken {
        Ok(taken) => format!("250 2.0.0 {taken}"),
        Err(Refused::Unreadable(why)) => format!("554 5.6.0 {why}"),
        Err(Refused::Failed(fault)) => {
            log(&fault);
            "451 4.3.0 Try again later".to_owned()
        }
    }
}

fn log(fault: &Fault) {
    if fault.cause.is_some() {
        tracing::error!(fault = %fault.logged(), "lmtp: a mail cannot be taken now");
    } else {
        tracing::warn!(fault = %fault.logged(), "lmtp: a mail cannot be taken now");
    }
}
