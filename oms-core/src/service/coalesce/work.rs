//! What lanes are made for: calls that may go together, and how much of them.

use std::pin::Pin;
use std::sync::Arc;

use crate::port::StoreError;
use crate::value::TenantId;

/// An answer, with an error that all callers share.
pub(super) type Answer<A> = Result<A, Arc<StoreError>>;

/// A future that owns what it needs.
pub(super) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What a lane does with calls that go together.
pub(super) trait Work: Send + Sync + 'static {
    /// What one caller asks.
    type Request: Send + 'static;
    /// What it is answered.
    type Answer: Send + 'static;

    /// Answers requests of one tenant, one by one in their order; an error is everybody's.
    fn run(&self, tenant: TenantId, requests: Vec<Self::Request>) -> Boxed<Answered<Self::Answer>>;

    /// How many tenants may go together.
    fn tenants_max(&self) -> usize {
        1
    }

    /// Answers the requests of each tenant; an error is that of the tenant's requests.
    fn run_each(
        &self,
        parts: Vec<(TenantId, Vec<Self::Request>)>,
    ) -> Boxed<Vec<Answered<Self::Answer>>> {
        let runs: Vec<_> = parts
            .into_iter()
            .map(|(tenant, requests)| self.run(tenant, requests))
            .collect();
        Box::pin(async move {
            let mut answered = Vec::with_capacity(runs.len());
            for run in runs {
                answered.push(run.await);
            }
            answered
        })
    }
}

/// What became of the requests of one tenant.
pub(super) type Answered<A> = Result<Vec<Answer<A>>, StoreError>;

/// How much a request is, and how much may go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) items: usize,
    pub(super) lines: usize,
    pub(super) bytes: usize,
}

impl Weight {
    pub(super) const fn and(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_add(other.items),
            lines: self.lines.saturating_add(other.lines),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    pub(super) const fn exceeds(self, limit: Self) -> bool {
        self.items > limit.items || self.lines > limit.lines || self.bytes > limit.bytes
    }
}
