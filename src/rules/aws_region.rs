//! # aws-region
//! A location is in a Region that AWS does not have, as far as backstay's table of Regions goes.
//!
//! **Why.** Every stack, script and ARN of the location names it, and none of them would work.
//!
//! **Fix.** Write the Region's code, as `us-east-1`, not an availability zone or the name that the
//! console shows. A Region that is newer than the table is used as it is written: where the table has
//! one of another number in the same place, or none that comes near, it is only noted.
use crate::cloud::aws::regions::{AS_OF, Known, known, names};
use crate::finding::{Code, Finding, Severity, closest};
use crate::policy::{Provider, Spanned};
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "aws-region",
    Severity::Warning,
    include_str!("aws_region.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for (_, policy) in estate.workspace.policies() {
        let aws = policy.locations.values();
        let aws = aws.filter(|location| location.provider.value == Provider::Aws);
        findings.extend(aws.filter_map(|location| unknown(location.region.as_ref()?)));
    }
}

fn unknown(region: &Spanned<String>) -> Option<Finding> {
    let name = region.value.as_str();
    let near = match known(name) {
        Known::Listed => return None,
        Known::Numbered => None,
        Known::No => closest(name, names()),
    };
    let message = format!("AWS has no Region `{name}`, as of {AS_OF}");
    let finding =
        Finding::new(&CODE, region.place, message).why("nothing can be deployed or read there");
    Some(match near {
        Some(near) => finding.fix(format!("did you mean `{near}`?")),
        None => {
            let mut finding = finding.fix("leave it, where the Region is newer than that");
            finding.severity = Severity::Info;
            finding
        }
    })
}
