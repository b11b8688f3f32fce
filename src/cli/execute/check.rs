//! `rolodav check`

use crate::app::Services;
use crate::base::Fault;
use crate::cli::outcome::{CheckRow, Outcome};
use crate::contacts::search::build;
use crate::store::{
    audit, check, check_accounts, check_calendars, check_contacts, check_followups, check_mail,
    tags, words,
};

/// Sentences that are passed on; more are only counted.
const NAMED: usize = 100;

pub(super) async fn check(services: &Services, repair: bool) -> Result<Outcome, Fault> {
    let repaired = if repair { build::repair(&services.store).await? } else { Vec::new() };
    let snapshot = services.store.snapshot().await?;
    let mut faults = check_accounts::check(&snapshot).await?;
    faults.extend(check_calendars::check(&snapshot).await?);
    faults.extend(check_contacts::check(&snapshot).await?);
    faults.extend(check_mail::check(&snapshot).await?);
    faults.extend(check_followups::check(&snapshot).await?);
    faults.extend(tags::check(&snapshot).await?);
    faults
        .extend(audit::verify(&snapshot, None).await?.fault.map(|fault| format!("audit: {fault}")));
    let wrong = words::check::check(&services.store, &snapshot).await?;
    faults.extend(wrong.into_iter().map(|fault| fault.text));
    let report = check::check(&snapshot).await?;
    let fault_count = faults.len() as u64 + report.fault_count;
    faults.extend(report.faults);
    faults.truncate(NAMED);
    Ok(Outcome::Checked(CheckRow {
        books: report.collections,
        cards: report.members,
        versions: report.versions,
        repaired,
        faults,
        fault_count,
    }))
}
