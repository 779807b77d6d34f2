//! What people on this machine may see of it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use oms_core::job::{Job, JobState};
use oms_core::plan::{INTAKE_KIND, INTAKE_QUEUE};
use oms_core::port::{JobFilter, OrderFilter};
use oms_core::value::{IntakeId, QueueName};
use oms_examples::words;
use serde_json::{Value, json};

use crate::server::App;

/// Longest list.
const ROWS_MAX: usize = 100;

/// The newest orders.
pub(crate) async fn orders(State(app): State<Arc<App>>) -> Response {
    let all = OrderFilter::default();
    let page = match app.tenant.orders(&all, None, ROWS_MAX).await {
        Ok(page) => page,
        Err(problem) => return away(&problem),
    };
    let row = |head: &oms_core::order::Head, status: &str| {
        json!({
            "number": head.number,
            "reference": words::reference(&head.external, &head.attributes),
            "channel": head.source.channel,
            "status": status,
            "paid": head.payment.captured.to_string(),
            "hold": head.hold.as_ref().map(words::hold),
            "notes": head.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(),
        })
    };
    let read = page.items.iter();
    let read = read.map(|order| row(&order.head, order.index.status.as_str()));
    // Nobody looks for an order that is not in the list: say that it is there.
    let unread = page
        .unread
        .iter()
        .map(|order| json!({"order": order.at.id.to_string(), "unread": order.error.code()}));
    shown(&Value::from(read.chain(unread).collect::<Vec<Value>>()))
}

/// What became of a delivery, by the receipt that its answer named.
pub(crate) async fn receipt(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Ok(id) = IntakeId::parse(&id) else {
        return no_such_receipt();
    };
    match app.intakes.status(id).await {
        Ok(Some(status)) => shown(&json!(status)),
        Ok(None) => no_such_receipt(),
        Err(problem) => away(&problem),
    }
}

/// Deliveries that could not be used, with their reasons but without their bodies.
pub(crate) async fn dead(State(app): State<Arc<App>>) -> Response {
    let filter = JobFilter {
        queue: QueueName::parse(INTAKE_QUEUE).ok(),
        state: Some(JobState::Dead),
    };
    let listing = app.queue.list(app.tenant.id(), &filter, None, ROWS_MAX);
    let page = match listing.await {
        Ok(page) => page,
        Err(problem) => return away(&problem),
    };
    let deliveries = |job: &&Job| job.draft.kind.as_str() == INTAKE_KIND;
    let rows = page.items.iter().filter(deliveries).map(|job| {
        json!({
            "receipt": job.draft.id.to_string(),
            "error": job.errors.last().map(|error| &error.error),
        })
    });
    let unread = page
        .unread
        .iter()
        .map(|job| json!({"receipt": job.at.to_string(), "error": job.error.to_string()}));
    shown(&Value::from(rows.chain(unread).collect::<Vec<Value>>()))
}

/// Deliveries whose order was refused or left out, with the reasons: the first of them. A job that
/// cannot be read is named as such; it may be of a delivery that was not refused.
pub(crate) async fn refused(State(app): State<Arc<App>>) -> Response {
    let mut rows = Vec::new();
    let mut after = None;
    while rows.len() < ROWS_MAX {
        let page = match app.intakes.refused(after, ROWS_MAX).await {
            Ok(page) => page,
            Err(problem) => return away(&problem),
        };
        let refusals = page.items.into_iter().map(|(id, refusal)| {
            json!({"receipt": id.to_string(), "code": refusal.code, "why": refusal.text})
        });
        rows.extend(refusals);
        rows.extend(page.unread.into_iter().map(|job| {
            json!({
                "job": job.at.to_string(),
                "code": job.error.code(),
                "why": job.error.to_string(),
            })
        }));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    rows.truncate(ROWS_MAX);
    shown(&Value::from(rows))
}

pub(crate) fn no_such_receipt() -> Response {
    (StatusCode::NOT_FOUND, "no such receipt").into_response()
}

pub(crate) fn away(problem: &dyn std::error::Error) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, problem.to_string()).into_response()
}

pub(crate) fn shown(value: &Value) -> Response {
    let body = format!("{value:#}\n");
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
