//! The name that was probably meant.

/// The candidate most like `name`, if one is like enough to be a slip of the fingers.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > 64 {
        return None;
    }
    let fold = |text: &str| text.to_ascii_lowercase().replace(['_', '-', ' '], "");
    let wanted = fold(name);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &fold(candidate)), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `, did you mean …?` when there is a nearest name.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(name, candidates).map(|nearest| format!("did you mean `{nearest}`?"))
}

/// The name most like `text` that fits, where `text` is a name but for some signs: in lower case, with hyphens or underscores
/// for them, or without them.
pub(crate) fn fitting(text: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let of_a_name = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    if text.len() > 64 || !text.chars().all(of_a_name) {
        return None;
    }
    let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let (hyphens, underscores, bare) = (parts.join("-"), parts.join("_"), parts.concat());
    let trimmed = text.trim().to_owned();
    let lower = [&hyphens, &underscores, &bare].map(|name| name.to_ascii_lowercase());
    let names = [trimmed.clone(), trimmed.to_ascii_lowercase(), hyphens, underscores];
    names.into_iter().chain(lower).find(|name| name != text && fits(name))
}

/// Names in a row for a message: `a, b, c`; many are cut short.
pub(crate) fn listed<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_name_with_a_wrong_sign_has_a_right_one_near() {
        let lower = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let secret = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let variable = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let storage = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        assert_eq!(fitting("My Project", lower).as_deref(), Some("my-project"));
        assert_eq!(fitting("data_provider.Token", secret).as_deref(), Some("data-provider-Token"));
        assert_eq!(fitting("support-url", variable).as_deref(), Some("support_url"));
        assert_eq!(fitting("Ships-2", storage).as_deref(), Some("ships2"));
        assert_eq!(fitting(" qa ", lower).as_deref(), Some("qa"));
        for odd in ["${{ x }}", "a/b", "", "_", "qa"] {
            assert_eq!(fitting(odd, lower), None, "{odd}");
        }
    }
}
