//! Views of the page of whoever started the organization.

use std::collections::BTreeMap;

use report_pages::Html;

/// A view that stands beside the organization's own.
pub trait View: Send + Sync {
    /// Its address below the others: letters and hyphens.
    fn address(&self) -> &str;

    /// Its name.
    fn name(&self) -> &str;

    /// What it shows, from a heading of level 1 on. May take a while; it is called where that keeps nobody waiting.
    ///
    /// # Errors
    /// Why nothing can be shown.
    fn show(&self, asked: &Asked) -> Result<Html, String>;
}

/// What is asked of a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The address of the view itself, for links and forms.
    pub here: String,
    /// What follows that.
    pub below: Vec<String>,
    /// The fields of a form that was sent; none for who only looks.
    pub sent: Option<BTreeMap<String, String>>,
}
