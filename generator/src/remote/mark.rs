//! The mark by which the tool knows a resource that it made: no state is kept that could be lost.

use crate::project::name::ProjectName;

/// The mark of `project`, which ends a description.
pub fn of(project: &ProjectName) -> String {
    format!("(managed by mlops-gen: {project})")
}

/// `text` with the mark behind it.
pub fn put(text: &str, project: &ProjectName) -> String {
    let mark = of(project);
    if text.is_empty() { mark } else { format!("{text} {mark}") }
}

/// Whether `text` ends with the mark of `project`.
pub fn is_on(text: &str, project: &ProjectName) -> bool {
    text.trim_end().ends_with(&of(project))
}

/// `text` without the mark of `project` at its end.
pub fn without<'a>(text: &'a str, project: &ProjectName) -> &'a str {
    let text = text.trim_end();
    text.strip_suffix(&of(project)).map_or(text, str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::{is_on, put, without};
    use crate::project::name::ProjectName;

    #[test]
    fn a_mark_is_known_by_its_own_project_only() {
        let project = |name| ProjectName::parse(name).unwrap();
        for text in ["", "Settings of the release"] {
            let marked = put(text, &project("diabetes"));
            assert!(is_on(&marked, &project("diabetes")));
            assert_eq!(without(&marked, &project("diabetes")), text);
            assert_eq!(without(&marked, &project("abetes")), marked);
            assert!(!is_on(&marked, &project("abetes")) && !is_on(&marked, &project("diabetes-2")));
        }
        assert!(!is_on("Settings", &project("diabetes")));
    }
}
