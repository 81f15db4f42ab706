//! Media types of bodies (RFC 9110 section 8.3).

use super::super::problem::{Problem, ProblemCode, shorten};

/// How a request's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/json`, or no content type at all.
    Json,
    /// `text/csv` (RFC 4180).
    Csv {
        /// The media type's `header` parameter: `present`, `absent`, or unsaid.
        header: Option<bool>,
    },
}

impl Format {
    /// The format named by a `content-type` and a `content-encoding` header.
    ///
    /// # Errors
    /// A media type other than JSON and CSV, a character set other than UTF-8 (US-ASCII is a part of it), or any content coding.
    pub fn from_headers(content_type: Option<&[u8]>, content_encoding: Option<&[u8]>) -> Result<Self, Problem> {
        if let Some(coding) = content_encoding
            && !coding.trim_ascii().is_empty()
            && !coding.trim_ascii().eq_ignore_ascii_case(b"identity")
        {
            let detail = format!("send the body without content coding, not as \"{}\"", printable(coding));
            return Err(Problem::new(ProblemCode::UnsupportedEncoding, detail));
        }
        let Some(value) = content_type else { return Ok(Self::Json) };
        // The overwhelmingly common spelling first.
        if value == b"application/json" {
            return Ok(Self::Json);
        }
        let text = String::from_utf8_lossy(value);
        let mut parts = text.split(';');
        let media = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut header = None;
        for parameter in parts {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            match (name.trim().to_ascii_lowercase().as_str(), value.as_str()) {
                ("charset", "utf-8" | "utf8" | "us-ascii") => {}
                ("charset", other) => {
                    let detail = format!("send the body in UTF-8, not in \"{}\"", shorten(other));
                    return Err(Problem::new(ProblemCode::UnsupportedCharset, detail));
                }
                ("header", "present") => header = Some(true),
                ("header", "absent") => header = Some(false),
                _ => {}
            }
        }
        match media.as_str() {
            "application/json" | "text/json" => Ok(Self::Json),
            media if media.starts_with("application/") && media.ends_with("+json") => Ok(Self::Json),
            "text/csv" => Ok(Self::Csv { header }),
            other => {
                let detail = format!("send application/json or text/csv, not \"{}\"", shorten(other));
                Err(Problem::new(ProblemCode::UnsupportedMediaType, detail))
            }
        }
    }
}

fn printable(bytes: &[u8]) -> String {
    shorten(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(content_type: &str) -> Result<Format, ProblemCode> {
        Format::from_headers(Some(content_type.as_bytes()), None).map_err(|problem| problem.code)
    }

    #[test]
    fn json_and_csv_are_known_in_every_spelling() {
        assert_eq!(Format::from_headers(None, None), Ok(Format::Json));
        assert_eq!(code("application/json"), Ok(Format::Json));
        assert_eq!(code("Application/JSON ; charset=\"UTF-8\""), Ok(Format::Json));
        assert_eq!(code("application/vnd.api+json"), Ok(Format::Json));
        assert_eq!(code("text/csv"), Ok(Format::Csv { header: None }));
        assert_eq!(code("text/csv; header=absent; charset=utf-8"), Ok(Format::Csv { header: Some(false) }));
        assert_eq!(code("text/csv;header=Present"), Ok(Format::Csv { header: Some(true) }));
    }

    #[test]
    fn other_types_sets_and_codings_are_refused() {
        assert_eq!(code("text/plain"), Err(ProblemCode::UnsupportedMediaType));
        assert_eq!(code(""), Err(ProblemCode::UnsupportedMediaType));
        assert_eq!(code("application/x-www-form-urlencoded"), Err(ProblemCode::UnsupportedMediaType));
        assert_eq!(code("application/json; charset=utf-16"), Err(ProblemCode::UnsupportedCharset));
        assert_eq!(code("text/csv; charset=latin1"), Err(ProblemCode::UnsupportedCharset));
        let gzip = Format::from_headers(Some(b"application/json"), Some(b"gzip")).unwrap_err();
        assert_eq!(gzip.code, ProblemCode::UnsupportedEncoding);
        assert_eq!(Format::from_headers(None, Some(b"Identity")), Ok(Format::Json));
    }
}
