//! Each flow of a private network, tried: the name resolves to a private address of the right network, a connection
//! comes about, and the service proves itself. What is missing is named after the model of the networks.

use std::net::{IpAddr, SocketAddr};

use futures::future::join_all;

use super::Patient;
use super::probe::{PORT, Probe};
use crate::artifacts::infra::api_versions::used;
use crate::edge::azure::path::ArmPath;
use crate::project::network::Cidr;
use crate::remote::doctor::Finding;
use crate::verify::networks::{Host, Reach, reaches};

/// The check, as findings name it.
const CHECK: &str = "flows";
/// Versions of the API.
const MACHINE_LEARNING: &str = used("Microsoft.MachineLearningServices/workspaces");
const CLUSTER: &str = used("Microsoft.ContainerService/managedClusters");

/// What came of trying one flow.
#[derive(Clone, Debug)]
struct Tried {
    host: String,
    addresses: Result<Vec<IpAddr>, String>,
    connected: Result<(), String>,
    greeted: Result<(), String>,
}

/// Findings about the flows of a private project; nothing of a public one.
pub(super) async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(probe) = patient.probe else { return Vec::new() };
    let all = reaches(patient.tree, patient.project);
    let tried = join_all(all.into_iter().map(async |reach| {
        let name = name(patient, &reach).await;
        match name {
            Ok(host) => (reach.clone(), Ok(attempt(probe, &reach, host).await)),
            Err(why) => (reach, Err(why)),
        }
    }))
    .await;
    judge(&tried, patient.on_agent)
}

/// The name of a service, where need be as Azure has it.
async fn name(patient: &Patient<'_>, reach: &Reach) -> Result<String, String> {
    let asked = |place: &str| {
        let (azure, targets) = patient.azure.ok_or("Azure was left alone")?;
        let target = targets.iter().find(|one| one.name == place).ok_or("its place is not known")?;
        Ok::<_, &str>((azure, ArmPath::subscription(&target.subscription).group(target.place.resource_group.as_str())))
    };
    let text = |found: Option<serde_json::Value>, key: &str| {
        let found = found.and_then(|found| found["properties"][key].as_str().map(str::to_owned));
        found.ok_or_else(|| "it is not there yet".to_owned())
    };
    match &reach.host {
        Host::Known(host) => Ok(host.clone()),
        Host::Workspace => {
            let (azure, group) = asked("platform")?;
            let platform = &patient.project.platform;
            let path = group.resource("Microsoft.MachineLearningServices/workspaces", platform.workspace.as_str());
            let found = azure.arm.get(&path, MACHINE_LEARNING).await.map_err(|error| error.to_string())?;
            Ok(format!("{}.workspace.{}.api.azureml.ms", text(found, "workspaceId")?, platform.place.location))
        }
        Host::Cluster(place, cluster) => {
            let (azure, group) = asked(place)?;
            let path = group.resource("Microsoft.ContainerService/managedClusters", cluster);
            let found = azure.arm.get(&path, CLUSTER).await.map_err(|error| error.to_string())?;
            text(found, "privateFQDN")
        }
    }
}

async fn attempt(probe: &dyn Probe, reach: &Reach, host: String) -> Tried {
    let addresses = probe.resolve(&host).await;
    let first = addresses.as_ref().ok().and_then(|all| all.iter().find(|one| is_private(one)).copied());
    let Some(first) = first else {
        return Tried { host, addresses, connected: Ok(()), greeted: Ok(()) };
    };
    let to = SocketAddr::new(first, PORT);
    let connected = probe.connect(to).await;
    let greeted = if reach.tls && connected.is_ok() { probe.greet(&host, to).await } else { Ok(()) };
    Tried { host, addresses, connected, greeted }
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// What the attempts say. Where nothing is private and nobody says that this is an agent, it is most likely none.
fn judge(tried: &[(Reach, Result<Tried, String>)], on_agent: bool) -> Vec<Finding> {
    let private = |tried: &Tried| tried.addresses.as_ref().is_ok_and(|all| all.iter().any(is_private));
    let known = || tried.iter().filter_map(|(_, tried)| tried.as_ref().ok());
    if known().next().is_some() && !on_agent && !known().any(private) {
        let from = tried.first().map(|(reach, _)| reach.from.as_str()).unwrap_or_default();
        return vec![Finding::note(
            CHECK,
            format!(
                "none of {} names has a private address here: this machine is not in the project's networks",
                known().count()
            ),
            format!("run `mlops-gen doctor` on an agent in {from}, to try every flow"),
        )];
    }
    tried
        .iter()
        .map(|(reach, tried)| match tried {
            Ok(tried) => finding(reach, tried),
            Err(why) => Finding::note(
                CHECK,
                format!("{} was not tried: {why}", reach.what),
                "run the pipeline infrastructure first, and doctor with Azure",
            ),
        })
        .collect()
}

fn finding(reach: &Reach, tried: &Tried) -> Finding {
    let (what, host, zone) = (&reach.what, &tried.host, &reach.zone);
    let link = if reach.kept {
        format!("ask who keeps the hub's zones to link `{zone}` to the network {}", reach.from)
    } else {
        format!("the zone `{zone}` must be linked to the network {}: deploy infra/platform again", reach.from)
    };
    let addresses = match &tried.addresses {
        Err(why) => {
            return Finding::blocks(
                CHECK,
                format!(
                    "{what}: {host} does not resolve ({why}): {} has registered no name, or the zone `{zone}` is not linked",
                    reach.endpoint
                ),
                format!("{link}; where it is, deploy {} again", reach.endpoint),
            );
        }
        Ok(addresses) => addresses,
    };
    let Some(address) = addresses.iter().find(|one| is_private(one)) else {
        let shown = addresses.first().map(ToString::to_string).unwrap_or_default();
        return Finding::blocks(
            CHECK,
            format!(
                "{what}: {host} resolves to the public address {shown}: the link of the zone `{zone}` to the network {} is missing, or this machine asks another DNS server",
                reach.from
            ),
            link,
        );
    };
    if !reach.ranges.is_empty() && !reach.ranges.iter().any(|range| within(range, address)) {
        let ranges: Vec<String> = reach.ranges.iter().map(ToString::to_string).collect();
        return Finding::blocks(
            CHECK,
            format!(
                "{what}: {host} resolves to {address}, which is not in the network {} ({})",
                reach.to,
                ranges.join(", ")
            ),
            format!("another record is in the way: `{zone}` must have the address of {}", reach.endpoint),
        );
    }
    if let Err(why) = &tried.connected {
        let route = if reach.from == reach.to {
            format!("a rule of the network {} refuses it, or {} is gone", reach.to, reach.endpoint)
        } else {
            format!(
                "the peering of {} with {} is missing in one of its directions, or a rule or firewall between them refuses it",
                reach.from, reach.to
            )
        };
        return Finding::blocks(
            CHECK,
            format!("{what}: {host} resolves to {address}, and nothing answers on port {PORT} ({why}): {route}"),
            "compare peerings, rules and routes with infra/platform/main.bicep".to_owned(),
        );
    }
    if let Err(why) = &tried.greeted {
        return Finding::blocks(
            CHECK,
            format!(
                "{what}: {host} at {address} does not prove itself ({why}): something between looks into the connection"
            ),
            "let TLS to private endpoints pass the firewall uninspected".to_owned(),
        );
    }
    Finding::good(CHECK, format!("{what}: {host} is {address}, and answers"))
}

fn within(range: &Cidr, address: &IpAddr) -> bool {
    let IpAddr::V4(address) = address else { return false };
    let mask = u32::MAX.checked_shl(32 - u32::from(range.prefix())).unwrap_or_default();
    u32::from(*address) & mask == u32::from(range.address(0)) & mask
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::super::probe::Wire;
    use super::*;
    use crate::remote::doctor::Level;

    /// A network in which one thing is broken.
    struct Broken {
        address: Result<&'static str, &'static str>,
        connects: bool,
        proves: bool,
    }

    #[async_trait]
    impl Probe for Broken {
        async fn resolve(&self, _: &str) -> Result<Vec<IpAddr>, String> {
            self.address.map(|text| vec![text.parse().unwrap()]).map_err(str::to_owned)
        }

        async fn connect(&self, _: SocketAddr) -> Result<(), String> {
            if self.connects { Ok(()) } else { Err("timed out".to_owned()) }
        }

        async fn greet(&self, host: &str, _: SocketAddr) -> Result<(), String> {
            assert!(host.ends_with(".net"), "{host}");
            if self.proves { Ok(()) } else { Err("unknown issuer".to_owned()) }
        }
    }

    fn reach(from: &str) -> Reach {
        Reach {
            what: "the vault of qa".to_owned(),
            host: Host::Known("v.vault.azure.net".to_owned()),
            tls: true,
            zone: "privatelink.vaultcore.azure.net".to_owned(),
            kept: false,
            from: from.to_owned(),
            to: "qa-network".to_owned(),
            ranges: vec![Cidr::parse("10.1.0.0/24").unwrap()],
            endpoint: "the private endpoint `vault` of qa".to_owned(),
        }
    }

    async fn says(probe: Broken, reach: Reach) -> (Level, String) {
        let tried = attempt(&probe, &reach, "v.vault.azure.net".to_owned()).await;
        let [one] = judge(&[(reach, Ok(tried))], true).try_into().unwrap();
        (one.level, format!("{} / {}", one.says, one.remedy.unwrap_or_default()))
    }

    #[tokio::test]
    async fn each_missing_link_is_named() {
        let good = || Broken { address: Ok("10.1.0.5"), connects: true, proves: true };
        let (level, text) = says(good(), reach("agents")).await;
        assert!(level == Level::Good && text.contains("10.1.0.5"), "{text}");
        let cases: [(Broken, Reach, &str); 6] = [
            (Broken { address: Err("no such name"), ..good() }, reach("agents"), "has registered no name"),
            (
                Broken { address: Ok("20.1.2.3"), ..good() },
                reach("agents"),
                "the link of the zone `privatelink.vaultcore.azure.net` to the network agents is missing",
            ),
            (
                Broken { address: Ok("10.9.0.5"), ..good() },
                reach("agents"),
                "which is not in the network qa-network (10.1.0.0/24)",
            ),
            (Broken { connects: false, ..good() }, reach("agents"), "the peering of agents with qa-network is missing"),
            (Broken { connects: false, ..good() }, reach("qa-network"), "a rule of the network qa-network refuses it"),
            (Broken { proves: false, ..good() }, reach("agents"), "does not prove itself (unknown issuer)"),
        ];
        for (probe, reach, part) in cases {
            let (level, text) = says(probe, reach).await;
            assert!(level == Level::Blocks && text.contains(part), "{text}");
        }
        let kept = Reach { kept: true, ..reach("agents") };
        let (_, text) = says(Broken { address: Ok("20.1.2.3"), ..good() }, kept).await;
        assert!(text.contains("ask who keeps the hub's zones"), "{text}");
    }

    #[tokio::test]
    async fn away_from_the_networks_one_note_says_so() {
        let outside = || Broken { address: Ok("20.1.2.3"), connects: true, proves: true };
        let tried = attempt(&outside(), &reach("agents"), "v.vault.azure.net".to_owned()).await;
        let all = [(reach("agents"), Ok(tried)), (reach("agents"), Err("it is not there yet".to_owned()))];
        let [one] = judge(&all, false).try_into().unwrap();
        assert!(one.level == Level::Note && one.remedy.unwrap().contains("on an agent in agents"));
        let on_agent = judge(&all, true);
        assert_eq!(on_agent.iter().map(|one| one.level).collect::<Vec<_>>(), [Level::Blocks, Level::Note]);
    }

    #[tokio::test]
    async fn the_wire_connects_to_what_listens_and_says_why_it_does_not() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        assert_eq!(Wire.connect(to).await, Ok(()));
        // What speaks no TLS proves nothing.
        let speaking = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt;
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            }
        });
        assert!(Wire.greet("localhost", to).await.is_err());
        speaking.abort();
        let _ = speaking.await;
        assert!(Wire.connect(to).await.is_err());
        assert!(Wire.resolve("localhost").await.unwrap().iter().all(IpAddr::is_loopback));
    }

    #[test]
    fn agents_of_every_private_case_try_every_service() {
        use crate::artifacts::sample;
        let spec = include_str!("../../../../tests/cases/kubernetes-endpoint-private/mlops.yaml");
        let project = sample::load(spec);
        let renderer = crate::render::Renderer::new(&crate::render::Overrides::new()).unwrap();
        let tree = crate::compose::compose(&project, &renderer).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let all = reaches(&tree, &project);
        // Seven of the platform, two and an API server of each environment.
        assert_eq!(all.len(), 7 + 2 * 3);
        assert!(all.iter().all(|one| !one.ranges.is_empty() && !one.to.is_empty()), "{all:#?}");
        let hosts: Vec<String> = all
            .iter()
            .filter_map(|one| match &one.host {
                Host::Known(host) => Some(host.clone()),
                Host::Workspace | Host::Cluster(..) => None,
            })
            .collect();
        assert!(hosts.iter().any(|host| host.ends_with(".table.core.windows.net")), "{hosts:?}");
        assert!(reaches(&tree, &sample::project()).is_empty(), "a public project has none");
    }
}
