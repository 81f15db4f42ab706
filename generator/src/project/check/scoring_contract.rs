//! `scoring.contract`

use super::column::{cell, is_of_type, with_article};
use super::issues::Issues;
use super::training::whole;
use crate::project::data::{Cell, Column, ColumnType, Data, Unknown};
use crate::project::scoring::{Contract, Route};
use crate::spec::located::path::Path;
use crate::spec::{CellSpec, ContractSpec, SpecFile};

/// What callers may rely on.
pub(super) fn contract(
    contract: &ContractSpec,
    spec: &SpecFile,
    data: Option<&Data>,
    at: &Path,
    issues: &mut Issues,
) -> Option<Contract> {
    let route = issues.parse(&at.key("route"), &contract.route, Route::parse);
    let columns = spec.data.as_ref().and_then(|d| d.columns.as_ref());
    let before = issues.count();
    if let (Some(rows), Some(columns)) = (&contract.request, columns) {
        let features = columns.len().saturating_sub(1);
        for (i, row) in rows.iter().enumerate().filter(|(_, row)| row.len() != features) {
            let message =
                format!("a row of the request has a value for each of {features} features, this has {}", row.len());
            issues.add(&at.key("request").index(i), message).about(Path::root().keys(&["data", "columns"]));
        }
    }
    if let (Some(rows), Some(data)) = (&contract.request, data) {
        for (i, row) in rows.iter().enumerate() {
            for (j, (value, column)) in row.iter().zip(data.features()).enumerate() {
                if let Err(why) = fits(&cell(value), column) {
                    let columns = Path::root().keys(&["data", "columns"]);
                    issues.add(&at.key("request").index(i).index(j), why).about(columns);
                }
            }
        }
    }
    let rows = contract.request.as_ref().map_or(1, Vec::len);
    if let Some(response) = &contract.response
        && response.len() != rows
    {
        let message =
            format!("the response has a value for each of {rows} rows of the request, this has {}", response.len());
        issues.add(&at.key("response"), message).about(at.key("request"));
    }
    let cells = |row: &Vec<CellSpec>| row.iter().map(cell).collect::<Vec<Cell>>();
    let request = match &contract.request {
        Some(rows) => rows.iter().map(cells).collect(),
        None => vec![example(data?, issues)],
    };
    (issues.count() == before).then_some(())?;
    Some(Contract {
        route: route?,
        request,
        response: contract.response.as_ref().map(cells),
        latency_ms: whole(contract.latency_ms),
        smoke_requests: whole(contract.smoke_requests),
    })
}

/// Whether the column's rules allow the value: the data test would refuse such a row, and the server such a cell.
fn fits(value: &Cell, column: &Column) -> Result<(), String> {
    let name = &column.name;
    // A level that is not listed is refused, passed over, or taken for another one.
    let levels = column.levels.as_deref().filter(|_| column.unknown == Unknown::Refuse);
    is_of_type(value, column.kind, levels).map_err(|why| {
        let plural = if column.kind == ColumnType::Integer { "integers" } else { with_article(column.kind) };
        format!("{why}, and the column `{name}` holds {plural}")
    })?;
    let Cell::Number(value) = value else { return Ok(()) };
    if let Some(min) = column.min.filter(|min| value < min) {
        return Err(format!("{value} is less than the column `{name}` holds, {min}"));
    }
    if let Some(max) = column.max.filter(|max| value > max) {
        return Err(format!("{value} is more than the column `{name}` holds, {max}"));
    }
    if !column.allowed.is_empty() && !column.allowed.contains(value) {
        return Err(format!("{value} is not among the values that the column `{name}` allows"));
    }
    Ok(())
}

/// A row that the columns' rules allow.
fn example(data: &Data, issues: &mut Issues) -> Vec<Cell> {
    let columns = data.columns.iter().enumerate().filter(|(_, column)| column.name != data.target);
    let cell = |(i, column): (usize, &Column)| match column.kind {
        ColumnType::Number | ColumnType::Integer => Cell::Number(example_number(column)),
        ColumnType::Boolean => Cell::Boolean(true),
        ColumnType::Category => match column.example_level() {
            Some(level) => Cell::Text(level.to_owned()),
            // A made-up level is as good as any where an unknown one is passed over.
            None if column.unknown != Unknown::Refuse => Cell::Text("example".to_owned()),
            None => {
                let at = Path::root().keys(&["data", "columns"]).index(i);
                let message =
                    format!("no level of the category `{}` is known, so no example request can be made", column.name);
                issues.add(&at, message).help("list its `levels`, or write a `scoring.contract.request`");
                Cell::Text(String::new())
            }
        },
        ColumnType::Text => Cell::Text("an example of text".to_owned()),
        ColumnType::Datetime => Cell::Text("2026-01-01T00:00:00Z".to_owned()),
    };
    columns.map(cell).collect()
}

fn example_number(column: &Column) -> f64 {
    let value = match (column.allowed.first(), column.expected, column.min, column.max) {
        (Some(allowed), ..) => return *allowed,
        (_, Some(expected), ..) => expected.mean,
        (_, _, Some(min), Some(max)) => min + (max - min) / 2.0,
        (_, _, min, max) => 0.0_f64.max(min.unwrap_or(0.0)).min(max.unwrap_or(f64::MAX)),
    };
    let value = if column.kind == ColumnType::Integer { value.round() } else { value };
    // Rounding may lead out of a narrow range; its edge is always right.
    match (column.min, column.max) {
        (Some(min), _) if value < min => min,
        (_, Some(max)) if value > max => max,
        _ => value,
    }
}
