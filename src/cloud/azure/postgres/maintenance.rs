//! When Azure may maintain a flexible server.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cloud::azure::limits::MAINTENANCE_MINUTES;
use crate::cloud::{DailyWindow, Weekday, WeeklyWindow};

pub const ENABLED: &str = "Enabled";
pub const DISABLED: &str = "Disabled";

/// The start of an hour of the week, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceWindow {
    /// Enabled, or Disabled: Azure chooses, and no start says when.
    pub custom_window: String,
    /// 0 is Sunday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_of_week: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_hour: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_minute: Option<u32>,
}

impl MaintenanceWindow {
    /// Azure chooses.
    pub fn system_managed() -> MaintenanceWindow {
        MaintenanceWindow {
            custom_window: DISABLED.to_owned(),
            day_of_week: None,
            start_hour: None,
            start_minute: None,
        }
    }

    /// The hour from the start of a window on, wherever that ends.
    pub fn from_start_of(window: WeeklyWindow) -> MaintenanceWindow {
        let start = window.daily().start();
        MaintenanceWindow {
            custom_window: ENABLED.to_owned(),
            day_of_week: Some((window.day() as u32 + 1) % 7),
            start_hour: Some(start / 60),
            start_minute: Some(start % 60),
        }
    }

    /// The hour. None: Azure chooses, or it has no start that there is.
    pub fn weekly(&self) -> Option<WeeklyWindow> {
        let (hour, minute) = (self.start_hour?, self.start_minute?);
        let custom = self.custom_window == ENABLED && hour < 24 && minute < 60;
        let day = day(self.day_of_week?)?;
        let hour = DailyWindow::at(hour * 60 + minute, MAINTENANCE_MINUTES);
        custom.then(|| WeeklyWindow::on(day, hour))
    }
}

/// A day by Azure's number.
fn day(number: u32) -> Option<Weekday> {
    let mut days = Weekday::ALL.into_iter();
    days.find(|day| (*day as u32 + 1) % 7 == number)
}

/// As `az` takes it: `Sun:4:30`, or `Disabled`.
impl fmt::Display for MaintenanceWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(window) = self.weekly() else {
            return f.write_str(DISABLED);
        };
        let name = match window.day() {
            Weekday::Mon => "Mon",
            Weekday::Tue => "Tue",
            Weekday::Wed => "Wed",
            Weekday::Thu => "Thu",
            Weekday::Fri => "Fri",
            Weekday::Sat => "Sat",
            Weekday::Sun => "Sun",
        };
        let start = window.daily().start();
        write!(f, "{name}:{}:{}", start / 60, start % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hour_of_the_week_is_told_in_azures_words_and_read_again() {
        for (text, day, az) in [
            ("sun:04:30-sun:05:30", 0, "Sun:4:30"),
            ("mon:00:00-mon:01:00", 1, "Mon:0:0"),
            ("sat:23:45-sun:00:45", 6, "Sat:23:45"),
            ("sun:23:05-mon:00:05", 0, "Sun:23:5"),
        ] {
            let window: WeeklyWindow = text.parse().expect("it is a weekly window");
            let azure = MaintenanceWindow::from_start_of(window);
            assert_eq!(azure.day_of_week, Some(day));
            assert_eq!(azure.to_string(), az);
            assert_eq!(azure.weekly(), Some(window));
        }
    }

    #[test]
    fn what_is_no_start_is_no_window() {
        let window: WeeklyWindow = "sun:04:30-sun:05:30"
            .parse()
            .expect("it is a weekly window");
        let changes: [fn(&mut MaintenanceWindow); 4] = [
            |it| it.custom_window = DISABLED.to_owned(),
            |it| it.day_of_week = Some(7),
            |it| it.start_hour = Some(24),
            |it| it.start_minute = Some(60),
        ];
        for change in changes {
            let mut azure = MaintenanceWindow::from_start_of(window);
            change(&mut azure);
            assert_eq!(
                (azure.weekly(), azure.to_string().as_str()),
                (None, DISABLED)
            );
        }
    }
}
