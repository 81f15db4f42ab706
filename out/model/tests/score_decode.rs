//! Bodies of every kind against serde_json's verdict.

#[path = "support/oracle.rs"]
mod oracle;

use proptest::prelude::*;

/// Texts of numbers, good and bad.
fn number() -> BoxedStrategy<String> {
    prop_oneof![
        4 => any::<f64>().prop_filter("JSON has no NaN", |value| value.is_finite()).prop_map(|value| format!("{value:e}")),
        4 => any::<f64>().prop_filter("JSON has no NaN", |value| value.is_finite()).prop_map(|value| {
            serde_json::Value::from(value).to_string()
        }),
        4 => "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?",
        2 => any::<i64>().prop_map(|value| value.to_string()),
        1 => any::<u64>().prop_map(|value| value.to_string()),
        1 => prop::sample::select(vec![
            "01", "1.", ".1", "+1", "-", "1e", "1e+", "--1", "0x1", "NaN", "Infinity", "null", "true", "\"1\"", "[]", "{}", "",
            "1e400", "-1e400", "1e-400", "-0", "-0.0", "9007199254740993", "18446744073709551616", "1_000", "1 1",
        ])
        .prop_map(str::to_owned),
    ]
    .boxed()
}

fn good_number() -> BoxedStrategy<String> {
    "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?".boxed()
}

fn space() -> impl Strategy<Value = String> {
    prop_oneof![8 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

fn body_of(cell: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let row = (prop::collection::vec((space(), cell, space()), 3..=3), space()).prop_map(|(cells, space)| {
        let cells: Vec<String> =
            cells.into_iter().map(|(before, cell, after)| format!("{before}{cell}{after}")).collect();
        format!("{space}[{}]", cells.join(","))
    });
    (prop::collection::vec(row, 1..5), space(), space())
        .prop_map(|(rows, before, after)| format!("{before}{{\"data\"{after}:[{}]{after}}}{before}", rows.join(",")))
}

/// Values of any shape, near the contract.
fn near_contract() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        number(),
        prop::sample::select(vec!["\"a\"", "\"\\ud800\"", "\"\\u0061\"", "null", "false", "1"]).prop_map(str::to_owned)
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop::sample::select(vec!["data", "columns", "a", "b", "ü", "\\u0061", "x", "\\"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((name, inner), 0..4).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    prop_oneof![
        value.clone(),
        value.clone().prop_map(|value| format!("{{\"data\":{value}}}")),
        (value.clone(), value).prop_map(|(columns, data)| format!("{{\"columns\":{columns},\"data\":[{data}]}}")),
    ]
}

fn records() -> impl Strategy<Value = String> {
    let record = (number(), number(), number(), Just(["a", "b", "ü"]).prop_shuffle())
        .prop_map(|(x, y, z, names)| format!("{{\"{}\":{x},\"{}\":{y},\"{}\":{z}}}", names[0], names[1], names[2]));
    prop::collection::vec(record, 1..4).prop_map(|records| format!("{{\"data\":[{}]}}", records.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn fast_and_serde_json_agree_on_good_rows(body in body_of(good_number())) {
        oracle::check(body.as_bytes());
    }

    #[test]
    fn fast_and_serde_json_agree(body in body_of(number())) {
        oracle::check(body.as_bytes());
    }

    #[test]
    fn other_shapes_have_serde_jsons_verdict(body in prop_oneof![near_contract(), records()]) {
        oracle::check(body.as_bytes());
    }

    #[test]
    fn damaged_bodies_have_serde_jsons_verdict(
        body in prop_oneof![body_of(good_number()), records(), near_contract()],
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..4),
    ) {
        let mut bytes = body.into_bytes();
        for (at, byte, kind) in damage {
            let at = at.index(bytes.len() + 1);
            match kind {
                0 if at < bytes.len() => { bytes.remove(at); }
                1 if at < bytes.len() => bytes[at] = byte,
                _ => bytes.insert(at, byte),
            }
        }
        oracle::check(&bytes);
        let cut = bytes.len() / 2;
        oracle::check(&bytes[..cut]);
    }

    #[test]
    fn csv_is_whole_finite_rows_or_a_refusal(text in "([a-c\"ü,;\r\n 0-9.eE+-]|nan|inf){0,60}", header in any::<Option<bool>>()) {
        oracle::check_csv(text.as_bytes(), header);
    }

    #[test]
    fn csv_of_good_numbers_gives_their_values(rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 1..5)) {
        use mlops_model::scoring::decode::{Format, decode};
        prop_assume!(rows.iter().all(|(x, y, z)| x.is_finite() && y.is_finite() && z.is_finite()));
        let mut body = "ü,b,a\n".to_owned();
        for (x, y, z) in &rows {
            body += &format!("{z:e},{y},{x:?}\n");
        }
        let mut values = Vec::new();
        let found = decode(body.as_bytes(), Format::Csv { header: None }, &oracle::features(), oracle::LIMITS, &mut values);
        prop_assert_eq!(found.map(|(count, _)| count), Ok(rows.len()));
        let expected: Vec<f64> = rows.iter().flat_map(|(x, y, z)| [*x, *y, *z]).collect();
        prop_assert_eq!(values, expected);
    }
}

/// The kinds of document that JSON test suites probe parsers with.
#[test]
fn notorious_documents_have_serde_jsons_verdict() {
    let deep = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    let mut documents: Vec<Vec<u8>> = [
        "",
        " ",
        "\u{feff}{}",
        "[]",
        "{}",
        "null",
        "true",
        "nul",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "[\"\t\"]",
        "[\"\\x00\"]",
        "[\"\\u\"]",
        "[\"\\u00\"]",
        "[\"\\uD800\"]",
        "[\"\\uDFAA\"]",
        "[\"\\uD801\\uDC37\"]",
        "[\"\\",
        "[\"",
        "[1]x",
        "[1][2]",
        "{\"a\":1,\"a\":2}",
        "[-]",
        "[-0]",
        "[0e]",
        "[0e+]",
        "[0e1]",
        "[1e1000]",
        "[-1e1000]",
        "[1e-1000]",
        "[012]",
        "[0.]",
        "[.5]",
        "[+1]",
        "[1.e1]",
        "[0x1]",
        "[1/2]",
        "/* */[]",
        "[]//",
        "#\n[]",
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[\u{ff11}]",
        "[\u{85}]",
        "[\u{0c}]",
        "{\"data\":[[1,2,3]],}",
        "{\"data\":[[1,2,3]]}\u{0}",
        "{\"data\":[[1,2,3\u{0}]]}",
        "{\"data\":[[1,2,3]]} ,",
        "{\"\\u0064ata\":[[1,2,3]]}",
        "{\"data\":[[123456789012345678901234567890,1E5,-0]]}",
        "{\"data\":[[1,2,1e-400]]}",
        "{\"data\":[[0.1e1,1E-2,1e+2]]}",
        "{\"data\":\"[[1,2,3]]\"}",
        "{\"DATA\":[[1,2,3]]}",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    for depth in [100, 126, 127, 128, 129, 500, 100_000] {
        documents.push(deep("[", "]", depth).into_bytes());
        documents.push(deep("{\"data\":", "}", depth).replace(":}", ":1}").into_bytes());
        documents.push(format!("{{\"data\":[[1,2,{}]]}}", deep("[", "]", depth)).into_bytes());
        documents.push(format!("{{\"data\":{}", "[".repeat(depth)).into_bytes());
        documents.push(format!("{{\"x\":{}}}", deep("[", "]", depth)).into_bytes());
    }
    documents.extend([
        b"[\xff]".to_vec(),
        b"[\"\xe5\"]".to_vec(),
        b"[\"\xc0\xaf\"]".to_vec(),
        b"[\"\xed\xa0\x80\"]".to_vec(),
    ]);
    documents.extend([b"\xff\xfe[\x00]\x00".to_vec(), b"{\"data\":[[1,2,3]],\"\xf0\x28\x8c\x28\":1}".to_vec()]);
    for document in documents {
        oracle::check(&document);
    }
}

#[test]
fn a_body_is_never_read_beyond_its_most_rows() {
    let row = "[1,2,3]";
    let rows = |count: usize| format!("{{\"data\":[{}]}}", vec![row; count].join(","));
    oracle::check(rows(50).as_bytes());
    oracle::check(rows(51).as_bytes());
}

/// A model's features of every kind.
fn typed() -> mlops_model::scoring::decode::Features {
    use mlops_model::contract::{Column, ColumnType, UnknownColumns};
    use mlops_model::encoding::Input;
    let input = |name: &str, kind| Input::of(&Column::new(name, kind));
    let inputs = vec![
        Input { fill: Some(40.0), alias: Some("years".into()), ..Input::number("age (y)") },
        Input { levels: vec!["a".into(), "b".into()], ..input("plan", ColumnType::Category) },
        input("active", ColumnType::Boolean),
        input("signed", ColumnType::Datetime),
    ];
    mlops_model::scoring::decode::Features::of(inputs, UnknownColumns::Ignore)
}

#[test]
fn bodies_of_other_clients_and_every_kind_of_cell_are_read() {
    use mlops_model::scoring::decode::{Answer, Format, decode};
    let features = typed();
    let row = r#"[33,"b",true,"1970-01-02"]"#;
    let columns = r#"["age (y)","plan","active","signed"]"#;
    let record = r#"{"plan":"b","age (y)":33,"active":true,"signed":"1970-01-02T00:00:00Z"}"#;
    let oip = r#"{"id":"7","inputs":[{"name":"age (y)","shape":[1],"datatype":"FP64","data":[33]},
        {"name":"plan","shape":[1,1],"datatype":"BYTES","data":["b"]},{"name":"active","shape":[1],"datatype":"BOOL","data":[true]},
        {"name":"signed","shape":[1],"datatype":"BYTES","data":["1970-01-02"]}]}"#;
    let id = Some("7".to_owned());
    for (body, answer) in [
        (format!(r#"{{"data":[{row}]}}"#), Answer::Result),
        (format!(r#"{{"columns":{columns},"data":[{row}]}}"#), Answer::Result),
        (format!(r#"{{"data":[{record}]}}"#), Answer::Result),
        (format!(r#"{{"input_data":{{"columns":{columns},"index":[0],"data":[{row}]}}}}"#), Answer::Result),
        (format!(r#"{{"input_data":[{record}],"params":{{}}}}"#), Answer::Result),
        (format!(r#"{{"dataframe_split":{{"data":[{row}],"columns":{columns}}}}}"#), Answer::Predictions),
        (format!(r#"{{"dataframe_records":[{record}]}}"#), Answer::Predictions),
        (format!(r#"{{"instances":[{row}]}}"#), Answer::Predictions),
        (format!(r#"{{"inputs":[{record}]}}"#), Answer::Predictions),
        (
            r#"{"inputs":{"plan":["b"],"years":[33],"active":[1],"signed":["1970-01-02"]}}"#.to_owned(),
            Answer::Predictions,
        ),
        (oip.to_owned(), Answer::OpenInference { id }),
    ] {
        let mut values = vec![];
        let found = decode(body.as_bytes(), Format::Json, &features, oracle::LIMITS, &mut values);
        assert_eq!(found, Ok((1, answer)), "{body}");
        assert_eq!(values, [33.0, 1.0, 1.0, 86_400.0], "{body}");
    }
    let csv = "signed,other,plan,years,active\n1970-01-02,x,b,33,yes\n1970-01-02,x,b,,no\n";
    let mut values = vec![];
    let found = decode(csv.as_bytes(), Format::Csv { header: None }, &features, oracle::LIMITS, &mut values);
    assert_eq!(found, Ok((2, Answer::Result)));
    assert_eq!(values[..4], [33.0, 1.0, 1.0, 86_400.0]);
    assert!(values[4].is_nan() && values[6] == 0.0);
}

#[test]
fn cells_of_the_wrong_kind_have_their_code_and_place() {
    use mlops_model::scoring::decode::{Format, decode};
    for (body, code, column) in [
        (r#"{"data":[[null,"c",true,"1970-01-02"]]}"#, "unknown-level", Some("plan")),
        (r#"{"data":[[1,null,true,"1970-01-02"]]}"#, "missing-value", Some("plan")),
        (r#"{"data":[[1,"a",2,"1970-01-02"]]}"#, "wrong-type", Some("active")),
        (r#"{"data":[[1,"a",true,"soon"]]}"#, "wrong-type", Some("signed")),
        (r#"{"data":[["1","a",true,"1970-01-02"]]}"#, "wrong-type", Some("age (y)")),
        (r#"{"data":[{"plan":"a","active":true}]}"#, "missing-column", Some("signed")),
        (r#"{"data":[{"plan":"a","plan":"a"}]}"#, "duplicate-column", Some("plan")),
        (r#"{"data":[{"years":1,"age (y)":1}]}"#, "duplicate-column", Some("age (y)")),
        (r#"{"data":[[1,"a",true]]}"#, "wrong-width", None),
        (r#"{"instances":[[1]],"inputs":[[1]]}"#, "unknown-member", None),
        (r#"{"dataframe_split":{"columns":[1],"data":[]}}"#, "wrong-shape", None),
        (r#"{"dataframe_split":{"columns":["plan"],"data":[["a"]],"more":1}}"#, "unknown-member", None),
        (r#"{"input_data":[[1,"a",true,"1970-01-02"]],"params":{"x":1}}"#, "unknown-member", None),
        (r#"{"inputs":[{"name":"x","shape":[2],"datatype":"FP64","data":[1]}]}"#, "wrong-shape", Some("x")),
        (r#"{"inputs":{"plan":["a","b"],"active":[true],"signed":["1970-01-02"]}}"#, "wrong-shape", None),
        (r#"{"instances":[[1,"a",true,"1970-01-02"]]"#, "malformed-json", None),
    ] {
        let mut values = vec![];
        let problem = decode(body.as_bytes(), Format::Json, &typed(), oracle::LIMITS, &mut values).unwrap_err();
        assert_eq!((problem.code.as_str(), problem.column.as_deref()), (code, column), "{body}: {problem:?}");
    }
}
