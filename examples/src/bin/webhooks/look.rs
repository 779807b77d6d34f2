//! What people on this machine may see of it.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use oms_core::job::{Job, JobState};
use oms_core::plan::{INTAKE_KIND, INTAKE_QUEUE};
use oms_core::port::{JobFilter, OrderFilter};
use oms_core::service::{Error, Intakes};
use oms_core::value::{IntakeId, JobId, QueueName};
use oms_examples::words;
use serde_json::{Value, json};

use crate::pages::{Part, ROWS_MAX, Window, listed};
use crate::server::App;

/// How many pages of jobs are looked through for one answer.
const LOOKS_MAX: usize = 10;

/// Orders, newest first. Where there are more, the header `Link` leads to them.
pub(crate) async fn orders(State(app): State<Arc<App>>, Query(window): Query<Window>) -> Response {
    let all = OrderFilter::default();
    let listing = app.tenant.orders(&all, window.after(), window.limit());
    let page = match listing.await {
        Ok(page) => page,
        Err(problem) => return failed(&problem),
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
    let unreadable = page
        .unreadable
        .iter()
        .map(|order| json!({"order": order.at.id.to_string(), "unreadable": order.error.code()}));
    let next = page.next.map(|last| window.behind(last));
    listed(read.chain(unreadable).collect(), next)
}

/// What became of a delivery, by the receipt that its answer named.
pub(crate) async fn receipt(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Ok(id) = IntakeId::parse(&id) else {
        return no_such_receipt();
    };
    match app.intakes.status(id).await {
        Ok(Some(status)) => shown(&json!(status)),
        Ok(None) => no_such_receipt(),
        Err(problem) => failed(&problem),
    }
}

/// Deliveries that could not be used, with their reasons but without their bodies; and jobs that
/// could not erase what a refused one said.
pub(crate) async fn dead(State(app): State<Arc<App>>, Query(part): Query<Part>) -> Response {
    let filter = JobFilter {
        queue: QueueName::parse(INTAKE_QUEUE).ok(),
        state: Some(JobState::Dead),
    };
    let after = part.after;
    let limit = part.limit();
    let listing = app.queue.list(app.tenant.id(), &filter, after, limit);
    let page = match listing.await {
        Ok(page) => page,
        Err(problem) => return failed(&problem.into()),
    };
    let rows = page.items.iter().map(dead_job);
    let unreadable = page
        .unreadable
        .iter()
        .map(|job| json!({"job": job.at.to_string(), "error": job.error.to_string()}));
    let next = page.next.map(|last| part.behind("/dead", last));
    listed(rows.chain(unreadable).collect(), next)
}

/// A delivery by its receipt; any other job by itself, with the receipt of what it is to forget.
fn dead_job(job: &Job) -> Value {
    let id = job.draft.id.to_string();
    let error = job.errors.last().map(|error| &error.error);
    if job.draft.kind.as_str() == INTAKE_KIND {
        return json!({"receipt": id, "error": error});
    }
    let forgets: Option<IntakeId> = serde_json::from_str(&job.draft.payload).ok();
    json!({
        "job": id,
        "kind": job.draft.kind.as_str(),
        "forgets": forgets.map(|receipt| receipt.to_string()),
        "error": error,
    })
}

/// Deliveries whose order was refused or left out, with the reasons. A job that cannot be read is
/// named as such; it may be of a delivery that was not refused.
pub(crate) async fn refused(State(app): State<Arc<App>>, Query(part): Query<Part>) -> Response {
    match refusals(&app.intakes, part.after, part.limit()).await {
        Ok((rows, next)) => listed(rows, next.map(|last| part.behind("/refused", last))),
        Err(problem) => failed(&problem),
    }
}

/// About `limit` of them, and behind which job there may be more. What waits for its turn stands
/// among them, so where very much does there may be fewer, also none.
async fn refusals(
    intakes: &Intakes,
    mut after: Option<JobId>,
    limit: usize,
) -> Result<(Vec<Value>, Option<JobId>), Error> {
    let mut rows = Vec::new();
    for _ in 0..LOOKS_MAX {
        let page = intakes.refused(after, ROWS_MAX).await?;
        let refusals = page.items.into_iter().map(|(id, refusal)| {
            json!({"receipt": id.to_string(), "code": refusal.code, "why": refusal.message})
        });
        rows.extend(refusals);
        rows.extend(page.unreadable.into_iter().map(|job| {
            json!({
                "job": job.at.to_string(),
                "code": job.error.code(),
                "why": job.error.to_string(),
            })
        }));
        after = page.next;
        if after.is_none() || rows.len() >= limit {
            break;
        }
    }
    Ok((rows, after))
}

pub(crate) fn no_such_receipt() -> Response {
    (StatusCode::NOT_FOUND, "no such receipt").into_response()
}

/// By the class of the error, so that what may go better later is told apart from what will not.
pub(crate) fn failed(problem: &Error) -> Response {
    let status = StatusCode::from_u16(problem.class().http_status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, problem.to_string()).into_response()
}

pub(crate) fn shown(value: &Value) -> Response {
    let body = format!("{value:#}\n");
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use futures_executor::block_on;
    use oms_core::job::{Job, JobDraft};
    use oms_core::plan::Rejection;
    use oms_core::port::{JobQueue, Store, StoreError};
    use oms_core::service::{Intakes, Oms};
    use oms_core::testing::build;
    use oms_core::value::Timestamp;
    use oms_store_memory::MemoryStore;
    use serde_json::{Value, json};

    use super::{
        Error, INTAKE_KIND, INTAKE_QUEUE, LOOKS_MAX, ROWS_MAX, StatusCode, dead_job, failed,
        refusals,
    };

    #[test]
    fn a_job_that_could_not_forget_a_delivery_names_it() {
        let (id, receipt) = (build::job_id(1), build::job_id(2).to_string());
        for (kind, payload, receipt_of, forgets) in [
            (INTAKE_KIND, "null".to_owned(), Some(id.to_string()), None),
            ("forget_intake", format!("{receipt:?}"), None, Some(receipt)),
            ("forget_intake", "\"nobody\"".to_owned(), None, None),
        ] {
            let draft = JobDraft::new(id, build::queue(INTAKE_QUEUE), build::kind(kind), payload);
            let row = dead_job(&Job::new(draft, Timestamp::EPOCH));
            let told = |name: &str| row.get(name).cloned().unwrap_or(Value::Null);
            assert_eq!(told("receipt"), json!(receipt_of), "{row:#}");
            assert_eq!(told("forgets"), json!(forgets), "{row:#}");
            let own = receipt_of.is_none().then(|| id.to_string());
            assert_eq!(told("job"), json!(own), "{row:#}");
        }
    }

    #[test]
    fn very_many_deliveries_that_wait_are_not_looked_through_at_once() {
        block_on(async {
            let store = Arc::new(MemoryStore::new());
            let shop = Oms::builder(store.clone() as Arc<dyn Store>).build();
            let shop = shop.tenant(build::tenant("shop"));
            let queue = build::queue(INTAKE_QUEUE);
            let kind = build::kind(INTAKE_KIND);
            let waits = |n: usize| {
                let id = build::job_id(u64::try_from(n).unwrap());
                JobDraft::new(id, queue.clone(), kind.clone(), "null")
            };
            let all = LOOKS_MAX * ROWS_MAX + 1;
            for n in 1..=all {
                store.push(shop.id(), &[waits(n)]).await.unwrap();
            }
            let intakes = Intakes::new(shop, store);
            let (rows, next) = refusals(&intakes, None, 1).await.unwrap();
            assert!(rows.is_empty() && next.is_some(), "{next:?}");
            let (rows, next) = refusals(&intakes, next, 1).await.unwrap();
            assert!(rows.is_empty() && next.is_none(), "{next:?}");
        });
    }

    #[test]
    fn what_asking_again_does_not_mend_is_not_told_as_away() {
        let detail = || "no connection".to_owned();
        let busy = StoreError::Busy { detail: detail() };
        let corrupt = StoreError::Corrupt {
            what: "order 1".to_owned(),
            detail: detail(),
        };
        for (problem, expected) in [
            (Error::from(busy), StatusCode::SERVICE_UNAVAILABLE),
            (Error::from(corrupt), StatusCode::INTERNAL_SERVER_ERROR),
            (Error::from(Rejection::RoutingOff), StatusCode::CONFLICT),
        ] {
            assert_eq!(failed(&problem).status(), expected, "{problem}");
        }
    }
}
