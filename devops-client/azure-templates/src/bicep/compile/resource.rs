//! Resources and modules.

use serde_json::{Map, Value, json};

use super::super::ast::*;
use super::super::functions::did_you_mean;
use super::found::Found;
use super::{DEPLOYMENTS, Locals, Symbol, Target, Unit, module_path, problem};
use crate::arm::expression::Arm;
use crate::{Place, Problem};

/// Properties of a resource that belong to Bicep, not to the template.
const OWN: [&str; 4] = ["name", "parent", "scope", "dependsOn"];

/// The id of a vault, and the name and the version of a secret in it.
type Secret<'e> = (Arm, &'e Expr, Option<&'e Expr>);

impl<'a> Unit<'a> {
    /// Type and API version of a resource.
    pub(super) fn type_of<'b>(&self, block: &'b Block, at: Place) -> Result<(&'b str, &'b str), Problem> {
        match block.reference.split_once('@') {
            Some((kind, version)) if kind.contains('/') && !version.is_empty() => Ok((kind, version)),
            _ => {
                let message =
                    format!("`{}` is no resource type with a version: `Provider/type@2025-01-01`", block.reference);
                problem(at, message)
            }
        }
    }

    /// What the body gives as the name.
    pub(super) fn block_name(&self, block: &Block, locals: &Locals, at: Place) -> Result<Arm, Problem> {
        match block.property("name") {
            Some(name) => self.convert(name, locals),
            None => problem(at, "a resource or module needs a `name`"),
        }
    }

    /// The parent of a resource, and the item that is meant if that is a list.
    fn parent(&self, block: &Block, locals: &Locals) -> Result<Option<(&'a Block, Locals)>, Problem> {
        let Some(parent) = block.property("parent") else {
            return Ok(None);
        };
        let (name, index) = match &parent.bare().kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Index { base, index, .. } => match &base.bare().kind {
                ExprKind::Name(name) => (name, Some(index)),
                _ => return problem(parent.at, "a parent is a resource of this file"),
            },
            _ => return problem(parent.at, "a parent is a resource of this file"),
        };
        let Symbol::Resource(resource) = self.symbol(name, parent.at)? else {
            return problem(parent.at, format!("`{name}` is no resource, so it is no parent"));
        };
        let inner = match (&resource.repeat, index) {
            (Some(head), Some(index)) => {
                let index = self.convert(index, locals)?;
                self.loop_locals(head, &index, &Locals::default())?
            }
            (None, None) => Locals::default(),
            _ => return problem(parent.at, "a parent is one resource: take an item of a list, and of nothing else"),
        };
        Ok(Some((resource, inner)))
    }

    /// The segments of a resource's name, outermost first: as many as its type has.
    fn segments(&self, block: &Block, locals: &Locals, at: Place) -> Result<Vec<Arm>, Problem> {
        let (kind, _) = self.type_of(block, at)?;
        let name = self.block_name(block, locals, at)?;
        let wanted = kind.matches('/').count();
        if let Some((parent, inner)) = self.parent(block, locals)? {
            let (parent_kind, _) = self.type_of(parent, at)?;
            let child = kind.to_ascii_lowercase();
            if child.rsplit_once('/').is_none_or(|(head, _)| head != parent_kind.to_ascii_lowercase()) {
                return problem(at, format!("`{kind}` is no child of `{parent_kind}`"));
            }
            let mut segments = self.segments(parent, &inner, at)?;
            segments.push(name);
            return Ok(segments);
        }
        if wanted == 1 {
            return Ok(vec![name]);
        }
        let parts = Arm::call("split", vec![name, Arm::text("/")]);
        Ok((0..wanted).map(|i| parts.clone().then(Arm::Int(i as i64))).collect())
    }

    pub(super) fn resource_id(&self, block: &Block, locals: &Locals, at: Place) -> Result<Arm, Problem> {
        let (kind, _) = self.type_of(block, at)?;
        let segments = self.segments(block, locals, at)?;
        // A child lives where its outermost parent lives.
        let mut root = block;
        let mut root_locals = locals.clone();
        while let Some((parent, inner)) = self.parent(root, &root_locals)? {
            (root, root_locals) = (parent, inner);
        }
        self.id_in_scope(root, kind, segments, &root_locals, at)
    }

    pub(super) fn module_id(&self, block: &Block, locals: &Locals, at: Place) -> Result<Arm, Problem> {
        let name = self.block_name(block, locals, at)?;
        self.id_in_scope(block, "Microsoft.Resources/deployments", vec![name], locals, at)
    }

    /// That an existing resource can be named: nothing of it is written.
    pub(super) fn check_existing(&self, block: &Block, at: Place) -> Result<(), Problem> {
        let locals = match &block.repeat {
            Some(head) => self.loop_locals(head, &Arm::call("copyIndex", Vec::new()), &Locals::default())?,
            None => Locals::default(),
        };
        self.resource_id(block, &locals, at).map(drop)
    }

    /// `copy` and `condition`, and the names of the loop.
    fn head(&self, declaration: &Declaration, block: &Block, out: &mut Map<String, Value>) -> Result<Locals, Problem> {
        let mut locals = Locals::default();
        if let Some(head) = &block.repeat {
            let mut copy = self.count(Some(&declaration.name), head, &locals)?;
            if let Some(batch) = declaration.decorators.iter().find(|d| d.name == "batchSize") {
                copy.insert("mode".into(), "serial".into());
                copy.insert("batchSize".into(), self.emit(&batch.arguments[0])?);
            }
            out.insert("copy".into(), copy.into());
            locals = self.loop_locals(head, &Arm::call("copyIndex", Vec::new()), &locals)?;
        }
        if let Some(condition) = &block.condition {
            out.insert("condition".into(), self.value(condition, &locals)?);
        }
        Ok(locals)
    }

    pub(super) fn resource(&self, declaration: &Declaration, block: &Block) -> Result<Value, Problem> {
        let at = declaration.at;
        let (kind, version) = self.type_of(block, at)?;
        let mut out = Map::new();
        let locals = self.head(declaration, block, &mut out)?;
        out.insert("type".into(), kind.into());
        out.insert("apiVersion".into(), version.into());
        self.scope_properties(block, &mut out, &locals, at)?;
        let name = if block.property("parent").is_some() {
            let segments = self.segments(block, &locals, at)?;
            let pattern: Vec<String> = (0..segments.len()).map(|i| format!("{{{i}}}")).collect();
            let mut arguments = vec![Arm::text(pattern.join("/"))];
            arguments.extend(segments);
            Arm::call("format", arguments)
        } else {
            self.block_name(block, &locals, at)?
        };
        out.insert("name".into(), name.into_json());
        let rest: Vec<Entry> = block.body.iter().filter(|entry| !is_own(entry)).cloned().collect();
        if let Some(Entry::Property { value, .. }) = rest
            .iter()
            .find(|e| matches!(e, Entry::Property { value, .. } if matches!(value.kind, ExprKind::For { .. })))
        {
            return problem(value.at, "a loop cannot be a property of the resource itself: put it into a variable");
        }
        out.append(&mut self.properties(&rest, &locals)?);
        self.depends_on(declaration, block, &mut out, &locals)?;
        self.decorate(declaration, &mut out, &[])?;
        Ok(out.into())
    }

    pub(super) fn module(&self, declaration: &Declaration, block: &Block, template: &Value) -> Result<Value, Problem> {
        const KNOWN: [&str; 4] = ["name", "scope", "params", "dependsOn"];
        let at = declaration.at;
        for entry in &block.body {
            match entry {
                Entry::Property { key, value, .. } if !key.literal().is_some_and(|k| KNOWN.contains(&k)) => {
                    let shown = key.literal().unwrap_or("…");
                    return problem(
                        value.at,
                        format!("a module has the properties {}, not `{shown}`", KNOWN.join(", ")),
                    );
                }
                Entry::Property { .. } => {}
                Entry::Spread(e) => return problem(e.at, "`...` does not fit here"),
            }
        }
        let mut out = Map::new();
        let locals = self.head(declaration, block, &mut out)?;
        out.insert("type".into(), "Microsoft.Resources/deployments".into());
        out.insert("apiVersion".into(), DEPLOYMENTS.into());
        out.insert("name".into(), self.block_name(block, &locals, at)?.into_json());
        self.scope_properties(block, &mut out, &locals, at)?;
        if self.needs_location(block)? {
            let source = if self.target == Target::ResourceGroup { "resourceGroup" } else { "deployment" };
            let location = Arm::call(source, Vec::new()).then(Arm::text("location"));
            out.insert("location".into(), location.into_json());
        }
        let mut properties = Map::new();
        properties.insert("expressionEvaluationOptions".into(), json!({ "scope": "inner" }));
        properties.insert("mode".into(), "Incremental".into());
        let given = self.module_parameters(block, template, &locals, at)?;
        if block.property("params").is_some() {
            properties.insert("parameters".into(), given.into());
        }
        properties.insert("template".into(), template.clone());
        out.insert("properties".into(), properties.into());
        self.depends_on(declaration, block, &mut out, &locals)?;
        self.decorate(declaration, &mut out, &[])?;
        Ok(out.into())
    }

    fn module_parameters(
        &self,
        block: &Block,
        template: &Value,
        locals: &Locals,
        at: Place,
    ) -> Result<Map<String, Value>, Problem> {
        let empty = Map::new();
        let declared = template.get("parameters").and_then(Value::as_object).unwrap_or(&empty);
        let mut given = Map::new();
        let entries: &[Entry] = match block.property("params") {
            Some(Expr { kind: ExprKind::Object(entries), .. }) => entries,
            Some(other) => return problem(other.at, "`params` is an object"),
            None => &[],
        };
        for entry in entries {
            let Entry::Property { key, value, .. } = entry else {
                return problem(at, "`...` does not fit into `params`");
            };
            let Some(name) = key.literal() else {
                return problem(value.at, "the name of a parameter holds no `${…}`");
            };
            let Some(parameter) = declared.get(name) else {
                let near = did_you_mean(name, declared.keys().map(String::as_str));
                return problem(value.at, format!("module `{}` has no parameter `{name}`{near}", block.reference));
            };
            check_literal(name, parameter, value)?;
            if given.insert(name.to_owned(), self.argument(value, locals)?).is_some() {
                return problem(value.at, format!("parameter `{name}` is given twice"));
            }
        }
        let missing: Vec<&str> = declared
            .iter()
            .filter(|(name, p)| p.get("defaultValue").is_none() && !given.contains_key(name.as_str()))
            .map(|(name, _)| name.as_str())
            .collect();
        if missing.is_empty() {
            return Ok(given);
        }
        problem(at, format!("module `{}` needs the parameter(s) {}", block.reference, missing.join(", ")))
    }

    /// `{"value": …}`, or a reference to a secret of a Key Vault.
    fn argument(&self, value: &Expr, locals: &Locals) -> Result<Value, Problem> {
        if let Some((id, secret, version)) = self.secret(value, locals)? {
            let mut reference = Map::new();
            reference.insert("keyVault".into(), json!({ "id": id.into_json() }));
            reference.insert("secretName".into(), self.value(secret, locals)?);
            if let Some(version) = version {
                reference.insert("secretVersion".into(), self.value(version, locals)?);
            }
            return Ok(json!({ "reference": reference }));
        }
        match &value.bare().kind {
            ExprKind::For { head, body } => Ok(json!({ "copy": [self.copy_of_parameter(head, body, locals)?] })),
            ExprKind::Ternary { .. } => Ok(self.wrapped(value, locals)?.into_json()),
            _ => Ok(json!({ "value": self.value(value, locals)? })),
        }
    }

    /// The id of the vault, the name and the version of `vault.getSecret(…)`.
    fn secret<'b>(&self, value: &'b Expr, locals: &Locals) -> Result<Option<Secret<'b>>, Problem> {
        let ExprKind::Method { base, name, arguments, .. } = &value.bare().kind else {
            return Ok(None);
        };
        if name != "getSecret" {
            return Ok(None);
        }
        let (Some(secret), true) = (arguments.first(), arguments.len() <= 2) else {
            return Err(Problem::new(value.at, "BCP071", "getSecret() takes the name of the secret, and its version"));
        };
        match self.block_at(base, locals)? {
            Some(Found::Resource(block, inner)) => {
                Ok(Some((self.resource_id(block, &inner, value.at)?, secret, arguments.get(1))))
            }
            _ => problem(value.at, "getSecret() belongs to a Key Vault of this file"),
        }
    }

    /// Both arms of a condition as `createObject('value', …)`.
    fn wrapped(&self, value: &Expr, locals: &Locals) -> Result<Arm, Problem> {
        if let Some((id, secret, version)) = self.secret(value, locals)? {
            let mut reference = vec![
                Arm::text("keyVault"),
                Arm::call("createObject", vec![Arm::text("id"), id]),
                Arm::text("secretName"),
                self.convert(secret, locals)?,
            ];
            if let Some(version) = version {
                reference.extend([Arm::text("secretVersion"), self.convert(version, locals)?]);
            }
            let reference = Arm::call("createObject", reference);
            return Ok(Arm::call("createObject", vec![Arm::text("reference"), reference]));
        }
        Ok(match &value.bare().kind {
            ExprKind::Ternary { condition, yes, no } => Arm::call(
                "if",
                vec![self.convert(condition, locals)?, self.wrapped(yes, locals)?, self.wrapped(no, locals)?],
            ),
            _ => Arm::call("createObject", vec![Arm::text("value"), self.convert(value, locals)?]),
        })
    }

    /// That the module of `block` has the output `name`.
    pub(super) fn check_output(&self, block: &Block, name: &str, at: Place) -> Result<(), Problem> {
        let file = module_path(self.path, &block.reference).and_then(|path| self.files.get(&path));
        let outputs: Vec<&str> = file
            .into_iter()
            .flat_map(|file| &file.declarations)
            .filter(|d| matches!(d.kind, Kind::Output { .. }))
            .map(|d| d.name.as_str())
            .collect();
        if outputs.contains(&name) {
            return Ok(());
        }
        let near = did_you_mean(name, outputs.iter().copied());
        problem(at, format!("module `{}` has no output `{name}`{near}", block.reference))
    }
}

fn is_own(entry: &Entry) -> bool {
    matches!(entry, Entry::Property { key, .. } if key.literal().is_some_and(|k| OWN.contains(&k)))
}

/// That a literal fits the declared parameter: its type and its allowed values.
fn check_literal(name: &str, parameter: &Value, value: &Expr) -> Result<(), Problem> {
    let kind = parameter["type"].as_str().unwrap_or_default();
    let found = match &value.kind {
        ExprKind::Bool(_) => "bool",
        ExprKind::Int(_) => "int",
        ExprKind::Str(_) => "string",
        ExprKind::Array(_) | ExprKind::For { .. } => "array",
        ExprKind::Object(_) => "object",
        _ => return Ok(()),
    };
    let wanted = match kind {
        "securestring" => "string",
        "secureObject" => "object",
        other => other,
    };
    if found != wanted {
        return problem(value.at, format!("parameter `{name}` is of type {wanted}, not {found}"));
    }
    if let (Some(text), Some(allowed)) = (value.literal(), parameter.get("allowedValues").and_then(Value::as_array))
        && !allowed.iter().any(|a| a.as_str() == Some(text))
    {
        let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        return problem(value.at, format!("parameter `{name}` is one of {}, not `{text}`", allowed.join(", ")));
    }
    Ok(())
}
