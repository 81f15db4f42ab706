//! Variables of a job: names without case, values that may refer to others, secrets.

use std::collections::BTreeMap;
use std::fmt;

use azure_pipelines::template::expand_macros;

use crate::moments;

/// How deep values may refer to each other (azure-pipelines-agent, `Variables`).
const DEEPEST: usize = 50;

/// The value of a variable.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    secret: bool,
    readonly: bool,
    /// Whether `$(…)` in it is meant as it stands.
    literal: bool,
}

impl Value {
    /// A plain value, in which `$(name)` refers to others.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), secret: false, readonly: false, literal: false }
    }

    /// A secret.
    pub fn secret(text: impl Into<String>) -> Self {
        Self { secret: true, literal: true, ..Self::plain(text) }
    }

    /// The same, which steps may not set.
    pub fn readonly(self) -> Self {
        Self { readonly: true, ..self }
    }

    /// The same, in which nothing is put in.
    pub fn literal(self) -> Self {
        Self { literal: true, ..self }
    }

    /// The value as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether no log shows it.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    pub(crate) fn is_readonly(&self) -> bool {
        self.readonly
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret { f.write_str("***") } else { write!(f, "{:?}", self.text) }
    }
}

/// Variables by name.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, (String, Value)>);

impl Variables {
    /// Sets one; the newest of a name counts.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_lowercase(), (name.to_owned(), value));
    }

    /// The value as it was set.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(&name.to_lowercase()).map(|(_, value)| value)
    }

    /// The value with those put in that it refers to.
    pub fn text(&self, name: &str) -> Option<String> {
        self.resolve(name, 0)
    }

    fn resolve(&self, name: &str, depth: usize) -> Option<String> {
        let value = self.get(name)?;
        if value.literal || depth >= DEEPEST || !value.text.contains("$(") {
            return Some(value.text.clone());
        }
        Some(expand_macros(&value.text, |other| self.resolve(other, depth + 1)))
    }

    /// A text with `$(name)` put in; what is not known stays as it stands.
    pub fn expand(&self, text: &str) -> String {
        if text.contains("$(") { expand_macros(text, |name| self.text(name)) } else { text.to_owned() }
    }

    /// As an agent reads them out of the message that gives it its job.
    pub(crate) fn read_by_agent(&mut self) {
        for (_, value) in self.0.values_mut().filter(|(_, value)| !value.secret) {
            if let Some(text) = moments::reread(&value.text) {
                value.text = text;
            }
        }
    }

    /// Names and values, secrets too.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.values().map(|(name, value)| (name.as_str(), value))
    }

    /// What steps find in their environment: everything but secrets, by names as shells take them.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let plain = self.iter().filter(|(_, value)| !value.secret);
        plain.map(|(name, _)| (environment_name(name), self.text(name).unwrap_or_default())).collect()
    }
}

/// `Build.SourceBranch` as `BUILD_SOURCEBRANCH`.
pub(crate) fn environment_name(name: &str) -> String {
    name.replace(['.', ' '], "_").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::{Value, Variables};

    #[test]
    fn values_refer_to_each_other_and_circles_end() {
        let mut variables = Variables::default();
        variables.set("A", Value::plain("$(b)-$(C)"));
        variables.set("B", Value::plain("$(c)!"));
        variables.set("c", Value::plain("1"));
        variables.set("x", Value::plain("$(x)"));
        variables.set("raw", Value::plain("$(c)").literal());
        assert_eq!(variables.text("a").as_deref(), Some("1!-1"));
        assert_eq!(variables.text("x").as_deref(), Some("$(x)"));
        assert_eq!(variables.expand("$(RAW) $(date) $(c)"), "$(c) $(date) 1");
    }

    #[test]
    fn secrets_are_not_in_the_environment_and_not_printed() {
        let mut variables = Variables::default();
        variables.set("My.Name here", Value::plain("a"));
        variables.set("key", Value::secret("hidden"));
        assert_eq!(variables.environment(), [("MY_NAME_HERE".to_owned(), "a".to_owned())]);
        assert!(!format!("{variables:?}").contains("hidden"));
    }
}
