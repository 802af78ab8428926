//! `cordon serve`: the HTTP service in the foreground, until it is told to stop.

use std::io::Write;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{App, Reloader};
use crate::clock;
use crate::config::Settings;
use crate::telemetry;

/// Serves until SIGTERM or SIGINT; SIGHUP reads the data folder again.
///
/// # Errors
/// Why it cannot start, for whoever started it.
pub fn serve(settings: Settings) -> Result<(), String> {
    telemetry::init_logging(settings.log_format, &settings.log_filter)
        .map_err(|e| format!("logging cannot be set up: {e}"))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|e| e.to_string())?;
    let served = runtime.block_on(run(settings));
    // what is still blocked on work was given its grace
    runtime.shutdown_background();
    served
}

async fn run(settings: Settings) -> Result<(), String> {
    // before anything takes long: a signal that comes meanwhile is not lost, and a hangup does not end the process
    let on = |kind| signal(kind).map_err(|e| format!("signals cannot be handled: {e}"));
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    let hangups = on(SignalKind::hangup())?;
    let app = App::bind(settings, Arc::new(clock::System)).await.map_err(|e| e.to_string())?;
    // to standard output, which may be closed: no reason not to serve
    let _ = writeln!(std::io::stdout(), "{}", app.greeting());
    let reloading = tokio::spawn(reload_on(hangups, app.reloader()));
    let finished = app
        .run(async {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!("{name}: no new requests; those under way may finish");
        })
        .await;
    reloading.abort();
    if !finished {
        tracing::warn!("some requests did not finish within the grace period and were broken off");
    }
    Ok(())
}

async fn reload_on(mut hangups: Signal, reloader: Reloader) {
    while hangups.recv().await.is_some() {
        tracing::info!("SIGHUP: reading the data folder again");
        reloader.reload().await;
    }
}
