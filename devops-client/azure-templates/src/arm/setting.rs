//! Where a template is deployed, and what follows from that alone.

use super::expression::Arm;
use super::value::Val;

/// Where a template is deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// Id of the subscription, a GUID; or `$NAME` where it is not known, which leaves open what is hashed from it.
    pub subscription: String,
    /// Id of the tenant, likewise.
    pub tenant: String,
    /// The resource group; none for a deployment to a subscription.
    pub resource_group: Option<String>,
    /// The region of the group, or of the deployment to a subscription, if it is known.
    pub location: Option<String>,
    /// The name of the deployment.
    pub deployment: String,
}

impl Setting {
    /// The id of the subscription as a resource.
    pub(super) fn subscription_id(&self) -> String {
        format!("/subscriptions/{}", self.subscription)
    }

    /// The id of what the template is deployed to.
    pub(super) fn scope_id(&self) -> String {
        match &self.resource_group {
            Some(group) => format!("{}/resourceGroups/{group}", self.subscription_id()),
            None => self.subscription_id(),
        }
    }

    /// Whether a text holds an id that is not known.
    pub(super) fn is_in(&self, value: &Val) -> bool {
        let unknown = [&self.subscription, &self.tenant].into_iter().filter(|id| id.starts_with('$'));
        matches!(value, Val::Text(text) if unknown.into_iter().any(|id| text.contains(id.as_str())))
    }

    /// Calls the function called `name` (in small letters) if its value follows from where the template is deployed.
    pub(super) fn call(&self, name: &str, arguments: &[Val]) -> Option<Result<Val, String>> {
        let text = |key: &str, value: &str| (key.to_owned(), Val::text(value));
        let open = |function: &str, key: &str| {
            (key.to_owned(), Val::Open(Arm::call(function, Vec::new()).then(Arm::text(key))))
        };
        let known = |function: &str, key: &str, value: Option<&str>| match value {
            Some(value) => text(key, value),
            None => open(function, key),
        };
        Some(match (name, arguments) {
            ("subscription", []) => Ok(Val::Object(vec![
                text("id", &self.subscription_id()),
                text("subscriptionId", &self.subscription),
                text("tenantId", &self.tenant),
                open("subscription", "displayName"),
            ])),
            ("tenant", []) => {
                let more = ["countryCode", "displayName"].map(|key| open("tenant", key));
                Ok(Val::Object([text("tenantId", &self.tenant)].into_iter().chain(more).collect()))
            }
            ("resourcegroup", []) => {
                let Some(group) = &self.resource_group else {
                    return Some(Err("there is no resource group at a subscription".to_owned()));
                };
                let more = ["tags", "managedBy", "properties"].map(|key| open("resourceGroup", key));
                let mut entries = vec![
                    text("id", &self.scope_id()),
                    text("name", group),
                    text("type", "Microsoft.Resources/resourceGroups"),
                    known("resourceGroup", "location", self.location.as_deref()),
                ];
                entries.extend(more);
                Ok(Val::Object(entries))
            }
            ("deployment", []) => {
                let mut entries = vec![text("name", &self.deployment), open("deployment", "properties")];
                if self.resource_group.is_none() {
                    entries.push(known("deployment", "location", self.location.as_deref()));
                }
                Ok(Val::Object(entries))
            }
            ("resourceid" | "subscriptionresourceid" | "tenantresourceid" | "extensionresourceid", values) => {
                let texts: Option<Vec<&str>> = values
                    .iter()
                    .map(|value| match value {
                        Val::Text(text) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect();
                self.id(name, &texts?).map(Val::Text)
            }
            _ => return None,
        })
    }

    fn id(&self, function: &str, texts: &[&str]) -> Result<String, String> {
        if function == "extensionresourceid" {
            let (base, rest) = texts.split_first().ok_or("extensionResourceId() takes a resource, a type and names")?;
            return joined(base.trim_end_matches('/'), rest);
        }
        // What stands before the type: it has a slash, and an id of a subscription or a name of a group has none.
        let at = texts.iter().position(|text| text.contains('/')).ok_or("an id needs the type of a resource")?;
        let (before, rest) = texts.split_at(at);
        let base = match (function, before) {
            ("tenantresourceid", []) => String::new(),
            ("subscriptionresourceid", []) => self.subscription_id(),
            ("subscriptionresourceid", [subscription]) => format!("/subscriptions/{subscription}"),
            ("resourceid", []) => self.scope_id(),
            ("resourceid", [group]) => format!("{}/resourceGroups/{group}", self.subscription_id()),
            ("resourceid", [subscription, group]) => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            _ => return Err(format!("an id does not start with {}", before.join(", "))),
        };
        joined(&base, rest)
    }
}

/// `base/providers/A.B/c/x/d/y` of a type `A.B/c/d` and the names `x` and `y`; a resource group has an id of its own form.
pub(super) fn joined(base: &str, rest: &[&str]) -> Result<String, String> {
    let Some((kind, names)) = rest.split_first() else {
        return Err("an id needs the type of a resource".to_owned());
    };
    let (provider, types) = kind.split_once('/').ok_or_else(|| format!("`{kind}` is no type of a resource"))?;
    let types: Vec<&str> = types.split('/').collect();
    if types.len() != names.len() {
        return Err(format!("a `{kind}` has {} name(s), not {}", types.len(), names.len()));
    }
    if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
        return Ok(format!("{base}/resourceGroups/{}", names[0]));
    }
    let pairs: Vec<String> = types.iter().zip(names).map(|(kind, name)| format!("/{kind}/{name}")).collect();
    Ok(format!("{base}/providers/{provider}{}", pairs.concat()))
}
