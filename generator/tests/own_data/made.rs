//! Files that are made of bytes: Parquet and a spreadsheet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// 300 rows of a decimal, a text in a dictionary, a boolean, a moment, a number with gaps, bytes and a target.
pub fn parquet(path: &Path) {
    let schema = "message m {
        required int32 amount (DECIMAL(7,2));
        required binary kind (STRING);
        required boolean on;
        required int64 seen (TIMESTAMP(MILLIS,true));
        optional double gap;
        optional binary raw;
        required int64 paid;
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(File::create(path).unwrap(), schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let rows = 0..300_i32;
    let some = |n: i32, salt: i32| (n * 7919 + salt * 131 + n * n * 31) % 97;
    let mut column = group.next_column().unwrap().unwrap();
    let amounts: Vec<i32> = rows.clone().map(|n| some(n, 1) * 155).collect();
    column.typed::<Int32Type>().write_batch(&amounts, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let kinds: Vec<ByteArray> =
        rows.clone().map(|n| ByteArray::from(["small", "big"][some(n, 2) as usize % 2])).collect();
    column.typed::<ByteArrayType>().write_batch(&kinds, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let on: Vec<bool> = rows.clone().map(|n| some(n, 3) % 2 == 0).collect();
    column.typed::<BoolType>().write_batch(&on, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let seen: Vec<i64> = rows.clone().map(|n| 1_709_209_800_000 + i64::from(n) * 86_400_000).collect();
    column.typed::<Int64Type>().write_batch(&seen, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let there: Vec<i16> = rows.clone().map(|n| i16::from(n % 3 != 0)).collect();
    let gaps: Vec<f64> = rows.clone().filter(|n| n % 3 != 0).map(|n| f64::from(some(n, 4)) + 0.5).collect();
    column.typed::<DoubleType>().write_batch(&gaps, Some(&there), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[], Some(&[0; 300]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let paid: Vec<i64> = rows.map(|n| i64::from(some(n, 5)) * 3).collect();
    column.typed::<Int64Type>().write_batch(&paid, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

/// A sheet with a date, a number, a text and a target in each of 40 rows.
pub fn spreadsheet(path: &Path) {
    workbook(path, |n| format!("<v>{}</v>", 100 + n * 71 % 43));
}

/// The same with formulas for the target, whose values are there or not.
pub fn formulas(path: &Path, computed: bool) {
    workbook(path, |n| {
        let value = if computed { format!("<v>{}</v>", 20 + n * 74 % 62) } else { String::new() };
        format!("<f>B{}*2</f>{value}", n + 2)
    });
}

fn workbook(path: &Path, price: impl Fn(usize) -> String) {
    let mut rows = String::new();
    let cell =
        |place: &str, row: usize, style: &str, value: String| format!("<c r=\"{place}{row}\"{style}>{value}</c>");
    let text = |place: &str, row: usize, text: &str| {
        format!("<c r=\"{place}{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let head: String =
        ["A", "B", "C", "D"].iter().zip(["sold", "area", "city", "price"]).map(|(c, name)| text(c, 1, name)).collect();
    rows.push_str(&format!("<row r=\"1\">{head}</row>"));
    for n in 0..40 {
        let row = n + 2;
        let cells = [
            // 45658 is the first of January of 2025.
            cell("A", row, " s=\"1\"", format!("<v>{}</v>", 45_658 + n)),
            cell("B", row, "", format!("<v>{}.5</v>", 10 + n * 37 % 31)),
            text("C", row, ["Ghent", "Paris"][n % 2]),
            cell("D", row, "", price(n)),
        ];
        rows.push_str(&format!("<row r=\"{row}\">{}</row>", cells.concat()));
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let files = [
        (
            "[Content_Types].xml",
            format!(
                "{xml}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" \
                 ContentType=\"application/xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{xml}<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{relations}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "{xml}<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"Data\" sheetId=\"1\" \
                 r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{xml}<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{relations}/worksheet\" \
                 Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{relations}/styles\" \
                 Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "{xml}<styleSheet xmlns=\"{main}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("{xml}<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    std::fs::write(path, zip(&files)).unwrap();
}

/// An archive of files that are stored as they are (PKWARE, "APPNOTE.TXT").
fn zip(files: &[(&str, String)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let at = u32::try_from(out.len()).unwrap();
        let size = u32::try_from(text.len()).unwrap();
        let mut head = Vec::new();
        for half in [20_u16, 0, 0, 0, 0] {
            head.extend(half.to_le_bytes());
        }
        for word in [crc_32(text.as_bytes()), size, size] {
            head.extend(word.to_le_bytes());
        }
        head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        head.extend(0_u16.to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&head);
        out.extend(name.bytes());
        out.extend(text.bytes());
        directory.extend(b"PK\x01\x02");
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.bytes());
    }
    let (at, size) = (u32::try_from(out.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(files.len()).unwrap();
    out.extend(directory);
    out.extend(b"PK\x05\x06");
    for half in [0, 0, count, count] {
        out.extend(half.to_le_bytes());
    }
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

fn crc_32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
