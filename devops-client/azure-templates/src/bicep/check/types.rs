//! Types of values, as far as a file says them.

use std::fmt;

/// What kind of value an expression has.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// Anything: what is not known, and what has an error already.
    Any,
    Null,
    Bool,
    /// A number, and which one if it is known.
    Int(Option<i64>),
    /// A text, and which one if it is known.
    Text(Option<String>),
    /// Items of one type.
    Array(Box<Type>),
    /// Items that are known one by one.
    Tuple(Vec<Type>),
    /// Properties that are known; others may be there if it is `open`.
    Object {
        known: Vec<(String, Type)>,
        open: bool,
    },
    /// One of these.
    Union(Vec<Type>),
    /// A resource, or a list of them.
    Resource {
        name: String,
        list: bool,
    },
    /// A module, or a list of them.
    Module {
        name: String,
        list: bool,
    },
    /// A function that is written in place, with as many parameters.
    Lambda(usize),
    /// What `resourceGroup()`, `subscription()` and the like give.
    Scope(&'static str),
}

impl Type {
    pub(super) const INT: Self = Self::Int(None);
    pub(super) const TEXT: Self = Self::Text(None);

    pub(super) fn object() -> Self {
        Self::Object { known: Vec::new(), open: true }
    }

    pub(super) fn array() -> Self {
        Self::Array(Box::new(Self::Any))
    }

    /// The type that a declaration names.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "string" => Self::TEXT,
            "int" => Self::INT,
            "bool" => Self::Bool,
            "array" => Self::array(),
            "object" => Self::object(),
            _ => Self::Any,
        }
    }

    /// One of `types`; one type if they are all the same.
    pub(super) fn union(types: impl IntoIterator<Item = Self>) -> Self {
        let mut found: Vec<Self> = Vec::new();
        for kind in types {
            let members = match kind {
                Self::Any => return Self::Any,
                Self::Union(members) => members,
                other => vec![other],
            };
            for member in members {
                if !found.contains(&member) {
                    found.push(member);
                }
            }
        }
        match found.len() {
            0 => Self::Any,
            1 => found.remove(0),
            _ => Self::Union(found),
        }
    }

    /// Without null.
    pub(super) fn not_null(self) -> Self {
        match self {
            Self::Union(members) => Self::union(members.into_iter().filter(|member| *member != Self::Null)),
            other => other,
        }
    }

    /// Whether a value of this type may stand where `wanted` is.
    pub(super) fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Union(members), _) => members.iter().all(|member| member.fits(wanted)),
            (_, Self::Union(members)) => members.iter().any(|member| self.fits(member)),
            (Self::Null, Self::Null) | (Self::Bool, Self::Bool) => true,
            (Self::Int(found), Self::Int(wanted)) => found.is_none() || wanted.is_none() || found == wanted,
            // A text that is not known may be the one that is wanted: the compiler warns at most.
            (Self::Text(found), Self::Text(wanted)) => found.is_none() || wanted.is_none() || found == wanted,
            (Self::Array(found), Self::Array(wanted)) => found.fits(wanted),
            (Self::Tuple(items), Self::Array(wanted)) => items.iter().all(|item| item.fits(wanted)),
            (Self::Array(_) | Self::Tuple(_), Self::Tuple(_)) => true,
            (Self::Object { .. } | Self::Scope(_), Self::Object { .. }) => true,
            (Self::Module { list: false, .. }, Self::Object { .. }) => true,
            (Self::Module { list: true, .. } | Self::Resource { list: true, .. }, Self::Array(_)) => true,
            (Self::Resource { list: false, .. }, Self::Object { .. }) => true,
            (Self::Scope(found), Self::Scope(wanted)) => found == wanted,
            _ => false,
        }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Tuple(_))
    }

    /// What an item of a list is.
    pub(super) fn item(&self) -> Self {
        match self {
            Self::Array(item) => item.as_ref().clone(),
            Self::Tuple(items) => Self::union(items.iter().map(Self::widened)),
            Self::Union(members) => Self::union(members.iter().map(Self::item)),
            _ => Self::Any,
        }
    }

    /// The type without which value it is.
    pub(super) fn widened(&self) -> Self {
        match self {
            Self::Int(_) => Self::INT,
            Self::Text(_) => Self::TEXT,
            other => other.clone(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int(None) => f.write_str("int"),
            Self::Int(Some(number)) => write!(f, "{number}"),
            Self::Text(None) => f.write_str("string"),
            Self::Text(Some(text)) => write!(f, "'{text}'"),
            Self::Array(_) | Self::Tuple(_) => f.write_str("array"),
            Self::Object { .. } => f.write_str("object"),
            Self::Union(members) => {
                let shown: Vec<String> = members.iter().map(ToString::to_string).collect();
                f.write_str(&shown.join(" | "))
            }
            Self::Resource { list: false, .. } => f.write_str("resource"),
            Self::Resource { list: true, .. } => f.write_str("list of resources"),
            Self::Module { list: false, .. } => f.write_str("module"),
            Self::Module { list: true, .. } => f.write_str("list of modules"),
            Self::Lambda(_) => f.write_str("lambda"),
            Self::Scope(name) => f.write_str(name),
        }
    }
}
