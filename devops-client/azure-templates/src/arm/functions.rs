//! Names of the functions that templates have, beside those that Bicep hands on under the same names.

use crate::bicep::functions::is_template_function;

/// Functions that templates have and Bicep writes in other ways, in small letters. (Document: "ARM template functions".)
const OF_TEMPLATES: [&str; 27] = [
    "add",
    "and",
    "copyindex",
    "createarray",
    "createobject",
    "div",
    "equals",
    "false",
    "float",
    "greater",
    "greaterorequals",
    "if",
    "indexfromend",
    "lambda",
    "lambdavariables",
    "less",
    "lessorequals",
    "mod",
    "mul",
    "not",
    "null",
    "or",
    "parameters",
    "sub",
    "true",
    "tryindexfromend",
    "variables",
];

/// Whether a template may call `name`, given in small letters. Functions of the template's own have a namespace in front.
pub(super) fn is_known(name: &str) -> bool {
    name.contains('.') || OF_TEMPLATES.contains(&name) || is_template_function(name)
}
