//! Reads passwords: from standard input, or typed without being shown. Never from the arguments,
//! which everybody on the machine can see.

use std::io::{BufRead, IsTerminal};

use super::command::Secret;

/// Where a password comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The first line of standard input.
    Stdin,
    /// Typed twice at the terminal.
    Terminal,
}

/// Far above the longest password that is taken.
const LONGEST_LINE: u64 = 64 << 10;

/// Reads the password of `whom`; the error is a sentence for the user.
pub fn read(source: Source, whom: &str) -> Result<Secret, String> {
    let password = match source {
        Source::Stdin => first_line(std::io::stdin().lock())?,
        Source::Terminal => typed_twice(whom)?,
    };
    if password.is_empty() {
        return Err("The password is empty; nothing was changed.".to_owned());
    }
    Ok(Secret(password))
}

/// Reads a password that exists already: typed once.
pub fn read_known(source: Source, whom: &str) -> Result<Secret, String> {
    match source {
        Source::Stdin => first_line(std::io::stdin().lock()).map(Secret),
        Source::Terminal => typed(&format!("Password of {whom}: ")).map(Secret),
    }
}

fn first_line(input: impl BufRead) -> Result<String, String> {
    let mut line = String::new();
    input
        .take(LONGEST_LINE)
        .read_line(&mut line)
        .map_err(|error| format!("The password on standard input cannot be read: {error}."))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn typed_twice(whom: &str) -> Result<String, String> {
    if !std::io::stdin().is_terminal() {
        return Err("There is no terminal to type a password at. Give it on standard input with \
                    --password-stdin."
            .to_owned());
    }
    let first = typed(&format!("New password of {whom}: "))?;
    if first != typed("The same again: ")? {
        return Err("The two passwords differ; nothing was changed.".to_owned());
    }
    Ok(first)
}

fn typed(prompt: &str) -> Result<String, String> {
    rpassword::prompt_password(prompt)
        .map_err(|error| format!("The password cannot be read from the terminal: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_end_is_taken_off() {
        for (given, password) in
            [("secret\n", "secret"), ("secret\r\nmore\n", "secret"), (" a b ", " a b "), ("", "")]
        {
            assert_eq!(first_line(given.as_bytes()).unwrap(), password, "{given:?}");
        }
    }
}
