//! What the server says, told apart: try again, this item is bad, unavailable, unknown.

use std::fmt::Display;

use oms_core::port::StoreError;

/// What a failure of a statement means.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Somebody else was in the way; nothing was done. The same statement may succeed now.
    Again {
        /// What happened.
        detail: String,
        /// The server's code.
        code: String,
    },
    /// The statement cannot succeed with what it was given; nothing was done.
    Poison(String),
    /// Anything else; whether something was done is in the error.
    Store(StoreError),
}

/// Something stored that cannot be read.
pub(crate) fn corrupt(what: &str, detail: &dyn Display) -> StoreError {
    StoreError::Corrupt {
        what: what.to_owned(),
        detail: detail.to_string(),
    }
}

pub(crate) fn invalid(detail: impl Into<String>) -> StoreError {
    StoreError::InvalidCall {
        detail: detail.into(),
    }
}

/// Every connection was in use for too long, so nothing was done.
pub(crate) fn busy() -> StoreError {
    let detail = "no connection of the pool became free in time".to_owned();
    StoreError::Busy { detail }
}

/// No first connection could be made: the server is not there, or does not let this user in.
pub(crate) fn unopened(place: &str, error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(told) = &error {
        let code = told.code().unwrap_or_default();
        // Wrong user or password, no such database, no right to connect.
        if code.starts_with("28") || matches!(&*code, "3D000" | "42501") {
            let why = told.message();
            return invalid(format!("the server at {place} refuses: {why} ({code})"));
        }
    }
    if let sqlx::Error::Tls(why) = &error {
        let hint = if cfg!(feature = "tls") {
            "see `sslmode` and `sslrootcert`"
        } else {
            "this build has no TLS: enable the feature `tls` of oms-store-postgres"
        };
        return invalid(format!("the server at {place}, by TLS: {why}; {hint}"));
    }
    StoreError::Unavailable {
        detail: format!("the server at {place}: {error}"),
        source: Some(Box::new(error)),
    }
}

pub(crate) fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable {
        detail: error.to_string(),
        source: Some(Box::new(error)),
    }
}

/// What the failure of a statement means that was sent; `writes` says whether an answer that is
/// lost leaves the outcome unknown.
pub(crate) fn classify(error: sqlx::Error, writes: bool) -> Failure {
    if let sqlx::Error::Encode(why) = &error {
        return Failure::Poison(why.to_string());
    }
    let sqlx::Error::Database(told) = &error else {
        return Failure::Store(lost(error, writes));
    };
    let code = told.code().unwrap_or_default().into_owned();
    let detail = match told.constraint() {
        Some(constraint) => format!("{} ({code}, {constraint})", told.message()),
        None => format!("{} ({code})", told.message()),
    };
    let class = code.get(..2).unwrap_or_default();
    match (class, code.as_str()) {
        (_, "23505" | "40001" | "40P01" | "55P03") => Failure::Again { detail, code },
        // The server ended the session: before or after it committed, nobody can tell.
        (_, "57P01" | "57P02" | "57P03") | ("08", _) => Failure::Store(lost(error, writes)),
        // Too little of something, cancelled, or read-only: rolled back for certain.
        ("53" | "58", _) | (_, "25006") => Failure::Store(unavailable(error)),
        (_, "57014") => Failure::Store(StoreError::Busy { detail }),
        ("42", "42P01" | "42883" | "42703") | ("3F", _) => Failure::Store(StoreError::Corrupt {
            what: "the schema oms".to_owned(),
            detail: format!("{detail}; has it been migrated by this release?"),
        }),
        (_, "42501") => Failure::Store(invalid(detail)),
        ("XX", _) => Failure::Store(corrupt("the database", &detail)),
        _ => Failure::Poison(detail),
    }
}

/// What the failure of a statement that only reads means.
pub(crate) fn read_failed(error: sqlx::Error) -> StoreError {
    match classify(error, false) {
        Failure::Store(error) => error,
        Failure::Again { detail, .. } => StoreError::Busy { detail },
        Failure::Poison(detail) => invalid(detail),
    }
}

fn lost(error: sqlx::Error, writes: bool) -> StoreError {
    if !writes {
        return unavailable(error);
    }
    StoreError::OutcomeUnknown {
        detail: error.to_string(),
        source: Some(Box::new(error)),
    }
}

/// A column that is not as expected.
pub(crate) fn unreadable(error: sqlx::Error) -> StoreError {
    corrupt("a row", &error)
}
