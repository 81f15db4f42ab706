//! What bodies of resources hold: the types of `bicep-types-az`, as far as an Azure Machine Learning platform uses them.
//!
//! The files of `resource-types` are made by `tests/conformance/resource-types.py`, which says how they are written.

mod read;
mod table;

pub(crate) use table::{Known, Side, body};

use std::collections::BTreeMap;

/// The index of a type in the table of its provider.
type Index = usize;

/// What a value of a resource's body is.
#[derive(Debug)]
pub(crate) enum Type {
    /// Anything.
    Any,
    Bool,
    Int(Limits),
    Text(Limits),
    /// One text.
    Literal(String),
    /// One of these.
    Union(Vec<Member>),
    List(Index),
    Object(Object),
    /// Objects whose kind a property tells.
    Kinds(Kinds),
}

/// The least and the most of a number, or of the length of a text; and the pattern of a text.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) pattern: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Member {
    Literal(String),
    Type(Index),
}

#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, Property>,
    /// What every other property is, if others may be there.
    pub(crate) others: Option<Index>,
}

#[derive(Debug)]
pub(crate) struct Kinds {
    pub(crate) name: String,
    /// The property that tells which of `kinds` an object is.
    pub(crate) by: String,
    pub(crate) properties: BTreeMap<String, Property>,
    pub(crate) kinds: BTreeMap<String, Index>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Property {
    pub(crate) kind: Index,
    flags: u8,
}

impl Property {
    /// Whether an object without it is incomplete.
    pub(crate) fn is_required(self) -> bool {
        self.flags & 1 != 0 && !self.is_read_only()
    }

    /// Whether it is read and never written.
    pub(crate) fn is_read_only(self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether it is written and never read.
    pub(crate) fn is_write_only(self) -> bool {
        self.flags & 4 != 0
    }
}
