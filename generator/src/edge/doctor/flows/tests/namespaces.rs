//! Every flow of a private project, really tried: networks, peerings and private endpoints are network namespaces of this
//! machine, zones are the file of its hosts, services are servers with certificates. Then each link is taken away.
//!
//! It takes root and the programs below; where they are missing, it says so and ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::super::super::probe::Wire;
use super::super::*;
use crate::remote::doctor::Level;

/// Programs that it takes.
const PROGRAMS: [&str; 6] = ["ip", "unshare", "nsenter", "mount", "openssl", "python3"];
/// The variable that holds the folder of a try, in the process inside of the networks.
const FOLDER: &str = "MLOPS_GEN_NAMESPACES";

/// An address of no network of the project, which answers too: nothing has to wait for it. Each namespace has it, so it is
/// no address to ask neighbours from (`scope host`): who has it too would not answer.
const ELSEWHERE: &str = "192.168.77.7";

/// Answers on port 443 of every address; at one that ends in 250 with a certificate that nobody trusts.
const SERVER: &str = "
import http.server, ssl, sys
def context(name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(f'{sys.argv[1]}/{name}.pem', f'{sys.argv[1]}/{name}.key')
    return made
good, other = context('good'), context('other')
class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(401)
        self.end_headers()
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    def get_request(self):
        sock, address = super().get_request()
        sock.settimeout(5)
        chosen = other if sock.getsockname()[0].endswith('.250') else good
        return chosen.wrap_socket(sock, server_side=True), address
server = Server(('0.0.0.0', 443), Handler)
print('up', flush=True)
server.serve_forever()
";

/// Certificates: of an authority, of all services by it, and of nobody.
const CERTIFICATES: &str = "
cd \"$1\"
new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $new -days 2 -subj /CN=authority -keyout ca.key -out ca.pem \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
openssl req $new -subj /CN=services -keyout good.key -out good.csr
printf 'subjectAltName=%s\\nextendedKeyUsage=serverAuth\\n' \"$2\" >extensions
openssl x509 -req -in good.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out good.pem
openssl req -x509 $new -days 2 -subj /CN=nobody -keyout other.key -out other.pem -addext \"subjectAltName=$2\"
";

/// The flows of a case, each with the name of its service.
fn flows_of_the_case() -> Vec<(Reach, String)> {
    use crate::artifacts::sample;
    let spec = include_str!("../../../../../../tests/cases/kubernetes-endpoint-private/mlops.yaml");
    let project = sample::load(spec);
    let renderer = crate::render::Renderer::new(&crate::render::Overrides::new()).unwrap();
    let tree = crate::compose::compose(&project, &renderer).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let named = |reach: Reach| {
        let name = match &reach.host {
            Host::Known(name) => name.clone(),
            Host::Workspace => "0a1b.workspace.swedencentral.api.azureml.ms".to_owned(),
            Host::Cluster(_, cluster) => format!("{cluster}.{}", reach.zone),
        };
        (reach, name)
    };
    reaches(&tree, &project).into_iter().map(named).collect()
}

/// The private address of each name: endpoints stand in the first range of their network.
fn addresses(all: &[(Reach, String)]) -> BTreeMap<String, IpAddr> {
    let mut found = BTreeMap::new();
    for (reach, name) in all {
        let next = 10 + u32::try_from(found.len()).unwrap();
        found.entry(name.clone()).or_insert_with(|| IpAddr::V4(reach.ranges[0].address(next)));
    }
    found
}

/// Who works in a network has an address of its second range.
fn machine(reach: &Reach) -> IpAddr {
    IpAddr::V4(reach.from_ranges[1].address(4))
}

/// The networks of a case as namespaces, which go when this does.
struct Networks {
    /// Namespace of each network, by its name.
    names: BTreeMap<String, String>,
    /// One end of each peering, by both networks: namespace and device.
    peerings: BTreeMap<(String, String), (String, String)>,
    servers: Vec<Child>,
}

impl Drop for Networks {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
        for name in self.names.values() {
            for space in [name.clone(), inside(name)] {
                let _ = Command::new("ip").args(["netns", "delete", &space]).stderr(Stdio::null()).status();
            }
        }
    }
}

/// The namespace of a machine in the network of a namespace.
fn inside(space: &str) -> String {
    format!("{space}m")
}

fn shell(script: &str, arguments: &[&str]) {
    let done = Command::new("bash").args(["-euc", script, "bash"]).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}\n{script}", String::from_utf8_lossy(&done.stderr));
}

fn build(all: &[(Reach, String)], folder: &Path) -> Networks {
    let mut networks = Networks { names: BTreeMap::new(), peerings: BTreeMap::new(), servers: Vec::new() };
    let base = format!("mg{}", std::process::id());
    for (reach, _) in all {
        for network in [&reach.from, &reach.to] {
            let next = format!("{base}n{}", networks.names.len());
            networks.names.entry(network.clone()).or_insert(next);
        }
    }
    let (mut script, places) = (String::new(), addresses(all));
    for space in networks.names.values() {
        let own = inside(space);
        let _ = writeln!(
            script,
            "ip netns add {space}; ip netns add {own}; ip -n {space} link set lo up; ip -n {own} link set lo up\n\
             nsenter --net=/run/netns/{space} sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv4/conf/all/proxy_arp; echo 1 >/proc/sys/net/ipv4/conf/default/proxy_arp'\n\
             ip link add {space}a netns {space} type veth peer name {space}b netns {own}\n\
             ip -n {space} link set {space}a up; ip -n {own} link set {space}b up; ip -n {space} addr add {ELSEWHERE}/32 dev lo scope host"
        );
    }
    let mut seen = Vec::new();
    for (reach, name) in all {
        let to = &networks.names[&reach.to];
        let mut endpoint = |address: IpAddr| {
            if !seen.contains(&address) {
                let _ = writeln!(script, "ip -n {to} addr add {address}/32 dev lo");
                seen.push(address);
            }
        };
        endpoint(places[name]);
        endpoint(IpAddr::V4(reach.ranges[0].address(250 % (1 << (32 - reach.ranges[0].prefix())))));
        let (from, own) = (&networks.names[&reach.from], machine(reach));
        if !seen.contains(&own) {
            let _ = writeln!(
                script,
                "ip -n {0} addr add {own}/32 dev {from}b; ip -n {0} route add default dev {from}b src {own}; ip -n {from} route add {own}/32 dev {from}a",
                inside(from)
            );
            seen.push(own);
        }
        let pair = (reach.from.clone(), reach.to.clone());
        let back = (reach.to.clone(), reach.from.clone());
        if reach.from == reach.to || networks.peerings.contains_key(&pair) || networks.peerings.contains_key(&back) {
            continue;
        }
        let device = format!("{base}p{}", networks.peerings.len());
        let _ = writeln!(
            script,
            "ip link add {device}a netns {from} type veth peer name {device}b netns {to}\n\
             ip -n {from} link set {device}a up; ip -n {to} link set {device}b up"
        );
        for (space, end, ranges) in [(from, "a", &reach.ranges), (to, "b", &reach.from_ranges)] {
            for range in ranges {
                let _ = writeln!(script, "ip -n {space} route add {range} dev {device}{end}");
            }
        }
        networks.peerings.insert(pair, (from.clone(), format!("{device}a")));
    }
    shell(&script, &[]);
    std::fs::write(folder.join("server.py"), SERVER).unwrap();
    for space in networks.names.values() {
        let mut server = Command::new("nsenter");
        server.arg(format!("--net=/run/netns/{space}")).arg("python3").arg(folder.join("server.py")).arg(folder);
        let mut started = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = started.stdout.take().unwrap();
        networks.servers.push(started);
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).unwrap();
        assert_eq!(line, "up\n", "a server listens in {space}");
    }
    networks
}

/// What the file of the hosts says, with one name changed.
fn hosts(places: &BTreeMap<String, IpAddr>, but: Option<(&str, Option<IpAddr>)>) -> String {
    let mut text = String::new();
    for (name, address) in places {
        let address = match but {
            Some((changed, other)) if changed == name => other,
            _ => Some(*address),
        };
        if let Some(address) = address {
            let _ = writeln!(text, "{address} {name}");
        }
    }
    text
}

/// What a try of one flow says.
async fn says(reach: &Reach, name: &str) -> (Level, String) {
    let tried = attempt(&Wire, reach, name.to_owned()).await;
    let one = finding(reach, &tried);
    (one.level, one.says)
}

/// Inside of the networks, on a machine of one of them: every flow from there, whole and with each link taken away.
#[tokio::test]
#[ignore = "inside of the networks: every_flow_of_the_model_is_tried_from_its_network_and_each_link_that_is_taken_away_is_named"]
async fn inside_of_the_networks() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (folder, all) = (Path::new(&folder), flows_of_the_case());
    let places = addresses(&all);
    let set = |but: Option<(&str, Option<IpAddr>)>| std::fs::write("/etc/hosts", hosts(&places, but)).unwrap();
    set(None);
    let (here, _) = from_here(&Wire, all.iter().map(|(reach, _)| reach.clone()).collect()).await;
    assert!(!here.is_empty());
    let mut broken = 0;
    for reach in &here {
        let name = all.iter().find(|(one, _)| one == reach).map(|(_, name)| name.as_str()).unwrap();
        let (level, text) = says(reach, name).await;
        assert!(level == Level::Good && text.contains(&places[name].to_string()), "{text}");
        let refusal = if reach.from == reach.to {
            format!("a rule of the network {} refuses it", reach.to)
        } else {
            format!("the peering of {} with {} is missing", reach.from, reach.to)
        };
        let elsewhere: [(Option<&str>, String); 3] = [
            (None, format!("has registered no name, or the zone `{}` is not linked", reach.zone)),
            (
                Some("20.1.2.3"),
                format!("the link of the zone `{}` to the network {} is missing", reach.zone, reach.from),
            ),
            (Some(ELSEWHERE), format!("which is not in the network {}", reach.to)),
        ];
        for (address, part) in elsewhere {
            set(Some((name, address.map(|text| text.parse().unwrap()))));
            let (level, text) = says(reach, name).await;
            assert!(level == Level::Blocks && text.contains(&part), "{text}: {part}");
            broken += 1;
        }
        set(None);
        let prohibited = format!("{}/32", places[name]);
        shell("ip route add prohibit \"$1\"", &[&prohibited]);
        let (level, text) = says(reach, name).await;
        assert!(level == Level::Blocks && text.contains(&refusal), "{text}");
        shell("ip route del prohibit \"$1\"", &[&prohibited]);
        broken += 1;
        if reach.tls {
            let other = IpAddr::V4(reach.ranges[0].address(250));
            set(Some((name, Some(other))));
            let (level, text) = says(reach, name).await;
            assert!(level == Level::Blocks && text.contains("does not prove itself"), "{text}");
            set(None);
            broken += 1;
        }
    }
    let who: Vec<&String> = here.iter().flat_map(|reach| &reach.who).collect();
    std::fs::write(folder.join("done"), format!("{} {broken} {who:?}", here.len())).unwrap();
}

#[test]
fn every_flow_of_the_model_is_tried_from_its_network_and_each_link_that_is_taken_away_is_named() {
    let there = |program: &&str| Command::new("which").arg(program).output().is_ok_and(|done| done.status.success());
    let root = Command::new("unshare").args(["--net", "--mount", "true"]).status().is_ok_and(|status| status.success());
    if !root || !PROGRAMS.iter().all(there) || !Path::new("/run").is_dir() {
        super::said("skipped: network namespaces take root, and ip, nsenter, openssl and python3");
        return;
    }
    let (folder, all) = (tempfile::tempdir().unwrap(), flows_of_the_case());
    let names: Vec<String> = addresses(&all).keys().map(|name| format!("DNS:{name}")).collect();
    shell(CERTIFICATES, &[folder.path().to_str().unwrap(), &names.join(",")]);
    let networks = build(&all, folder.path());
    std::fs::write(folder.path().join("resolv.conf"), "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n").unwrap();
    let (mut flows, mut broken) = (0, 0);
    for (network, space) in networks.names.iter().filter(|(name, _)| all.iter().any(|(one, _)| one.from == **name)) {
        std::fs::write(folder.path().join("hosts"), "").unwrap();
        let script = "mount --make-rprivate /; mount --bind \"$1/hosts\" /etc/hosts; mount --bind \"$1/resolv.conf\" /etc/resolv.conf; \
                      exec nsenter --net=\"/run/netns/$2\" \"$3\" --exact \"$4\" --ignored --nocapture";
        let test = "edge::doctor::flows::tests::namespaces::inside_of_the_networks";
        let done = Command::new("unshare")
            .args(["--mount", "bash", "-euc", script, "bash"])
            .args([folder.path(), Path::new(&inside(space))])
            .arg(std::env::current_exe().unwrap())
            .arg(test)
            .env(FOLDER, folder.path())
            .env("SSL_CERT_FILE", folder.path().join("ca.pem"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{network}:\n{text}");
        let said = std::fs::read_to_string(folder.path().join("done")).unwrap_or_else(|_| panic!("{network}:\n{text}"));
        std::fs::remove_file(folder.path().join("done")).unwrap();
        let mut counts = said.split(' ').map(|word| word.parse::<usize>());
        flows += counts.next().unwrap().unwrap();
        broken += counts.next().unwrap().unwrap();
    }
    super::said(&format!("flows: {flows} of {} tried, {broken} links taken away and named", all.len()));
    assert_eq!(flows, all.len(), "every flow is tried from its own network");
    assert!(broken > 4 * flows, "{broken}");
}
