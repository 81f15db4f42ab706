//! `data.columns`

use std::collections::{BTreeSet, HashSet};

use super::issues::Issues;
use crate::project::data::{Alias, Cell, Column, ColumnType, Expected, Unknown, WhenMissing};
use crate::project::name::ColumnName;
use crate::project::text::hazard;
use crate::spec::located::path::Path;
use crate::spec::{
    CellSpec, ColumnEntry, ColumnKind, ColumnSpec, DataSpec, MissingRule, UnknownLevelsSpec, WhenMissingSpec,
};

/// The name of a column, in either form.
pub(super) fn column_name(entry: &ColumnEntry) -> Option<&str> {
    match entry {
        ColumnEntry::Name(name) => Some(name),
        ColumnEntry::Rules(rules) => rules.name.as_deref(),
    }
}

/// Every column, each with a name and an alias of its own.
pub(super) fn columns(data: &DataSpec, at: &Path, issues: &mut Issues) -> Option<Vec<Column>> {
    let entries = data.columns.as_ref()?;
    let mut seen: HashSet<&str> = HashSet::new();
    // Requests may use names and aliases alike, so they are one set; what is given comes before what is derived.
    let mut taken: BTreeSet<String> = entries.iter().filter_map(column_name).map(str::to_owned).collect();
    let given: Vec<Option<Alias>> =
        entries.iter().enumerate().map(|(i, entry)| alias(entry, &at.index(i), &mut taken, issues)).collect();
    let mut columns = Some(Vec::new());
    for (i, (entry, given)) in entries.iter().zip(given).enumerate() {
        let here = at.index(i);
        let (name_at, rules) = match entry {
            ColumnEntry::Name(_) => (here.clone(), ColumnSpec::default()),
            ColumnEntry::Rules(rules) => (here.key("name"), (**rules).clone()),
        };
        if let Some(name) = column_name(entry)
            && !seen.insert(name)
        {
            issues.add(&name_at, format!("a column `{name}` is here already"));
        }
        let Some(name) = issues.parse_some(&name_at, column_name(entry), ColumnName::parse) else {
            column(rules, &here, issues);
            columns = None;
            continue;
        };
        let alias = given.unwrap_or_else(|| Alias::derive(name.as_str(), i, |other| taken.contains(other)));
        taken.insert(alias.as_str().to_owned());
        match (column(rules, &here, issues), &mut columns) {
            (Some(make), Some(columns)) => columns.push(make(name, alias)),
            _ => columns = None,
        }
    }
    columns
}

/// The alias that is given, if one is.
fn alias(entry: &ColumnEntry, at: &Path, taken: &mut BTreeSet<String>, issues: &mut Issues) -> Option<Alias> {
    let ColumnEntry::Rules(rules) = entry else { return None };
    let at = at.key("alias");
    let alias = issues.parse_some(&at, rules.alias.as_deref(), Alias::parse)?;
    if rules.name.as_deref() != Some(alias.as_str()) && !taken.insert(alias.as_str().to_owned()) {
        issues.add(&at, format!("`{alias}` is the name or alias of another column too"));
    }
    Some(alias)
}

/// The rules of a column, which want its names to be whole.
fn column(rules: ColumnSpec, at: &Path, issues: &mut Issues) -> Option<impl FnOnce(ColumnName, Alias) -> Column> {
    let before = issues.count();
    let kind = match rules.kind {
        ColumnKind::Number => ColumnType::Number,
        ColumnKind::Integer => ColumnType::Integer,
        ColumnKind::Boolean => ColumnType::Boolean,
        ColumnKind::Category => ColumnType::Category,
        ColumnKind::Text => ColumnType::Text,
        ColumnKind::Datetime => ColumnType::Datetime,
    };
    let expected = if numbers_of_numbers(&rules, kind, at, issues) { numbers(&rules, kind, at, issues) } else { None };
    let levels = levels(&rules, kind, at, issues);
    let truths = truths(&rules, kind, at, issues);
    let when_missing = when_missing(&rules, kind, at, issues);
    (issues.count() == before).then_some({
        move |name, alias| Column {
            name,
            alias,
            kind,
            required: rules.required,
            when_missing,
            min: rules.min,
            max: rules.max,
            allowed: rules.allowed,
            expected,
            levels,
            unknown: match rules.unknown_levels {
                None | Some(UnknownLevelsSpec::Refuse) => Unknown::Refuse,
                Some(UnknownLevelsSpec::Ignore) => Unknown::Ignore,
                Some(UnknownLevelsSpec::MostFrequent) => Unknown::MostFrequent,
            },
            truths,
        }
    })
}

/// Whether rules for numbers stand at a column of numbers; if not, it is an issue.
fn numbers_of_numbers(rules: &ColumnSpec, kind: ColumnType, at: &Path, issues: &mut Issues) -> bool {
    let given = [
        ("min", rules.min.is_some()),
        ("max", rules.max.is_some()),
        ("allowed", !rules.allowed.is_empty()),
        ("expected", rules.expected.is_some()),
    ];
    let stray: Vec<&str> = given.iter().filter(|(_, given)| *given && !kind.is_number()).map(|(key, _)| *key).collect();
    for key in &stray {
        let what = with_article(kind);
        let issue = issues.add(&at.key(key), format!("`{key}` is for numbers, and the column holds {what}"));
        issue.on_key().about(at.key("type"));
        if kind == ColumnType::Category {
            issue.help("the texts of a category stand in `levels`");
        }
    }
    stray.is_empty()
}

fn numbers(rules: &ColumnSpec, kind: ColumnType, at: &Path, issues: &mut Issues) -> Option<Expected> {
    if let (Some(min), Some(max)) = (rules.min, rules.max)
        && min > max
    {
        issues
            .add(&at.key("max"), format!("the greatest value {max} is less than the least, {min}"))
            .about(at.key("min"));
    }
    let whole = kind == ColumnType::Integer;
    let fits = |value: f64| rules.min.is_none_or(|m| value >= m) && rules.max.is_none_or(|m| value <= m);
    for (i, value) in rules.allowed.iter().enumerate() {
        if !fits(*value) {
            issues
                .add(&at.key("allowed").index(i), format!("{value} is allowed here but not between min and max"))
                .about(at.key("min"))
                .about(at.key("max"));
        }
        if whole && value.fract() != 0.0 {
            issues
                .add(&at.key("allowed").index(i), format!("{value} is no whole number, and the column holds integers"));
        }
        if rules.allowed[..i].contains(value) {
            issues.add(&at.key("allowed").index(i), format!("{value} is allowed already"));
        }
    }
    let expected = rules.expected?;
    if let Some(mean) = expected.mean
        && !fits(mean)
    {
        let message = format!("the expected mean {mean} is not between min and max");
        issues.add(&at.keys(&["expected", "mean"]), message).about(at.key("min")).about(at.key("max"));
    }
    Some(Expected { mean: expected.mean?, standard_deviation: expected.standard_deviation? })
}

fn levels(rules: &ColumnSpec, kind: ColumnType, at: &Path, issues: &mut Issues) -> Option<Vec<String>> {
    if kind != ColumnType::Category {
        let given = [("levels", rules.levels.is_some()), ("unknownLevels", rules.unknown_levels.is_some())];
        for (key, _) in given.into_iter().filter(|(_, given)| *given) {
            let message = format!("`{key}` is for a category, and the column holds {}", with_article(kind));
            issues.add(&at.key(key), message).on_key().about(at.key("type")).help("say `type: category`");
        }
        return None;
    }
    let levels = rules.levels.as_ref()?;
    texts(levels, "level", &at.key("levels"), issues);
    Some(levels.clone())
}

fn truths(rules: &ColumnSpec, kind: ColumnType, at: &Path, issues: &mut Issues) -> Option<(Vec<String>, Vec<String>)> {
    let given = [("trueValues", &rules.true_values), ("falseValues", &rules.false_values)];
    if kind != ColumnType::Boolean {
        for (key, _) in given.into_iter().filter(|(_, given)| given.is_some()) {
            let message = format!("`{key}` is for a boolean, and the column holds {}", with_article(kind));
            issues.add(&at.key(key), message).on_key().about(at.key("type")).help("say `type: boolean`");
        }
        return None;
    }
    let (yes, no) = match given {
        [(_, None), (_, None)] => return None,
        [(_, Some(yes)), (_, Some(no))] => (yes, no),
        [(there, Some(_)), (lacking, None)] | [(lacking, None), (there, Some(_))] => {
            issues
                .add(&at.key(there), format!("`{there}` goes with `{lacking}`"))
                .on_key()
                .about(at.key(lacking))
                .help(format!("add `{lacking}`, or leave both out"));
            return None;
        }
    };
    texts(yes, "cell", &at.key("trueValues"), issues);
    texts(no, "cell", &at.key("falseValues"), issues);
    for (i, cell) in no.iter().enumerate().filter(|(_, cell)| yes.contains(cell)) {
        let message = format!("`{cell}` cannot mean yes and no");
        issues.add(&at.key("falseValues").index(i), message).about(at.key("trueValues"));
    }
    Some((yes.clone(), no.clone()))
}

/// Texts that can be kept, none twice.
pub(super) fn texts(texts: &[String], what: &str, at: &Path, issues: &mut Issues) {
    for (i, text) in texts.iter().enumerate() {
        if let Some(why) = hazard(text) {
            issues.add(&at.index(i), why);
        } else if text.is_empty() {
            issues.add(&at.index(i), format!("a {what} is text, and an empty cell means a missing value"));
        } else if texts[..i].contains(text) {
            issues.add(&at.index(i), format!("`{text}` is a {what} already"));
        }
    }
}

fn when_missing(rules: &ColumnSpec, kind: ColumnType, at: &Path, issues: &mut Issues) -> Option<WhenMissing> {
    let given = rules.when_missing.as_ref()?;
    let at_rule = at.key("whenMissing");
    if rules.required {
        issues
            .add(&at_rule, "a required column is never missing, so there is no rule for it")
            .on_key()
            .about(at.key("required"))
            .help("say `required: false`, or take `whenMissing` away");
        return None;
    }
    let rule = match given {
        WhenMissingSpec::Rule(MissingRule::DropRow) => WhenMissing::DropRow,
        WhenMissingSpec::Rule(MissingRule::Mean) => WhenMissing::Mean,
        WhenMissingSpec::Rule(MissingRule::Median) => WhenMissing::Median,
        WhenMissingSpec::Rule(MissingRule::MostFrequent) => WhenMissing::MostFrequent,
        WhenMissingSpec::Rule(MissingRule::Indicator) => WhenMissing::Indicator,
        WhenMissingSpec::Constant(constant) => {
            let cell = cell(constant.constant.as_ref()?);
            if let Err(why) = is_of_type(&cell, kind, rules.levels.as_deref()) {
                issues.add(&at_rule.key("constant"), why).about(at.key("type")).about(at.key("levels"));
                return None;
            }
            WhenMissing::Constant(cell)
        }
    };
    if matches!(rule, WhenMissing::Mean | WhenMissing::Median)
        && matches!(kind, ColumnType::Category | ColumnType::Text)
    {
        let which = if rule == WhenMissing::Mean { "mean" } else { "median" };
        issues
            .add(&at_rule, format!("{} has no {which}", with_article(kind)))
            .about(at.key("type"))
            .help("choose most-frequent, {constant: …}, indicator or drop-row");
        return None;
    }
    Some(rule)
}

/// The cell as it was written.
pub(super) fn cell(cell: &CellSpec) -> Cell {
    match cell {
        CellSpec::Boolean(truth) => Cell::Boolean(*truth),
        CellSpec::Number(number) => Cell::Number(*number),
        CellSpec::Text(text) => Cell::Text(text.clone()),
    }
}

/// Whether a column of type `kind` can hold the cell, as JSON sends it.
///
/// # Errors
/// What the column holds instead, as a phrase.
pub(super) fn is_of_type(cell: &Cell, kind: ColumnType, levels: Option<&[String]>) -> Result<(), String> {
    let other = |what: &str| Err(format!("{} is no {what}", quoted(cell)));
    match (kind, cell) {
        (ColumnType::Number | ColumnType::Integer, Cell::Text(_) | Cell::Boolean(_)) => other("number"),
        (ColumnType::Integer, Cell::Number(number)) if number.fract() != 0.0 => {
            Err(format!("{number} is no whole number"))
        }
        (ColumnType::Boolean, Cell::Number(_) | Cell::Text(_)) => other("boolean, which is true or false"),
        (ColumnType::Category | ColumnType::Text, Cell::Number(_) | Cell::Boolean(_)) => {
            Err(format!("{cell} is not text: write it in quotes"))
        }
        (ColumnType::Category | ColumnType::Text, Cell::Text(text)) if hazard(text).is_some() => {
            Err(hazard(text).unwrap_or_default())
        }
        (ColumnType::Category, Cell::Text(text)) if levels.is_some_and(|levels| !levels.contains(text)) => {
            Err(format!("`{text}` is none of the levels"))
        }
        (ColumnType::Datetime, Cell::Text(text)) if moment(text) => Ok(()),
        (ColumnType::Datetime, _) => other("moment such as \"2026-03-01\" or \"2026-03-01T12:30:00Z\""),
        _ => Ok(()),
    }
}

/// Whether `text` is a moment by its look: `2026-03-01`, with a time of day and an offset behind or not.
fn moment(text: &str) -> bool {
    let date = text.get(..10).is_some_and(|date| {
        let digits = |range: std::ops::Range<usize>| date.get(range).and_then(|part| part.parse::<u32>().ok());
        let parts = (digits(0..4), digits(5..7), digits(8..10));
        date.as_bytes()[4] == b'-'
            && date.as_bytes()[7] == b'-'
            && matches!(parts, (Some(_), Some(1..=12), Some(1..=31)))
    });
    let rest = text.get(10..).unwrap_or_default();
    date && (rest.is_empty() || rest.starts_with(['T', ' ']))
        && rest.chars().skip(1).all(|c| c.is_ascii_digit() || ":.+-Z".contains(c))
}

fn quoted(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => format!("`{}`", text.chars().take(60).collect::<String>()),
        other => other.to_string(),
    }
}

pub(super) fn with_article(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Number => "a number",
        ColumnType::Integer => "an integer",
        ColumnType::Boolean => "a boolean",
        ColumnType::Category => "a category",
        ColumnType::Text => "a text",
        ColumnType::Datetime => "a datetime",
    }
}
