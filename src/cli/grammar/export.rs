//! `rolodav export`

use clap::ArgMatches;
use clap::builder::PossibleValuesParser;

use super::{flag, one, option, user_word, word};
use crate::cli::command::{CardFormat, Command, ExportCards};

pub(super) fn grammar() -> clap::Command {
    let name = "One book or calendar by the name in its address; OWNER/BOOK for a book that is \
                shared with the user, as they see it";
    let format = "All that is known: cards as clients wrote them, with the whole timeline as dated \
                  notes [default: the cards as phones get them]";
    clap::Command::new("export")
        .about("Print a user's cards as one vCard file or as JSContact, or calendars as iCalendar")
        .arg(user_word())
        .arg(word("name", "NAME", name).required(false))
        .arg(
            option("format", "FORMAT", format)
                .value_parser(PossibleValuesParser::new(["vcard", "jscontact"]))
                .conflicts_with("calendars"),
        )
        .arg(
            flag("without-history", "Nothing of what is remembered of contacts")
                .conflicts_with("calendars"),
        )
        .arg(
            flag("calendars", "All calendars and task lists, instead of all books")
                .conflicts_with("name"),
        )
}

pub(super) fn read(sub: &ArgMatches) -> Option<Command> {
    let format = one(sub, "format").map(|format| match format.as_str() {
        "jscontact" => CardFormat::Jscontact,
        _ => CardFormat::Vcard,
    });
    let without_history = sub.get_flag("without-history");
    Some(Command::Export {
        user: one(sub, "user")?,
        name: one(sub, "name"),
        calendars: sub.get_flag("calendars"),
        cards: ExportCards { format, without_history },
    })
}
