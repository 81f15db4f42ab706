//! Reads the table of one provider.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Index, Kinds, Limits, Member, Object, Property, Type};

/// Types of one provider.
#[derive(Debug)]
pub(super) struct Provider {
    /// Bodies by version, by type in small letters.
    pub(super) resources: HashMap<String, BTreeMap<String, Index>>,
    pub(super) types: Vec<Type>,
}

impl Provider {
    /// The table in `text`, or nothing if it is not one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let table: Value = serde_json::from_str(text).ok()?;
        let mut resources: HashMap<String, BTreeMap<String, Index>> = HashMap::new();
        for (name, at) in table["resources"].as_object()? {
            let (name, version) = name.split_once('@')?;
            resources.entry(name.to_ascii_lowercase()).or_default().insert(version.to_owned(), index(at)?);
        }
        Some(Self { resources, types: table["types"].as_array()?.iter().map(kind).collect::<Option<_>>()? })
    }
}

fn index(value: &Value) -> Option<Index> {
    Index::try_from(value.as_u64()?).ok()
}

fn kind(value: &Value) -> Option<Type> {
    let parts = match value {
        Value::String(name) if name == "any" => return Some(Type::Any),
        Value::String(name) if name == "bool" => return Some(Type::Bool),
        Value::Array(parts) => parts.as_slice(),
        _ => return None,
    };
    match (parts.first()?.as_str()?, &parts[1..]) {
        ("s", rest) => Some(Type::Text(limits(rest.first()))),
        ("i", rest) => Some(Type::Int(limits(rest.first()))),
        ("=", [text]) => Some(Type::Literal(text.as_str()?.to_owned())),
        ("|", [members]) => members.as_array()?.iter().map(member).collect::<Option<_>>().map(Type::Union),
        ("[]", [item, ..]) => Some(Type::List(index(item)?)),
        ("{}", [name, given, others]) => {
            let others = if others.is_null() { None } else { Some(index(others)?) };
            Some(Type::Object(Object { name: name.as_str()?.to_owned(), properties: properties(given)?, others }))
        }
        ("?", [name, by, given, kinds]) => {
            let kinds = kinds.as_object()?.iter().map(|(name, at)| Some((name.clone(), index(at)?)));
            Some(Type::Kinds(Kinds {
                name: name.as_str()?.to_owned(),
                by: by.as_str()?.to_owned(),
                properties: properties(given)?,
                kinds: kinds.collect::<Option<_>>()?,
            }))
        }
        _ => None,
    }
}

fn limits(value: Option<&Value>) -> Limits {
    let number = |name: &str| value.and_then(|limits| limits[name].as_i64());
    let pattern = value.and_then(|limits| limits["pattern"].as_str()).map(str::to_owned);
    Limits { min: number("min"), max: number("max"), pattern }
}

fn member(value: &Value) -> Option<Member> {
    match value {
        Value::String(text) => Some(Member::Literal(text.clone())),
        _ => index(value).map(Member::Type),
    }
}

fn properties(value: &Value) -> Option<BTreeMap<String, Property>> {
    let property = |value: &Value| match value {
        Value::Array(pair) => match pair.as_slice() {
            [kind, flags] => Some(Property { kind: index(kind)?, flags: u8::try_from(flags.as_u64()?).ok()? }),
            _ => None,
        },
        _ => Some(Property { kind: index(value)?, flags: 0 }),
    };
    value.as_object()?.iter().map(|(name, value)| Some((name.clone(), property(value)?))).collect()
}
