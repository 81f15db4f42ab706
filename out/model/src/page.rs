//! Reports as one page of HTML, without scripts and without anything from elsewhere: everything that comes from data is escaped.

use std::fmt::Write as _;

use crate::text::harmless;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ddd}
.bad{color:#a40000;font-weight:600}.good{color:#1b6e2e}svg{vertical-align:middle}rect{fill:#4472c4}";

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
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1>\n{body}</body></html>\n"
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

/// A table.
#[must_use]
pub fn table(header: &[&str], rows: &[Vec<Html>]) -> Html {
    let mut out = String::from("<table><tr>");
    out.extend(header.iter().map(|name| format!("<th>{}</th>", shown(name).0)));
    out.push_str("</tr>\n");
    for row in rows {
        out.push_str("<tr>");
        out.extend(row.iter().map(|cell| format!("<td>{}</td>", cell.0)));
        out.push_str("</tr>\n");
    }
    Html(out + "</table>\n")
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
    let mut out = format!("<svg width=\"{}\" height=\"30\" role=\"img\">", 8 * counts.len());
    for (place, count) in counts.iter().enumerate() {
        let height = (count / most * 30.0).ceil() as u32;
        let _ = write!(out, "<rect x=\"{}\" y=\"{}\" width=\"7\" height=\"{height}\"/>", 8 * place, 30 - height);
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
            "<rect x=\"16\" y=\"0\" width=\"7\" height=\"30\"/>",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains("http") && !page.contains("src="), "{page}");
        assert_eq!(bars(&[]), Html::default());
    }
}
