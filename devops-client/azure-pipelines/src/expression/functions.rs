//! The functions of the "Expressions" page: how many arguments each takes, and where it may stand.

/// Where a function may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// In every expression.
    Everywhere,
    /// In conditions alone: it asks how the run goes.
    Conditions,
    /// In the value of a variable, `$[ ]`.
    Variables,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, as the page writes it; case does not matter.
    pub name: &'static str,
    /// The fewest arguments.
    pub fewest: usize,
    /// The most arguments; `None` for any number.
    pub most: Option<usize>,
    /// Where it may stand.
    pub place: Where,
}

/// Every function of the page.
pub const FUNCTIONS: &[Function] = &[
    everywhere("and", 2, None),
    everywhere("coalesce", 2, None),
    everywhere("contains", 2, Some(2)),
    everywhere("containsValue", 2, Some(2)),
    everywhere("convertToJson", 1, Some(1)),
    everywhere("endsWith", 2, Some(2)),
    everywhere("eq", 2, Some(2)),
    everywhere("format", 1, None),
    everywhere("ge", 2, Some(2)),
    everywhere("gt", 2, Some(2)),
    everywhere("iif", 3, Some(3)),
    everywhere("in", 1, None),
    everywhere("join", 2, Some(2)),
    everywhere("le", 2, Some(2)),
    everywhere("length", 1, Some(1)),
    everywhere("lower", 1, Some(1)),
    everywhere("lt", 2, Some(2)),
    everywhere("ne", 2, Some(2)),
    everywhere("not", 1, Some(1)),
    everywhere("notIn", 1, None),
    everywhere("or", 2, None),
    everywhere("replace", 3, Some(3)),
    everywhere("split", 2, Some(2)),
    everywhere("startsWith", 2, Some(2)),
    everywhere("trim", 1, Some(1)),
    everywhere("upper", 1, Some(1)),
    everywhere("xor", 2, Some(2)),
    Function { name: "counter", fewest: 0, most: Some(2), place: Where::Variables },
    status("always", Some(0)),
    status("canceled", Some(0)),
    status("failed", None),
    status("succeeded", None),
    status("succeededOrFailed", None),
];

const fn everywhere(name: &'static str, fewest: usize, most: Option<usize>) -> Function {
    Function { name, fewest, most, place: Where::Everywhere }
}

const fn status(name: &'static str, most: Option<usize>) -> Function {
    Function { name, fewest: 0, most, place: Where::Conditions }
}

/// The function of that name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}
