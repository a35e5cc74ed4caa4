//! When a line of five plain cron fields comes, counted without walking its runs.

use jiff::civil::{Date, date};

/// A fixed day keeps the answer the same on every day.
const START: Date = date(2024, 1, 1);

/// As many days are looked at, the leap year among them, and more until it has come.
const DAYS: u64 = 2 * 366;

/// Leap days come within eight years.
const LOOK: u64 = 9 * 366;

const DAY: u64 = 24 * 60;

/// Bit n of each field is set where it has the number n.
pub(super) struct Calendar {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

impl Calendar {
    /// None: the text is not five fields of numbers, ranges and steps within their bounds.
    pub(super) fn of(cron: &str) -> Option<Calendar> {
        let fields: Vec<&str> = cron.split(' ').collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return None;
        };
        Some(Calendar {
            minutes: field(minutes, 0, 59)?,
            hours: field(hours, 0, 23)?,
            days: field(days, 1, 31)?,
            months: field(months, 1, 12)?,
            weekdays: field(weekdays, 0, 6)?,
        })
    }

    /// The longest time between two runs, in minutes. None: it never comes.
    pub(super) fn longest_gap(&self) -> Option<u64> {
        let hours = (0..24).filter(|hour| has(self.hours, *hour));
        let minutes =
            |hour| (0..60).filter_map(move |it| has(self.minutes, it).then_some(hour * 60 + it));
        let times: Vec<u64> = hours.flat_map(minutes).collect();
        let (first, last) = (times.first()?, times.last()?);
        let within = times.windows(2).map(|pair| pair[1] - pair[0]).max();
        let mut gap = within.unwrap_or_default();
        let between = |days: u64| days * DAY + first - last;
        if self.comes_every_day() {
            return Some(gap.max(between(1)));
        }
        let (mut before, mut today) = (None, START);
        for day in 0..LOOK {
            if self.comes_on(today) {
                gap = gap.max(before.map_or(0, |before| between(day - before)));
                if day > DAYS && before.is_some() {
                    break;
                }
                before = Some(day);
            }
            today = today.tomorrow().ok()?;
        }
        before.map(|_| gap)
    }

    fn comes_every_day(&self) -> bool {
        let all = |set: u64, from: u32, to: u32| (from..=to).all(|it| has(set, it.into()));
        all(self.days, 1, 31) && all(self.months, 1, 12) && all(self.weekdays, 0, 6)
    }

    fn comes_on(&self, day: Date) -> bool {
        let number = |number: i8| u64::from(number.unsigned_abs());
        has(self.months, number(day.month()))
            && has(self.days, number(day.day()))
            && has(self.weekdays, number(day.weekday().to_sunday_zero_offset()))
    }
}

fn has(set: u64, number: u64) -> bool {
    set >> number & 1 == 1
}

fn field(text: &str, low: u32, high: u32) -> Option<u64> {
    let mut set = 0;
    for item in text.split(',') {
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None if range == "*" => (low, high),
            None => {
                let number = range.parse().ok()?;
                (number, number)
            }
        };
        let step: usize = step.parse().ok()?;
        if from < low || to > high || from > to || step == 0 {
            return None;
        }
        let numbers = (from..=to).step_by(step);
        numbers.for_each(|number| set |= 1 << number);
    }
    Some(set)
}
