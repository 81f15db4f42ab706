//! The tokens, passwords and secret values of all tests, and the trace in which they are looked for.
//!
//! Every test that needs something secret takes it from here (`tests/conformance/secrets.sh` refuses a literal in its
//! place), so that the output of whole suites can be searched for it: the script reads the values from this file.
#![allow(dead_code)]

/// How each value starts. Nothing else that a test handles does, so that looking for this finds any of them in any
/// encoding that leaves letters alone.
pub const MARK: &str = "planted-";
/// A personal access token; goes out as `Basic`.
pub const PAT: &str = "planted-pat-7f3ac91e52d8";
/// A bearer token. Where a test needs several, this is how each starts.
pub const TOKEN: &str = "planted-token-52c19d04ab6e";
/// The token of somebody else.
pub const OTHER_TOKEN: &str = "planted-other-token-0be4d1377f";
/// A token that nobody has been given.
pub const WRONG_TOKEN: &str = "planted-wrong-token-c8a5f06e21";
/// The value of a secret, with what JSON, addresses and Rust's `Debug` write in another way.
pub const SECRET: &str = "planted-secret-7f3a \"q\" \\ 100% a+b=c/d&é";
/// What replaces it.
pub const NEXT_SECRET: &str = "planted-next-secret-9d20 <'x'> ü?#";

/// Shows every event and span of every crate on standard error, as `RUST_LOG` wants it; nothing when that is not set.
pub fn traced() {
    use tracing_subscriber::fmt::format::FmtSpan;
    if std::env::var_os("RUST_LOG").is_some() {
        // Another test of this process may have been first.
        _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_span_events(FmtSpan::NEW)
            .with_ansi(false)
            .with_writer(std::io::stderr)
            .try_init();
    }
}
