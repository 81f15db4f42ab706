//! Keys and Entra tokens, over real sockets, with an issuer that the test plays.

#[path = "support/stub.rs"]
mod stub;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};
use stub::Stub;
use support::{Running, plane};

const BODY: &str = r#"{"data":[[1,2]]}"#;

fn bearer(credential: &str) -> String {
    format!("authorization: Bearer {credential}\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn predictions_need_the_key_and_other_routes_do_not() {
    let server = Running::start(&plane(), &[], &[("SCORE_KEY", "correct-horse-battery")]).await;
    let refused = server.post(BODY).await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "unauthenticated"));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    assert_eq!(server.post_with(&bearer("correct-horse-batterz"), BODY).await.status, 401);
    assert_eq!(server.post_with(&bearer("correct-horse-battery"), BODY).await.status, 200);
    for path in ["/", "/livez", "/readyz", "/metrics", "/openapi.json"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    server.log.wait_for(&["\"status\":401", "unauthenticated"]).await;
    assert!(!server.log.text().contains("correct-horse"), "the log shows a key");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_by_their_file_and_a_broken_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.json"), plane()).unwrap();
    let file = folder.path().join("keys");
    std::fs::write(&file, "the-first-key-0001\n").unwrap();
    let path = file.to_str().unwrap().to_owned();
    let server = Running::start_in(folder, &["--key-file", &path, "--reload-interval", "0.05"], &[]).await;
    let status = async |key: &str| server.post_with(&bearer(key), BODY).await.status;
    assert_eq!((status("the-first-key-0001").await, status("the-second-key-002").await), (200, 401));
    std::fs::write(&file, "the-first-key-0001\nthe-second-key-002\n").unwrap();
    server.log.wait_for(&["keys reloaded"]).await;
    assert_eq!((status("the-first-key-0001").await, status("the-second-key-002").await), (200, 200));
    std::fs::write(&file, "short\n").unwrap();
    server.log.wait_for(&["keys not reloaded"]).await;
    assert_eq!((status("short").await, status("the-second-key-002").await), (401, 200));
}

struct Issuer {
    key: KeyPair,
    stub: Stub,
    up: Arc<AtomicUsize>,
}

impl Issuer {
    fn start() -> Self {
        let key = KeyPair::from_pkcs8(include_bytes!("support/signing-key.der")).unwrap();
        let parts = PublicKeyComponents::<Vec<u8>>::from(key.public());
        let jwk = json!({
            "kty": "RSA", "use": "sig", "kid": "k1",
            "n": URL_SAFE_NO_PAD.encode(&parts.n), "e": URL_SAFE_NO_PAD.encode(&parts.e)
        });
        let up = Arc::new(AtomicUsize::new(1));
        let theirs = Arc::clone(&up);
        let stub = Stub::start(move |asked| {
            if theirs.load(Ordering::SeqCst) == 0 {
                return Some((503, Vec::new(), Vec::new()));
            }
            let issuer = format!("http://{}/tenant/v2.0", asked.header("host").unwrap());
            let body = match asked.path.as_str() {
                "/tenant/v2.0/.well-known/openid-configuration" => {
                    json!({"issuer": issuer, "jwks_uri": issuer.replace("/tenant/v2.0", "/keys")})
                }
                "/keys" => json!({"keys": [jwk, {"kty": "EC", "crv": "P-256", "kid": "e", "x": "AA", "y": "AA"}]}),
                _ => return Some((404, Vec::new(), Vec::new())),
            };
            Some((200, Vec::new(), body.to_string().into_bytes()))
        });
        Self { key, stub, up }
    }

    fn url(&self) -> String {
        self.stub.url("/tenant/v2.0")
    }

    fn claims(&self) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        json!({"iss": self.url(), "aud": "api://score", "exp": now + 600, "nbf": now - 10, "roles": ["Predict"]})
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn rs256() -> Value {
    json!({"alg": "RS256", "typ": "JWT", "kid": "k1"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_accepted_only_when_everything_about_it_is_right() {
    let issuer = Issuer::start();
    let flags =
        ["--entra-issuer", &issuer.url(), "--entra-audience", "api://other,api://score", "--entra-role", "Predict"];
    let server = Running::start(&plane(), &flags, &[("SCORE_KEY", "a-key-beside-tokens")]).await;
    let status = async |token: &str| server.post_with(&bearer(token), BODY).await.status;
    let good = issuer.token(&rs256(), &issuer.claims());
    assert_eq!(status(&good).await, 200);
    assert_eq!(status(&good).await, 200, "also when remembered");
    assert_eq!(status("a-key-beside-tokens").await, 200);
    let with = |name: &str, value: Value| {
        let mut claims = issuer.claims();
        claims[name] = value;
        issuer.token(&rs256(), &claims)
    };
    assert_eq!(status(&with("aud", json!("api://score-2"))).await, 401);
    assert_eq!(status(&with("iss", json!("https://elsewhere/v2.0"))).await, 401);
    assert_eq!(status(&with("exp", json!(1_700_000_000))).await, 401);
    assert_eq!(status(&with("nbf", json!(9_000_000_000_u64))).await, 401);
    assert_eq!(status(&with("roles", json!(["Other"]))).await, 403);
    let mut scope = issuer.claims();
    scope["roles"] = json!([]);
    scope["scp"] = json!("openid Predict");
    assert_eq!(status(&issuer.token(&rs256(), &scope)).await, 200);
    for claim in ["exp", "iss", "aud"] {
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().remove(claim);
        assert_eq!(status(&issuer.token(&rs256(), &claims)).await, 401, "without {claim}");
    }
    let (text, signature) = good.rsplit_once('.').unwrap();
    let mut broken = signature.to_owned();
    broken.replace_range(10..11, if &signature[10..11] == "A" { "B" } else { "A" });
    assert_eq!(status(&format!("{text}.{broken}")).await, 401);
    assert_eq!(status(&format!("{text}.")).await, 401);
    let none = issuer.token(&json!({"alg": "none", "kid": "k1"}), &issuer.claims());
    assert_eq!(status(&none).await, 401);
    let symmetric = issuer.token(&json!({"alg": "HS256", "kid": "k1"}), &issuer.claims());
    assert_eq!(status(&symmetric).await, 401);
    for kid in ["k2", "e"] {
        let unknown = issuer.token(&json!({"alg": "RS256", "kid": kid}), &issuer.claims());
        assert_eq!(status(&unknown).await, 401);
    }
    assert_eq!(status(&issuer.token(&json!({"alg": "RS256"}), &issuer.claims())).await, 401);
    assert_eq!(status(&"x.".repeat(20_000)).await, 401, "a token that long is not looked at");
    // Unknown key ids do not make the server ask the issuer again and again.
    assert_eq!(issuer.stub.asked().iter().filter(|asked| asked.path == "/keys").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_signing_keys_the_answer_is_503_and_later_200() {
    let issuer = Issuer::start();
    issuer.up.store(0, Ordering::SeqCst);
    let flags = ["--entra-issuer", &issuer.url(), "--entra-audience", "api://score"];
    let server = Running::start(&plane(), &flags, &[]).await;
    let token = issuer.token(&rs256(), &issuer.claims());
    let reply = server.post_with(&bearer(&token), BODY).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "keys-unavailable"));
    assert_eq!(server.post(BODY).await.status, 401);
    issuer.up.store(1, Ordering::SeqCst);
    assert_eq!(server.post_with(&bearer(&token), BODY).await.status, 200);
}
