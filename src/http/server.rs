//! The accept loop: connections with limits on their number and patience, and an orderly end.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_layer::Layer;

use super::access::Peer;
use super::patience::Patient;
use crate::config::Settings;

/// How long to wait after the system gave no connection, which mostly means that it is out of file descriptors.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// Serves until `shutdown`, then lets requests under way finish within the grace period.
///
/// Returns whether all of them did.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    shutdown: impl Future<Output = ()>,
) -> bool {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(settings.idle_timeout);
    let connections = Arc::new(Semaphore::new(settings.connection_limit.min(Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accept = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accept => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(e) => {
                tracing::warn!("a connection could not be accepted: {e}");
                tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                continue;
            }
        };
        // small answers must not wait for the acknowledgement of the last one
        let _ = stream.set_nodelay(true);
        let connection = server
            .serve_connection(
                TokioIo::new(Patient::new(stream, settings.idle_timeout)),
                TowerToHyperService::new(Extension(Peer(peer)).layer(router.clone())),
            )
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::debug!("a connection ended early: {e}");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::time::timeout(settings.shutdown_grace, graceful.shutdown()).await.is_ok()
}
