//! What can go wrong between the service and a store.

use std::error::Error;

use crate::plan::DecodeError;

/// A failure of the store itself. Refusals of a change set are not errors: they are
/// [`Outcome`](crate::plan::Outcome)s.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached or cannot answer; nothing was done. Try again.
    #[error("the store is unavailable: {detail}")]
    Unavailable {
        /// What happened.
        detail: String,
        /// The cause, if another error caused it.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The store has too much to do; nothing was done. Try again later.
    #[error("the store is busy: {detail}")]
    Busy {
        /// What happened.
        detail: String,
    },
    /// The answer to a commit was lost: every item may or may not be stored. Ask again with the
    /// same keys.
    #[error("the outcome of the commit is unknown: {detail}")]
    OutcomeUnknown {
        /// What happened.
        detail: String,
        /// The cause, if another error caused it.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Something stored cannot be read. Trying again does not help.
    #[error("{what} cannot be read: {detail}")]
    Corrupt {
        /// What cannot be read.
        what: String,
        /// Why.
        detail: String,
    },
    /// Something stored was written by a newer release. Trying again does not help.
    #[error("{what} has schema {found}; this release knows up to {known}")]
    NewerSchema {
        /// What it is.
        what: String,
        /// Its schema.
        found: u16,
        /// The newest schema this release knows.
        known: u16,
    },
    /// The call itself is wrong, such as a batch above the limit. Trying again does not help.
    #[error("invalid call: {detail}")]
    InvalidCall {
        /// What is wrong.
        detail: String,
    },
}

impl StoreError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Busy { .. } => "busy",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::Corrupt { .. } => "corrupt",
            Self::NewerSchema { .. } => "newer_schema",
            Self::InvalidCall { .. } => "invalid_call",
        }
    }

    /// True when the same call may succeed later; commits must reuse their keys.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Busy { .. } | Self::OutcomeUnknown { .. } => true,
            Self::Corrupt { .. } | Self::NewerSchema { .. } | Self::InvalidCall { .. } => false,
        }
    }

    /// True when a commit that failed so may have been stored.
    #[must_use]
    pub const fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown { .. })
    }
}

impl From<DecodeError> for StoreError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::NewerSchema { what, found, known } => {
                Self::NewerSchema { what, found, known }
            }
            DecodeError::Corrupt { what, detail } => Self::Corrupt { what, detail },
        }
    }
}

/// What is said of one row, for [`Page::unreadable`](crate::port::Page::unreadable); the error is
/// given back if it says more than that something stored cannot be read.
impl TryFrom<StoreError> for DecodeError {
    type Error = StoreError;

    fn try_from(error: StoreError) -> Result<Self, StoreError> {
        match error {
            StoreError::NewerSchema { what, found, known } => {
                Ok(Self::NewerSchema { what, found, known })
            }
            StoreError::Corrupt { what, detail } => Ok(Self::Corrupt { what, detail }),
            StoreError::Unavailable { .. }
            | StoreError::Busy { .. }
            | StoreError::OutcomeUnknown { .. }
            | StoreError::InvalidCall { .. } => Err(error),
        }
    }
}
