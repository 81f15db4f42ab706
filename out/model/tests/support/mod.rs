//! What the server's tests share: models to serve, a server on a free port, a small HTTP client.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser;
use mlops_model::scoring::lines::Lines;
use mlops_model::scoring::server::Server;
use mlops_model::scoring::settings::{Arguments, Settings};

/// The text of a model file with these features (name, type, coefficient); trained between -10 and 10.
pub fn model_json(features: &[(&str, &str, f64)], intercept: f64) -> String {
    let baseline = serde_json::json!({
        "count": 1, "mean": 0.5, "standard_deviation": 1.0, "min": -10.0, "max": 10.0,
        "histogram": {"log2_width": 0, "first": 0, "counts": [1]}
    });
    let features: Vec<_> = features
        .iter()
        .map(|(name, kind, coefficient)| {
            serde_json::json!({"name": name, "type": kind, "coefficient": coefficient, "baseline": baseline})
        })
        .collect();
    serde_json::json!({
        "schema_version": 1, "code_version": "0.1.0", "alpha": 0.4, "intercept": intercept, "features": features,
        "target": {"name": "target", "baseline": baseline},
        "metrics": {"train": {"rows": 1, "mse": 0.0, "rmse": 0.0}},
        "training": {
            "rows": 1, "rows_skipped": 0, "data_blake3": "0",
            "split": {"method": "permutation", "fraction": 0.2, "seed": 0, "fit_on": "train"},
            "diagnostics": {"solver": "gram", "rank": 1}
        }
    })
    .to_string()
}

/// `y = 1 + 2 a + 3 b`.
pub fn plane() -> String {
    model_json(&[("a", "number", 2.0), ("b", "number", 3.0)], 1.0)
}

/// An output that tests can read.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until a line has all of `parts`.
    pub async fn wait_for(&self, parts: &[&str]) -> String {
        for _ in 0..500 {
            let text = self.text();
            if let Some(line) = text.lines().find(|line| parts.iter().all(|part| line.contains(part))) {
                return line.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no line with {parts:?} in\n{}", self.text());
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A running server with its model in a temporary folder.
pub struct Running {
    pub server: Server,
    pub folder: tempfile::TempDir,
    pub log: Memory,
    pub lines: Lines,
    pub address: SocketAddr,
}

impl Running {
    /// Starts a server of `model` with further flags, and variables that have no flag.
    pub async fn start(model: &str, flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.json"), model).unwrap();
        Self::start_in(folder, flags, environment).await
    }

    pub async fn start_in(folder: tempfile::TempDir, flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let path = folder.path().to_str().unwrap().to_owned();
        let mut all = vec!["score", "--model", &path, "--listen", "127.0.0.1:0", "--workers", "2"];
        if !flags.contains(&"--drain") {
            all.extend(["--drain", "0"]);
        }
        all.extend(flags);
        let arguments = Arguments::try_parse_from(all).unwrap();
        let settings = Settings::check(arguments, |name| {
            environment.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap();
        let log = Memory::default();
        let lines = Lines::start(log.clone()).unwrap();
        let server = Server::start(settings, lines.clone()).await.unwrap();
        let address = server.address();
        Self { server, folder, log, lines, address }
    }

    pub async fn send(&self, request: impl AsRef<[u8]>) -> Reply {
        send(self.address, request.as_ref()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n")).await
    }

    pub async fn post(&self, body: impl AsRef<[u8]>) -> Reply {
        self.post_with("content-type: application/json\r\n", body).await
    }

    /// Posts a body to `/score` with further header lines, each ending in CR LF.
    pub async fn post_with(&self, headers: &str, body: impl AsRef<[u8]>) -> Reply {
        let body = body.as_ref();
        let length = body.len();
        let mut request = format!(
            "POST /score HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(request).await
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Self { status: head[9..12].parse().unwrap(), head, body: bytes[end + 4..].to_vec() }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends bytes on a new connection and reads until the server closes it.
pub async fn send(address: SocketAddr, request: &[u8]) -> Reply {
    let request = request.to_vec();
    let bytes = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // A server that has refused may close before everything is sent.
        let _ = stream.write_all(&request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes
    })
    .await
    .unwrap();
    Reply::parse(&bytes)
}
