//! Budgets: Azure makes none whose first month is over, and changes the start of none.

use super::Finding;

const CHECK: &str = "budgets";

/// The budget of a place. Dates are `2026-12-01`.
#[derive(Clone, Copy, Debug)]
pub struct Budget<'a> {
    /// `platform`, or an environment.
    pub place: &'a str,
    /// Its start in the spec.
    pub start: &'a str,
    /// Whether the environment has a start of its own there (`budgetStart`).
    pub own: bool,
    /// The start of the budget that is there.
    pub there: Option<&'a str>,
}

impl Budget<'_> {
    /// The key of the spec that its start is of.
    fn key(&self) -> String {
        match self.place {
            "platform" => "`monitoring.budget.start`".to_owned(),
            name => format!("`budgetStart` of the environment {name}"),
        }
    }

    /// Whether its first month is over, and Azure is still to make it.
    fn is_late(&self, today: &str) -> bool {
        self.there.is_none() && month(self.start) < month(today)
    }
}

/// Whether Azure takes the budgets of a project, of which `today` some are there. What a start that several share is wrong
/// in is told once.
pub fn check(budgets: &[Budget<'_>], today: &str) -> Vec<Finding> {
    let (late, other): (Vec<&Budget<'_>>, Vec<&Budget<'_>>) = budgets.iter().partition(|one| one.is_late(today));
    // Places with the start of the project follow it, as long as that may still be moved.
    let (shared, own): (Vec<&Budget<'_>>, Vec<&Budget<'_>>) =
        late.iter().partition(|one| !one.own && late.iter().any(|other| other.place == "platform"));
    let sentence = |of: &str, them: &str, start: &str| {
        format!("the {them} of {of} would start on {start}, and Azure makes none whose first month is over")
    };
    let shared = shared.split_first().map(|(first, rest)| {
        let names: Vec<&str> = shared.iter().map(|one| one.place).collect();
        let them = if rest.is_empty() { "budget" } else { "budgets" };
        let next = format!("set `monitoring.budget.start` to {}-01 or later", month(today));
        Finding::blocks(CHECK, sentence(&names.join(", "), them, first.start), next)
    });
    let own = own.into_iter().map(|one| {
        let next = format!("set {} to {}-01 or later", one.key(), month(today));
        Finding::blocks(CHECK, sentence(one.place, "budget", one.start), next)
    });
    shared.into_iter().chain(own).chain(other.into_iter().map(kept)).collect()
}

/// A budget that may be made, or is there.
fn kept(budget: &Budget<'_>) -> Finding {
    let Budget { place, start, there, .. } = budget;
    match there {
        Some(there) if month(there) == month(start) => {
            Finding::good(CHECK, format!("the budget of {place} has started on {there}"))
        }
        Some(there) => Finding::blocks(
            CHECK,
            format!(
                "the budget of {place} has started on {there}, and the spec says {start}, which Azure does not change"
            ),
            format!(
                "set {} to {there}, or delete the budget first (Azure portal, cost management, budgets)",
                budget.key()
            ),
        ),
        None => Finding::good(CHECK, format!("the budget of {place} may start on {start}")),
    }
}

fn month(date: &str) -> &str {
    date.get(..7).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::doctor::Level;

    fn budget<'a>(place: &'a str, start: &'a str, there: Option<&'a str>) -> Budget<'a> {
        Budget { place, start, own: false, there }
    }

    #[test]
    fn a_budget_that_azure_would_refuse_blocks() {
        let level = |start, there| check(&[budget("qa", start, there)], "2031-04-17")[0].level;
        assert_eq!(level("2031-04-01", None), Level::Good);
        assert_eq!(level("2031-03-01", None), Level::Blocks);
        assert_eq!(level("2030-01-01", Some("2030-01-01")), Level::Good);
        assert_eq!(level("2031-05-01", Some("2030-01-01")), Level::Blocks);
    }

    #[test]
    fn a_month_that_is_over_is_told_once_for_all_that_start_with_it() {
        let told = |budgets: &[Budget<'_>]| -> Vec<String> {
            check(budgets, "2031-04-17")
                .iter()
                .map(|one| format!("{} ({})", one.says, one.remedy.clone().unwrap_or_default()))
                .collect()
        };
        let all = ["platform", "qa", "live"].map(|place| budget(place, "2031-02-01", None));
        let [once] = told(&all).try_into().unwrap();
        assert!(once.contains("the budgets of platform, qa, live would start on 2031-02-01"), "{once}");
        assert!(once.contains("set `monitoring.budget.start` to 2031-04-01 or later"), "{once}");
        // A start of its own is moved on its own, and so is one of a place that comes when the project's budget runs.
        let own = Budget { own: true, ..budget("live", "2031-01-01", None) };
        let two = told(&[all[0], all[1], own]);
        assert!(two[0].contains("platform, qa") && two[1].contains("`budgetStart` of the environment live"), "{two:?}");
        let later = told(&[budget("platform", "2031-02-01", Some("2031-02-01")), all[2]]);
        assert!(later[0].contains("set `budgetStart` of the environment live to 2031-04-01"), "{later:?}");
    }
}
