//! Variables, plain and secret.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::extra::Extra;
use crate::secret::Secret;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum VariableContent {
    /// A value that anybody may see.
    Plain(String),
    /// A secret; `None` when it is not known here, as the service never sends it back. Sent back as `None`, it stays
    /// as it is in the service.
    Secret(Option<Secret>),
}

/// A variable of a group, a definition or a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its value.
    pub content: VariableContent,
    /// Everything else, such as `enabled`, `expires` and `contentType` of a Key Vault secret.
    pub extra: Extra,
}

impl Variable {
    /// A plain variable.
    pub fn plain(value: impl Into<String>) -> Self {
        Self { content: VariableContent::Plain(value.into()), extra: Extra::new() }
    }

    /// A secret variable.
    pub fn secret(value: impl Into<Secret>) -> Self {
        Self { content: VariableContent::Secret(Some(value.into())), extra: Extra::new() }
    }

    /// A variable that maps a secret of a vault.
    pub(crate) fn key_vault() -> Self {
        let mut extra = Extra::new();
        extra.insert("enabled".into(), true.into());
        extra.insert("contentType".into(), "".into());
        extra.insert("expires".into(), serde_json::Value::Null);
        Self { content: VariableContent::Secret(None), extra }
    }

    /// Whether it is a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self.content, VariableContent::Secret(_))
    }

    /// The value, if it is not a secret.
    pub fn value(&self) -> Option<&str> {
        match &self.content {
            VariableContent::Plain(value) => Some(value),
            VariableContent::Secret(_) => None,
        }
    }

    /// Whether it holds a value that the service will not give back.
    pub(crate) fn hides(&self) -> bool {
        matches!(self.content, VariableContent::Secret(Some(_)))
    }

    /// Whether both are secret, or both are plain and equal.
    pub(crate) fn matches(&self, other: &Variable) -> bool {
        self.is_secret() == other.is_secret() && self.value() == other.value()
    }
}

impl From<&str> for Variable {
    fn from(value: &str) -> Self {
        Self::plain(value)
    }
}

impl From<Secret> for Variable {
    fn from(value: Secret) -> Self {
        Self::secret(value)
    }
}

impl Serialize for Variable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Plain<'a> {
            value: &'a str,
            is_secret: bool,
            #[serde(flatten)]
            extra: &'a Extra,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Hidden<'a> {
            #[serde(serialize_with = "crate::secret::serialize")]
            value: &'a Secret,
            is_secret: bool,
            #[serde(flatten)]
            extra: &'a Extra,
        }
        // A secret without its value stays what it is. Key Vault groups carry an explicit null.
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Kept<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            value: Option<()>,
            is_secret: bool,
            #[serde(flatten)]
            extra: &'a Extra,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Mapped<'a> {
            value: (),
            is_secret: bool,
            #[serde(flatten)]
            extra: &'a Extra,
        }
        let extra = &self.extra;
        match &self.content {
            VariableContent::Plain(value) => Plain { value, is_secret: false, extra }.serialize(serializer),
            VariableContent::Secret(Some(value)) => Hidden { value, is_secret: true, extra }.serialize(serializer),
            VariableContent::Secret(None) if extra.contains_key("enabled") => {
                Mapped { value: (), is_secret: true, extra }.serialize(serializer)
            }
            VariableContent::Secret(None) => Kept { value: None, is_secret: true, extra }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Variable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            #[serde(default)]
            value: Option<String>,
            #[serde(default)]
            is_secret: Option<bool>,
            #[serde(flatten)]
            extra: Extra,
        }
        let Wire { value, is_secret, extra } = Wire::deserialize(deserializer)?;
        let content = if is_secret == Some(true) {
            VariableContent::Secret(value.filter(|value| !value.is_empty()).map(Secret::new))
        } else {
            VariableContent::Plain(value.unwrap_or_default())
        };
        Ok(Self { content, extra })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted;

    fn wire(variable: &Variable) -> String {
        String::from_utf8(crate::secret::for_wire(variable).unwrap().0).unwrap()
    }

    #[test]
    fn each_kind_of_variable_has_its_shape_on_the_wire() {
        assert_eq!(wire(&Variable::plain("v")), r#"{"value":"v","isSecret":false}"#);
        assert_eq!(
            wire(&Variable::secret(planted::TOKEN)),
            format!(r#"{{"value":"{}","isSecret":true}}"#, planted::TOKEN)
        );
        assert_eq!(
            wire(&Variable::key_vault()),
            r#"{"value":null,"isSecret":true,"enabled":true,"contentType":"","expires":null}"#
        );
        let kept: Variable = serde_json::from_str(r#"{"value":null,"isSecret":true}"#).unwrap();
        assert_eq!(wire(&kept), r#"{"isSecret":true}"#, "a secret that is not known is sent back without a value");
    }

    #[test]
    fn a_secret_value_is_shown_nowhere() {
        let secret = Variable::secret(planted::SECRET);
        assert!(!format!("{secret:?}").contains(planted::MARK));
        assert!(!serde_json::to_string(&secret).unwrap().contains(planted::MARK));
    }
}
