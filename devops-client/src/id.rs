//! Identifiers, one type each, so that a repository's id cannot be given where a project's is due.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::error::{Error, Result};

macro_rules! guid_id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a GUID as it is.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// Reads a GUID; anything else is an error that names the value.
            ///
            /// # Errors
            /// Kind `Argument`, with the value and what was expected.
            pub fn parse(text: &str) -> Result<Self> {
                Uuid::parse_str(text)
                    .map(Self)
                    .map_err(|_| Error::argument(stringify!($name), text, "a GUID such as 0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                Self::parse(text)
            }
        }
    )+};
}

macro_rules! number_id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(
            /// The number as the service gave it.
            pub i64,
        );

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )+};
}

guid_id! {
    /// A project.
    ProjectId,
    /// A git repository.
    RepositoryId,
    /// A service connection (service endpoint).
    ServiceEndpointId,
    /// A long-running operation.
    OperationId,
    /// A record of a build's timeline: a stage, phase, job or task of one run.
    RecordId,
    /// A pending or finished approval.
    ApprovalId,
    /// A service hook subscription.
    SubscriptionId,
    /// A kind of check (approval, exclusive lock, task check).
    CheckTypeId,
    /// A kind of branch policy.
    PolicyTypeId,
    /// A user or group.
    IdentityId,
}

number_id! {
    /// A variable group.
    VariableGroupId,
    /// An environment.
    EnvironmentId,
    /// A resource in an environment, such as a Kubernetes namespace.
    EnvironmentResourceId,
    /// A check configuration.
    CheckId,
    /// A pipeline. The same number is the build definition's.
    PipelineId,
    /// A run of a pipeline. The same number is the build's.
    RunId,
    /// One log of a run.
    LogId,
    /// One publication of results of tests.
    TestRunId,
    /// An agent pool of the organization.
    PoolId,
    /// An agent queue of a project.
    QueueId,
    /// A branch policy configuration.
    PolicyId,
    /// A pull request.
    PullRequestId,
    /// A push to a repository.
    PushId,
}

/// A git object id: 40 hexadecimal digits, in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

impl ObjectId {
    /// Forty zeros: "does not exist". As the old id of a ref update it creates the ref, as the new id it deletes it.
    pub fn zero() -> Self {
        Self("0".repeat(40))
    }

    /// Whether this is [`ObjectId::zero`].
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }

    /// Reads an id; anything but 40 hexadecimal digits is an error that names the value.
    ///
    /// # Errors
    /// Kind `Argument`, with the value and what was expected.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Error::argument("ObjectId", text, "40 hexadecimal digits"))
        }
    }

    /// The forty digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({})", self.0)
    }
}

impl FromStr for ObjectId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

macro_rules! name_or_id {
    ($($(#[$meta:meta])* $name:ident from $id:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name or id as it goes into the path.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.to_owned())
            }
        }

        impl From<&String> for $name {
            fn from(name: &String) -> Self {
                Self(name.clone())
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name)
            }
        }

        impl From<$id> for $name {
            fn from(id: $id) -> Self {
                Self(id.to_string())
            }
        }

        impl From<&$name> for $name {
            fn from(other: &$name) -> Self {
                other.clone()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

name_or_id! {
    /// A project, by name or by id.
    ProjectRef from ProjectId,
    /// A repository, by name or by id. Names are compared without regard to case by the service.
    RepositoryRef from RepositoryId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_cannot_be_are_refused_with_the_value_named() {
        let error = ProjectId::parse("my project").unwrap_err().to_string();
        assert!(error.contains("my project") && error.contains("GUID"), "{error}");
        assert!(ObjectId::parse("abc").is_err());
        assert_eq!(ObjectId::parse(&"A".repeat(40)).unwrap().as_str(), "a".repeat(40));
        assert!(ObjectId::zero().is_zero());
    }
}
