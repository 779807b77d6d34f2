//! Commits that go together.

use std::sync::Arc;

use super::lane::{Answer, Boxed, Weight, Work};
use super::lanes::deal;
use crate::plan::{Body, ChangeSet, Outcome};
use crate::port::{Store, StoreError};
use crate::value::{HubId, TenantId};

/// Commits the change sets of several callers by one call, which equals committing them one after
/// another.
pub(super) struct Commits(pub(super) Arc<dyn Store>);

impl Work for Commits {
    type Request = Vec<ChangeSet>;
    type Answer = Vec<Outcome>;

    fn run(
        &self,
        tenant: TenantId,
        requests: Vec<Self::Request>,
    ) -> Boxed<Result<Vec<Answer<Self::Answer>>, StoreError>> {
        let store = self.0.clone();
        Box::pin(async move {
            let counts: Vec<usize> = requests.iter().map(Vec::len).collect();
            let items = match <[Self::Request; 1]>::try_from(requests) {
                // What one caller asked for lies together already.
                Ok([items]) => items,
                Err(requests) => requests.into_iter().flatten().collect(),
            };
            let outcomes = store.commit(&tenant, &items).await?;
            let missing = ("the answer to a commit", "an item has no outcome");
            Ok(deal(&counts, outcomes, missing))
        })
    }
}

/// The hub whose stock the first claim is about.
pub(super) fn hub(items: &[ChangeSet]) -> Option<&HubId> {
    let mut claims = items.iter().flat_map(|item| &item.reservations);
    let claimed = claims.next().map(|change| &change.key.hub);
    claimed.or_else(|| {
        let mut movements = items.iter().flat_map(|item| &item.movements);
        movements.next().map(|movement| &movement.stock.hub)
    })
}

pub(super) fn weight(items: &[ChangeSet]) -> Weight {
    let mut weight = Weight {
        items: items.len(),
        ..Weight::default()
    };
    for item in items {
        weight.lines += item.documents.len() + item.reservations.len() + item.movements.len();
        weight.bytes += item.receipt.len();
        weight.bytes += item
            .events
            .iter()
            .map(|event| event.body.len())
            .sum::<usize>();
        let bodies = item.documents.iter().map(|write| match &write.body {
            Body::Write { json, .. } => json.len(),
            Body::Keep => 0,
        });
        weight.bytes += bodies.sum::<usize>();
    }
    weight
}
