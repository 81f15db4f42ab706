//! Parameters of an algorithm: fixed, or to be found.

use std::fmt;

/// A parameter with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: ParameterName,
    /// Its value, unless a run gives another.
    pub value: ParameterValue,
}

/// The name of a parameter: an identifier, which is also the name of an input of jobs and of a parameter of pipelines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterName(String);

/// Inputs that components and jobs have already, parameters of the retrain pipeline, and what the search adds.
const TAKEN: [&str; 15] = [
    "data",
    "report",
    "partials",
    "model",
    "scoring_logs",
    "outcomes",
    "build_id",
    "build_uri",
    "commit",
    "data_version",
    "newData",
    "alphas",
    "folds",
    "iterations",
    "strategy",
];

impl ParameterName {
    /// Accepts letters, digits and underscores, a letter in front.
    ///
    /// # Errors
    /// What a name looks like, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) || !text.chars().all(good) || text.len() > 64 {
            return Err("a parameter's name is letters, digits and underscores, a letter in front".to_owned());
        }
        if TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(text)) {
            return Err(format!("`{text}` is an input of the training job already"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// A word.
    Word(Word),
}

/// A word that every shell and language carries unharmed: letters, digits and `_ . : + -`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(String);

impl Word {
    /// Accepts a word of at most 100 characters.
    ///
    /// # Errors
    /// What a word looks like, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let good = |c: char| c.is_ascii_alphanumeric() || "_.:+-".contains(c);
        if !(1..=100).contains(&text.len()) || !text.chars().all(good) || text.starts_with('-') {
            return Err(
                "a parameter's value is a number, true or false, or a word of letters, digits and _ . : + -".to_owned()
            );
        }
        if ["true", "false", "null"].iter().any(|word| word.eq_ignore_ascii_case(text)) || text.parse::<f64>().is_ok() {
            return Err(format!("`{text}` would be read as something else than a word: take the quotes away"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Integer(number) => write!(f, "{number}"),
            // No exponent, which not every reader of YAML takes for a number, and never a whole one: `max_features: 1.0`
            // is all of them, and `1` is one.
            Self::Number(number) if number.fract() == 0.0 => write!(f, "{number}.0"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word.as_str()),
        }
    }
}

/// Parameters to be found by cross-validation.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// How candidates are tried.
    pub strategy: Strategy,
    /// Values to choose from.
    pub candidates: Vec<Candidates>,
    /// Folds, at least two.
    pub folds: u32,
    /// Combinations that a random search tries.
    pub iterations: u32,
    /// Whether each combination is a trial of an Azure ML sweep.
    pub sweep: bool,
}

impl Search {
    /// How many combinations there are, at most `u32::MAX`.
    pub fn combinations(&self) -> u32 {
        let sizes = self.candidates.iter().map(|one| u32::try_from(one.values.len()).unwrap_or(u32::MAX));
        sizes.fold(1, u32::saturating_mul)
    }

    /// How many combinations a search in one process or the trials of a sweep come to.
    pub fn trials(&self) -> u32 {
        let all = self.combinations();
        if self.strategy == Strategy::Random { all.min(self.iterations) } else { all }
    }

    /// The candidates, if the search is that of the penalty among all candidates, which every runtime knows.
    pub fn of_penalty(&self) -> Option<&Candidates> {
        match self.candidates.as_slice() {
            [only] if only.name.as_str() == "alpha" && self.strategy == Strategy::Grid && !self.sweep => Some(only),
            _ => None,
        }
    }
}

/// Values of one parameter to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidates {
    /// Name of the parameter.
    pub name: ParameterName,
    /// Values of one kind, all different.
    pub values: Vec<ParameterValue>,
}

impl Candidates {
    /// The values as the command line takes them, with commas.
    pub fn joined(&self) -> String {
        self.values.iter().map(ParameterValue::to_string).collect::<Vec<_>>().join(",")
    }
}

/// How candidates are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Every combination.
    Grid,
    /// Some combinations, drawn at random.
    Random,
    /// Every combination on few rows, then the best on more.
    Halving,
}

impl Strategy {
    /// As in the spec and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Random => "random",
            Self::Halving => "halving",
        }
    }
}
