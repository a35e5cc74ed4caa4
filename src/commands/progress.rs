//! How far a long reading is: a line on standard error while that is a terminal, and no trace of it
//! after.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::observe::live::{Progress, Report};

const TICK: Duration = Duration::from_millis(100);

/// Without colours: they say nothing here.
const COUNTED: &str = "{spinner} {pos}/{len} resources read{msg}";
const UNCOUNTED: &str = "{spinner} reading{msg}";

/// What is read: how many, where that is known before.
pub(super) enum Amount {
    Resources(usize),
    Unknown,
}

/// Reads, and shows how far it is.
pub(super) fn shown<T>(amount: Amount, read: impl FnOnce(Report<'_>) -> T) -> T {
    let (bar, template) = match amount {
        Amount::Resources(count) => (ProgressBar::new(count as u64), COUNTED),
        Amount::Unknown => (ProgressBar::new_spinner(), UNCOUNTED),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    let answer = read(&|progress| match progress {
        Progress::Says(line) => bar.set_message(format!("{}: {line}", left(&bar))),
        Progress::Read(count) => {
            bar.inc(count as u64);
            bar.set_message(left(&bar));
        }
    });
    bar.finish_and_clear();
    answer
}

/// How long the rest may take, judged by what is done; nothing where nobody can tell.
fn left(bar: &ProgressBar) -> String {
    match (bar.length(), bar.position()) {
        (Some(length), done) if 0 < done && done < length => {
            let spent = bar.elapsed().as_secs_f64();
            let rest = spent * (length - done) as f64 / done as f64;
            format!(", about {:.0} s left", rest.ceil())
        }
        _ => String::new(),
    }
}
