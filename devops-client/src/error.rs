//! What can go wrong, by kind, with what is needed to act on it.

use std::fmt;

use http::{Method, StatusCode};

use crate::http::transport::Stage;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call, or a call that could not be made.
///
/// Its text says what happened and where; [`Error::next_step`] says what to do.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    context: Option<Context>,
    effect: Effect,
    /// Whether the body broke off in the middle of its JSON.
    cut: bool,
}

/// The kinds of failure.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No credential could be had, or the service does not accept it.
    SignIn,
    /// The caller is known and may not do this.
    Forbidden {
        /// The permission or scope that is missing, as the service named it, or else the one that this call needs.
        missing: String,
    },
    /// The thing, or the project that it is in, is not there or may not be seen.
    NotFound,
    /// A thing of that name is there already.
    AlreadyExists,
    /// Somebody else has changed the thing meanwhile: read it again.
    Conflict,
    /// The service keeps blocking the caller for using too much.
    Throttled,
    /// The service finds the request wrong.
    Invalid {
        /// What it finds wrong, and where.
        problems: Vec<Problem>,
    },
    /// The service failed.
    Server,
    /// No complete answer came.
    Transport {
        /// How far the request came.
        stage: Stage,
    },
    /// The answer was not what was expected.
    Decode {
        /// Where in the JSON, such as `value[3].id`.
        json_path: String,
    },
    /// The arguments of the call were wrong; nothing was sent.
    Argument,
    /// A wait ended before what was waited for had come.
    TimedOut,
    /// What was waited for has failed.
    Failed,
}

/// What the service may hold of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing was done.
    None,
    /// It was done.
    Done,
    /// It cannot be told.
    Unknown,
}

/// One thing that the service finds wrong in a request, or in the YAML that it was asked to run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// The file, as the service names it.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
    /// The service's own words.
    pub message: String,
}

/// Which call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Context {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The status, if an answer came.
    pub status: Option<StatusCode>,
    /// The service's name for the kind of failure, such as `VariableGroupExistsException`.
    pub type_key: Option<String>,
    /// The service's name for this call, to give to its support.
    pub activity_id: Option<String>,
    /// Tries made.
    pub attempts: u32,
    /// Whether an earlier try may have had its effect.
    pub(crate) repeated: bool,
}

impl Error {
    /// The kind.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The service's own words, or this crate's.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The call that failed; `None` when none was made.
    pub fn context(&self) -> Option<&Context> {
        self.0.context.as_ref()
    }

    /// What the service may hold of the call.
    pub fn effect(&self) -> Effect {
        self.0.effect
    }

    /// Whether this is [`ErrorKind::NotFound`].
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NotFound)
    }

    /// Whether this is [`ErrorKind::AlreadyExists`].
    pub fn is_already_exists(&self) -> bool {
        matches!(self.0.kind, ErrorKind::AlreadyExists)
    }

    /// Whether this is [`ErrorKind::Conflict`].
    pub fn is_conflict(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Conflict)
    }

    /// Whether the service cannot be reached at all, or does not know the caller: every other call fails alike.
    pub fn is_about_the_service(&self) -> bool {
        matches!(self.0.kind, ErrorKind::SignIn | ErrorKind::Transport { stage: Stage::Connect })
    }

    /// What to do now.
    pub fn next_step(&self) -> String {
        match &self.0.kind {
            ErrorKind::SignIn => "sign in (`az login`), or check the token: it may have expired, be meant for another \
                organization, or be a personal access token that is no longer accepted"
                .into(),
            ErrorKind::Forbidden { missing } => format!("have an administrator grant: {missing}"),
            ErrorKind::NotFound => {
                "check the name and the project; things that you may not see are reported as missing too".into()
            }
            ErrorKind::AlreadyExists => "choose another name, or adopt the existing one".into(),
            ErrorKind::Conflict => "read it again, apply the change to what is there now, and retry".into(),
            ErrorKind::Throttled => "wait a few minutes, or ask for less at once".into(),
            ErrorKind::Invalid { .. } => "correct the request where the message points".into(),
            ErrorKind::Server => "try again later; if it stays, report the activity id to the service".into(),
            ErrorKind::Transport { stage: Stage::Connect } => "check the network, the proxy and the address".into(),
            ErrorKind::Transport { .. } if self.0.effect == Effect::None => "try again: nothing was done".into(),
            ErrorKind::Transport { .. } => "try again; look first whether the change is there".into(),
            ErrorKind::Decode { .. } => "report this: the service sent something that this client does not know".into(),
            ErrorKind::Argument => "correct the value".into(),
            ErrorKind::TimedOut => "wait longer, or look at it on the service's page".into(),
            ErrorKind::Failed => {
                "look at the message above and at the service's page, mend the cause, and retry".into()
            }
        }
    }

    /// A wrong argument: what it is, its value, and what was expected.
    pub(crate) fn argument(what: &str, value: &str, expected: &str) -> Self {
        Self::without_call(ErrorKind::Argument, format!("{what} is {value:?}, expected {expected}"), Effect::None)
    }

    /// Whether the cause is of the kind that goes away by itself.
    pub(crate) fn is_passing(&self) -> bool {
        let status = self.0.context.as_ref().and_then(|context| context.status);
        match self.0.kind {
            ErrorKind::Transport { .. } | ErrorKind::Throttled | ErrorKind::Decode { .. } => true,
            _ => matches!(status.map(|status| status.as_u16()), Some(408 | 502 | 503 | 504)),
        }
    }

    /// Whether the body broke off.
    pub(crate) fn is_cut(&self) -> bool {
        self.0.cut
    }

    /// An error of one call.
    pub(crate) fn of_call(kind: ErrorKind, message: String, context: Context, effect: Effect) -> Self {
        Self(Box::new(Inner { kind, message, context: Some(context), effect, cut: false }))
    }

    /// This error with what is known of its effect.
    pub(crate) fn with_effect(mut self, effect: Effect) -> Self {
        self.0.effect = effect;
        self
    }

    /// This error, when the body broke off in the middle of its JSON.
    pub(crate) fn cut(mut self, cut: bool) -> Self {
        self.0.cut = cut;
        self
    }

    /// An error that is not of one call.
    pub(crate) fn without_call(kind: ErrorKind, message: String, effect: Effect) -> Self {
        Self(Box::new(Inner { kind, message, context: None, effect, cut: false }))
    }

    /// This error, now that reading has shown that nothing was done.
    pub(crate) fn without_effect(self) -> Self {
        self.with_effect(Effect::None)
    }

    /// This error, which came when something had been done already.
    pub(crate) fn after(mut self, done: &str) -> Self {
        self.0.message = format!("{done}, but then: {}", self.0.message);
        self.0.effect = Effect::Done;
        self
    }

    /// This error, when reading back failed as well: the doubt stays.
    pub(crate) fn or_unsettled(mut self, reading: Error) -> Self {
        self.0.message = format!("{}; looking whether it was done failed too: {}", self.0.message, reading.message());
        self.0.effect = Effect::Unknown;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let Some(context) = &self.0.context else { return Ok(()) };
        write!(f, " ({} {}", context.method, context.path)?;
        if let Some(status) = context.status {
            write!(f, ", status {}", status.as_u16())?;
        }
        if let Some(type_key) = &context.type_key {
            write!(f, ", {type_key}")?;
        }
        if context.attempts > 1 {
            write!(f, ", {} attempts", context.attempts)?;
        }
        if let Some(activity_id) = &context.activity_id {
            write!(f, ", activity {activity_id}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("effect", &self.0.effect)
            .field("context", &self.0.context)
            .finish()
    }
}

impl std::error::Error for Error {}
