//! How old the newest point may be, and why.

use super::words::minutes;
use crate::plan::{Pace, PointClass, Promise};
use crate::source::Place;

/// The longest age of the newest point.
#[derive(Debug, Clone)]
pub struct Limit {
    pub minutes: u64,
    pub because: String,
    /// The policy line that it comes from.
    pub place: Place,
}

const DAY: u64 = 24 * 60;

/// What a run may take, and be late, before it counts as missed: a quarter of the time between two.
const ALLOWANCE: std::ops::RangeInclusive<u64> = 15..=DAY;

/// By how much the logs of a provider may be later than they usually are.
const LOG_ALLOWANCE: u64 = 5;

/// Where nobody promises a bound, and more than this may be lost, it has stopped.
const UNBOUNDED: u64 = DAY;

pub(super) fn allowance(every: u64) -> u64 {
    (every / 4).clamp(*ALLOWANCE.start(), *ALLOWANCE.end())
}

impl Limit {
    pub(super) fn of(promise: &Promise) -> Limit {
        match promise.pace {
            Pace::Every(every) => Limit::every(every, promise.place),
            Pace::Continuous(lag) => {
                let usual = Limit {
                    minutes: lag + LOG_ALLOWANCE,
                    because: format!(
                        "logs come every {}, and {} late at most",
                        minutes(lag),
                        minutes(LOG_ALLOWANCE)
                    ),
                    place: promise.place,
                };
                usual.or_rpo(promise)
            }
            Pace::Unbounded => {
                let usual = Limit {
                    minutes: UNBOUNDED,
                    because: "no bound is promised, and a day behind is no lag".to_owned(),
                    place: promise.place,
                };
                usual.or_rpo(promise)
            }
        }
    }

    pub(super) fn of_class(class: &PointClass) -> Limit {
        Limit::every(class.every, class.keep.place)
    }

    pub(super) fn every(every: u64, place: Place) -> Limit {
        let allowed = allowance(every);
        Limit {
            minutes: every + allowed,
            because: format!(
                "one every {}, and {} for the run",
                minutes(every),
                minutes(allowed)
            ),
            place,
        }
    }

    /// The objective, where it allows more than what is usual.
    fn or_rpo(self, promise: &Promise) -> Limit {
        match &promise.rpo {
            Some(rpo) if rpo.value.minutes() >= self.minutes => Limit {
                minutes: rpo.value.minutes(),
                because: format!("rpo {}", rpo.value),
                place: rpo.place,
            },
            _ => self,
        }
    }
}
