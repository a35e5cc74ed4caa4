//! `backstay explain`.

use super::failure::Failure;
use super::outcome::{self, Code};
use crate::cli::Explain;
use crate::finding::{Code as FindingCode, closest};
use crate::{drift, policy, rules};

/// Every code that a finding can have.
fn codes() -> Vec<&'static FindingCode> {
    let mut codes = policy::CODES.to_vec();
    codes.extend(rules::RULES.iter().map(|rule| rule.code));
    codes.extend(drift::CODES);
    codes.push(&super::stale::CODE);
    codes.sort_by_key(|code| code.name);
    codes.dedup_by_key(|code| code.name);
    codes
}

pub(super) fn run(args: &Explain) -> Result<Code, Failure> {
    let codes = codes();
    let Some(name) = &args.code else {
        let list: String = codes
            .iter()
            .map(|code| format!("{}\n", code.name))
            .collect();
        outcome::print(&list)?;
        return Ok(Code::Clean);
    };
    let Some(code) = codes.iter().find(|code| code.name == name) else {
        let near = closest(name, codes.iter().map(|code| code.name));
        return Err(Failure::UnknownCode {
            code: name.clone(),
            hint: near
                .map(|near| format!(" (did you mean `{near}`?)"))
                .unwrap_or_default(),
        });
    };
    outcome::print(&code.page())?;
    Ok(Code::Clean)
}
