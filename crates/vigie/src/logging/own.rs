//! Lines of the log on their way to where they are searched.

use std::fmt::{Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use vigie_application::logs::{self, OwnLine, OwnLog};
use vigie_domain::Clock as _;

use crate::wiring::SystemClock;

/// What the parts of Vigie are called by.
const OWN: &str = "vigie";
/// The part that stores lines.
const STORE: &str = "vigie_event_store";
/// The field that holds what a line says.
const MESSAGE: &str = "message";

/// Hands each line to the logs.
pub(super) struct OwnLayer(pub(super) OwnLog);

impl<S: Subscriber> Layer<S> for OwnLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        // what is told of storing a line would be a line to store
        if metadata.target().starts_with(STORE) || (*metadata.level() > Level::WARN && !metadata.target().starts_with(OWN)) {
            return;
        }
        let mut line = OwnLine {
            at: SystemClock.now(),
            severity: severity(*metadata.level()),
            message: String::new(),
            attributes: vec![(logs::MODULE, metadata.target().to_owned())],
        };
        event.record(&mut Reader(&mut line));
        self.0.put(line);
    }
}

/// As RFC 5424 section 6.2.1 counts it.
fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

struct Reader<'a>(&'a mut OwnLine);

impl Visit for Reader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            MESSAGE => value.clone_into(&mut self.0.message),
            // libraries that log otherwise: where in their code
            name if name.starts_with("log.") => {}
            name if !value.is_empty() => self.0.attributes.push((name, value.to_owned())),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // writing to a string does not fail
        let _ = write!(text, "{value:?}");
        self.record_str(field, &text);
    }
}
