//! Expressions of Azure Pipelines: read into a tree, checked for names, and worked out as far as values are known.
//!
//! Three kinds share one language (Microsoft Learn, "Expressions"): `${{ }}` when a run is queued, `$[ ]` and
//! conditions while it goes.

pub mod evaluate;
pub mod functions;
pub mod parse;
pub mod token;
pub mod value;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A string, number, boolean or null.
    Literal(value::Value),
    /// A context: `parameters`, `variables`, the variable of an `each`.
    Name(String),
    /// `target.name`, or `target['name']` with anything in the brackets.
    Index {
        /// What is looked into.
        target: Box<Self>,
        /// The name.
        key: Box<Self>,
    },
    /// `target.*`.
    Filter(Box<Self>),
    /// `function(argument, …)`.
    Call {
        /// The function, as it was written.
        function: String,
        /// What it is given.
        arguments: Vec<Self>,
    },
}

impl Expression {
    /// Calls `visit` with this expression and each one in it.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Literal(_) | Self::Name(_) => {}
            Self::Index { target, key } => {
                target.walk(visit);
                key.walk(visit);
            }
            Self::Filter(target) => target.walk(visit),
            Self::Call { arguments, .. } => arguments.iter().for_each(|argument| argument.walk(visit)),
        }
    }

    /// The words of `a.b['c']`, if every part is one: `["a", "b", "c"]`.
    pub fn path(&self) -> Option<Vec<&str>> {
        match self {
            Self::Name(name) => Some(vec![name]),
            Self::Index { target, key } => {
                let mut path = target.path()?;
                let Self::Literal(value::Value::String(key)) = &**key else { return None };
                path.push(key);
                Some(path)
            }
            Self::Literal(_) | Self::Filter(_) | Self::Call { .. } => None,
        }
    }
}
