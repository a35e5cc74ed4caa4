//! Drift as a table, with diffs of whole documents and the commands that restore the intent.

use std::collections::HashSet;

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color as Paint, ColumnConstraint, Table, Width};
use indexmap::IndexMap;
use similar::TextDiff;
use unicode_width::UnicodeWidthStr;

use super::{Color, Coverage, Covered, Style, sides};
use crate::drift::{brief, is_document};
use crate::finding::{Difference, Finding, Kind, StackDrift};
use crate::source::Sources;

/// One table for each resource, the worst first, all with the same columns.
pub(super) fn render(sources: &Sources, findings: &[&Finding], style: Style) -> String {
    let rows: Vec<Row<'_>> = findings
        .iter()
        .filter_map(|finding| {
            let difference = finding.difference.as_deref()?;
            let place = finding.place.map(|place| sources.link(place));
            Some(Row {
                difference,
                fix: &finding.fix,
                place: place.unwrap_or_default(),
            })
        })
        .collect();
    let widths = widths(&rows, style.width);
    let mut resources: IndexMap<&str, Vec<&Row<'_>>> = IndexMap::new();
    for row in &rows {
        resources
            .entry(&row.difference.resource)
            .or_default()
            .push(row);
    }
    let mut text = String::new();
    for (resource, rows) in resources {
        text += &format!(
            "{resource}\n{}{}\n",
            table(&rows, &widths, style),
            verdict(&rows)
        );
    }
    for row in &rows {
        text += &document(row.difference);
    }
    let [restore, propose, weaken] = commands(&rows);
    let parts = [restore, advice(&rows), propose, weaken];
    let parts: Vec<String> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    text + &parts.join("\n")
}

/// How the databases of each location stand; nothing where there is none.
pub(super) fn coverage(coverage: &Coverage) -> String {
    if coverage.rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(NOTHING).force_no_tty();
    table.add_row(Covered::HEADS);
    for row in &coverage.rows {
        let numbers = row.numbers().map(|number| number.to_string());
        table.add_row([row.location.clone()].into_iter().chain(numbers));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = table.lines();
    lines
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

struct Row<'a> {
    difference: &'a Difference,
    fix: &'a str,
    place: String,
}

/// Columns of the table. Without the last one places stand below, for there is no room beside the rest.
struct Widths {
    values: [usize; 4],
    place: Option<usize>,
}

/// The least that properties and values need.
const LEAST: usize = 36;

/// Kinds and places are never broken: a place is a link. Properties and values share the rest.
fn widths(rows: &[Row<'_>], terminal: usize) -> Widths {
    let longest = |cell: fn(&Row<'_>) -> String| rows.iter().map(|row| cell(row).width()).max();
    let longest = |cell| longest(cell).unwrap_or_default();
    let kind = longest(|row| row.difference.label());
    let place = longest(|row| row.place.clone());
    let padding = |columns: usize| 2 * columns;
    let beside = terminal.saturating_sub(kind + place + padding(5));
    let below = terminal.saturating_sub(kind + padding(4)).max(LEAST);
    let (rest, place) = match beside >= LEAST {
        true => (beside, Some(place)),
        false => (below, None),
    };
    // With the word before it.
    let live = longest(|row| format!("live {}", sides(row.difference, shown)[0])).min(rest / 4);
    let policy = longest(|row| format!("policy {}", sides(row.difference, shown)[1])).min(rest / 3);
    let name = longest(|row| property(&row.difference.property)).min(rest - live - policy);
    Widths {
        values: [kind, name, live, policy],
        place,
    }
}

fn table(rows: &[&Row<'_>], widths: &Widths, style: Style) -> String {
    if widths.place.is_some() {
        return lines(rows, widths, style);
    }
    let indent = " ".repeat(widths.values[0] + 4);
    rows.iter()
        .map(|row| format!("{}{indent}{}\n", lines(&[row], widths, style), row.place))
        .collect()
}

fn lines(rows: &[&Row<'_>], widths: &Widths, style: Style) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    if style.color == Color::Styled {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    for row in rows {
        let mut cells = cells(row, style);
        cells.extend(widths.place.map(|_| Cell::new(&row.place)));
        table.add_row(cells);
    }
    for (index, width) in widths.values.iter().chain(&widths.place).enumerate() {
        if let Some(column) = table.column_mut(index) {
            let width = u16::try_from(width + 2).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
    }
    table
        .lines()
        .map(|line| format!(" {}\n", line.trim_end()))
        .collect()
}

fn cells(row: &Row<'_>, style: Style) -> Vec<Cell> {
    let difference = row.difference;
    let kind = Cell::new(difference.label());
    let kind = match (style.color, difference.kind) {
        (Color::Plain, _) => kind,
        (_, Kind::Missing | Kind::Weakened) => kind.fg(Paint::Red).add_attribute(Attribute::Bold),
        (_, Kind::Changed | Kind::Undeployed) => kind.fg(Paint::Yellow),
        _ => kind.fg(Paint::Cyan),
    };
    let [live, intended] = sides(difference, shown);
    vec![
        kind,
        Cell::new(property(&difference.property)),
        Cell::new(format!("live {live}")),
        Cell::new(format!("policy {intended}")),
    ]
}

/// What the cloud itself said last of the stack that the resource is in.
fn verdict(rows: &[&Row<'_>]) -> String {
    let verdict = rows
        .iter()
        .find_map(|row| row.difference.stack_drift.as_ref());
    let Some(StackDrift { status, checked }) = verdict else {
        return String::new();
    };
    let at = checked.iter().map(|at| format!(" at {at}"));
    let at: String = at.collect();
    format!("  its stack's own drift detection{at}: {status}\n")
}

/// A property's path without what all of a provider's share.
fn property(pointer: &str) -> String {
    let path = pointer.trim_start_matches('/').replace('/', ".");
    let path = path.replace("~1", "/").replace("~0", "~");
    path.strip_prefix("properties.").unwrap_or(&path).to_owned()
}

/// Documents are shown as a diff below the table.
fn shown(value: &serde_json::Value) -> String {
    match is_document(value) {
        true => "see below".to_owned(),
        false => brief(value),
    }
}

/// A unified diff from live to policy where the value is a whole document.
fn document(difference: &Difference) -> String {
    if !is_document(&difference.intended) && !is_document(&difference.live) {
        return String::new();
    }
    let pretty = |value: &serde_json::Value| match value {
        serde_json::Value::Null => String::new(),
        value => serde_json::to_string_pretty(value).unwrap_or_default() + "\n",
    };
    let (live, intended) = (pretty(&difference.live), pretty(&difference.intended));
    let diff = TextDiff::from_lines(&live, &intended);
    let header = format!("{}{}", difference.resource, difference.property);
    format!(
        "{}\n",
        diff.unified_diff()
            .context_radius(3)
            .header(&format!("live   {header}"), &format!("policy {header}"))
    )
}

/// Each restoring command once, in the order of the table; apart from them those that deploy what is
/// only proposed, and those that would weaken a live value: nobody shall paste them along with the
/// others.
fn commands(rows: &[Row<'_>]) -> [String; 3] {
    let of = |kinds: fn(Kind) -> bool| -> Vec<&Row<'_>> {
        rows.iter()
            .filter(|row| kinds(row.difference.kind))
            .collect()
    };
    let restore = of(|kind| !matches!(kind, Kind::Strengthened | Kind::Proposed));
    let weaken = of(|kind| kind == Kind::Strengthened);
    [
        list(
            "To restore what the policy asks for (backstay never runs these):",
            &restore,
        ),
        list(
            "To deploy what this change proposes, once it is merged:",
            &of(|kind| kind == Kind::Proposed),
        ),
        list(
            "Stronger than the policy: write the live values into it. These would weaken them:",
            &weaken,
        ),
    ]
}

fn list(title: &str, rows: &[&Row<'_>]) -> String {
    let mut seen = HashSet::new();
    let commands: String = rows
        .iter()
        .filter_map(|row| row.difference.restore.as_deref())
        .filter(|command| seen.insert(*command))
        .map(|command| format!("  {command}\n"))
        .collect();
    match commands.is_empty() {
        true => commands,
        false => format!("{title}\n{commands}"),
    }
}

/// What there is to do where no command does it, in the order of the table.
fn advice(rows: &[Row<'_>]) -> String {
    let advice: String = rows
        .iter()
        .filter(|row| row.difference.restore.is_none() && !row.fix.is_empty())
        .map(|row| {
            let Difference {
                resource,
                property: pointer,
                ..
            } = row.difference;
            let property = property(pointer);
            let space = if property.is_empty() { "" } else { " " };
            format!("  {resource}{space}{property}: {}\n", row.fix)
        })
        .collect();
    match advice.is_empty() {
        true => advice,
        false => format!("What no command restores:\n{advice}"),
    }
}
