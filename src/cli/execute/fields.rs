//! `rolodav field`

use crate::app::Services;
use crate::base::Fault;
use crate::cli::command::{FieldCommand, FieldHolds};
use crate::cli::outcome::{FieldRow, FieldsMissingRow, LackingRow, Outcome};
use crate::contacts::fields::{self, Definition, Editor};
use crate::contacts::followups::days;
use crate::contacts::{naming, person, required};
use crate::store::Actor;
use crate::store::fields::{self as records, Field, FieldKind};
use crate::store::preferences::DayOf;

/// Cards that are listed at most.
const LISTED: usize = 10_000;

pub(super) async fn field(
    services: &Services,
    user: &str,
    what: FieldCommand,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let store = &services.store;
    let actor = Actor { principal: owner.to_string(), device: "rolodav field".to_owned() };
    match what {
        FieldCommand::Define { name, property, holds, choices, required } => {
            let kind = match holds {
                FieldHolds::Text => FieldKind::Text,
                FieldHolds::Number => FieldKind::Number,
                FieldHolds::Date => FieldKind::Date,
                FieldHolds::Choice => FieldKind::Choice(choices),
                FieldHolds::Url => FieldKind::Url,
                FieldHolds::Bool => FieldKind::Bool,
                FieldHolds::Relation => FieldKind::Relation,
            };
            let new = Definition { name, property, kind, required };
            let field = fields::define(store, &owner, &new, &actor).await?;
            let (name, place) = (&field.name, fields::place(&field));
            Ok(Outcome::Done(format!("`{name}` is kept in {place} of the cards of {owner}.")))
        }
        FieldCommand::List { who: None } => {
            let snapshot = store.snapshot().await?;
            let lacking = required::lacking(&snapshot, &owner, 0).await?.fields;
            let all = records::all(&snapshot, &owner).await?.into_iter();
            let rows = all.map(|field| {
                let missing = lacking.iter().find(|(of, _)| *of == field).map(|(_, count)| *count);
                FieldRow { missing, ..row(field, None) }
            });
            Ok(Outcome::Fields(rows.collect()))
        }
        FieldCommand::List { who: Some(who) } => {
            let person = person::find(store, &owner, &who).await?;
            let values = fields::values(&store.snapshot().await?, &owner, &person).await?;
            let row = |(field, value)| row(field, Some(Option::unwrap_or_default(value)));
            Ok(Outcome::Fields(values.into_iter().map(row).collect()))
        }
        FieldCommand::Missing => {
            let lacking = required::lacking(&store.snapshot().await?, &owner, LISTED).await?;
            let cards = lacking.cards.into_iter().map(|lacks| LackingRow {
                book: lacks.book,
                card: lacks.card,
                name: naming::one_line(&lacks.name),
                fields: lacks.fields,
            });
            let (cards, count) = (cards.collect(), lacking.count);
            Ok(Outcome::FieldsMissing(FieldsMissingRow { cards, count }))
        }
        FieldCommand::Set { who, name, value } => {
            let person = person::find(store, &owner, &who).await?;
            let quota = services.settings.store.quota();
            let editor = Editor { store, rules: &services.rules, quota, actor: &actor };
            let value = editor.set(&owner, &person, &name, value.as_deref()).await?;
            let whose = naming::one_line(&person.name);
            Ok(Outcome::Done(match value {
                Some(value) => format!("`{name}` of {whose} is `{value}` now."),
                None => format!("`{name}` of {whose} is empty now."),
            }))
        }
        FieldCommand::Remove { name } => {
            let field = fields::remove(store, &owner, &name, &actor).await?;
            let of = DayOf::Field(field.property.clone());
            services.accounts.prefer(user, |now| days::choose(now, &of, None)).await?;
            days::follow_choice(store, &services.rules, &owner, &of).await?;
            Ok(Outcome::Done(format!(
                "{owner} has no field `{}` any more. What stands in {} of cards stays there.",
                field.name,
                fields::place(&field)
            )))
        }
    }
}

fn row(field: Field, value: Option<String>) -> FieldRow {
    let label = fields::label_of(&field).map(|(_, label)| label.to_owned());
    let property = field.property.split(';').next().unwrap_or_default().to_owned();
    let (holds, choices) = match field.kind {
        FieldKind::Text => ("text", Vec::new()),
        FieldKind::Number => ("number", Vec::new()),
        FieldKind::Date => ("date", Vec::new()),
        FieldKind::Choice(choices) => ("choice", choices),
        FieldKind::Url => ("url", Vec::new()),
        FieldKind::Bool => ("bool", Vec::new()),
        FieldKind::Relation => ("relation", Vec::new()),
    };
    FieldRow {
        name: field.name,
        property,
        label,
        holds: holds.to_owned(),
        choices,
        required: field.required,
        missing: None,
        value,
    }
}
