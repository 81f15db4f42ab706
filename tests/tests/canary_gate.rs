//! The gate of a canary: its own errors and latency beside those of the version that serves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const CONTRACT: &str = r#"{"route":"/score","request":[[1]],"requests":5,"latency_ms":100,"response":[1.5]}"#;

/// How a version answers.
#[derive(Clone, Copy)]
struct Version {
    /// One request in so many is answered with 500; 0 for none.
    fails_every: usize,
    /// What it says that a request took, in milliseconds.
    milliseconds: f64,
    /// What it predicts.
    prediction: &'static str,
}

const GOOD: Version = Version { fails_every: 0, milliseconds: 10.0, prediction: "1.5" };

fn serve(version: Version) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/score", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut served = 0;
        for stream in listener.incoming() {
            answer(&stream.unwrap(), version, &mut served);
        }
    });
    url
}

/// Answers on one connection until the client closes it.
fn answer(stream: &TcpStream, version: Version, served: &mut usize) {
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
        *served += 1;
        let failed = version.fails_every > 0 && served.is_multiple_of(version.fails_every);
        let status = if failed { "500 Internal Server Error" } else { "200 OK" };
        let (body, took) = (format!("{{\"result\":[{}]}}", version.prediction), version.milliseconds);
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nserver-timing: score;dur={took}", body.len());
        (&*stream).write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    }
}

fn gate(folder: &TempDir, arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/pipelines/smoke/canary.py");
    let mut command = Command::new("python3");
    command.env("PYTHONDONTWRITEBYTECODE", "1").env_remove("SCORING_KEY").current_dir(folder.path());
    command.arg(script).args(arguments).output().unwrap()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("contract.json"), CONTRACT).unwrap();
    folder
}

/// What the gate says of a canary beside a baseline after thirty requests of each: its exit code and its words.
fn judged(canary: Version, baseline: Option<Version>) -> (i32, String) {
    let folder = folder();
    let (canary, baseline) = (serve(canary), baseline.map(serve));
    let mut watch = vec!["watch", "--canary", &canary, "--contract", "contract.json", "--output", "seen.json"];
    // As many requests as are enough, without a pause.
    watch.extend(["--minutes", "0", "--every", "0"]);
    if let Some(url) = &baseline {
        watch.extend(["--baseline", url]);
    }
    let watched = gate(&folder, &watch);
    assert!(watched.status.success(), "{watched:?}");
    let judge = ["judge", "--observed", "seen.json", "--contract", "contract.json", "--junit", "gate.xml"];
    let judged = gate(&folder, &judge);
    let report = std::fs::read_to_string(folder.path().join("gate.xml")).unwrap();
    assert_eq!(report.contains("<failure "), !judged.status.success(), "{report}");
    let said = [watched.stdout, judged.stdout, judged.stderr].concat();
    (judged.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_canary_as_good_as_what_serves_passes_with_or_without_a_baseline() {
    for (canary, baseline) in [
        (GOOD, Some(GOOD)),
        (GOOD, None),
        // Noise: half a millisecond against a quarter is twice as much, and nothing.
        (Version { milliseconds: 0.5, ..GOOD }, Some(Version { milliseconds: 0.25, ..GOOD })),
        // As bad as what serves is no reason to keep what serves.
        (Version { fails_every: 10, ..GOOD }, Some(Version { fails_every: 10, ..GOOD })),
        // One error is none.
        (Version { fails_every: 30, ..GOOD }, Some(GOOD)),
    ] {
        let (code, said) = judged(canary, baseline);
        assert_eq!(code, 0, "{said}");
    }
}

#[test]
fn a_canary_that_is_worse_than_what_serves_is_named_with_both_numbers() {
    for (canary, baseline, message) in [
        (Version { fails_every: 10, ..GOOD }, Some(GOOD), "are errors, 0.0% of the baseline's"),
        (Version { fails_every: 2, ..GOOD }, Some(Version { fails_every: 20, ..GOOD }), "are errors, "),
        (Version { fails_every: 10, ..GOOD }, None, "there is no baseline"),
        (Version { prediction: "2.5", ..GOOD }, Some(GOOD), "the answer is not the one that the contract promises"),
        (Version { milliseconds: 40.0, ..GOOD }, Some(GOOD), "95th percentile 40.0 ms, 10.0 ms of the baseline"),
        (Version { milliseconds: 101.0, ..GOOD }, Some(GOOD), "95th percentile 101.0 ms, 100 ms are allowed"),
        (Version { milliseconds: 101.0, ..GOOD }, None, "100 ms are allowed"),
    ] {
        let (code, said) = judged(canary, baseline);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn a_canary_that_fails_beyond_doubt_is_not_watched_to_the_end() {
    let folder = folder();
    let canary = serve(Version { fails_every: 1, ..GOOD });
    let arguments = ["watch", "--canary", &canary, "--contract", "contract.json", "--output", "seen.json"];
    // A day, if it were watched to the end.
    let watched = gate(&folder, &[&arguments[..], &["--minutes", "1440", "--every", "0"]].concat());
    assert!(watched.status.success(), "{watched:?}");
    assert!(String::from_utf8_lossy(&watched.stdout).contains("30 requests, 30 errors"), "{watched:?}");
}

fn counters(folder: &TempDir, name: &str, pods: &[(&str, &[(u16, u32)])]) -> PathBuf {
    let mut text = String::new();
    for (pod, counts) in pods {
        text += &format!("# pod {pod}\n# TYPE score_requests_total counter\n");
        for (status, count) in *counts {
            // As both servers print it.
            let labels = if count % 2 == 0 { "route=\"score\"," } else { "" };
            text += &format!("score_requests_total{{{labels}status=\"{status}\"}} {count}.0\n");
        }
        text += "score_requests_total{route=\"readyz\",status=\"503\"} 9000\nscore_rows_total 12\n";
    }
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn errors_of_what_a_canary_really_served_count_pod_by_pod() {
    // Of each pod, how many answers of each status it has given.
    type Pods<'a> = &'a [(&'a str, &'a [(u16, u32)])];
    let judge = |canary: [Pods<'_>; 2]| {
        let folder = folder();
        let seen = r#"{"canary": {"errors": [], "milliseconds": [10, 10]}}"#;
        std::fs::write(folder.path().join("seen.json"), seen).unwrap();
        counters(&folder, "canary-before.txt", canary[0]);
        counters(&folder, "canary-after.txt", canary[1]);
        counters(&folder, "baseline-before.txt", &[("b", &[(200, 100)])]);
        counters(&folder, "baseline-after.txt", &[("b", &[(200, 1100), (500, 2)])]);
        let arguments = ["judge", "--observed", "seen.json", "--contract", "contract.json", "--counters", "."];
        let output = gate(&folder, &arguments);
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // Errors from before do not count, nor do those of callers, and a pod that is new counts from nothing.
    let (code, said) = judge([
        &[("a", &[(200, 10), (500, 50)])],
        &[("a", &[(200, 500), (422, 300), (500, 51)]), ("n", &[(200, 200)])],
    ]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = judge([&[("a", &[(200, 10)])], &[("a", &[(200, 500)]), ("n", &[(200, 400), (503, 60)])]]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("60 of 950 answers (6.3%) are errors, 0.2% of the baseline's"), "{said}");
    // A pod that was started again has lost its count, and what it says now is what counts.
    let (code, said) = judge([&[("a", &[(200, 1000)])], &[("a", &[(200, 90), (500, 10)])]]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("10 of 100 answers"), "{said}");
}

#[test]
fn what_cannot_be_found_out_is_neither_good_nor_bad() {
    let folder = folder();
    let arguments = ["judge", "--observed", "nothing.json", "--contract", "contract.json"];
    assert_eq!(gate(&folder, &arguments).status.code(), Some(2));
    // Nobody listens on the port of `discard` (RFC 863): every request is an error, and the gate says so.
    let nobody = "http://127.0.0.1:9/score";
    let arguments = ["watch", "--canary", nobody, "--contract", "contract.json", "--output", "seen.json"];
    let watched = gate(&folder, &[&arguments[..], &["--minutes", "1440", "--every", "0"]].concat());
    assert!(watched.status.success(), "{watched:?}");
    let arguments = ["judge", "--observed", "seen.json", "--contract", "contract.json"];
    assert_eq!(gate(&folder, &arguments).status.code(), Some(1));
}
