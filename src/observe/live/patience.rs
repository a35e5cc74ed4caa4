//! How long is waited for a cloud: a factor on every time limit, and on every wait between two tries.

use std::time::Duration;

const VARIABLE: &str = "BACKSTAY_PATIENCE";

/// The factors that one may ask for; 1 is the usual patience.
const LEAST: f64 = 0.01;
const MOST: f64 = 100.0;

/// What the environment asks for; or its text, where that is no factor.
fn factor() -> Result<f64, String> {
    let text = std::env::var_os(VARIABLE).unwrap_or_default();
    let text = text.to_string_lossy();
    match text.parse() {
        Ok(factor) if (LEAST..=MOST).contains(&factor) => Ok(factor),
        Err(_) if text.is_empty() => Ok(1.0),
        Ok(_) | Err(_) => Err(text.into_owned()),
    }
}

pub(super) fn check() -> Result<(), String> {
    factor().map(|_| ())
}

/// Every reading begins with [`check`], so that the factor is one.
pub(super) fn of(usual: Duration) -> Duration {
    usual.mul_f64(factor().unwrap_or(1.0))
}
