//! Mistakes for people: the line, underlined, in a terminal; one line each in a log.

use std::fmt::Write as _;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};

use super::{Diagnostic, Report};

/// Mistakes beyond this number are counted, not shown.
const SHOWN: usize = 100;

/// Lines longer than this are not drawn: what is underlined would scroll off the screen.
const LONGEST_LINE: usize = 400;

/// How mistakes are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With the line and an underline; `color` is off under `NO_COLOR`.
    Graphical {
        /// Whether to use colours.
        color: bool,
        /// Columns of the terminal.
        width: usize,
    },
    /// `file:line:column: message`, one line each, with the advice in a second one.
    Plain,
}

impl Report {
    /// The mistakes for people, with the lines that they are in.
    pub fn render(&self, style: Style) -> String {
        render(self, style)
    }
}

fn render(report: &Report, style: Style) -> String {
    let mut out = String::new();
    let shown = &report.diagnostics[..report.diagnostics.len().min(SHOWN)];
    for diagnostic in shown {
        match style {
            Style::Graphical { color, width } if short_line(report, diagnostic) => {
                graphical(report, diagnostic, color, width, &mut out);
            }
            _ => plain(diagnostic, &mut out),
        }
    }
    if report.diagnostics.len() > shown.len() {
        let _ = writeln!(out, "{} more mistakes are not shown", report.diagnostics.len() - shown.len());
    }
    out
}

fn short_line(report: &Report, diagnostic: &Diagnostic) -> bool {
    // The line before and the line after are drawn too.
    let lines = report.source.lines().skip(diagnostic.line.saturating_sub(2)).take(3);
    lines.map(str::len).max().unwrap_or(0) <= LONGEST_LINE
}

fn plain(diagnostic: &Diagnostic, out: &mut String) {
    let Diagnostic { file, line, column, message, help, .. } = diagnostic;
    let _ = writeln!(out, "{file}:{line}:{column}: {message}");
    if let Some(help) = help {
        let _ = writeln!(out, "  help: {help}");
    }
}

fn graphical(report: &Report, diagnostic: &Diagnostic, color: bool, width: usize, out: &mut String) {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width.max(40)).with_links(false);
    let view = View { report, diagnostic, source: NamedSource::new(&report.file, report.source.clone()) };
    if handler.render_report(out, &view).is_err() {
        plain(diagnostic, out);
    }
}

/// One mistake as miette wants it.
struct View<'r> {
    report: &'r Report,
    diagnostic: &'r Diagnostic,
    source: NamedSource<String>,
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.report.file, self.diagnostic.message)
    }
}

impl std::fmt::Display for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for View<'_> {}

impl miette::Diagnostic for View<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let here = LabeledSpan::underline(self.diagnostic.span.clone());
        let also = self.diagnostic.also.clone().map(|span| LabeledSpan::at(span, "the other one"));
        Some(Box::new(std::iter::once(here).chain(also)))
    }
}
