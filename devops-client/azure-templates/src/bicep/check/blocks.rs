//! Resources: their types, names, parents, scopes and what they wait for.

use super::super::ast::*;
use super::super::compile::Target;
use super::super::functions::did_you_mean;
use super::types::Type;
use super::{Checker, Place, Scope, Symbol};

/// What stands at the top of resources (Microsoft Learn, "Resource declaration in Bicep", and what providers add).
const TOP: [&str; 22] = [
    "name",
    "location",
    "tags",
    "asserts",
    "properties",
    "sku",
    "kind",
    "managedBy",
    "managedByExtended",
    "extendedLocation",
    "zones",
    "placement",
    "plan",
    "eTag",
    "etag",
    "scale",
    "identity",
    "parent",
    "scope",
    "dependsOn",
    "resourceGroup",
    "subscriptionId",
];

/// What may be said of a resource that is there already.
const OF_EXISTING: [&str; 4] = ["name", "parent", "scope", "dependsOn"];

/// Providers whose resources are in resource groups, or extend another resource where their type is in `EXTENSIONS`.
const IN_GROUPS: [&str; 44] = [
    "apimanagement",
    "app",
    "appconfiguration",
    "automation",
    "batch",
    "botservice",
    "cache",
    "cdn",
    "cognitiveservices",
    "compute",
    "containerinstance",
    "containerregistry",
    "containerservice",
    "dashboard",
    "databricks",
    "datafactory",
    "dbformysql",
    "dbforpostgresql",
    "devices",
    "documentdb",
    "eventgrid",
    "eventhub",
    "hdinsight",
    "insights",
    "keyvault",
    "kusto",
    "logic",
    "machinelearningservices",
    "managedidentity",
    "monitor",
    "network",
    "notificationhubs",
    "operationalinsights",
    "operationsmanagement",
    "purview",
    "recoveryservices",
    "relay",
    "search",
    "servicebus",
    "servicefabric",
    "signalrservice",
    "sql",
    "storage",
    "streamanalytics",
];

/// Types of those providers that extend other resources, or stand at more than groups.
const EXTENSIONS: [&str; 6] = [
    "microsoft.eventgrid/eventsubscriptions",
    "microsoft.insights/datacollectionruleassociations",
    "microsoft.insights/diagnosticsettings",
    "microsoft.insights/guestdiagnosticsettingsassociation",
    "microsoft.containerservice/fleetmemberships",
    "microsoft.network/cloudserviceslots",
];

impl Checker<'_> {
    /// The names of a block's own loop.
    pub(super) fn block_scope(&self, block: &Block) -> Scope {
        match &block.repeat {
            Some(head) => {
                let item = self.loop_item(head, &Scope::default());
                Scope::default().with_loop(head, item)
            }
            None => Scope::default(),
        }
    }

    /// The condition of a resource or module.
    pub(super) fn check_head(&self, block: &Block) {
        if let Some(condition) = &block.condition {
            let found = self.infer(condition, &self.block_scope(block));
            if !found.fits(&Type::Bool) {
                self.say(condition.at, "BCP046", format!("a condition is a bool, not {found}"));
            }
        }
    }

    pub(super) fn check_resource(&self, declaration: &Declaration, block: &Block) {
        let Some(kind) = type_of(block) else {
            let message =
                format!("`{}` is no resource type with a version: `Provider/type@2025-01-01`", block.reference);
            return self.say(block.reference_at, "BCP029", message);
        };
        self.twice(&block.body);
        self.check_head(block);
        self.check_known(block, true);
        let scope = self.block_scope(block);
        for entry in &block.body {
            match entry {
                Entry::Property { key, at, value } => self.check_property(block, key, *at, value, &scope),
                Entry::Spread(value) => self.say(value.at, "BCP401", "`...` cannot stand in the body of a resource"),
            }
        }
        if block.property("name").is_none() {
            self.say(declaration.name_at, "BCP035", "a resource needs a `name`");
        }
        self.check_depends_on(block, &scope);
        self.check_parent(block, kind, &scope);
        self.check_place(declaration, block, kind, &scope);
        self.check_name(block, kind);
    }

    fn check_property(&self, block: &Block, key: &Text, at: Place, value: &Expr, scope: &Scope) {
        let Some(name) = key.literal() else {
            self.say(at, "BCP040", "a property at the top of a resource has a plain name");
            return;
        };
        if block.existing && !OF_EXISTING.contains(&name) {
            return self.say(
                at,
                "BCP173",
                format!("an existing resource has {}, not `{name}`", OF_EXISTING.join(", ")),
            );
        }
        if matches!(name, "parent" | "scope" | "dependsOn") {
            return; // looked at on their own
        }
        if !TOP.contains(&name) {
            let near = did_you_mean(name, TOP.into_iter());
            if !near.is_empty() {
                self.say(at, "BCP089", format!("a resource has no `{name}`{near}"));
            }
        }
        let found = match &value.kind {
            ExprKind::For { head, .. } => {
                let message = "a loop cannot be a property of the resource itself: put it into a variable";
                self.say(head.at, "BCP138", message);
                Type::Any
            }
            _ => self.infer_property(value, scope),
        };
        let wanted = match name {
            "name" | "location" | "kind" | "managedBy" => Type::TEXT,
            "tags" | "identity" | "plan" => Type::object(),
            _ => Type::Any,
        };
        if !found.fits(&wanted) {
            self.say(value.at, "BCP036", format!("`{name}` is of type {wanted}, not {found}"));
        }
    }

    pub(super) fn check_depends_on(&self, block: &Block, scope: &Scope) {
        let Some(value) = block.property("dependsOn") else {
            return;
        };
        let ExprKind::Array(items) = &value.kind else {
            return self.say(value.at, "BCP036", "`dependsOn` is an array of resources and modules");
        };
        for item in items {
            let (Item::Value(value) | Item::Spread(value)) = item;
            let found = self.infer(value, scope);
            if !matches!(found, Type::Resource { .. } | Type::Module { .. }) {
                self.say(value.at, "BCP034", format!("`dependsOn` holds resources and modules, not {found}"));
            }
        }
    }

    fn check_parent(&self, block: &Block, kind: &str, scope: &Scope) {
        let Some(parent) = block.property("parent") else {
            return;
        };
        if kind.matches('/').count() < 2 {
            let at = key_place(block, "parent").unwrap_or(parent.at);
            return self.say(at, "BCP037", format!("`{kind}` is no child of another resource"));
        }
        if let Some(value) = block.property("scope") {
            self.say(value.at, "BCP164", "a child is in the scope of its parent: leave `scope` out");
        }
        let found = self.infer(parent, scope);
        match (self.block_of(parent), &found) {
            (Some((Symbol::Resource(owner), _)), Type::Resource { list, .. }) => {
                if *list {
                    return self.say(parent.at, "BCP036", "a parent is one resource: take an item of the list");
                }
                let owner_kind = type_of(owner).unwrap_or_default();
                let child = kind.to_ascii_lowercase();
                if child.rsplit_once('/').is_none_or(|(head, _)| head != owner_kind.to_ascii_lowercase()) {
                    self.say(parent.at, "BCP036", format!("`{kind}` is no child of `{owner_kind}`"));
                }
            }
            _ if found == Type::Any => {}
            _ => self.say(parent.at, "BCP240", "a parent is a resource of this file, named as it is"),
        }
    }

    /// That a resource of this type can be deployed where the file is deployed.
    fn check_place(&self, declaration: &Declaration, block: &Block, kind: &str, scope: &Scope) {
        let Some(value) = block.property("scope") else {
            if let Some(wanted) = only_at(kind)
                && !block.existing
                && wanted != self.target
                && block.property("parent").is_none()
            {
                let message = format!("`{kind}` is deployed to a {wanted}, this file to a {}", self.target);
                self.say(declaration.name_at, "BCP135", message);
            }
            return;
        };
        let found = self.infer(value, scope);
        match found {
            Type::Scope(_) if block.existing => {}
            Type::Scope("tenant") => {}
            Type::Scope(name) => {
                let own = matches!(&value.bare().kind, ExprKind::Call { arguments, .. } if arguments.is_empty());
                if name != self.target.name() || !own {
                    self.say(
                        value.at,
                        "BCP139",
                        "a resource is deployed to the scope of its file: use a module for another one",
                    );
                }
            }
            Type::Resource { list: true, .. } | Type::Module { list: true, .. } => self.refuse_list(&found, value),
            Type::Resource { .. } | Type::Any => {}
            other => self.say(value.at, "BCP036", format!("`scope` is a resource or a scope, not {other}")),
        }
    }

    fn check_name(&self, block: &Block, kind: &str) {
        let Some(name) = block.property("name") else {
            return;
        };
        let ExprKind::Str(text) = &name.bare().kind else {
            return;
        };
        let found: usize = text.texts.iter().map(|piece| piece.matches('/').count()).sum();
        if block.property("parent").is_some() {
            if found > 0 {
                self.say(name.at, "BCP170", "the name of a child with a `parent` holds no `/`");
            }
            return;
        }
        let wanted = kind.matches('/').count() - 1;
        if found > wanted || found < wanted && text.codes.is_empty() {
            self.say(name.at, "BCP169", format!("the name of a `{kind}` holds {wanted} `/`, not {found}"));
        }
    }

    /// Resources and modules that have the same name.
    pub(super) fn check_names(&self, file: &File) {
        let mut seen: Vec<(String, &Declaration)> = Vec::new();
        for declaration in &file.declarations {
            let (block, code) = match &declaration.kind {
                Kind::Resource(block) if !block.existing => (block, "BCP121"),
                Kind::Module(block) => (block, "BCP122"),
                _ => continue,
            };
            let (Some(name), None) = (block.property("name").and_then(Expr::literal), &block.repeat) else {
                continue;
            };
            let about =
                |key: &str| block.property(key).map(|value| format!("{:?}", outline(value))).unwrap_or_default();
            let kind = if code == "BCP121" { type_of(block).unwrap_or_default() } else { "" };
            let key = format!("{code}\n{kind}\n{name}\n{}\n{}", about("parent"), about("scope")).to_lowercase();
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == key) {
                for twin in [first, &declaration] {
                    let (Kind::Resource(block) | Kind::Module(block)) = &twin.kind else {
                        continue;
                    };
                    let at = block.property("name").map_or(twin.at, |name| name.at);
                    self.say(at, code, format!("two of them are called `{name}` in this file"));
                }
            }
            seen.push((key, declaration));
        }
    }
}

/// An expression without its places.
fn outline(expr: &Expr) -> String {
    let own = match &expr.kind {
        ExprKind::Name(name) | ExprKind::Call { name, .. } | ExprKind::Member { name, .. } => name.clone(),
        ExprKind::Str(text) => text.texts.join("$"),
        ExprKind::Int(number) => number.to_string(),
        _ => String::new(),
    };
    let children: Vec<String> = expr.children().into_iter().map(outline).collect();
    format!("{own}({})", children.join(","))
}

fn key_place(block: &Block, name: &str) -> Option<Place> {
    block.body.iter().find_map(|entry| match entry {
        Entry::Property { key, at, .. } if key.literal() == Some(name) => Some(*at),
        _ => None,
    })
}

/// The type of a resource, if it is one with a version.
fn type_of(block: &Block) -> Option<&str> {
    let (kind, version) = block.reference.split_once('@')?;
    let segments = kind.split('/').count() > 1 && kind.split('/').all(|segment| !segment.is_empty());
    (segments && kind.split('/').next()?.contains('.') && !version.is_empty()).then_some(kind)
}

/// Where resources of a type are deployed, if that is one scope alone.
fn only_at(kind: &str) -> Option<Target> {
    let kind = kind.to_ascii_lowercase();
    match kind.as_str() {
        "microsoft.resources/resourcegroups" | "microsoft.consumption/budgets/notifications" => {
            return Some(Target::Subscription);
        }
        "microsoft.management/managementgroups" => return Some(Target::Tenant),
        "microsoft.resources/deploymentscripts" => return Some(Target::ResourceGroup),
        _ => {}
    }
    let provider = kind.strip_prefix("microsoft.")?.split('/').next()?;
    let extension = EXTENSIONS.iter().any(|known| kind == *known || kind.starts_with(&format!("{known}/")));
    (IN_GROUPS.contains(&provider) && !extension).then_some(Target::ResourceGroup)
}
