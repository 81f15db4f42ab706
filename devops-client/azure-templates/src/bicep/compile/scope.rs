//! Where a resource or module is deployed, or where an existing resource is.

use serde_json::{Map, Value};

use super::super::ast::*;
use super::{Locals, Symbol, Target, Unit, problem};
use crate::arm::expression::Arm;
use crate::{Place, Problem};

/// What `scope:` says.
pub(super) enum Scope<'a> {
    /// The file's own target.
    Own,
    /// `resourceGroup(name)`, `resourceGroup(subscription, name)`, or a resource group: one of a list with its index.
    ResourceGroup { subscription: Option<&'a Expr>, name: &'a Expr, item: Option<(&'a Loop, &'a Expr)> },
    /// `resourceGroup()`, `subscription()` or `subscription(id)`.
    Subscription(Option<&'a Expr>),
    /// `tenant()`.
    Tenant,
    /// A resource that is extended.
    Resource(&'a Block, Option<&'a Expr>),
}

impl<'a> Unit<'a> {
    pub(super) fn scope<'b>(&self, block: &'b Block) -> Result<Scope<'b>, Problem>
    where
        'a: 'b,
    {
        let Some(expr) = block.property("scope") else {
            return Ok(Scope::Own);
        };
        let (expr_kind, at) = (&expr.bare().kind, expr.at);
        if let Some((name, arguments)) = call_of(expr) {
            return match (name, arguments) {
                ("resourceGroup", []) => Ok(Scope::Own),
                ("resourceGroup", [name]) => Ok(Scope::ResourceGroup { subscription: None, name, item: None }),
                ("resourceGroup", [subscription, name]) => {
                    Ok(Scope::ResourceGroup { subscription: Some(subscription), name, item: None })
                }
                ("subscription", []) => Ok(Scope::Subscription(None)),
                ("subscription", [id]) => Ok(Scope::Subscription(Some(id))),
                ("tenant", []) => Ok(Scope::Tenant),
                _ => problem(at, format!("scope `{name}(…)` is not of the subset that this tool compiles")),
            };
        }
        let (name, index) = match expr_kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Index { base, index, .. } => match &base.bare().kind {
                ExprKind::Name(name) => (name, Some(index.as_ref())),
                _ => return problem(at, "a scope is a resource, resourceGroup(…), subscription(…) or tenant()"),
            },
            _ => return problem(at, "a scope is a resource, resourceGroup(…), subscription(…) or tenant()"),
        };
        match self.symbol(name, at)? {
            Symbol::Resource(resource) if resource.reference.starts_with("Microsoft.Resources/resourceGroups@") => {
                let item = match (&resource.repeat, index) {
                    (None, None) => None,
                    (Some(head), Some(index)) => Some((head, index)),
                    _ => {
                        return problem(
                            at,
                            "a scope is one resource group: take an item of a list, and of nothing else",
                        );
                    }
                };
                match resource.property("name") {
                    Some(name) => Ok(Scope::ResourceGroup { subscription: None, name, item }),
                    None => problem(at, "the resource group has no name"),
                }
            }
            Symbol::Resource(resource) => Ok(Scope::Resource(resource, index)),
            _ => problem(at, format!("`{name}` is no resource, so it is no scope")),
        }
    }

    /// The id of a thing of type `kind` with the name `segments` in the scope of `block`.
    pub(super) fn id_in_scope(
        &self,
        block: &Block,
        kind: &str,
        segments: Vec<Arm>,
        locals: &Locals,
        at: Place,
    ) -> Result<Arm, Problem> {
        let call = |name: &str, first: Vec<Arm>| {
            let mut arguments = first;
            arguments.push(Arm::text(kind));
            arguments.extend(segments.iter().cloned());
            Arm::call(name, arguments)
        };
        Ok(match self.scope(block)? {
            Scope::Own if self.target == Target::ResourceGroup => call("resourceId", Vec::new()),
            Scope::Own if matches!(self.target, Target::ManagementGroup | Target::Tenant) => {
                call("tenantResourceId", Vec::new())
            }
            Scope::Own | Scope::Subscription(None) => call("subscriptionResourceId", Vec::new()),
            Scope::Subscription(Some(id)) => call("subscriptionResourceId", vec![self.convert(id, locals)?]),
            Scope::Tenant => call("tenantResourceId", Vec::new()),
            Scope::ResourceGroup { subscription, name, item } => {
                let subscription = match subscription {
                    Some(id) => self.convert(id, locals)?,
                    None => Arm::call("subscription", Vec::new()).then(Arm::text("subscriptionId")),
                };
                let pattern = Arm::text("/subscriptions/{0}/resourceGroups/{1}");
                let group =
                    Arm::call("format", vec![pattern, subscription, self.group_name(block, name, item, locals)?]);
                call("extensionResourceId", vec![group])
            }
            Scope::Resource(resource, index) => {
                call("extensionResourceId", vec![self.scoped_id(resource, index, locals, at)?])
            }
        })
    }

    /// The name of the resource group that a module is deployed to.
    fn group_name(
        &self,
        block: &Block,
        name: &Expr,
        item: Option<(&Loop, &Expr)>,
        locals: &Locals,
    ) -> Result<Arm, Problem> {
        let Some((head, index)) = item else {
            return self.convert(name, locals);
        };
        // The compiler puts the module's own index here, even where one item of the module is meant.
        let own = match &block.repeat {
            Some(own) => self.loop_locals(own, &Arm::call("copyIndex", Vec::new()), &Locals::default())?,
            None => Locals::default(),
        };
        let index = self.convert(index, &own)?;
        self.convert(name, &self.loop_locals(head, &index, &Locals::default())?)
    }

    fn scoped_id(&self, resource: &Block, index: Option<&Expr>, locals: &Locals, at: Place) -> Result<Arm, Problem> {
        let inner = match (&resource.repeat, index) {
            (Some(head), Some(index)) => {
                let index = self.convert(index, locals)?;
                self.loop_locals(head, &index, &Locals::default())?
            }
            (None, None) => Locals::default(),
            _ => return problem(at, "a scope is one resource: take an item of a list, and of nothing else"),
        };
        self.resource_id(resource, &inner, at)
    }

    /// Adds `scope`, or `subscriptionId` and `resourceGroup`, where the block asks for another scope.
    pub(super) fn scope_properties(
        &self,
        block: &Block,
        out: &mut Map<String, Value>,
        locals: &Locals,
        at: Place,
    ) -> Result<(), Problem> {
        match self.scope(block)? {
            Scope::Own => {}
            Scope::Tenant => drop(out.insert("scope".into(), "/".into())),
            Scope::Resource(resource, index) => {
                out.insert("scope".into(), self.scoped_id(resource, index, locals, at)?.into_json());
            }
            Scope::Subscription(Some(id)) => drop(out.insert("subscriptionId".into(), self.value(id, locals)?)),
            Scope::Subscription(None) if self.target == Target::ResourceGroup => {
                let id = Arm::call("subscription", Vec::new()).then(Arm::text("subscriptionId"));
                out.insert("subscriptionId".into(), id.into_json());
            }
            Scope::Subscription(None) => {}
            Scope::ResourceGroup { subscription, name, item } => {
                if let Some(id) = subscription {
                    out.insert("subscriptionId".into(), self.convert(id, locals)?.into_json());
                }
                out.insert("resourceGroup".into(), self.group_name(block, name, item, locals)?.into_json());
            }
        }
        Ok(())
    }

    /// Whether a module of this scope is deployed outside of resource groups, and so needs a location of its own.
    pub(super) fn needs_location(&self, block: &Block) -> Result<bool, Problem> {
        Ok(match self.scope(block)? {
            Scope::Own => self.target != Target::ResourceGroup,
            Scope::Subscription(_) | Scope::Tenant => true,
            Scope::ResourceGroup { .. } | Scope::Resource(..) => false,
        })
    }
}

/// The name and the arguments of a call, with its namespace or without.
fn call_of(expr: &Expr) -> Option<(&str, &[Expr])> {
    match &expr.bare().kind {
        ExprKind::Call { name, arguments } => Some((name, arguments)),
        ExprKind::Method { base, name, arguments, .. } if matches!(&base.kind, ExprKind::Name(n) if n == "az") => {
            Some((name, arguments))
        }
        _ => None,
    }
}
