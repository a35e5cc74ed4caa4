//! The engines of RDS that backstay knows, and all that differs between them.

/// What RDS takes for one engine.
#[derive(Debug)]
pub struct Engine {
    /// As RDS calls it.
    pub name: &'static str,
    /// As people do.
    pub title: &'static str,
    /// The logs that a new database sends to CloudWatch: its errors, and what makes it slow.
    pub logs: &'static [&'static str],
    /// Numbers that a major version has: `16`, but `8.4`.
    pub major_numbers: usize,
    /// Major versions that could be created when this table was made.
    pub majors: &'static [&'static str],
    /// Of these the ones whose standard support had ended by then, and on which day.
    pub ended: &'static [(&'static str, &'static str)],
    /// What RDS does with those.
    pub after: &'static str,
    /// Longest name of the master user.
    pub username_chars: usize,
    /// Names that the engine keeps from the master user, besides RDS's own, and what they begin with.
    pub reserved: &'static [&'static str],
    pub reserved_prefix: Option<&'static str>,
}

/// When the majors below were read, from the registry schema's extension that cfn-lint 1.58 has.
pub const MAJORS_READ: &str = "2026-11";

const EXTENDED: &str =
    "RDS charges for its extended support, or upgrades it where that was declined";

// Sources: the RDS API reference, CreateDBInstance (EnableCloudwatchLogsExports); the settings for
// each engine in the RDS user guide (master username, end of standard support).
pub static POSTGRES: Engine = Engine {
    name: "postgres",
    title: "PostgreSQL",
    logs: &["postgresql", "upgrade"],
    major_numbers: 1,
    majors: &["11", "12", "13", "14", "15", "16", "17", "18"],
    ended: &[
        ("11", "2024-02-29"),
        ("12", "2025-02-28"),
        ("13", "2026-02-28"),
    ],
    after: EXTENDED,
    username_chars: 63,
    reserved: &["admin"],
    reserved_prefix: Some("pg_"),
};

pub static MYSQL: Engine = Engine {
    name: "mysql",
    title: "MySQL",
    logs: &["error", "slowquery"],
    major_numbers: 2,
    majors: &["5.7", "8.0", "8.4"],
    ended: &[("5.7", "2024-02-29"), ("8.0", "2026-07-31")],
    after: EXTENDED,
    username_chars: 16,
    reserved: &[],
    reserved_prefix: None,
};

pub static MARIADB: Engine = Engine {
    name: "mariadb",
    title: "MariaDB",
    logs: &["error", "slowquery"],
    major_numbers: 2,
    majors: &["10.6", "10.11", "11.4", "11.8", "12.3"],
    ended: &[("10.6", "2026-08-31")],
    after: "RDS upgrades it in a maintenance window",
    username_chars: 16,
    reserved: &[],
    reserved_prefix: None,
};

impl Engine {
    /// Whether RDS or the engine keeps a login to itself.
    pub fn reserves(&self, login: &str) -> bool {
        let login = login.to_ascii_lowercase();
        let begins = |prefix: &str| login.starts_with(prefix);
        login == "rdsadmin"
            || self.reserved.contains(&login.as_str())
            || self.reserved_prefix.is_some_and(begins)
    }

    /// The major version in a version's text. None: it has too few numbers to tell.
    pub fn major(&self, version: &str) -> Option<String> {
        let numbers: Vec<&str> = version.split('.').take(self.major_numbers).collect();
        (numbers.len() == self.major_numbers).then(|| numbers.join("."))
    }
}

#[cfg(test)]
#[test]
fn a_major_version_has_one_number_or_two() {
    assert_eq!(POSTGRES.major("16.4").as_deref(), Some("16"));
    assert_eq!(MYSQL.major("8.4.3").as_deref(), Some("8.4"));
    assert_eq!(MYSQL.major("8"), None);
}
