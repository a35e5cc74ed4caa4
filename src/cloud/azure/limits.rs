//! Limits of Azure Database for PostgreSQL flexible server and of Blob lifecycle policies.
//! Source: the services' limits pages.

/// Days that a flexible server can keep backups.
pub const RETENTION_DAYS: std::ops::RangeInclusive<u64> = 7..=35;

/// Premium SSD sizes in GiB.
pub const STORAGE_GIB: [u32; 12] = [
    32, 64, 128, 256, 512, 1_024, 2_048, 4_095, 4_096, 8_192, 16_384, 32_768,
];

/// Rules of one lifecycle policy, and prefixes of one rule.
pub const LIFECYCLE_RULES: usize = 100;
pub const RULE_PREFIXES: usize = 10;

/// Days for which a container can be immutable, and deleted blobs and containers brought back.
pub const IMMUTABLE_DAYS: std::ops::RangeInclusive<u64> = 1..=146_000;
pub const SOFT_DELETE_DAYS: std::ops::RangeInclusive<u64> = 1..=365;

/// Age at which a blob moves to the archive, and the shortest total life for which that pays: the
/// archive bills at least 180 days.
pub const ARCHIVE: (u32, u32) = (180, 365);

/// Major versions that the service creates.
pub const VERSIONS: [&str; 8] = ["11", "12", "13", "14", "15", "16", "17", "18"];

/// Why a text is not a server name: 3 to 63 lower-case letters, digits and hyphens, no hyphen at
/// either end.
pub fn server_name_problem(text: &str) -> Option<&'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(3..=63).contains(&text.len()) {
        Some("it must have 3 to 63 characters")
    } else if !text.bytes().all(plain) {
        Some("it may have lower-case letters, digits and hyphens only")
    } else if text.starts_with('-') || text.ends_with('-') {
        Some("it must not start or end with a hyphen")
    } else {
        None
    }
}

/// Why a text is not a storage account name.
pub fn storage_account_problem(text: &str) -> Option<&'static str> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    match (3..=24).contains(&text.len()) && plain {
        true => None,
        false => Some("it must have 3 to 24 lower-case letters and digits"),
    }
}

/// Why a text is not a container name.
pub fn container_problem(text: &str) -> Option<&'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(3..=63).contains(&text.len()) {
        Some("it must have 3 to 63 characters")
    } else if !text.bytes().all(plain) {
        Some("it may have lower-case letters, digits and hyphens only")
    } else if text.starts_with('-') || text.ends_with('-') || text.contains("--") {
        Some("it must not start or end with a hyphen, nor have two in a row")
    } else {
        None
    }
}

/// Why a pair is not a tag that Azure takes, or that `az` sets as it is written: the client splits
/// `key=value` at the first sign, takes a leading hyphen for an option, and reads the file that a
/// value with a leading `@` names.
pub fn tag_problem(key: &str, value: &str) -> Option<&'static str> {
    if key.is_empty() || key.chars().count() > 512 || value.chars().count() > 256 {
        Some("a key has 1 to 512 characters and a value at most 256")
    } else if key.contains(['<', '>', '%', '&', '\\', '?', '/']) {
        Some("a key must not have any of < > % & \\ ? /")
    } else if key.starts_with('-') || key.contains('=') {
        Some("az, which sets it, takes no key that starts with a hyphen or has a =")
    } else if value.starts_with('@') {
        Some("az, which sets it, would read the file that the @ names")
    } else {
        None
    }
}
