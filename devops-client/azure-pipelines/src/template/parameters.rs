//! Parameters of pipelines and templates: declared with types, given in full, nothing unknown.

use std::sync::Arc;

use crate::expression::equals;
use crate::place::{Place, Problem, What};
use crate::value::{Node, Unknown, Value};

/// The types of parameters (Microsoft Learn, "YAML schema: parameters", and the service's own schema).
pub const TYPES: &[&str] = &[
    "string",
    "stringList",
    "number",
    "boolean",
    "object",
    "step",
    "stepList",
    "job",
    "jobList",
    "deployment",
    "deploymentList",
    "stage",
    "stageList",
    "environment",
    "container",
    "containerList",
    "filePath",
    "pool",
    "secureFile",
    "serviceConnection",
];

/// A declared parameter.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type; `string` where none is written, `` for the old form, which takes anything.
    pub kind: &'a str,
    /// What it is when nobody says.
    pub default: Option<&'a Node>,
    /// The only values allowed; empty when any is.
    pub values: &'a [Node],
    /// The declaration.
    pub node: &'a Node,
}

/// The parameters that a file declares: a list, or in the old form a mapping of names to defaults.
pub fn declared(file: &Node) -> Vec<Declared<'_>> {
    let Some(parameters) = file.get("parameters") else { return Vec::new() };
    let listed = parameters.items().iter().filter_map(|node| {
        Some(Declared {
            name: node.text_at("name")?,
            kind: node.text_at("type").filter(|kind| !kind.is_empty()).unwrap_or("string"),
            default: node.get("default"),
            values: node.get("values").map(Node::items).unwrap_or_default(),
            node,
        })
    });
    let old = parameters.entries().iter().filter_map(|(key, value)| {
        Some(Declared { name: key.text()?, kind: "", default: Some(value), values: &[], node: key })
    });
    listed.chain(old).collect()
}

/// Keys of a declaration.
const KEYS: [&str; 5] = ["name", "displayName", "type", "default", "values"];

/// Checks the declarations of a file: keys, names, types, defaults.
pub fn check(file: &Node, problems: &mut Vec<Problem>) {
    let items = file.get("parameters").map(Node::items).unwrap_or_default();
    for (key, _) in items.iter().flat_map(Node::entries) {
        let name = key.text().unwrap_or_default();
        if !KEYS.contains(&name) {
            let message = format!("a parameter has no key `{name}`; {} are", KEYS.join(", "));
            problems.push(Problem::new(&key.place, What::UnknownKey(name.to_owned()), message));
        }
    }
    for item in items.iter().filter(|item| item.text_at("name").is_none()) {
        problems.push(Problem::new(&item.place, What::Structure, "a parameter has a name"));
    }
    let all = declared(file);
    for (index, parameter) in all.iter().enumerate() {
        let mut say = |message: String| problems.push(Problem::new(&parameter.node.place, What::Structure, message));
        if all[..index].iter().any(|other| other.name.eq_ignore_ascii_case(parameter.name)) {
            say(format!("parameter `{}` is declared twice", parameter.name));
        }
        if !parameter.kind.is_empty() && !TYPES.iter().any(|kind| kind.eq_ignore_ascii_case(parameter.kind)) {
            let allowed = TYPES.join(", ");
            say(format!("parameter `{}` has type `{}`; {allowed} are", parameter.name, parameter.kind));
        }
        if let Some(default) = parameter.default
            && let Err(message) = value(parameter, default)
        {
            let message = format!("the default of parameter `{}` {message}", parameter.name);
            problems.push(Problem::new(&default.place, What::ParameterValue, message));
        }
    }
}

/// The parameters of `file` as a mapping, when they are given as `given` at `place`. `whose` names the file in messages. A
/// template that declares no types takes whatever it is given.
pub fn bind(file: &Node, given: &[(Node, Node)], place: &Place, whose: &str, problems: &mut Vec<Problem>) -> Node {
    let declared = declared(file);
    let untyped = !is_typed(file) && whose != PIPELINE;
    // A loop over what is not known may give anything.
    let open_given = given.iter().any(|(key, _)| key.text().is_some_and(|key| key.contains("${{")));
    for (key, _) in given {
        let name = key.text().unwrap_or_default();
        if !untyped
            && !name.contains("${{")
            && !declared.iter().any(|parameter| parameter.name.eq_ignore_ascii_case(name))
        {
            let names: Vec<&str> = declared.iter().map(|parameter| parameter.name).collect();
            let known = if names.is_empty() {
                "it declares none".to_owned()
            } else {
                format!("it declares {}", names.join(", "))
            };
            let message = format!("{whose} has no parameter `{name}`; {known}");
            problems.push(Problem::new(&key.place, What::UnknownParameter(name.to_owned()), message));
        }
    }
    let one = |parameter: &Declared<'_>| {
        let found = given.iter().find(|(key, _)| key.text().is_some_and(|k| k.eq_ignore_ascii_case(parameter.name)));
        let node = found.map(|(_, node)| node).or(parameter.default);
        let Some(node) = node else {
            if open_given {
                return open(parameter);
            }
            let message = format!("{whose} needs parameter `{}`", parameter.name);
            let mut problem = Problem::new(place, What::MissingParameter(parameter.name.to_owned()), message);
            problem.see = Some(parameter.node.place.clone());
            problems.push(problem);
            return open(parameter);
        };
        if !node.sure() {
            return open(parameter);
        }
        value(parameter, node).unwrap_or_else(|message| {
            let message = format!("parameter `{}` of {whose} {message}", parameter.name);
            let mut problem = Problem::new(&node.place, What::ParameterValue, message);
            problem.see = Some(parameter.node.place.clone());
            problems.push(problem);
            open(parameter)
        })
    };
    let mut bound: Vec<(&str, Node)> =
        declared.iter().map(one).zip(&declared).map(|(node, parameter)| (parameter.name, node)).collect();
    let more = given
        .iter()
        .filter_map(|(key, value)| Some((key.text()?, value.clone())))
        .filter(|(name, _)| untyped && !declared.iter().any(|parameter| parameter.name.eq_ignore_ascii_case(name)));
    bound.extend(more);
    mapping(bound.into_iter())
}

/// How messages name the pipeline itself, which is given nothing that it does not declare.
pub(super) const PIPELINE: &str = "the pipeline";

fn is_typed(file: &Node) -> bool {
    file.get("parameters").is_some_and(|parameters| matches!(parameters.value, Value::List(_)))
}

/// The parameters of a file of which nobody has said the values; one that declares no types may be given anything.
pub fn unknown(file: &Node) -> Node {
    if !is_typed(file) {
        return Node::new(Value::Unknown(Unknown::named("parameters")), &file.place);
    }
    let declared = declared(file);
    mapping(declared.iter().map(|parameter| (parameter.name, open(parameter))))
}

fn mapping<'a>(entries: impl Iterator<Item = (&'a str, Node)>) -> Node {
    let entry = |(name, node): (&str, Node)| (Node::new(Value::text(name), &node.place), node);
    Node::new(Value::Map(Arc::new(entries.map(entry).collect())), &Place::nowhere())
}

fn open(parameter: &Declared<'_>) -> Node {
    let name = format!("parameters.{}", parameter.name);
    Node::new(Value::Unknown(Unknown::named(&name)), &parameter.node.place)
}

/// `node` as a value of the parameter's type.
///
/// # Errors
/// What the parameter wants instead, as the end of a sentence that begins with its name.
pub fn value(parameter: &Declared<'_>, node: &Node) -> Result<Node, String> {
    let given = &node.value;
    if matches!(given, Value::Unknown(_)) || node.text().is_some_and(|text| text.contains("${{")) {
        return Ok(node.clone());
    }
    let wrong = |wanted: &str| {
        let found = given.to_text().map_or_else(|| node.what().to_owned(), |text| format!("`{text}`"));
        Err(format!("is {wanted}, not {found}"))
    };
    let kind = parameter.kind.to_ascii_lowercase();
    let typed = match (kind.as_str(), given) {
        // What is not text arrives as its value prints: `1.0` as `1`, `true` as `True`.
        ("string", _) => match given.to_text() {
            Some(text) => Value::String(text),
            None => return wrong("a string"),
        },
        ("number", Value::Number(_) | Value::String(_)) => match given.to_number() {
            // A macro is text until just before a step: a number cannot be compared then.
            Some(number) if given != &Value::text("") => Value::Number(number),
            _ => return wrong("a number"),
        },
        ("number", _) => return wrong("a number"),
        ("boolean", _) => match given.to_text().as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Value::Boolean(true),
            Some("false") => Value::Boolean(false),
            _ => return wrong("true or false"),
        },
        (kind, Value::List(_) | Value::Null) if kind.ends_with("list") => given.clone(),
        (kind, _) if kind.ends_with("list") => return wrong("a list"),
        ("step" | "job" | "deployment" | "stage", given) if !matches!(given, Value::Map(_) | Value::Null) => {
            return wrong("a mapping");
        }
        _ => given.clone(),
    };
    let mut node = Node { spelling: None, comment: None, ..Node::new(typed, &node.place) };
    node = Node::new(node.value, &node.place);
    let allowed = |value: &Value| parameter.values.iter().any(|allowed| equals(&allowed.value, value));
    let fits = match &node.value {
        Value::List(items) if kind == "stringlist" => items.iter().all(|item| allowed(&item.value)),
        value => allowed(value),
    };
    if !parameter.values.is_empty() && !fits {
        let values: Vec<&str> = parameter.values.iter().filter_map(Node::text).collect();
        return wrong(&format!("one of {}", values.join(", ")));
    }
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::{bind, check, declared, value};
    use crate::place::Place;
    use crate::value::Node;
    use crate::yaml::parse;

    fn file(declaration: &str) -> Node {
        parse("a.yml", &format!("parameters:\n- {declaration}\n")).unwrap()
    }

    #[test]
    fn values_take_the_type_of_their_parameter() {
        for (declaration, given, kind, text) in [
            ("{name: p}", "1.0", "string", "1"),
            ("{name: p}", "true", "string", "True"),
            ("{name: p}", "'1.0'", "string", "1.0"),
            ("{name: p}", "", "string", ""),
            ("{name: p, type: number}", "'1.50'", "number", "1.5"),
            ("{name: p, type: boolean}", "'TRUE'", "boolean", "True"),
            ("{name: p, type: string, values: [a, b]}", "B", "string", "B"),
            ("{name: p, type: object}", "007", "number", "7"),
        ] {
            let file = file(declaration);
            let given = parse("b.yml", &format!("p: {given}\n")).unwrap();
            let node = value(&declared(&file)[0], given.get("p").unwrap()).unwrap();
            assert_eq!((node.value.kind(), node.text()), (kind, Some(text)), "{declaration}");
        }
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for (declaration, given, message) in [
            ("{name: p}", "[a]", "is a string, not a list"),
            ("{name: p, type: number}", "many", "is a number, not `many`"),
            ("{name: p, type: number}", "''", "is a number"),
            ("{name: p, type: boolean}", "perhaps", "is true or false, not `perhaps`"),
            ("{name: p, type: stepList}", "x", "is a list, not `x`"),
            ("{name: p, type: job}", "[x]", "is a mapping, not a list"),
            ("{name: p, values: [a, b]}", "c", "is one of a, b, not `c`"),
            ("{name: p, type: stringList, values: [a, b]}", "[a, c]", "is one of a, b"),
        ] {
            let file = file(declaration);
            let given = parse("b.yml", &format!("p: {given}\n")).unwrap();
            let error = value(&declared(&file)[0], given.get("p").unwrap()).unwrap_err();
            assert!(error.contains(message), "{declaration}: {error}");
        }
    }

    #[test]
    fn what_is_missing_unknown_or_wrongly_declared_is_said() {
        let mut problems = Vec::new();
        let given = parse("b.yml", "q: 1\n").unwrap();
        bind(&file("{name: p}"), given.entries(), &Place::start("b.yml"), "template `a.yml`", &mut problems);
        check(&file("{name: p, type: bool, default: 1}"), &mut problems);
        check(&parse("a.yml", "parameters:\n- {name: a}\n- {name: A}\n- {type: number}\n").unwrap(), &mut problems);
        let all: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(all[0], "template `a.yml` has no parameter `q`; it declares p");
        assert_eq!(all[1], "template `a.yml` needs parameter `p`");
        assert!(all[2].contains("has type `bool`"));
        assert_eq!(all[3..], ["a parameter has a name", "parameter `A` is declared twice"]);
    }
}
