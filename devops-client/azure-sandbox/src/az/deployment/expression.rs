//! Expressions of compiled templates, as far as those of container groups go. A function that is not known is an error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What names stand for in one template.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub group: String,
    pub parameters: Map<String, Value>,
    pub variables: Map<String, Value>,
}

impl Scope {
    /// A value with every expression in it evaluated.
    pub fn value(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(body) if !text.starts_with("[[") => {
                    let mut parser = Parser { text: body, at: 0, scope: self };
                    let found = parser.expression()?;
                    parser.space();
                    if parser.at < body.len() {
                        return Err(format!("`{body}`: what stands at {} is not understood", parser.at));
                    }
                    found
                }
                _ => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?,
            Value::Object(map) => {
                let mut out = Map::new();
                for (key, value) in map {
                    let key = self.value(&json!(key))?;
                    out.insert(shown(&key), self.value(value)?);
                }
                Value::Object(out)
            }
            other => other.clone(),
        })
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        let text = |at: usize| arguments.get(at).map(shown).unwrap_or_default();
        let known = |map: &Map<String, Value>, what: &str| {
            map.get(&text(0)).cloned().ok_or_else(|| format!("there is no {what} '{}'", text(0)))
        };
        Ok(match name.to_ascii_lowercase().as_str() {
            "parameters" => known(&self.parameters, "parameter")?,
            "variables" => known(&self.variables, "variable")?,
            "format" => json!(
                arguments[1..]
                    .iter()
                    .enumerate()
                    .fold(text(0), |text, (at, value)| text.replace(&format!("{{{at}}}"), &shown(value)))
            ),
            "concat" if arguments.iter().all(Value::is_array) => {
                arguments.iter().flat_map(|list| list.as_array().cloned().unwrap_or_default()).collect()
            }
            "concat" => json!(arguments.iter().map(shown).collect::<String>()),
            "union" => {
                let mut all = Map::new();
                for map in arguments {
                    all.extend(map.as_object().cloned().unwrap_or_default());
                }
                Value::Object(all)
            }
            "createobject" => Value::Object(
                arguments.chunks(2).map(|pair| (shown(&pair[0]), pair.get(1).cloned().unwrap_or_default())).collect(),
            ),
            "createarray" => json!(arguments),
            "json" => serde_json::from_str(&text(0)).map_err(|error| format!("json('{}'): {error}", text(0)))?,
            "base64" => json!(STANDARD.encode(text(0))),
            "tolower" => json!(text(0).to_lowercase()),
            "string" => json!(text(0)),
            "utcnow" => json!(jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string()),
            "datetimeadd" => json!(later(&text(0), &text(1))?),
            "resourcegroup" => {
                json!({ "name": self.group, "location": "sandbox", "id": format!("/subscriptions/sandbox/resourceGroups/{}", self.group) })
            }
            "subscription" => json!({ "subscriptionId": "sandbox", "id": "/subscriptions/sandbox" }),
            "environment" => {
                json!({ "suffixes": { "storage": "core.windows.net", "keyvaultDns": ".vault.azure.net", "acrLoginServer": ".azurecr.io" } })
            }
            "resourceid" => {
                let kind = text(0);
                let (namespace, types) = kind.split_once('/').unwrap_or((&kind, ""));
                let names: String = types
                    .split('/')
                    .zip(&arguments[1..])
                    .map(|(kind, name)| format!("/{kind}/{}", shown(name)))
                    .collect();
                json!(format!("/subscriptions/sandbox/resourceGroups/{}/providers/{namespace}{names}", self.group))
            }
            // what only the running resource knows
            "reference" => json!({
                "clientId": "00000000-0000-4000-8000-000000000000",
                "principalId": "00000000-0000-4000-8000-000000000001",
                "ConnectionString": "",
            }),
            other => return Err(format!("the sandbox's az does not know the template function {other}()")),
        })
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A time in the form of `base`, so much later: `dateTimeAdd` answers in the format that it was given.
fn later(base: &str, duration: &str) -> Result<String, String> {
    let wrong = |what: &str| format!("dateTimeAdd('{base}', '{duration}'): {what}");
    let short = "%Y%m%dT%H%M%SZ";
    let parsed = jiff::civil::DateTime::strptime(short, base).map(|time| (time, short));
    let parsed = parsed.or_else(|_| {
        jiff::civil::DateTime::strptime("%Y-%m-%dT%H:%M:%SZ", base).map(|time| (time, "%Y-%m-%dT%H:%M:%SZ"))
    });
    let (time, form) = parsed.map_err(|_| wrong("the time cannot be read"))?;
    let span: jiff::Span = duration.parse().map_err(|_| wrong("the duration cannot be read"))?;
    let time = time.checked_add(span).map_err(|_| wrong("there is no such time"))?;
    Ok(time.strftime(form).to_string())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    scope: &'a Scope,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, mark: char) -> bool {
        self.space();
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len_utf8();
        }
        found
    }

    fn word(&mut self) -> String {
        let end = self.rest().find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        let word = self.rest()[..end].to_owned();
        self.at += end;
        word
    }

    fn wrong(&self, wanted: &str) -> String {
        format!("`{}`: {wanted} is expected at {}", self.text, self.at)
    }

    fn expression(&mut self) -> Result<Value, String> {
        self.space();
        let first = self.rest().chars().next().ok_or_else(|| self.wrong("an expression"))?;
        let mut value = if first == '\'' {
            self.literal()?
        } else if first.is_ascii_digit() || first == '-' {
            let end = self.rest()[1..].find(|c: char| !c.is_ascii_digit()).map_or(self.rest().len(), |end| end + 1);
            let number = self.rest()[..end].parse::<i64>().map_err(|_| self.wrong("a number"))?;
            self.at += end;
            json!(number)
        } else {
            match self.word().as_str() {
                "" => return Err(self.wrong("an expression")),
                "true" => json!(true),
                "false" => json!(false),
                "null" => Value::Null,
                name => {
                    let name = name.to_owned();
                    if !self.take('(') {
                        return Err(self.wrong("an opening bracket"));
                    }
                    let mut arguments = Vec::new();
                    while !self.take(')') {
                        arguments.push(self.expression()?);
                        if !self.take(',') && !self.rest().trim_start().starts_with(')') {
                            return Err(self.wrong("a comma or a closing bracket"));
                        }
                    }
                    self.scope.call(&name, &arguments)?
                }
            }
        };
        loop {
            if self.take('.') {
                let name = self.word();
                value = value.get(&name).cloned().unwrap_or_default();
            } else if self.take('[') {
                let index = self.expression()?;
                if !self.take(']') {
                    return Err(self.wrong("a closing bracket"));
                }
                value = match index.as_u64().and_then(|index| usize::try_from(index).ok()) {
                    Some(index) => value.get(index).cloned().unwrap_or_default(),
                    None => value.get(shown(&index)).cloned().unwrap_or_default(),
                };
            } else {
                return Ok(value);
            }
        }
    }

    fn literal(&mut self) -> Result<Value, String> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let end = self.rest().find('\'').ok_or_else(|| self.wrong("a closing quote"))?;
            out.push_str(&self.rest()[..end]);
            self.at += end + 1;
            if !self.rest().starts_with('\'') {
                return Ok(json!(out));
            }
            out.push('\'');
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_container_groups_are_evaluated() {
        let mut scope = Scope { group: "g".to_owned(), ..Scope::default() };
        scope.parameters.insert("name".to_owned(), json!("it's"));
        scope.parameters.insert("list".to_owned(), json!([{ "a": 1 }]));
        for (text, expected) in [
            ("[format('{0}-{1}', parameters('name'), 2)]", json!("it's-2")),
            ("[concat(parameters('list'), createArray('x'))]", json!([{ "a": 1 }, "x"])),
            ("[parameters('list')[0].a]", json!(1)),
            ("[union(createObject('a', 1), createObject('b', 'c''d'))]", json!({ "a": 1, "b": "c'd" })),
            ("[dateTimeAdd('20261130T230000Z', 'PT12H')]", json!("20261201T110000Z")),
            ("[json('0.5')]", json!(0.5)),
            (
                "[resourceId('Microsoft.KeyVault/vaults', 'v')]",
                json!("/subscriptions/sandbox/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"),
            ),
            ("[[not an expression]", json!("[[not an expression]")),
        ] {
            assert_eq!(scope.value(&json!(text)), Ok(expected), "{text}");
        }
        for wrong in ["[nope('x')]", "[parameters('gone')]", "[format('x'", "['a' 'b']", "[]"] {
            assert!(scope.value(&json!(wrong)).is_err() || wrong == "[format('x'", "{wrong}");
        }
    }
}
