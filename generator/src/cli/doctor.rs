//! `mlops-gen doctor`.

use std::collections::BTreeMap;

use devops_client::Credential;
use mlops_gen::edge::connect::{Connection, variable, variables};
use mlops_gen::edge::doctor::probe::{Probe, Wire};
use mlops_gen::edge::doctor::{Patient, examine};
use mlops_gen::remote::desired::Scope;
use mlops_gen::remote::desired::azure::{Target, id, targets};
use mlops_gen::remote::doctor::{Finding, Level, is_blocked};
use serde_json::json;

use super::args::Doctor;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;
use super::remote::block_on;
use super::secrets::azure;

pub(super) fn run(options: &Doctor, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::at(&options.spec)?;
    let project = &loaded.project;
    let connection = Connection::new(project).map_err(|error| Failure::Usage(error.to_string()))?;
    let credential = match &connection.addresses.devops {
        Some(_) => "MLOPS_GEN_DEVOPS_TOKEN",
        None => Credential::detect(variable).map_or("none", |credential| credential.describe()),
    };
    let values = variables(project, Scope::Everything);
    let mut found = Vec::new();
    let places = match (options.only, targets(project, &values)) {
        (Some(_), _) => None,
        (None, Ok(places)) => Some(places),
        (None, Err(missing)) => {
            let blocked = missing.into_iter().map(|lacks| {
                Finding::blocks(
                    "credentials",
                    format!("{} is not known, so Azure was not looked at", lacks.what),
                    lacks.next,
                )
            });
            found.extend(blocked);
            None
        }
    };
    let tenants = places.as_deref().map(|places| tenants(places, &values)).unwrap_or_default();
    let azure = if places.is_some() { Some(azure()?) } else { None };
    let patient = Patient {
        project,
        tree: &loaded.tree,
        client: &connection.devops,
        credential,
        azure: azure.as_ref().zip(places.as_deref()),
        tenants: &tenants,
        // Doubles have no networks.
        probe: connection.addresses.devops.is_none().then_some(&Wire as &dyn Probe),
        on_agent: variable("TF_BUILD").is_some(),
    };
    found.extend(block_on(examine(&patient))?);
    show(&found, options.all, output);
    Ok(if is_blocked(&found) { Outcome::Different } else { Outcome::Clean })
}

/// Each subscription once, with the tenant that the project says for it.
fn tenants(places: &[Target<'_>], values: &BTreeMap<String, String>) -> Vec<(String, Option<String>)> {
    let mut all: BTreeMap<String, Option<String>> = BTreeMap::new();
    for place in places {
        let tenant = id(&place.place.tenant, values).ok();
        let known = all.entry(place.subscription.clone()).or_default();
        *known = known.take().or(tenant);
    }
    all.into_iter().collect()
}

fn show(found: &[Finding], all: bool, output: Output) {
    let count = |level: Level| found.iter().filter(|finding| finding.level == level).count();
    let (blocks, notes, good) = (count(Level::Blocks), count(Level::Note), count(Level::Good));
    if output.is_json() {
        output.data(&json!({ "findings": found, "blocks": blocks, "notes": notes, "good": good }));
        return;
    }
    for finding in found.iter().filter(|finding| all || finding.level != Level::Good) {
        let word = match finding.level {
            Level::Blocks => "BLOCKS",
            Level::Note => "note",
            Level::Good => "good",
        };
        output.text(&format!("{word:6}  {}: {}\n", finding.check, finding.says));
        if let Some(remedy) = &finding.remedy {
            output.text(&format!("        remedy: {remedy}\n"));
        }
    }
    let hint = if all || good == 0 { "" } else { " (--all shows them)" };
    let (things, are, well) = (if blocks == 1 { "thing blocks" } else { "things block" }, be(notes), be(good));
    output.say(&format!("{blocks} {things}, {notes} {are} worth knowing, {good} {well} well{hint}"));
}

fn be(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}
