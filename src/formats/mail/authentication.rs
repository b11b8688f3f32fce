//! What a mail server vouches for: `Authentication-Results` (RFC 8601).

use super::Letter;

/// Does the server that calls itself `server` vouch for the sender: DMARC passed, a signature of
/// the sender's own domain is good, or the sender had signed in there? What others wrote into the mail
/// does not count.
pub fn vouched(letter: &Letter, server: &str) -> bool {
    let Some(domain) = letter.heading.from.first().and_then(|from| from.mail.rsplit_once('@'))
    else {
        return false;
    };
    letter.authentication.iter().any(|value| {
        let value = without_comments(value).to_ascii_lowercase();
        let mut parts = value.split(';').map(str::trim);
        let id = parts.next().unwrap_or_default().split(' ').next().unwrap_or_default();
        id.eq_ignore_ascii_case(server) && parts.any(|result| passes(result, domain.1))
    })
}

/// One result, in lower case: `dkim=pass header.d=example.org`.
fn passes(result: &str, domain: &str) -> bool {
    let mut words = result.split_ascii_whitespace();
    match words.next() {
        Some("dmarc=pass" | "auth=pass") => true,
        Some("dkim=pass") => words.any(|word| {
            let signer = word.strip_prefix("header.d=").or_else(|| {
                word.strip_prefix("header.i=").and_then(|it| it.rsplit_once('@')).map(|it| it.1)
            });
            signer.is_some_and(|signer| is_aligned(signer.trim_matches('"'), domain))
        }),
        _ => false,
    }
}

/// The same domain, or one above it that is more than a top-level domain.
fn is_aligned(signer: &str, domain: &str) -> bool {
    let above = domain.strip_suffix(signer).is_some_and(|rest| rest.ends_with('.'));
    signer == domain || (above && signer.contains('.'))
}

/// The value without what stands in parentheses.
fn without_comments(value: &str) -> String {
    let mut depth = 0_usize;
    value
        .chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::mail::read;

    #[test]
    fn only_the_own_server_vouches_and_only_for_the_sender() {
        for (results, wanted) in [
            ("mx.example.org; dmarc=pass header.from=example.net", true),
            ("MX.example.org 1; spf=pass smtp.mailfrom=x; dmarc=pass (p=none) y", true),
            ("mx.example.org; dkim=pass header.d=example.net", true),
            ("mx.example.org; dkim=pass header.i=@mail.example.net", false),
            ("mx.example.org; dkim=pass header.i=bert@example.net header.b=x", true),
            ("mx.example.org; dkim=pass header.d=evil.example", false),
            ("mx.example.org; dkim=pass header.d=net", false),
            ("mx.example.org; dkim=pass (header.d=example.net) header.d=evil.example", false),
            ("mx.example.org; auth=pass smtp.auth=bert", true),
            ("mx.example.org; spf=pass smtp.mailfrom=example.net", false),
            ("mx.example.org; dmarc=fail", false),
            ("mx.example.org; none", false),
            ("mx.evil.example; dmarc=pass", false),
            ("(mx.example.org) mx.evil.example; dmarc=pass", false),
            ("", false),
        ] {
            let mail = format!(
                "Authentication-Results: {results}\r\nFrom: Bert <bert@example.net>\r\n\r\n"
            );
            let letter = read(mail.as_bytes()).unwrap();
            assert_eq!(vouched(&letter, "mx.example.org"), wanted, "{results}");
        }
    }
}
