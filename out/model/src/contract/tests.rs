use super::{ColumnType, DataContract, Encoding};

const SMALL: &str = r#"{"version":1,"target":"y","columns":[
    {"name":"a","type":"number","min":-1,"max":1},{"name":"y","type":"number"},{"name":"b","type":"integer","required":false}],
    "holdout":{"fraction":0.2,"seed":7},"distribution":{"psi":0.2}}"#;

fn refusal(from: &str, to: &str) -> String {
    let text = SMALL.replace(from, to);
    assert_ne!(text, SMALL, "the replacement must change the text");
    DataContract::from_json(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn features_are_the_other_columns_in_order() {
    let contract = DataContract::from_json(SMALL.as_bytes()).unwrap();
    assert_eq!(contract.features().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(contract.target().name, "y");
    let b = contract.features().nth(1).unwrap();
    assert_eq!((b.kind, b.required), (ColumnType::Integer, false));
    assert!(contract.columns()[0].required, "a column is required unless it says otherwise");
    assert_eq!(contract.holdout().seed, 7);
}

#[test]
fn a_contract_survives_writing_and_reading() {
    let contract = DataContract::from_json(SMALL.as_bytes()).unwrap();
    assert_eq!(DataContract::from_json(contract.to_json().as_bytes()).unwrap(), contract);
}

#[test]
fn a_broken_contract_is_refused_with_the_place() {
    assert!(refusal("\"version\":1", "\"version\":3").contains("version 3, expected 1 or 2"));
    assert!(refusal("\"target\":\"y\"", "\"target\":\"z\"").contains("target: 'z' is not one of the columns"));
    assert!(refusal("\"name\":\"b\"", "\"name\":\"a\"").contains("columns[2].name: 'a' occurs twice"));
    assert!(refusal("\"name\":\"b\"", "\"name\":\"\"").contains("columns[2].name: is empty"));
    assert!(refusal("\"min\":-1", "\"min\":3").contains("columns[0].min: 3 is greater than max 1"));
    assert!(refusal("0.2,\"seed\"", "1.0,\"seed\"").contains("holdout.fraction: 1 is not a share"));
    assert!(refusal("\"psi\"", "\"psy\"").contains("unknown field `psy`"));
    assert!(refusal("\"psi\":0.2", "\"psi\":0").contains("distribution.psi: 0 is not greater than 0"));
    assert!(refusal("integer", "texts").contains("unknown variant `texts`"));
}

/// A version 2 contract of one feature, written by its members, and the target `y`.
fn with_column(members: &str) -> Result<DataContract, String> {
    let text =
        format!(r#"{{"version":2,"target":"y","columns":[{{"name":"a",{members}}},{{"name":"y","type":"number"}}]}}"#);
    DataContract::from_json(text.as_bytes()).map_err(|e| e.to_string())
}

#[test]
fn every_member_of_version_2_is_read_and_written_again() {
    let text = r#"{"version":2,"task":{"kind":"classification","classes":["no","yes"],"threshold":0.4},"target":"Churn?",
        "csv":{"delimiter":";","decimal":",","encoding":"windows-1252"},"missing":[" NA ","?",""],"columns":[
        {"name":"Monthly Charges ($)","alias":"charges","type":"number","required":false,"when_missing":"indicator"},
        {"name":"Contract","type":"category","levels":["month","year"],"unknown":"most-frequent","required":false,"when_missing":{"constant":"month"}},
        {"name":"Active","type":"boolean","true":["ja"],"false":["nein"],"required":false,"when_missing":{"constant":true}},
        {"name":"Signed","type":"datetime","required":false,"when_missing":{"constant":"2024-02-29"}},
        {"name":"Churn?","type":"category"}],"unknown_columns":"ignore"}"#;
    let contract = DataContract::from_json(text.as_bytes()).unwrap();
    assert_eq!(contract.missing(), ["NA", "?"], "markers are trimmed, and the empty text always is one");
    assert_eq!(contract.csv().encoding, Encoding::Windows1252);
    assert_eq!(contract.columns()[0].alias(), "charges");
    assert_eq!(contract.columns()[1].alias(), "Contract");
    assert!(contract.task().is_classification());
    assert_eq!(DataContract::from_json(contract.to_json().as_bytes()).unwrap(), contract);
}

#[test]
fn members_that_contradict_the_type_are_refused() {
    for (members, expected) in [
        (r#""type":"number","levels":["a"]"#, "columns[0].levels: only a category"),
        (r#""type":"category","levels":[]"#, "columns[0].levels: there are 0"),
        (r#""type":"category","levels":["x","x"]"#, "'x' occurs twice"),
        (r#""type":"category","min":1"#, "columns[0].type: a category and a text have no min"),
        (r#""type":"boolean","true":["ja"]"#, "true and false go together"),
        (r#""type":"boolean","true":["ja"],"false":["ja"]"#, "'ja' occurs twice"),
        (r#""type":"number","true":["1"],"false":["0"]"#, "only a boolean has true and false"),
        (r#""type":"number","when_missing":"mean""#, "columns[0].when_missing: needs required: false"),
        (r#""type":"category","required":false,"when_missing":"median""#, "a category has no mean"),
        (r#""type":"number","required":false,"when_missing":{"constant":"x"}"#, "not a value of the column's type"),
        (r#""type":"integer","required":false,"when_missing":{"constant":0.5}"#, "not a value of the column's type"),
        (
            r#""type":"datetime","required":false,"when_missing":{"constant":"soon"}"#,
            "not a value of the column's type",
        ),
        (r#""type":"number","alias":"1st""#, "columns[0].alias: '1st' is no identifier"),
        (r#""type":"number","alias":"y""#, "'y' is the name or alias of another column too"),
    ] {
        let error = with_column(members).unwrap_err();
        assert!(error.contains(expected), "{members}: {error}");
    }
    let text = with_column(r#""type":"text""#).unwrap();
    assert!(text.without_text().unwrap_err().to_string().contains("column 'a' is of type text"));
}

#[test]
fn members_of_the_whole_that_contradict_each_other_are_refused() {
    for (from, to, expected) in [
        ("\"version\":1", r#""version":2,"csv":{"delimiter":"x"}"#, "csv.delimiter: 'x' is none of"),
        ("\"version\":1", r#""version":2,"csv":{"decimal":","}"#, "decimal mark and delimiter are the same"),
        ("\"version\":1", r#""version":2,"csv":{"encoding":"latin-1"}"#, "unknown variant `latin-1`"),
        (
            "\"version\":1",
            r#""version":2,"task":{"kind":"classification","classes":["a"]}"#,
            "task.classes: there are 1",
        ),
        ("\"version\":1", r#""version":2,"task":{"kind":"classification","threshold":2}"#, "task.threshold: 2 is not"),
        ("\"version\":1", r#""version":2,"task":{"kind":"regression","classes":["a","b"]}"#, "unknown field `classes`"),
        (
            r#"{"name":"y","type":"number"}"#,
            r#"{"name":"y","type":"category"}"#,
            "the target of a regression is a number",
        ),
    ] {
        let error = refusal(from, to);
        assert!(error.contains(expected), "{to}: {error}");
    }
}
