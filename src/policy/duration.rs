//! Lengths of time as policies write them: `30d`, `12mo`, `15min`, `P7Y`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cloud::text_type;

/// A length of time in the unit it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration {
    amount: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    #[error("`{0}` could mean minutes or months: write {1}min or {1}mo")]
    BareM(String, String),
    #[error(
        "`{0}` is not a length of time: write a whole number and min, h, d, w, mo or y, as 30d"
    )]
    Form(String),
    #[error("`{0}` is too long: at most 100 years")]
    TooLong(String),
}

const UNITS: [(&str, Unit); 6] = [
    ("min", Unit::Minute),
    ("h", Unit::Hour),
    ("d", Unit::Day),
    ("w", Unit::Week),
    ("mo", Unit::Month),
    ("y", Unit::Year),
];

/// The longest run of days that n months in a row can have.
const MONTH_DAYS: [u64; 12] = [0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337];

const MINUTES_PER_DAY: u64 = 24 * 60;
const MAX_DAYS: u64 = 36_525;

impl Duration {
    /// `amount` is a number of `unit`s.
    pub const fn new(amount: u32, unit: Unit) -> Duration {
        Duration { amount, unit }
    }

    /// The longest that it can be, in minutes: a month of 31 days, a year of 366.
    pub fn minutes(self) -> u64 {
        let amount = u64::from(self.amount);
        match self.unit {
            Unit::Minute => amount,
            Unit::Hour => amount * 60,
            Unit::Day | Unit::Week | Unit::Month | Unit::Year => self.days() * MINUTES_PER_DAY,
        }
    }

    /// Whole days that are never less than what was asked for. Months and years take the longest
    /// that the calendar allows, so a monthly copy kept for `12mo` is there after 366 days.
    pub fn days(self) -> u64 {
        let amount = u64::from(self.amount);
        let years = |years: u64| years * 365 + years.div_ceil(4);
        match self.unit {
            Unit::Minute => amount.div_ceil(MINUTES_PER_DAY),
            Unit::Hour => amount.div_ceil(24),
            Unit::Day => amount,
            Unit::Week => amount * 7,
            Unit::Month => years(amount / 12) + MONTH_DAYS[(amount % 12) as usize],
            Unit::Year => years(amount),
        }
    }
}

impl Duration {
    /// As ISO 8601 has it, in whole days or longer units.
    pub fn iso(self) -> String {
        let amount = self.amount;
        match self.unit {
            Unit::Minute | Unit::Hour | Unit::Day => format!("P{}D", self.days()),
            Unit::Week => format!("P{amount}W"),
            Unit::Month => format!("P{amount}M"),
            Unit::Year => format!("P{amount}Y"),
        }
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let form = || DurationError::Form(text.to_owned());
        if text.starts_with(['P', 'p']) {
            return iso(text).ok_or_else(form)?.bounded(text);
        }
        let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(form)?;
        let (amount, unit) = text.split_at(split);
        if unit == "m" {
            return Err(DurationError::BareM(text.to_owned(), amount.to_owned()));
        }
        let amount = amount.parse().map_err(|_| form())?;
        let (_, unit) = UNITS
            .into_iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(form)?;
        Duration { amount, unit }.bounded(text)
    }
}

/// ISO 8601 with one unit (`P30D`, `PT15M`), which is all that a policy can mean by it.
fn iso(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.parse().ok()?;
    let mut parts = [
        (i64::from(span.get_years()), Unit::Year),
        (i64::from(span.get_months()), Unit::Month),
        (i64::from(span.get_weeks()), Unit::Week),
        (i64::from(span.get_days()), Unit::Day),
        (i64::from(span.get_hours()), Unit::Hour),
        (span.get_minutes(), Unit::Minute),
    ]
    .into_iter()
    .filter(|(amount, _)| *amount != 0);
    let (amount, unit) = parts.next()?;
    let single = parts.next().is_none() && span.get_seconds() == 0;
    single.then_some(Duration {
        amount: u32::try_from(amount).ok()?,
        unit,
    })
}

impl Duration {
    fn bounded(self, text: &str) -> Result<Duration, DurationError> {
        // Days of the amount alone would overflow nothing, but no provider keeps a century.
        match self.days() <= MAX_DAYS {
            true => Ok(self),
            false => Err(DurationError::TooLong(text.to_owned())),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS
            .iter()
            .find(|(_, unit)| *unit == self.unit)
            .map_or("", |(name, _)| name);
        write!(f, "{}{unit}", self.amount)
    }
}

text_type!(
    Duration,
    "Duration",
    "backstay-duration",
    "A length of time: a whole number and min, h, d, w, mo or y (a bare m is refused), or ISO 8601.",
    ["30d", "12w", "12mo", "7y", "15min", "P30D"]
);
