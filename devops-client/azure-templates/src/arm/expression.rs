//! Expressions of ARM templates, and how they are written.

use std::fmt;

/// An expression without its outer brackets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Arm {
    /// A string.
    Str(String),
    /// A whole number.
    Int(i64),
    /// `name(arguments)`, and the properties and indexes that follow it.
    Call { name: String, arguments: Vec<Arm>, properties: Vec<Arm> },
}

impl Arm {
    /// A string.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// A call.
    pub(crate) fn call(name: impl Into<String>, arguments: Vec<Self>) -> Self {
        Self::Call { name: name.into(), arguments, properties: Vec::new() }
    }

    /// This expression with a property or index after it; literals are wrapped in a function first.
    pub(crate) fn then(self, property: Self) -> Self {
        match self {
            Self::Call { name, arguments, mut properties } => {
                properties.push(property);
                Self::Call { name, arguments, properties }
            }
            Self::Str(_) => Self::call("string", vec![self]).then(property),
            Self::Int(_) => Self::call("int", vec![self]).then(property),
        }
    }

    /// This expression as a call: literals are wrapped in a function.
    pub(crate) fn into_call(self) -> Self {
        match self {
            Self::Call { .. } => self,
            Self::Str(_) => Self::call("string", vec![self]),
            Self::Int(_) => Self::call("int", vec![self]),
        }
    }

    /// The value in a template: `[expression]`, or the literal itself, escaped if Azure would take it for one.
    pub(crate) fn into_json(self) -> serde_json::Value {
        match self {
            Self::Int(number) => number.into(),
            other => other.into_key().into(),
        }
    }

    /// As [`Arm::into_json`], as the name of a property.
    pub(crate) fn into_key(self) -> String {
        match self {
            Self::Str(text) if text.starts_with('[') && text.ends_with(']') => format!("[{text}"),
            Self::Str(text) => text,
            other => format!("[{other}]"),
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => write!(f, "'{}'", text.replace('\'', "''")),
            // The template language has no 64-bit literals.
            Self::Int(number) if i32::try_from(*number).is_err() => write!(f, "json('{number}')"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Call { name, arguments, properties } => {
                write!(f, "{name}(")?;
                for (index, argument) in arguments.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{argument}")?;
                }
                f.write_str(")")?;
                for property in properties {
                    match property {
                        Self::Str(name) if is_identifier(name) => write!(f, ".{name}")?,
                        other => write!(f, "[{other}]")?,
                    }
                }
                Ok(())
            }
        }
    }
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::Arm;

    #[test]
    fn strings_that_look_like_expressions_are_escaped() {
        assert_eq!(Arm::text("[a]").into_json(), "[[a]");
        assert_eq!(Arm::text("[a").into_json(), "[a");
        assert_eq!(Arm::text("it's").into_json(), "it's");
    }

    #[test]
    fn quotes_double_inside_expressions() {
        assert_eq!(Arm::call("toLower", vec![Arm::text("it's")]).into_json(), "[toLower('it''s')]");
    }

    #[test]
    fn properties_follow_with_dots_and_other_keys_with_brackets() {
        let tags = Arm::call("parameters", vec![Arm::text("tags")]);
        assert_eq!(tags.clone().then(Arm::text("team")).to_string(), "parameters('tags').team");
        assert_eq!(tags.clone().then(Arm::text("cost-centre")).to_string(), "parameters('tags')['cost-centre']");
        assert_eq!(tags.then(Arm::Int(0)).to_string(), "parameters('tags')[0]");
    }
}
