//! Resources and modules that expressions name, and their properties.

use super::super::ast::*;
use super::{DEPLOYMENTS, Locals, Unit, problem};
use crate::arm::expression::Arm;
use crate::{Place, Problem};

/// A resource or module that an expression names, with the names of its loop.
pub(super) enum Found<'a> {
    Resource(&'a Block, Locals),
    Module(&'a Block, Locals),
}

impl Found<'_> {
    pub(super) fn whole(&self, unit: &Unit<'_>, at: Place) -> Result<Arm, Problem> {
        match self {
            Self::Resource(block, locals) => unit.reference(block, locals, true, at),
            Self::Module(block, locals) => unit.module_reference(block, locals, at),
        }
    }

    /// A property of it; with `safe`, nothing where its condition does not hold.
    pub(super) fn member(&self, unit: &Unit<'_>, name: &str, safe: bool, at: Place) -> Result<Arm, Problem> {
        let (Self::Resource(block, locals) | Self::Module(block, locals)) = self;
        let guarded = |value: Arm| match &block.condition {
            Some(condition) if safe => {
                let null = Arm::call("null", Vec::new());
                Ok(Arm::call("if", vec![unit.convert(condition, locals)?, value, null]))
            }
            _ => Ok(value),
        };
        let part = |whole: Arm, name: &str| {
            let whole = guarded(whole)?;
            Ok(if safe { Arm::call("tryGet", vec![whole, Arm::text(name)]) } else { whole.then(Arm::text(name)) })
        };
        match self {
            Self::Resource(block, locals) => match name {
                "id" => guarded(unit.resource_id(block, locals, at)?),
                "name" => guarded(unit.block_name(block, locals, at)?),
                "type" => Ok(Arm::text(unit.type_of(block, at)?.0)),
                "apiVersion" => Ok(Arm::text(unit.type_of(block, at)?.1)),
                "properties" if !safe => unit.reference(block, locals, false, at),
                other => part(unit.reference(block, locals, true, at)?, other),
            },
            Self::Module(block, locals) => match name {
                "name" => guarded(unit.block_name(block, locals, at)?),
                "outputs" => part(unit.module_reference(block, locals, at)?, "outputs"),
                other => problem(at, format!("a module has `name` and `outputs`, not `{other}`")),
            },
        }
    }
}

impl Unit<'_> {
    /// `reference(id, version)`, with `'full'` for what is outside of `properties`.
    pub(super) fn reference(&self, block: &Block, locals: &Locals, full: bool, at: Place) -> Result<Arm, Problem> {
        let mut arguments = vec![self.resource_id(block, locals, at)?, Arm::text(self.type_of(block, at)?.1)];
        if full {
            arguments.push(Arm::text("full"));
        }
        Ok(Arm::call("reference", arguments))
    }

    /// `reference(id of the nested deployment, version)`.
    pub(super) fn module_reference(&self, block: &Block, locals: &Locals, at: Place) -> Result<Arm, Problem> {
        Ok(Arm::call("reference", vec![self.module_id(block, locals, at)?, Arm::text(DEPLOYMENTS)]))
    }
}
