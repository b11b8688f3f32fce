//! `rolodav check`

use crate::app::Services;
use crate::base::Fault;
use crate::cli::outcome::{CheckRow, Outcome};
use crate::contacts::search::build;
use crate::store::check_all;

/// Sentences that are passed on; more are only counted.
const NAMED: usize = 100;

pub(super) async fn check(services: &Services, repair: bool) -> Result<Outcome, Fault> {
    let repaired = if repair { build::repair(&services.store).await? } else { Vec::new() };
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
