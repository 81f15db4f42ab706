//! The tables of all providers, each read when it is first asked for.

use std::sync::LazyLock;

use super::read::Provider;
use super::{Index, Type};

type Table = (&'static str, LazyLock<Option<Provider>>);

macro_rules! tables {
    ($($name:literal),* $(,)?) => {
        [$(($name, LazyLock::new(|| Provider::read(include_str!(concat!("../../resource-types/", $name, ".json")))))),*]
    };
}

static TABLES: [Table; 18] = tables![
    "app",
    "authorization",
    "consumption",
    "containerinstance",
    "containerregistry",
    "containerservice",
    "eventgrid",
    "insights",
    "keyvault",
    "kubernetesconfiguration",
    "logic",
    "machinelearningservices",
    "managedidentity",
    "network",
    "operationalinsights",
    "resources",
    "storage",
    "web",
];

/// A type, and the table that knows what it refers to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    table: &'static Provider,
    kind: &'static Type,
}

impl Known {
    /// What it is.
    pub(crate) fn kind(self) -> &'static Type {
        self.kind
    }

    /// The type that this one refers to by `index`: anything, if there is none.
    pub(crate) fn at(self, index: Index) -> Self {
        Self { kind: self.table.types.get(index).unwrap_or(&Type::Any), ..self }
    }
}

/// Which version's types stand for a version that the tables do not have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// The newest one before it.
    Older,
    /// The oldest one after it.
    Newer,
}

/// The body of a resource of `Provider/type@version`, if that type is in the tables: of that very version, or of the nearest
/// on the `side` asked for. What is wrong by both sides is wrong in between.
pub(crate) fn body(reference: &str, side: Side) -> Option<Known> {
    let reference = reference.to_ascii_lowercase();
    let (name, version) = reference.split_once('@')?;
    let provider = name.strip_prefix("microsoft.")?.split('/').next()?;
    let table = TABLES.iter().find(|(name, _)| *name == provider)?.1.as_ref()?;
    let versions = table.resources.get(name)?;
    let (_, index) = match side {
        Side::Older => versions.range(..=version.to_owned()).next_back()?,
        Side::Newer => versions.range(version.to_owned()..).next()?,
    };
    Some(Known { table, kind: table.types.get(*index)? })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_table_is_read_and_every_reference_in_it_leads_somewhere() {
        let mut bodies = 0;
        for (name, table) in &TABLES {
            let table = table.as_ref().unwrap_or_else(|| panic!("{name} is no table"));
            bodies += table.resources.values().map(BTreeMap::len).sum::<usize>();
            let count = table.types.len();
            assert!(table.resources.values().flat_map(BTreeMap::values).all(|at| *at < count), "{name}");
            for kind in &table.types {
                let named: Vec<Index> = match kind {
                    Type::List(item) => vec![*item],
                    Type::Object(object) => object.properties.values().map(|p| p.kind).chain(object.others).collect(),
                    Type::Kinds(kinds) => {
                        kinds.properties.values().map(|p| p.kind).chain(kinds.kinds.values().copied()).collect()
                    }
                    _ => Vec::new(),
                };
                assert!(named.iter().all(|at| *at < count), "{name}: {kind:?}");
            }
        }
        assert!(bodies > 400, "{bodies} resource types and versions");
    }

    #[test]
    fn a_type_is_found_however_it_is_written() {
        assert!(body("microsoft.keyvault/VAULTS@2025-05-01", Side::Older).is_some());
        assert!(body("Microsoft.Unheard/of@2025-05-01", Side::Older).is_none());
        assert!(body("Microsoft.KeyVault/vaults", Side::Newer).is_none());
    }

    #[test]
    fn a_version_that_is_not_there_lies_between_two_that_are() {
        let of = |version: &str, side| body(&format!("Microsoft.KeyVault/vaults@{version}"), side).map(Known::kind);
        let same = |one: Option<&Type>, other: Option<&Type>| one.zip(other).is_some_and(|(a, b)| std::ptr::eq(a, b));
        assert!(same(of("2025-01-01", Side::Older), of("2024-11-01", Side::Newer)));
        assert!(same(of("2025-01-01", Side::Newer), of("2025-05-01", Side::Older)));
        assert!(of("1999-01-01", Side::Older).is_none() && of("2999-01-01", Side::Newer).is_none());
    }
}
