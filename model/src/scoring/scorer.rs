//! The model as the server uses it: a body in, predictions out. Pure; one value is shared by all requests until a reload replaces it.

use bytes::Bytes;
use hyper::header::HeaderValue;

use super::decode::{self, Answer, Features, Format, Limits};
use super::openapi;
use super::predictor::{LoadError, Predictor};
use super::problem::{Problem, ProblemCode, json_text};
use crate::artifact::PredictError;
use crate::contract::ColumnType;
use crate::native::Buffers;

/// A loaded model with everything that is derived from it once.
#[derive(Debug)]
pub struct Scorer {
    model: Predictor,
    features: Features,
    /// Positions of the features that are integers.
    integers: Vec<usize>,
    /// Least and greatest value of each feature in training.
    ranges: Vec<(f64, f64)>,
    version: String,
    version_header: HeaderValue,
    openapi: Bytes,
    swagger: Bytes,
}

/// Buffers that are used again from request to request.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Inputs, row after row in feature order.
    pub values: Vec<f64>,
    /// What is predicted: one number a row, or the probability of each class.
    pub predictions: Vec<f64>,
    /// Memory of the evaluation.
    pub buffers: Buffers,
    /// The form that the answer is expected in.
    pub form: Answer,
    /// The answer's text.
    pub answer: Vec<u8>,
}

impl Scorer {
    /// Reads the text of a model file. `route` and `limits` go into the API descriptions.
    ///
    /// # Errors
    /// The text is no valid model file.
    pub fn from_json(text: &[u8], route: &str, limits: Limits) -> Result<Self, LoadError> {
        let model = Predictor::from_json(text)?;
        let seen = model.inputs();
        let features = Features::of(seen.iter().map(|seen| seen.input.clone()).collect(), model.unknown_columns());
        let integers = seen.iter().enumerate().filter(|(_, seen)| seen.input.kind == ColumnType::Integer);
        let integers = integers.map(|(at, _)| at).collect();
        let ranges = seen.iter().map(|seen| (seen.min, seen.max)).collect();
        let version = version(text);
        let version_header = HeaderValue::from_str(&version).unwrap_or_else(|_| HeaderValue::from_static("unknown"));
        let description = openapi::Description { model: &model, version: &version, route, limits };
        let (openapi, swagger) = (description.openapi().into(), description.swagger().into());
        Ok(Self { model, features, integers, ranges, version, version_header, openapi, swagger })
    }

    /// The model's features.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the model file.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// [`Scorer::version`] for the header `x-model-version`.
    pub fn version_header(&self) -> &HeaderValue {
        &self.version_header
    }

    /// The OpenAPI 3.1 description of a server with this model.
    pub fn openapi(&self) -> &Bytes {
        &self.openapi
    }

    /// The Swagger 2.0 description of a server with this model.
    pub fn swagger(&self) -> &Bytes {
        &self.swagger
    }

    /// Decodes a body and predicts its rows into `scratch`; the answer is the number of rows.
    ///
    /// # Errors
    /// What the client is told: any departure of the body from the contract, or a prediction beyond the range of f64.
    pub fn score(&self, body: &[u8], format: Format, limits: Limits, scratch: &mut Scratch) -> Result<usize, Problem> {
        let (rows, answer) = decode::decode(body, format, &self.features, limits, &mut scratch.values)?;
        scratch.form = answer;
        self.check_integers(&scratch.values)?;
        scratch.predictions.clear();
        match self.model.predict(&scratch.values, &mut scratch.buffers, &mut scratch.predictions) {
            Ok(()) => Ok(rows),
            Err(PredictError::NotFinite { row }) => {
                let detail = "the prediction is not a finite number; check the size of the inputs";
                Err(Problem::new(ProblemCode::PredictionOverflow, detail).at_row(row))
            }
            Err(error) => Err(Problem::new(ProblemCode::Internal, error.to_string())),
        }
    }

    fn check_integers(&self, values: &[f64]) -> Result<(), Problem> {
        if self.integers.is_empty() {
            return Ok(());
        }
        for (row, cells) in values.chunks_exact(self.features.len()).enumerate() {
            if let Some(&at) = self.integers.iter().find(|&&at| cells[at].fract().abs() > 0.0) {
                let detail = format!("expected a whole number, found {}", cells[at]);
                let problem = Problem::new(ProblemCode::WrongType, detail);
                return Err(problem.at_row(row).at_column(&self.features.names()[at]));
            }
        }
        Ok(())
    }

    /// Number of cells in `values` that lie outside the range seen in training.
    pub fn outside_training_range(&self, values: &[f64]) -> u64 {
        let outside = |row: &[f64]| {
            let cells = row.iter().zip(&self.ranges);
            cells.map(|(value, (min, max))| u64::from(value < min || value > max)).sum::<u64>()
        };
        values.chunks_exact(self.features.len()).map(outside).sum()
    }
}

impl Scorer {
    /// Appends the answer to a client that asks for JSON: numbers as the shortest decimals that read back as the same f64,
    /// classes as texts with their probabilities.
    pub fn write_json(&self, predictions: &[f64], form: &Answer, out: &mut Vec<u8>) {
        let rows = predictions.len() / self.model.outputs();
        match form {
            Answer::Result => out.extend_from_slice(b"{\"result\":["),
            Answer::Predictions => out.extend_from_slice(b"{\"predictions\":["),
            Answer::OpenInference { id } => {
                let kind = if self.model.classes().is_some() { "BYTES" } else { "FP64" };
                let id = id.as_ref().map(|id| format!(",\"id\":{}", json_text(id))).unwrap_or_default();
                let head = format!(
                    "{{\"model_name\":\"model\",\"model_version\":\"{}\"{id},\"outputs\":[{{\"name\":\"predict\",\
                     \"shape\":[{rows}],\"datatype\":\"{kind}\",\"data\":[",
                    self.version
                );
                out.extend_from_slice(head.as_bytes());
            }
        }
        let Some(classes) = self.model.classes() else {
            write_numbers(predictions, out);
            out.extend_from_slice(if matches!(form, Answer::OpenInference { .. }) { b"]}]}" } else { b"]}" });
            return;
        };
        for (row, probabilities) in predictions.chunks_exact(classes.len()).enumerate() {
            if row > 0 {
                out.push(b',');
            }
            out.extend_from_slice(json_text(&classes[self.model.task().decide(probabilities)]).as_bytes());
        }
        let names = classes.iter().map(|class| json_text(class)).collect::<Vec<_>>().join(",");
        if matches!(form, Answer::OpenInference { .. }) {
            let head = format!(
                "]}},{{\"name\":\"probabilities\",\"shape\":[{rows},{}],\"datatype\":\"FP64\",\"data\":[",
                classes.len()
            );
            out.extend_from_slice(head.as_bytes());
            write_numbers(predictions, out);
            out.extend_from_slice(b"]}]}");
            return;
        }
        out.extend_from_slice(b"],\"probabilities\":[");
        for (row, probabilities) in predictions.chunks_exact(classes.len()).enumerate() {
            out.extend_from_slice(if row > 0 { b",[" } else { b"[" });
            write_numbers(probabilities, out);
            out.push(b']');
        }
        out.extend_from_slice(format!("],\"classes\":[{names}]}}").as_bytes());
    }

    /// Appends a CSV table: the column `prediction`, and of a classification one `probability_<class>` for each class.
    pub fn write_csv(&self, predictions: &[f64], out: &mut Vec<u8>) {
        let mut text = zmij::Buffer::new();
        let Some(classes) = self.model.classes() else {
            out.extend_from_slice(b"prediction\r\n");
            for value in predictions {
                out.extend_from_slice(text.format_finite(*value).as_bytes());
                out.extend_from_slice(b"\r\n");
            }
            return;
        };
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        let header = classes.iter().map(|class| format!("probability_{class}"));
        // Writing to memory has nothing to fail on.
        let _ = csv.write_record(["prediction".to_owned()].into_iter().chain(header));
        for probabilities in predictions.chunks_exact(classes.len()) {
            let cells = probabilities.iter().map(|p| text.format_finite(*p).to_owned());
            let _ =
                csv.write_record([classes[self.model.task().decide(probabilities)].clone()].into_iter().chain(cells));
        }
    }

    /// Appends an input as the scoring log has it: as JSON, a level by its text, what is missing as null.
    pub(crate) fn write_input(&self, at: usize, value: f64, out: &mut Vec<u8>) {
        let input = self.features.input(at);
        if value.is_nan() {
            out.extend_from_slice(b"null");
        } else if input.kind == ColumnType::Category {
            // A level that is passed over has no index; the empty text is no level.
            let level = input.levels.get(value as usize).filter(|_| value >= 0.0).map_or("", String::as_str);
            out.extend_from_slice(json_text(level).as_bytes());
        } else {
            write_numbers(&[value], out);
        }
    }

    /// The number of values predicted for a row.
    pub fn outputs(&self) -> usize {
        self.model.outputs()
    }
}

/// Appends finite numbers with commas between them, as JSON.
pub(crate) fn write_numbers(values: &[f64], out: &mut Vec<u8>) {
    let mut text = zmij::Buffer::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(text.format_finite(*value).as_bytes());
    }
}

fn version(text: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text);
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
