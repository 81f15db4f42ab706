//! Names that a rule would let through, and that mean something already.

/// Folders of the rendered project, and programs and libraries that its code uses.
const TAKEN: [&str; 44] = [
    "infra",
    "pipelines",
    "ml",
    "docker",
    "kubernetes",
    "data",
    "model",
    "src",
    "tests",
    "test",
    "target",
    "train",
    "evaluate",
    "register",
    "collect",
    "score",
    "data-test",
    "templates",
    "docs",
    "std",
    "core",
    "alloc",
    "proc-macro",
    "serde",
    "tokio",
    "linfa",
    "ndarray",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "scikit-learn",
    "mlflow",
    "pytest",
    "setuptools",
    "pip",
    "json",
    "logging",
    "random",
    "types",
    "typing",
    "statistics",
    "csv",
    "mlops-gen",
];

/// Keywords of Rust and Python: no package can have such a name.
const KEYWORDS: [&str; 62] = [
    "abstract", "and", "as", "assert", "async", "await", "become", "box", "break", "class", "const", "continue",
    "crate", "def", "del", "do", "dyn", "elif", "else", "enum", "except", "extern", "false", "final", "finally", "fn",
    "for", "from", "gen", "global", "if", "impl", "import", "in", "is", "lambda", "let", "loop", "macro", "match",
    "mod", "move", "mut", "nonlocal", "not", "or", "override", "pass", "priv", "pub", "raise", "ref", "return", "self",
    "static", "struct", "super", "trait", "true", "try", "type", "unsafe",
];

/// Whether a project may have this name: it becomes a folder and a package of Rust or Python.
pub(super) fn project(name: &str) -> Result<(), String> {
    const MORE_KEYWORDS: [&str; 9] = ["typeof", "unsized", "use", "virtual", "where", "while", "with", "yield", "none"];
    if KEYWORDS.contains(&name) || MORE_KEYWORDS.contains(&name) {
        return Err(format!("`{name}` is a keyword of Rust or Python, so no package can be called that"));
    }
    if TAKEN.contains(&name) {
        return Err(format!("`{name}` is a folder, program or library of every rendered project"));
    }
    azure(name)?;
    file(name)
}

/// Whether a resource with an address can have this name (Microsoft Learn, "Resolve errors for reserved resource names").
pub(super) fn azure(name: &str) -> Result<(), String> {
    let folded = name.to_ascii_lowercase();
    if let Some(word) = ["microsoft", "windows"].iter().find(|word| folded.contains(**word)) {
        return Err(format!("Azure refuses names that hold the word {word}"));
    }
    match ["login", "xbox"].iter().find(|word| folded.starts_with(**word)) {
        Some(word) => Err(format!("Azure refuses names that start with {word}")),
        None => Ok(()),
    }
}

/// Whether a scoring workload may live in this namespace.
pub(super) fn namespace(name: &str) -> Result<(), String> {
    if name == "default" || name.starts_with("kube-") || name.ends_with("-system") {
        return Err(format!(
            "`{name}` is a namespace of Kubernetes itself, and rules made for scoring would hit what is there"
        ));
    }
    Ok(())
}

/// Whether a file or folder can have this name on Windows too.
pub(super) fn file(name: &str) -> Result<(), String> {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered =
        |prefix| stem.strip_prefix(prefix).is_some_and(|n: &str| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
    if ["con", "prn", "aux", "nul"].contains(&stem.as_str()) || numbered("com") || numbered("lpt") {
        return Err(format!("`{name}` is a device on Windows, so no file can be called that"));
    }
    Ok(())
}
