//! Texts that mean a missing value.

/// Those that mean nothing else, in any column.
const STRONG: [&str; 14] =
    ["NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "NULL", "null", "?", "#NULL!", "#DIV/0!", "(null)"];

/// Those that mean it in a column of numbers or moments, and may be a level of a category.
const WEAK: [&str; 26] = [
    "-",
    "--",
    "---",
    ".",
    "..",
    "*",
    "None",
    "none",
    "NONE",
    "nil",
    "Nil",
    "n.a.",
    "N.A.",
    "na",
    "n/d",
    "missing",
    "Missing",
    "unknown",
    "Unknown",
    "k. A.",
    "k.A.",
    "keine Angabe",
    "#REF!",
    "#VALUE!",
    "\\N",
    "not available",
];

/// Numbers that stand for a missing one where every other number is far from them.
const NUMBERS: [&str; 8] = ["-999", "-9999", "-99999", "-999.0", "-999.9", "-9999.0", "-99.99", "-99"];

/// Whether a trimmed cell is missing in any column.
pub fn is_strong(cell: &str) -> bool {
    STRONG.contains(&cell)
}

/// Whether a trimmed cell is missing among numbers and moments.
pub fn is_weak(cell: &str) -> bool {
    WEAK.contains(&cell)
}

/// Whether a trimmed cell is a number that stands for a missing one among others.
pub fn is_number(cell: &str) -> bool {
    NUMBERS.contains(&cell)
}
