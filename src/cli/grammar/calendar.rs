//! `rolodav calendar …`

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::{family, flag, one, option, user_word, word};
use crate::calendars::subscribed::EVERY;
use crate::cli::command::{CalendarCommand, CalendarHolds, Command, DayTime, RecoveryCommand};
use crate::store::grants::Access;

/// A calendar's path segment.
fn calendar_word() -> Arg {
    word("calendar", "CALENDAR", "The calendar's name in its address, such as `calendar`")
}

pub(super) fn grammar() -> clap::Command {
    let command = |name: &'static str, about: &'static str| {
        clap::Command::new(name).about(about).arg(user_word())
    };
    let with = || word("with", "WITH", "A user or group");
    let alarm = Arg::new("alarm")
        .long("alarm")
        .value_name("DAYS@HH:MM")
        .action(ArgAction::Append)
        .value_parser(day_time)
        .help("Remind so many days before, at this time; `0@9:00` is the day itself (repeatable)");
    family("calendar", "Calendars and task lists")
        .subcommand(command("list", "List a user's calendars"))
        .subcommand(
            command("create", "Make an empty calendar")
                .arg(calendar_word())
                .arg(option("display-name", "NAME", "The name clients show"))
                .arg(flag("tasks", "Make a task list"))
                .arg(flag("journal", "Make a journal").conflicts_with("tasks")),
        )
        .subcommand(
            command("subscribe", "Make a read-only calendar of one that is published on the web")
                .arg(word("url", "URL", "Its address: https://…, webcal://…"))
                .arg(option("name", "NAME", "The name clients show; else what it calls itself"))
                .arg(
                    option("every", "TIME", "How often it is looked at: 30m, 1h, 1d")
                        .value_parser(interval),
                )
                .arg(flag("alarms", "Keep its reminders, too")),
        )
        .subcommand(
            command("refresh", "Look at once at what a subscribed calendar comes from")
                .arg(calendar_word()),
        )
        .subcommand(
            command("remove", "Move a calendar to the trash, with all that is on it")
                .arg(calendar_word()),
        )
        .subcommand(
            command("share", "Let a user or group see a calendar, or change what they may do")
                .arg(calendar_word())
                .arg(with())
                .arg(flag("read-write", "They may also change the calendar")),
        )
        .subcommand(command("unshare", "End a share at once").arg(calendar_word()).arg(with()))
        .subcommand(command("shares", "List with whom what a user has is shared"))
        .subcommand(
            command("delegate", "Let a user or group see all calendars of a user")
                .arg(with())
                .arg(flag("read-write", "They may also change what is on them")),
        )
        .subcommand(command("undelegate", "End that at once").arg(with()))
        .subcommand(command("delegates", "List who may act for a user"))
        .subcommand(command("trash", "List what was deleted and can be restored"))
        .subcommand(
            command("publish", "Make a secret address that shows a calendar to who knows it")
                .arg(calendar_word())
                .arg(option("label", "LABEL", "What the address is for")),
        )
        .subcommand(command("published", "List the secret addresses of a user's calendars"))
        .subcommand(
            command("unpublish", "End a secret address at once").arg(
                word("number", "NO", "Its number, as `rolodav calendar published` shows it")
                    .value_parser(value_parser!(u32)),
            ),
        )
        .subcommand(
            command("birthdays", "Show or change when a user is reminded of birthdays")
                .arg(alarm)
                .arg(flag("no-alarms", "Never remind").conflicts_with("alarm")),
        )
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let user = one(sub, "user")?;
    let word = |id| one(sub, id);
    let what = match name {
        "list" => CalendarCommand::List,
        "create" => CalendarCommand::Create {
            calendar: word("calendar")?,
            display_name: word("display-name"),
            holds: match (sub.get_flag("tasks"), sub.get_flag("journal")) {
                (true, _) => CalendarHolds::Tasks,
                (_, true) => CalendarHolds::Journal,
                _ => CalendarHolds::Events,
            },
        },
        "subscribe" => CalendarCommand::Subscribe {
            url: word("url")?,
            name: word("name"),
            every: sub.get_one("every").copied().unwrap_or(EVERY),
            alarms: sub.get_flag("alarms"),
        },
        "refresh" => CalendarCommand::Refresh { calendar: word("calendar")? },
        "remove" => CalendarCommand::Remove { calendar: word("calendar")? },
        "share" => {
            let access = if sub.get_flag("read-write") { Access::ReadWrite } else { Access::Read };
            let (book, with) = (word("calendar")?, word("with")?);
            return Some(Command::BookShare {
                user,
                book,
                calendar: true,
                with,
                access,
                without_history: false,
            });
        }
        "unshare" => {
            let (book, with) = (word("calendar")?, word("with")?);
            return Some(Command::BookUnshare { user, book, calendar: true, with });
        }
        "shares" => return Some(Command::BookShares { user, book: None }),
        "delegate" => {
            let access = if sub.get_flag("read-write") { Access::ReadWrite } else { Access::Read };
            CalendarCommand::Delegate { with: word("with")?, access: Some(access) }
        }
        "undelegate" => CalendarCommand::Delegate { with: word("with")?, access: None },
        "delegates" => CalendarCommand::Delegates,
        "trash" => return Some(Command::Recovery { user, what: RecoveryCommand::Trash }),
        "publish" => CalendarCommand::Publish {
            calendar: word("calendar")?,
            label: word("label").unwrap_or_default(),
        },
        "published" => CalendarCommand::Published,
        "unpublish" => CalendarCommand::Unpublish { number: *sub.get_one("number")? },
        "birthdays" => {
            let alarms: Vec<DayTime> =
                sub.get_many("alarm").map(|all| all.copied().collect()).unwrap_or_default();
            let change = !alarms.is_empty() || sub.get_flag("no-alarms");
            CalendarCommand::Birthdays { alarms: change.then_some(alarms) }
        }
        _ => return None,
    };
    Some(Command::Calendar { user, what })
}

/// `7@9:30`, seven days before at half past nine.
fn day_time(text: &str) -> Result<DayTime, &'static str> {
    let wrong = "write DAYS@HH:MM, such as 1@18:00";
    let (days, time) = text.split_once('@').ok_or(wrong)?;
    let (hour, minute) = time.split_once(':').unwrap_or((time, "0"));
    let number = |text: &str, most: u16| text.parse().ok().filter(|n| *n <= most).ok_or(wrong);
    Ok(DayTime { days: number(days, 366)?, minute: number(hour, 23)? * 60 + number(minute, 59)? })
}

/// `30m`, `1h`, `1d` in seconds: from five minutes to a week.
fn interval(text: &str) -> Result<u32, &'static str> {
    let wrong = "write a number with m, h or d, from 5m to 7d";
    let (digits, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(wrong)?;
    let unit = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong),
    };
    let seconds = digits.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
    seconds.filter(|seconds| (300..=7 * 86_400).contains(seconds)).ok_or(wrong)
}
