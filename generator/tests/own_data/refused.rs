//! What no project is made of, and what is said instead.

use assert_cmd::Command;
use tempfile::TempDir;

use super::{inferred, made};

fn why(name: &str, bytes: &[u8], target: &str) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    inferred(&path, target).map(|_| ()).unwrap_err()
}

#[test]
fn what_nothing_can_be_learned_from_is_refused_with_the_reason() {
    let many: String = (0..60).map(|n| format!("{n}.5,name {n},same,{}\n", n % 2)).collect();
    let many = format!("a,name,one,y\n{many}");
    for (name, text, target, expected) in [
        ("empty.csv", "", "y", "it is empty"),
        ("blank.csv", "\n\n\n", "y", "it is empty"),
        ("header.csv", "a,b\n", "b", "it has a header and no rows"),
        ("one.csv", "a\n1\n2\n", "a", "it has one column"),
        ("many.csv", &many, "name", "`name` cannot be predicted: text: 60 different ones in 60 rows"),
        ("many.csv", &many, "one", "`one` cannot be predicted: constant: every cell is `same`"),
        ("many.csv", &many, "yy", "no column is called `yy`; did you mean `y`?"),
        ("many.csv", &many, "nothing", "no column is called `nothing`; there are `a`, `name`, `one`, `y`"),
        ("ids.csv", "id,name,y\n1,ann,3\n2,bob,4\n3,eve,5\n", "name", "an id: 3 different texts"),
    ] {
        let why = why(name, text.as_bytes(), target);
        assert!(why.contains(expected), "{name}: {why}");
    }
    for (bytes, expected) in [
        (b"\x1f\x8b\x08\x00".as_slice(), "packed with gzip"),
        (b"PK\x03\x04".as_slice(), "zip archive"),
        (b"PAR1".as_slice(), "name it .parquet"),
        (b"a,b\n\x00\x01,2\n\x00,1\n".as_slice(), "bytes of value 0"),
    ] {
        let why = why("x.csv", bytes, "y");
        assert!(why.contains(expected), "{why}");
    }
    assert!(why("x.json", b"[]", "y").contains("write it as CSV or Parquet"));
    assert!(why("x.parquet", b"PAR1 no", "y").contains("cannot read the data"));
    assert!(why("x.xlsx", b"no", "y").contains("cannot read the spreadsheet"));
}

#[test]
fn formulas_are_their_values_and_those_that_nobody_has_computed_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.xlsx");
    made::formulas(&path, true);
    inferred(&path, "price").unwrap();
    made::formulas(&path, false);
    let why = inferred(&path, "price").map(|_| ()).unwrap_err();
    assert!(why.contains("40 cells are formulas whose value the file does not hold"), "{why}");
}

fn mlops_gen() -> Command {
    let mut command = Command::cargo_bin("mlops-gen").expect("the program is built");
    command.env("NO_COLOR", "1").env_remove("GIT_DIR");
    command
}

fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn the_program_says_what_is_missing_and_writes_nothing() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("d.csv");
    let text: String = (0..60).map(|n| format!("{n}.5,name {n},{}\n", n % 2)).collect();
    std::fs::write(&data, format!("a,name,churned\n{text}")).unwrap();
    let root = folder.path().join("demo");
    let init = |more: &[&str]| mlops_gen().args(["init", "--yes", "--no-git"]).arg(&root).args(more).assert();
    let path = data.to_str().unwrap();

    let without = stderr(&init(&["--data", path]).code(2));
    assert!(without.contains("--target: `a`, `name`, `churned`; `--target \"churned\"` is a guess"), "{without}");
    let nearest = stderr(&init(&["--data", path, "--target", "churn"]).code(2));
    assert!(nearest.contains("no column is called `churn`; did you mean `churned`?"), "{nearest}");
    let refused = stderr(&init(&["--data", path, "--target", "name"]).code(1));
    assert!(refused.starts_with("refused: `name` cannot be predicted: text: 60 different ones"), "{refused}");
    let alone = stderr(&init(&["--target", "a"]).code(2));
    assert!(alone.contains("--data"), "{alone}");
    let nowhere = stderr(&init(&["--data", "nowhere.csv", "--target", "a"]).code(2));
    assert!(nowhere.contains("cannot read the data nowhere.csv"), "{nowhere}");
    let elsewhere = stderr(&init(&["--data", path, "--target", "churned", "--location", "West Europe"]).code(2));
    assert!(elsewhere.contains("location"), "{elsewhere}");
    assert!(!root.exists(), "something was written");
}
