//! From the bytes of a text file to text, and which encoding that was.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes that Windows-1252 does not define, which both runtimes refuse.
const UNDEFINED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// How bytes become text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coding {
    encoding: &'static Encoding,
    /// Length of the byte order mark, in bytes.
    pub mark: usize,
    /// Whether there was nothing but a guess to go by.
    pub guessed: bool,
}

impl Coding {
    /// The encoding of a file that begins with `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
            return Self { encoding, mark, guessed: false };
        }
        let known = |encoding| Self { encoding, mark: 0, guessed: false };
        if let Some(encoding) = utf_16(bytes) {
            return known(encoding);
        }
        // A character may be cut off at the end.
        let valid = std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
        if valid {
            return known(UTF_8);
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        Self { encoding: detector.guess(None, Utf8Detection::Deny), mark: 0, guessed: true }
    }

    /// As the spec calls it; none where the spec has no name for it, so that the data must be written anew.
    pub fn in_spec(self, bytes: &[u8]) -> Option<&'static str> {
        match self.encoding {
            e if e == UTF_8 => Some("utf-8"),
            e if e == WINDOWS_1252 && !bytes.iter().any(|byte| UNDEFINED.contains(byte)) => Some("windows-1252"),
            // Without a mark the runtimes take UTF-16 for little-endian.
            e if e == UTF_16LE || (e == UTF_16BE && self.mark > 0) => Some("utf-16"),
            _ => None,
        }
    }

    /// The encoding's own name.
    pub fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// Bytes of a unit: 2 for UTF-16, else 1.
    pub fn unit(self) -> usize {
        if self.encoding == UTF_16LE || self.encoding == UTF_16BE { 2 } else { 1 }
    }

    /// The text of a piece of the file, and whether all of it was of the encoding.
    pub fn text(self, bytes: &[u8]) -> (String, bool) {
        let (text, malformed) = self.encoding.decode_without_bom_handling(bytes);
        (text.into_owned(), !malformed)
    }

    /// A decoder for the whole file, its mark left out.
    pub fn decoder(self) -> encoding_rs::Decoder {
        self.encoding.new_decoder_with_bom_removal()
    }
}

/// UTF-16 without a mark: every second byte of Latin text is zero.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(512)];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = head.len() / 2 * 7 / 10;
    match head.len() {
        0..=3 => None,
        _ if odd > most && even == 0 => Some(UTF_16LE),
        _ if even > most && odd == 0 => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let utf_16 = |mark: bool, be: bool| -> Vec<u8> {
            let text = if mark { "\u{feff}name;Größe\n" } else { "name;Größe\n" };
            text.encode_utf16().flat_map(|unit| if be { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for (bytes, expected) in [
            (b"name,Gr\xc3\xb6\xc3\x9fe\n".to_vec(), Some("utf-8")),
            (b"\xef\xbb\xbfname\n".to_vec(), Some("utf-8")),
            (b"name,Gr\xf6\xdfe\nStra\xdfe,M\xfcnchen\n".to_vec(), Some("windows-1252")),
            (utf_16(true, false), Some("utf-16")),
            (utf_16(true, true), Some("utf-16")),
            (utf_16(false, false), Some("utf-16")),
            (utf_16(false, true), None),
            (vec![], Some("utf-8")),
        ] {
            let coding = Coding::of(&bytes);
            assert_eq!(coding.in_spec(&bytes), expected, "{bytes:?}");
            assert!(coding.text(&bytes[coding.mark..]).0.starts_with("name") || bytes.is_empty(), "{bytes:?}");
        }
    }
}
