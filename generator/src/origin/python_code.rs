//! What the code of a training script says: the target, the estimator, and the parameters of its command line.

use super::files::Files;
use super::key::Key;
use super::{Layout, Origin, Said};

/// Estimators and the algorithm of a spec that builds them.
const ESTIMATORS: [(&str, &str); 10] = [
    ("Ridge", "ridge"),
    ("LogisticRegression", "logistic"),
    ("RandomForestRegressor", "random-forest"),
    ("RandomForestClassifier", "random-forest"),
    ("GradientBoostingRegressor", "gradient-boosting"),
    ("GradientBoostingClassifier", "gradient-boosting"),
    ("LGBMRegressor", "lightgbm"),
    ("LGBMClassifier", "lightgbm"),
    ("XGBRegressor", "xgboost"),
    ("XGBClassifier", "xgboost"),
];

/// What comes before the name of the target in code.
const TARGETS: [&str; 5] = ["TARGET_COL = ", "target_col = ", "TARGET = ", ".drop(", "target_column = "];

pub(super) fn read(files: &Files, layout: Layout, origin: &mut Origin) {
    for (path, text) in files.iter().filter(|(path, _)| layout.is_training_code(path)) {
        if origin.settings.target.is_none()
            && let Some(said) = target(path, text)
        {
            origin.set(Key::Target, said);
        }
        if origin.settings.algorithm.is_none() {
            let found = ESTIMATORS.iter().filter_map(|(class, algorithm)| {
                let line = text.lines().position(|line| line.contains(&format!("{class}(")))?;
                Some((class, algorithm, line + 1))
            });
            if let Some((class, algorithm, line)) = found.min_by_key(|(.., line)| *line) {
                let key = "estimator".to_owned();
                let said = Said { file: path.clone(), line: Some(line), key, value: (*class).to_owned() };
                origin.settings.algorithm = Some(algorithm);
                origin.mapped.push((said, "model.algorithm", (*algorithm).to_owned()));
                arguments(path, text, origin);
            }
        }
    }
}

/// The column that code takes for the target: `TARGET_COL = "cost"`, `df.drop('Y', axis=1)`.
fn target(path: &str, text: &str) -> Option<Said> {
    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')).find_map(|(number, line)| {
        let rest = TARGETS.iter().find_map(|before| Some(line.split_once(before)?.1))?;
        let rest = rest.trim_start_matches("columns=").trim_start_matches('[');
        let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
        let (name, _) = rest[1..].split_once(quote)?;
        let (key, value) = ("target".to_owned(), name.to_owned());
        Some(Said { file: path.to_owned(), line: Some(number + 1), key, value })
    })
}

/// Arguments of the command line that are parameters of the estimator, with their defaults.
fn arguments(path: &str, text: &str, origin: &mut Origin) {
    for (at, _) in text.match_indices("add_argument(") {
        let call = &text[at..];
        // The arguments, up to the bracket that closes the call.
        let Some(end) = closing(call) else { continue };
        let call = &call[..end];
        let said = |key: &str| {
            let value = call.split_once(key)?.1.trim_start();
            let value: String = value.chars().take_while(|c| !",)\n".contains(*c)).collect();
            Some(value.trim().to_owned())
        };
        let Some(flag) = call.split(['"', '\'']).nth(1).and_then(|flag| flag.strip_prefix("--")) else { continue };
        let (Some(default), Some((_, name))) = (said("default="), flag.split_once("__").or(Some(("", flag)))) else {
            continue;
        };
        let line = Some(text[..at].lines().count().max(1));
        let one = Said { file: path.to_owned(), line, key: format!("--{flag}"), value: default.clone() };
        if default.parse::<f64>().is_ok_and(f64::is_finite) {
            let default = truth(name, &default).to_owned();
            origin.settings.parameters.push((name.to_owned(), default.clone()));
            origin.mapped.push((one, "model.parameters", format!("{name}: {default}")));
        } else {
            let why = "only numbers are taken over; write what your version of the library takes to `model.parameters`";
            origin.left.push((one, why.to_owned()));
        }
    }
}

/// A number that stands for true or false, because command lines have no truth values.
fn truth<'a>(name: &str, value: &'a str) -> &'a str {
    match (["bootstrap", "fit_intercept", "oob_score", "warm_start"].contains(&name), value) {
        (true, "0") => "false",
        (true, "1") => "true",
        _ => value,
    }
}

/// Where the first bracket of a text closes, outside quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
