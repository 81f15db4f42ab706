//! Paths of templates.

/// The path that a `template:` in the file `from` names: `/` is the root of the repository. `None` if it leads out of it.
pub fn resolve(reference: &str, from: &str) -> Option<String> {
    let reference = reference.strip_suffix("@self").unwrap_or(reference).replace('\\', "/");
    let mut segments: Vec<&str> = match reference.starts_with('/') {
        true => Vec::new(),
        false => from.rsplit_once('/').map_or(Vec::new(), |(folder, _)| folder.split('/').collect()),
    };
    for segment in reference.trim_start_matches('/').split('/') {
        match segment {
            "." | "" => {}
            ".." => drop(segments.pop()?),
            segment => segments.push(segment),
        }
    }
    Some(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn template_paths_start_at_their_file_or_at_the_root() {
        assert_eq!(resolve("templates/a.yml", "pipelines/b.yml").as_deref(), Some("pipelines/templates/a.yml"));
        assert_eq!(
            resolve("../steps/a.yml", "pipelines/templates/jobs/b.yml").as_deref(),
            Some("pipelines/templates/steps/a.yml")
        );
        assert_eq!(resolve("/x/a.yml@self", "pipelines/b.yml").as_deref(), Some("x/a.yml"));
        assert_eq!(resolve("..\\a.yml", "pipelines/b.yml").as_deref(), Some("a.yml"));
        assert_eq!(resolve("../../a.yml", "pipelines/b.yml"), None);
    }
}
