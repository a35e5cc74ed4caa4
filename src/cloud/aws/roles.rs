//! Names of the roles that workflows, scripts and RDS take.

/// Reads what drift compares, and which backups there are.
pub const DRIFT_READER: &str = "backstay-drift-reader";

/// Uploads dumps.
pub const DUMP_WRITER: &str = "backstay-dump-writer";

/// Fetches dumps to test them, and uploads results.
pub const RESTORE_TESTER: &str = "backstay-restore-tester";

/// Takes, copies and prunes manual snapshots.
pub const SNAPSHOT_OPERATOR: &str = "backstay-snapshot-operator";

/// Starts exports.
pub const EXPORT_OPERATOR: &str = "backstay-export-operator";

/// Restores beside a database, and discards what it restored.
pub const RECOVERY_OPERATOR: &str = "backstay-recovery-operator";

/// What RDS itself takes to write an export.
pub const EXPORT_WRITER: &str = "backstay-export-writer";

/// How the names of all of these start.
pub const PREFIX: &str = "backstay-";

/// What IAM takes as the inline policies of one role, in characters without white space.
pub const POLICY_CHARACTERS: usize = 10_240;

/// The ARN of a role in an account; IAM knows no Regions, only the partition of one.
pub fn arn(region: &str, account: &str, name: &str) -> String {
    format!(
        "arn:{}:iam::{account}:role/{name}",
        super::partition(region)
    )
}
