//! No secret stands in a file: names that mean one hold a variable, and nothing looks like one.

use azure_pipelines::Node;

use super::super::Finding;
use super::files::{Files, finding};

/// Words in names of what should not be read.
const WORDS: [&str; 9] =
    ["password", "passwd", "secret", "apikey", "accountkey", "accesskey", "privatekey", "sastoken", "connectionstring"];

/// Checks every scalar of every file.
pub fn check(files: &Files<'_>, findings: &mut Vec<Finding>) {
    for (_, file) in files.iter() {
        file.walk(&mut |node, _| {
            if let Some(what) = node.text().and_then(looks_like) {
                findings.push(finding(
                    &node.place,
                    format!("this looks like {what}; keep it in a Key Vault variable group"),
                ));
            }
            for (key, value) in node.entries() {
                named(key.text().unwrap_or_default(), value, findings);
            }
            if let (Some(name), Some(value)) = (node.text_at("name"), node.get("value")) {
                named(name, value, findings);
            }
        });
    }
}

fn named(name: &str, value: &Node, findings: &mut Vec<Finding>) {
    let bare: String = name.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let means_secret = WORDS.iter().any(|word| bare.contains(word))
        || name.to_uppercase().ends_with("_KEY")
        || bare.ends_with("token");
    let literal = value.text().is_some_and(|text| !text.is_empty() && !text.contains("$(") && !text.contains("${{"));
    // Names of secrets, types of secrets and the like are no secrets.
    let harmless = ["secretname", "secrettype", "secretsfilter"].contains(&bare.as_str())
        || value.text().is_some_and(|text| text == "true" || text == "false");
    if means_secret && literal && !harmless {
        findings.push(finding(&value.place, format!("`{name}` holds a secret in plain text; take it from a variable")));
    }
}

/// What a literal gives itself away as.
fn looks_like(text: &str) -> Option<&'static str> {
    let long_run = |start: &str, length: usize| {
        text.find(start).is_some_and(|at| {
            let tail = &text[at + start.len()..];
            tail.chars().take_while(|c| c.is_ascii_alphanumeric() || "+/=_-.%".contains(*c)).count() >= length
        })
    };
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        Some("a private key")
    } else if long_run("AccountKey=", 40) || long_run("SharedAccessKey=", 20) {
        Some("a connection string with its key")
    } else if long_run("sig=", 30) {
        Some("a shared access signature")
    } else if long_run("eyJ", 60) {
        Some("a token")
    } else {
        None
    }
}
