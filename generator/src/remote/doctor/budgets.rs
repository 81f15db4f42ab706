//! Budgets: Azure makes none whose first month is over, and changes the start of none.

use super::Finding;

const CHECK: &str = "budgets";

/// Whether Azure takes a budget that starts on `start`, where `there` is the start of the one that is there already.
/// Dates are `2026-12-01`, `today` too.
pub fn check(place: &str, start: &str, there: Option<&str>, today: &str) -> Finding {
    let month = |date: &str| date.get(..7).unwrap_or(date).to_owned();
    let key = match place {
        "platform" => "`monitoring.budget.start`".to_owned(),
        name => format!("`budgetStart` of the environment {name}"),
    };
    match there {
        Some(there) if month(there) == month(start) => {
            Finding::good(CHECK, format!("the budget of {place} has started on {there}"))
        }
        Some(there) => Finding::blocks(
            CHECK,
            format!(
                "the budget of {place} has started on {there}, and the spec says {start}, which Azure does not change"
            ),
            format!("set {key} to {there}, or delete the budget first (Azure portal, cost management, budgets)"),
        ),
        None if month(start) < month(today) => Finding::blocks(
            CHECK,
            format!("the budget of {place} would start on {start}, and Azure makes none whose first month is over"),
            format!("set {key} to {}-01 or later", month(today)),
        ),
        None => Finding::good(CHECK, format!("the budget of {place} may start on {start}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::doctor::Level;

    #[test]
    fn a_budget_that_azure_would_refuse_blocks() {
        let level = |start, there| check("qa", start, there, "2031-04-17").level;
        assert_eq!(level("2031-04-01", None), Level::Good);
        assert_eq!(level("2031-03-01", None), Level::Blocks);
        assert_eq!(level("2030-01-01", Some("2030-01-01")), Level::Good);
        assert_eq!(level("2031-05-01", Some("2030-01-01")), Level::Blocks);
    }
}
