//! The lock file of a Rust project: the versions that were tested, and the project's own crate among them.

/// What Cargo locked for a rendered project, less the project's own crate.
///
/// `tests/conformance/rendered-rust.sh --update` makes it anew when dependencies change.
const LOCK: &str = include_str!("../../../../templates/project/rust/Cargo.lock");

/// What Cargo puts before each package.
const HEADING: &str = "\n[[package]]\n";

/// The lock file of a project whose own crate is `name` with these dependencies, in order of name.
pub(super) fn for_project(name: &str, dependencies: &[&str]) -> String {
    let mut parts = LOCK.split(HEADING);
    let head = parts.next().unwrap_or_default();
    let mut packages: Vec<String> = parts.map(|package| package.trim_end().to_owned()).collect();
    let dependencies: String = dependencies.iter().map(|dependency| format!(" \"{dependency}\",\n")).collect();
    packages.push(format!("name = \"{name}\"\nversion = \"0.1.0\"\ndependencies = [\n{dependencies}]"));
    packages.sort_by_cached_key(|package| identity(package));
    let body: String = packages.iter().map(|package| format!("{HEADING}{package}\n")).collect();
    format!("{head}{body}")
}

/// The lock file of a project that has the model library and no crate of its own.
pub(super) fn for_server() -> String {
    LOCK.to_owned()
}

/// Name and version, by which Cargo sorts.
fn identity(package: &str) -> (String, String) {
    let value =
        |key: &str| package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).unwrap_or_default();
    (value("name").to_owned(), value("version").to_owned())
}

#[cfg(test)]
mod tests {
    use super::for_project;

    #[test]
    fn the_projects_own_crate_stands_where_cargo_would_put_it() {
        let lock = for_project("mmm", &["model"]);
        let names: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(
            lock.contains("\n[[package]]\nname = \"mmm\"\nversion = \"0.1.0\"\ndependencies = [\n \"model\",\n]\n")
        );
    }
}
