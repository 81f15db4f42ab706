//! Packs: objects as git sends them, each compressed by itself.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};

use super::object::ObjectId;
use super::store::Store;

/// A pack (version 2, without deltas) of objects that the store has.
///
/// Errors: only those of the compressor writing into memory.
pub fn encode(store: &Store, ids: &[ObjectId]) -> std::io::Result<Vec<u8>> {
    let objects: Vec<_> = ids.iter().filter_map(|id| store.get(*id)).collect();
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend_from_slice(&u32::try_from(objects.len()).unwrap_or(u32::MAX).to_be_bytes());
    for object in objects {
        let mut size = object.data.len();
        // kind and size: four bits of the size in the first byte, then seven a byte, the least first
        let mut byte = (object.kind.pack_number() << 4) | (size & 0x0f) as u8;
        size >>= 4;
        while size > 0 {
            pack.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        pack.push(byte);
        let mut encoder = ZlibEncoder::new(pack, Compression::fast());
        encoder.write_all(&object.data)?;
        pack = encoder.finish()?;
    }
    let digest = Sha1::digest(&pack);
    pack.extend_from_slice(&digest);
    Ok(pack)
}
