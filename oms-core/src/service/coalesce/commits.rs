//! Commits that go together.

use std::sync::Arc;

use super::lanes::deal;
use super::work::{Answer, Answered, Boxed, Weight, Work};
use crate::plan::{Body, ChangeSet, Outcome};
use crate::port::{Store, TenantBatch};
use crate::value::{HubId, TenantId};

/// Commits the change sets of several callers by one call, which equals committing them one after
/// another, and those of several tenants where the store gains from it.
pub(super) struct Commits(pub(super) Arc<dyn Store>);

impl Work for Commits {
    type Request = Vec<ChangeSet>;
    type Answer = Vec<Outcome>;

    fn run(&self, tenant: TenantId, requests: Vec<Self::Request>) -> Boxed<Answered<Self::Answer>> {
        let store = self.0.clone();
        Box::pin(async move {
            let (counts, items) = one_behind_the_other(requests);
            Ok(dealt_out(&counts, store.commit(&tenant, &items).await?))
        })
    }

    fn tenants_max(&self) -> usize {
        self.0.tenants_max()
    }

    fn run_each(
        &self,
        mut parts: Vec<(TenantId, Vec<Self::Request>)>,
    ) -> Boxed<Vec<Answered<Self::Answer>>> {
        if parts.len() == 1
            && let Some((tenant, requests)) = parts.pop()
        {
            let run = self.run(tenant, requests);
            return Box::pin(async move { vec![run.await] });
        }
        let store = self.0.clone();
        Box::pin(async move {
            let mut all_counts = Vec::with_capacity(parts.len());
            let mut batches = Vec::with_capacity(parts.len());
            for (tenant, requests) in parts {
                let (counts, items) = one_behind_the_other(requests);
                all_counts.push(counts);
                batches.push(TenantBatch { tenant, items });
            }
            let answers = store.commit_each(&batches).await;
            let dealt = all_counts.iter().zip(answers);
            dealt
                .map(|(counts, answer)| Ok(dealt_out(counts, answer?)))
                .collect()
        })
    }
}

/// What callers asked for, and how much of it each of them.
fn one_behind_the_other(requests: Vec<Vec<ChangeSet>>) -> (Vec<usize>, Vec<ChangeSet>) {
    let counts = requests.iter().map(Vec::len).collect();
    let items = match <[Vec<ChangeSet>; 1]>::try_from(requests) {
        // What one caller asked for lies together already.
        Ok([items]) => items,
        Err(requests) => requests.into_iter().flatten().collect(),
    };
    (counts, items)
}

/// To each caller its own.
fn dealt_out(counts: &[usize], outcomes: Vec<Outcome>) -> Vec<Answer<Vec<Outcome>>> {
    let missing = ("the answer to a commit", "an item has no outcome");
    deal(counts, outcomes, missing)
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
