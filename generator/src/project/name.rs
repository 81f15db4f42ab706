//! Names with rules: one newtype for each, which cannot hold a name that its service refuses.
//!
//! The rules are those of Microsoft Learn, "Naming rules and restrictions for Azure resources", and of the Azure ML
//! and Azure DevOps documentation where that page is silent.

use std::fmt;

use super::text::{hazard, unprintable};

/// The characters and lengths that a service accepts.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What the name names, for messages: `storage account`.
    pub what: &'static str,
    /// Least number of characters.
    pub min: usize,
    /// Greatest number of characters.
    pub max: usize,
    /// What is allowed, in words for messages.
    pub allowed: &'static str,
    /// Whether a character may occur anywhere in the name.
    pub char: fn(char) -> bool,
    /// Whether the first character is right.
    pub first: fn(char) -> bool,
    /// Whether the last character is right.
    pub last: fn(char) -> bool,
    /// Whether hyphens stand alone.
    pub single_hyphens: bool,
}

impl Rule {
    /// Says what is wrong with `name`, or nothing.
    ///
    /// # Errors
    /// A phrase that names the rule that is broken.
    pub fn check(&self, name: &str) -> Result<(), String> {
        let length = name.chars().count();
        let what = self.with_article();
        if length < self.min || length > self.max {
            return Err(format!("{what} has {} to {} characters, this has {length}", self.min, self.max));
        }
        if let Some(bad) = name.chars().find(|c| !(self.char)(*c)) {
            return Err(format!("{what} holds {}, not {bad:?}", self.allowed));
        }
        let ends = [(name.chars().next(), self.first, "start with"), (name.chars().next_back(), self.last, "end in")];
        for (c, fits, verb) in ends {
            if let Some(bad) = c.filter(|c| !fits(*c)) {
                return Err(format!("{what} holds {}; it does not {verb} {bad:?}", self.allowed));
            }
        }
        if self.single_hyphens && name.contains("--") {
            return Err(format!("{what} has no two hyphens in a row"));
        }
        Ok(())
    }

    fn with_article(&self) -> String {
        let vowel = self.what.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
        format!("{} {}", if vowel { "an" } else { "a" }, self.what)
    }
}

/// Whether what [`Rule::check`] says is of signs: then a name with others is near.
pub(super) fn is_of_signs(why: &str) -> bool {
    let sign = why.contains(", not '") || why.contains("; it does not ");
    why.contains(" holds ") && sign || why.ends_with("has no two hyphens in a row")
}

fn lower(c: char) -> bool {
    c.is_ascii_lowercase()
}
fn letter(c: char) -> bool {
    c.is_ascii_alphabetic()
}
fn lower_digit(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}
fn alnum(c: char) -> bool {
    c.is_ascii_alphanumeric()
}
fn host_char(c: char) -> bool {
    lower_digit_hyphen(c) || c == '.'
}
fn lower_digit_hyphen(c: char) -> bool {
    lower_digit(c) || c == '-'
}
fn alnum_hyphen(c: char) -> bool {
    alnum(c) || c == '-'
}
fn alnum_hyphen_underscore(c: char) -> bool {
    alnum_hyphen(c) || c == '_'
}
fn alnum_underscore(c: char) -> bool {
    alnum(c) || c == '_'
}
fn letter_underscore(c: char) -> bool {
    letter(c) || c == '_'
}
fn group_char(c: char) -> bool {
    c.is_alphanumeric() || "-_.()".contains(c)
}
fn group_last(c: char) -> bool {
    group_char(c) && c != '.'
}
fn devops_char(c: char) -> bool {
    !unprintable(c) && !"\\/:*?\"<>|;#$*{},+=[]".contains(c)
}
fn devops_edge(c: char) -> bool {
    devops_char(c) && c != '.' && c != '_' && c != ' '
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident: $what:literal, $min:literal..=$max:literal, $allowed:literal, $char:ident, $first:ident, $last:ident, $single:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// What the service accepts.
            pub const RULE: Rule = Rule { what: $what, min: $min, max: $max, allowed: $allowed, char: $char, first: $first, last: $last, single_hyphens: $single };

            /// Accepts a name that its service accepts.
            ///
            /// # Errors
            /// Which rule the name breaks, as a phrase.
            pub fn parse(name: &str) -> Result<Self, String> {
                Self::RULE.check(name).map(|()| Self(name.to_owned()))
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// The project: also a prefix of resource names and the name of the package.
    ProjectName: "project name", 1..=24, "lower-case letters, digits and hyphens, starting with a letter", lower_digit_hyphen, lower, lower_digit, true;
    /// An environment: `qa`, `production`.
    EnvironmentName: "environment name", 2..=20, "lower-case letters, digits and hyphens, starting with a letter", lower_digit_hyphen, lower, lower_digit, true;
    /// Resource group: 1-90, letters, digits, `-_.()`, not ending in a full stop.
    ResourceGroupName: "resource group name", 1..=90, "letters, digits, hyphens, underscores, full stops and parentheses, not ending in a full stop", group_char, group_char, group_last, false;
    /// Storage account: 3-24 lower-case letters and digits; unique in all of Azure.
    StorageAccountName: "storage account name", 3..=24, "lower-case letters and digits only", lower_digit, lower_digit, lower_digit, false;
    /// Blob container: 3-63 lower-case letters, digits and hyphens.
    ContainerName: "blob container name", 3..=63, "lower-case letters, digits and hyphens, starting and ending with a letter or digit", lower_digit_hyphen, lower_digit, lower_digit, true;
    /// Key Vault: 3-24; unique in all of Azure; a soft-deleted name stays taken.
    KeyVaultName: "key vault name", 3..=24, "letters, digits and hyphens, starting with a letter and ending with a letter or digit", alnum_hyphen, letter, alnum, true;
    /// Secret of a Key Vault: 1-127.
    SecretName: "key vault secret name", 1..=127, "letters, digits and hyphens", alnum_hyphen, alnum_hyphen, alnum_hyphen, false;
    /// Container Registry: 5-50 letters and digits; unique in all of Azure.
    RegistryName: "container registry name", 5..=50, "letters and digits only", alnum, alnum, alnum, false;
    /// Azure ML workspace: 3-33.
    WorkspaceName: "machine learning workspace name", 3..=33, "letters, digits, hyphens and underscores, starting with a letter or digit", alnum_hyphen_underscore, alnum, alnum_hyphen_underscore, false;
    /// Azure ML compute: 2-16 letters, digits and hyphens.
    ComputeName: "compute name", 2..=16, "letters, digits and hyphens, starting with a letter and ending with a letter or digit", alnum_hyphen, letter, alnum, false;
    /// Azure ML online or batch endpoint: 3-32; unique in the region.
    EndpointName: "endpoint name", 3..=32, "lower-case letters, digits and hyphens, starting with a letter and ending with a letter or digit", lower_digit_hyphen, lower, lower_digit, true;
    /// Azure ML model, data asset or environment.
    AssetName: "asset name", 1..=255, "letters, digits, hyphens and underscores, starting with a letter or digit", alnum_hyphen_underscore, alnum, alnum_hyphen_underscore, false;
    /// Container group (Azure Container Instances): 1-63.
    ContainerGroupName: "container group name", 1..=63, "lower-case letters, digits and hyphens, starting with a letter and ending with a letter or digit", lower_digit_hyphen, lower, lower_digit, true;
    /// AKS cluster: 1-63.
    ClusterName: "AKS cluster name", 1..=63, "letters, digits, hyphens and underscores, starting and ending with a letter or digit", alnum_hyphen_underscore, alnum, alnum, false;
    /// Kubernetes namespace (RFC 1123 label).
    NamespaceName: "Kubernetes namespace", 1..=63, "lower-case letters, digits and hyphens, starting and ending with a letter or digit", lower_digit_hyphen, lower_digit, lower_digit, false;
    /// A resource whose only rule is the common one: 3-63 letters, digits and hyphens.
    ResourceName: "resource name", 3..=63, "letters, digits and hyphens, starting with a letter and ending with a letter or digit", alnum_hyphen, letter, alnum, false;
    /// A variable of Azure Pipelines, usable as an environment variable: letters, digits and underscores.
    VariableName: "variable name", 1..=100, "letters, digits and underscores, starting with a letter or underscore", alnum_underscore, letter_underscore, alnum_underscore, false;
    /// Organization of Azure DevOps, as in `https://dev.azure.com/<organization>`.
    OrganizationName: "organization name", 1..=50, "letters, digits and hyphens, starting and ending with a letter or digit", alnum_hyphen, alnum, alnum, false;
    /// Project of Azure DevOps.
    DevOpsProjectName: "Azure DevOps project name", 1..=64, "no control characters and none of \\ / : * ? \" < > | ; # $ { } , + = [ ], and no full stop, underscore or space at its ends", devops_char, devops_edge, devops_edge, false;
    /// Repository, pipeline, variable group, service connection or environment of Azure DevOps.
    DevOpsName: "Azure DevOps name", 1..=64, "no control characters and none of \\ / : * ? \" < > | ; # $ { } , + = [ ], and no full stop, underscore or space at its ends", devops_char, devops_edge, devops_edge, false;
    /// Azure region, in its short form: `westeurope`.
    Location: "Azure location", 3..=40, "lower-case letters and digits, as in `westeurope`", lower_digit, lower, lower_digit, false;
    /// Host name, in lower case.
    HostName: "host name", 4..=253, "lower-case letters, digits, hyphens and full stops, starting and ending with a letter or digit", host_char, lower_digit, lower_digit, false;
}

/// Header of a column of the data, as it stands in the file: any text that Azure Pipelines would not execute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnName(String);

impl ColumnName {
    /// Accepts a header of at most 256 characters.
    ///
    /// # Errors
    /// What is in it that cannot be kept, as a phrase.
    pub fn parse(header: &str) -> Result<Self, String> {
        if header.is_empty() {
            return Err("a column has a header, and this is empty".to_owned());
        }
        let length = header.chars().count();
        if length > 256 {
            return Err(format!("a column name has at most 256 characters, this has {length}"));
        }
        match hazard(header) {
            Some(why) => Err(why),
            None => Ok(Self(header.to_owned())),
        }
    }

    /// The header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
