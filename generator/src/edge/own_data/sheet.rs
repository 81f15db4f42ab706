//! Spreadsheets: the first visible sheet that holds something, as text.

use std::path::Path;

use calamine::{Data, Range, Reader as _, SheetVisible, open_workbook_auto};

use super::source::unusable;
use crate::data::date;
use crate::data::doubt::Doubt;
use crate::data::facts::{Facts, Format};
use crate::data::sample::Sample;
use crate::edge::EdgeError;

/// What the sheet holds, and its text.
pub(super) fn read(path: &Path) -> Result<(Facts, Vec<u8>), EdgeError> {
    let wrong = |why: String| EdgeError::new("read the spreadsheet", path, why);
    let mut book = open_workbook_auto(path).map_err(|error| wrong(error.to_string()))?;
    let visible: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut filled = Vec::new();
    for name in visible {
        let range = book.worksheet_range(&name).map_err(|error| wrong(error.to_string()))?;
        if range.rows().count() > 1 {
            filled.push((name, range));
        }
    }
    let others: Vec<String> = filled.iter().skip(1).map(|(name, _)| format!("`{name}`")).collect();
    let Some((name, range)) = filled.into_iter().next() else {
        return Err(unusable(path, "no visible sheet of it holds a header and rows"));
    };
    let formulas = book.worksheet_formula(&name).map_err(|error| wrong(error.to_string()))?;
    if let Some(count) = not_computed(&range, &formulas) {
        let what = if count == 1 { "1 cell is a formula".to_owned() } else { format!("{count} cells are formulas") };
        let way = "open it in a spreadsheet program, save it, and try again";
        return Err(unusable(path, &format!("{what} whose value the file does not hold: {way}")));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in range.rows() {
        writer.write_record(row.iter().map(text)).map_err(|error| wrong(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| wrong(error.to_string()))?;
    let mut facts = Facts::of_text(&Sample::whole(bytes.clone())).map_err(|why| unusable(path, &why))?;
    if let Format::Text { sheet, .. } = &mut facts.format {
        *sheet = Some(name.clone());
    }
    if !others.is_empty() {
        facts.doubts.push(
            Doubt::new("sheets", format!("the sheet `{name}` was taken, and not {}", others.join(", ")))
                .advice("save another one as a file of its own to take that"),
        );
    }
    Ok((facts, bytes))
}

/// How many cells are formulas, where none of them has a value: the program that wrote the file computes nothing.
fn not_computed(values: &Range<Data>, formulas: &Range<String>) -> Option<usize> {
    let (top, left) = formulas.start()?;
    let at = |(row, column, _): (usize, usize, &String)| {
        Some((top + u32::try_from(row).ok()?, left + u32::try_from(column).ok()?))
    };
    let places: Vec<(u32, u32)> = formulas.used_cells().filter_map(at).collect();
    let empty = |place: &(u32, u32)| matches!(values.get_value(*place), None | Some(Data::Empty));
    (!places.is_empty() && places.iter().all(empty)).then_some(places.len())
}

/// A cell as text that training reads.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DurationIso(text) => text.clone(),
        Data::DateTimeIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(truth) => truth.to_string(),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let day = date::seconds(&format!("{year:04}-{month:02}-{day:02}")).unwrap_or_default();
            date::of_seconds(day + f64::from(u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second)))
        }
        Data::DateTime(duration) => duration.as_f64().to_string(),
        // `#N/A` and its like mean that there is no value.
        Data::Error(error) => error.to_string(),
    }
}
