//! The checks as JUnit XML, which the task PublishTestResults reads.

use super::{DataTest, Outcome};
use std::fmt::Write as _;

/// The checks as a JUnit file: a suite for each subject, a test case for each check.
#[must_use]
pub fn junit_xml(test: &DataTest) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"data-test\">\n".to_owned();
    for suite in ["schema", "values", "distribution"] {
        let checks: Vec<_> = test.checks.iter().filter(|c| c.suite == suite).collect();
        if checks.is_empty() {
            continue;
        }
        let count = |matches: fn(&Outcome) -> bool| checks.iter().filter(|c| matches(&c.outcome)).count();
        let failures = count(|o| matches!(o, Outcome::Failed(_)));
        let skipped = count(|o| matches!(o, Outcome::Skipped(_)));
        // Writing to a string does not fail.
        let _ = writeln!(
            xml,
            "  <testsuite name=\"data-test.{suite}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\">",
            checks.len()
        );
        for check in checks {
            let _ = write!(
                xml,
                "    <testcase classname=\"data-test.{suite}\" name=\"{}\" time=\"0\"",
                escape(&check.name)
            );
            let _ = match &check.outcome {
                Outcome::Passed(_) => writeln!(xml, "/>"),
                Outcome::Failed(why) => {
                    let why = escape(why);
                    writeln!(xml, "><failure message=\"{why}\" type=\"{suite}\">{why}</failure></testcase>")
                }
                Outcome::Skipped(why) => writeln!(xml, "><skipped message=\"{}\"/></testcase>", escape(why)),
            };
        }
        xml.push_str("  </testsuite>\n");
    }
    xml + "</testsuites>\n"
}

/// Text as XML content or attribute; characters that XML 1.0 has no place for become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", c as u32);
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_cannot_end_an_attribute_or_an_element() {
        assert_eq!(escape("a<b>&\"c\"\n\u{1}"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}");
    }
}
