//! What the name of a column says.

/// Whether a name is one that ids have.
pub fn names_an_id(name: &str) -> bool {
    const WORDS: [&str; 5] = ["id", "ids", "uuid", "guid", "key"];
    const THINGS: [&str; 20] = [
        "customer",
        "user",
        "client",
        "order",
        "product",
        "passenger",
        "patient",
        "student",
        "employee",
        "account",
        "session",
        "item",
        "house",
        "record",
        "sample",
        "case",
        "transaction",
        "store",
        "device",
        "row",
    ];
    let words = words(name);
    let thing = words.first().filter(|_| words.len() == 1).and_then(|word| word.strip_suffix("id"));
    words.last().is_some_and(|last| WORDS.contains(&last.as_str()))
        || words.first().is_some_and(|first| first == "id")
        || thing.is_some_and(|thing| THINGS.contains(&thing))
}

/// Whether a name is one that the numbers of rows have.
pub fn names_a_row(name: &str) -> bool {
    const WORDS: [&str; 10] =
        ["index", "row", "no", "nr", "number", "rownum", "rownumber", "rowindex", "unnamed", "instant"];
    let words = words(name);
    words.is_empty() || [words.first(), words.last()].into_iter().flatten().any(|word| WORDS.contains(&word.as_str()))
}

/// The words of a name, in lower case: `Passenger`, `Id` of `PassengerId`.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
