//! Recovery points as a table for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color as Paint, ContentArrangement, Table};

use super::{Color, Style};
use crate::status::{DrillRow, Row, Status, Verdict, age, minutes};

const HEAD: [&str; 8] = [
    "database", "backup", "in", "newest", "at most", "reaches", "points", "",
];

/// One line for each mechanism and drill.
pub(super) fn table(status: &Status, style: Style) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(style.width).unwrap_or(u16::MAX));
    match style.color {
        Color::Styled => table.enforce_styling(),
        Color::Plain => table.force_no_tty(),
    };
    table.set_header(HEAD);
    let mut database = "";
    for (name, cells, verdict) in lines(status) {
        // A database is named once.
        let shown = if name == database { "" } else { name };
        let cells = [shown.to_owned()].into_iter().chain(cells).map(Cell::new);
        let mut row: Vec<Cell> = cells.collect();
        row.push(painted(verdict, style));
        table.add_row(row);
        database = name;
    }
    let text: String = table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    format!("as of {}\n\n{text}\n", status.now.strftime("%F %H:%M UTC"))
}

/// Each database's mechanisms and then its drills, in the order of the policy.
fn lines(status: &Status) -> Vec<(&str, [String; 6], Verdict)> {
    let mut lines = Vec::new();
    let mut drills = status.drills.iter().peekable();
    let mut points = status.points.iter().peekable();
    // Both are in the policy's order, so each database's lines come together.
    while let Some(row) = points.next() {
        lines.push((row.database.as_str(), point(status, row), row.verdict));
        if points
            .peek()
            .is_none_or(|next| next.database != row.database)
        {
            while let Some(drill) = drills.next_if(|drill| drill.database == row.database) {
                lines.push((
                    drill.database.as_str(),
                    self::drill(status, drill),
                    drill.verdict,
                ));
            }
        }
    }
    lines.extend(drills.map(|row| (row.database.as_str(), drill(status, row), row.verdict)));
    lines
}

fn point(status: &Status, row: &Row) -> [String; 6] {
    let now = status.now;
    let newest = row.span.newest.map(|newest| age(now, newest));
    let limit = row.limit.as_ref().map(|limit| minutes(limit.minutes));
    let reaches = row.span.oldest.map(|oldest| age(now, oldest));
    let keeps = row.keeps.as_ref().map(|keeps| keeps.written.as_str());
    let reaches = match (reaches, keeps) {
        (Some(reaches), Some(keeps)) => format!("{reaches} of {keeps}"),
        (Some(reaches), None) => reaches,
        (None, Some(keeps)) => format!("- of {keeps}"),
        (None, None) => dash(None),
    };
    let points = match (row.span.count, row.span.newest) {
        (Some(count), _) => count.to_string(),
        (None, Some(_)) => "any".to_owned(),
        (None, None) => dash(None),
    };
    [
        row.mechanism.replace('_', " "),
        row.location.clone(),
        dash(newest),
        dash(limit),
        reaches,
        points,
    ]
}

fn drill(status: &Status, row: &DrillRow) -> [String; 6] {
    let passed = row.passed.map(|passed| age(status.now, passed));
    [
        row.drill.replace('_', " "),
        String::new(),
        dash(passed),
        minutes(row.limit.minutes),
        String::new(),
        String::new(),
    ]
}

fn dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

fn painted(verdict: Verdict, style: Style) -> Cell {
    let cell = Cell::new(verdict.name());
    match (style.color, verdict) {
        (Color::Plain, _) => cell,
        (_, Verdict::Fresh) => cell.fg(Paint::Green),
        (_, Verdict::Growing | Verdict::Paused | Verdict::Untold) => cell.fg(Paint::Cyan),
        (_, Verdict::Short | Verdict::Unreadable) => cell.fg(Paint::Yellow),
        (_, Verdict::Stale | Verdict::Failed | Verdict::Missing) => {
            cell.fg(Paint::Red).add_attribute(Attribute::Bold)
        }
    }
}
