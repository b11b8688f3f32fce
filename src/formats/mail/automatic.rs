//! Mail that no person wrote to another: what programs send, and what goes to lists.

use super::fields::Fields;

/// Why a mail is no part of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automatic {
    /// A program answered or told something by itself (RFC 3834).
    Program,
    /// A mail server reports on a delivery (RFC 6522), or nobody wants an answer.
    Report,
    /// It went to a mailing list, or to many at once (RFC 2919, RFC 2369).
    List,
}

/// Fields that only lists and mass mailings have.
const OF_LISTS: [&str; 4] = ["list-id", "list-post", "list-unsubscribe", "feedback-id"];

/// Fields that programs set which do not know RFC 3834.
const OF_PROGRAMS: [&str; 3] = ["x-autoreply", "x-autorespond", "x-auto-reply"];

/// Is this a mail of a program or a list?
pub(super) fn of(fields: &Fields<'_>, is_report: bool) -> Option<Automatic> {
    if is_report || fields.texts("return-path").iter().any(|path| path == "<>") {
        return Some(Automatic::Report);
    }
    let word = |name: &str| {
        let text = fields.texts(name).into_iter().next().unwrap_or_default().to_ascii_lowercase();
        text.split([';', ' ']).next().unwrap_or_default().to_owned()
    };
    if !matches!(word("auto-submitted").as_str(), "" | "no")
        || OF_PROGRAMS.iter().any(|name| fields.first(name).is_some())
        || word("precedence") == "auto_reply"
    {
        return Some(Automatic::Program);
    }
    let to_many = matches!(word("precedence").as_str(), "bulk" | "list" | "junk");
    let to_a_list = OF_LISTS.iter().any(|name| fields.first(name).is_some());
    (to_many || to_a_list).then_some(Automatic::List)
}

impl std::fmt::Display for Automatic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Program => "a program sent it by itself",
            Self::Report => "it is a report on the delivery of mail",
            Self::List => "it went to a mailing list or to many at once",
        })
    }
}
