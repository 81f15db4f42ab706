//! Values that fit their type and make no sense.

use super::*;
use insta::assert_snapshot;

#[test]
fn least_is_not_more_than_most() {
    let text = small(&[("target: kubernetes", "target: kubernetes, cluster: {minNodes: 4, maxNodes: 2}")]);
    let more = "training: {compute: {minNodes: 5, maxNodes: 2}}\nscoring: {replicas: {min: 9, max: 3}}\nbatch: {compute: {minNodes: 3, maxNodes: 1}}\n";
    assert_snapshot!(says(&(text + more)), @r"
    9:64 «4» at least 4 nodes are more than at most 2
    10:32 «5» at least 5 nodes are more than at most 2
    11:27 «9» at least 9 replicas are more than at most 3
    12:29 «3» at least 3 nodes are more than at most 1
    ");
}

#[test]
fn jobs_fit_their_cluster() {
    assert_snapshot!(says(&small_and("training: {instances: 8, compute: {maxNodes: 4}}\nbatch: {instances: 5}")), @r"
    10:23 «8» a job of 8 instances never starts on a cluster of at most 4 nodes
    11:20 «5» a job of 5 instances never starts on a cluster of at most 4 nodes
    ");
}

#[test]
fn the_example_request_fits_the_columns() {
    assert_snapshot!(says(&small_and("scoring:\n  contract:\n    request:\n      - [1, 2]\n      - [1, 2, 3]\n      - []\n    response: [1]")), @r"
    14:9 «[1, 2, 3]» a row of the request has a value for each of 2 features, this has 3
    15:9 «[]» a row of the request has a value for each of 2 features, this has 0
    16:5 «response» the response has a value for each of 3 rows of the request, this has 1
    ");
}

#[test]
fn a_route_is_free_and_well_formed() {
    assert_snapshot!(says(&small_and("scoring: {contract: {route: /livez}}")), @r"10:29 «/livez» `/livez` is a route of the scoring server itself");
    assert_snapshot!(says(&small_and("scoring: {contract: {route: score}}")), @r"10:29 «score» a route starts with `/` and has segments of letters, digits and - _ .");
    assert_snapshot!(says(&small_and("scoring: {contract: {route: /a/../b}}")), @r"10:29 «/a/../b» a route starts with `/` and has segments of letters, digits and - _ .");
}

#[test]
fn the_target_and_omitted_columns_are_columns() {
    assert_snapshot!(says(&small(&[("target: y, columns: [a, b, y]", "target: yield, columns: [a, b, yeild]")])), @r"5:38 «yield» no column is called `yield` (did you mean `yeild`?)");
    assert_snapshot!(says(&small_and("scoring: {logging: {omit: [a, a, y, c]}}")), @r"
    10:31 «a» `a` is left out already
    10:34 «y» `y` is the target, which no request holds
    10:37 «c» no column is called `c`
    ");
    assert_snapshot!(says(&small(&[("[a, b, y]", "[a, b, {name: y, required: false}]")])), @r"5:77 «false» the target is required: a row without it teaches nothing");
}

#[test]
fn the_rules_of_a_column_agree_with_each_other() {
    let column = "{name: b, type: integer, min: 5, max: 1}";
    assert_snapshot!(says(&small(&[("[a, b, y]", &format!("[a, {column}, y]"))])), @r"5:92 «1» the greatest value 1 is less than the least, 5");
    let column =
        "{name: b, type: integer, min: 0, max: 3, allowed: [1, 1, 2.5, 7], expected: {mean: 9, standardDeviation: 0}}";
    assert_snapshot!(says(&small(&[("[a, b, y]", &format!("[a, {column}, y]"))])), @r"
    5:108 «1» 1 is allowed already
    5:111 «2.5» 2.5 is no whole number, and the column holds integers
    5:116 «7» 7 is allowed here but not between min and max
    5:137 «9» the expected mean 9 is not between min and max
    5:159 «0» `data.columns[1].expected.standardDeviation` is more than 0, not 0
    ");
}

#[test]
fn limits_of_drift_are_possible() {
    let limits =
        "columns: [a, b, y], distribution: {psi: -1, ksPValue: 1, meanSigmas: never, standardDeviationRatio: 0.5}";
    assert_snapshot!(says(&small(&[("columns: [a, b, y]", limits)])), @r"
    5:81 «-1» `data.distribution.psi` is more than 0, not -1
    5:95 «1» a p-value is less than 1, this is 1 (or `off`)
    5:110 «never» `data.distribution.meanSigmas` is off or a number, not `never`
    5:141 «0.5» the greater deviation divided by the smaller is at least 1, so the limit is more, not 0.5 (or `off`)
    ");
}

#[test]
fn parameters_are_a_fixed_penalty_or_a_search() {
    let parameters = |p: &str| small(&[("runtime: python", &format!("runtime: python, parameters: {p}"))]);
    assert_snapshot!(says(&parameters("{alpha: 1, alphas: [1, 2]}")), @r"6:49 «alphas» the penalty is a fixed `alpha` or the best of `alphas`, not both");
    assert_snapshot!(says(&parameters("{alpha: 1, folds: 3}")), @r"6:49 «folds» `folds` belongs to a search over `alphas`");
    assert_snapshot!(says(&parameters("{alphas: [1, 1.0], folds: 1}")), @r"
    6:51 «1.0» 1 is a candidate already
    6:64 «1» `model.parameters.folds` is at least 2 and at most 100, not 1
    ");
    assert_snapshot!(says(&parameters("{alphas: [1, -2]}")), @r"6:51 «-2» `model.parameters.alphas[1]` is at least 0, not -2");
}

#[test]
fn a_metric_has_one_better_way() {
    assert_snapshot!(says(&small(&[("runtime: python", "runtime: python, metric: {name: r2, direction: minimize}")])), @r"6:56 «minimize» r2 is better when it is greater (leave `direction` out: it follows from the metric)");
    assert_snapshot!(says(&small(&[("runtime: python", "runtime: python, metric: {name: acuracy, margin: -1}")])), @r"
    6:41 «acuracy» `model.metric.name` is one of mse, rmse, mae, r2, mape, auc, log-loss, f1, accuracy, brier, balanced-accuracy, not `acuracy` (did you mean `accuracy`?)
    6:58 «-1» `model.metric.margin` is at least 0, not -1
    ");
}

#[test]
fn a_schedule_has_five_fields_that_can_come_true() {
    let cron = |cron: &str| small_and(&format!("training: {{schedules: [{{name: nightly, cron: {cron}}}]}}"));
    assert_snapshot!(says(&cron("'0 3 * *'")), @r"10:46 «'0 3 * *'» a cron schedule has 5 fields (minute hour day month weekday), this has 4");
    assert_snapshot!(says(&cron("'0 24 * * *'")), @r"10:49 «24» `24` is no hour: 0-23, *, lists, ranges and steps are");
    assert_snapshot!(says(&cron("'0 3 * * 8'")), @r"10:55 «8» `8` is no day of the week: 0-6 (sun to sat), *, lists, ranges and steps are");
    assert_snapshot!(says(&cron("'0 3 31 2 *'")), @r"10:46 «'0 3 31 2 *'» no month of `2` has a day of `31`, so this never comes");
    assert_snapshot!(says(&cron("daily")), @r"10:46 «daily» a cron schedule has 5 fields (minute hour day month weekday), this has 1");
    assert_snapshot!(says(&small_and("training: {schedules: [{name: nightly}]}")), @r"10:25 «name» `training.schedules[0]` lacks the key `cron` (`cron`: Five fields: minute, hour, day of the month, month, day of the week (0 is Sunday), in UTC. Days and months may be names, as in `Mon-Fri`)");
}

#[test]
fn approvals_can_be_given() {
    let approvals = |a: &str| small(&[("target: kubernetes", &format!("target: kubernetes, approvals: {a}"))]);
    assert_snapshot!(says(&approvals("{approvers: [a@b.example], required: 2}")), @r"9:92 «2» 2 approvals are required, and there are 1 approvers");
    assert_snapshot!(says(&approvals("{approvers: [], instructions: hello}")), @r"9:56 «approvers» `environments[1].approvals.approvers` has at least 1 entry, this has 0");
    assert_snapshot!(says(&approvals("{required: 1}")), @r"9:44 «approvals» `environments[1].approvals` lacks the key `approvers` (`approvers`: Mail addresses or group names)");
    assert_snapshot!(says(&approvals("{approvers: [a@b.example, A@b.example, ' ']}")), @r"
    9:81 «A@b.example» `A@b.example` is an approver already
    9:94 «' '» this is empty
    ");
}

#[test]
fn business_hours_have_an_end_after_their_start() {
    let hours =
        |h: &str| small(&[("target: kubernetes", &format!("target: kubernetes, checks: {{businessHours: {h}}}"))]);
    assert_snapshot!(says(&hours("{start: '18:00', end: '08:00'}")), @r"9:90 «'08:00'» the end 08:00 is not after the start, 18:00");
    assert_snapshot!(says(&hours("{start: 8am, days: [monday, mondy, monday]}")), @r"
    9:76 «8am» a time of day has the form `08:30`
    9:96 «mondy» `environments[1].checks.businessHours.days[1]` is one of monday, tuesday, wednesday, thursday, friday, saturday, sunday, not `mondy` (did you mean `monday`?)
    9:103 «monday» this day is here already
    ");
    assert_snapshot!(says(&hours("{start: '9:00', end: '24:00', timeZone: ''}")), @r"
    9:76 «'9:00'» a time of day has the form `08:30`
    9:89 «'24:00'» a time of day has the form `08:30`
    9:108 «''» this is empty (as in `UTC`, `W. Europe Standard Time`, or by its IANA name, `Europe/Berlin`)
    ");
}

#[test]
fn alerts_and_budgets_reach_somebody() {
    assert_snapshot!(says(&small_and("monitoring: {alerts: {}, budget: {amount: 5, start: '2026-12-01'}}")), @r"
    10:14 «alerts» nobody hears of the alerts: `mail` is empty (add `mail: [team@example.com]`)
    10:26 «budget» nobody hears of the budget: `mail` is empty (add `mail: [team@example.com]`)
    ");
    assert_snapshot!(says(&small_and("monitoring: {mail: [team, a@b.example, a@b.example], retentionDays: 7}")), @r"
    10:21 «team» a mail address has the form `team@example.com`
    10:40 «a@b.example» `a@b.example` is here already
    10:69 «7» `monitoring.retentionDays` is at least 30 and at most 730, not 7
    ");
}

#[test]
fn a_budget_starts_with_a_month_and_its_thresholds_rise() {
    let budget = |b: &str| small_and(&format!("monitoring: {{mail: [a@b.example], budget: {b}}}"));
    assert_snapshot!(says(&budget("{amount: 0, start: 2026-12-15, thresholds: [80, 50, 50]}")), @r"
    10:52 «0» `monitoring.budget.amount` is at least 1 and at most 1000000000, not 0
    10:62 «2026-12-15» a budget starts on the first day of a month, as in `2026-12-01`
    10:91 «50» thresholds rise, and 50 is not more than 80
    10:95 «50» thresholds rise, and 50 is not more than 50
    ");
    assert_snapshot!(says(&budget("{thresholds: []}")), @r"
    10:35 «budget» `monitoring.budget` lacks the key `amount` (`amount`: In the subscription's billing currency)
    10:35 «budget» `monitoring.budget` lacks the key `start` (`start`: First day of the first month, as in `2026-12-01`; Azure takes no month that is over when the budget is made)
    10:44 «thresholds» `monitoring.budget.thresholds` has at least 1 entry, this has 0
    ");
}

#[test]
fn sizes_look_like_sizes() {
    assert_snapshot!(says(&small_and("training: {compute: {sku: D4, name: '9'}}")), @r"
    10:27 «D4» a virtual machine size looks like `Standard_D4ds_v5`
    10:37 «'9'» a compute name has 2 to 16 characters, this has 1
    ");
}

#[test]
fn pins_are_versions_and_resource_types() {
    assert_snapshot!(says(&small_and("pins: {generator: 99.0.0}")), @r"10:19 «99.0.0» this is mlops-gen 0.1.0, and the spec wants 99.0.0 (install mlops-gen 99.0.0, or change the pin)");
    assert_snapshot!(says(&small_and("pins: {generator: newest, apiVersions: {storage: 2025-06-01, Microsoft.Storage/storageAccounts: '2025'}}")), @r"
    10:19 «newest» a version has the form `0.1.0`
    10:41 «storage» a resource type looks like `Microsoft.Storage/storageAccounts`
    10:97 «'2025'» an API version looks like `2025-06-01` or `2025-06-01-preview`
    ");
}

#[test]
fn tags_are_tags_that_azure_keeps() {
    let tags = format!("{{name: churn, tags: {{'a<b': x, '': y, long: '{}', managed-by: me}}}}", "x".repeat(257));
    assert_snapshot!(says(&small(&[("{name: churn}", &tags)])).replace(&"x".repeat(257), "xxx…"), @r"
    2:31 «'a<b'» the name of a tag holds none of < > % & \ ? /, this has '<'
    2:41 «''» the name of a tag has 1 to 128 characters
    2:54 «'xxx…'» the value of a tag has at most 256 characters, this has 257
    2:315 «managed-by» the tag `managed-by` is on every resource already
    ");
    let many: Vec<String> = (0..60).map(|i| format!("t{i}: v")).collect();
    assert_snapshot!(says(&small(&[("{name: churn}", &format!("{{name: churn, tags: {{{}}}}}", many.join(", ")))])), @r"2:24 «tags» a resource has at most 50 tags, 3 of them the tool's; this has 60");
}

#[test]
fn the_example_request_holds_values_that_the_columns_allow() {
    let columns = "[{name: a, type: integer, min: 0, max: 9}, {name: b, allowed: [1, 2]}, y]";
    let text = small(&[("[a, b, y]", columns)]) + "scoring: {contract: {request: [[0.5, 1], [-1, 3], [10, 2]]}}\n";
    assert_snapshot!(says(&text), @r"
    10:33 «0.5» 0.5 is no whole number, and the column `a` holds integers
    10:43 «-1» -1 is less than the column `a` holds, 0
    10:47 «3» 3 is not among the values that the column `b` allows
    10:52 «10» 10 is more than the column `a` holds, 9
    ");
}
