//! Expressions of every file as it stands, before anything is expanded: each parses, and names only what is there.

use azure_pipelines::Node;
use azure_pipelines::expression::{Context, parse};
use azure_pipelines::template::{Directive, Piece, directive, pieces, runtime};

use super::super::Finding;
use super::files::{Files, finding};

/// Checks the expressions of every file.
pub fn check(files: &Files<'_>, findings: &mut Vec<Finding>) {
    for (_, node) in files.iter() {
        let mut checker = Checker { declared: parameters(node), loops: Vec::new(), findings };
        checker.node(node, "");
    }
}

/// Names of the parameters that a file declares; `None` for the old form, which takes any.
fn parameters(file: &Node) -> Option<Vec<String>> {
    match file.get("parameters") {
        None => Some(Vec::new()),
        Some(list) if !list.items().is_empty() => {
            Some(list.items().iter().filter_map(|p| p.text_at("name")).map(str::to_lowercase).collect())
        }
        Some(_) => None,
    }
}

struct Checker<'a> {
    declared: Option<Vec<String>>,
    loops: Vec<String>,
    findings: &'a mut Vec<Finding>,
}

impl Checker<'_> {
    /// `key` is the nearest key above.
    fn node(&mut self, node: &Node, key: &str) {
        if let Some(text) = node.text() {
            self.scalar(node, text, key);
        }
        for item in node.items() {
            self.node(item, key);
        }
        let mut before = None;
        for (name, value) in node.entries() {
            let loops = self.loops.len();
            let text = name.text().unwrap_or_default();
            match directive(text) {
                Some(Ok(found)) => {
                    self.directive(name, &found, before);
                    before = Some(matches!(found, Directive::If(_) | Directive::ElseIf(_)));
                }
                Some(Err(message)) => self.findings.push(finding(&name.place, message)),
                None => {
                    before = None;
                    self.scalar(name, text, "");
                }
            }
            let below = if text.starts_with("${{") { key } else { text };
            self.node(value, below);
            self.loops.truncate(loops);
        }
    }

    fn directive(&mut self, node: &Node, found: &Directive<'_>, before: Option<bool>) {
        match found {
            Directive::If(condition) => self.expression(node, condition, Context::Template),
            Directive::ElseIf(condition) => self.expression(node, condition, Context::Template),
            Directive::Else | Directive::Insert => {}
            Directive::Each { variable, list } => {
                self.expression(node, list, Context::Template);
                self.loops.push((*variable).to_owned());
            }
        }
        // In a list every branch is an item of its own, so only a mapping shows what stands before.
        let orphan = matches!(found, Directive::Else | Directive::ElseIf(_)) && before == Some(false);
        if orphan {
            self.findings.push(finding(&node.place, "`else` and `elseif` follow an `if`"));
        }
    }

    fn scalar(&mut self, node: &Node, text: &str, key: &str) {
        let found = match pieces(text) {
            Ok(found) => found,
            Err(message) => {
                self.findings.push(finding(&node.place, message));
                return;
            }
        };
        let mut plain = String::new();
        for piece in found {
            match piece {
                Piece::Text(text) => plain.push_str(text),
                Piece::Expression(body) => {
                    // Whatever it becomes, a literal in its place keeps the run-time expression around it readable.
                    plain.push_str("true");
                    if directive(&format!("${{{{ {body} }}}}")).is_some() {
                        self.findings
                            .push(finding(&node.place, format!("`{body}` stands as a key, with a colon after it")));
                    } else {
                        self.expression(node, body, Context::Template);
                    }
                }
            }
        }
        if let Some(body) = runtime(&plain) {
            let context = if key == "condition" { Context::Condition } else { Context::Runtime };
            self.expression(node, body, context);
        } else if key == "condition" && !plain.trim().is_empty() {
            self.expression(node, &plain, Context::Condition);
        }
    }

    fn expression(&mut self, node: &Node, body: &str, context: Context) {
        let expression = match parse(body, context, &self.loops) {
            Ok(expression) => expression,
            Err(error) => {
                self.findings.push(finding(&node.place, error.message));
                return;
            }
        };
        let mut messages = Vec::new();
        expression.walk(&mut |part| {
            if let Some([context, name, ..]) = part.path().as_deref()
                && context.eq_ignore_ascii_case("parameters")
                && self.declared.as_ref().is_some_and(|declared| !declared.contains(&name.to_lowercase()))
            {
                messages.push(format!("parameter `{name}` is not declared in this file"));
            }
        });
        messages.dedup();
        self.findings.extend(messages.into_iter().map(|message| finding(&node.place, message)));
    }
}
