//! Lanes of one kind of work, and what callers get back of a call they shared.

use std::hash::Hash;
use std::sync::Arc;

use super::dealt;
use super::lane::Lane;
use super::work::{Answer, Work};
use crate::port::StoreError;
use crate::value::TenantId;

/// Lanes that tenants are dealt among; what is about the same thing goes the same way.
pub(super) struct Lanes<W: Work> {
    all: Vec<Arc<Lane<W>>>,
    per_tenant: usize,
}

impl<W: Work> Lanes<W> {
    /// `count` lanes, of which a tenant uses `per_tenant`; at least one.
    pub(super) fn new(
        count: usize,
        per_tenant: usize,
        lane: impl FnMut(usize) -> Arc<Lane<W>>,
    ) -> Self {
        Self {
            all: (0..count.max(1)).map(lane).collect(),
            per_tenant: per_tenant.max(1),
        }
    }

    /// How many calls wait for those before them.
    pub(super) fn waiting(&self) -> usize {
        self.all.iter().map(|lane| lane.waiting()).sum()
    }

    /// The lane of a tenant for what is about that.
    pub(super) fn of(&self, tenant: &TenantId, about: &impl Hash) -> Option<&Arc<Lane<W>>> {
        let all = self.all.len();
        let own = dealt(about, self.per_tenant.min(all));
        self.all.get((dealt(tenant, all) + own) % all)
    }
}

/// Gives each caller as many answers as it sent items. `missing` is said where there are too few:
/// the answer to what, and what it lacks.
pub(super) fn deal<T>(
    counts: &[usize],
    answers: Vec<T>,
    missing: (&str, &str),
) -> Vec<Answer<Vec<T>>> {
    let mut answers = answers.into_iter();
    let dealt = counts.iter().map(|count| {
        let own: Vec<T> = answers.by_ref().take(*count).collect();
        if own.len() == *count {
            return Ok(own);
        }
        let (what, detail) = missing;
        Err(Arc::new(StoreError::Corrupt {
            what: what.to_owned(),
            detail: detail.to_owned(),
        }))
    });
    dealt.collect()
}
