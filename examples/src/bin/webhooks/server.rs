//! What the channels call: check, keep, answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use oms_core::channel::signature::is_woocommerce_ping;
use oms_core::channel::signature::{Delivery, SignatureError, ebay_challenge, ebay_key_request};
use oms_core::event::ActorKind;
use oms_core::plan::{Intake, Rejection};
use oms_core::port::JobQueue;
use oms_core::service::{Call, Error, Intakes, Oms, Tenant};
use oms_core::value::IdempotencyKey;
use oms_core::value::limits::INTAKE_BYTES_MAX;
use oms_examples::run::{Bell, Word};
use oms_examples::who;
use oms_store_postgres::PgStore;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::config::{Config, Connection};
use crate::message::Message;
use crate::metrics::{Answered, Tally};
use crate::refusals::Refusals;
use crate::say;

/// Largest body, in bytes: three quarters of [`INTAKE_BYTES_MAX`], because writing a body down as
/// JSON makes it larger.
const BODY_BYTES_MAX: usize = INTAKE_BYTES_MAX / 4 * 3;

/// How long a body may take to arrive.
const BODY_SECS: u64 = 10;

/// What every request needs.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) intakes: Intakes,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) tenant: Tenant,
    /// Where the store is PostgreSQL.
    pub(crate) postgres: Option<PgStore>,
    pub(crate) oms: Oms,
    /// Wakes the worker.
    pub(crate) bell: Bell,
    pub(crate) tally: Tally,
    pub(crate) refusals: Refusals,
}

/// What a delivery is answered, and as what it counts.
type Answer = (Answered, Response);

/// Every path for channels, and none for anybody else: this is what the world reaches.
pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route(
            "/webhooks/{channel}/{connection}",
            post(receive).get(challenge),
        )
        .with_state(app)
}

async fn receive(
    State(app): State<Arc<App>>,
    Path((channel, connection)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (answered, response) = answer(&app, &channel, &connection, request).await;
    app.tally.count(answered);
    response
}

async fn answer(app: &App, channel: &str, connection: &str, request: Request) -> Answer {
    let Some(connection) = app.config.find(channel, connection) else {
        return told(Answered::Unknown, "no such channel or connection");
    };
    let (parts, body) = request.into_parts();
    let body = match whole(&parts.headers, body).await {
        Ok(body) => body,
        Err(answered) => {
            let bytes = length(&parts.headers);
            // One that ends before its length is of a connection that broke.
            let too_large = bytes.is_none_or(|bytes| bytes > BODY_BYTES_MAX);
            if answered == Answered::TooLarge && too_large {
                let why = bytes.map_or_else(
                    || {
                        format!(
                            "a body without a length broke off, or has over {BODY_BYTES_MAX} bytes"
                        )
                    },
                    |bytes| format!("a body of {bytes} bytes is larger than {BODY_BYTES_MAX}"),
                );
                refuse(app, connection, &why);
            }
            return bare(answered);
        }
    };
    // Carries nothing to believe, and is signed with nothing.
    if channel == "woocommerce" && is_woocommerce_ping(&body) {
        return bare(Answered::Ping);
    }
    let headers: Vec<(&str, &str)> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let delivery = Delivery {
        headers: &headers,
        body: &body,
    };
    if let Err(problem) = connection.verify(&delivery) {
        unsigned(app, connection, &problem);
        return told(Answered::Unsigned, problem.code());
    }
    keep(app, connection, topic(&parts.headers), &body).await
}

fn told(answered: Answered, words: &'static str) -> Answer {
    (answered, (answered.status(), words).into_response())
}

fn bare(answered: Answered) -> Answer {
    (answered, answered.status().into_response())
}

/// How long the body is said to be.
fn length(headers: &HeaderMap) -> Option<usize> {
    let told = headers.get(header::CONTENT_LENGTH)?;
    told.to_str().ok()?.parse().ok()
}

/// The body, if it is not too large and comes in time.
async fn whole(headers: &HeaderMap, body: Body) -> Result<Bytes, Answered> {
    if length(headers).is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(Answered::TooLarge);
    }
    let read = to_bytes(body, BODY_BYTES_MAX);
    match timeout(Duration::from_secs(BODY_SECS), read).await {
        Ok(Ok(body)) => Ok(body),
        // The limit, or a connection that broke, and then nobody reads the answer.
        Ok(Err(_)) => Err(Answered::TooLarge),
        Err(_) => Err(Answered::Late),
    }
}

/// Tells that a delivery is refused, unless many were in this minute; says whether it did.
fn refuse(app: &App, connection: &Connection, why: &str) -> bool {
    let Some(untold) = app.refusals.tell(Instant::now()) else {
        return false;
    };
    if untold > 0 {
        say(&format!("{untold} more were refused without a word here"));
    }
    say(&format!("{}: refused, {why}", name(connection)));
    true
}

fn name(connection: &Connection) -> String {
    format!("{}/{}", connection.channel.kind(), connection.id)
}

fn unsigned(app: &App, connection: &Connection, problem: &SignatureError) {
    if !refuse(app, connection, &problem.to_string()) {
        return;
    }
    let name = name(connection);
    if let SignatureError::UnknownKey { kid } = problem {
        let path = ebay_key_request(kid).path;
        say(&format!(
            "{name}: a key is added to the configuration from GET {path}"
        ));
    }
}

/// The channel's word for the message. No signature covers it: a [`Message`] heeds it where it
/// must.
fn topic(headers: &HeaderMap) -> &str {
    ["x-shopify-topic", "x-wc-webhook-topic"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
        .unwrap_or_default()
}

/// Takes it in; a delivery that was taken in before has its receipt already.
async fn keep(app: &App, connection: &Connection, topic: &str, body: &[u8]) -> Answer {
    let kind = connection.channel.kind();
    let message = Message::new(kind, connection.id.clone(), topic, body);
    let (intake, call) = match taken(&message) {
        Ok(taken) => taken,
        Err(problem) => return failed(&message, &problem),
    };
    match app.intakes.enqueue(intake, call).await {
        Ok(receipt) => {
            if !receipt.repeated {
                app.bell.ring(Word::Anything);
            }
            let answer = json!({"receipt": receipt.id, "repeated": receipt.repeated});
            let json = [(header::CONTENT_TYPE, "application/json")];
            let answered = match receipt.repeated {
                true => Answered::Repeated,
                false => Answered::Kept,
            };
            (answered, (json, format!("{answer}\n")).into_response())
        }
        Err(Error::Rejected(Rejection::OutOfRange { .. })) => {
            // Escaping made it larger.
            let bytes = body.len();
            let why = format!("a body of {bytes} bytes is too large once it is written down");
            refuse(app, connection, &why);
            bare(Answered::TooLarge)
        }
        Err(problem) if problem.is_retryable() => {
            say(&format!("{}: not kept, {problem}", message.origin()));
            bare(Answered::Unavailable)
        }
        Err(problem) => failed(&message, &problem.to_string()),
    }
}

fn failed(message: &Message, problem: &str) -> Answer {
    say(&format!("{}: {problem}", message.origin()));
    bare(Answered::Failed)
}

/// The delivery to the byte, under a key of its content: however often it comes, it is taken in
/// once.
fn taken(message: &Message) -> Result<(Intake, Call), String> {
    let text = serde_json::to_string(message).map_err(|problem| problem.to_string())?;
    let key = IdempotencyKey::parse(&message.key()).map_err(|problem| problem.to_string())?;
    let channel = message.connection.clone();
    let call = who::by(ActorKind::Channel, channel.as_str()).with_key(key);
    Ok((Intake::Payload { channel, text }, call))
}

#[derive(Deserialize)]
struct Question {
    challenge_code: Option<String>,
}

/// eBay asks once whether an address is yours.
async fn challenge(
    State(app): State<Arc<App>>,
    Path((channel, connection)): Path<(String, String)>,
    Query(question): Query<Question>,
) -> Response {
    let found = app.config.find(&channel, &connection);
    let answer = found.and_then(|found| found.challenge.as_ref());
    let (Some((token, endpoint)), Some(code)) = (answer, question.challenge_code) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let body = ebay_challenge(&code, token, endpoint);
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
