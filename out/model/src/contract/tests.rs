use super::{ColumnType, DataContract};

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
    assert!(refusal("\"version\":1", "\"version\":2").contains("version 2, expected 1"));
    assert!(refusal("\"target\":\"y\"", "\"target\":\"z\"").contains("target: 'z' is not one of the columns"));
    assert!(refusal("\"name\":\"b\"", "\"name\":\"a\"").contains("columns[2].name: 'a' occurs twice"));
    assert!(refusal("\"name\":\"b\"", "\"name\":\" \"").contains("columns[2].name: is empty"));
    assert!(refusal("\"min\":-1", "\"min\":3").contains("columns[0].min: 3 is greater than max 1"));
    assert!(refusal("0.2,\"seed\"", "1.0,\"seed\"").contains("holdout.fraction: 1 is not a share"));
    assert!(refusal("\"psi\"", "\"psy\"").contains("unknown field `psy`"));
    assert!(refusal("\"psi\":0.2", "\"psi\":0").contains("distribution.psi: 0 is not greater than 0"));
    assert!(refusal("integer", "text").contains("unknown variant `text`"));
}
