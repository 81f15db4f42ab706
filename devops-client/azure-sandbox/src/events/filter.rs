//! Which events an event subscription is for. (Document: "Understand event filtering for Event Grid subscriptions".)

use serde_json::Value;

/// A filter of an event subscription.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter {
    types: Option<Vec<String>>,
    begins: String,
    ends: String,
    cased: bool,
    more: Vec<More>,
}

/// An advanced filter: every one of them must fit.
#[derive(Clone, Debug, PartialEq)]
struct More {
    operator: &'static str,
    key: String,
    values: Vec<Value>,
}

const OPERATORS: [&str; 16] = [
    "StringIn",
    "StringNotIn",
    "StringBeginsWith",
    "StringNotBeginsWith",
    "StringEndsWith",
    "StringNotEndsWith",
    "StringContains",
    "StringNotContains",
    "NumberIn",
    "NumberNotIn",
    "NumberGreaterThan",
    "NumberGreaterThanOrEquals",
    "NumberLessThan",
    "NumberLessThanOrEquals",
    "BoolEquals",
    "IsNotNull",
];

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// What in it is not known, by name.
    pub fn read(value: &Value) -> Result<Self, String> {
        let mut filter = Self::default();
        for (key, value) in value.as_object().into_iter().flatten() {
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` of a filter is a text"));
            match key.as_str() {
                "includedEventTypes" => {
                    let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                    filter.types = (!value.is_null()).then(|| names.map(str::to_owned).collect());
                }
                "subjectBeginsWith" => filter.begins = text()?,
                "subjectEndsWith" => filter.ends = text()?,
                "isSubjectCaseSensitive" => filter.cased = value == true,
                "enableAdvancedFilteringOnArrays" if value == false => {}
                "advancedFilters" => {
                    let all = value.as_array().into_iter().flatten();
                    filter.more = all.map(More::read).collect::<Result<_, _>>()?;
                }
                _ => return Err(format!("`{key}` of the filter of an event subscription is not known")),
            }
        }
        Ok(filter)
    }

    /// Whether an event is one of those.
    pub fn fits(&self, event: &Value) -> bool {
        let fold = |text: &str| if self.cased { text.to_owned() } else { text.to_lowercase() };
        let subject = fold(event["subject"].as_str().unwrap_or_default());
        let kind = event["eventType"].as_str().unwrap_or_default();
        self.types.as_ref().is_none_or(|types| types.iter().any(|known| known.eq_ignore_ascii_case(kind)))
            && subject.starts_with(&fold(&self.begins))
            && subject.ends_with(&fold(&self.ends))
            && self.more.iter().all(|more| more.fits(event))
    }
}

impl More {
    fn read(value: &Value) -> Result<Self, String> {
        let kind = value["operatorType"].as_str().unwrap_or_default();
        let operator = OPERATORS.iter().find(|known| **known == kind);
        let operator = operator.ok_or_else(|| format!("the operator `{kind}` of an advanced filter is not known"))?;
        let known = ["operatorType", "key", "value", "values"];
        if let Some((key, _)) = value.as_object().into_iter().flatten().find(|(key, _)| !known.contains(&key.as_str()))
        {
            return Err(format!("`{key}` of an advanced filter is not known"));
        }
        let key = value["key"].as_str().ok_or("an advanced filter has a `key`")?.to_owned();
        let values = match (value.get("value"), value["values"].as_array()) {
            (Some(one), _) => vec![one.clone()],
            (None, all) => all.cloned().unwrap_or_default(),
        };
        Ok(Self { operator, key, values })
    }

    fn fits(&self, event: &Value) -> bool {
        let found = self.key.split('.').try_fold(event, |value, part| value.get(part)).unwrap_or(&Value::Null);
        let text = found.as_str().map(str::to_lowercase);
        let texts = || self.values.iter().filter_map(Value::as_str).map(str::to_lowercase);
        let any = |fits: &dyn Fn(&str, &str) -> bool| {
            text.as_ref().is_some_and(|text| texts().any(|value| fits(text, &value)))
        };
        let number = |fits: &dyn Fn(f64, f64) -> bool| {
            let found = found.as_f64();
            found.is_some_and(|found| self.values.iter().filter_map(Value::as_f64).any(|value| fits(found, value)))
        };
        match self.operator {
            "StringIn" => any(&|a, b| a == b),
            "StringNotIn" => !any(&|a, b| a == b),
            "StringBeginsWith" => any(&|a, b| a.starts_with(b)),
            "StringNotBeginsWith" => !any(&|a, b| a.starts_with(b)),
            "StringEndsWith" => any(&|a, b| a.ends_with(b)),
            "StringNotEndsWith" => !any(&|a, b| a.ends_with(b)),
            "StringContains" => any(&|a, b| a.contains(b)),
            "StringNotContains" => !any(&|a, b| a.contains(b)),
            "NumberIn" => number(&|a, b| a == b),
            "NumberNotIn" => !number(&|a, b| a == b),
            "NumberGreaterThan" => number(&|a, b| a > b),
            "NumberGreaterThanOrEquals" => number(&|a, b| a >= b),
            "NumberLessThan" => number(&|a, b| a < b),
            "NumberLessThanOrEquals" => number(&|a, b| a <= b),
            "BoolEquals" => self.values.contains(found) && found.is_boolean(),
            _ => !found.is_null(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_fit_by_type_subject_and_every_advanced_filter() {
        let event =
            json!({ "eventType": "A.B", "subject": "/c/Incoming/x.CSV", "data": { "n": 5, "s": "Text", "b": true } });
        let more = |operator: &str, key: &str, values: Value| json!({ "advancedFilters": [{ "operatorType": operator, "key": key, "values": values }] });
        for (filter, expected) in [
            (json!({}), true),
            (json!({ "includedEventTypes": ["a.b"] }), true),
            (json!({ "includedEventTypes": ["A.C"] }), false),
            (json!({ "subjectBeginsWith": "/c/incoming/", "subjectEndsWith": ".csv" }), true),
            (json!({ "subjectBeginsWith": "/c/incoming/", "isSubjectCaseSensitive": true }), false),
            (json!({ "subjectBeginsWith": "/d/" }), false),
            (more("StringIn", "data.s", json!(["x", "TEXT"])), true),
            (more("StringNotContains", "data.s", json!(["ex"])), false),
            (more("StringBeginsWith", "subject", json!(["/c/"])), true),
            (more("NumberIn", "data.n", json!([5.0])), true),
            (more("IsNotNull", "data.gone", json!([])), false),
            (
                json!({ "advancedFilters": [{ "operatorType": "NumberGreaterThan", "key": "data.n", "value": 5 }] }),
                false,
            ),
            (json!({ "advancedFilters": [{ "operatorType": "BoolEquals", "key": "data.b", "value": true }] }), true),
        ] {
            assert_eq!(Filter::read(&filter).unwrap().fits(&event), expected, "{filter}");
        }
        for (odd, says) in [
            (json!({ "subjectContains": "x" }), "`subjectContains`"),
            (more("StringLike", "a", json!([])), "`StringLike`"),
        ] {
            assert!(Filter::read(&odd).unwrap_err().contains(says));
        }
    }
}
