//! How much is stored, once a policy has been in force for as long as it keeps anything.

/// Days of a month, on the average.
pub(super) const MONTH: f64 = 365.25 / 12.0;

/// Points that are counted; a hundred years have fewer days. Nobody keeps more, but a policy may say so.
const MOST: f64 = 100_000.0;

/// Points that are made every so many days and each kept for some.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub every: f64,
    pub keep: f64,
}

impl Pace {
    /// The ages of those that are there, in days.
    pub fn ages(self) -> impl Iterator<Item = f64> {
        // A point is deleted when the next one is due: of twelve months there are twelve.
        let count = (self.keep / self.every).round().clamp(1.0, MOST) as u32;
        (0..count).map(move |index| f64::from(index) * self.every)
    }

    pub fn a_month(self) -> f64 {
        MONTH / self.every
    }
}

/// Blocks of a database that change from day to day, each as likely as any other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocks {
    pub gib: f64,
    /// Share that changes in a day.
    pub daily_change: f64,
}

impl Blocks {
    /// What differs after some days, in GiB: at the most all of it.
    pub fn changed(self, days: f64) -> f64 {
        self.gib * (1.0 - (1.0 - self.daily_change).powf(days))
    }

    /// What a chain of incremental snapshots of these ages holds: the oldest whole, and of each later
    /// one what differs from the one before.
    pub fn chain(self, ages: impl IntoIterator<Item = f64>) -> f64 {
        let mut ages: Vec<f64> = ages.into_iter().collect();
        if ages.is_empty() {
            return 0.0;
        }
        ages.sort_by(f64::total_cmp);
        let gaps = ages.windows(2).map(|pair| pair[1] - pair[0]);
        self.gib + gaps.map(|gap| self.changed(gap)).sum::<f64>()
    }

    /// The logs of some days.
    pub fn logs(self, days: f64) -> f64 {
        self.gib * self.daily_change * days
    }
}
