//! Limits of RDS, S3 and AWS Backup. Sources: the RDS API reference (ModifyDBInstance), the S3 user
//! guide, the AWS Backup developer guide ("AWS Backup quotas", "Backup plan options") and its API
//! reference (PutBackupVaultLockConfiguration, BackupSelection, RestoreTestingSelectionForCreate).

/// Days that RDS can keep automated backups; 0 turns them off.
pub const RETENTION_DAYS: std::ops::RangeInclusive<u64> = 0..=35;

/// Days of an Object Lock's default retention.
pub const LOCK_DAYS: std::ops::RangeInclusive<u64> = 1..=36_500;

/// Read replicas of one instance.
pub const REPLICAS: usize = 15;

/// Replicated automated backups that one account can have in one destination Region.
pub const REPLICATED_BACKUPS: usize = 20;

/// Manual snapshots that one account can have in one Region, where the quota was not raised. Those of
/// AWS Backup do not count.
pub const MANUAL_SNAPSHOTS: usize = 100;

/// Shortest backup and maintenance window, in minutes.
pub const WINDOW_MINUTES: u32 = 30;

/// Rules of one S3 lifecycle configuration.
pub const LIFECYCLE_RULES: usize = 1_000;

/// Days that AWS Backup can keep a backup, and that a vault lock can ask for.
pub const KEPT_DAYS: std::ops::RangeInclusive<u64> = 1..=36_500;

/// Fewest days after which a vault lock can become immutable.
pub const LOCK_GRACE_DAYS: u64 = 3;

/// Shortest time, in minutes, in which a backup job may start.
pub const START_WINDOW_MINUTES: u32 = 60;

/// RDS takes no snapshot in the minutes before its own backup and maintenance windows.
pub const QUIET_MINUTES: u32 = 60;

/// ARNs that one selection of a backup plan can hold, and selections of one plan.
pub const SELECTION_ARNS: usize = 500;
pub const PLAN_SELECTIONS: usize = 10;

/// ARNs that one selection of a restore testing plan can hold, and selections of one plan.
pub const RESTORE_TEST_ARNS: usize = 30;
pub const RESTORE_TEST_SELECTIONS: usize = 30;

/// Characters of a restore testing plan's name.
pub const RESTORE_TEST_NAME: usize = 50;

/// Event subscriptions of RDS in an account's Region, until AWS raises the quota.
/// Source: "Quotas and constraints for Amazon RDS" in the RDS user guide.
pub const EVENT_SUBSCRIPTIONS: usize = 20;

/// Storage in GiB that an RDS instance on gp2 or gp3 can have, whichever engine it runs.
pub const STORAGE_GIB: std::ops::RangeInclusive<u32> = 20..=65_536;

/// Characters of the identifier of an export.
pub const EXPORT_IDENTIFIER: usize = 60;

/// Why a text is not a DB instance identifier: 1 to 63 letters, digits and hyphens, a letter first,
/// no hyphen at the end and no two in a row.
pub fn instance_identifier_problem(text: &str) -> Option<&'static str> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if text.is_empty() || text.len() > 63 {
        Some("it must have 1 to 63 characters")
    } else if !plain {
        Some("it may have letters, digits and hyphens only")
    } else if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some("it must start with a letter")
    } else if text.ends_with('-') || text.contains("--") {
        Some("it must not end with a hyphen or have two in a row")
    } else {
        None
    }
}

/// Why a text is not a general purpose bucket name.
pub fn bucket_name_problem(text: &str) -> Option<&'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !(3..=63).contains(&text.len()) {
        Some("it must have 3 to 63 characters")
    } else if !text.bytes().all(plain) {
        Some("it may have lower-case letters, digits, hyphens and dots only")
    } else if !text.starts_with(edge) || !text.ends_with(edge) || text.contains("..") {
        Some("it must start and end with a letter or digit, without two dots in a row")
    } else if text.parse::<std::net::Ipv4Addr>().is_ok() {
        Some("it must not look like an IP address")
    } else {
        None
    }
}

/// Why a text is not the name of a vault that can be made. The form is the schema's business.
pub fn vault_name_problem(text: &str) -> Option<&'static str> {
    match text {
        "Default" => Some("AWS Backup makes a vault of that name by itself"),
        _ => None,
    }
}

/// Why a text is not the name of a topic that alerts can be sent to. Names of subscriptions are made
/// of it, which RDS takes up to 254 characters long.
pub fn topic_name_problem(text: &str) -> Option<&'static str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if text.ends_with(".fifo") {
        Some("RDS does not publish to FIFO topics")
    } else if text.is_empty() || text.len() > 200 {
        Some("its name must have 1 to 200 characters")
    } else if !text.bytes().all(plain) {
        Some("its name may have letters, digits, `-` and `_` only")
    } else {
        None
    }
}

/// Why a pair is not a tag that every AWS service takes.
pub fn tag_problem(key: &str, value: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
        Some("a key has 1 to 128 characters and a value at most 256")
    } else if !key.chars().chain(value.chars()).all(plain) {
        Some("letters, digits, spaces and _ . : / = + - @ only")
    } else if key.to_ascii_lowercase().starts_with("aws:") {
        Some("keys that start with aws: are AWS's own")
    } else {
        None
    }
}
