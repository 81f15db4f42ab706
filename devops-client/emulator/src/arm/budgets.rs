//! What Azure demands of a budget (Microsoft.Consumption/budgets): the first month begins on its first day, is not over when
//! the budget is made, and stays what it is. (Documents: Consumption REST, Budgets; azure-quickstart-templates#7095.)

use jiff::Timestamp;
use serde_json::Value;

/// Why a budget is not taken: a message, as the service words it. `before` is the budget that is there.
pub fn refused(before: Option<&Value>, body: &Value, now: Timestamp) -> Option<String> {
    let start = |budget: &Value| budget["properties"]["timePeriod"]["startDate"].as_str().map(str::to_owned);
    // A date, or a date and a time after it.
    let day = |text: &str| text.get(..10).unwrap_or(text).to_owned();
    let Some(wanted) = start(body).map(|text| day(&text)) else {
        return Some("Budget time period is required. Start date must be specified.".to_owned());
    };
    if !wanted.ends_with("-01") {
        return Some(format!("Budget start date {wanted} is invalid. It should be the first day of the month."));
    }
    match before.and_then(start).map(|text| day(&text)) {
        Some(old) if old != wanted => Some("Start date of budget cannot be updated.".to_owned()),
        Some(_) => None,
        None if wanted[..7] < *now.strftime("%Y-%m").to_string() => Some(format!(
            "Budget start date {wanted} is invalid. It must be on or after the start of the current month."
        )),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_budget_begins_with_a_month_that_is_not_over_and_keeps_it() {
        let budget = |start: &str| json!({ "properties": { "timePeriod": { "startDate": start } } });
        let now: Timestamp = "2031-04-17T12:00:00Z".parse().unwrap();
        let takes =
            |before: Option<&str>, start: &str| refused(before.map(budget).as_ref(), &budget(start), now).is_none();
        assert!(takes(None, "2031-04-01") && takes(None, "2031-05-01T00:00:00Z"));
        assert!(!takes(None, "2031-03-01") && !takes(None, "2031-04-02"));
        assert!(takes(Some("2030-01-01T00:00:00Z"), "2030-01-01") && !takes(Some("2030-01-01"), "2031-05-01"));
        assert!(refused(None, &json!({}), now).is_some());
    }
}
