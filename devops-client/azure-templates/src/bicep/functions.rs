//! Functions that Bicep hands on to Azure Resource Manager under their own names (Microsoft Learn, "Bicep functions").

/// Functions of templates. `list…` functions are as many as resource providers have actions.
pub(super) const FUNCTIONS: [&str; 93] = [
    "any",
    "array",
    "base64",
    "base64ToJson",
    "base64ToString",
    "bool",
    "cidrHost",
    "cidrSubnet",
    "coalesce",
    "concat",
    "contains",
    "dataUri",
    "dataUriToString",
    "dateTimeAdd",
    "dateTimeFromEpoch",
    "dateTimeToEpoch",
    "deployer",
    "deployment",
    "empty",
    "endsWith",
    "environment",
    "extensionResourceId",
    "fail",
    "filter",
    "first",
    "flatten",
    "format",
    "groupBy",
    "guid",
    "indexOf",
    "int",
    "intersection",
    "items",
    "join",
    "json",
    "last",
    "lastIndexOf",
    "length",
    "managementGroup",
    "managementGroupResourceId",
    "map",
    "mapValues",
    "max",
    "min",
    "newGuid",
    "objectKeys",
    "padLeft",
    "parseCidr",
    "pickZones",
    "providers",
    "range",
    "reduce",
    "reference",
    "references",
    "replace",
    "resourceGroup",
    "resourceId",
    "shallowMerge",
    "skip",
    "sort",
    "split",
    "startsWith",
    "string",
    "subscription",
    "subscriptionResourceId",
    "substring",
    "take",
    "tenant",
    "tenantResourceId",
    "toLogicalZone",
    "toLogicalZones",
    "toLower",
    "toObject",
    "toPhysicalZone",
    "toPhysicalZones",
    "toUpper",
    "trim",
    "tryGet",
    "union",
    "uniqueString",
    "uri",
    "uriComponent",
    "uriComponentToString",
    "utcNow",
    "buildUri",
    "parseUri",
    "createArray",
    "createObject",
    "nameof",
    "loadFileAsBase64",
    "loadJsonContent",
    "loadTextContent",
    "loadYamlContent",
];

/// Whether a template may call `name`.
pub fn is_function(name: &str) -> bool {
    let lists = name.strip_prefix("list").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    FUNCTIONS.contains(&name) || lists || name == "list"
}

/// Whether a template may call `name`, in whatever letters it is written.
pub(crate) fn is_template_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|known| known.eq_ignore_ascii_case(name)) || name.to_ascii_lowercase().starts_with("list")
}

/// Functions whose value is only known while a deployment runs, so that no variable may hold it.
pub(super) fn is_runtime(name: &str) -> bool {
    name == "reference" || name == "references" || name == "list" || (name.starts_with("list") && is_function(name))
}

/// `name`, or the nearest of `known`, for a message.
pub(super) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known.map(|k| (strsim::damerau_levenshtein(name, k), k)).min();
    match near {
        // Of names of one or two letters every other one is near.
        Some((distance, near)) if name.len() > 2 && distance <= 1 + name.len() / 4 => {
            format!("; did you mean `{near}`?")
        }
        _ => String::new(),
    }
}
