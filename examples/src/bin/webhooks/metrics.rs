//! What Prometheus reads: how the queues stand, what the handle did, how deliveries were answered,
//! and how many connections to the database are in use.

use std::fmt::{Display, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use oms_core::service::{Standing, prometheus_stats, prometheus_text};
use oms_store_postgres::PgStore;
use tokio::time::timeout;

use crate::say;
use crate::server::App;

/// How long the queues may take to be counted; Prometheus itself waits for 10 s.
const COUNTED: Duration = Duration::from_secs(5);

/// How a delivery was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// It is kept.
    Kept,
    /// It was kept before.
    Repeated,
    /// It was `WooCommerce` trying the address out.
    Ping,
    /// The signature does not fit, or there is none.
    Unsigned,
    /// There is no such channel or connection.
    Unknown,
    /// The body did not come in time.
    Late,
    /// The body is too large.
    TooLarge,
    /// The store cannot keep it now.
    Unavailable,
    /// Something is wrong with this program, or with what is stored.
    Failed,
}

impl Answered {
    const ALL: [Self; 9] = [
        Self::Kept,
        Self::Repeated,
        Self::Ping,
        Self::Unsigned,
        Self::Unknown,
        Self::Late,
        Self::TooLarge,
        Self::Unavailable,
        Self::Failed,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Repeated => "repeated",
            Self::Ping => "ping",
            Self::Unsigned => "unsigned",
            Self::Unknown => "unknown",
            Self::Late => "late",
            Self::TooLarge => "too_large",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }

    /// What the channel is told.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Kept | Self::Repeated | Self::Ping => StatusCode::OK,
            Self::Unsigned => StatusCode::UNAUTHORIZED,
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// How many deliveries were answered how, since the process began.
#[derive(Debug, Default)]
pub(crate) struct Tally([AtomicU64; Answered::ALL.len()]);

impl Tally {
    fn each(&self) -> impl Iterator<Item = (Answered, &AtomicU64)> {
        Answered::ALL.into_iter().zip(&self.0)
    }

    pub(crate) fn count(&self, answered: Answered) {
        let mut each = self.each();
        if let Some((_, count)) = each.find(|(known, _)| *known == answered) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Everything that is counted. What this process knows by itself is told also while the store does
/// not answer.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut text = String::new();
    let counted = match standing(&app).await {
        Ok(standing) => {
            text.push_str(&prometheus_text(&[standing]));
            1
        }
        Err(problem) => {
            say(&format!("metrics: the queues cannot be counted, {problem}"));
            0
        }
    };
    text.push_str(&prometheus_stats(&app.oms.stats()));
    let name = "webhooks_queues_counted";
    head(
        &mut text,
        name,
        "gauge",
        "Whether the store could count the queues.",
    );
    sample(&mut text, name, counted);
    let name = "webhooks_deliveries_total";
    head(
        &mut text,
        name,
        "counter",
        "Deliveries, by how they were answered.",
    );
    for (answered, count) in app.tally.each() {
        let labelled = format!("{name}{{answer=\"{}\"}}", answered.as_str());
        sample(&mut text, &labelled, count.load(Ordering::Relaxed));
    }
    if let Some(store) = &app.postgres {
        pool(&mut text, store);
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, text).into_response()
}

/// How the queues stand, or why nobody knows.
async fn standing(app: &App) -> Result<Standing, String> {
    let tenant = app.tenant.id();
    match timeout(COUNTED, app.queue.queue_stats(tenant)).await {
        Ok(Ok(queues)) => Ok(Standing {
            tenant: tenant.clone(),
            queues,
            // Nothing here follows events.
            subscriptions: Vec::new(),
        }),
        Ok(Err(problem)) => Err(problem.to_string()),
        Err(_) => Err(format!("no answer within {} s", COUNTED.as_secs())),
    }
}

fn pool(text: &mut String, store: &PgStore) {
    let pool = store.pool();
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    let used = pool.size().saturating_sub(idle);
    let name = "webhooks_pool_connections";
    head(
        text,
        name,
        "gauge",
        "Connections to the database, by state.",
    );
    sample(text, &format!("{name}{{state=\"used\"}}"), used);
    sample(text, &format!("{name}{{state=\"idle\"}}"), idle);
    let name = "webhooks_pool_connections_max";
    head(text, name, "gauge", "Connections to the database at most.");
    sample(text, name, pool.options().get_max_connections());
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn sample(text: &mut String, name: &str, value: impl Display) {
    let _ = writeln!(text, "{name} {value}");
}
