//! Findings on mail addresses and phone numbers: those that cannot be right, those that stand there
//! twice, and numbers that are said to be a telephone and a fax.

use std::collections::HashMap;

use super::finding::{Finding, Findings};
use super::kind::Kind;
use crate::contacts::normal::{Number, Region, dialled, mail_flaw};
use crate::formats::line::Line;
use crate::formats::vcard::Card;

/// Looks at the mail addresses of `card`; tells how many are right.
pub fn mails(card: &Card<'_>, found: &mut Findings) -> usize {
    let mut right = 0;
    for line in card.all("EMAIL") {
        let text = line.text();
        if let Some(flawed) = mail_flaw::flaw(&text) {
            let mut finding = Finding::new(Kind::BrokenMail, "EMAIL", &text, flawed.flaw.message());
            finding.cleanup = flawed.certain;
            finding.suggestion = flawed.suggestion;
            found.add(finding);
        } else if mail_flaw::is_nowhere(&text) {
            let message = "Nobody can get mail at this address.";
            found.add(Finding::new(Kind::UndeliverableMail, "EMAIL", &text, message));
        } else {
            right += 1;
        }
    }
    right
}

/// Looks at the phone numbers of `card`, those without a country dialled in `region`; tells how many
/// are right.
pub fn phones(card: &Card<'_>, region: Option<Region>, found: &mut Findings) -> usize {
    let mut right = 0;
    let mut faxes: HashMap<String, (bool, bool)> = HashMap::new();
    for line in card.all("TEL") {
        let text = line.text();
        match dialled::flaw(&text, region) {
            Some(flaw) => {
                let mut finding = Finding::new(Kind::BrokenPhone, "TEL", &text, flaw.message());
                if let Some(written) = dialled::written(&text, region) {
                    finding.suggestion = Some(written);
                }
                found.add(finding);
            }
            None => right += 1,
        }
        let Some(number) = Number::read(&text, region) else { continue };
        let (fax, voice) = (line.has_type("fax"), is_for_voice(line));
        if !fax && !voice {
            continue;
        }
        let seen = faxes.entry(number.digits).or_default();
        let before = seen.0 && seen.1;
        (seen.0, seen.1) = (seen.0 || fax, seen.1 || (voice && !fax));
        if seen.0 && seen.1 && !before {
            let message = "This number is said to be both a telephone and a fax.";
            found.add(Finding::new(Kind::Conflict, "TEL", &text, message));
        }
    }
    right
}

fn is_for_voice(line: &Line<'_>) -> bool {
    ["home", "work", "cell", "voice", "mobile", "main", "iphone"]
        .iter()
        .any(|kind| line.has_type(kind))
}
