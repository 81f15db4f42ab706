//! A canary has pods, and is not all there is.

use super::*;
use insta::assert_snapshot;

fn spec(replicas: u32, percent: u32, max: u32) -> String {
    let text = small(&[("target: kubernetes", &format!("target: kubernetes, canaryPercent: {percent}"))]);
    format!("{text}scoring: {{replicas: {{min: {replicas}, max: {max}}}}}\n")
}

/// What the task makes of it: `Math.round(replicas * percentage / 100)` of JavaScript, which takes a half up.
fn made(replicas: u32, percent: u32) -> u32 {
    (f64::from(replicas * percent) / 100.0 + 0.5).floor() as u32
}

fn good_share(replicas: u32, percent: u32) -> bool {
    let asked = f64::from(replicas * percent) / 100.0;
    let canary = made(replicas, percent);
    canary >= 1 && canary < replicas && (f64::from(canary) - asked).abs() <= 0.5
}

/// The number behind `key` in a help text.
fn number(help: &str, key: &str) -> Option<u32> {
    let (_, rest) = help.split_once(key)?;
    rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[test]
fn every_share_of_every_number_of_replicas_has_pods_on_both_sides_or_is_refused_with_the_nearest_that_works() {
    let (mut taken, mut refused) = (0, 0);
    for (replicas, percent) in (1..=10).flat_map(|replicas| (1..=99).map(move |percent| (replicas, percent))) {
        for max in [replicas, replicas + 5] {
            let Err(report) = load("mlops.yaml", &spec(replicas, percent, max)) else {
                assert!(good_share(replicas, percent), "{percent} % of {replicas} was taken");
                taken += 1;
                continue;
            };
            refused += 1;
            let [diagnostic] = report.diagnostics() else { panic!("{}", report.render(Style::Plain)) };
            assert!(!good_share(replicas, percent), "{percent} % of {replicas} was refused");
            assert_eq!((diagnostic.line, diagnostic.column), (9, 59), "the place is canaryPercent");
            let help = diagnostic.help.as_deref().unwrap_or_default();
            let share = number(help, "canaryPercent:").unwrap_or_else(|| panic!("{help}"));
            let count = number(help, "min:").unwrap_or(replicas);
            let most = number(help, "max:").unwrap_or(max);
            assert!(good_share(count, share), "{percent} % of {replicas}: {help}");
            assert!(load("mlops.yaml", &spec(count, share, most)).is_ok(), "{help}");
            let mut nearer = (1..=99_u32).filter(|p| p.abs_diff(percent) < share.abs_diff(percent));
            assert!(!nearer.any(|p| good_share(count, p)), "{percent} % of {replicas}: {help}");
            assert!(count == replicas || (1..=99).all(|p| !good_share(replicas, p)), "{help}");
        }
    }
    assert_eq!((taken + refused, taken), (1980, 1412));
}

#[test]
fn the_refusal_says_what_would_work() {
    assert_snapshot!(says(&spec(1, 20, 1)), @"9:59 «20» a canary of 20 % of 1 replica is no pod (the nearest that works is `canaryPercent: 25` with `replicas: {min: 2, max: 2}`; 20 % need at least 3 replicas)");
    assert_snapshot!(says(&spec(2, 20, 6)), @"9:59 «20» a canary of 20 % of 2 replicas is no pod (the nearest that works is `canaryPercent: 25`; 20 % need at least 3 replicas)");
    assert_snapshot!(says(&spec(10, 99, 12)), @"9:59 «99» a canary of 99 % of 10 replicas is every pod (the nearest that works is `canaryPercent: 94`; 99 % need at least 51 replicas)");
}

#[test]
fn a_slip_in_the_number_of_replicas_is_said_once() {
    for (right, slip) in [("replicas: {", "replics: {"), ("min: 4", "mim: 4"), ("max: 6", "max: six")] {
        let text = spec(4, 20, 6).replace(right, slip);
        assert_ne!(text, spec(4, 20, 6), "{right}");
        let said = says(&text);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn traffic_of_an_endpoint_can_be_split_as_one_likes() {
    let text = small(&[("target: kubernetes", "target: kubernetes-endpoint, canaryPercent: 1")]);
    assert_eq!(good(&text).environments.len(), 2);
}
