//! An estimate as people read it.

use std::cmp::Ordering;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::many;
use super::markdown::escape::prose;
use crate::cost::{Changed, Estimate, Item, Money, Priced};

const HEADS: [&str; 6] = ["database", "backup", "in", "GiB", "free", "a month"];
/// Bytes of one Markdown table: two of them fit the comment of a pull request, which has 65,536 signs.
const LONGEST: usize = 30_000;

const CHANGES: [&str; 3] = ["what changes", "before", "after"];

/// A table as wide as the terminal at the most, and what it stands on.
pub fn text(estimate: &Estimate, width: usize) -> String {
    let mut text = table(HEADS, rows(estimate), width, 3);
    text += &format!("\n{}\n", total(estimate));
    let changed = estimate.changed.as_ref();
    if let Some(changed) = changed.filter(|changed| !changed.databases.is_empty()) {
        text += &table(CHANGES, changes(changed), width, 1);
    }
    text + &notes(estimate).join("\n") + "\n"
}

fn table<const N: usize>(
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    width: usize,
    words: usize,
) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .force_no_tty()
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(heads);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(words) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = table.lines();
    lines
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// The same for a pull request.
pub fn markdown(estimate: &Estimate) -> String {
    let mut text = format!("**{}**\n", prose(&total(estimate)));
    let changed = estimate.changed.as_ref();
    if let Some(changed) = changed.filter(|changed| !changed.databases.is_empty()) {
        text += &markdown_table(CHANGES, changes(changed), 1);
    }
    let details = markdown_table(HEADS, rows(estimate), 3);
    text += &format!("\n<details><summary>All databases</summary>\n{details}\n</details>\n\n");
    let notes = notes(estimate);
    let notes = notes.iter().map(|note| format!("- {}\n", prose(note)));
    text + &notes.collect::<String>()
}

fn markdown_table<const N: usize>(
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    words: usize,
) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.join(" | "));
    let rule: [String; N] = std::array::from_fn(|column| match column < words {
        true => "---".to_owned(),
        false => "---:".to_owned(),
    });
    let mut text = format!("\n{}{}", line(heads.map(str::to_owned)), line(rule));
    let mut left = 0_usize;
    for row in rows {
        match text.len() < LONGEST {
            true => text += &line(row.map(|text| prose(&text))),
            false => left += 1,
        }
    }
    if left > 0 {
        text += &format!("\n… and {} more: see `--format json`\n", many(left, "line"));
    }
    text
}

/// The databases that cost another amount than before.
fn changes(changed: &Changed) -> impl Iterator<Item = [String; 3]> {
    let amount = |money: Option<Money>| money.map_or("-".to_owned(), |money| money.to_string());
    changed.databases.iter().map(move |change| {
        [
            change.database.clone(),
            amount(change.before),
            amount(change.after),
        ]
    })
}

/// One for each database, and below it one for each of its items.
fn rows(estimate: &Estimate) -> impl Iterator<Item = [String; 6]> {
    estimate.databases.iter().flat_map(|database| {
        let items = database.items.iter().map(|item| {
            let holder = match item.region == item.holder {
                true => item.holder.clone(),
                false => format!("{} ({})", item.holder, item.region),
            };
            let numbers = [gib(item.stored_gib), gib(item.free_gib), priced(item)];
            let [stored, free, monthly] = numbers;
            let backup = item.what.to_owned();
            [String::new(), backup, holder, stored, free, monthly]
        });
        [head(database)].into_iter().chain(items)
    })
}

fn head(database: &Priced) -> [String; 6] {
    let nothing = String::new;
    let monthly = match database.size_gib {
        Some(_) => database.monthly.to_string(),
        None => "no size".to_owned(),
    };
    let size = database.size_gib.map(|size| format!("{size} GiB"));
    [
        database.database.clone(),
        size.unwrap_or_default(),
        database.location.clone(),
        nothing(),
        nothing(),
        monthly,
    ]
}

fn priced(item: &Item) -> String {
    let monthly = item.monthly.as_ref().map(Money::to_string);
    monthly.unwrap_or_else(|| "no price".to_owned())
}

fn gib(number: f64) -> String {
    match number > 0.0 {
        true => format!("{number:.1}"),
        false => "-".to_owned(),
    }
}

fn total(estimate: &Estimate) -> String {
    let Estimate {
        monthly,
        currency,
        date,
        ..
    } = estimate;
    let change = match &estimate.changed {
        None => String::new(),
        Some(Changed { before, .. }) => match before.cmp(monthly) {
            Ordering::Less => format!(", {} more than before", monthly.less(*before)),
            Ordering::Equal => ", as before".to_owned(),
            Ordering::Greater => format!(", {} less than before", before.less(*monthly)),
        },
    };
    format!("{monthly} {currency} a month{change}, at prices of {date}")
}

/// What is not counted, what is assumed, and what to do about either; a line each.
fn notes(estimate: &Estimate) -> Vec<String> {
    let databases = estimate.databases.iter();
    let sizeless: Vec<&str> = databases
        .clone()
        .filter(|database| database.size_gib.is_none())
        .map(|database| database.database.as_str())
        .collect();
    let items = databases.flat_map(|database| &database.items);
    let unpriced = items.filter(|item| item.monthly.is_none()).count();
    let percent = |share: Option<f64>| share.unwrap_or_default() * 100.0;
    let assumed = estimate.assumptions;
    let mut notes = Vec::new();
    if !sizeless.is_empty() {
        notes.push(format!(
            "Not counted: {} without `size`, as {}",
            many(sizeless.len(), "database"),
            sizeless[0],
        ));
    }
    if unpriced > 0 {
        notes.push(format!(
            "Not counted: {} without a price: give your own with --prices",
            many(unpriced, "item"),
        ));
    }
    notes.push(format!(
        "Assumed: {} % of the blocks change in a day, a dump has {} % of the database's size, an export {} %",
        percent(assumed.daily_change),
        percent(assumed.dump_ratio),
        percent(assumed.export_ratio),
    ));
    notes.push(
        "Left out: instances, replicas, keys, requests, and what leaves the cloud".to_owned(),
    );
    notes
}
