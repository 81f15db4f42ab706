use super::*;
use crate::contract::DataContract;
use crate::dataset::{Dataset, Share};

/// The fitted inputs of a contract of one feature `a`, and its encoded columns.
fn encoded(column: &str, cells: &[&str]) -> Result<(Input, Vec<Vec<f64>>), String> {
    let contract = format!(
        r#"{{"version":2,"target":"y","missing":["NA"],"columns":[{{"name":"a",{column}}},{{"name":"y","type":"number"}}]}}"#
    );
    let contract = DataContract::from_json(contract.as_bytes()).map_err(|e| e.to_string())?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let lines: String = cells.iter().map(|cell| format!("{cell},1\n")).collect();
    std::fs::write(&path, format!("a,y\n{lines}")).unwrap();
    let data = Dataset::open(&path).unwrap();
    let batches: Result<Vec<_>, _> = data.read_strictly(&contract, Share::WHOLE).collect();
    let batches = batches.map_err(|e| e.to_string())?;
    let mut fitting = Fitting::new(&contract);
    fitting.push(&batches[0], &(0..cells.len() as u32).collect::<Vec<_>>());
    let mut inputs = fitting.finish().map_err(|e| e.to_string())?;
    let encoded = encode(&inputs, &[0], &batches[0]);
    if let Some((row, _, problem)) = encoded.refused.first() {
        assert!(encoded.incomplete.unwrap()[*row]);
        return Err(format!("{row} {problem:?}"));
    }
    let columns = encoded.columns.iter().map(|column| column.to_vec()).collect();
    Ok((inputs.remove(0), columns))
}

#[test]
fn categories_become_a_column_for_each_level_in_order() {
    let (input, columns) = encoded(r#""type":"category""#, &["b", "a", "b"]).unwrap();
    assert_eq!(input.levels, ["a", "b"]);
    assert_eq!(columns, [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]);
    let given = r#""type":"category","levels":["b","c","a"]"#;
    assert_eq!(encoded(given, &["b", "a"]).unwrap().1, [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]);
}

#[test]
fn an_unknown_level_follows_its_rule() {
    let column = |rule: &str| format!(r#""type":"category","levels":["x","y"],"unknown":"{rule}""#);
    assert_eq!(encoded(&column("refuse"), &["x", "z"]).unwrap_err(), "1 UnknownLevel(\"z\")");
    assert_eq!(encoded(&column("ignore"), &["x", "z"]).unwrap().1, [[1.0, 0.0], [0.0, 0.0]]);
    assert_eq!(encoded(&column("most-frequent"), &["y", "z", "y", "x"]).unwrap().1[1], [1.0, 1.0, 1.0, 0.0]);
}

#[test]
fn missing_values_get_what_the_rule_says() {
    let cells = ["1", "NA", "4", "", "4", "7"];
    for (rule, expected) in [
        (r#""mean""#, 4.0),
        (r#""median""#, 4.0),
        (r#""most-frequent""#, 4.0),
        (r#"{"constant":-1}"#, -1.0),
        (r#""indicator""#, 4.0),
    ] {
        let (input, columns) =
            encoded(&format!(r#""type":"number","required":false,"when_missing":{rule}"#), &cells).unwrap();
        assert_eq!((input.fill, columns[0][1], columns[0][0]), (Some(expected), expected, 1.0), "{rule}");
        if rule.contains("indicator") {
            assert_eq!(columns[1], [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        }
    }
    let dropped = encoded(r#""type":"number","required":false,"when_missing":"drop-row""#, &cells).unwrap();
    assert!(dropped.0.fill.is_none() && dropped.1[0][1].is_nan());
    let category = r#""type":"category","required":false,"when_missing":"most-frequent""#;
    assert_eq!(
        encoded(category, &["v", "", "u", "u", "v"]).unwrap().1[0],
        [0.0, 1.0, 1.0, 1.0, 0.0],
        "of equals the first"
    );
    let usual = [r#""type":"number","required":false"#, r#""type":"category","required":false"#];
    assert_eq!(encoded(usual[0], &cells).unwrap().0.fill, Some(4.0), "a number's mean");
    assert_eq!(encoded(usual[1], &["v", "", "v", "u"]).unwrap().1[1], [1.0, 1.0, 1.0, 0.0], "the most frequent level");
    let shown = encoded(r#""type":"category","required":false,"when_missing":"indicator""#, &["v", ""]).unwrap();
    assert_eq!(shown.1, [[1.0, 0.0], [0.0, 1.0]]);
    let constant = r#""type":"category","required":false,"when_missing":{"constant":"none"}"#;
    assert_eq!(encoded(constant, &["v", ""]).unwrap().0.levels, ["none", "v"]);
    let nothing = encoded(r#""type":"number","required":false,"when_missing":"mean""#, &["", "NA"]).unwrap_err();
    assert!(nothing.starts_with("column 'a' has no value in any training row"), "{nothing}");
}

#[test]
fn the_terms_of_a_row_are_those_of_its_encoded_columns() {
    for (column, cells) in [
        (r#""type":"category","levels":["x","y"],"unknown":"ignore""#, vec!["x", "y", "z"]),
        (r#""type":"number","required":false,"when_missing":"indicator""#, vec!["1.5", "", "-2"]),
        (r#""type":"boolean""#, vec!["yes", "no", "1"]),
        (r#""type":"datetime""#, vec!["2024-01-01", "2024-01-01T00:00:01Z", "1970-01-01"]),
    ] {
        let (input, columns) = encoded(column, &cells).unwrap();
        let coefficients: Vec<f64> = (0..input.width()).map(|i| 0.5 + i as f64).collect();
        for (row, cell) in cells.iter().enumerate() {
            let value = match column {
                c if c.contains("category") => input.level(cell).unwrap(),
                _ if cell.is_empty() => f64::NAN,
                _ => columns[0][row],
            };
            let expected: f64 = columns.iter().zip(&coefficients).map(|(column, c)| column[row] * c).sum();
            assert_eq!(input.term(&coefficients, value), expected, "{column} {cell}");
        }
    }
}
