//! `rolodav merge`, `rolodav undo`, `rolodav merges`

use clap::{Arg, ArgMatches, value_parser};

use super::{flag, many, one, option, user_word};
use crate::cli::command::Command;

pub(super) fn grammars() -> [clap::Command; 3] {
    [
        clap::Command::new("merge")
            .about("Make several contacts that are one person one; `rolodav undo` takes it back")
            .after_help(
                "All values are united; where there can be one only, the one that says more or was \
                 edited last stays, and --preview tells which. Devices see the other cards go.",
            )
            .arg(user_word())
            .arg(
                Arg::new("who")
                    .value_name("WHO")
                    .num_args(1..)
                    .required(true)
                    .help("The cards: BOOK/NAME, the UID, a mail address or a name"),
            )
            .arg(option("into", "WHO", "The one that stays [default: whose card is the oldest]"))
            .arg(flag("preview", "Only tell what would be done")),
        clap::Command::new("undo")
            .about("Take a merge back: cards, UIDs and timelines as they were, with later edits")
            .arg(user_word())
            .arg(
                Arg::new("number")
                    .value_name("NUMBER")
                    .required(true)
                    .value_parser(value_parser!(u64))
                    .help("As `rolodav merges` shows it"),
            ),
        clap::Command::new("merges")
            .about("List the merges that can be taken back, the latest first")
            .arg(user_word()),
    ]
}

pub(super) fn read(name: &str, sub: &ArgMatches) -> Option<Command> {
    let user = one(sub, "user")?;
    Some(match name {
        "merge" => {
            let (who, into) = (many(sub, "who"), one(sub, "into"));
            Command::Merge { user, who, into, preview: sub.get_flag("preview") }
        }
        "undo" => Command::Undo { user, number: *sub.get_one::<u64>("number")? },
        _ => Command::Merges { user },
    })
}
