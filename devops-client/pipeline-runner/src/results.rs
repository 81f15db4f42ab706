//! Results of tests and coverage as tools write them.

use roxmltree::{Document, Node};

/// Results of tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// How many there are.
    pub total: usize,
    /// Those that failed: name and message.
    pub failed: Vec<(String, String)>,
    /// How many were left out.
    pub skipped: usize,
}

/// Lines that tests reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Lines that are reached.
    pub covered: u64,
    /// Lines that could be.
    pub valid: u64,
}

impl Tests {
    /// What a JUnit file says.
    ///
    /// # Errors
    /// If it is none.
    pub fn junit(text: &str) -> Result<Self, String> {
        let document = Document::parse(text).map_err(|error| format!("no XML: {error}"))?;
        let root = document.root_element();
        if !root.has_tag_name("testsuites") && !root.has_tag_name("testsuite") {
            return Err(format!("no JUnit results: the first element is `{}`", root.tag_name().name()));
        }
        let mut tests = Self::default();
        for case in root.descendants().filter(|node| node.has_tag_name("testcase")) {
            tests.total += 1;
            let child = |name: &str| case.children().find(|node| node.has_tag_name(name));
            if let Some(wrong) = child("failure").or_else(|| child("error")) {
                let part = |name: &str| case.attribute(name).unwrap_or_default();
                let name = format!("{}.{}", part("classname"), part("name"));
                let text = wrong.attribute("message").or(wrong.text()).unwrap_or_default();
                tests.failed.push((name.trim_matches('.').to_owned(), text.trim().to_owned()));
            } else if child("skipped").is_some() {
                tests.skipped += 1;
            }
        }
        Ok(tests)
    }

    /// Both together.
    pub fn and(mut self, other: Self) -> Self {
        self.total += other.total;
        self.skipped += other.skipped;
        self.failed.extend(other.failed);
        self
    }
}

impl Coverage {
    /// What a Cobertura file says.
    ///
    /// # Errors
    /// If it is none.
    pub fn cobertura(text: &str) -> Result<Self, String> {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = Document::parse_with_options(text, options).map_err(|error| format!("no XML: {error}"))?;
        let root = document.root_element();
        if !root.has_tag_name("coverage") {
            return Err(format!("no Cobertura report: the first element is `{}`", root.tag_name().name()));
        }
        let number = |name: &str| root.attribute(name).and_then(|text| text.parse().ok());
        if let (Some(covered), Some(valid)) = (number("lines-covered"), number("lines-valid")) {
            return Ok(Self { covered, valid });
        }
        let hit = |line: &Node<'_, '_>| line.attribute("hits").is_some_and(|hits| hits != "0");
        let lines: Vec<Node<'_, '_>> = root.descendants().filter(|node| node.has_tag_name("line")).collect();
        Ok(Self { covered: lines.iter().filter(|line| hit(line)).count() as u64, valid: lines.len() as u64 })
    }

    /// The share that is reached, in percent.
    pub fn percent(self) -> f64 {
        if self.valid == 0 { 0.0 } else { self.covered as f64 * 100.0 / self.valid as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::{Coverage, Tests};

    #[test]
    fn junit_results_are_counted() {
        let text = "<testsuites><testsuite><testcase classname='a' name='b'/><testcase name='c'><failure message='not 1'/>\
                    </testcase><testcase name='d'><skipped/></testcase><testcase name='e'><error>gone</error></testcase>\
                    </testsuite></testsuites>";
        let found = Tests::junit(text).unwrap();
        let failed = [("c".to_owned(), "not 1".to_owned()), ("e".to_owned(), "gone".to_owned())];
        assert_eq!(found, Tests { total: 4, failed: failed.into(), skipped: 1 });
        assert!(Tests::junit("<html/>").unwrap_err().contains("`html`"));
        assert!(Tests::junit("").is_err());
    }

    #[test]
    fn coverage_is_read_or_counted() {
        let told = "<!DOCTYPE coverage SYSTEM 'x.dtd'><coverage lines-covered='3' lines-valid='4'/>";
        assert_eq!(Coverage::cobertura(told).map(Coverage::percent), Ok(75.0));
        let counted = "<coverage><line hits='0'/><line hits='2'/></coverage>";
        assert_eq!(Coverage::cobertura(counted), Ok(Coverage { covered: 1, valid: 2 }));
        assert!(Coverage::cobertura("<x/>").is_err());
    }
}
