//! One span per call (feature `tracing`): tenant, command, key, request id; a warning for what a
//! job leaves out and for what a list cannot read. Never personal data.

use crate::plan::{Command, DecodeError};
use crate::service::Call;
use crate::value::{OrderId, TenantId};

#[cfg(feature = "tracing")]
mod imp {
    use tracing::Instrument;

    use super::{Call, Command, DecodeError, OrderId, TenantId};

    /// The span of a call.
    pub(crate) type Span = tracing::Span;

    /// The span of one command.
    pub(crate) fn span(tenant: &TenantId, command: &Command, call: &Call) -> Span {
        tracing::info_span!(
            "oms.command",
            tenant = tenant.as_str(),
            command = command.name(),
            key = call.key.as_ref().map(|key| key.as_str()),
            request_id = call.request_id.as_ref().map(|id| id.as_str()),
        )
    }

    /// The span of a bulk call.
    pub(crate) fn bulk_span(tenant: &TenantId, items: usize) -> Span {
        tracing::info_span!("oms.bulk", tenant = tenant.as_str(), items)
    }

    /// Tells that a look through many orders left one out, with the code of the reason.
    pub(crate) fn passed_over(tenant: &TenantId, order: OrderId, code: &str) {
        tracing::warn!(tenant = tenant.as_str(), %order, code, "passed over");
    }

    /// Tells that something of a list cannot be read. The detail may be a part of it and is not
    /// told.
    pub(crate) fn unread(tenant: &TenantId, error: &DecodeError) {
        let (DecodeError::NewerSchema { what, .. } | DecodeError::Corrupt { what, .. }) = error;
        let (tenant, code) = (tenant.as_str(), error.code());
        tracing::warn!(tenant, what = what.as_str(), code, "cannot be read");
    }

    /// Runs a future inside a span.
    pub(crate) async fn within<F: Future>(span: Span, future: F) -> F::Output {
        future.instrument(span).await
    }
}

#[cfg(not(feature = "tracing"))]
mod imp {
    use super::{Call, Command, DecodeError, OrderId, TenantId};

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
    pub(crate) const fn passed_over(_: &TenantId, _: OrderId, _: &str) {}

    /// Tells nobody.
    pub(crate) const fn unread(_: &TenantId, _: &DecodeError) {}

    /// Runs a future as it is.
    pub(crate) async fn within<F: Future>(_: Span, future: F) -> F::Output {
        future.await
    }
}

pub(crate) use imp::{bulk_span, passed_over, span, unread, within};
