//! Lengths of time in the units that a person would choose.

use jiff::Timestamp;

/// Two units at most: `4min`, `1h 20min`, `9d 2h`, `2y 30d`.
pub fn minutes(minutes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("y", 365 * 24 * 60), ("d", 24 * 60), ("h", 60), ("min", 1)];
    let first = UNITS.iter().position(|(_, unit)| minutes >= *unit);
    let Some(first) = first else {
        return "0min".to_owned();
    };
    let mut rest = minutes;
    let mut words = Vec::new();
    for (name, unit) in &UNITS[first..(first + 2).min(UNITS.len())] {
        if rest >= *unit {
            words.push(format!("{}{name}", rest / unit));
        }
        rest %= unit;
    }
    words.join(" ")
}

/// How long ago a moment is.
pub fn age(now: Timestamp, moment: Timestamp) -> String {
    minutes(super::since(now, moment))
}

/// The age of something that is older than its limit, so that both never read alike.
pub(super) fn over(now: Timestamp, moment: Timestamp, limit: u64) -> String {
    let (age, limit) = (age(now, moment), minutes(limit));
    match age == limit {
        true => format!("more than {age}"),
        false => age,
    }
}

#[cfg(test)]
#[test]
fn two_units_are_enough() {
    let day = 24 * 60;
    for (length, text) in [
        (0, "0min"),
        (4, "4min"),
        (80, "1h 20min"),
        (day, "1d"),
        (9 * day + 125, "9d 2h"),
        (9 * day + 5, "9d"),
        (760 * day, "2y 30d"),
    ] {
        assert_eq!(minutes(length), text);
    }
}
