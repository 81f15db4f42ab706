//! `text/csv` bodies (RFC 4180) through the csv crate.

use super::super::problem::{Problem, ProblemCode};
use super::{Features, too_many_rows, wrong_width};

/// Reads a CSV body into `values` in feature order; the answer is the number of rows.
///
/// `header`: whether the first line names the columns; unsaid, it does when none of its fields is a number.
///
/// # Errors
/// Text that is not UTF-8 (`malformed-csv`), or a departure from the contract with row (from 0, the header not counted) and column.
pub fn rows(
    body: &[u8],
    header: Option<bool>,
    features: &Features,
    most_rows: usize,
    values: &mut Vec<f64>,
) -> Result<usize, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        Problem::new(ProblemCode::MalformedCsv, format!("not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    // A byte order mark is what spreadsheet programs write.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut order: Option<Vec<Option<usize>>> = None;
    let mut rows = 0;
    let mut first = true;
    while reader.read_record(&mut record).map_err(|error| Problem::new(ProblemCode::MalformedCsv, error.to_string()))? {
        if std::mem::take(&mut first) && header.unwrap_or_else(|| is_header(&record, features)) {
            order = Some(features.order(&names(&record, features))?);
            continue;
        }
        if rows == most_rows {
            return Err(too_many_rows(most_rows));
        }
        let width = order.as_ref().map_or(features.len(), Vec::len);
        if record.len() != width {
            return Err(wrong_width(rows, width, record.len()));
        }
        let start = values.len();
        values.resize(start + features.len(), f64::NAN);
        for (from, field) in record.iter().enumerate() {
            let Some(at) = order.as_ref().map_or(Some(from), |order| order[from]) else { continue };
            let value = features.of_text(at, field, true);
            values[start + at] = value.map_err(|problem| problem.at_row(rows).at_column(&features.names()[at]))?;
        }
        rows += 1;
    }
    Ok(rows)
}

/// The names in a header; spaces around one belong to it only where the model says so.
fn names(record: &csv::StringRecord, features: &Features) -> Vec<String> {
    let known = |name: &str| features.position(name).is_some();
    record.iter().map(|name| if known(name) { name } else { name.trim() }.to_owned()).collect()
}

/// Whether a first line names the columns: no field is a number, and where columns may hold text, some feature is named.
fn is_header(record: &csv::StringRecord, features: &Features) -> bool {
    record.iter().all(|field| field.trim().parse::<f64>().is_err())
        && (features.numbers || names(record, features).iter().any(|name| features.position(name).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8], header: Option<bool>) -> Result<Vec<f64>, ProblemCode> {
        let features = Features::new(vec!["a".into(), "b".into()]);
        let mut values = Vec::new();
        rows(body, header, &features, 3, &mut values).map(|_| values).map_err(|problem| problem.code)
    }

    #[test]
    fn a_header_puts_columns_in_order() {
        assert_eq!(read(b"b,a\n1,2\n3,4\n", None), Ok(vec![2.0, 1.0, 4.0, 3.0]));
        assert_eq!(read("\u{feff}a , b\r\n1,2\r\n".as_bytes(), None), Ok(vec![1.0, 2.0]));
    }

    #[test]
    fn without_header_the_order_is_the_models() {
        assert_eq!(read(b"1,2\n3,4", None), Ok(vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!(read(b"\"1\",2", Some(false)), Ok(vec![1.0, 2.0]));
    }

    #[test]
    fn mistakes_have_their_code() {
        assert_eq!(read(b"a,c\n1,2", None), Err(ProblemCode::UnknownColumn));
        assert_eq!(read(b"a,a\n1,2", None), Err(ProblemCode::DuplicateColumn));
        assert_eq!(read(b"a\n1", None), Err(ProblemCode::MissingColumn));
        assert_eq!(read(b"a,b\n1", None), Err(ProblemCode::WrongWidth));
        assert_eq!(read(b"1,2,3", None), Err(ProblemCode::WrongWidth));
        assert_eq!(read(b"1,x", None), Err(ProblemCode::WrongType));
        assert_eq!(read(b"1,", None), Err(ProblemCode::MissingValue));
        assert_eq!(read(b"1,NaN", None), Err(ProblemCode::NotFinite));
        assert_eq!(read(b"nan,inf", None), Err(ProblemCode::NotFinite));
        assert_eq!(read(b"1,1e400", None), Err(ProblemCode::NotFinite));
        assert_eq!(read(b"1,2\n1,2\n1,2\n1,2\n", None), Err(ProblemCode::TooManyRows));
        assert_eq!(read(b"1,\xff", None), Err(ProblemCode::MalformedCsv));
        assert_eq!(read(b"1,2", Some(true)), Err(ProblemCode::UnknownColumn));
    }
}
