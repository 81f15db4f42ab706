//! Values of a template's expressions, as far as the files alone say them.

use serde_json::{Map, Value};

use super::{DEPLOYMENT, Frame, MAX_DEPTH, join};
use crate::verify::arm::expression::{Expression, parse};

impl Frame<'_> {
    pub(super) fn text(&self, value: &Value, depth: usize) -> String {
        match self.value(value, depth) {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }

    /// `value` with every expression that is known replaced by what it comes to.
    pub(super) fn value(&self, value: &Value, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return value.clone();
        }
        match value {
            Value::String(text) => match parse(text) {
                Some(Ok(expression)) => self.evaluate(&expression, depth + 1).unwrap_or_else(|| value.clone()),
                _ => Value::String(text.strip_prefix("[[").map_or_else(|| text.clone(), |rest| format!("[{rest}"))),
            },
            Value::Array(items) => items.iter().map(|item| self.value(item, depth + 1)).collect(),
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| {
                    (self.text(&Value::String(key.clone()), depth + 1), self.value(value, depth + 1))
                };
                let loops = map.get("copy").and_then(Value::as_array);
                let plain = map.iter().filter(|(key, _)| loops.is_none() || *key != "copy");
                let mut whole = plain.map(entry).collect::<Map<_, _>>();
                whole.extend(loops.into_iter().flatten().filter_map(|each| self.turns(each, depth + 1)));
                Value::Object(whole)
            }
            other => other.clone(),
        }
    }

    /// A loop over properties, `{name, count, input}`: the property that it makes.
    fn turns(&self, each: &Value, depth: usize) -> Option<(String, Value)> {
        let name = each["name"].as_str()?.to_owned();
        let count = usize::try_from(self.value(&each["count"], depth).as_u64()?).ok()?;
        let turn = |index| {
            let loops = self.loops.iter().cloned().chain([(name.clone(), index)]).collect();
            Self { loops, ..self.clone() }.value(&each["input"], depth)
        };
        let items = (0..count).map(turn).collect();
        Some((name, items))
    }

    pub(super) fn evaluate(&self, expression: &Expression, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let value = |expression: &Expression| self.evaluate(expression, depth + 1);
        let text = |expression: &Expression| match value(expression)? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        match expression {
            Expression::Literal(value) => Some(value.clone()),
            Expression::Access(..) => self.access(expression, depth),
            Expression::Call(name, arguments) => match (name.to_lowercase().as_str(), arguments.as_slice()) {
                ("parameters", [name]) => self.parameter(name.text()?, depth),
                ("variables", [name]) => {
                    let variables = self.template["variables"].as_object()?;
                    let (_, found) =
                        variables.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.text().unwrap_or_default()))?;
                    Some(self.value(found, depth + 1))
                }
                ("resourceid", _) => {
                    let texts: Vec<String> = arguments.iter().map(text).collect::<Option<_>>()?;
                    self.resource_id(&texts).map(Value::String)
                }
                ("subscriptionresourceid", [.., _]) => {
                    let texts: Vec<String> = arguments.iter().map(text).collect::<Option<_>>()?;
                    let at = texts.iter().position(|text| is_type(text))?;
                    let scope = format!("/subscriptions/{}", self.place.subscription);
                    Some(join(&scope, &texts[at], &texts[at + 1..].join("/")).into())
                }
                ("extensionresourceid", [scope, kind, names @ ..]) => {
                    let names: Vec<String> = names.iter().map(text).collect::<Option<_>>()?;
                    Some(join(&self.whole(&text(scope)?), &text(kind)?, &names.join("/")).into())
                }
                ("resourcegroup", []) => Some(serde_json::json!({ "id": self.place.id(), "name": self.place.group })),
                ("subscription", []) => {
                    let id = &self.place.subscription;
                    Some(serde_json::json!({ "id": format!("/subscriptions/{id}"), "subscriptionId": id }))
                }
                ("deployer", []) => Some(serde_json::json!({ "objectId": "@deployer#objectId" })),
                ("environment", []) => Some(serde_json::json!({ "suffixes": {
                    "storage": "core.windows.net", "acrLoginServer": ".azurecr.io", "keyvaultDns": ".vault.azure.net" } })),
                ("copyindex", arguments) => {
                    let name = arguments.first().and_then(Expression::text);
                    let named = self.loops.iter().rev().find(|(own, _)| Some(own.as_str()) == name);
                    let index = named.map(|(_, index)| *index).or(self.index)?;
                    let offset =
                        arguments.last().and_then(value).and_then(|offset| offset.as_u64()).unwrap_or_default();
                    Some((u64::try_from(index).ok()? + offset).into())
                }
                ("createarray", items) => items.iter().map(value).collect::<Option<Vec<_>>>().map(Value::from),
                ("length", [list]) => Some(value(list)?.as_array()?.len().into()),
                ("true", []) => Some(true.into()),
                ("false", []) => Some(false.into()),
                ("not", [one]) => Some((!value(one)?.as_bool()?).into()),
                ("empty", [one]) => Some(
                    match value(one)? {
                        Value::Array(items) => items.is_empty(),
                        Value::Object(map) => map.is_empty(),
                        Value::String(text) => text.is_empty(),
                        _ => return None,
                    }
                    .into(),
                ),
                ("if", [condition, yes, no]) => value(if value(condition)?.as_bool()? { yes } else { no }),
                // Close enough to tell addresses apart.
                ("uricomponent", [one]) => Some(text(one)?.into()),
                ("tolower", [one]) => Some(text(one)?.to_lowercase().into()),
                ("take", [one, count]) => {
                    let count = usize::try_from(value(count)?.as_u64()?).ok()?;
                    Some(text(one)?.chars().take(count).collect::<String>().into())
                }
                ("replace", [one, from, to]) => Some(text(one)?.replace(&text(from)?, &text(to)?).into()),
                ("concat", parts) => match value(parts.first()?)? {
                    Value::Array(_) => {
                        let lists: Option<Vec<_>> = parts.iter().map(|part| value(part)?.as_array().cloned()).collect();
                        Some(lists?.concat().into())
                    }
                    _ => Some(parts.iter().map(text).collect::<Option<String>>()?.into()),
                },
                ("format", [pattern, rest @ ..]) => {
                    let mut whole = pattern.text()?.replace("{{", "\u{1}").replace("}}", "\u{2}");
                    for (index, argument) in rest.iter().enumerate() {
                        whole = whole.replace(&format!("{{{index}}}"), &text(argument)?);
                    }
                    Some(whole.replace('\u{1}', "{").replace('\u{2}', "}").into())
                }
                _ => None,
            },
        }
    }

    fn parameter(&self, name: &str, depth: usize) -> Option<Value> {
        let name = name.to_lowercase();
        if let Some(given) = self.given.get(&name) {
            return Some(given.clone());
        }
        let declared = self.template["parameters"].as_object()?;
        let (_, declared) = declared.iter().find(|(key, _)| key.to_lowercase() == name)?;
        Some(self.value(declared.get("defaultValue")?, depth + 1))
    }

    /// `base.name[0]`: of what Azure answers, an output of a deployment, or a name for what it will be.
    fn access(&self, expression: &Expression, depth: usize) -> Option<Value> {
        let (mut base, mut path) = (expression, Vec::new());
        while let Expression::Access(inner, index) = base {
            path.push(self.evaluate(index, depth + 1)?);
            base = inner.as_ref();
        }
        path.reverse();
        if let Expression::Call(name, arguments) = base
            && name.eq_ignore_ascii_case("reference")
        {
            let id = self.evaluate(arguments.first()?, depth + 1)?.as_str()?.to_owned();
            let words: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
            return match words.as_slice() {
                ["outputs", output, "value"] => self.output(&id, output, depth),
                // A whole resource, asked for with 'Full'.
                ["properties", rest @ ..] | rest => Some(format!("@{id}#{}", rest.join(".")).into()),
            };
        }
        path.into_iter().try_fold(self.evaluate(base, depth + 1)?, |value, index| match index {
            Value::String(name) => value.get(&name).cloned(),
            other => value.get(usize::try_from(other.as_u64()?).ok()?).cloned(),
        })
    }

    /// An output of a nested deployment of this template.
    fn output(&self, id: &str, output: &str, depth: usize) -> Option<Value> {
        let resource = self.list().into_iter().find(|resource| {
            resource["type"] == DEPLOYMENT
                && join(&self.place_of(resource, depth).id(), DEPLOYMENT, &self.text(&resource["name"], depth + 1))
                    .eq_ignore_ascii_case(id)
        })?;
        let inner = self.nested(resource, depth + 1)?;
        Some(inner.value(&inner.template["outputs"][output]["value"], depth + 1))
    }

    /// `resourceId([subscription], [group], type, names…)`.
    fn resource_id(&self, texts: &[String]) -> Option<String> {
        let at = texts.iter().position(|text| is_type(text))?;
        let place = match &texts[..at] {
            [] => self.place.clone(),
            [group] => self.known(&self.place.subscription, group),
            [subscription, group, ..] => self.known(subscription, group),
        };
        Some(join(&place.id(), &texts[at], &texts[at + 1..].join("/")))
    }
}

fn is_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(provider, _)| provider.contains('.') && !provider.is_empty())
}
