//! Command lines of LMTP (RFC 2033, RFC 5321 §4.1).

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// `LHLO`, with the name that the client gives itself.
    Lhlo(String),
    /// `HELO` or `EHLO`, which are SMTP's and not ours.
    Hello,
    /// `MAIL FROM`: the sender, empty for none, and the size that is announced.
    Mail { sender: String, size: u64 },
    /// `RCPT TO`
    Rcpt(String),
    /// `DATA`
    Data,
    /// `RSET`
    Rset,
    /// `NOOP`
    Noop,
    /// `VRFY`
    Vrfy,
    /// `HELP`
    Help,
    /// `QUIT`
    Quit,
}

/// Why a line is no command that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// No such command.
    Unknown,
    /// What follows the command cannot be understood.
    Arguments,
    /// A parameter of `MAIL` or `RCPT` that is not known.
    Parameter,
}

impl Command {
    /// Reads a line without its end.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Wrong> {
        let line = std::str::from_utf8(line).map_err(|_| Wrong::Arguments)?;
        if line.contains(|c: char| c.is_control()) {
            return Err(Wrong::Arguments);
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let alone = |command| if rest.is_empty() { Ok(command) } else { Err(Wrong::Arguments) };
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" if rest.is_empty() => Err(Wrong::Arguments),
            "LHLO" => Ok(Self::Lhlo(rest.to_owned())),
            "HELO" | "EHLO" => Ok(Self::Hello),
            "MAIL" => mail(rest),
            "RCPT" => {
                let (path, parameters) = path(rest, "TO:")?;
                match parameters.is_empty() {
                    _ if path.is_empty() => Err(Wrong::Arguments),
                    true => Ok(Self::Rcpt(path)),
                    false => Err(Wrong::Parameter),
                }
            }
            "DATA" => alone(Self::Data),
            "RSET" => alone(Self::Rset),
            "QUIT" => alone(Self::Quit),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            "HELP" => Ok(Self::Help),
            _ => Err(Wrong::Unknown),
        }
    }
}

fn mail(rest: &str) -> Result<Command, Wrong> {
    let (sender, parameters) = path(rest, "FROM:")?;
    let mut size = 0;
    for parameter in parameters.split_ascii_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.to_ascii_uppercase().as_str() {
            "SIZE" => size = value.parse().map_err(|_| Wrong::Arguments)?,
            "BODY" if value.eq_ignore_ascii_case("7BIT") => {}
            "BODY" if value.eq_ignore_ascii_case("8BITMIME") => {}
            "SMTPUTF8" if value.is_empty() => {}
            _ => return Err(Wrong::Parameter),
        }
    }
    Ok(Command::Mail { sender, size })
}

/// `FROM:<anna@example.org> SIZE=1`: the address without a route and quotes, and the parameters.
fn path<'a>(rest: &'a str, word: &str) -> Result<(String, &'a str), Wrong> {
    let (given, rest) = rest.split_at_checked(word.len()).ok_or(Wrong::Arguments)?;
    let rest = rest.trim_start();
    if !given.eq_ignore_ascii_case(word) || !rest.starts_with('<') {
        return Err(Wrong::Arguments);
    }
    let (mut quoted, mut escaped) = (false, false);
    let mut address = String::new();
    let mut chars = rest.char_indices().skip(1);
    let end = loop {
        let (at, c) = chars.next().ok_or(Wrong::Arguments)?;
        match c {
            _ if std::mem::take(&mut escaped) => address.push(c),
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => break at + 1,
            _ => address.push(c),
        }
    };
    let parameters = rest.get(end..).unwrap_or_default().trim();
    if let Some(routed) = address.strip_prefix('@') {
        // A route of old (RFC 5321 appendix C) means nothing.
        address = routed.split_once(':').ok_or(Wrong::Arguments)?.1.to_owned();
    }
    Ok((address, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case() {
        let mail = |sender: &str, size| Ok(Command::Mail { sender: sender.into(), size });
        let rcpt = |address: &str| Ok(Command::Rcpt(address.into()));
        for (line, wanted) in [
            ("LHLO mx.example.org", Ok(Command::Lhlo("mx.example.org".into()))),
            ("lhlo", Err(Wrong::Arguments)),
            ("EHLO x", Ok(Command::Hello)),
            ("HELO", Ok(Command::Hello)),
            ("MAIL FROM:<bert@example.org>", mail("bert@example.org", 0)),
            (
                "mail from: <bert@example.org> size=12 BODY=8BITMIME SMTPUTF8",
                mail("bert@example.org", 12),
            ),
            ("MAIL FROM:<>", mail("", 0)),
            ("MAIL FROM:<@a,@b:bert@example.org>", mail("bert@example.org", 0)),
            ("MAIL FROM:bert@example.org", Err(Wrong::Arguments)),
            ("MAIL FROM:<bert", Err(Wrong::Arguments)),
            ("MAIL TO:<x@y>", Err(Wrong::Arguments)),
            ("MAIL FROM:<> SIZE=x", Err(Wrong::Arguments)),
            ("MAIL FROM:<> SIZE=99999999999999999999", Err(Wrong::Arguments)),
            ("MAIL FROM:<> AUTH=<>", Err(Wrong::Parameter)),
            ("MAIL FROM:<> BODY=BINARYMIME", Err(Wrong::Parameter)),
            ("RCPT TO:<anna+x@example.org>", rcpt("anna+x@example.org")),
            ("RCPT TO:<\"an\\\"na>+x\"@example.org>", rcpt("an\"na>+x@example.org")),
            ("RCPT TO:<>", Err(Wrong::Arguments)),
            ("RCPT TO:<a@b> NOTIFY=NEVER", Err(Wrong::Parameter)),
            ("RCPT", Err(Wrong::Arguments)),
            ("data", Ok(Command::Data)),
            ("DATA x", Err(Wrong::Arguments)),
            ("RSET", Ok(Command::Rset)),
            ("NOOP x", Ok(Command::Noop)),
            ("VRFY anna", Ok(Command::Vrfy)),
            ("QUIT", Ok(Command::Quit)),
            ("STARTTLS", Err(Wrong::Unknown)),
            ("", Err(Wrong::Unknown)),
            ("NOOP\0", Err(Wrong::Arguments)),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), wanted, "{line:?}");
        }
        assert_eq!(Command::parse(b"NOOP \xff"), Err(Wrong::Arguments));
    }
}
