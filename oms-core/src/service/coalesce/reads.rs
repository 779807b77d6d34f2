//! Reads that go together.

use std::sync::Arc;

use super::lane::{Answer, Boxed, Weight, Work};
use crate::plan::{Keys, Parts, Snapshot};
use crate::port::{Store, StoreError};
use crate::value::TenantId;

/// Reads what several callers want to know by one call, and gives each what it asked for.
pub(super) struct Reads(pub(super) Arc<dyn Store>);

impl Work for Reads {
    type Request = Arc<Keys>;
    type Answer = Snapshot;

    fn run(
        &self,
        tenant: TenantId,
        requests: Vec<Self::Request>,
    ) -> Boxed<Result<Vec<Answer<Self::Answer>>, StoreError>> {
        let store = self.0.clone();
        Box::pin(async move {
            if let [alone] = &requests[..] {
                return Ok(vec![Ok(store.prefetch(&tenant, alone).await?)]);
            }
            let mut all = Keys::default();
            for keys in &requests {
                all.merge((**keys).clone());
            }
            let snapshot = store.prefetch(&tenant, &all).await?;
            let parts = Parts::of(&snapshot);
            let answers = requests.iter().map(|keys| Ok(parts.part(keys)));
            Ok(answers.collect())
        })
    }
}

/// How much is asked; what the answer weighs is not known before.
pub(super) fn weight(keys: &Keys) -> Weight {
    let lines = keys.documents.len()
        + keys.orders.len()
        + keys.stock.len()
        + keys.sku_stock.len()
        + keys.unique.len()
        + keys.owners.len()
        + keys.commands.len();
    Weight {
        items: 1,
        lines,
        bytes: 0,
    }
}
