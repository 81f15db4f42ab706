//! Nothing panics and nothing hangs, whatever a file or a template holds.

use std::borrow::Cow;

use azure_templates::arm::{Setting, evaluate};
use azure_templates::bicep::{Compiler, Sources, format};
use proptest::prelude::*;
use serde_json::{Map, json};

/// Compiles a text as a template and as a parameter file, and evaluates what becomes of it.
fn carried_out(text: &str) {
    let paths = ["main.bicep", "main.bicepparam"];
    let sources = Sources::gather(paths.map(str::to_owned), |path| {
        paths.contains(&path).then_some(Cow::Borrowed(text.as_bytes()))
    });
    let compiler = Compiler::new(&sources);
    let _ = compiler.parameters("main.bicepparam", &|_| None);
    let _ = compiler.warnings("main.bicep");
    if let Ok(once) = format(text) {
        assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "laid out once more, of {text:?}");
    }
    if let Ok(template) = compiler.template("main.bicep") {
        let _ = evaluate(&template, &Map::new(), &Setting::default());
    }
}

/// Pieces of the language in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(
        "var a = |param b string = |output c int = |resource d 'A.B/c@1' = |module e 'main.bicep' = |{|}|[|]|(|)|\n| |\
         for i in |: |, |if |? |=> |...|'|'''|${|name: |a|b|d.id|d[0]|.?x|[^1]|::|!|-|9223372036854775808|1| + | ?? |\
         map(a, x => x)|@secure()|@allowed(|existing |using 'main.bicep'|targetScope = 'subscription'|\
         loadTextContent('x')|format('{0,9}', 1)"
            .split('|')
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Calls with odd arguments.
fn calls() -> impl Strategy<Value = String> {
    let name = prop::sample::select(
        "format substring padLeft range skip take split cidrSubnet cidrHost parseCidr dateTimeAdd dateTimeFromEpoch uri \
         join union first last indexFromEnd json base64ToString uniqueString add sub mul div mod string int createObject \
         items flatten resourceId variables copyIndex"
            .split(' ')
            .collect::<Vec<_>>(),
    );
    let argument = prop::sample::select(
        "0|-1|2147483647|json('-9223372036854775808')|json('9223372036854775807')|''|'{0:é}'|'{0,99999999999}'|\
         '{0:D99999999999}'|'10.0.0.0/33'|'::/0'|'0.0.0.0/0'|'P999999999999Y'|'2026-01-01'|createArray(1)|null()|\
         createObject('a', 1)|true()|'A.B/c'|'yyyyy'|'\u{1f9ea}'"
            .split('|')
            .collect::<Vec<_>>(),
    );
    let arguments = prop::collection::vec(argument, 0..4);
    (name, arguments).prop_map(|(name, arguments)| format!("[{name}({})]", arguments.join(", ")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        carried_out(&text);
    }

    #[test]
    fn any_order_of_pieces_is_compiled_or_refused(text in pieces()) {
        carried_out(&text);
    }

    #[test]
    fn any_call_has_a_value_or_an_error(call in calls()) {
        let template = json!({ "resources": [], "outputs": { "it": { "type": "string", "value": call } } });
        let _ = evaluate(&template, &Map::new(), &Setting::default());
    }
}

/// On a stack as small as a thread has it.
#[test]
fn long_rows_and_deep_nests_are_refused() {
    let many = 100_000;
    let nested =
        "resource a 'A.B/c@2025-01-01' = {\nresource a 'c' = {\n".to_owned() + &"resource a 'c' = {\n".repeat(many);
    let texts = [
        format!("var a = 1{}", " + 1".repeat(many)),
        format!("var a = b{}", ".c".repeat(many)),
        format!("var a = b{}", "!".repeat(many)),
        format!("var a = b{}", "[0]".repeat(many)),
        format!("var a = {}1", "-".repeat(many)),
        format!("var a = {}", "true ? 1 : ".repeat(many)),
        format!("var a = {}", "x => ".repeat(many)),
        format!("var a = {}", "'${".repeat(many)),
        format!("var a = {}", "[".repeat(many)),
        format!("var a = ((1{0}) {0}){0}", " + 1".repeat(200)),
        format!("param a {}", "(".repeat(many)),
        nested,
    ];
    let tried = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        texts.iter().for_each(|text| {
            carried_out(text);
            let sources = Sources::gather(["a.bicep".to_owned()], |_| Some(Cow::Borrowed(text.as_bytes())));
            assert_eq!(sources.unread().len(), 1, "{}", &text[..40]);
        });
    });
    tried.unwrap().join().unwrap();
}

#[test]
fn variables_that_need_themselves_are_an_error() {
    let template = json!({
        "variables": { "a": "[concat(variables('b'), 'x')]", "b": "[if(true(), variables('a'), 1)]" },
        "resources": [],
        "outputs": { "it": { "type": "string", "value": "[variables('a')]" } }
    });
    let error = evaluate(&template, &Map::new(), &Setting::default()).unwrap_err();
    assert!(error.contains("nested more than"), "{error}");
}

#[test]
fn loops_in_loops_of_lambdas_end() {
    let inner = "map(range(0, 10000), lambda('x', map(range(0, 10000), lambda('y', add(1, 2)))))";
    let value = format!("[length({inner})]");
    let template = json!({ "resources": [], "outputs": { "it": { "type": "int", "value": value } } });
    let error = evaluate(&template, &Map::new(), &Setting::default()).unwrap_err();
    assert!(error.contains("more calls than"), "{error}");
}
