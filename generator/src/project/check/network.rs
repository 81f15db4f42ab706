//! `network:`

use super::issues::Issues;
use crate::project::network::{Cidr, Network, PrivateNetwork};
use crate::spec::located::path::Path;
use crate::spec::{NetworkKind, NetworkSpec, RangesSpec, SpecFile};

/// Public, or private with ranges that lie where they should.
pub(super) fn check(spec: &SpecFile, issues: &mut Issues) -> Option<Network> {
    let at = Path::root().key("network");
    let environments = spec.environments.as_ref().map_or(1, Vec::len);
    match &spec.network {
        NetworkSpec::Kind(NetworkKind::Public) => Some(Network::Public),
        NetworkSpec::Kind(NetworkKind::Private) => ranges(&RangesSpec::default(), environments, &at, issues),
        NetworkSpec::Ranges(given) => ranges(given.private.as_ref()?, environments, &at.key("private"), issues),
    }
}

fn ranges(given: &RangesSpec, environments: usize, at: &Path, issues: &mut Issues) -> Option<Network> {
    let space_at = at.key("addressSpace");
    let space = issues.parse(&space_at, &given.address_space, Cidr::parse);
    if let Some(space) = space.filter(|s| !s.is_private()) {
        let message = format!("{space} is not a private range");
        issues.add(&space_at, message).help("private ranges lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
    }
    let before = issues.count();
    let mut subnets: Vec<(Path, Cidr)> = Vec::new();
    for (quarter, key, text) in [
        (0, "endpointsSubnet", &given.endpoints_subnet),
        (1, "trainingSubnet", &given.training_subnet),
        (2, "scoringSubnet", &given.scoring_subnet),
    ] {
        let path = at.key(key);
        let subnet = match text {
            Some(text) => issues.parse(&path, text, Cidr::parse)?,
            None => match space?.part(2, quarter) {
                Some(subnet) => subnet,
                None => {
                    issues
                        .add(&space_at, "the address space is too small to be cut into subnets")
                        .help("choose a /24 or larger");
                    return None;
                }
            },
        };
        if let Some(space) = space.filter(|s| !s.contains(&subnet)) {
            issues.add(&path, format!("{subnet} does not lie in the address space, {space}")).about(space_at.clone());
        }
        for (other_at, other) in subnets.iter().filter(|(_, other)| other.overlaps(&subnet)) {
            let name = other_at.last_key().unwrap_or_default();
            issues.add(&path, format!("{subnet} overlaps with `{name}`, {other}")).about(other_at.clone());
        }
        subnets.push((path, subnet));
    }
    let [(_, endpoints_subnet), (_, training_subnet), (scoring_at, scoring_subnet)] =
        <[_; 3]>::try_from(subnets).ok()?;
    let bits = environments.max(1).next_power_of_two().trailing_zeros();
    if scoring_subnet.part(u8::try_from(bits).unwrap_or(u8::MAX), 0).is_none_or(|part| part.prefix() > 28) {
        let message =
            format!("{scoring_subnet} is too small for {environments} environments: each needs a /28 or larger");
        issues.add(&scoring_at, message).about(Path::root().key("environments"));
    }
    (issues.count() == before).then_some(())?;
    Some(Network::Private(PrivateNetwork { address_space: space?, endpoints_subnet, training_subnet, scoring_subnet }))
}
