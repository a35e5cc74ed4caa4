//! # vault-retention
//! A weekly, monthly or yearly backup goes to an AWS Backup vault and is to be kept for less than a
//! day or more than 36,500 days.
//!
//! **Why.** AWS Backup refuses the plan when it is deployed: no backup is without an end there, and
//! none ends before it began.
//!
//! **Fix.** Write 1d to 36,500d, or remove the class.
use crate::cloud::aws::limits::KEPT_DAYS;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Duration;
use crate::resolve::{Database, Estate, Resolved};

pub static CODE: Code = Code::new(
    "vault-retention",
    Severity::Error,
    include_str!("vault_retention.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for (database, _) in super::kept_in_vaults(estate) {
        let classes = super::long_term(&database.intent);
        findings.extend(classes.filter_map(|(class, kept)| outside(database, class, kept)));
    }
}

fn outside(database: &Database<'_>, class: &str, kept: &Resolved<Duration>) -> Option<Finding> {
    let days = kept.value.days();
    let (least, most) = (KEPT_DAYS.start(), KEPT_DAYS.end());
    let message = format!("AWS Backup keeps {class} backups {least} to {most} days, not {days}");
    (!KEPT_DAYS.contains(&days)).then(|| {
        super::about(&CODE, database, kept, message)
            .why("AWS Backup refuses the plan when it is deployed")
            .fix(format!("write {least}d to {most}d, or remove `{class}`"))
    })
}
