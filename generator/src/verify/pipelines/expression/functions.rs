//! The functions of expressions (Microsoft Learn, "Expressions"), with how many arguments each takes.

/// Fewest and most arguments of `name`, if there is such a function; no most means any number.
pub fn arity(name: &str) -> Option<(usize, Option<usize>)> {
    Some(match name.to_ascii_lowercase().as_str() {
        "and" | "or" => (2, None),
        "in" | "notin" | "coalesce" | "format" => (1, None),
        "not" | "length" | "lower" | "upper" | "trim" | "converttojson" => (1, Some(1)),
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "xor" | "contains" | "containsvalue" | "startswith" | "endswith"
        | "join" | "split" => (2, Some(2)),
        "replace" | "iif" => (3, Some(3)),
        "counter" => (0, Some(2)),
        // Status checks: of the job, or of the named dependencies.
        "always" | "canceled" => (0, Some(0)),
        "failed" | "succeeded" | "succeededorfailed" => (0, None),
        _ => return None,
    })
}

/// Whether `name` asks how the run goes, which nobody knows when it is queued.
pub fn is_status(name: &str) -> bool {
    ["always", "canceled", "failed", "succeeded", "succeededorfailed"].contains(&name.to_ascii_lowercase().as_str())
}

/// The contexts that expressions look into.
pub fn is_context(name: &str) -> bool {
    const CONTEXTS: [&str; 9] = [
        "variables",
        "parameters",
        "dependencies",
        "stagedependencies",
        "pipeline",
        "resources",
        "environment",
        "templatecontext",
        "checks",
    ];
    CONTEXTS.contains(&name.to_ascii_lowercase().as_str())
}
