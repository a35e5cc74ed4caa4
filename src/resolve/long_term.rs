//! When the long-term backups of an RDS database start.

use super::Intent;
use crate::cloud::DailyWindow;
use crate::cloud::aws::limits::{QUIET_MINUTES, START_WINDOW_MINUTES};

/// Time for RDS to finish its own work after one of its windows.
const SETTLING_MINUTES: u32 = 7;

/// What a start window has where it can. AWS Backup retries within it, so that a whole fleet need not
/// start at the same moment.
const WISHED_MINUTES: u32 = 4 * 60;

impl Intent {
    /// The window in which AWS Backup starts: the policy's own, or one clear of RDS's windows and of
    /// the hour before them. None: nothing is left of the day.
    pub fn long_term_start(&self) -> Option<DailyWindow> {
        match &self.long_term_window {
            Some(window) => Some(window.value),
            None => self.clear_of_rds(),
        }
    }

    /// RDS's own windows, with the time before them in which it takes no snapshot. The weekly one
    /// counts every day: a month or year may begin on any.
    pub fn taken_by_rds(&self) -> impl Iterator<Item = DailyWindow> {
        let weekly = self
            .maintenance_window
            .as_ref()
            .and_then(|it| it.value.weekly());
        let windows = [Some(self.window.value), weekly.map(|it| it.daily())];
        let windows = windows.into_iter().flatten();
        windows.map(|window| window.with_lead(QUIET_MINUTES))
    }

    fn clear_of_rds(&self) -> Option<DailyWindow> {
        let taken: Vec<DailyWindow> = self.taken_by_rds().collect();
        let lengths = [
            WISHED_MINUTES,
            2 * START_WINDOW_MINUTES,
            START_WINDOW_MINUTES,
        ];
        let starts: Vec<u32> = taken.iter().map(|it| settled(it.end())).collect();
        lengths.into_iter().find_map(|length| {
            let windows = starts.iter().map(|start| DailyWindow::at(*start, length));
            let mut free = windows.filter(|window| !taken.iter().any(|it| it.meets(*window)));
            free.next()
        })
    }
}

/// Some minutes later, and never at the start of an hour, when everybody's schedules are.
fn settled(end: u32) -> u32 {
    let start = end + SETTLING_MINUTES;
    start + u32::from(start.is_multiple_of(60))
}

#[cfg(test)]
mod tests {

    use crate::resolve::resolve;
    use crate::{policy, source::Sources};

    /// The window that a database with these settings gets.
    fn start(settings: &str) -> Option<String> {
        let mut sources = Sources::default();
        let text = format!(
            "version: 1
locations:
  east: {{ provider: aws, region: us-east-1, account: \"123456789012\" }}
databases:
  a: {{ engine: rds_postgres, at: east, id: a, {settings} }}
"
        );
        sources.add("p.yaml", text);
        let (workspace, findings) = policy::parse(sources);
        assert!(findings.is_empty(), "{findings:?}");
        let estate = resolve(&workspace);
        let start = estate.databases[0].intent.long_term_start();
        start.map(|window| window.to_string())
    }

    #[test]
    fn it_keeps_clear_of_both_windows_and_of_the_hour_before_them() {
        let cases = [
            (r#"window: "03:00-04:00""#, "04:07-08:07"),
            (
                r#"window: "03:00-04:00", maintenance_window: "sun:04:30-sun:05:30""#,
                "05:37-09:37",
            ),
            // The hour before midnight's window is taken as well.
            (
                r#"window: "23:45-00:30", maintenance_window: "sun:04:30-sun:05:30""#,
                "05:37-09:37",
            ),
            (
                r#"window: "01:23-01:53", maintenance_window: "mon:12:00-mon:12:30""#,
                "02:01-06:01",
            ),
            // Two hours are left between them.
            (
                r#"window: "04:00-12:00", maintenance_window: "mon:15:30-tue:02:00""#,
                "12:07-14:07",
            ),
            (
                r#"window: "03:00-04:00", long_term_window: "20:15-22:15""#,
                "20:15-22:15",
            ),
        ];
        for (settings, expected) in cases {
            assert_eq!(start(settings).as_deref(), Some(expected), "{settings}");
        }
        assert_eq!(start(r#"window: "00:00-22:30""#), None);
    }
}
