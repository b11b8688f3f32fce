//! `rolodav note`, `rolodav stage`

use jiff::civil::DateTime;

use super::followups;
use super::tags::mark;
use crate::app::Services;
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::cli::command::{NoteCommand, NoteDetails, Turned};
use crate::cli::outcome::{FollowUpRow, NoteRow, Outcome, RememberedRow};
use crate::contacts::followups::verbs::FollowUps;
use crate::contacts::layer::{Cadence, Command as Typed, Grammar, take_commands};
use crate::contacts::person::{self, Person};
use crate::contacts::timeline::{Edit, Telling, Timeline};
use crate::contacts::{local_time, naming};
use crate::formats::zone::Zone;
use crate::store::Actor;
use crate::store::contacts;
use crate::store::interactions::{Direction, Interaction, Precision, Source};

/// Commands that one line is taken to hold at most.
const COMMANDS: usize = 20;

pub(super) async fn note(
    services: &Services,
    user: &str,
    what: NoteCommand,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let actor = Actor { principal: owner.to_string(), device: "rolodav note".to_owned() };
    let timeline = of(services, &owner, &actor);
    match what {
        NoteCommand::Say { who, with, line } => {
            let people = people(services, &owner, std::iter::once(&who).chain(&with)).await?;
            say(services, timeline, &people, line).await
        }
        NoteCommand::Add { who, with, kind, about } => {
            let people = people(services, &owner, std::iter::once(&who).chain(&with)).await?;
            let telling = telling(&timeline, kind, *about).await?;
            let logged = timeline.log(&people, &telling).await?;
            let logged = logged.ok_or_else(|| Fault::conflict("That was logged before."))?;
            Ok(Outcome::Noted(row(services, &owner, &logged).await?))
        }
        NoteCommand::List { who, last } => {
            let person = person::find(&services.store, &owner, &who).await?;
            let mut rows = Vec::new();
            for interaction in timeline.latest(&person, last).await? {
                rows.push(row(services, &owner, &interaction).await?);
            }
            Ok(Outcome::Notes(rows))
        }
        NoteCommand::Edit { id, kind, with, about } => {
            let found = timeline.interaction(&id).await?;
            let people = people(services, &owner, with.iter()).await?;
            let people = (!people.is_empty()).then_some(&people[..]);
            let edit = edit(&timeline, kind, *about).await?;
            timeline.edit(&found.uid, &edit, people).await?;
            let changed = timeline.interaction(&found.uid).await?;
            Ok(Outcome::Noted(row(services, &owner, &changed).await?))
        }
        NoteCommand::Remove { id } => {
            let found = timeline.interaction(&id).await?;
            timeline.remove(&found.uid).await?;
            Ok(Outcome::Done(format!("The {} of {} is removed.", found.kind, found.at.rfc3339())))
        }
    }
}

pub(super) async fn stage(
    services: &Services,
    user: &str,
    who: &str,
    stage: Option<&str>,
    every: Option<&str>,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let actor = Actor { principal: owner.to_string(), device: "rolodav stage".to_owned() };
    let timeline = of(services, &owner, &actor);
    let person = person::find(&services.store, &owner, who).await?;
    let days = every.map(cadence).transpose()?;
    if let Some(stage) = stage {
        let stage = Some(stage).filter(|stage| !stage.eq_ignore_ascii_case("none"));
        timeline.set_stage(&person, stage).await?;
    }
    if let Some(days) = days {
        timeline.set_cadence(&person, days).await?;
    }
    remembered(services, &timeline, &person, (Vec::new(), Vec::new())).await
}

fn of<'a>(services: &'a Services, owner: &'a PrincipalId, actor: &'a Actor) -> Timeline<'a> {
    Timeline { store: &services.store, rules: &services.rules, owner, actor }
}

async fn people(
    services: &Services,
    owner: &PrincipalId,
    typed: impl Iterator<Item = &String>,
) -> Result<Vec<Person>, Fault> {
    let mut people: Vec<Person> = Vec::new();
    for who in typed {
        let person = person::find(&services.store, owner, who).await?;
        if !people.iter().any(|known| known.uid == person.uid) {
            people.push(person);
        }
    }
    Ok(people)
}

/// Does what a line asks for that could be typed into the notes of a card.
async fn say(
    services: &Services,
    timeline: Timeline<'_>,
    people: &[Person],
    line: String,
) -> Result<Outcome, Fault> {
    let Some(person) = people.first() else {
        return Err(Fault::bad_request("Say whose contact it is."));
    };
    let zone = zone(services, timeline.owner).await?;
    let grammar = Grammar {
        now: civil(services.store.now(), &zone),
        kinds: &timeline.rules.kinds,
        stages: &timeline.rules.stages,
        most: COMMANDS,
    };
    let captured = take_commands(b"", vec![line], &grammar);
    let mut tellings = Vec::new();
    let (mut stage, mut days, mut tags, mut todos) = (None, None, Vec::new(), Vec::new());
    for command in captured.commands {
        match command {
            Typed::Interaction { kind, at, text } => {
                let at = at.map(|when| local_time::moment(when, &zone));
                tellings.push(Telling { at, ..told(kind, text) });
            }
            Typed::Stage(name) => stage = Some(name),
            Typed::Cadence(Cadence::Never) => days = Some(0),
            Typed::Cadence(Cadence::Days(count)) => days = Some(count),
            Typed::Tag(names) => tags.extend(names.into_iter().map(|name| (name, true))),
            Typed::Untag(names) => tags.extend(names.into_iter().map(|name| (name, false))),
            Typed::Todo { due, text } => todos.push((due, text)),
        }
    }
    tellings.extend(captured.notes.into_iter().map(|text| told("note".to_owned(), text)));
    let mut raised = Vec::new();
    let (store, rules) = (&services.store, &services.rules);
    let follow_ups = FollowUps { store, rules, owner: timeline.owner, actor: timeline.actor };
    for (due, text) in todos {
        raised.push(followups::row(follow_ups.add(person, due, &text).await?));
    }
    let mut logged = Vec::new();
    for telling in tellings {
        if let Some(interaction) = timeline.log(people, &telling).await? {
            logged.push(row(services, timeline.owner, &interaction).await?);
        }
    }
    if let Some(stage) = stage {
        timeline.set_stage(person, Some(&stage)).await?;
    }
    if let Some(days) = days {
        timeline.set_cadence(person, Some(days)).await?;
    }
    let first = std::slice::from_ref(person);
    for (tag, add) in tags {
        let store = &services.store;
        mark(store, timeline.owner, timeline.actor, &tag, first, add).await?;
    }
    remembered(services, &timeline, person, (logged, raised)).await
}

fn told(kind: String, text: String) -> Telling {
    Telling {
        kind,
        at: None,
        duration: None,
        direction: None,
        text,
        link: None,
        source: Source::Cli,
        uid: None,
    }
}

async fn telling(
    timeline: &Timeline<'_>,
    kind: String,
    about: NoteDetails,
) -> Result<Telling, Fault> {
    let text = about.text.unwrap_or_default();
    if text.trim().is_empty() && kind.eq_ignore_ascii_case("note") {
        return Err(Fault::bad_request("Say what is to be remembered."));
    }
    let at = match &about.at {
        Some(typed) => Some(timeline.moment(typed).await?),
        None => None,
    };
    Ok(Telling {
        at,
        duration: about.minutes.filter(|minutes| *minutes > 0).map(|minutes| minutes * 60),
        direction: about.direction.and_then(direction),
        link: about.link.filter(|link| !link.is_empty()),
        ..told(kind, text)
    })
}

async fn edit(
    timeline: &Timeline<'_>,
    kind: Option<String>,
    about: NoteDetails,
) -> Result<Edit, Fault> {
    let at = match &about.at {
        Some(typed) => Some(timeline.moment(typed).await?),
        None => None,
    };
    let duration = about.minutes.map(|minutes| (minutes > 0).then_some(minutes * 60));
    let link = about.link.map(|link| Some(link).filter(|link| !link.is_empty()));
    let direction = about.direction.map(direction);
    Ok(Edit { kind, at, duration, direction, text: about.text, link })
}

fn direction(turned: Turned) -> Option<Direction> {
    match turned {
        Turned::In => Some(Direction::In),
        Turned::Out => Some(Direction::Out),
        Turned::None => None,
    }
}

/// Days: 0 for never, `None` for what the stage says.
fn cadence(typed: &str) -> Result<Option<u32>, Fault> {
    if typed.trim().eq_ignore_ascii_case("default") {
        return Ok(None);
    }
    match Cadence::parse(typed) {
        Some(Cadence::Never) => Ok(Some(0)),
        Some(Cadence::Days(days)) => Ok(Some(days)),
        None => Err(Fault::bad_request(format!(
            "`{typed}` is no time to keep in touch: 30d, 2w, 3m, `never`, or `default` for what \
             the stage says."
        ))),
    }
}

async fn remembered(
    services: &Services,
    timeline: &Timeline<'_>,
    person: &Person,
    (logged, raised): (Vec<NoteRow>, Vec<FollowUpRow>),
) -> Result<Outcome, Fault> {
    let contact = timeline.contact(person).await?.map(|(_, contact)| contact);
    let stage = contact.as_ref().and_then(|contact| contact.stage.clone());
    let own = contact.as_ref().and_then(|contact| contact.cadence_days);
    let of_stage = stage.as_deref().and_then(|s| services.settings.contacts.cadence_days(s));
    let every = own.or(of_stage).map(|days| match days {
        0 => "never".to_owned(),
        days => format!("{days}d"),
    });
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
    Ok(Outcome::Remembered(Box::new(RememberedRow {
        uid: person.uid.clone(),
        name: naming::one_line(&person.name),
        stage_since: time(contact.as_ref().and_then(|contact| contact.stage_since)),
        last_contact: time(contact.as_ref().and_then(|contact| contact.last_contact)),
        next: time(contact.as_ref().and_then(|contact| contact.next)),
        every_of_stage: own.is_none() && of_stage.is_some(),
        stage,
        every,
        logged,
        raised,
    })))
}

async fn row(
    services: &Services,
    owner: &PrincipalId,
    interaction: &Interaction,
) -> Result<NoteRow, Fault> {
    let zone = zone(services, owner).await?;
    let snapshot = services.store.snapshot().await?;
    let mut participants = Vec::with_capacity(interaction.participants.len());
    for id in &interaction.participants {
        if let Some(contact) = contacts::get(&snapshot, *id).await? {
            participants.push(naming::name_of(&snapshot, &contact.record).await?);
        }
    }
    let local = civil(interaction.at, &zone);
    let local = match interaction.precision {
        Precision::Day => local.strftime("%Y-%m-%d"),
        Precision::Minute => local.strftime("%Y-%m-%d %H:%M"),
    };
    let direction = interaction.direction.map(|direction| match direction {
        Direction::In => "in",
        Direction::Out => "out",
    });
    let by = &interaction.author;
    Ok(NoteRow {
        id: interaction.uid.clone(),
        kind: interaction.kind.clone(),
        at: interaction.at.rfc3339(),
        local: local.to_string(),
        minutes: interaction.duration.map(|seconds| seconds.div_ceil(60)),
        direction: direction.map(str::to_owned),
        participants,
        text: interaction.text.clone(),
        link: interaction.link.clone(),
        by: if by.device.is_empty() {
            by.principal.clone()
        } else {
            format!("{} ({})", by.principal, by.device)
        },
        source: format!("{:?}", interaction.source).to_lowercase(),
    })
}

async fn zone(services: &Services, owner: &PrincipalId) -> Result<Zone, Fault> {
    local_time::zone_of(&services.store.snapshot().await?, owner).await
}

fn civil(at: Timestamp, zone: &Zone) -> DateTime {
    zone.civil(i64::try_from(at.seconds()).unwrap_or(0))
}
