//! The commands that an administrator runs where the tool leaves Azure alone: the same resources as `apply` makes, from the
//! same desired values.

use std::collections::BTreeMap;

use serde_json::Value;

use super::kinds::deployment::{Deployment, INCREMENTAL};
use super::kinds::federated_credential::{FederatedCredential, NAME};
use super::kinds::field::{Pending, Text, Typed};
use super::kinds::identity::{self, Identity};
use super::kinds::membership::{Member, Membership, PRINCIPAL_ID};
use super::kinds::resource_group::ResourceGroup;
use super::kinds::role_assignment::RoleAssignment;
use super::kinds::service_connection::{ISSUER, SUBJECT, client_id_variable};
use super::kinds::tags::Tags;
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
    let named = typed::<Identity>(of(Kind::Identity));
    let identities: BTreeMap<&str, String> =
        named.iter().map(|(key, identity)| (key.name.as_str(), identity.id())).collect();
    let mut lines: Vec<String> = typed(of(Kind::ResourceGroup)).iter().map(|(key, one)| group(key, one)).collect();
    lines.extend(named.iter().map(|(_, one)| identity(one)));
    lines.extend(typed(of(Kind::RoleAssignment)).iter().map(|(key, one)| role(key, one, &identities)));
    lines.extend(typed(of(Kind::Deployment)).iter().map(|(key, one)| deployment(key, one, tree, state)));
    lines.extend(typed(of(Kind::FederatedCredential)).iter().map(|(key, one)| credential(key, one, state)));
    let hand_back = |(connection, id): (&&str, &String)| {
        format!("echo \"export {}=$({})\"", client_id_variable(connection), show(id, identity::CLIENT_ID))
    };
    lines.extend(identities.iter().map(hand_back));
    // Whoever starts pipelines upon events is made by the platform's deployment.
    let starters = typed::<Membership>(of(Kind::Membership)).into_iter().filter_map(|(_, one)| match one.member {
        Member::Identity(id) => Some(id),
        Member::Principal(_) => None,
    });
    lines.extend(starters.map(|id| format!("echo \"export {PRINCIPAL_ID}=$({})\"", show(&id, identity::PRINCIPAL_ID))));
    lines
}

/// The structs behind the fields of resources.
fn typed<'a, K: Typed>(resources: impl Iterator<Item = &'a Resource>) -> Vec<(&'a Key, K)> {
    resources.filter_map(|resource| Some((&resource.key, K::from_fields(&resource.fields).ok()?))).collect()
}

// Invariant: every name is one argument of a command, whatever is in it (test: hostile_values_stay_single_arguments).
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

/// ` --tags a=b c=d --output none`
fn tagged(tags: &Tags) -> String {
    let words: String = tags.iter().map(|(name, value)| format!(" {}", quoted(&format!("{name}={value}")))).collect();
    format!(" --tags{words} --output none")
}

/// Subscription and group of a group's id.
fn place(scope: &str) -> (&str, &str) {
    let mut parts = scope.split('/').skip(2);
    (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default())
}

fn group(key: &Key, group: &ResourceGroup) -> String {
    let options = [
        ("--subscription", group.subscription.as_str()),
        ("--name", key.name.as_str()),
        ("--location", group.location.as_str()),
    ];
    command("az group create", &options) + &tagged(&group.tags)
}

fn identity(identity: &Identity) -> String {
    let (subscription, group) = place(&identity.scope);
    let options = [
        ("--subscription", subscription),
        ("--resource-group", group),
        ("--name", identity.name.as_str()),
        ("--location", identity.location.as_str()),
    ];
    command("az identity create", &options) + &tagged(&identity.tags)
}

/// What prints a property of an identity.
fn show(id: &str, query: &str) -> String {
    format!("az identity show --ids {} --query {query} --output tsv", quoted(id))
}

fn role(key: &Key, assignment: &RoleAssignment<Text>, identities: &BTreeMap<&str, String>) -> String {
    let connection = key.name.rsplit_once('/').map_or("", |(connection, _)| connection);
    let principal = identities.get(connection).map(|id| show(id, identity::PRINCIPAL_ID)).unwrap_or_default();
    let Text::Known(description) = &assignment.description else { return String::new() };
    let options = [
        ("--name", assignment.name.as_str()),
        ("--role", assignment.role.as_str()),
        ("--scope", assignment.scope.as_str()),
        ("--assignee-principal-type", "ServicePrincipal"),
        ("--description", description.as_str()),
    ];
    let mut line = command("az role assignment create", &options);
    line.push_str(&format!(" --assignee-object-id=\"$({principal})\""));
    if let Some(condition) = &assignment.condition {
        line.push_str(&command("", &[("--condition-version", "2.0"), ("--condition", condition)]));
    }
    line + " --output none"
}

fn deployment(key: &Key, deployment: &Deployment<Pending<Value>>, tree: &RenderedTree, state: &State) -> String {
    let (subscription, group) = place(&deployment.scope);
    let name = key.name.as_str();
    let folder = if name == "platform" { "infra/platform".to_owned() } else { format!("infra/environments/{name}") };
    let (template, file) = (format!("{folder}/main.json"), format!("{folder}/main.parameters.json"));
    let options = [
        ("--subscription", subscription),
        ("--resource-group", group),
        ("--name", name),
        ("--mode", INCREMENTAL),
        ("--template-file", template.as_str()),
    ];
    let mut line = command("az deployment group create", &options);
    line.push_str(&format!(" --parameters {}", quoted(&format!("@{file}"))));
    let written: Value = tree.get(&file).and_then(|file| serde_json::from_slice(&file.bytes).ok()).unwrap_or_default();
    // the file has what is in the spec; ids from the environment and numbers of pipelines come behind it
    for (parameter, value) in &deployment.parameters {
        let value = match value {
            Pending::Known(value) if written["parameters"][parameter]["value"] == *value => continue,
            Pending::Known(value) => value.clone(),
            Pending::Later(later) => match later.resolved(None, |of, fact| state.get(of)?.fact(fact)) {
                Some(known) => known,
                None => continue,
            },
        };
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        line.push(' ');
        line.push_str(&quoted(&format!("{parameter}={value}")));
    }
    line + " --output none"
}

fn credential(key: &Key, wanted: &FederatedCredential<Text>, state: &State) -> String {
    let connection = key.name.as_str();
    let of = state.get(&Key::new(Kind::ServiceConnection, connection));
    let fact = |name: &str| of.and_then(|of| of.fact(name));
    let (Some(issuer), Some(subject)) = (fact(ISSUER), fact(SUBJECT)) else {
        let shown: String = connection.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        return format!(
            "# trust of the service connection {shown}: its issuer and subject are known once `apply --only devops` has \
             made it; `plan --only devops` shows the command then"
        );
    };
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
