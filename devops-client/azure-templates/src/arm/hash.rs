//! `guid()` and `uniqueString()`, as Azure Resource Manager computes them.

use uuid::Uuid;

/// The namespace of `guid()`.
const NAMESPACE: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The UUID of version 5 that `guid()` makes of texts.
pub(crate) fn guid(parts: &[String]) -> String {
    Uuid::new_v5(&NAMESPACE, parts.join("-").as_bytes()).to_string()
}

/// The 13 letters that `uniqueString()` makes of texts: a Murmur hash of two 32-bit lanes, five bits a letter.
pub(crate) fn unique_string(parts: &[String]) -> String {
    let mut hash = murmur(parts.join("-").as_bytes());
    let mut out = String::new();
    for _ in 0..13 {
        out.push(char::from(LETTERS[(hash >> 59) as usize]));
        hash <<= 5;
    }
    out
}

fn murmur(bytes: &[u8]) -> u64 {
    const C1: u32 = 0x239b_961b;
    const C2: u32 = 0xab0e_9789;
    let (mut h1, mut h2) = (0_u32, 0_u32);
    let lane = |bytes: &[u8]| bytes.iter().rev().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    let mix1 = |word: u32| word.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
    let mix2 = |word: u32| word.wrapping_mul(C2).rotate_left(17).wrapping_mul(C1);
    let rounds = bytes.chunks_exact(8);
    let tail = rounds.remainder();
    for chunk in rounds {
        h1 ^= mix1(lane(&chunk[..4]));
        h1 = h1.rotate_left(19).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x561c_cd1b);
        h2 ^= mix2(lane(&chunk[4..]));
        h2 = h2.rotate_left(13).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x0bca_a747);
    }
    if tail.len() > 4 {
        h2 ^= mix2(lane(&tail[4..]));
    }
    if !tail.is_empty() {
        h1 ^= mix1(lane(&tail[..tail.len().min(4)]));
    }
    let length = bytes.len() as u32;
    (h1, h2) = (h1 ^ length, h2 ^ length);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2) = (finish(h1), finish(h2));
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    u64::from(h2) << 32 | u64::from(h1)
}

fn finish(mut word: u32) -> u32 {
    word = (word ^ word >> 16).wrapping_mul(0x85eb_ca6b);
    word = (word ^ word >> 13).wrapping_mul(0xc2b2_ae35);
    word ^ word >> 16
}

#[cfg(test)]
mod tests {
    use super::{guid, unique_string};

    #[test]
    fn hashes_are_those_of_the_service() {
        // Values of `bicep snapshot`, which has the service's own expression engine.
        assert_eq!(unique_string(&["resource-group-id".to_owned()]), "uzs4g4xqa24lw");
        let abc = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(guid(&abc), "a98fa280-e03f-5afa-8d8e-92d0a9c201e8");
    }
}
