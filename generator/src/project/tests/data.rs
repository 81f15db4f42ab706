//! The columns of the data and how its files are written.

use super::*;
use crate::artifacts::ml::data_contract;
use insta::assert_snapshot;

/// [`SMALL`] with other columns, and what else is said of the data.
fn data(columns: &str, more: &str) -> String {
    small(&[("columns: [a, b, y]", &format!("columns: [{columns}, y]{more}"))])
}

fn says_of(columns: &str, more: &str) -> String {
    says(&data(columns, more))
}

#[test]
fn headers_stand_as_they_are_and_have_an_alias_where_one_is_needed() {
    let project = good(&data("'living area (m2)', 1stFloor, lot.size, Größe, {name: 'lot size', alias: lot}", ""));
    let names: Vec<(&str, &str)> = project.data.columns.iter().map(|c| (c.name.as_str(), c.alias.as_str())).collect();
    let expected = [
        ("living area (m2)", "living_area_m2"),
        ("1stFloor", "_1stFloor"),
        ("lot.size", "lot_size"),
        ("Größe", "Groesse"),
        ("lot size", "lot"),
        ("y", "y"),
    ];
    assert_eq!(names, expected);
    let contract = data_contract(&project);
    assert_eq!(contract["columns"][0]["alias"], "living_area_m2");
    assert_eq!(contract["columns"][5].get("alias"), None);
}

#[test]
fn names_and_aliases_are_one_set() {
    assert_snapshot!(says_of("a, {name: b, alias: a}, {name: c, alias: 1st}, {name: d, alias: b}", ""), @r"
    5:71 «a» `a` is the name or alias of another column too
    5:92 «1st» an alias is letters, digits and underscores, at most 64, with no digit in front
    5:115 «b» `b` is the name or alias of another column too
    ");
}

#[test]
fn everything_that_is_said_of_a_column_reaches_the_contract() {
    let columns = "{name: plan, type: category, levels: [basic, pro], unknownLevels: most-frequent, required: false, \
                   whenMissing: {constant: basic}}, {name: active, type: boolean, trueValues: [ja], falseValues: [nein]}, \
                   {name: since, type: datetime, required: false, whenMissing: drop-row}, {name: spend, required: false, \
                   whenMissing: indicator}, {name: age, type: integer, min: 18}";
    let more =
        ", missing: ['NA ', '?'], unknownColumns: ignore, csv: {delimiter: ;, decimal: ',', encoding: windows-1252}";
    let contract = data_contract(&good(&data(columns, more)));
    assert_snapshot!(serde_json::to_string_pretty(&contract).unwrap(), @r#"
    {
      "version": 2,
      "target": "y",
      "csv": {
        "delimiter": ";",
        "decimal": ",",
        "encoding": "windows-1252"
      },
      "missing": [
        "NA",
        "?"
      ],
      "columns": [
        {
          "name": "plan",
          "type": "category",
          "required": false,
          "when_missing": {
            "constant": "basic"
          },
          "levels": [
            "basic",
            "pro"
          ],
          "unknown": "most-frequent"
        },
        {
          "name": "active",
          "type": "boolean",
          "required": true,
          "true": [
            "ja"
          ],
          "false": [
            "nein"
          ]
        },
        {
          "name": "since",
          "type": "datetime",
          "required": false,
          "when_missing": "drop-row"
        },
        {
          "name": "spend",
          "type": "number",
          "required": false,
          "when_missing": "indicator"
        },
        {
          "name": "age",
          "type": "integer",
          "required": true,
          "min": 18.0
        },
        {
          "name": "y",
          "type": "number",
          "required": true
        }
      ],
      "unknown_columns": "ignore",
      "holdout": {
        "fraction": 0.2,
        "seed": 0
      },
      "distribution": {
        "psi": 0.2,
        "ks_p_value": 0.01,
        "mean_sigmas": 4.0,
        "standard_deviation_ratio": 1.5
      }
    }
    "#);
}

#[test]
fn rules_of_a_column_fit_its_type() {
    assert_snapshot!(says_of("{name: a, type: category, allowed: [1], min: 3}, {name: b, levels: [x], unknownLevels: ignore}", ""), @r"
    5:77 «allowed» `allowed` is for numbers, and the column holds a category (the texts of a category stand in `levels`)
    5:91 «min» `min` is for numbers, and the column holds a category (the texts of a category stand in `levels`)
    5:110 «levels» `levels` is for a category, and the column holds a number (say `type: category`)
    5:123 «unknownLevels» `unknownLevels` is for a category, and the column holds a number (say `type: category`)
    ");
    assert_snapshot!(says_of("{name: a, type: category, levels: [x, x, '']}, {name: b, type: boolean, trueValues: [ja]}", ""), @r"
    5:89 «x» `x` is a level already
    5:92 «''» a level is text, and an empty cell means a missing value
    5:123 «trueValues» `trueValues` goes with `falseValues` (add `falseValues`, or leave both out)
    ");
    assert_snapshot!(says_of("{name: a, type: boolean, trueValues: [x], falseValues: [x]}, {name: b, trueValues: [x]}", ""), @r"
    5:107 «x» `x` cannot mean yes and no
    5:122 «trueValues» `trueValues` is for a boolean, and the column holds a number (say `type: boolean`)
    ");
    assert_snapshot!(says_of("{name: a, whenMissing: mean}, {name: b, type: category, required: false, whenMissing: median, levels: [x]}", ""), @r"
    5:61 «whenMissing» a required column is never missing, so there is no rule for it (say `required: false`, or take `whenMissing` away)
    5:137 «median» a category has no median (choose most-frequent, {constant: …}, indicator or drop-row)
    ");
    assert_snapshot!(says_of("{name: a, type: integer, required: false, whenMissing: {constant: 0.5}}, {name: b, type: category, required: false, levels: [x], whenMissing: {constant: z}}", ""), @r"
    5:117 «0.5» 0.5 is no whole number
    5:204 «z» `z` is none of the levels
    ");
    assert_snapshot!(says_of("{name: a, type: datetime, required: false, whenMissing: {constant: soon}}, {name: b, type: date}", ""), @r#"
    5:118 «soon» `soon` is no moment such as "2026-03-01" or "2026-03-01T12:30:00Z"
    5:142 «date» `data.columns[1].type` is one of number, integer, boolean, category, text, datetime, not `date` (did you mean `datetime`?)
    "#);
    assert_snapshot!(says_of("{name: a, required: false, whenMissing: average}, {name: b, required: false, whenMissing: {}}", ""), @r"
    5:91 «average» `data.columns[0].whenMissing` is drop-row or mean or median or most-frequent or indicator or a mapping, not `average`
    5:128 «whenMissing» `data.columns[1].whenMissing` lacks the key `constant` (`constant`: The value, of the column's own type)
    ");
}

#[test]
fn a_category_of_which_no_level_is_known_has_no_example() {
    assert_snapshot!(says_of("a, {name: plan, type: category}", ""), @r"5:55 «name» no level of the category `plan` is known, so no example request can be made (list its `levels`, or write a `scoring.contract.request`)");
    let text = data("a, {name: plan, type: category}", "") + "scoring: {contract: {request: [[1, basic]]}}\n";
    assert_eq!(good(&text).scoring.contract.request[0][1].to_string(), "basic");
}

#[test]
fn the_example_request_has_cells_of_the_columns_types() {
    let columns = "{name: plan, type: category, levels: [basic, pro]}, {name: active, type: boolean}, {name: since, type: datetime}";
    let request = |rows: &str| data(columns, "") + &format!("scoring: {{contract: {{request: {rows}}}}}\n");
    good(&request("[[pro, true, '2026-03-01'], [basic, false, '2026-03-01T10:00:00+01:00']]"));
    assert_snapshot!(says(&request("[[gold, 'yes', yesterday], [1, 1, 2026]]")), @r#"
    10:33 «gold» `gold` is none of the levels, and the column `plan` holds a category
    10:39 «'yes'» `yes` is no boolean, which is true or false, and the column `active` holds a boolean
    10:46 «yesterday» `yesterday` is no moment such as "2026-03-01" or "2026-03-01T12:30:00Z", and the column `since` holds a datetime
    10:59 «1» 1 is not text: write it in quotes, and the column `plan` holds a category
    10:62 «1» 1 is no boolean, which is true or false, and the column `active` holds a boolean
    10:65 «2026» 2026 is no moment such as "2026-03-01" or "2026-03-01T12:30:00Z", and the column `since` holds a datetime
    "#);
}

#[test]
fn files_are_written_one_way() {
    assert_snapshot!(says_of("a", ", csv: {decimal: ','}, missing: [NA, ' NA', '']"), @r"
    5:73 «','» a comma cannot be the decimal mark and stand between the cells too (files with decimal commas mostly have `delimiter: ;`)
    5:93 «' NA'» `NA` is a marker already
    5:100 «''» an empty cell always means a missing value (take it away)
    ");
    assert_snapshot!(says_of("a", ", csv: {delimiter: ':', encoding: latin-1}, unknownColumns: drop"), @r#"
    5:75 «':'» `data.csv.delimiter` is one of ",", ";", "\t", "|", not `":"`
    5:90 «latin-1» `data.csv.encoding` is one of utf-8, windows-1252, utf-16, not `latin-1`
    5:116 «drop» `data.unknownColumns` is one of refuse, ignore, not `drop`
    "#);
}

#[test]
fn data_is_a_file_that_training_reads_or_a_folder() {
    let path = |path: &str| small(&[("data/churn.csv", path)]);
    for good_path in
        ["data/churn.tsv", "data/churn.parquet", "data/parts", "data/parts/", "data/v1.2/", "data/v1.2/b.csv"]
    {
        good(&path(good_path));
    }
    assert_snapshot!(says(&path("data/churn.xlsx")), @r"5:14 «data/churn.xlsx» training reads .csv, .tsv and .parquet files, and `churn.xlsx` is none of them (save it as `churn.csv`, or name the folder that the files lie in)");
}

#[test]
fn origins_are_named_one_by_one_or_all_at_once() {
    assert_eq!(
        good(&small_and("scoring: {cors: ['https://app.example.com', 'http://localhost:3000']}")).scoring.cors.len(),
        2
    );
    assert_snapshot!(says(&small_and("scoring: {cors: [https://a.example/, app.example, 'https://b.example', 'https://b.example', '*']}")), @r#"
    10:18 «https://a.example/» an origin is `https://`, a host in small letters and perhaps a port, with no path and no slash at its end; or `*`
    10:38 «app.example» an origin is `https://`, a host in small letters and perhaps a port, with no path and no slash at its end; or `*`
    10:72 «'https://b.example'» `https://b.example` may call already
    10:93 «'*'» `*` is every origin, so no other needs to be named (name them, or write `["*"]`)
    "#);
}
