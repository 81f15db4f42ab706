use super::*;
use crate::contract::DataContract;
use parquet::data_type::{DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

fn numbers(names: &[&str]) -> Reading {
    Reading::numbers(&names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>())
}

/// Writes `text` as a CSV file and reads columns `a` and `b`.
fn read_csv(text: &str) -> Result<Vec<Batch>, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    Dataset::open(&path)?.read(&numbers(&["a", "b"])).collect()
}

/// The refusal of the strict reading for training.
fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    let contract = r#"{"version":1,"target":"b","columns":[{"name":"a","type":"number"},{"name":"b","type":"number"},
        {"name":"c","type":"number","required":false}]}"#;
    let contract = DataContract::from_json(contract.as_bytes()).unwrap();
    let result: Result<Vec<_>, _> = Dataset::open(&path).unwrap().read_strictly(&contract, Share::WHOLE).collect();
    result
        .map(|_| "no refusal".to_owned())
        .unwrap_or_else(|e| e.to_string())
        .replace(&path.display().to_string(), "t.csv")
}

/// Writes columns `a` (nullable double), `b` (required int64) and reads them.
fn write_parquet(path: &Path, a: &[Option<f64>], b: &[i64], group: usize) {
    let schema = Arc::new(parse_message_type("message t { optional double a; required int64 b; }").unwrap());
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::default())).unwrap();
    for (a, b) in a.chunks(group).zip(b.chunks(group)) {
        let mut rows = writer.next_row_group().unwrap();
        let levels: Vec<i16> = a.iter().map(|v| i16::from(v.is_some())).collect();
        let values: Vec<f64> = a.iter().copied().flatten().collect();
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(&values, Some(&levels), None).unwrap();
        column.close().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(b, None, None).unwrap();
        column.close().unwrap();
        rows.close().unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn columns_are_found_by_name_and_others_ignored() {
    let batches = read_csv("\u{feff}\"b\",text,a\n1,\"x, \"\"y\n\",2\n 3e2 ,z,-4.5\r\n").unwrap();
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].columns, [vec![2.0, -4.5], vec![1.0, 300.0]]);
    assert!(batches[0].problems.is_empty());
}

#[test]
fn a_file_without_rows_has_no_batch_and_an_empty_file_no_header() {
    assert!(read_csv("a,b\n").unwrap().iter().all(|b| b.rows == 0));
    assert!(read_csv("").unwrap_err().to_string().contains("is empty, expected a header line"));
}

#[test]
fn bad_cells_name_file_row_line_and_column() {
    assert_eq!(refusal("a,b,c\n1,2,3\n1,x,3\n"), "t.csv: row 2 (line 3), column 'b': 'x' is not a number");
    assert_eq!(refusal("a,b,c\n1,,3\n"), "t.csv: row 1 (line 2), column 'b': there is no value, expected one");
    assert_eq!(
        refusal("a,b,c\n1,NaN,3\n"),
        "t.csv: row 1 (line 2), column 'b': NaN is not a finite number; if it means a missing value, list it in data.missing"
    );
    assert!(
        refusal("a,b,c\n1,N/A,3\n")
            .ends_with("'N/A' is not a number; if it means a missing value, list it in data.missing")
    );
    assert_eq!(refusal("a,b,c\n1,-inf,3\n"), "t.csv: row 1 (line 2), column 'b': -inf is not a finite number");
    assert_eq!(refusal("a,b,c\n1,1e999,3\n"), "t.csv: row 1 (line 2), column 'b': 1e999 is not a finite number");
    assert_eq!(refusal("a,b,c\n1,2,3\n\n1,2\n"), "t.csv: row 2 (line 4) has 2 fields, expected 3 as in the header");
    assert_eq!(refusal("a,c\n1,2\n"), "t.csv: there is no column 'b', found a, c");
    assert_eq!(refusal("a,b,c,b\n1,2,3,4\n"), "t.csv: there are two columns named 'b', rename or remove one");
    assert_eq!(refusal("a,b,c\n1,2,\n"), "no refusal", "an optional column may have no value");
    assert!(refusal(&format!("a,b,c\n1,\"{}", "x".repeat(17 << 20))).contains("row 1 (line 2) does not end within"));
}

#[test]
fn a_long_file_comes_in_order_and_in_bounded_batches_with_right_places() {
    let mut text = "a,b\n".to_owned();
    let rows = 150_000;
    for i in 0..rows {
        // A quoted field with a line feed now and then makes lines differ from rows.
        let _ = if i % 1000 == 7 { writeln!(text, "{i},\"\n{}\"", 2 * i) } else { writeln!(text, "{i},{}", 2 * i) };
    }
    let bad = text.clone() + "1,oops\n";
    let batches = read_csv(&text).unwrap();
    assert!(batches.len() > 2, "{:?}", batches.iter().map(|b| b.rows).collect::<Vec<_>>());
    assert!(batches.iter().all(|b| b.rows <= CSV_BLOCK / 4));
    let all: Vec<f64> = batches.iter().flat_map(|b| b.columns[1].clone()).collect();
    assert!(all.iter().enumerate().all(|(i, &v)| v == 2.0 * i as f64) && all.len() == rows);
    assert!(batches.windows(2).all(|w| w[0].index + w[0].rows as u64 == w[1].index));
    let last = read_csv(&bad).unwrap().pop().unwrap();
    assert_eq!(last.problems[0].line, Some(rows as u64 + 150 + 2));
    assert_eq!(last.first_row + last.problems[0].row as u64, rows as u64);
}

#[test]
fn shares_of_a_file_have_every_row_once_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("t.csv");
    let lines = (0..900_000).map(|i| format!("{i},{i}\n"));
    std::fs::write(&csv, "a,b\n".to_owned() + &lines.collect::<String>()).unwrap();
    let parquet = folder.path().join("t.parquet");
    let b: Vec<i64> = (0..300_000).collect();
    write_parquet(&parquet, &vec![Some(1.0); b.len()], &b, 70_000);
    for (path, rows) in [(csv, 900_000), (parquet, b.len())] {
        let data = Dataset::open(&path).unwrap();
        let mut seen = vec![0; rows];
        for index in 0..3 {
            let mut own = 0;
            for batch in data.read_share(&numbers(&["b"]), Share::new(index, 3).unwrap()) {
                let batch = batch.unwrap();
                own += batch.rows;
                for (row, value) in batch.columns[0].iter().enumerate() {
                    assert_eq!(*value, (batch.first_row + row as u64) as f64);
                    seen[*value as usize] += 1;
                }
            }
            assert!(own > rows / 10, "share {index} of {} has {own} rows", path.display());
        }
        assert!(seen.iter().all(|&n| n == 1));
    }
}

#[test]
fn an_error_late_in_a_long_file_ends_the_batches() {
    let text = "a,b\n".to_owned() + &"1.25,2.5\n".repeat(200_000) + "1\n" + &"1.25,2.5\n".repeat(200_000);
    let error = read_csv(&text).unwrap_err().to_string();
    assert!(error.contains("row 200001 (line 200002) has 1 fields, expected 2"), "{error}");
}

#[test]
fn parquet_is_read_like_csv_with_nulls_told_from_nan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let a: Vec<Option<f64>> = (0..20_000).map(|i| (i % 5000 != 3).then_some(f64::from(i) / 7.0)).collect();
    let b: Vec<i64> = (0..20_000).collect();
    write_parquet(&path, &a, &b, 9_000);
    let data = Dataset::open(&path).unwrap();
    let batches: Vec<Batch> = data.read(&numbers(&["b", "a"])).map(Result::unwrap).collect();
    assert!(batches.iter().all(|b| b.rows <= PARQUET_BATCH_ROWS));
    let read: Vec<f64> = batches.iter().flat_map(|b| b.columns[1].clone()).collect();
    assert!(read.iter().zip(&a).all(|(r, a)| a.map_or(r.is_nan(), |a| a == *r)) && read.len() == a.len());
    let problems: Vec<_> = batches
        .iter()
        .flat_map(|b| b.problems.iter().map(|p| (b.index + p.row as u64, p.column, &p.problem)))
        .collect();
    assert_eq!(problems, [3, 5003, 10003, 15003].map(|row| (row, 1, &Problem::Missing)));
    assert_eq!(data.count_rows_up_to(100, &numbers(&[])).unwrap(), 20_000);
    write_parquet(&path, &[Some(1.0), Some(f64::INFINITY)], &[1, 2], 10);
    let batch = data.read(&numbers(&["a"])).next().unwrap().unwrap();
    assert_eq!(batch.problems[0].problem, Problem::NotFinite("inf".into()));
    assert!(batch.columns[0][1].is_nan());
}

#[test]
fn a_parquet_column_that_is_not_a_number_or_a_damaged_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let message = "message t { required boolean a; required binary b (UTF8); required int64 d (TIMESTAMP_MILLIS); }";
    let schema = Arc::new(parse_message_type(message).unwrap());
    let file = std::fs::File::create(&path).unwrap();
    SerializedFileWriter::new(file, schema, Arc::default()).unwrap().close().unwrap();
    let data = Dataset::open(&path).unwrap();
    let refusal = |column: &str| data.read(&numbers(&[column])).next().unwrap().unwrap_err().to_string();
    assert!(refusal("b").contains("column 'b' holds UTF8, expected numbers (DOUBLE"), "{}", refusal("b"));
    assert!(refusal("d").contains("column 'd' holds TIMESTAMP"));
    assert!(refusal("e").contains("there is no column 'e', found a, b, d"));
    std::fs::write(&path, "PAR1 nonsense PAR1").unwrap();
    assert!(refusal("a").contains("not a readable Parquet file"));
}

#[test]
fn a_folder_is_read_in_the_order_of_names_without_markers() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("2026")).unwrap();
    std::fs::write(at("b.csv"), "a\n3\n").unwrap();
    std::fs::write(at("2026/part.csv"), "a\n1\n2\n").unwrap();
    std::fs::write(at("_SUCCESS.csv"), "x").unwrap();
    std::fs::write(at("notes.txt"), "x").unwrap();
    let data = Dataset::open(folder.path()).unwrap();
    assert_eq!(data.files().iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["2026/part.csv", "b.csv"]);
    let batches: Vec<Batch> = data.read(&numbers(&["a"])).map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(|b| (b.file, b.first_row, b.index)).collect::<Vec<_>>(), [(0, 0, 0), (1, 0, 2)]);
    let digest = data.blake3().unwrap();
    std::fs::rename(at("b.csv"), at("c.csv")).unwrap();
    assert_ne!(Dataset::open(folder.path()).unwrap().blake3().unwrap(), digest, "names are part of a folder's digest");
    assert!(Dataset::open(&at("notes.txt")).unwrap_err().to_string().contains("is not a data file"));
    assert!(Dataset::open(&at("nowhere")).unwrap_err().to_string().starts_with("cannot read "));
}

#[test]
fn the_digest_of_one_file_is_its_blake3_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "abc").unwrap();
    let expected = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
    assert_eq!(Dataset::open(&path).unwrap().blake3().unwrap(), expected);
}

#[test]
fn the_digest_made_in_passing_is_that_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    // One block, several blocks that threads parse, and Parquet files of one and of several parts.
    std::fs::write(folder.path().join("a.csv"), "\u{feff}a,b\n1,2\n").unwrap();
    std::fs::write(folder.path().join("b.csv"), "a,b\n".to_owned() + &"1.25,-3\n".repeat(200_000)).unwrap();
    write_parquet(&folder.path().join("c.parquet"), &[Some(1.0); 50], &[2; 50], 20);
    let (a, b): (Vec<_>, Vec<_>) = (0..100_000).map(|row| (Some(f64::from(row) * 0.1), i64::from(row))).unzip();
    write_parquet(&folder.path().join("d.parquet"), &a, &b, 30_000);
    let contract =
        r#"{"version":1,"target":"b","columns":[{"name":"a","type":"number"},{"name":"b","type":"number"}]}"#;
    let contract = DataContract::from_json(contract.as_bytes()).unwrap();
    let data = Dataset::open(folder.path()).unwrap();
    let mut batches = data.read_strictly_digested(&contract);
    let rows: usize = batches.by_ref().map(|batch| batch.unwrap().rows).sum();
    assert_eq!((rows, batches.digest()), (300_051, Some(data.blake3().unwrap())));
    let mut interrupted = data.read_strictly_digested(&contract);
    assert!(interrupted.next().is_some_and(|batch| batch.is_ok()));
    assert_eq!(interrupted.digest(), None, "files that were not read through have no digest");
    let mut not_asked_for = data.read_strictly(&contract, Share::WHOLE);
    assert!(not_asked_for.by_ref().all(|batch| batch.is_ok()));
    assert_eq!(not_asked_for.digest(), None);
}

#[test]
fn rows_are_counted_no_further_than_needed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a,b\n".to_owned() + &"1,\"2\n3\"\n".repeat(5)).unwrap();
    assert_eq!(Dataset::open(&path).unwrap().count_rows_up_to(100, &numbers(&[])).unwrap(), 5);
    std::fs::write(&path, "a\n".to_owned() + &"1.25\n".repeat(1_000_000)).unwrap();
    let counted = Dataset::open(&path).unwrap().count_rows_up_to(1000, &numbers(&[])).unwrap();
    assert!(counted > 1000 && counted < 500_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn reading_never_panics_and_keeps_columns_level(text in "(a,b\n)?([0-9a-z,\"\n\r.-]|\u{e9}){0,80}") {
        if let Ok(batches) = read_csv(&text) {
            for batch in batches {
                prop_assert!(batch.columns.iter().all(|c| c.len() == batch.rows));
                let bad = batch.columns.iter().flatten().filter(|v| !v.is_finite()).count();
                prop_assert_eq!(bad, batch.problems.len());
            }
        }
    }
}
