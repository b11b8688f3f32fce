//! Mail addresses in the form in which they compare for telling people apart. Another form than
//! that of `formats::mail::address`, by which mail is delivered: here what people vary is left out.

use serde::{Deserialize, Serialize};

/// Local parts that belong to an office, not to a person (RFC 2142, and what firms use).
const ROLES: [&str; 113] = [
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administration",
    "all",
    "amministrazione",
    "anfrage",
    "assistant",
    "bestellung",
    "billing",
    "biuro",
    "board",
    "booking",
    "bookings",
    "buchhaltung",
    "buero",
    "bureau",
    "career",
    "careers",
    "ceo",
    "cfo",
    "chair",
    "chairman",
    "commercial",
    "compta",
    "contact",
    "contacto",
    "cto",
    "customerservice",
    "datenschutz",
    "direccion",
    "directeur",
    "direction",
    "director",
    "direzione",
    "editor",
    "editorial",
    "einkauf",
    "empfang",
    "enquiries",
    "enquiry",
    "events",
    "facturation",
    "familie",
    "family",
    "feedback",
    "finance",
    "frontdesk",
    "geschaeftsfuehrung",
    "geschaeftsleitung",
    "hallo",
    "hello",
    "help",
    "helpdesk",
    "home",
    "hostmaster",
    "hotline",
    "hq",
    "hr",
    "info",
    "information",
    "inquiries",
    "invoice",
    "invoices",
    "it",
    "jobs",
    "kontakt",
    "legal",
    "leitung",
    "mail",
    "management",
    "manager",
    "marketing",
    "media",
    "news",
    "newsletter",
    "noreply",
    "office",
    "orders",
    "personal",
    "post",
    "postmaster",
    "praxis",
    "president",
    "press",
    "presse",
    "privacy",
    "procurement",
    "purchasing",
    "reception",
    "rechnung",
    "redaktion",
    "sales",
    "secretaria",
    "secretariat",
    "secretary",
    "segreteria",
    "sekretariat",
    "service",
    "servicio",
    "shop",
    "staff",
    "support",
    "team",
    "treasurer",
    "us",
    "ventas",
    "vertrieb",
    "verwaltung",
    "vorstand",
    "webmaster",
    "zentrale",
];

/// Domains of which everybody can have an address.
const FREE: [&str; 46] = [
    "aol.com",
    "arcor.de",
    "bigpond.com",
    "bluewin.ch",
    "btinternet.com",
    "comcast.net",
    "example.com",
    "example.net",
    "example.org",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "orange.fr",
    "outlook.com",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "wanadoo.fr",
    "web.de",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.ru",
];

/// A mail address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Before the `@`, without `+tag`; without dots where they do not count.
    pub local: String,
    /// Behind it.
    pub domain: String,
    /// Is it that of an office, not of a person?
    pub role: bool,
}

impl Mailbox {
    /// The address that `text` means; nothing where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text
            .rsplit_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map_or(text, |(inner, _)| inner)
            .trim();
        let scheme = text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let plain = if scheme { text.get(7..).unwrap_or_default() } else { text };
        let (local, domain) = plain.rsplit_once('@')?;
        let domain = domain.trim().trim_end_matches('.').to_lowercase();
        let local = local.trim().trim_matches('"').to_lowercase();
        if local.is_empty()
            || domain.is_empty()
            || plain.len() > 320
            || plain.contains(char::is_whitespace)
        {
            return None;
        }
        let mut local = local.split_once('+').map_or(&*local, |(kept, _)| kept).to_owned();
        if local.is_empty() {
            return None;
        }
        let domain = match &*domain {
            "googlemail.com" => "gmail.com".to_owned(),
            _ => domain,
        };
        if domain == "gmail.com" {
            local.retain(|c| c != '.');
        }
        let bare: String = local.chars().filter(|c| c.is_alphabetic()).collect();
        let role = ROLES.binary_search(&&*bare).is_ok()
            || local.starts_with("no-reply")
            || local.split(['.', '-', '_']).next().is_some_and(|first| {
                matches!(first, "info" | "office" | "noreply" | "sales" | "support" | "kontakt")
            });
        Some(Self { local, domain, role })
    }

    /// The whole address.
    pub fn whole(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }

    /// Can everybody have an address in its domain?
    pub fn is_of_free_domain(&self) -> bool {
        FREE.binary_search(&&*self.domain).is_ok()
    }

    /// Its organization, as far as the domain tells: without what stands before.
    pub fn firm(&self) -> Option<&str> {
        if self.is_of_free_domain() {
            return None;
        }
        let mut dots = self.domain.rmatch_indices('.').map(|(at, _)| at);
        let last = dots.next()?;
        let Some(before) = dots.next() else { return Some(&self.domain) };
        // `co.uk`, `com.au`: the second level says no more than the first.
        let is_country = self.domain.len() - last == 3;
        let short = last - before <= 4;
        match (is_country && short, dots.next()) {
            (true, None) => Some(&self.domain),
            (true, Some(at)) => self.domain.get(at + 1..),
            (false, _) => self.domain.get(before + 1..),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_vary_is_left_out() {
        for (text, whole, role) in [
            ("Ann.Lee+news@Gmail.com", "annlee@gmail.com", false),
            ("annlee@googlemail.com", "annlee@gmail.com", false),
            ("ann.lee@example.org", "ann.lee@example.org", false),
            ("mailto:INFO@Firm.example", "info@firm.example", true),
            ("Ann <ann@example.org>", "ann@example.org", false),
            ("info-berlin@firm.example", "info-berlin@firm.example", true),
            ("no-reply@firm.example", "no-reply@firm.example", true),
        ] {
            let read = Mailbox::read(text).unwrap();
            assert_eq!((&*read.whole(), read.role), (whole, role), "{text}");
        }
        for none in ["", "ann", "@b", "a@", "+x@b.c", "a b@c.d"] {
            assert_eq!(Mailbox::read(none), None, "{none}");
        }
        assert!(ROLES.is_sorted() && FREE.is_sorted());
    }

    #[test]
    fn the_firm_behind_a_domain() {
        for (mail, firm) in [
            ("a@us.ibm.com", Some("ibm.com")),
            ("a@ibm.com", Some("ibm.com")),
            ("a@mail.firm.co.uk", Some("firm.co.uk")),
            ("a@firm.co.uk", Some("firm.co.uk")),
            ("a@gmail.com", None),
        ] {
            assert_eq!(Mailbox::read(mail).unwrap().firm(), firm, "{mail}");
        }
    }
}
