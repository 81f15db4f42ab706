//! `monitoring:`

use super::issues::Issues;
use super::outcomes;
use super::training::{lift, logged_environment, whole};
use crate::project::data::Data;
use crate::project::model::Model;
use crate::project::monitoring::{Alerts, Budget, Drift, MailAddress, Monitoring};
use crate::project::text::Text;
use crate::project::training::Cron;
use crate::spec::located::path::Path;
use crate::spec::{BudgetSpec, DriftSpec, SpecFile};

/// Alerts and budget.
pub(super) fn check(
    spec: &SpecFile,
    data: Option<&Data>,
    model: Option<&Model>,
    issues: &mut Issues,
) -> Option<Monitoring> {
    let monitoring = &spec.monitoring;
    let at = Path::root().key("monitoring");
    let mut mail = Some(Vec::new());
    for (i, address) in monitoring.mail.iter().enumerate() {
        let here = at.key("mail").index(i);
        if monitoring.mail[..i].iter().any(|a| a.eq_ignore_ascii_case(address)) {
            issues.add(&here, format!("`{address}` is here already"));
        }
        match (issues.parse(&here, address, MailAddress::parse), &mut mail) {
            (Some(address), Some(mail)) => mail.push(address),
            _ => mail = None,
        }
    }
    let parts = [
        ("alerts", monitoring.alerts.is_some()),
        ("drift", monitoring.drift.is_some()),
        ("budget", monitoring.budget.is_some()),
    ];
    for (key, there) in parts {
        if there && monitoring.mail.is_empty() {
            issues
                .add(&at.key(key), format!("nobody hears of the {key}: `mail` is empty"))
                .on_key()
                .about(at.key("mail"))
                .help("add `mail: [team@example.com]`");
        }
    }
    let budget = monitoring.budget.as_ref().map(|b| budget(b, &at.key("budget"), issues));
    let drift = monitoring.drift.as_ref().map(|d| drift(d, spec, (data, model), &at.key("drift"), issues));
    Some(Monitoring {
        mail: mail?,
        alerts: monitoring.alerts.map(|a| Alerts {
            failed_percent: a.failed_percent,
            latency_ms: whole(a.latency_ms.unwrap_or(spec.scoring.contract.latency_ms)),
        }),
        drift: lift(drift)?,
        budget: lift(budget)?,
        retention_days: whole(monitoring.retention_days),
    })
}

fn drift(
    drift: &DriftSpec,
    spec: &SpecFile,
    (data, model): (Option<&Data>, Option<&Model>),
    at: &Path,
    issues: &mut Issues,
) -> Option<Drift> {
    if spec.scoring.logging.is_none() {
        issues
            .add(at, "no logs are kept: scoring has no `logging`")
            .on_key()
            .about(Path::root().keys(&["scoring", "logging"]))
            .help("add `scoring: {logging: {}}`, or take `drift` away");
    }
    let environment = logged_environment(drift.environment.as_deref(), spec, &at.key("environment"), issues);
    let cron = issues.parse(&at.key("cron"), &drift.cron, Cron::parse);
    let outcomes =
        drift.outcomes.as_ref().map(|o| outcomes::check(o, spec, data?, model?, &at.key("outcomes"), issues));
    Some(Drift {
        cron: cron?,
        environment: environment?,
        days: whole(drift.days),
        min_rows: whole(drift.min_rows),
        psi: drift.psi,
        missing: drift.missing,
        unseen: drift.unseen,
        retrain: drift.retrain,
        outcomes: lift(outcomes)?,
    })
}

fn budget(budget: &BudgetSpec, at: &Path, issues: &mut Issues) -> Option<Budget> {
    let mut rising = true;
    for (i, pair) in budget.thresholds.windows(2).enumerate().filter(|(_, pair)| pair[0] >= pair[1]) {
        let message = format!("thresholds rise, and {} is not more than {}", pair[1], pair[0]);
        issues.add(&at.key("thresholds").index(i + 1), message);
        rising = false;
    }
    let start = issues.parse_some(&at.key("start"), budget.start.as_deref(), first_of_month);
    rising.then_some(())?;
    Some(Budget {
        amount: whole(budget.amount?),
        thresholds: budget.thresholds.iter().map(|t| whole(*t)).collect(),
        start: start?,
    })
}

/// `YYYY-MM-01`: budgets by the month start on the first of one.
pub(super) fn first_of_month(text: &str) -> Result<Text, String> {
    let digits = |t: &str, low: u32, high: u32| {
        t.bytes().all(|b| b.is_ascii_digit()) && t.parse::<u32>().is_ok_and(|n| (low..=high).contains(&n))
    };
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [year, month, "01"]
            if year.len() == 4 && month.len() == 2 && digits(year, 2017, 2099) && digits(month, 1, 12) =>
        {
            Text::parse(text)
        }
        _ => Err("a budget starts on the first day of a month, as in `2026-12-01`".to_owned()),
    }
}
