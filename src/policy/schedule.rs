//! When something runs: `daily 01:30`, `weekly sun 02:17`, `monthly 1 05:23`, or five-field cron.

mod calendar;

use std::fmt;
use std::str::FromStr;

use croner::Direction;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};

use crate::cloud::{Weekday, text_type};
use calendar::Calendar;

/// A schedule in the database's time zone, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule {
    text: String,
    cron: String,
    gap: u64,
}

/// Why a text is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error(
        "`{0}` is not a schedule: write `daily hh:mm`, `weekly sun hh:mm`, `monthly 1 hh:mm` or five cron fields"
    )]
    Form(String),
    #[error("`{0}` is not a cron expression: {1}")]
    Cron(String, String),
    #[error("`{0}` never comes, since no year has that date: choose a date that exists")]
    Never(String),
    #[error(
        "`{0}` sets both the day of the month and the day of the week; cron runs when either fits, other schedulers when both do: set one of the two to `*`"
    )]
    BothDays(String),
    #[error("`{0}` asks for day {1}, which does not come in every month: use 1 to 28")]
    ShortMonth(String, u32),
}

impl Schedule {
    /// Five-field cron in the schedule's own time zone.
    pub fn cron(&self) -> &str {
        &self.cron
    }

    /// The longest time between two runs, in minutes, as the calendar of a leap year has it.
    pub fn longest_gap(&self) -> u64 {
        self.gap
    }

    /// How often it comes within some days, counted up to `most`.
    pub fn runs_within(&self, days: u64, most: usize) -> usize {
        let end = i64::try_from(days).ok().and_then(|days| {
            START
                .checked_add(jiff::Span::new().try_days(days).ok()?)
                .ok()
        });
        let (Ok(cron), Some(end)) = (parser().parse(&self.cron), end) else {
            return 0;
        };
        let runs = utc(START).map(|start| cron.iter_from(start, Direction::Forward));
        let runs = runs.into_iter().flatten().take(most);
        runs.take_while(|run| run.datetime() < end).count()
    }
}

/// A fixed moment keeps the answer the same on every day; leap days come within eight years.
const START: jiff::civil::DateTime = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);

fn utc(moment: jiff::civil::DateTime) -> Result<jiff::Zoned, jiff::Error> {
    moment.to_zoned(jiff::tz::TimeZone::UTC)
}

fn parser() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let form = || ScheduleError::Form(text.to_owned());
        let time = |text: &str| {
            crate::cloud::parse_time(text)
                .map(|minutes| format!("{} {}", minutes % 60, minutes / 60))
                .ok_or_else(form)
        };
        let cron = match words[..] {
            ["daily", at] => format!("{} * * *", time(at)?),
            ["weekly", day, at] => {
                let day = Weekday::parse(day).ok_or_else(form)?;
                format!("{} * * {}", time(at)?, (day as u32 + 1) % 7)
            }
            ["monthly", day, at] => match day.parse::<u32>() {
                Ok(day @ 1..=28) => format!("{} {day} * *", time(at)?),
                Ok(day @ 29..=31) => return Err(ScheduleError::ShortMonth(text.to_owned(), day)),
                _ => return Err(form()),
            },
            [_, _, day, _, weekday] => {
                if day != "*" && weekday != "*" {
                    return Err(ScheduleError::BothDays(text.to_owned()));
                }
                words.join(" ")
            }
            _ => return Err(form()),
        };
        let gap = longest_gap(text, &cron)?;
        Ok(Schedule {
            text: text.to_owned(),
            cron,
            gap,
        })
    }
}

/// Only what every scheduler reads alike: numbers, lists, ranges and steps. croner's own
/// extensions (`L`, `#`, `W`, names, `5/10`, an empty item of a list) mean something else, or
/// nothing, to crond and to GitHub: one such line, and crond refuses the whole crontab.
fn longest_gap(text: &str, cron: &str) -> Result<u64, ScheduleError> {
    let refuse = |reason: &str| Err(ScheduleError::Cron(text.to_owned(), reason.to_owned()));
    if !cron.split(' ').all(is_plain) {
        return refuse("a field is a list of `*`, numbers and ranges, as `*/15`, `1-5` or `0,30`");
    }
    let weekday = cron.rsplit(' ').next().unwrap_or_default();
    if weekday
        .split([',', '-'])
        .any(|day| day == "7" || day == "07")
    {
        return refuse("write 0 for Sunday, since GitHub knows no day 7");
    }
    let Some(calendar) = Calendar::of(cron) else {
        // croner's words on what is wrong are better than ours.
        let told = parser().parse(cron).err().map(|error| error.to_string());
        return refuse(told.as_deref().unwrap_or("a number is out of its bounds"));
    };
    calendar
        .longest_gap()
        .ok_or_else(|| ScheduleError::Never(text.to_owned()))
}

/// A field of numbers, ranges and steps.
fn is_plain(field: &str) -> bool {
    let number = |text: &str| {
        (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    field.split(',').all(|item| {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let bounds = range.split_once('-');
        let many = range == "*" || bounds.is_some_and(|(from, to)| number(from) && number(to));
        step.is_none_or(number) && (many || (step.is_none() && number(range)))
    })
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_type!(
    Schedule,
    "Schedule",
    "backstay-schedule",
    "When it runs, in the database's time zone: daily, weekly or monthly with a time, or five cron fields.",
    [
        "daily 01:43",
        "weekly sun 02:17",
        "monthly 1 05:23",
        "17 2 * * 1-5"
    ]
);
