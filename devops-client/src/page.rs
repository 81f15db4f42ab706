//! Lists, read page by page.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::http::call::Call;

/// A stream over all items of a list. Pages are fetched as the items are taken.
#[must_use = "a list is only read when its items are taken"]
pub struct Pages<T>(BoxStream<'static, Result<T>>);

/// A list as it is on the wire: `{count, value}`.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct List<T> {
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub(crate) value: Vec<T>,
}

impl<T: DeserializeOwned + Send + 'static> Pages<T> {
    /// The list that `call` starts, over as many pages as the service says there are.
    pub(crate) fn new(call: Result<Call>) -> Self {
        let call = match call {
            Ok(call) => call,
            Err(error) => return Self(futures::stream::once(async { Err(error) }).boxed()),
        };
        let pages = futures::stream::try_unfold(Some(None::<String>), move |next| {
            let call = call.clone();
            async move {
                let Some(token) = next else { return Ok(None) };
                let page = match &token {
                    Some(token) => call.with_query("continuationToken", token),
                    None => call,
                };
                let (items, following) = page
                    .read(|answer| {
                        let items = if answer.is_blank() { Vec::new() } else { answer.decode::<List<T>>()?.value };
                        Ok((items, answer.continuation()))
                    })
                    .await?;
                // A token that does not change would be read for ever.
                let following = following.filter(|following| Some(following) != token.as_ref());
                Ok(Some((futures::stream::iter(items.into_iter().map(Ok)), following.map(Some))))
            }
        });
        Self(pages.try_flatten().boxed())
    }
}

impl<T> Pages<T> {
    /// All items.
    ///
    /// # Errors
    /// What a call for one of the pages fails with.
    pub async fn all(self) -> Result<Vec<T>> {
        self.0.try_collect().await
    }

    /// The first item that meets a condition; later pages are not fetched.
    ///
    /// # Errors
    /// What a call for one of the pages fails with.
    pub async fn find(mut self, mut wanted: impl FnMut(&T) -> bool) -> Result<Option<T>> {
        while let Some(item) = self.0.try_next().await? {
            if wanted(&item) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}
