//! The command line: clap types only.

mod cost;
mod helps;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use cost::{Cost, CostFormat};
pub use helps::{Completions, Init, Man, Schema, SchemaFormat, SchemaOf};

/// Backup policy as code: validate it, render it for each cloud, and see when reality drifts from it.
///
/// No command writes to a cloud or a database.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 clean, 1 findings, 2 usage or a policy that cannot be read, 3 incomplete: something could not be read."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the policy: its form, its names, and each provider's limits
    Validate(Validate),
    /// Write the templates, scripts and schedules that the policy asks for
    Render(Render),
    /// Compare the plan with the live clouds, or with a recorded state
    Drift(Drift),
    /// Validate, render --check and drift in one, as a pull request needs it
    Check(Check),
    /// Say which databases of the clouds no policy names, and which are paid for twice
    Coverage(Coverage),
    /// Newest and oldest recovery point of each mechanism against the RPO and the retention
    Status(Status),
    /// What each database's backups cost a month: an estimate, once every retention has filled
    Cost(Cost),
    /// Write a policy for what is live and no policy names
    Adopt(Adopt),
    /// Accept a finding until a day: write an exception into the policy
    Accept(Accept),
    /// Say what a database's settings are, who set each and what keeps it; or what a finding means
    Explain(Explain),
    /// Start a policy: one that validates, with a comment on each line
    Init(Init),
    /// Print the JSON Schema of a policy, for editors, or of a report, for scripts
    Schema(Schema),
    /// Print what makes a shell complete commands and options
    Completions(Completions),
    /// Print a manual page
    Man(Man),
}

#[derive(Debug, Args)]
pub struct Validate {
    #[command(flatten)]
    pub paths: Paths,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Render {
    #[command(flatten)]
    pub paths: Paths,
    #[command(flatten)]
    pub folder: Folder,
    /// Fail where the folder differs from what the policy asks for; write nothing
    #[arg(long)]
    pub check: bool,
    /// Show what changes, as a unified diff
    #[arg(long)]
    pub diff: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Drift {
    #[command(flatten)]
    pub paths: Paths,
    /// Folder of the rendered files, as the commands that restore the policy name it
    #[arg(long, value_name = "DIR", default_value = "generated")]
    pub out: PathBuf,
    #[command(flatten)]
    pub state: State,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub paths: Paths,
    #[command(flatten)]
    pub folder: Folder,
    #[command(flatten)]
    pub state: State,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Coverage {
    #[command(flatten)]
    pub paths: Paths,
    #[command(flatten)]
    pub inventory: Inventory,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub paths: Paths,
    /// Judge this recorded state instead of the live clouds, as of when it was recorded
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Save what was seen: times and counts
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub record: Option<PathBuf>,
    /// Write the newest result of each drill below this folder: beside the policy, as policies/drills,
    /// runbooks and `explain` show it
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    pub drills: Option<PathBuf>,
    /// Judge as of this moment, as 2026-11-25T08:00:00Z
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
    /// Tell what is bad to policy (the receivers of its alerts), slack:CHANNEL, webhook:VARIABLE or
    /// sns:ARN (repeatable); the URLs are read from variables
    #[arg(long, value_name = "TO")]
    pub notify: Vec<String>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Adopt {
    /// Policy files and folders that are there already: what they name is left alone, and their
    /// locations are used
    #[arg(value_name = "PATH", default_value = "policies")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub inventory: Inventory,
    /// Locations of the policy whose databases are adopted; all where none is named (repeatable)
    #[arg(long = "location", value_name = "NAME")]
    pub locations: Vec<String>,
    /// An account's Region that is no location yet, and the role to assume there (repeatable)
    #[arg(long, value_name = "ACCOUNT/REGION[=ROLE]")]
    pub aws: Vec<AwsPlace>,
    /// A subscription that is no location yet (repeatable)
    #[arg(long, value_name = "SUBSCRIPTION")]
    pub azure: Vec<Subscription>,
    /// File to write, which must not be there yet; standard output where none is named
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// An account's Region.
#[derive(Debug, Clone)]
pub struct AwsPlace {
    pub account: String,
    pub region: String,
    pub role: Option<String>,
}

impl FromStr for AwsPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (place, role) = match text.split_once('=') {
            Some((place, role)) => (place, Some(role)),
            None => (text, None),
        };
        let (account, region) = place
            .split_once('/')
            .ok_or("write ACCOUNT/REGION, as 123456789012/us-east-1")?;
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !digits {
            return Err(format!(
                "`{account}` is no account: write its twelve digits"
            ));
        }
        if region.is_empty() || !region.bytes().all(plain) {
            return Err(format!("`{region}` is no Region: write it as us-east-1"));
        }
        if role.is_some_and(|role| !role.starts_with("arn:")) {
            return Err("the role is an ARN, as arn:aws:iam::123456789012:role/reader".to_owned());
        }
        Ok(AwsPlace {
            account: account.to_owned(),
            region: region.to_owned(),
            role: role.map(str::to_owned),
        })
    }
}

/// A subscription's id.
#[derive(Debug, Clone)]
pub struct Subscription(pub String);

impl FromStr for Subscription {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        let hex = text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        match hex && lengths == [8, 4, 4, 4, 12] {
            true => Ok(Subscription(text.to_ascii_lowercase())),
            false => Err(format!("`{text}` is no subscription: write its id")),
        }
    }
}

#[derive(Debug, Args)]
pub struct Accept {
    /// Code of the finding, as below-floor
    pub code: String,
    /// Part of the policy that it is found at, as databases.NAME
    #[arg(long, value_name = "PART")]
    pub at: String,
    /// Last day on which it is accepted, year-month-day
    #[arg(long, value_name = "DAY")]
    pub until: String,
    /// Why it is accepted
    #[arg(long)]
    pub reason: String,
    /// Who answers for it
    #[arg(long)]
    pub owner: String,
    #[command(flatten)]
    pub paths: Paths,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// Database, or code of a finding, as window-overlap; without one, all codes are listed
    #[arg(value_name = "DATABASE|CODE")]
    pub name: Option<String>,
    #[command(flatten)]
    pub paths: Paths,
    /// text for people, json for scripts (of a database)
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct Paths {
    /// Policy files and folders; all files under them form one workspace
    #[arg(value_name = "PATH", default_value = "policies")]
    pub paths: Vec<PathBuf>,
    /// Show what the policy makes exceptions of as well, as a reviewer wants to see it
    #[arg(long)]
    pub no_exceptions: bool,
}

#[derive(Debug, Args)]
pub struct Folder {
    /// Folder of the rendered files
    #[arg(long, value_name = "DIR", default_value = "generated")]
    pub out: PathBuf,
    /// Folder whose templates replace the built-in ones of the same name
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct State {
    /// Compare with this recorded state instead of the live clouds
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Save what was observed, without secrets
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub record: Option<PathBuf>,
    /// Tell what a change of the policy proposes apart from what the clouds did: the policy as it was
    /// at this git revision, or an older copy of it
    #[arg(long, value_name = "REV|PATH")]
    pub baseline: Option<String>,
    /// Write a script of every command that restores the policy, in a safe order; it only lists them
    /// until it is run with --apply
    #[arg(long, value_name = "FILE")]
    pub fix_script: Option<PathBuf>,
    /// Show as well what the clouds never tell back
    #[arg(long, short)]
    pub verbose: bool,
}

#[derive(Debug, Args)]
pub struct Inventory {
    /// Take this recorded inventory instead of asking the live clouds
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Save what the clouds have, without secrets
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub record: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Output {
    /// Form of the report on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write a report to a file as well, as json=report.json (repeatable)
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<ReportFile>,
    /// Least finding that makes the exit code 1 [default: warning; for drift: weakened]
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For scripts; `backstay schema report` is its JSON Schema
    Json,
    /// For code scanning (SARIF 2.1.0)
    Sarif,
    /// For systems that count tests
    Junit,
    /// For the comment of a pull request
    Markdown,
    /// For the log of a GitHub workflow: annotations on the lines
    Github,
    /// One page for a browser
    Html,
    /// For Prometheus, through the textfile collector of its node exporter
    Prometheus,
}

/// Severities, under the names that drift gives them as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors; for drift, what is missing or weakened
    #[value(alias = "weakened", alias = "missing")]
    Error,
    /// Warnings as well; for drift, what is changed or undeployed
    #[value(alias = "changed", alias = "undeployed")]
    Warning,
    /// Everything; for drift, what is strengthened or on its way
    #[value(alias = "strengthened")]
    Info,
    /// Nothing
    Never,
}

/// A report for a file.
#[derive(Debug, Clone)]
pub struct ReportFile {
    pub format: Format,
    pub path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text
            .split_once('=')
            .ok_or("write FORMAT=FILE, as json=report.json")?;
        Ok(ReportFile {
            format: <Format as ValueEnum>::from_str(format, false)?,
            path: path.into(),
        })
    }
}
