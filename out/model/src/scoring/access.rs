//! The access log: one JSON line per request on standard output.

use std::time::Duration;

use super::clock::Moment;
use super::identity::{RequestId, Trace};
use super::lines::Lines;
use super::problem::{Problem, json_text, shorten};

/// Which requests get a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum AccessLog {
    /// Every prediction request, and every refusal of any route.
    All,
    /// Refusals only.
    Problems,
    /// None.
    Off,
}

/// What a line says.
#[derive(Debug)]
pub struct Access<'a> {
    /// The request's id.
    pub request_id: &'a RequestId,
    /// Its trace, for predictions.
    pub trace: Option<&'a Trace>,
    /// Its method.
    pub method: &'a str,
    /// Its path.
    pub path: &'a str,
    /// Status of the answer.
    pub status: u16,
    /// Rows predicted.
    pub rows: usize,
    /// Time until the answer was ready.
    pub duration: Duration,
    /// Why it was refused.
    pub problem: Option<&'a Problem>,
}

impl AccessLog {
    /// Writes the line, if this request gets one.
    #[inline]
    pub fn line(self, lines: &Lines, access: &Access<'_>) {
        match self {
            Self::Off => {}
            Self::Problems if access.problem.is_none() => {}
            _ => lines.line(|line| access.write(line)),
        }
    }
}

impl Access<'_> {
    fn write(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(b"{\"time\":\"");
        Moment::now().write(line);
        line.extend_from_slice(match self.status {
            ..400 => &b"\",\"level\":\"info\",\"method\":\""[..],
            400..500 => b"\",\"level\":\"warning\",\"method\":\"",
            _ => b"\",\"level\":\"error\",\"method\":\"",
        });
        line.extend_from_slice(self.method.as_bytes());
        line.extend_from_slice(b"\",\"path\":");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte);
        if self.path.len() <= 64 && self.path.bytes().all(plain) {
            line.push(b'"');
            line.extend_from_slice(self.path.as_bytes());
            line.push(b'"');
        } else {
            line.extend_from_slice(json_text(&shorten(self.path)).as_bytes());
        }
        line.extend_from_slice(b",\"status\":");
        integer(u64::from(self.status), line);
        line.extend_from_slice(b",\"rows\":");
        integer(self.rows as u64, line);
        line.extend_from_slice(b",\"duration_us\":");
        integer(u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX), line);
        line.extend_from_slice(b",\"request_id\":\"");
        line.extend_from_slice(self.request_id.as_str().as_bytes());
        line.push(b'"');
        if let Some(trace) = self.trace {
            line.extend_from_slice(b",\"trace_id\":\"");
            line.extend_from_slice(&trace.trace_id_hex());
            line.push(b'"');
        }
        if let Some(problem) = self.problem {
            line.extend_from_slice(b",\"problem\":\"");
            line.extend_from_slice(problem.code.as_str().as_bytes());
            line.extend_from_slice(b"\",\"detail\":");
            line.extend_from_slice(json_text(&problem.detail).as_bytes());
            if let Some(row) = problem.row {
                line.extend_from_slice(b",\"row\":");
                integer(row as u64, line);
            }
            if let Some(column) = &problem.column {
                line.extend_from_slice(b",\"column\":");
                line.extend_from_slice(json_text(column).as_bytes());
            }
        }
        line.extend_from_slice(b"}\n");
    }
}

/// Appends decimal digits.
fn integer(mut value: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::problem::ProblemCode;

    #[test]
    fn a_line_is_json_whatever_the_client_sent() {
        let problem = Problem::new(ProblemCode::NotFound, "a \"quoted\"\ndetail").at_row(2).at_column("c\\");
        let access = Access {
            request_id: &RequestId::from_header(Some(b"id-1")),
            trace: Some(&Trace::from_header(None)),
            method: "GET",
            path: "/x\"\u{1}y",
            status: 404,
            rows: 0,
            duration: Duration::from_micros(1_230),
            problem: Some(&problem),
        };
        let mut line = Vec::new();
        access.write(&mut line);
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["path"], "/x\"\u{1}y");
        assert_eq!(value["duration_us"], 1_230);
        assert_eq!(value["level"], "warning");
        assert_eq!(value["problem"], "not-found");
        assert_eq!(value["row"], 2);
    }
}
