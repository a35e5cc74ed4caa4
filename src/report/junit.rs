//! JUnit XML, for CI systems that count tests: one suite for the policy and one for each resource,
//! one case a finding. What fails the run is a failure, what could not be read an error.

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::{Report, ReportError, is_unread};
use crate::finding::Finding;

/// The document.
///
/// # Errors
/// None in practice: the document is written to memory.
pub fn render(report: &Report<'_>) -> Result<String, ReportError> {
    let mut suites: IndexMap<String, Vec<&Finding>> = IndexMap::new();
    for finding in report.findings {
        suites
            .entry(suite(report, finding))
            .or_default()
            .push(finding);
    }
    // A run without findings is a passed test, not an empty file.
    if suites.is_empty() {
        suites.insert(format!("backstay {}", report.command), Vec::new());
    }
    let mut document = quick_junit::Report::new("backstay");
    for (name, findings) in suites {
        let mut suite = TestSuite::new(name.as_str());
        match findings.as_slice() {
            [] => {
                suite.add_test_case(TestCase::new(report.totals(), TestCaseStatus::success()));
            }
            findings => {
                suite.add_test_cases(findings.iter().map(|finding| case(report, finding)));
            }
        }
        document.add_test_suite(suite);
    }
    Ok(document.to_string()?)
}

fn suite(report: &Report<'_>, finding: &Finding) -> String {
    match (&finding.difference, finding.place) {
        (Some(difference), _) => difference.resource.clone(),
        (None, Some(place)) => report.sources.get(place.file).display_path(),
        (None, None) => format!("backstay {}", report.command),
    }
}

fn case(report: &Report<'_>, finding: &Finding) -> TestCase {
    let code = finding.code.name;
    if let Some(accepted) = &finding.accepted {
        let mut status = TestCaseStatus::skipped();
        let by = format!("accepted by {} until {}", accepted.owner, accepted.until);
        status.set_message(format!("{by}: {}", accepted.reason));
        status.set_description(finding.message.as_str());
        let mut case = TestCase::new(name(finding), status);
        case.set_classname(format!("backstay.{code}"));
        return case;
    }
    let kind = match (report.fails(finding), is_unread(finding)) {
        (_, true) => Some(NonSuccessKind::Error),
        (true, false) => Some(NonSuccessKind::Failure),
        (false, false) => None,
    };
    let mut status = match kind {
        Some(kind) => TestCaseStatus::non_success(kind),
        None => TestCaseStatus::success(),
    };
    let place = finding.place.map(|place| report.sources.link(place));
    let lines = [place.as_deref(), Some(&finding.why), Some(&finding.fix)];
    let lines: Vec<&str> = lines
        .into_iter()
        .flatten()
        .filter(|line| !line.is_empty())
        .collect();
    let description = lines.join("\n");
    status.set_message(finding.message.as_str()).set_type(code);
    status.set_description(description.as_str());
    let mut case = TestCase::new(name(finding), status);
    case.set_classname(format!("backstay.{code}"));
    if kind.is_none() {
        // A passed case has no message of its own.
        case.set_system_out(XmlString::new(format!(
            "{}\n{description}",
            finding.message
        )));
    }
    case
}

fn name(finding: &Finding) -> String {
    match &finding.difference {
        Some(difference) if difference.property.is_empty() => finding.code.name.to_owned(),
        Some(difference) => format!("{} {}", difference.property, finding.code.name),
        None => finding.message.clone(),
    }
}
