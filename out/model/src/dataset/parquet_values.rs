//! The values of a Parquet column as `f64`.

use super::cell::{self, Texts};
use super::parquet_schema::{Kind, Place};
use super::reading::{Reading, Wanted};
use super::{CellProblem, Problem};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::errors::ParquetError;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The Julian day of 1970-01-01.
const JULIAN_1970: i64 = 2_440_588;

/// The most bytes of a decimal: 38 digits.
const DECIMAL_BYTES: usize = 16;

/// Buffers that are used again for each column.
#[derive(Default)]
pub(super) struct Scratch {
    levels: Vec<i16>,
    float: Vec<f32>,
    int32: Vec<i32>,
    int64: Vec<i64>,
    boolean: Vec<bool>,
    int96: Vec<Int96>,
    bytes: Vec<ByteArray>,
    fixed: Vec<FixedLenByteArray>,
    /// Why values are NaN that stand for no null: the place among the values that are not null, and the problem.
    problems: Vec<(usize, Problem)>,
}

pub(super) fn skip_column(reader: &mut ColumnReader, rows: usize) -> Result<(), ParquetError> {
    match reader {
        ColumnReader::DoubleColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::FloatColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::Int32ColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::Int64ColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::Int96ColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::BoolColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::ByteArrayColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::FixedLenByteArrayColumnReader(reader) => reader.skip_records(rows).map(drop),
    }
}

fn other_type() -> ParquetError {
    ParquetError::General("a column is of another type in a row group than in the schema".into())
}

/// Appends the next `rows` values; a null becomes NaN, and `scratch` tells it from others.
pub(super) fn read_column(
    reader: &mut ColumnReader,
    place: Place,
    (reading, wanted): (&Reading, &Wanted),
    rows: usize,
    scratch: &mut Scratch,
    texts: &mut Texts,
    values: &mut Vec<f64>,
) -> Result<(), ParquetError> {
    let Scratch { levels, float, int32, int64, boolean, int96, bytes, fixed, problems } = scratch;
    levels.clear();
    problems.clear();
    let mut text = |at: usize, text: &[u8]| {
        cell::value(reading, wanted, text, texts).unwrap_or_else(|problem| {
            problems.push((at, problem));
            f64::NAN
        })
    };
    let is_number = *wanted == Wanted::Number;
    match (reader, place.kind) {
        (ColumnReader::DoubleColumnReader(reader), _) => read_records(reader, place, rows, levels, values)?,
        (ColumnReader::FloatColumnReader(reader), _) => {
            read_into(reader, place, rows, levels, float)?;
            values.extend(float.iter().map(|&v| f64::from(v)));
        }
        (ColumnReader::Int32ColumnReader(reader), kind) => {
            read_into(reader, place, rows, levels, int32)?;
            match kind {
                Kind::Decimal(scale) => values.extend(int32.iter().map(|&v| decimal(v.into(), scale))),
                Kind::Days => values.extend(int32.iter().map(|&v| f64::from(v) * 86_400.0)),
                Kind::Unsigned32 if is_number => values.extend(int32.iter().map(|&v| f64::from(v.cast_unsigned()))),
                _ if is_number => values.extend(int32.iter().map(|&v| f64::from(v))),
                Kind::Unsigned32 => digits(int32.iter().map(|v| v.cast_unsigned()), &mut text, values),
                _ => digits(int32.iter(), &mut text, values),
            }
        }
        (ColumnReader::Int64ColumnReader(reader), kind) => {
            read_into(reader, place, rows, levels, int64)?;
            match kind {
                Kind::Decimal(scale) => values.extend(int64.iter().map(|&v| decimal(v.into(), scale))),
                Kind::Moments(unit) => values.extend(int64.iter().map(|&v| seconds(v, unit))),
                Kind::Unsigned64 if is_number => values.extend(int64.iter().map(|&v| v.cast_unsigned() as f64)),
                _ if is_number => values.extend(int64.iter().map(|&v| v as f64)),
                Kind::Unsigned64 => digits(int64.iter().map(|v| v.cast_unsigned()), &mut text, values),
                _ => digits(int64.iter(), &mut text, values),
            }
        }
        (ColumnReader::BoolColumnReader(reader), _) => {
            read_into(reader, place, rows, levels, boolean)?;
            if *wanted == Wanted::Category {
                digits(boolean.iter(), &mut text, values);
            } else {
                values.extend(boolean.iter().map(|&v| f64::from(u8::from(v))));
            }
        }
        (ColumnReader::Int96ColumnReader(reader), _) => {
            read_into(reader, place, rows, levels, int96)?;
            values.extend(int96.iter().map(|v| {
                let [low, high, day] = [v.data()[0], v.data()[1], v.data()[2]].map(i64::from);
                // To the microsecond, as all writers of today do; the years that nanoseconds reach end in 2262.
                let of_day = ((high << 32 | low) / 1_000).clamp(0, DAY);
                seconds((day - JULIAN_1970).saturating_mul(DAY).saturating_add(of_day), 1_000_000)
            }));
        }
        (ColumnReader::ByteArrayColumnReader(reader), Kind::Decimal(scale)) => {
            read_into(reader, place, rows, levels, bytes)?;
            values.extend(bytes.iter().map(|v| decimal_of_bytes(v.data(), scale)));
        }
        (ColumnReader::ByteArrayColumnReader(reader), Kind::Text) => {
            read_into(reader, place, rows, levels, bytes)?;
            values.extend(bytes.iter().enumerate().map(|(at, v)| text(at, v.data())));
        }
        (ColumnReader::FixedLenByteArrayColumnReader(reader), Kind::Half) => {
            read_into(reader, place, rows, levels, fixed)?;
            values.extend(fixed.iter().map(|v| half(v.data())));
        }
        (ColumnReader::FixedLenByteArrayColumnReader(reader), Kind::Decimal(scale)) => {
            read_into(reader, place, rows, levels, fixed)?;
            values.extend(fixed.iter().map(|v| decimal_of_bytes(v.data(), scale)));
        }
        _ => return Err(other_type()),
    }
    if values.len() < levels.len() {
        spread(values, levels, problems);
    }
    Ok(())
}

/// Takes values by the text of each, as a category or a boolean has them.
fn digits<T: ToString>(
    found: impl Iterator<Item = T>,
    text: &mut impl FnMut(usize, &[u8]) -> f64,
    values: &mut Vec<f64>,
) {
    values.extend(found.enumerate().map(|(at, value)| text(at, value.to_string().as_bytes())));
}

/// Spreads values that the library packs out to their rows, from the end so that none is overwritten.
fn spread(values: &mut Vec<f64>, levels: &[i16], problems: &mut [(usize, Problem)]) {
    let mut from = values.len();
    let mut problem = problems.len();
    values.resize(levels.len(), f64::NAN);
    for to in (0..levels.len()).rev() {
        values[to] = if levels[to] == 0 {
            f64::NAN
        } else {
            from -= 1;
            if problem > 0 && problems[problem - 1].0 == from {
                problem -= 1;
                problems[problem].0 = to;
            }
            values[from]
        };
    }
}

fn read_into<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    place: Place,
    rows: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<(), ParquetError> {
    values.clear();
    read_records(reader, place, rows, levels, values)
}

/// Reads records until there are `rows` of them or the row group ends.
fn read_records<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    place: Place,
    rows: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<(), ParquetError> {
    let mut done = 0;
    while done < rows {
        let (records, _, _) = reader.read_records(rows - done, place.nullable.then_some(&mut *levels), None, values)?;
        if records == 0 {
            break;
        }
        done += records;
    }
    Ok(())
}

/// Lists the values that are not finite as problems, and makes them NaN. A null and a NaN are missing alike.
pub(super) fn take_problems(values: &mut [f64], scratch: &mut Scratch, column: usize, problems: &mut Vec<CellProblem>) {
    // Any value that is not finite makes the sum of value * 0 NaN: one pass without branches, almost always enough.
    if values.iter().map(|v| v * 0.0).sum::<f64>() == 0.0 {
        return;
    }
    let mut known = scratch.problems.drain(..).peekable();
    for (row, value) in values.iter_mut().enumerate().filter(|(_, v)| !v.is_finite()) {
        let problem = match known.next_if(|(at, _)| *at == row) {
            Some((_, problem)) => problem,
            None if value.is_nan() => Problem::Missing,
            None => Problem::NotFinite(value.to_string()),
        };
        problems.push(CellProblem { row, column, line: None, problem });
        *value = f64::NAN;
    }
}

/// Seconds of a number of moments, `unit` to the second.
fn seconds(moments: i64, unit: i64) -> f64 {
    moments.div_euclid(unit) as f64 + moments.rem_euclid(unit) as f64 / unit as f64
}

/// `value / 10^scale` as the nearest number: what reading the decimal's text gives.
fn decimal(value: i128, scale: u32) -> f64 {
    const EXACT: u128 = 1 << 53;
    if value.unsigned_abs() <= EXACT && scale <= 22 {
        // Both are exact, so that one rounding gives the nearest value.
        return value as f64 / 10f64.powi(scale as i32);
    }
    fast_float2::parse(format!("{value}e-{scale}")).unwrap_or(f64::NAN)
}

/// A decimal of big-endian bytes in two's complement.
fn decimal_of_bytes(bytes: &[u8], scale: u32) -> f64 {
    let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    let spare = bytes.len().saturating_sub(DECIMAL_BYTES);
    let sign_beyond = bytes.get(spare).is_some_and(|byte| (*byte >= 0x80) != negative);
    if sign_beyond || bytes[..spare].iter().any(|byte| *byte != fill) {
        return decimal_of_many_bytes(bytes, negative, scale);
    }
    let mut whole = [fill; DECIMAL_BYTES];
    let bytes = &bytes[spare..];
    whole[DECIMAL_BYTES - bytes.len()..].copy_from_slice(bytes);
    decimal(i128::from_be_bytes(whole), scale)
}

/// The same for more bytes than an integer of the processor has.
fn decimal_of_many_bytes(bytes: &[u8], negative: bool, scale: u32) -> f64 {
    // The digits of the magnitude, the last one first: each byte is one more step of 256.
    let mut digits: Vec<u8> = vec![];
    let mut step = |mut carry: u32| {
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            (*digit, carry) = ((carry % 10) as u8, carry / 10);
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    };
    // Two's complement: what is negative is the complement of its bytes, and one.
    for &byte in bytes {
        step(u32::from(if negative { !byte } else { byte }));
    }
    if negative {
        let mut at = 0;
        while digits.get(at) == Some(&9) {
            digits[at] = 0;
            at += 1;
        }
        match digits.get_mut(at) {
            Some(digit) => *digit += 1,
            None => digits.push(1),
        }
    }
    let text: String = digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect();
    let sign = if negative { "-" } else { "" };
    fast_float2::parse(format!("{sign}{text}e-{scale}")).unwrap_or(f64::NAN)
}

/// A number of 16 bits (IEEE 754 binary16, low byte first).
fn half(bytes: &[u8]) -> f64 {
    let Ok(bytes) = <[u8; 2]>::try_from(bytes) else { return f64::NAN };
    let bits = u16::from_le_bytes(bytes);
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_what_their_text_says() {
        for (value, scale) in [(0, 0), (12_345, 2), (-1, 18), (9_007_199_254_740_993, 3), (i128::MAX / 7, 30)] {
            assert_eq!(decimal(value, scale), format!("{value}e-{scale}").parse::<f64>().unwrap());
        }
        assert_eq!(decimal_of_bytes(&[0xff, 0x38], 1), -20.0);
        assert_eq!(decimal_of_bytes(&[&[0; 12], &[1, 0, 0, 0, 0, 0, 0, 0][..]].concat(), 0), 2f64.powi(56));
        let many = [&[0x00, 0x80][..], &[0; 15]].concat();
        assert_eq!(
            decimal_of_bytes(&many, 0),
            2f64.powi(127),
            "a number of more than 16 bytes is not taken for another"
        );
        assert_eq!(decimal_of_bytes(&[&[0xff, 0x7f][..], &[0; 15]].concat(), 0), -129.0 * 2f64.powi(120));
        assert_eq!(decimal_of_bytes(&[1; 20], 3), 5.731_378_969_925_11e42);
    }

    #[test]
    fn halves_are_their_values() {
        for (bits, value) in
            [(0x3c00u16, 1.0), (0xc000, -2.0), (0x0001, 2f64.powi(-24)), (0x7bff, 65504.0), (0x3555, 0.333_251_953_125)]
        {
            assert_eq!(half(&bits.to_le_bytes()), value);
        }
        assert!(half(&0x7e00u16.to_le_bytes()).is_nan());
        assert_eq!(half(&0xfc00u16.to_le_bytes()), f64::NEG_INFINITY);
    }

    #[test]
    fn moments_before_1970_have_their_fractions_in_the_right_direction() {
        assert_eq!(seconds(-1, 1_000), -1.0 + 0.999);
        assert_eq!(seconds(1_500_000, 1_000_000), 1.5);
    }

    #[test]
    fn problems_stay_with_their_values_when_nulls_are_spread() {
        let mut values = vec![1.0, f64::NAN, 3.0];
        let mut problems = vec![(1, Problem::Text("x".into()))];
        spread(&mut values, &[0, 1, 0, 1, 1], &mut problems);
        assert_eq!((values[1], values[4], problems[0].0), (1.0, 3.0, 3));
    }
}
