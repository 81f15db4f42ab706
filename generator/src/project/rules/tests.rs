//! Whole kinds of what services refuse, and of what they take.

use super::*;
use crate::project::load::load;
use crate::project::network::Cidr;
use crate::spec::report::Style;

const SPEC: &str = "\
version: 1
project: {name: churn}
azure: {location: LOCATION}
devops: {organization: ORGANIZATION, project: ml}
data: {path: PATH, target: y, columns: [a, b, y]}
model: {runtime: python}
training: {compute: {sku: SIZE}, onNewData: {prefix: PREFIX}}
environments:
  - {name: qa, target: container-instances, devopsEnvironment: ENVIRONMENT, checks: {businessHours: {timeZone: ZONE}}}
  - {name: production, target: kubernetes}
";

const GOOD: [(&str, &str); 7] = [
    ("LOCATION", "westeurope"),
    ("ORGANIZATION", "contoso"),
    ("PATH", "data/churn.csv"),
    ("SIZE", "Standard_D4ds_v5"),
    ("PREFIX", "incoming/"),
    ("ENVIRONMENT", "churn-qa"),
    ("ZONE", "UTC"),
];

/// The spec with `value` at `place`, and good values elsewhere.
fn with(place: &str, value: &str) -> String {
    GOOD.iter().fold(SPEC.to_owned(), |text, (name, good)| {
        text.replace(name, &serde_json::to_string(if *name == place { value } else { good }).unwrap())
    })
}

/// What is refused of `value` at `place`: always at the value, with a way out.
fn refusal(place: &str, value: &str) -> Option<String> {
    let text = with(place, value);
    let report = match load("mlops.yaml", &text) {
        Ok(_) => return None,
        Err(report) => report,
    };
    let [only] = report.diagnostics() else { panic!("one value, one refusal: {}", report.render(Style::Plain)) };
    let line = text.lines().position(|line| line.contains(&serde_json::to_string(value).unwrap())).unwrap() + 1;
    assert_eq!(only.line, line, "{value}");
    Some(format!("{} ({})", only.message, only.help.as_deref().unwrap_or_else(|| panic!("{value}: no way out"))))
}

fn refused(place: &str, value: &str, parts: &[&str]) {
    let said = refusal(place, value).unwrap_or_else(|| panic!("{place} took `{value}`"));
    for part in parts {
        assert!(said.contains(part), "{value}: {said}");
    }
}

fn taken(place: &str, value: &str) {
    assert_eq!(refusal(place, value), None, "{place}: {value}");
}

#[test]
fn every_row_has_a_demand_a_source_and_a_name_of_its_own() {
    for rule in TABLE {
        assert!(!rule.demand.is_empty() && !rule.source.is_empty(), "{}", rule.name);
        assert_eq!(TABLE.iter().filter(|other| other.name == rule.name).count(), 1, "{}", rule.name);
    }
}

#[test]
fn every_place_of_a_row_is_a_key_of_the_spec() {
    let schema = crate::spec::json_schema().to_string();
    for rule in TABLE {
        let Judge::Value(places, _) = rule.judge else { continue };
        for key in places.iter().flat_map(|place| place.split('.')) {
            assert!(schema.contains(&format!("\"{}\":", key.trim_end_matches("[]"))), "{}: {key}", rule.name);
        }
    }
}

#[test]
fn an_organization_is_its_name_alone() {
    for address in [
        "https://dev.azure.com/contoso",
        "https://dev.azure.com/contoso/",
        "http://DEV.azure.com/contoso/ml/_git/churn",
        "dev.azure.com/contoso",
        "https://ann@dev.azure.com/contoso/ml/_git/churn",
        "https://contoso.visualstudio.com",
        "contoso.visualstudio.com/DefaultCollection",
        "git@ssh.dev.azure.com:v3/contoso/ml/churn",
        "contoso/ml",
    ] {
        refused("ORGANIZATION", address, &["write `contoso` alone"]);
    }
    for server in ["https://tfs.contoso.com/tfs/DefaultCollection", "http://build:8080/tfs", "devops.contoso.local"] {
        refused("ORGANIZATION", server, &["Azure DevOps Server is not supported"]);
    }
    taken("ORGANIZATION", "contoso-2");
}

#[test]
fn regions_and_addresses_of_other_clouds_are_refused_by_their_cloud() {
    for region in ["usgovvirginia", "usgovarizona", "usgovtexas", "usgoviowa", "usdodcentral", "usdodeast"] {
        refused("LOCATION", region, &["Azure Government", "not supported", "westeurope"]);
    }
    for region in ["chinaeast", "chinaeast2", "chinaeast3", "chinanorth", "chinanorth2", "chinanorth3"] {
        refused("LOCATION", region, &["Azure in China", "not supported"]);
    }
    refused("LOCATION", "US Gov Virginia", &["Azure Government"]);
    refused("LOCATION", "germanynortheast", &["Azure Germany, which was closed in 2021"]);
    for geography in ["global", "europe", "Asia Pacific", "unitedstates", "switzerland", "UK"] {
        refused("LOCATION", geography, &["is no region", "az account list-locations"]);
    }
    for (address, cloud) in [
        ("https://lake.blob.core.usgovcloudapi.net/data/churn.csv", "Azure Government"),
        ("https://lake.blob.core.chinacloudapi.cn/data/churn.csv", "Azure in China"),
    ] {
        refused("PATH", address, &[cloud, "not supported"]);
    }
    for region in ["germanynorth", "germanywestcentral", "eastasia", "eastus", "usnowhere1"] {
        assert_eq!(regions::public_cloud(region), Ok(()), "{region}");
    }
}

#[test]
fn every_windows_zone_is_taken_and_every_iana_name_becomes_one() {
    let lines: Vec<(&str, &str)> = include_str!("zones.txt").lines().filter_map(|line| line.split_once(": ")).collect();
    assert_eq!(lines.len(), 139);
    let mut seen = std::collections::BTreeSet::new();
    for (windows, names) in lines {
        assert_eq!(windows_zone(windows), Some(windows));
        for name in names.split(' ').filter(|name| *name != windows) {
            assert_eq!(windows_zone(name), Some(windows), "{name}");
            assert!(seen.insert(name), "{name} stands for two zones");
        }
    }
    for (iana, windows) in [
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("Europe/London", "GMT Standard Time"),
        ("America/New_York", "Eastern Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Etc/UTC", "UTC"),
    ] {
        let project = load("mlops.yaml", &with("ZONE", iana)).unwrap_or_else(|r| panic!("{}", r.render(Style::Plain)));
        let hours = project.environments[0].checks.business_hours.as_ref().expect("there are hours");
        assert_eq!(hours.time_zone.as_str(), windows);
    }
}

#[test]
fn a_zone_that_is_none_is_refused_with_the_nearest_one() {
    for (wrong, near) in [
        ("W Europe Standard Time", "W. Europe Standard Time"),
        ("w. europe standard time", "W. Europe Standard Time"),
        ("W. Europe Standart Time", "W. Europe Standard Time"),
        ("Berlin", "W. Europe Standard Time"),
        ("europe/berlin", "W. Europe Standard Time"),
        ("Europe/Berln", "W. Europe Standard Time"),
        ("Eastern Time", "Eastern Standard Time"),
        ("utc", "UTC"),
    ] {
        refused("ZONE", wrong, &[&format!("did you mean `{near}`?")]);
    }
    refused("ZONE", " ", &["this is empty", "as in `UTC`"]);
    for offset in ["GMT+1", "UTC-05:00", "+01:00"] {
        refused("ZONE", offset, &["is no time zone", "as in `UTC`"]);
    }
    for wrong in ["x", "Antarctica/Troll"] {
        refused("ZONE", wrong, &["is no time zone"]);
    }
}

#[test]
fn retired_sizes_are_refused_and_what_ends_later_has_its_date() {
    for size in ["Standard_NC6", "Standard_NC6s_v2", "Standard_NC24rs_v3", "Standard_NV12s_v3", "Standard_NV4as_v4"] {
        refused("SIZE", size, &["Azure retired on 202", "choose a newer size, as in `Standard_"]);
    }
    for size in ["Standard_A4", "Basic_A1", "Standard_HB60rs", "Standard_ND6s"] {
        refused("SIZE", size, &["Azure retired"]);
    }
    for (size, date) in [
        ("Standard_DS3_v2", "2028-05-01"),
        ("Standard_D4_v2", "2028-05-01"),
        ("Standard_DS14-8_v2", "2028-05-01"),
        ("Standard_D13", "2028-05-01"),
        ("Standard_L4s", "2028-05-01"),
        ("Standard_F4s_v2", "2028-11-15"),
        ("Standard_F8", "2028-11-15"),
        ("Standard_B2ms", "2028-11-15"),
        ("Standard_A2m_v2", "2028-11-15"),
        ("Standard_GS4", "2028-11-15"),
        ("Standard_M192idms_v2", "2027-03-31"),
    ] {
        assert_eq!(retirement(size).map(|end| end.date), Some(date), "{size}");
        taken("SIZE", size);
    }
    for size in [
        "Standard_D4ds_v5",
        "Standard_NC4as_T4_v3",
        "Standard_E8ds_v5",
        "Standard_F4as_v6",
        "Standard_B2s_v2",
        "Standard_M64s",
    ] {
        assert_eq!(retirement(size), None, "{size}");
    }
}

#[test]
fn what_the_table_offers_instead_does_not_end_itself() {
    for size in
        ["Standard_A1", "Standard_D2", "Standard_F2", "Standard_NC6", "Standard_NV6", "Standard_L4s", "Standard_H8"]
    {
        let instead = retirement(size).expect("it ends").instead;
        assert_eq!(retirement(instead), None, "{instead}");
    }
    let project = load("mlops.yaml", &with("", "")).unwrap_or_else(|r| panic!("{}", r.render(Style::Plain)));
    for size in [&project.training.compute.sku, &project.scoring.node.sku, &project.scoring.node.managed] {
        assert_eq!(retirement(size.as_str()), None, "{}", size.as_str());
    }
    assert!(offered_by_managed_endpoints(project.scoring.node.managed.as_str()));
    assert!(offered_by_managed_endpoints("Standard_NC4as_T4_v3"));
    assert!(!offered_by_managed_endpoints(project.scoring.node.sku.as_str()));
}

#[test]
fn an_environment_of_azure_devops_has_no_full_stop() {
    refused("ENVIRONMENT", "churn.qa", &["separates an environment from a resource", "write `churn-qa`"]);
    refused("ENVIRONMENT", "team.churn.qa", &["write `team-churn-qa`"]);
    taken("ENVIRONMENT", "churn qa");
}

#[test]
fn a_prefix_is_a_folder_of_its_container() {
    let globs = ["fresh/*", "*.csv", "fresh/2026-??", "fresh#1", "%2e%2e/fresh", "fresh: x", " ", "fresh /x"];
    for prefix in ["../incoming", "incoming/../models", "incoming/..", "./incoming", "..", "a//b", "a\\b"] {
        refused("PREFIX", prefix, &["as in `incoming/`"]);
    }
    for prefix in globs {
        refused("PREFIX", prefix, &["as in `incoming/`"]);
    }
    for (written, kept) in
        [("incoming", "incoming/"), ("incoming/", "incoming/"), ("", ""), ("y=2026/m=1", "y=2026/m=1/")]
    {
        taken("PREFIX", written);
        let project =
            load("mlops.yaml", &with("PREFIX", written)).unwrap_or_else(|r| panic!("{}", r.render(Style::Plain)));
        assert_eq!(project.training.on_new_data.map(|new| new.folder()).as_deref(), Some(kept));
    }
}

#[test]
fn data_is_a_file_that_training_reads_or_a_folder() {
    for path in ["data/churn.xlsx", "data/churn.json", "data/churn.csv.gz", "data/churn.feather"] {
        refused("PATH", path, &["training reads .csv, .tsv and .parquet files", "save it as"]);
    }
    refused("PATH", "azureml://datastores/lake/paths/churn.orc", &["training reads"]);
    for path in [
        "data/churn.csv",
        "data/churn.PARQUET",
        "data/a.b/churn.tsv",
        "data/history",
        "azureml://datastores/lake/paths/prices/",
    ] {
        taken("PATH", path);
    }
}

fn network(space: &str) -> String {
    let own = with("", "").replace("project: ml}", "project: ml, agent: {pool: Own}}");
    format!("{own}network: {{private: {{addressSpace: {space}}}}}\n")
}

#[test]
fn networks_keep_off_ranges_that_are_taken() {
    for space in ["172.17.0.0/16", "172.16.0.0/12", "172.31.4.0/22"] {
        let report = load("mlops.yaml", &network(space)).expect_err(space);
        let shown = report.render(Style::Plain);
        assert!(shown.contains("overlaps with 172.") && shown.contains("10.20.0.0/16"), "{shown}");
    }
    assert!(load("mlops.yaml", &network("172.20.0.0/16")).is_ok());
}

#[test]
fn clusters_keep_apart_from_every_network() {
    for space in ["10.20.0.0/16", "192.168.0.0/16", "192.168.4.0/22", "172.16.0.0/16", "10.0.0.0/8", "10.244.0.0/16"] {
        let networks = [Cidr::parse(space).unwrap(), Cidr::parse("172.18.0.0/16").unwrap()];
        let ranges = cluster_ranges(&networks).expect(space);
        assert!(!ranges.pods.overlaps(&ranges.services), "{space}");
        for network in &networks {
            assert!(!network.overlaps(&ranges.pods) && !network.overlaps(&ranges.services), "{space}: {ranges:?}");
        }
    }
    let everything = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(|text| Cidr::parse(text).unwrap());
    assert_eq!(cluster_ranges(&everything), None);
}

#[test]
fn variables_that_look_like_a_moment_are_refused_and_dates_are_taken() {
    let with = |value: &str| {
        let value = serde_json::to_string(value).unwrap();
        let group = format!("variableGroups: [{{name: g, pipelines: [retrain], variables: {{WHEN: {value}}}}}]\n");
        load("mlops.yaml", &(with("ZONE", "UTC") + &group))
    };
    for zone in ["", "Z", "+01:00", "-0530"] {
        for fraction in ["", ".1", ".1234567"] {
            let moment = format!("2026-11-30T07:15:00{fraction}{zone}");
            let report = with(&moment).unwrap_err();
            let [only] = report.diagnostics() else { panic!("{}", report.render(Style::Plain)) };
            assert!(only.message.contains(&moment) && only.help.is_some(), "{}", only.message);
        }
    }
    let taken =
        ["2026-11-30", "07:15:00", "2026-11-30 07:15:00", "at 2026-11-30T07:15:00Z", "2026-11-30T07:15", "10.0"];
    for value in [&taken[..], &["20261130T071500Z", "2026-11-30T07:15:00 or so", "\u{661}026-11-30T07:15:00Z"]].concat()
    {
        assert!(with(value).is_ok(), "{value}");
    }
}

#[test]
fn a_firewall_stands_at_a_private_address_outside_of_what_it_guards() {
    let with = |address: &str| {
        let text =
            GOOD.iter().fold(SPEC.replace("project: ml}", "project: ml, agent: {pool: p}}"), |text, (name, good)| {
                text.replace(name, good)
            });
        let id = "/subscriptions/0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub";
        let hub = format!("hub: {{virtualNetwork: {id}, firewall: {address}}}");
        load("mlops.yaml", &format!("{text}network: {{private: {{addressSpace: 10.64.0.0/20, {hub}}}}}\n"))
    };
    for (address, said) in [
        ("8.8.8.8", "8.8.8.8 is a public address"),
        ("100.64.0.1", "100.64.0.1 is a public address"),
        ("10.64.0.4", "10.64.0.4 lies in 10.64.0.0/20"),
        ("10.64.15.255", "10.64.15.255 lies in 10.64.0.0/20"),
    ] {
        let report = with(address).expect_err(address);
        let found = report.diagnostics().iter().find(|one| one.message.starts_with(said));
        let found = found.unwrap_or_else(|| panic!("{address}: {}", report.render(Style::Plain)));
        assert!(found.path.ends_with("hub.firewall") && found.help.is_some(), "{found:?}");
    }
    for address in ["10.0.0.4", "10.64.16.0", "192.168.1.1", "172.16.0.1"] {
        assert!(with(address).is_ok(), "{address}: {}", with(address).unwrap_err().render(Style::Plain));
    }
}
