//! From a project and the prices of its meters to an estimate.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::{At, Counted, Known, Nature, by_release, known, region};
use super::meter::{Meter, Price, amount};
use super::resources::{Found, of_folder};
use crate::project::Project;
use crate::tree::RenderedTree;

/// A resource, and what is known about its price.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Type of the resource.
    pub kind: String,
    /// The module that makes it, or who does.
    pub module: String,
    /// What is known.
    pub known: Known,
}

/// The rows of a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// `platform`, or the environment's name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Its resources.
    pub rows: Vec<Row>,
}

/// The places of a project with their resources: the platform first, then environments in order of promotion.
pub fn places(project: &Project, tree: &RenderedTree) -> Vec<Place> {
    let environments = project.environments.iter().map(|environment| {
        let at = At { project, environment: Some(environment) };
        place(environment.name.as_str(), &format!("infra/environments/{}", environment.name), at, tree)
    });
    let platform = place("platform", "infra/platform", At { project, environment: None }, tree);
    std::iter::once(platform).chain(environments).collect()
}

fn place(name: &str, folder: &str, at: At<'_>, tree: &RenderedTree) -> Place {
    let row = |found: Found| Row { known: known(&found, at), kind: found.kind, module: found.module };
    let mut rows: Vec<Row> = of_folder(tree, folder).into_iter().map(row).collect();
    rows.extend(by_release(at).map(|counted| Row {
        kind: "Microsoft.MachineLearningServices/workspaces/onlineEndpoints".to_owned(),
        module: "release".to_owned(),
        known: Known::Counted(counted),
    }));
    Place { name: name.to_owned(), region: region(at).to_owned(), rows }
}

/// Every meter that the places are counted by.
pub fn meters(places: &[Place]) -> BTreeSet<Meter> {
    counted(places).map(|counted| counted.meter.clone()).collect()
}

fn counted(places: &[Place]) -> impl Iterator<Item = &Counted> {
    places.iter().flat_map(|place| &place.rows).flat_map(|row| match &row.known {
        Known::Counted(counted) => counted.as_slice(),
        Known::Free(_) | Known::Unknown(_) => &[],
    })
}

/// A counted thing with its price.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The module that makes the resource.
    pub module: String,
    /// Type of the resource.
    pub kind: String,
    /// What is counted.
    pub counted: Counted,
    /// What it costs a month; `None` where the list has no price.
    pub amount: Option<f64>,
}

/// What a place costs a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// `platform`, or the environment's name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// How many resources of the templates, and of releases, were looked at.
    pub resources: usize,
    /// What is counted.
    pub lines: Vec<Line>,
    /// What is free: why, and how many resources, in order.
    pub free: BTreeMap<&'static str, usize>,
    /// What nobody can price: resource and why.
    pub unknown: Vec<(String, String)>,
}

impl Costs {
    fn sum(&self, nature: Nature) -> f64 {
        self.lines.iter().filter(|line| line.counted.nature == nature).filter_map(|line| line.amount).sum()
    }

    /// What it costs where nobody uses anything.
    pub fn fixed(&self) -> f64 {
        self.sum(Nature::Fixed)
    }

    /// What the assumed use costs.
    pub fn by_use(&self) -> f64 {
        self.sum(Nature::ByUse)
    }

    /// Both.
    pub fn total(&self) -> f64 {
        self.fixed() + self.by_use()
    }
}

/// What a project costs a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// `USD`.
    pub currency: String,
    /// The places.
    pub places: Vec<Costs>,
}

impl Estimate {
    /// The estimate of `places` at `prices`.
    pub fn of(places: &[Place], prices: &BTreeMap<Meter, Vec<Price>>, currency: &str) -> Self {
        let places = places.iter().map(|place| costs(place, prices)).collect();
        Self { currency: currency.to_owned(), places }
    }

    /// The sum of what has a price.
    pub fn total(&self) -> f64 {
        self.places.iter().map(Costs::total).sum()
    }

    /// What has none: place, resource, why.
    pub fn unknown(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.places.iter().flat_map(|costs| {
            costs.unknown.iter().map(move |(what, why)| (costs.name.as_str(), what.as_str(), why.as_str()))
        })
    }

    /// Places whose estimate is above a budget of so much a month, with the estimate.
    pub fn above(&self, budget: f64) -> Vec<(&str, f64)> {
        let totals = self.places.iter().map(|costs| (costs.name.as_str(), costs.total()));
        totals.filter(|(_, total)| *total > budget).collect()
    }
}

fn costs(place: &Place, prices: &BTreeMap<Meter, Vec<Price>>) -> Costs {
    let mut costs = Costs {
        name: place.name.clone(),
        region: place.region.clone(),
        resources: place.rows.len(),
        lines: Vec::new(),
        free: BTreeMap::new(),
        unknown: Vec::new(),
    };
    for row in &place.rows {
        let named = |row: &Row| format!("{} ({})", row.kind, row.module);
        match &row.known {
            Known::Free(why) => *costs.free.entry(why).or_default() += 1,
            Known::Unknown(why) => costs.unknown.push((named(row), (*why).to_owned())),
            Known::Counted(counted) => {
                for counted in counted {
                    let none: &[Price] = &[];
                    let prices = prices.get(&counted.meter).map_or(none, Vec::as_slice);
                    let amount = amount(&counted.meter, prices, counted.quantity);
                    if amount.is_none() {
                        let why = format!("the price list has nothing for {}", counted.meter);
                        costs.unknown.push((format!("{}: {}", named(row), counted.what), why));
                    }
                    let (module, kind) = (row.module.clone(), row.kind.clone());
                    costs.lines.push(Line { module, kind, counted: counted.clone(), amount });
                }
            }
        }
    }
    costs.lines.sort_by(|a, b| {
        a.counted.nature.cmp(&b.counted.nature).then(b.amount.unwrap_or(0.0).total_cmp(&a.amount.unwrap_or(0.0)))
    });
    costs
}
