//! What became of a change set.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::rejection::list_rows;
use crate::plan::{CounterKey, CounterRefusal, DocumentKey, Requirement, UniqueKey};
use crate::reservation::{ReservationKey, ReservationRefusal};
use crate::stock::{StockKey, StockRefusal};
use crate::value::{IdempotencyKey, Timestamp, Version};

/// What became of one change set of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is stored.
    Committed {
        /// When, by the store's clock.
        at: Timestamp,
    },
    /// Its key was committed before with the same command; nothing changed now.
    Repeated {
        /// What was answered then.
        receipt: Arc<str>,
        /// When that was.
        at: Timestamp,
    },
    /// Nothing of it is stored, and its key may be used again.
    Refused(Refusal),
}

impl Outcome {
    /// True when the change is stored, now or before.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        match self {
            Self::Committed { .. } | Self::Repeated { .. } => true,
            Self::Refused(_) => false,
        }
    }
}

/// The first precondition that did not hold, checked in the order of the variants;
/// [`Unfit`](Self::Unfit) is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum Refusal {
    /// The change set contradicts itself; a defect of whoever made it.
    #[error("defective change set: {problem}")]
    Defect {
        /// What is wrong with it.
        problem: String,
    },
    /// It was planned by a clock more than [`CLOCK_SKEW_MAX_SECS`] away; plan again.
    ///
    /// [`CLOCK_SKEW_MAX_SECS`]: crate::value::limits::CLOCK_SKEW_MAX_SECS
    #[error("planned at {planned_at}, the store's clock says {now}")]
    ClockSkew {
        /// When it was planned.
        planned_at: Timestamp,
        /// The store's clock.
        now: Timestamp,
    },
    /// The idempotency key was committed before with another command.
    #[error("key {key} was used for another command")]
    KeyReused {
        /// The key.
        key: IdempotencyKey,
    },
    /// The name belongs to another document.
    #[error("{key} is taken by {holder}")]
    Taken {
        /// The name.
        key: UniqueKey,
        /// Who has it.
        holder: DocumentKey,
    },
    /// A document is not at the version the plan saw; plan again.
    #[error("{document} changed")]
    Conflict {
        /// The document.
        document: DocumentKey,
        /// Its version now; `None` when it does not exist.
        current: Option<Version>,
    },
    /// A requirement does not hold; plan again.
    #[error("{requirement}")]
    Unmet {
        /// The requirement.
        requirement: Requirement,
    },
    /// A reservation refuses the change.
    #[error("reservation {key}: {problem}")]
    Reservation {
        /// Which.
        key: ReservationKey,
        /// Why.
        problem: ReservationRefusal,
    },
    /// A counter refuses the change; the first one, in key order.
    #[error("{key}: {problem}")]
    Counter {
        /// Which.
        key: CounterKey,
        /// Why.
        problem: CounterRefusal,
    },
    /// Stock rows refuse the change: all of them are named, in key order.
    #[error("{}", list_rows(.rows))]
    Stock {
        /// Which, and why.
        rows: Vec<(StockKey, StockRefusal)>,
    },
    /// The store cannot store it for what is damaged or missing there, and could store what stands
    /// beside it. No precondition and no fault of the change set: once the store is mended, the
    /// same one may be committed.
    #[error("the store is not fit for it: {what}: {detail}")]
    Unfit {
        /// What is wrong there.
        what: String,
        /// What the store says of it.
        detail: String,
    },
}
