//! `mlops-gen cost`, and what `plan` says of the cost of a change.

use std::path::PathBuf;

use clap::Args;
use mlops_gen::cost::estimate::{Estimate, Place, meters, places};
use mlops_gen::cost::show;
use mlops_gen::edge::clock;
use mlops_gen::edge::connect::variable;
use mlops_gen::edge::prices::{Asked, Prices};
use mlops_gen::project::Project;
use mlops_gen::spec::{counted, verb_of};
use serde_json::{Value, json};

use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;
use super::remote::block_on;

/// Options of `cost`.
#[derive(Debug, Args)]
pub struct Cost {
    /// One place: `platform`, or an environment [default: all of them]
    #[arg(value_name = "ENVIRONMENT")]
    pub place: Option<String>,
    /// The spec
    #[arg(long, value_name = "FILE", default_value = "mlops.yaml")]
    pub spec: PathBuf,
    /// Use no network: answer from copies of earlier answers, with their age
    #[arg(long)]
    pub offline: bool,
}

pub(super) fn run(options: &Cost, output: Output) -> Result<Outcome, Failure> {
    let loaded = Loaded::at(&options.spec)?;
    let project = &loaded.project;
    let mut places = places(project, &loaded.tree);
    if let Some(wanted) = &options.place {
        let names: Vec<String> = places.iter().map(|place| place.name.clone()).collect();
        places.retain(|place| place.name == *wanted);
        if places.is_empty() {
            return Err(Failure::Usage(format!("there is no place `{wanted}`; the places are {}", names.join(", "))));
        }
    }
    let list = Prices::new(&variable, !options.offline).map_err(|error| Failure::Usage(error.to_string()))?;
    let currency = project.usage.currency.as_str();
    let asked = block_on(list.of(&meters(&places), currency))?;
    let asked = asked.map_err(|error| Failure::Services(vec![error.to_string()]))?;
    let estimate = Estimate::of(&places, &asked.prices, currency);
    let warnings = above_budget(project, &estimate);
    let days = (clock::now_seconds() - asked.since).max(0) / (24 * 3600);
    if output.is_json() {
        let mut value = show::json(&estimate, &project.usage);
        value["prices"] =
            json!({ "from": list.host(), "of": clock::date(asked.since), "ageDays": days, "stale": asked.stale });
        value["budget"] = json!(project.monitoring.budget.as_ref().map(|budget| budget.amount));
        value["warnings"] = json!(warnings);
        output.data(&json!({ "cost": value }));
    } else {
        output.text(&show::text(&estimate));
        output.text("\nassumed, and said in the spec:\n");
        for (key, value, what) in show::assumptions(&project.usage) {
            output.text(&format!("  {key}: {value}  ({what})\n"));
        }
        output.say(&format!(
            "retail prices of {}, {}, without discounts and taxes; Azure DevOps itself (users, parallel jobs) is not in it",
            list.host(),
            clock::date(asked.since)
        ));
    }
    if let Some(why) = &asked.stale {
        output.say(&format!(
            "warning: {why}; these prices are copies of {} ago",
            counted(usize::try_from(days).unwrap_or_default(), "day")
        ));
    }
    for warning in &warnings {
        output.say(&format!("warning: {warning}"));
    }
    Ok(Outcome::Clean)
}

/// Places that cost more than the budget of a month.
fn above_budget(project: &Project, estimate: &Estimate) -> Vec<String> {
    let Some(budget) = &project.monitoring.budget else { return Vec::new() };
    let above = estimate.above(f64::from(budget.amount));
    let say = |(place, total): (&str, f64)| {
        format!(
            "{place} is estimated at {total:.2} {} a month, above its budget of {} (`monitoring.budget.amount`)",
            estimate.currency, budget.amount
        )
    };
    above.into_iter().map(say).collect()
}

/// What a change does to the cost of a month, for a plan.
pub(super) struct Change {
    /// What it comes to.
    pub(super) after: f64,
    /// What it is now, where that is known.
    pub(super) before: Option<f64>,
    /// The currency.
    pub(super) currency: String,
    /// Budgets that are below.
    pub(super) warnings: Vec<String>,
    /// How many things have no price, so that the sums lack them.
    pub(super) unknown: usize,
}

impl Change {
    /// As a line.
    pub(super) fn line(&self) -> String {
        let Self { after, currency, .. } = self;
        let change = match self.before {
            None => String::new(),
            Some(before) if (after - before).abs() < 0.005 => ", as much as before".to_owned(),
            Some(before) if *after > before => format!(", {:.2} more than before", after - before),
            Some(before) => format!(", {:.2} less than before", before - after),
        };
        let unknown = match self.unknown {
            0 => String::new(),
            unknown => format!("; {} {} no known price", counted(unknown, "thing"), verb_of(unknown, "has", "have")),
        };
        format!("cost: about {after:.2} {currency} a month{change}{unknown} (`mlops-gen cost`)")
    }

    /// As JSON.
    pub(super) fn json(&self) -> Value {
        json!({
            "after": show::rounded(self.after),
            "before": self.before.map(show::rounded),
            "currency": self.currency,
            "unknown": self.unknown,
            "warnings": self.warnings,
        })
    }
}

/// What the project costs, and what it did with the spec that it was applied from. `None` where no prices can be had: a
/// plan is none the worse for that.
pub(super) async fn change(one: &Loaded, earlier: Option<&str>) -> Option<Change> {
    if !Prices::belongs(&variable) {
        return None;
    }
    let list = Prices::new(&variable, true).ok()?.in_passing();
    let currency = one.project.usage.currency.as_str();
    let now = places(&one.project, &one.tree);
    let before = earlier.and_then(of_text);
    let mut wanted = meters(&now);
    wanted.extend(before.iter().flat_map(|places| meters(places)));
    let Asked { prices, .. } = match list.of(&wanted, currency).await {
        Ok(asked) => asked,
        Err(error) => {
            tracing::debug!(%error, "no estimate");
            return None;
        }
    };
    let estimate = Estimate::of(&now, &prices, currency);
    Some(Change {
        after: estimate.total(),
        before: before.map(|places| Estimate::of(&places, &prices, currency).total()),
        warnings: above_budget(&one.project, &estimate),
        unknown: estimate.unknown().count(),
        currency: estimate.currency,
    })
}

/// The places of an earlier spec, with the templates as they are rendered today; `None` where it is no spec any more.
fn of_text(text: &str) -> Option<Vec<Place>> {
    let project = mlops_gen::load("mlops.yaml", text).ok()?;
    let overrides = mlops_gen::render::Overrides::new();
    let renderer = mlops_gen::render::Renderer::new(&overrides).ok()?;
    let tree = mlops_gen::compose::compose(&project, &renderer).ok()?;
    Some(places(&project, &tree))
}
