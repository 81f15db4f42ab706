use super::format;

#[track_caller]
fn becomes(text: &str, expected: &str) {
    let once = format(text).unwrap();
    assert_eq!(once, expected);
    assert_eq!(format(&once).unwrap(), expected, "once more");
}

#[test]
fn blanks_and_empty_lines_are_layout() {
    becomes("\n\nparam  a   string\r\n \n\n\nvar b={c:1,d:[1,2]}", "param a string\n\nvar b = { c: 1, d: [1, 2] }\n");
    becomes("", "\n");
}

#[test]
fn what_starts_on_a_new_line_keeps_lines() {
    becomes("var a = {\n b: 1 }\nvar c = [\n1,2]\n", "var a = {\n  b: 1\n}\nvar c = [\n  1\n  2\n]\n");
    becomes("var a = { b: 1\n c: 2 }\n", "var a = { b: 1, c: 2 }\n");
    becomes("var a = {\n\n}\n", "var a = {}\n");
}

#[test]
fn comments_stay() {
    becomes(
        "// head\nparam a string // tail\n@description('x') // why\n\n// between\n@secure()\n\nparam b string /* c */\n// end",
        "// head\nparam a string // tail\n@description('x') // why\n// between\n@secure()\nparam b string /* c */\n// end\n",
    );
    becomes(
        "var c = [ // first\n 1 /* one */ , 2\n\n  // last\n]\n",
        "var c = [\n  // first\n  1 /* one */\n  2\n\n  // last\n]\n",
    );
    becomes("var d = max(1 /* one */, // two\n 2)\n", "var d = max(\n  1 /* one */,\n  // two\n  2\n)\n");
    becomes("var e = [ /* a */ ...b ]\n", "var e = [.../* a */ b]\n");
    becomes(
        "#disable-next-line   no-unused-vars  BCP081 // x\nvar a = 1\n",
        "#disable-next-line no-unused-vars BCP081 // x\nvar a = 1\n",
    );
}

#[test]
fn what_is_too_long_for_its_line_has_several() {
    let (long, longer) = ("x".repeat(60), "y".repeat(60));
    becomes(
        &format!("var a = b ? '{long}' : '{longer}' // why\n"),
        &format!("var a = b\n  ? '{long}'\n  : '{longer}' // why\n"),
    );
    becomes(
        &format!("var a = concat('{long}', '{longer}')\n"),
        &format!("var a = concat(\n  '{long}',\n  '{longer}'\n)\n"),
    );
    becomes(
        &format!("var a = map(b, item => concat(item, '{long}', 'and', '{}'))\n", &longer[..20]),
        &format!("var a = map(\n  b,\n  item => concat(item, '{long}', 'and', '{}')\n)\n", &longer[..20]),
    );
    becomes(&format!("type a = '{long}' | '{longer}'\n"), &format!("type a =\n  | '{long}'\n  | '{longer}'\n"));
}

#[test]
fn the_lines_of_a_last_argument_are_its_own() {
    becomes(
        "var a = union(b, {\nc: 1 })\nvar d = map(b, item =>{\nc: item })\n",
        "var a = union(b, {\n  c: 1\n})\nvar d = map(b, item => {\n  c: item\n})\n",
    );
}

#[test]
fn loops_with_lines_are_indented() {
    becomes(
        "resource a 'A.B/c@2025-01-01' = [for (b, i) in c: if (b) {\n name: b }]\nvar d = [for e in f: e]\n",
        "resource a 'A.B/c@2025-01-01' = [\n  for (b, i) in c: if (b) {\n    name: b\n  }\n]\nvar d = [for e in f: e]\n",
    );
}

#[test]
fn the_whole_language_is_laid_out() {
    becomes(
        "import {a,b as c} from 'x.bicep'\nimport  * as all from 'x.bicep'\nfunc d(a string,b int) string=>'${a}-${ b }'\n\
         type e={\n@description('f')\n g:string[]?\n*: int }\ntype h = [ string, e.g ]\nparam i resourceInput<'A.B/c@2025-01-01'>.name\n\
         using none\nextension kubernetes with {\n namespace: 'x' } as k\nassert j = 1 == 2\n",
        "import { a, b as c } from 'x.bicep'\nimport * as all from 'x.bicep'\n\
         func d(a string, b int) string => '${a}-${ b }'\ntype e = {\n  @description('f')\n  g: string[]?\n  *: int\n}\n\
         type h = [string, e.g]\nparam i resourceInput<'A.B/c@2025-01-01'>.name\n\
         using none\nextension kubernetes with {\n  namespace: 'x'\n} as k\nassert j = 1 == 2\n",
    );
}

#[test]
fn what_is_no_bicep_is_refused_with_its_place() {
    let problem = format("param a string\nvar b = {\n  c: \n}\n").unwrap_err();
    assert_eq!((problem.at.line, problem.code), (3, "BCP009"));
    let problem = format("type a = {\n  b string\n}\n").unwrap_err();
    assert_eq!(problem.at.line, 2);
    assert!(problem.message.contains("expected `:`, found `string`"), "{problem}");
}
