//! Projects of other layouts, read for what a spec can take from them: `mlops-gen init --from DIR`.
//!
//! Each layout is a table: which key of which file is which key of the spec, or why nothing in a spec stands for it. What
//! is in no table is told too: nothing is lost in silence.

mod files;
mod flat;
pub mod join;
mod key;
mod layout;
mod mlops_python;
mod mlops_stacks;
mod mlops_v2;
mod python_code;
mod read;
mod settings;
#[cfg(test)]
mod tests;

pub use files::Files;
pub use flat::Said;
pub use layout::Layout;
pub use read::read;
pub use settings::Settings;

use key::{Key, Meaning};

/// What a project of another layout says.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Whose layout it is.
    pub layout: Layout,
    /// What the spec takes.
    pub settings: Settings,
    /// What went where: the place, the key of the spec, and its value there.
    pub mapped: Vec<(Said, &'static str, String)>,
    /// What nothing in the spec stands for, and why.
    pub left: Vec<(Said, String)>,
}

impl Origin {
    fn take(&mut self, said: Said) {
        match self.layout.meaning(&said) {
            Meaning::Key(key) => self.set(key, said),
            Meaning::Left(why) => self.left.push((said, why.to_owned())),
            Meaning::Unsaid => {}
            Meaning::Unknown => self.left.push((said, "nothing in a spec stands for it".to_owned())),
        }
    }

    /// Gives a key its value: the first file that says it decides.
    fn set(&mut self, key: Key, said: Said) {
        if said.value.is_empty() {
            self.left.push((said, "it has no value".to_owned()));
            return;
        }
        let before = self.mapped.iter().find(|(_, name, _)| *name == key.name()).map(|(_, _, value)| value.clone());
        match self.settings.taken(key, &said.value) {
            Ok(value) if before.as_ref().is_some_and(|before| *before != value) => {
                self.left.push((said, format!("`{}` is {} already", key.name(), before.unwrap_or_default())));
            }
            Ok(_) if before.is_some() => {}
            Ok(value) => {
                self.settings.set(key, &value);
                self.mapped.push((said, key.name(), value));
            }
            Err(why) => self.left.push((said, why)),
        }
    }
}
