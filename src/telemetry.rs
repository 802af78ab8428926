//! Logging and metrics: their set-up, their names, and the rule that neither carries a place, a plan or a person.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;
use crate::model::{DeliveryState, Outcome, Verdict};

/// Sends log lines of this process to standard error.
///
/// Other crates are never logged below `info`: what a web server traces about a request holds its query string.
///
/// # Errors
/// When the filter cannot be read or logging is already set up.
pub fn init_logging(format: LogFormat, filter: &str) -> Result<(), String> {
    let wanted: Targets = filter.parse().map_err(|e| format!("{e}"))?;
    let allowed = Targets::new().with_target("cordon", LevelFilter::TRACE).with_default(LevelFilter::INFO);
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Filters of the whole, not of the layer: what a layer's own filter says of a span or event is kept for the thread, and `enabled!`,
    // which the database driver asks without an event to follow, would leave a no behind that the next event falls to.
    tracing_subscriber::registry().with(wanted).with(allowed).with(lines).try_init().map_err(|e| e.to_string())
}

/// Counts requests by method, route and status.
const REQUESTS: &str = "cordon_http_requests_total";
/// Times requests by method and route.
const REQUEST_SECONDS: &str = "cordon_http_request_duration_seconds";
/// Counts requests turned away because too many were under way.
const OVERLOADS: &str = "cordon_http_overloads_total";
/// Counts checks by kind and verdict.
const CHECKS: &str = "cordon_checks_total";
/// The set of fences that answers.
const EPOCH: &str = "cordon_epoch";
/// How many fences there are.
const FENCES: &str = "cordon_fences";
/// How many places there are.
const REGIONS: &str = "cordon_regions";
/// How many files could not be taken.
const REFUSED_FILES: &str = "cordon_refused_files";
/// When the answering set was read, in seconds since 1970.
const LOADED_AT: &str = "cordon_loaded_timestamp_seconds";
/// Whether what was published last may not be answered yet.
const BEHIND: &str = "cordon_epoch_behind";
/// Whether nothing can be written.
const STORE_FAILS: &str = "cordon_store_failing";
/// Times publications from their commit until this instance answers from them.
const PUBLICATION_SECONDS: &str = "cordon_publication_seconds";
/// Counts attempts to read the data folder again.
const RELOADS: &str = "cordon_reloads_total";

/// Counts attempts to deliver by channel and outcome.
const DELIVERIES: &str = "cordon_delivery_attempts_total";
/// How many deliveries are in each state.
const DELIVERY_STATES: &str = "cordon_deliveries";
/// How many destinations are closed because they failed.
const LANES_CLOSED: &str = "cordon_delivery_lanes_closed";
/// How many streams of events are open.
const EVENT_STREAMS: &str = "cordon_event_streams";
/// Counts streams that were ended because their reader was too slow.
const SLOW_READERS: &str = "cordon_event_streams_dropped_total";

/// How many trips and positions are watched.
const WATCHED: &str = "cordon_watched";
/// Counts what retention has forgotten.
const FORGOTTEN: &str = "cordon_forgotten_total";
/// Counts subjects that were matched again after a change.
const RECHECKED: &str = "cordon_rechecked_total";
/// How many of the shards are not settled up to the last epoch.
const SHARDS_BEHIND: &str = "cordon_shards_behind";

/// Upper bounds of the duration histogram in seconds: a location check takes microseconds, a whole itinerary milliseconds.
const DURATION_BUCKETS: &[f64] =
    &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What answers are drawn from, in numbers.
#[derive(Clone, Copy, Debug)]
pub struct DataState {
    /// The set of fences that answers.
    pub epoch: u64,
    /// How many fences there are.
    pub fences: usize,
    /// How many places.
    pub regions: usize,
    /// How many files could not be taken.
    pub refused_files: usize,
    /// When the set was read.
    pub loaded_at: Timestamp,
    /// Whether what was published last may not be answered yet.
    pub behind: bool,
    /// Whether the last write failed for the disk.
    pub store_fails: bool,
}

/// The metrics of one running service. It owns its recorder, so two services in one process are kept apart.
#[derive(Clone)]
pub struct Meter {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
}

impl Default for Meter {
    fn default() -> Self {
        let builder = PrometheusBuilder::new().set_buckets(DURATION_BUCKETS).expect("there are buckets");
        let recorder = builder.build_recorder();
        metrics::with_local_recorder(&recorder, || {
            describe_counter!(REQUESTS, "Requests answered, by method, route and status");
            describe_histogram!(REQUEST_SECONDS, "Seconds until the answer began, by method and route");
            describe_counter!(OVERLOADS, "Requests turned away because too many were under way");
            describe_counter!(CHECKS, "Checks answered, by kind and verdict");
            describe_gauge!(EPOCH, "The epoch of the set of fences that answers");
            describe_gauge!(FENCES, "Fences: revisions with a shape, past, present and future");
            describe_gauge!(REGIONS, "Named places");
            describe_gauge!(REFUSED_FILES, "Files of the data folder that could not be taken");
            describe_gauge!(LOADED_AT, "When the set that answers was read");
            describe_counter!(
                DELIVERIES,
                "Attempts to deliver, by channel and outcome; channel none: settled without being sent"
            );
            describe_gauge!(DELIVERY_STATES, "Deliveries in the store, by state");
            describe_gauge!(LANES_CLOSED, "Destinations that are closed because they failed");
            describe_gauge!(EVENT_STREAMS, "Open streams of events");
            describe_counter!(SLOW_READERS, "Streams of events ended because their reader was too slow");
            describe_gauge!(WATCHED, "Trips, last positions and bookings that are watched");
            describe_counter!(FORGOTTEN, "What retention has forgotten, by what it was");
            describe_counter!(
                RECHECKED,
                "Subjects matched again after a change of the advisories, by whether anything changed"
            );
            describe_gauge!(
                SHARDS_BEHIND,
                "Parts of what is watched that the last change of the advisories has not reached yet"
            );
            describe_gauge!(BEHIND, "1 while what was published last cannot be taken, else 0");
            describe_gauge!(STORE_FAILS, "1 while the disk under the database is full or fails, else 0");
            describe_histogram!(
                PUBLICATION_SECONDS,
                "Seconds from a publication here until this instance answers from it"
            );
            describe_counter!(RELOADS, "Attempts to read the data folder again, by outcome");
        });
        Self { handle: recorder.handle(), recorder: Arc::new(recorder) }
    }
}

impl Meter {
    fn record(&self, record: impl FnOnce()) {
        metrics::with_local_recorder(&*self.recorder, record);
    }

    /// A request was answered.
    pub fn request(&self, method: &'static str, route: &str, status: u16, duration: Duration) {
        self.record(|| {
            let route = route.to_owned();
            counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string())
                .increment(1);
            histogram!(REQUEST_SECONDS, "method" => method, "route" => route).record(duration.as_secs_f64());
        });
    }

    /// A request was turned away because too many were under way.
    pub fn overload(&self) {
        self.record(|| counter!(OVERLOADS).increment(1));
    }

    /// Checks were answered.
    pub fn checks(&self, kind: &'static str, verdict: Verdict, count: u64) {
        self.record(|| counter!(CHECKS, "kind" => kind, "verdict" => verdict.as_str()).increment(count));
    }

    /// Something was published here, and this instance answers from it.
    pub fn publication(&self, duration: Duration) {
        self.record(|| histogram!(PUBLICATION_SECONDS).record(duration.as_secs_f64()));
    }

    /// The data folder was read again.
    pub fn reload(&self, taken: bool) {
        self.record(|| counter!(RELOADS, "outcome" => if taken { "taken" } else { "rejected" }).increment(1));
    }

    /// An attempt to deliver was settled.
    pub fn delivery(&self, channel: &'static str, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Delivered => "delivered",
            Outcome::Retry { .. } => "retry",
            Outcome::Gone => "gone",
            Outcome::Superseded => "superseded",
            Outcome::Failed => "failed",
        };
        self.record(|| counter!(DELIVERIES, "channel" => channel, "outcome" => outcome).increment(1));
    }

    /// How many deliveries there are in each state.
    // counts far below 2⁵³
    #[allow(clippy::cast_precision_loss)]
    pub fn delivery_states(&self, counts: &[(DeliveryState, i64)]) {
        self.record(|| {
            for (state, count) in counts {
                gauge!(DELIVERY_STATES, "state" => state.as_str()).set(*count as f64);
            }
        });
    }

    /// How many destinations are closed.
    // a count far below 2⁵³
    #[allow(clippy::cast_precision_loss)]
    pub fn lanes_closed(&self, count: usize) {
        self.record(|| gauge!(LANES_CLOSED).set(count as f64));
    }

    /// A stream of events was opened or ended.
    pub fn event_stream(&self, opened: bool) {
        self.record(|| gauge!(EVENT_STREAMS).increment(if opened { 1.0 } else { -1.0 }));
    }

    /// A stream of events was ended because its reader was too slow.
    pub fn slow_reader(&self) {
        self.record(|| counter!(SLOW_READERS).increment(1));
    }

    /// Retention has forgotten some of what had its time.
    pub fn forgotten(&self, what: &'static str, count: u64) {
        self.record(|| counter!(FORGOTTEN, "what" => what).increment(count));
    }

    /// Subjects were matched again.
    pub fn rechecked(&self, changed: u64, unchanged: u64) {
        self.record(|| {
            counter!(RECHECKED, "outcome" => "changed").increment(changed);
            counter!(RECHECKED, "outcome" => "unchanged").increment(unchanged);
        });
    }

    /// How many shards are behind the last epoch.
    // a small count
    #[allow(clippy::cast_precision_loss)]
    pub fn shards_behind(&self, count: usize) {
        self.record(|| gauge!(SHARDS_BEHIND).set(count as f64));
    }

    /// How much is watched.
    // counts far below 2⁵³
    #[allow(clippy::cast_precision_loss)]
    pub fn watched(&self, trips: u64, positions: u64, bookings: u64) {
        self.record(|| {
            gauge!(WATCHED, "what" => "trip").set(trips as f64);
            gauge!(WATCHED, "what" => "position").set(positions as f64);
            gauge!(WATCHED, "what" => "booking").set(bookings as f64);
        });
    }

    /// Everything in the Prometheus text format, with the state of what answers are drawn from.
    // counts far below 2⁵³
    #[allow(clippy::cast_precision_loss)]
    pub fn render(&self, state: &DataState) -> String {
        self.record(|| {
            gauge!(EPOCH).set(state.epoch as f64);
            gauge!(FENCES).set(state.fences as f64);
            gauge!(REGIONS).set(state.regions as f64);
            gauge!(REFUSED_FILES).set(state.refused_files as f64);
            gauge!(BEHIND).set(f64::from(u8::from(state.behind)));
            gauge!(STORE_FAILS).set(f64::from(u8::from(state.store_fails)));
            gauge!(LOADED_AT).set(state.loaded_at.as_second() as f64);
        });
        self.handle.render()
    }

    /// Folds recorded durations into their histograms; called now and then, so that they do not pile up where nobody reads them.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}
