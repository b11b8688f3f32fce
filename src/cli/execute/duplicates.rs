//! `rolodav duplicates …`

use super::acting_for;
use crate::app::Services;
use crate::base::Fault;
use crate::cli::command::DuplicatesCommand;
use crate::cli::outcome::{ClusterRow, Outcome, PairRow, ScanRow};
use crate::contacts::duplicates::library::Entry;
use crate::contacts::duplicates::newcomers;
use crate::contacts::duplicates::proposals::{self, Report};
use crate::contacts::merge::automatic;
use crate::contacts::normal::Region;
use crate::store::{Actor, matching};

/// Cards that are compared before what is proposed is listed.
const MOST: usize = 100_000;

pub(super) async fn duplicates(
    services: &Services,
    user: &str,
    what: DuplicatesCommand,
) -> Result<Outcome, Fault> {
    let store = &*services.store;
    let owner = services.accounts.find_user(user).await?;
    match what {
        DuplicatesCommand::Scan { book } => {
            let region = Region::named(&services.settings.contacts.phone_region);
            let report = proposals::scan_all(store, &owner, book.as_deref(), region).await?;
            Ok(Outcome::Duplicates(Box::new(scanned(report))))
        }
        DuplicatesCommand::List => {
            let row =
                |(listed, proposal): (proposals::Listed, crate::store::matching::Proposal)| {
                    let tier = if proposal.certain { "auto" } else { "review" };
                    PairRow {
                        uids: listed.uids,
                        names: listed.names,
                        cards: Vec::new(),
                        probability: f64::from(proposal.millionths) / 1e6,
                        tier: tier.to_owned(),
                        reasons: proposal.reasons,
                    }
                };
            let region = Region::named(&services.settings.contacts.phone_region);
            newcomers::catch_up(store, &owner, region, MOST).await?;
            let listed = proposals::list(store, &owner).await?;
            Ok(Outcome::Proposals(listed.into_iter().map(row).collect()))
        }
        DuplicatesCommand::Automatic { on } => {
            if let Some(on) = on {
                let principal = owner.to_string();
                let device = "rolodav duplicates automatic".to_owned();
                automatic::turn(store, &owner, on, &Actor { principal, device }).await?;
            }
            let on = matching::automatic(&store.snapshot().await?, &owner).await?.is_some();
            Ok(Outcome::Done(if on {
                format!(
                    "What is certain is merged for {owner} without asking. `rolodav merges {owner}` \
                     lists it, `rolodav undo` takes it back."
                )
            } else {
                format!("Nothing is merged for {owner} without asking.")
            }))
        }
        DuplicatesCommand::NotSame { uids } => {
            let actor = acting_for(&owner, "rolodav duplicates");
            proposals::not_same(store, &owner, &uids, &actor).await?;
            Ok(Outcome::Done(format!("These {} cards are of different people.", uids.len())))
        }
    }
}

fn scanned(report: Report) -> ScanRow {
    let Report { cards, compared, pairs, clusters, books } = report;
    let place = |entry: &Entry| {
        let book = books.get(&entry.book).map_or("", String::as_str);
        format!("{book}/{}", entry.name)
    };
    let pairs = pairs.into_iter().map(|pair| PairRow {
        cards: vec![place(&pair.one), place(&pair.other)],
        uids: [pair.one.uid, pair.other.uid],
        names: [pair.one.shown, pair.other.shown],
        probability: rounded(pair.probability),
        tier: pair.tier.word().to_owned(),
        reasons: pair.reasons,
    });
    let clusters = clusters.into_iter().map(|cluster| ClusterRow {
        probability: rounded(cluster.probability),
        tier: cluster.tier.word().to_owned(),
        reasons: cluster.reasons,
        names: cluster.cards.iter().map(|card| card.shown.clone()).collect(),
        uids: cluster.cards.into_iter().map(|card| card.uid).collect(),
    });
    ScanRow { cards, compared, pairs: pairs.collect(), clusters: clusters.collect() }
}

/// To a millionth, which is more than is known.
fn rounded(probability: f64) -> f64 {
    (probability * 1e6).round() / 1e6
}
