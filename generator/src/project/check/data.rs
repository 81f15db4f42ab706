//! `data:`

use super::column::{self, column_name};
use super::derive::Names;
use super::issues::Issues;
use super::reserved;
use crate::project::data::{Csv, Data, DataSource, Distribution, Encoding, Holdout};
use crate::project::name::{AssetName, ColumnName};
use crate::project::text::hazard;
use crate::spec::located::path::Path;
use crate::spec::{
    ColumnEntry, DataSpec, DecimalSpec, DelimiterSpec, EncodingSpec, Limit, SpecFile, UnknownColumnsSpec, did_you_mean,
};

/// The training data.
pub(super) fn check(spec: &SpecFile, names: &Names, issues: &mut Issues) -> Option<Data> {
    let data = spec.data.as_ref()?;
    let at = Path::root().key("data");
    let asset = data.asset.clone().unwrap_or_else(|| names.local("data", 40));
    let asset = issues.parse(&at.key("asset"), &asset, asset_name);
    let source = issues.parse_some(&at.key("path"), data.path.as_deref(), source);
    let columns = column::columns(data, &at.key("columns"), issues);
    let target = target(data, &at.key("target"), issues);
    let csv = csv(data, &at.key("csv"), issues);
    let missing = missing(data, &at.key("missing"), issues);
    Some(Data {
        asset: asset?,
        source: source?,
        columns: columns?,
        target: target?,
        csv: csv?,
        missing: missing?,
        ignore_unknown_columns: data.unknown_columns == UnknownColumnsSpec::Ignore,
        holdout: Holdout {
            fraction: data.holdout.fraction,
            seed: u32::try_from(data.holdout.seed).unwrap_or(u32::MAX),
        },
        distribution: distribution(data, &at.key("distribution"), issues)?,
    })
}

/// A name of an Azure ML asset that is also the name of a file.
fn asset_name(text: &str) -> Result<AssetName, String> {
    let name = AssetName::parse(text)?;
    reserved::file(text)?;
    if text.len() > 100 { Err("the name of a data asset has at most 100 characters".to_owned()) } else { Ok(name) }
}

/// A file of the repository, or an address in Azure.
fn source(text: &str) -> Result<DataSource, String> {
    const FORMS: &str = "data is a file such as `data/train.csv`, a folder such as `data/train`, or an address that \
                         starts with azureml://datastores/ or https://<account>.blob.core.windows.net/";
    if text.contains("://") {
        let good = |c: char| c.is_ascii_alphanumeric() || "-._~/:=%".contains(c);
        let blob = |t: &str| {
            t.strip_prefix("https://")
                .and_then(|t| t.split_once(".blob.core.windows.net/"))
                .is_some_and(|(a, p)| !a.is_empty() && !a.contains('/') && !p.is_empty())
        };
        let store = |t: &str| {
            t.strip_prefix("azureml://datastores/")
                .and_then(|t| t.split_once("/paths/"))
                .is_some_and(|(s, p)| !s.is_empty() && !p.is_empty())
        };
        if text.contains(['?', '#']) {
            return Err(
                "the address holds no query: access is by identity, and a token would be a secret in plain text"
                    .to_owned(),
            );
        }
        return if text.chars().all(good) && (blob(text) || store(text)) && text.len() <= 1000 {
            Ok(DataSource::Remote(text.to_owned()))
        } else {
            Err(FORMS.to_owned())
        };
    }
    if text.starts_with('/') || text.contains('\\') || text.split('/').any(|s| s == "..") {
        return Err(
            "a path of the repository is relative, with forward slashes, and does not lead out of it".to_owned()
        );
    }
    let good = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    // A folder may be written with a slash at its end.
    let text = text.strip_suffix('/').unwrap_or(text);
    let mut segments = text.split('/');
    if segments.next() != Some("data") || text.matches('/').count() == 0 {
        return Err(FORMS.to_owned());
    }
    for segment in segments {
        if segment.is_empty() || segment.ends_with('.') || !segment.chars().all(good) {
            return Err("a folder or file of the data has letters, digits and - . _ in its name".to_owned());
        }
        reserved::file(segment)?;
    }
    if text.eq_ignore_ascii_case("data/data-contract.json") {
        return Err("`data/data-contract.json` is a file that is rendered".to_owned());
    }
    if text.len() > 200 {
        Err("a path has at most 200 characters".to_owned())
    } else {
        Ok(DataSource::Repository(text.to_owned()))
    }
}

/// The column to predict, which is one of the columns.
fn target(data: &DataSpec, at: &Path, issues: &mut Issues) -> Option<ColumnName> {
    let target = issues.parse_some(at, data.target.as_deref(), ColumnName::parse)?;
    if let Some(columns) = &data.columns {
        let names: Vec<&str> = columns.iter().filter_map(column_name).collect();
        if !names.contains(&target.as_str()) {
            let columns = Path::root().keys(&["data", "columns"]);
            issues
                .add(at, format!("no column is called `{target}`"))
                .maybe_help(did_you_mean(target.as_str(), names))
                .about(columns);
            return None;
        }
        let kept = |entry: &&ColumnEntry| column_name(entry) == Some(target.as_str());
        if let Some((i, ColumnEntry::Rules(rules))) = columns.iter().enumerate().find(|(_, e)| kept(e))
            && !rules.required
        {
            let at = Path::root().keys(&["data", "columns"]).index(i).key("required");
            issues.add(&at, "the target is required: a row without it teaches nothing");
        }
    }
    Some(target)
}

fn distribution(data: &DataSpec, at: &Path, issues: &mut Issues) -> Option<Distribution> {
    let limits = &data.distribution;
    let value = |limit: Limit| match limit {
        Limit::At(value) => Some(value),
        Limit::Switch(_) => None,
    };
    let before = issues.count();
    if let Some(p) = value(limits.ks_p_value).filter(|p| *p >= 1.0) {
        issues.add(&at.key("ksPValue"), format!("a p-value is less than 1, this is {p}")).help("or `off`");
    }
    if let Some(ratio) = value(limits.standard_deviation_ratio).filter(|r| *r <= 1.0) {
        let message =
            format!("the greater deviation divided by the smaller is at least 1, so the limit is more, not {ratio}");
        issues.add(&at.key("standardDeviationRatio"), message).help("or `off`");
    }
    (issues.count() == before).then(|| Distribution {
        psi: value(limits.psi),
        ks_p_value: value(limits.ks_p_value),
        mean_sigmas: value(limits.mean_sigmas),
        standard_deviation_ratio: value(limits.standard_deviation_ratio),
    })
}

fn csv(data: &DataSpec, at: &Path, issues: &mut Issues) -> Option<Csv> {
    let delimiter = match data.csv.delimiter {
        DelimiterSpec::Comma => ',',
        DelimiterSpec::Semicolon => ';',
        DelimiterSpec::Tab => '\t',
        DelimiterSpec::Bar => '|',
    };
    let decimal = match data.csv.decimal {
        DecimalSpec::Point => '.',
        DecimalSpec::Comma => ',',
    };
    if delimiter == decimal {
        issues
            .add(&at.key("decimal"), "a comma cannot be the decimal mark and stand between the cells too")
            .about(at.key("delimiter"))
            .help("files with decimal commas mostly have `delimiter: ;`");
        return None;
    }
    let encoding = match data.csv.encoding {
        EncodingSpec::Utf8 => Encoding::Utf8,
        EncodingSpec::Windows1252 => Encoding::Windows1252,
        EncodingSpec::Utf16 => Encoding::Utf16,
    };
    Some(Csv { delimiter, decimal, encoding })
}

/// Texts that mean a missing value, trimmed as the cells are.
fn missing(data: &DataSpec, at: &Path, issues: &mut Issues) -> Option<Vec<String>> {
    let before = issues.count();
    let mut markers: Vec<String> = Vec::new();
    for (i, text) in data.missing.iter().enumerate() {
        let here = at.index(i);
        let marker = text.trim();
        if let Some(why) = hazard(text) {
            issues.add(&here, why);
        } else if marker.is_empty() {
            issues.add(&here, "an empty cell always means a missing value").help("take it away");
        } else if markers.iter().any(|known| known == marker) {
            issues.add(&here, format!("`{marker}` is a marker already"));
        } else {
            markers.push(marker.to_owned());
        }
    }
    (issues.count() == before).then_some(markers)
}
