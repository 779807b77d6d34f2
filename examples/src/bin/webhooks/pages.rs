//! Long lists, a part at a time.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use oms_core::port::OrderCursor;
use oms_core::value::{JobId, OrderId, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::look::shown;

/// How many rows there are at a time unless asked for fewer.
pub(crate) const ROWS_MAX: usize = 100;

fn at_most(limit: Option<usize>) -> usize {
    limit.unwrap_or(ROWS_MAX).clamp(1, ROWS_MAX)
}

/// Which part of a list of deliveries.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    limit: Option<usize>,
    /// Behind this job.
    pub(crate) after: Option<JobId>,
}

impl Part {
    /// About how many rows.
    pub(crate) fn limit(&self) -> usize {
        at_most(self.limit)
    }

    /// Where the rows behind a job of the list are.
    pub(crate) fn behind(&self, path: &str, job: JobId) -> String {
        format!("{path}?limit={}&after={job}", self.limit())
    }
}

/// Which part of the list of orders.
#[derive(Debug, Deserialize)]
pub(crate) struct Window {
    limit: Option<usize>,
    /// Behind the order that was placed then...
    placed_at: Option<Timestamp>,
    /// ...and has this id.
    id: Option<OrderId>,
}

impl Window {
    /// At most how many rows.
    pub(crate) fn limit(&self) -> usize {
        at_most(self.limit)
    }

    /// Behind which order.
    pub(crate) fn after(&self) -> Option<OrderCursor> {
        let after = self.placed_at.zip(self.id);
        after.map(|(placed_at, id)| OrderCursor { placed_at, id })
    }

    /// Where the rows behind an order of the list are.
    pub(crate) fn behind(&self, last: OrderCursor) -> String {
        let OrderCursor { placed_at, id } = last;
        let limit = self.limit();
        format!("/orders?limit={limit}&placed_at={placed_at}&id={id}")
    }
}

/// Rows of a list; the header `Link` leads to those behind them, where there may be any.
pub(crate) fn listed(rows: Vec<Value>, next: Option<String>) -> Response {
    let mut answer = shown(&Value::from(rows));
    let link = next.map(|next| format!("<{next}>; rel=\"next\""));
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        answer.headers_mut().insert(header::LINK, link);
    }
    answer
}
