//! Lines that hold nothing but a tag leave nothing in the output.

/// Moves the line break behind a tag that stands alone on its line into the tag, and drops the indentation before it.
///
/// The tag then prints nothing, not even an empty line, and every other line keeps its number in error reports.
pub(super) fn swallow_tag_lines(template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    let mut inside = None;
    for line in template.split_inclusive('\n') {
        let text = line.trim();
        let opened = inside.or_else(|| opening(text));
        match opened {
            Some(close) if text.ends_with(close) && (inside.is_some() || text.matches(close).count() == 1) => {
                let start = if inside.is_some() { line } else { line.trim_start() };
                let body = start.trim_end().strip_suffix(close).unwrap_or(start);
                out.push_str(body);
                if line.ends_with('\n') {
                    out.push('\n');
                }
                out.push_str(close);
                inside = None;
            }
            Some(close) if !text.contains(close) => {
                out.push_str(if inside.is_some() { line } else { line.trim_start() });
                inside = Some(close);
            }
            _ => {
                out.push_str(line);
                inside = None;
            }
        }
    }
    out
}

fn opening(text: &str) -> Option<&'static str> {
    if text.starts_with("{%") {
        Some("%}")
    } else if text.starts_with("<#") {
        Some("#>")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::swallow_tag_lines;

    #[test]
    fn a_tag_alone_on_its_line_takes_its_line_break_along() {
        assert_eq!(
            swallow_tag_lines("a\n  {% if x %}\n  b\n  {% endif %}\nc\n"),
            "a\n{% if x \n%}  b\n{% endif \n%}c\n"
        );
    }

    #[test]
    fn a_tag_beside_text_stays_as_it_is() {
        assert_eq!(swallow_tag_lines("a {% if x %}b{% endif %}\n"), "a {% if x %}b{% endif %}\n");
        assert_eq!(swallow_tag_lines("{% if x %}b{% endif %}\n"), "{% if x %}b{% endif %}\n");
    }

    #[test]
    fn a_comment_over_several_lines_leaves_nothing() {
        assert_eq!(swallow_tag_lines("<# one\n   two #>\na\n"), "<# one\n   two \n#>a\n");
    }
}
