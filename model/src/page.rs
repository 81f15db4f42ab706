//! Reports as one page of HTML, without scripts and without anything from elsewhere: everything that comes from data is escaped.

use std::fmt::Write as _;

use crate::text::harmless;

const STYLE: &str = ":root{color-scheme:light dark;--bad:#a40000;--good:#1b6e2e;--bar:#4472c4;--line:#ccc}
@media (prefers-color-scheme:dark){:root{--bad:#ff9c9c;--good:#7ee2a0;--bar:#86a9e8;--line:#555}}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;background:Canvas;color:CanvasText}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem;border-bottom:1px solid var(--line)}
.bad{color:var(--bad);font-weight:600}.good{color:var(--good)}svg{vertical-align:middle;max-width:100%}
rect,circle{fill:var(--bar)}circle{opacity:.5}line{stroke:var(--line)}svg[viewBox]{height:auto}
h1,h2,p{overflow-wrap:anywhere}.wide{overflow-x:auto}";

/// Points that a drawing shows at most.
const POINTS: usize = 1_000;

/// A piece of HTML: only this module makes one, from text that it escapes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

/// Text as HTML.
#[must_use]
pub fn shown(text: &str) -> Html {
    let mut out = String::with_capacity(text.len());
    for character in harmless(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            other => out.push(other),
        }
    }
    Html(out)
}

/// A whole document.
#[must_use]
pub fn page(title: &str, parts: &[Html]) -> String {
    let title = shown(title).0;
    let body: String = parts.iter().map(|part| part.0.as_str()).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><main><h1>{title}</h1>\n{body}</main></body></html>\n"
    )
}

/// A heading.
#[must_use]
pub fn heading(text: &str) -> Html {
    Html(format!("<h2>{}</h2>\n", shown(text).0))
}

/// A paragraph.
#[must_use]
pub fn paragraph(text: &str) -> Html {
    Html(format!("<p>{}</p>\n", shown(text).0))
}

/// A table; where it is wider than the window it is scrolled, by keyboard too.
#[must_use]
pub fn table(header: &[&str], rows: &[Vec<Html>]) -> Html {
    let name = shown(&header.join(", ")).0;
    let mut out = format!("<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"{name}\"><table><tr>");
    out.extend(header.iter().map(|name| format!("<th scope=\"col\">{}</th>", shown(name).0)));
    out.push_str("</tr>\n");
    for row in rows {
        out.push_str("<tr>");
        out.extend(row.iter().map(|cell| format!("<td>{}</td>", cell.0)));
        out.push_str("</tr>\n");
    }
    Html(out + "</table></div>\n")
}

/// What a check found.
#[must_use]
pub fn verdict(failure: Option<&str>) -> Html {
    Html(match failure {
        None => "<span class=\"good\">passed</span>".to_owned(),
        Some(why) => format!("<span class=\"bad\">{}</span>", shown(why).0),
    })
}

/// What a check found, with more to say where it passed.
#[must_use]
pub fn found(failure: Option<&str>, more: &str) -> Html {
    let Html(mut verdict) = verdict(failure);
    if !more.is_empty() {
        verdict += ": ";
        verdict += &shown(more).0;
    }
    Html(verdict)
}

/// A small histogram.
#[must_use]
pub fn bars(counts: &[f64]) -> Html {
    let most = counts.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return Html::default();
    }
    let mut out = format!("<svg width=\"{}\" height=\"30\" aria-hidden=\"true\">", 8 * counts.len());
    for (place, count) in counts.iter().enumerate() {
        let height = (count / most * 30.0).ceil() as u32;
        let _ = write!(out, "<rect x=\"{}\" y=\"{}\" width=\"7\" height=\"{height}\"/>", 8 * place, 30 - height);
    }
    Html(out + "</svg>")
}

/// A bar as long as the value is of the greatest one; the number itself stands beside it.
#[must_use]
pub fn meter(value: f64, most: f64) -> Html {
    let share = if most > 0.0 { (value.abs() / most).min(1.0) } else { 0.0 };
    let width = if share.is_finite() { 160.0 * share } else { 0.0 };
    Html(format!(
        "<svg width=\"160\" height=\"12\" aria-hidden=\"true\"><rect y=\"1\" width=\"{width:.1}\" height=\"10\"/></svg>"
    ))
}

/// Points, both axes from the least to the greatest of all numbers, with the line on which both are the same.
#[must_use]
pub fn scatter(across: &[f64], up: &[f64], said: &str) -> Html {
    let pairs = || across.iter().zip(up).filter(|(x, y)| x.is_finite() && y.is_finite()).take(POINTS);
    let all = || pairs().flat_map(|(x, y)| [*x, *y]);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return Html::default();
    }
    // halves, so that the distance of the greatest numbers is one too
    let spread = if high > low { high / 2.0 - low / 2.0 } else { 1.0 };
    let place = |value: f64| 300.0 * (value / 2.0 - low / 2.0) / spread;
    let mut out = format!(
        "<svg width=\"320\" height=\"320\" viewBox=\"0 0 320 320\" role=\"img\" aria-label=\"{}\">",
        shown(said).0
    );
    out.push_str("<line x1=\"10\" y1=\"310\" x2=\"310\" y2=\"10\"/>");
    for (x, y) in pairs() {
        let _ = write!(out, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"/>", 10.0 + place(*x), 310.0 - place(*y));
    }
    Html(out + "</svg>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_data_is_text_in_a_page() {
        let rows = [vec![
            shown("<script>alert('x')</script>"),
            verdict(Some("##vso[x] \u{1b}[31m \"&")),
            bars(&[1.0, 0.0, 2.0]),
        ]];
        let page = page("a < b", &[heading("<h>"), paragraph("p & q"), table(&["<c>"], &rows)]);
        for expected in [
            "<title>a &lt; b</title>",
            "<td>&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;</td>",
            "# #vso[x] \\u{1b}[31m &quot;&amp;",
            "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"&lt;c&gt;\"><table>",
            "<rect x=\"16\" y=\"0\" width=\"7\" height=\"30\"/>",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains("http") && !page.contains("src="), "{page}");
        assert_eq!(bars(&[]), Html::default());
        assert!(scatter(&[0.0, 10.0], &[0.0, 5.0], "<s>").0.contains("&lt;s&gt;"));
        assert!(scatter(&[0.0, 10.0], &[0.0, 5.0], "s").0.contains("<circle cx=\"310.0\" cy=\"160.0\""));
        assert_eq!(scatter(&[f64::NAN], &[1.0], "s"), Html::default());
        assert!(meter(-1.0, 2.0).0.contains("width=\"80.0\"") && meter(f64::NAN, 0.0).0.contains("width=\"0.0\""));
    }
}
