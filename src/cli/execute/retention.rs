//! `rolodav retention …`

use super::acting_for;
use crate::app::Services;
use crate::base::{Fault, counted};
use crate::cli::command::RetentionCommand;
use crate::cli::outcome::{GoingRow, Outcome, RuleRow};
use crate::contacts::books;
use crate::contacts::naming::one_line;
use crate::contacts::person;
use crate::contacts::quality::index;
use crate::contacts::retention::{self, Definition, Going};
use crate::store::retention::Rule;

/// Cards that are listed at most.
const LISTED: usize = 10_000;

pub(super) async fn retention(
    services: &Services,
    user: &str,
    what: RetentionCommand,
) -> Result<Outcome, Fault> {
    let store = &*services.store;
    let owner = services.accounts.find_user(user).await?;
    let actor = acting_for(&owner, "rolodav retention");
    let terms = super::quality::terms(services);
    match what {
        RetentionCommand::Set { book, after, unit, since, notice, exempt, ending } => {
            let notice_days = notice;
            let wanted = Definition { after, unit, since, notice_days, exempt, ending };
            let number = retention::set(store, &owner, &book, &wanted, terms, &actor).await?;
            let soon = going(services, &owner, Some(&book)).await?;
            let soon = soon.into_iter().filter(|one| one.rule == number).count();
            Ok(Outcome::Done(format!(
                "`{book}` has the rule {number}. It is about {} now, to go in {}: `rolodav retention \
                 preview {owner}` lists what goes.",
                counted(soon, "card", "cards"),
                counted(notice, "day", "days")
            )))
        }
        RetentionCommand::List => {
            let rules = retention::listed(&store.snapshot().await?, &owner, None).await?;
            Ok(Outcome::Rules(rules.into_iter().map(rule_row).collect()))
        }
        RetentionCommand::Preview { book } => {
            index::follow(store, &owner, terms).await?;
            let soon = going(services, &owner, book.as_deref()).await?;
            Ok(Outcome::Going(soon.into_iter().map(going_row).collect()))
        }
        RetentionCommand::Remove { book, number } => {
            retention::remove(store, &owner, (&book, number), terms, &actor).await?;
            Ok(Outcome::Done(format!("`{book}` has no rule {number} any more.")))
        }
        RetentionCommand::Keep { who, stays } => {
            let person = person::find(store, &owner, &who).await?;
            retention::keep(store, &owner, &person, stays, terms, &actor).await?;
            let name = one_line(&person.name);
            Ok(Outcome::Done(if stays {
                format!("The cards of {name} stay, whatever rules say.")
            } else {
                format!("Rules hold for the cards of {name} again.")
            }))
        }
    }
}

async fn going(
    services: &Services,
    owner: &crate::base::PrincipalId,
    book: Option<&str>,
) -> Result<Vec<Going>, Fault> {
    let snapshot = services.store.snapshot().await?;
    // An unknown name is told.
    retention::listed(&snapshot, owner, book).await?;
    let mut all = Vec::new();
    for found in books::filled(&snapshot, owner).await? {
        let found = found.collection;
        if book.is_none_or(|book| book == found.name) {
            let most = LISTED.saturating_sub(all.len());
            all.extend(retention::going(&snapshot, (found.id, &found.name), most).await?);
        }
    }
    Ok(all)
}

fn rule_row((book, rule, terms): (String, u64, Rule)) -> RuleRow {
    RuleRow {
        rule,
        book,
        after: terms.after,
        unit: terms.unit,
        since: terms.since,
        notice_days: terms.notice_days,
        exempt_tags: terms.exempt,
        action: terms.ending,
        made: terms.made.rfc3339(),
        by: super::recovery::who(&terms.by),
    }
}

fn going_row(going: Going) -> GoingRow {
    GoingRow {
        book: going.book,
        card: going.card,
        uid: going.uid,
        name: going.name,
        rule: going.rule,
        action: going.ending,
        announced: going.announced.rfc3339(),
        goes: going.goes.rfc3339(),
    }
}
