//! Ids: natural keys and text of other systems, UUIDs, and small numbers.

mod number;
mod text;
mod unique;

pub use number::{FulfillmentId, LineId, OrderNumber, ShipmentId, Version};
pub use text::{
    ActorId, AttributeKey, ChannelId, ExternalId, HubId, IdempotencyKey, JobKey, JobKind,
    QueueName, RequestId, ScheduleName, Sku, SlotId, StageId, SubscriberName, Tag, TenantId,
    TransferId, ZoneId,
};
pub use unique::{CartId, ContactId, CustomerId, IntakeId, JobId, MovementId, OrderId, PayloadId};

use crate::value::wire::shortened;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why an id was refused: which kind of id, which rule it broke, and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{kind} {value:?}: {rule}")]
pub struct IdError {
    /// The kind of id, such as `sku`.
    pub kind: Cow<'static, str>,
    /// The rule it broke.
    pub rule: IdRule,
    /// What was given, shortened, control characters replaced.
    pub value: String,
}

/// A rule that ids keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum IdRule {
    /// An id has at least one character.
    #[error("must not be empty")]
    #[serde(rename = "id_empty")]
    Empty,
    /// An id has a greatest length.
    #[error("must have at most {max} characters, has {found}")]
    #[serde(rename = "id_too_long")]
    TooLong {
        /// Most characters allowed.
        max: usize,
        /// Characters found.
        found: usize,
    },
    /// An id has no control characters.
    #[error("must have no control character, has one at position {position}")]
    #[serde(rename = "id_control")]
    Control {
        /// Characters before it.
        position: usize,
    },
    /// A natural key has no whitespace but single spaces between other characters.
    #[error("must have no whitespace but single inner spaces, breaks this at position {position}")]
    #[serde(rename = "id_whitespace")]
    Whitespace {
        /// Characters before it.
        position: usize,
    },
    /// The id is a UUID.
    #[error("must be a UUID")]
    #[serde(rename = "id_not_a_uuid")]
    NotAUuid,
    /// The id is a whole number.
    #[error("must be a whole number")]
    #[serde(rename = "id_not_a_number")]
    NotANumber,
    /// The number lies within bounds.
    #[error("must be between {min} and {max}")]
    #[serde(rename = "id_out_of_range")]
    OutOfRange {
        /// Smallest allowed.
        min: u64,
        /// Largest allowed.
        max: u64,
    },
}

impl IdError {
    fn new(kind: &'static str, rule: IdRule, value: &str) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            rule,
            value: shortened(value),
        }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.rule.code()
    }
}

impl IdRule {
    /// The stable code of an error that names this rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "id_empty",
            Self::TooLong { .. } => "id_too_long",
            Self::Control { .. } => "id_control",
            Self::Whitespace { .. } => "id_whitespace",
            Self::NotAUuid => "id_not_a_uuid",
            Self::NotANumber => "id_not_a_number",
            Self::OutOfRange { .. } => "id_out_of_range",
        }
    }
}

#[cfg(test)]
mod tests;
