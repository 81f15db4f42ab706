//! Bars over time: when something waited, and when it went.

use super::{at, cut, line, picture, rect, text};
use crate::html::Html;
use crate::state::Mood;

/// One bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// How deep it stands below others.
    pub depth: u8,
    /// How it went.
    pub mood: Mood,
    /// From when to when it waited, in seconds.
    pub waited: Option<(f64, f64)>,
    /// From when to when it went, in seconds.
    pub ran: Option<(f64, f64)>,
    /// What stands behind the bar: what it waited for.
    pub note: String,
}

const WIDTH: f64 = 1000.0;
const NAMES: f64 = 270.0;
const RIGHT: f64 = 15.0;
const HEIGHT: f64 = 24.0;
const TOP: f64 = 26.0;

/// The bars of `rows` over `whole` seconds.
pub fn timeline(name: &str, rows: &[Row], whole: f64) -> Html {
    let whole = if whole.is_finite() { whole.max(0.001) } else { 0.001 };
    let width = WIDTH - NAMES - RIGHT;
    let x = |second: f64| NAMES + second.clamp(0.0, whole) / whole * width;
    let bottom = TOP + HEIGHT * rows.len() as f64;
    picture(name, (WIDTH, bottom + 8.0), |svg| {
        for tick in ticks(whole) {
            line(svg, (x(tick), TOP - 4.0), (x(tick), bottom));
            let anchor = if tick == 0.0 { "start" } else { "middle" };
            text(svg, "soft", (x(tick).min(WIDTH - 25.0), TOP - 10.0), anchor, &span(tick));
        }
        for (index, row) in rows.iter().enumerate() {
            let y = TOP + HEIGHT * index as f64;
            let indent = 16.0 * f64::from(row.depth);
            let most = 40_usize.saturating_sub(usize::from(row.depth) * 3);
            text(
                svg,
                if row.depth == 0 { "" } else { "soft" },
                (4.0 + indent, y + 16.0),
                "start",
                &cut(&row.name, most),
            );
            if let Some((from, to)) = row.waited.filter(|(from, to)| to > from) {
                rect(svg, "box waiting held", (x(from), y + 8.0), (x(to) - x(from), HEIGHT - 16.0));
            }
            let mut end = row.waited.map_or(0.0, |(_, to)| to);
            if let Some((from, to)) = row.ran {
                let class = format!("box {}", row.mood.class());
                let thin = if row.depth == 0 { 4.0 } else { 7.0 };
                rect(svg, &class, (x(from), y + thin), ((x(to) - x(from)).max(3.0), HEIGHT - 2.0 * thin));
                end = to.max(end);
            }
            if !row.note.is_empty() {
                let begin = row.waited.or(row.ran).map_or(end, |(from, _)| from);
                note(svg, row, (x(begin), x(end)), y);
            }
        }
    })
}

/// What stands behind a bar; before it where there is no room behind, and over it where there is none before.
fn note(svg: &mut Html, row: &Row, (begin, end): (f64, f64), y: f64) {
    let room = |width: f64| (width / 6.3).max(0.0) as usize;
    let length = row.note.chars().count();
    let behind = room(WIDTH - RIGHT - end - 8.0);
    if length <= behind || behind > 30 {
        text(svg, "soft", (end + 8.0, y + 16.0), "start", &cut(&row.note, behind.max(1)));
    } else if length <= room(begin - NAMES - 8.0) {
        text(svg, "soft", (begin - 8.0, y + 16.0), "end", &row.note);
    } else {
        text(svg, "soft", (WIDTH - RIGHT - 4.0, y + 16.0), "end", &cut(&row.note, 60));
    }
}

/// Seconds for people: `0 s`, `90 s`, `3 min`, `2 h`.
pub fn span(seconds: f64) -> String {
    match seconds {
        seconds if seconds >= 7200.0 => format!("{} h", trimmed(seconds / 3600.0)),
        seconds if seconds >= 120.0 => format!("{} min", trimmed(seconds / 60.0)),
        seconds => format!("{} s", trimmed(seconds)),
    }
}

fn trimmed(number: f64) -> String {
    let text = at(number);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Round times up to the whole, about six.
fn ticks(whole: f64) -> Vec<f64> {
    let steps =
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0];
    let step = steps.into_iter().find(|step| whole / step <= 7.0).unwrap_or(whole / 5.0);
    (0..=7).map(|count| f64::from(count) * step).take_while(|tick| *tick <= whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_where_its_time_is() {
        let row = |from, to| Row { name: "<s>".to_owned(), ran: Some((from, to)), mood: Mood::Good, ..Row::default() };
        let drawn = timeline("Stages", &[row(0.0, 5.0), row(5.0, 10.0)], 10.0);
        let half = at((WIDTH - NAMES - RIGHT) / 2.0);
        assert!(drawn.as_str().contains("aria-label=\"Stages\""), "{}", drawn.as_str());
        for x in [NAMES, NAMES + (WIDTH - NAMES - RIGHT) / 2.0] {
            let expected = format!("class=\"box good\" x=\"{}\"", at(x));
            assert!(drawn.as_str().contains(&expected), "{expected}: {}", drawn.as_str());
        }
        assert!(drawn.as_str().contains(&format!("width=\"{half}\"")), "{}", drawn.as_str());
        assert!(drawn.as_str().contains("&lt;s&gt;") && !drawn.as_str().contains("<s>"));
    }

    #[test]
    fn times_without_an_end_or_sense_draw_something() {
        for whole in [0.0, f64::NAN, f64::INFINITY, -1.0] {
            let row = Row { ran: Some((f64::NAN, 1e300)), waited: Some((3.0, 1.0)), ..Row::default() };
            assert!(timeline("t", &[row], whole).as_str().contains("<svg"));
        }
    }

    #[test]
    fn spans_are_for_people() {
        for (seconds, expected) in [(0.0, "0 s"), (0.5, "0.5 s"), (90.0, "90 s"), (150.0, "2.5 min"), (7200.0, "2 h")] {
            assert_eq!(span(seconds), expected);
        }
    }
}
