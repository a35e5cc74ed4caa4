//! Values as Markdown shows them and never obeys them.

/// More backticks than the text has in a row.
pub(super) fn fence(text: &str, least: usize) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    "`".repeat(runs.max().map_or(least, |longest| least.max(longest + 1)))
}

/// A text as a code span: no mention, link or markup in it counts.
pub(super) fn code(text: &str) -> String {
    let text = line(text);
    if text.is_empty() {
        return text;
    }
    let fence = fence(&text, 1);
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// A code span in a table, where a bar would end the cell even there.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Our own sentences, which quote names and values: every sign with a meaning is taken literally,
/// and a mention notifies nobody.
pub(in crate::report) fn prose(text: &str) -> String {
    let text = html(&line(text));
    let special = |c: char| "\\`*_[]#|~!".contains(c);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '@' => shown += "@\u{200b}",
            c if special(c) => {
                shown.push('\\');
                shown.push(c);
            }
            c => shown.push(c),
        }
    }
    shown
}

pub(super) fn html(text: &str) -> String {
    line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}
