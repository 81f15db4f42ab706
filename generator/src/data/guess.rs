//! What a column is taken for, and why.

use super::column::Seen;
use super::date::Order;
use super::doubt::Doubt;
use super::markers;
use super::names::{names_a_row, names_an_id};
use super::table::Declared;
use super::truths::truths;
use crate::project::text::hazard;

/// Levels that a spec lists.
pub const LISTED: usize = 50;

/// Levels that a category has at most; more of them are names or text.
const LEVELS: usize = 1000;

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// Whole numbers.
    Integer,
    /// Yes or no, with the cells that mean them; none where they are true and false already.
    Boolean(Option<(Vec<String>, Vec<String>)>),
    /// One of some texts; of many, none are listed.
    Category(Option<Vec<String>>),
    /// Moments.
    Datetime,
    /// Text.
    Text,
}

/// What must be done to a cell so that a runtime reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clean {
    /// Nothing.
    Keep,
    /// Take everything off a number but the number.
    Number,
    /// Write a date in the one form that is read.
    Date(Order),
}

/// What a column is taken for.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// Its place in the file.
    pub place: usize,
    /// Its name, as the spec will have it.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// What must be done to its cells.
    pub clean: Clean,
    /// Cells with a value, among those that were looked at.
    pub present: usize,
    /// Cells without one.
    pub missing: usize,
    /// Different values.
    pub distinct: usize,
    /// Least and greatest number.
    pub range: Option<(f64, f64)>,
    /// Texts that mean a missing value here.
    pub markers: Vec<String>,
    /// Why the model should not see it, if so.
    pub left_out: Option<String>,
    /// What a person should look at.
    pub doubts: Vec<Doubt>,
}

impl Guess {
    /// The share of cells without a value.
    pub fn missing_share(&self) -> f64 {
        self.missing as f64 / (self.present + self.missing).max(1) as f64
    }

    /// Whether it holds numbers.
    pub fn is_numeric(&self) -> bool {
        matches!(self.kind, Kind::Number | Kind::Integer)
    }

    fn doubt(&mut self, kind: &'static str, what: impl Into<String>, advice: impl Into<String>) {
        self.doubts.push(Doubt::of(&self.name, kind, what).advice(advice));
    }
}

/// What a column is taken for, by its cells and by what the file says of it.
pub fn guess(place: usize, name: &str, seen: &Seen, declared: Option<&Declared>) -> Guess {
    let mut guess = Guess {
        place,
        name: name.to_owned(),
        kind: Kind::Text,
        clean: Clean::Keep,
        present: seen.present,
        missing: seen.missing,
        distinct: seen.distinct.len(),
        range: None,
        markers: seen.markers.keys().cloned().collect(),
        left_out: None,
        doubts: Vec::new(),
    };
    if let Some(Declared::Other(what)) = declared {
        guess.left_out = Some(format!("{what}, which no model learns from"));
        return guess;
    }
    if seen.present == 0 {
        guess.left_out = Some("every cell is empty".to_owned());
        return guess;
    }
    match declared {
        Some(Declared::Boolean) => guess.kind = Kind::Boolean(None),
        Some(Declared::Moment) => guess.kind = Kind::Datetime,
        Some(Declared::Integer) => numbers(&mut guess, seen),
        Some(Declared::Number) => {
            numbers(&mut guess, seen);
            guess.kind = Kind::Number;
        }
        // Text is taken for text, or for moments: no runtime makes numbers of it.
        Some(_) if seen.moments == seen.present => guess.kind = Kind::Datetime,
        Some(_) => texts(&mut guess, seen),
        None => by_cells(&mut guess, seen),
    }
    namibia(&mut guess, seen);
    useless(&mut guess, seen);
    guess
}

/// The cells decide.
fn by_cells(guess: &mut Guess, seen: &Seen) {
    let weak: usize = seen.others.iter().filter(|(text, _)| markers::is_weak(text)).map(|(_, count)| count).sum();
    let odd = seen.other - weak;
    let fits = |of_type: usize| {
        let few = seen.others.len() <= 3 && of_type * 5 >= seen.present * 4;
        of_type > 0 && of_type + seen.other == seen.present && (odd == 0 || few)
    };
    if let Some((yes, no)) = truths(seen) {
        let usual = |cells: &[String], known: &[&str]| cells.iter().all(|cell| known.contains(&cell.as_str()));
        let known = usual(&yes, &["true", "True", "TRUE", "yes"]) && usual(&no, &["false", "False", "FALSE", "no"]);
        guess.kind = Kind::Boolean((!known).then_some((yes, no)));
        return;
    }
    if seen.codes > 0 && seen.numbers == seen.present && seen.whole == seen.numbers && seen.longest > 1 {
        texts(guess, seen);
        guess.doubt(
            "codes",
            "numbers with zeros in front are taken for codes",
            format!("`{{name: {}, type: integer}}` if they count something", guess.name),
        );
    } else if fits(seen.numeric()) {
        numbers(guess, seen);
        missing_texts(guess, seen, odd);
    } else if fits(seen.moments) {
        guess.kind = Kind::Datetime;
        missing_texts(guess, seen, odd);
    } else if fits(seen.dated)
        && let Some((order, ambiguous)) = seen.order()
    {
        dates(guess, order, ambiguous);
        missing_texts(guess, seen, odd);
    } else {
        texts(guess, seen);
        mixed(guess, seen);
    }
}

/// A column of numbers.
fn numbers(guess: &mut Guess, seen: &Seen) {
    let whole = seen.whole == seen.numeric();
    guess.kind = if whole { Kind::Integer } else { Kind::Number };
    guess.range = seen.min.zip(seen.max);
    if let Some(dress) = seen.dressed.keys().next() {
        guess.clean = Clean::Number;
        let what = format!("numbers have {}", dress.words());
        guess.doubt(
            "dressed-numbers",
            what,
            "the copy in the project has plain numbers; later files must have them too",
        );
    }
    let far = seen.min.is_some_and(|min| min >= 0.0) && !seen.sentinels.is_empty();
    if far {
        let texts: Vec<&str> = seen.sentinels.keys().map(String::as_str).collect();
        let count: usize = seen.sentinels.values().sum();
        guess.present -= count;
        guess.missing += count;
        guess.distinct -= texts.len();
        guess.markers.extend(texts.iter().map(|text| (*text).to_owned()));
        guess.doubt(
            "marker-guessed",
            format!(
                "`{}` stands {count} times among numbers of 0 and more, and is taken for missing",
                texts.join("`, `")
            ),
            "take it out of `data.missing` if it is a value",
        );
    } else {
        let sentinel = seen.sentinels.keys().filter_map(|text| text.parse::<f64>().ok()).reduce(f64::min);
        guess.range = match (guess.range, sentinel) {
            (Some((min, max)), Some(value)) => Some((min.min(value), max.max(value))),
            (range, value) => range.or(value.zip(value)),
        };
    }
    if whole && let Some((min, max)) = guess.range {
        let unix = |from: f64| min >= 0.8 * from && max <= 2.6 * from;
        if guess.distinct > 10 && (unix(1e9) || unix(1e12)) {
            let unit = if max < 1e11 { "seconds" } else { "milliseconds" };
            guess.doubt(
                "unix-time",
                format!("whole numbers from {min} to {max} look like {unit} since 1970"),
                "they are learned from as numbers; `type: datetime` wants text such as 2026-03-01T08:15:00Z",
            );
        } else if min >= 19_000_101.0 && max <= 21_001_231.0 && guess.distinct > 10 {
            guess.doubt(
                "date-as-number",
                format!("whole numbers such as {min} look like dates"),
                "they are learned from as numbers; `type: datetime` wants text such as 2026-03-01",
            );
        }
    }
}

/// Texts among numbers or moments mean that a value is missing.
fn missing_texts(guess: &mut Guess, seen: &Seen, odd: usize) {
    guess.present -= seen.other;
    guess.missing += seen.other;
    guess.distinct = guess.distinct.saturating_sub(seen.others.len());
    guess.markers.extend(seen.others.keys().cloned());
    if seen.other > 0 {
        let texts = seen.others.keys().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ");
        let kind = if odd > 0 { "mixed-types" } else { "marker-guessed" };
        let cells =
            if seen.other == 1 { "1 cell that is".to_owned() } else { format!("{} cells that are", seen.other) };
        guess.doubt(
            kind,
            format!("{cells} no value of the column, {texts}, taken for missing"),
            "take them out of `data.missing` if they mean something, and say `type: category`",
        );
    }
}

fn dates(guess: &mut Guess, order: Order, ambiguous: bool) {
    if ambiguous {
        guess.left_out = Some("dates that could have the day or the month first".to_owned());
        guess.doubt(
            "ambiguous-dates",
            "looks like dates kept as text, and nothing tells day from month",
            format!("write them as 2026-03-01 in the file, and add `{{name: {}, type: datetime}}`", guess.name),
        );
        return;
    }
    guess.kind = Kind::Datetime;
    guess.clean = Clean::Date(order);
    guess.doubt(
        "dates-as-text",
        format!("dates are written as {}", order.words()),
        "the copy in the project has them as 2026-03-01, the one form that is read; later files must too",
    );
}

/// A column of texts: a category, or no feature.
fn texts(guess: &mut Guess, seen: &Seen) {
    let (different, present) = (seen.distinct.len(), seen.present);
    let repeats = different <= LISTED && (different * 2 <= present || different <= 3 && different < present)
        || different <= LEVELS && different * 10 <= present;
    if repeats {
        let mut levels: Vec<String> = seen.distinct.keys().cloned().collect();
        levels.sort();
        let keeps = levels.len() <= LISTED && levels.iter().all(|level| hazard(level).is_none());
        guess.kind = Kind::Category(keeps.then_some(levels));
        return;
    }
    guess.kind = Kind::Text;
    guess.left_out = Some(if different == present && seen.spaced == 0 {
        format!("an id: {different} different texts in {present} rows")
    } else {
        format!("text: {different} different ones in {present} rows")
    });
}

/// Says so where a column of text holds many numbers.
fn mixed(guess: &mut Guess, seen: &Seen) {
    if seen.numeric() * 4 < seen.present || seen.other == 0 {
        return;
    }
    let example = seen.others.keys().next().cloned().unwrap_or_default();
    guess.doubt(
        "mixed-types",
        format!("{} numbers and {} other texts, such as `{example}`", seen.numeric(), seen.other),
        format!(
            "to learn from the numbers, put the texts that mean nothing into `data.missing` and add `{{name: {}, required: false}}`",
            guess.name
        ),
    );
}

/// `NA` is a level where it is a code among codes of two letters, and maybe where it is frequent among texts.
fn namibia(guess: &mut Guess, seen: &Seen) {
    let Some(count) = seen.markers.get("NA").copied() else { return };
    let Kind::Category(levels) = &mut guess.kind else { return };
    let code = |cell: &String| cell.len() == 2 && cell.bytes().all(|b| b.is_ascii_uppercase());
    if seen.markers.len() == 1 && seen.distinct.keys().all(code) && seen.distinct.len() > 2 {
        if let Some(levels) = levels {
            levels.push("NA".to_owned());
            levels.sort();
        }
        guess.markers.clear();
        guess.present += count;
        guess.missing -= count;
        guess.doubt(
            "marker-or-level",
            "`NA` stands among codes of two letters, and is taken for one of them",
            "add `NA` to `data.missing` if it means that nothing is known",
        );
    } else if count * 20 >= seen.cells() {
        guess.doubt(
            "marker-or-level",
            format!("`NA` stands in {count} cells, and is taken for missing; it may be a level that means none"),
            "then write another word in the file, for `data.missing` holds in every column",
        );
    }
}

/// Whole numbers up to here are kept by a floating-point number of 64 bits, digit by digit.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Columns that say nothing, or the same in other words for each row.
fn useless(guess: &mut Guess, seen: &Seen) {
    let value = seen.distinct.keys().next().cloned().unwrap_or_default();
    if guess.left_out.is_none() && guess.distinct == 1 && seen.distinct.len() == 1 {
        guess.left_out = Some(match guess.missing {
            0 => format!("constant: every cell is `{value}`"),
            _ => format!("constant: every cell that is not missing is `{value}`"),
        });
    }
    let all_different = guess.distinct == guess.present && guess.present >= 20;
    let digits = |cell: &String| cell.trim().trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    let loses =
        guess.range.is_some_and(|(min, max)| min.abs().max(max.abs()) > EXACT) && seen.distinct.keys().all(digits);
    if guess.kind == Kind::Number && guess.left_out.is_none() && loses {
        if all_different || names_an_id(&guess.name) {
            guess.left_out = Some("an id: whole numbers of more digits than a number keeps".to_owned());
        } else {
            guess.doubt(
                "long-numbers",
                "whole numbers of more than 15 digits lose the last ones",
                "say `type: category` if they are codes",
            );
        }
    }
    if guess.kind != Kind::Integer || guess.left_out.is_some() {
        return;
    }
    let is_id = names_an_id(&guess.name);
    let counts = guess.range.is_some_and(|(min, max)| max - min + 1.0 == guess.present as f64) && guess.missing == 0;
    if all_different && counts && !is_id {
        guess.left_out = Some("it counts the rows".to_owned());
    } else if all_different && (is_id || names_a_row(&guess.name)) {
        guess.left_out = Some(format!("an id: {} different numbers in as many rows", guess.distinct));
    } else if is_id && guess.distinct > LISTED {
        guess.left_out = Some(format!("an id by its name: {} different numbers, which have no order", guess.distinct));
    } else if is_id {
        guess.doubt(
            "id-like",
            "an id by its name, and numbers of ids have no order",
            "say `type: category` instead of integer",
        );
    } else if all_different && guess.missing == 0 && guess.present >= 50 && guess.clean == Clean::Keep {
        guess.doubt("id-like", "every whole number is another one", "take the column out if it is an id");
    }
}
