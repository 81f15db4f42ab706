//! The server's own TLS: who may listen in, who is taken for the server, and a certificate that is renewed.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use mlops_model::scoring::healthcheck;
use mlops_model::scoring::settings::{Arguments, Settings, SettingsError};
use mlops_model::scoring::tls::{Tls, TlsFiles, pinned};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use support::{Reply, Running, plane};

/// Makes a certificate with its key in one file, as Key Vault keeps them.
fn certificate(path: &Path) {
    let (key, own) = (path.with_extension("key"), path.with_extension("crt"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=score.test", "-addext", "subjectAltName=DNS:score.test", "-keyout"])
        .args([&key, Path::new("-out"), &own])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let both = [std::fs::read(&key).unwrap(), std::fs::read(&own).unwrap()].concat();
    // A file is swapped, not written over: whoever reads it sees one certificate or the other.
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, both).unwrap();
    std::fs::rename(fresh, path).unwrap();
}

fn files(path: &Path) -> TlsFiles {
    TlsFiles { certificates: path.to_owned(), key: path.to_owned() }
}

/// Sends a request over TLS to a server that must show the certificate of `trusted`.
fn ask(address: SocketAddr, trusted: &Path, request: &[u8]) -> std::io::Result<Reply> {
    let config = Arc::new(pinned(&files(trusted)).unwrap());
    let session = ClientConnection::new(config, ServerName::try_from("score.test").unwrap()).unwrap();
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut stream = StreamOwned::new(session, socket);
    stream.write_all(request)?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(Reply::parse(&answer)),
    }
}

async fn asked(address: SocketAddr, trusted: &Path, request: &'static [u8]) -> std::io::Result<Reply> {
    let trusted = trusted.to_owned();
    tokio::task::spawn_blocking(move || ask(address, &trusted, request)).await.unwrap()
}

const REQUEST: &[u8] = b"POST /score HTTP/1.1\r\nhost: score.test\r\nconnection: close\r\n\
                         content-type: application/json\r\ncontent-length: 16\r\n\r\n{\"data\":[[1,2]]}";

async fn serving() -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("tls.pem");
    certificate(&pem);
    let path = pem.to_str().unwrap();
    let flags = ["--tls-cert-file", path, "--tls-key-file", path, "--header-timeout", "1"];
    (Running::start(&plane(), &flags, &[]).await, folder)
}

#[tokio::test]
async fn a_server_with_a_certificate_answers_over_tls_and_nothing_else() {
    let (running, folder) = serving().await;
    let pem = folder.path().join("tls.pem");
    let reply = asked(running.address, &pem, REQUEST).await.unwrap();
    assert_eq!((reply.status, reply.text()), (200, r#"{"result":[9.0]}"#));
    running.log.wait_for(&["listening", r#""tls":"on""#]).await;
    // Who speaks in clear text gets no answer that could be taken for one of HTTP.
    let (address, clear) = (running.address, REQUEST.to_vec());
    let said = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = stream.write_all(&clear);
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        said
    });
    assert!(!said.await.unwrap().starts_with(b"HTTP/"));
    // Who says nothing is given up after the time for a head, and costs nobody else anything.
    let (silent, address) = (TcpStream::connect(running.address).unwrap(), running.address);
    assert_eq!(asked(address, &pem, REQUEST).await.unwrap().status, 200);
    silent.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let closed = tokio::task::spawn_blocking(move || (&silent).read(&mut [0; 16]));
    assert_eq!(closed.await.unwrap().unwrap(), 0);
    running.server.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_over_and_a_broken_one_is_not() {
    let (running, folder) = serving().await;
    let pem = folder.path().join("tls.pem");
    let old = folder.path().join("old.pem");
    std::fs::copy(&pem, &old).unwrap();
    certificate(&pem);
    running.server.reload();
    running.log.wait_for(&["certificate reloaded"]).await;
    assert_eq!(asked(running.address, &pem, REQUEST).await.unwrap().status, 200);
    assert!(asked(running.address, &old, REQUEST).await.is_err(), "the old certificate is not shown any more");
    let good = folder.path().join("good.pem");
    std::fs::copy(&pem, &good).unwrap();
    std::fs::write(&pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
    running.server.reload();
    let line = running.log.wait_for(&["certificate not reloaded"]).await;
    assert!(!line.contains("AAAA"), "{line}");
    assert_eq!(asked(running.address, &good, REQUEST).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_health_check_takes_the_certificate_of_its_own_file_and_no_other() {
    let (running, folder) = serving().await;
    let (pem, address) = (folder.path().join("tls.pem"), running.address);
    let other = folder.path().join("other.pem");
    certificate(&other);
    let check = move |url: Option<String>, tls: Option<TlsFiles>| {
        tokio::task::spawn_blocking(move || healthcheck::check(url.as_deref(), address, tls.as_ref()))
    };
    assert_eq!(check(None, Some(files(&pem))).await.unwrap(), Ok(()));
    let url = format!("https://{address}/readyz");
    assert_eq!(check(Some(url.clone()), Some(files(&pem))).await.unwrap(), Ok(()));
    assert!(check(None, Some(files(&other))).await.unwrap().is_err());
    assert!(check(None, None).await.unwrap().is_err());
    assert!(check(Some(url), None).await.unwrap().unwrap_err().contains("has no certificate"));
    let clear = format!("http://{address}/readyz");
    assert!(check(Some(clear), Some(files(&pem))).await.unwrap().unwrap_err().contains("speaks TLS"));
}

#[test]
fn half_a_certificate_is_refused_and_files_are_named() {
    let check = |flags: &[&str]| {
        let arguments = Arguments::try_parse_from([&["score", "--model", "m"], flags].concat()).unwrap();
        Settings::check(arguments, |_| None)
    };
    for flags in [["--tls-cert-file", "c"], ["--tls-key-file", "k"]] {
        assert!(matches!(check(&flags), Err(SettingsError::Tls)), "{flags:?}");
    }
    assert!(check(&[]).unwrap().tls.is_none());
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.pem"), folder.path().join("two.pem"));
    certificate(&one);
    certificate(&two);
    let message = |certificates: &Path, key: &Path| {
        Tls::load(TlsFiles { certificates: certificates.to_owned(), key: key.to_owned() }).unwrap_err().to_string()
    };
    assert!(message(&folder.path().join("none.pem"), &one).contains("none.pem"));
    assert!(message(&one, &folder.path().join("none.pem")).contains("expected a private key in PEM"));
    assert!(message(&one.with_extension("key"), &one).contains("it has no certificate"));
    assert!(message(&one, &two).contains("cannot use the certificate in"));
}
