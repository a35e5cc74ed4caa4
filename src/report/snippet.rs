//! A finding with the lines it speaks of.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};

use super::{Color, Style};
use std::borrow::Cow;
use std::collections::HashSet;

use crate::finding::{Finding, Severity};
use crate::source::{FileId, Place, Position, Sources};

/// Lines that hold a secret: no snippet shows what stands behind their first colon.
pub(super) struct Secrets(HashSet<(FileId, usize)>);

impl Secrets {
    pub fn of(sources: &Sources, findings: &[Finding]) -> Secrets {
        let secret = findings
            .iter()
            .filter(|finding| finding.code.hides_its_line);
        let lines = secret.filter_map(|finding| finding.place);
        Secrets(
            lines
                .map(|place| (place.file, sources.position(place).line))
                .collect(),
        )
    }
}

/// The lines of one place, cut out of their file so that a report on a large workspace stays
/// linear in its findings.
struct Cut<'a> {
    path: String,
    text: Cow<'a, str>,
    at: Position,
    span: std::ops::Range<usize>,
}

fn cut<'a>(sources: &'a Sources, place: Place, secrets: &Secrets) -> Cut<'a> {
    let source = sources.get(place.file);
    let text = source.text();
    let start = text.floor_char_boundary(place.start as usize);
    // A value of many lines is shown by its first.
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = text.floor_char_boundary((place.end as usize).clamp(start, to));
    let at = source.position(place.start);
    let shown = text[from..to].trim_end_matches('\r');
    let shown = match secrets.0.contains(&(place.file, at.line)) {
        true => Cow::Owned(mask(shown)),
        false => Cow::Borrowed(shown),
    };
    let within = |at: usize| shown.floor_char_boundary((at - from).min(shown.len()));
    Cut {
        path: source.display_path(),
        at,
        span: within(start)..within(end),
        text: shown,
    }
}

fn mask(line: &str) -> String {
    let key = line.split_once(':').map_or("", |(key, _)| key);
    format!("{key}: ***")
}

/// Longest line that is shown, in bytes: nobody reads one of a whole file, and each finding would cost
/// all of it.
const LONGEST: usize = 4096;

fn snippet<'a>(cut: Cut<'a>, kind: AnnotationKind, label: &'a str) -> Element<'a> {
    if cut.text.len() > LONGEST {
        let Position { line, column } = cut.at;
        return Origin::path(cut.path).line(line).char_column(column).into();
    }
    let annotation = kind.span(cut.span);
    let annotation = match label {
        "" => annotation,
        label => annotation.label(label),
    };
    Snippet::source(cut.text)
        .line_start(cut.at.line)
        .path(cut.path)
        .annotation(annotation)
        .into()
}

/// Title, snippet, labels, why and fix.
pub(super) fn render(
    sources: &Sources,
    secrets: &Secrets,
    finding: &Finding,
    style: Style,
) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group = level
        .primary_title(&finding.message)
        .id(finding.code.name)
        .elements(
            finding
                .place
                .map(|place| snippet(cut(sources, place, secrets), AnnotationKind::Primary, "")),
        );
    for (place, label) in &finding.labels {
        group = group.element(snippet(
            cut(sources, *place, secrets),
            AnnotationKind::Context,
            label,
        ));
    }
    if !finding.why.is_empty() {
        group = group.element(Level::NOTE.message(&finding.why));
    }
    if !finding.fix.is_empty() {
        group = group.element(Level::HELP.message(&finding.fix));
    }
    let renderer = match style.color {
        Color::Plain => Renderer::plain(),
        Color::Styled => Renderer::styled(),
    };
    renderer
        .decor_style(DecorStyle::Ascii)
        .term_width(style.width)
        .render(&[group])
}
