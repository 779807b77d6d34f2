//! One span per call (feature `tracing`): tenant, command, key, request id. Never personal data.

use crate::plan::Command;
use crate::service::Call;
use crate::value::TenantId;

#[cfg(feature = "tracing")]
mod imp {
    use tracing::Instrument;

    use super::{Call, Command, TenantId};

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

    /// Runs a future inside a span.
    pub(crate) async fn within<F: Future>(span: Span, future: F) -> F::Output {
        future.instrument(span).await
    }
}

#[cfg(not(feature = "tracing"))]
mod imp {
    use super::{Call, Command, TenantId};

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

    /// Runs a future as it is.
    pub(crate) async fn within<F: Future>(_: Span, future: F) -> F::Output {
        future.await
    }
}

pub(crate) use imp::{bulk_span, span, within};
