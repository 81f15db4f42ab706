//! From the bytes of a text file to UTF-8, a piece at a time; where records end, and whether a text ends within a quoted field.

use crate::contract::Encoding;
use encoding_rs::{Decoder, DecoderResult, UTF_16LE, WINDOWS_1252};

/// Bytes that Windows-1252 does not define.
const UNDEFINED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// Makes UTF-8 of an encoding.
pub(super) struct Transcoder {
    encoding: Encoding,
    decoder: Decoder,
}

impl Transcoder {
    /// `None` for UTF-8, of which nothing need be made.
    pub fn new(encoding: Encoding) -> Option<Self> {
        let decoder = match encoding {
            Encoding::Utf8 => return None,
            Encoding::Windows1252 => WINDOWS_1252.new_decoder_without_bom_handling(),
            // Follows a byte order mark.
            Encoding::Utf16 => UTF_16LE.new_decoder(),
        };
        Some(Self { encoding, decoder })
    }

    /// Appends the text of the next bytes; false when they are not of the encoding.
    pub fn push(&mut self, mut bytes: &[u8], is_last: bool, out: &mut Vec<u8>) -> bool {
        if self.encoding == Encoding::Windows1252 && bytes.iter().any(|byte| UNDEFINED.contains(byte)) {
            return false;
        }
        let mut piece = [0; 8192];
        loop {
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(bytes, &mut piece, is_last);
            out.extend_from_slice(&piece[..written]);
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return true,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => return false,
            }
        }
    }
}

/// The encoding's name.
pub(super) fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Windows1252 => "Windows-1252",
        Encoding::Utf16 => "UTF-16",
    }
}

/// Whether a record that has no end is within a quoted field, by the CSV library's rules: a quotation mark means
/// something at the beginning of a field, and two of them within a quoted field are one.
pub(super) fn is_in_quotes(record: &[u8], delimiter: u8) -> bool {
    #[derive(PartialEq)]
    enum At {
        Beginning,
        Plain,
        Quoted,
        MarkInQuoted,
    }
    let mut at = At::Beginning;
    for &byte in record {
        at = match (at, byte) {
            (At::Quoted, b'"') => At::MarkInQuoted,
            (At::Quoted, _) | (At::Beginning | At::MarkInQuoted, b'"') => At::Quoted,
            (_, byte) if byte == delimiter => At::Beginning,
            // Line ends here are blank lines before the record.
            (At::Beginning, b'\r' | b'\n') => At::Beginning,
            _ => At::Plain,
        };
    }
    at == At::Quoted
}

/// The place behind the last whole record.
pub(super) fn last_record_end(bytes: &[u8], delimiter: u8) -> Option<usize> {
    if memchr::memchr(b'"', bytes).is_none() {
        return memchr::memrchr(b'\n', bytes).map(|at| at + 1);
    }
    record_ends(bytes, delimiter).last()
}

/// The places behind each whole record, by the CSV library's own rules for quotation marks. A carriage return alone
/// ends a record too, and the line feed of a pair counts as part of the next one, which skips it.
pub(super) fn record_ends(bytes: &[u8], delimiter: u8) -> impl Iterator<Item = usize> {
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let mut fields = vec![0; 4096];
    let mut ends = [0; 64];
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            // No input means the end of the file to the library.
            if at == bytes.len() {
                return None;
            }
            let (result, read, _, _) = reader.read_record(&bytes[at..], &mut fields, &mut ends);
            at += read;
            match result {
                csv_core::ReadRecordResult::Record => return Some(at),
                csv_core::ReadRecordResult::End | csv_core::ReadRecordResult::InputEmpty => return None,
                csv_core::ReadRecordResult::OutputFull | csv_core::ReadRecordResult::OutputEndsFull => {}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcode(encoding: Encoding, pieces: &[&[u8]]) -> Option<String> {
        let mut transcoder = Transcoder::new(encoding).unwrap();
        let mut out = vec![];
        for (i, piece) in pieces.iter().enumerate() {
            if !transcoder.push(piece, i + 1 == pieces.len(), &mut out) {
                return None;
            }
        }
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn encodings_become_utf_8_and_what_is_none_is_refused() {
        assert_eq!(transcode(Encoding::Windows1252, &[b"Gr\xf6\xdfe \x80"]).unwrap(), "Größe €");
        assert_eq!(transcode(Encoding::Windows1252, &[b"a\x81"]), None);
        let little = [0xff, 0xfe, 0x6d, 0x30, 0x3d, 0xd8, 0x00, 0xde];
        assert_eq!(transcode(Encoding::Utf16, &[&little[..5], &little[5..]]).unwrap(), "ね😀");
        assert_eq!(transcode(Encoding::Utf16, &[&[0xfe, 0xff, 0x30, 0x6d]]).unwrap(), "ね");
        assert_eq!(transcode(Encoding::Utf16, &[&little[..7]]), None, "an odd byte at the end");
    }

    #[test]
    fn a_text_ends_in_quotes_or_not() {
        for (text, expected) in [
            ("a,\"b", true),
            ("a,\"b\"", false),
            ("a,b\"c", false),
            ("\"a\"\"", true),
            ("\"a\"\"\"", false),
            ("\"a\"b,\"c\n", true),
            ("", false),
            ("\n\"", true),
        ] {
            assert_eq!(is_in_quotes(text.as_bytes(), b','), expected, "{text}");
        }
    }
}
