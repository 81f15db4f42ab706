//! Packs that git sends: objects, whole or as differences from others.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::bufread::ZlibDecoder;

use super::object::{Kind, ObjectId};
use super::store::Store;

/// The largest object that is taken, in bytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// An object of a pack that differs from another one.
struct Delta {
    at: usize,
    base: Base,
    data: Vec<u8>,
}

enum Base {
    At(usize),
    Id(ObjectId),
}

/// Puts the objects of a pack into a store. Errors if it is none, or a difference is from an object that is nowhere.
pub fn decode(store: &mut Store, pack: &[u8]) -> Result<(), String> {
    let short = || "the pack ends too early".to_owned();
    let word = |at: usize| -> Option<u32> { Some(u32::from_be_bytes(pack.get(at..at + 4)?.try_into().ok()?)) };
    if pack.get(..4) != Some(b"PACK") || word(4) != Some(2) {
        return Err("this is no pack of version 2".to_owned());
    }
    let count = word(8).ok_or_else(short)?;
    let mut at = 12;
    let mut whole: BTreeMap<usize, (Kind, ObjectId)> = BTreeMap::new();
    let mut deltas: Vec<Delta> = Vec::new();
    for _ in 0..count {
        let start = at;
        let mut byte = *pack.get(at).ok_or_else(short)?;
        at += 1;
        let number = (byte >> 4) & 7;
        // the size is in the compressed data as well
        while byte & 0x80 != 0 {
            byte = *pack.get(at).ok_or_else(short)?;
            at += 1;
        }
        let base = match number {
            6 => {
                let mut byte = *pack.get(at).ok_or_else(short)?;
                at += 1;
                let mut back = usize::from(byte & 0x7f);
                while byte & 0x80 != 0 {
                    byte = *pack.get(at).ok_or_else(short)?;
                    at += 1;
                    back = ((back + 1) << 7) | usize::from(byte & 0x7f);
                }
                Some(Base::At(start.checked_sub(back).ok_or_else(short)?))
            }
            7 => {
                let id: [u8; 20] = pack.get(at..at + 20).and_then(|id| id.try_into().ok()).ok_or_else(short)?;
                at += 20;
                Some(Base::Id(ObjectId(id)))
            }
            _ => None,
        };
        let mut decoder = ZlibDecoder::new(pack.get(at..).ok_or_else(short)?);
        let mut data = Vec::new();
        (&mut decoder)
            .take(LARGEST)
            .read_to_end(&mut data)
            .map_err(|error| format!("an object is damaged: {error}"))?;
        at += usize::try_from(decoder.total_in()).map_err(|error| error.to_string())?;
        match (base, number) {
            (Some(base), _) => deltas.push(Delta { at: start, base, data }),
            (None, 1) => drop(whole.insert(start, (Kind::Commit, store.put(Kind::Commit, data)))),
            (None, 2) => drop(whole.insert(start, (Kind::Tree, store.put(Kind::Tree, data)))),
            (None, 3) => drop(whole.insert(start, (Kind::Blob, store.put(Kind::Blob, data)))),
            (None, 4) => return Err("annotated tags are not kept here".to_owned()),
            (None, other) => return Err(format!("there is no object of kind {other}")),
        }
    }
    // a base may come after what differs from it
    while !deltas.is_empty() {
        let before = deltas.len();
        let mut rest = Vec::new();
        for delta in deltas {
            let id = match delta.base {
                Base::At(at) => whole.get(&at).map(|(_, id)| *id),
                Base::Id(id) => Some(id),
            };
            match id.and_then(|id| store.get(id)).cloned() {
                Some(base) => {
                    let data = apply(&base.data, &delta.data).ok_or("a difference does not fit its object")?;
                    whole.insert(delta.at, (base.kind, store.put(base.kind, data)));
                }
                None => rest.push(delta),
            }
        }
        deltas = rest;
        if deltas.len() == before {
            return Err("an object differs from one that is nowhere".to_owned());
        }
    }
    Ok(())
}

/// What a difference makes of its base (gitformat-pack, "Deltified representation").
fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    let size = |at: &mut usize| {
        let (mut size, mut shift) = (0_usize, 0);
        loop {
            let byte = *delta.get(*at)?;
            *at += 1;
            size |= usize::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(size);
            }
        }
    };
    if size(&mut at)? != base.len() {
        return None;
    }
    let whole = size(&mut at)?;
    let mut out = Vec::new();
    while at < delta.len() {
        let byte = delta[at];
        at += 1;
        if byte & 0x80 == 0 {
            let end = at + usize::from(byte);
            out.extend_from_slice(delta.get(at..end)?);
            at = end;
            continue;
        }
        let mut number = |bits: std::ops::Range<u8>| {
            let first = bits.start;
            let mut number = 0;
            for bit in bits {
                if byte & (1 << bit) != 0 {
                    number |= usize::from(*delta.get(at)?) << (8 * (bit - first));
                    at += 1;
                }
            }
            Some(number)
        };
        let from = number(0..4)?;
        let length = match number(4..7)? {
            0 => 0x10000,
            length => length,
        };
        out.extend_from_slice(base.get(from..from.checked_add(length)?)?);
    }
    (out.len() == whole).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_copy_and_insert() {
        // 11 bytes become 9: five from the start, then four new ones
        let delta = [11, 9, 0x90, 5, 4, b' ', b'y', b'o', b'u'];
        assert_eq!(apply(b"hello world", &delta).as_deref(), Some(&b"hello you"[..]));
        assert_eq!(apply(b"hello", &delta), None);
        assert_eq!(apply(b"hello world", &[11, 9, 0x91, 9, 5]), None);
    }

    #[test]
    fn what_is_no_pack_is_refused() {
        let mut store = Store::default();
        for bytes in [
            &b""[..],
            b"PACK",
            b"PACK\0\0\0\x02\0\0\0\x01",
            b"PACK\0\0\0\x03\0\0\0\x00",
            b"PACK\0\0\0\x02\0\0\0\x01\x30zzz",
        ] {
            assert!(decode(&mut store, bytes).is_err(), "{bytes:?}");
        }
        assert_eq!(decode(&mut store, b"PACK\0\0\0\x02\0\0\0\0"), Ok(()));
    }
}
