//! A schedule in the words of systemd, and in the hours that clocks skip or repeat.

use std::fmt::Write;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::schedule::Schedule;

/// The numbers of each field of cron, in order. None: every one.
#[derive(Debug)]
struct Fields {
    minutes: Option<Vec<i8>>,
    hours: Option<Vec<i8>>,
    days: Option<Vec<i8>>,
    months: Option<Vec<i8>>,
    /// From Sunday, 0.
    weekdays: Option<Vec<i8>>,
}

/// A time of a schedule that its zone does not have once on each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsteady {
    /// The clocks are put forward over it.
    Skipped(DateTime),
    /// The clocks are put back over it.
    Repeated(DateTime),
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

impl Schedule {
    /// As `OnCalendar=` of a systemd timer.
    pub fn systemd(&self, timezone: &str) -> String {
        let fields = self.fields();
        let list = |numbers: &Option<Vec<i8>>| match numbers {
            None => "*".to_owned(),
            Some(numbers) => joined(numbers, |number| format!("{number:02}")),
        };
        let mut text = String::new();
        if let Some(weekdays) = &fields.weekdays {
            let _ = write!(text, "{} ", joined(weekdays, weekday));
        }
        let Fields {
            minutes,
            hours,
            days,
            months,
            ..
        } = &fields;
        let (months, days) = (list(months), list(days));
        let (hours, minutes) = (list(hours), list(minutes));
        let _ = write!(text, "*-{months}-{days} {hours}:{minutes}:00 {timezone}");
        text
    }

    /// The first time in these years that a change of the clocks skips or repeats. A schedule that
    /// comes in every hour is not asked: it comes before and after.
    pub fn unsteady(&self, zone: &TimeZone, years: std::ops::Range<i16>) -> Option<Unsteady> {
        let fields = self.fields();
        fields.hours.as_ref()?;
        let start = jiff::civil::date(years.start, 1, 1)
            .to_zoned(TimeZone::UTC)
            .ok()?;
        let end = jiff::civil::date(years.end, 1, 1)
            .to_zoned(TimeZone::UTC)
            .ok()?;
        let changes = zone.following(start.timestamp());
        let changes = changes.take_while(|change| change.timestamp() < end.timestamp());
        for change in changes {
            let at = change.timestamp();
            let before = at.checked_sub(jiff::Span::new().seconds(1)).ok()?;
            let (old, new) = (zone.to_offset(before), change.offset());
            // The local times between the two readings of the clock.
            let readings = [old.to_datetime(at), new.to_datetime(at)];
            let minutes = readings[0].min(readings[1]);
            let until = readings[0].max(readings[1]);
            let mut minutes = minutes.series(jiff::Span::new().minutes(1));
            let found = minutes.by_ref().take_while(|time| *time < until);
            let found = found.into_iter().find(|time| fields.have(*time));
            match found {
                Some(time) if new > old => return Some(Unsteady::Skipped(time)),
                Some(time) => return Some(Unsteady::Repeated(time)),
                None => {}
            }
        }
        None
    }

    fn fields(&self) -> Fields {
        let mut fields = self.cron().split(' ');
        let mut next = |first, last| numbers(fields.next().unwrap_or("*"), first, last);
        Fields {
            minutes: next(0, 59),
            hours: next(0, 23),
            days: next(1, 31),
            months: next(1, 12),
            weekdays: next(0, 6),
        }
    }
}

impl Fields {
    fn have(&self, time: DateTime) -> bool {
        let has = |numbers: &Option<Vec<i8>>, number: i8| {
            numbers
                .as_ref()
                .is_none_or(|numbers| numbers.contains(&number))
        };
        has(&self.minutes, time.minute())
            && has(&self.hours, time.hour())
            && has(&self.days, time.day())
            && has(&self.months, time.month())
            && has(&self.weekdays, time.weekday().to_sunday_zero_offset())
    }
}

fn weekday(number: i8) -> String {
    let name = usize::try_from(number).ok().and_then(|it| WEEKDAYS.get(it));
    name.copied().unwrap_or_default().to_owned()
}

fn joined(numbers: &[i8], name: impl Fn(i8) -> String) -> String {
    let names: Vec<String> = numbers.iter().map(|number| name(*number)).collect();
    names.join(",")
}

/// The numbers that a field of cron stands for; a weekday 7 is Sunday. The schedule has been checked.
fn numbers(field: &str, first: i8, last: i8) -> Option<Vec<i8>> {
    let mut found = Vec::new();
    for item in field.split(',') {
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let step: usize = step.parse().unwrap_or(1);
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (from.parse().unwrap_or(first), to.parse().unwrap_or(last)),
            None if range == "*" => (first, last),
            None => {
                let number = range.parse().unwrap_or(first);
                (number, if item.contains('/') { last } else { number })
            }
        };
        found.extend((from..=to).step_by(step.max(1)));
    }
    if last == 6 {
        found.iter_mut().for_each(|day| *day %= 7);
    }
    found.sort_unstable();
    found.dedup();
    let every = found.len() == usize::from((last - first).unsigned_abs()) + 1;
    (!every).then_some(found)
}
