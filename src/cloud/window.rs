//! Maintenance and backup windows: parsed once, printed in the one form that every cloud takes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// `hh:mm-hh:mm` in UTC, every day; may cross midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DailyWindow {
    start: u32,
    minutes: u32,
}

/// `ddd:hh:mm-ddd:hh:mm` in UTC, once a week; may cross midnight and the end of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WeeklyWindow {
    start: u32,
    minutes: u32,
}

/// Why a text is not a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    #[error("`{0}` is not a daily window: write hh:mm-hh:mm in UTC, as 03:00-04:00")]
    Daily(String),
    #[error(
        "`{0}` is not a weekly window: write ddd:hh:mm-ddd:hh:mm in UTC, as sun:04:30-sun:05:30"
    )]
    Weekly(String),
}

impl Weekday {
    pub const ALL: [Weekday; 7] = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
        Weekday::Sun,
    ];

    pub fn name(self) -> &'static str {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][self as usize]
    }

    pub fn parse(text: &str) -> Option<Weekday> {
        let text = text.to_ascii_lowercase();
        Weekday::ALL.into_iter().find(|day| day.name() == text)
    }
}

/// Minutes since midnight of `hh:mm`, `h:mm` taken as well.
pub(crate) fn parse_time(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str, most| {
        (!text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    let (hours, minutes) = (
        digits(hours, 2)?,
        (minutes.len() == 2).then(|| digits(minutes, 2))??,
    );
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

fn time(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// Whether two windows, each by its start and length, share a moment of the round that they are in.
fn meet((start, minutes): (u32, u32), (other, others): (u32, u32), round: u32) -> bool {
    // Counted from one round later, so that one that began before its end reaches in.
    let start = start + round;
    (0..3).any(|rounds| {
        let other = other + rounds * round;
        start < other + others && other < start + minutes
    })
}

impl DailyWindow {
    /// The window of so many minutes, less than a day, from a minute after midnight on.
    pub fn at(start: u32, minutes: u32) -> DailyWindow {
        DailyWindow {
            start: start % DAY,
            minutes: minutes.min(DAY - 1),
        }
    }

    /// Minutes after midnight.
    pub fn start(self) -> u32 {
        self.start
    }

    /// Minutes after midnight.
    pub fn end(self) -> u32 {
        (self.start + self.minutes) % DAY
    }

    /// Length in minutes; a window that ends where it starts has none.
    pub fn minutes(self) -> u32 {
        self.minutes
    }

    /// The same window with so many minutes before it.
    pub fn with_lead(self, minutes: u32) -> DailyWindow {
        let lead = minutes.min(DAY - 1 - self.minutes);
        DailyWindow::at(self.start + DAY - lead, self.minutes + lead)
    }

    /// Whether the two windows share a moment of the day.
    pub fn meets(self, other: DailyWindow) -> bool {
        meet(
            (self.start, self.minutes),
            (other.start, other.minutes),
            DAY,
        )
    }

    /// Whether the two windows share a moment on some day of the week.
    pub fn overlaps(self, weekly: WeeklyWindow) -> bool {
        // One day more on each side covers windows that cross the ends of the week.
        (0..9).any(|day| {
            let start = day * DAY + self.start;
            let other = weekly.start + DAY;
            let hit = |other: u32| start < other + weekly.minutes && other < start + self.minutes;
            hit(other) || hit(other + WEEK) || (other >= WEEK && hit(other - WEEK))
        })
    }
}

impl WeeklyWindow {
    /// Length in minutes; a window that ends where it starts has none.
    pub fn minutes(self) -> u32 {
        self.minutes
    }

    /// The daily window of one day of the week.
    pub fn on(day: Weekday, window: DailyWindow) -> WeeklyWindow {
        WeeklyWindow {
            start: day as u32 * DAY + window.start,
            minutes: window.minutes,
        }
    }

    /// The same window with so many minutes before it.
    pub fn with_lead(self, minutes: u32) -> WeeklyWindow {
        let lead = minutes.min(WEEK - 1 - self.minutes);
        WeeklyWindow {
            start: (self.start + WEEK - lead) % WEEK,
            minutes: self.minutes + lead,
        }
    }

    /// Whether the two windows share a moment of the week.
    pub fn meets(self, other: WeeklyWindow) -> bool {
        meet(
            (self.start, self.minutes),
            (other.start, other.minutes),
            WEEK,
        )
    }

    /// The day on which it starts.
    pub fn day(self) -> Weekday {
        Weekday::ALL[(self.start / DAY % 7) as usize]
    }

    /// Its time of day, as if it came every day.
    pub fn daily(self) -> DailyWindow {
        DailyWindow::at(self.start, self.minutes)
    }
}

impl FromStr for DailyWindow {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let parse = || {
            let (start, end) = text.trim().split_once('-')?;
            let (start, end) = (parse_time(start)?, parse_time(end)?);
            Some(DailyWindow {
                start,
                minutes: (end + DAY - start) % DAY,
            })
        };
        parse().ok_or_else(|| WindowError::Daily(text.to_owned()))
    }
}

impl FromStr for WeeklyWindow {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let moment = |text: &str| {
            let (day, at) = text.split_once(':')?;
            Some(Weekday::parse(day)? as u32 * DAY + parse_time(at)?)
        };
        let parse = || {
            let (start, end) = text.trim().split_once('-')?;
            let (start, end) = (moment(start)?, moment(end)?);
            Some(WeeklyWindow {
                start,
                minutes: (end + WEEK - start) % WEEK,
            })
        };
        parse().ok_or_else(|| WindowError::Weekly(text.to_owned()))
    }
}

impl fmt::Display for DailyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{}",
            time(self.start),
            time(self.start + self.minutes)
        )
    }
}

impl fmt::Display for WeeklyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = |at: u32| {
            let day = Weekday::ALL[(at / DAY % 7) as usize];
            format!("{}:{}", day.name(), time(at))
        };
        let end = self.start + self.minutes;
        write!(f, "{}-{}", moment(self.start), moment(end))
    }
}

/// Everything that serde and, where the policy has it, the JSON Schema need of a type that is written as
/// one text. `$format` names the text's format; validators that know it give the type's own error.
macro_rules! text_type {
    ($type:ty) => {
        impl TryFrom<String> for $type {
            type Error = <$type as std::str::FromStr>::Err;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.to_string()
            }
        }
    };
    ($type:ty, $name:literal, $format:literal, $description:literal, $examples:expr) => {
        $crate::cloud::text_type!($type);

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "format": $format,
                    "description": $description,
                    "examples": $examples,
                })
            }
        }
    };
}
pub(crate) use text_type;

text_type!(
    DailyWindow,
    "DailyWindow",
    "daily-window",
    "A daily window in UTC, hh:mm-hh:mm, at least 30 minutes; it may cross midnight.",
    ["03:00-04:00", "23:45-00:30"]
);
text_type!(WeeklyWindow);
