//! What the cells of one column are, counted.

use std::collections::{BTreeMap, HashMap};

use super::cell::{Dress, dressed, is_code, number, trimmed};
use super::date::{self, Order};
use super::markers;

/// Different texts that are told apart; a column with more has any number of them.
const DISTINCT: usize = 20_000;

/// Different texts that are kept of those that are neither numbers nor moments.
const OTHERS: usize = 200;

/// The cells of a column, counted.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Cells that have a value.
    pub present: usize,
    /// Cells that are empty, or hold a text that means nothing else.
    pub missing: usize,
    /// The texts among the missing.
    pub markers: BTreeMap<String, usize>,
    /// Numbers as the runtimes read them.
    pub numbers: usize,
    /// Those without a fraction.
    pub whole: usize,
    /// Digits that begin with a zero.
    pub codes: usize,
    /// Numbers that wear something.
    pub dressed: BTreeMap<Dress, usize>,
    /// Moments as the runtimes read them.
    pub moments: usize,
    /// Other dates, by the order of their parts; a date of two orders counts for both.
    pub dates: BTreeMap<Order, usize>,
    /// Other dates.
    pub dated: usize,
    /// The texts that are none of these.
    pub others: BTreeMap<String, usize>,
    /// How many cells hold them.
    pub other: usize,
    /// Numbers that may stand for a missing one.
    pub sentinels: BTreeMap<String, usize>,
    /// Least number, sentinels aside.
    pub min: Option<f64>,
    /// Greatest number.
    pub max: Option<f64>,
    /// Different cells as they stand, and how often.
    pub distinct: HashMap<String, usize>,
    /// Characters of the longest cell.
    pub longest: usize,
    /// Cells with a space in them.
    pub spaced: usize,
}

impl Seen {
    /// Looks at the cells of a column.
    pub fn of<'c>(cells: impl Iterator<Item = &'c str>, decimal: char) -> Self {
        let mut seen = Self::default();
        for cell in cells {
            seen.take(cell, decimal);
        }
        seen
    }

    fn take(&mut self, cell: &str, decimal: char) {
        let text = trimmed(cell);
        if text.is_empty() || markers::is_strong(text) {
            self.missing += 1;
            if !text.is_empty() {
                *self.markers.entry(text.to_owned()).or_default() += 1;
            }
            return;
        }
        self.present += 1;
        if self.distinct.len() < DISTINCT || self.distinct.contains_key(cell) {
            *self.distinct.entry(cell.to_owned()).or_default() += 1;
        }
        if let Some(value) = number(text, decimal) {
            self.number(text, value);
        } else if let Some((value, dress)) = dressed(text, decimal) {
            *self.dressed.entry(dress).or_default() += 1;
            self.range(value);
            self.whole += usize::from(value.fract() == 0.0);
        } else if date::seconds(text).is_some() {
            self.moments += 1;
        } else {
            let orders = date::orders(text);
            if orders.is_empty() {
                self.other(text);
            } else {
                self.dated += 1;
                orders.into_iter().for_each(|order| *self.dates.entry(order).or_default() += 1);
            }
        }
        self.longest = self.longest.max(text.chars().count());
        self.spaced += usize::from(text.contains(' '));
    }

    fn number(&mut self, text: &str, value: f64) {
        self.numbers += 1;
        self.whole += usize::from(value.fract() == 0.0);
        self.codes += usize::from(is_code(text));
        if markers::is_number(text) {
            *self.sentinels.entry(text.to_owned()).or_default() += 1;
        } else {
            self.range(value);
        }
    }

    fn range(&mut self, value: f64) {
        self.min = Some(self.min.map_or(value, |min| min.min(value)));
        self.max = Some(self.max.map_or(value, |max| max.max(value)));
    }

    fn other(&mut self, text: &str) {
        self.other += 1;
        if self.others.len() < OTHERS || self.others.contains_key(text) {
            *self.others.entry(text.to_owned()).or_default() += 1;
        }
    }

    /// Cells that were looked at.
    pub fn cells(&self) -> usize {
        self.present + self.missing
    }

    /// Numbers, dressed or not.
    pub fn numeric(&self) -> usize {
        self.numbers + self.dressed.values().sum::<usize>()
    }

    /// The order that all dates can have, and whether another one would do as well.
    pub fn order(&self) -> Option<(Order, bool)> {
        let fitting: Vec<Order> =
            self.dates.iter().filter(|(_, count)| **count == self.dated).map(|(order, _)| *order).collect();
        fitting.first().map(|order| (*order, fitting.len() > 1))
    }
}
