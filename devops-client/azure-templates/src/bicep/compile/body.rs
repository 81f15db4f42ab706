//! Values of a template: objects and arrays stay JSON, everything else becomes an expression.

use serde_json::{Map, Value};

use super::super::ast::*;
use super::{Locals, Symbol, Unit, problem};
use crate::arm::expression::Arm;
use crate::{Place, Problem};

impl Unit<'_> {
    /// `expr` as a value of the template, outside of any loop.
    pub(super) fn emit(&self, expr: &Expr) -> Result<Value, Problem> {
        self.value(expr, &Locals::default())
    }

    /// `expr` as a value of the template.
    pub(super) fn value(&self, expr: &Expr, locals: &Locals) -> Result<Value, Problem> {
        Ok(match &expr.kind {
            ExprKind::Null => Value::Null,
            ExprKind::Bool(value) => (*value).into(),
            ExprKind::Int(value) => (*value).into(),
            ExprKind::Object(entries) if !entries.iter().any(|e| matches!(e, Entry::Spread(_))) => {
                self.properties(entries, locals)?.into()
            }
            ExprKind::Array(items) if !items.iter().any(|i| matches!(i, Item::Spread(_))) => {
                let values = items.iter().map(|item| match item {
                    Item::Value(e) | Item::Spread(e) => self.value(e, locals),
                });
                values.collect::<Result<Vec<_>, _>>()?.into()
            }
            ExprKind::Paren(inner) | ExprKind::NonNull(inner) => self.value(inner, locals)?,
            // any() only silences the type check: its argument stands for itself.
            ExprKind::Call { name, arguments } if name == "any" && arguments.len() == 1 => {
                self.value(&arguments[0], locals)?
            }
            // A variable that is written out where it is used stays JSON there.
            ExprKind::Name(name) if !locals.0.contains_key(name) && self.is_inlined(name) => {
                match self.symbol(name, expr.at)? {
                    Symbol::Variable(value) => self.emit(value)?,
                    _ => self.convert(expr, locals)?.into_json(),
                }
            }
            _ => self.convert(expr, locals)?.into_json(),
        })
    }

    /// Properties of an object; those that are loops come first, as `copy`.
    pub(super) fn properties(&self, entries: &[Entry], locals: &Locals) -> Result<Map<String, Value>, Problem> {
        let mut loops = Vec::new();
        let mut out = Map::new();
        for entry in entries {
            let Entry::Property { key, value, .. } = entry else {
                return problem(Place::START, "`...` does not fit here");
            };
            if let ExprKind::For { head, body } = &value.bare().kind {
                let Some(name) = key.literal() else {
                    return problem(value.at, "the name of a property that is a loop holds no `${…}`");
                };
                loops.push(self.copy(Some(name), Some(name), head, body, locals)?);
                continue;
            }
            let mut name = self.text(key, locals)?.into_key();
            if name.eq_ignore_ascii_case("copy") {
                // Azure would take a property of this name for a loop.
                name = format!("[string('{name}')]");
            }
            if out.insert(name, self.value(value, locals)?).is_some() {
                let shown = key.literal().unwrap_or("…");
                return problem(value.at, format!("property `{shown}` is given twice"));
            }
        }
        if loops.is_empty() {
            return Ok(out);
        }
        let mut all = Map::new();
        all.insert("copy".into(), loops.into());
        all.append(&mut out);
        Ok(all)
    }

    /// `{name, count, input}` of a loop over a property, variable or output. `index` names the loop in `copyIndex()`.
    pub(super) fn copy(
        &self,
        name: Option<&str>,
        index: Option<&str>,
        head: &Loop,
        body: &Expr,
        locals: &Locals,
    ) -> Result<Value, Problem> {
        let position = Arm::call("copyIndex", index.map(Arm::text).into_iter().collect());
        let inner = self.loop_locals(head, &position, locals)?;
        let mut out = self.count(name, head, locals)?;
        let input = match &body.bare().kind {
            ExprKind::Object(entries) if !entries.iter().any(|e| matches!(e, Entry::Spread(_))) => {
                self.properties(entries, &inner)?.into()
            }
            // Azure takes strings and objects here, anything else must be an expression.
            ExprKind::Str(text) if text.codes.is_empty() => self.convert(body, &inner)?.into_json(),
            _ => self.convert(body, &inner)?.into_call().into_json(),
        };
        out.insert("input".into(), input);
        Ok(out.into())
    }

    /// The loop over a parameter of a module: one expression, whatever its body is.
    pub(super) fn copy_of_parameter(&self, head: &Loop, body: &Expr, locals: &Locals) -> Result<Value, Problem> {
        let position = Arm::call("copyIndex", vec![Arm::text("value")]);
        let inner = self.loop_locals(head, &position, locals)?;
        let mut out = self.count(Some("value"), head, locals)?;
        let input = self.convert(body, &inner)?;
        let direct = body.literal().is_some();
        out.insert("input".into(), if direct { input } else { input.into_call() }.into_json());
        Ok(out.into())
    }

    /// `{name, count}` of a loop.
    pub(super) fn count(
        &self,
        name: Option<&str>,
        head: &Loop,
        locals: &Locals,
    ) -> Result<Map<String, Value>, Problem> {
        let mut out = Map::new();
        if let Some(name) = name {
            out.insert("name".into(), name.into());
        }
        let list = self.convert(&head.list, locals)?;
        out.insert("count".into(), Arm::call("length", vec![list]).into_json());
        Ok(out)
    }
}
