//! What Arrow's writers say of a column beside Parquet's own types: a duration is stored as a whole number, and nothing in
//! Parquet's schema tells it from one. The text is an Arrow schema (Schema.fbs) as a FlatBuffer in base64; of what does not
//! read as one, nothing is said.

use parquet::file::metadata::ParquetMetaData;

/// The metadata of a file that hold the Arrow schema.
const KEY: &str = "ARROW:schema";

/// `Duration` in the union `Type` of Schema.fbs.
const DURATION: u8 = 18;

/// The places of members in their tables: `Message.header`, `Schema.fields`, `Field.name`, `Field.type_type`.
const HEADER: usize = 2;
const FIELDS: usize = 1;
const NAME: usize = 0;
const TYPE: usize = 2;

/// Whether a column holds durations.
pub(super) fn is_duration(metadata: &ParquetMetaData, column: &str) -> bool {
    let pairs = metadata.file_metadata().key_value_metadata();
    let text = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == KEY)).and_then(|pair| pair.value.as_deref());
    text.and_then(|text| type_of(&decode(text)?, column)) == Some(DURATION)
}

/// The type of a field of a schema, as the union's number.
fn type_of(message: &[u8], column: &str) -> Option<u8> {
    // An encapsulated message: -1, the length, the FlatBuffer. Older writers leave out the -1.
    let start = if message.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let buffer = Buffer(message.get(start..)?);
    let schema = buffer.follow(buffer.member(buffer.follow(0)?, HEADER)?)?;
    let fields = buffer.follow(buffer.member(schema, FIELDS)?)?;
    let count = buffer.word(fields)?;
    for at in 0..count.min(buffer.0.len() / 4) {
        let field = buffer.follow(fields.checked_add(4 + 4 * at)?)?;
        let name = buffer.follow(buffer.member(field, NAME)?)?;
        let bytes = buffer.0.get(name.checked_add(4)?..name.checked_add(4)?.checked_add(buffer.word(name)?)?)?;
        if bytes == column.as_bytes() {
            return buffer.0.get(buffer.member(field, TYPE)?).copied();
        }
    }
    None
}

/// The bytes of a FlatBuffer, and places in it.
struct Buffer<'a>(&'a [u8]);

impl Buffer<'_> {
    fn word(&self, at: usize) -> Option<usize> {
        let bytes = self.0.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    /// Where the offset at a place leads.
    fn follow(&self, at: usize) -> Option<usize> {
        at.checked_add(self.word(at)?)
    }

    /// Where a member of a table stands; `None` where the table lacks it.
    fn member(&self, table: usize, number: usize) -> Option<usize> {
        let back = i32::from_le_bytes(self.0.get(table..table.checked_add(4)?)?.try_into().ok()?);
        let layout = i64::try_from(table).ok()? - i64::from(back);
        let layout = usize::try_from(layout).ok()?;
        let short =
            |at: usize| Some(usize::from(u16::from_le_bytes(self.0.get(at..at.checked_add(2)?)?.try_into().ok()?)));
        let slot = 4 + 2 * number;
        if slot + 2 > short(layout)? {
            return None;
        }
        let offset = short(layout.checked_add(slot)?)?;
        (offset > 0).then(|| table + offset)
    }
}

/// The bytes that a text in base64 stands for (RFC 4648, section 4).
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.bytes().take_while(|byte| *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        (bits, held) = (bits << 6 | u32::from(value), held + 6);
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base64_is_decoded() {
        let cases: [(&str, &[u8]); 5] =
            [("", b""), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9vYmFy", b"foobar"), ("/+8=", b"\xff\xef")];
        for (text, expected) in cases {
            assert_eq!(decode(text).unwrap(), expected, "{text}");
        }
        assert_eq!(decode("a b"), None);
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_are_nothing_breaks(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = type_of(&bytes, "a");
        }
    }
}
