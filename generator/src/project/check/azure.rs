//! `azure:` and places.

use super::derive::{Names, suffix};
use super::issues::Issues;
use super::reserved;
use crate::project::azure::{Guid, Id, Place, Platform};
use crate::project::name::*;
use crate::spec::located::path::Path;
use crate::spec::{AzureSpec, IdSpec, SpecFile};

/// The variables that hold the ids when the spec does not.
const TENANT_VARIABLE: &str = "AZURE_TENANT_ID";
const SUBSCRIPTION_VARIABLE: &str = "AZURE_SUBSCRIPTION_ID";

/// The platform's place and names.
pub(super) fn platform(spec: &SpecFile, names: &Names, issues: &mut Issues) -> Option<Platform> {
    let azure = spec.azure.as_ref()?;
    let at = Path::root().key("azure");
    let own = at.key("names");
    let given = &azure.names;
    if let Some(text) = &azure.suffix {
        issues.accept(&at.key("suffix"), suffix(text));
    }

    let place = platform_place(azure, names, &at, issues);
    let mut name =
        Namer { issues, at: &own, fallback: Path::root().keys(&["project", "name"]), owner: "the platform".to_owned() };
    let workspace = name.get("workspace", &given.workspace, names.local("ml", 33), WorkspaceName::parse);
    let storage = name.get("storage", &given.storage, names.compact("ml", 24), StorageAccountName::parse);
    let key_vault = name.get("keyVault", &given.key_vault, names.global("ml", 24), KeyVaultName::parse);
    let registry = name.get("registry", &given.registry, names.compact("", 50), RegistryName::parse);
    let app_insights =
        name.get("appInsights", &given.app_insights, names.local("ml-insights", 63), ResourceName::parse);
    let log_analytics = name.get("logAnalytics", &given.log_analytics, names.local("ml-logs", 63), ResourceName::parse);
    let training =
        name.get("trainingIdentity", &given.training_identity, names.local("training", 63), ResourceName::parse);
    let events = name.get("eventsIdentity", &given.events_identity, names.local("events", 63), ResourceName::parse);
    let data = name.get("dataContainer", &given.data_container, "data".to_owned(), ContainerName::parse);
    let models = name.get("modelsContainer", &given.models_container, "models".to_owned(), ContainerName::parse);
    name.claim("storage account", "storage", storage.as_ref().map(StorageAccountName::as_str), given.storage.is_some());
    name.claim("key vault", "keyVault", key_vault.as_ref().map(KeyVaultName::as_str), given.key_vault.is_some());
    name.claim("container registry", "registry", registry.as_ref().map(RegistryName::as_str), given.registry.is_some());
    name.owner = "the training identity".to_owned();
    name.claim(
        "managed identity",
        "trainingIdentity",
        training.as_ref().map(ResourceName::as_str),
        given.training_identity.is_some(),
    );
    name.owner = "the events identity".to_owned();
    name.claim(
        "managed identity",
        "eventsIdentity",
        events.as_ref().map(ResourceName::as_str),
        given.events_identity.is_some(),
    );
    name.owner = "the training data".to_owned();
    name.claim(
        "blob container",
        "dataContainer",
        data.as_ref().map(ContainerName::as_str),
        given.data_container.is_some(),
    );
    name.owner = "the models".to_owned();
    name.claim(
        "blob container",
        "modelsContainer",
        models.as_ref().map(ContainerName::as_str),
        given.models_container.is_some(),
    );

    let connection = match &azure.service_connection {
        Some(text) => issues.parse(&at.key("serviceConnection"), text, DevOpsName::parse),
        None => DevOpsName::parse(&names.local("platform", 64)).ok(),
    };
    Some(Platform {
        place: place?,
        service_connection: connection?,
        workspace: workspace?,
        storage: storage?,
        key_vault: key_vault?,
        registry: registry?,
        app_insights: app_insights?,
        log_analytics: log_analytics?,
        training_identity: training?,
        events_identity: events?,
        data_container: data?,
        models_container: models?,
        suffix: names.suffix.clone(),
    })
}

fn platform_place(azure: &AzureSpec, names: &Names, at: &Path, issues: &mut Issues) -> Option<Place> {
    let tenant = id(azure.tenant.as_ref(), TENANT_VARIABLE, &at.key("tenant"), issues);
    let subscription = id(azure.subscription.as_ref(), SUBSCRIPTION_VARIABLE, &at.key("subscription"), issues);
    let location = azure.location.as_deref().and_then(|text| location(text, &at.key("location"), issues));
    let resource_group = match &azure.resource_group {
        Some(text) => issues.parse(&at.key("resourceGroup"), text, ResourceGroupName::parse),
        None => ResourceGroupName::parse(&names.local("platform", 90)).ok(),
    };
    if let Some(group) = &resource_group {
        let path = if azure.resource_group.is_some() { at.key("resourceGroup") } else { at.clone() };
        issues.claims.take("resource group", group.as_str(), "the platform", &path, azure.resource_group.is_some());
    }
    Some(Place { tenant: tenant?, subscription: subscription?, resource_group: resource_group?, location: location? })
}

/// An id, or the variable that holds it by default.
pub(super) fn id(given: Option<&IdSpec>, variable: &str, at: &Path, issues: &mut Issues) -> Option<Id> {
    match given {
        None => VariableName::parse(variable).ok().map(Id::Variable),
        Some(IdSpec::Guid(text)) => match Guid::parse(text) {
            Ok(guid) => Some(Id::Guid(guid)),
            Err(why) => {
                issues.add(at, why).help("to keep it out of the file: {variable: AZURE_…}");
                None
            }
        },
        Some(IdSpec::Variable(reference)) => reference
            .variable
            .as_deref()
            .and_then(|name| issues.parse(&at.key("variable"), name, VariableName::parse))
            .map(Id::Variable),
    }
}

/// A region; the display name that the portal shows is a common slip.
pub(super) fn location(text: &str, at: &Path, issues: &mut Issues) -> Option<Location> {
    let parsed = Location::parse(text);
    if let Ok(location) = parsed {
        if let Some(near) = slip(text) {
            issues.add(at, format!("`{text}` is no Azure location")).help(format!("did you mean `{near}`?"));
            return None;
        }
        return Some(location);
    }
    let bare: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase();
    let help = KNOWN_LOCATIONS.contains(&bare.as_str()).then(|| format!("did you mean `{bare}`?"));
    issues.add(at, parsed.err().unwrap_or_default()).maybe_help(help);
    None
}

/// The known region that `text` is a slip of: a letter or two differ, and no digit, because regions get numbered
/// neighbours that this program has not heard of.
fn slip(text: &str) -> Option<&'static str> {
    let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
    let near = |known: &&str| digits(known) == digits(text) && strsim::damerau_levenshtein(known, text) <= 2;
    if KNOWN_LOCATIONS.contains(&text) { None } else { KNOWN_LOCATIONS.into_iter().find(near) }
}

/// Regions of the public cloud; one that is not here is taken unless it looks like a slip of one that is.
const KNOWN_LOCATIONS: [&str; 64] = [
    "australiacentral",
    "australiacentral2",
    "australiaeast",
    "australiasoutheast",
    "austriaeast",
    "belgiumcentral",
    "brazilsouth",
    "brazilsoutheast",
    "canadacentral",
    "canadaeast",
    "centralindia",
    "centralus",
    "centraluseuap",
    "chilecentral",
    "denmarkeast",
    "eastasia",
    "eastus",
    "eastus2",
    "eastus2euap",
    "eastus3",
    "francecentral",
    "francesouth",
    "germanynorth",
    "germanywestcentral",
    "indonesiacentral",
    "israelcentral",
    "italynorth",
    "japaneast",
    "japanwest",
    "jioindiacentral",
    "jioindiawest",
    "koreacentral",
    "koreasouth",
    "malaysiawest",
    "mexicocentral",
    "newzealandnorth",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "norwaywest",
    "polandcentral",
    "qatarcentral",
    "southafricanorth",
    "southafricawest",
    "southcentralus",
    "southeastasia",
    "southindia",
    "spaincentral",
    "swedencentral",
    "swedensouth",
    "switzerlandnorth",
    "switzerlandwest",
    "taiwannorth",
    "taiwannorthwest",
    "uaecentral",
    "uaenorth",
    "uksouth",
    "ukwest",
    "westcentralus",
    "westeurope",
    "westindia",
    "westus",
    "westus2",
    "westus3",
];

/// Takes names that are given, or derived ones.
pub(super) struct Namer<'i, 'p> {
    pub(super) issues: &'i mut Issues,
    /// Where given names stand.
    pub(super) at: &'p Path,
    /// Where the part stands from which names are derived.
    pub(super) fallback: Path,
    /// For messages: `environment qa`.
    pub(super) owner: String,
}

impl Namer<'_, '_> {
    /// The given name, or the derived one.
    pub(super) fn get<T>(
        &mut self,
        key: &str,
        given: &Option<String>,
        derived: impl Into<Option<String>>,
        parse: fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match given {
            Some(text) => self.issues.parse(&self.at.key(key), text, parse),
            None => self.issues.derived(&self.fallback.clone(), &derived.into()?, parse),
        }
    }

    /// Takes a name that must be unique.
    pub(super) fn claim(&mut self, what: &'static str, key: &str, name: Option<&str>, given: bool) {
        if let Some(name) = name {
            let path = if given { self.at.key(key) } else { self.fallback.clone() };
            // Derived names start with the project's, which is checked where it stands.
            const ADDRESSED: [&str; 5] =
                ["storage account", "key vault", "container registry", "container group", "endpoint"];
            if given && ADDRESSED.contains(&what) {
                self.issues.accept(&path, reserved::azure(name));
            }
            self.issues.claims.take(what, name, self.owner.clone(), &path, given);
        }
    }
}
