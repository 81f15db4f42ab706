//! The commands that an administrator runs where the tool leaves Azure alone: the same resources as `apply` makes, from the
//! same desired values.

use std::collections::BTreeMap;

use serde_json::Value;

use super::desired::membership::{IDENTITY, PRINCIPAL_ID};
use super::kinds::federated_credential::{FederatedCredential, NAME};
use super::kinds::field::{Text, Typed as _};
use super::kinds::service_connection::{ISSUER, SUBJECT, client_id_variable};
use super::later::Later;
use super::observed::State;
use super::resource::{Key, Kind, Resource};
use crate::tree::RenderedTree;

/// The lines of a bash script, to be run in the project's folder, in order: groups, identities, roles, deployments,
/// trust, and at the end what prints the ids that Azure DevOps needs. `resources` are the desired resources of which those of
/// Azure count, and the membership of the identity behind events; `state` is what is known of Azure DevOps.
///
/// Issuer and subject of a connection are known once Azure DevOps has the connection; until then a comment stands in the
/// place of the command, and the same plan shows the command after the first `apply`.
pub fn admin_commands(resources: &[Resource], state: &State, tree: &RenderedTree) -> Vec<String> {
    let of = |kind: Kind| resources.iter().filter(move |resource| resource.key.kind == kind);
    let identities: BTreeMap<&str, String> =
        of(Kind::Identity).map(|identity| (identity.key.name.as_str(), identity_id(identity))).collect();
    let mut lines: Vec<String> = of(Kind::ResourceGroup).map(group).collect();
    lines.extend(of(Kind::Identity).map(identity));
    lines.extend(of(Kind::RoleAssignment).map(|assignment| role(assignment, &identities)));
    lines.extend(of(Kind::Deployment).map(|one| deployment(one, tree, state)));
    lines.extend(of(Kind::FederatedCredential).map(|one| credential(one, state)));
    let hand_back = |(connection, id): (&&str, &String)| {
        format!("echo \"export {}=$({})\"", client_id_variable(connection), show(id, "clientId"))
    };
    lines.extend(identities.iter().map(hand_back));
    // Whoever starts pipelines upon events is made by the platform's deployment.
    let starter = |identity: &Resource| {
        format!("echo \"export {PRINCIPAL_ID}=$({})\"", show(text(identity, IDENTITY), "principalId"))
    };
    lines.extend(of(Kind::Membership).map(starter));
    lines
}

/// One word of bash, whatever is in it.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A command with options, each joined to its value by `=` so that no value is taken for an option.
fn command(start: &str, options: &[(&str, &str)]) -> String {
    let options: String = options.iter().map(|(name, value)| format!(" {name}={}", quoted(value))).collect();
    format!("{start}{options}")
}

fn text<'a>(resource: &'a Resource, field: &str) -> &'a str {
    resource.fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// ` --tags a=b c=d --output none`
fn tagged(resource: &Resource) -> String {
    let named = resource.fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("tags.")?, value.as_str()?)));
    let words: String = named.map(|(name, value)| format!(" {}", quoted(&format!("{name}={value}")))).collect();
    format!(" --tags{words} --output none")
}

/// Subscription and group of a group's id.
fn place(scope: &str) -> (&str, &str) {
    let mut parts = scope.split('/').skip(2);
    (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default())
}

fn group(group: &Resource) -> String {
    let options = [
        ("--subscription", text(group, "subscription")),
        ("--name", group.key.name.as_str()),
        ("--location", text(group, "location")),
    ];
    command("az group create", &options) + &tagged(group)
}

fn identity(identity: &Resource) -> String {
    let (subscription, group) = place(text(identity, "scope"));
    let options = [
        ("--subscription", subscription),
        ("--resource-group", group),
        ("--name", text(identity, "name")),
        ("--location", text(identity, "location")),
    ];
    command("az identity create", &options) + &tagged(identity)
}

fn identity_id(identity: &Resource) -> String {
    let (scope, name) = (text(identity, "scope"), text(identity, "name"));
    format!("{scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}")
}

/// What prints a property of an identity.
fn show(id: &str, query: &str) -> String {
    format!("az identity show --ids {} --query {query} --output tsv", quoted(id))
}

fn role(assignment: &Resource, identities: &BTreeMap<&str, String>) -> String {
    let connection = assignment.key.name.rsplit_once('/').map_or("", |(connection, _)| connection);
    let principal = identities.get(connection).map(|id| show(id, "principalId")).unwrap_or_default();
    let options = [
        ("--name", text(assignment, "name")),
        ("--role", text(assignment, "role")),
        ("--scope", text(assignment, "scope")),
        ("--assignee-principal-type", "ServicePrincipal"),
        ("--description", text(assignment, "description")),
    ];
    let mut line = command("az role assignment create", &options);
    line.push_str(&format!(" --assignee-object-id=\"$({principal})\""));
    if let Some(condition) = assignment.fields.get("condition").and_then(Value::as_str) {
        line.push_str(&command("", &[("--condition-version", "2.0"), ("--condition", condition)]));
    }
    line + " --output none"
}

fn deployment(deployment: &Resource, tree: &RenderedTree, state: &State) -> String {
    let (subscription, group) = place(text(deployment, "scope"));
    let name = deployment.key.name.as_str();
    let folder = if name == "platform" { "infra/platform".to_owned() } else { format!("infra/environments/{name}") };
    let (template, file) = (format!("{folder}/main.json"), format!("{folder}/main.parameters.json"));
    let options = [
        ("--subscription", subscription),
        ("--resource-group", group),
        ("--name", name),
        ("--mode", "Incremental"),
        ("--template-file", template.as_str()),
    ];
    let mut line = command("az deployment group create", &options);
    line.push_str(&format!(" --parameters {}", quoted(&format!("@{file}"))));
    let written: Value = tree.get(&file).and_then(|file| serde_json::from_slice(&file.bytes).ok()).unwrap_or_default();
    // the file has what is in the spec; ids from the environment and numbers of pipelines come behind it
    for (field, value) in &deployment.fields {
        let Some(parameter) = field.strip_prefix("parameters.") else { continue };
        let value = match Later::read(value) {
            None if written["parameters"][parameter]["value"] == *value => continue,
            None => value.clone(),
            Some(later) => match known(&later, state) {
                Some(known) => Value::String(known),
                None => continue,
            },
        };
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        line.push(' ');
        line.push_str(&quoted(&format!("{parameter}={value}")));
    }
    line + " --output none"
}

fn known(later: &Later, state: &State) -> Option<String> {
    match later {
        Later::Fact { of, fact } => state.get(of)?.fact(fact),
        Later::Kept { .. } => None,
    }
}

fn credential(credential: &Resource, state: &State) -> String {
    let connection = credential.key.name.as_str();
    let of = state.get(&Key::new(Kind::ServiceConnection, connection));
    let fact = |name: &str| of.and_then(|of| of.fact(name));
    let (Some(issuer), Some(subject)) = (fact(ISSUER), fact(SUBJECT)) else {
        let shown: String = connection.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        return format!(
            "# trust of the service connection {shown}: its issuer and subject are known once `apply --only devops` has \
             made it; `plan --only devops` shows the command then"
        );
    };
    let Ok(wanted) = FederatedCredential::<Text>::from_fields(&credential.fields) else { return String::new() };
    let id = wanted.identity.as_str();
    let (subscription, group) = place(id);
    let options = [
        ("--subscription", subscription),
        ("--resource-group", group),
        ("--identity-name", id.rsplit('/').next().unwrap_or_default()),
        ("--name", NAME),
        ("--issuer", issuer.as_str()),
        ("--subject", subject.as_str()),
    ];
    let audiences = wanted.audiences.iter().map(|audience| quoted(audience)).collect::<Vec<_>>().join(" ");
    format!("{} --audiences {audiences} --output none", command("az identity federated-credential create", &options))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A model of what bash makes of a word: quotes and the backslash, and nothing else that is special.
        #[test]
        fn a_quoted_text_is_one_word_that_bash_reads_back(text in "\\PC{0,40}") {
            let (mut read, mut inside, mut chars) = (String::new(), false, quoted(&text).chars().collect::<Vec<_>>().into_iter());
            while let Some(c) = chars.next() {
                match c {
                    '\'' => inside = !inside,
                    '\\' if !inside => read.extend(chars.next()),
                    c if inside || c.is_ascii_alphanumeric() || "-_./:=,".contains(c) => read.push(c),
                    c => prop_assert!(false, "{c:?} stands outside of quotes"),
                }
            }
            prop_assert!(!inside);
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn a_client_id_is_handed_back_under_a_name_that_bash_accepts() {
        assert_eq!(client_id_variable("diabetes-qa (é)"), "AZURE_CLIENT_ID_DIABETES_QA____");
    }
}
