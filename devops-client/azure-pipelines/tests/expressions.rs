//! Every function, operator, conversion, literal and form of index of Microsoft Learn, "Expressions": one row of
//! `expressions.tsv` each, with the section that says so.

use azure_pipelines::expression::{Context, FUNCTIONS, Scope, evaluate, parse};
use azure_pipelines::{Node, Place, Value, yaml};

struct Names(Node);

impl Scope for Names {
    fn value(&self, name: &str) -> Option<Node> {
        self.0.get(&name.to_lowercase()).filter(|_| !name.eq_ignore_ascii_case("variables")).cloned()
    }

    fn property(&self, name: &str, key: &str) -> Option<Node> {
        if key == "Build.Reason" || !name.eq_ignore_ascii_case("variables") {
            return None;
        }
        let found =
            self.0.get("variables")?.entries().iter().find(|(k, _)| k.text().unwrap().eq_ignore_ascii_case(key));
        Some(found.map_or_else(|| Node::new(Value::Null, &Place::nowhere()), |(_, value)| value.clone()))
    }

    fn call(&self, function: &str, _: &[Value]) -> Option<Value> {
        match function {
            "counter" => None,
            "canceled" | "failed" => Some(Value::Boolean(false)),
            _ => Some(Value::Boolean(true)),
        }
    }
}

fn worth(context: Context, text: &str, names: &Names) -> (&'static str, String) {
    let place = Place::start("case");
    match parse::<&str>(text, context, &[]).and_then(|tree| evaluate(&tree, names, &place)) {
        Err(error) => ("error", error.message),
        Ok(node) => match &node.value {
            Value::List(_) | Value::Map(_) => (node.value.kind(), node.to_json().to_string()),
            Value::Unknown(unknown) => {
                assert!(!unknown.depends_on.is_empty(), "{text}");
                ("unknown", unknown.expression.to_string())
            }
            value => (value.kind(), value.to_text().unwrap().replace('\n', "\\n")),
        },
    }
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    include_str!("expressions.tsv").lines().skip(1).map(|line| line.split('\t').collect())
}

#[test]
fn every_documented_case_is_worth_what_the_page_says() {
    let names = Names(yaml::parse("contexts.yml", include_str!("contexts.yml")).unwrap());
    let mut wrong = Vec::new();
    for row in rows() {
        let [place, expression, kind, text, section] = row[..] else { panic!("five cells: {row:?}") };
        let context = match place {
            "template" => Context::Template,
            "condition" => Context::Condition,
            _ => Context::Runtime,
        };
        let (found, shown) = worth(context, expression, &names);
        // Of an error the row has a part of the message.
        let same = found == kind && (shown == text || (kind == "error" && shown.contains(text)));
        if !same || section.is_empty() {
            wrong.push(format!("{place} {expression}: {kind} {text:?}, but it is {found} {shown:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_function_has_a_row_of_its_own() {
    for function in FUNCTIONS {
        let call = format!("{}(", function.name.to_lowercase());
        assert!(rows().any(|row| row[1].to_lowercase().starts_with(&call) && row[2] != "error"), "{}", function.name);
    }
}
