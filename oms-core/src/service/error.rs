//! What can go wrong with a call: the four kinds that a caller treats differently are kept apart,
//! and defects beside them.

use std::sync::Arc;

use crate::plan::{DecodeError, Outcome, Refusal, Rejection};
use crate::port::StoreError;
use crate::value::IdempotencyKey;

/// Why a call did not succeed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command was refused; nothing was written. Trying again does not help unless something
    /// changes. [`Rejection::Changed`] says that somebody else was faster.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Others changed the same things again and again; nothing was written. Try again.
    #[error("gave up after {attempts} plans{}", why(.refusal.as_deref()))]
    Contended {
        /// How often it was planned.
        attempts: u32,
        /// What the store refused the last one for, if it did.
        refusal: Option<Box<Refusal>>,
    },
    /// The store failed; nothing was written. Try again when
    /// [`is_retryable`](StoreError::is_retryable).
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The command may or may not be stored. Ask again with the same key: it is done once.
    #[error("the outcome is unknown; ask again with key {key}")]
    OutcomeUnknown {
        /// The key to ask again with.
        key: IdempotencyKey,
        /// The last failure.
        source: Arc<StoreError>,
    },
    /// A change set contradicts itself: a defect of this library or of a host's extension.
    #[error("defective change set: {problem}")]
    Defect {
        /// What is wrong with it.
        problem: String,
    },
}

impl Error {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::Contended { .. } => "contended",
            Self::Store(error) => error.code(),
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::Defect { .. } => "defect",
        }
    }

    /// True when the same call, with the same key, may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Rejected(_) | Self::Defect { .. } => false,
            Self::Contended { .. } | Self::OutcomeUnknown { .. } => true,
            Self::Store(error) => error.is_retryable(),
        }
    }

    /// Whether it concerns one item alone, so that a job goes on with the others.
    pub(crate) fn is_of_one_item(&self) -> bool {
        match self {
            Self::Rejected(_) | Self::Contended { .. } | Self::Defect { .. } => true,
            Self::OutcomeUnknown { .. } => false,
            Self::Store(error) => match &**error {
                StoreError::Corrupt { .. } | StoreError::NewerSchema { .. } => true,
                StoreError::Unavailable { .. }
                | StoreError::Busy { .. }
                | StoreError::OutcomeUnknown { .. }
                | StoreError::InvalidCall { .. } => false,
            },
        }
    }

    pub(crate) fn contended(attempts: u32, refusal: Option<Refusal>) -> Self {
        let refusal = refusal.map(Box::new);
        Self::Contended { attempts, refusal }
    }

    /// What became of a change set committed without a plan: stored, now or before, or not.
    pub(crate) fn unless_stored(outcome: Option<Outcome>) -> Result<(), Self> {
        match outcome {
            Some(Outcome::Committed { .. } | Outcome::Repeated { .. }) => Ok(()),
            Some(Outcome::Refused(Refusal::Unfit { what, detail })) => {
                Err(StoreError::Corrupt { what, detail }.into())
            }
            Some(Outcome::Refused(refusal)) => Err(Self::contended(1, Some(refusal))),
            None => Err(Self::unanswered()),
        }
    }

    /// The store had no answer for an item.
    pub(crate) fn unanswered() -> Self {
        Self::Store(Arc::new(StoreError::Corrupt {
            what: "an answer".to_owned(),
            detail: "an item has no outcome".to_owned(),
        }))
    }

    /// The rejection, if it is one.
    #[must_use]
    pub const fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            Self::Contended { .. }
            | Self::Store(_)
            | Self::OutcomeUnknown { .. }
            | Self::Defect { .. } => None,
        }
    }
}

fn why(refusal: Option<&Refusal>) -> String {
    refusal.map_or_else(
        || ", others kept changing the same things".to_owned(),
        |refusal| format!(", the last time: {refusal}"),
    )
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        StoreError::from(error).into()
    }
}
