//! Drift as a table, with diffs of whole documents and the commands that restore the intent.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color as Paint, ContentArrangement, Table};
use similar::TextDiff;

use super::{Color, Style};
use crate::drift::brief;
use crate::finding::{Difference, Finding, Kind};
use crate::source::Sources;

/// The differences as rows, in the order given.
pub(super) fn render(sources: &Sources, findings: &[&Finding], style: Style) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(style.width).unwrap_or(u16::MAX))
        .set_header([
            "KIND",
            "RESOURCE",
            "PROPERTY",
            "LIVE",
            "POLICY",
            "ASKED FOR AT",
        ]);
    if style.color == Color::Styled {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    for finding in findings {
        if let Some(difference) = finding.difference.as_deref() {
            let place = finding.place.map(|place| sources.link(place));
            table.add_row(row(difference, place.unwrap_or_default(), style));
        }
    }
    let mut text: String = table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    for difference in findings
        .iter()
        .filter_map(|finding| finding.difference.as_deref())
    {
        text += &document(difference);
    }
    text += &commands(findings);
    text
}

fn row(difference: &Difference, place: String, style: Style) -> Vec<Cell> {
    let kind = Cell::new(difference.kind.name());
    let kind = match (style.color, difference.kind) {
        (Color::Plain, _) => kind,
        (_, Kind::Missing | Kind::Weakened) => kind.fg(Paint::Red).add_attribute(Attribute::Bold),
        (_, Kind::Changed | Kind::Undeployed) => kind.fg(Paint::Yellow),
        _ => kind.fg(Paint::Cyan),
    };
    let name = difference.resource.rsplit(' ').next().unwrap_or_default();
    vec![
        kind,
        Cell::new(name),
        Cell::new(
            difference
                .property
                .trim_start_matches('/')
                .replace('/', "."),
        ),
        Cell::new(brief(&difference.live)),
        Cell::new(brief(&difference.intended)),
        Cell::new(place),
    ]
}

/// A unified diff from live to policy where the value is a whole document.
fn document(difference: &Difference) -> String {
    let whole = |value: &serde_json::Value| value.is_object() || value.is_array();
    if !whole(&difference.intended) && !whole(&difference.live) {
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
        "\n{}",
        diff.unified_diff()
            .context_radius(3)
            .header(&format!("live   {header}"), &format!("policy {header}"))
    )
}

/// Each restoring command once, in the order of the table.
fn commands(findings: &[&Finding]) -> String {
    let mut seen = std::collections::HashSet::new();
    let commands: String = findings
        .iter()
        .filter_map(|finding| finding.difference.as_deref()?.restore.as_deref())
        .filter(|command| seen.insert(*command))
        .map(|command| format!("  {command}\n"))
        .collect();
    match commands.is_empty() {
        true => commands,
        false => format!(
            "\nTo restore what the policy asks for (backstay never runs these):\n{commands}"
        ),
    }
}
