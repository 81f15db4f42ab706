//! Settings of another layout, put into the text of a spec.

/// The text with a line in a section; none where the section is not there.
pub fn with_line(text: &str, section: &str, line: &str) -> Option<String> {
    let head = format!("{section}:");
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| *line == head || *line == format!("{head} {{}}"))?;
    let key = line.split(':').next().unwrap_or_default();
    let mut made: Vec<String> = lines[..at].iter().map(|line| (*line).to_owned()).collect();
    made.extend([head, format!("  {line}")]);
    // The same key with what is below it gives way.
    let mut skipping = false;
    let mut inside = true;
    for line in &lines[at + 1..] {
        inside &= line.is_empty() || line.starts_with(' ');
        if inside && line.starts_with("  ") && !line.starts_with("   ") {
            skipping = line.trim_start().split(':').next() == Some(key);
        }
        skipping &= inside && !line.is_empty();
        if !skipping {
            made.push((*line).to_owned());
        }
    }
    Some(made.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::with_line;

    #[test]
    fn a_line_goes_below_its_section_and_takes_the_place_of_the_same_key() {
        let text = "model:\n  runtime: python\n\ntraining:\n  schedules:\n    - {a: 1}\n\nscoring: {}\n";
        let text = with_line(text, "training", "schedules: [1]").unwrap();
        let text = with_line(&text, "scoring", "cpu: 2").unwrap();
        let text = with_line(&text, "model", "algorithm: ridge").unwrap();
        let expected =
            "model:\n  algorithm: ridge\n  runtime: python\n\ntraining:\n  schedules: [1]\n\nscoring:\n  cpu: 2\n";
        assert_eq!(text, expected);
        assert_eq!(with_line(&text, "batch", "a: 1"), None);
    }
}
