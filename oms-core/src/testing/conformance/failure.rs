//! Why a case failed, and the questions that cases ask.

use std::fmt;
use std::panic::Location;

use crate::plan::{Outcome, Refusal};
use crate::port::StoreError;

/// A promise that a store did not keep: what was wrong, and which line of the suite noticed.
#[derive(Clone, Debug)]
pub struct Failure {
    message: String,
    at: &'static Location<'static>,
}

impl Failure {
    /// A failure noticed by the caller.
    #[track_caller]
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            at: Location::caller(),
        }
    }

    pub(super) const fn noticed_at(mut self, at: &'static Location<'static>) -> Self {
        self.at = at;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  noticed at {}", self.message, self.at)
    }
}

impl std::error::Error for Failure {}

impl From<StoreError> for Failure {
    #[track_caller]
    fn from(error: StoreError) -> Self {
        Self::new(format!("the store failed: {error} ({error:?})"))
    }
}

/// Fails with `message` unless `holds`.
#[track_caller]
pub(super) fn check(holds: bool, message: &str) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    Err(Failure::new(message))
}

/// Fails unless `found` is `wanted`.
#[track_caller]
pub(super) fn same<F, W>(what: &str, found: &F, wanted: &W) -> Result<(), Failure>
where
    F: fmt::Debug + PartialEq<W> + ?Sized,
    W: fmt::Debug + ?Sized,
{
    if found == wanted {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{what}\n  wanted: {wanted:?}\n   found: {found:?}"
    )))
}

/// Fails unless a change set was refused as one that contradicts itself or what is stored.
#[track_caller]
pub(super) fn defect(refusal: &Refusal) -> Result<(), Failure> {
    check(
        matches!(refusal, Refusal::Defect { .. }),
        &format!("found: {refusal:?}"),
    )
}

/// Fails unless of two change sets the first was committed and the second refused as a defect.
#[track_caller]
pub(super) fn second_is_defect(outcomes: &[Outcome]) -> Result<(), Failure> {
    match outcomes {
        [Outcome::Committed { .. }, Outcome::Refused(refusal)] => defect(refusal),
        _ => Err(Failure::new(format!("found: {outcomes:?}"))),
    }
}

/// Fails unless both texts are the same JSON value; stores may write it in another way.
#[track_caller]
pub(super) fn same_json(what: &str, found: &str, wanted: &str) -> Result<(), Failure> {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    if read(found).is_some() && read(found) == read(wanted) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{what}\n  wanted: {wanted}\n   found: {found}"
    )))
}

/// The value, or a failure that says what is missing.
#[track_caller]
pub(super) fn some<T>(what: &str, value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::new(format!("{what} is missing")))
}
