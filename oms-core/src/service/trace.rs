//! One span per call (feature `tracing`): tenant, command, key, request id, and in the end what
//! became of it; a warning for what a job leaves out and for what a list cannot read. Never
//! personal data.

use crate::plan::{Command, DecodeError};
use crate::service::item::Ended;
use crate::service::{Call, DryRun, Error};
use crate::value::{OrderId, TenantId};

#[cfg(feature = "tracing")]
mod imp {
    use tracing::Instrument;
    use tracing::field::Empty;

    use super::{Call, Command, DecodeError, DryRun, Ended, Error, OrderId, TenantId};

    /// The span of a call.
    pub(crate) type Span = tracing::Span;

    /// The span of one command.
    pub(crate) fn span(tenant: &TenantId, command: &Command, call: &Call) -> Span {
        tracing::info_span!(
            "oms.command",
            tenant = tenant.as_str(),
            command = command.name(),
            key = call.key().map(|key| key.as_str()),
            request_id = call.request_id.as_ref().map(|id| id.as_str()),
            outcome = Empty,
            code = Empty,
            replans = Empty,
        )
    }

    /// The span of a bulk call.
    pub(crate) fn bulk_span(tenant: &TenantId, items: usize) -> Span {
        tracing::info_span!(
            "oms.bulk",
            tenant = tenant.as_str(),
            items,
            failed = Empty,
            replans = Empty,
        )
    }

    /// Tells in its span what became of a command.
    pub(crate) fn ended(span: &Span, ended: &Ended) {
        match &ended.result {
            Ok(done) if done.repeated => outcome(span, "repeated", None),
            Ok(_) => outcome(span, "done", None),
            Err(error) => outcome(span, kind(error), Some(error.code())),
        }
        span.record("replans", ended.replans);
    }

    /// Tells in its span what would become of a command.
    pub(crate) fn planned(span: &Span, planned: &Result<DryRun, Error>) {
        match planned {
            Ok(_) => outcome(span, "planned", None),
            Err(error) => outcome(span, kind(error), Some(error.code())),
        }
    }

    /// Tells in its span how many commands of a bulk call failed.
    pub(crate) fn bulk_ended(span: &Span, ended: &[Ended]) {
        let failed = ended.iter().filter(|ended| ended.result.is_err()).count();
        let replans: u64 = ended.iter().map(|ended| u64::from(ended.replans)).sum();
        span.record("failed", failed);
        span.record("replans", replans);
    }

    fn outcome(span: &Span, outcome: &str, code: Option<&str>) {
        span.record("outcome", outcome);
        if let Some(code) = code {
            span.record("code", code);
        }
    }

    const fn kind(error: &Error) -> &'static str {
        match error {
            Error::Rejected(_) => "rejected",
            Error::Contended { .. } => "contended",
            Error::Store(_) => "store",
            Error::OutcomeUnknown { .. } => "outcome_unknown",
            Error::Defect { .. } => "defect",
        }
    }

    /// Tells that a look through many orders left one out, with the code of the reason.
    pub(crate) fn passed_over(tenant: &TenantId, order: OrderId, code: &str) {
        tracing::warn!(tenant = tenant.as_str(), %order, code, "passed over");
    }

    /// Tells that something of a list cannot be read. The detail may be a part of it and is not
    /// told.
    pub(crate) fn unreadable(tenant: &TenantId, error: &DecodeError) {
        let (DecodeError::NewerSchema { what, .. } | DecodeError::Corrupt { what, .. }) = error;
        let (tenant, code) = (tenant.as_str(), error.code());
        tracing::warn!(tenant, what = what.as_str(), code, "cannot be read");
    }

    /// Runs a future inside a span, which stays open.
    pub(crate) async fn within<F: Future>(span: &Span, future: F) -> F::Output {
        future.instrument(span.clone()).await
    }
}

#[cfg(not(feature = "tracing"))]
mod imp {
    use super::{Call, Command, DecodeError, DryRun, Ended, Error, OrderId, TenantId};

    /// No span.
    pub(crate) struct Span;

    /// No span.
    pub(crate) const fn span(_: &TenantId, _: &Command, _: &Call) -> Span {
        Span
    }

    /// No span.
    pub(crate) const fn bulk_span(_: &TenantId, _: usize) -> Span {
        Span
    }

    /// Tells nobody.
    pub(crate) const fn ended(_: &Span, _: &Ended) {}

    /// Tells nobody.
    pub(crate) const fn planned(_: &Span, _: &Result<DryRun, Error>) {}

    /// Tells nobody.
    pub(crate) const fn bulk_ended(_: &Span, _: &[Ended]) {}

    /// Tells nobody.
    pub(crate) const fn passed_over(_: &TenantId, _: OrderId, _: &str) {}

    /// Tells nobody.
    pub(crate) const fn unreadable(_: &TenantId, _: &DecodeError) {}

    /// Runs a future as it is.
    pub(crate) async fn within<F: Future>(_: &Span, future: F) -> F::Output {
        future.await
    }
}

pub(crate) use imp::{
    bulk_ended, bulk_span, ended, passed_over, planned, span, unreadable, within,
};
