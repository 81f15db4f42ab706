//! What the program says of what it does: why it waits, always; and everything, for whoever looks for a mistake:
//! `MLOPS_GEN_LOG=debug`, or any filter of tracing's form.

use std::fmt::{self, Write as _};

use mlops_gen::edge::PAUSES;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use super::output::Output;

/// The variable that asks for everything.
const LOG: &str = "MLOPS_GEN_LOG";

/// Says why the program waits, and writes events to standard error if the environment asks for it. No event holds a
/// secret: whatever is one is a type that cannot be printed, and addresses are shown without their query.
pub(super) fn start(output: Output) {
    let pauses = Pauses(output).with_filter(filter_fn(|event| event.target() == PAUSES));
    let asked = std::env::var(LOG).ok().and_then(|asked| match EnvFilter::try_new(&asked) {
        Ok(filter) => Some(filter),
        Err(why) => {
            output.say(&format!("{LOG} is not used, as `{asked}` is no filter: {why}"));
            None
        }
    });
    let events = asked.map(|filter| {
        let events = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
        // What cannot be told is left out.
        let events = events.log_internal_errors(false);
        events.with_filter(filter)
    });
    // A subscriber that is there already stays.
    let _ = tracing_subscriber::registry().with(pauses).with(events).try_init();
}

/// Says the messages of events.
struct Pauses(Output);

impl<S: Subscriber> Layer<S> for Pauses {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message::default();
        event.record(&mut message);
        self.0.say(&message.0);
    }
}

/// The message of an event.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}
