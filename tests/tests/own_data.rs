//! From a file as people have it to a model: what `init --data` infers is what training reads.

use std::fmt::Write as _;
use std::path::Path;

use mlops_gen::data::infer::Look;
use mlops_gen::data::target;
use mlops_gen::edge::own_data;
use mlops_gen::example::Answers;
use mlops_model::artifact::Model;
use mlops_model::contract::DataContract;
use mlops_model::dataset::Dataset;
use mlops_model::training::{FitOn, Penalty, TrainOptions, train};
use system_tests::render_text;
use tempfile::TempDir;

/// A model of a file, trained by the contract that is rendered from the spec that is inferred.
fn trained(name: &str, bytes: &[u8], wanted: &str) -> Model {
    let folder = TempDir::new().unwrap();
    let (root, path) = (folder.path().join("project"), folder.path().join(name));
    std::fs::write(&path, bytes).unwrap();
    let found = own_data::read(&path).unwrap();
    let look = Look::of(found.facts);
    let place = target::named(look.columns(), wanted).unwrap();
    let inferred = look.with_target(place).unwrap();
    let placed = own_data::place(&root, &found.source, &inferred).unwrap();
    let answers = Answers {
        name: "demo".to_owned(),
        runtime: "rust",
        organization: "contoso".to_owned(),
        devops_project: "ml".to_owned(),
        location: "westeurope".to_owned(),
        mail: "team@example.com".to_owned(),
        budget_start: "2026-12-01".to_owned(),
        place: None,
    };
    let text = mlops_gen::own_data::spec_text(&answers, &inferred, &placed.path, name).unwrap();
    let tree = render_text(name, &text);
    let contract = DataContract::from_json(&tree.get("data/data-contract.json").unwrap().bytes).unwrap();
    let data = Dataset::open(&root.join(Path::new(&placed.path))).unwrap();
    let options = TrainOptions { penalty: Penalty::Alpha(1.0), fit_on: FitOn::Train };
    train(&data, &contract, &options).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"))
}

/// 0 to 99, the same each time, like no pattern (SplitMix64; Steele, Lea, Flood 2014).
fn some(number: u64, salt: u64) -> u64 {
    let seed = (number * 1000 + salt + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) % 100
}

#[test]
fn rents_of_a_spreadsheet_program_are_learned_as_they_stand() {
    let mut text = "Größe;Straße;Seit;Balkon;Kaltmiete\n".to_owned();
    for n in 0..240 {
        let (size, street, balcony) = (20 + some(n, 1), some(n, 2) % 2, some(n, 3) % 2);
        let rent = size * 9 + street * 120 + balcony * 40 + some(n, 4) / 10;
        let size = if n % 30 == 7 { "k. A.".to_owned() } else { format!("{size},0") };
        let street = ["Bäckergasse", "Weg"][street as usize];
        writeln!(text, "{size};{street};2020-01-{:02};{};{rent},5", n % 28 + 1, ["nein", "ja"][balcony as usize])
            .unwrap();
    }
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let model = trained("mieten.csv", &bytes, "Kaltmiete");
    let r2 = model.file().metrics.holdout.unwrap().r2.unwrap();
    assert!(r2 > 0.8, "{r2}");
}

#[test]
fn incomes_without_a_header_are_learned_from_the_copy_that_has_one() {
    let mut text = String::new();
    for n in 0..300 {
        let age = 18 + some(n, 1) % 60;
        let work = ["Private", "State-gov", "?"][(some(n, 2) % 3) as usize];
        let income = if age + some(n, 3) / 5 > 50 { ">50K" } else { "<=50K" };
        writeln!(text, "{age}, {work}, {income}").unwrap();
    }
    let model = trained("adult.data", text.as_bytes(), "column_3");
    let accuracy = model.file().metrics.holdout.unwrap().accuracy.unwrap();
    assert!(accuracy > 0.8, "{accuracy}");
}

#[test]
fn prices_with_currencies_thousands_and_other_dates_are_learned_from_the_copy_without() {
    let mut text = "listed,area,discount,price\n".to_owned();
    for n in 0..240 {
        let area = 20 + some(n, 1);
        let price = area * 1500 + some(n, 3) * 10;
        writeln!(
            text,
            "{}/{}/2025,{area},{}%,\"${},{:03}.00\"",
            n % 12 + 1,
            n % 28 + 1,
            some(n, 2),
            price / 1000,
            price % 1000
        )
        .unwrap();
    }
    let model = trained("prices.csv", text.as_bytes(), "price");
    let r2 = model.file().metrics.holdout.unwrap().r2.unwrap();
    assert!(r2 > 0.95, "{r2}");
}
