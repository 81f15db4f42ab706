//! What a Bicep file says.
//!
//! The subset that the templates need, and that a user's templates may: parameters, variables, resources, modules,
//! outputs, loops, conditions, lambdas, spreads. No user-defined types or functions, no imports, no nested resources.

use crate::Place;

/// A whole `.bicep` or `.bicepparam` file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// `targetScope`, and where it is.
    pub target_scope: Option<(String, Place)>,
    /// What a parameter file is for (`using './main.bicep'`), and where that is.
    pub using: Option<(String, Place)>,
    /// Declarations in the order of the file.
    pub declarations: Vec<Declaration>,
}

/// One declaration.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// `@description('…')` and the like.
    pub decorators: Vec<Decorator>,
    /// Where the keyword is.
    pub at: Place,
    /// The declared name.
    pub name: String,
    /// What is declared.
    pub kind: Kind,
}

/// A decorator: its name without the namespace, and its arguments.
#[derive(Clone, Debug)]
pub struct Decorator {
    /// `description`, `secure`, `allowed`…
    pub name: String,
    /// Arguments of the call.
    pub arguments: Vec<Expr>,
    /// Where the `@` is.
    pub at: Place,
}

/// What a declaration declares.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `metadata name = value`
    Metadata(Expr),
    /// `param name type = default`
    Parameter {
        /// `string`, `int`, `bool`, `object`, `array`.
        kind: String,
        /// Default.
        default: Option<Expr>,
    },
    /// `param name = value`, in a parameter file.
    Assignment(Expr),
    /// `var name = value`
    Variable(Expr),
    /// `resource name 'type@version' = …`
    Resource(Block),
    /// `module name 'path' = …`
    Module(Block),
    /// `output name type = value`
    Output {
        /// As of a parameter.
        kind: String,
        /// The value.
        value: Expr,
    },
}

/// A resource or module.
#[derive(Clone, Debug)]
pub struct Block {
    /// `Microsoft.Storage/storageAccounts@2023-05-01` or `./modules/storage.bicep`.
    pub reference: String,
    /// Declared with `existing`: read, not deployed.
    pub existing: bool,
    /// `[for item in list: …]`
    pub repeat: Option<Loop>,
    /// `= if (condition) …`
    pub condition: Option<Expr>,
    /// Properties.
    pub body: Vec<Entry>,
}

impl Block {
    /// The value of a property of the body.
    pub fn property(&self, name: &str) -> Option<&Expr> {
        self.body.iter().find_map(|entry| match entry {
            Entry::Property { key, value } if key.literal() == Some(name) => Some(value),
            _ => None,
        })
    }
}

/// The head of a loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The name of the item.
    pub item: String,
    /// The name of the index, if it has one.
    pub index: Option<String>,
    /// What is looped over.
    pub list: Box<Expr>,
}

impl Loop {
    /// The names that the loop declares.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.item.as_str()).chain(self.index.as_deref())
    }
}

/// An expression and where it starts.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The expression.
    pub kind: ExprKind,
    /// Where it starts.
    pub at: Place,
}

/// A string literal: `texts.len() == codes.len() + 1`, in turns.
#[derive(Clone, Debug)]
pub struct Text {
    /// Literal pieces.
    pub texts: Vec<String>,
    /// Interpolated expressions between them.
    pub codes: Vec<Expr>,
}

impl Text {
    /// The text, if nothing is interpolated.
    pub fn literal(&self) -> Option<&str> {
        self.codes.is_empty().then(|| self.texts[0].as_str())
    }
}

/// What an expression is.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum ExprKind {
    Null,
    Bool(bool),
    Int(i64),
    Str(Text),
    Array(Vec<Item>),
    Object(Vec<Entry>),
    Name(String),
    Member { base: Box<Expr>, name: String, safe: bool },
    Index { base: Box<Expr>, index: Box<Expr>, safe: bool },
    Call { name: String, arguments: Vec<Expr> },
    Method { base: Box<Expr>, name: String, arguments: Vec<Expr> },
    Unary { operator: &'static str, operand: Box<Expr> },
    Binary { operator: &'static str, left: Box<Expr>, right: Box<Expr> },
    Ternary { condition: Box<Expr>, yes: Box<Expr>, no: Box<Expr> },
    For { head: Loop, body: Box<Expr> },
    Lambda { names: Vec<String>, body: Box<Expr> },
}

/// An item of an array.
#[derive(Clone, Debug)]
pub enum Item {
    /// A value.
    Value(Expr),
    /// `...value`: the items of another array.
    Spread(Expr),
}

/// An entry of an object.
#[derive(Clone, Debug)]
pub enum Entry {
    /// `key: value`
    Property {
        /// A name, or a string that may hold interpolations.
        key: Text,
        /// The value.
        value: Expr,
    },
    /// `...value`: the properties of another object.
    Spread(Expr),
}

impl Expr {
    /// The text of a string literal without interpolations.
    pub fn literal(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Str(text) => text.literal(),
            _ => None,
        }
    }

    /// The expressions directly inside this one, in the order of the file.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Name(_) => Vec::new(),
            ExprKind::Str(text) => text.codes.iter().collect(),
            ExprKind::Array(items) => items.iter().map(|(Item::Value(e) | Item::Spread(e))| e).collect(),
            ExprKind::Object(entries) => entries.iter().flat_map(Entry::children).collect(),
            ExprKind::Member { base, .. } => vec![base],
            ExprKind::Index { base, index, .. } => vec![base, index],
            ExprKind::Call { arguments, .. } => arguments.iter().collect(),
            ExprKind::Method { base, arguments, .. } => std::iter::once(base.as_ref()).chain(arguments).collect(),
            ExprKind::Unary { operand, .. } => vec![operand],
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Ternary { condition, yes, no } => vec![condition, yes, no],
            ExprKind::For { head, body } => vec![&head.list, body],
            ExprKind::Lambda { body, .. } => vec![body],
        }
    }

    /// Calls `visit` on this expression and every one in it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }
}

impl Entry {
    /// The expressions directly inside this entry.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Self::Property { key, value } => key.codes.iter().chain(std::iter::once(value)).collect(),
            Self::Spread(value) => vec![value],
        }
    }
}
