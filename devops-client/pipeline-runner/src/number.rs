//! The number of a run, by the format of the pipeline's `name`.

use azure_pipelines::template::expand_macros;

/// The number that a format gives: `$(Date:yyyyMMdd)`, `$(Rev:r)`, `$(BuildID)`, `$(SourceBranchName)` and so on, and
/// variables. `date` is year, month, day, hour, minute, second.
pub fn build_number(format: &str, date: [u32; 6], revision: u32, variable: impl Fn(&str) -> Option<String>) -> String {
    let text = expand_macros(format, |name| match name.split_once(':') {
        Some((word, pattern)) if word.eq_ignore_ascii_case("date") => Some(dated(pattern, date)),
        Some((word, pattern)) if word.eq_ignore_ascii_case("rev") => {
            Some(format!("{revision:0width$}", width = pattern.len()))
        }
        _ => variable(name),
    });
    // what run numbers cannot hold becomes an underscore, as the service does it for branches
    let text: String = text.chars().map(|c| if "\"/:<>\\|?@*".contains(c) { '_' } else { c }).collect();
    text.trim_end_matches('.').to_owned()
}

fn dated(pattern: &str, [year, month, day, hour, minute, second]: [u32; 6]) -> String {
    let parts = [
        ("yyyy", format!("{year:04}")),
        ("yy", format!("{:02}", year % 100)),
        ("MM", format!("{month:02}")),
        ("dd", format!("{day:02}")),
        ("HH", format!("{hour:02}")),
        ("mm", format!("{minute:02}")),
        ("ss", format!("{second:02}")),
    ];
    let mut rest = pattern;
    let mut out = String::new();
    while let Some(first) = rest.chars().next() {
        match parts.iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, text)) => {
                out.push_str(text);
                rest = &rest[word.len()..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::build_number;

    #[test]
    fn numbers_follow_their_format() {
        let date = [2026, 11, 30, 8, 5, 9];
        let variable = |name: &str| (name == "model").then(|| "a/b".to_owned());
        for (format, expected) in [
            ("$(Date:yyyyMMdd).$(Rev:r)", "20261130.3"),
            ("$(date:yy-MM-dd_HHmmss).$(Rev:rr)", "26-11-30_080509.03"),
            ("x-$(model)-$(gone).", "x-a_b-$(gone)"),
        ] {
            assert_eq!(build_number(format, date, 3, variable), expected, "{format}");
        }
    }
}
