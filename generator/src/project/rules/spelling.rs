//! Values that change their spelling on the way to a script.

use super::refusal::Refusal;
use crate::spec::SpecFile;
use crate::spec::located::path::Path;

/// Whether the agent takes `text` for a date and time: it reads its messages with a JSON library that turns every text of
/// the form `2026-11-30T07:00:00`, with or without fractions and zone, into a date, quoted or not.
pub fn looks_like_a_moment(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let bytes = text.as_bytes();
    let starts = bytes.len() >= SHAPE.len()
        && bytes
            .iter()
            .zip(SHAPE)
            .all(|(byte, shape)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape });
    starts && bytes[SHAPE.len()..].iter().all(|byte| byte.is_ascii_digit() || b".Z+-:".contains(byte))
}

/// Variables of the spec that no script gets as they stand.
pub(super) fn moments(spec: &SpecFile) -> Vec<(Path, Refusal)> {
    let mut found = Vec::new();
    for (index, group) in spec.variable_groups.iter().enumerate() {
        for (name, value) in group.variables.iter().flatten() {
            if looks_like_a_moment(value) {
                let message =
                    format!("Azure Pipelines hands `{value}` to scripts as a date in the agent's own language");
                let help = "leave the time away, put a word before it (`at 2026-11-30T07:00:00Z`), or keep it as a secret \
                            of a Key Vault";
                let at = Path::root().key("variableGroups").index(index).key("variables").key(name);
                found.push((at, Refusal::new(message, help)));
            }
        }
    }
    found
}
