//! Counters of the server, and their Prometheus text (exposition format 0.0.4).

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use super::problem::ProblemCode;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The count so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Adds `n`, which may be negative.
    #[inline]
    pub fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Replaces the value.
    pub fn set(&self, n: i64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// The value now.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Which route a request met; the label `route` of the request counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the routes'")]
pub enum Route {
    Score,
    Root,
    Livez,
    Readyz,
    Metrics,
    Openapi,
    Swagger,
    Problems,
    Unknown,
}

impl Route {
    const ALL: [Self; 9] = [
        Self::Score,
        Self::Root,
        Self::Livez,
        Self::Readyz,
        Self::Metrics,
        Self::Openapi,
        Self::Swagger,
        Self::Problems,
        Self::Unknown,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Root => "root",
            Self::Livez => "livez",
            Self::Readyz => "readyz",
            Self::Metrics => "metrics",
            Self::Openapi => "openapi",
            Self::Swagger => "swagger",
            Self::Problems => "problems",
            Self::Unknown => "unknown",
        }
    }
}

/// Statuses that the server answers with; the label `status`.
const STATUSES: [u16; 16] = [200, 204, 400, 401, 403, 404, 405, 408, 413, 415, 422, 500, 501, 503, 414, 431];

/// Upper bounds of the histogram of durations, in microseconds.
const BOUNDS: [u64; 13] = [25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000, 10_000_000];

/// Everything that `/metrics` shows, apart from what belongs to the model and to queues.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[Counter; STATUSES.len()]; Route::ALL.len()],
    problems: [Counter; ProblemCode::ALL.len()],
    durations: [Counter; BOUNDS.len() + 1],
    duration_micros: Counter,
    /// Rows predicted.
    pub rows: Counter,
    /// Cells of predicted rows that lay outside the range seen in training.
    pub outside_training_range: Counter,
    /// Prediction requests being answered.
    pub in_flight: Gauge,
    /// Open connections.
    pub connections: Gauge,
    /// Connections that ended with an error of the peer or of the transport.
    pub connection_errors: Counter,
    /// Panics caught while answering; each is a fault to be mended, and cost its request a 500.
    pub panics: Counter,
    /// Model files taken over while running.
    pub reloads: Counter,
    /// Model files that could not be taken over.
    pub reload_failures: Counter,
    /// Records accepted for the scoring log.
    pub records: Counter,
    /// Records stored.
    pub records_stored: Counter,
    /// Records lost because the buffer was full or the time to stop ran out.
    pub records_dropped: Counter,
    /// Bytes of records that are not yet stored.
    pub records_bytes: Gauge,
    /// Attempts to store a batch that failed and were repeated.
    pub record_retries: Counter,
    /// Telemetry items sent.
    pub telemetry_sent: Counter,
    /// Telemetry items lost.
    pub telemetry_dropped: Counter,
}

impl Metrics {
    /// Counts an answered request.
    #[inline]
    pub fn answered(&self, route: Route, status: u16, problem: Option<ProblemCode>, duration: Duration) {
        if let Some(status) = STATUSES.iter().position(|&known| known == status) {
            self.requests[route as usize][status].add(1);
        }
        if let Some(problem) = problem {
            self.problems[problem as usize].add(1);
        }
        if route == Route::Score {
            let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            let bucket = BOUNDS.iter().position(|&bound| micros <= bound).unwrap_or(BOUNDS.len());
            self.durations[bucket].add(1);
            self.duration_micros.add(micros);
        }
    }

    /// The text for Prometheus. `model` is the version of the model in use, `log_lines_dropped` belongs to the server's own log.
    pub fn render(&self, model: &str, log_lines_dropped: u64) -> String {
        let mut text = Text(String::with_capacity(6_000));
        text.family("score_requests_total", "counter", "Requests answered, by route and status.");
        for route in Route::ALL {
            for (at, status) in STATUSES.iter().enumerate() {
                let count = self.requests[route as usize][at].get();
                if count > 0 {
                    let labels = format!("route=\"{}\",status=\"{status}\"", route.label());
                    text.sample("score_requests_total", &labels, count);
                }
            }
        }
        text.family("score_problems_total", "counter", "Requests refused, by problem code.");
        for code in ProblemCode::ALL {
            let count = self.problems[code as usize].get();
            text.sample("score_problems_total", &format!("code=\"{}\"", code.as_str()), count);
        }
        self.histogram(&mut text);
        text.family("score_model_info", "gauge", "The model in use.");
        text.sample("score_model_info", &format!("version=\"{model}\""), 1);
        let counters: [(&str, &Counter, &str); 13] = [
            ("score_rows_total", &self.rows, "Rows predicted."),
            (
                "score_inputs_outside_training_range_total",
                &self.outside_training_range,
                "Cells outside the range seen in training.",
            ),
            ("score_connection_errors_total", &self.connection_errors, "Connections that ended with an error."),
            ("score_panics_total", &self.panics, "Panics caught while answering."),
            ("score_model_reloads_total", &self.reloads, "Model files taken over while running."),
            ("score_model_reload_failures_total", &self.reload_failures, "Model files that could not be taken over."),
            ("score_log_records_total", &self.records, "Records accepted for the scoring log."),
            ("score_log_records_stored_total", &self.records_stored, "Records of the scoring log stored."),
            ("score_log_records_dropped_total", &self.records_dropped, "Records of the scoring log lost."),
            ("score_log_retries_total", &self.record_retries, "Attempts to store records that were repeated."),
            ("score_telemetry_sent_total", &self.telemetry_sent, "Telemetry items sent."),
            ("score_telemetry_dropped_total", &self.telemetry_dropped, "Telemetry items lost."),
            (
                "score_log_lines_dropped_total",
                &Counter(log_lines_dropped.into()),
                "Lines lost on their way to standard output.",
            ),
        ];
        for (name, counter, help) in counters {
            text.family(name, "counter", help);
            text.sample(name, "", counter.get());
        }
        let gauges: [(&str, &Gauge, &str); 3] = [
            ("score_in_flight", &self.in_flight, "Prediction requests being answered."),
            ("score_connections", &self.connections, "Open connections."),
            ("score_log_buffer_bytes", &self.records_bytes, "Bytes of records that are not yet stored."),
        ];
        for (name, gauge, help) in gauges {
            text.family(name, "gauge", help);
            text.sample(name, "", gauge.get());
        }
        text.0
    }

    fn histogram(&self, text: &mut Text) {
        const NAME: &str = "score_request_duration_seconds";
        text.family(NAME, "histogram", "Time from a prediction request's head to its answer.");
        let mut count = 0;
        for (at, bound) in BOUNDS.iter().enumerate() {
            count += self.durations[at].get();
            text.sample(&format!("{NAME}_bucket"), &format!("le=\"{}\"", *bound as f64 / 1e6), count);
        }
        count += self.durations[BOUNDS.len()].get();
        text.sample(&format!("{NAME}_bucket"), "le=\"+Inf\"", count);
        text.sample(&format!("{NAME}_sum"), "", self.duration_micros.get() as f64 / 1e6);
        text.sample(&format!("{NAME}_count"), "", count);
    }
}

struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_appear_with_their_labels() {
        let metrics = Metrics::default();
        metrics.answered(Route::Score, 200, None, Duration::from_micros(60));
        metrics.answered(Route::Score, 422, Some(ProblemCode::WrongWidth), Duration::from_secs(20));
        let text = metrics.render("abc", 7);
        for line in [
            "score_requests_total{route=\"score\",status=\"200\"} 1",
            "score_requests_total{route=\"score\",status=\"422\"} 1",
            "score_problems_total{code=\"wrong-width\"} 1",
            "score_request_duration_seconds_bucket{le=\"0.00005\"} 0",
            "score_request_duration_seconds_bucket{le=\"0.0001\"} 1",
            "score_request_duration_seconds_bucket{le=\"+Inf\"} 2",
            "score_request_duration_seconds_count 2",
            "score_model_info{version=\"abc\"} 1",
            "score_log_lines_dropped_total 7",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing from\n{text}");
        }
    }

    #[test]
    fn every_problem_status_is_countable() {
        for code in ProblemCode::ALL {
            assert!(STATUSES.contains(&code.status().as_u16()), "{}", code.as_str());
            assert_eq!(ProblemCode::ALL[code as usize], code);
        }
    }
}
