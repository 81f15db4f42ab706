//! One Tera engine per output language: its delimiters, its escapes, its templates.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

use rust_embed::RustEmbed;
use tera::{Context, Delimiters, ErrorKind, Tera};

use super::error::RenderError;
use super::escape;
use super::layout::swallow_tag_lines;
use super::overrides::Overrides;
use super::value::to_tera;
use crate::artifacts::Language;
use crate::spec::nearest;

#[derive(RustEmbed)]
#[folder = "../templates"]
struct Builtin;

/// Name and content of each. Looked at once: a program that reads them from disk walks through the whole folder for each look.
static TEMPLATES: LazyLock<Vec<(String, Cow<'static, [u8]>)>> = LazyLock::new(|| {
    let named = |name: Cow<'static, str>| Builtin::get(&name).map(|file| (name.into_owned(), file.data));
    Builtin::iter().filter_map(named).collect()
});

/// The prefix under which built-in templates stay reachable when a project shadows them.
const BUILTIN: &str = "builtin/";

/// Names of the built-in templates.
pub fn builtin_templates() -> impl Iterator<Item = String> {
    TEMPLATES.iter().map(|(name, _)| name.clone())
}

/// The text of a built-in template.
pub fn builtin_template(name: &str) -> Option<String> {
    let (_, content) = TEMPLATES.iter().find(|(other, _)| other == name)?;
    text(content).map(str::to_owned)
}

fn text(content: &[u8]) -> Option<&str> {
    std::str::from_utf8(content).ok()
}

/// The engines, one per language.
pub(super) struct Engines(BTreeMap<Language, Tera>);

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Engines {
    /// Those of the built-in templates and the overrides. Without overrides they are always the same, and parsed once.
    pub(super) fn new(overrides: &Overrides) -> Result<Arc<Self>, Vec<RenderError>> {
        static BUILTIN_ALONE: OnceLock<Arc<Engines>> = OnceLock::new();
        if !overrides.is_empty() {
            return Self::parsed(overrides).map(Arc::new);
        }
        if let Some(engines) = BUILTIN_ALONE.get() {
            return Ok(Arc::clone(engines));
        }
        let parsed = Arc::new(Self::parsed(overrides)?);
        Ok(Arc::clone(BUILTIN_ALONE.get_or_init(|| parsed)))
    }

    fn parsed(overrides: &Overrides) -> Result<Self, Vec<RenderError>> {
        let mut engines = BTreeMap::new();
        let mut errors = Vec::new();
        for language in escape::LANGUAGES {
            match engine(language, overrides) {
                Ok(tera) => drop(engines.insert(language, tera)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self(engines)) } else { Err(errors) }
    }

    pub(super) fn render(
        &self,
        language: Language,
        template: &str,
        view: &serde_json::Value,
    ) -> Result<String, RenderError> {
        let mut context = Context::new();
        for (key, value) in view.as_object().into_iter().flatten() {
            context.insert_value(key.clone(), to_tera(value));
        }
        self.0[&language].render(template, &context).map_err(|error| failure(template, &error))
    }
}

fn engine(language: Language, overrides: &Overrides) -> Result<Tera, RenderError> {
    let mut tera = Tera::new();
    let delimiters = Delimiters {
        variable_start: "{=".into(),
        variable_end: "=}".into(),
        comment_start: "<#".into(),
        comment_end: "#>".into(),
        ..Delimiters::default()
    };
    let setup = tera.set_delimiters(delimiters).and_then(|()| tera.set_fallback_prefixes([BUILTIN]));
    setup.map_err(|error| failure("engine", &error))?;
    // Invariant: escaping is the default, no filter that somebody must remember
    // (test: the_corpus_is_refused_with_its_place_or_kept_byte_for_byte).
    tera.autoescape_on([""]);
    escape::install(&mut tera, language);
    let builtin = TEMPLATES.iter().filter(|(name, _)| escape::language_of(name) == Some(language));
    let builtin =
        builtin.filter_map(|(name, content)| Some((format!("{BUILTIN}{name}"), swallow_tag_lines(text(content)?))));
    let own = overrides.iter().filter(|(name, _)| escape::language_of(name) == Some(language));
    let own = own.map(|(name, text)| (name.clone(), swallow_tag_lines(text)));
    tera.add_raw_templates(builtin.chain(own)).map_err(|error| unread(language, &error))?;
    Ok(tera)
}

/// Why templates cannot be read, by the name of the one that is wrong, and with what was probably meant.
fn unread(language: Language, error: &tera::Error) -> RenderError {
    let is_builtin = |name: &str| Builtin::get(name).is_some();
    let near = |name: &str| {
        let bare = name.strip_prefix(BUILTIN).unwrap_or(name);
        let names: Vec<String> =
            Builtin::iter().filter(|name| escape::language_of(name) == Some(language)).map(Into::into).collect();
        let found = nearest(bare, names.iter().map(String::as_str));
        found.map(|found| format!("; did you mean `{BUILTIN}{found}`?")).unwrap_or_default()
    };
    let (template, message) = match error.kind() {
        ErrorKind::CircularExtend { tpl, inheritance_chain } if inheritance_chain.len() < 2 && is_builtin(tpl) => {
            (tpl.clone(), format!("it extends itself; the template that it replaces is called `{BUILTIN}{tpl}`"))
        }
        ErrorKind::CircularExtend { tpl, inheritance_chain } => {
            (tpl.clone(), format!("it extends itself, by way of {}", inheritance_chain.join(", ")))
        }
        ErrorKind::MissingParent { current, parent } => {
            (current.clone(), format!("it extends `{parent}`, which is no template{}", near(parent)))
        }
        _ => {
            // A report: what is wrong, the place after an arrow, and the line.
            let text = error.to_string();
            let said = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            let Some(template) = text.split_once(" --> ").and_then(|(_, place)| place.split(':').next()) else {
                return failure(&format!("{language:?}"), error);
            };
            let hint = match quoted(said) {
                Some(("Unknown template", name)) => near(name),
                Some(("Block", _)) => format!("; `mlops-gen templates show {template}` lists the blocks"),
                _ => String::new(),
            };
            (template.to_owned(), text.replacen(said, &format!("{said}{hint}"), 1))
        }
    };
    RenderError { template, message }
}

/// The words before the first quotation of a message, and what it quotes.
fn quoted(message: &str) -> Option<(&str, &str)> {
    let (before, rest) = message.split_once('`')?;
    Some((before.trim_end(), rest.split_once('`')?.0))
}

fn failure(template: &str, error: &tera::Error) -> RenderError {
    use std::error::Error as _;
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    RenderError { template: template.to_owned(), message }
}
