//! Patterns and lengths of names (Microsoft Learn, "Naming rules and restrictions for Azure resources").

use super::wanted::{Refused, Wanted};

/// A rule for the names of one type.
struct Rule {
    /// The type, in lower case.
    kind: &'static str,
    /// Least and greatest length.
    length: (usize, usize),
    /// Characters beside lower-case letters and digits; `A` for upper-case letters.
    also: &'static str,
    /// What the first character must be: a letter, or a letter or digit.
    letter_first: bool,
    /// Whether the last may be a hyphen and the like, and whether two may follow one another.
    loose: bool,
    /// Code of the error.
    code: &'static str,
    /// The message, with `{}` for the name.
    message: &'static str,
}

const STRICT: Rule = Rule {
    kind: "",
    length: (1, 63),
    also: "A-",
    letter_first: true,
    loose: false,
    code: "InvalidResourceName",
    message: "The resource name '{}' is invalid.",
};

const RULES: [Rule; 12] = [
    Rule {
        kind: "microsoft.storage/storageaccounts",
        length: (3, 24),
        also: "",
        letter_first: false,
        code: "AccountNameInvalid",
        message: "{} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.storage/storageaccounts/blobservices/containers",
        length: (3, 63),
        also: "-",
        letter_first: false,
        code: "ContainerOperationFailure",
        message: "The specifed resource name contains invalid characters or has a wrong length: '{}'.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.keyvault/vaults",
        length: (3, 24),
        code: "VaultNameNotValid",
        message: "The vault name '{}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742",
        ..STRICT
    },
    Rule {
        kind: "microsoft.containerregistry/registries",
        length: (5, 50),
        also: "A",
        letter_first: false,
        message: "The registry name '{}' is invalid. Registry names have 5 to 50 alphanumeric characters.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.managedidentity/userassignedidentities",
        length: (3, 128),
        also: "A-_",
        letter_first: false,
        loose: true,
        message: "The identity name '{}' is invalid. It has 3 to 128 alphanumerics, hyphens and underscores, and starts with a letter or number.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.machinelearningservices/workspaces",
        length: (3, 33),
        also: "A-_",
        letter_first: false,
        loose: true,
        code: "ValidationError",
        message: "Workspace name '{}' is invalid. It must be between 3 and 33 characters long. Its first character has to be alphanumeric, and the rest may contain hyphens and underscores. No whitespace is allowed.",
    },
    Rule {
        kind: "microsoft.machinelearningservices/workspaces/computes",
        length: (2, 32),
        code: "ValidationError",
        message: "Compute name '{}' is invalid. It has 2 to 32 letters, digits and hyphens, starts with a letter and ends with a letter or digit.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.containerinstance/containergroups",
        also: "-",
        letter_first: false,
        message: "The container group name '{}' is invalid. It has 1 to 63 lower-case letters, digits and hyphens, no hyphen first, last or twice.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.containerservice/managedclusters",
        also: "A-_",
        letter_first: false,
        loose: true,
        message: "The managed cluster name '{}' is invalid. It has 1 to 63 alphanumerics, underscores and hyphens, and starts and ends with an alphanumeric.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.network/virtualnetworks",
        length: (2, 64),
        also: "A-_.",
        letter_first: false,
        loose: true,
        message: "Resource name {} is invalid. The name can be up to 64 characters long. It must begin with a word character, and it must end with a word character or with '_'.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.logic/workflows",
        length: (1, 43),
        also: "A-_.",
        letter_first: false,
        loose: true,
        message: "The workflow name '{}' is invalid. It has 1 to 43 alphanumerics, hyphens, underscores and periods.",
        ..STRICT
    },
    Rule {
        kind: "microsoft.eventgrid/systemtopics",
        length: (3, 128),
        also: "A-",
        letter_first: false,
        loose: true,
        message: "The system topic name '{}' is invalid. It has 3 to 128 alphanumerics and hyphens.",
        ..STRICT
    },
];

impl Rule {
    fn takes(&self, name: &str) -> bool {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let letter = |c: char| plain(c) || (self.also.contains('A') && c.is_ascii_uppercase());
        let good = |c: char| letter(c) || (c != 'A' && self.also.contains(c));
        let edge = |c: Option<char>| c.is_some_and(letter);
        let marks: Vec<bool> = name.chars().map(|c| !letter(c)).collect();
        (self.length.0..=self.length.1).contains(&name.chars().count())
            && name.chars().all(good)
            && edge(name.chars().next())
            && (!self.letter_first || name.starts_with(|c: char| c.is_ascii_alphabetic()))
            && (self.loose || (edge(name.chars().last()) && !marks.windows(2).any(|pair| pair == [true, true])))
    }
}

pub(super) fn refused(wanted: &Wanted<'_>) -> Option<Refused> {
    let rule = RULES.iter().find(|rule| rule.kind == wanted.kind)?;
    if rule.takes(wanted.name) {
        return None;
    }
    Refused::new(400, rule.code, rule.message.replace("{}", wanted.name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::wanted::{Refused, judged_by};
    use super::refused;

    fn judged(there: &[(&str, serde_json::Value)], id: &str, body: &serde_json::Value) -> Option<Refused> {
        judged_by(refused, there, id, body)
    }

    #[test]
    fn each_type_has_its_own_pattern_and_length() {
        // Type, names that are taken, names that are not.
        let rows: [(&str, &[&str], &[&str]); 12] = [
            (
                "Microsoft.Storage/storageAccounts",
                &["abc", "a1b2c3"],
                &["ab", "Abc", "a-bc", "abcdefghijklmnopqrstuvwxy"],
            ),
            (
                "Microsoft.Storage/storageAccounts/blobServices/containers",
                &["logs", "a-b"],
                &["ab", "Logs", "-ab", "a--b"],
            ),
            (
                "Microsoft.KeyVault/vaults",
                &["kv-1", "Kv1"],
                &["1kv", "kv-", "kv--1", "kv_1", "abcdefghijklmnopqrstuvwxy"],
            ),
            ("Microsoft.ContainerRegistry/registries", &["Five5"], &["four", "with-hyphen"]),
            ("Microsoft.ManagedIdentity/userAssignedIdentities", &["a_b-", "1ab"], &["ab", "_ab", "a.b"]),
            (
                "Microsoft.MachineLearningServices/workspaces",
                &["ml_1", "1ml"],
                &["ml", "-ml", "abcdefghijklmnopqrstuvwxyz12345678"],
            ),
            (
                "Microsoft.MachineLearningServices/workspaces/computes",
                &["cpu-1"],
                &["c", "1cpu", "cpu-", "abcdefghijklmnopqrstuvwxyz1234567"],
            ),
            ("Microsoft.ContainerInstance/containerGroups", &["a", "a-1"], &["A", "-a", "a-", "a--b"]),
            ("Microsoft.ContainerService/managedClusters", &["Aks_1"], &["-aks", "a.b"]),
            ("Microsoft.Network/virtualNetworks", &["a.b-_"], &["a", "-ab"]),
            ("Microsoft.Logic/workflows", &["a.b_c"], &["a b", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr"]),
            ("Microsoft.EventGrid/systemTopics", &["a-b"], &["ab", "a_b"]),
        ];
        for (kind, good, bad) in rows {
            let id = |name: &str| {
                let (provider, types) = kind.split_once('/').unwrap();
                let types: Vec<&str> = types.split('/').collect();
                let (last, outer) = types.split_last().unwrap();
                let outer: String = outer.iter().map(|one| format!("/{one}/default")).collect();
                format!("/subscriptions/s/resourceGroups/g/providers/{provider}{outer}/{last}/{name}")
            };
            for name in good {
                assert_eq!(judged(&[], &id(name), &json!({})), None, "{kind}: {name}");
            }
            for name in bad {
                let refused = judged(&[], &id(name), &json!({})).unwrap_or_else(|| panic!("{kind}: {name}"));
                assert!(refused.status == 400 && refused.message.contains(name), "{refused:?}");
            }
        }
        let vault =
            judged(&[], "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/1kv", &json!({}));
        assert_eq!(vault.unwrap().code, "VaultNameNotValid");
    }
}
