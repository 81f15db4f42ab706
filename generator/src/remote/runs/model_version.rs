//! Which version of the model a run is about. Runs say so by parameter, by tag or by number.

use super::Run;

/// What the scripts of the rendered pipelines tag a run with, before the version.
const TAG: &str = "model-";
/// What a release that looks for a version itself is asked for, until it has found one.
const NEWEST: &str = "newest";

/// The model's version that `run` of project's model `model` is about, if it is about one.
///
/// A release has the parameter `modelVersion`, and the number `<model>-<version>-<serial>`; retrain and release tag
/// their run `model-<version>` (templates/pipelines/scripts).
pub fn of(run: &Run, model: &str) -> Option<String> {
    let parameter = run.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("modelVersion"));
    let tag = || run.tags.iter().find_map(|tag| tag.strip_prefix(TAG).map(str::to_owned));
    let number = || {
        let rest = run.number.strip_prefix(model)?.strip_prefix('-')?;
        let (version, serial) = rest.rsplit_once('-')?;
        (!serial.is_empty() && serial.bytes().all(|b| b.is_ascii_digit())).then(|| version.to_owned())
    };
    let parameter = parameter.map(|(_, value)| value.clone()).filter(|version| version != NEWEST);
    parameter.or_else(tag).or_else(number).filter(|version| !version.is_empty() && version != NEWEST)
}

/// Whether `run` registered the version that it is about: a retrain that promoted its challenger.
pub fn registers(run: &Run) -> bool {
    run.pipeline == "retrain" && run.tags.iter().any(|tag| tag.starts_with(TAG))
}
