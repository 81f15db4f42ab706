//! Request bodies: the first byte picks the media type, the rest is the body. JSON bodies must get serde_json's verdict and numbers, CSV bodies
//! whole finite rows or a refusal; nothing may panic.
#![no_main]

#[path = "../../tests/support/oracle.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((kind, body)) = data.split_first() else { return };
    match kind % 4 {
        0 => oracle::check_csv(body, None),
        1 => oracle::check_csv(body, Some(kind & 4 == 0)),
        _ => oracle::check(body),
    }
});
