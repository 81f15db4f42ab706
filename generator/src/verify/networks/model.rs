//! The networks that the rendered templates make: read from the compiled templates and their parameter files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::project::Project;
use crate::project::network::Cidr;
use crate::tree::RenderedTree;

/// The networks of a project, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) networks: BTreeMap<String, Network>,
    /// Directions of peerings: from, to.
    pub(super) peerings: BTreeSet<(String, String)>,
    /// Networks that resolve the zones: zone, network.
    pub(super) links: BTreeSet<(String, String)>,
    /// Zones that are made here; a hub that keeps zones links them itself.
    pub(super) zones: BTreeSet<String>,
    pub(super) endpoints: Vec<Endpoint>,
}

/// A network.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) ranges: Vec<Cidr>,
    /// Whether its work reaches out: a NAT gateway, or a route to a firewall.
    pub(super) outbound: bool,
    /// Whether a rule keeps out what comes from the internet.
    pub(super) guarded: bool,
    /// Inbound rules that keep out what comes from networks of the project.
    pub(super) refusals: Vec<String>,
}

/// A private endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// `platform`, or the environment whose service it is.
    pub(super) place: String,
    /// Which endpoint of which service: `blob`, `vault`.
    pub(super) group: String,
    pub(super) zones: Vec<String>,
    pub(super) network: String,
}

impl Model {
    /// What `tree` makes.
    pub(super) fn read(tree: &RenderedTree, project: &Project) -> Self {
        let mut model = Self::default();
        let platform = Template::read(tree, "infra/platform");
        let modules = platform.modules();
        let named: BTreeMap<&str, String> = modules
            .iter()
            .filter(|module| module.makes("virtualNetworks"))
            .map(|module| (module.name, platform.text(module.given("name"))))
            .collect();
        for module in &modules {
            if module.makes("virtualNetworks") {
                model.networks.insert(platform.text(module.given("name")), network(&platform, module));
            } else if module.makes("virtualNetworks/virtualNetworkPeerings") {
                let from = platform.text(module.given("networkName"));
                model.peerings.insert((from, platform.network(module.given("remoteNetworkId"), &named)));
            } else if module.makes("privateDnsZones/virtualNetworkLinks") {
                let network = platform.network(module.given("networkId"), &named);
                let zones = platform.zones(module.given("zones"));
                model.links.extend(zones.into_iter().map(|zone| (zone, network.clone())));
            } else if module.makes("privateDnsZones") {
                model.zones.extend(platform.zones(module.given("zones")));
            }
        }
        model.endpoints_of("platform", &platform, &named);
        for environment in &project.environments {
            let template = Template::read(tree, &format!("infra/environments/{}", environment.name));
            model.endpoints_of(environment.name.as_str(), &template, &named);
        }
        model
    }

    fn endpoints_of(&mut self, place: &str, template: &Template, named: &BTreeMap<&str, String>) {
        for module in template.modules().iter().filter(|module| module.makes("privateEndpoints")) {
            self.endpoints.push(Endpoint {
                place: place.to_owned(),
                group: template.text(module.given("groupId")),
                zones: template.zones(module.given("zones")),
                network: template.network(module.given("subnetId"), named),
            });
        }
    }
}

/// A compiled template with its parameters.
struct Template {
    template: Value,
    parameters: Value,
}

/// A nested deployment.
struct Module<'a> {
    name: &'a str,
    parameters: BTreeMap<&'a str, &'a Value>,
    resources: Vec<&'a Value>,
}

impl Module<'_> {
    /// What a parameter is given; nothing if it is not.
    fn given(&self, name: &str) -> &Value {
        self.parameters.get(name).copied().unwrap_or(&Value::Null)
    }

    /// Whether the module makes a resource of this type of `Microsoft.Network`.
    fn makes(&self, kind: &str) -> bool {
        self.resources.iter().any(|resource| resource["type"] == format!("Microsoft.Network/{kind}"))
    }
}

impl Template {
    fn read(tree: &RenderedTree, folder: &str) -> Self {
        let json = |name: &str| {
            let file = tree.get(&format!("{folder}/{name}"));
            file.and_then(|file| serde_json::from_slice(&file.bytes).ok()).unwrap_or_default()
        };
        let parameters: Value = json("main.parameters.json");
        Self { template: json("main.json"), parameters: parameters["parameters"].clone() }
    }

    fn modules(&self) -> Vec<Module<'_>> {
        let deployments = resources(&self.template);
        let modules = deployments.into_iter().filter(|one| one["type"] == "Microsoft.Resources/deployments");
        modules
            .map(|one| Module {
                name: one["name"].as_str().unwrap_or_default(),
                parameters: one["properties"]["parameters"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, given)| (name.as_str(), &given["value"]))
                    .collect(),
                resources: resources(&one["properties"]["template"])
                    .into_iter()
                    .filter(|resource| resource["existing"] != true)
                    .collect(),
            })
            .collect()
    }

    /// The value of a parameter of a module: itself, or the parameter or part of one that it hands on.
    fn value(&self, given: &Value) -> Value {
        let inner = given.as_str().and_then(|text| text.strip_prefix("[parameters('")?.strip_suffix(']'));
        let Some((name, rest)) = inner.and_then(|inner| inner.split_once("')")) else { return given.clone() };
        let whole = &self.parameters[name]["value"];
        match rest.strip_prefix('.') {
            Some(part) => whole[part].clone(),
            None => whole.clone(),
        }
    }

    fn text(&self, given: &Value) -> String {
        self.value(given).as_str().unwrap_or_default().to_owned()
    }

    /// The keys of zones: of the variable `zones`, all or some.
    fn zones(&self, given: &Value) -> Vec<String> {
        const ONE: &str = "[variables('zones').";
        match given {
            Value::Array(items) => {
                let keys = items.iter().filter_map(|item| item.as_str()?.strip_prefix(ONE)?.strip_suffix(']'));
                keys.map(str::to_owned).collect()
            }
            Value::String(text) if text.contains("items(variables('zones'))") => self.template["variables"]["zones"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.clone())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The network that an id means: one that a module makes, one that is named by a parameter, or one that is there.
    fn network(&self, given: &Value, named: &BTreeMap<&str, String>) -> String {
        let text = given.as_str().unwrap_or_default();
        let made = named.iter().find(|(deployment, _)| text.contains(&format!("deployments', '{deployment}')")));
        if let Some((_, name)) = made {
            return name.clone();
        }
        if text.contains("parameters('networkName')") {
            return self.text(&Value::from("[parameters('networkName')]"));
        }
        self.text(given)
    }
}

fn resources(template: &Value) -> Vec<&Value> {
    match &template["resources"] {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

fn network(template: &Template, module: &Module<'_>) -> Network {
    let ranges = template.value(module.given("addressSpaces"));
    let ranges =
        ranges.as_array().into_iter().flatten().filter_map(|range| Cidr::parse(range.as_str()?).ok()).collect();
    let subnets: String = module
        .resources
        .iter()
        .filter(|resource| resource["type"] == "Microsoft.Network/virtualNetworks")
        .map(|resource| resource["properties"]["subnets"].to_string())
        .collect();
    let rules = module.resources.iter().filter(|one| one["type"] == "Microsoft.Network/networkSecurityGroups");
    let rules = rules.flat_map(|group| group["properties"]["securityRules"].as_array().into_iter().flatten());
    let denied = |rule: &&Value| rule["properties"]["access"] == "Deny" && rule["properties"]["direction"] == "Inbound";
    let from = |rule: &Value| rule["properties"]["sourceAddressPrefix"].as_str().unwrap_or("*").to_owned();
    let denials: Vec<&Value> = rules.filter(denied).collect();
    let guarded = denials.iter().any(|rule| ["Internet", "*"].contains(&from(rule).as_str()));
    let refusals = denials
        .iter()
        .filter(|rule| from(rule) != "Internet")
        .map(|rule| rule["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    Network { ranges, outbound: subnets.contains("natGateway") || subnets.contains("routeTable"), guarded, refusals }
}
