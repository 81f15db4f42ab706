//! What a Bicep file says.
//!
//! Parameters, variables, resources (nested ones too), modules, outputs, loops, conditions, lambdas, spreads. No
//! user-defined types or functions, no imports.

use crate::Place;

/// A whole `.bicep` or `.bicepparam` file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Each `targetScope`, and where it is.
    pub target_scopes: Vec<(Expr, Place)>,
    /// What a parameter file is for (`using './main.bicep'`), and where that is said; one, if the file is right.
    pub using: Vec<(String, Place)>,
    /// Declarations in the order of the file.
    pub declarations: Vec<Declaration>,
}

impl File {
    /// Paths of the modules that the file uses, as it names them.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.declarations.iter().filter_map(|declaration| match &declaration.kind {
            Kind::Module(block) => Some(block.reference.as_str()),
            _ => None,
        })
    }

    /// Calls `visit` on every expression of the file, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        for declaration in &self.declarations {
            declaration.decorators.iter().flat_map(|d| &d.arguments).for_each(|expr| expr.walk(visit));
            match &declaration.kind {
                Kind::Metadata(value)
                | Kind::Assignment(value)
                | Kind::Variable(value)
                | Kind::Output { value, .. } => {
                    value.walk(visit);
                }
                Kind::Parameter { default, .. } => default.iter().for_each(|value| value.walk(visit)),
                Kind::Resource(block) | Kind::Module(block) => {
                    block.repeat.iter().for_each(|head| head.list.walk(visit));
                    block.condition.iter().for_each(|value| value.walk(visit));
                    block.body.iter().flat_map(Entry::children).for_each(|value| value.walk(visit));
                }
            }
        }
    }
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
    /// Where the name is.
    pub name_at: Place,
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
    /// Where that is.
    pub reference_at: Place,
    /// Declared with `existing`: read, not deployed.
    pub existing: bool,
    /// `[for item in list: …]`
    pub repeat: Option<Loop>,
    /// `= if (condition) …`
    pub condition: Option<Expr>,
    /// Properties.
    pub body: Vec<Entry>,
    /// Where the body starts.
    pub body_at: Place,
    /// Resources that are declared within this one.
    pub nested: Vec<Declaration>,
}

impl Block {
    /// The value of a property of the body.
    pub fn property(&self, name: &str) -> Option<&Expr> {
        self.body.iter().find_map(|entry| match entry {
            Entry::Property { key, value, .. } if key.literal() == Some(name) => Some(value),
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
    /// Where `for` is.
    pub at: Place,
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
    Member { base: Box<Expr>, name: String, name_at: Place, safe: bool },
    Index { base: Box<Expr>, index: Box<Expr>, safe: bool, from_end: bool },
    Nested { base: Box<Expr>, name: String, name_at: Place },
    Call { name: String, arguments: Vec<Expr> },
    Method { base: Box<Expr>, name: String, name_at: Place, arguments: Vec<Expr> },
    Paren(Box<Expr>),
    NonNull(Box<Expr>),
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
        /// Where the key is.
        at: Place,
        /// The value.
        value: Expr,
    },
    /// `...value`: the properties of another object.
    Spread(Expr),
}

impl Expr {
    /// This expression without parentheses and assertions that it is not null, which say nothing to a template.
    pub fn bare(&self) -> &Self {
        match &self.kind {
            ExprKind::Paren(inner) | ExprKind::NonNull(inner) => inner.bare(),
            _ => self,
        }
    }

    /// The text of a string literal without interpolations.
    pub fn literal(&self) -> Option<&str> {
        match &self.bare().kind {
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
            ExprKind::Member { base, .. }
            | ExprKind::Nested { base, .. }
            | ExprKind::Paren(base)
            | ExprKind::NonNull(base) => vec![base],
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

    /// As [`Expr::children`], to change them.
    pub fn children_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Name(_) => Vec::new(),
            ExprKind::Str(text) => text.codes.iter_mut().collect(),
            ExprKind::Array(items) => items.iter_mut().map(|(Item::Value(e) | Item::Spread(e))| e).collect(),
            ExprKind::Object(entries) => entries.iter_mut().flat_map(Entry::values_mut).collect(),
            ExprKind::Member { base, .. }
            | ExprKind::Nested { base, .. }
            | ExprKind::Paren(base)
            | ExprKind::NonNull(base) => vec![base],
            ExprKind::Index { base, index, .. } => vec![base, index],
            ExprKind::Call { arguments, .. } => arguments.iter_mut().collect(),
            ExprKind::Method { base, arguments, .. } => std::iter::once(base.as_mut()).chain(arguments).collect(),
            ExprKind::Unary { operand, .. } => vec![operand],
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Ternary { condition, yes, no } => vec![condition, yes, no],
            ExprKind::For { head, body } => vec![&mut head.list, body],
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
            Self::Property { key, value, .. } => key.codes.iter().chain(std::iter::once(value)).collect(),
            Self::Spread(value) => vec![value],
        }
    }

    /// As [`Entry::children`], to change them.
    pub fn values_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Self::Property { key, value, .. } => key.codes.iter_mut().chain(std::iter::once(value)).collect(),
            Self::Spread(value) => vec![value],
        }
    }
}
