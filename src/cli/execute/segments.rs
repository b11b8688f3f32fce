//! `rolodav segment …`

use super::acting_for;
use crate::app::Services;
use crate::base::{Fault, PrincipalId, counted};
use crate::cli::command::SegmentCommand;
use crate::cli::outcome::{MemberRow, MembersRow, Outcome, QueryFieldRow, SegmentRow};
use crate::contacts::segments::query::{Field, Holds, LISTED};
use crate::contacts::segments::{self, Change, Listed, Meant, New};
use crate::store::fields as records;

pub(super) async fn segment(
    services: &Services,
    user: &str,
    what: SegmentCommand,
) -> Result<Outcome, Fault> {
    let store = &*services.store;
    let owner = services.accounts.find_user(user).await?;
    let actor = acting_for(&owner, "rolodav segment");
    match what {
        SegmentCommand::Add { name, query, group, book } => {
            let new = New { name: name.clone(), query, as_group: group, as_book: book };
            segments::add(store, &owner, &new, &actor).await?;
            let made = segments::show(store, &owner, &name).await?;
            Ok(Outcome::Done(meant(made.members, &made.segment.name)))
        }
        SegmentCommand::Edit { name, new_name, query, group, book } => {
            let called = new_name.clone().unwrap_or_else(|| name.clone());
            let change = Change { name: new_name, query, as_group: group, as_book: book };
            segments::edit(store, &owner, &name, &change, &actor).await?;
            let now = segments::show(store, &owner, &called).await?;
            Ok(Outcome::Done(meant(now.members, &now.segment.name)))
        }
        SegmentCommand::Remove { name } => {
            segments::remove(store, &owner, &name, &actor).await?;
            segments::follow(store, &owner).await?;
            Ok(Outcome::Done(format!("There is no segment `{name}` any more.")))
        }
        SegmentCommand::List => {
            let listed = segments::list(store, &owner).await?;
            Ok(Outcome::Segments(listed.into_iter().map(row).collect()))
        }
        SegmentCommand::Show { name } => {
            Ok(Outcome::Segment(row(segments::show(store, &owner, &name).await?)))
        }
        SegmentCommand::Members { name, most } => {
            let meant = segments::members(store, &owner, &name, most).await?;
            Ok(Outcome::SegmentMembers(members(meant)))
        }
        SegmentCommand::Test { query, most } => {
            let meant = segments::test(store, &owner, &query, most).await?;
            Ok(Outcome::SegmentMembers(members(meant)))
        }
        SegmentCommand::Fields => fields(services, &owner).await,
    }
}

fn row(listed: Listed) -> SegmentRow {
    SegmentRow {
        name: listed.segment.name,
        query: listed.segment.query,
        members: listed.members,
        group: listed.segment.as_group,
        book: listed.book,
        created: listed.segment.created.rfc3339(),
        fault: listed.fault,
    }
}

fn members(meant: Meant) -> MembersRow {
    let members = meant.people.into_iter().map(|one| MemberRow {
        uid: one.uid,
        name: one.name,
        book: one.book,
        card: one.card,
        reasons: one.reasons,
    });
    MembersRow { count: meant.count, members: members.collect() }
}

async fn fields(services: &Services, owner: &PrincipalId) -> Result<Outcome, Fault> {
    let mut rows: Vec<QueryFieldRow> = LISTED
        .iter()
        .map(|row| QueryFieldRow {
            names: row.names.iter().map(|name| (*name).to_owned()).collect(),
            holds: holds(row.holds).to_owned(),
            about: row.about.to_owned(),
        })
        .collect();
    let listed = records::all(&services.store.snapshot().await?, owner).await?;
    for own in listed {
        let field = Field::Own(Box::new(own.clone()));
        rows.push(QueryFieldRow {
            names: vec![format!("field \"{}\"", own.name)],
            holds: holds(field.holds()).to_owned(),
            about: "a field of the user's own".to_owned(),
        });
    }
    rows.push(QueryFieldRow {
        names: vec!["property \"X-NAME\"".to_owned()],
        holds: holds(Holds::Text).to_owned(),
        about: "any property of the card, by its name".to_owned(),
    });
    Ok(Outcome::QueryFields(rows))
}

fn holds(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "text",
        Holds::Phone => "phone",
        Holds::Bool => "yes or no",
        Holds::Number => "number",
        Holds::Past | Holds::Coming => "day",
        Holds::Yearly => "yearly day",
        Holds::Presence => "presence",
    }
}

/// How many people are in a segment.
fn meant(members: u64, name: &str) -> String {
    format!("{} in `{name}`.", counted(members, "person is", "people are"))
}
