//! The JSON report, version 1. Its structs are its own: renaming a field inside backstay cannot
//! change what scripts read.

mod status;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Report, ReportError};
use crate::finding;
use crate::finding::Finding;
use crate::source::{Place, Sources};

pub const VERSION: u32 = 1;

/// What one run of backstay has to say.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "backstay report", rename = "Report")]
struct Document<'a> {
    /// Version of this form. Always 1; a later version may add members, never change one.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// The command that was run, as drift.
    command: &'a str,
    summary: Summary,
    /// How the databases of each location stand; absent where that was not asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coverage: Vec<Covered<'a>>,
    /// In the order in which a person reads them.
    findings: Vec<Entry<'a>>,
}

/// How many databases of one location stand how.
#[derive(Serialize, JsonSchema)]
struct Covered<'a> {
    location: &'a str,
    /// All that the location has.
    databases: usize,
    /// Those that a policy names, and replicas of such.
    protected: usize,
    unprotected: usize,
    /// Those of which two mechanisms keep the same backups.
    twice: usize,
    ignored: usize,
    /// Those that no policy can name.
    not_handled: usize,
}

/// What `backstay status` has to say: the report, and the recovery points themselves.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "backstay status", rename = "StatusReport")]
struct StatusDocument<'a> {
    #[serde(flatten)]
    report: Document<'a>,
    status: status::State<'a>,
}

/// How many findings of each severity, and how much was compared.
#[derive(Serialize, JsonSchema)]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
    /// Findings of which the policy makes an exception.
    accepted: usize,
    /// How much drift looked at; absent where nothing was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
}

#[derive(Serialize, JsonSchema)]
struct Compared {
    resources: usize,
    properties: usize,
    /// Resources and properties whose answer did not come.
    unreadable: usize,
}

/// One statement about the user's files or clouds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct Entry<'a> {
    /// Stable name; `backstay explain CODE` tells more.
    code: &'a str,
    severity: Severity,
    /// Whether it makes the run fail, by `--fail-on`.
    fails: bool,
    message: &'a str,
    /// The value that it speaks of; absent where it is in no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Location>,
    /// Other places that explain it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label<'a>>,
    why: &'a str,
    fix: &'a str,
    /// Set where the policy makes an exception of it; it counts nowhere then.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Accepted<'a>>,
    /// For drift: what was meant and what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<Drift<'a>>,
}

/// The exception that a policy makes of a finding.
#[derive(Serialize, JsonSchema)]
struct Accepted<'a> {
    place: Location,
    reason: &'a str,
    owner: &'a str,
    /// The last day, year-month-day.
    until: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Severity {
    Info,
    Warning,
    Error,
}

/// A place in a policy file; line and column count from 1, columns in characters.
#[derive(Serialize, JsonSchema)]
struct Location {
    file: String,
    line: usize,
    column: usize,
}

#[derive(Serialize, JsonSchema)]
struct Label<'a> {
    #[serde(flatten)]
    place: Location,
    text: &'a str,
}

/// One difference between the plan and the live cloud.
#[derive(Serialize, JsonSchema)]
struct Drift<'a> {
    /// missing, weakened, changed, undeployed, proposed, strengthened, pending, in_flight,
    /// set_elsewhere or not_compared.
    kind: &'a str,
    /// The database, store or vault of the policy that asks for it.
    part: &'a str,
    /// The resource: provider, place, type and name.
    resource: &'a str,
    /// JSON Pointer in the deployed file's vocabulary; empty for the whole resource.
    property: &'a str,
    /// The value that the policy asks for; null where it asks for none.
    intended: &'a Value,
    /// The value that the cloud has; null where it has none.
    live: &'a Value,
    /// The deployed template's value, where it is neither of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployed: Option<&'a Value>,
    /// With `--baseline`: the value that the policy asked for before this change, where that was
    /// another one and the live value is neither; null where it asked for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a Value>,
    /// Of what is proposed: whether it makes the protection stronger or weaker, or neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<Effect>,
    /// The command that would restore the intent. Printed, never run.
    restore: Option<&'a str>,
    /// What CloudFormation's own last drift detection said of the resource's stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_drift: Option<StackDrift<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Effect {
    Stronger,
    Weaker,
    Other,
}

#[derive(Serialize, JsonSchema)]
struct StackDrift<'a> {
    /// As DRIFTED or IN_SYNC.
    status: &'a str,
    /// When, in RFC 3339; absent where it is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<&'a str>,
}

/// The JSON Schema (draft 2020-12) of the report.
pub fn schema() -> Value {
    schema_of::<Document<'_>>()
}

/// The same of what `backstay status` prints.
pub fn status_schema() -> Value {
    schema_of::<StatusDocument<'_>>()
}

/// The same of anything that is printed as JSON.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<T>().into()
}

/// The report as JSON, with a final newline.
///
/// # Errors
/// None in practice: texts, numbers and lists always serialise.
pub fn render(report: &Report<'_>) -> Result<String, ReportError> {
    let document = Document {
        version: VERSION,
        command: report.command,
        summary: Summary {
            errors: report.count(finding::Severity::Error),
            warnings: report.count(finding::Severity::Warning),
            infos: report.count(finding::Severity::Info),
            accepted: report.accepted().count(),
            compared: report.compared.map(|compared| Compared {
                resources: compared.resources,
                properties: compared.properties,
                unreadable: compared.unreadable,
            }),
        },
        coverage: report.coverage.map(covered).unwrap_or_default(),
        findings: report
            .findings
            .iter()
            .map(|finding| entry(report, finding))
            .collect(),
    };
    let text = match report.status {
        None => serde_json::to_string_pretty(&document)?,
        Some(status) => serde_json::to_string_pretty(&StatusDocument {
            report: document,
            status: status::state(report.sources, status),
        })?,
    };
    Ok(text + "\n")
}

fn covered(coverage: &super::Coverage) -> Vec<Covered<'_>> {
    fn row(row: &super::Covered) -> Covered<'_> {
        Covered {
            location: &row.location,
            databases: row.databases,
            protected: row.protected,
            unprotected: row.unprotected,
            twice: row.twice,
            ignored: row.ignored,
            not_handled: row.not_handled,
        }
    }
    coverage.rows.iter().map(row).collect()
}

fn entry<'a>(report: &Report<'_>, finding: &'a Finding) -> Entry<'a> {
    let sources = report.sources;
    Entry {
        code: finding.code.name,
        severity: match finding.severity {
            finding::Severity::Info => Severity::Info,
            finding::Severity::Warning => Severity::Warning,
            finding::Severity::Error => Severity::Error,
        },
        fails: report.fails(finding),
        message: &finding.message,
        place: finding.place.map(|place| location(sources, place)),
        labels: finding
            .labels
            .iter()
            .map(|(place, text)| Label {
                place: location(sources, *place),
                text,
            })
            .collect(),
        why: &finding.why,
        fix: &finding.fix,
        accepted: finding.accepted.as_deref().map(|accepted| Accepted {
            place: location(sources, accepted.place),
            reason: &accepted.reason,
            owner: &accepted.owner,
            until: &accepted.until,
        }),
        drift: finding.difference.as_deref().map(|difference| Drift {
            kind: difference.kind.name(),
            part: &difference.part,
            resource: &difference.resource,
            property: &difference.property,
            intended: &difference.intended,
            live: &difference.live,
            deployed: difference.deployed.as_ref(),
            baseline: difference.baseline.as_ref(),
            effect: difference.effect.map(|effect| match effect {
                finding::Effect::Stronger => Effect::Stronger,
                finding::Effect::Weaker => Effect::Weaker,
                finding::Effect::Other => Effect::Other,
            }),
            restore: difference.restore.as_deref(),
            stack_drift: difference.stack_drift.as_ref().map(|verdict| StackDrift {
                status: &verdict.status,
                checked: verdict.checked.as_deref(),
            }),
        }),
    }
}

fn location(sources: &Sources, place: Place) -> Location {
    let position = sources.position(place);
    Location {
        file: sources.get(place.file).display_path(),
        line: position.line,
        column: position.column,
    }
}
