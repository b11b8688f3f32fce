//! `rolodav check`

use crate::app::Services;
use crate::base::Fault;
use crate::cli::outcome::{CheckRow, Outcome};
use crate::contacts::search::build;
use crate::store::{check_all, check_strays};

/// Sentences that are passed on; more are only counted.
const NAMED: usize = 100;

pub(super) async fn check(services: &Services, repair: bool) -> Result<Outcome, Fault> {
    let mut repaired = Vec::new();
    if repair {
        repaired = check_strays::clear(&services.store).await?;
        repaired.extend(build::repair(&services.store).await?);
    }
    let snapshot = services.store.snapshot().await?;
    let mut report = check_all::check(&services.store, &snapshot).await?;
    report.faults.truncate(NAMED);
    Ok(Outcome::Checked(CheckRow {
        books: report.collections,
        cards: report.members,
        versions: report.versions,
        repaired,
        faults: report.faults,
        fault_count: report.fault_count,
    }))
}
