//! What an answer of GraphQL means. Whatever went wrong, the status mostly says success: the body
//! tells of errors of the request as a whole in `errors`, of what the caller got wrong in
//! `userErrors` of the mutation.
//!
//! Codes and shapes: <https://shopify.dev/docs/api/admin-graphql/latest> (status and error codes),
//! <https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits>, the error enums of the
//! schema 2026-07.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::channel::error::shortened;
use crate::channel::json::{Object, Value, document};
use crate::channel::outbound::answer::{self, Before, Complaint, before, coded, long, within};
use crate::channel::outbound::{
    Answer, ChannelRefusal, ChannelRefusalKind, Repeat, Response, RetryWhy, Throttle, UpdateKind,
};

/// The update that was told, and whether it may be told twice.
type Asked = (Option<UpdateKind>, Repeat);

/// A question tells nothing.
const QUESTION: Asked = (None, Repeat::Safe);

/// What became of a mutation. A mutation that answered has been done, whatever else the body
/// complains about, such as a field that may not be read.
///
/// `name` is the mutation's, `path` where its answer names the new thing, and `accepted` says that
/// the channel goes on working.
pub(super) fn mutation(
    response: &Response,
    asked: Asked,
    name: &str,
    path: &str,
    accepted: bool,
) -> Answer {
    let root = document(&response.body).and_then(|root| root.object());
    let Ok(root) = root else {
        return later(RetryWhy::Unclear, None);
    };
    let data = root.object("data").ok().flatten();
    let payload = data.and_then(|data| data.object(name).ok().flatten());
    let Some(payload) = payload else {
        let trouble = of_errors(&root, response, asked);
        return trouble.unwrap_or_else(|| later(RetryWhy::Unclear, None));
    };
    let Some(refused) = user_errors(&payload) else {
        return later(RetryWhy::Unclear, None);
    };
    if let Some(answer) = worst(refused, response, asked) {
        return answer;
    }
    let reference = within(payload, path);
    match accepted {
        true => Answer::Accepted { reference },
        false => Answer::Done { reference },
    }
}

/// Why a question was not answered; `None` when it was, or when the body is no answer of GraphQL.
pub(super) fn trouble(response: &Response) -> Option<Answer> {
    let root = document(&response.body).ok()?.object().ok()?;
    if root.value("data").is_some() {
        return None;
    }
    of_errors(&root, response, QUESTION)
}

/// What the answer to a question complains of, though it may hold data beside that; `None` when of
/// nothing, or when the body is no answer of GraphQL.
pub(in crate::channel) fn complaints(response: &Response) -> Option<Answer> {
    of_errors(
        &document(&response.body).ok()?.object().ok()?,
        response,
        QUESTION,
    )
}

/// Seconds until there are as many points as the request costs, at least one.
pub(super) fn pause(body: &[u8]) -> Option<u64> {
    let root = document(body).ok()?.object().ok()?;
    let cost = root.object("extensions").ok()??.object("cost").ok()??;
    let status = cost.object("throttleStatus").ok()??;
    let points = |object: &Object<'_>, key: &str| -> Option<Decimal> {
        object.literal(key).ok().flatten()?.parse().ok()
    };
    let lacking =
        points(&cost, "requestedQueryCost")?.checked_sub(points(&status, "currentlyAvailable")?)?;
    let rate = points(&status, "restoreRate").filter(|rate| *rate > Decimal::ZERO)?;
    let secs = lacking.checked_div(rate)?.ceil();
    Ord::max(secs, Decimal::ONE).to_u64()
}

/// The errors of the request as a whole.
fn of_errors(root: &Object<'_>, response: &Response, asked: Asked) -> Option<Answer> {
    let errors = root.value("errors")?;
    let errors = errors.list().unwrap_or_else(|_| vec![errors]);
    let said = errors.iter().map(complaint).collect();
    worst(said, response, asked)
}

fn complaint(error: &Value<'_>) -> Complaint {
    match error.object() {
        Ok(error) => coded(&error),
        Err(_) => Complaint {
            code: None,
            reason: long(&error.literal().ok().flatten().unwrap_or_default()),
        },
    }
}

/// What the caller got wrong, under whatever name the mutation gives the list; `None` when the
/// list cannot be read.
fn user_errors(payload: &Object<'_>) -> Option<Vec<Complaint>> {
    let mut found = Vec::new();
    for (key, value) in payload.entries() {
        let of_user = key == "userErrors" || key.ends_with("UserErrors");
        if !of_user || matches!(value.literal(), Ok(None)) {
            continue;
        }
        for error in value.list().ok()? {
            let error = error.object().ok()?;
            let mut said = coded(&error);
            let place = place(&error);
            if !place.is_empty() {
                said.reason = long(&format!("{place}: {}", said.reason));
            }
            found.push(said);
        }
    }
    Some(found)
}

/// Where in the input, as `input.quantities.3.locationId`.
fn place(error: &Object<'_>) -> String {
    let steps = error.value("field").and_then(|field| field.list().ok());
    let steps = steps.unwrap_or_default();
    let words = steps
        .iter()
        .filter_map(|step| step.literal().ok().flatten());
    words.collect::<Vec<_>>().join(".")
}

/// The first complaint that is not about something done before; when all are, it was done before.
fn worst(said: Vec<Complaint>, response: &Response, asked: Asked) -> Option<Answer> {
    let mut before = None;
    for complaint in said {
        let answer = judge(complaint, response, asked);
        if answer != Answer::AlreadyDone {
            return Some(answer);
        }
        before = Some(answer);
    }
    before
}

fn judge(complaint: Complaint, response: &Response, (asked, repeat): Asked) -> Answer {
    let Complaint { code, reason } = complaint;
    let code = code.unwrap_or_default();
    match code.as_str() {
        "THROTTLED" => return later(RetryWhy::Throttled, answer::pause(response)),
        // Older answers give no code.
        "" if reason == "Throttled" => return later(RetryWhy::Throttled, answer::pause(response)),
        "IDEMPOTENCY_CONCURRENT_REQUEST" => return later(RetryWhy::Working, None),
        "INTERNAL_SERVER_ERROR" | "INTERNAL_ERROR" | "SERVICE_UNAVAILABLE" | "TIMEOUT" => {
            return later(answer::failed(repeat), None);
        }
        // The same hold of the same app on the same work.
        "DUPLICATE_FULFILLMENT_HOLD_HANDLE" => return Answer::AlreadyDone,
        _ => {}
    }
    let kind = match before(asked, &code, &reason) {
        Before::Asked => return Answer::AlreadyDone,
        Before::Other => ChannelRefusalKind::Conflict,
        Before::Nothing => kind(&code, &reason),
    };
    let code = match code.is_empty() {
        true => format!("http_{}", response.status),
        false => shortened(&code),
    };
    Answer::Refused(ChannelRefusal { kind, code, reason })
}

fn kind(code: &str, reason: &str) -> ChannelRefusalKind {
    match code {
        "UNAUTHENTICATED" | "UNAUTHORIZED" => ChannelRefusalKind::Unauthorised,
        "ACCESS_DENIED" | "SHOP_INACTIVE" => ChannelRefusalKind::NotAllowed,
        // What the version that was asked does not know.
        "undefinedField" | "undefinedType" | "undefinedDirective" => {
            ChannelRefusalKind::NotSupported
        }
        _ if code.ends_with("_PERMISSION") => ChannelRefusalKind::NotAllowed,
        _ if code.ends_with("NOT_FOUND") || reason.ends_with("does not exist") => {
            ChannelRefusalKind::NotFound
        }
        _ if code.ends_with("_STALE") || code.starts_with("IDEMPOTENCY_") => {
            ChannelRefusalKind::Conflict
        }
        _ => ChannelRefusalKind::Invalid,
    }
}

const fn later(why: RetryWhy, wait_secs: Option<u64>) -> Answer {
    Answer::RetryAfter(Throttle { why, wait_secs })
}
