//! `rolodav note`, `rolodav stage`, `rolodav field`

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::followup;
use super::{family, flag, many, one, option, user_word, word};
use crate::cli::command::{
    Command, FieldCommand, FieldHolds, NoteCommand, NoteDetails, Turned, WishCommand,
};

/// Entries that are listed unless somebody asks for more.
const LAST: &str = "20";

const HOLDS: [(&str, FieldHolds); 7] = [
    ("text", FieldHolds::Text),
    ("number", FieldHolds::Number),
    ("date", FieldHolds::Date),
    ("choice", FieldHolds::Choice),
    ("url", FieldHolds::Url),
    ("bool", FieldHolds::Bool),
    ("relation", FieldHolds::Relation),
];

pub(super) fn grammars() -> [clap::Command; 3] {
    [note(), stage(), field()]
}

fn who_word() -> Arg {
    word("who", "WHO", "A part of the name, a mail address, BOOK/CARD or the UID of the card")
}

fn text_words(help: &'static str) -> Arg {
    Arg::new("text").value_name("TEXT").num_args(1..).help(help)
}

fn with() -> Arg {
    option("with", "WHO", "Somebody else who took part (repeatable)").action(ArgAction::Append)
}

fn details() -> [Arg; 4] {
    let direction = option("direction", "in|out|none", "Who turned to whom")
        .value_parser(PossibleValuesParser::new(["in", "out", "none"]));
    [
        option("at", "WHEN", "When: yesterday, mon 14:00, 3d, 2026-11-03 14:00 [default: now]"),
        option("minutes", "N", "How long it took")
            .value_parser(value_parser!(u32).range(..525_600)),
        direction,
        option("link", "URL", "An address that has more"),
    ]
}

fn note() -> clap::Command {
    let id = || word("id", "ID", "As `rolodav note list` shows it");
    let command = |name: &'static str, about: &'static str| {
        clap::Command::new(name).about(about).arg(user_word())
    };
    clap::Command::new("note")
        .about("What happened with a contact: calls, meetings, mails, notes")
        .after_help(
            "Without one of these commands, TEXT is a line as it could be typed into the notes \
             of a card: rolodav note anna bert +call yesterday spoke about the offer",
        )
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .arg_required_else_help(true)
        .arg(user_word())
        .arg(who_word())
        .arg(
            text_words("What to remember, with +call, +met, +mail, +msg or +note before it, or +todo fri …")
                .required(true),
        )
        .arg(with())
        .subcommand(
            command("add", "Log what happened")
                .arg(who_word())
                .arg(text_words("What to remember"))
                .arg(
                    option(
                        "kind",
                        "KIND",
                        "call, meeting, mail, message, contact, note or one of contacts.kinds",
                    )
                    .default_value("note"),
                )
                .args(details())
                .arg(with()),
        )
        .subcommand(
            command("list", "List what happened, the latest first").arg(who_word()).arg(
                option("last", "N", "So many entries")
                    .default_value(LAST)
                    .value_parser(value_parser!(u32).range(1..=10_000)),
            ),
        )
        .subcommand(
            command("edit", "Change an entry, everywhere it is shown")
                .arg(id())
                .arg(option("text", "TEXT", "What to remember instead"))
                .arg(option("kind", "KIND", "What it was"))
                .args(details())
                .arg(with().help("Somebody who took part; those not named did not (repeatable)")),
        )
        .subcommand(command("remove", "Remove an entry, everywhere it is shown").arg(id()))
}

fn stage() -> clap::Command {
    clap::Command::new("stage")
        .about("Show or set the stage of a contact, and how often to keep in touch")
        .arg(user_word())
        .arg(who_word())
        .arg(word("stage", "STAGE", "One of contacts.stages, or `none`").required(false))
        .arg(option("every", "TIME", "Keep in touch every 30d, 2w, 3m; `never`; `default`"))
}

fn field() -> clap::Command {
    let command = |name: &'static str, about: &'static str| {
        clap::Command::new(name).about(about).arg(user_word())
    };
    let name = || word("name", "FIELD", "The field's name");
    let types = PossibleValuesParser::new(HOLDS.map(|(name, _)| name));
    family("field", "Fields of a user's own, kept in the cards")
        .subcommand(
            command("define", "Define a field, or change what may stand in it")
                .arg(name())
                .arg(
                    option("type", "TYPE", "What may stand in it")
                        .value_parser(types)
                        .default_value("text"),
                )
                .arg(
                    option("choice", "TEXT", "Of --type choice: something to choose (repeatable)")
                        .action(ArgAction::Append),
                )
                .arg(option("property", "X-NAME", "The property of cards [default: of the name; a date or a relation stands beside the name, where phones show it]"))
                .arg(flag("required", "It cannot be emptied")),
        )
        .subcommand(
            command("list", "List the fields, or what stands in those of a contact")
                .arg(who_word().required(false)),
        )
        .subcommand(command("missing", "List the cards that lack a required field"))
        .subcommand(
            command("remind", "Show or set when a follow-up comes of the day in a field")
                .arg(name())
                .args(followup::lead_options()),
        )
        .subcommand(
            command("set", "Set a field of a contact; without a value it is emptied")
                .arg(who_word())
                .arg(name())
                .arg(word("value", "VALUE", "What is to stand there").required(false)),
        )
        .subcommand(
            command("remove", "End a definition; what stands in cards stays there").arg(name()),
        )
}

pub(super) fn read(name: &str, sub: &ArgMatches) -> Option<Command> {
    match name {
        "note" => read_note(sub),
        "stage" => Some(Command::Stage {
            user: one(sub, "user")?,
            who: one(sub, "who")?,
            stage: one(sub, "stage"),
            every: one(sub, "every"),
        }),
        "field" => read_field(sub),
        _ => None,
    }
}

fn text(matches: &ArgMatches) -> Option<String> {
    Some(many(matches, "text").join(" ")).filter(|text| !text.is_empty())
}

fn read_details(sub: &ArgMatches, text: Option<String>) -> NoteDetails {
    let direction = one(sub, "direction").map(|direction| match direction.as_str() {
        "in" => Turned::In,
        "out" => Turned::Out,
        _ => Turned::None,
    });
    NoteDetails {
        text,
        at: one(sub, "at"),
        minutes: sub.get_one("minutes").copied(),
        direction,
        link: one(sub, "link"),
    }
}

fn read_note(matches: &ArgMatches) -> Option<Command> {
    let Some((name, sub)) = matches.subcommand() else {
        let what = NoteCommand::Say {
            who: one(matches, "who")?,
            with: many(matches, "with"),
            line: text(matches)?,
        };
        return Some(Command::Note { user: one(matches, "user")?, what });
    };
    let what = match name {
        "add" => NoteCommand::Add {
            who: one(sub, "who")?,
            with: many(sub, "with"),
            kind: one(sub, "kind")?,
            about: Box::new(read_details(sub, text(sub))),
        },
        "list" => {
            NoteCommand::List { who: one(sub, "who")?, last: *sub.get_one::<u32>("last")? as usize }
        }
        "edit" => NoteCommand::Edit {
            id: one(sub, "id")?,
            kind: one(sub, "kind"),
            with: many(sub, "with"),
            about: Box::new(read_details(sub, one(sub, "text"))),
        },
        "remove" => NoteCommand::Remove { id: one(sub, "id")? },
        _ => return None,
    };
    Some(Command::Note { user: one(sub, "user")?, what })
}

fn read_field(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    if name == "remind" {
        let what = WishCommand::Remind { field: one(sub, "name"), lead: followup::lead(sub) };
        return Some(Command::Wish { user: one(sub, "user")?, what });
    }
    let what = match name {
        "missing" => FieldCommand::Missing,
        "define" => {
            let typed = one(sub, "type")?;
            FieldCommand::Define {
                name: one(sub, "name")?,
                property: one(sub, "property"),
                holds: HOLDS.iter().find(|(name, _)| *name == typed)?.1,
                choices: many(sub, "choice"),
                required: sub.get_flag("required"),
            }
        }
        "list" => FieldCommand::List { who: one(sub, "who") },
        "set" => FieldCommand::Set {
            who: one(sub, "who")?,
            name: one(sub, "name")?,
            value: one(sub, "value"),
        },
        "remove" => FieldCommand::Remove { name: one(sub, "name")? },
        _ => return None,
    };
    Some(Command::Field { user: one(sub, "user")?, what })
}
