//! Each missing link is named: by a network in which one thing is broken, and by networks of this machine.

mod namespaces;

use async_trait::async_trait;

use super::super::probe::Wire;
use super::*;
use crate::remote::doctor::Level;

/// Shown with `--nocapture`.
#[allow(clippy::print_stdout)]
fn said(line: &str) {
    println!("{line}");
}

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

    async fn own_address(&self, _: IpAddr) -> Option<IpAddr> {
        None
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
        who: vec!["an agent".to_owned()],
        from_ranges: Vec::new(),
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
    // A port that is taken and has no listener: one that was given back may be another test's by now.
    let silent = tokio::net::TcpSocket::new_v4().unwrap();
    silent.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    assert!(Wire.connect(silent.local_addr().unwrap()).await.is_err());
    assert!(Wire.resolve("localhost").await.unwrap().iter().all(IpAddr::is_loopback));
}

#[test]
fn agents_of_every_private_case_try_every_service() {
    use crate::artifacts::sample;
    let spec = include_str!("../../../../../tests/cases/kubernetes-endpoint-private/mlops.yaml");
    let project = sample::load(spec);
    let renderer = crate::render::Renderer::new(&crate::render::Overrides::new()).unwrap();
    let tree = crate::compose::compose(&project, &renderer).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let all = reaches(&tree, &project);
    // Seven of the platform, two and an API server of each environment; training asks from the agents' network or its own.
    let agents = |one: &&Reach| one.who.iter().any(|who| who == "an agent");
    assert_eq!(all.iter().filter(agents).count(), 7 + 2 * 3);
    for who in ["training", "scoring of qa", "scoring of production"] {
        assert!(all.iter().any(|one| one.who.iter().any(|own| own == who)), "{who}");
    }
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
