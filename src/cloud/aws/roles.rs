//! Names of the roles that scripts, workflows and RDS take.

/// Reads what drift compares.
pub const DRIFT_READER: &str = "backstay-drift-reader";

/// Uploads dumps.
pub const DUMP_WRITER: &str = "backstay-dump-writer";

/// Takes, copies and prunes manual snapshots.
pub const SNAPSHOT_OPERATOR: &str = "backstay-snapshot-operator";

/// Starts exports.
pub const EXPORT_OPERATOR: &str = "backstay-export-operator";

/// Restores beside a database, and discards what it restored.
pub const RECOVERY_OPERATOR: &str = "backstay-recovery-operator";

/// What RDS itself takes to write an export.
pub const EXPORT_WRITER: &str = "backstay-export-writer";

/// The tag by which a script knows its own snapshots.
pub const OWNER_TAG: &str = "backstay:policy";

/// How the names of all of these start.
pub const PREFIX: &str = "backstay-";
