//! Series of virtual machines that are retired or about to be, and those that managed endpoints offer.

use super::refusal::Refusal;

/// A series that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The series, as Azure calls it.
    pub series: &'static str,
    /// Its last day: `2028-05-01`.
    pub date: &'static str,
    /// A size to take instead, of a like number of processors.
    pub instead: &'static str,
}

/// The day of this table: what had ended by then is refused by `check`, what ends later is told by `doctor`.
const TODAY: &str = "2026-11-30";

/// Family, version (0 for none) and what it is. A family is the letters before the first digit, without the `S` that
/// older names put there for premium storage; sizes with an accelerator in their names (`_T4_`, `_A100_`) are newer.
const ENDING: [(&str, u32, Retirement); 25] = [
    ("A", 0, ends("A", "2024-08-31", "Standard_D2ds_v5")),
    ("A", 2, ends("Av2", "2028-11-15", "Standard_D2ds_v5")),
    ("B", 0, ends("B (v1)", "2028-11-15", "Standard_D2ds_v5")),
    ("D", 0, ends("D and Ds", "2028-05-01", "Standard_D4ds_v5")),
    ("D", 2, ends("Dv2 and Dsv2", "2028-05-01", "Standard_D4ds_v5")),
    ("F", 0, ends("F and Fs", "2028-11-15", "Standard_D4ds_v5")),
    ("F", 2, ends("Fsv2", "2028-11-15", "Standard_D4ds_v5")),
    ("G", 0, ends("G and Gs", "2028-11-15", "Standard_E8ds_v5")),
    ("L", 0, ends("Ls", "2028-05-01", "Standard_L8s_v3")),
    ("L", 2, ends("Lsv2", "2028-11-15", "Standard_L8s_v3")),
    ("H", 0, ends("H", "2024-09-28", "Standard_HB120rs_v3")),
    ("HB", 0, ends("HB", "2024-08-31", "Standard_HB120rs_v3")),
    ("NC", 0, ends("NC", "2023-09-06", "Standard_NC4as_T4_v3")),
    ("NC", 2, ends("NCv2", "2023-09-06", "Standard_NC4as_T4_v3")),
    ("NC", 3, ends("NCv3", "2025-09-30", "Standard_NC24ads_A100_v4")),
    ("ND", 0, ends("ND", "2023-09-06", "Standard_NC24ads_A100_v4")),
    ("NV", 0, ends("NV", "2023-09-06", "Standard_NV6ads_A10_v5")),
    ("NV", 2, ends("NVv2", "2023-09-06", "Standard_NV6ads_A10_v5")),
    ("NV", 3, ends("NVv3", "2026-09-30", "Standard_NV6ads_A10_v5")),
    ("NV", 4, ends("NVv4", "2026-09-30", "Standard_NV6ads_A10_v5")),
    ("M192ids", 2, ends("Mv2 (192)", "2027-03-31", "Standard_E96ds_v5")),
    ("M192idms", 2, ends("Mv2 (192)", "2027-03-31", "Standard_E96ds_v5")),
    ("M192is", 2, ends("Mv2 (192)", "2027-03-31", "Standard_E96ds_v5")),
    ("M192ims", 2, ends("Mv2 (192)", "2027-03-31", "Standard_E96ds_v5")),
    ("Basic", 0, ends("Basic A", "2024-08-31", "Standard_D2ds_v5")),
];

const fn ends(series: &'static str, date: &'static str, instead: &'static str) -> Retirement {
    Retirement { series, date, instead }
}

/// When the series of a size ends, if its end is known.
pub fn retirement(size: &str) -> Option<Retirement> {
    let mut parts = size.split('_');
    let tier = parts.next()?;
    let middle: Vec<&str> = parts.collect();
    let (name, rest) = middle.split_first()?;
    let version = rest.last().and_then(|last| last.strip_prefix(['v', 'V'])).and_then(|digits| digits.parse().ok());
    // `Standard_NC4as_T4_v3` has something between size and version: it is of another series.
    if rest.len() > usize::from(version.is_some()) {
        return None;
    }
    let letters: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    let family = match letters.strip_suffix('S').filter(|rest| rest.len() == 1) {
        _ if tier == "Basic" => "Basic",
        _ if letters == "M" => name,
        Some(older) => older,
        None => &letters,
    };
    let found = |(of, at, _): &&(&str, u32, Retirement)| *of == family && *at == version.unwrap_or(0);
    ENDING.iter().find(found).map(|(_, _, retirement)| *retirement)
}

/// Refuses a size whose series has ended.
pub(super) fn available(size: &str) -> Result<(), Refusal> {
    match retirement(size).filter(|end| end.date <= TODAY) {
        Some(end) => Err(Refusal::new(
            format!("`{size}` is of the {} series, which Azure retired on {}", end.series, end.date),
            format!("choose a newer size, as in `{}`", end.instead),
        )),
        None => Ok(()),
    }
}

/// Sizes that managed online endpoints offer, by family, features, accelerator and version (Microsoft Learn, "Managed
/// online endpoints SKU list").
const MANAGED: [(&str, &str, &str); 23] = [
    ("D", "as", "v4"),
    ("D", "a", "v4"),
    ("DS", "", "v2"),
    ("E", "s", "v3"),
    ("F", "s", "v2"),
    ("FX", "mds", ""),
    ("L", "as", "v3"),
    ("L", "s", "v2"),
    ("L", "s", "v3"),
    ("NC", "ads", "A100_v4"),
    ("NC", "as", "T4_v3"),
    ("NC", "s", "v2"),
    ("NC", "s", "v3"),
    ("NC", "ads", "H100_v5"),
    ("NC", "adis", "H100_v5"),
    ("ND", "amsr", "A100_v4"),
    ("ND", "asr", "v4"),
    ("ND", "rs", "v2"),
    ("ND", "is", "H100_v5"),
    ("ND", "isr", "H100_v5"),
    ("NV", "ads", "A10_v5"),
    ("NV", "adms", "A10_v5"),
    ("NC", "rs", "v3"),
];

/// Whether managed online endpoints are known to offer a size.
pub fn offered_by_managed_endpoints(size: &str) -> bool {
    let Some((_, rest)) = size.split_once('_') else { return false };
    let (name, version) = rest.split_once('_').unwrap_or((rest, ""));
    let family: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    let features = name[family.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
    MANAGED.iter().any(|(f, x, v)| *f == family && *x == features && *v == version)
}
