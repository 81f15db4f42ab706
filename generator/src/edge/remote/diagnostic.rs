//! Why there is no plan.

use std::fmt;

use super::error::RemoteError;
use crate::remote::desired::Missing;
use crate::remote::plan::InTheWay;

/// Why there is no plan.
#[derive(Debug)]
pub enum Diagnostic {
    /// Something could not be read.
    Read(RemoteError),
    /// A resource of somebody else stands where ours should.
    InTheWay(InTheWay),
    /// A value is not known.
    Missing(Missing),
    /// Nobody is called as the spec calls an approver: where in the spec, and what to do about it.
    Person(String),
    /// An agent pool that the spec or a pipeline names is not there: where, and what to do about it.
    Pool(String),
    /// Something that is there cannot become what the spec wants: what, and what to do about it.
    Immutable(String),
    /// A variable group names a secret that its vault lacks: which, and what to do about it.
    Secret(String),
}

impl Diagnostic {
    /// What to do, where the message does not say it already.
    pub fn next(&self) -> Option<&str> {
        match self {
            Self::Read(error) => Some(&error.next),
            Self::InTheWay(_)
            | Self::Missing(_)
            | Self::Person(_)
            | Self::Pool(_)
            | Self::Immutable(_)
            | Self::Secret(_) => None,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::InTheWay(found) => found.fmt(f),
            Self::Missing(value) => value.fmt(f),
            Self::Person(lack) | Self::Pool(lack) | Self::Immutable(lack) | Self::Secret(lack) => f.write_str(lack),
        }
    }
}
