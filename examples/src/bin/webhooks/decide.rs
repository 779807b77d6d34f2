//! What people on this machine decide about a delivery that did not become an order.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use oms_core::port::RedriveAnswer;
use oms_core::service::IntakeStatus;
use oms_core::value::{IntakeId, JobId};
use oms_examples::run::Word;
use serde_json::json;

use crate::look::{failed, no_such_receipt, shown};
use crate::server::App;

/// Lets it be tried again: the obstacle is gone.
pub(crate) async fn retry(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let id = match ended_badly(&app, &id).await {
        Ok(id) => id,
        Err(answer) => return answer,
    };
    match app.intakes.retry(id).await {
        Ok(true) => {
            app.bell.ring(Word::Anything);
            shown(&json!({"receipt": id, "retried": true}))
        }
        // Somebody else was faster.
        Ok(false) => conflict("there is nothing to try again"),
        Err(problem) => failed(&problem),
    }
}

/// Lets go of it, and erases what it said.
pub(crate) async fn discard(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let id = match ended_badly(&app, &id).await {
        Ok(id) => id,
        Err(answer) => return answer,
    };
    match app.intakes.discard(id).await {
        Ok(()) => shown(&json!({"receipt": id, "discarded": true})),
        Err(problem) => failed(&problem),
    }
}

/// Lets a dead job run again that is of no delivery.
pub(crate) async fn run_again(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let no_such_job = || (StatusCode::NOT_FOUND, "no such dead job").into_response();
    let Ok(id) = JobId::parse(&id) else {
        return no_such_job();
    };
    match app.queue.redrive(app.tenant.id(), &[id]).await {
        Ok(answers) if answers == [RedriveAnswer::Ready] => {
            app.bell.ring(Word::Anything);
            shown(&json!({"job": id, "retried": true}))
        }
        Ok(_) => no_such_job(),
        Err(problem) => failed(&problem.into()),
    }
}

/// The receipt, if it is one of a delivery that is dead or was refused.
async fn ended_badly(app: &App, id: &str) -> Result<IntakeId, Response> {
    let id = IntakeId::parse(id).map_err(|_| no_such_receipt())?;
    let status = app.intakes.status(id).await;
    match status.map_err(|problem| failed(&problem))? {
        Some(IntakeStatus::Dead { .. } | IntakeStatus::Refused(_)) => Ok(id),
        Some(IntakeStatus::Waiting { .. }) => Err(conflict("it still waits for its turn")),
        Some(IntakeStatus::Placed(_) | IntakeStatus::Known(_)) => {
            Err(conflict("it is an order already"))
        }
        None => Err(no_such_receipt()),
    }
}

fn conflict(why: &'static str) -> Response {
    (StatusCode::CONFLICT, why).into_response()
}
