//! Long lists, a part at a time.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use oms_core::value::JobId;
use serde::Deserialize;
use serde_json::Value;

use crate::look::shown;

/// How many rows there are at a time unless asked for fewer.
const ROWS_MAX: usize = 100;

/// Which part of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    limit: Option<usize>,
    /// Behind this job.
    pub(crate) after: Option<JobId>,
}

impl Part {
    /// About how many rows.
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(ROWS_MAX).clamp(1, ROWS_MAX)
    }
}

/// Rows of a list; the header `Link` leads to those behind them, where there may be any.
pub(crate) fn listed(path: &str, limit: usize, rows: Vec<Value>, next: Option<JobId>) -> Response {
    let mut answer = shown(&Value::from(rows));
    let link = next.map(|after| format!("<{path}?limit={limit}&after={after}>; rel=\"next\""));
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        answer.headers_mut().insert(header::LINK, link);
    }
    answer
}
