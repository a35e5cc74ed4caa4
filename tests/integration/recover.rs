//! The scripts that restore by the cloud's own means.

mod aws;
mod azure;
mod disaster;
mod pitr_test;

use crate::support::Output;

/// One value of what a script prints for programs.
#[track_caller]
fn told(output: &Output, key: &str) -> String {
    let line = output.stdout.lines().find_map(|line| {
        line.strip_prefix(key)
            .and_then(|rest| rest.strip_prefix('='))
    });
    line.unwrap_or_else(|| panic!("no {key} in {}", output.stdout))
        .to_owned()
}
