//! Specs that are made to hurt: refused clearly, and without work that grows with them (a test that hangs has failed).

use super::*;

/// The only message about `text`.
fn refused(text: &str) -> String {
    let report = bad(text);
    assert_eq!(report.diagnostics().len(), 1, "{}", report.render(Style::Plain));
    report.diagnostics()[0].message.clone()
}

#[test]
fn a_hundred_megabytes_are_refused_unread() {
    let text = small_and("# ") + &"x".repeat(100 << 20);
    let report = bad(&text);
    let message = format!("the file has {} bytes, and a spec has at most 1048576", text.len());
    assert_eq!(refused(&text), message);
    assert!(report.render(Style::Graphical { color: false, width: 100 }).contains(&message));
    assert!(report.render(Style::Plain).starts_with(&format!("mlops.yaml:1:1: {message}\n")));
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "more than 32 lists and mappings are inside each other here";
    assert_eq!(refused(&small_and(&format!("training: {}", "[".repeat(100_000)))), deep);
    assert_eq!(refused(&small_and(&format!("training: {}", "{a: ".repeat(100_000)))), deep);
    let block: String = (0..500).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(refused(&block), deep);
    assert_eq!(refused(&format!("{}a", "- ".repeat(100_000))), deep);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..=12 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        text += &format!("a{i}: &a{i} [{aliases}]\n");
    }
    assert_eq!(refused(&text), "the spec holds more than 100000 values by now");
}

#[test]
fn an_alias_inside_what_it_repeats_is_refused() {
    let report = bad(&small(&[("{name: churn}", "&p {name: churn, tags: *p}")]));
    assert_eq!(report.diagnostics()[0].message, "this alias stands inside what it repeats");
}

#[test]
fn of_countless_mistakes_a_thousand_are_found_and_a_hundred_shown() {
    let unknown: String = (0..20_000).map(|i| format!("k{i}: v\n")).collect();
    let wrong: String = (0..20_000).map(|i| format!("k{i}: 1, ")).collect();
    let hidden: String = (0..20_000).map(|i| format!("path{i}: a, ")).collect();
    for text in [
        SMALL.to_owned() + &unknown,
        small(&[("{name: churn}", &format!("{{name: churn, tags: {{{wrong}}}}}"))]),
        small_and(&format!("variableGroups: [{{name: g, pipelines: [build], variables: {{{hidden}}}}}]")),
    ] {
        let report = bad(&text);
        assert_eq!(report.diagnostics().len(), 1_000);
        let shown = report.render(Style::Graphical { color: false, width: 100 });
        assert!(shown.ends_with("900 more mistakes are not shown\n"), "{}", &shown[shown.len() - 200..]);
    }
}

#[test]
fn a_line_of_a_megabyte_is_not_drawn() {
    let text = small(&[("{name: churn}", &format!("{{name: churn, descripton: {}}}", "x".repeat(900_000)))]);
    let shown = bad(&text).render(Style::Graphical { color: false, width: 100 });
    assert!(shown.len() < 1_000, "{}", shown.len());
    assert!(shown.contains("did you mean `description`?"), "{shown}");
}
