//! `${{ … }}` of Azure ML: what inputs and outputs stand for.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the names of a job stand for: inputs are texts or paths, outputs are folders.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound {
    pub inputs: BTreeMap<String, String>,
    pub outputs: BTreeMap<String, PathBuf>,
    /// Outputs of the jobs of the same pipeline that have ended.
    pub jobs: BTreeMap<String, BTreeMap<String, PathBuf>>,
}

impl Bound {
    /// What `parent.inputs.x`, `parent.jobs.j.outputs.o` or, without `parent`, `inputs.x` stands for.
    fn value(&self, name: &str) -> Option<String> {
        let name = name.strip_prefix("parent.").unwrap_or(name);
        let parts: Vec<&str> = name.split('.').collect();
        let shown = |path: &PathBuf| path.display().to_string();
        match parts.as_slice() {
            ["inputs", input] => self.inputs.get(*input).cloned(),
            ["outputs", output] => self.outputs.get(*output).map(shown),
            ["jobs", job, "outputs", output] => self.jobs.get(*job)?.get(*output).map(shown),
            _ => None,
        }
    }

    /// A text with each `${{ … }}` put in.
    ///
    /// # Errors
    /// The name that stands for nothing.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${{") {
            let end = rest[start..].find("}}").ok_or_else(|| format!("`${{{{` is not closed in `{text}`"))? + start;
            let name = rest[start + 3..end].trim();
            out.push_str(&rest[..start]);
            out.push_str(&self.value(name).ok_or_else(|| format!("`{name}` stands for nothing here"))?);
            rest = &rest[end + 2..];
        }
        Ok(out + rest)
    }
}

/// The job whose output a binding is: `${{parent.jobs.j.outputs.o}}`.
pub(super) fn needs(text: &str) -> Option<&str> {
    let rest = text.trim().strip_prefix("${{")?.trim().strip_prefix("parent.jobs.")?;
    rest.split('.').next()
}

/// The output of the parent that a binding is: `${{parent.outputs.o}}`.
pub(super) fn of_parent(text: &str) -> Option<&str> {
    let rest = text.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
    rest.strip_prefix("parent.outputs.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_in_and_unknown_ones_are_errors() {
        let mut bound = Bound::default();
        bound.inputs.insert("alpha".to_owned(), "0.5".to_owned());
        bound.outputs.insert("model".to_owned(), PathBuf::from("/m"));
        bound.jobs.insert("train".to_owned(), BTreeMap::from([("model".to_owned(), PathBuf::from("/t"))]));
        let text = "--alpha ${{inputs.alpha}} -o \"${{ outputs.model }}/x\" ${{parent.jobs.train.outputs.model}}";
        assert_eq!(bound.fill(text).as_deref(), Ok("--alpha 0.5 -o \"/m/x\" /t"));
        assert_eq!(bound.fill("${{inputs.gone}}").unwrap_err(), "`inputs.gone` stands for nothing here");
        assert_eq!(needs("${{parent.jobs.gather.outputs.data}}"), Some("gather"));
        assert_eq!(of_parent("${{parent.outputs.report}}"), Some("report"));
        assert_eq!(of_parent("${{parent.inputs.report}}"), None);
    }
}
