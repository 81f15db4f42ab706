//! The scoring log and telemetry: what arrives, what is left out, and what happens when nobody takes it.

#[path = "support/stub.rs"]
mod stub;
mod support;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use stub::{Answer, Asked, Stub};
use support::{Running, plane};

const BODY: &str = r#"{"data":[[1,2],[0.5,-1]]}"#;

/// The records in a folder of logs.
fn records(folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                found.extend(lines(&std::fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found
}

fn lines(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "half a line");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_and_predictions_are_logged_and_flushed_on_stop() {
    let logs = tempfile::tempdir().unwrap();
    let url = url::Url::from_file_path(logs.path()).unwrap().to_string();
    let flags = ["--log-container-url", &url, "--log-flush", "3600", "--log-prefix", "p/q"];
    let server = Running::start(&plane(), &flags, &[]).await;
    for n in 0..20 {
        assert_eq!(server.post_with(&format!("x-request-id: r{n}\r\n"), BODY).await.status, 200);
    }
    assert_eq!(server.post(r#"{"data":[[1]]}"#).await.status, 422);
    server.server.stop().await;
    let found = records(&logs.path().join("p/q"));
    assert_eq!(found.len(), 20);
    let first = found.iter().find(|record| record["request_id"] == "r7").unwrap();
    assert_eq!(first["columns"], serde_json::json!(["a", "b"]));
    assert_eq!(first["data"], serde_json::json!([[1.0, 2.0], [0.5, -1.0]]));
    assert_eq!(first["result"], serde_json::json!([9.0, -1.0]));
    assert_eq!((first["schema"].as_u64(), first["first_row"].as_u64()), (Some(1), Some(0)));
    assert_eq!(first["model"].as_str().map(str::len), Some(16));
    assert!(first["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn omitted_columns_and_unsampled_requests_do_not_appear() {
    let logs = tempfile::tempdir().unwrap();
    let url = url::Url::from_file_path(logs.path()).unwrap().to_string();
    let flags = ["--log-container-url", &url, "--log-omit", "a", "--log-sample", "0.5"];
    let server = Running::start(&plane(), &flags, &[]).await;
    for n in 0..200 {
        server.post_with(&format!("x-request-id: r{n}\r\n"), BODY).await;
    }
    server.server.stop().await;
    let found = records(logs.path());
    assert!((60..140).contains(&found.len()), "{}", found.len());
    for record in found {
        assert_eq!(record["columns"], serde_json::json!(["b"]));
        assert_eq!(record["data"], serde_json::json!([[2.0], [-1.0]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_requests_become_several_lines_with_their_first_row() {
    let logs = tempfile::tempdir().unwrap();
    let url = url::Url::from_file_path(logs.path()).unwrap().to_string();
    let server = Running::start(&plane(), &["--log-container-url", &url], &[]).await;
    let rows: Vec<String> = (0..10_000).map(|n| format!("[{n}.12345678901234,-{n}.12345678901234]")).collect();
    let reply = server.post(format!("{{\"data\":[{}]}}", rows.join(","))).await;
    let result = reply.json()["result"].as_array().unwrap().clone();
    server.server.stop().await;
    let mut found = records(logs.path());
    found.sort_by_key(|record| record["first_row"].as_u64());
    assert!(found.len() > 1);
    let mut row = 0;
    for record in &found {
        assert_eq!(record["first_row"].as_u64(), Some(row as u64));
        let logged = record["result"].as_array().unwrap();
        assert_eq!(logged[..], result[row..row + logged.len()]);
        assert_eq!(record["data"].as_array().map(Vec::len), Some(logged.len()));
        row += logged.len();
    }
    assert_eq!(row, 10_000);
}

/// Append blobs, as far as the server uses them.
#[derive(Default)]
struct Blobs {
    blobs: Mutex<HashMap<String, Vec<u8>>>,
    /// Requests to fail before the service works.
    failing: AtomicUsize,
    /// Appends that are stored but whose answer is lost.
    mute: AtomicUsize,
}

impl Blobs {
    fn answer(&self, asked: &Asked) -> Answer {
        let take =
            |count: &AtomicUsize| count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        if take(&self.failing) {
            return Some((503, vec![("x-ms-error-code".into(), "ServerBusy".into())], Vec::new()));
        }
        let (name, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let mut blobs = self.blobs.lock().unwrap();
        let dates = || {
            vec![
                ("last-modified".to_owned(), "Sun, 22 Nov 2026 08:00:00 GMT".to_owned()),
                ("etag".to_owned(), "\"1\"".to_owned()),
            ]
        };
        match asked.method.as_str() {
            "HEAD" => {
                let length = blobs.get(name).map_or(0, Vec::len);
                let mut headers = dates();
                headers.push(("x-ms-blob-type".into(), "AppendBlob".into()));
                headers.push(("x-length".into(), length.to_string()));
                Some((200, headers, Vec::new()))
            }
            "PUT" if query.contains("comp=appendblock") => {
                let Some(blob) = blobs.get_mut(name) else { return Some((404, Vec::new(), Vec::new())) };
                let position: usize = asked.header("x-ms-blob-condition-appendpos").unwrap().parse().unwrap();
                if position != blob.len() {
                    return Some((
                        412,
                        vec![("x-ms-error-code".into(), "AppendPositionConditionNotMet".into())],
                        Vec::new(),
                    ));
                }
                blob.extend_from_slice(&asked.body);
                if take(&self.mute) {
                    return None;
                }
                Some((201, dates(), Vec::new()))
            }
            "PUT" => {
                assert_eq!(asked.header("x-ms-blob-type"), Some("AppendBlob"));
                blobs.insert(name.to_owned(), Vec::new());
                Some((201, dates(), Vec::new()))
            }
            other => panic!("unexpected {other} {}", asked.path),
        }
    }

    fn records(&self) -> Vec<Value> {
        self.blobs.lock().unwrap().values().flat_map(|blob| lines(std::str::from_utf8(blob).unwrap())).collect()
    }
}

fn blob_service(blobs: &Arc<Blobs>) -> (Stub, String) {
    let theirs = Arc::clone(blobs);
    let stub = Stub::start(move |asked| theirs.answer(asked));
    let url = stub.url("/account/logs?sv=2025-01-05&sig=secret-signature");
    (stub, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_service_gets_every_record_once_it_works() {
    let blobs = Arc::new(Blobs { failing: AtomicUsize::new(3), ..Blobs::default() });
    let (stub, url) = blob_service(&blobs);
    let server = Running::start(&plane(), &["--log-container-url", &url, "--log-flush", "0.05"], &[]).await;
    for n in 0..50 {
        assert_eq!(server.post_with(&format!("x-request-id: r{n}\r\n"), BODY).await.status, 200);
    }
    server.log.wait_for(&["scoring log not stored, trying again"]).await;
    let log = server.log.clone();
    server.server.stop().await;
    let mut ids: Vec<String> =
        blobs.records().iter().map(|record| record["request_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), blobs.records().len()), (50, 50));
    assert!(stub.asked().iter().all(|asked| asked.path.contains("sig=secret-signature")));
    assert!(!log.text().contains("secret-signature"), "the log shows the SAS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stays_away_costs_no_request_and_the_loss_is_counted() {
    let blobs = Arc::new(Blobs { failing: AtomicUsize::new(usize::MAX / 2), ..Blobs::default() });
    let (_stub, url) = blob_service(&blobs);
    let flags = ["--log-container-url", &url, "--log-flush", "0.05", "--log-buffer", "20000", "--grace", "0.2"];
    let server = Running::start(&plane(), &flags, &[]).await;
    for _ in 0..100 {
        assert_eq!(server.post(BODY).await.status, 200);
    }
    let metrics = server.get("/metrics").await;
    let value = |name: &str| -> u64 {
        let line = metrics.text().lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let (taken, dropped) = (value("score_log_records_total"), value("score_log_records_dropped_total"));
    assert_eq!(taken + dropped, 100);
    assert!(taken > 0 && dropped > 0, "{taken} {dropped}");
    assert!(value("score_log_buffer_bytes") <= 20_000);
    let log = server.log.clone();
    server.server.stop().await;
    log.wait_for(&["stopped", "\"scoring_log_records_dropped\":\"100\""]).await;
}

fn telemetry_stub(failures: usize) -> Stub {
    let left = AtomicUsize::new(failures);
    Stub::start(move |_| {
        let fail = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        Some((if fail { 503 } else { 200 }, Vec::new(), b"{}".to_vec()))
    })
}

const TRACE: &str = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn telemetry_carries_the_callers_trace_to_both_kinds_of_collector() {
    let (insights, otlp) = (telemetry_stub(1), telemetry_stub(0));
    let connection = format!("InstrumentationKey=key-1;IngestionEndpoint={}", insights.url("/"));
    let environment = [
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", connection.as_str()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &otlp.url("")),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=abc"),
        ("OTEL_SERVICE_NAME", "diabetes"),
    ];
    let server = Running::start(&plane(), &[], &environment).await;
    server.post_with(&format!("{TRACE}x-request-id: r1\r\n"), BODY).await;
    server.post_with(TRACE, r#"{"data":[[1]]}"#).await;
    let unsampled = TRACE.replace("-01\r\n", "-00\r\n");
    server.post_with(&unsampled, BODY).await;
    server.get("/livez").await;
    server.server.stop().await;
    let asked = insights.asked();
    assert_eq!(asked[0].path, "/v2.1/track");
    assert!(asked.len() > 1 && asked[0].body == asked[1].body, "no second attempt after 503");
    let items: Vec<Value> =
        asked[1..].iter().flat_map(|a| serde_json::from_slice::<Vec<Value>>(&a.body).unwrap()).collect();
    assert_eq!(items.len(), 2);
    let data = &items[0]["data"]["baseData"];
    assert_eq!(items[0]["iKey"], "key-1");
    assert_eq!(items[0]["tags"]["ai.operation.id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(items[0]["tags"]["ai.operation.parentId"], "00f067aa0ba902b7");
    assert_eq!(items[0]["tags"]["ai.cloud.role"], "diabetes");
    assert_eq!((data["responseCode"].as_str(), data["success"].as_bool()), (Some("200"), Some(true)));
    assert_eq!(
        (data["properties"]["request_id"].as_str(), data["measurements"]["rows"].as_u64()),
        (Some("r1"), Some(2))
    );
    assert_eq!(items[1]["data"]["baseData"]["properties"]["problem"], "wrong-width");
    let asked = otlp.asked();
    assert_eq!((asked[0].path.as_str(), asked[0].header("x-api-key")), ("/v1/traces", Some("abc")));
    let spans: Vec<Value> = asked
        .iter()
        .flat_map(|asked| {
            let body: Value = serde_json::from_slice(&asked.body).unwrap();
            body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
        })
        .collect();
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0]["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(spans[0]["parentSpanId"], "00f067aa0ba902b7");
    let nanos = |name: &str| spans[0][name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(nanos("endTimeUnixNano") >= nanos("startTimeUnixNano"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_does_not_store_its_batch_twice() {
    let blobs = Arc::new(Blobs { mute: AtomicUsize::new(1), ..Blobs::default() });
    let (stub, url) = blob_service(&blobs);
    let server = Running::start(&plane(), &["--log-container-url", &url, "--log-flush", "0.05"], &[]).await;
    assert_eq!(server.post(BODY).await.status, 200);
    stub.wait_for(|asked| asked.iter().filter(|asked| asked.path.contains("appendblock")).count() >= 2).await;
    server.server.stop().await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(blobs.records().len(), 1);
}
