//! Line ends as git keeps them: the repository's `.gitattributes` say `text=auto eol=lf`, so an editor that writes CRLF has
//! changed nothing.

/// Text with CRLF as git stores it, with LF; anything that git takes for binary as it is.
pub fn stored(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.contains(&b'\r') || is_binary(&bytes) {
        return bytes;
    }
    let followed = |at: usize| bytes.get(at + 1) == Some(&b'\n');
    let kept = bytes.iter().enumerate().filter(|(at, byte)| **byte != b'\r' || !followed(*at));
    kept.map(|(_, byte)| *byte).collect()
}

/// The same of text.
pub fn stored_text(text: String) -> String {
    if !text.contains('\r') || is_binary(text.as_bytes()) { text } else { text.replace("\r\n", "\n") }
}

/// Whether git takes bytes for binary: a null byte, a CR without LF, or more than one control character in 128 others
/// (git's `convert.c`, `convert_is_binary`).
fn is_binary(bytes: &[u8]) -> bool {
    let (mut plain, mut odd) = (0_usize, 0_usize);
    // One EOF sign of DOS at the end is no control character.
    let bytes = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            0 => return true,
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => return true,
            b'\r' | b'\n' => {}
            0x08 | b'\t' | 0x1b | 0x0c => plain += 1,
            0x7f | ..0x20 => odd += 1,
            _ => plain += 1,
        }
    }
    plain / 128 < odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_loses_carriage_returns_before_line_feeds_and_nothing_else() {
        let lf = "name: a\n\n  b: \"ü\"\nend";
        assert_eq!(stored(lf.replace('\n', "\r\n").into_bytes()), lf.as_bytes());
        assert_eq!(stored_text(lf.replace('\n', "\r\n")), lf);
        assert_eq!(stored("a\r\nb\nc\r\n\x1a".into()), b"a\nb\nc\n\x1a");
        assert_eq!(stored(lf.into()), lf.as_bytes());
        assert_eq!(stored(Vec::new()), b"");
    }

    #[test]
    fn what_git_takes_for_binary_stays() {
        let odd = format!("{}\r\n\u{1}", "x".repeat(127));
        let wide: Vec<u8> = "a\r\nb\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [b"a\r\nb\0".to_vec(), b"a\rb\r\n".to_vec(), b"a\r\n\r".to_vec(), odd.into_bytes(), wide] {
            assert_eq!(stored(bytes.clone()), bytes, "{}", String::from_utf8_lossy(&bytes));
        }
        let few = format!("{}\r\n\u{1}", "x".repeat(128));
        assert!(!stored(few.into_bytes()).contains(&b'\r'));
    }
}
