//! What the stored orders take up of the guarded counters: the rule of the audit.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::order::{FulfillmentStatus, OrderState};
use crate::plan::{CounterKey, DecodeError, DocumentKey};
use crate::value::limits::COUNTER_RETENTION_DAYS;
use crate::value::{HubId, LocalDate, SlotKey, Timestamp};

/// What the rule has to know of a head; a body without it takes up nothing.
#[derive(Deserialize)]
struct HeadPart {
    state: Option<OrderState>,
    slot: Option<SlotKey>,
}

/// What the rule has to know of a fulfillment.
#[derive(Deserialize)]
struct WorkPart {
    status: Option<FulfillmentStatus>,
    hub: Option<HubId>,
    day: Option<LocalDate>,
}

/// The counter of which a stored document takes up one: a fulfillment that is not cancelled, that
/// of its hub on the day it is counted for; the head of an order that is not cancelled, that of its
/// delivery slot. Other documents take up nothing.
///
/// For `audit` of stores written in Rust: the documents that take up a counter are as many as it
/// says are taken, on every day from [`counters_kept_from`] on.
///
/// ```
/// use oms_core::plan::{CounterKey, DocumentKey, counter_taken};
/// use oms_core::value::{FulfillmentId, OrderId};
///
/// let order: OrderId = "0190d8a3-0000-7000-8000-000000000001".parse()?;
/// let work = DocumentKey::Fulfillment(order, FulfillmentId::FIRST);
/// let json = r#"{"hub":"berlin","day":"2026-12-24","status":"picked","lines":[]}"#;
/// let taken = counter_taken(&work, json)?;
/// assert_eq!(taken.map(|key| key.to_string()).as_deref(), Some("work of berlin on 2026-12-24"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DecodeError::Corrupt`] where what decides cannot be read.
pub fn counter_taken(
    document: &DocumentKey,
    json: &str,
) -> Result<Option<CounterKey>, DecodeError> {
    match document {
        DocumentKey::Order(_) => {
            let head: HeadPart = part(document, json)?;
            let slot = head
                .slot
                .filter(|_| head.state != Some(OrderState::Cancelled));
            Ok(slot.map(CounterKey::Slot))
        }
        DocumentKey::Fulfillment(..) => {
            let work: WorkPart = part(document, json)?;
            let live = work.status != Some(FulfillmentStatus::Cancelled);
            let place = work.hub.zip(work.day).filter(|_| live);
            Ok(place.map(|(hub, day)| CounterKey::HubDay(hub, day)))
        }
        DocumentKey::Settings
        | DocumentKey::Channel(_)
        | DocumentKey::Hub(_)
        | DocumentKey::Product(_)
        | DocumentKey::SkuMapping(..)
        | DocumentKey::Customer(_)
        | DocumentKey::Contact(_)
        | DocumentKey::Payload(_)
        | DocumentKey::Explanation(..)
        | DocumentKey::Host(..)
        | DocumentKey::Zones
        | DocumentKey::Slots(..)
        | DocumentKey::Transfer(_) => Ok(None),
    }
}

fn part<T: DeserializeOwned>(document: &DocumentKey, json: &str) -> Result<T, DecodeError> {
    serde_json::from_str(json).map_err(|why| DecodeError::Corrupt {
        what: document.to_string(),
        detail: why.to_string(),
    })
}

/// The first day whose counters are kept and audited at a time: [`COUNTER_RETENTION_DAYS`] before
/// its day by UTC. Those of days before may be gone. `None` where the calendar ends: all are kept.
///
/// ```
/// use oms_core::plan::counters_kept_from;
/// use oms_core::value::{LocalDate, Timestamp};
///
/// let now = Timestamp::parse_rfc3339("2026-12-24T18:00:00Z")?;
/// assert_eq!(counters_kept_from(now), LocalDate::parse("2026-11-19").ok());
/// # Ok::<(), oms_core::value::TimestampError>(())
/// ```
#[must_use]
pub fn counters_kept_from(now: Timestamp) -> Option<LocalDate> {
    LocalDate::utc(now).checked_add_days(COUNTER_RETENTION_DAYS.saturating_neg())
}

#[cfg(test)]
mod tests;
