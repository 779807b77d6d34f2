//! When a tentative claim ends by itself.

use crate::order::{Condition, Order};
use crate::plan::context::Context;
use crate::plan::{Rejection, ReserveMode};
use crate::tenant::Settings;
use crate::value::{Timestamp, limits};

/// When a claim made now ends by itself.
pub(crate) fn expires_at(
    context: &Context<'_>,
    settings: &Settings,
    mode: ReserveMode,
) -> Result<Option<Timestamp>, Rejection> {
    match mode {
        ReserveMode::Confirmed => Ok(None),
        ReserveMode::Tentative { ttl_secs } => {
            let secs = ttl_secs.unwrap_or(settings.tentative_ttl_secs);
            ends_after(context, secs).map(Some)
        }
    }
}

/// How long an order that nobody confirmed keeps what it claims now, in seconds: longer than a
/// checkout takes where its money is here or promised.
pub(crate) fn unconfirmed_secs(settings: &Settings, order: &Order) -> i64 {
    let own = settings.tentative_ttl_secs;
    match Condition::PaidOrAuthorised.holds(order) {
        true => own.max(limits::PROMISED_TTL_SECS),
        false => own,
    }
}

/// When a tentative claim made now ends.
pub(crate) fn ends_after(context: &Context<'_>, found: i64) -> Result<Timestamp, Rejection> {
    let max = limits::TENTATIVE_TTL_MAX_SECS;
    let out_of_range = || Rejection::OutOfRange {
        field: "ttl_secs".to_owned(),
        found,
        min: 1,
        max,
    };
    if !(1..=max).contains(&found) {
        return Err(out_of_range());
    }
    context
        .now()
        .checked_add_secs(found)
        .ok_or_else(out_of_range)
}

/// Refuses an end that is further off than a tentative claim may live.
pub(crate) fn refuse_distant(
    context: &Context<'_>,
    until: Option<Timestamp>,
) -> Result<(), Rejection> {
    let Some(until) = until else { return Ok(()) };
    // A part of a second counts as a whole one.
    let micros = until.micros_since(context.now());
    let found = micros.saturating_add(999_999) / 1_000_000;
    let max = limits::TENTATIVE_TTL_MAX_SECS;
    if found <= max {
        return Ok(());
    }
    Err(Rejection::OutOfRange {
        field: "expires_at".to_owned(),
        found,
        min: 1,
        max,
    })
}
