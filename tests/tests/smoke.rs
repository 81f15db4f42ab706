//! The smoke test that release pipelines run, against services that keep the contract and services that break it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

/// How a service answers.
#[derive(Clone, Copy)]
struct Service {
    /// Predictions of one answer.
    predictions: &'static str,
    /// How long it thinks.
    delay: Duration,
    /// Requests that it refuses with 503 before it is ready.
    unready: usize,
    /// The key that it wants.
    key: Option<&'static str>,
    /// What it says that a request took, as a header with its end of line.
    timing: &'static str,
}

const GOOD: Service =
    Service { predictions: "[152.5,80.25]", delay: Duration::ZERO, unready: 0, key: None, timing: "" };

/// Runs the smoke test against `service`: its output, and its JUnit report.
fn smoke(service: Service, key: Option<&str>) -> (Output, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (index, stream) in listener.incoming().enumerate() {
            answer(stream.unwrap(), service, index);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let contract = folder.path().join("contract.json");
    let text = r#"{"route":"/score","request":[[1,2],[3,4]],"requests":5,"latency_ms":400,"response":[152.5,80.25]}"#;
    std::fs::write(&contract, text).unwrap();
    let junit = folder.path().join("reports/smoke.xml");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/pipelines/smoke/smoke.py");
    let mut command = Command::new("python3");
    command.arg(script).args(["--url", &url, "--wait", "2", "--contract"]).arg(&contract).arg("--junit").arg(&junit);
    command.env_remove("SCORING_KEY");
    if let Some(key) = key {
        command.env("SCORING_KEY", key);
    }
    let output = command.output().unwrap();
    (output, std::fs::read_to_string(junit).unwrap())
}

fn answer(stream: TcpStream, service: Service, index: usize) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let wanted = service.key.map(|key| format!("Bearer {key}"));
    let status = if index < service.unready {
        "503 Service Unavailable"
    } else if wanted.is_some_and(|wanted| !head.contains(&wanted)) {
        "401 Unauthorized"
    } else if !head.starts_with("POST /score ") || body != br#"{"data": [[1, 2], [3, 4]]}"# {
        "400 Bad Request"
    } else {
        "200 OK"
    };
    std::thread::sleep(service.delay);
    let (answer, timing) = (format!("{{\"result\":{}}}", service.predictions), service.timing);
    let length = answer.len();
    let _ = write!(
        reader.get_mut(),
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{timing}connection: close\r\n\r\n{answer}"
    );
}

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_service_that_keeps_the_contract_passes_also_when_it_starts_slowly() {
    let (output, junit) = smoke(Service { unready: 2, ..GOOD }, None);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert!(junit.contains("tests=\"3\" failures=\"0\""), "{junit}");
}

#[test]
fn each_broken_promise_is_named() {
    for (service, promise) in [
        (Service { predictions: "[152.5]", ..GOOD }, "number of predictions: 2 rows were sent"),
        (Service { predictions: "[152.5,80.26]", ..GOOD }, "row 1: 80.25 is promised, 80.26 came back"),
        (Service { delay: Duration::from_millis(500), ..GOOD }, "latency: 95th percentile"),
    ] {
        let (output, junit) = smoke(service, None);
        assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
        assert!(printed(&output).contains(promise), "{}", printed(&output));
        assert!(junit.contains("<failure "), "{junit}");
    }
}

#[test]
fn an_answer_without_numbers_is_no_answer() {
    for predictions in ["[true,1.0]", "{}", "[\"1\",\"2\"]"] {
        let (output, junit) = smoke(Service { predictions, ..GOOD }, None);
        assert_eq!(output.status.code(), Some(2), "{predictions}: {}", printed(&output));
        assert!(junit.contains("failures=\"1\""), "{junit}");
    }
}

#[test]
fn the_key_travels_in_the_environment_and_is_never_printed() {
    let guarded = Service { key: Some("a-key-of-this-test"), ..GOOD };
    let (output, _) = smoke(guarded, Some("a-key-of-this-test"));
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    let (refused, junit) = smoke(guarded, Some("a-wrong-key-of-this-test"));
    assert_eq!(refused.status.code(), Some(2), "{}", printed(&refused));
    assert!(printed(&refused).contains("401"), "{}", printed(&refused));
    assert!(!printed(&refused).contains("wrong-key") && !junit.contains("wrong-key"), "{junit}");
}

#[test]
fn requests_share_one_connection_so_that_no_handshake_counts_as_latency() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            // What a network costs before the first request on a connection.
            std::thread::sleep(Duration::from_millis(700));
            std::thread::spawn(move || keep_answering(&stream.unwrap()));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let contract = folder.path().join("contract.json");
    std::fs::write(&contract, r#"{"route":"/score","request":[[1]],"requests":20,"latency_ms":400}"#).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/pipelines/smoke/smoke.py");
    let mut command = Command::new("python3");
    command.arg(script).args(["--url", &url, "--wait", "5", "--contract"]).arg(&contract);
    let output = command.env_remove("SCORING_KEY").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn a_slow_network_fails_no_gate_and_a_slow_service_behind_a_quick_one_does() {
    let far = Service { delay: Duration::from_millis(500), ..GOOD };
    for (timing, code) in [
        ("server-timing: score;dur=12.5\r\n", 0),
        ("Server-Timing: cache;desc=\"x\", score;desc=y;dur=0\r\n", 0),
        ("server-timing: other;dur=1\r\n", 1),
        ("server-timing: score;dur=soon\r\n", 1),
    ] {
        let (output, _) = smoke(Service { timing, ..far }, None);
        assert_eq!(output.status.code(), Some(code), "{timing}: {}", printed(&output));
    }
    let (output, _) = smoke(Service { timing: "server-timing: score;dur=401\r\n", ..GOOD }, None);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    assert!(printed(&output).contains("95th percentile 401.0 ms"), "{}", printed(&output));
}

fn keep_answering(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut line) = (0, String::new());
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"result\":[1]}";
        (&*stream).write_all(answer.as_bytes()).unwrap();
    }
}

/// A server that speaks TLS and answers as the contract says, until it is dropped.
struct Encrypted {
    child: std::process::Child,
    port: u16,
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SERVER: &str = r#"
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"result":[1]}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

fn encrypted(pem: &Path) -> Encrypted {
    let mut command = Command::new("python3");
    command.arg("-c").arg(SERVER).arg(pem).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Encrypted { child, port: line.trim().parse().unwrap() }
}

/// A certificate that nobody has signed but itself, with its key, as a vault keeps it; and its public half.
fn self_signed(folder: &Path, name: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let (both, public) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.crt")));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=scoring"])
        .args(["-addext", "subjectAltName=DNS:score.example", "-keyout"])
        .args([&both, Path::new("-out"), &public])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let whole = [std::fs::read(&both).unwrap(), std::fs::read(&public).unwrap()].concat();
    std::fs::write(&both, whole).unwrap();
    (both, public)
}

#[test]
fn the_certificate_that_is_named_is_the_only_one_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (own, public) = self_signed(folder.path(), "own");
    let (_, other) = self_signed(folder.path(), "other");
    let contract = folder.path().join("contract.json");
    std::fs::write(&contract, r#"{"route":"/score","request":[[1]],"requests":2,"latency_ms":5000}"#).unwrap();
    let server = encrypted(&own);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/pipelines/smoke/smoke.py");
    let smoke = |certificate: Option<&Path>, host: Option<&str>| {
        let mut command = Command::new("python3");
        command.arg(&script).args(["--url", &format!("https://127.0.0.1:{}", server.port), "--wait", "0"]);
        command.arg("--contract").arg(&contract).env_remove("SCORING_KEY");
        if let Some(certificate) = certificate {
            command.arg("--certificate").arg(certificate);
        }
        command.args(host.iter().flat_map(|host| ["--host-name", host]));
        let output = command.output().unwrap();
        (output.status.code(), printed(&output))
    };
    let (code, said) = smoke(Some(&public), Some("score.example"));
    assert_eq!(code, Some(0), "{said}");
    for (certificate, host) in [
        (Some(&other), Some("score.example")),
        (Some(&public), Some("other.example")),
        (Some(&public), None),
        (None, Some("score.example")),
    ] {
        let (code, said) = smoke(certificate.map(|path| path.as_path()), host);
        assert!(code == Some(2) && said.contains("CERTIFICATE_VERIFY_FAILED"), "{certificate:?}, {host:?}: {said}");
    }
}
