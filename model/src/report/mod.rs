//! The report of a challenger as one page of HTML: metrics, residuals, drift, permutation importance.
//!
//! - [`mod@sample`]: held-out rows that are looked at; beyond so many, permutations take longer than training.
//! - [`mod@measure`]: errors, stability and importance of those rows.
//! - [`mod@html`]: the page.

pub mod html;
pub mod measure;
pub mod sample;
#[cfg(test)]
mod tests;

pub use html::html;
pub use sample::Sample;
