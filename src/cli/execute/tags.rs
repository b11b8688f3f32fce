//! `rolodav tag …`

use crate::app::Services;
use crate::base::{Fault, PrincipalId, counted};
use crate::cli::command::TagCommand;
use crate::cli::outcome::{Outcome, TagRow};
use crate::contacts::person::{self, Person, Place};
use crate::contacts::tags;
use crate::store::tags::Mark;
use crate::store::{Actor, Store};

pub(super) async fn tag(
    services: &Services,
    user: &str,
    what: TagCommand,
) -> Result<Outcome, Fault> {
    let store = &*services.store;
    let owner = services.accounts.find_user(user).await?;
    let actor = Actor { principal: owner.to_string(), device: "rolodav tag".to_owned() };
    match what {
        TagCommand::List => list(services, &owner).await,
        TagCommand::Create { tag, color } => {
            if color.as_deref().is_some_and(|color| !is_color(color)) {
                return Err(Fault::new(422, "A colour is written as #RRGGBB, such as #3584e4."));
            }
            tags::create(store, &owner, &tag, color, &actor).await?;
            Ok(Outcome::Done(format!("There is a tag `{tag}`.")))
        }
        TagCommand::Mark { tag, who, add } => {
            let mut people = Vec::with_capacity(who.len());
            for who in &who {
                people.push(person::find(store, &owner, who).await?);
            }
            let cards = mark(store, &owner, &actor, &tag, &people, add).await?;
            let does = if add {
                counted(cards, "card has", "cards have")
            } else {
                counted(cards, "card does not have", "cards do not have")
            };
            Ok(Outcome::Done(format!("{does} the tag `{tag}` now.")))
        }
        TagCommand::Rename { tag, to, merge } => {
            let names = (tag.as_str(), to.as_str());
            for number in tags::rename(store, &owner, &actor, names, merge).await? {
                tags::work_off(store, number).await?;
            }
            Ok(Outcome::Done(format!("The tag `{tag}` is called `{to}` now, on all cards.")))
        }
        TagCommand::Delete { tag } => {
            let number = tags::delete(store, &owner, &actor, &tag).await?;
            tags::work_off(store, number).await?;
            Ok(Outcome::Done(format!("The tag `{tag}` is deleted; no card has it any more.")))
        }
    }
}

/// Gives the cards of `people` a tag, or takes it off them; tells how many cards they have.
pub(super) async fn mark(
    store: &Store,
    owner: &PrincipalId,
    actor: &Actor,
    tag: &str,
    people: &[Person],
    add: bool,
) -> Result<usize, Fault> {
    let places = people.iter().flat_map(|person| &person.cards);
    let mark = |place: &Place| Mark { collection: place.book.id, uid: place.uid.clone(), add };
    let marks: Vec<Mark> = places.map(mark).collect();
    let cards = marks.len();
    if let Some(number) = tags::mark(store, owner, actor, tag, marks).await? {
        tags::work_off(store, number).await?;
    }
    Ok(cards)
}

async fn list(services: &Services, owner: &PrincipalId) -> Result<Outcome, Fault> {
    let listed = tags::list(&services.store, owner).await?;
    let row = |tag: tags::Listed| TagRow {
        tag: tag.name,
        uid: tag.uid,
        color: tag.color,
        cards: tag.cards,
    };
    Ok(Outcome::Tags(listed.into_iter().map(row).collect()))
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}
