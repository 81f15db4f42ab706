use super::path::Path;
use super::{Limits, Node, Value, read};

fn node(text: &str) -> Node {
    let mut mistakes = Vec::new();
    let node = read(text, Limits::SPEC, &mut mistakes);
    assert_eq!(mistakes, []);
    node.expect("the text is a document")
}

fn value(text: &str) -> Value {
    node(text).value
}

#[test]
fn plain_scalars_mean_what_the_core_schema_says() {
    for text in ["null", "Null", "NULL", "~"] {
        assert_eq!(value(text), Value::Null, "{text}");
    }
    for (text, is) in [("true", true), ("True", true), ("FALSE", false)] {
        assert_eq!(value(text), Value::Bool(is), "{text}");
    }
    for (text, is) in
        [("0", 0), ("-7", -7), ("+7", 7), ("012", 12), ("0o14", 12), ("0xff", 255), ("9223372036854775807", i64::MAX)]
    {
        assert_eq!(value(text), Value::Integer(is), "{text}");
    }
    let floats = [
        ("1.5", 1.5),
        ("-1.", -1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", f64::NEG_INFINITY),
        ("1e999", f64::INFINITY),
        ("99999999999999999999", 1e20),
    ];
    for (text, is) in floats {
        assert_eq!(value(text), Value::Float(is), "{text}");
    }
    assert!(matches!(value(".nan"), Value::Float(x) if x.is_nan()));
}

#[test]
fn everything_else_that_is_plain_is_text() {
    let texts = [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "nUll",
        "tRUE",
        "2026-01-01",
        "12:30:45",
        "1_000",
        "0b1",
        "0x",
        "0o8",
        "0x-1",
        "1e",
        "e1",
        ".",
        "+",
        "-.",
        "inf",
        "nan",
        "1.2.3",
        "+.nan",
        "0.1.0",
    ];
    for text in texts {
        assert_eq!(value(text), Value::String(text.to_owned()), "{text}");
    }
}

#[test]
fn quotes_make_text_of_anything() {
    for text in ["null", "1", "true", ".nan", ""] {
        assert_eq!(value(&format!("'{text}'")), Value::String(text.to_owned()));
        assert_eq!(value(&format!("\"{text}\"")), Value::String(text.to_owned()));
    }
    assert_eq!(value("\"\\u00e4\\x41\\U0001F9EA\\uD83E\\uDDEA\""), Value::String("äA🧪🧪".to_owned()));
}

#[test]
fn keys_and_values_know_where_they_stand() {
    let text = "a:\n  - {b: über, c: 'd'}\n  - 5\ne: >-\n  two\n  lines\n";
    let node = node(text);
    let at = |path: &Path, key| &text[node.locate(path, key)];
    let first = Path::root().key("a").index(0);
    assert_eq!(at(&first.key("b"), true), "b");
    assert_eq!(at(&first.key("b"), false), "über");
    assert_eq!(at(&first.key("c"), false), "'d'");
    assert_eq!(at(&Path::root().key("a").index(1), false), "5");
    assert_eq!(at(&Path::root().key("a"), false), "a", "a collection is underlined at its key");
    assert_eq!(at(&first.key("missing"), false), "b", "what is missing would stand beside the first key");
    assert_eq!(at(&Path::root().key("missing"), false), "a");
    assert_eq!(first.key("b").to_string(), "a[0].b");
}

#[test]
fn a_second_key_is_a_mistake_beside_which_the_rest_is_read() {
    let mut mistakes = Vec::new();
    let node = read("a: 1\na: 2\nb: 3\n", Limits::SPEC, &mut mistakes).expect("the rest is read");
    assert_eq!(mistakes.len(), 1);
    assert_eq!((mistakes[0].span.clone(), mistakes[0].also.clone()), (5..6, Some(0..1)));
    assert_eq!(node.get(&Path::root().key("b")).map(|n| &n.value), Some(&Value::Integer(3)));
}

#[test]
fn aliases_cost_what_they_repeat() {
    let limits = Limits { nodes: 10, ..Limits::SPEC };
    let read = |text: &str| read(text, limits, &mut Vec::new()).is_some();
    assert!(read("[&a [1, 2], *a]"));
    assert!(!read("[&a [1, 2], *a, *a, *a]"));
}
