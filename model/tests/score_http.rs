//! The scoring server over real sockets: contract, refusals, limits, slow clients.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use support::{Reply, Running, model_json, plane};

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_contract_is_answered() {
    let server = Running::start(&plane(), &[], &[]).await;
    let reply = server.post(r#"{"data":[[1,2],[0.5,-1]]}"#).await;
    assert_eq!((reply.status, reply.text()), (200, r#"{"result":[9.0,-1.0]}"#));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-request-id").map(str::len), Some(32));
    assert_eq!(reply.header("x-model-version").map(str::len), Some(16));
}

#[tokio::test(flavor = "multi_thread")]
async fn named_columns_records_and_csv_give_the_same_numbers() {
    let server = Running::start(&plane(), &["--route", "/api/predict"], &[]).await;
    for body in [
        r#"{"columns":["b","a"],"data":[[2,1],[-1,0.5]]}"#,
        r#"{"data":[[2,1],[-1,0.5]],"columns":["b","a"]}"#,
        r#"{"data":[{"b":2,"a":1},{"a":0.5,"b":-1}]}"#,
    ] {
        assert_eq!(server.post(body).await.text(), r#"{"result":[9.0,-1.0]}"#, "{body}");
    }
    for (kind, body) in [
        ("text/csv", "b,a\n2,1\n-1,0.5\n"),
        ("text/csv; header=absent", "1,2\r\n0.5,-1\r\n"),
        ("text/csv; header=present; charset=utf-8", "\"a\",\"b\"\n1,2\n0.5,-1"),
    ] {
        let reply = server.post_with(&format!("content-type: {kind}\r\n"), body).await;
        assert_eq!(reply.text(), r#"{"result":[9.0,-1.0]}"#, "{kind}");
    }
    let reply = server.post_with("accept: text/csv\r\n", r#"{"data":[[1,2]]}"#).await;
    assert_eq!(reply.text(), "prediction\r\n9.0\r\n");
    assert_eq!(reply.header("content-type"), Some("text/csv; header=present"));
    let custom =
        "POST /api/predict HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: 16\r\n\r\n{\"data\":[[1,2]]}";
    assert_eq!(server.send(custom).await.text(), r#"{"result":[9.0]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_bad_body_has_its_status_code_and_place() {
    let model = model_json(&[("a", "number", 2.0), ("n", "integer", 3.0)], 1.0);
    let server = Running::start(&model, &["--max-rows", "2", "--max-body", "600"], &[]).await;
    let long = format!(r#"{{"data":[[1,{}]]}}"#, "1".repeat(700));
    let cases: [(&str, u16, &str); 33] = [
        ("", 400, "malformed-json"),
        ("{", 400, "malformed-json"),
        (r#"{"data":[[1,2]]"#, 400, "malformed-json"),
        (r#"{"data":[[1,2]]}}"#, 400, "malformed-json"),
        (r#"{"data":[[1,NaN]]}"#, 400, "malformed-json"),
        (r#"{"data":[[1,Infinity]]}"#, 400, "malformed-json"),
        (r#"{"data":[[1,1e400]]}"#, 400, "malformed-json"),
        (r#"{"data":[["x",01]]}"#, 400, "malformed-json"),
        ("\u{feff}{\"data\":[[1,2]]}", 400, "malformed-json"),
        ("null", 422, "wrong-shape"),
        ("[[1,2]]", 422, "wrong-shape"),
        ("{}", 422, "wrong-shape"),
        (r#"{"data":{}}"#, 422, "wrong-shape"),
        (r#"{"data":[1,2]}"#, 422, "wrong-shape"),
        (r#"{"data":[[1,2],{"a":1,"n":2}]}"#, 422, "wrong-shape"),
        (r#"{"data":[[1,2]],"data":[[1,2]]}"#, 422, "wrong-shape"),
        (r#"{"columns":["a","n"],"data":[{"a":1,"n":2}]}"#, 422, "wrong-shape"),
        (r#"{"data":[[1,2]],"method":"x"}"#, 422, "unknown-member"),
        (r#"{"data":[]}"#, 422, "empty-input"),
        (r#"{"data":[[]]}"#, 422, "wrong-width"),
        (r#"{"data":[[1]]}"#, 422, "wrong-width"),
        (r#"{"data":[[1,2],[1,2,3]]}"#, 422, "wrong-width"),
        (r#"{"data":[[1,"2"]]}"#, 422, "wrong-type"),
        (r#"{"data":[[1,null]]}"#, 422, "missing-value"),
        (r#"{"data":[[true,2]]}"#, 422, "wrong-type"),
        (r#"{"data":[[1,[2]]]}"#, 422, "wrong-type"),
        (r#"{"data":[[1,2.5]]}"#, 422, "wrong-type"),
        (r#"{"data":[{"a":1}]}"#, 422, "missing-column"),
        (r#"{"data":[{"a":1,"n":2,"x":3}]}"#, 422, "unknown-column"),
        (r#"{"data":[{"a":1,"a":1,"n":2}]}"#, 422, "duplicate-column"),
        (r#"{"columns":["a","x"],"data":[[1,2]]}"#, 422, "unknown-column"),
        (r#"{"data":[[1.7e308,1e308]]}"#, 422, "prediction-overflow"),
        (r#"{"data":[[1,2],[1,2],[1,2]]}"#, 413, "too-many-rows"),
    ];
    for (body, status, code) in cases.into_iter().chain([(long.as_str(), 413, "body-too-large")]) {
        let reply = server.post(body).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}\n{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        assert_eq!(reply.json()["type"], format!("/problems#{code}"));
        assert_eq!(reply.json()["request_id"].as_str(), reply.header("x-request-id"));
    }
    let located = server.post(r#"{"data":[[1,2],[3,"x"]]}"#).await.json();
    assert_eq!((located["row"].as_u64(), located["column"].as_str()), (Some(1), Some("n")));
    let invalid_text = server.post(b"{\"data\":[[1,2]],\"\xff\":1}").await;
    assert_eq!(invalid_text.code(), "malformed-json");
    let deep = format!(r#"{{"data":{}"#, "[".repeat(500));
    assert_eq!(server.post(&deep).await.code(), "malformed-json");
    // One line in the log for each of them.
    let refused = server.get("/metrics").await;
    let sum: u64 = refused.text().lines().filter(|line| line.starts_with("score_problems_total")).map(last).sum();
    assert_eq!(sum, 37);
    for _ in 0..100 {
        if server.log.text().lines().filter(|line| line.contains("\"problem\":")).count() == 37 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("37 refusals are not 37 lines:\n{}", server.log.text());
}

fn last(line: &str) -> u64 {
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_media_types_charsets_codings_methods_and_routes_are_refused() {
    let server = Running::start(&plane(), &[], &[]).await;
    let body = r#"{"data":[[1,2]]}"#;
    for (headers, code) in [
        ("content-type: text/plain\r\n", "unsupported-media-type"),
        ("content-type: application/json; charset=utf-16\r\n", "unsupported-charset"),
        ("content-type: application/json\r\ncontent-encoding: gzip\r\n", "unsupported-encoding"),
    ] {
        let reply = server.post_with(headers, body).await;
        assert_eq!((reply.status, reply.code().as_str()), (415, code));
    }
    let get = server.get("/score").await;
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    let delete = server.send("DELETE /metrics HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").await;
    assert_eq!((delete.status, delete.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(server.get("/scores").await.code(), "not-found");
    assert_eq!(server.get("/score/").await.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_are_not_http_get_a_4xx_and_leave_the_server_alive() {
    let server = Running::start(&plane(), &[], &[]).await;
    for request in [
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nbad header\r\n\r\n".to_owned(),
        "POST /score HTTP/1.1\r\nhost: t\r\ncontent-length: x\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(150)),
    ] {
        let reply = server.send(&request).await;
        assert!((400..500).contains(&reply.status), "{} for {:.40}", reply.status, request);
    }
    let chunked = "POST /score HTTP/1.1\r\nhost: t\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}";
    assert_eq!(server.send(chunked).await.code(), "incomplete-body");
    let good = "POST /score HTTP/1.1\r\nhost: t\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
                8\r\n{\"data\":\r\n8\r\n[[1,2]]}\r\n0\r\n\r\n";
    assert_eq!(server.send(good).await.text(), r#"{"result":[9.0]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_and_slow_bodies_get_408_and_idle_connections_are_closed() {
    let times = ["--header-timeout", "0.3", "--body-timeout", "0.3"];
    let server = Running::start(&plane(), &times, &[]).await;
    let slow_body = "POST /score HTTP/1.1\r\nhost: t\r\ncontent-length: 100\r\n\r\n{\"data\":[[1,";
    let reply = server.send(slow_body).await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "slow-request"));
    let reply = server.send("POST /score HTTP/1.1\r\nhost").await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "slow-request"));
    let address = server.address;
    let idle = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.read(&mut [0; 10]).unwrap()
    });
    assert_eq!(idle.await.unwrap(), 0);
    server.log.wait_for(&["\"status\":408", "the body did not arrive"]).await;
    server.log.wait_for(&["\"status\":408", "the head did not arrive"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_comes_drop_by_drop_does_not_get_more_time() {
    let server = Running::start(&plane(), &["--header-timeout", "1"], &[]).await;
    let address = server.address;
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        // A whole request first: the time counts for each head.
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: t\r\n\r\n").unwrap();
        assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
        for byte in b"GET /livez HTTP/1.1\r\nhost: t\r\n" {
            std::thread::sleep(Duration::from_millis(50));
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    });
    // The answer may be lost in the reset that later drops cause; the connection is gone in any case, and the log has the line.
    let answer = answer.await.unwrap();
    assert!(answer.is_empty() || Reply::parse(&answer).status == 408);
    server.log.wait_for(&["\"status\":408", "the head did not arrive"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_given_up() {
    let server = Running::start(&plane(), &["--write-timeout", "0.3"], &[]).await;
    let address = server.address;
    let gone = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        // Pipelined requests for the longest document, of which no answer is read.
        let request = "GET /openapi.json HTTP/1.1\r\nhost: t\r\n\r\n".repeat(200);
        loop {
            match stream.write_all(request.as_bytes()) {
                Ok(()) => {}
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                }
                Err(_) => return,
            }
        }
    });
    gone.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_routes_answer_and_head_has_no_body() {
    let server = Running::start(&plane(), &[], &[]).await;
    for (path, text) in [("/", "Healthy"), ("/livez", "live"), ("/readyz", "ready")] {
        let reply = server.get(path).await;
        assert_eq!((reply.status, reply.text()), (200, text));
    }
    let head = server.send("HEAD /livez HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").await;
    assert_eq!((head.status, head.header("content-length"), head.text()), (200, Some("4"), ""));
    let openapi = server.get("/openapi.json").await.json();
    assert_eq!(openapi["paths"]["/score"]["post"]["operationId"], "score");
    assert_eq!(server.get("/swagger.json").await.json()["swagger"], "2.0");
    let codes = server.get("/problems").await.json();
    assert_eq!(codes.as_array().map(Vec::len), Some(30));
    server.post(r#"{"data":[[1,20],[1,2]]}"#).await;
    let metrics = server.get("/metrics").await;
    for line in [
        "score_requests_total{route=\"score\",status=\"200\"} 1",
        "score_rows_total 2",
        "score_inputs_outside_training_range_total 1",
        "score_in_flight 0",
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line}\n{}", metrics.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_in_the_descriptions_are_answered() {
    let model = model_json(&[("a", "number", 2.0), ("n", "integer", 3.0)], 1.0);
    let server = Running::start(&model, &[], &[]).await;
    let openapi = server.get("/openapi.json").await.json();
    let content = &openapi["paths"]["/score"]["post"]["requestBody"]["content"];
    assert_eq!(server.post(content["application/json"]["example"].to_string()).await.status, 200);
    let csv = content["text/csv"]["example"].as_str().unwrap().to_owned();
    assert_eq!(server.post_with("content-type: text/csv\r\n", csv).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn request_id_and_trace_go_into_answer_and_log() {
    let server = Running::start(&plane(), &[], &[]).await;
    let headers = "x-request-id: order-17\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    let reply = server.post_with(headers, r#"{"data":[[1,2]]}"#).await;
    assert_eq!(reply.header("x-request-id"), Some("order-17"));
    let line = server.log.wait_for(&["order-17"]).await;
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!((line["status"].as_u64(), line["rows"].as_u64()), (Some(200), Some(1)));
    let reply = server.post_with("x-request-id: a b\"c\r\n", r#"{"data":[[1,2]]}"#).await;
    assert_eq!(reply.header("x-request-id").map(str::len), Some(32));
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_order() {
    let server = Running::start(&plane(), &[], &[]).await;
    let mut request = String::new();
    for n in 0..50 {
        let body = format!(r#"{{"data":[[{n},0]]}}"#);
        let close = if n == 49 { "connection: close\r\n" } else { "" };
        request += &format!("POST /score HTTP/1.1\r\nhost: t\r\n{close}content-length: {}\r\n\r\n{body}", body.len());
    }
    let reply: Reply = server.send(&request).await;
    let mut all = format!("{}\r\n\r\n{}", reply.head, reply.text());
    for n in 0..50 {
        let expected = format!("{{\"result\":[{}.0]}}", 1 + 2 * n);
        let at = all.find(&expected).unwrap_or_else(|| panic!("{expected} is missing or too early"));
        all.drain(..at + expected.len());
    }
}

#[tokio::test]
async fn an_answer_says_how_long_it_took_here() {
    let running = Running::start(&plane(), &[], &[]).await;
    for (body, status) in [(r#"{"data":[[1,2]]}"#, 200), ("no", 400)] {
        let started = std::time::Instant::now();
        let reply = running.post(body).await;
        assert_eq!(reply.status, status);
        let timing = reply.header("server-timing").unwrap().strip_prefix("score;dur=").unwrap().parse::<f64>().unwrap();
        assert!((0.0..=started.elapsed().as_secs_f64() * 1e3).contains(&timing), "{timing}");
    }
    assert_eq!(running.get("/livez").await.header("server-timing"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_inference_protocol_has_its_own_paths() {
    let server = Running::start(&plane(), &[], &[]).await;
    let body = r#"{"id":"7","inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2]}]}"#;
    for path in ["/v2/models/plane/infer", "/v2/models/plane/versions/1/infer"] {
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        let reply = server.send(head + body).await;
        assert_eq!((reply.status, &reply.json()["outputs"][0]["data"]), (200, &serde_json::json!([9.0])), "{path}");
    }
    assert_eq!(server.get("/v2/health/live").await.status, 200);
    assert_eq!(server.get("/v2/health/ready").await.status, 200);
    assert_eq!(server.get("/v2/models/plane/infer").await.code(), "method-not-allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_http_refuses_are_refused_with_a_code() {
    let server = Running::start(&plane(), &[], &[]).await;
    let body = r#"{"data":[[1,2]]}"#;
    let length = format!("content-length: {}\r\n", body.len());
    for (head, status, code) in [
        (length.as_str(), 400, "malformed-head"),
        (&format!("host: a\r\nhost: b\r\n{length}"), 400, "malformed-head"),
        ("host: t\r\ntransfer-encoding: gzip, chunked\r\n", 501, "unsupported-transfer-coding"),
    ] {
        let reply = server.send(format!("POST /score HTTP/1.1\r\nconnection: close\r\n{head}\r\n{body}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{head}");
        assert_eq!(reply.header("connection"), Some("close"));
    }
    let old = format!("POST /score HTTP/1.0\r\n{length}\r\n{body}");
    assert_eq!(server.send(old).await.status, 200, "HTTP/1.0 needs no host");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_says_it_is_too_long_is_refused_before_it_comes() {
    let server = Running::start(&plane(), &["--max-body", "1000"], &[]).await;
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // Nothing of the body is sent.
    stream.write_all(b"POST /score HTTP/1.1\r\nhost: t\r\ncontent-length: 5000\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_call_where_the_setting_says_so() {
    let allowed = "access-control-allow-origin";
    let ask = |method: &str, origin: &str| {
        let head = format!("{method} /score HTTP/1.1\r\nhost: t\r\norigin: {origin}\r\nconnection: close\r\n");
        format!("{head}content-length: 16\r\n\r\n{{\"data\":[[1,2]]}}")
    };
    let server = Running::start(&plane(), &["--cors-origins", "https://page"], &[]).await;
    let reply = server.send(ask("POST", "https://page")).await;
    assert_eq!((reply.status, reply.header(allowed)), (200, Some("https://page")));
    assert_eq!(server.send(ask("POST", "https://other")).await.header(allowed), None);
    let preflight = server.send(ask("OPTIONS", "https://page")).await;
    assert_eq!((preflight.status, preflight.header(allowed)), (204, Some("https://page")));
    assert!(preflight.header("access-control-allow-headers").unwrap().contains("authorization"));
    let closed = Running::start(&plane(), &[], &[]).await;
    assert_eq!(closed.send(ask("OPTIONS", "https://page")).await.code(), "method-not-allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_what_the_client_likes_best() {
    let server = Running::start(&plane(), &[], &[]).await;
    for (accept, kind) in [
        ("application/json;q=0.4, text/csv;q=0.6", "text/csv; header=present"),
        ("text/csv;q=0.4, application/json", "application/json"),
        ("text/csv;q=0", "application/json"),
    ] {
        let reply = server.post_with(&format!("accept: {accept}\r\n"), r#"{"data":[[1,2]]}"#).await;
        assert_eq!(reply.header("content-type"), Some(kind), "{accept}");
    }
}
