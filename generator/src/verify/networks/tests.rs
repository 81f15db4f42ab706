//! Of each private project every flow is proved, and whatever is taken away is missed by the flow that needed it.

use super::*;
use crate::artifacts::sample;

const CASES: [(&str, &str); 4] = [
    ("private-network", include_str!("../../../../tests/cases/private-network/mlops.yaml")),
    ("private-network-defaults", include_str!("../../../../tests/cases/private-network-defaults/mlops.yaml")),
    ("hub-network", include_str!("../../../../tests/cases/hub-network/mlops.yaml")),
    ("kubernetes-endpoint-private", include_str!("../../../../tests/cases/kubernetes-endpoint-private/mlops.yaml")),
];

fn cases() -> Vec<(&'static str, Project, Model)> {
    CASES
        .iter()
        .map(|(name, spec)| {
            let project = sample::load(spec);
            let renderer = crate::render::Renderer::new(&crate::render::Overrides::new()).unwrap();
            let tree = crate::compose::compose(&project, &renderer).unwrap_or_else(|errors| panic!("{errors:#?}"));
            let model = Model::read(&tree, &project);
            (*name, project, model)
        })
        .collect()
}

/// Takes one thing after another away; answers how many there were.
fn each<T: Clone>(
    model: &Model,
    project: &Project,
    of: fn(&Model) -> Vec<T>,
    take: impl Fn(&mut Model, &T),
    needed: impl Fn(&T) -> bool,
) -> (usize, usize) {
    let things: Vec<T> = of(model).into_iter().filter(needed).collect();
    let missed = things.iter().filter(|thing| {
        let mut without = model.clone();
        take(&mut without, thing);
        !broken(&without, project).is_empty()
    });
    (missed.count(), things.len())
}

/// Shown with `--nocapture`, as tests/conformance/networks.sh does.
#[allow(clippy::print_stdout)]
fn say(line: &str) {
    println!("{line}");
}

#[test]
fn every_flow_of_every_private_case_is_proved() {
    for (name, project, model) in cases() {
        assert!(model.networks.len() > project.environments.len(), "{name}: {:?}", model.networks.keys());
        assert!(model.endpoints.len() >= PLATFORM.len() + 2 * project.environments.len(), "{name}");
        assert!(flows(&project).len() > 14, "{name}");
        assert_eq!(broken(&model, &project), [""; 0], "{name}");
    }
}

#[test]
fn whatever_is_taken_away_is_missed_by_the_flow_that_needs_it() {
    let mut sums = (0, 0);
    for (name, project, model) in cases() {
        let hub = match &project.network {
            Network::Private(private) => private.hub.as_ref().map(|hub| hub.network.as_str().to_owned()),
            Network::Public => None,
        };
        let agents = agents(&project);
        let peerings = each(
            &model,
            &project,
            |model| model.peerings.iter().cloned().collect(),
            |model, peering| model.peerings.retain(|one| one != peering),
            // What lies behind a hub is the organization's business.
            |(_, to)| Some(to) != hub.as_ref(),
        );
        let links = each(
            &model,
            &project,
            |model| model.links.iter().cloned().collect(),
            |model, link| model.links.retain(|one| one != link),
            |(zone, network)| needs(&project, &model, zone, network, &agents),
        );
        let endpoints = each(
            &model,
            &project,
            |model| model.endpoints.clone(),
            |model, endpoint| model.endpoints.retain(|one| one != endpoint),
            |_| true,
        );
        let outbound = each(
            &model,
            &project,
            |model| model.networks.keys().cloned().collect(),
            |model, name| model.networks.get_mut(name).unwrap().outbound = false,
            |_| true,
        );
        let rules = each(
            &model,
            &project,
            |model| model.networks.keys().cloned().collect(),
            |model, name| model.networks.get_mut(name).unwrap().guarded = false,
            |_| true,
        );
        let zones = each(
            &model,
            &project,
            |model| model.zones.iter().cloned().collect(),
            |model, zone| model.zones.retain(|one| one != zone),
            |_| true,
        );
        for (kind, (missed, all)) in [
            ("peerings", peerings),
            ("links", links),
            ("endpoints", endpoints),
            ("ways out", outbound),
            ("zones", zones),
            ("rules", rules),
        ] {
            say(&format!("{name}: {kind}: {missed} of {all} that are taken away are missed"));
            assert_eq!(missed, all, "{name}: {kind}");
            sums = (sums.0 + missed, sums.1 + all);
        }
    }
    say(&format!("networks: {} of {} that are taken away are missed by the flow that needs them", sums.0, sums.1));
    assert_eq!(sums.0, sums.1);
    assert!(sums.1 > 80, "{sums:?}");
}

/// Whether somebody in `network` asks for a name of `zone`: networks resolve all zones, so that a new flow needs no link.
fn needs(project: &Project, model: &Model, zone: &str, network: &str, agents: &str) -> bool {
    let asked = flows(project).into_iter().filter(|flow| flow.from == network).any(|flow| {
        let endpoint = model.endpoints.iter().find(|one| one.place == flow.place && one.group == flow.group);
        endpoint.is_some_and(|endpoint| endpoint.zones.iter().any(|own| own == zone))
    });
    asked || (zone == API && network == agents)
}

#[test]
fn networks_that_overlap_and_rules_that_refuse_are_named() {
    let (_, project, model) = cases().remove(0);
    let names: Vec<String> = model.networks.keys().cloned().collect();
    let mut overlapping = model.clone();
    let range = overlapping.networks[&names[0]].ranges[0];
    overlapping.networks.get_mut(&names[1]).unwrap().ranges.push(range);
    let said = broken(&overlapping, &project);
    assert!(said.iter().any(|what| what.contains("overlap")), "{said:?}");
    let mut refusing = model.clone();
    refusing.networks.get_mut(&names[0]).unwrap().refusals.push("refuse-all".to_owned());
    assert!(broken(&refusing, &project)[0].contains("refused by `refuse-all`"));
}

#[test]
fn a_template_that_forgets_a_peering_is_refused() {
    let (_, spec) = CASES[0];
    let project = sample::load(spec);
    let renderer = crate::render::Renderer::new(&crate::render::Overrides::new()).unwrap();
    let tree = crate::compose::compose(&project, &renderer).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(verify(&tree, &project), []);
    let broken = sample::broken(&tree, "infra/platform/main.json", "virtualNetworkPeerings", "virtualNetworkTaps");
    let found = verify(&broken, &project);
    assert!(found.iter().any(|finding| finding.message.contains("is not peered with")), "{found:?}");
}
