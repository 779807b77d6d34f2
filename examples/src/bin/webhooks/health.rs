//! Whether this process can do its work now.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use oms_core::port::{IdSource as _, StoreError};
use oms_core::service::Error;
use oms_core::system::SystemIds;
use oms_core::value::JobId;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::look::shown;
use crate::server::App;

/// How long everything that is asked may take together.
const ANSWER: Duration = Duration::from_secs(2);

/// What is wrong: a stable code, and words.
type Wrong = (&'static str, String);

/// Asks for what every delivery needs: the schema that this release expects, the tenant, the queue.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match ask(&app, Instant::now() + ANSWER).await {
        Ok(()) => shown(&json!({"ready": true})),
        Err(problem) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (status, json, format!("{problem:#}\n")).into_response()
        }
    }
}

async fn ask(app: &App, end: Instant) -> Result<(), Value> {
    let schema = async {
        match &app.postgres {
            Some(store) => store.check().await.map_err(|problem| of_store(&problem)),
            None => Ok(()),
        }
    };
    by(end, "schema", schema).await?;
    let store = async {
        let settings = app.tenant.settings().await;
        settings.map(|_| ()).map_err(|problem| of_call(&problem))
    };
    by(end, "store", store).await?;
    let queue = async {
        // No job has this id.
        let nobody = JobId::from_uuid(SystemIds.next_id());
        let job = app.queue.job(app.tenant.id(), nobody).await;
        job.map(|_| ()).map_err(|problem| of_store(&problem))
    };
    by(end, "queue", queue).await
}

/// The answer of one part; one that does not come in time is none.
async fn by(
    end: Instant,
    part: &str,
    question: impl Future<Output = Result<(), Wrong>>,
) -> Result<(), Value> {
    let wrong = match timeout_at(end, question).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(wrong)) => wrong,
        Err(_) => ("slow", format!("no answer within {} s", ANSWER.as_secs())),
    };
    let (code, why) = wrong;
    Err(json!({"ready": false, "part": part, "code": code, "why": why}))
}

fn of_store(problem: &StoreError) -> Wrong {
    (problem.code(), problem.to_string())
}

fn of_call(problem: &Error) -> Wrong {
    (problem.code(), problem.to_string())
}
