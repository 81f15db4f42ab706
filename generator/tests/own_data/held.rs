//! `check` holds local data against the spec.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

fn mlops_gen() -> Command {
    let mut command = Command::cargo_bin("mlops-gen").expect("the program is built");
    command.env("NO_COLOR", "1").env_remove("GIT_DIR");
    command
}

/// Exit code, what is wrong with the data as places and messages, and the columns that the spec leaves out.
fn check(root: &Path) -> (Option<i32>, Vec<(String, String, String)>, Value) {
    let run = mlops_gen().current_dir(root).args(["check", "--json"]).assert();
    let output = run.get_output();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = value["data"].as_array().unwrap().iter();
    let found = found.map(|f| (text(&f["path"]), text(&f["message"]), text(&f["help"]))).collect();
    (output.status.code(), found, value["columnsLeftOut"].clone())
}

#[test]
fn local_data_that_are_not_what_the_spec_says_are_found_with_their_places() {
    let folder = TempDir::new().unwrap();
    let (path, root) = (folder.path().join("d.csv"), folder.path().join("demo"));
    let rows: Vec<String> = (0..200_usize)
        .map(|n| {
            let size = if n == 50 { String::new() } else { format!("{},5", n * 37 % 91) };
            format!("{size};{};{};{}", ["A", "B"][n * 7 % 13 % 2], n * 31 % 17, n * 71 % 83 + n % 3)
        })
        .collect();
    let good = format!("size;kind;count;y\n{}\n", rows.join("\n"));
    std::fs::write(&path, &good).unwrap();
    mlops_gen().args(["init", "--yes", "--no-git", "--target", "y", "--data"]).args([&path, &root]).assert().code(0);
    let data = root.join("data/d.csv");
    assert_eq!(check(&root), (Some(0), vec![], serde_json::json!([])));

    let line = |number: usize, new: &str| -> String {
        let lines = good.lines().enumerate().map(|(at, line)| if at + 1 == number { new } else { line });
        lines.collect::<Vec<_>>().join("\n")
    };
    for (text, place, message, help) in [
        (
            good.replace("size;", "sise;"),
            "data.columns[0].name",
            "data/d.csv has no column `size`",
            "did you mean `sise`?",
        ),
        (
            good.replace(',', ".").replace(';', ","),
            "data.csv.delimiter",
            "its header is one cell by `;`",
            "csv: {delimiter: \",\"}",
        ),
        (
            line(5, "3.5;A;1;2"),
            "data.columns[0].type",
            "row 4 (line 5), `size`: `3.5` is no number; 1 of 200 rows",
            "data.missing",
        ),
        (
            line(7, "1;C;1;2"),
            "data.columns[1].levels",
            "row 6 (line 7), `kind`: `C` is none of the levels",
            "unknownLevels: ignore",
        ),
        (line(9, "1;A;1,5;2"), "data.columns[2].type", "`1,5` is no integer", "say another `type`"),
        (
            line(11, "1;A;;2"),
            "data.columns[2].required",
            "an empty cell, and the column is required",
            "required: false",
        ),
        (line(11, "1;A;x\u{1b}[31m##vso[a];2"), "data.columns[2].type", "`x## vso[a]` is no integer", "say another"),
        (line(13, "1;A;2"), "data.path", "data/d.csv, line 13: 3 cells, and the header has 4", "never shifted"),
        (String::new(), "data.path", "data/d.csv is empty", ""),
    ] {
        std::fs::write(&data, text).unwrap();
        let (code, found, _) = check(&root);
        assert_eq!(code, Some(1), "{message}");
        let [(at, said, advice)] = found.as_slice() else { panic!("{message}: {found:?}") };
        assert_eq!(at, place, "{said}");
        assert!(said.contains(message) && advice.contains(help), "{said}\n{advice}");
    }
    let utf_16: Vec<u8> = ("\u{feff}".to_owned() + &good).encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&data, utf_16).unwrap();
    let (code, found, _) = check(&root);
    assert_eq!((code, found[0].0.as_str()), (Some(1), "data.csv.encoding"), "{found:?}");

    // More columns than the spec has are said, and no fault.
    let wider: String =
        good.lines().enumerate().map(|(at, line)| format!("{line};{}\n", if at == 0 { "more" } else { "1" })).collect();
    std::fs::write(&data, wider).unwrap();
    assert_eq!(check(&root), (Some(0), vec![], serde_json::json!(["more"])));
    // Data that are elsewhere are nobody's business here.
    std::fs::remove_file(&data).unwrap();
    assert_eq!(check(&root), (Some(0), vec![], serde_json::json!([])));
}
