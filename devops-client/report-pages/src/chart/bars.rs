//! Numbers beside each other, each pair by its own scale.

use super::{cut, line, picture, rect, text};
use crate::html::Html;

/// Two numbers that are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pair {
    /// What they measure.
    pub name: String,
    /// The first.
    pub one: Option<f64>,
    /// The second.
    pub other: Option<f64>,
}

const WIDTH: f64 = 1000.0;
const NAMES: f64 = 270.0;
const BAR: f64 = 15.0;

/// Pairs of bars; `names` are those of the first and of the second of each pair.
pub fn pairs(name: &str, names: (&str, &str), pairs: &[Pair]) -> Html {
    let height = 2.0 * BAR + 18.0;
    picture(name, (WIDTH, 30.0 + pairs.len() as f64 * height), |svg| {
        rect(svg, "one", (NAMES, 4.0), (12.0, 12.0));
        text(svg, "", (NAMES + 18.0, 14.0), "start", names.0);
        rect(svg, "other", (NAMES + 140.0, 4.0), (12.0, 12.0));
        text(svg, "", (NAMES + 158.0, 14.0), "start", names.1);
        for (index, pair) in pairs.iter().enumerate() {
            let y = 30.0 + index as f64 * height;
            text(svg, "", (4.0, y + BAR + 4.0), "start", &cut(&pair.name, 28));
            let most = [pair.one, pair.other].into_iter().flatten().map(f64::abs).fold(0.0, f64::max);
            for (value, class, y) in [(pair.one, "one", y), (pair.other, "other", y + BAR + 2.0)] {
                let Some(value) = value.filter(|value| value.is_finite()) else { continue };
                let width = if most > 0.0 { value.abs() / most * (WIDTH - NAMES - 90.0) } else { 0.0 };
                rect(svg, class, (NAMES, y), (width.max(1.0), BAR));
                text(svg, "soft", (NAMES + width + 6.0, y + 12.0), "start", &short(value));
            }
        }
    })
}

/// Bars that stand beside each other, with the limit that they are held against, if there is one.
pub fn columns(name: &str, values: &[(String, f64)], limit: Option<f64>) -> Html {
    let height = 22.0;
    let finite = values.iter().map(|(_, value)| *value).filter(|value| value.is_finite());
    let most = finite.chain(limit).map(f64::abs).fold(0.0, f64::max);
    let room = WIDTH - NAMES - 90.0;
    let x = |value: f64| if most > 0.0 && value.is_finite() { value.abs() / most * room } else { 0.0 };
    let bottom = 24.0 + values.len() as f64 * height;
    picture(name, (WIDTH, bottom + 6.0), |svg| {
        if let Some(limit) = limit {
            line(svg, (NAMES + x(limit), 18.0), (NAMES + x(limit), bottom));
            text(svg, "soft", (NAMES + x(limit), 13.0), "middle", &format!("limit {}", short(limit)));
        }
        for (index, (name, value)) in values.iter().enumerate() {
            let y = 24.0 + index as f64 * height;
            text(svg, "", (4.0, y + 14.0), "start", &cut(name, 28));
            let class = if limit.is_some_and(|limit| *value > limit) { "box bad" } else { "one" };
            rect(svg, class, (NAMES, y + 2.0), (x(*value).max(1.0), height - 6.0));
            text(svg, "soft", (NAMES + x(*value) + 6.0, y + 14.0), "start", &short(*value));
        }
    })
}

/// A number for people: six digits, with an exponent where it is very great or small.
pub fn short(value: f64) -> String {
    if value == 0.0 || (1e-4..1e9).contains(&value.abs()) {
        let text = format!("{value:.4}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{value:.3e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_has_its_own_scale_and_says_its_numbers() {
        let pair = |name: &str, one, other| Pair { name: name.to_owned(), one, other };
        let drawn = pairs(
            "Metrics",
            ("champion", "challenger"),
            &[
                pair("mse", Some(3000.0), Some(1500.0)),
                pair("r2", None, Some(0.5)),
                pair("odd", Some(f64::NAN), Some(f64::INFINITY)),
            ],
        );
        let whole = format!("width=\"{:.1}\"", WIDTH - NAMES - 90.0);
        assert_eq!(drawn.as_str().matches(&whole).count(), 2, "{}", drawn.as_str());
        for said in ["champion", "challenger", ">3000<", ">1500<", ">0.5<"] {
            assert!(drawn.as_str().contains(said), "{said}: {}", drawn.as_str());
        }
        assert!(!drawn.as_str().contains("NaN") && !drawn.as_str().contains("inf"), "{}", drawn.as_str());
    }

    #[test]
    fn what_is_beyond_its_limit_looks_so() {
        let drawn = columns("PSI", &[("age".to_owned(), 0.3), ("bmi".to_owned(), 0.1)], Some(0.2));
        assert_eq!(drawn.as_str().matches("box bad").count(), 1);
        assert!(drawn.as_str().contains("limit 0.2"));
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [(0.0, "0"), (2.5, "2.5"), (100.0, "100"), (1e-9, "1.000e-9"), (-3.25, "-3.25")] {
            assert_eq!(short(value), expected);
        }
    }
}
