//! What the server says, told apart: try again, this item is bad, unavailable, unknown.

use std::error::Error;
use std::fmt::Display;
use std::time::Duration;

use oms_core::port::StoreError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use tokio::time::error::Elapsed;

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
    /// The server refuses it for what is stored or for its schema, again and again; nothing was
    /// done. Whether that befalls one row or every statement shows when less is asked.
    Unfit {
        /// What is wrong there.
        what: String,
        /// What the server says of it.
        detail: String,
    },
    /// The role lacks a right; nothing was done.
    Forbidden(String),
    /// Anything else; whether something was done is in the error.
    Store(StoreError),
}

impl Failure {
    /// Whether the session is as good as before: the server refused or gave up one statement, and
    /// no `pooler` gave it up instead.
    pub(crate) const fn spares_session(&self, pooler: bool) -> bool {
        match self {
            Self::Again { .. } | Self::Poison(_) | Self::Unfit { .. } | Self::Forbidden(_) => true,
            Self::Store(error) => matches!(error, StoreError::Busy { .. }) && !pooler,
        }
    }

    /// The error of a statement that is neither sent again nor in parts.
    pub(crate) fn plain(self) -> StoreError {
        match self {
            Self::Again { detail, .. } => StoreError::Busy { detail },
            Self::Poison(detail) => invalid(detail),
            Self::Unfit { what, detail } => StoreError::Corrupt { what, detail },
            // The operator's fault, which passes: no caller can mend the call.
            Self::Forbidden(detail) => StoreError::Unavailable {
                detail: format!("{detail}; apply what `oms-migrate --grants` prints for the role"),
                source: None,
            },
            Self::Store(error) => error,
        }
    }

    /// The error of a statement about the schema itself, whose caller runs it as the wrong role.
    pub(crate) fn of_schema(self) -> StoreError {
        if let Self::Forbidden(detail) = self {
            return invalid(detail);
        }
        self.plain()
    }
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

/// The server said nothing for `limit`; whether it did something, only one that reads knows.
pub(crate) fn unanswered(limit: Duration, late: Elapsed, writes: bool) -> StoreError {
    let detail = format!("the server did not answer within {limit:?}, the connection was closed");
    let source: Option<Box<dyn Error + Send + Sync>> = Some(Box::new(late));
    if writes {
        StoreError::OutcomeUnknown { detail, source }
    } else {
        StoreError::Unavailable { detail, source }
    }
}

/// An error after a part of what was asked is done: no item's fate may be taken for known.
pub(crate) fn partly(done: &str, error: StoreError) -> StoreError {
    StoreError::OutcomeUnknown {
        detail: format!("{done}, then: {error}"),
        source: Some(Box::new(error)),
    }
}

/// The error of a statement that may as well not have been done, whatever became of it: a block of
/// numbers that nobody got is a gap.
pub(crate) fn as_undone(error: StoreError) -> StoreError {
    if let StoreError::OutcomeUnknown { detail, source } = error {
        return StoreError::Unavailable { detail, source };
    }
    error
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
    let severity = told.try_downcast_ref::<PgDatabaseError>();
    let ends = severity
        .is_some_and(|told| matches!(told.severity(), PgSeverity::Fatal | PgSeverity::Panic));
    match meaning(&code, ends) {
        Meaning::InTheWay => Failure::Again { detail, code },
        Meaning::Item => Failure::Poison(detail),
        Meaning::SessionEnded => Failure::Store(lost(error, writes)),
        Meaning::Unavailable => Failure::Store(unavailable(error)),
        Meaning::Unprepared => Failure::Store(StoreError::Unavailable {
            detail: format!(
                "{detail}; if it comes back behind a pooler, PgOptions::pooler has to be set"
            ),
            source: Some(Box::new(error)),
        }),
        Meaning::Cancelled => Failure::Store(StoreError::Busy { detail }),
        Meaning::Schema => Failure::Unfit {
            what: "the schema oms".to_owned(),
            detail: format!("{detail}; has it been migrated by this release?"),
        },
        Meaning::Forbidden => Failure::Forbidden(detail),
        Meaning::Damaged => Failure::Unfit {
            what: "the database".to_owned(),
            detail,
        },
    }
}

/// What an error of the server says about a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Somebody else was in the way; nothing was done.
    InTheWay,
    /// What the statement was given can never be stored; nothing was done.
    Item,
    /// The session ended, before or after it committed, nobody can tell.
    SessionEnded,
    /// Nothing was done, which has nothing to do with what was given.
    Unavailable,
    /// The session and its client disagree about what is prepared; nothing was done.
    Unprepared,
    /// It took too long; nothing was done.
    Cancelled,
    /// Something of the schema is not as this release made it.
    Schema,
    /// The role may not.
    Forbidden,
    /// The server found something broken.
    Damaged,
}

/// Tells errors apart by their SQLSTATE (PostgreSQL manual, appendix A) and by whether they end
/// the session, as severity FATAL and PANIC do. Only what is known to be the fault of the data is
/// taken for it: a sound item must never be refused for good because of the server.
fn meaning(code: &str, ends: bool) -> Meaning {
    if ends {
        return Meaning::SessionEnded;
    }
    match (code.get(..2).unwrap_or_default(), code) {
        (_, "23505" | "40001" | "40P01" | "55P03") => Meaning::InTheWay,
        // The last are of our own functions.
        ("21" | "22" | "23" | "44" | "54" | "P0" | "OM", _) => Meaning::Item,
        ("08", _) | (_, "40003" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05") => {
            Meaning::SessionEnded
        }
        (_, "57014") => Meaning::Cancelled,
        ("26", _) | (_, "42P05" | "0A000") => Meaning::Unprepared,
        (_, "42501") => Meaning::Forbidden,
        ("3F" | "42", _) => Meaning::Schema,
        ("XX", _) => Meaning::Damaged,
        // Too little of something, a state that passes, read-only, or unknown to us.
        _ => Meaning::Unavailable,
    }
}

/// What the failure of a statement about the schema means, or of one that ends a transaction.
pub(crate) fn read_failed(error: sqlx::Error) -> StoreError {
    classify(error, false).of_schema()
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

#[cfg(test)]
mod tests {
    use super::{Meaning, meaning};

    #[test]
    fn only_what_the_data_is_to_blame_for_is_blamed_on_it() {
        let told = [
            (Meaning::InTheWay, &["23505", "40001", "40P01", "55P03"][..]),
            // Of the data: too many rows, bad values, constraints, too large, ours.
            (
                Meaning::Item,
                &[
                    "21000", "22021", "22P02", "23503", "23514", "54000", "54001", "P0001", "OM001",
                ],
            ),
            (Meaning::SessionEnded, &["08006", "08P01", "57P01", "57P05"]),
            (Meaning::Cancelled, &["57014"]),
            (Meaning::Unprepared, &["26000", "42P05", "0A000"]),
            (Meaning::Forbidden, &["42501"]),
            (
                Meaning::Schema,
                &["42P01", "42883", "42703", "3F000", "42804"],
            ),
            (Meaning::Damaged, &["XX000", "XX001", "XX002"]),
            (
                Meaning::Unavailable,
                &[
                    "25006", "25P02", "53100", "53200", "53300", "58030", "55000", "57000",
                    "99999", "",
                ],
            ),
        ];
        for (wanted, codes) in told {
            for code in codes {
                assert_eq!(meaning(code, false), wanted, "{code}");
            }
        }
    }

    #[test]
    fn what_ends_the_session_says_nothing_about_the_data() {
        for code in [
            "57P05", "25P03", "25P04", "57P04", "57P01", "08P01", "53300", "22021", "99999",
        ] {
            assert_eq!(meaning(code, true), Meaning::SessionEnded, "{code}");
        }
    }
}
