//! A server's life: reload under load, orderly stop, the binary's exit codes and health check.

mod support;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use support::{Running, model_json, plane};

/// A client that keeps its connection as long as the server lets it.
struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// What became of a request.
#[derive(Debug, PartialEq)]
enum Outcome {
    Answered {
        status: u16,
        version: String,
        body: String,
    },
    /// The server takes no connections any more, or has not taken this one: what the kernel connects between the server's last look
    /// and the end of its port is reset.
    Refused,
    /// Sent on an open connection, but not answered whole.
    Lost(String),
}

impl Client {
    fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    fn ask(&mut self, body: &str) -> Outcome {
        let (mut stream, fresh) = match self.stream.take() {
            Some(stream) => (stream, false),
            None => match TcpStream::connect(self.address) {
                Ok(stream) => {
                    stream.set_nodelay(true).unwrap();
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    (BufReader::new(stream), true)
                }
                Err(_) => return Outcome::Refused,
            },
        };
        let request = format!("POST /score HTTP/1.1\r\nhost: t\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let lost = |error: std::io::Error, what: &str| {
            let reset = error.kind() == ErrorKind::ConnectionReset || error.kind() == ErrorKind::BrokenPipe;
            if fresh && reset && TcpStream::connect(self.address).is_err() {
                Outcome::Refused
            } else {
                Outcome::Lost(format!("{what}: {error}"))
            }
        };
        if let Err(error) = stream.get_mut().write_all(request.as_bytes()) {
            return lost(error, "not sent");
        }
        let mut head = HashMap::new();
        let mut first = String::new();
        match stream.read_line(&mut first) {
            Ok(0) => return Outcome::Lost("closed without an answer".into()),
            Ok(_) => {}
            Err(error) => return lost(error, "no answer"),
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                return Outcome::Lost("half a head".into());
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) => head.insert(name.to_ascii_lowercase(), value.to_owned()),
                None => break,
            };
        }
        let mut body = vec![0; head["content-length"].parse().unwrap()];
        if let Err(error) = stream.read_exact(&mut body) {
            return Outcome::Lost(format!("half a body: {error}"));
        }
        if head.get("connection").map(String::as_str) != Some("close") {
            self.stream = Some(stream);
        }
        let version = head.get("x-model-version").cloned().unwrap_or_default();
        Outcome::Answered { status: first[9..12].parse().unwrap(), version, body: String::from_utf8(body).unwrap() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_under_load_loses_nothing_and_every_answer_fits_its_model() {
    let model = |intercept: f64| model_json(&[("a", "number", 2.0), ("b", "number", 3.0)], intercept);
    let server = Running::start(&model(0.0), &["--reload-interval", "0.01"], &[]).await;
    let path = server.folder.path().join("model.json");
    let (address, stop) = (server.address, Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                let mut client = Client::new(address);
                let mut seen: HashMap<String, String> = HashMap::new();
                while !stop.load(Ordering::Relaxed) {
                    match client.ask(r#"{"data":[[1,2],[1,2]]}"#) {
                        Outcome::Answered { status: 200, version, body } => {
                            let known = seen.entry(version).or_insert_with(|| body.clone());
                            assert_eq!(*known, body, "one version, two answers");
                        }
                        other => panic!("{other:?}"),
                    }
                }
                seen
            })
        })
        .collect();
    let (temporary, mut reloads) = (server.folder.path().join("next"), 0);
    for intercept in 1..=20 {
        std::fs::write(&temporary, model(f64::from(intercept))).unwrap();
        std::fs::rename(&temporary, &path).unwrap();
        reloads += 1;
        for _ in 0..500 {
            if server.log.text().matches("model reloaded").count() == reloads {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    // A broken file changes nothing, and neither does a missing one.
    std::fs::write(&path, "{").unwrap();
    server.log.wait_for(&["model not reloaded"]).await;
    std::fs::remove_file(&path).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.store(true, Ordering::Relaxed);
    let mut seen: HashMap<String, String> = HashMap::new();
    for client in clients {
        seen.extend(client.join().unwrap());
    }
    let expected: Vec<String> = (0..=20).map(|i| format!("{{\"result\":[{0}.0,{0}.0]}}", 8 + i)).collect();
    assert!(seen.values().all(|body| expected.contains(body)), "{seen:?}");
    assert!(seen.len() > 10, "the clients saw only {} models", seen.len());
    assert_eq!(server.log.text().matches("model reloaded").count(), 20);
    let metrics = server.get("/metrics").await;
    assert!(metrics.text().contains("score_model_reloads_total 20\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_answers_every_request_it_took() {
    let server = Running::start(&plane(), &["--drain", "0.3"], &[]).await;
    let address = server.address;
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let answered = Arc::clone(&answered);
            std::thread::spawn(move || {
                let mut client = Client::new(address);
                loop {
                    match client.ask(r#"{"data":[[1,2]]}"#) {
                        Outcome::Answered { status: 200, body, .. } => {
                            assert_eq!(body, r#"{"result":[9.0]}"#);
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        Outcome::Refused => return,
                        other => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    while answered.load(Ordering::Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let before = answered.load(Ordering::Relaxed);
    server.server.stop().await;
    for client in clients {
        client.join().unwrap();
    }
    assert!(answered.load(Ordering::Relaxed) > before, "nothing was served during the drain");
}

/// Waits until the server is at a request.
async fn in_flight(server: &Running) {
    while !server.get("/metrics").await.text().contains("score_in_flight 1\n") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_finished_after_the_stop_began() {
    let server = Running::start(&plane(), &[], &[]).await;
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(b"POST /score HTTP/1.1\r\nhost: t\r\ncontent-length: 16\r\n\r\n{\"data\"").unwrap();
    in_flight(&server).await;
    let stopping = tokio::spawn(server.server.stop());
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(!stopping.is_finished(), "the stop did not wait for the request");
    stream.write_all(b":[[1,2]]}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with(r#"{"result":[9.0]}"#), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_with_the_grace_even_when_a_client_does_not() {
    let server = Running::start(&plane(), &["--grace", "0.4"], &[]).await;
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(b"POST /score HTTP/1.1\r\nhost: t\r\ncontent-length: 16\r\n\r\n{").unwrap();
    in_flight(&server).await;
    let log = server.log.clone();
    // The client never goes on: that the stop ends at all is the grace.
    server.server.stop().await;
    log.wait_for(&["connections cut off"]).await;
}

fn score() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_score"));
    command.env_clear().stdin(Stdio::null());
    command
}

#[test]
fn the_binary_starts_answers_its_health_check_and_stops_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.json"), plane()).unwrap();
    let mut running = score()
        .env("SCORE_MODEL", folder.path())
        .args(["--listen", "127.0.0.1:0", "--drain", "3"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let first: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((first["message"].as_str(), first["authentication"].as_str()), (Some("listening"), Some("none")));
    let address = first["address"].as_str().unwrap().to_owned();
    let health = |arguments: &[&str]| score().arg("--healthcheck").args(arguments).output().unwrap();
    let url = format!("http://{address}/livez");
    assert_eq!(health(&[&url]).status.code(), Some(0));
    assert_eq!(health(&["--listen", &address]).status.code(), Some(0));
    assert_eq!(health(&[&format!("http://{address}/nowhere")]).status.code(), Some(1));
    assert_eq!(health(&["https://localhost/"]).status.code(), Some(1));
    let killed = Command::new("kill").args(["-TERM", &running.id().to_string()]).status().unwrap();
    assert!(killed.success());
    while health(&["--listen", &address]).status.code() == Some(0) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(running.try_wait().unwrap().is_none(), "it says that it is not ready before it ends");
    assert_eq!(running.wait().unwrap().code(), Some(0));
    let messages: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(messages.last().unwrap().contains("\"stopped\""), "{messages:?}");
    assert_eq!(health(&["--listen", &address]).status.code(), Some(1));
}

#[test]
fn what_makes_a_start_impossible_is_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.json");
    std::fs::write(&model, plane()).unwrap();
    let broken = folder.path().join("broken.json");
    std::fs::write(&broken, "{}").unwrap();
    let (model, broken) = (model.to_str().unwrap(), broken.to_str().unwrap());
    let cases: [(&[&str], &str); 8] = [
        (&["--model", "/nowhere"], "cannot read the model /nowhere"),
        (&["--model", broken], "model file is not valid"),
        (&["--model", model, "--route", "/metrics"], "route"),
        (&["--model", model, "--key-file", "/nowhere"], "key file /nowhere"),
        (&["--model", model, "--log-container-url", "ftp://x/y"], "cannot log to ftp://x/y"),
        (&["--model", model, "--log-omit", "c"], "SCORE_LOG_OMIT names \"c\""),
        (&["--model", model, "--listen", "192.0.2.1:1"], "cannot listen on 192.0.2.1:1"),
        (&["--model", model, "--entra-role", "x"], "SCORE_ENTRA_ISSUER"),
    ];
    for (arguments, expected) in cases {
        let mut command = score();
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let output = command.args(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.starts_with("score: ") && text.contains(expected), "{arguments:?}: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
