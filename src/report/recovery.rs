//! Recovery points as people read them.

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, Color as Paint, ColumnConstraint, ContentArrangement, Table, Width,
};

use super::{Color, Style};
use crate::finding::Severity;
use crate::status::{DrillRow, Row, Status, Verdict, age, minutes};

pub(super) const HEADS: [&str; 8] = [
    "database", "backup", "in", "newest", "at most", "reaches", "points", "verdict",
];

/// The longest word among mechanisms, with what stands around it.
const WORD: u16 = 10 + 2;

/// One mechanism or drill.
pub(super) struct Line<'a> {
    pub database: &'a str,
    /// Under all heads but the first and the last.
    pub cells: [String; 6],
    pub verdict: Verdict,
    /// What a reader has to know besides.
    pub note: Option<&'a str>,
}

pub(super) fn as_of(status: &Status) -> String {
    format!("as of {}", status.now.strftime("%F %H:%M UTC"))
}

/// "8 fresh, 1 stale".
pub fn tally(status: &Status) -> String {
    let counts = Verdict::ALL.map(|verdict| (verdict, status.count(verdict)));
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let words: Vec<String> = counts
        .map(|(verdict, count)| format!("{count} {}", verdict.name()))
        .collect();
    match words.is_empty() {
        true => "nothing is promised".to_owned(),
        false => words.join(", "),
    }
}

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
    let [heads @ .., _] = HEADS;
    table.set_header(heads.into_iter().chain([""]));
    let mut database = "";
    for line in lines(status) {
        // A database is named once.
        let shown = match line.database == database {
            true => "",
            false => line.database,
        };
        let mut row = vec![Cell::new(shown)];
        row.extend(line.cells.into_iter().map(Cell::new));
        row.push(painted(line.verdict, style));
        table.add_row(row);
        database = line.database;
    }
    // Names are broken where they have a hyphen, and the program's own words nowhere.
    for (index, column) in table.column_iter_mut().enumerate() {
        match index {
            0 | 2 => drop(column.set_delimiter('-')),
            1 => drop(column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(WORD)))),
            7 => drop(column.set_constraint(ColumnConstraint::ContentWidth)),
            _ => {}
        }
    }
    let text: String = table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    format!("{}\n\n{text}\n", as_of(status))
}

/// Each database's mechanisms and then its drills, in the order of the policy.
pub(super) fn lines(status: &Status) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut drills = status.drills.iter().peekable();
    let mut points = status.points.iter().peekable();
    // Both are in the policy's order, so each database's lines come together.
    while let Some(row) = points.next() {
        lines.push(point(status, row));
        if points
            .peek()
            .is_none_or(|next| next.database != row.database)
        {
            while let Some(drill) = drills.next_if(|drill| drill.database == row.database) {
                lines.push(self::drill(status, drill));
            }
        }
    }
    lines.extend(drills.map(|row| drill(status, row)));
    lines
}

fn point<'a>(status: &Status, row: &'a Row) -> Line<'a> {
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
    Line {
        database: &row.database,
        cells: [
            row.mechanism.replace('_', " "),
            row.location.clone(),
            dash(newest),
            dash(limit),
            reaches,
            points,
        ],
        verdict: row.verdict,
        note: row.note.as_deref(),
    }
}

fn drill<'a>(status: &Status, row: &'a DrillRow) -> Line<'a> {
    let passed = row.passed.map(|passed| age(status.now, passed));
    let none = String::new;
    let limit = minutes(row.limit.minutes);
    Line {
        database: &row.database,
        cells: [
            row.drill.replace('_', " "),
            none(),
            dash(passed),
            limit,
            none(),
            none(),
        ],
        verdict: row.verdict,
        note: row.note.as_deref(),
    }
}

/// How much a reader has to do about a verdict, in the words of severities.
pub(super) fn grade(verdict: Verdict) -> Option<Severity> {
    match verdict {
        Verdict::Fresh => None,
        Verdict::Growing | Verdict::Paused | Verdict::Untold => Some(Severity::Info),
        Verdict::Short | Verdict::Unreadable => Some(Severity::Warning),
        Verdict::Stale | Verdict::Failed | Verdict::Missing => Some(Severity::Error),
    }
}

fn dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

fn painted(verdict: Verdict, style: Style) -> Cell {
    let cell = Cell::new(verdict.name());
    match (style.color, grade(verdict)) {
        (Color::Plain, _) => cell,
        (_, None) => cell.fg(Paint::Green),
        (_, Some(Severity::Info)) => cell.fg(Paint::Cyan),
        (_, Some(Severity::Warning)) => cell.fg(Paint::Yellow),
        (_, Some(Severity::Error)) => cell.fg(Paint::Red).add_attribute(Attribute::Bold),
    }
}
