//! Values: what stands in a pipeline's files, and what expressions make of it. One tree for both, each value with its place.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::number::Number;
use crate::place::Place;
use crate::version::Version;

/// A value with the place where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
    /// How it is spelled, where that is not what its value prints: `010`, `~`, `true`, `a-${{ variables.b }}`.
    pub spelling: Option<Arc<str>>,
    /// The condition under which it is there at all, if only a run decides that.
    pub when: Option<Arc<str>>,
    /// The lines of comment above it, and the one beside it.
    pub comment: Option<Arc<Comment>>,
}

/// Comments that belong to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comment {
    /// Lines above, without their `#`.
    pub above: Vec<String>,
    /// The one on the same line.
    pub beside: Option<String>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing; what is missing is this.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A version: a literal with two or three full stops.
    Version(Version),
    /// Text.
    String(Arc<str>),
    /// A list.
    List(Arc<Vec<Node>>),
    /// A mapping, in the order of the file.
    Map(Arc<Vec<(Node, Node)>>),
    /// Something that cannot be known here.
    Unknown(Unknown),
}

/// What cannot be known before a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The expression that is left: what is known of it has been put in.
    pub expression: Arc<str>,
    /// What it depends on: `variables['Build.Reason']`, `parameters.name`, `succeeded()`.
    pub depends_on: Arc<BTreeSet<String>>,
}

impl Unknown {
    /// What depends on nothing but itself.
    pub fn named(name: &str) -> Self {
        Self { expression: Arc::from(name), depends_on: Arc::new(BTreeSet::from([name.to_owned()])) }
    }
}

impl Value {
    /// Text.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::String(Arc::from(text.as_ref()))
    }

    /// Whether it counts as true: everything but null, false, zero and the empty text does.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Boolean(value) => *value,
            Self::Number(value) => !value.is_zero(),
            Self::String(value) => !value.is_empty(),
            Self::Version(_) | Self::List(_) | Self::Map(_) | Self::Unknown(_) => true,
        }
    }

    /// As text; `None` for lists, mappings, and what is not known.
    pub fn to_text(&self) -> Option<Arc<str>> {
        Some(match self {
            Self::Null => Arc::from(""),
            Self::Boolean(true) => Arc::from("True"),
            Self::Boolean(false) => Arc::from("False"),
            Self::Number(number) => Arc::from(number.to_string()),
            Self::Version(version) => Arc::from(version.to_string()),
            Self::String(text) => Arc::clone(text),
            Self::List(_) | Self::Map(_) | Self::Unknown(_) => return None,
        })
    }

    /// As a number; `None` where it cannot be one.
    pub fn to_number(&self) -> Option<Number> {
        match self {
            Self::Null => Some(Number::from(0)),
            Self::Boolean(value) => Some(Number::from(usize::from(*value))),
            Self::Number(number) => Some(number.clone()),
            Self::String(text) => Number::convert(text),
            Self::Version(_) | Self::List(_) | Self::Map(_) | Self::Unknown(_) => None,
        }
    }

    /// As a version; a number is one if it is positive and has something behind the point.
    pub fn to_version(&self) -> Option<Version> {
        match self {
            Self::Version(version) => Some(version.clone()),
            Self::String(text) => Version::parse(text),
            Self::Number(number) if !number.is_negative() && !number.parts().1.is_empty() => {
                Version::parse(&number.to_string())
            }
            _ => None,
        }
    }

    /// The word for what it is: `boolean`, `list` and so on.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Number(_) => "number",
            Self::Version(_) => "version",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "mapping",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

/// Values are equal when they say the same; places, spelling and comments do not count.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Version(a), Self::Version(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            (Self::Unknown(a), Self::Unknown(b)) => a == b,
            _ => false,
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Node {
    /// A value at a place.
    pub fn new(value: Value, place: &Place) -> Self {
        let spelling = match &value {
            Value::Number(number) => Some(Arc::from(number.to_string())),
            Value::Version(version) => Some(Arc::from(version.to_string())),
            Value::Unknown(unknown) => Some(Arc::from(format!("${{{{ {} }}}}", unknown.expression))),
            _ => None,
        };
        Self { value, place: place.clone(), spelling, when: None, comment: None }
    }

    /// A text that a person gives, at no place.
    pub fn given(text: &str) -> Self {
        Self::new(Value::text(text), &Place::nowhere())
    }

    /// The text of a scalar, as it is written; `None` for a list or a mapping.
    pub fn text(&self) -> Option<&str> {
        match (&self.spelling, &self.value) {
            (Some(spelling), _) => Some(spelling),
            (None, Value::String(text)) => Some(text),
            (None, Value::Boolean(true)) => Some("True"),
            (None, Value::Boolean(false)) => Some("False"),
            (None, Value::Null) => Some(""),
            _ => None,
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a list that are there as they will be: no loop, no template of which nobody knows what it brings.
    pub(crate) fn known_items(&self) -> impl Iterator<Item = &Self> {
        self.items().iter().filter(|item| {
            let first = item.entries().first().and_then(|(key, _)| key.text()).unwrap_or_default();
            !first.starts_with("${{") && item.get("template").is_none() && !matches!(item.value, Value::Unknown(_))
        })
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value under `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Key and value under `key` of a mapping.
    pub fn entry(&self, key: &str) -> Option<(&Self, &Self)> {
        self.entries().iter().find(|(k, _)| k.text() == Some(key)).map(|(k, v)| (k, v))
    }

    /// The text under `key` of a mapping, if it is a scalar.
    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }

    /// Whether it is certainly there; what stands under a condition that only a run decides is not.
    pub fn sure(&self) -> bool {
        self.when.is_none()
    }

    /// What it is, for messages.
    pub fn what(&self) -> &'static str {
        match self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            _ => "text",
        }
    }

    /// Calls `visit` with this value and everything in it, keys included; `true` for keys.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self, bool)) {
        visit(self, false);
        for item in self.items() {
            item.walk(visit);
        }
        for (key, value) in self.entries() {
            visit(key, true);
            value.walk(visit);
        }
    }
}
