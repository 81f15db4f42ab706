//! How something went: a word with a sign and a colour.

use crate::html::Html;

/// How something went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mood {
    /// Well.
    Good,
    /// Well, with something to look at.
    Warned,
    /// Badly.
    Bad,
    /// It goes.
    Going,
    /// It waits.
    Waiting,
    /// Nothing is to be said: it was left out, or it is as it was.
    #[default]
    Quiet,
}

impl Mood {
    /// The name of its class in the style.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warned => "warned",
            Self::Bad => "bad",
            Self::Going => "going",
            Self::Waiting => "waiting",
            Self::Quiet => "quiet",
        }
    }

    /// A sign for those who do not see colours.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warned => "!",
            Self::Bad => "✗",
            Self::Going => "▶",
            Self::Waiting => "…",
            Self::Quiet => "–",
        }
    }
}

/// A word for how something went.
pub fn state(mood: Mood, word: &str) -> Html {
    let mut html = Html::default();
    html.with("span", &[("class", &format!("state {}", mood.class()))], |html| {
        html.with("span", &[("aria-hidden", "true")], |html| html.text(mood.sign()));
        html.text(" ");
        html.text(word);
    });
    html
}
