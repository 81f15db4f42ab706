//! The scoring log: inputs and predictions, carried to Blob storage or a folder off the request path.
//!
//! [`queue::Queue`] takes records from requests and never makes them wait; [`writer`] encodes them as JSON Lines and hands batches to a
//! [`store::Store`], again and again until it takes them.

pub mod queue;
pub mod store;
pub mod writer;

use std::sync::Arc;

use super::clock::Moment;
use super::identity::{RequestId, Trace};
use super::scorer::{Scorer, write_numbers};

/// Version of the lines' schema.
pub const SCHEMA: u32 = 1;

/// A line is ended, and the rest of the request's rows continued in a further one, from this many bytes on.
const LONG_LINE: usize = 256 << 10;

/// One answered request.
#[derive(Debug)]
pub struct Record {
    /// When the answer was ready.
    pub time: Moment,
    /// The request's id, by which outcomes are joined later.
    pub request_id: RequestId,
    /// The request's trace.
    pub trace: Trace,
    /// The model that answered.
    pub scorer: Arc<Scorer>,
    /// Inputs, row after row in feature order (shape: rows × features).
    pub values: Box<[f64]>,
    /// One prediction per row, or the probability of each class.
    pub predictions: Box<[f64]>,
}

impl Record {
    /// Bytes that a record of `numbers` inputs and predictions takes, in memory or as text, whichever is more.
    pub fn size_for(numbers: usize) -> usize {
        size_of::<Self>() + 24 * numbers + 256
    }

    /// Appends the record as JSON Lines, without the features whose names are in `omit`.
    pub fn write(&self, omit: &[String], out: &mut Vec<u8>) {
        let names = self.scorer.features().names();
        let kept: Vec<usize> = (0..names.len()).filter(|&at| !omit.contains(&names[at])).collect();
        let mut head = Vec::with_capacity(256);
        head.extend_from_slice(b"{\"schema\":1,\"time\":\"");
        self.time.write(&mut head);
        head.extend_from_slice(b"\",\"request_id\":\"");
        head.extend_from_slice(self.request_id.as_str().as_bytes());
        head.extend_from_slice(b"\",\"trace_id\":\"");
        head.extend_from_slice(&self.trace.trace_id_hex());
        head.extend_from_slice(b"\",\"model\":\"");
        head.extend_from_slice(self.scorer.version().as_bytes());
        head.extend_from_slice(b"\",\"first_row\":");
        let mut row = 0;
        let (rows, outputs) = (self.predictions.len() / self.scorer.outputs(), self.scorer.outputs());
        while row < rows {
            let start = out.len();
            let first = row;
            out.extend_from_slice(&head);
            out.extend_from_slice(first.to_string().as_bytes());
            out.extend_from_slice(b",\"columns\":[");
            for (at, &name) in kept.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(super::problem::json_text(&names[name]).as_bytes());
            }
            out.extend_from_slice(b"],\"data\":[");
            while row < rows && (row == first || out.len() - start < LONG_LINE) {
                out.extend_from_slice(if row == first { b"[" } else { b",[" });
                let cells = &self.values[row * names.len()..(row + 1) * names.len()];
                for (place, &at) in kept.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    self.scorer.write_input(at, cells[at], out);
                }
                out.push(b']');
                row += 1;
            }
            out.extend_from_slice(b"],\"result\":[");
            write_numbers(&self.predictions[first * outputs..row * outputs], out);
            out.extend_from_slice(b"]}\n");
        }
    }
}
