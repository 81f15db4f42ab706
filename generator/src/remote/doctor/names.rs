//! Names that must be unique: free, ours, taken, soft-deleted.

use super::super::admin::quoted;
use super::Finding;

const CHECK: &str = "names";

/// What kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Unique in Azure; the names of deleted vaults stay taken until they are purged.
    KeyVault,
    /// Unique in Azure.
    Storage,
    /// Unique in Azure.
    Registry,
    /// Unique in its group; deleted workspaces keep their names for two weeks.
    Workspace,
}

impl What {
    fn words(self) -> &'static str {
        match self {
            Self::KeyVault => "key vault",
            Self::Storage => "storage account",
            Self::Registry => "container registry",
            Self::Workspace => "Azure ML workspace",
        }
    }
}

/// How a name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is in the group where it belongs.
    Ours,
    /// Nobody has it.
    Free,
    /// A deleted vault in this subscription has it.
    SoftDeleted {
        /// Its region.
        location: String,
        /// Whether it cannot be purged.
        protected: bool,
    },
    /// Somebody has it; Azure's own words.
    Taken(String),
    /// It could not be told, with the reason.
    Unknown(String),
}

/// The finding about one name in the place `place`.
pub fn check(what: What, name: &str, place: &str, state: &State) -> Finding {
    let thing = format!("{} {name} ({place})", what.words());
    match state {
        State::Ours => Finding::good(CHECK, format!("the {thing} is there")),
        State::Free if what == What::Workspace => Finding::good(CHECK, format!("the {thing} is not there yet")),
        State::Free => Finding::good(CHECK, format!("the name of the {thing} is free")),
        State::SoftDeleted { location, protected } => {
            let recover = format!("az keyvault recover --name {} --location {}", quoted(name), quoted(location));
            let purge = format!("az keyvault purge --name {} --location {}", quoted(name), quoted(location));
            let remedy = if *protected {
                format!(
                    "make its resource group and run `{recover}` (it is protected from purging), or set another `azure.suffix`"
                )
            } else {
                format!("`{recover}`, or `{purge}`, or set another `azure.suffix`")
            };
            Finding::blocks(CHECK, format!("the name of the {thing} is held by a deleted one in {location}"), remedy)
        }
        State::Taken(why) => Finding::blocks(
            CHECK,
            format!("the name of the {thing} is taken: {why}"),
            "set another `azure.suffix`, or the name itself",
        ),
        State::Unknown(why) => Finding::note(
            CHECK,
            format!("whether the name of the {thing} is free could not be told: {why}"),
            "see what the deployment says",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::doctor::Level;

    #[test]
    fn only_names_that_others_hold_block() {
        let deleted = |protected| State::SoftDeleted { location: "westeurope".to_owned(), protected };
        for (state, level) in [
            (State::Ours, Level::Good),
            (State::Free, Level::Good),
            (State::Taken("in use".to_owned()), Level::Blocks),
            (State::Unknown("no answer".to_owned()), Level::Note),
            (deleted(true), Level::Blocks),
            (deleted(false), Level::Blocks),
        ] {
            assert_eq!(check(What::KeyVault, "kv", "qa", &state).level, level, "{state:?}");
        }
        let remedy = |protected| check(What::KeyVault, "kv", "qa", &deleted(protected)).remedy.unwrap();
        assert!(remedy(false).contains("az keyvault purge --name kv --location westeurope"));
        assert!(!remedy(true).contains("az keyvault purge"), "{}", remedy(true));
    }
}
