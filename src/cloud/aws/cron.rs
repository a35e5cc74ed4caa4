//! AWS's own cron: `cron(minutes hours day-of-month month day-of-week year)`. Only how often it comes
//! is asked here; whether it is well formed is for AWS to say.
//! Source: "Cron-based schedules" in the EventBridge Scheduler user guide.

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A year without a leap day, by the days of its months. It begins on a Sunday.
const YEAR: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// How often an expression comes in a year; never, where it names years. None: it cannot be read.
pub fn times_a_year(expression: &str) -> Option<u32> {
    let fields = expression.strip_prefix("cron(")?.strip_suffix(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let [minutes, hours, day, month, weekday, year] = fields[..] else {
        return None;
    };
    let times = numbers(minutes, &[], 0, 59)?.len() * numbers(hours, &[], 0, 23)?.len();
    let months = numbers(month, &MONTHS, 1, 12)?;
    let mut days = 0;
    let mut weekday_of_first = 1;
    for (month, length) in (1..).zip(YEAR) {
        if months.contains(&month) {
            days += match day {
                "?" => weekdays(weekday, weekday_of_first, length)?,
                day => month_days(day, length)?,
            };
        }
        weekday_of_first = (weekday_of_first - 1 + length) % 7 + 1;
    }
    match year {
        "*" => Some(u32::try_from(times).ok()? * days),
        _ => Some(0),
    }
}

/// Days of one month by their number; the last one and the nearest weekday are one day each.
fn month_days(field: &str, length: u32) -> Option<u32> {
    if field.starts_with('L') || field.ends_with('W') {
        return Some(1);
    }
    let days = numbers(field, &[], 1, 31)?.into_iter();
    u32::try_from(days.filter(|day| *day <= length).count()).ok()
}

/// Days of one month by their weekday; the last or the n-th one of its kind is one day.
fn weekdays(field: &str, first: u32, length: u32) -> Option<u32> {
    if field.contains('#') || field.ends_with('L') {
        return Some(1);
    }
    let wanted = numbers(field, &DAYS, 1, 7)?;
    let days = (0..length).filter(|day| wanted.contains(&((first - 1 + day) % 7 + 1)));
    u32::try_from(days.count()).ok()
}

/// The numbers of a field: `*`, single ones, ranges and steps, or the names that stand for them.
fn numbers(field: &str, names: &[&str], least: u32, most: u32) -> Option<Vec<u32>> {
    let number = |text: &str| -> Option<u32> {
        let named = names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        let number = match named {
            Some(index) => u32::try_from(index).ok()? + least,
            None => text.parse().ok()?,
        };
        (least..=most).contains(&number).then_some(number)
    };
    let mut found = Vec::new();
    for item in field.split(',') {
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let step = step.parse().ok().filter(|step| *step > 0)?;
        let (from, to) = match range {
            "*" | "?" => (least, most),
            range => match range.split_once('-') {
                Some((from, to)) => (number(from)?, number(to)?),
                None if item.contains('/') => (number(range)?, most),
                None => (number(range)?, number(range)?),
            },
        };
        found.extend((from..=to).step_by(step));
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

#[cfg(test)]
#[test]
fn schedules_by_how_often_they_come() {
    for (expression, times) in [
        ("cron(7 4 ? * SUN *)", 53),
        ("cron(7 4 ? * 2-6 *)", 260),
        ("cron(7 4 1 * ? *)", 12),
        ("cron(7 4 L * ? *)", 12),
        ("cron(7 4 ? * MON#1 *)", 12),
        ("cron(7 4 31 * ? *)", 7),
        ("cron(7 4 1 1 ? *)", 1),
        ("cron(17 6 2 1,4,7,10 ? *)", 4),
        ("cron(17 6 2 JAN-MAR ? *)", 3),
        ("cron(0 5 ? * * *)", 365),
        ("cron(0 0/12 * * ? *)", 730),
        ("cron(7 4 ? * SUN 2099)", 0),
    ] {
        assert_eq!(times_a_year(expression), Some(times), "{expression}");
    }
    for expression in [
        "rate(1 day)",
        "cron(7 4 * * *)",
        "cron(61 4 1 * ? *)",
        "",
        "cron(a b c d e f)",
    ] {
        assert_eq!(times_a_year(expression), None, "{expression}");
    }
}
