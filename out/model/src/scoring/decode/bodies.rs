//! The bodies that clients of other servers send, and every body of a model whose columns are not all numbers.
//!
//! | Whose | Body |
//! |---|---|
//! | ours, Azure ML | `{"data": T}`, `{"columns": […], "data": T}` |
//! | Azure ML, MLflow models | `{"input_data": {"columns": […], "index": […], "data": [[…]]}}`, `{"input_data": T}` |
//! | MLflow | `{"dataframe_split": {…}}`, `{"dataframe_records": […]}`, `{"inputs": T}`, `{"instances": T}` |
//! | Open Inference Protocol 2 | `{"id": …, "inputs": [{"name", "shape", "datatype", "data"}, …]}` |
//!
//! `T` is rows in the model's order, records, or (MLflow's `inputs`) an object of columns.

use super::super::problem::{Problem, ProblemCode, shorten};
use super::node::Node;
use super::{Answer, Features, too_many_rows, wrong_width};

type Members = Vec<(String, Node)>;

/// Reads a JSON body into `values` in feature order; the answer is the number of rows and the form that the client
/// expects.
///
/// # Errors
/// `malformed-json`, or the first departure from the contract.
pub(super) fn rows(
    body: &[u8],
    features: &Features,
    most_rows: usize,
    values: &mut Vec<f64>,
) -> Result<(usize, Answer), Problem> {
    let malformed = |error: serde_json::Error| Problem::new(ProblemCode::MalformedJson, shorten(&error.to_string()));
    let document: Node = serde_json::from_slice(body).map_err(malformed)?;
    let Node::Object(members) = document else {
        return Err(wrong_shape(format!("the body is {}, expected an object", document.kind())));
    };
    let mut reader = Reader { features, most_rows, values };
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(wrong_shape(format!("the member \"{}\" is there twice", shorten(twice.1))));
    }
    let has = |name: &str| names.contains(&name);
    if has("inputs") && members.iter().any(|(name, value)| name == "inputs" && is_tensors(value)) {
        return reader.tensors(members);
    }
    if has("data") || has("columns") {
        return Ok((reader.split(members, &["data", "columns"])?, Answer::Result));
    }
    let envelopes = ["input_data", "dataframe_split", "dataframe_records", "inputs", "instances"];
    let mut content = None;
    for (name, value) in members {
        // MLflow's clients send parameters along, which a model like this one has none of.
        let no_params = name == "params" && (value == Node::Null || value == Node::Object(vec![]));
        if envelopes.contains(&name.as_str()) && content.is_none() {
            content = Some((name, value));
        } else if !no_params {
            let detail = format!("unknown member \"{}\"; known are \"data\" and \"columns\"", shorten(&name));
            return Err(Problem::new(ProblemCode::UnknownMember, detail));
        }
    }
    let Some((name, content)) = content else { return Err(wrong_shape("the member \"data\" is missing".to_owned())) };
    let answer = if name == "input_data" { Answer::Result } else { Answer::Predictions };
    let rows = match (name.as_str(), content) {
        ("input_data" | "dataframe_split", Node::Object(members)) => {
            reader.split(members, &["columns", "index", "data"])?
        }
        ("inputs", Node::Object(columns)) => reader.columns(columns)?,
        (_, content) => reader.table(None, content)?,
    };
    Ok((rows, answer))
}

struct Reader<'a> {
    features: &'a Features,
    most_rows: usize,
    values: &'a mut Vec<f64>,
}

impl Reader<'_> {
    /// An object with the members `data` and, perhaps, `columns` and `index`.
    fn split(&mut self, members: Members, known: &[&str]) -> Result<usize, Problem> {
        let (mut columns, mut data) = (None, None);
        for (name, value) in members {
            match (name.as_str(), value) {
                ("data", value) if data.is_none() => data = Some(value),
                ("columns", Node::List(list)) if columns.is_none() => columns = Some(names(list)?),
                ("columns", other) if columns.is_none() => {
                    return Err(wrong_shape(format!("\"columns\" is {}, expected a list of names", other.kind())));
                }
                // The names of rows say nothing to the model.
                ("index", Node::List(_)) if known.contains(&"index") => {}
                ("data" | "columns", _) => return Err(wrong_shape(format!("the member \"{name}\" is there twice"))),
                (other, _) => {
                    let detail = format!("unknown member \"{}\"; known are {}", shorten(other), known.join(", "));
                    return Err(Problem::new(ProblemCode::UnknownMember, detail));
                }
            }
        }
        match data {
            Some(data) => self.table(columns, data),
            None => Err(wrong_shape("the member \"data\" is missing".to_owned())),
        }
    }

    /// Rows as lists, in the order of `columns` or of the model, or records.
    fn table(&mut self, columns: Option<Vec<String>>, data: Node) -> Result<usize, Problem> {
        let Node::List(rows) = data else {
            return Err(wrong_shape(format!("found {}, expected a list of rows or records", data.kind())));
        };
        if rows.len() > self.most_rows {
            return Err(too_many_rows(self.most_rows));
        }
        let count = rows.len();
        let order = match &columns {
            Some(columns) => self.features.order(columns)?,
            None => (0..self.features.len()).map(Some).collect(),
        };
        let is_record = matches!(rows.first(), Some(Node::Object(_)));
        for (at, row) in rows.into_iter().enumerate() {
            match row {
                Node::List(cells) if !is_record => self.row(at, &order, cells)?,
                Node::Object(_) if columns.is_some() => {
                    let detail = "\"columns\" goes with rows as arrays; records name their columns themselves";
                    return Err(wrong_shape(detail.to_owned()));
                }
                Node::Object(members) if is_record => self.record(at, members)?,
                Node::List(_) | Node::Object(_) => {
                    return Err(wrong_shape("rows as arrays and records as objects are mixed".to_owned()).at_row(at));
                }
                other => return Err(wrong_shape(format!("a row is {}, expected a list", other.kind())).at_row(at)),
            }
        }
        Ok(count)
    }

    fn row(&mut self, row: usize, order: &[Option<usize>], cells: Vec<Node>) -> Result<(), Problem> {
        if cells.len() != order.len() {
            return Err(wrong_width(row, order.len(), cells.len()));
        }
        let start = self.begin_row();
        for (cell, to) in cells.into_iter().zip(order) {
            if let Some(at) = *to {
                self.values[start + at] = self.value(row, at, &cell)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, row: usize, members: Members) -> Result<(), Problem> {
        let start = self.begin_row();
        let mut seen = vec![false; self.features.len()];
        for (name, cell) in members {
            match self.features.position(&name) {
                Some(at) if std::mem::replace(&mut seen[at], true) => {
                    let problem = Problem::new(ProblemCode::DuplicateColumn, "a column is named twice");
                    return Err(problem.at_row(row).at_column(&name));
                }
                Some(at) => self.values[start + at] = self.value(row, at, &cell)?,
                None if self.features.ignores_unknown() => {}
                None => return Err(self.features.unknown(&name).at_row(row)),
            }
        }
        match seen.iter().enumerate().position(|(at, seen)| !seen && !self.features.is_optional(at)) {
            Some(missing) => Err(self.features.missing(missing).at_row(row)),
            None => Ok(()),
        }
    }

    /// Columns of one length each.
    fn columns(&mut self, columns: Members) -> Result<usize, Problem> {
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let order = self.features.order(&names)?;
        let mut lists = vec![];
        for (name, column) in columns {
            let Node::List(cells) = column else {
                return Err(wrong_shape(format!("found {}, expected a list", column.kind())).at_column(&name));
            };
            lists.push(cells);
        }
        let rows = lists.first().map_or(0, Vec::len);
        if lists.iter().any(|cells| cells.len() != rows) {
            return Err(wrong_shape("the columns have different lengths".to_owned()));
        }
        if rows > self.most_rows {
            return Err(too_many_rows(self.most_rows));
        }
        for row in 0..rows {
            let start = self.begin_row();
            for (cells, to) in lists.iter().zip(&order) {
                if let Some(at) = *to {
                    self.values[start + at] = self.value(row, at, &cells[row])?;
                }
            }
        }
        Ok(rows)
    }

    /// A request of the Open Inference Protocol: one tensor of all features, or one of each.
    fn tensors(&mut self, members: Members) -> Result<(usize, Answer), Problem> {
        let (mut id, mut inputs) = (None, vec![]);
        for (name, value) in members {
            match (name.as_str(), value) {
                ("id", Node::Text(text)) => id = Some(text),
                ("inputs", Node::List(list)) => inputs = list,
                ("parameters", Node::Object(_)) | ("outputs", Node::List(_)) => {}
                (other, _) => {
                    let detail = format!("unknown member \"{}\" of the Open Inference Protocol", shorten(other));
                    return Err(Problem::new(ProblemCode::UnknownMember, detail));
                }
            }
        }
        let tensors = inputs.into_iter().map(tensor).collect::<Result<Vec<_>, _>>()?;
        let rows = match &tensors[..] {
            [(_, shape, data)] if shape.len() == 2 && shape[1] == self.features.len() && shape[1] > 1 => {
                let rows = data.chunks(shape[1]).map(|row| Node::List(row.to_vec())).collect();
                self.table(None, Node::List(rows))?
            }
            _ => {
                if let Some((name, ..)) = tensors.iter().find(|(_, shape, _)| !matches!(shape[..], [_] | [_, 1])) {
                    let width = self.features.len();
                    let detail = format!("expected one tensor of the shape [rows, {width}] or one of [rows] a feature");
                    return Err(wrong_shape(detail).at_column(name));
                }
                self.columns(tensors.into_iter().map(|(name, _, data)| (name, Node::List(data))).collect())?
            }
        };
        Ok((rows, Answer::OpenInference { id }))
    }

    /// Makes room for a row in which nothing is there yet.
    fn begin_row(&mut self) -> usize {
        let start = self.values.len();
        self.values.resize(start + self.features.len(), f64::NAN);
        start
    }

    fn value(&self, row: usize, at: usize, cell: &Node) -> Result<f64, Problem> {
        let value = match cell {
            Node::Null => self.features.missing_value(at),
            Node::Bool(value) => self.features.of_boolean(at, *value),
            Node::Number(value) => self.features.of_number(at, *value),
            Node::Text(text) => self.features.of_text(at, text, false),
            other => Err(super::wrong_kind(self.features.input(at), other.kind())),
        };
        value.map_err(|problem| problem.at_row(row).at_column(&self.features.names()[at]))
    }
}

/// Whether a member is a list of tensors.
fn is_tensors(value: &Node) -> bool {
    let Node::List(list) = value else { return false };
    matches!(list.first(), Some(Node::Object(members)) if members.iter().any(|(name, _)| name == "datatype"))
}

/// Name, shape and data of a tensor.
fn tensor(node: Node) -> Result<(String, Vec<usize>, Vec<Node>), Problem> {
    let Node::Object(members) = node else { return Err(wrong_shape("an input is no object".to_owned())) };
    let (mut name, mut shape, mut data) = (None, None, vec![]);
    for (member, value) in members {
        match (member.as_str(), value) {
            ("name", Node::Text(text)) => name = Some(text),
            ("shape", Node::List(list)) => {
                let sizes = list.iter().map(|size| match size {
                    Node::Number(n) if *n >= 0.0 && n.fract() == 0.0 && *n < 1e9 => Some(*n as usize),
                    _ => None,
                });
                shape = sizes.collect::<Option<Vec<_>>>();
            }
            ("data", Node::List(list)) => flatten(list, &mut data),
            ("datatype" | "parameters", _) => {}
            (other, _) => return Err(wrong_shape(format!("an input has the unknown member \"{}\"", shorten(other)))),
        }
    }
    let (Some(name), Some(shape)) = (name, shape) else {
        return Err(wrong_shape("an input needs name, shape, datatype and data".to_owned()));
    };
    if shape.iter().try_fold(1, |product: usize, size| product.checked_mul(*size)) != Some(data.len()) {
        let detail = format!("the data have {} values, not as many as the shape says", data.len());
        return Err(wrong_shape(detail).at_column(&name));
    }
    Ok((name, shape, data))
}

/// The values of nested lists, row after row.
fn flatten(list: Vec<Node>, out: &mut Vec<Node>) {
    for item in list {
        match item {
            Node::List(inner) => flatten(inner, out),
            other => out.push(other),
        }
    }
}

fn names(list: Vec<Node>) -> Result<Vec<String>, Problem> {
    let name = |node: Node| match node {
        Node::Text(text) => Ok(text),
        other => Err(wrong_shape(format!("a name under \"columns\" is {}, expected text", other.kind()))),
    };
    list.into_iter().map(name).collect()
}

fn wrong_shape(detail: String) -> Problem {
    Problem::new(ProblemCode::WrongShape, detail)
}
