//! What people and programs on this machine may ask and decide.
//!
//! Nobody proves here who he is. So it is a port of its own, which a proxy or a tunnel for the
//! channels does not lead to; and what was not asked for by this machine itself is refused, should
//! one lead here by mistake.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::server::App;
use crate::{decide, health, look, metrics};

/// The names of this machine to itself.
const HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Headers that whoever passes a request on adds, and the one by which a browser says that a page
/// of somebody else's asks.
const STRANGERS: [&str; 6] = [
    "forwarded",
    "origin",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
];

/// Every path for people.
pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/orders", get(look::orders))
        .route("/receipts/{id}", get(look::receipt))
        .route("/receipts/{id}/retry", post(decide::retry))
        .route("/receipts/{id}/discard", post(decide::discard))
        .route("/jobs/{id}/retry", post(decide::run_again))
        .route("/dead", get(look::dead))
        .route("/refused", get(look::refused))
        // Answers whatever becomes of the store: without an answer the process is started again.
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .layer(middleware::from_fn(own))
        .with_state(app)
}

async fn own(request: Request, next: Next) -> Response {
    if !is_own(request.headers()) {
        let why = "this is for whoever asks on this machine, at 127.0.0.1 or localhost\n";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    next.run(request).await
}

/// Whether this machine asks itself. A page in a browser on it can ask, too, under a name that it
/// made lead here: the name that was asked for tells.
fn is_own(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let named = host.is_some_and(|host| {
        let host = host.host();
        HOSTS.iter().any(|own| own.eq_ignore_ascii_case(host))
    });
    named && !STRANGERS.iter().any(|name| headers.contains_key(*name))
}
