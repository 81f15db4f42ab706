//! Expressions: read into a tree, checked for names and counts of arguments, and evaluated as far as values are known.
//!
//! The facts are those of Microsoft Learn, "Expressions". One language in three places: `${{ }}` when a run is made,
//! conditions and `$[ ]` while it goes.

mod compare;
mod evaluate;
mod functions;
mod parse;
mod strings;
mod token;

use std::fmt;

pub use compare::{equals, order};
pub use evaluate::{Scope, evaluate};
pub use functions::{FUNCTIONS, Function, Where, function};
pub use parse::{Context, parse};

use crate::value::Value;

/// The longest expression that the service reads, in characters.
pub const LONGEST: usize = 21_000;

/// How deep expressions may stand in each other.
pub const DEEPEST: usize = 50;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A string, number, boolean or version.
    Literal(Value),
    /// A context or the variable of an `each`.
    Name(String),
    /// What is found on a way into a value: `a.b['c'].*`.
    Access {
        /// What is looked into.
        base: Box<Self>,
        /// The way, step by step.
        steps: Vec<Step>,
    },
    /// `function(argument, …)`.
    Call {
        /// The function, as it was written.
        function: String,
        /// What it is given.
        arguments: Vec<Self>,
    },
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`.
    Name(String),
    /// `[index]`.
    Index(Expression),
    /// `.*`, `[*]`.
    All,
}

/// Why an expression is none, or has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// What it is, as a phrase.
    pub message: String,
    /// The name that is not there, if it is that.
    pub unknown_name: Option<String>,
}

impl ExpressionError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), unknown_name: None }
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExpressionError {}

impl Expression {
    /// Calls `visit` with this expression and each one in it.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Literal(_) | Self::Name(_) => {}
            Self::Access { base, steps } => {
                base.walk(visit);
                for step in steps {
                    if let Step::Index(index) = step {
                        index.walk(visit);
                    }
                }
            }
            Self::Call { arguments, .. } => arguments.iter().for_each(|argument| argument.walk(visit)),
        }
    }

    /// The words of `a.b['c']`, if every part is one: `["a", "b", "c"]`.
    pub fn path(&self) -> Option<Vec<&str>> {
        match self {
            Self::Name(name) => Some(vec![name]),
            Self::Access { base, steps } => {
                let mut path = base.path()?;
                for step in steps {
                    match step {
                        Step::Name(name) => path.push(name),
                        Step::Index(Self::Literal(Value::String(name))) => path.push(name),
                        Step::Index(_) | Step::All => return None,
                    }
                }
                Some(path)
            }
            Self::Literal(_) | Self::Call { .. } => None,
        }
    }
}

/// Whether a text can stand behind a full stop.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}

/// A text as a literal of expressions.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Printed with a space after each comma, or without where it would be longer than an expression may be.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.print(&mut text, ", ");
        if text.chars().count() > LONGEST {
            text.clear();
            self.print(&mut text, ",");
        }
        f.write_str(&text)
    }
}

impl Expression {
    fn print(&self, out: &mut String, comma: &str) {
        match self {
            Self::Literal(Value::String(text)) => out.push_str(&quoted(text)),
            Self::Literal(Value::Boolean(value)) => out.push_str(if *value { "true" } else { "false" }),
            Self::Literal(value) => out.push_str(&value.to_text().unwrap_or_default()),
            Self::Name(name) => out.push_str(name),
            Self::Access { base, steps } => {
                base.print(out, comma);
                // `1.x` would be one word.
                let is_word = matches!(&**base, Self::Literal(value) if !matches!(value, Value::String(_)));
                if is_word && !matches!(steps.first(), Some(Step::Index(_))) {
                    out.push(' ');
                }
                for step in steps {
                    step.print(out, comma);
                }
            }
            Self::Call { function, arguments } => {
                out.push_str(&function.to_string());
                out.push('(');
                for (nth, argument) in arguments.iter().enumerate() {
                    out.push_str(if nth == 0 { "" } else { comma });
                    argument.print(out, comma);
                }
                out.push(')');
            }
        }
    }
}

impl Step {
    fn print(&self, out: &mut String, comma: &str) {
        match self {
            Self::Name(name) => {
                out.push('.');
                out.push_str(name);
            }
            Self::Index(index) => {
                out.push('[');
                index.print(out, comma);
                out.push(']');
            }
            Self::All => out.push_str(".*"),
        }
    }
}
