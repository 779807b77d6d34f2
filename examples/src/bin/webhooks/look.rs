//! What people on this machine may see of it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use oms_core::job::JobState;
use oms_core::port::{JobFilter, OrderFilter};
use oms_examples::words;
use serde_json::{Value, json};

use crate::message::Message;
use crate::server::App;

/// Longest list.
const ROWS_MAX: usize = 100;

/// The newest orders.
pub(crate) async fn orders(State(app): State<Arc<App>>) -> Response {
    let all = OrderFilter::default();
    let page = match app.tenant.orders(&all, None, ROWS_MAX).await {
        Ok(page) => page,
        Err(problem) => {
            return (StatusCode::SERVICE_UNAVAILABLE, problem.to_string()).into_response();
        }
    };
    let row = |head: &oms_core::order::Head, status: &str| {
        json!({
            "number": head.number,
            "reference": words::reference(&head.external),
            "channel": head.source.channel,
            "status": status,
            "hold": head.hold.as_ref().map(words::hold),
        })
    };
    let rows = page.items.iter();
    let rows: Vec<Value> = rows
        .map(|order| row(&order.head, order.index.status.as_str()))
        .collect();
    listed(&Value::from(rows))
}

/// Deliveries that could not be used, with their reasons but without their bodies.
pub(crate) async fn dead(State(app): State<Arc<App>>) -> Response {
    let filter = JobFilter {
        queue: None,
        state: Some(JobState::Dead),
    };
    let listing = app
        .jobs
        .queue()
        .list(&app.tenant_id, &filter, None, ROWS_MAX);
    let page = match listing.await {
        Ok(page) => page,
        Err(problem) => {
            return (StatusCode::SERVICE_UNAVAILABLE, problem.to_string()).into_response();
        }
    };
    let rows = page.items.iter().map(|job| {
        let message = serde_json::from_str::<Message>(&job.draft.payload).ok();
        json!({
            "job": job.draft.id,
            "channel": message.as_ref().map(|message| &message.channel),
            "connection": message.as_ref().map(|message| &message.connection),
            "error": job.errors.last().map(|error| &error.error),
        })
    });
    listed(&Value::from(rows.collect::<Vec<Value>>()))
}

fn listed(rows: &Value) -> Response {
    let body = format!("{rows:#}\n");
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
