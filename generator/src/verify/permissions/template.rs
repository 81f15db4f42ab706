//! What a compiled template makes, as far as the files alone say it: resources with their ids, and nested deployments
//! unrolled. What only Azure knows is named after where it comes from: `@<id>#principalId`.

mod values;

use std::collections::HashMap;

use serde_json::Value;

use crate::verify::arm::expression::parse;

/// Levels of values in values: a bound on recursion, far above what a compiler writes.
const MAX_DEPTH: usize = 60;
/// Type of nested deployments.
const DEPLOYMENT: &str = "Microsoft.Resources/deployments";

/// Subscription and resource group of a deployment, as they appear in ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) subscription: String,
    pub(super) group: String,
}

impl Place {
    /// The id of the group.
    pub(super) fn id(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.group)
    }
}

/// A resource of a template.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// Its type, as written.
    pub(super) kind: String,
    /// Its id.
    pub(super) id: String,
    /// The resource group that it is deployed into.
    pub(super) place: Place,
    /// Its own text with values put in where they are known.
    pub(super) body: Value,
    /// The deployment in which it stands: names of modules, outermost first.
    pub(super) module: Vec<String>,
    /// Whether it is only looked up.
    pub(super) existing: bool,
    /// Functions that ask Azure about a resource: the function, and the resource's id.
    pub(super) asks: Vec<(String, String)>,
}

/// Everything that `template` makes in `place`, where `parameters` is the document of its parameter file.
///
/// `places` are the groups that ids from elsewhere may mean: parameter files leave subscriptions to variables.
pub(super) fn read(template: &Value, parameters: &Value, place: &Place, places: &[Place]) -> Vec<Made> {
    let given = parameters["parameters"].as_object().into_iter().flatten();
    let given = given.map(|(name, entry)| (name.to_lowercase(), entry["value"].clone())).collect();
    let frame = Frame { template, given, place: place.clone(), places, index: None, loops: Vec::new() };
    let mut found = Vec::new();
    frame.resources(&[], &mut found, 0);
    found
}

/// One template with its arguments.
#[derive(Clone)]
struct Frame<'a> {
    template: &'a Value,
    given: HashMap<String, Value>,
    place: Place,
    places: &'a [Place],
    index: Option<usize>,
    /// Loops over properties around a value: names, and the turns that they are at.
    loops: Vec<(String, usize)>,
}

impl<'a> Frame<'a> {
    fn list(&self) -> Vec<&'a Value> {
        match &self.template["resources"] {
            Value::Array(items) => items.iter().collect(),
            Value::Object(map) => map.values().collect(),
            _ => Vec::new(),
        }
    }

    fn resources(&self, module: &[String], found: &mut Vec<Made>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for resource in self.list() {
            let count = resource.pointer("/copy/count").map(|count| self.value(count, depth).as_u64());
            let times: Vec<Option<usize>> = match count {
                None | Some(None) => vec![None],
                Some(Some(count)) => (0..usize::try_from(count).unwrap_or_default()).map(Some).collect(),
            };
            for index in times {
                let frame = Self { index: index.or(self.index), ..self.clone() };
                frame.resource(resource, module, found, depth);
            }
        }
    }

    fn resource(&self, resource: &'a Value, module: &[String], found: &mut Vec<Made>, depth: usize) {
        if self.value(&resource["condition"], depth) == Value::Bool(false) {
            return;
        }
        let kind = resource["type"].as_str().unwrap_or_default();
        let name = self.text(&resource["name"], depth);
        let place = self.place_of(resource, depth);
        let id = match resource.get("scope").filter(|_| !kind.eq_ignore_ascii_case(DEPLOYMENT)) {
            Some(scope) => join(&self.absolute(&self.text(scope, depth)), kind, &name),
            None => join(&place.id(), kind, &name),
        };
        let existing = resource["existing"] == true;
        let nested = resource.pointer("/properties/template");
        let body = if nested.is_some() { Value::Null } else { self.value(resource, depth) };
        let mut asks = Vec::new();
        self.asks(if nested.is_some() { &resource["properties"]["parameters"] } else { resource }, &mut asks, depth);
        found.push(Made { kind: kind.to_owned(), id, place, body, module: module.to_vec(), existing, asks });
        if let Some(inner) = self.nested(resource, depth) {
            let module: Vec<String> = module.iter().cloned().chain([name]).collect();
            inner.resources(&module, found, depth + 1);
        }
    }

    /// The template inside a nested deployment, with its arguments.
    fn nested(&self, resource: &'a Value, depth: usize) -> Option<Self> {
        let template = resource.pointer("/properties/template")?;
        let arguments = resource["properties"]["parameters"].as_object().into_iter().flatten();
        let given =
            arguments.map(|(name, entry)| (name.to_lowercase(), self.value(&entry["value"], depth + 1))).collect();
        Some(Self {
            template,
            given,
            place: self.place_of(resource, depth),
            places: self.places,
            index: None,
            loops: Vec::new(),
        })
    }

    /// Where a resource is deployed: nested deployments may name another group.
    fn place_of(&self, resource: &Value, depth: usize) -> Place {
        let own = |key: &str| resource.get(key).map(|value| self.text(value, depth));
        match own("resourceGroup") {
            Some(group) => self.known(&own("subscriptionId").unwrap_or_default(), &group),
            None => self.place.clone(),
        }
    }

    /// The place of a group in a subscription that may not be known.
    fn known(&self, subscription: &str, group: &str) -> Place {
        let alike = |place: &&Place| place.group.eq_ignore_ascii_case(group);
        let exact = |place: &&Place| alike(place) && place.subscription.eq_ignore_ascii_case(subscription);
        let named = self.places.iter().find(exact);
        // An id that is left to a variable is empty in a parameter file.
        let open =
            || self.places.iter().find(alike).filter(|_| subscription.is_empty() || subscription.starts_with('['));
        named
            .or_else(open)
            .cloned()
            .unwrap_or_else(|| Place { subscription: subscription.to_owned(), group: group.to_owned() })
    }

    /// A scope as [`Self::known`] has its group: that of an existing resource names its subscription by a parameter.
    fn whole(&self, scope: &str) -> String {
        let parts = scope.strip_prefix("/subscriptions/").and_then(|rest| rest.split_once("/resourceGroups/"));
        let Some((subscription, rest)) = parts else { return scope.to_owned() };
        let (group, inner) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        format!("{}{inner}", self.known(subscription, group).id())
    }

    /// A scope that is relative to the deployment: `Microsoft.KeyVault/vaults/x`.
    fn absolute(&self, scope: &str) -> String {
        if scope.starts_with('/') || scope.starts_with('[') {
            return scope.to_owned();
        }
        format!("{}/providers/{scope}", self.place.id())
    }

    /// Functions that ask Azure about a resource, anywhere in a piece of the template.
    fn asks(&self, value: &Value, found: &mut Vec<(String, String)>, depth: usize) {
        match value {
            Value::String(text) => {
                let Some(Ok(expression)) = parse(text) else { return };
                expression.calls(&mut |name, arguments| {
                    let asks = name.eq_ignore_ascii_case("reference") || name.to_lowercase().starts_with("list");
                    let id = arguments.first().filter(|_| asks).and_then(|first| self.evaluate(first, depth + 1));
                    if let Some(id) = id.as_ref().and_then(Value::as_str).filter(|id| !id.contains("/deployments/")) {
                        found.push((name.to_owned(), id.to_owned()));
                    }
                });
            }
            Value::Array(items) => items.iter().for_each(|item| self.asks(item, found, depth)),
            Value::Object(map) => {
                // A parameter that Azure reads from a vault.
                if let Some(Value::String(id)) = map.get("keyVault").map(|vault| self.value(&vault["id"], depth + 1)) {
                    found.push(("keyVault".to_owned(), id));
                }
                map.values().for_each(|item| self.asks(item, found, depth));
            }
            _ => {}
        }
    }
}

/// The id of a resource below a scope: types and names take turns.
fn join(scope: &str, kind: &str, name: &str) -> String {
    let mut kinds = kind.split('/');
    let mut id = format!("{}/providers/{}", scope.trim_end_matches('/'), kinds.next().unwrap_or_default());
    let mut names = name.split('/');
    for kind in kinds {
        id.push('/');
        id.push_str(kind);
        if let Some(name) = names.next() {
            id.push('/');
            id.push_str(name);
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(template: &Value) -> Vec<Made> {
        let own = Place { subscription: "s".into(), group: "own".into() };
        let other = Place { subscription: "$OTHER".into(), group: "other".into() };
        read(template, &json!({ "parameters": { "where": { "value": "other" } } }), &own, &[own.clone(), other])
    }

    #[test]
    fn loops_scopes_and_what_only_azure_knows_are_put_in() {
        let found = made(&json!({ "variables": { "roles": ["a", "b"] }, "resources": [{
            "copy": { "name": "loop", "count": "[length(variables('roles'))]" },
            "type": "Microsoft.Authorization/roleAssignments",
            "name": "[variables('roles')[copyIndex()]]",
            "scope": "[resourceId('Microsoft.Storage/storageAccounts/blobServices/containers', 'st', 'default', 'c')]",
            "properties": { "principalId": "[reference(resourceId('', parameters('where'), 'Microsoft.X/y', 'i'), '1').principalId]" }
        }] }));
        let scope = "/subscriptions/s/resourceGroups/own/providers/Microsoft.Storage/storageAccounts/st/blobServices/default/containers/c";
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].id, format!("{scope}/providers/Microsoft.Authorization/roleAssignments/b"));
        let principal = "@/subscriptions/$OTHER/resourceGroups/other/providers/Microsoft.X/y/i#principalId";
        assert_eq!(found[1].body["properties"]["principalId"], principal);
        assert_eq!(found[1].asks[0].0, "reference");
    }

    #[test]
    fn loops_over_properties_and_scopes_of_subscriptions_that_variables_name_are_put_in() {
        let scope = "extensionResourceId(format('/subscriptions/{0}/resourceGroups/{1}', '', parameters('where')), 'Microsoft.X/y', 'i')";
        let found = made(&json!({ "resources": [{ "type": "Microsoft.X/z", "name": "n", "properties": {
            "principal": format!("[reference({scope}, '1').principalId]"),
            "copy": [{ "name": "zones", "count": 2, "input": { "id": "[createArray('a', 'b')[copyIndex('zones')]]",
                "at": "[copyIndex('zones', 5)]" } }]
        } }] }));
        let properties = &found[0].body["properties"];
        assert_eq!(
            properties["principal"],
            "@/subscriptions/$OTHER/resourceGroups/other/providers/Microsoft.X/y/i#principalId"
        );
        assert_eq!(properties["zones"], json!([{ "id": "a", "at": 5 }, { "id": "b", "at": 6 }]));
        assert!(properties.get("copy").is_none());
    }

    #[test]
    fn outputs_of_modules_and_modules_of_other_groups_are_followed() {
        let inner = json!({ "parameters": { "name": {} }, "resources": [
            { "type": "Microsoft.X/y", "name": "it", "properties": { "given": "[parameters('name')]" } }
        ], "outputs": { "id": { "value": "[resourceId('Microsoft.X/y', 'it')]" } } });
        let module = |name: &str, given: &str| {
            json!({ "type": DEPLOYMENT, "name": name, "resourceGroup": "[parameters('where')]", "properties": {
                "parameters": { "name": { "value": given } }, "template": inner.clone() } })
        };
        let second =
            "[reference(resourceId('', 'other', 'Microsoft.Resources/deployments', 'one'), '1').outputs.id.value]";
        let found = made(&json!({ "resources": [module("one", "x"), module("two", second)] }));
        let inner: Vec<&Made> = found.iter().filter(|one| one.kind != DEPLOYMENT).collect();
        let id = "/subscriptions/$OTHER/resourceGroups/other/providers/Microsoft.X/y/it";
        assert_eq!((inner[0].id.as_str(), &inner[0].module[..]), (id, &["one".to_owned()][..]));
        assert_eq!(inner[1].body["properties"]["given"], id);
    }

    #[test]
    fn what_a_condition_leaves_out_is_not_made() {
        assert!(
            made(&json!({ "resources": [{ "condition": false, "type": "Microsoft.X/y", "name": "n" }] })).is_empty()
        );
    }
}
