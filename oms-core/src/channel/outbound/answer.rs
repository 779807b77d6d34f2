//! What an answer means: done, done before, later, or never.

use std::borrow::Cow;

use rust_decimal::prelude::ToPrimitive as _;

use crate::channel::error::shortened;
use crate::channel::json::{Object, Value, document};
use crate::channel::outbound::{Reads, Repeat, Request, Response, UpdateKind, graphql};
use crate::value::ExternalId;

/// What a channel's answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done {
        /// What the channel calls the new thing, if it says.
        reference: Option<ExternalId>,
    },
    /// It was done before, by an earlier sending or by somebody else.
    AlreadyDone,
    /// The channel took it and works on it; a later report tells how it ended.
    Accepted {
        /// What the channel calls the work, if it says.
        reference: Option<ExternalId>,
    },
    /// These come next, in this order.
    Continue {
        /// The requests.
        requests: Vec<Request>,
    },
    /// Send it again later.
    RetryAfter(Throttle),
    /// It will not be done; sending it again would be refused again.
    Refused(ChannelRefusal),
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Why.
    pub why: RetryWhy,
    /// The channel's own word on how long, in seconds; `None` leaves it to the caller's backoff.
    pub wait_secs: Option<u64>,
}

/// Why to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryWhy {
    /// Too many requests.
    Throttled,
    /// The channel is not well.
    Unavailable,
    /// The channel is still at work.
    Working,
    /// Nobody knows whether it was done: the answer cannot be read, or the channel failed over a
    /// request that must not be sent twice. What the request says of a
    /// [repeat](crate::channel::Repeat) holds.
    Unclear,
}

/// Why a channel refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct ChannelRefusal {
    /// What kind of refusal.
    pub kind: ChannelRefusalKind,
    /// The channel's own code, or the status if it gives none.
    pub code: String,
    /// The channel's words, shortened.
    pub reason: String,
}

/// What kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChannelRefusalKind {
    /// The credentials are wrong or spent; the request may be fine.
    Unauthorised,
    /// The credentials do not allow it.
    NotAllowed,
    /// There is no such thing, any more.
    NotFound,
    /// The channel has no such function, as when a plugin is missing.
    NotSupported,
    /// Something else happened to the order meanwhile.
    Conflict,
    /// The channel does not take it as it is.
    Invalid,
}

/// The longest pause a header can ask for; longer ones are cut to it.
const WAIT_MAX_SECS: u64 = 86_400;

/// What the status alone says: `Ok` for success. `asked` is the update that was told, `repeat`
/// whether it may be told twice.
pub(in crate::channel) fn judge(
    response: &Response,
    asked: Option<UpdateKind>,
    repeat: Repeat,
) -> Result<(), Answer> {
    match response.status {
        200..=299 => Ok(()),
        // 430 is Shopify's own word for too many requests.
        429 | 430 => Err(Answer::RetryAfter(Throttle {
            why: RetryWhy::Throttled,
            wait_secs: pause(response),
        })),
        408 | 425 | 500..=599 => Err(Answer::RetryAfter(Throttle {
            why: unwell(response, repeat),
            wait_secs: pause(response),
        })),
        status => Err(refused(status, response, asked)),
    }
}

/// A proxy answers for a channel that may have done it all the same. Turned away before anybody
/// looked at it is only what came too early, and what may come back at a time that is named.
fn unwell(response: &Response, repeat: Repeat) -> RetryWhy {
    let turned_away = match response.status {
        425 => true,
        503 => response.header("Retry-After").is_some(),
        _ => false,
    };
    match turned_away {
        true => RetryWhy::Unavailable,
        false => failed(repeat),
    }
}

/// Why to try again when the channel took a request and failed over it.
pub(super) const fn failed(repeat: Repeat) -> RetryWhy {
    match repeat {
        Repeat::Safe => RetryWhy::Unavailable,
        Repeat::LookFirst => RetryWhy::Unclear,
    }
}

fn refused(status: u16, response: &Response, asked: Option<UpdateKind>) -> Answer {
    let found = complaint(&response.body).unwrap_or_default();
    let code = found.code.unwrap_or_else(|| format!("http_{status}"));
    if code == "QuotaExceeded" {
        // Amazon says so with several statuses.
        return Answer::RetryAfter(Throttle {
            why: RetryWhy::Throttled,
            wait_secs: pause(response),
        });
    }
    let before = match status {
        400 | 409 | 422 => before(asked, &code, &found.reason),
        _ => Before::Nothing,
    };
    if before == Before::Asked {
        return Answer::AlreadyDone;
    }
    let kind = match status {
        _ if before == Before::Other => ChannelRefusalKind::Conflict,
        401 => ChannelRefusalKind::Unauthorised,
        402 | 403 => ChannelRefusalKind::NotAllowed,
        404 if code == "rest_no_route" => ChannelRefusalKind::NotSupported,
        404 | 410 => ChannelRefusalKind::NotFound,
        405 | 501 => ChannelRefusalKind::NotSupported,
        409 | 412 | 423 => ChannelRefusalKind::Conflict,
        _ => ChannelRefusalKind::Invalid,
    };
    Answer::Refused(ChannelRefusal {
        kind,
        code,
        reason: found.reason,
    })
}

/// A refusal that the body tells although the status says success.
pub(in crate::channel) fn refusal(code: &str, reason: &str, asked: Option<UpdateKind>) -> Answer {
    let kind = match before(asked, code, reason) {
        Before::Asked => return Answer::AlreadyDone,
        Before::Other => ChannelRefusalKind::Conflict,
        Before::Nothing => ChannelRefusalKind::Invalid,
    };
    Answer::Refused(ChannelRefusal {
        kind,
        code: shortened(code),
        reason: long(reason),
    })
}

/// What a channel's words say was done before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// What was asked for: there is nothing left to do.
    Asked,
    /// Something else, which stands in its way.
    Other,
    /// Nothing.
    Nothing,
}

/// What the words of a refusal say was done before. A cancellation is done when the order is
/// cancelled, a parcel when it is shipped, and a refund never by words: which one went back, they
/// do not say.
pub(super) fn before(asked: Option<UpdateKind>, code: &str, reason: &str) -> Before {
    const CANCELLED: [&str; 2] = ["already cancel", "already been cancel"];
    // The last one is what Amazon answers to a second confirmation of a shipped line.
    const SHIPPED: [&str; 5] = [
        "already fulfilled",
        "already been fulfilled",
        "already shipped",
        "already been shipped",
        "packagetoupdatenotfound",
    ];
    let said = format!("{code} {reason}").to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
    let (cancelled, shipped) = (says(&CANCELLED), says(&SHIPPED));
    let done = match asked {
        // A text that tells of both tells what stands in the way.
        Some(UpdateKind::Cancel) => cancelled && !shipped,
        Some(UpdateKind::Ship) => shipped && !cancelled,
        Some(
            UpdateKind::ChangeTracking
            | UpdateKind::Deliver
            | UpdateKind::Refund
            | UpdateKind::Hold
            | UpdateKind::Release
            | UpdateKind::Stock,
        )
        | None => false,
    };
    match done {
        true => Before::Asked,
        false if cancelled || shipped || says(&["already been "]) => Before::Other,
        false => Before::Nothing,
    }
}

/// How long the channel asks to wait: `Retry-After` in seconds, one token of Amazon's rate, or
/// until Shopify's GraphQL has enough points again.
pub(super) fn pause(response: &Response) -> Option<u64> {
    let after = response.header("Retry-After").and_then(whole_up);
    let asked = after.or_else(|| {
        let rate = response.header("x-amzn-RateLimit-Limit")?;
        let rate = rate.trim().parse::<rust_decimal::Decimal>().ok()?;
        let pause = rust_decimal::Decimal::ONE.checked_div(rate)?;
        (!pause.is_sign_negative()).then(|| pause.ceil().to_u64())?
    });
    let asked = asked.or_else(|| graphql::pause(&response.body));
    asked.map(|secs| Ord::min(secs, WAIT_MAX_SECS))
}

/// Seconds, rounded up: Shopify writes them with decimals.
fn whole_up(text: &str) -> Option<u64> {
    let secs = text.trim().parse::<rust_decimal::Decimal>().ok()?;
    (!secs.is_sign_negative()).then(|| secs.ceil().to_u64())?
}

/// What an error body says, in any of the four channels' shapes.
#[derive(Default)]
pub(super) struct Complaint {
    pub(super) code: Option<String>,
    pub(super) reason: String,
}

fn complaint(body: &[u8]) -> Option<Complaint> {
    let root = document(body).ok()?.object().ok()?;
    if let Some(errors) = root.value("errors") {
        return Some(in_errors(&errors));
    }
    let text = |key: &str| root.literal(key).ok().flatten();
    if let Some(message) = text("message") {
        let code = text("code").or_else(|| text("error"));
        let code = code.map(|code| shortened(&code));
        let reason = long(&message);
        return Some(Complaint { code, reason });
    }
    let reason = long(&text("error_description").or_else(|| text("error"))?);
    Some(Complaint { code: None, reason })
}

/// Shopify: text, a list of texts, or lists by field. Amazon and eBay: a list of objects.
fn in_errors(errors: &Value<'_>) -> Complaint {
    if errors.is_list() {
        let all = errors.list().unwrap_or_default();
        let Some(first) = all.first() else {
            return Complaint::default();
        };
        return match first.object() {
            Ok(object) => coded(&object),
            Err(_) => plain(first),
        };
    }
    let Ok(fields) = errors.object() else {
        return plain(errors);
    };
    let Some(first) = fields.values().into_iter().next() else {
        return Complaint::default();
    };
    let inner = first.is_list().then(|| first.list().unwrap_or_default());
    match inner.as_deref().and_then(<[Value<'_>]>::first) {
        Some(words) => plain(words),
        None => plain(&first),
    }
}

pub(super) fn coded(error: &Object<'_>) -> Complaint {
    let text = |key: &str| error.literal(key).ok().flatten();
    let code = text("code").or_else(|| text("errorId")).or_else(|| {
        let extensions = error.object("extensions").ok().flatten()?;
        extensions.literal("code").ok().flatten()
    });
    let reason = text("longMessage").or_else(|| text("message"));
    let details = text("details").filter(|details| !details.is_empty());
    let reason = match (reason, details) {
        (Some(reason), Some(details)) => Cow::Owned(format!("{reason} {details}")),
        (Some(words), None) | (None, Some(words)) => words,
        (None, None) => Cow::Borrowed(""),
    };
    Complaint {
        code: code.map(|code| shortened(&code)),
        reason: long(&reason),
    }
}

fn plain(value: &Value<'_>) -> Complaint {
    let words = value.literal().ok().flatten();
    let reason = long(&words.unwrap_or_default());
    Complaint { code: None, reason }
}

/// The channel's words, cut to what a person reads, without control characters.
pub(super) fn long(text: &str) -> String {
    const CHARS_SHOWN: usize = 300;
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(CHARS_SHOWN).collect()
}

impl Answer {
    /// Reads what the request says about its answer. A success whose body cannot be read stays a
    /// success: it was done, its name is unknown.
    #[must_use]
    pub fn read(request: &Request, response: &Response) -> Self {
        let asked = request.update;
        if let Err(answer) = judge(response, asked, request.repeat) {
            return answer;
        }
        match &request.reads {
            Reads::Facts => {
                let trouble = graphql::trouble(response);
                trouble.unwrap_or(Self::Done { reference: None })
            }
            Reads::Nothing | Reads::Page | Reads::Feed(_) => Self::Done { reference: None },
            Reads::Mutation {
                name,
                path,
                accepted,
            } => graphql::mutation(response, (asked, request.repeat), name, path, *accepted),
            Reads::Id { path } => {
                let reference = named(&response.body, path);
                Self::Done { reference }
            }
            Reads::Accepted { path } => {
                let reference = named(&response.body, path);
                Self::Accepted { reference }
            }
            Reads::Location => {
                let location = response.header("Location").unwrap_or_default();
                let name = location.trim_end_matches('/').rsplit('/').next();
                let reference = name.and_then(|name| ExternalId::parse(name).ok());
                Self::Done { reference }
            }
            Reads::Batch => in_batch(&response.body, asked),
        }
    }
}

/// The id under keys with dots between.
pub(in crate::channel) fn named(body: &[u8], path: &str) -> Option<ExternalId> {
    within(document(body).ok()?.object().ok()?, path)
}

/// The id under keys with dots between, from this object on.
pub(super) fn within(mut object: Object<'_>, path: &str) -> Option<ExternalId> {
    let mut keys = path.split('.').peekable();
    while let Some(key) = keys.next() {
        if keys.peek().is_none() {
            let text = object.literal(key).ok().flatten()?;
            return ExternalId::parse(&text).ok();
        }
        object = object.object(key).ok().flatten()?;
    }
    None
}

/// The first failed item of a batch: WooCommerce puts an error in its place, eBay a status.
fn in_batch(body: &[u8], asked: Option<UpdateKind>) -> Answer {
    let done = Answer::Done { reference: None };
    let Ok(root) = document(body).and_then(|root| root.object()) else {
        return done;
    };
    for key in ["update", "responses"] {
        for item in root.objects(key).unwrap_or_default() {
            if let Ok(Some(error)) = item.object("error") {
                let found = coded(&error);
                let code = found.code.unwrap_or_default();
                return refusal(&code, &found.reason, asked);
            }
            let errors = item.objects("errors").unwrap_or_default();
            if let Some(error) = errors.first() {
                let found = coded(error);
                let code = found.code.unwrap_or_default();
                return refusal(&code, &found.reason, asked);
            }
        }
    }
    done
}

#[cfg(test)]
mod tests;
