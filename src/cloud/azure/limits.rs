//! Limits of Azure Database for PostgreSQL flexible server and of Blob lifecycle policies.
//! Source: the services' limits pages.

/// Days that a flexible server can keep backups.
pub const RETENTION_DAYS: std::ops::RangeInclusive<u64> = 7..=35;

/// Premium SSD sizes in GiB.
pub const STORAGE_GIB: [u32; 12] = [
    32, 64, 128, 256, 512, 1_024, 2_048, 4_095, 4_096, 8_192, 16_384, 32_768,
];

/// Sizes of Premium SSD v2 in GiB, each of which there is; from which size on more of its speed costs
/// nothing; and both speeds, as operations and MB a second.
/// Source: "Premium SSD v2" and "Scale storage size" in the service's documentation, 2026-01.
pub const PREMIUM_V2_GIB: std::ops::RangeInclusive<u32> = 32..=65_536;
pub const PREMIUM_V2_FAST_GIB: u32 = 400;
pub const PREMIUM_V2_SPEEDS: [(u32, u32); 2] = [(3_000, 125), (12_000, 500)];

/// Rules of one lifecycle policy, and prefixes of one rule.
pub const LIFECYCLE_RULES: usize = 100;
pub const RULE_PREFIXES: usize = 10;

/// Days for which a container can be immutable, and deleted blobs and containers brought back.
pub const IMMUTABLE_DAYS: std::ops::RangeInclusive<u64> = 1..=146_000;
pub const SOFT_DELETE_DAYS: std::ops::RangeInclusive<u64> = 1..=365;

/// Age at which a blob moves to the archive, and the shortest total life for which that pays: the
/// archive bills at least 180 days.
pub const ARCHIVE: (u32, u32) = (180, 365);

/// A major version that the service knows, and the last days of its support.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    pub name: &'static str,
    /// The PostgreSQL project's: it writes no fixes after that, and Azure creates no server.
    pub community: &'static str,
    /// Azure's own, without extra charge.
    pub standard: &'static str,
    /// Azure's paid one, where it is offered yet.
    pub extended: Option<&'static str>,
}

/// Source: "Version policy" (2026-01-20) and "Extended support" (2026-03-26) in the documentation of
/// Azure Database for PostgreSQL.
#[rustfmt::skip]
pub const VERSIONS: [Version; 8] = [
    Version { name: "11", community: "2023-11-09", standard: "2026-07-31", extended: Some("2026-11-08") },
    Version { name: "12", community: "2024-11-14", standard: "2026-07-31", extended: Some("2027-11-13") },
    Version { name: "13", community: "2025-11-13", standard: "2026-07-31", extended: Some("2028-11-12") },
    Version { name: "14", community: "2026-11-12", standard: "2026-12-11", extended: Some("2029-11-11") },
    Version { name: "15", community: "2027-11-11", standard: "2027-11-11", extended: None },
    Version { name: "16", community: "2028-11-09", standard: "2028-11-09", extended: None },
    Version { name: "17", community: "2029-11-08", standard: "2029-11-08", extended: None },
    Version { name: "18", community: "2030-11-14", standard: "2030-11-14", extended: None },
];

/// The day by which the table is read: a policy means the same on every day.
pub const VERSIONS_AS_OF: &str = "2026-11-23";

impl Version {
    /// Whether the project had ended its support when the table was made.
    pub fn is_over(&self) -> bool {
        // Year, month and day of one length order as texts.
        self.community < VERSIONS_AS_OF
    }
}

/// Length of a maintenance window, in minutes: nothing sets another one.
/// Source: "Scheduled maintenance" in the service's documentation.
pub const MAINTENANCE_MINUTES: u32 = 60;

/// Compute sizes by the start of their names, and the tier that each is of.
pub const SIZES: [(&str, &str); 3] = [
    ("Standard_B", BURSTABLE),
    ("Standard_D", "GeneralPurpose"),
    ("Standard_E", "MemoryOptimized"),
];

/// On-demand backups that one server can have, and the compute tier and the storage of servers that
/// can have none. Source: "Backup and restore", limitations of on-demand backups, in the service's
/// documentation.
pub const ON_DEMAND: usize = 7;
pub const BURSTABLE: &str = "Burstable";
pub const PREMIUM: &str = "Premium_LRS";
pub const PREMIUM_V2: &str = "PremiumV2_LRS";

/// Logins that the service keeps to itself, beside all that start with `pg_`.
/// Source: the server's creation in the service's documentation.
const LOGINS: [&str; 7] = [
    "admin",
    "administrator",
    "azure_pg_admin",
    "azure_superuser",
    "guest",
    "public",
    "root",
];

/// Whether a login cannot be an administrator's.
pub fn is_reserved_login(login: &str) -> bool {
    let login = login.to_ascii_lowercase();
    login.starts_with("pg_") || LOGINS.contains(&login.as_str())
}

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

/// Days for which a vault of Azure Backup can keep what was deleted.
pub const VAULT_SOFT_DELETE_DAYS: std::ops::RangeInclusive<u64> = 14..=180;

/// The largest server of which Azure Backup makes long-term backups, in GiB, and the most years that
/// it keeps one.
pub const LONG_TERM_GIB: u32 = 1_024;
pub const LONG_TERM_YEARS: u32 = 10;

/// Why a text is not the name of a vault of Azure Backup.
pub fn vault_name_problem(text: &str) -> Option<&'static str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if !(2..=50).contains(&text.len()) {
        Some("it must have 2 to 50 characters")
    } else if !text.bytes().all(plain) {
        Some("it may have letters, digits and hyphens only")
    } else if !text.starts_with(|c: char| c.is_ascii_alphabetic()) || text.ends_with('-') {
        Some("it must start with a letter and not end with a hyphen")
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
