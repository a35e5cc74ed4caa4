//! The clouds' clocks, by the `Date` of their answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::super::super::points::Clock;

/// A difference that matters, in seconds; signed requests are refused from a little more on.
const MATTERS: u64 = 5 * 60;

/// Seconds by which each cloud's clock is ahead of this machine's.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Clocks(Arc<Mutex<BTreeMap<String, i64>>>);

impl Clocks {
    /// Takes the date of an answer that has just come.
    pub(in super::super) fn note(&self, of: &str, date: Option<&str>) {
        let parsed = date.and_then(|date| rfc2822::parse(date).ok());
        if let Some(date) = parsed {
            let ahead = date.timestamp().as_second() - Timestamp::now().as_second();
            // A thread that panicked while it held the lock leaves a whole map.
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(of.to_owned(), ahead);
        }
    }

    /// The time, and whose clock differs. The latest clock counts where one differs: a point looks older
    /// by it, never younger.
    pub(super) fn judged(&self, now: Timestamp) -> (Timestamp, Vec<Clock>) {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let differ = |ahead: &i64| ahead.unsigned_abs() > MATTERS;
        let clocks: Vec<Clock> = seen
            .iter()
            .filter(|(_, ahead)| differ(ahead))
            .map(|(of, ahead)| Clock {
                of: of.clone(),
                ahead_seconds: *ahead,
            })
            .collect();
        let ahead = match clocks.is_empty() {
            true => 0,
            false => seen.values().max().copied().unwrap_or_default(),
        };
        let taken = Timestamp::from_second(now.as_second() + ahead);
        (taken.unwrap_or(now), clocks)
    }
}
